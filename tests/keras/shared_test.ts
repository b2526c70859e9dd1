/** Layers that models on several levels share are one in every form of Keras' files, in training too. @module */
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { loadModel, type Model, type Nested, tensor } from "../../mod.ts";
import { sgd } from "../../public/optimizers.ts";
import { toNumbers } from "../../public/tensors.ts";
import { root } from "../support/sources.ts";

interface SharedCase {
  readonly file: string;
  readonly keras: string;
  readonly weights: number;
  readonly inputs: readonly Nested[];
  readonly output: readonly (readonly number[])[];
  /** What the model gave after one step of SGD towards ones, before Keras wrote it. */
  readonly fitted: readonly (readonly number[])[];
}
const folder = new URL("tests/fixtures/keras-shared/", root);
const cases = JSON.parse(await Deno.readTextFile(new URL("cases.json", folder))) as SharedCase[];
const read = (one: SharedCase) => Deno.readFile(new URL(one.file, folder));

const fedTo = (model: Model, one: SharedCase) =>
  Object.fromEntries(model.inputs.map((port, i) => [port.name, tensor(one.inputs[i] ?? [])]));
async function off(model: Model, one: SharedCase, want: SharedCase["output"]): Promise<number> {
  const [got] = Object.values(await model.run(fedTo(model, one))), expected = want.flat();
  const numbers = got ? toNumbers(got) : [];
  equal(numbers.length, expected.length);
  return Math.max(...expected.map((v, i) => Math.abs(v - (numbers[i] ?? NaN))));
}
for (const one of cases) {
  Deno.test(`${one.file} of Keras ${one.keras}: one set of weights, which a step of training moves as Keras does`, async () => {
    using model = await loadModel(await read(one), { backend: "plain", warn: () => {} });
    equal(model.weights.size, one.weights);
    ok(await off(model, one, one.output) < 2e-6);
    model.compile({ optimizer: sgd({ learningRate: 0.01 }), loss: "mse" });
    const ones = tensor(one.output.map((row) => row.map(() => 1)));
    const fed = fedTo(model, one), [only] = Object.values(fed);
    await model.fit(one.inputs.length === 1 && only ? only : fed, ones, {
      epochs: 1,
      batchSize: 5,
      shuffle: false,
      verbose: 0,
    });
    ok(await off(model, one, one.fitted) < 2e-6);
  });
}

Deno.test("written in every form of Keras' files, shared layers stay one", async () => {
  const wrong: string[] = [];
  for (const one of cases) {
    using model = await loadModel(await read(one), { backend: "plain", warn: () => {} });
    for (const kerasVersion of [3, 2] as const) {
      const json = await model.toBytes(".json", { kerasVersion });
      const byPath = [".weights.h5", ".safetensors"];
      for (const extension of [".keras", ".h5", ".json", ...byPath]) {
        const bytes = await model.toBytes(extension, extension === ".safetensors" ? {} : { kerasVersion });
        using again = byPath.includes(extension)
          ? await loadModel(json, { weights: bytes, backend: "plain", warn: () => {} })
          : await loadModel(bytes, { backend: "plain", warn: () => {} });
        const error = await off(again, one, one.output);
        if (!(error < 2e-6) || again.weights.size !== one.weights) {
          wrong.push(`${one.file} as ${extension} of Keras ${kerasVersion}: ${error}, ${again.weights.size}`);
        }
      }
    }
  }
  deepEqual(wrong, []);
});

Deno.test("copies that only a file without numbers holds are said; a file that lost a call is refused by name", async () => {
  const said: string[] = [], [, one] = cases as [SharedCase, SharedCase];
  using _ = await loadModel(await read(one), { warn: (line) => said.push(line) });
  ok(said.some((line) => line.includes("which train apart")), said.join());
  const lost = await Deno.readFile(new URL("Functional_outer_first_tfk.h5", folder));
  await rejects(loadModel(lost), /layer "sub" \(Functional\).*Keras 2 wrote its calls in a model inside/);
});
