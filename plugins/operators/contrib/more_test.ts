import assert from "node:assert/strict";
import type { Attributes as Options } from "../../../core/graph/graph.ts";
import { uniform } from "../../../core/ops/sample.ts";
import { castTensor, isTensor, scalar, type Tensor, tensor } from "../../../core/values/tensor.ts";
import { narrowWeights } from "../../../tests/support/saturation.ts";
import { judged as judgedBy, type Judging, results } from "../../../tests/support/judge.ts";
import { plain } from "../../backends/plain/mod.ts";
import { wasm } from "../../backends/wasm/mod.ts";

const engines = [plain, wasm];
/** Both engines against onnxruntime, with sizes that are known and with open ones. */
async function judged(
  op: string,
  attributes: Options,
  inputs: readonly (Tensor | undefined)[],
  judging: Judging = {},
): Promise<void> {
  for (const open of judging.open === false ? [false] : [false, true]) {
    await judgedBy(`com.microsoft.${op}`, attributes, inputs, {
      engines,
      rtol: 1e-4,
      atol: 2e-5,
      ...judging,
      open,
    });
  }
}
const f = (shape: readonly number[], seed = 1, from = -1, to = 1) => uniform(shape, from, to, seed);
const i32 = (data: readonly number[], shape = [data.length]) => tensor([...data], shape, "int32");
const i64 = (data: readonly number[], shape = [data.length]) => tensor([...data], shape, "int64");
const u8 = (shape: readonly number[], seed: number) => castTensor(uniform(shape, 0, 255.99, seed), "uint8");
const float = (v: number) => scalar(v, "float32");

Deno.test("operators that ONNX has by another form agree with onnxruntime", async () => {
  const x = f([3, 4]);
  await judged("SampleOp", {}, [x]);
  for (const axis of [0, 1, 2, -1, -3]) {
    await judged("ExpandDims", {}, [x, scalar(axis, "int32")], { constants: [1] });
  }
  await judged("GatherND", {}, [f([2, 3, 4]), i64([0, 1, 1, 2], [2, 2])]);
  await judged("GatherND", {}, [f([2, 3, 4]), i32([1, 0], [2, 1])]);
  await judged("Range", {}, [float(1), float(4)]);
  await judged("Range", {}, [i64([5]), i64([-2]), i64([-2])]);
  for (const upper of [0, 1]) {
    for (const k of [undefined, scalar(1, "int64"), scalar(-1, "int64")]) {
      await judged("Trilu", { upper }, [f([2, 3, 4]), k]);
    }
  }
  await judged("Unique", {}, [tensor([2, 1, 1, 3, 4, 3])], { outputs: 3 });
  for (const mode of ["constant", "reflect", "edge"]) {
    await judged("Pad", { mode }, [x, i64([1, 2, 1, 0])], { constants: [1] });
    await judged("Pad", { mode }, [x, i64([1, 2, 1, 0], [1, 4]), float(3)], { constants: [1] });
  }
  await judged("Pad", {}, [x, i64([-1, 2, 1, -2]), tensor([2])], { constants: [1] });
  for (const [dim, size, step] of [[-1, 2, 1], [0, 2, 2], [1, 3, 2]] as const) {
    await judged("UnfoldTensor", { dim, size, step }, [f([5, 6, 2])]);
  }
  for (const mode of ["bilinear", "nearest", "bicubic"]) {
    for (const padding_mode of ["zeros", "border", "reflection"]) {
      for (const align_corners of [0, 1]) {
        await judged("GridSample", { mode, padding_mode, align_corners }, [
          f([2, 3, 4, 5]),
          f([2, 3, 2, 2], 2, -1.4, 1.4),
        ]);
      }
    }
  }
  for (const n of [1, 2, 5]) await judged("Inverse", {}, [f([3, n, n], n)], { rtol: 1e-3, atol: 1e-4 });
  await judged("Inverse", {}, [tensor([[0, 2], [1, 0]])]);
  for (const metric of ["sqeuclidean", "euclidean"]) {
    await judged("CDist", { metric }, [f([4, 3]), f([5, 3], 2)]);
  }
  const w = f([2, 3, 3, 3], 2), conv = { strides: [2, 2], output_padding: [1, 1] };
  await judged("ConvTransposeWithDynamicPads", conv, [f([1, 2, 4, 4]), w, i64([1, 1, 1, 1]), f([3], 4)], {
    constants: [2],
  });
  for (const ngram_size of [1, 2, 3]) {
    await judged("NGramRepeatBlock", { ngram_size }, [
      i64([0, 1, 2, 1, 0, 1, 3, 3, 3, 3, 3, 3], [2, 6]),
      f([2, 5]),
    ]);
  }
});

Deno.test("quantized operators are within a step of onnxruntime", async () => {
  const steps = { steps: 1 },
    scale = [float(0.1), scalar(100, "uint8")],
    out = [float(0.15), scalar(90, "uint8")];
  const given = [
    tensor([1, 0, 1, 1], [2, 2], "bool"),
    u8([2, 2], 1),
    ...scale,
    u8([2, 2], 2),
    float(0.2),
    scalar(80, "uint8"),
    ...out,
  ];
  await judged("QLinearWhere", {}, given, { ...steps, constants: [2, 3, 5, 6, 7, 8] });
  const w = narrowWeights([6, 4, 3, 3], 5);
  const rest = [
    w,
    float(0.01),
    scalar(0, "int8"),
    float(3),
    scalar(120, "uint8"),
    i32([10, -200, 300, 0, 5, -5]),
  ];
  const constants = [1, 2, 3, 4, 5, 6, 7, 8];
  await judged("QLinearConv", { channels_last: 0, pads: [1, 1, 1, 1] }, [
    u8([1, 4, 5, 5], 3),
    ...scale,
    ...rest,
  ], { ...steps, constants });
  await judged("QLinearConv", { channels_last: 1, pads: [1, 1, 1, 1] }, [
    u8([1, 5, 5, 4], 3),
    ...scale,
    ...rest,
  ], { ...steps, constants });
  await judged("NhwcMaxPool", { kernel_shape: [2, 2], strides: [1, 2] }, [u8([1, 4, 5, 3], 3)]);
  await judged("MatMulInteger16", {}, [
    castTensor(uniform([2, 3], -900, 900, 1), "int16"),
    castTensor(uniform([3, 4], -900, 900, 2), "int16"),
  ]);
  const zero = scalar(128, "uint8"),
    ids = i32([1, 4, 2, 0, 3, 3], [2, 3]),
    kinds = i32([0, 1, 1, 0, 0, 1], [2, 3]);
  const tables = [u8([5, 8], 1), u8([4, 8], 2), u8([2, 8], 3), u8([8], 4), u8([8], 5)],
    scales = [0.02, 0.01, 0.03, 0.02, 0.01].map(float);
  const zeros = new Array<Tensor>(5).fill(zero), mask = i32([1, 1, 0, 1, 0, 0], [2, 3]);
  await judged("QEmbedLayerNormalization", {}, [ids, kinds, ...tables, mask, ...scales, ...zeros], {
    outputs: 2,
  });
});

Deno.test("weights of four bits agree with onnxruntime", async () => {
  for (const quant_type of [0, 1]) {
    for (const [K, N, block_size] of [[16, 3, 16], [32, 5, 64], [24, 3, 16]] as const) {
      const bytes = u8([Math.ceil(K * N / 2)], 3), scales = f([Math.ceil(K * N / block_size)], 4, 0.5, 2);
      await judged("MatMulBnb4", { K, N, block_size, quant_type }, [f([2, 3, K]), bytes, scales], {
        constants: [1, 2],
      });
    }
  }
  for (const [bits, width] of [[4, 32], [8, 64]] as const) {
    const attributes = { bits, block_size: 16, gather_axis: 0, quantize_axis: 1 };
    const [data, scales] = [u8([5, width], 1), f([5, 4], 2, 0.1, 1)], indices = i64([0, 4, -1, 2], [2, 2]);
    await judged("GatherBlockQuantized", attributes, [data, indices, scales], { constants: [0, 2] });
    await judged("GatherBlockQuantized", attributes, [data, indices, scales, u8([5, 4 * bits / 8], 3)], {
      constants: [0, 2, 3],
    });
  }
  const K = 40, N = 3, block_size = 16, order = i32(Array.from({ length: 48 }, (_, i) => (i * 5) % 3));
  const weights = [u8([N, 3, 8], 5), f([N * 3], 6, 0.1, 1)];
  for (const rest of [[], [u8([N * 2], 7)], [undefined, order]]) {
    const nodes = [f([2, K]), ...weights, ...rest];
    await judged("MatMulNBits", { K, N, bits: 4, block_size }, nodes, { constants: [1, 2, 3, 4] });
  }
});

Deno.test("tables and experts in blocks, with zero points, agree with onnxruntime", async () => {
  const [experts, size, tokens] = [3, 64, 4], x = [f([tokens, size]), f([tokens, experts], 2, -2, 2)];
  for (const block_size of [undefined, 32]) {
    const scales = block_size ? [experts, size, size / block_size] : [experts, size];
    const zeros = block_size ? [experts, size, 1] : [experts, size / 2];
    const layer = (
      seed: number,
    ) => [
      u8([experts, size, size / 2], seed),
      f(scales, seed + 1, 0.001, 0.02),
      f([experts, size], seed + 2),
    ];
    const attributes = {
      k: 2,
      activation_type: "silu",
      expert_weight_bits: 4,
      normalize_routing_weights: 1,
      block_size,
    };
    const given = [...x, ...layer(3), ...layer(6)], constants = [2, 3, 4, 5, 6, 7, 11, 12];
    await judged("QMoE", attributes, given, { constants, rtol: 1e-3, atol: 1e-3 });
    const zero = [undefined, undefined, undefined, u8(zeros, 11), u8(zeros, 12)];
    await judged("QMoE", attributes, [...given, ...zero], { constants, rtol: 1e-3, atol: 1e-3 });
  }
  for (
    const [gather_axis, quantize_axis, shape] of [[0, 1, [6, 32]], [1, 0, [32, 6]], [1, 2, [
      2,
      5,
      16,
    ]]] as const
  ) {
    const blocks = shape.map((d, i) => (i === quantize_axis ? d / 16 : d)),
      indices = i64([0, 3, 1, -1], [2, 2]);
    for (const dtype of ["int4", "uint4"] as const) {
      const [low, high] = dtype === "int4" ? [-8, 7.99] : [0, 15.99],
        table = castTensor(uniform(shape, low, high, 1), dtype);
      const given = [table, indices, f(blocks, 2)], zero = castTensor(uniform(blocks, low, high, 3), dtype);
      const attributes = { gather_axis, quantize_axis, block_size: 16 };
      await judged("GatherBlockQuantized", attributes, given, { constants: [0, 2] });
      await judged("GatherBlockQuantized", attributes, [...given, zero], { constants: [0, 2, 3] });
    }
  }
});

Deno.test("mixtures of experts agree with onnxruntime", async () => {
  const x = f([5, 8]), logits = f([5, 4], 2, -2, 2), [b1, b2] = [f([4, 16], 3), f([4, 8], 4)];
  const w1 = f([4, 16, 8], 5), w2 = f([4, 8, 16], 6), constants = [2, 3, 4, 5];
  for (const activation_type of ["relu", "gelu", "silu", "identity"]) {
    for (const k of [1, 2, 3]) {
      for (const normalize_routing_weights of [0, 1]) {
        const attributes = { activation_type, k, normalize_routing_weights };
        await judged("MoE", attributes, [x, logits, w1, b1, w2, b2], { constants });
      }
    }
  }
  await judged("MoE", { k: 2 }, [f([1, 5, 8]), logits, w1, undefined, w2], { constants });
  const [wide, shift] = [f([4, 32, 8], 5), f([4, 32], 3)],
    swiglu = { activation_type: "swiglu", k: 2, swiglu_fusion: 1 };
  for (
    const more of [{}, { activation_alpha: 1.702, activation_beta: 1, swiglu_limit: 0.5 }, {
      swiglu_limit: 0,
    }]
  ) {
    await judged("MoE", { ...swiglu, ...more }, [x, logits, wide, shift, w2, b2], { constants });
  }
  for (const expert_weight_bits of [4, 8]) {
    const part = expert_weight_bits / 8,
      attributes = { expert_weight_bits, k: 2, normalize_routing_weights: 1 };
    const scales = [f([4, 16], 7, 0.01, 0.1), f([4, 8], 8, 0.01, 0.1)];
    const layers = [u8([4, 16, 8 * part], 5), scales[0], b1, u8([4, 8, 16 * part], 6), scales[1], b2];
    const all = { constants: [2, 3, 4, 5, 6, 7] };
    await judged("QMoE", { ...attributes, activation_type: "silu" }, [x, logits, ...layers], all);
    const both = [u8([4, 32, 8 * part], 5), f([4, 32], 7, 0.01, 0.1), shift, ...layers.slice(3)];
    await judged("QMoE", { ...attributes, ...swiglu }, [x, logits, ...both], all);
  }
});

Deno.test("operators without a kernel on CPUs are what their definitions say", async () => {
  const signal = tensor([1, 2, 0, -1]), half = [2, 0, 1, -3, 0, 0];
  await gives("Rfft", {}, [signal], half);
  await gives("Irfft", {}, [tensor(half, [3, 2])], [1, 2, 0, -1]);
  await gives("ComplexMul", {}, [tensor([1, 2], [1, 2]), tensor([3, 4], [1, 2])], [-5, 10]);
  await gives("ComplexMulConj", {}, [tensor([1, 2], [1, 2]), tensor([3, 4], [1, 2])], [11, 2]);
  const sigmoid = (v: number) => 1 / (1 + Math.exp(-v));
  const bounded = { limit: 1.5, activation_alpha: 2, activation_beta: 1 };
  const gated = [1 * sigmoid(2) * (1.5 + 1), 1.5 * sigmoid(3) * (-1.5 + 1)];
  await gives("SwiGLU", bounded, [tensor([[1, 2]]), tensor([[3, -4]])], gated);
  await gives("SwiGLU", bounded, [tensor([[1, 2, 3, -4]])], gated);
  await gives("SwiGLU", {}, [tensor([[1, 3]])], [3 * sigmoid(1)]);
  // The description's own lines in NumPy.
  await gives("GatedRelativePositionBias", { num_heads: 2 }, [
    tensor([0.5, 1, -1.5, 1, 0, 0, 0.5, -0.5], [1, 2, 4]),
    tensor([1.5, -1.5, -1, -0.5]),
    tensor([0, -0.5, -1.5, -1.5, -1.5, -1.5, -1, 1.5], [1, 2, 2, 2]),
    tensor([-1, 0.5, 1, -1, -1, 0, -1, 1.5], [2, 4]),
    tensor([-1, 1.5, 1, 1]),
    tensor([0.5, -1], [1, 2, 1, 1]),
  ], [0, -0.856494, -2.287197, -2.287197, -0.779273, -0.779273, -0.451512, 0.677268]);
  await gives("TorchEmbedding", {}, [tensor([[1, 2], [3, 4]]), i64([1, 0])], [3, 4, 1, 2]);
  const bytes = tensor([10, 20, 30, 40], [2, 2], "uint8");
  await gives("ReduceSumInteger", { axes: [1], keepdims: 0 }, [bytes], [30, 70]);
  await gives("MulInteger", {}, [bytes, scalar(12, "uint8"), bytes, scalar(1, "uint8")], [
    -18,
    152,
    522,
    1092,
  ]);
  await gives("QLinearReduceMean", { axes: [1], keepdims: 1 }, [
    bytes,
    float(0.5),
    scalar(0, "uint8"),
    float(0.25),
    scalar(1, "uint8"),
  ], [31, 71]);
  // Buckets of T5 (Hugging Face's function) for 4 queries and keys; one head, whose bias is the bucket's number.
  const table = (n: number) => tensor(Array.from({ length: n }, (_, i) => i), [n, 1]),
    four = [i64([4]), i64([4])];
  const both = [0, 5, 6, 6, 1, 0, 5, 6, 2, 1, 0, 5, 2, 2, 1, 0];
  await gives("RelativePositionBias", { max_distance: 16, is_bidirectional: 1 }, [table(8), ...four], both);
  // A table of two heads lies by columns: all of the first head's buckets before the second's.
  const two = tensor([
    ...Array.from({ length: 8 }, (_, i) => i),
    ...Array.from({ length: 8 }, (_, i) => 10 * i),
  ], [8, 2]);
  await gives("RelativePositionBias", { max_distance: 16, is_bidirectional: 1 }, [two, ...four], [
    ...both,
    ...both.map((n) => 10 * n),
  ]);
  const back = [0, 0, 0, 0, 1, 0, 0, 0, 2, 1, 0, 0, 3, 2, 1, 0];
  await gives("RelativePositionBias", { max_distance: 16 }, [table(8), ...four], back);
});
async function gives(
  op: string,
  attributes: Options,
  inputs: readonly (Tensor | undefined)[],
  expected: readonly number[],
): Promise<void> {
  const [y] = await results(`com.microsoft.${op}`, attributes, inputs, { outputs: 1 });
  assert.ok(isTensor(y));
  const got = Array.from(y.data as ArrayLike<number | bigint>, Number);
  assert.equal(got.length, expected.length, op);
  expected.forEach((v, i) =>
    assert.ok(Math.abs((got[i] ?? NaN) - v) < 1e-5, `${op}: ${got}, not ${expected}`)
  );
}
