/** Checks an operator's gradient against central differences, on plain in float64. @module */
import assert from "node:assert/strict";
import { GraphBuilder } from "../../core/graph/builder.ts";
import { isFloat } from "../../core/values/dtype.ts";
import { runGraph } from "../../core/ops/execute.ts";
import { gradientNodes, replay } from "../../core/graph/gradient.ts";
import type { Graph, Value } from "../../core/graph/graph.ts";
import { defaultLimits } from "../../core/values/limits.ts";
import { networkOps } from "../../core/ops/mod.ts";
import { createRegistry, type Registry } from "../../core/registry.ts";
import { asTensor, tensorType } from "../../core/values/shape.ts";
import { castTensor, copyOf, isTensor, type RuntimeValue, type Tensor } from "../../core/values/tensor.ts";
import { toFloat64 } from "../../plugins/backends/plain/mod.ts";
import { operators as others } from "../../plugins/operators/mod.ts";
import { type OpSample, sampleName, uniform } from "./samples.ts";

/** A registry of all operators. */
export const operators: Registry = createRegistry([
  { owner: "core", plugins: networkOps },
  { owner: "plugins/operators", plugins: others },
]);

const widen = (t: Tensor): Tensor => (isFloat(t.dtype) ? castTensor(t, "float64") : copyOf(t));

/** Runs a graph on plain. */
export function runPlain(graph: Graph, inputs: readonly RuntimeValue[]): readonly RuntimeValue[] {
  return runGraph(graph, inputs, { registry: operators, limits: defaultLimits });
}

/** The operator of a sample alone in a graph. Integer inputs are constants where `fixed`, as networks have them. */
export function sampleGraph(sample: OpSample, inputs = sample.inputs, fixed = true): Graph {
  const b = new GraphBuilder(operators, { name: sample.op });
  const values = inputs.map((t, i) =>
    t &&
    (fixed && !isFloat(t.dtype) ? b.constant(t, `x${i}`) : b.input(`x${i}`, tensorType(t.dtype, t.shape)))
  );
  const outputs = b.op(sample.op, values, sample.attributes, {
    ...(sample.outputs !== undefined && { outputs: sample.outputs }),
    ...(sample.graphs && { graphs: sample.graphs }),
  });
  outputs.forEach((v, i) => b.output(`y${i}`, v));
  return b.build();
}

/** The inputs of {@link sampleGraph} that aren't constants. */
export function sampleInputs(sample: OpSample, inputs = sample.inputs, fixed = true): Tensor[] {
  return inputs.filter((t) => t !== undefined && !(fixed && !isFloat(t.dtype))) as Tensor[];
}

/** Gradients of Σ y·r for given r, by the operators' rules. */
export function byRule(
  forward: Graph,
  wanted: readonly string[],
  weights: readonly (Tensor | undefined)[],
): Graph {
  const b = new GraphBuilder(operators, { name: "gradient" });
  const values = new Map<number, Value>();
  for (const input of forward.inputs) {
    const type = forward.types[input.id];
    if (type) values.set(input.id, b.input(input.name, type, input.role, input.value));
  }
  replay(b, forward, values);
  const seeds = new Map<number, Value>();
  forward.outputs.forEach((o, i) => {
    const weight = weights[i];
    if (weight) seeds.set(o.id, b.constant(weight));
  });
  const ids = wanted.map((name) => forward.inputs.find((i) => i.name === name)?.id ?? -1);
  const found = gradientNodes(b, forward, values, seeds, ids);
  ids.forEach((id, i) => {
    const x = values.get(id);
    assert.ok(x);
    const g = found.get(id) ?? b.mul(x, b.scalar(0, asTensor(x.type).dtype));
    b.output(`d_${wanted[i]}`, g);
  });
  return b.build();
}

const difference = 1e-5;

/**
 * Checks the gradient of a sample's operator.
 * @throws where it differs from central differences by more than `tolerance`, relative to the larger of 1 and the value
 */
export function checkGradient(sample: OpSample, tolerance = 1e-6): void {
  const inputs = sample.inputs.map((t) => t && widen(t));
  const fed = sampleInputs(sample, inputs);
  const forward = toFloat64(sampleGraph(sample), operators);
  const names = inputs.flatMap((t, i) =>
    t && isFloat(t.dtype) && (sample.wanted?.[i] ?? true) ? [{ name: `x${i}`, t }] : []
  );
  const first = runPlain(forward, fed);
  const weights = first.map((y, i) =>
    isTensor(y) && isFloat(y.dtype) ? uniform(y.shape, -1, 1, 90 + i, "float64") : undefined
  );
  const loss = () => {
    let sum = 0;
    runPlain(forward, fed).forEach((y, i) => {
      const weight = weights[i];
      if (!weight || !isTensor(y)) return;
      for (let k = 0; k < y.data.length; k++) sum += Number(y.data[k]) * Number(weight.data[k]);
    });
    return sum;
  };
  const graph = byRule(forward, names.map((n) => n.name), weights);
  const results = runPlain(graph, fed);
  names.forEach(({ name, t }, i) => {
    const got = results[i];
    assert.ok(isTensor(got), `${sampleName(sample)}: no gradient of ${name}`);
    assert.deepEqual(got.shape, t.shape, `${sampleName(sample)}: shape of the gradient of ${name}`);
    // A step of training is built on types alone: a size that they don't tell is refused there.
    const told = asTensor(graph.types[graph.outputs[i]?.id ?? -1]).shape;
    assert.deepEqual(told, t.shape, `${sampleName(sample)}: type of the gradient of ${name}`);
    const x = t.data as Float64Array;
    for (let k = 0; k < x.length; k++) {
      const at = x[k] ?? 0;
      x[k] = at + difference;
      const above = loss();
      x[k] = at - difference;
      const below = loss();
      x[k] = at;
      const want: number = (above - below) / (2 * difference), came: number = Number(got.data[k]);
      assert.ok(
        Math.abs(want - came) <= tolerance * Math.max(1, Math.abs(want)),
        `${sampleName(sample)}: gradient of ${name}[${k}] is ${came}, differences say ${want}`,
      );
    }
  });
}

/** One test for each sample that has a wanted float input. */
export function testGradients(samples: readonly OpSample[], tolerance?: number): void {
  for (const sample of samples) {
    const any = sample.inputs.some((t, i) => t && isFloat(t.dtype) && (sample.wanted?.[i] ?? true));
    if (any) Deno.test(`gradient: ${sampleName(sample)}`, () => checkGradient(sample, tolerance));
  }
}
