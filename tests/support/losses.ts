/** Losses as functions of numbers, on plain in float64: their values by sample, and gradients by rule and by differences. @module */
import { GraphBuilder } from "../../core/graph/builder.ts";
import { gradient, gradientName } from "../../core/graph/differentiate.ts";
import { isFloat } from "../../core/values/dtype.ts";
import { runGraph } from "../../core/ops/execute.ts";
import type { Graph, Value } from "../../core/graph/graph.ts";
import { defaultLimits } from "../../core/values/limits.ts";
import { tensorType } from "../../core/values/shape.ts";
import { castTensor, isTensor, type Tensor, toNumbers } from "../../core/values/tensor.ts";
import type { LossDef, Part } from "../../core/training/contract.ts";
import { registry } from "../../mod.ts";
import { toFloat64 } from "../../plugins/backends/plain/mod.ts";

function lossGraph({ def, config }: Part<LossDef>, target: Tensor, output: Tensor): Graph {
  const b = new GraphBuilder(registry, { name: def.name });
  const y = b.input("y", tensorType(isFloat(target.dtype) ? "float32" : target.dtype, target.shape));
  const p = b.input("p", tensorType("float32", output.shape));
  const { values } = def.build({ b, config, target: y, output: p });
  b.output("values", values);
  b.output("sum", b.reduceSum(values, { keepdims: 0 }) as Value);
  return b.build();
}
const wide = (t: Tensor) => (isFloat(t.dtype) ? castTensor(t, "float64") : t);
function run(graph: Graph, target: Tensor, output: Tensor): ReadonlyMap<string, number[]> {
  const results = runGraph(graph, [wide(target), wide(output)], { registry, limits: defaultLimits });
  return new Map(graph.outputs.map((o, i) => {
    const value = results[i];
    return [o.name, isTensor(value) ? Array.from(toNumbers(value)) : []];
  }));
}

/** The loss of every sample. */
export function lossValues(loss: Part<LossDef>, target: Tensor, output: Tensor): number[] {
  return run(toFloat64(lossGraph(loss, target, output), registry), target, output).get("values") ?? [];
}
/** Gradients of the losses' sum for the output: by rule, and by central differences. */
export function lossGradients(
  loss: Part<LossDef>,
  target: Tensor,
  output: Tensor,
): { readonly rule: readonly number[]; readonly differences: readonly number[] } {
  const forward = lossGraph(loss, target, output), wideForward = toFloat64(forward, registry);
  const derived = toFloat64(gradient(forward, "sum", ["p"], registry), registry);
  const rule = run(derived, target, output).get(gradientName("p")) ?? [];
  const at = castTensor(output, "float64"), data = at.data as Float64Array, step = 1e-6;
  const differences = Array.from(data, (v, i) => {
    const sum = (x: number) => {
      data[i] = x;
      return run(wideForward, target, at).get("sum")?.[0] ?? NaN;
    };
    const slope = (sum(v + step) - sum(v - step)) / (2 * step);
    data[i] = v;
    return slope;
  });
  return { rule, differences };
}
