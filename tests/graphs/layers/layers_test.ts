/** Random models of layers: the wasm engine beside plain in float64, files read back, gradients beside differences. @module */
import { deepEqual, ok } from "node:assert/strict";
import { assemble } from "../../../core/assemble.ts";
import { gradient, gradientName } from "../../../core/differentiate.ts";
import { isFloat } from "../../../core/dtype.ts";
import { runGraph } from "../../../core/execute.ts";
import type { Graph, GraphInput } from "../../../core/graph.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { asTensor } from "../../../core/shape.ts";
import { castTensor, isTensor, type Tensor, type TensorMap, toNumbers } from "../../../core/tensor.ts";
import * as lapis from "../../../mod.ts";
import { plain, toFloat64 } from "../../../plugins/backends/plain/mod.ts";
import { wasm } from "../../../plugins/backends/wasm/mod.ts";
import { Dice } from "../dice.ts";
import { farther, spreads } from "../spread.ts";
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

each("gradients are what differences in float64 say", (drawn, seed) => {
  const graph = lossGraph(drawn.model), dice = new Dice(seed), wide = toFloat64(graph, registry);
  const held = wide.inputs.filter((i) => i.role !== "constant");
  const wanted = held.filter((i) => i.role === "parameter" && isFloat(asTensor(wide.types[i.id]).dtype));
  const feed = feedOf(drawn), at = held.map((i) => valueOf(i, feed));
  const along = wanted.map((i) => dice.tensor(valueOf(i, feed).shape, "float64"));
  const derived = toFloat64(gradient(graph, "loss", wanted.map((i) => i.name), registry), registry);
  const slopes = runGraph(derived, at, { registry, limits: defaultLimits });
  let said = 0, size = 0;
  wanted.forEach((input, k) => {
    const g = slopes[derived.outputs.findIndex((o) => o.name === gradientName(input.name))];
    ok(isTensor(g), `no gradient of ${input.name}`);
    const numbers = toNumbers(g), way = toNumbers(along[k] as Tensor);
    numbers.forEach((n: number, i: number) => {
      said += n * (way[i] ?? 0);
      size += Math.abs(n * (way[i] ?? 0));
    });
  });
  const loss = (by: number) => {
    const moved = at.map((t, i) => {
      const k = wanted.indexOf(held[i] as GraphInput), way = along[k];
      if (!way) return t;
      const add = toNumbers(way);
      return { ...t, data: Float64Array.from(t.data as Float64Array, (v, n) => v + by * (add[n] ?? 0)) };
    });
    const results = runGraph(wide, moved, { registry, limits: defaultLimits });
    const value = results[wide.outputs.findIndex((o) => o.name === "loss")];
    return isTensor(value) ? Number(value.data[0]) : NaN;
  };
  // Where a corner (relu, a maximum) lies between, a smaller step leaves it out.
  const off = [1e-5, 1e-6, 1e-7].map((step) => Math.abs((loss(step) - loss(-step)) / (2 * step) - said));
  ok(Math.min(...off) <= 1e-5 * Math.max(1, size), `${said}, differences are off by ${off}`);
  return Promise.resolve();
});
function valueOf(input: GraphInput, feed: Feed): Tensor {
  const value = feed[input.name] ?? input.value;
  if (!value) throw new TypeError(`no value for ${input.name}`);
  return value.dtype === "float32" ? castTensor(value, "float64") : value;
}
/** The model's graph with Σ sin(y + 1)·y over its outputs as its loss. */
function lossGraph({ network, weights }: lapis.Model): Graph {
  const { graph } = assemble(network, registry, {
    weights,
    extend({ b, outputs }) {
      const sums = outputs.map((y) => {
        const shifted = b.one("Sin", [b.one("Add", [y, b.scalar(1)])]);
        return b.one("ReduceSum", [b.one("Mul", [shifted, y])], { keepdims: 0 });
      });
      b.output("loss", b.one("Sum", sums));
    },
  });
  return { ...graph, outputs: graph.outputs.filter((o) => o.updates === undefined) };
}
