/** What `lapis predict` reads and writes: tables by name, pictures, patterns, standard input; CSV, JSON, Parquet, arrays. @module */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { parquetReadObjects } from "hyparquet";
import { input, type Model, readNpy, sequential, tensor, writeNpy } from "../../mod.ts";
import { dense, flatten } from "../../public/layers.ts";
import { toNumbers } from "../../public/tensors.ts";
import { csvText } from "../../cli/results/formats.ts";
import { shortest } from "../../cli/results/columns.ts";
import { inFolder, lapis } from "../support/cli.ts";
import { root } from "../support/sources.ts";

const path = (below: string) => decodeURIComponent(new URL(below, root).pathname);
const bilstm = path("examples/data/nusax_bilstm/model.keras");
const reviews = path("examples/data/nusax-sentiment/indonesian/test.csv");

/** A model of two columns, with what `lapis train` keeps in its file. */
async function tableModel(file: string, units: 1 | 3, labels: readonly string[]): Promise<Model> {
  const activation = units === 1 ? "sigmoid" : "softmax";
  const model = sequential([input({ shape: [2] }), dense({ units, activation })], { seed: 7 });
  const preprocessing = { features: ["width", "height"], label: "kind", target: "class", divide: 2 };
  await model.save(file, { extras: { json: { preprocessing, labels } } });
  return model;
}
const things = 'id,height,width,kind\na,3,1,up\n"b, the second",-1,0.5,down\nc,2,-4,up\n';
/** The numbers that a model gives for the rows of `things`: by their columns' names, halved. */
const scores = async (model: Model) =>
  [...toNumbers(await model.predict([[0.5, 1.5], [0.25, -0.5], [-2, 1]]))].map(shortest);

Deno.test("a table of predictions has the rows' ids, their classes and every probability", () =>
  inFolder(async (folder) => {
    const model = await tableModel(`${folder}/m.keras`, 3, ["up", "down", "far"]);
    await Deno.writeTextFile(`${folder}/t.csv`, things);
    const { exit, err, out } = await lapis(
      ...["predict", `${folder}/m.keras`, "-i", `${folder}/t.csv`, "-o", `${folder}/p.csv`],
    );
    strictEqual(exit, 0, err);
    match(err, /t\.csv: column kind is the target, and left out\n.*t\.csv: the model takes no id\n/);
    match(out, /\nwritten: .*p\.csv\n$/);
    const p = await scores(model), names = ["up", "down", "far"];
    const rows = ["a", "b, the second", "c"].map((id, r) => {
      const row = p.slice(3 * r, 3 * r + 3), best = Math.max(...row);
      return [r + 1, id, names[row.indexOf(best)] ?? "", best, ...row];
    });
    const header = ["row", "id", "label", "probability", "p_up", "p_down", "p_far"];
    strictEqual(await Deno.readTextFile(`${folder}/p.csv`), csvText([header, ...rows]));
  }));

Deno.test("one probability a row and two names: the label, and the probabilities of both", () =>
  inFolder(async (folder) => {
    const model = await tableModel(`${folder}/m.keras`, 1, ["down", "up"]), p = await scores(model);
    await Deno.writeTextFile(`${folder}/t.csv`, things);
    const told = await lapis(
      ...["predict", `${folder}/m.keras`, `${folder}/t.csv`, "-o", `${folder}/p.json`],
    );
    const rows = JSON.parse(await Deno.readTextFile(`${folder}/p.json`)) as Record<string, unknown>[];
    deepStrictEqual(rows.map((row) => row.label), p.map((v) => v > 0.5 ? "up" : "down"));
    deepStrictEqual(rows.map((row) => row.p_up), p);
    rows.forEach((row) => strictEqual(row.probability, Math.max(Number(row.p_up), Number(row.p_down))));
    match(told.out, /row {2}class {2}probability\n/);
  }));

Deno.test("every form holds the same rows, and what isn't written is refused with the list", () =>
  inFolder(async (folder) => {
    await tableModel(`${folder}/m.keras`, 3, ["up", "down", "far"]);
    await Deno.writeTextFile(`${folder}/t.csv`, things);
    const into = (name: string) =>
      lapis("predict", `${folder}/m.keras`, `${folder}/t.csv`, "-o", `${folder}/${name}`);
    for (const name of ["p.json", "p.jsonl", "p.parquet", "p.npy", "p.tsv", "arrays", "v1.5/"]) {
      strictEqual((await into(name)).exit, 0);
    }
    const json = JSON.parse(await Deno.readTextFile(`${folder}/p.json`));
    const lines = (await Deno.readTextFile(`${folder}/p.jsonl`)).trim().split("\n");
    deepStrictEqual(lines.map((line) => JSON.parse(line)), json);
    const bytes = await Deno.readFile(`${folder}/p.parquet`);
    deepStrictEqual(await parquetReadObjects({ file: bytes.buffer }), json);
    const array = readNpy(await Deno.readFile(`${folder}/p.npy`)), shape = [3, 3];
    deepStrictEqual(array.shape, shape);
    for (const name of ["arrays", "v1.5"]) {
      deepStrictEqual(readNpy(await Deno.readFile(`${folder}/${name}/dense.npy`)), array);
    }
    match(await Deno.readTextFile(`${folder}/p.tsv`), /^row\tid\tlabel\t/);
    const { exit, err } = await into("p.xlsx");
    strictEqual(exit, 2);
    match(err, /p\.xlsx: expected \.csv, \.tsv, \.json, \.jsonl, \.parquet, \.npy, or a folder/);
    ok(!await Deno.stat(`${folder}/p.xlsx`).then(() => true, () => false));
  }));

Deno.test("patterns and several files are one input's rows; a table with other columns is refused by name", () =>
  inFolder(async (folder) => {
    await tableModel(`${folder}/m.keras`, 3, ["up", "down", "far"]);
    for (const name of ["b", "a"]) {
      await Deno.writeTextFile(`${folder}/${name}.csv`, things.replace("\na,", `\n${name}1,`));
    }
    await Deno.writeTextFile(`${folder}/other.tsv`, "width\theight\n1\t2\n");
    const ids = async (...given: readonly string[]) => {
      const { exit, err } = await lapis("predict", `${folder}/m.keras`, ...given, "-o", `${folder}/p.json`);
      strictEqual(exit, 0, err);
      const rows = JSON.parse(await Deno.readTextFile(`${folder}/p.json`)) as { row: number; id: string }[];
      deepStrictEqual(rows.map((row) => row.row), rows.map((_, r) => r + 1));
      return rows.map((row) => row.id).filter((id) => id.endsWith("1"));
    };
    deepStrictEqual(await ids("-i", `${folder}/*.csv`), ["a1", "b1"]);
    deepStrictEqual(await ids("-i", `${folder}/{b,a}.csv`), ["a1", "b1"]);
    deepStrictEqual(await ids("-i", `${folder}/b.csv`, `${folder}/a.csv`), ["b1", "a1"]);
    const none = await lapis("predict", `${folder}/m.keras`, "-i", `${folder}/*.npy`);
    strictEqual(none.exit, 3);
    match(none.err, /\*\.npy: matches no file/);
    const mixed = await lapis("predict", `${folder}/m.keras`, `${folder}/a.csv`, `${folder}/other.tsv`);
    match(mixed.err, /other\.tsv: has the columns width, height, .*a\.csv has id, height, width, kind/);
    await Deno.writeTextFile(`${folder}/typo.csv`, "widht,height\n1,2\n");
    const typo = await lapis("predict", `${folder}/m.keras`, `${folder}/typo.csv`);
    match(typo.err, /typo\.csv: no column width; it has widht, height \(is widht meant\?\)/);
  }));

Deno.test("standard input and output: a table in, a table out, and nothing beside it", {
  ignore: Deno.build.os === "windows",
}, () =>
  inFolder(async (folder) => {
    await tableModel(`${folder}/m.keras`, 3, ["up", "down", "far"]);
    await Deno.writeTextFile(`${folder}/t.csv`, things);
    await lapis("predict", `${folder}/m.keras`, `${folder}/t.csv`, "-o", `${folder}/p.csv`);
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--config", path("deno.json"), path("cli/main.ts"), "predict"]
        .concat(`${folder}/m.keras`, "--input", "-", "-o", "-"),
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    await new Blob([things]).stream().pipeTo(child.stdin);
    const { stdout, code } = await child.output();
    strictEqual(code, 0);
    strictEqual(new TextDecoder().decode(stdout), await Deno.readTextFile(`${folder}/p.csv`));
  }));

Deno.test("pictures are named by their files, texts stand with the columns beside them", () =>
  inFolder(async (folder) => {
    const model = sequential([
      input({ shape: [4, 4, 3] }),
      flatten(),
      dense({ units: 2, activation: "softmax" }),
    ]);
    await model.save(`${folder}/m.keras`, { extras: { json: { labels: ["cat", "dog"] } } });
    await Deno.mkdir(`${folder}/pics`);
    // A bitmap of one white pixel.
    const bitmap = Uint8Array.from([
      66,
      77,
      58,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      54,
      0,
      0,
      0,
      40,
      0,
      0,
      0,
      1,
      0,
      0,
      0,
      1,
      0,
      0,
      0,
    ]);
    const rest = [1, 0, 24, 0, ...new Array<number>(24).fill(0), 255, 255, 255, 0];
    for (const name of ["b", "a"]) {
      await Deno.writeFile(`${folder}/pics/${name}.bmp`, new Uint8Array([...bitmap, ...rest]));
    }
    const files = async (...given: readonly string[]) => {
      const { exit, err } = await lapis("predict", `${folder}/m.keras`, ...given, "-o", `${folder}/p.json`);
      strictEqual(exit, 0, err);
      return (JSON.parse(await Deno.readTextFile(`${folder}/p.json`)) as { file: string }[]).map((row) =>
        row.file
      );
    };
    const sorted = [`${folder}/pics/a.bmp`, `${folder}/pics/b.bmp`];
    deepStrictEqual(await files("-i", `${folder}/pics/`), sorted);
    deepStrictEqual(await files(`${folder}/pics/*.bmp`), sorted);
    deepStrictEqual(await files(`${folder}/pics/b.bmp`), [`${folder}/pics/b.bmp`]);

    const { exit } = await lapis("predict", bilstm, reviews, "-o", `${folder}/t.json`);
    strictEqual(exit, 0);
    const [first] = JSON.parse(await Deno.readTextFile(`${folder}/t.json`)) as Record<string, unknown>[];
    deepStrictEqual(Object.keys(first ?? {}).slice(0, 6), [
      "row",
      "id",
      "label",
      "text",
      "predicted_label",
      "probability",
    ]);
  }));

Deno.test("inputs that exclude each other, and numbers that no id is, are refused", () =>
  inFolder(async (folder) => {
    const both = await lapis("predict", bilstm, "--text", "enak", "--input", reviews);
    strictEqual(both.exit, 2);
    match(both.err, /--input and --text: each is the model's input; give one of them/);
    const column = await lapis(
      "predict",
      path("tests/fixtures/keras/B_mlp_784/model.h5"),
      reviews,
      "--column",
      "text",
    );
    match(column.err, /--column: the model reads no text/);
    await Deno.writeFile(`${folder}/x.npy`, writeNpy(tensor([[1, 2]])));
    const samples = await lapis("predict", bilstm, "--text", "a", "--samples", "2", "-o", `${folder}/p.csv`);
    strictEqual(samples.exit, 2);
    match(samples.err, /--samples: gives \[samples, rows, …\], which is no table/);
  }));
