import assert from "node:assert/strict";
import { operators, runPlain, testGradients } from "../../../tests/support/gradients.ts";
import { GraphBuilder } from "../../graph/builder.ts";
import type { Attributes } from "../../graph/graph.ts";
import { type Tensor, tensor, toNumbers, zeros } from "../../values/tensor.ts";
import { samples } from "./reduce.samples.ts";

testGradients(samples);

function run(op: string, x: Tensor, attributes: Attributes = {}): readonly unknown[] {
  const b = new GraphBuilder(operators);
  b.op(op, [b.constant(x)], attributes).forEach((v, i) => b.output(`y${i}`, v));
  return runPlain(b.build(), []);
}
const first = (op: string, x: Tensor, attributes: Attributes = {}) =>
  Array.from(toNumbers(run(op, x, { keepdims: 0, ...attributes })[0] as Tensor));

Deno.test("float32 sums are added up in float64", () => {
  const x = { dtype: "float32" as const, shape: [100001], data: new Float32Array(100001).fill(0.1) };
  (x.data as Float32Array)[0] = 2 ** 24;
  assert.deepEqual(first("ReduceSum", x), [Math.fround(2 ** 24 + 100000 * Math.fround(0.1))]);
});
Deno.test("reductions of nothing", () => {
  const none = tensor([], [0]);
  assert.deepEqual(first("ReduceSum", none), [0]);
  assert.deepEqual(first("ReduceProd", none), [1]);
  assert.deepEqual(first("ReduceMax", none), [-Infinity]);
  assert.deepEqual(first("ReduceMin", tensor([], [0], "int32")), [2 ** 31 - 1]);
});
Deno.test("int64 sums are exact", () => {
  const y = run("ReduceSum", tensor([2n ** 62n, 1n]), { keepdims: 0 })[0] as Tensor;
  assert.deepEqual(y.data, BigInt64Array.of(2n ** 62n + 1n));
});
Deno.test("LogSumExp doesn't overflow", () => {
  assert.deepEqual(first("ReduceLogSumExp", tensor([1000, 1000])), [Math.fround(1000 + Math.log(2))]);
  assert.deepEqual(first("ReduceLogSumExp", tensor([-Infinity, -Infinity])), [-Infinity]);
});
Deno.test("ArgMax takes the first of equal ones, or the last", () => {
  assert.deepEqual(first("ArgMax", tensor([1, 3, 3])), [1]);
  assert.deepEqual(first("ArgMax", tensor([1, 3, 3]), { select_last_index: 1 }), [2]);
  assert.deepEqual(first("ArgMax", zeros([0, 4, 0])), []);
});
