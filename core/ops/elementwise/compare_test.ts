import assert from "node:assert/strict";
import { operators, runPlain, testGradients } from "../../../tests/support/gradients.ts";
import { int64 } from "../../../tests/support/samples.ts";
import { GraphBuilder } from "../../graph/builder.ts";
import { typeText } from "../../values/shape.ts";
import { type Tensor, tensor } from "../../values/tensor.ts";
import { samples } from "./compare.samples.ts";

testGradients(samples);

function run(op: string, ...inputs: readonly Tensor[]): unknown {
  const b = new GraphBuilder(operators);
  b.output("y", b.one(op, inputs.map((t) => b.constant(t))));
  return runPlain(b.build(), [])[0];
}
Deno.test("int64 is compared beyond 2^53", () => {
  const a = tensor([2n ** 53n]), b = tensor([2n ** 53n + 1n]);
  assert.deepEqual(run("Equal", a, b), tensor([false]));
  assert.deepEqual(run("Less", a, b), tensor([true]));
});
Deno.test("nothing equals NaN, and NaN is neither more nor less", () => {
  const nan = tensor([NaN]);
  for (const op of ["Equal", "Less", "Greater", "LessOrEqual", "GreaterOrEqual"]) {
    assert.deepEqual(run(op, nan, nan), tensor([false]));
  }
});
Deno.test("strings are compared as wholes", () => {
  assert.deepEqual(run("Equal", tensor(["a", "bc"]), tensor(["bc"])), tensor([false, true]));
});
Deno.test("comparisons of unknown rank are bool of unknown rank", () => {
  const b = new GraphBuilder(operators), x = b.input("x", { kind: "tensor", dtype: "float32" });
  assert.equal(typeText(b.greater(x, b.scalar(0)).type), "bool[...]");
  assert.equal(typeText(b.isNaN(x).type), "bool[...]");
});
Deno.test("logic takes bool alone", () => {
  assert.throws(() => run("And", int64([1]), int64([1])), {
    name: "ShapeError",
    message: /And: input 0: expected one of bool, got int64\[1\]/,
  });
});
