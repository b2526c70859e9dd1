/** Gradients of a loss beside differences of it, both in float64. @module */
import { ok } from "node:assert/strict";
import { gradient, gradientName } from "../../../core/graph/differentiate.ts";
import { isFloat } from "../../../core/values/dtype.ts";
import { runGraph } from "../../../core/ops/execute.ts";
import type { Graph, GraphInput } from "../../../core/graph/graph.ts";
import { defaultLimits } from "../../../core/values/limits.ts";
import { asTensor } from "../../../core/values/shape.ts";
import { castTensor, isTensor, type Tensor, toNumbers } from "../../../core/values/tensor.ts";
import { registry } from "../../../mod.ts";
import { toFloat64 } from "../../../plugins/backends/plain/mod.ts";
import type { Dice } from "../dice.ts";

/** Fails where the slope of the graph's output `loss` along a random way of all weights is not what differences say. */
export function differ(graph: Graph, feed: Readonly<Record<string, Tensor>>, dice: Dice): void {
  const wide = toFloat64(graph, registry), held = wide.inputs.filter((i) => i.role !== "constant");
  const wanted = held.filter((i) => i.role === "parameter" && isFloat(asTensor(wide.types[i.id]).dtype));
  const at = held.map((i) => valueOf(i, feed));
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
}
function valueOf(input: GraphInput, feed: Readonly<Record<string, Tensor>>): Tensor {
  const value = feed[input.name] ?? input.value;
  if (!value) throw new TypeError(`no value for ${input.name}`);
  return value.dtype === "float32" ? castTensor(value, "float64") : value;
}
