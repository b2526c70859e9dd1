/** Layers that few models have give Keras' outputs: cells of several kinds and in wrappers, time-major ways, Fourier features, pipelines. @module */
import { deepEqual, ok } from "node:assert/strict";
import { saidCases, saidDifference, saidModel } from "../support/said.ts";

const cases = await saidCases("keras-rare");
for (const backend of ["plain", "wasm"]) {
  Deno.test(`rare layers give Keras' outputs on ${backend}`, async () => {
    const wrong: unknown[] = [];
    for (const one of cases) {
      using model = await saidModel(one, backend);
      const off = await saidDifference(model, one);
      // Seven digits, and some sums of float32.
      if (!(off < 5e-6)) wrong.push([one.version, one.name, off]);
    }
    deepEqual(wrong, []);
    ok(cases.length >= 12);
  });
}
Deno.test("a cell that TensorFlow drops of at every call is refused", async () => {
  const [one] = cases.filter(({ name }) => name === "device");
  ok(one);
  const text = JSON.stringify(one.config).replaceAll("DeviceWrapper", "DropoutWrapper")
    .replace('"device": "/cpu:0"', '"output_keep_prob": 0.5').replace(
      '"device":"/cpu:0"',
      '"output_keep_prob":0.5',
    );
  const dropping = { ...one, config: JSON.parse(text) };
  const failed = await saidModel(dropping, "plain").then(() => "", String);
  ok(/output_keep_prob 0.5: TensorFlow drops in inference too/.test(failed), failed);
});
