/** Matrix products: MatMul, Gemm and Einsum. @module */
import { item } from "../../values/item.ts";
import type { Builder } from "../../graph/builder.ts";
import { ShapeError } from "../../values/errors.ts";
import type { Value } from "../../graph/graph.ts";
import type { OpDef } from "../../graph/op.ts";
import { bool, float } from "../../values/schema.ts";
import {
  asTensor,
  broadcastShapes,
  type Dim,
  dimsOf,
  dimText,
  sameDim,
  shapeText,
  tensorType,
} from "../../values/shape.ts";
import { toNumbers } from "../../values/tensor.ts";
import { product, result, stridesOf } from "../arrays.ts";
import { sumTo } from "../broadcast.ts";
import { defineOp, type NoAttributes, optionalAt, tensorAt } from "../define.ts";
import { einsum } from "./einsum.ts";
import { addProduct, matrix, transposed } from "./gemm.ts";

/** Throws unless two dims can be equal. */
function checkInner(a: Dim, b: Dim, left: readonly Dim[], right: readonly Dim[]): void {
  if (typeof a === "number" && typeof b === "number" && !sameDim(a, b)) {
    throw new ShapeError(
      `${shapeText(left)} · ${shapeText(right)}: expected equal inner sizes, got ${dimText(a)} and ${
        dimText(b)
      }`,
    );
  }
}

const matmul: OpDef = defineOp<NoAttributes>({
  name: "MatMul",
  since: 13,
  summary:
    "The matrix product, numpy.matmul: leading axes broadcast, a vector is a row on the left and a column on the right.",
  attributes: {},
  arity: [2, 2],
  infer({ inputs }) {
    const a = dimsOf(inputs[0], "A"), b = dimsOf(inputs[1], "B");
    const k = a.at(-1), l = b.length === 1 ? b[0] : b.at(-2);
    if (k === undefined || l === undefined) {
      throw new ShapeError("expected vectors or matrices, got a scalar");
    }
    checkInner(k, l, a, b);
    const batch = broadcastShapes(a.slice(0, -2), b.slice(0, -2));
    const rows = a.length === 1 ? [] : a.slice(-2, -1), columns = b.length === 1 ? [] : b.slice(-1);
    return [tensorType(asTensor(inputs[0]).dtype, [...batch, ...rows, ...columns])];
  },
  vjp(b, { inputs: [x, y] }, [dy], wanted) {
    if (!x || !y || !dy) return [];
    const xRank = dimsOf(x.type).length, yRank = dimsOf(y.type).length;
    const left = xRank === 1 ? b.unsqueeze(x, b.ints([0])) : x;
    const right = yRank === 1 ? b.unsqueeze(y, b.ints([1])) : y;
    let d = dy;
    if (yRank === 1) d = b.unsqueeze(d, b.ints([-1]));
    if (xRank === 1) d = b.unsqueeze(d, b.ints([-2]));
    const dx = wanted[0] ? leftGradient(b, d, right, left) : undefined;
    const dRight = wanted[1] ? rightGradient(b, left, d, right) : undefined;
    return [
      dx && (xRank === 1 ? b.squeeze(dx, b.ints([0])) : dx),
      dRight && (yRank === 1 ? b.squeeze(dRight, b.ints([1])) : dRight),
    ];
  },
  plain(inputs) {
    const a = tensorAt(inputs, 0), b = tensorAt(inputs, 1);
    const aShape = a.shape.length === 1 ? [1, ...a.shape] : a.shape;
    const bShape = b.shape.length === 1 ? [...b.shape, 1] : b.shape;
    const [m = 1, k = 1] = aShape.slice(-2), [l = 1, n = 1] = bShape.slice(-2);
    checkInner(k, l, a.shape, b.shape);
    const batch = broadcastShapes(aShape.slice(0, -2), bShape.slice(0, -2)) as number[];
    const count = product(batch), out = new Float64Array(count * m * n);
    const x = toNumbers(a), y = toNumbers(b);
    const aAt = batchOffsets(batch, aShape), bAt = batchOffsets(batch, bShape);
    if (bShape.length === 2) addProduct(matrix(x, k), matrix(y, n), count * m, n, k, out);
    else {
      for (let i = 0; i < count; i++) {
        addProduct(matrix(x, k, aAt[i]), matrix(y, n, bAt[i]), m, n, k, out, i * m * n);
      }
    }
    const rows = a.shape.length === 1 ? [] : [m], columns = b.shape.length === 1 ? [] : [n];
    return [result(out, [...batch, ...rows, ...columns], a.dtype)];
  },
  accuracy: "rounding",
});

/** Where each matrix of a broadcast batch starts. */
function batchOffsets(batch: readonly number[], shape: readonly number[]): Int32Array {
  const own = shape.slice(0, -2), lead = batch.length - own.length, strides = stridesOf(shape);
  const out = new Int32Array(product(batch)), steps = stridesOf(batch);
  for (let i = 0; i < out.length; i++) {
    let at = 0;
    own.forEach((size, axis) => {
      if (size === 1) return;
      const index = Math.floor(i / item(steps, axis + lead)) % size;
      at += index * item(strides, axis);
    });
    out[i] = at;
  }
  return out;
}

/** x with its last two axes exchanged. */
function swapped(b: Builder, x: Value): Value {
  const rank = dimsOf(x.type).length;
  const perm = Array.from({ length: rank }, (_, i) => i);
  [perm[rank - 2], perm[rank - 1]] = [rank - 1, rank - 2];
  return b.transpose(x, { perm });
}
/** d·rightᵀ, summed to the shape of `left`. */
function leftGradient(b: Builder, d: Value, right: Value, left: Value): Value {
  return sumTo(b, b.matMul(d, swapped(b, right)), left);
}
/** leftᵀ·d, summed to the shape of `right`: one product over all rows where the right side is one matrix. */
function rightGradient(b: Builder, left: Value, d: Value, right: Value): Value {
  const shape = dimsOf(right.type), [k, n] = shape;
  if (shape.length === 2 && dimsOf(left.type).length > 2 && typeof k === "number" && typeof n === "number") {
    const rows = b.reshape(left, b.ints([-1, k])), columns = b.reshape(d, b.ints([-1, n]));
    return b.matMul(swapped(b, rows), columns);
  }
  return sumTo(b, b.matMul(swapped(b, left), d), right);
}

interface Gemm {
  readonly alpha: number;
  readonly beta: number;
  readonly transA: boolean;
  readonly transB: boolean;
}
const gemm: OpDef = defineOp<Gemm>({
  name: "Gemm",
  since: 13,
  summary: "alpha·A·B + beta·C of matrices, A and B transposed where said, C broadcast.",
  attributes: {
    alpha: float({ doc: "Factor of the product.", default: 1 }),
    beta: float({ doc: "Factor of C.", default: 1 }),
    transA: bool({ doc: "Take A transposed.", default: false }),
    transB: bool({ doc: "Take B transposed.", default: false }),
  },
  arity: [2, 3],
  infer({ inputs, attributes: { transA, transB } }) {
    const a = dimsOf(inputs[0], "A"), b = dimsOf(inputs[1], "B");
    const [m, k] = transA ? [a[1], a[0]] : a, [l, n] = transB ? [b[1], b[0]] : b;
    if (
      a.length !== 2 || b.length !== 2 || m === undefined || k === undefined || l === undefined ||
      n === undefined
    ) {
      throw new ShapeError(`expected two matrices, got ${shapeText(a)} and ${shapeText(b)}`);
    }
    checkInner(k, l, a, b);
    return [tensorType(asTensor(inputs[0]).dtype, [m, n])];
  },
  body(b, [x, y, c], { alpha, beta, transA, transB }) {
    if (!x || !y) return [];
    const { dtype } = asTensor(x.type);
    const scaled = (v: Value, by: number) => (by === 1 ? v : b.mul(v, b.scalar(by, dtype)));
    const left = transA ? b.transpose(x, { perm: [1, 0] }) : x;
    const right = transB ? b.transpose(y, { perm: [1, 0] }) : y;
    const xy = scaled(b.matMul(left, right), alpha);
    return [c && beta !== 0 ? b.add(xy, scaled(c, beta)) : xy];
  },
  plain(inputs, { attributes: { alpha, beta, transA, transB } }) {
    const a = tensorAt(inputs, 0), b = tensorAt(inputs, 1), c = optionalAt(inputs, 2);
    const [rows = 1, columns = 1] = a.shape, [bRows = 1, bColumns = 1] = b.shape;
    const [m, k] = transA ? [columns, rows] : [rows, columns],
      [l, n] = transB ? [bColumns, bRows] : [bRows, bColumns];
    checkInner(k, l, a.shape, b.shape);
    const out = new Float64Array(m * n);
    const left = matrix(toNumbers(a), columns), right = matrix(toNumbers(b), bColumns);
    addProduct(transA ? transposed(left) : left, transB ? transposed(right) : right, m, n, k, out);
    if (alpha !== 1) { for (let i = 0; i < out.length; i++) out[i] = alpha * (out[i] as number); }
    if (c && beta !== 0) {
      const [cRows = 1, cColumns = 1] = [1, 1, ...c.shape].slice(-2), bias = toNumbers(c);
      if (c.shape.length > 2 || (cRows !== 1 && cRows !== m) || (cColumns !== 1 && cColumns !== n)) {
        throw new ShapeError(`C of [${c.shape}] doesn't broadcast to [${m}, ${n}]`);
      }
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          const at = (cRows === 1 ? 0 : i * cColumns) + (cColumns === 1 ? 0 : j);
          out[i * n + j] = (out[i * n + j] as number) + beta * (bias[at] as number);
        }
      }
    }
    return [result(out, [m, n], a.dtype)];
  },
  upgrade(_, node) {
    // Before opset 7 broadcasting of C was asked for by an attribute.
    const { broadcast: _broadcast, ...attributes } = node.attributes;
    return { ...node, attributes };
  },
  accuracy: "rounding",
});

/** Matrix products. */
export const matmulOps: readonly OpDef[] = [matmul, gemm, einsum];
