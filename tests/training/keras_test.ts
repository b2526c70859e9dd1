/** Compiled models of real Keras, not trained yet: five steps of ours have the losses of five of Keras. @module */
import { deepStrictEqual, ok, rejects } from "node:assert/strict";
import { unzipSync, zipSync } from "fflate";
import { loadModel, type ModelData, tensor } from "../../mod.ts";

interface Case {
  readonly losses: readonly number[];
  readonly y: "y" | "yc" | "multi";
  readonly sampleWeight?: Readonly<Record<string, number[]>>;
  readonly classWeight?: Readonly<Record<number, number>>;
}
const folder = new URL("../fixtures/keras-training/", import.meta.url);
const cases: Readonly<Record<string, Case>> = JSON.parse(
  await Deno.readTextFile(new URL("losses.json", folder)),
);
const wave = (count: number, f: (i: number) => number) =>
  Float32Array.from({ length: count }, (_, i) => f(i));
const x = tensor(wave(48, (i) => Math.sin(i * 0.7)), [8, 6]);
const y = tensor(wave(8, (i) => Math.cos(i * 1.3)), [8, 1]);
const yc = tensor(Int32Array.from({ length: 8 }, (_, i) => i % 3), [8], "int32");
const targets: Readonly<Record<Case["y"], ModelData>> = { y, yc, multi: { a: y, b: yc } };

for (const backend of ["plain", "wasm"]) {
  Deno.test(`${backend}: options of optimizers, penalties, bounds, frozen layers and weights train as in Keras`, async () => {
    const wrong: unknown[] = [];
    for (const [name, { losses, y: target, ...weights }] of Object.entries(cases)) {
      using model = await loadModel(new URL(`${name}.keras`, folder), { backend });
      for (const wanted of losses) {
        const { loss = NaN } = await model.trainOnBatch(x, targets[target], weights);
        // Five steps of some forty roundings each.
        if (!(Math.abs(loss - wanted) <= 200 * 2 ** -24 * Math.max(1, wanted))) {
          wrong.push([name, loss, wanted]);
        }
      }
    }
    ok(Object.keys(cases).length >= 10);
    deepStrictEqual(wrong, []);
  });
}

Deno.test("an optimizer that isn't known stands in the way of training alone", async () => {
  const model = await loadModel(await renamed("o_clipg", `"class_name": "Adam"`, `"class_name": "Etan"`));
  ok(((await model.evaluate(x, y)).loss ?? NaN) > 0);
  await model.gradients(x, y);
  await rejects(model.trainOnBatch(x, y), /compile\.optimizer: no optimizer named Etan/);
  const again = await loadModel(await model.toBytes("keras"));
  deepStrictEqual(again.savedTraining()?.config.optimizer, model.savedTraining()?.config.optimizer);
});
/** The same file with other words in its configuration. */
async function renamed(name: string, from: string, to: string): Promise<Uint8Array> {
  const members = unzipSync(await Deno.readFile(new URL(`${name}.keras`, folder)));
  const config = new TextDecoder().decode(members["config.json"]);
  ok(config.includes(from));
  return zipSync({ ...members, "config.json": new TextEncoder().encode(config.replace(from, to)) }, {
    level: 0,
  });
}
