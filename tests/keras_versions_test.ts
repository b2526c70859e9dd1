/** Layers and options of Keras 1 and 2 that later versions dropped, and forms that files take, give Keras' outputs. @module */
import { deepEqual, ok, rejects } from "node:assert/strict";
import { loadModel } from "../mod.ts";
import { backends, listCases } from "./support/cases.ts";
import { runCase } from "./support/runner.ts";
import { root } from "./support/sources.ts";

const folder = new URL("tests/fixtures/keras-versions/", root);

for (const backend of backends) {
  Deno.test(`what only some versions of Keras have gives their outputs on ${backend}`, async () => {
    const cases = await listCases(folder), wrong: string[] = [];
    for (const one of cases) {
      const { status, detail } = await runCase(one, backend);
      if (status !== "passed") wrong.push(`${one.name} ${status}: ${detail}`);
    }
    deepEqual(wrong, []);
    ok(cases.length >= 30);
  });
}
Deno.test("a layer that Keras 1 alone has is refused when newer files are written", async () => {
  using model = await loadModel(new URL("K1_highway_1/model.h5", folder));
  await rejects(model.save("unused.keras"), /layer "highway_1" \(Highway\): Keras 1 alone has this layer/);
});
Deno.test("kernels of Theano's Keras are turned, and where its windows stand elsewhere is said", async () => {
  const warnings: string[] = [];
  const warn = (text: string) => warnings.push(text);
  using _ = await loadModel(new URL("K1theano_conv2d_th_valid_2/model.h5", folder), { warn });
  deepEqual(warnings, []);
});
