import assert from "node:assert/strict";
import { operators, runPlain, testGradients } from "../../../tests/support/gradients.ts";
import type { Attributes, Value } from "../../graph/graph.ts";
import { GraphBuilder } from "../../graph/builder.ts";
import type { DType } from "../../values/dtype.ts";
import { type Dim, tensorType, typeText } from "../../values/shape.ts";
import { tensor, toNumbers } from "../../values/tensor.ts";
import { samples } from "./layout.samples.ts";

testGradients(samples);

/** The inferred type of an operator on an input of symbolic shape; further inputs are int64 vectors. */
function typeOn(
  op: string,
  shape: readonly Dim[] | undefined,
  vectors: readonly (readonly number[])[] = [],
  attributes: Attributes = {},
  dtype: DType = "float32",
): string {
  const b = new GraphBuilder(operators), x = b.input("x", tensorType(dtype, shape));
  return typeText(b.one(op, [x, ...vectors.map((v) => b.ints(v))], attributes).type);
}
const symbolic: readonly Dim[] = ["batch", "time", 6];

Deno.test("Reshape resolves -1 by dividing dims", () => {
  assert.equal(typeOn("Reshape", symbolic, [[0, -1]]), "float32[batch, 6*time]");
  assert.equal(typeOn("Reshape", symbolic, [[-1, 6]]), "float32[batch*time, 6]");
  assert.equal(typeOn("Reshape", symbolic, [[0, 0, 2, -1]]), "float32[batch, time, 2, 3]");
  assert.equal(typeOn("Reshape", undefined, [[4, -1]]), "float32[4, ?]");
});
Deno.test("Reshape refuses sizes that don't fit", () => {
  assert.throws(() => typeOn("Reshape", [2, 3], [[4, -1]]), {
    message: /Reshape: \[2, 3\] doesn't divide into \[4, -1\]/,
  });
  assert.throws(() => typeOn("Reshape", [2, 3], [[7]]), { message: /has 6 elements, \[7\] takes 7/ });
});
Deno.test("a shape computed from shapes stays symbolic", () => {
  const b = new GraphBuilder(operators), x = b.input("x", tensorType("float32", symbolic));
  const pick = (i: number) => b.gather(b.shape(x), b.ints([i]));
  const joined = b.concat([b.mul(pick(0), pick(1)), b.ints([2, 3])], { axis: 0 });
  assert.equal(typeText(b.reshape(x, joined).type), "float32[batch*time, 2, 3]");
  const half = b.div(b.squeeze(pick(1), b.ints([0])), b.scalar(2, "int64"));
  const range = b.range(b.scalar(0, "int64"), half, b.scalar(1, "int64"));
  assert.equal(typeText(range.type), "int64[time//2]");
});
Deno.test("slices of symbolic dims", () => {
  const far = 2 ** 62;
  assert.equal(typeOn("Slice", symbolic, [[1], [far], [1]]), "float32[batch, max(time - 1, 0), 6]");
  assert.equal(typeOn("Slice", symbolic, [[-3], [far], [1]]), "float32[batch, min(time, 3), 6]");
  assert.equal(typeOn("Slice", symbolic, [[0], [-2], [1]]), "float32[batch, max(time - 2, 0), 6]");
  assert.equal(typeOn("Slice", symbolic, [[-1], [-far], [1], [-1]]), "float32[batch, time, 6]");
  assert.equal(typeOn("Slice", symbolic, [[5], [1], [2], [-2]]), "float32[batch, time, 2]");
});
Deno.test("unknown ranks stay unknown, known parts stay known", () => {
  assert.equal(typeOn("Transpose", undefined), "float32[...]");
  assert.equal(typeOn("Shape", undefined), "int64[?]");
  assert.equal(typeOn("Flatten", undefined), "float32[?, ?]");
  assert.equal(typeOn("ReduceSum", undefined, [], { keepdims: 0 }), "float32[]");
});
Deno.test("reductions over symbolic axes", () => {
  assert.equal(typeOn("ReduceMean", symbolic, [[1]], { keepdims: 0 }), "float32[batch, 6]");
  assert.equal(typeOn("ReduceMax", symbolic, [[-1]]), "float32[batch, time, 1]");
  assert.equal(typeOn("ArgMax", symbolic, [], { axis: -1, keepdims: 0 }), "int64[batch, time]");
});
Deno.test("joins and parts of symbolic dims", () => {
  const b = new GraphBuilder(operators), x = b.input("x", tensorType("float32", symbolic));
  assert.equal(typeText(b.concat([x, x], { axis: 1 }).type), "float32[batch, 2*time, 6]");
  const parts = b.split(x, { axis: 2, num_outputs: 3 });
  assert.deepEqual(parts.map((v) => typeText(v.type)), Array(3).fill("float32[batch, time, 2]"));
  assert.equal(typeOn("Pad", symbolic, [[0, 1, 0, 0, 2, 0]]), "float32[batch, time + 3, 6]");
  assert.equal(typeOn("DepthToSpace", ["n", 8, "h", "w"], [], { blocksize: 2 }), "float32[n, 2, 2*h, 2*w]");
  assert.equal(typeOn("SpaceToDepth", ["n", 2, 4, 6], [], { blocksize: 2 }), "float32[n, 8, 2, 3]");
});
Deno.test("a wrong axis is refused with the rank", () => {
  assert.throws(() => typeOn("Concat", [2, 3], [], { axis: 2 }), {
    message: /axis 2 is outside a rank of 2/,
  });
  assert.throws(() => typeOn("Squeeze", [2, 3], [[0]]), { message: /axis 0 of \[2, 3\] has 2 elements/ });
});
Deno.test("strings and complex numbers move as whole elements", () => {
  const b = new GraphBuilder(operators),
    run = (v: Value) => {
      b.output("y", v);
      return runPlain(b.build(), [])[0];
    };
  const words = b.constant(tensor([["a", "b"], ["c", "d"]]));
  assert.deepEqual(run(b.transpose(words)), tensor([["a", "c"], ["b", "d"]]));
  const c = new GraphBuilder(operators);
  const z = c.constant({
    dtype: "complex64",
    shape: [2, 2],
    data: Float32Array.of(1, -1, 2, -2, 3, -3, 4, -4),
  });
  c.output(
    "y",
    c.slice(c.transpose(z), c.ints([1]), c.ints([-9]), c.ints([1]), c.ints([-1])),
  );
  const y = runPlain(c.build(), [])[0];
  assert.deepEqual(y, {
    dtype: "complex64",
    shape: [2, 2],
    data: Float32Array.of(3, -3, 1, -1, 4, -4, 2, -2),
  });
});
Deno.test("a slice shares no memory with its input", () => {
  const b = new GraphBuilder(operators), x = tensor([1, 2, 3]);
  const v = b.input("x", tensorType("float32", [3]));
  b.output("y", b.slice(v, b.ints([0]), b.ints([2])));
  const y = runPlain(b.build(), [x])[0];
  (x.data as Float32Array)[0] = 9;
  assert.deepEqual(y && "data" in y ? Array.from(toNumbers(y)) : y, [1, 2]);
});
