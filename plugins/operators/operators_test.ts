import assert from "node:assert/strict";
import { distinct, int64, type OpSample, uniform } from "../../core/ops/sample.ts";
import { castTensor, isTensor, scalar, tensor } from "../../core/values/tensor.ts";
import { testGradients } from "../../tests/support/gradients.ts";
import { judged, results } from "../../tests/support/judge.ts";
import { narrowWeights as signed } from "../../tests/support/saturation.ts";

const bytes = (shape: readonly number[], seed: number) => castTensor(uniform(shape, 0, 255, seed), "uint8");
const float = (v: number) => scalar(v, "float32");

Deno.test("quantization agrees with onnxruntime: one scale, one an index, one a block", async () => {
  const x = uniform([2, 4], -3, 3, 4);
  for (const dtype of ["uint8", "int8", "uint16", "int16"] as const) {
    const zero = scalar(3, dtype);
    await judged("QuantizeLinear", {}, [x, float(0.05), zero], { constants: [1, 2] });
    await judged("QuantizeLinear", { axis: 0 }, [x, tensor([0.05, 0.2]), tensor([1, 2], [2], dtype)], {
      constants: [1, 2],
    });
    const q = castTensor(uniform([2, 4], 0, 100, 5), dtype);
    await judged("DequantizeLinear", {}, [q, float(0.05), zero], { constants: [1, 2] });
    await judged("DequantizeLinear", { axis: 1, block_size: 2 }, [
      q,
      uniform([2, 2], 0.1, 1),
      tensor([1, 2, 3, 4], [2, 2], dtype),
    ]);
  }
  await judged("QuantizeLinear", { axis: 1, block_size: 2 }, [
    x,
    uniform([2, 2], 0.1, 1),
    tensor([1, 2, 3, 4], [2, 2], "uint8"),
  ]);
  for (const range of [[-1, 2], [1, 2], [-2, -1], [0, 0]] as const) {
    await judged("DynamicQuantizeLinear", {}, [uniform([3, 4], ...range)], { outputs: 3 });
  }
});
Deno.test("halves round to even, what is out of range is clamped, NaN is the least number", async () => {
  const x = tensor([0.5, 1.5, 2.5, -0.5, 1000, -1000, NaN]);
  const [y] = await results("QuantizeLinear", {}, [x, float(1), scalar(0, "int8")]);
  assert.deepEqual(y, tensor([0, 2, 2, 0, 127, -128, -128], [7], "int8"));
});
Deno.test("scales that don't fit are an error that shows both shapes", async () => {
  await assert.rejects(results("QuantizeLinear", {}, [uniform([2, 4]), tensor([1, 2, 3])]), {
    name: "ShapeError",
    message: /scales \[3\] don't fit \[2,4\]/,
  });
});
Deno.test("products of quantized tensors agree with onnxruntime", async () => {
  const a = bytes([2, 3, 4], 1), b = signed([4, 5], 2);
  await judged("MatMulInteger", {}, [a, b]);
  await judged("MatMulInteger", {}, [a, b, scalar(100, "uint8"), tensor([1, -2, 3, 0, 5], [5], "int8")]);
  const x = bytes([1, 4, 5, 5], 3), w = bytes([6, 2, 3, 3], 4);
  await judged("ConvInteger", { group: 2, pads: [1, 1, 1, 1] }, [
    x,
    w,
    scalar(7, "uint8"),
    scalar(9, "uint8"),
  ]);
  const scale = (v: number) => scalar(v, "float32"), zero = (v: number) => scalar(v, "uint8");
  await judged("QLinearMatMul", {}, [
    a,
    scale(0.1),
    zero(100),
    bytes([4, 5], 6),
    scale(0.2),
    zero(90),
    scale(3),
    zero(120),
  ], { constants: [1, 2, 4, 5, 6, 7] });
  const filters = signed([6, 2, 3, 3], 5),
    scales = uniform([6], 0.1, 0.3),
    zeros = tensor([0, 0, 0, 0, 0, 0], [6], "int8");
  const bias = tensor([100, -200, 300, 0, 5, -5], [6], "int32");
  await judged("QLinearConv", { group: 2, strides: [2, 2] }, [
    x,
    scale(0.1),
    zero(100),
    filters,
    scales,
    zeros,
    scale(9),
    zero(120),
    bias,
  ], {
    constants: [1, 2, 3, 4, 5, 6, 7, 8],
  });
});
Deno.test("operators of onnxruntime's quantizer are within one step of it", async () => {
  const [x, y] = [bytes([2, 3, 4, 4], 1), bytes([2, 3, 4, 4], 2)], scale = [float(0.1), scalar(100, "uint8")];
  const out = [float(0.2), scalar(120, "uint8")], one = { steps: 1 };
  const constants = (...at: number[]) => ({ constants: at });
  const near = async (
    op: string,
    attributes: OpSample["attributes"],
    inputs: readonly (ReturnType<typeof float> | undefined)[],
    c: object,
  ) => {
    await judged(`com.microsoft.${op}`, attributes ?? {}, inputs, { ...one, ...c });
  };
  await near("QLinearAdd", {}, [x, ...scale, y, ...scale, ...out], constants(1, 2, 4, 5, 6, 7));
  await near(
    "QLinearMul",
    {},
    [x, ...scale, y, ...scale, float(2), scalar(120, "uint8")],
    constants(1, 2, 4, 5, 6, 7),
  );
  await near("QLinearLeakyRelu", { alpha: 0.2 }, [x, ...scale, ...out], constants(1, 2, 3, 4));
  await near("QLinearSigmoid", {}, [x, ...scale, float(1 / 256), scalar(0, "uint8")], constants(1, 2, 3, 4));
  await near(
    "QLinearSoftmax",
    { axis: -1, opset: 13 },
    [x, ...scale, float(1 / 256), scalar(0, "uint8")],
    constants(1, 2, 3, 4),
  );
  await near("QLinearAveragePool", { kernel_shape: [2, 2] }, [x, ...scale, ...out], constants(1, 2, 3, 4));
  await near("QLinearGlobalAveragePool", {}, [x, ...scale, ...out], constants(1, 2, 3, 4));
  await near("QLinearConcat", { axis: 1 }, [...out, x, ...scale, y, ...scale], constants(0, 1, 3, 4, 6, 7));
  await near("QGemm", { transB: 1 }, [
    bytes([2, 4], 3),
    ...scale,
    bytes([3, 4], 4),
    ...scale,
    tensor([1, 2, 3], [3], "int32"),
    float(5),
    scalar(9, "uint8"),
  ], constants(1, 2, 3, 4, 5, 6, 7, 8));
  await judged("com.microsoft.DynamicQuantizeMatMul", {}, [
    uniform([2, 4]),
    signed([4, 3], 4),
    float(0.1),
    scalar(3, "int8"),
  ], { constants: [1, 2, 3], rtol: 1e-3, atol: 1e-3 });
});

Deno.test("spectra agree with onnxruntime at every length", async () => {
  // onnxruntime sums in float32.
  for (const n of [1, 2, 3, 8, 12, 67, 100]) {
    const x = uniform([2, n, 2], -1, 1, n), loose = { rtol: 1e-3, atol: 1e-3 };
    await judged("DFT", {}, [x, undefined, scalar(1, "int64")], { ...loose, constants: [2] });
    await judged("DFT", { inverse: 1 }, [x, undefined, scalar(1, "int64")], { ...loose, constants: [2] });
    await judged("DFT", { onesided: 1 }, [
      uniform([2, n, 1], -1, 1, n),
      scalar(n + 1, "int64"),
      scalar(1, "int64"),
    ], { ...loose, constants: [1, 2] });
  }
  const window = uniform([16], 0, 1, 2);
  await judged("STFT", {}, [uniform([2, 64, 1]), scalar(8, "int64"), window], {
    constants: [1],
    rtol: 1e-4,
    atol: 1e-4,
  });
  for (const op of ["HannWindow", "HammingWindow", "BlackmanWindow"]) {
    for (const periodic of [0, 1]) await judged(op, { periodic }, [scalar(9, "int64")], { constants: [0] });
  }
});
Deno.test("a real signal comes back from its one-sided spectrum", async () => {
  for (const n of [7, 8]) {
    const x = uniform([1, n, 1], -1, 1, 3), [spectrum] = await results("DFT", { onesided: 1 }, [x]);
    const [back] = await results("DFT", { onesided: 1, inverse: 1 }, [spectrum, scalar(n, "int64")]);
    assert.ok(isTensor(back));
    back.data.forEach((v, i) => assert.ok(Math.abs(Number(v) - Number(x.data[i])) < 1e-6));
  }
});

Deno.test("boxes and regions agree with onnxruntime", async () => {
  const corners = uniform([2, 9, 4], 0, 1, 5), scores = uniform([2, 2, 9], 0, 1, 6);
  for (const center_point_box of [0, 1]) {
    await judged("NonMaxSuppression", { center_point_box }, [
      corners,
      scores,
      scalar(4, "int64"),
      float(0.3),
      float(0.2),
    ]);
  }
  const image = uniform([2, 3, 8, 9], -1, 1, 7), rois = tensor([[0, 0, 5, 6], [2.5, 1, 8, 7], [3, 3, 3, 3]]);
  for (const mode of ["avg", "max"]) {
    for (const coordinate_transformation_mode of ["half_pixel", "output_half_pixel"]) {
      for (const sampling_ratio of [0, 2]) {
        await judged("RoiAlign", {
          mode,
          coordinate_transformation_mode,
          sampling_ratio,
          output_height: 3,
          output_width: 2,
        }, [image, rois, int64([0, 1, 0])]);
      }
    }
  }
  const boxes = tensor([[0, 0, 0, 6, 6], [1, 2, 1, 8, 7], [0, 20, 20, 30, 30]]);
  await judged("MaxRoiPool", { pooled_shape: [3, 2] }, [image, boxes]);
});

Deno.test("pictures' places, and determinants, agree with onnxruntime", async () => {
  await judged("Det", {}, [uniform([3, 4, 4])]);
  const index = int64([0, 3, 9, 10], [1, 1, 2, 2]);
  await judged("MaxUnpool", { kernel_shape: [2, 2], strides: [2, 2] }, [uniform([1, 1, 2, 2]), index]);
  await judged("Col2Im", { pads: [0, 1, 0, 1], strides: [1, 2] }, [
    uniform([2, 8, 9]),
    int64([4, 5]),
    int64([2, 2]),
  ], { constants: [1, 2] });
  await judged("CenterCropPad", { axes: [0, -1] }, [uniform([5, 2, 4]), int64([2, 7])], { constants: [1] });
  const offset = uniform([1, 18, 3, 3], -1.5, 1.5, 4), mask = uniform([1, 9, 3, 3], 0, 1, 5);
  await judged("DeformConv", {}, [uniform([1, 2, 5, 5]), uniform([4, 2, 3, 3]), offset, uniform([4]), mask]);
});

Deno.test("strings are joined, split and counted as onnxruntime does it", async () => {
  const words = tensor(["a,b,c", "z,", "x", ",,y"], [2, 2], "string");
  await judged("StringConcat", {}, [words, tensor(["!", "é"], [2], "string")]);
  for (const maxsplit of [undefined, 1]) {
    await judged("StringSplit", { delimiter: ",", maxsplit }, [words], { outputs: 2 });
  }
  await judged("StringSplit", {}, [tensor([" a  b ", "c"], [2], "string")], { outputs: 2 });
  const names = tensor(["Monday", "tuesday", "Friday"], [3], "string");
  for (const case_change_action of ["NONE", "LOWER", "UPPER"]) {
    for (const is_case_sensitive of [0, 1]) {
      await judged("StringNormalizer", {
        case_change_action,
        is_case_sensitive,
        stopwords: ["monday"],
        locale: "C",
      }, [names]);
    }
  }
  for (const mode of ["TF", "IDF", "TFIDF"]) {
    for (const max_skip_count of [0, 2]) {
      await judged("TfIdfVectorizer", {
        mode,
        max_skip_count,
        min_gram_length: 1,
        max_gram_length: 2,
        ngram_counts: [0, 3],
        ngram_indexes: [0, 2, 1, 3, 4],
        pool_int64s: [1, 2, 3, 1, 2, 2, 3],
        weights: [0.5, 1, 2, 3, 4],
      }, [int64([1, 2, 2, 3, 1, 9, 2, 1], [2, 4])]);
    }
  }
});

Deno.test("draws are of the categories that have weight", async () => {
  const [y] = await results("Multinomial", { sample_size: 50, seed: 3 }, [tensor([[0, -Infinity, 0]])]);
  assert.ok(isTensor(y) && y.dtype === "int32");
  assert.deepEqual([...new Set(Array.from(y.data, Number))].sort(), [0, 2]);
});

const angle = uniform([6, 2], 0, 6, 3);
const turned = (f: (v: number) => number) => tensor([...angle.data].map((v) => f(Number(v))), [6, 2]);
/** Samples whose gradients are checked. */
const samples: readonly OpSample[] = [
  ...[0, 1].map((interleaved): OpSample => ({
    op: "RotaryEmbedding",
    attributes: { interleaved, rotary_embedding_dim: 4 },
    inputs: [uniform([2, 3, 2, 6]), turned(Math.cos), turned(Math.sin), int64([0, 1, 3, 5], [2, 2])],
  })),
  { op: "SwiGLU", attributes: { alpha: 1.5 }, inputs: [uniform([2, 3]), uniform([2, 3], -1, 1, 2)] },
  { op: "Shrink", attributes: { lambd: 0.3, bias: 0.1 }, inputs: [distinct([7], 0.25)] },
  ...(["linear", "gated", "delta", "gated_delta"] as const).map((update_rule): OpSample => ({
    op: "LinearAttention",
    attributes: { update_rule, q_num_heads: 4, kv_num_heads: 2 },
    inputs: [
      uniform([2, 3, 8]),
      uniform([2, 3, 4], -1, 1, 2),
      uniform([2, 3, 6], -1, 1, 3),
      uniform([2, 2, 2, 3], -1, 1, 4),
      update_rule.startsWith("gated") ? uniform([2, 3, 4], -1, 0, 5) : undefined,
      update_rule.endsWith("delta") ? uniform([2, 3, 2], 0, 1, 6) : undefined,
    ],
    note: update_rule,
  })),
  {
    op: "CausalConvWithState",
    attributes: { activation: "silu" },
    inputs: [
      uniform([2, 3, 5]),
      uniform([3, 1, 3], -1, 1, 2),
      uniform([3], -1, 1, 3),
      uniform([2, 3, 2], -1, 1, 4),
    ],
  },
  {
    op: "MaxUnpool",
    attributes: { kernel_shape: [2], strides: [2] },
    inputs: [uniform([1, 2, 3]), int64([0, 3, 4, 7, 9, 10], [1, 2, 3])],
  },
  {
    op: "Col2Im",
    attributes: { pads: [0, 1, 0, 1] },
    inputs: [uniform([1, 8, 18]), int64([4, 5]), int64([2, 2])],
  },
  { op: "CenterCropPad", inputs: [uniform([5, 2, 4]), int64([2, 5, 3])] },
  {
    op: "ai.onnx.preview.training.Momentum",
    attributes: { alpha: 0.9, beta: 0.5, mode: "nesterov", norm_coefficient: 0.1 },
    inputs: [float(0.1), scalar(1, "int64"), uniform([3]), uniform([3], -1, 1, 2), uniform([3], -1, 1, 3)],
  },
];
testGradients(samples);
