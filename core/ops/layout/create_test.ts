import assert from "node:assert/strict";
import { operators, runPlain } from "../../../tests/support/gradients.ts";
import { int64 } from "../../../tests/support/samples.ts";
import { GraphBuilder } from "../../graph/builder.ts";
import { philox } from "../../values/random.ts";
import { typeText } from "../../values/shape.ts";
import { isTensor, type Tensor, tensor, toNumbers } from "../../values/tensor.ts";
import { samples } from "./create.samples.ts";

Deno.test("Philox's body in ONNX operators draws the same bits as its kernel", () => {
  for (const { inputs, attributes = {} } of samples.filter((s) => s.op === "lapis.Philox")) {
    const def = operators.get("op", "lapis.Philox");
    const b = new GraphBuilder(operators), values = inputs.map((t) => t && b.constant(t));
    b.output("kernel", b.one("lapis.Philox", values, attributes));
    const given = { shape: null, dtype: 1, ...attributes };
    const [body] = def.body?.(b, values, given, 1) ?? [];
    assert.ok(body);
    b.output("body", body);
    const [kernel, composed] = runPlain(b.build(), []);
    assert.deepEqual(composed, kernel);
  }
});
Deno.test("Philox takes element i from word i mod 4 of block i div 4", () => {
  const b = new GraphBuilder(operators), key = b.constant(tensor([5, 6], [2], "uint32"));
  b.output("y", b.philox(key, b.scalar(2n ** 32n + 3n, "int64"), { shape: [6] }));
  const [y] = runPlain(b.build(), []);
  const words = [...philox([0, 0, 3, 1], [5, 6]), ...philox([1, 0, 3, 1], [5, 6])].slice(0, 6);
  assert.deepEqual(Array.from(toNumbers(y as Tensor)), words.map((w) => (w >>> 8) / 2 ** 24));
});
Deno.test("Philox is uniform", () => {
  const b = new GraphBuilder(operators);
  b.output("y", b.philox(b.scalar(42n, "int64"), b.scalar(0, "int64"), { shape: [20000] }));
  const [y] = runPlain(b.build(), []), values = Array.from(toNumbers(y as Tensor));
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  assert.ok(Math.abs(mean - 0.5) < 0.01 && Math.min(...values) >= 0 && Math.max(...values) < 1);
});
Deno.test("a seed gives the same numbers again", () => {
  const draw = () => {
    const b = new GraphBuilder(operators);
    b.output("n", b.randomNormal({ shape: [4], seed: 3, mean: 10 }));
    b.output("u", b.randomUniform({ shape: [4], seed: 3, low: 5, high: 6 }));
    b.output("p", b.bernoulli(b.constant(tensor([0, 1])), { seed: 1 }));
    return runPlain(b.build(), []);
  };
  const [normal, uniform, bernoulli] = draw();
  assert.deepEqual(draw(), [normal, uniform, bernoulli]);
  assert.ok(isTensor(uniform) && Array.from(toNumbers(uniform)).every((v) => v >= 5 && v < 6));
  assert.deepEqual(bernoulli, tensor([0, 1]));
});
Deno.test("Range and ConstantOfShape know their shape from contents", () => {
  const b = new GraphBuilder(operators);
  const range = b.range(b.scalar(10, "int64"), b.scalar(4, "int64"), b.scalar(-2, "int64"));
  assert.equal(typeText(range.type), "int64[3]");
  assert.deepEqual(b.dimsOf(range), [10, 8, 6]);
  assert.equal(typeText(b.constantOfShape(b.constant(int64([2, 0]))).type), "float32[2, 0]");
});
