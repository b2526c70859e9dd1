/** What KerasHub's layers are made of: dense and normalizing parts with their places in files, attention, masks. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import { UnsupportedError } from "../../../core/values/errors.ts";
import type { Value } from "../../../core/graph/graph.ts";
import type { InitializerSpec, LayerContext, ParamSpec } from "../../../core/network/layer.ts";
import {
  activate,
  boolMask,
  causalMask,
  dropoutPattern,
  paramAt,
  scalarLike,
  shapeOf,
  shapeVector,
  sizeAt,
  transpose,
  weight,
} from "../../../core/ops/words.ts";
import type { ActivationSpec } from "../../../core/network/specs.ts";
import { maskedSoftmax } from "../attention/multihead.ts";

/** Weights by name. */
export type Specs = Readonly<Record<string, ParamSpec>>;
/** What a layer's build is given, its weights by any name. */
export type HubContext<C> = LayerContext<C>;

/** Where a part's weights lie: Keras' attributes that lead to it, as in `_self_attention_layer/_query_dense`. */
export interface Place {
  /** Name of the part among the layer's. */
  readonly name: string;
  /** The group in a weights file. */
  readonly group: string;
}
/** The part's place by its attribute; its weights are named after it. */
export function at(group: string): Place {
  return { name: group, group };
}
const path = ({ group }: Place, variable: string) =>
  `${group.split("/").map((part) => part.replace(/^_+/, "")).join("/")}/${variable}`;

/** One weight of a part. */
export function one(place: Place, variable: string, shape: readonly number[], init: InitializerSpec): Specs {
  return {
    [`${place.name}.${variable}`]: weight(shape, init, { group: place.group, path: path(place, variable) }),
  };
}
/** Weights of a Dense layer or an EinsumDense: a kernel, and a bias unless without. */
export function denseSpecs(
  place: Place,
  kernel: readonly number[],
  init: InitializerSpec,
  bias?: readonly number[],
  biasInit: InitializerSpec = "zeros",
): Specs {
  return { ...one(place, "kernel", kernel, init), ...(bias && one(place, "bias", bias, biasInit)) };
}
/** Weights of a LayerNormalization. */
export function normSpecs(place: Place, size: number): Specs {
  return { ...one(place, "gamma", [size], "ones"), ...one(place, "beta", [size], "zeros") };
}

type Params = Readonly<Record<string, Value>>;
const weightOf = (params: Params, { name }: Place, variable: string) =>
  paramAt(params, `${name}.${variable}`);
const biasOf = (params: Params, { name }: Place): Value | undefined => params[`${name}.bias`];

/** x through a kernel `[features, units]`. */
export function dense(b: Builder, x: Value, params: Params, place: Place): Value {
  const y = b.matMul(x, weightOf(params, place, "kernel")), bias = biasOf(params, place);
  return bias ? b.add(y, bias) : y;
}
/** x `[batch, steps, features]` through a kernel of `[features, heads, size]`, as `[batch, heads, steps, size]`. */
export function toHeads(b: Builder, x: Value, params: Params, place: Place): Value {
  const kernel = weightOf(params, place, "kernel"), bias = biasOf(params, place);
  const heads = sizeAt(kernel.type, 1), size = sizeAt(kernel.type, 2);
  const flat = b.reshape(kernel, b.ints([-1, heads * size]));
  let y = b.matMul(x, flat);
  if (bias) y = b.add(y, b.reshape(bias, b.ints([-1])));
  return split(b, y, heads);
}
/** The same through a kernel of `[heads, features, size]`, as Gemma has it. */
export function toHeadsFirst(b: Builder, x: Value, params: Params, place: Place): Value {
  const kernel = weightOf(params, place, "kernel");
  const heads = sizeAt(kernel.type, 0), features = sizeAt(kernel.type, 1), size = sizeAt(kernel.type, 2);
  const flat = b.reshape(transpose(b, kernel, [1, 0, 2]), b.ints([features, heads * size]));
  return split(b, b.matMul(x, flat), heads);
}
/** `[batch, steps, heads · size]` as `[batch, heads, steps, size]`. */
export function split(b: Builder, x: Value, heads: number): Value {
  const size = sizeAt(x.type, -1) / heads;
  return transpose(b, b.reshape(x, b.ints([0, 0, heads, size])), [0, 2, 1, 3]);
}
/** `[batch, heads, steps, size]` as `[batch, steps, heads · size]`. */
export function unsplit(b: Builder, x: Value): Value {
  const width = sizeAt(x.type, 1) * sizeAt(x.type, 3);
  return b.reshape(transpose(b, x, [0, 2, 1, 3]), b.ints([0, 0, width]));
}
/** Heads `[batch, heads, steps, size]` through a kernel of `[heads, size, features]`. */
export function fromHeads(b: Builder, x: Value, params: Params, place: Place): Value {
  const kernel = weightOf(params, place, "kernel"), features = sizeAt(kernel.type, -1);
  const y = b.matMul(unsplit(b, x), b.reshape(kernel, b.ints([-1, features])));
  const bias = biasOf(params, place);
  return bias ? b.add(y, bias) : y;
}
/** To mean beta and deviation gamma over the last axis. */
export function norm(b: Builder, x: Value, params: Params, place: Place, epsilon: number): Value {
  const inputs = [x, weightOf(params, place, "gamma"), weightOf(params, place, "beta")];
  return b.one("LayerNormalization", inputs, { axis: -1, epsilon }, { outputs: 1 });
}
/** x over its root mean square along the last axis, times a scale; `offset` is added to the scale. */
export function rms(b: Builder, x: Value, scale: Value, epsilon: number, offset = 0): Value {
  const mean = b.reduceMean(b.mul(x, x), b.ints([-1]), { keepdims: 1 });
  const root = b.sqrt(b.add(mean, scalarLike(b, epsilon, x)));
  const factor = offset === 0 ? scale : b.add(scale, scalarLike(b, offset, scale));
  return b.mul(b.div(x, root), factor);
}
/** The same with a part's own scale. */
export function rmsOf(
  b: Builder,
  x: Value,
  params: Params,
  place: Place,
  epsilon: number,
  offset = 0,
): Value {
  return rms(b, x, weightOf(params, place, "scale"), epsilon, offset);
}
/** With a share of the elements dropped in training. */
export function dropped<C>({ b, training }: HubContext<C>, x: Value, rate: number): Value {
  if (!training || rate === 0) return x;
  return b.mul(x, dropoutPattern(b, x, b.shape(x), rate, null));
}
/** down(act(gate(x)) · up(x)): the feed forward part of newer decoders. */
export function gated(
  b: Builder,
  x: Value,
  params: Params,
  [gate, up, down]: readonly [Place, Place, Place],
  activation: ActivationSpec,
): Value {
  const opened = activate(b, activation, dense(b, x, params, gate));
  return dense(b, b.mul(dense(b, x, params, up), opened), params, down);
}

/** What masks an attention. */
export interface MaskParts {
  /** `[batch, keys]`: which keys are real. */
  readonly padding?: Value | undefined;
  /** `[batch, queries, keys]`. */
  readonly attention?: Value | undefined;
  /** `[batch, queries]`: which queries are real. */
  readonly query?: Value | undefined;
  /** Queries see keys of their own step and before. */
  readonly causal?: boolean;
  /** Queries see keys less than so many steps before. */
  readonly window?: number | null;
  /** What else they may see, bool, broadcasting to the scores. */
  readonly also?: ((scores: Value) => Value) | undefined;
}
/** What queries may see, bool, broadcasting to scores `[batch, heads, queries, keys]`; undefined for everything. */
export function allowed(b: Builder, scores: Value, parts: MaskParts): Value | undefined {
  const found: Value[] = [];
  const add = (mask: Value | undefined, axes: readonly number[], rank: number) => {
    if (!mask) return;
    if (shapeOf(mask.type).length !== rank) throw new UnsupportedError(`expected a mask of ${rank} axes`);
    found.push(b.unsqueeze(boolMask(b, mask), b.ints(axes)));
  };
  add(parts.query, [1, 3], 2);
  add(parts.padding, [1, 2], 2);
  add(parts.attention, [1], 3);
  if (parts.causal) found.push(causalMask(b, scores));
  if (parts.window !== undefined && parts.window !== null) found.push(near(b, scores, parts.window));
  if (parts.also) found.push(parts.also(scores));
  return found.length === 0 ? undefined : found.reduce((m, n) => b.and(m, n));
}
/** Whether key j stands less than `window` steps before query i. */
function near(b: Builder, scores: Value, window: number): Value {
  const [queries, keys] = [steps(b, scores, 2), steps(b, scores, 3)];
  const apart = b.sub(b.unsqueeze(queries, b.ints([1])), b.unsqueeze(keys, b.ints([0])));
  return b.less(apart, b.scalar(window, "int64"));
}
/** 0, 1, … along an axis, int64. */
export function steps(b: Builder, x: Value, axis: number): Value {
  const count = b.squeeze(b.shape(x, { start: axis, end: axis + 1 }));
  return b.range(b.scalar(0, "int64"), count, b.scalar(1, "int64"));
}

/** How heads attend. */
export interface AttendOptions {
  /** Factor of the queries. */
  readonly scale: number;
  /** What masks it. */
  readonly mask: MaskParts;
  /** Where nothing is allowed the weights are 0; else even. */
  readonly zeroed: boolean;
  /** Share of the weights dropped in training. */
  readonly dropout?: number;
  /** Bounds scores to ±this by tanh. */
  readonly softCap?: number | null;
  /** Added to the scores. */
  readonly bias?: (scores: Value) => Value;
  /** How scores become weights, where not by a softmax: given the scores and what is allowed. */
  readonly weights?: (scores: Value, allowed: Value | undefined) => Value;
}
/** Heads of queries `[batch, heads, queries, size]` over those of keys and values, which may be shared; and the weights. */
export function attend<C>(
  context: HubContext<C>,
  query: Value,
  key: Value,
  value: Value,
  o: AttendOptions,
): readonly [Value, Value] {
  const { b } = context, heads = sizeAt(query.type, 1);
  const scaled = o.scale === 1 ? query : b.mul(query, scalarLike(b, o.scale, query));
  let scores = b.matMul(scaled, transpose(b, shared(b, key, heads), [0, 1, 3, 2]));
  if (o.softCap !== undefined && o.softCap !== null) scores = capped(b, scores, o.softCap);
  if (o.bias) scores = o.bias(scores);
  const seen = allowed(b, scores, o.mask);
  const weights = o.weights?.(scores, seen) ?? maskedSoftmax(b, scores, seen, o.zeroed);
  const kept = dropped(context, weights, o.dropout ?? 0);
  return [b.matMul(kept, shared(b, value, heads)), weights];
}
function capped(b: Builder, x: Value, cap: number): Value {
  const bound = scalarLike(b, cap, x);
  return b.mul(b.tanh(b.div(x, bound)), bound);
}
/** Each head as often as several of the queries' share it. */
function shared(b: Builder, x: Value, heads: number): Value {
  const own = sizeAt(x.type, 1), times = heads / own;
  if (times === 1) return x;
  const wide = b.tile(b.unsqueeze(x, b.ints([2])), b.ints([1, 1, times, 1, 1]));
  return b.reshape(wide, shapeVector(b, x, [{ axis: 0 }, heads, { axis: 2 }, sizeAt(x.type, 3)]));
}
