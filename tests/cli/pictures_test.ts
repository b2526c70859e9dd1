/** Folders of pictures without a configuration, and models taken over for other classes. @module */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { input, loadModel, sequential, tensor, writeNpy } from "../../mod.ts";
import { freeze } from "../../public/edit.ts";
import { batchNormalization, conv2d, dense, globalAveragePooling2d } from "../../public/layers.ts";
import { bmp } from "../support/bmp.ts";
import { inFolder, lapis } from "../support/cli.ts";
import { root } from "../support/sources.ts";

const colours = { blue: [20, 30, 180], green: [20, 170, 40], red: [190, 30, 30] } as const;
async function pictures(folder: string, count = 10): Promise<void> {
  for (const [name, colour] of Object.entries(colours)) {
    await Deno.mkdir(`${folder}/${name}/more`, { recursive: true });
    for (let i = 0; i < count; i++) {
      await Deno.writeFile(`${folder}/${name}/${i % 2 ? "more/" : ""}${i}.bmp`, bmp(12 + i % 3, colour, i));
    }
  }
}
const run = (...args: string[]) => lapis(...args);

Deno.test("a folder of pictures needs no configuration; what it lacks is said, broken pictures are listed last", () =>
  inFolder(async (folder) => {
    const data = `${folder}/pics`, model = `${folder}/m.keras`;
    await pictures(data);
    await Deno.mkdir(`${data}/empty`);
    await Deno.mkdir(`${data}/.hidden`);
    await Deno.writeTextFile(`${data}/red/bad.jpg`, "no picture");
    await Deno.copyFile(`${data}/red/0.bmp`, `${data}/loose.bmp`);
    const trained = await run(
      "train",
      "--data",
      data,
      "-o",
      model,
      "--epochs",
      "12",
      "--image-size",
      "16",
      "--seed",
      "3",
    );
    strictEqual(trained.exit, 0, trained.err);
    match(trained.err, /empty: holds no pictures, and is no class/);
    match(trained.err, /1 pictures beside the class folders have no class: loose\.bmp/);
    match(trained.err, /31 of 12–14 × 12–14 pixels/);
    match(trained.err, /3: blue 10, green 10, red 11/);
    match(trained.out, /left out: 1\n.*red\/bad\.jpg: not a picture[^\n]*\n$/);
    const config = JSON.parse(await Deno.readTextFile(`${folder}/m.json`));
    deepStrictEqual(config.data.labels, ["blue", "green", "red"]);
    deepStrictEqual(config.data.image, { size: [16, 16], colorMode: "rgb" });

    const found = await run(
      "predict",
      model,
      `${data}/red/0.bmp`,
      `${data}/green/2.bmp`,
      "--json",
      "--top",
      "2",
    );
    const [output] = JSON.parse(found.out).outputs;
    deepStrictEqual(output.classes.map((c: { label: string }) => c.label), ["red", "green"]);
    strictEqual(output.classes[0].top.length, 2);
    const judged = JSON.parse((await run("evaluate", model, "--data", data, "--json")).out);
    ok(judged.report.accuracy > 0.9, `${judged.report.accuracy}`);
    strictEqual(judged.broken.length, 1);

    const rows = [
      "file,kind",
      "red/0.bmp,red",
      "blue/more/1.bmp,blue",
      "green/2.bmp,green",
      "green/4.bmp,green",
    ];
    await Deno.writeTextFile(`${data}/list.csv`, rows.join("\n"));
    const listed = await run("predict", model, "--input", `${data}/list.csv`, "--json");
    deepStrictEqual(
      JSON.parse(listed.out).outputs[0].classes.map((c: { label: string }) => c.label),
      ["red", "blue", "green", "green"],
    );
    const table = await run(
      "train",
      "--data",
      `${data}/list.csv`,
      "-o",
      `${folder}/t.keras`,
      "--epochs",
      "1",
    );
    strictEqual(table.exit, 0, table.err);
  }));

Deno.test("folders that classes can't be told from are refused in words; train and test folders are parts", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/one/cat`, { recursive: true });
    await Deno.writeFile(`${folder}/one/cat/a.bmp`, bmp(8, [1, 2, 3], 0));
    const one = await run("train", "--data", `${folder}/one`, "-o", `${folder}/m.keras`);
    match(one.err, /pictures of one class alone, cat: a classifier needs two folders/);
    const none = await run("train", "--data", `${folder}/one/cat`, "-o", `${folder}/m.keras`);
    match(none.err, /its 1 pictures have no classes: expected a folder a class/);
    await pictures(`${folder}/split/train`, 4);
    await pictures(`${folder}/split/test`, 2);
    const split = await run(
      "train",
      "--data",
      `${folder}/split`,
      "-o",
      `${folder}/m.keras`,
      "--epochs",
      "1",
      "--json",
    );
    strictEqual(split.exit, 0, split.err);
    strictEqual(JSON.parse(split.out).test.rows, 6);
  }));

Deno.test("a model is taken over: a new head on frozen layers, then layers freed at a lower rate", () =>
  inFolder(async (folder) => {
    await pictures(`${folder}/pics`, 8);
    using base = sequential([
      input({ shape: [12, 12, 3] }),
      conv2d({ filters: 6, kernelSize: 3, activation: "relu", name: "conv" }),
      batchNormalization({ name: "norm" }),
      conv2d({ filters: 8, kernelSize: 3, activation: "relu", name: "late" }),
      globalAveragePooling2d({ name: "pool" }),
      dense({ units: 7, activation: "softmax", name: "top" }),
    ], { seed: 5 });
    await base.save(`${folder}/base.keras`);
    const common = ["--data", `${folder}/pics`, "--divide", "255", "--epochs", "3", "--augment", "none"];
    const first = await run(
      "train",
      `${folder}/base.keras`,
      "--head",
      ...common,
      "-o",
      `${folder}/one.keras`,
    );
    strictEqual(first.exit, 0, first.err);
    match(first.err, /transfer: 4 layers frozen, a new head of 3 classes, 27 weights train/);
    using one = await loadModel(`${folder}/one.keras`);
    deepStrictEqual(
      one.weightOf(one.getLayer("late").layer, "kernel"),
      base.weightOf(base.getLayer("late").layer, "kernel"),
    );
    strictEqual(one.getLayer("head").trainable, true);
    strictEqual(one.getLayer("conv").trainable, false);

    const args = ["--head", "3", "--unfreeze", "norm", "--fine-tune", "2", "--history", `${folder}/h.json`];
    const both = await run("train", `${folder}/base.keras`, ...args, ...common, "-o", `${folder}/two.keras`);
    strictEqual(both.exit, 0, both.err);
    match(both.err, /second stage: .* from late on are free, batch normalization is not/);
    deepStrictEqual(JSON.parse(await Deno.readTextFile(`${folder}/h.json`)).epoch, [0, 1, 2, 3, 4]);
    using two = await loadModel(`${folder}/two.keras`);
    const values = (m: typeof two, layer: string, name: string) =>
      m.weightOf(m.getLayer(layer).layer, name)?.array();
    deepStrictEqual(values(two, "norm", "movingMean"), values(base, "norm", "movingMean"));
    deepStrictEqual(values(two, "conv", "kernel"), values(base, "conv", "kernel"));
    ok(`${values(two, "late", "kernel")}` !== `${values(base, "late", "kernel")}`);

    const later = await run(
      "train",
      `${folder}/one.keras`,
      "--unfreeze",
      "late",
      "--learning-rate",
      "1e-4",
      ...common,
      "-o",
      `${folder}/three.keras`,
    );
    strictEqual(later.exit, 0, later.err);
    const wrong = await run(
      "train",
      `${folder}/base.keras`,
      "--head",
      "5",
      ...common,
      "-o",
      `${folder}/x.keras`,
    );
    match(wrong.err, /--head 5: the data have 3 classes: blue, green, red/);
    const named = await run(
      "train",
      `${folder}/base.keras`,
      "--head",
      "--freeze",
      "convv",
      ...common,
      "-o",
      `${folder}/x.keras`,
    );
    match(named.err, /freeze: model \w+ has no layer "convv"; is "conv" meant/);
    freeze(base);
  }));

Deno.test("the example takes an MNIST model over for other people's digits, as its README says", () =>
  inFolder(async (folder) => {
    const here = new URL("examples/transfer/", root).pathname;
    const args = [
      "--learning-rate",
      "0.01",
      "--unfreeze",
      "all",
      "--fine-tune",
      "40",
      "--fine-tune-rate",
      "0.001",
    ];
    const found = await run(
      ...["train", `${here}base.keras`, "--head", "--data", `${here}pictures`, "--divide", "255"],
      ...["--epochs", "60", ...args, "-o", `${folder}/digits.keras`, "--json"],
    );
    strictEqual(found.exit, 0, found.err);
    // Keras' own runs end between 0.90 and 0.92.
    ok(JSON.parse(found.out).test.report.accuracy >= 0.9, found.out.slice(0, 400));
    const files = await run(
      "predict",
      `${folder}/digits.keras`,
      `${here}pictures/test/two`,
      "--json",
      "--rows",
      "20",
    );
    const labels = JSON.parse(files.out).outputs[0].classes.map((c: { label: string }) => c.label);
    ok(labels.filter((label: string) => label === "two").length >= 16, `${labels}`);
  }));

Deno.test("pictures for a model whose channels are first are turned; arrays too, which is said; mean and std", () =>
  inFolder(async (folder) => {
    await Deno.writeFile(`${folder}/a.bmp`, bmp(10, [200, 100, 50], 1));
    using last = sequential([
      input({ shape: [10, 10, 3] }),
      conv2d({ filters: 4, kernelSize: 3, name: "c" }),
      globalAveragePooling2d(),
      dense({ units: 3, activation: "softmax" }),
    ], { seed: 2 });
    await last.save(`${folder}/last.keras`);
    const scale = ["--divide", "255", "--mean", "0.5,0.4,0.3", "--std", "0.2,0.3,0.4", "--json"];
    const asked = async (model: string, file: string) => {
      const found = await run("predict", `${folder}/${model}`, "--input", `${folder}/${file}`, ...scale);
      strictEqual(found.exit, 0, found.err);
      return { first: JSON.parse(found.out).outputs[0].first[0] as number[], err: found.err };
    };
    const expected = (await asked("last.keras", "a.bmp")).first;
    const { channelsFirst } = await firstModel(folder, last);
    const near = (a: readonly number[]) =>
      a.forEach((v, i) => ok(Math.abs(v - (expected[i] ?? NaN)) < 1e-5, `${a}`));
    near((await asked(channelsFirst, "a.bmp")).first);
    await Deno.writeFile(`${folder}/larger.bmp`, bmp(14, [200, 100, 50], 1));
    const larger = (await asked("last.keras", "larger.bmp")).first;
    (await asked(channelsFirst, "larger.bmp")).first.forEach((v, i) =>
      ok(Math.abs(v - (larger[i] ?? NaN)) < 1e-5)
    );
    await Deno.writeFile(`${folder}/a.npy`, writeNpy(tensor(pixels(10, [200, 100, 50], 1), [1, 10, 10, 3])));
    const array = await asked(channelsFirst, "a.npy");
    near(array.first);
    match(array.err, /the channels of \[1, 10, 10, 3\] are put first, as the model takes them/);
    const wrong = await run("predict", `${folder}/last.keras`, "--input", `${folder}/a.bmp`, "--mean", "1,2");
    match(wrong.err, /expected a number for each of 3 channels, got 2/);
  }));
/** The pixels of {@link bmp}, from the top. */
function pixels(side: number, colour: readonly [number, number, number], spot: number): Float32Array {
  return Float32Array.from({ length: side * side * 3 }, (_, i) => {
    const at = Math.floor(i / 3), y = side - 1 - Math.floor(at / side), x = at % side;
    return (colour[i % 3] ?? 0) + ((x + y * side) % 7 === spot % 7 ? 40 : 0);
  });
}
/** The same network with its channels first. */
async function firstModel(folder: string, last: Awaited<ReturnType<typeof loadModel>>) {
  using first = sequential([
    input({ shape: [3, 10, 10] }),
    conv2d({ filters: 4, kernelSize: 3, dataFormat: "channels_first", name: "c" }),
    globalAveragePooling2d({ dataFormat: "channels_first" }),
    dense({ units: 3, activation: "softmax" }),
  ]);
  const own = [...first.weights.keys()];
  [...last.weights.values()].forEach((value, i) => first.setWeight(own[i] ?? "", value));
  await first.save(`${folder}/first.keras`);
  return { channelsFirst: "first.keras" };
}

Deno.test("a folder of pictures is cross-validated, each fold with its share of every class", () =>
  inFolder(async (folder) => {
    await pictures(`${folder}/pics`);
    const { exit, out, err } = await run(
      "train",
      "--data",
      `${folder}/pics`,
      "--folds",
      "3",
      "--epochs",
      "2",
      "--json",
    );
    strictEqual(exit, 0, err);
    const { folds, mean } = JSON.parse(out);
    deepStrictEqual(folds.map(({ rows }: { rows: number }) => rows), [10, 10, 10]);
    ok(mean.accuracy >= 0 && mean.accuracy <= 1 && mean.loss > 0, out);
    deepStrictEqual(Array.from(Deno.readDirSync(folder), ({ name }) => name), ["pics"]);
  }));

Deno.test("a head on few pictures learns by the defaults what it can, and its written configuration says all of it", () =>
  inFolder(async (folder) => {
    const home = new URL("examples/first-hour", root).pathname, model = `${folder}/m.keras`;
    const accuracy = async (...more: string[]) => {
      const data = ["--data", `${home}/digits/train`, "--divide", "255", "--seed", "2"];
      const trained = await run("train", `${home}/base.keras`, "--head", ...data, "-o", model, ...more);
      strictEqual(trained.exit, 0, trained.err);
      match(trained.err, /rate +0\.01 for the head, by [\d,]+ steps \(--learning-rate\)/);
      const judged = await run("evaluate", model, "--data", `${home}/digits/test`, "--json");
      return JSON.parse(judged.out).report.accuracy;
    };
    const first = await accuracy();
    ok(first >= 0.93, `${first}`);
    const written = JSON.parse(await Deno.readTextFile(`${folder}/m.json`));
    deepStrictEqual([written.transfer.head, written.data.divide], [true, 255]);
    const second = await accuracy("--unfreeze", "all");
    ok(second >= 0.93, `${second}`);
  }));
