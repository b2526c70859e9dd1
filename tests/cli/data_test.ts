/** Data from the command line: data sets by name, folders of pictures, JSON lines, tables of other forms. @module */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { gzipSync } from "fflate";
import { inFolder, lapis, type Run } from "../support/cli.ts";
import { root } from "../support/sources.ts";

const compile = {
  optimizer: { name: "adam", learningRate: 0.05 },
  loss: "sparseCategoricalCrossentropy",
  metrics: ["accuracy"],
};
async function trained(folder: string, config: unknown, args: readonly string[] = []): Promise<Run> {
  await Deno.writeTextFile(`${folder}/c.json`, JSON.stringify(config));
  return await lapis(...["train", `${folder}/c.json`, "-o", `${folder}/m.keras`, "--json", ...args]);
}

Deno.test("a folder of pictures is trained on by its class folders; the model predicts pictures and folders", () =>
  inFolder(async (folder) => {
    const pictures = new URL("tests/fixtures/images/", root);
    for (
      const [name, files] of [["plain", ["gray.png", "onebit.png", "gray16.png"]], ["slope", [
        "photo.jpg",
        "half.jpg",
        "progressive.jpg",
      ]]] as const
    ) {
      await Deno.mkdir(`${folder}/data/${name}`, { recursive: true });
      for (const file of files) {
        await Deno.copyFile(new URL(file, pictures), `${folder}/data/${name}/${file}`);
      }
    }
    const run = await trained(folder, {
      model: { layers: [{ type: "flatten" }, { type: "dense", units: 2, activation: "softmax" }] },
      data: { train: "data", test: "data", image: { size: [6, 8] }, divide: 255 },
      compile,
      fit: { epochs: 30, batchSize: 3, seed: 1 },
    });
    strictEqual(run.exit, 0, run.err);
    strictEqual(JSON.parse(run.out).test.report.accuracy, 1);
    const one = await lapis(...[
      "predict",
      `${folder}/m.keras`,
      "--input",
      `${folder}/data/slope/photo.jpg`,
      "--json",
    ]);
    strictEqual(JSON.parse(one.out).outputs[0].classes[0].label, "slope");
    const all = await lapis(...[
      "predict",
      `${folder}/m.keras`,
      "--input",
      `${folder}/data`,
      "--rows",
      "6",
      "--json",
    ]);
    deepStrictEqual(
      JSON.parse(all.out).outputs[0].classes.map(({ label }: { label: string }) => label),
      ["plain", "plain", "plain", "slope", "slope", "slope"],
    );
    await Deno.writeTextFile(`${folder}/data/slope/x.png`, "no picture");
    match(
      (await lapis(...["predict", `${folder}/m.keras`, "--input", `${folder}/data`])).out,
      /left out: 1\n +.*slope\/x\.png: not a picture: expected BMP, GIF, JPEG, PNG, PNM or TIFF/,
    );
  }));

const idx = (shape: readonly number[], data: readonly number[]) =>
  Uint8Array.from([0, 0, 8, shape.length, ...shape.flatMap((d) => [0, 0, 0, d]), ...data]);

Deno.test("a data set by its name, from a folder that is said; a folder without it is refused", () =>
  inFolder(async (folder) => {
    const images = Array.from({ length: 8 }, (_, i) => [i % 2 * 255, 0, 0, 255 - i % 2 * 255]).flat();
    const labels = Array.from({ length: 8 }, (_, i) => i % 2 * 3);
    await Deno.mkdir(`${folder}/d`);
    for (const part of ["train", "t10k"]) {
      await Deno.writeFile(`${folder}/d/${part}-images-idx3-ubyte.gz`, gzipSync(idx([8, 2, 2], images)));
      await Deno.writeFile(`${folder}/d/${part}-labels-idx1-ubyte`, idx([8], labels));
    }
    const config = {
      model: { layers: [{ type: "flatten" }, { type: "dense", units: 10, activation: "softmax" }] },
      data: { dataset: "mnist", folder: "d", divide: 255 } as Record<string, unknown>,
      compile,
      fit: { epochs: 20, batchSize: 8, seed: 1 },
    };
    const byConfig = await trained(folder, config);
    strictEqual(byConfig.exit, 0, byConfig.err);
    strictEqual(JSON.parse(byConfig.out).test.report.accuracy, 1);
    delete config.data.folder;
    delete config.data.dataset;
    const byFlag = await trained(folder, config, ["--data", "mnist", "--data-folder", `${folder}/d`]);
    deepStrictEqual(JSON.parse(byFlag.out).history, JSON.parse(byConfig.out).history);
    const judged = await lapis(...[
      "evaluate",
      `${folder}/m.keras`,
      "--data",
      "mnist",
      "--data-folder",
      `${folder}/d`,
      "--json",
    ]);
    strictEqual(JSON.parse(judged.out).report.accuracy, 1);
    match(
      (await trained(folder, config, ["--data", "mnist"])).err,
      /--data-folder is missing: the folder of mnist's files/,
    );
    match(
      (await trained(folder, config, ["--data", "cifar10", "--data-folder", `${folder}/d`])).err,
      /holds no cifar10 file/,
    );
  }));

Deno.test("JSON lines, gzip, semicolons and tables without a header train the same model", () =>
  inFolder(async (folder) => {
    const rows = Array.from(
      { length: 16 },
      (_, i) => ({ a: Math.sin(i), b: Math.cos(i), y: Math.sin(i) - 2 * Math.cos(i) }),
    );
    const lines = (separator: string) => rows.map((r) => [r.a, r.b, r.y].join(separator)).join("\n");
    await Deno.writeTextFile(`${folder}/t.csv`, `a,b,y\n${lines(",")}\n`);
    await Deno.writeFile(
      `${folder}/t.jsonl.gz`,
      gzipSync(new TextEncoder().encode(rows.map((r) => JSON.stringify(r)).join("\n"))),
    );
    await Deno.writeTextFile(`${folder}/bare.csv`, lines(";"));
    const config = (train: string, table = {}) => ({
      model: { layers: [{ type: "dense", units: 1 }] },
      data: { train, label: "y", target: "number", table },
      compile: { optimizer: "adam", loss: "meanSquaredError" },
      fit: { epochs: 2, seed: 1 },
    });
    const history = async (...given: Parameters<typeof config>) => {
      const run = await trained(folder, config(...given));
      strictEqual(run.exit, 0, run.err);
      return JSON.parse(run.out).history;
    };
    const csv = await history("t.csv");
    deepStrictEqual(await history("t.jsonl.gz"), csv);
    deepStrictEqual(await history("bare.csv", { delimiter: ";", header: ["a", "b", "y"] }), csv);
    match(
      (await trained(folder, config("bare.csv", { delimiter: ";", header: ["a"] }))).err,
      /has 3 columns: 1 names are given/,
    );
  }));

Deno.test("a table without a header loses no row; one without rows is refused before anything is written", () =>
  inFolder(async (folder) => {
    const rows = Array.from({ length: 8 }, (_, i) => [i % 2, (i * 3) % 5, i % 2]);
    await Deno.writeTextFile(`${folder}/named.csv`, `a,b,y\n${rows.map((r) => r.join(",")).join("\n")}\n`);
    await Deno.writeTextFile(`${folder}/bare.csv`, rows.map((r) => r.slice(0, 2).join(",")).join("\n"));
    await Deno.writeTextFile(`${folder}/marks.csv`, rows.map((r) => r.slice(0, 2).join(";")).join("\n"));
    await Deno.writeTextFile(`${folder}/empty.csv`, "a,b,y\n");
    const config = (train: string) => ({
      model: { layers: [{ type: "dense", units: 1 }] },
      data: { train, label: "y", target: "number" },
      compile: { optimizer: "adam", loss: "meanSquaredError" },
      fit: { epochs: 1, seed: 1 },
    });
    const none = await trained(folder, config("empty.csv"));
    strictEqual(none.exit, 3);
    match(none.err, /empty\.csv: has no rows below its header a, b, y/);
    strictEqual(await Deno.stat(`${folder}/m.keras`).catch(() => undefined), undefined);
    strictEqual((await trained(folder, config("named.csv"))).exit, 0);
    for (const file of ["bare.csv", "marks.csv"]) {
      const run = await lapis("predict", `${folder}/m.keras`, "--input", `${folder}/${file}`, "--json");
      deepStrictEqual(JSON.parse(run.out).outputs[0].shape, [8, 1], run.err);
    }
  }));
