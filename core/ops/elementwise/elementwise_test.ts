import assert from "node:assert/strict";
import { testGradients } from "../../../tests/support/gradients.ts";
import { runPlain, sampleGraph } from "../../../tests/support/gradients.ts";
import { int64, type OpSample } from "../../../tests/support/samples.ts";
import { isTensor, type Tensor, tensor, toNumbers } from "../../values/tensor.ts";
import { Mersenne } from "../random/mersenne.ts";
import { samples } from "./elementwise.samples.ts";

testGradients(samples);

/** The first output of an operator on plain. */
function run(sample: OpSample): Tensor {
  const given = sample.inputs.flatMap((t) => t ?? []);
  const graph = sampleGraph(sample, sample.inputs, false);
  const y = runPlain(graph, given)[0];
  assert.ok(isTensor(y));
  return y;
}
const numbers = (sample: OpSample) => Array.from(toNumbers(run(sample)));

Deno.test("integers wrap around as in numpy", () => {
  const a = tensor([120, -128], [2], "int8"), b = tensor([10, 1], [2], "int8");
  assert.deepEqual(numbers({ op: "Add", inputs: [a, b] }), [-126, -127]);
  const big = tensor([2 ** 31 - 1], [1], "int32");
  assert.deepEqual(numbers({ op: "Mul", inputs: [big, big] }), [1]);
  assert.deepEqual(
    run({ op: "Add", inputs: [tensor([2n ** 63n - 1n]), tensor([1n])] }).data,
    BigInt64Array.of(-(2n ** 63n)),
  );
});
Deno.test("integer division rounds toward zero, Mod follows the divisor's sign", () => {
  assert.deepEqual(numbers({ op: "Div", inputs: [int64([-7, 7]), int64([2, -2])] }), [-3, -3]);
  assert.deepEqual(numbers({ op: "Mod", inputs: [int64([-7, 7]), int64([3, -3])] }), [2, -2]);
  assert.deepEqual(
    numbers({ op: "Mod", attributes: { fmod: 1 }, inputs: [int64([-7, 7]), int64([3, -3])] }),
    [-1, 1],
  );
});
Deno.test("integer powers are exact and wrap", () => {
  assert.deepEqual(
    run({ op: "Pow", inputs: [tensor([3n, 2n]), tensor([39n, 64n])] }).data,
    BigInt64Array.of(4052555153018976267n, 0n),
  );
});
Deno.test("Round goes to even at halves", () => {
  assert.deepEqual(numbers({ op: "Round", inputs: [tensor([0.5, 1.5, 2.5, -0.5, -1.5])] }), [
    0,
    2,
    2,
    -0,
    -2,
  ]);
});
Deno.test("Erf agrees with tabulated values", () => {
  const x = tensor(Float64Array.of(0, 0.5, 1, 2, 3, -1));
  const want = [
    0,
    0.5204998778130465,
    0.8427007929497149,
    0.9953222650189527,
    0.9999779095030014,
    -0.8427007929497149,
  ];
  numbers({ op: "Erf", inputs: [x] }).forEach((v, i) => assert.ok(Math.abs(v - (want[i] ?? 0)) < 2e-16 * 4));
});
Deno.test("narrow floats are rounded to their type", () => {
  const x = tensor([1, 2048], [2], "float16"), y = tensor([2 ** -11, 1], [2], "float16");
  assert.deepEqual(numbers({ op: "Add", inputs: [x, y] }), [1, 2048]);
});
Deno.test("the Mersenne Twister draws what numpy.random.RandomState draws", () => {
  const random = new Mersenne(0);
  assert.deepEqual([random.uniform(), random.uniform()], [0.5488135039273248, 0.7151893663724195]);
});
Deno.test("operands that don't broadcast are refused by both shapes", () => {
  assert.throws(
    () => sampleGraph({ op: "Add", inputs: [tensor([1, 2]), tensor([1, 2, 3])] }),
    { name: "ShapeError", message: /Add: shapes \[2\] and \[3\] don't broadcast/ },
  );
});
Deno.test("operands of unlike types are refused", () => {
  assert.throws(() => sampleGraph({ op: "Add", inputs: [tensor([1]), int64([1])] }), {
    name: "ShapeError",
    message: /float32 and int64\[1\]/,
  });
});
