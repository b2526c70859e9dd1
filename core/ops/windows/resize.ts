/** Resize; its gradient and its older form are in resizegradient.ts, sampling at given places in gridsample.ts. @module */
import { item } from "../../values/item.ts";
import type { Builder } from "../../graph/builder.ts";
import { ShapeError, UnsupportedError } from "../../values/errors.ts";
import type { Value } from "../../graph/graph.ts";
import type { InferContext, OldNode, OpDef } from "../../graph/op.ts";
import { bool, choice, type Field, float } from "../../values/schema.ts";
import {
  asTensor,
  type Dim,
  dimsOf,
  divDims,
  freshDim,
  mulDims,
  normalAxis,
  sameDim,
  tensorType,
} from "../../values/shape.ts";
import { type Tensor, tensor, toIntegers, toNumbers } from "../../values/tensor.ts";
import { type Numbers, product, result } from "../arrays.ts";
import { defineOp, optionalAt, tensorAt } from "../define.ts";
import { applyTaps, columnsOf, type CoordinateMode, type NearestMode, type Taps, tapsOf } from "./taps.ts";
import { optionalInts } from "./window.ts";

/** Attributes of Resize. */
export interface Resize {
  readonly antialias: boolean;
  readonly axes: readonly number[] | null;
  readonly coordinate_transformation_mode: CoordinateMode;
  readonly cubic_coeff_a: number;
  readonly exclude_outside: boolean;
  readonly extrapolation_value: number;
  readonly keep_aspect_ratio_policy: "stretch" | "not_larger" | "not_smaller";
  readonly mode: "nearest" | "linear" | "cubic";
  readonly nearest_mode: NearestMode;
}
/** Their fields. */
export const fields: { readonly [K in keyof Resize]: Field<Resize[K]> } = {
  antialias: bool({ doc: "Widen the filter where the image shrinks.", default: false }),
  axes: optionalInts("Axes that roi, scales and sizes speak of; all unless given."),
  coordinate_transformation_mode: choice({
    doc: "How an output's place is mapped to the input.",
    of: [
      "half_pixel",
      "half_pixel_symmetric",
      "pytorch_half_pixel",
      "align_corners",
      "asymmetric",
      "tf_crop_and_resize",
    ],
    default: "half_pixel",
  }),
  cubic_coeff_a: float({ doc: "a of the cubic kernel.", default: -0.75 }),
  exclude_outside: bool({ doc: "Give inputs beyond the edge no weight.", default: false }),
  extrapolation_value: float({ doc: "Outputs outside the crop.", default: 0 }),
  keep_aspect_ratio_policy: choice({
    doc: "Whether sizes stretch the image, or bound it with one scale for all axes.",
    of: ["stretch", "not_larger", "not_smaller"],
    default: "stretch",
  }),
  mode: choice({ doc: "Interpolation.", of: ["nearest", "linear", "cubic"], default: "nearest" }),
  nearest_mode: choice({
    doc: "How a place is rounded.",
    of: ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"],
    default: "round_prefer_floor",
  }),
};

/** The axes that sizes speak of. */
export const axesOf = (a: Resize, rank: number): readonly number[] =>
  (a.axes ?? Array.from({ length: rank }, (_, i) => i)).map((axis) => normalAxis(axis, rank));
const given = (t: Tensor | undefined) => (t && t.data.length > 0 ? t : undefined);
/** @throws {ShapeError} where a scale isn't a number above 0. */
function scalesIn(t: Tensor): Numbers {
  const scales = toNumbers(t);
  const wrong = Array.from(scales).find((s) => !(s > 0 && s < Infinity));
  if (wrong !== undefined) throw new ShapeError(`a scale of ${wrong}: expected a number above 0`);
  return scales;
}

/** d·scale rounded down: 9 for 5·(9/5), since the product is a float32 as the scale is. */
const scaledSize = (d: number, scale: number) => Math.floor(Math.fround(d * scale));
/** The same of a dim, where the scale is a fraction with a small denominator. */
function scaledDim(d: Dim, scale: number): Dim {
  if (typeof d === "number") return scaledSize(d, scale);
  for (let q = 1; q <= 64; q *= 2) if (Number.isInteger(scale * q)) return divDims(mulDims(d, scale * q), q);
  return freshDim();
}
/** The output's shape, as far as it is known. */
function inferSizes(c: InferContext<Resize>): readonly Dim[] {
  const x = dimsOf(c.inputs[0], "X"), axes = axesOf(c.attributes, x.length), out = [...x];
  const scales = given(c.known(2)), sizes = c.dims(3), policy = c.attributes.keep_aspect_ratio_policy;
  if (scales) {
    const factors = scalesIn(scales);
    axes.forEach((axis, i) => out[axis] = scaledDim(item(x, axis), factors[i] as number));
  } else if (sizes && sizes.length > 0 && policy === "stretch") {
    axes.forEach((axis, i) => out[axis] = item(sizes, i));
  } else if (
    sizes && sizes.length > 0 &&
    [...sizes, ...axes.map((axis) => x[axis])].every((d) => typeof d === "number")
  ) {
    const kept = keptSizes(x as number[], axes, sizes as number[], policy).sizes;
    axes.forEach((axis, i) => out[axis] = item(kept, i));
  } else for (const axis of axes) out[axis] = freshDim();
  return out;
}
/** Sizes under one scale for all axes, no larger or no smaller than asked. */
function keptSizes(
  x: readonly number[],
  axes: readonly number[],
  sizes: readonly number[],
  policy: Resize["keep_aspect_ratio_policy"],
): { readonly scales: readonly number[]; readonly sizes: readonly number[] } {
  const scales = axes.map((axis, i) => item(sizes, i) / item(x, axis));
  if (policy === "stretch") return { scales, sizes };
  const scale = policy === "not_larger" ? Math.min(...scales) : Math.max(...scales);
  return {
    scales: axes.map(() => scale),
    sizes: axes.map((axis) => Math.floor(scale * item(x, axis) + 0.5)),
  };
}

/** One axis that changes. */
export interface Pass {
  readonly axis: number;
  readonly taps: Taps;
}
/** The axes that change, with their taps. */
export function passesOf(
  x: readonly number[],
  a: Resize,
  roi: Tensor | undefined,
  scales: Tensor | undefined,
  sizes: Tensor | undefined,
): readonly Pass[] {
  const axes = axesOf(a, x.length), crop = roi && given(roi) && toNumbers(roi);
  const factors = given(scales), wanted = given(sizes);
  const target = factors
    ? scaledSizes(x, axes, scalesIn(factors))
    : wanted
    ? keptSizes(x, axes, toIntegers(wanted), a.keep_aspect_ratio_policy)
    : undefined;
  if (!target) throw new ShapeError("expected scales or sizes");
  return axes.flatMap((axis, i) => {
    const input = item(x, axis), output = item(target.sizes, i), scale = item(target.scales, i);
    const cropped = a.coordinate_transformation_mode === "tf_crop_and_resize";
    if (input === output && scale === 1 && !cropped) return [];
    const taps = tapsOf({
      mode: a.mode,
      coordinates: a.coordinate_transformation_mode,
      nearest: a.nearest_mode,
      antialias: a.antialias,
      excludeOutside: a.exclude_outside,
      cubicA: a.cubic_coeff_a,
      input,
      output,
      scale,
      roi: [crop?.[i] ?? 0, crop?.[i + axes.length] ?? 1],
    });
    return [{ axis, taps }];
  });
}
const scaledSizes = (x: readonly number[], axes: readonly number[], factors: Numbers) => ({
  scales: axes.map((_, i) => factors[i] as number),
  sizes: axes.map((axis, i) => scaledSize(item(x, axis), factors[i] as number)),
});

const resize: OpDef = defineOp<Resize>({
  name: "Resize",
  since: 19,
  summary: "An image at another size, by nearest neighbour, linear or cubic interpolation.",
  attributes: fields,
  arity: [1, 4],
  infer: (context) => [tensorType(asTensor(context.inputs[0]).dtype, inferSizes(context))],
  vjp(b, { inputs: [x, roi, scales, sizes], attributes }, [dy]) {
    if (!x || !dy) return [];
    return [b.resizeGrad(dy, b.shape(x), roi, scales, sizes, { ...attributes })];
  },
  plain(inputs, { attributes }) {
    const x = tensorAt(inputs, 0), shape = [...x.shape];
    let data: ArrayLike<number> = toNumbers(x);
    const passes = passesOf(
      x.shape,
      attributes,
      optionalAt(inputs, 1),
      optionalAt(inputs, 2),
      optionalAt(inputs, 3),
    );
    for (const { axis, taps } of passes) {
      const outer = product(shape, 0, axis), inner = product(shape, axis + 1);
      data = applyTaps(data, outer, shape[axis] as number, inner, taps, attributes.extrapolation_value);
      shape[axis] = taps.outside.length;
    }
    return [result(Float64Array.from(data), shape, x.dtype)];
  },
  upgrade: fromOldResize,
  accuracy: "rounding",
});

/** Opset 10 had scales alone, and one meaning; opset 11 a mode that only TensorFlow needed. */
function fromOldResize(from: number, node: OldNode): OldNode {
  const { inputs: [x, second, ...rest], attributes } = node;
  if (from < 11) {
    return {
      ...node,
      inputs: [x, undefined, second],
      attributes: { ...attributes, coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" },
    };
  }
  if (attributes["coordinate_transformation_mode"] !== "tf_half_pixel_for_nn") return node;
  if (attributes["nearest_mode"] !== "floor") {
    throw new UnsupportedError("Resize: tf_half_pixel_for_nn is read with nearest_mode floor only");
  }
  const same = { coordinate_transformation_mode: "half_pixel", nearest_mode: "round_prefer_ceil" };
  return { ...node, inputs: [x, second, ...rest], attributes: { ...attributes, ...same } };
}

/** One axis resampled: for each tap the rows that it reads, weighted, and their sum. */
function weighed(b: Builder, x: Value, { axis, taps }: Pass): Value {
  const rank = dimsOf(x.type).length,
    others = Array.from({ length: rank }, (_, i) => i).filter((i) => i !== axis);
  // The axis first, so that a row is read as a whole, and channels last, as images lie in memory.
  const [channels] = others.splice(axis === 1 || rank < 3 ? others.length : 1, 1);
  const perm = [axis, ...others, ...(channels === undefined ? [] : [channels])];
  const rows = b.transpose(x, { perm }), output = taps.outside.length;
  const terms = columnsOf(taps).map(({ index, weight }) =>
    b.mul(
      b.gather(rows, b.constant(tensor(index, [output], "int32")), { axis: 0 }),
      b.constant(tensor(weight, [output, ...new Array<number>(rank - 1).fill(1)], "float32")),
    )
  );
  const sum = terms.reduce((y, term) => b.add(y, term));
  return b.transpose(sum, { perm: perm.map((_, i) => perm.indexOf(i)) });
}

/**
 * Resize of float32 as sums of weighted rows along each axis that changes, for engines that have kernels for those.
 * Undefined where a size is open, or where outputs lie outside the image.
 */
export function resizeRows(
  b: Builder,
  [x, roi, scales, sizes]: readonly (Value | undefined)[],
  given: unknown,
  output: readonly Dim[],
): Value | undefined {
  if (!x || asTensor(x.type).dtype !== "float32") return undefined;
  const attributes = given as Resize, from = dimsOf(x.type);
  const changed = from.flatMap((d, axis) => (sameDim(d, output[axis] ?? -1) ? [] : [axis]));
  if (changed.some((axis) => typeof from[axis] !== "number")) return undefined;
  const [knownRoi, knownScales, knownSizes] = [roi, scales, sizes].map((v) => b.knownOf(v));
  if ((roi && !knownRoi) || (scales && !knownScales) || (sizes && !knownSizes)) return undefined;
  const fixed = from.map((d) => (typeof d === "number" ? d : 1));
  const passes = passesOf(fixed, attributes, knownRoi, knownScales, knownSizes)
    // A scale beside 1 moves places though the size stays.
    .filter((p) => typeof from[p.axis] === "number");
  if (passes.some((p) => p.taps.count > mostTaps || p.taps.outside.some((o) => o))) return undefined;
  return passes.reduce((y, pass) => weighed(b, y, pass), x);
}
/** A filter that reads more than these for an output is left to a loop. */
const mostTaps = 32;

/** Resize. */
export const resizeOps: readonly OpDef[] = [resize];
