import assert from "node:assert/strict";
import { GraphBuilder } from "../../graph/builder.ts";
import { ShapeError } from "../../values/errors.ts";
import { shapeText, tensorType, type Type } from "../../values/shape.ts";
import { isTensor, type Tensor, tensor, toNumbers, zeros } from "../../values/tensor.ts";
import { testBodies } from "../../../tests/support/bodies.ts";
import {
  operators,
  runPlain,
  sampleGraph,
  sampleInputs,
  testGradients,
} from "../../../tests/support/gradients.ts";
import { compile, engines, graphOf, tensorOf } from "../../../tests/support/engines.ts";
import { type OpSample, uniform } from "../../../tests/support/samples.ts";
import { matmulSamples } from "./matmul.samples.ts";

Deno.test("a bias of Gemm that doesn't broadcast is refused when it comes", async () => {
  const graph = graphOf((b) => {
    const given = (name: string, ...shape: (string | number)[]) =>
      b.input(name, tensorType("float32", shape));
    b.output("y", b.gemm(given("x0", "m", 2), given("x1", 2, 3), given("x2", "k")));
  });
  for (const engine of engines) {
    using session = await compile(engine, graph);
    const feed = (c: number) => ({ x0: zeros([1, 2]), x1: zeros([2, 3]), x2: zeros([c]) });
    await assert.rejects(session.run(feed(2)), ShapeError);
    assert.deepEqual(tensorOf((await session.run(feed(3)))["y"]).shape, [1, 3]);
  }
});

testGradients(matmulSamples);
testBodies(matmulSamples);

function run(sample: OpSample): Tensor {
  const [y] = runPlain(sampleGraph(sample), sampleInputs(sample));
  assert.ok(isTensor(y));
  return y;
}
function shapeOf(type: Type | undefined): string {
  return shapeText(type?.kind === "tensor" ? type.shape : undefined);
}

Deno.test("MatMul is exact in float64 against sums taken one by one", () => {
  const [m, k, n] = [9, 13, 7];
  const a = uniform([m, k], -1, 1, 1, "float64"), b = uniform([k, n], -1, 1, 2, "float64");
  const got = toNumbers(run({ op: "MatMul", inputs: [a, b] })), x = toNumbers(a), y = toNumbers(b);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let p = 0; p < k; p++) sum += (x[i * k + p] ?? 0) * (y[p * n + j] ?? 0);
      assert.equal(got[i * n + j], sum);
    }
  }
});
Deno.test("MatMul sums float32 in float64", () => {
  const big = tensor([1e8, 1, -1e8], [1, 3]), ones = tensor([1, 1, 1], [3, 1]);
  assert.deepEqual([...run({ op: "MatMul", inputs: [big, ones] }).data], [1]);
});
Deno.test("batch and time symbols flow through a product", () => {
  const b = new GraphBuilder(operators);
  const x = b.input("x", tensorType("float32", ["batch", "time", 4]));
  const w = b.input("w", tensorType("float32", [4, 8]));
  assert.equal(shapeOf(b.matMul(x, w).type), "[batch, time, 8]");
  const scores = b.einsum([x, x], { equation: "bqd,bkd->bqk" });
  assert.equal(shapeOf(scores.type), "[batch, time, time]");
});
Deno.test("unequal inner sizes are an error that shows both shapes", () => {
  const sample = { op: "MatMul", inputs: [uniform([2, 3]), uniform([4, 5])] };
  assert.throws(
    () => sampleGraph(sample),
    (e) => e instanceof ShapeError && /\[2, 3\] · \[4, 5\]/.test(e.message),
  );
});
Deno.test("an equation that doesn't fit its operands is refused", () => {
  for (const equation of ["ij,jk->ik", "ijk->i", "ij->ik", "i?->i"]) {
    assert.throws(
      () => sampleGraph({ op: "Einsum", attributes: { equation }, inputs: [uniform([2, 2])] }),
      ShapeError,
    );
  }
});
Deno.test("an empty inner axis gives zeros", () => {
  const y = run({ op: "MatMul", inputs: [uniform([2, 0]), uniform([0, 3])] });
  assert.deepEqual([y.shape, [...y.data]], [[2, 3], [0, 0, 0, 0, 0, 0]]);
});
