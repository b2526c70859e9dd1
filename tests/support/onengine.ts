/** Every operator's samples on an engine: values and gradients against plain kernels in float64. @module */
import assert from "node:assert/strict";
import type { BackendDef } from "../../core/graph/backend.ts";
import type { Graph } from "../../core/graph/graph.ts";
import { sampleName, uniform } from "../../core/ops/sample.ts";
import { castTensor, isTensor, type RuntimeValue, type Tensor, toNumbers } from "../../core/values/tensor.ts";
import { isFloat } from "../../core/values/dtype.ts";
import { toFloat64 } from "../../plugins/backends/plain/mod.ts";
import { families } from "./opsamples.ts";
import { byRule, operators, runPlain, sampleGraph, sampleInputs } from "./gradients.ts";

function names(graph: Graph): readonly string[] {
  return graph.inputs.filter((i) => i.role !== "constant").map((i) => i.name);
}
async function on(
  def: BackendDef,
  graph: Graph,
  inputs: readonly Tensor[],
): Promise<readonly RuntimeValue[]> {
  using session = await def.compile(graph, { registry: operators });
  const out = await session.run(
    Object.fromEntries(names(graph).map((name, i) => [name, inputs[i] as Tensor])),
  );
  return graph.outputs.map((o) => out[o.name] as RuntimeValue);
}
const wide = (t: Tensor) => (t.dtype === "float32" ? castTensor(t, "float64") : t);

/**
 * Floats agree when they differ by rounding: a hundred units of float32 (2⁻²⁴) of the largest value that takes part, since
 * samples sum at most about a hundred products; all else is equal.
 */
function agree(got: RuntimeValue | undefined, want: RuntimeValue | undefined, what: string): void {
  if (!isTensor(got) || !isTensor(want)) {
    assert.deepEqual(got && isTensor(got), want && isTensor(want), what);
    return;
  }
  assert.deepEqual(got.shape, want.shape, `${what}: shape`);
  if (!isFloat(got.dtype)) {
    return assert.deepEqual([...got.data], [...castTensor(want, got.dtype).data], what);
  }
  const a = toNumbers(got), b = toNumbers(want);
  const scale = Array.from(b).reduce((m, v) => (Number.isFinite(v) ? Math.max(m, Math.abs(v)) : m), 1);
  for (let i = 0; i < a.length; i++) {
    const [x = NaN, y = NaN] = [a[i], b[i]];
    const same = Object.is(x, y) || x === y || (Number.isNaN(x) && Number.isNaN(y));
    assert.ok(same || Math.abs(x - y) <= 100 * 2 ** -24 * scale, `${what}[${i}]: ${x}, expected ${y}`);
  }
}

const random = new Set([
  "RandomNormal",
  "RandomUniform",
  "RandomNormalLike",
  "RandomUniformLike",
  "Bernoulli",
  "Dropout",
]);

/** Registers tests of every sample's values on an engine. */
export async function testValues(engine: BackendDef): Promise<void> {
  for (const [file, samples] of await families()) {
    Deno.test(`${engine.name} computes the samples of ${file}`, async () => {
      for (const sample of samples) {
        if (random.has(sample.op) || sample.inputs.some((t) => t?.dtype === "float64")) continue;
        const graph = sampleGraph(sample), inputs = sampleInputs(sample);
        const want = runPlain(toFloat64(graph, operators), inputs.map(wide));
        const got = await on(engine, graph, inputs);
        graph.outputs.forEach((o, i) => agree(got[i], want[i], `${sampleName(sample)} ${o.name}`));
      }
    });
  }
}
/** Registers tests of every sample's gradients on an engine. */
export async function testGradientsOn(engine: BackendDef): Promise<void> {
  for (const [file, samples] of await families()) {
    Deno.test(`${engine.name} computes the gradients of ${file}`, async () => {
      for (const sample of samples) {
        const def = operators.get("op", sample.op);
        if (
          def.gradient === "none" || random.has(sample.op) ||
          sample.inputs.some((t) => t?.dtype === "float64")
        ) continue;
        const forward = sampleGraph(sample), inputs = sampleInputs(sample);
        const wanted = sample.inputs.flatMap((t, i) => {
          const asked = sample.wanted ? sample.wanted[i] === true : t?.dtype === "float32";
          return asked && t && isFloat(t.dtype) ? [`x${i}`] : [];
        });
        if (wanted.length === 0) continue;
        const results = runPlain(forward, inputs);
        const weights = results.map((
          r,
          i,
        ) => (isTensor(r) && r.dtype === "float32" ? uniform(r.shape, -1, 1, i + 5) : undefined));
        const graph = byRule(forward, wanted, weights);
        const want = runPlain(toFloat64(graph, operators), inputs.map(wide));
        const got = await on(engine, graph, inputs);
        graph.outputs.forEach((o, i) =>
          agree(got[i], want[i], `gradient of ${sampleName(sample)} ${o.name}`)
        );
      }
    });
  }
}
