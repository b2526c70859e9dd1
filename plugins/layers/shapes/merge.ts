/** Layers of several inputs: Add, Subtract, Multiply, Average, Maximum, Minimum, Concatenate, Dot. @module */
import { type Factory, factory } from "../../../core/network/factory.ts";
import { commonType } from "../../../core/values/dtype.ts";
import { ShapeError } from "../../../core/values/errors.ts";
import type { Builder } from "../../../core/graph/builder.ts";
import type { Value } from "../../../core/graph/graph.ts";
import type { CallOptions, LayerDef } from "../../../core/network/layer.ts";
import {
  asFloat,
  boolMask,
  cast,
  dtypeOf,
  inputAt,
  maskLike,
  maskOf,
  range,
  reshape,
  scalarLike,
  shapeOf,
  sizesOf,
  transpose,
} from "../../../core/ops/words.ts";
import { bool, choice, type Field, field, int } from "../../../core/values/schema.ts";
import { normalAxis } from "../../../core/values/shape.ts";

/** Inputs of one element type, masks beside them. */
function alike(b: Builder, inputs: readonly Value[]): readonly Value[] {
  const types = inputs.map(dtypeOf);
  if (types.includes("string") || types.every((t) => t === types[0])) return inputs;
  return inputs.map((x) => b.masked(cast(b, x, commonType(types)), x.mask));
}
/** Inputs of one element type and one rank: axes of 1 after the batch where they have fewer. */
export function sameRank(b: Builder, inputs: readonly Value[]): readonly Value[] {
  if (inputs.length < 1) throw new ShapeError("expected at least one input");
  const rank = Math.max(...inputs.map((x) => shapeOf(x.type).length));
  return alike(b, inputs).map((x) => {
    const missing = rank - shapeOf(x.type).length;
    return missing === 0 ? x : b.unsqueeze(x, b.ints(range(1, 1 + missing)));
  });
}
const masksOf = (inputs: readonly Value[], call: CallOptions) =>
  inputs.map((_, i) => maskOf(inputs, call, i));
/** Options of layers that merge inputs, resolved. */
export interface MaskRuleConfig {
  /** Where a merged step counts: where `any` input's does; or where `all` do that have a mask, as up to Keras 3.3. */
  readonly maskRule: "any" | "all";
}
const maskRuleField = () => choice({ default: "any", of: ["any", "all"] });
/** Up to Keras 3.3 a merged step counted where all inputs' did. */
const olderRule = (config: Record<string, unknown>, version: string): Record<string, unknown> =>
  /^([12](\.|$)|3\.[0-3](\.|$))/.test(version) ? { ...config, mask_rule: "all" } : config;
/** The mask of merged inputs; with `any`, none where an input has none. */
export function mergedMask(
  b: Builder,
  inputs: readonly Value[],
  call: CallOptions,
  rule: MaskRuleConfig["maskRule"],
): Value | undefined {
  if (call.passes === "none") return undefined;
  const [first, ...rest] = masksOf(inputs, call).filter((m) => m !== undefined).map((m) => boolMask(b, m));
  if (!first || rule === "any" && rest.length + 1 < inputs.length) return undefined;
  return rest.reduce((m, n) => b.one(rule === "any" ? "Or" : "And", [m, n]), first);
}
/** The inputs joined by an operator of two, one after another. */
export function chain(op: string): (b: Builder, inputs: readonly Value[]) => Value {
  return (b, inputs) => inputs.reduce((x, y) => b.one(op, [x, y]));
}
/** The mean of the inputs. */
export function mean(b: Builder, inputs: readonly Value[]): Value {
  const sum = asFloat(b, chain("Add")(b, inputs));
  return b.mul(sum, scalarLike(b, 1 / inputs.length, sum));
}
/** The two inputs' difference. */
function difference(b: Builder, inputs: readonly Value[]): Value {
  if (inputs.length !== 2) throw new ShapeError(`expected 2 inputs, got ${inputs.length}`);
  return chain("Sub")(b, inputs);
}

function elementwise(
  name: string,
  of: (b: Builder, inputs: readonly Value[]) => Value,
): LayerDef<MaskRuleConfig, never> {
  return {
    kind: "layer",
    name,
    mask: "make",
    config: { maskRule: maskRuleField() },
    params: () => ({}),
    build: ({ b, config, inputs, call }) => [
      b.masked(of(b, sameRank(b, inputs)), mergedMask(b, inputs, call, config.maskRule)),
    ],
    keras: { own: ["maskRule"], upgrade: olderRule },
  };
}

const addDef: LayerDef<MaskRuleConfig, never> = elementwise("Add", chain("Add"));
/** The sum of the inputs; shapes broadcast. */
export const add: Factory<MaskRuleConfig> = factory(addDef);
const subtractDef: LayerDef<MaskRuleConfig, never> = elementwise(
  "Subtract",
  difference,
);
/** The first input less the second. */
export const subtract: Factory<MaskRuleConfig> = factory(subtractDef);
/** The largest or smallest of the inputs that count; where one is masked, it takes the others' value. */
function whereCounted(
  op: string,
  b: Builder,
  inputs: readonly Value[],
  masks: readonly (Value | undefined)[],
): Value {
  let y = inputAt(inputs, 0), counts = masks[0];
  inputs.slice(1).forEach((next, i) => {
    const mask = masks[i + 1];
    const x = mask ? b.where(maskLike(b, mask, next), next, y) : next;
    if (counts) y = b.where(maskLike(b, counts, y), y, x);
    counts = mask && counts ? b.or(boolMask(b, mask), boolMask(b, counts)) : undefined;
    y = b.one(op, [y, x]);
  });
  return y;
}
/** The product of what counts, 0 where every input is masked. */
function countedProduct(b: Builder, inputs: readonly Value[], masks: readonly (Value | undefined)[]): Value {
  const y = chain("Mul")(
    b,
    inputs.map((x, i) => {
      const mask = masks[i];
      return mask ? b.where(maskLike(b, mask, x), x, scalarLike(b, 1, x)) : x;
    }),
  );
  const known = masks.filter((m) => m !== undefined).map((m) => boolMask(b, m));
  if (known.length < inputs.length) return y;
  const any = known.reduce((m, n) => b.or(m, n));
  return b.where(maskLike(b, any, y), y, scalarLike(b, 0, y));
}
function maskedMerge(
  name: string,
  op: string,
  counted: (b: Builder, inputs: readonly Value[], masks: readonly (Value | undefined)[]) => Value,
): LayerDef<MaskRuleConfig, never> {
  return {
    kind: "layer",
    name,
    mask: "make",
    config: { maskRule: maskRuleField() },
    params: () => ({}),
    build({ b, config, inputs, call }) {
      const list = sameRank(b, inputs), masks = masksOf(inputs, call);
      // Since Keras 3.4 a masked step leaves the other inputs' values as they are.
      const some = config.maskRule === "any" && inputs.length > 1 && masks.some((m) => m !== undefined);
      const y = some ? counted(b, list, masks) : chain(op)(b, list);
      return [b.masked(y, mergedMask(b, inputs, call, config.maskRule))];
    },
    keras: { own: ["maskRule"], upgrade: olderRule },
  };
}
const multiplyDef: LayerDef<MaskRuleConfig, never> = maskedMerge(
  "Multiply",
  "Mul",
  countedProduct,
);
/** The product of the inputs. */
export const multiply: Factory<MaskRuleConfig> = factory(multiplyDef);
const averageDef: LayerDef<MaskRuleConfig, never> = elementwise("Average", mean);
/** The mean of the inputs. */
export const average: Factory<MaskRuleConfig> = factory(averageDef);
const maximumDef: LayerDef<MaskRuleConfig, never> = maskedMerge(
  "Maximum",
  "Max",
  (b, inputs, masks) => whereCounted("Max", b, inputs, masks),
);
/** The largest of the inputs, element by element. */
export const maximum: Factory<MaskRuleConfig> = factory(maximumDef);
const minimumDef: LayerDef<MaskRuleConfig, never> = maskedMerge(
  "Minimum",
  "Min",
  (b, inputs, masks) => whereCounted("Min", b, inputs, masks),
);
/** The smallest of the inputs, element by element. */
export const minimum: Factory<MaskRuleConfig> = factory(minimumDef);

/** Options of {@link concatenateDef}, resolved. */
export interface ConcatenateConfig extends MaskRuleConfig {
  /** Axis along which they are joined. */
  readonly axis: number;
}
/** The mask of joined inputs: their masks joined as the inputs are, true where any feature's is, or all are. */
function joinedMask(
  b: Builder,
  inputs: readonly Value[],
  axis: number,
  call: CallOptions,
  rule: MaskRuleConfig["maskRule"],
): Value | undefined {
  const masks = masksOf(inputs, call);
  if (call.passes === "none" || masks.every((m) => m === undefined)) return undefined;
  const parts = inputs.map((x, i) => {
    const mask = masks[i], shape = b.shape(x), rank = shapeOf(x.type).length;
    if (!mask) return b.expand(b.scalar(true, "bool"), shape);
    if (shapeOf(mask.type).length >= rank) return boolMask(b, mask);
    return b.expand(b.unsqueeze(boolMask(b, mask), b.ints([-1])), shape);
  });
  const joined = cast(b, b.concat(parts, { axis }), "float32");
  return cast(
    b,
    b.one(rule === "any" ? "ReduceMax" : "ReduceMin", [joined, b.ints([-1])], { keepdims: 0 }),
    "bool",
  );
}
/** The inputs one after another, with the mask of all. */
export function concatenated(
  b: Builder,
  inputs: readonly Value[],
  axis: number,
  call: CallOptions,
  rule: MaskRuleConfig["maskRule"],
): readonly Value[] {
  const rank = shapeOf(inputAt(inputs, 0).type).length, at = normalAxis(axis, rank);
  const y = b.concat(alike(b, inputs), { axis: at });
  return [b.masked(y, joinedMask(b, inputs, at, call, rule))];
}
const concatenateDef: LayerDef<ConcatenateConfig, never> = {
  kind: "layer",
  name: "Concatenate",
  mask: "make",
  config: { axis: int({ default: -1 }), maskRule: maskRuleField() },
  params: () => ({}),
  build: ({ b, config, inputs, call }) => concatenated(b, inputs, config.axis, call, config.maskRule),
  // A FeatureSpace joins its features by a class of its own.
  keras: { classNames: ["Concatenate", "TFDConcat"], own: ["maskRule"], upgrade: olderRule },
};
/** The inputs one after another along an axis. */
export const concatenate: Factory<ConcatenateConfig> = factory(concatenateDef);

/** Options of {@link dotDef}, resolved. */
export interface DotConfig {
  /** The axis of each input that is summed over. */
  readonly axes: number | readonly number[];
  /** Both inputs to length 1 first: the cosine of their angle. */
  readonly normalize: boolean;
}
function unit(b: Builder, x: Value, axis: number): Value {
  const squares = b.reduceSum(b.mul(x, x), b.ints([axis]), { keepdims: 1 });
  return b.div(x, b.max([b.sqrt(squares), scalarLike(b, 1e-12, x)]));
}
/** Products of two inputs summed over an axis of each, sample by sample. */
export function dotProduct(
  b: Builder,
  inputs: readonly Value[],
  axes: DotConfig["axes"],
  normalize = false,
): Value {
  if (inputs.length !== 2) throw new ShapeError(`expected 2 inputs, got ${inputs.length}`);
  const [x, y] = alike(b, inputs).map((v, i) => {
    const rank = shapeOf(v.type).length;
    const given = typeof axes === "number" ? axes : axes[i] ?? -1;
    const axis = normalAxis(given, rank, "axes");
    if (axis === 0) throw new ShapeError("axes: the batch axis can't be summed over");
    const rest = range(1, rank).filter((a) => a !== axis);
    const order = i === 0 ? [0, ...rest, axis] : [0, axis, ...rest];
    const turned = transpose(b, normalize ? unit(b, v, axis) : v, order);
    const sizes = sizesOf(turned, range(0, rank));
    // One axis for all that isn't summed over.
    const flat = rank === 3
      ? turned
      : rank === 2
      ? b.unsqueeze(turned, b.ints([i === 0 ? 1 : 2]))
      : i === 0
      ? reshape(b, turned, [sizes[0] ?? -1, -1, sizes[rank - 1] ?? -1])
      : reshape(b, turned, [sizes[0] ?? -1, sizes[1] ?? -1, -1]);
    return { flat, rest: sizes.filter((_, a) => a > 0 && a !== (i === 0 ? rank - 1 : 1)), turned };
  });
  if (!x || !y) throw new ShapeError("expected 2 inputs");
  const product = b.matMul(x.flat, y.flat);
  if (x.rest.length === 1 && y.rest.length === 1) return product;
  const rest = [...x.rest, ...y.rest].filter((s) => typeof s === "number");
  if (rest.length < x.rest.length + y.rest.length) {
    if (x.rest.length + y.rest.length !== 1) {
      throw new ShapeError("expected known sizes of the axes that stay");
    }
    return b.squeeze(product, b.ints([x.rest.length === 0 ? 1 : 2]));
  }
  return b.reshape(product, b.ints([0, ...(rest.length === 0 ? [1] : rest)]));
}
/** The field of axes that products are summed over. */
export const axesOfDot: Field<number | readonly number[]> = field<number | readonly number[]>({
  default: -1,
  expects: "an axis, or two",
  read: (raw) =>
    Number.isSafeInteger(raw)
      ? raw as number
      : Array.isArray(raw) && raw.length === 2 && raw.every(Number.isSafeInteger)
      ? raw as readonly number[]
      : undefined,
});
const dotDef: LayerDef<DotConfig, never> = {
  kind: "layer",
  name: "Dot",
  mask: "consume",
  config: { axes: axesOfDot, normalize: bool({ default: false }) },
  params: () => ({}),
  build: ({ b, config, inputs }) => [dotProduct(b, inputs, config.axes, config.normalize)],
};
/** Products of two inputs summed over an axis of each: `[batch, a, k]`, `[batch, c, k] → [batch, a, c]` with axes 2. */
export const dot: Factory<DotConfig> = factory(dotDef);
