/** What finds places along an axis: arguments of extremes, the k largest. @module */
import { item } from "../../values/item.ts";
import { isBig } from "../../values/dtype.ts";
import { InputError, ShapeError } from "../../values/errors.ts";
import type { OldNode, OpDef } from "../../graph/op.ts";
import { bool, int } from "../../values/schema.ts";
import { asTensor, dimsOf, freshDim, normalAxis, tensorType } from "../../values/shape.ts";
import { sizeOf, type Tensor, toIntegers } from "../../values/tensor.ts";
import { defineOp, indexTypes, inputOf, numeric, tensorAt } from "../define.ts";
import { emptyLike, numbersOf } from "../kernels.ts";
import { zerosLike } from "./positions.ts";

interface Lines {
  readonly axis: number;
  readonly n: number;
  readonly inner: number;
  readonly outer: number;
}
/** How a tensor lies around one axis. */
function linesOf(shape: readonly number[], at: number): Lines {
  const axis = normalAxis(at, shape.length);
  return {
    axis,
    n: item(shape, axis),
    inner: sizeOf(shape.slice(axis + 1)),
    outer: sizeOf(shape.slice(0, axis)),
  };
}
/** Elements that compare with < and >: numbers, or BigInts as they are. */
function comparable(x: Tensor): ArrayLike<number> {
  return isBig(x.dtype) ? x.data as unknown as ArrayLike<number> : numbersOf(x);
}

interface ArgAttributes {
  readonly axis: number;
  readonly keepdims: boolean;
  readonly select_last_index: boolean;
}
const argOp = (name: "ArgMax" | "ArgMin") =>
  defineOp<ArgAttributes>({
    name,
    since: 13,
    summary: `The index of the ${name === "ArgMax" ? "largest" : "smallest"} element along an axis`,
    attributes: {
      axis: int({ doc: "axis to search", default: 0 }),
      keepdims: bool({ doc: "keep the axis with one element", default: true }),
      select_last_index: bool({ doc: "the last of equal ones, not the first", default: false }),
    },
    arity: [1, 1],
    accuracy: "exact",
    infer(c) {
      const dims = dimsOf(inputOf(c, 0, numeric)), axis = normalAxis(c.attributes.axis, dims.length);
      const kept = c.attributes.keepdims
        ? dims.map((d, i) => (i === axis ? 1 : d))
        : dims.filter((_, i) => i !== axis);
      return [tensorType("int64", kept)];
    },
    dtypes: () => [tensorType("int64")],
    gradient: "none",
    plain(inputs, { attributes: { axis: at, keepdims, select_last_index: last } }) {
      const x = tensorAt(inputs, 0), { axis, n, inner, outer } = linesOf(x.shape, at), from = comparable(x);
      if (n === 0 && outer * inner > 0) throw new InputError(`axis ${axis} of [${x.shape}] is empty`);
      const sign = name === "ArgMax", out = new BigInt64Array(outer * inner);
      for (let o = 0; o < outer; o++) {
        for (let i = 0; i < inner; i++) {
          let best = from[o * n * inner + i] as number, found = 0;
          for (let k = 1; k < n && best === best; k++) {
            const v = from[(o * n + k) * inner + i] as number;
            if (v !== v || (sign ? v > best : v < best) || (last && v === best)) [best, found] = [v, k];
          }
          out[o * inner + i] = BigInt(found);
        }
      }
      const shape = keepdims
        ? x.shape.map((d, i) => (i === axis ? 1 : d))
        : x.shape.filter((_, i) => i !== axis);
      return [{ dtype: "int64", shape, data: out }];
    },
  });

interface TopAttributes {
  readonly axis: number;
  readonly largest: boolean;
  readonly sorted: boolean;
}
function upgradeTopK(from: number, node: OldNode): OldNode {
  if (from >= 10) return node;
  const { k, ...attributes } = node.attributes;
  return { ...node, attributes, inputs: [node.inputs[0], node.builder.ints([Number(k)])] };
}
const topK = defineOp<TopAttributes>({
  name: "TopK",
  since: 24,
  summary: "The k largest or smallest elements along an axis, and their indices",
  attributes: {
    axis: int({ doc: "axis to search", default: -1 }),
    largest: bool({ doc: "the largest, not the smallest", default: true }),
    sorted: bool({ doc: "in order; always so here", default: true }),
  },
  arity: [2, 2],
  maxOutputs: 2,
  minOutputs: 2,
  accuracy: "exact",
  infer(c) {
    const x = inputOf(c, 0, numeric), dims = dimsOf(x), axis = normalAxis(c.attributes.axis, dims.length);
    inputOf(c, 1, indexTypes);
    const k = c.dims(1)?.[0] ?? freshDim(), d = dims[axis];
    if (typeof k === "number" && typeof d === "number" && k > d) {
      throw new ShapeError(`k is ${k}, but axis ${axis} has ${d} elements`);
    }
    const shape = dims.map((old, i) => (i === axis ? k : old));
    return [tensorType(x.dtype, shape), tensorType("int64", shape)];
  },
  dtypes: (c) => [tensorType(asTensor(c.inputs[0]).dtype), tensorType("int64")],
  vjp(b, { inputs: [x], outputs: [, indices], attributes: { axis } }, [dy]) {
    if (!x || !indices || !dy) return [];
    return [b.scatterElements(zerosLike(b, x), indices, dy, { axis, reduction: "add" })];
  },
  plain(inputs, { attributes: { axis: at, largest } }) {
    const x = tensorAt(inputs, 0), k = item(toIntegers(tensorAt(inputs, 1)), 0);
    const { axis, n, inner, outer } = linesOf(x.shape, at), from = comparable(x);
    if (k < 0 || k > n) throw new InputError(`k is ${k}: expected 0 to ${n}, the elements of axis ${axis}`);
    const shape = x.shape.map((d, i) => (i === axis ? k : d)), indices = new BigInt64Array(sizeOf(shape));
    const values = emptyLike(x.dtype, indices.length) as Float64Array, source = x.data as Float64Array;
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        const value = (j: number) => from[(o * n + j) * inner + i] as number;
        const order = Array.from({ length: n }, (_, j) => j).sort((p, q) => {
          const a = value(p), b = value(q);
          // NaN is above all numbers, as ArgMax has it.
          if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return p - q;
          return (a > b || Number.isNaN(a)) === largest ? -1 : 1;
        });
        for (let j = 0; j < k; j++) {
          const place = order[j] as number, to = (o * k + j) * inner + i;
          indices[to] = BigInt(place);
          values[to] = source[(o * n + place) * inner + i] as number;
        }
      }
    }
    return [{ dtype: x.dtype, shape, data: values }, { dtype: "int64", shape, data: indices }];
  },
  upgrade: upgradeTopK,
});

/** What finds places along an axis. */
export const searchOps: readonly OpDef[] = [argOp("ArgMax"), argOp("ArgMin"), topK];
