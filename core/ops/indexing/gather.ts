/** Operators that pick elements by index. What writes by index stands in scatter.ts, what finds indices in find.ts, one-hot rows in onehot.ts. @module */
import { item } from "../../values/item.ts";
import type { Builder } from "../../graph/builder.ts";
import { ShapeError } from "../../values/errors.ts";
import type { Value } from "../../graph/graph.ts";
import type { OpDef } from "../../graph/op.ts";
import { int } from "../../values/schema.ts";
import { asTensor, dimsOf, freshDim, normalAxis, tensorType, type Type } from "../../values/shape.ts";
import { sizeOf, type Tensor, toIntegers } from "../../values/tensor.ts";
import { dtypes } from "../../values/dtype.ts";
import { anyType, defineOp, floats, indexTypes, inputOf, knownIntegers, tensorAt } from "../define.ts";
import { copyRun, emptyLike, finished, numbersOf } from "../kernels.ts";
import { eachLine, eachTuple, indicesOf, placeOf } from "../indices.ts";
import { oneHot } from "./onehot.ts";
import { byPositions, zerosLike } from "./positions.ts";
import { scatterOps } from "./scatter.ts";

type Axis = { readonly axis: number };

function gathered(x: Tensor, indices: Tensor, at: number): Tensor {
  const axis = normalAxis(at, x.shape.length), d = item(x.shape, axis), per = dtypes[x.dtype].per;
  const shape = x.shape.toSpliced(axis, 1, ...indices.shape), list = indicesOf(indices), n = list.length;
  const outer = sizeOf(x.shape.slice(0, axis)), run = sizeOf(x.shape.slice(axis + 1)) * per;
  const places = Int32Array.from(list, (i) => placeOf(i, d, axis)), out = emptyLike(x.dtype, sizeOf(shape));
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < n; i++) {
      copyRun(x.data, (o * d + (places[i] as number)) * run, out, (o * n + i) * run, run);
    }
  }
  return { dtype: x.dtype, shape, data: out };
}

/** The gradient of a Gather: rows added up where they came from. */
function gatherBack(b: Builder, x: Value, indices: Value, dy: Value, at: number): Value {
  const rank = asTensor(x.type).shape?.length, width = asTensor(indices.type).shape?.length;
  if (rank === undefined || width === undefined) {
    return byPositions(b, x, dy, (p) => b.gather(p, indices, { axis: at }));
  }
  const axis = normalAxis(at, rank), shape = b.shape(x);
  if (axis === 0) return b.embeddingGradient(dy, indices, shape);
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
  const front = [axis, ...range(0, axis), ...range(axis + 1, rank)];
  const turned = b.transpose(dy, {
    perm: [...range(axis, axis + width), ...range(0, axis), ...range(axis + width, rank + width - 1)],
  });
  const moved = b.gather(shape, b.ints(front));
  const sums = b.embeddingGradient(turned, indices, moved);
  return b.transpose(sums, { perm: front.map((_, i) => front.indexOf(i)) });
}
const gather = defineOp<Axis>({
  name: "Gather",
  since: 13,
  summary: "Slices along an axis by index; negative indices count from the end",
  attributes: { axis: int({ doc: "axis that is indexed", default: 0 }) },
  arity: [2, 2],
  accuracy: "exact",
  infer(c) {
    const x = inputOf(c, 0), dims = dimsOf(x), axis = normalAxis(c.attributes.axis, dims.length);
    const picked = dimsOf(inputOf(c, 1, indexTypes));
    return [tensorType(x.dtype, dims.toSpliced(axis, 1, ...picked))];
  },
  propagate(c) {
    const dims = c.dims(0), indices = knownIntegers(c, 1), rank = asTensor(c.inputs[1]).shape?.length ?? 2;
    if (!dims || !indices || rank > 1 || asTensor(c.inputs[0]).shape?.length !== 1) return undefined;
    return indices.map((i) => item(dims, placeOf(i, dims.length, 0)));
  },
  vjp(b, { inputs: [x, indices], attributes: { axis } }, [dy]) {
    return x && indices && dy ? [gatherBack(b, x, indices, dy, axis)] : [];
  },
  plain: (inputs, { attributes: { axis } }) => [gathered(tensorAt(inputs, 0), tensorAt(inputs, 1), axis)],
});

function embeddingGradient(dy: Tensor, indices: Tensor, shape: readonly number[]): Tensor {
  const rows = item(shape, 0),
    width = sizeOf(shape.slice(1)),
    from = numbersOf(dy),
    list = indicesOf(indices);
  const sums = new Float64Array(rows * width);
  for (let i = 0; i < list.length; i++) {
    const to = placeOf(list[i] as number, rows, 0) * width, at = i * width;
    for (let k = 0; k < width; k++) sums[to + k] = (sums[to + k] as number) + (from[at + k] as number);
  }
  if (dy.dtype === "float32") return { dtype: "float32", shape, data: Float32Array.from(sums) };
  return finished(dy.dtype, shape, sums);
}
const embedding = defineOp({
  name: "EmbeddingGradient",
  domain: "lapis",
  since: 1,
  summary: "Rows of dy added up by index into zeros of the given shape: the gradient of Gather on axis 0",
  attributes: {},
  arity: [3, 3],
  accuracy: "rounding",
  infer(c) {
    const dy = inputOf(c, 0, floats), shape = c.dims(2);
    inputOf(c, 1, indexTypes);
    if (shape) return [tensorType(dy.dtype, shape)];
    const rank = dimsOf(dy).length - dimsOf(c.inputs[1]).length + 1;
    return [tensorType(dy.dtype, Array.from({ length: rank }, freshDim))];
  },
  body(b, [dy, indices, shape]) {
    if (!dy || !indices || !shape) return [];
    const zeros = b.expand(b.scalar(0, asTensor(dy.type).dtype), shape);
    const column = b.unsqueeze(indices, b.ints([-1]));
    const long = asTensor(indices.type).dtype === "int64" ? column : b.cast(column, { to: "int64" });
    return [b.scatterND(zeros, long, dy, { reduction: "add" })];
  },
  plain: (
    inputs,
  ) => [embeddingGradient(tensorAt(inputs, 0), tensorAt(inputs, 1), toIntegers(tensorAt(inputs, 2)))],
});

const gatherElements = defineOp<Axis>({
  name: "GatherElements",
  since: 13,
  summary: "One element for each index, from its own line along an axis",
  attributes: { axis: int({ doc: "axis that is indexed", default: 0 }) },
  arity: [2, 2],
  accuracy: "exact",
  infer(c) {
    const x = inputOf(c, 0), indices = inputOf(c, 1, indexTypes);
    if (x.shape && indices.shape && x.shape.length !== indices.shape.length) {
      throw new ShapeError(
        `data and indices need one rank, got ${x.shape.length} and ${indices.shape.length}`,
      );
    }
    return [tensorType(x.dtype, indices.shape)];
  },
  vjp(b, { inputs: [x, indices], attributes: { axis } }, [dy]) {
    if (!x || !indices || !dy) return [];
    return [b.scatterElements(zerosLike(b, x), indices, dy, { axis, reduction: "add" })];
  },
  plain(inputs, { attributes: { axis } }) {
    const x = tensorAt(inputs, 0), indices = tensorAt(inputs, 1), per = dtypes[x.dtype].per;
    const out = emptyLike(x.dtype, sizeOf(indices.shape));
    eachLine(x.shape, indices, axis, (at, from) => copyRun(x.data, from * per, out, at * per, per));
    return [{ dtype: x.dtype, shape: indices.shape, data: out }];
  },
});

/** The shape of slices that index tuples name. */
function tupleType(x: Type, indices: Type, batch: number): Type {
  const data = asTensor(x), dims = dimsOf(data), places = dimsOf(indices), depth = places.at(-1);
  if (typeof depth !== "number") return tensorType(data.dtype);
  if (batch + depth > dims.length) {
    throw new ShapeError(`tuples of ${depth} behind ${batch} axes of a rank of ${dims.length}`);
  }
  return tensorType(data.dtype, [...places.slice(0, -1), ...dims.slice(batch + depth)]);
}
const gatherND = defineOp<{ readonly batch_dims: number }>({
  name: "GatherND",
  since: 13,
  summary: "Slices by index tuples",
  attributes: { batch_dims: int({ doc: "leading axes that data and indices share", default: 0, min: 0 }) },
  arity: [2, 2],
  accuracy: "exact",
  infer(c) {
    return [tupleType(inputOf(c, 0, anyType), inputOf(c, 1, indexTypes), c.attributes.batch_dims)];
  },
  vjp(b, { inputs: [x, indices], attributes }, [dy]) {
    if (!x || !indices || !dy) return [];
    if (attributes.batch_dims === 0) {
      return [b.scatterND(zerosLike(b, x), indices, dy, { reduction: "add" })];
    }
    return [byPositions(b, x, dy, (p) => b.gatherND(p, indices, attributes))];
  },
  plain(inputs, { attributes: { batch_dims: batch } }) {
    const x = tensorAt(inputs, 0), indices = tensorAt(inputs, 1), per = dtypes[x.dtype].per;
    const shape = [...indices.shape.slice(0, -1), ...x.shape.slice(batch + (indices.shape.at(-1) ?? 0))];
    const run = sizeOf(x.shape.slice(batch + (indices.shape.at(-1) ?? 0))) * per;
    const out = emptyLike(x.dtype, sizeOf(shape));
    eachTuple(x.shape, indices, batch, (tuple, start) => copyRun(x.data, start * per, out, tuple * run, run));
    return [{ dtype: x.dtype, shape, data: out }];
  },
});

/** Operators that read, write and find by index. */
export const gatherOps: readonly OpDef[] = [
  gather,
  embedding,
  gatherElements,
  gatherND,
  ...scatterOps,
  oneHot,
];
