/** Random models of layers: the wasm engine beside plain in float64, files read back, gradients beside differences. @module */
import { deepEqual, ok } from "node:assert/strict";
import { assemble } from "../../../core/network/assemble.ts";
import type { Graph } from "../../../core/graph/graph.ts";
import { castTensor, isTensor, type Tensor, type TensorMap } from "../../../core/values/tensor.ts";
import * as lapis from "../../../mod.ts";
import { plain } from "../../../plugins/backends/plain/mod.ts";
import { wasm } from "../../../plugins/backends/wasm/mod.ts";
import { Dice } from "../dice.ts";
import { farther, spreads } from "../spread.ts";
import { differ } from "./differences.ts";
import { drawModel, type DrawnModel } from "./draw.ts";

export type { TensorMap };
const { registry } = lapis, count = 120, first = 1;
type Feed = Record<string, Tensor>;

const feedOf = ({ model, inputs }: DrawnModel): Feed =>
  Object.fromEntries(model.inputs.map(({ name }, i) => [name, inputs[i] as Tensor]));
function each(name: string, check: (drawn: DrawnModel, seed: number) => Promise<void>): void {
  Deno.test(`random models of ${count} seeds: ${name}`, async () => {
    const wrong: string[] = [];
    for (let seed = first; seed < first + count; seed++) {
      const drawn = drawModel(seed);
      try {
        await check(drawn, seed);
      } catch (error) {
        wrong.push(`seed ${seed} (${drawn.about}): ${error instanceof Error ? error.message : error}`);
      }
      drawn.model.close();
    }
    deepEqual(wrong, []);
  });
}

each("wasm and plain give what float64 gives", async (drawn) => {
  const graph = drawn.model.graph(), feed = feedOf(drawn), spread = spreads(graph, feed, new Map(), 8);
  for (const engine of [wasm, plain]) {
    using session = await engine.compile(graph, { registry });
    for (const run of ["first", "second"]) {
      const got = await session.run(feed);
      for (const [name, truth] of Object.entries(spread)) {
        const why = farther(narrowed(got[name], truth.value), truth.value, truth);
        ok(why === undefined, `${engine.name}, ${run} run, ${name}: ${why}`);
      }
    }
  }
});
/** float64 where the truth is. */
const narrowed = (value: lapis.RuntimeValue | undefined, truth: lapis.RuntimeValue) =>
  isTensor(value) && isTensor(truth) && truth.dtype === "float64" ? castTensor(value, "float64") : value;

each("files of Keras 3 and 2 give the same bits when read back", async (drawn) => {
  const before = await drawn.model.run(feedOf(drawn));
  const forms = [["keras", 3], ["h5", 3], ["h5", 2], ["keras", 2]] as const;
  for (const [form, kerasVersion] of forms) {
    let bytes: Uint8Array;
    try {
      bytes = await drawn.model.toBytes(form, { kerasVersion });
    } catch (error) {
      // What a version of Keras has no layer for.
      if (error instanceof lapis.UnsupportedError) continue;
      throw error;
    }
    using again = await lapis.loadModel(bytes, { warn: () => {} });
    const feed = Object.fromEntries(again.inputs.map(({ name }, i) => [name, drawn.inputs[i] as Tensor]));
    const after = Object.values(await again.run(feed)).map((t) => t.data);
    deepEqual(after, Object.values(before).map((t) => t.data), `.${form} of Keras ${kerasVersion}`);
  }
});

each("gradients are what differences in float64 say", ({ model, inputs, about }, seed) => {
  differ(lossGraph(model), feedOf({ model, inputs, about }), new Dice(seed));
  return Promise.resolve();
});
/** The model's graph with Σ sin(y + 1)·y over its outputs as its loss. */
function lossGraph({ network, weights }: lapis.Model): Graph {
  const { graph } = assemble(network, registry, {
    weights,
    extend({ b, outputs }) {
      const sums = outputs.map((y) => {
        const shifted = b.sin(b.add(y, b.scalar(1)));
        return b.reduceSum(b.mul(shifted, y), { keepdims: 0 });
      });
      b.output("loss", b.sum(sums));
    },
  });
  return { ...graph, outputs: graph.outputs.filter((o) => o.updates === undefined) };
}
