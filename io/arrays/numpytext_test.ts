/** Tensors tell their elements as NumPy prints them. @module */
import { deepEqual, equal, rejects } from "node:assert/strict";
import { dense, input, sequential, tensor } from "../../mod.ts";
import { scalar, zeros } from "../../public/tensors.ts";

// The texts below the first words are those of NumPy's print(), of the same element types.
const cases: readonly (readonly [unknown, string])[] = [
  [tensor([[1, 2.5], [3, -4]]), "float32[2, 2]\n[[ 1.   2.5]\n [ 3.  -4. ]]"],
  [tensor([0.1, 0.25, 1 / 3]), "float32[3] [0.1        0.25       0.33333334]"],
  [tensor([1e-5, 1, 1.5]), "float32[3] [1.0e-05 1.0e+00 1.5e+00]"],
  [tensor([0.1, 12345.678]), "float32[2] [1.0000000e-01 1.2345678e+04]"],
  [tensor([1, 2, 300], [3], "int64"), "int64[3] [  1   2 300]"],
  [tensor([true, false]), "bool[2] [ True False]"],
  [scalar(3.5), "float32[] 3.5"],
  [tensor([NaN, 1, Infinity]), "float32[3] [nan  1. inf]"],
  [zeros([0]), "float32[0] []"],
  [tensor([0.5, 1], [2], "float16"), "float16[2] [0.5 1. ]"],
  [
    tensor([[[1, 2], [3, 4]], [[5, 6], [7, 8]]]),
    "float32[2, 2, 2]\n[[[1. 2.]\n  [3. 4.]]\n\n [[5. 6.]\n  [7. 8.]]]",
  ],
  [
    tensor(Float32Array.from({ length: 4000 }, (_, i) => Math.sin(i)), [40, 100]),
    `float32[40, 100]
[[ 0.          0.84147096  0.9092974  ...  0.37960774 -0.5733819
  -0.99920684]
 [-0.50636566  0.4520258   0.9948268  ...  0.7958059  -0.07957859
  -0.88179886]
 [-0.8732973  -0.06189025  0.8064184  ...  0.9928691   0.43613762
  -0.5215767 ]
 ...
 [-0.7146656   0.20244509  0.9334287  ...  0.9266939   0.18445586
  -0.7273701 ]
 [-0.97045535 -0.3213084   0.623248   ...  0.98940647  0.65673655
  -0.27973387]
 [-0.9590183  -0.7565857   0.14144827 ...  0.77967376  0.94817686
   0.2449305 ]]`,
  ],
];
for (const [t, text] of cases) {
  Deno.test(`prints ${text.slice(0, 40).replaceAll("\n", " ")}`, () => {
    equal(`${t}`, text);
    equal(Deno.inspect(t), text);
  });
}

Deno.test("elements are read as nested arrays of their kind", () => {
  deepEqual(tensor([[1, 2], [3, 4]]).array(), [[1, 2], [3, 4]]);
  deepEqual(tensor([1, 2], [2], "int64").array(), [1n, 2n]);
  deepEqual(tensor([true, false]).array(), [true, false]);
  deepEqual(tensor([0.5, 1], [2], "float16").array(), [0.5, 1]);
  deepEqual(zeros([2, 0]).array(), [[], []]);
  equal(scalar("word").array(), "word");
  deepEqual(tensor([1, 2]), { dtype: "float32", shape: [2], data: new Float32Array([1, 2]) });
});

Deno.test("results and weights tell theirs, and typed arrays are data of predict, fit and evaluate", async () => {
  using m = sequential([input({ shape: [2], name: "x" }), dense({ units: 1, name: "d" })], { name: "m" });
  m.setWeight("m/d/kernel", tensor([[1], [10]]));
  deepEqual((await m.predict([new Float32Array([1, 2]), Int8Array.of(3, 4)])).array(), [[21], [43]]);
  deepEqual((await m.predict(new Float64Array([1, 2]))).array(), [[21]]);
  deepEqual((await m.run({ x: tensor([[1, 2]]) }))["d"]?.array(), [[21]]);
  deepEqual(m.weight("m/d/kernel")?.array(), [[1], [10]]);
  m.compile({ loss: "mse", optimizer: "sgd" });
  const y = Float32Array.of(21, 43), x = [new Float32Array([1, 2]), new Float32Array([3, 4])];
  equal((await m.evaluate(x, y))["loss"], 0);
  equal((await m.fit(x, y, { verbose: 0, validationData: [x, y] })).history.loss?.[0], 0);
  await rejects(
    () => m.run({ x: tensor([1, 2]) }),
    /expected float32\[batch, 2\], got float32\[2\]: one sample, whose batch axis is missing; give it as \[1, 2\]$/,
  );
});
