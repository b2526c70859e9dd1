/** A model with its table's preparation inside: Keras layers and ONNX operators compute the same of raw columns. @module */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { input, loadModel, sequential } from "../../mod.ts";
import { rawColumns, rawColumnsModel, rawColumnsOf, tablePreprocessor } from "../../public/data.ts";
import { dense } from "../../public/layers.ts";
import { toNumbers } from "../../public/tensors.ts";
import { inFolder, lapis } from "../support/cli.ts";

const rows = {
  "town, of birth": ["Bonn", "Kiel", "Bonn", "Kiel", "Ulm", "NA"],
  pets: ["cat", "dog", "dog", "", "cat", "dog"],
  area: ["10", "", "30", "45.5", "60", "7"],
  income: ["1", "10", "100", "1000", "?", "5"],
  rooms: ["1", "2", "3", "1", "2", "4"],
  sold: ["2024-01-05", "2024-03-09", "", "2023-11-11", "2024-07-01", "2024-07-02"],
};
const table = () =>
  tablePreprocessor({
    columns: {
      "town, of birth": { kind: "category", minRows: 2 },
      pets: { kind: "category", missing: "mostFrequent" },
      area: { kind: "number", scaling: "robust" },
      income: { kind: "number", transform: "log1p", flag: false },
      rooms: { kind: "integer", bins: "values", scaling: "minMax" },
      sold: "date",
    },
  }).fit(rows);

Deno.test("gaps, unknown words, logarithms, bins and dates inside the model are those outside it, in both formats", () =>
  inFolder(async (folder) => {
    const known = table(),
      model = sequential([input({ shape: [known.width] }), dense({ units: 3 })], { seed: 1 });
    const asked = {
      ...rows,
      pets: ["cow", "", "?", "cat", "dog", "nan"],
      area: ["", "1e6", "-5", "0", "30", "12"],
    };
    const want = toNumbers(await model.predict(known.features(asked)));
    const made = await rawColumnsModel(model, known);
    deepStrictEqual(made.inputs.map(({ name, dtype }) => `${name} ${dtype}`).slice(0, 3), [
      "town_of_birth string",
      "pets string",
      "area float32",
    ]);
    for (const ending of ["keras", "onnx"]) {
      await made.save(`${folder}/raw.${ending}`, { extras: made.extras ?? { json: {} } });
      const read = await loadModel(`${folder}/raw.${ending}`), said = rawColumnsOf(read);
      ok(said);
      const [out] = Object.values(await read.run(rawColumns(said, asked)));
      const got = out && "data" in out ? toNumbers(out) : [];
      strictEqual(got.length, want.length);
      // Areas reach a million, and so do the products that are added up.
      want.forEach((v: number, i: number) =>
        ok(Math.abs(v - (got[i] ?? NaN)) <= 1e-5 * Math.max(1, Math.abs(v)), `${i}`)
      );
    }
  }));

Deno.test("convert --raw-columns writes it, proved; predict feeds it a table; texts and other models are refused", () =>
  inFolder(async (folder) => {
    const lines = Array.from(
      { length: 60 },
      (_, i) => `${i % 7 === 3 ? "" : 10 + i % 2 * 20 + i % 5},${i % 2 ? "b" : "a"},${i % 2}`,
    );
    await Deno.writeTextFile(`${folder}/t.csv`, `size,word,y\n${lines.join("\n")}\n`);
    const model = `${folder}/m.keras`;
    const trained = await lapis(
      ..."train --target y --epochs 3 --data".split(" "),
      `${folder}/t.csv`,
      "-o",
      model,
    );
    strictEqual(trained.exit, 0, trained.err);
    const first = async (file: string) =>
      JSON.parse((await lapis("predict", file, "--input", `${folder}/t.csv`, "--json")).out).outputs[0]
        .first as number[][];
    const want = await first(model);
    for (const ending of ["keras", "onnx"]) {
      const run = await lapis("convert", model, `${folder}/raw.${ending}`, "--raw-columns");
      strictEqual(run.exit, 0, run.err);
      match(run.out, /made-up columns, batch 60/);
      const got = await first(`${folder}/raw.${ending}`);
      strictEqual(got.length, want.length);
      want.flat().forEach((v, i) => ok(Math.abs(v - (got.flat()[i] ?? NaN)) < 1e-5));
    }
    const twice = await lapis("convert", `${folder}/raw.keras`, `${folder}/x.onnx`, "--raw-columns");
    match(twice.err, /raw\.keras: --raw-columns: says no columns of a table/);
    const texts = lines.map((line, i) => `${line},some words of row ${i}`);
    await Deno.writeTextFile(`${folder}/t.csv`, `size,word,y,text\n${texts.join("\n")}\n`);
    await lapis(..."train --target y --epochs 1 --data".split(" "), `${folder}/t.csv`, "-o", model);
    match(
      (await lapis("convert", model, `${folder}/x.onnx`, "--raw-columns")).err,
      /column text: is text, whose words no layer of Keras counts so: leave it out/,
    );
  }));
