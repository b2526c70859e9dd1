import assert from "node:assert/strict";
import type { Attributes as Options } from "../../../core/graph/graph.ts";
import { type OpSample, uniform } from "../../../core/ops/sample.ts";
import { isTensor, type Tensor, tensor } from "../../../core/values/tensor.ts";
import { loadModel } from "../../../mod.ts";
import { difference } from "../../../tests/compare.ts";
import { testGradients } from "../../../tests/support/gradients.ts";
import { results } from "../../../tests/support/judge.ts";
import { encodeModel } from "../../../tests/support/onnx.ts";

const f = (shape: readonly number[], seed = 1) => uniform(shape, -1, 1, seed);
const i32 = (data: readonly number[], shape = [data.length]) => tensor([...data], shape, "int32");
const i64 = (data: readonly number[], shape = [data.length]) => tensor([...data], shape, "int64");
const heads = { num_heads: 2 };
const ms = (op: string, attributes: OpSample["attributes"], inputs: OpSample["inputs"]): OpSample => ({
  op: `com.microsoft.${op}`,
  attributes: attributes ?? {},
  inputs,
  outputs: 1,
});
/** One of each, whose gradients are checked. */
testGradients([
  ms("BiasGelu", {}, [f([2, 4]), f([4], 2)]),
  ms("FastGelu", {}, [f([2, 4]), f([4], 2)]),
  ms("QuickGelu", {}, [f([2, 4])]),
  ms("BiasSplitGelu", {}, [f([2, 4]), f([4], 2)]),
  ms("SimplifiedLayerNormalization", {}, [f([2, 4]), f([4], 2)]),
  ms("SkipLayerNormalization", {}, [f([2, 3, 4]), f([2, 3, 4], 2), f([4], 3), f([4], 4), f([4], 5)]),
  ms("SkipSimplifiedLayerNormalization", {}, [f([2, 3, 4]), f([2, 3, 4], 2), f([4], 3), f([4], 4)]),
  ms("GroupNorm", { groups: 2, activation: 1 }, [f([2, 2, 3, 4]), f([4], 2), f([4], 3)]),
  ms("Inverse", {}, [f([2, 3, 3], 7)]),
  ms("CDist", { metric: "euclidean" }, [f([2, 3]), f([4, 3], 2)]),
  ms("MoE", { k: 1, activation_type: "silu" }, [
    f([2, 2]),
    f([2, 2], 2),
    f([2, 3, 2], 3),
    undefined,
    f([2, 2, 3], 4),
  ]),
  ms("FusedMatMul", { transA: 1, alpha: 0.5 }, [f([3, 2]), f([3, 4], 2)]),
  ms("FusedConv", { activation: "Tanh" }, [
    f([1, 2, 4, 4]),
    f([2, 2, 3, 3], 2),
    f([2], 3),
    f([1, 2, 2, 2], 4),
  ]),
  ms("RotaryEmbedding", {}, [f([1, 3, 4]), i64([0, 1, 2], [1, 3]), f([4, 1], 2), f([4, 1], 3)]),
  ms("Attention", { ...heads, unidirectional: 1 }, [
    f([1, 3, 4]),
    f([4, 12], 2),
    f([12], 3),
    i32([1, 0, 1], [1, 3]),
  ]),
  ms("MultiHeadAttention", heads, [f([1, 3, 4]), f([1, 3, 4], 2), f([1, 3, 4], 3), f([12], 4), i32([2])]),
  ms("GroupQueryAttention", { num_heads: 2, kv_num_heads: 1, softcap: 0.8 }, [
    f([1, 2, 4]),
    f([1, 2, 2], 2),
    f([1, 2, 2], 3),
    f([1, 1, 3, 2], 4),
    f([1, 1, 3, 2], 5),
    i32([4]),
    tensor(5, [], "int32"),
  ]),
]);

/** Values by the definition in the operator's own text, for operators that onnxruntime runs on GPUs alone. */
Deno.test("operators without a kernel on CPUs are what their definitions say", async () => {
  const x = tensor([[1, -2, 3, 0.5]]), bias = tensor([0.5, 1, -1, 0.5]);
  const gelu = (v: number) => 0.5 * v * (1 + erf(v / Math.SQRT2)),
    silu = (v: number) => v / (1 + Math.exp(-v));
  await gives("BiasAdd", {}, [x, bias, tensor([[1, 1, 1, 1]])], [2.5, 0, 3, 2]);
  await gives("BiasSplitGelu", {}, [x, bias], [1.5 * gelu(2), -1 * gelu(1)]);
  await gives("ScaledTanh", { alpha: 2, beta: 0.5 }, [tensor([1, -2])], [
    2 * Math.tanh(0.5),
    -2 * Math.tanh(1),
  ]);
  // Two groups of two channels; means 2 and 6, variances 1 and 4.
  const picture = tensor([[[[1, 3, 4, 8]]]]), one = 1 / Math.sqrt(1 + 1e-5), two = 2 / Math.sqrt(4 + 1e-5);
  const normal = [-one, one, -two, two];
  const scale = [1, 2, 3, 4],
    shift = [0, 0.5, 1, -1],
    y = normal.map((v, i) => v * (scale[i] ?? 0) + (shift[i] ?? 0));
  const norm = [tensor(scale), tensor(shift)];
  await gives("GroupNorm", { groups: 2, activation: 0 }, [picture, ...norm], y);
  await gives("GroupNorm", { groups: 2, activation: 1 }, [picture, ...norm], y.map(silu));
  const first = tensor([1, 3, 4, 8], [1, 4, 1, 1]);
  await gives("GroupNorm", { groups: 2, activation: 0, channels_last: 0 }, [first, ...norm], y);
  const residual = tensor([[0.5, 1, 2, 4]]),
    half = tensor([[[[0.25, 1.5, 1.5, 3.5]]]]),
    rest = tensor([0.25, 0.5, 0.5, 0.5]);
  await gives("SkipGroupNorm", { groups: 2, activation: 0 }, [half, ...norm, residual, rest], y);
  // [1, 2, 2, 1] picture, one kernel of 1×1 times 2.
  const small = tensor([1, 2, 3, 4], [1, 2, 2, 1]), twice = tensor([2], [1, 1, 1, 1]);
  await gives("NhwcConv", {}, [small, twice, tensor([0.5])], [2.5, 4.5, 6.5, 8.5]);
  await gives("NhwcFusedConv", { activation: "Clip", activation_params: [3, 6] }, [small, twice], [
    3,
    4,
    6,
    6,
  ]);
  // Keys of which the second is masked; one head.
  const qkv = tensor([1, 2, 3, 4, 5, 6], [1, 2, 1, 3, 1]), masked = i32([1, 0], [1, 2]);
  await gives("MultiHeadAttention", { num_heads: 1 }, [qkv, undefined, undefined, undefined, masked], [3, 3]);
});
async function gives(
  op: string,
  attributes: Options,
  inputs: readonly (Tensor | undefined)[],
  expected: readonly number[],
): Promise<void> {
  const [y] = await results(`com.microsoft.${op}`, attributes, inputs, { outputs: 1 });
  assert.ok(isTensor(y));
  expected.forEach((v, i) =>
    assert.ok(Math.abs(Number(y.data[i]) - v) < 1e-5, `${op}[${i}]: ${y.data[i]}, not ${v}`)
  );
}
/** The error function by its series. */
function erf(x: number): number {
  let term = x, sum = x;
  for (let n = 1; n < 40; n++) sum += (term *= -x * x / n) / (2 * n + 1);
  return 2 / Math.sqrt(Math.PI) * sum;
}

Deno.test("what only GPUs have is refused, with the way out", async () => {
  const x = f([1, 2, 4]),
    w = f([4, 12], 2),
    refused = (op: string, attributes: Options, inputs: Tensor[], message: RegExp) =>
      assert.rejects(results(`com.microsoft.${op}`, attributes, inputs, { outputs: 1 }), { message });
  await refused("Attention", { ...heads, do_rotary: 1 }, [x, w], /do_rotary.* on GPUs alone/);
  await refused("Attention", { ...heads, past_present_share_buffer: 1 }, [x, w], /past_present_share_buffer/);
  await refused(
    "Attention",
    heads,
    [x, w, f([12]), i32([1, 2, 3, 4, 5])],
    /a mask of 5 numbers for a batch of 1/,
  );
  await refused(
    "FusedConv",
    { activation: "Swirl" },
    [f([1, 1, 2, 2]), f([1, 1, 1, 1])],
    /fused activation "Swirl"/,
  );
});

Deno.test("a saved file has ONNX's own operators alone, and computes the same", async () => {
  const bytes = encodeModel({
    node: [
      { opType: "SimplifiedLayerNormalization", input: ["x", "g"], output: ["n"] },
      { opType: "BiasGelu", domain: "com.microsoft", input: ["n", "g"], output: ["y"] },
    ],
    input: [{ name: "x", type: floats("n", 4) }],
    initializer: [{
      name: "g",
      dataType: 1,
      dims: BigInt64Array.of(4n),
      floatData: Float32Array.of(1, 2, 0.5, -1),
    }],
    output: [{ name: "y", type: floats("n", 4) }],
  });
  const x = f([3, 4]), want = (await (await loadModel(bytes)).run({ x })).y;
  const saved = await (await loadModel(bytes)).toBytes("onnx");
  const header = new TextDecoder("latin1").decode(saved);
  assert.ok(!header.includes("com.microsoft") && !header.includes("SimplifiedLayer"));
  for (const backend of ["wasm", "onnxruntime"]) {
    const { y } = await (await loadModel(saved, { backend })).run({ x });
    assert.equal(difference(y, want as Tensor, { rtol: 1e-5, atol: 1e-6 }), undefined);
  }
});
const floats = (...dims: (number | string)[]) => ({
  tensorType: {
    elemType: 1,
    shape: { dim: dims.map((d) => (typeof d === "number" ? { dimValue: BigInt(d) } : { dimParam: d })) },
  },
});
