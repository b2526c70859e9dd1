/** Checks that an operator's own plain kernel does what its body says. @module */
import assert from "node:assert/strict";
import { isFloat } from "../../core/values/dtype.ts";
import { expandComposites } from "../../core/graph/rewrite.ts";
import { castTensor, isTensor, toNumbers } from "../../core/values/tensor.ts";
import { operators, runPlain, sampleGraph, sampleInputs } from "./gradients.ts";
import { type OpSample, sampleName } from "./samples.ts";

/** Runs a sample in float64 by its kernel and by its body, and compares. */
export function checkBody(sample: OpSample): void {
  const inputs = sample.inputs.map((t) =>
    t && (isFloat(t.dtype) && keepsFloat(sample, t) ? castTensor(t, "float64") : t)
  );
  const direct = sampleGraph(sample, inputs), fed = sampleInputs(sample, inputs);
  const expanded = expandComposites(direct, operators, (def) => !sample.op.endsWith(def.name));
  const want = runPlain(expanded, fed);
  runPlain(direct, fed).forEach((got, i) => {
    const other = want[i];
    assert.ok(isTensor(got) && isTensor(other), `${sampleName(sample)}: output ${i}`);
    assert.deepEqual(
      [got.dtype, got.shape],
      [other.dtype, other.shape],
      `${sampleName(sample)}: type of output ${i}`,
    );
    const a = toNumbers(got), b = toNumbers(other);
    for (let k = 0; k < a.length; k++) {
      const x = a[k] ?? NaN, y = b[k] ?? NaN;
      assert.ok(
        Object.is(x, y) || Math.abs(x - y) <= 1e-10 * Math.max(1, Math.abs(y)),
        `${sampleName(sample)}: output ${i}[${k}] is ${x} by the kernel, ${y} by the body`,
      );
    }
  });
}
/** Resize's scales stay float32, as ONNX says. */
const keepsFloat = (sample: OpSample, t: OpSample["inputs"][number]) =>
  !sample.op.includes("Resize") || sample.inputs[0] === t;

/** One test for each sample of an operator that has a body and a kernel. */
export function testBodies(samples: readonly OpSample[]): void {
  for (const sample of samples) {
    const def = operators.get("op", sample.op);
    if (def.body && def.plain) Deno.test(`body: ${sampleName(sample)}`, () => checkBody(sample));
  }
}
