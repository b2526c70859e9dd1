/** Calls as Keras' files hold them: masks, constants, states and modes give what Keras computes, read and written. @module */
import { deepEqual, match, ok } from "node:assert/strict";
import { loadModel, type Model, tensor, type WriteOptions } from "../../mod.ts";
import { sgd } from "../../public/optimizers.ts";
import { type CallCase, callCases, callDifference, callInputs, callModel } from "../support/calls.ts";
import { root } from "../support/sources.ts";

const cases = await callCases("keras-calls");
const off = async (one: CallCase, model: Model): Promise<number> =>
  callDifference(one, Object.values(await model.run(callInputs(one, model))));

for (const backend of ["wasm", "plain", "onnxruntime"]) {
  Deno.test(`calls with masks, states and constants give Keras' outputs on ${backend}`, async () => {
    ok(cases.length > 70);
    const wrong: string[] = [];
    for (const one of cases) {
      using model = await callModel(one, backend);
      const error = await off(one, model);
      if (!(error < 2e-5)) wrong.push(`${one.name} of Keras ${one.keras}: ${error.toExponential(1)}`);
    }
    deepEqual(wrong, []);
  });
}

/** What a version's files can't say, by case. */
const unsaid: Readonly<Record<2 | 3, RegExp>> = {
  2: /operation on tensors|has no such layer|is called on a constant|drops its mask|Keras 2 would use it|Keras 2 (ends|hands on)|in Keras 2 where/,
  3: /first tensor is a constant|Keras 3 (hands on|passes over)|in Keras 3 where/,
};
for (const kerasVersion of [3, 2] as const) {
  Deno.test(`calls keep their meaning through files of Keras ${kerasVersion}, or are refused by name`, async () => {
    const wrong: string[] = [];
    let written = 0;
    for (const one of cases) {
      using model = await callModel(one, "plain");
      const options: WriteOptions = { kerasVersion };
      let bytes: Uint8Array;
      try {
        bytes = await model.toBytes(kerasVersion === 3 ? ".keras" : ".h5", options);
      } catch (error) {
        match((error as Error).message, unsaid[kerasVersion]);
        continue;
      }
      written++;
      using again = await loadModel(bytes, { backend: "plain", warn: () => {} });
      const error = await off(one, again);
      if (!(error < 2e-5)) wrong.push(`${one.name} of Keras ${one.keras}: ${error.toExponential(1)}`);
    }
    deepEqual(wrong, []);
    ok(written > (kerasVersion === 3 ? 60 : 15), `${written}`);
  });
}

Deno.test("dropout hands on its input itself in inference, which then loses its mask to attention, and another in fit", async () => {
  const bytes = await Deno.readFile(new URL("tests/fixtures/keras-lost-mask.keras", root));
  using model = await loadModel(bytes, { backend: "plain", warn: () => {} });
  model.compile({ optimizer: sgd({ learningRate: 1e-30 }), loss: "mse" });
  const x = tensor([[1, 2, 0, 3, 0], [4, 0, 5, 1, 2], [5, 6, 7, 0, 0]], [3, 5], "int32");
  const y = tensor(new Float32Array(60).fill(1), [3, 5, 4]);
  const { loss = NaN } = await model.evaluate(x, y);
  ok(Math.abs(loss - 1.1215271949768066) < 1e-5, `${loss}`);
  const { history } = await model.fit(x, y, { epochs: 1, batchSize: 3, verbose: 0 });
  ok(Math.abs((history.loss?.[0] ?? NaN) - 1.1730707883834839) < 1e-5, `${history.loss}`);
});
