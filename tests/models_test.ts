/** Trained Keras models give Keras' predictions on their whole test splits, on every backend. @module */
import { deepEqual, equal, ok } from "node:assert/strict";
import { accuracy, macroF1 } from "../public/evaluation.ts";
import { backends, caseTensors, listCases } from "./support/cases.ts";
import { checkModelFolder } from "./support/models.ts";
import { exists, root } from "./support/sources.ts";
import { testSplit } from "./support/splits.ts";

// The folder beside the checkout holds all models and data sets; the project's own copies stand in where it is missing.
const shared = new URL("../shared/", root);
const whole = await exists(new URL("models/", shared));
const models = (await listCases(whole ? new URL("models/", shared) : new URL("tests/fixtures/models/", root)))
  .concat(whole ? [] : await listCases(new URL("examples/data/", root)));
const data = whole ? new URL("data/", shared) : new URL("examples/data/", root);

for (const one of models) {
  for (const backend of backends) {
    Deno.test(`${one.name} gives Keras' predictions on ${backend}`, async () => {
      const found = await checkModelFolder(one, backend, data);
      equal(found.problem, undefined);
      equal(found.same, found.of, "rows of the same class");
      ok(found.max <= (one.tolerance?.atol ?? 0), `largest difference ${found.max}`);
      if (one.name === "nusax_bilstm") {
        ok(found.max <= 2e-6, `largest difference ${found.max}`);
        ok(found.mean <= 1e-7, `mean difference ${found.mean}`);
      }
      if (found.classes !== undefined) {
        const { truth, predicted } = found.classes, count = one.outputs[0]?.shape[1] ?? 0;
        equal(accuracy(truth, predicted), one.metrics?.accuracy);
        ok(Math.abs(macroF1(truth, predicted, count) - Number(one.metrics?.macro_f1)) < 1e-12);
      }
    });
  }
}

for (const one of models) {
  // The sample rows of a series are its last windows, longer than the test split.
  const fromStart = one.name !== "airline_lstm";
  Deno.test({
    name: `the test split of ${one.name} is what Keras was given`,
    ignore: !whole,
    fn: async () => {
      const { inputs } = await testSplit(one, data);
      for (const [i, sample] of (await caseTensors(one, one.inputs)).entries()) {
        const split = inputs[i];
        const n = Math.min(sample.data.length, split?.data.length ?? 0);
        ok(n > 0);
        deepEqual(
          split?.data.slice(...(fromStart ? [0, n] : [-n])),
          sample.data.slice(...(fromStart ? [0, n] : [-n])),
        );
      }
    },
  });
}
