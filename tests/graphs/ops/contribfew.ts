/** Operators of onnxruntime on bytes and numbers of few bits: tables, experts, projections, recurrences. @module */
import type { DType } from "../../../core/values/dtype.ts";
import type { Tensor } from "../../../core/values/tensor.ts";
import type { Draft, DraftedTensor, Wish } from "../draft.ts";
import { axisOf, type Makers, some } from "./kit.ts";
import { weightContents } from "./quantized.ts";

const bytes: readonly DType[] = ["uint8", "int8"];
const count = (shape: readonly number[]) => shape.reduce((n, s) => n * s, 1);
const scales = (d: Draft, shape: readonly number[], low = 0.02, high = 0.2) =>
  d.constant({
    dtype: "float32",
    shape,
    data: Float32Array.from({ length: count(shape) }, () => d.dice.uniform(low, high)),
  }).name;
const scale = (d: Draft) => scales(d, []);
const point = (d: Draft, dtype: DType, shape: readonly number[] = []) =>
  d.constant(d.dice.tensor(shape, dtype, "corner")).name;
const read = (d: Draft, x: DraftedTensor) => [x.name, scale(d), point(d, x.dtype)];
const codes = (d: Draft, shape: readonly number[]) =>
  d.constant({
    dtype: "uint8",
    shape,
    data: Uint8Array.from({ length: count(shape) }, () => d.dice.below(256)),
  }).name;
const numbers = (d: Draft, shape: readonly number[]) =>
  d.constant(d.dice.tensor(shape, "float32", "small")).name;
const maybe = (d: Draft, p: number, name: () => string) => (d.dice.chance(p) ? name() : undefined);
const ids = (d: Draft, below: number, shape: readonly number[]) =>
  d.ints(Array.from({ length: count(shape) }, () => d.dice.below(below)), "int32", shape);
/** Weights that every processor multiplies right. */
const tame = (d: Draft, shape: readonly number[], kind: DType) =>
  d.constant(d.dice.tensor(shape, kind, weightContents(kind))).name;

function quantizer(d: Draft, op: "QuantizeLinear" | "DequantizeLinear"): Wish {
  const to = d.dice.pick<DType>(
    op === "QuantizeLinear"
      ? ["uint8", "int8", "int16", "uint16"]
      : ["uint8", "int8", "int16", "uint16", "int32"],
  );
  const x = op === "QuantizeLinear"
    ? some(d, { ranks: [0, 3] })
    : some(d, { dtypes: [to], ranks: [0, 3], contents: "corner" });
  const axis = axisOf(d, x.rank), size = d.sizes(x).at(axis);
  const along = x.rank > 0 && typeof size === "number" && size > 0 && d.dice.chance(0.4) ? [size] : [];
  const zero = to === "int32" ? undefined : point(d, to, along);
  return {
    op,
    inputs: [x.name, scales(d, along), ...(zero === undefined ? [] : [zero])],
    attributes: along.length > 0 ? { axis } : {},
  };
}
function lstm(d: Draft): Wish {
  const batch = d.dice.between(1, 3), features = d.dice.between(1, 4), units = d.dice.between(1, 4);
  const direction = d.dice.pick(["forward", "reverse", "bidirectional"]),
    ways = direction === "bidirectional" ? 2 : 1;
  const kind = d.dice.pick(bytes), each = d.dice.chance(0.4) ? [ways, 4 * units] : [ways];
  const weight = (rows: number) => tame(d, [ways, rows, 4 * units], kind);
  const grid = () => [scales(d, each), d.constant(zeros(kind, each)).name];
  const steps = d.dice.between(1, 4), x = d.source([steps, batch, features]);
  return {
    op: "DynamicQuantizeLSTM",
    inputs: [
      x.name,
      weight(features),
      weight(units),
      maybe(d, 0.6, () => numbers(d, [ways, 8 * units])),
      // What lies behind a row's end counts in its ranges, by how many threads there are.
      undefined,
      undefined,
      undefined,
      undefined,
      ...grid(),
      ...grid(),
    ],
    attributes: { hidden_size: units, direction },
    outputs: 3,
  };
}
function zeros(dtype: DType, shape: readonly number[]): Tensor {
  const length = count(shape);
  return { dtype, shape, data: dtype === "uint8" ? new Uint8Array(length) : new Int8Array(length) };
}
function experts(d: Draft): Wish {
  const all = d.dice.between(2, 4), width = d.dice.between(2, 5), inner = d.dice.between(1, 5);
  const tokens = d.dice.between(1, 4), gated = d.dice.chance(0.3), up = gated ? 2 * inner : inner;
  return {
    op: "MoE",
    inputs: [
      d.source(d.dice.chance(0.3) ? [1, tokens, width] : [tokens, width]).name,
      d.source([tokens, all]).name,
      numbers(d, [all, up, width]),
      maybe(d, 0.6, () => numbers(d, [all, up])),
      numbers(d, [all, width, inner]),
      ...(d.dice.chance(0.6) ? [numbers(d, [all, width])] : []),
    ],
    attributes: {
      k: d.dice.between(1, 2),
      normalize_routing_weights: d.dice.below(2),
      ...(gated
        ? { activation_type: "swiglu", swiglu_fusion: 1, activation_alpha: 1.25, activation_beta: 0.5 }
        : { activation_type: d.dice.pick(["relu", "gelu", "silu", "identity"]) }),
    },
  };
}
function quantizedExperts(d: Draft): Wish {
  const all = d.dice.between(2, 3),
    bits = d.dice.pick([4, 8]),
    part = bits / 8,
    tokens = d.dice.between(1, 3);
  const blocks = d.dice.chance(0.4), width = blocks ? 32 : 8, inner = blocks ? 32 : d.dice.pick([8, 16]);
  const layer = (outs: number, ins: number) => [
    codes(d, [all, outs, ins * part]),
    scales(d, blocks ? [all, outs, ins / 16] : [all, outs], 0.01, 0.05),
    maybe(d, 0.6, () => numbers(d, [all, outs])),
  ];
  return {
    op: "QMoE",
    inputs: [
      d.source([tokens, width]).name,
      d.source([tokens, all]).name,
      ...layer(inner, width),
      ...layer(width, inner),
    ],
    attributes: {
      k: d.dice.between(1, 2),
      expert_weight_bits: bits,
      normalize_routing_weights: 1,
      activation_type: d.dice.pick(["relu", "gelu", "silu", "identity"]),
      ...(blocks && { block_size: 16 }),
    },
  };
}
function projected(d: Draft): Wish {
  const heads = d.dice.between(1, 2),
    size = d.dice.between(1, 3),
    width = d.dice.between(2, 5),
    all = 3 * heads * size;
  const batch = d.dice.between(1, 2),
    steps = d.dice.between(1, 4),
    kind = d.dice.pick<DType>(["uint8", "int8"]);
  return {
    op: "QAttention",
    inputs: [
      d.source([batch, steps, width], "uint8", "corner").name,
      tame(d, [width, all], kind),
      numbers(d, [all]),
      scale(d),
      scales(d, d.dice.chance(0.4) ? [all] : []),
      maybe(d, 0.4, () => d.ints(Array.from({ length: batch }, () => d.dice.between(1, steps)), "int32")),
      point(d, "uint8"),
      d.constant(zeros(kind, [])).name,
    ],
    attributes: { num_heads: heads, ...(d.dice.chance(0.4) && { unidirectional: 1 }) },
  };
}

/** A zero point from which 1 in steps of the scale lies in range: beyond it onnxruntime begins at the other end. */
const softmaxZero = (d: Draft, dtype: DType) =>
  d.constant(
    dtype === "int8"
      ? { dtype, shape: [], data: Int8Array.of(-128) }
      : { dtype, shape: [], data: Uint8Array.of(d.dice.below(64)) },
  ).name;

/** Their makers. */
export const contribFew: Makers = {
  QuantizeLinear: (d) => quantizer(d, "QuantizeLinear"),
  DequantizeLinear: (d) => quantizer(d, "DequantizeLinear"),
  QLinearSoftmax: (d) => {
    // Of one element alone onnxruntime's sums overflow.
    const shape = Array.from({ length: d.dice.between(1, 3) }, () => d.dice.between(2, 5));
    const x = d.source(shape, d.dice.pick(bytes), "corner");
    return {
      op: "QLinearSoftmax",
      inputs: [...read(d, x), scales(d, [], 1 / 256, 1 / 128), softmaxZero(d, x.dtype)],
      attributes: { axis: axisOf(d, x.rank), opset: d.dice.pick([11, 13]) },
    };
  },
  DynamicQuantizeLSTM: lstm,
  QLinearReduceMean: (d) => {
    const x = some(d, { dtypes: bytes, ranks: [1, 3], contents: "corner" });
    const attributes = { axes: [axisOf(d, x.rank)], keepdims: d.dice.below(2) };
    return { op: "QLinearReduceMean", inputs: [...read(d, x), scale(d), point(d, x.dtype)], attributes };
  },
  ReduceSumInteger: (d) => {
    const x = some(d, { dtypes: bytes, ranks: [1, 3], contents: "corner" });
    return {
      op: "ReduceSumInteger",
      inputs: [x.name],
      attributes: { axes: [axisOf(d, x.rank)], keepdims: d.dice.below(2) },
    };
  },
  MulInteger: (d) => {
    const x = some(d, { dtypes: bytes, ranks: [0, 3], contents: "corner" });
    const other = d.constant(d.dice.tensor([], x.dtype, "corner")).name;
    return { op: "MulInteger", inputs: [x.name, point(d, x.dtype), other, point(d, x.dtype)] };
  },
  QLinearConv: (d) => {
    const kind = d.dice.pick(bytes),
      channels = d.dice.between(1, 3),
      outs = d.dice.between(1, 3),
      last = d.dice.below(2);
    const side = () => d.dice.between(2, 5),
      sides = [side(), side()],
      kernel = [d.dice.between(1, 2), d.dice.between(1, 2)];
    const x = d.source(
      [d.dice.between(1, 2), ...(last ? [...sides, channels] : [channels, ...sides])],
      kind,
      "corner",
    );
    const bias = d.dice.chance(0.5) ? [ids(d, 50, [outs])] : [];
    return {
      op: "QLinearConv",
      inputs: [
        ...read(d, x),
        tame(d, [outs, channels, ...kernel], "int8"),
        scale(d),
        d.constant(zeros("int8", [])).name,
        scale(d),
        point(d, kind),
        ...bias,
      ],
      attributes: { channels_last: last, pads: [1, 0, 0, 1], strides: [d.dice.between(1, 2), 1] },
    };
  },
  QEmbedLayerNormalization: (d) => {
    const width = d.dice.between(2, 6), batch = d.dice.between(1, 2), steps = d.dice.between(1, 4);
    const segments = d.dice.chance(0.6),
      kind = d.dice.pick(bytes),
      table = (shape: readonly number[]) => point(d, kind, shape);
    const five = (make: (at: number) => string) =>
      [0, 1, 2, 3, 4].map((i) => (i === 2 && !segments ? undefined : make(i)));
    return {
      op: "QEmbedLayerNormalization",
      inputs: [
        ids(d, 5, [batch, steps]),
        segments ? ids(d, 2, [batch, steps]) : undefined,
        ...five((i) => table(i < 3 ? [[5, 4, 2][i] ?? 1, width] : [width])),
        maybe(d, 0.5, () => ids(d, 2, [batch, steps])),
        ...five(() => scale(d)),
        ...five(() => point(d, kind)),
      ],
      attributes: { epsilon: 1e-5 },
      outputs: 2,
    };
  },
  GatherBlockQuantized: (d) => {
    const bits = d.dice.pick([4, 8]), rows = d.dice.between(2, 5), blocks = d.dice.between(1, 3);
    const zero = d.dice.chance(0.5) ? [codes(d, [rows, Math.ceil(blocks * bits / 8)])] : [];
    const at = d.ints(
      Array.from({ length: 4 }, () => d.dice.between(-rows, rows - 1)),
      d.dice.pick(["int32", "int64"]),
      [2, 2],
    );
    return {
      op: "GatherBlockQuantized",
      inputs: [codes(d, [rows, blocks * 16 * bits / 8]), at, scales(d, [rows, blocks]), ...zero],
      attributes: { bits, block_size: 16, gather_axis: 0, quantize_axis: 1 },
    };
  },
  MoE: experts,
  QMoE: quantizedExperts,
  QAttention: projected,
};
