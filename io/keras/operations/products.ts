/** Keras 3's operations of products: matrices, einsum, convolutions, pools, attention, normalization, images. @module */
import type { Value } from "../../../core/graph/graph.ts";
import {
  depthwiseToOnnx,
  kernelToOnnx,
  type Padding,
  windowAttributes,
} from "../../../core/ops/windowwords.ts";
import { range, scalarLike, shapeOf, sizeAt, toFirst, toLast, transpose } from "../../../core/ops/words.ts";
import type { DataFormat } from "../../../core/network/specs.ts";
import { first, type Given, type Operations } from "./given.ts";

const two = ["x1", "x2"];
/** Two tensors of one element type. */
export const pair = (given: Given): readonly [Value, Value] => {
  const [a, b] = given.together(...two);
  return [first(a ? [a] : []), first(b ? [b] : [])];
};
/** A product of matrices; TensorFlow says which of them are turned first. */
function matmul(given: Given): Value {
  const { b } = given, turned = ["transpose_a", "transpose_b"].map((name) => given.flag(name));
  return b.one(
    "MatMul",
    pair(given).map((x, i) => {
      const rank = shapeOf(x.type).length;
      return turned[i] ? transpose(b, x, [...range(0, rank - 2), rank - 1, rank - 2]) : x;
    }),
  );
}
/** numpy's dot: sums over the last axis of one and the last but one of the other. */
function dot(given: Given): Value {
  const { b } = given, [p, q] = pair(given), [m, n] = [shapeOf(p.type).length, shapeOf(q.type).length];
  if (m === 0 || n === 0) return b.mul(p, q);
  if (n <= 2) return b.matMul(p, q);
  const letters = "abcdefghijklmnopqrstuvwxyz", left = letters.slice(0, m), own = letters.slice(m, m + n);
  const right = own.slice(0, n - 2) + left.charAt(m - 1) + own.charAt(n - 1);
  const out = left.slice(0, m - 1) + own.slice(0, n - 2) + own.charAt(n - 1);
  return b.einsum([p, q], { equation: `${left},${right}->${out}` });
}
function einsum(given: Given): Value {
  const operands = given.list("operands"), equation = given.get("subscripts");
  if (typeof equation !== "string") throw given.refuse("subscripts");
  return given.b.einsum(operands, { equation });
}

/** Where channels stand. */
export const format = (given: Given): DataFormat =>
  /^(channels_first|NC.*)$/.test(`${given.get("data_format")}`) ? "channels_first" : "channels_last";
/** A number an axis; one for all. */
export function sizesFor(given: Given, name: string, rank: number, otherwise?: number): readonly number[] {
  const said = given.has(name) || otherwise === undefined ? given.integers(name) : [otherwise];
  // TensorFlow's lists count the batch and the channels too.
  const list = said.length === rank + 2
    ? said.slice(...(format(given) === "channels_first" ? [2] : [1, -1]))
    : said;
  return list.length === 1 ? new Array<number>(rank).fill(list[0] ?? 1) : list;
}
/** What is added at the edges. */
export function padding(given: Given): Padding {
  const word = `${given.get("padding") ?? "valid"}`.toLowerCase();
  if (word === "valid" || word === "same" || word === "causal") return word;
  throw given.refuse("padding");
}
function conv(given: Given, depthwise: boolean): Value {
  const { b } = given, x = toFirst(b, given.float("inputs"), format(given)), kernel = given.value("kernel");
  const rank = shapeOf(x.type).length - 2, shape = range(0, rank).map((a) => sizeAt(kernel.type, a));
  const weights = depthwise ? depthwiseToOnnx(b, kernel) : kernelToOnnx(b, kernel);
  const channels = sizeAt(x.type, 1);
  const y = b.conv(x, weights, {
    ...windowAttributes(
      x,
      shape,
      sizesFor(given, "strides", rank, 1),
      sizesFor(given, "dilation_rate", rank, 1),
      padding(given),
    ),
    group: depthwise ? channels : channels / sizeAt(kernel.type, rank),
  });
  return toLast(b, y, format(given));
}
function pool(given: Given, op: "MaxPool" | "AveragePool"): Value {
  const { b } = given,
    x = toFirst(b, given.float("inputs"), format(given)),
    rank = shapeOf(x.type).length - 2;
  const size = sizesFor(given, "pool_size", rank),
    strides = given.has("strides") ? sizesFor(given, "strides", rank) : size;
  const window = windowAttributes(x, size, strides, size.map(() => 1), padding(given));
  const y = op === "MaxPool"
    ? b.maxPool(x, window, { outputs: 1 })[0]
    : b.averagePool(x, { ...window, count_include_pad: 0 });
  return toLast(b, y, format(given));
}
/** x over its deviation along the axes, scaled and moved. */
function layerNorm(given: Given, rms: boolean): Value {
  const { b } = given,
    x = given.float("x"),
    epsilon = given.number("epsilon", 1e-7);
  const rank = shapeOf(x.type).length,
    list = given.has("axis") ? given.axes(x) ?? [] : [rank - 1],
    axes = b.ints(list);
  const apart = rms ? x : b.sub(x, b.reduceMean(x, axes, { keepdims: 1 }));
  const power = b.reduceMean(b.mul(apart, apart), axes, { keepdims: 1 });
  const y = b.div(apart, b.sqrt(b.add(power, scalarLike(b, epsilon, power))));
  const scale = rms ? "scale" : "gamma";
  const scaled = given.has(scale) ? b.mul(y, given.value(scale)) : y;
  return !rms && given.has("beta") ? b.add(scaled, given.value("beta")) : scaled;
}
/** Images at another size. */
export function resized(given: Given): Value {
  const { b } = given, x = toFirst(b, given.float("images"), format(given)), size = given.integers("size");
  const mode = given.get("interpolation") ?? "bilinear";
  for (const name of ["crop_to_aspect_ratio", "pad_to_aspect_ratio"]) {
    if (given.flag(name)) throw given.refuse(name);
  }
  if (mode !== "nearest" && mode !== "bilinear") throw given.refuse("interpolation");
  // Nearest pixels are the same with it.
  if (given.flag("antialias") && mode !== "nearest") throw given.refuse("antialias");
  const attributes = mode === "nearest"
    ? {
      mode: "nearest",
      coordinate_transformation_mode: "half_pixel",
      nearest_mode: "round_prefer_ceil",
    } as const
    : { mode: "linear", coordinate_transformation_mode: "half_pixel" } as const;
  const y = b.resize(x, undefined, undefined, b.ints(size), { ...attributes, axes: [2, 3] });
  return toLast(b, y, format(given));
}
function blocks(given: Given, op: "DepthToSpace" | "SpaceToDepth"): Value {
  const { b } = given, x = toFirst(b, given.value("x"), format(given));
  return toLast(b, b.one(op, [x], { blocksize: given.number("block_size") }), format(given));
}

/** Products by class name. */
export const products: Operations = {
  Matmul: { args: two, build: matmul },
  Dot: { args: two, build: dot },
  Einsum: { args: ["*operands"], build: einsum },
  Conv: { args: ["inputs", "kernel"], build: (given) => conv(given, false) },
  DepthwiseConv: { args: ["inputs", "kernel"], build: (given) => conv(given, true) },
  MaxPool: { args: ["inputs"], build: (given) => pool(given, "MaxPool") },
  AveragePool: { args: ["inputs"], build: (given) => pool(given, "AveragePool") },
  LayerNorm: { args: ["x", "gamma", "beta"], build: (given) => layerNorm(given, given.flag("rms_scaling")) },
  RMSNorm: { args: ["x", "scale"], build: (given) => layerNorm(given, true) },
  Resize: { args: ["images"], build: resized },
  DepthToSpace: { args: ["x"], build: (given) => blocks(given, "DepthToSpace") },
  SpaceToDepth: { args: ["x"], build: (given) => blocks(given, "SpaceToDepth") },
};
