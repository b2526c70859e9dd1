/** Operators of onnxruntime's own domain for weights of few bits in blocks, and its quantizers of 4 and 16 bits. @module */
import type { Builder } from "../../core/graph/builder.ts";
import { UnsupportedError } from "../../core/values/errors.ts";
import type { Value } from "../../core/graph/graph.ts";
import type { OpDef } from "../../core/graph/op.ts";
import { defineOp } from "../../core/ops/define.ts";
import { bool, field, int } from "../../core/values/schema.ts";
import { asTensor, dimsOf, tensorType } from "../../core/values/shape.ts";
import { needed } from "./integer.ts";

const domain = "com.microsoft", axis = int({ doc: "axis that vectors of scales lie along", default: 1 });
const blocks = int({
  doc: "elements that share a scale along the axis; 0 for no blocks",
  default: 0,
  min: 0,
});

/** As ONNX's own, which had no 16 and 4 bits when it was written. */
const quantize: OpDef = defineOp<{ axis: number; block_size: number; saturate: boolean }>({
  name: "QuantizeLinear",
  domain,
  since: 1,
  summary: "round(x / scale) + zero point, in the range of the quantized type",
  attributes: {
    axis,
    block_size: blocks,
    saturate: bool({ doc: "too large numbers become the largest 8-bit float", default: true }),
  },
  arity: [2, 3],
  accuracy: "rounding",
  body: (b, v, a) => [b.one("QuantizeLinear", [...v], { ...a })],
});
const dequantize: OpDef = defineOp<{ axis: number; block_size: number }>({
  name: "DequantizeLinear",
  domain,
  since: 1,
  summary: "(x − zero point) · scale",
  attributes: { axis, block_size: blocks },
  arity: [2, 3],
  accuracy: "rounding",
  body: (b, v, a) => [b.one("DequantizeLinear", [...v], { ...a })],
});

interface NBits {
  readonly K: number;
  readonly N: number;
  readonly bits: number;
  readonly block_size: number;
  readonly accuracy_level: number;
  readonly weight_prepacked: number;
}
/** Numbers of a few bits out of bytes, the lowest bits first, along a new last axis. */
export function unpacked(b: Builder, bytes: Value, bits: number): Value {
  if (bits === 8) return bytes;
  const parts = Array.from({ length: 8 / bits }, (_, i) => {
    const low = b.bitShift(bytes, b.scalar(i * bits, "uint8"), { direction: "RIGHT" });
    return b.unsqueeze(b.bitwiseAnd(low, b.scalar(2 ** bits - 1, "uint8")), b.ints([-1]));
  });
  return b.concat(parts, { axis: -1 });
}
/** Blocks of the rows, of which files may hold more than there are. */
function rowOrder(b: Builder, order: Value, rows: number): Value {
  return b.slice(order, b.ints([0]), b.ints([rows]), b.ints([0]));
}
const matMulNBits: OpDef = defineOp<NBits>({
  name: "MatMulNBits",
  domain,
  since: 1,
  summary: "A times a matrix of few bits: rows of blocks, each with a scale and a zero point",
  attributes: {
    K: int({ doc: "rows of the matrix", min: 1 }),
    N: int({ doc: "columns of the matrix", min: 1 }),
    bits: field({
      doc: "bits of an element",
      expects: "2, 4 or 8",
      json: { enum: [2, 4, 8] },
      default: 4,
      read: (raw) => [2, 4, 8].find((n) => n === raw),
    }),
    block_size: int({ doc: "elements that share a scale", min: 16 }),
    accuracy_level: int({ doc: "least accuracy of the sums; ours are exact", default: 0 }),
    weight_prepacked: int({ doc: "0: as described; others are GPUs' own order", default: 0, min: 0, max: 0 }),
  },
  arity: [3, 6],
  accuracy: "rounding",
  dtypes: ({ inputs }) => [tensorType(asTensor(inputs[0]).dtype)],
  body(b, v, { K, N, bits, block_size }) {
    const a = needed(v, 0),
      { dtype } = asTensor(a.type),
      count = Math.ceil(K / block_size);
    const order = v[4];
    if (order && v[3]) {
      throw new UnsupportedError(
        "zero points beside an order of rows (g_idx), of which onnxruntime makes something else than its description",
      );
    }
    const column = (x: Value) => b.reshape(x, b.ints([N, count, 1]));
    const given = v[3], packed = given && asTensor(given.type).dtype === "uint8";
    const perRow = Math.ceil(count * bits / 8);
    const rows = given && packed &&
      b.reshape(unpacked(b, b.reshape(given, b.ints([N, perRow])), bits), b.ints([N, -1]));
    const zeros = rows
      ? column(
        b.slice(b.cast(rows, { to: dtype }), b.ints([0]), b.ints([count]), b.ints([1])),
      )
      : given
      ? column(given)
      : b.scalar(2 ** (bits - 1), dtype);
    const elements = b.reshape(unpacked(b, needed(v, 1), bits), b.ints([N, count, block_size]));
    const numbers = b.cast(elements, { to: dtype }),
      rowsOf = (x: Value) => b.slice(b.reshape(x, b.ints([N, -1])), b.ints([0]), b.ints([K]), b.ints([1]));
    // An order says which block's scale each row has.
    const scales = column(needed(v, 2));
    const chosen = (x: Value, rows: Value) =>
      b.gather(b.reshape(x, b.ints([N, count])), rowOrder(b, rows, K), { axis: 1 });
    const weights = order
      ? b.mul(b.sub(rowsOf(numbers), zeros), chosen(scales, order))
      : rowsOf(b.mul(b.sub(numbers, zeros), scales));
    const y = b.matMul(a, b.transpose(weights, { perm: [1, 0] }));
    return [v[5] ? b.add(y, v[5]) : y];
  },
  infer({ inputs, attributes }) {
    const x = dimsOf(inputs[0], "A");
    return [tensorType(asTensor(inputs[0]).dtype, [...x.slice(0, -1), attributes.N])];
  },
});

/** Operators of few bits. */
export const fewBitsOps: readonly OpDef[] = [quantize, dequantize, matMulNBits];
