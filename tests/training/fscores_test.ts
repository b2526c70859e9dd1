/** F scores of Keras' files: every output a yes or no of its own, as Keras 3.15 counts; those of several numbers are refused. @module */
import { deepStrictEqual, ok, rejects } from "node:assert/strict";
import { ConfigError, loadModel, type Nested, tensor } from "../../mod.ts";

interface Case {
  readonly x: Nested;
  readonly y: Nested;
  readonly w: Nested;
  readonly want: { readonly loss: number; readonly f1_score: unknown; readonly fbeta_score: unknown };
}
const folder = new URL("../fixtures/keras-fscores/", import.meta.url);
const cases: Readonly<Record<string, Case>> = JSON.parse(
  await Deno.readTextFile(new URL("cases.json", folder)),
);

for (const backend of ["plain", "wasm"]) {
  Deno.test(`${backend}: F scores of Keras' files, also read again from ours`, async () => {
    const wrong: unknown[] = [];
    for (const [name, { x, y, w, want }] of Object.entries(cases)) {
      if (name === "many_none") continue;
      using first = await loadModel(new URL(`${name}.keras`, folder), { backend });
      using again = await loadModel(await first.toBytes("keras"), { backend });
      for (const model of [first, again]) {
        const { loss = NaN, f1Score, fbetaScore } = await model.evaluate(tensor(x), tensor(y), {
          sampleWeight: tensor(w),
          batchSize: 4,
        });
        // Keras adds 1e-7 to what it divides by.
        const off = [[loss, want.loss], [f1Score, want.f1_score], [fbetaScore, want.fbeta_score]]
          .filter(([a, b]) => !(Math.abs(Number(a) - Number(b)) < 1e-6));
        if (off.length > 0) wrong.push([name, off]);
      }
    }
    ok(Object.keys(cases).length >= 4);
    deepStrictEqual(wrong, []);
  });
}
Deno.test("a score of one number a class is refused by name, and the model predicts", async () => {
  const { x, y } = cases["many_none"] ?? { x: [], y: [] };
  using model = await loadModel(new URL("many_none.keras", folder), { backend: "plain" });
  ok(await model.predict(tensor(x)));
  await rejects(
    model.evaluate(tensor(x), tensor(y)),
    (error) => error instanceof ConfigError && /one number a class/.test(error.message),
  );
});
