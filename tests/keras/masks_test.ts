/** Masks through merges, attention, models inside and wrappers, and what masked steps put out, are those of each Keras: 2.2, 2.4, 3.0, 3.3 and 3.15. @module */
import { deepEqual, ok, rejects } from "node:assert/strict";
import { saidCases, saidDifference, saidModel } from "../support/said.ts";

const cases = await saidCases("keras-masks");

for (const backend of ["plain", "wasm"]) {
  Deno.test(`masks travel, and masked steps put out, as in the Keras that wrote the file, on ${backend}`, async () => {
    const wrong: unknown[] = [];
    for (const one of cases) {
      using model = await saidModel(one, backend);
      // Two roundings of seven digits, and a few sums of float32.
      const off = await saidDifference(model, one);
      if (!(off < 5e-6)) wrong.push([one.version, one.name, off]);
    }
    deepEqual(wrong, []);
    ok(cases.length >= 32);
  });
}
Deno.test("a model whose masks newer versions would treat otherwise is refused before it is written", async () => {
  const refused: readonly (readonly [version: string, name: string, why: RegExp])[] = [
    ["3.3.3", "merge_Subtract_lstm", /hands on the mask here|counts where/],
    ["3.3.3", "merge_Maximum_pool", /hands on the mask here|counts where/],
    ["2.2.4", "Bi_GRU_mask", /puts out zeros/],
    ["2.2.4", "TD_lstm3_lstm", /in another way than Keras 3/],
    ["2.4.0", "mha_gru", /hands on the mask here/],
    ["2.4.0", "relu_lstm", /hands on the mask here/],
    ["2.2.4", "UpSampling2Dinterpolationbilinear_size3_2", /their middles/],
  ];
  for (const [version, name, why] of refused) {
    const one = cases.find((c) => c.version === version && c.name === name);
    ok(one, name);
    using model = await saidModel(one, "plain");
    await rejects(model.toBytes("keras"), why);
  }
});
