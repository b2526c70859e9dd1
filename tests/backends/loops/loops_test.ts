/** The second engine computes every operator's samples, and trains as wasm does. @module */
import { deepEqual, ok } from "node:assert/strict";
import { sequential } from "../../../core/model/compose.ts";

import type { Model } from "../../../core/model/model.ts";
import { dense, input, lstm, registry, tensor } from "../../../mod.ts";
import { testValues } from "../../support/onengine.ts";
import { normal } from "../../support/engines.ts";
import { loops } from "./engine.ts";

await testValues(loops(false));

const engines = registry.with(loops(false), loops(true));
/** Losses of three steps of Adam, and what the model then predicts. */
async function trained(backend: string): Promise<readonly number[]> {
  using model: Model = sequential(
    [
      input({ shape: [5, 3] }),
      lstm({ units: 4 }),
      dense({ units: 3, activation: "softmax" }),
    ],
    { backend, seed: 3, registry: engines },
  );
  model.compile({ optimizer: "adam", loss: "categoricalCrossentropy" });
  const x = normal([6, 5, 3], 1),
    y = tensor([0, 1, 2, 0, 1, 2].map((k) => [0, 1, 2].map((c) => Number(c === k))));
  const losses: number[] = [];
  for (let step = 0; step < 3; step++) losses.push((await model.trainOnBatch(x, y)).loss ?? NaN);
  const { output = Object.values(await model.run({ [model.inputs[0]?.name ?? ""]: x }))[0] } = {};
  if (!output || !("data" in output)) throw new TypeError("expected a tensor");
  return [...losses, ...Array.from(output.data as Float32Array)];
}
Deno.test("the second engine trains a recurrent model as wasm does, whether its memory answers at once or later", async () => {
  const wanted = await trained("wasm"), found = await trained("loops");
  deepEqual(await trained("loops-later"), found);
  // Adam divides by gradients' roots: a rounding of a small one is worth more in the weight.
  wanted.forEach((w, i) => ok(Math.abs(w - (found[i] ?? NaN)) < 1e-5, `${w} and ${found[i]}`));
});
