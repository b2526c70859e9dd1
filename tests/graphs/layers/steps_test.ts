/** Random training steps: wasm beside the same step in float64, and a loss's gradients beside differences of it. @module */
import { deepEqual } from "node:assert/strict";
import type { Graph } from "../../../core/graph/graph.ts";
import { castTensor, isTensor, type RuntimeValue, type Tensor } from "../../../core/values/tensor.ts";
import { lossGraph } from "../../../plugins/training/engine/forward.ts";
import { randomKeys, trainingGraph } from "../../../plugins/training/engine/graphs.ts";
import type { GraphParts } from "../../../core/training/types.ts";
import { registry } from "../../../mod.ts";
import { wasm } from "../../../plugins/backends/wasm/mod.ts";
import { Dice } from "../dice.ts";
import { farther, spreads } from "../spread.ts";
import { differ } from "./differences.ts";
import { drawModel } from "./draw.ts";
import { type DrawnTraining, drawTraining } from "./trainings.ts";

const count = 40, first = 1, steps = 3;

function each(
  name: string,
  check: (parts: GraphParts, training: DrawnTraining, seed: number) => Promise<void>,
) {
  Deno.test(`random training of ${count} seeds: ${name}`, async () => {
    const wrong: string[] = [];
    for (let seed = first; seed < first + count; seed++) {
      const drawn = drawModel(seed), { model } = drawn;
      let about = drawn.about;
      try {
        const training = await drawTraining(drawn, new Dice(seed));
        about += ` ${training.about}`;
        await check({ model, registry, limits: undefined, graph: undefined }, training, seed);
      } catch (error) {
        const why = error instanceof Error ? error.message : error;
        wrong.push(`seed ${seed} (${about}): ${why}`);
      }
      model.close();
    }
    deepEqual(wrong, []);
  });
}
const held = (graph: Graph) => graph.inputs.filter((i) => /^(parameter|statistic|slot|state)$/.test(i.role));

each(
  "every weight and slot is what a step in float64 makes of it",
  async (parts, { compiled, feed, weighted }, seed) => {
    const graph = trainingGraph(parts, compiled, { weighted, free: new Map() }, new Map());
    using session = await wasm.compile(graph, { registry });
    for (let step = 0; step < steps; step++) {
      const given = { ...feed, ...randomKeys(graph, seed, step) };
      const before = new Map<string, Tensor>();
      for (const { name } of held(graph)) before.set(name, await session.read(name));
      const truth = spreads(graph, given, before, 6), results = await session.run(given);
      for (const { name, updates } of graph.outputs) {
        const want = truth[name];
        if (!want) throw new TypeError(`nothing is known of ${name}`);
        const got = updates === undefined ? results[name] : await session.read(updates);
        const why = farther(like(got, want.value), want.value, want);
        if (why !== undefined) throw new Error(`step ${step}, ${updates ?? name}: ${why}`);
      }
    }
  },
);
/** float64 where the truth is. */
const like = (value: RuntimeValue | undefined, truth: RuntimeValue): RuntimeValue | undefined =>
  value && isTensor(value) && isTensor(truth) && truth.dtype === "float64"
    ? castTensor(value, "float64")
    : value;

each(
  "gradients of losses are what differences in float64 say",
  (parts, { compiled, feed, weighted }, seed) => {
    const { model: { weights } } = parts, form = { weighted, free: new Map<string, never>() };
    const whole = lossGraph(parts, { training: true, compiled, form, weights });
    const graph = { ...whole, outputs: whole.outputs.filter((o) => o.updates === undefined) };
    const keys: Record<string, Tensor> = randomKeys(graph, seed, 0);
    differ(graph, { ...feed, ...keys }, new Dice(seed));
    return Promise.resolve();
  },
);
