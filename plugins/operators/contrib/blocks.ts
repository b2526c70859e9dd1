/** Weights of four bits in blocks: bitsandbytes' matrices, and tables of embeddings. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import { type DType, isFloat } from "../../../core/values/dtype.ts";
import { ShapeError, UnsupportedError } from "../../../core/values/errors.ts";
import type { Value } from "../../../core/graph/graph.ts";
import type { OpDef } from "../../../core/graph/op.ts";
import { bool, field, int } from "../../../core/values/schema.ts";
import { asTensor, dimsOf, normalAxis, tensorType } from "../../../core/values/shape.ts";
import { tensor } from "../../../core/values/tensor.ts";
import { unpacked } from "../fewbits.ts";
import { needed } from "../integer.ts";
import { contribOp, countAt, numberLike, typed } from "./define.ts";

/** The sixteen numbers of bitsandbytes' FP4: a sign, and eight sizes. */
const fp4 = [0, 0.0052083333, 0.6666667, 1, 0.33333333, 0.5, 0.16666667, 0.25];
const fp4Table: readonly number[] = [...fp4, ...fp4.map((n) => -n)];
/** Those of NF4: quantiles of the normal distribution (Dettmers et al. 2023, appendix E). */
const nf4Table: readonly number[] = [
  -1.0,
  -0.6961928009986877,
  -0.5250730514526367,
  -0.39491748809814453,
  -0.28444138169288635,
  -0.18477343022823334,
  -0.09105003625154495,
  0.0,
  0.07958029955625534,
  0.16093020141124725,
  0.24611230194568634,
  0.33791524171829224,
  0.44070982933044434,
  0.5626170039176941,
  0.7229568362236023,
  1.0,
];
interface Bnb4 {
  readonly K: number;
  readonly N: number;
  readonly block_size: number;
  readonly quant_type: number;
  readonly training_mode: boolean;
  readonly transB: boolean;
}
const bnb4 = contribOp<Bnb4>({
  name: "MatMulBnb4",
  summary: "A times a matrix of four-bit floats in blocks (Dettmers et al. 2023)",
  attributes: {
    K: int({ doc: "features that go in", min: 1 }),
    N: int({ doc: "features that come out", min: 1 }),
    block_size: int({ doc: "elements that share a scale", min: 1 }),
    quant_type: int({ doc: "0 for FP4, 1 for NF4", min: 0, max: 1 }),
    training_mode: bool({ doc: "changes no result", default: false }),
    transB: bool({ doc: "the matrix is [N, K]", default: true }),
  },
  arity: [3, 3],
  dtypes: ({ inputs }) => [tensorType(asTensor(inputs[0]).dtype)],
  body(b, v, { K, N, block_size, quant_type, transB }) {
    if (!transB) {
      throw new UnsupportedError(
        "transB of 0, which training alone writes and onnxruntime computes otherwise",
      );
    }
    const a = needed(v, 0), { dtype } = asTensor(a.type), bytes = b.reshape(needed(v, 1), b.ints([-1]));
    // The higher half of a byte comes first.
    const halves = [
      b.bitShift(bytes, b.scalar(4, "uint8"), { direction: "RIGHT" }),
      b.bitwiseAnd(bytes, b.scalar(15, "uint8")),
    ];
    const pairs = halves.map((h) => b.unsqueeze(b.cast(h, { to: "int32" }), b.ints([1])));
    const codes = b.reshape(b.concat(pairs, { axis: 1 }), b.ints([-1]));
    const table = b.constant(tensor([...(quant_type === 0 ? fp4Table : nf4Table)], [16], "float32"));
    const numbers = typed(b, b.gather(table, codes), dtype), count = N * K;
    const blocks = Math.ceil(count / block_size), even = blocks * block_size;
    const filled = even === count || even <= 2 * Math.ceil(count / 2)
      ? b.slice(numbers, b.ints([0]), b.ints([even]), b.ints([0]))
      : b.pad(b.slice(numbers, b.ints([0]), b.ints([count]), b.ints([0])), b.ints([0, even - count]));
    const scales = b.reshape(needed(v, 2), b.ints([blocks, 1]));
    const scaled = b.mul(b.reshape(filled, b.ints([blocks, block_size])), scales);
    const flat = b.slice(b.reshape(scaled, b.ints([-1])), b.ints([0]), b.ints([count]), b.ints([0]));
    const w = b.reshape(flat, b.ints([N, K]));
    return [b.matMul(a, b.transpose(w, { perm: [1, 0] }))];
  },
});

interface Table {
  readonly bits: number;
  readonly block_size: number;
  readonly gather_axis: number;
  readonly quantize_axis: number;
}
/** Each number of a block beside the scale or zero point of the block. */
function spread(b: Builder, x: Value, axis: number, size: number, count: number): Value {
  const rank = dimsOf(x.type).length;
  const wide = b.expand(
    b.unsqueeze(x, b.ints([axis + 1])),
    b.ints([size, ...new Array<number>(rank - axis - 1).fill(1)]),
  );
  const shape = [
    ...(axis > 0 ? [b.shape(x, { start: 0, end: axis })] : []),
    b.ints([-1]),
    ...(axis < rank - 1 ? [b.shape(x, { start: axis + 1 })] : []),
  ];
  const flat = b.reshape(wide, b.concat(shape, { axis: 0 }));
  return b.slice(flat, b.ints([0]), b.ints([count]), b.ints([axis]));
}
const gatherBlocks = contribOp<Table>({
  name: "GatherBlockQuantized",
  summary: "Rows of a table of few bits in blocks, each with a scale and a zero point",
  attributes: {
    bits: field({
      doc: "bits of an element where bytes hold them",
      expects: "2, 4 or 8",
      json: { enum: [2, 4, 8] },
      default: 4,
      read: (raw) => [2, 4, 8].find((n) => n === raw),
    }),
    block_size: int({ doc: "elements that share a scale", default: 128, min: 0 }),
    gather_axis: int({ doc: "axis of the rows", default: 0 }),
    quantize_axis: int({ doc: "axis of the blocks", default: 1 }),
  },
  arity: [3, 4],
  dtypes: ({ inputs }) => [tensorType(asTensor(inputs[2]).dtype)],
  body(b, v, a) {
    const data = needed(v, 0), scales = needed(v, 2), { dtype } = asTensor(scales.type);
    const kind: DType = asTensor(data.type).dtype, bytes = kind === "uint8", rank = dimsOf(data.type).length;
    if (isFloat(kind)) throw new UnsupportedError("tables of 8-bit and 4-bit floats");
    const axis = normalAxis(a.quantize_axis, rank), along = normalAxis(a.gather_axis, rank);
    if (bytes && along !== 0) throw new ShapeError(`bytes are gathered along axis 0, not ${a.gather_axis}`);
    const open = (x: Value) => {
      if (!bytes || a.bits === 8) return x;
      const parts = unpacked(b, x, a.bits), shape = [b.shape(x, { end: rank - 1 }), b.ints([-1])];
      return b.reshape(parts, b.concat(shape, { axis: 0 }));
    };
    const codes = typed(b, open(data), dtype),
      size = dimsOf(codes.type)[axis],
      blocks = dimsOf(scales.type)[axis];
    if (typeof size !== "number" || typeof blocks !== "number") {
      throw new ShapeError("a table of a known size expected");
    }
    const zero = v[3] &&
      spread(
        b,
        typed(b, b.slice(open(v[3]), b.ints([0]), b.ints([blocks]), b.ints([axis])), dtype),
        axis,
        a.block_size,
        size,
      );
    const centre = zero ?? (bytes ? numberLike(b, codes, 2 ** (a.bits - 1)) : undefined);
    const centred = centre ? b.sub(codes, centre) : codes;
    const table = b.mul(centred, spread(b, scales, axis, a.block_size, size));
    // What lies outside gives zeros.
    const index = typed(b, needed(v, 1), "int64"),
      count = countAt(b, table, along),
      none = b.scalar(0, "int64");
    const own = b.where(b.less(index, none), b.add(index, count), index);
    const inside = b.and(b.greaterOrEqual(own, none), b.less(own, count));
    const rows = b.gather(table, b.where(inside, own, none), { axis: along });
    const behind = b.ints(Array.from({ length: rank - 1 - along }, (_, i) => dimsOf(index.type).length + i));
    const shown = rank - 1 - along > 0 ? b.unsqueeze(inside, behind) : inside;
    return [b.where(shown, rows, numberLike(b, rows, 0))];
  },
});

/** Weights of few bits. */
export const contribBlocks: readonly OpDef[] = [bnb4, gatherBlocks];
