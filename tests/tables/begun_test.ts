/** `lapis train --data FILE --target COLUMN`: no configuration; what is decided is told, and written to be changed. @module */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { main } from "../../cli/main.ts";
import { loadModel } from "../../mod.ts";
import { tablePreprocessorOf } from "../../public/data.ts";
import { inFolder, lapis } from "../support/cli.ts";

/** Animals whose class follows from weight and sound, with gaps, an id, a constant, a date and a rare category. */
function animals(rows: number): string {
  const line = (i: number) => {
    const cat = i % 3 === 0, sound = i === 5 ? "Grunt" : cat ? "meow" : "woof";
    const weight = i % 11 === 4 ? "NA" : `"${cat ? 4 : 3},${(100 + i * 7 % 90)}.5"`;
    return [
      `A${i}`,
      sound,
      weight,
      i % 4,
      `2024-0${1 + i % 9}-1${i % 10}`,
      "here",
      i === 8 ? "" : cat ? "cat" : "dog",
    ].join();
  };
  return `name,sound,weight,legs,born,where,animal\r\n${
    Array.from({ length: rows }, (_, i) => line(i)).join("\r\n")
  }\r\n`;
}
const train = (folder: string, ...more: readonly string[]) =>
  lapis(
    "train",
    "--data",
    `${folder}/a.csv`,
    "--target",
    "animal",
    "-o",
    `${folder}/m.keras`,
    "--epochs",
    "12",
    ...more,
  );

Deno.test("a table and its target: kinds are told, the model is right, the configuration gives the same model again", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/a.csv`, `\ufeff${animals(120)}`);
    const run = await train(folder, "--json");
    strictEqual(run.exit, 0, run.err);
    match(run.err, /name +left out +119 values +an id: another in every row/);
    match(run.err, /sound +category +meow, woof, Grunt/);
    match(run.err, /weight +number +\d+ +3\d\d\d … 4\d\d\d/);
    match(run.err, /born +date/);
    match(run.err, /where +left out +here +one value only/);
    match(run.err, /animal: 2 classes: cat, dog/);
    match(run.err, /1 row without a target left out/);
    match(run.err, /written: .*m\.json, to be changed and run again/);
    const found = await lapis("evaluate", `${folder}/m.keras`, "--data", `${folder}/a.csv`, "--json");
    strictEqual(JSON.parse(found.out).rows, 119);
    ok(JSON.parse(found.out).report.accuracy > 0.97, found.out);

    const again = await lapis("train", `${folder}/m.json`, "-o", `${folder}/n.keras`);
    strictEqual(again.exit, 0, again.err);
    const [one, other] = [await loadModel(`${folder}/m.keras`), await loadModel(`${folder}/n.keras`)];
    deepStrictEqual([...other.weights.values()], [...one.weights.values()]);
    deepStrictEqual(tablePreprocessorOf(one)?.classes, ["cat", "dog"]);

    // Rows without a target are predicted, an unknown sound and a gap too.
    await Deno.writeTextFile(
      `${folder}/new.csv`,
      "weight,sound,legs,born\n,moo,2,2024-05-05\n4000,meow,0,\n",
    );
    const asked = await lapis("predict", `${folder}/m.keras`, "--input", `${folder}/new.csv`, "--json");
    strictEqual(asked.exit, 0, asked.err);
    strictEqual(JSON.parse(asked.out).rows, 2);
  }));

Deno.test("--column says another kind, and a configuration that was changed stays as it is", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/a.csv`, animals(60));
    const run = await train(
      folder,
      "--column",
      "sound=ignore",
      "--column",
      "legs=category",
      "--class-weight",
      "balanced",
    );
    strictEqual(run.exit, 0, run.err);
    match(run.err, /legs +category +0 … 3 +as you say/);
    const table = tablePreprocessorOf(await loadModel(`${folder}/m.keras`));
    deepStrictEqual(table?.columns.map(({ name, kind }) => [name, kind]), [
      ["weight", "number"],
      ["legs", "category"],
      ["born", "date"],
    ]);
    const written = JSON.parse(await Deno.readTextFile(`${folder}/m.json`));
    deepStrictEqual([written.data.columns.sound, written.data.columns.legs, written.fit.classWeight], [
      "ignore",
      "category",
      "balanced",
    ]);
    await Deno.writeTextFile(`${folder}/m.json`, "mine");
    match((await train(folder)).err, /written: .*m-2\.json/);
    strictEqual(await Deno.readTextFile(`${folder}/m.json`), "mine");
    match((await train(folder, "--column", "legs=categry")).err, /did you mean category\?/);
    match((await train(folder, "--column", "leg=category")).err, /no column "leg".*is legs meant/);
  }));

Deno.test("a number is predicted in its own unit; many categories are rows of a learnt table", () =>
  inFolder(async (folder) => {
    const rows = Array.from({ length: 400 }, (_, i) => {
      const town = i * 7 % 45, area = 20 + i * 13 % 100;
      return `town ${town},${area},${1e5 + 3000 * area + (town % 5) * 20000}`;
    });
    await Deno.writeTextFile(`${folder}/h.csv`, `town;area;price\n${rows.join("\n").replaceAll(",", ";")}\n`);
    const run = await lapis(
      ...[
        "train",
        "--data",
        `${folder}/h.csv`,
        "--target",
        "price",
        "-o",
        `${folder}/h.keras`,
        "--epochs",
        "60",
      ],
      "--validation-split",
      "0",
    );
    strictEqual(run.exit, 0, run.err);
    match(run.err, /town +embedded/);
    match(run.err, /price: a number, 1\.6e\+5|price: a number, 160000/);
    const found = JSON.parse(
      (await lapis("evaluate", `${folder}/h.keras`, "--data", `${folder}/h.csv`, "--json")).out,
    );
    ok(found.numbers.r2 > 0.95, JSON.stringify(found.numbers));
    const converted = await lapis("convert", `${folder}/h.keras`, `${folder}/h.onnx`);
    strictEqual(converted.exit, 0, converted.err);
  }));

Deno.test("what can't be learnt is refused with the file, the column and what to do", () =>
  inFolder(async (folder) => {
    const cases: readonly (readonly [string, readonly string[], RegExp, number])[] = [
      ["a,b\n1,2\n2,3\n", [], /--target COLUMN is missing: the column of .*a\.csv that is predicted/, 2],
      ["a,b\n1,2\n2,3\n", ["--target", "c"], /a\.csv: no column c; it has a, b/, 3],
      ["prize,b\n1,2\n2,3\n", ["--target", "price"], /is prize meant/, 3],
      ["a,b\n1,2\n", ["--target", "b"], /one row alone/, 3],
      ["a,b\n1,x\n2,x\n3,x\n", ["--target", "b"], /every row has the same value, "x"/, 3],
      ["a,b\n1,\n2,\n", ["--target", "b"], /no row has a b/, 3],
      ["a,a\n1,2\n", ["--target", "a"], /has two columns "a"/, 3],
      ["a,b\n1,2\n2,3,4\n", ["--target", "b"], /row 2 \(line 3\) has 3 cells: expected 2/, 3],
      ["b\n2\n3\n", ["--target", "b"], /no column is left to learn from/, 3],
      ["a,b\nx,2\nx,3\nx,4\n", ["--target", "b"], /no column is left to learn from/, 3],
      ["", ["--target", "b"], /a\.csv/, 3],
    ];
    for (const [text, args, error, exit] of cases) {
      await Deno.writeTextFile(`${folder}/a.csv`, text);
      const run = await lapis("train", "--data", `${folder}/a.csv`, ...args, "-o", `${folder}/m.keras`);
      match(run.err, error);
      strictEqual(run.exit, exit, text);
    }
    const none = await lapis("train", "--data", `${folder}/a.npy`, "-o", `${folder}/m.keras`);
    strictEqual(none.exit, 2);
    match(none.err, /expected a configuration or a model file; or a table and its column/);
  }));

Deno.test("the table of columns fits 80 columns and 40", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/a.csv`, animals(60));
    for (const width of [80, 40]) {
      let err = "";
      const exit = await main(
        [
          "train",
          "--data",
          `${folder}/a.csv`,
          "--target",
          "animal",
          "-o",
          `${folder}/${width}.keras`,
          "--epochs",
          "1",
        ],
        { out: () => {}, err: (text) => err += text, width, interactive: false },
      );
      strictEqual(exit, 0, err);
      const lines = err.split("\n"), end = lines.findIndex((line) => line.startsWith("written:"));
      const told = lines.slice(0, end).filter((line) => !line.includes(folder));
      ok(told.length > 8);
      deepStrictEqual(told.filter((line) => line.length > width), []);
    }
  }));

Deno.test("a table of texts alone: their words are counted, and the class follows from them", () =>
  inFolder(async (folder) => {
    const words = ["river", "stone", "cloud", "train", "paper", "glass", "night"];
    const lines = Array.from({ length: 80 }, (_, i) => {
      const some = [words[i % 7], words[i * 3 % 7], `word${i}`].join(" ");
      return `${some} ${i % 2 ? "lovely" : "awful"}\t${i % 2 ? "good" : "bad"}`;
    });
    await Deno.writeTextFile(`${folder}/r.tsv`, `review\tverdict\n${lines.join("\n")}\n`);
    const model = `${folder}/r.keras`;
    const run = await lapis("train", "--data", `${folder}/r.tsv`, "--target", "verdict", "-o", model);
    strictEqual(run.exit, 0, run.err);
    match(run.err, /review +text +80 values +words are counted \(tf-idf\), 2000 at most/);
    await Deno.writeTextFile(`${folder}/new.tsv`, "review\nA lovely stone!\nawful, this paper\n");
    const said = await lapis("predict", model, "--input", `${folder}/new.tsv`, "--json");
    strictEqual(said.exit, 0, said.err);
    const [first = [NaN], second = [NaN]] = JSON.parse(said.out).outputs[0].first as number[][];
    ok(Number(first[0]) > 0.7 && Number(second[0]) < 0.3, said.out);
  }));
