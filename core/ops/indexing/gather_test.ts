import assert from "node:assert/strict";
import { operators, runPlain, testGradients } from "../../../tests/support/gradients.ts";
import { int64 } from "../../../tests/support/samples.ts";
import { GraphBuilder } from "../../graph/builder.ts";
import type { Attributes } from "../../graph/graph.ts";
import { tensorType, typeText } from "../../values/shape.ts";
import { type Tensor, tensor } from "../../values/tensor.ts";
import { samples } from "./gather.samples.ts";

testGradients(samples);

/** Runs an operator on tensors that aren't known while building. */
function run(op: string, inputs: readonly Tensor[], attributes: Attributes = {}): readonly unknown[] {
  const b = new GraphBuilder(operators),
    values = inputs.map((t, i) => b.input(`x${i}`, tensorType(t.dtype, t.shape)));
  b.op(op, values, attributes).forEach((v, i) => b.output(`y${i}`, v));
  return runPlain(b.build(), inputs);
}
const x = tensor([[1, 2, 3], [4, 5, 6]]);

Deno.test("an index out of range is an input error that names it and what is allowed", () => {
  const wrong = { name: "InputError", message: /index 3 is outside axis 1 of 3 elements: expected -3 to 2/ };
  assert.throws(() => run("Gather", [x, int64([0, 3])], { axis: 1 }), wrong);
  assert.throws(() => run("GatherElements", [x, int64([0, 3], [1, 2])], { axis: 1 }), wrong);
  assert.throws(() => run("GatherND", [x, int64([0, 3], [1, 2])]), wrong);
  assert.throws(
    () => run("ScatterElements", [x, int64([0, 3], [1, 2]), tensor([[7, 8]])], { axis: 1 }),
    wrong,
  );
  assert.throws(() => run("ScatterND", [x, int64([0, 3], [1, 2]), tensor([7])]), wrong);
});
Deno.test("writes with an index twice: the last one stays, or all are brought together", () => {
  const write = (reduction: string) =>
    run("ScatterElements", [tensor([1, 1]), int64([0, 0]), tensor([3, 2])], { reduction })[0];
  assert.deepEqual(write("none"), tensor([2, 1]));
  assert.deepEqual(write("add"), tensor([6, 1]));
  assert.deepEqual(write("mul"), tensor([6, 1]));
  assert.deepEqual(write("max"), tensor([3, 1]));
});
Deno.test("sizes that only the data tells are unknown dims", () => {
  const b = new GraphBuilder(operators), v = b.input("x", tensorType("float32", ["n", 3]));
  assert.equal(typeText(b.nonZero(v).type), "int64[2, ?]");
  assert.equal(
    typeText(b.compress(v, b.input("c", tensorType("bool", ["n"])), { axis: 0 }).type),
    "float32[?, 3]",
  );
  assert.equal(typeText(b.unique(v, { axis: 1 })[0].type), "float32[n, ?]");
  assert.equal(
    typeText(b.oneHot(b.argMax(v), b.ints([5]), b.constant(tensor([0, 1]))).type),
    "float32[1, 3, 5]",
  );
});
Deno.test("the embedding gradient's body says what its kernel does", () => {
  const inputs = [tensor([[1, 2], [3, 4], [5, 6]]), int64([1, 3, 1]), int64([4, 2])];
  const def = operators.get("op", "lapis.EmbeddingGradient"), b = new GraphBuilder(operators);
  const outputs = def.body?.(b, inputs.map((t) => b.constant(t)), {}, 1) ?? [];
  outputs.forEach((v, i) => b.output(`y${i}`, v));
  assert.deepEqual(runPlain(b.build(), []), run("lapis.EmbeddingGradient", inputs));
});
