/** What graphs of operators are written with: masks, channel order, shapes that hold symbols. @module */
import type { Builder } from "../graph/builder.ts";
import { type DType, isFloat } from "../values/dtype.ts";
import { ShapeError } from "../values/errors.ts";
import type { Value } from "../graph/graph.ts";
import type { ActivationSpec, DataFormat, InitializerSpec, ParamSpec } from "../network/specs.ts";
import { asTensor, type Dim, dimsOf, normalAxis, tensorType, type Type, typeText } from "../values/shape.ts";
import { sizeOf, type Tensor, tensor, toNumbers } from "../values/tensor.ts";

/** Adds an activation given as a configuration holds it. */
export function activate(b: Builder, spec: ActivationSpec, x: Value): Value {
  if (typeof spec === "string") return spec === "linear" ? x : b.activation(spec, x);
  const { name, ...options } = spec;
  return b.activation(name, x, options);
}

/** A trained weight. */
export function weight(
  shape: readonly Dim[],
  init: InitializerSpec,
  more: Partial<ParamSpec> = {},
): ParamSpec {
  return { shape, init, ...more };
}
/** The shape of a layer's input. @throws {ShapeError} where there is no such input, or its rank is unknown. */
export function shapeOf(type: Type | undefined, what = "input"): readonly Dim[] {
  const { shape } = asTensor(type, what);
  if (shape === undefined) throw new ShapeError(`${what}: expected a known rank, got ${typeText(type)}`);
  return shape;
}
/** The shape, where it has one of the given ranks. @throws {ShapeError} */
export function shapeOfRank(type: Type | undefined, rank: number, axes: string): readonly Dim[] {
  const shape = shapeOf(type);
  if (shape.length !== rank) {
    throw new ShapeError(`expected ${rank} axes ${axes}, got ${typeText(type)}`);
  }
  return shape;
}
/** The size of one axis. @throws {ShapeError} where it isn't a number. */
export function sizeAt(type: Type | undefined, axis: number): number {
  const shape = shapeOf(type);
  const size = shape[normalAxis(axis, shape.length)];
  if (typeof size !== "number") {
    throw new ShapeError(`expected a known size of axis ${axis}, got ${typeText(type)}`);
  }
  return size;
}
/** The i-th input of a layer. @throws {ShapeError} */
export function inputAt(inputs: readonly Value[], i: number): Value {
  const v = inputs[i];
  if (!v) throw new ShapeError(`expected at least ${i + 1} inputs, got ${inputs.length}`);
  return v;
}
/** A weight that the configuration calls for. @throws {RangeError} where the layer asks for one it didn't declare. */
export function paramAt<P extends string>(params: Readonly<Record<P, Value>>, name: P): Value {
  const v: Value | undefined = params[name];
  if (!v) throw new RangeError(`no weight ${name}`);
  return v;
}
/** The element type of a value. */
export function dtypeOf(v: Value): DType {
  return asTensor(v.type).dtype;
}
/** The value in floats: integers and booleans become float32. */
export function asFloat(b: Builder, x: Value): Value {
  return isFloat(dtypeOf(x)) ? x : cast(b, x, "float32");
}
/** The value in an element type, cast where it isn't yet. */
export function cast(b: Builder, x: Value, dtype: DType): Value {
  return dtypeOf(x) === dtype ? x : b.cast(x, { to: dtype });
}
/** A scalar of `like`'s element type. */
export function scalarLike(b: Builder, value: number, like: Value): Value {
  return b.scalar(value, dtypeOf(like));
}

/** The mask of input `i`: what the call says, else what rides beside the value. */
export function maskOf(
  inputs: readonly Value[],
  call: { readonly mask?: Value | null | readonly (Value | null)[] },
  i = 0,
): Value | undefined {
  const given = call.mask;
  if (given === undefined) return inputs[i]?.mask;
  if (given === null) return undefined;
  if (!("id" in given)) return given[i] ?? undefined;
  return i === 0 ? given : undefined;
}
/** True for files of Keras as it was up to 2.3, for several backends; those of TensorFlow's own say so: `2.2.4-tf`. */
export function isMultiBackend(version: string): boolean {
  return /^(1|2\.[0-3])(\.\d+)*$/.test(version);
}
/** A mask as booleans. */
export function boolMask(b: Builder, mask: Value): Value {
  return cast(b, mask, "bool");
}
/** A mask of steps as booleans `[batch, steps]`; Keras takes `[batch, steps, 1]` too. */
export function stepMask(b: Builder, mask: Value): Value {
  return boolMask(b, shapeOf(mask.type).length === 3 ? b.squeeze(mask, b.ints([2])) : mask);
}
/** `mask` with axes of 1 after its own, to stand against `x`. */
export function maskLike(b: Builder, mask: Value, x: Value): Value {
  const own = shapeOf(mask.type).length, wanted = shapeOf(x.type).length;
  if (own >= wanted) return boolMask(b, mask);
  const axes = Array.from({ length: wanted - own }, (_, i) => own + i);
  return b.unsqueeze(boolMask(b, mask), b.ints(axes));
}
/** True along an axis where any element differs from `value`: bool, the axis kept as 1 or dropped. */
export function anyDiffers(b: Builder, x: Value, value: number, keepdims: boolean): Value {
  const differs = b.not(b.equal(x, scalarLike(b, value, x)));
  const counted = b.reduceMax(cast(b, differs, "float32"), b.ints([-1]), {
    keepdims: keepdims ? 1 : 0,
  });
  return cast(b, counted, "bool");
}

/** Transposes. */
export function transpose(b: Builder, x: Value, perm: readonly number[]): Value {
  return perm.every((p, i) => p === i) ? x : b.transpose(x, { perm });
}
/** `[batch, …sizes, channels] → [batch, channels, …sizes]`, where the format says so. */
export function toFirst(b: Builder, x: Value, format: DataFormat = "channels_last"): Value {
  const rank = shapeOf(x.type).length;
  if (format === "channels_first" || rank < 3) return x;
  return transpose(b, x, [0, rank - 1, ...range(1, rank - 1)]);
}
/** `[batch, channels, …sizes] → [batch, …sizes, channels]`, where the format says so. */
export function toLast(b: Builder, x: Value, format: DataFormat = "channels_last"): Value {
  const rank = shapeOf(x.type).length;
  if (format === "channels_first" || rank < 3) return x;
  return transpose(b, x, [0, ...range(2, rank), 1]);
}
/** from, from + 1, … to − 1 */
export function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
}
/** Axes counted from the front, each once, in order. @throws {ShapeError} */
export function sortedAxes(axes: number | readonly number[], rank: number): readonly number[] {
  const list = typeof axes === "number" ? [axes] : axes;
  const found = list.map((a) => normalAxis(a, rank)).sort((a, c) => a - c);
  if (new Set(found).size !== found.length) throw new ShapeError(`an axis stands twice in [${list}]`);
  return found;
}

/** An int64 vector of sizes; what is no number is read from `x`'s axis of the same position, or the one given. */
export function shapeVector(
  b: Builder,
  x: Value,
  sizes: readonly (number | { readonly axis: number })[],
): Value {
  if (sizes.every((s) => typeof s === "number")) return b.ints(sizes);
  const parts = sizes.map((s) =>
    typeof s === "number" ? b.ints([s]) : b.shape(x, { start: s.axis, end: s.axis + 1 })
  );
  return parts.length === 1 && parts[0] ? parts[0] : b.concat(parts, { axis: 0 });
}
/** Sizes for {@link shapeVector}: numbers where `x`'s axes are known. */
export function sizesOf(x: Value, axes: readonly number[]): (number | { readonly axis: number })[] {
  const shape = dimsOf(x.type);
  return axes.map((axis) => {
    const d = shape[axis];
    return typeof d === "number" ? d : { axis };
  });
}
/** The value under another shape; an entry `{axis}` is the size of that axis of `like` (x unless given). */
export function reshape(
  b: Builder,
  x: Value,
  sizes: readonly (number | { readonly axis: number })[],
  like: Value = x,
): Value {
  const open = sizes.filter((s) => typeof s !== "number");
  // One unknown size is -1, and one at its own place is 0: both spare reading the shape at run time.
  if (open.length === 1 && !sizes.includes(-1)) {
    return b.reshape(x, b.ints(sizes.map((s) => (typeof s === "number" ? s : -1))));
  }
  const vector = like === x ? sizes.map((s, i) => (typeof s !== "number" && s.axis === i ? 0 : s)) : sizes;
  return b.reshape(x, shapeVector(b, like, vector));
}
/** A value repeated to a shape, as in {@link shapeVector}. */
export function expand(
  b: Builder,
  x: Value,
  sizes: readonly (number | { readonly axis: number })[],
  like: Value,
): Value {
  return b.expand(x, shapeVector(b, like, sizes));
}

const flips = new WeakMap<object, Map<number, Value>>();
/** The steps of axis 1 in reverse; reversing what was reversed gives the first value back. */
export function reverseTime(b: Builder, x: Value): Value {
  const before = flips.get(x.owner)?.get(x.id);
  if (before) return b.masked(before, x.mask);
  const y = b.slice(x, b.ints([-1]), b.ints([-(2 ** 31)]), b.ints([1]), b.ints([-1]));
  let known = flips.get(y.owner);
  if (!known) flips.set(y.owner, known = new Map());
  known.set(y.id, x);
  return y;
}

/** max(x, 0) with a slope below, a ceiling and a threshold, as Keras' ReLU has them. */
export function rectify(
  b: Builder,
  x: Value,
  o: { readonly negativeSlope: number; readonly maxValue: number | null; readonly threshold: number },
): Value {
  const { negativeSlope, maxValue, threshold } = o;
  if (negativeSlope !== 0 && maxValue === null && threshold === 0) {
    return b.leakyRelu(x, { alpha: negativeSlope });
  }
  const zero = scalarLike(b, 0, x), edge = scalarLike(b, threshold, x);
  let y = threshold === 0 ? b.relu(x) : b.where(b.greater(x, edge), x, zero);
  if (maxValue !== null) y = b.clip(y, zero, scalarLike(b, maxValue, x));
  if (negativeSlope === 0) return y;
  const below = b.relu(b.sub(edge, x));
  return b.sub(y, b.mul(scalarLike(b, negativeSlope, x), below));
}

interface Draws {
  /** Two words that the session makes anew for every run. */
  readonly key: Value;
  count: number;
}
const draws = new WeakMap<Builder, Draws>();
/**
 * Random numbers of a shape, evenly in [0, 1): `lapis.Philox` under the graph's one random key, each draw of a graph
 * with a counter of its own. A layer's seed moves its counters apart from others'.
 */
export function uniformShaped(b: Builder, shape: Value, dtype: DType, seed: number | null): Value {
  let own = draws.get(b);
  if (!own) draws.set(b, own = { key: b.input("random_key", tensorType("uint32", [2]), "random"), count: 0 });
  const counter = b.scalar(BigInt(own.count++) + (BigInt(seed ?? 0) << 20n), "int64");
  const [dims, wide] = [b.dimsOf(shape), dtype === "float64"];
  const fixed = dims?.every((d) => typeof d === "number") ? dims : undefined;
  const inputs = fixed ? [own.key, counter] : [own.key, counter, shape];
  const y = b.one("lapis.Philox", inputs, {
    ...(fixed && { shape: [...fixed] as number[] }),
    dtype: wide ? 11 : 1,
  });
  return cast(b, y, dtype);
}
/**
 * Normal numbers in the shape of `x`, by Box and Muller's transformation: drawn anew at every run, the same ones for a
 * model's seed. `seed` moves a layer's draws apart from others'.
 */
export function normalLike(b: Builder, x: Value, mean: number, scale: number, seed: number | null): Value {
  const shape = b.shape(x), dtype = dtypeOf(x);
  const [u, v] = [uniformShaped(b, shape, dtype, seed), uniformShaped(b, shape, dtype, seed)];
  const like = (n: number) => scalarLike(b, n, x);
  const logarithm = b.log(b.sub(like(1), u));
  const radius = b.sqrt(b.mul(like(-2), logarithm));
  const z = b.mul(radius, b.cos(b.mul(like(2 * Math.PI), v)));
  return b.add(b.mul(z, like(scale)), like(mean));
}
/** What dropout multiplies by: 0 for a share `rate` of the elements, 1 / (1 − rate) for the others. */
export function dropoutPattern(b: Builder, x: Value, shape: Value, rate: number, seed: number | null): Value {
  const draw = uniformShaped(b, shape, dtypeOf(x), seed);
  const kept = cast(b, b.greaterOrEqual(draw, scalarLike(b, rate, x)), dtypeOf(x));
  return b.mul(kept, scalarLike(b, rate < 1 ? 1 / (1 - rate) : 0, x));
}
/** The `count` slices of an axis, the axis itself dropped. */
export function slicesOf(b: Builder, x: Value, axis: number, count: number): readonly Value[] {
  return range(0, count).map((i) => b.gather(x, b.scalar(i, "int64"), { axis }));
}
/** Matrices or vectors beside one another: joined along the last axis. */
export function joinColumns(parts: readonly (Tensor | undefined)[]): Tensor {
  const list = parts.filter((t) => t !== undefined), first = list[0];
  if (!first || list.length !== parts.length) throw new ShapeError("an array is missing");
  const rows = sizeOf(first.shape.slice(0, -1)), widths = list.map((t) => t.shape.at(-1) ?? 1);
  const width = widths.reduce((n, w) => n + w, 0), data = new Float32Array(rows * width);
  let from = 0;
  list.forEach((t, i) => {
    const numbers = toNumbers(t), w = widths[i] ?? 0;
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < w; c++) data[r * width + from + c] = numbers[r * w + c] ?? 0;
    }
    from += w;
  });
  return tensor(data, [...first.shape.slice(0, -1), width]);
}
/** Where query i may see key j: j ≤ i. bool `[queries, keys]` from scores `[…, queries, keys]`. */
export function causalMask(b: Builder, scores: Value): Value {
  const rank = shapeOf(scores.type).length;
  const steps = (axis: number) => {
    const count = b.squeeze(b.shape(scores, { start: axis, end: axis + 1 }));
    return b.range(b.scalar(0, "int64"), count, b.scalar(1, "int64"));
  };
  const rows = b.unsqueeze(steps(rank - 2), b.ints([1]));
  return b.greaterOrEqual(rows, b.unsqueeze(steps(rank - 1), b.ints([0])));
}
