/** Operators of onnxruntime on whole numbers of 8 bits and fewer. @module */
import type { DType } from "../../../core/values/dtype.ts";
import type { Draft, DraftedTensor, Size, Wish } from "../draft.ts";
import { type Makers, some } from "./kit.ts";
import { weightContents } from "./quantized.ts";
import { image, windows } from "./windows.ts";

const bytes: readonly DType[] = ["uint8", "int8"];
const scale = (d: Draft, shape: readonly number[] = []) =>
  d.constant({
    dtype: "float32",
    shape,
    data: Float32Array.from({ length: shape[0] ?? 1 }, () => d.dice.uniform(0.02, 0.2)),
  }).name;
const zero = (d: Draft, dtype: DType) => d.constant(d.dice.tensor([], dtype, "corner")).name;
/** A quantized tensor's scale and zero point behind it. */
const read = (d: Draft, x: DraftedTensor) => [x.name, scale(d), zero(d, x.dtype)];
const quantizedLike = (d: Draft, ranks: readonly [number, number] = [1, 4]) =>
  some(d, { dtypes: bytes, ranks, contents: "corner" });

const unary =
  (op: string, attributes: (d: Draft, x: DraftedTensor) => Wish["attributes"] = () => ({})) =>
  (d: Draft): Wish => {
    const x = quantizedLike(d);
    return { op, inputs: [...read(d, x), scale(d), zero(d, x.dtype)], attributes: attributes(d, x) ?? {} };
  };
const few = (d: Draft, shape: readonly number[]) => ({
  dtype: "uint8" as const,
  shape,
  data: Uint8Array.from({ length: shape.reduce((n, s) => n * s, 1) }, () => d.dice.below(256)),
});
const scales = (d: Draft, count: number) =>
  d.constant({
    dtype: "float32",
    shape: [count],
    data: Float32Array.from({ length: count }, () => d.dice.uniform(0.1, 1)),
  })
    .name;

/** Their makers, given one for what broadcasts with a tensor. */
export const contribQuantized = (
  mate: (d: Draft, a: DraftedTensor, contents: "corner") => DraftedTensor,
): Makers => ({
  ...Object.fromEntries(["QLinearAdd", "QLinearMul"].map((op) => [op, (d: Draft) => {
    const a = quantizedLike(d), b = mate(d, a, "corner");
    return { op, inputs: [...read(d, a), ...read(d, b), scale(d), zero(d, a.dtype)] };
  }])),
  QLinearLeakyRelu: unary("QLinearLeakyRelu", (d) => ({ alpha: d.dice.uniform(0, 0.5) })),
  QLinearSigmoid: unary("QLinearSigmoid"),
  QLinearAveragePool: (d) => {
    const x = image(d, 2, undefined, d.dice.pick(["uint8", "int8"])),
      kernel = [d.dice.between(1, 3), d.dice.between(1, 3)];
    const attributes = { kernel_shape: kernel, ...windows(d, x, kernel, true) };
    return { op: "QLinearAveragePool", inputs: [...read(d, x), scale(d), zero(d, x.dtype)], attributes };
  },
  QLinearGlobalAveragePool: (d) => {
    const x = image(d, 2, undefined, d.dice.pick(["uint8", "int8"]));
    const inputs = [...read(d, x), scale(d), zero(d, x.dtype)];
    return { op: "QLinearGlobalAveragePool", inputs, attributes: { channels_last: d.dice.below(2) } };
  },
  QLinearConcat: (d) => {
    const a = quantizedLike(d, [1, 3]), sizes = d.sizes(a);
    if (sizes.some((s) => s === undefined)) return undefined;
    const b = d.source(sizes as Size[], a.dtype, "corner");
    return {
      op: "QLinearConcat",
      inputs: [scale(d), zero(d, a.dtype), ...read(d, a), ...read(d, b)],
      attributes: { axis: d.dice.below(a.rank) },
    };
  },
  QGemm: (d) => {
    const a = quantizedLike(d, [2, 2]), [m, k] = d.sizes(a);
    if (typeof m !== "number" || !m || typeof k !== "number" || !k) return undefined;
    const n = d.dice.between(1, 5), transB = d.dice.below(2), kind = a.dtype;
    const b = d.constant(d.dice.tensor(transB ? [n, k] : [k, n], kind, weightContents(kind)));
    const c = d.dice.chance(0.5)
      ? d.ints(Array.from({ length: n }, () => d.dice.between(-50, 50)), "int32", [n])
      : undefined;
    const out = d.dice.chance(0.6) ? [scale(d), zero(d, kind)] : [];
    return {
      op: "QGemm",
      inputs: [...read(d, a), b.name, scale(d), zero(d, kind), c, ...out],
      attributes: { transB },
    };
  },
  DynamicQuantizeMatMul: (d) => {
    const a = some(d, { ranks: [2, 3] }), k = d.sizes(a).at(-1), kind = d.dice.pick(bytes);
    if (typeof k !== "number" || k === 0) return undefined;
    const n = d.dice.between(1, 5), b = d.constant(d.dice.tensor([k, n], kind, weightContents(kind)));
    const bias = d.dice.chance(0.5) ? d.constant(d.dice.tensor([n])).name : undefined;
    return { op: "DynamicQuantizeMatMul", inputs: [a.name, b.name, scale(d), zero(d, kind), bias] };
  },
  MatMulIntegerToFloat: (d) => {
    const a = quantizedLike(d, [2, 3]), k = d.sizes(a).at(-1), kind = d.dice.pick(bytes);
    if (typeof k !== "number" || k === 0) return undefined;
    const n = d.dice.between(1, 5), b = d.constant(d.dice.tensor([k, n], kind, weightContents(kind)));
    const bias = d.dice.chance(0.5) ? d.constant(d.dice.tensor([n])).name : undefined;
    return {
      op: "MatMulIntegerToFloat",
      inputs: [a.name, b.name, scale(d), scale(d), zero(d, a.dtype), zero(d, kind), bias],
    };
  },
  MatMulInteger16: (d) => {
    const a = d.source([d.dice.between(1, 4), 3], "int16"), b = d.source([3, d.dice.between(1, 4)], "int16");
    return { op: "MatMulInteger16", inputs: [a.name, b.name] };
  },
  NhwcMaxPool: (d) => {
    const kernel = [d.dice.between(1, 2), d.dice.between(1, 3)];
    const x = d.source(
      [d.dice.between(1, 2), d.dice.between(3, 6), d.dice.between(3, 6), d.dice.between(1, 4)],
      d.dice.pick(bytes),
      "corner",
    );
    return {
      op: "NhwcMaxPool",
      inputs: [x.name],
      attributes: { kernel_shape: kernel, strides: [d.dice.between(1, 2), d.dice.between(1, 2)] },
    };
  },
  QLinearWhere: (d) => {
    const a = quantizedLike(d, [1, 3]), sizes = d.sizes(a);
    if (sizes.some((s) => s === undefined)) return undefined;
    const b = d.source(sizes as Size[], a.dtype, "corner"), c = d.source(sizes as Size[], "bool");
    return { op: "QLinearWhere", inputs: [c.name, ...read(d, a), ...read(d, b), scale(d), zero(d, a.dtype)] };
  },
  MatMulBnb4: (d) => {
    const K = d.dice.pick([8, 16, 24]), N = d.dice.between(1, 4), block_size = d.dice.pick([16, 32]);
    const count = Math.ceil(K * N / block_size), b = d.constant(few(d, [Math.ceil(K * N / 2)])).name;
    return {
      op: "MatMulBnb4",
      inputs: [d.source([2, K]).name, b, scales(d, count)],
      attributes: { K, N, block_size, quant_type: d.dice.below(2) },
    };
  },
  MatMulNBits: (d) => {
    const K = d.dice.pick([16, 32, 40]),
      N = d.dice.between(1, 4),
      block_size = d.dice.pick([16, 32]),
      blocks = Math.ceil(K / block_size);
    const b = d.constant(few(d, [N, blocks, block_size / 2])).name;
    const point = d.dice.chance(0.5) ? [d.constant(few(d, [N * Math.ceil(blocks / 2)])).name] : [];
    return {
      op: "MatMulNBits",
      inputs: [d.source([d.dice.between(1, 3), K]).name, b, scales(d, N * blocks), ...point],
      attributes: { K, N, block_size, bits: 4 },
    };
  },
});
