/** The gradients of convolution in its input and in its kernel. Their third input is the spatial shape of the result. @module */
import { item } from "../../values/item.ts";
import type { Builder } from "../../graph/builder.ts";
import type { Value } from "../../graph/graph.ts";
import type { InferContext, OpDef } from "../../graph/op.ts";
import { asTensor, type Dim, dimsOf, divDims, freshDim, mulDims, tensorType } from "../../values/shape.ts";
import { toIntegers, toNumbers } from "../../values/tensor.ts";
import { product, result } from "../arrays.ts";
import { defineOp, tensorAt } from "../define.ts";
import { addConvInput, addConvKernel } from "./patches.ts";
import { type ConvAttributes, convFields, fixedSliding, geometryOf } from "./window.ts";

/** The spatial dims that a shape input holds. */
function spatialOf({ dims }: InferContext<unknown>, rank: number): readonly Dim[] {
  return dims(2) ?? Array.from({ length: rank - 2 }, () => freshDim());
}

/** The gradient of Conv in X. */
export const convGradInput: OpDef = defineOp<ConvAttributes>({
  name: "ConvGradInput",
  domain: "lapis",
  since: 1,
  summary: "The gradient of Conv in X: of dy `[batch, out, ...]`, W, and X's spatial shape.",
  attributes: convFields,
  arity: [3, 3],
  infer(context) {
    const { inputs: [dy, w], attributes: { group } } = context,
      outer = dimsOf(dy, "dy"),
      kernel = dimsOf(w, "W");
    const channels = mulDims(item(kernel, 1), group);
    return [tensorType(asTensor(dy).dtype, [item(outer, 0), channels, ...spatialOf(context, outer.length)])];
  },
  body(b, [dy, w, shape], attributes) {
    if (!dy || !w || !shape) return [];
    const { strides, dilations, begin, end } = fixedSliding(
      b.dimsOf(shape),
      dimsOf(w.type).slice(2),
      attributes,
    );
    const slides = { strides, dilations, group: attributes.group };
    if (strides.every((s) => s === 1)) {
      return [b.convTranspose(dy, w, { ...slides, pads: [...begin, ...end] })];
    }
    // What no window reached beyond the last step gets zeros.
    const whole = b.convTranspose(dy, w, slides), axes = strides.map((_, i) => i + 2);
    const after = b.ints([...strides.map(() => 0), ...strides.map((s) => s - 1)]);
    const zero = b.scalar(0, asTensor(dy.type).dtype);
    const padded = b.pad(whole, after, zero, b.ints(axes));
    const first = b.ints(begin);
    return [b.slice(padded, first, b.add(shape, first), b.ints(axes))];
  },
  plain(inputs, { attributes }) {
    const dy = tensorAt(inputs, 0), w = tensorAt(inputs, 1), spatial = toIntegers(tensorAt(inputs, 2));
    const [batch = 1, outs = 1] = dy.shape, [, inChannels = 1, ...kernel] = w.shape, { group } = attributes;
    const shape = [batch, inChannels * group, ...spatial], out = new Float64Array(product(shape));
    const sizes = { batch, groups: group, inChannels, outChannels: outs / group };
    const g = { ...geometryOf(spatial, kernel, attributes), output: dy.shape.slice(2) };
    addConvInput(toNumbers(dy), toNumbers(w), g, sizes, out);
    return [result(out, shape, dy.dtype)];
  },
  accuracy: "rounding",
});

/** The gradient of Conv in W. */
export const convGradKernel: OpDef = defineOp<ConvAttributes>({
  name: "ConvGradKernel",
  domain: "lapis",
  since: 1,
  summary: "The gradient of Conv in W: of X, dy `[batch, out, ...]`, and W's spatial shape.",
  attributes: convFields,
  arity: [3, 3],
  infer(context) {
    const { inputs: [x, dy], attributes: { group } } = context, inner = dimsOf(x, "X");
    const channels = divDims(inner[1] ?? 1, group);
    const outs = dimsOf(dy, "dy")[1] ?? 1;
    return [tensorType(asTensor(x).dtype, [outs, channels, ...spatialOf(context, inner.length)])];
  },
  body(b, [x, dy, shape], attributes) {
    if (!x || !dy || !shape) return [];
    // A convolution again: batch and channels exchanged, dy the kernel, strides and dilations exchanged.
    const size = b.shape(x, { start: 2 });
    const kernel = b.dimsOf(shape) ?? dimsOf(shape.type);
    const { strides, dilations, begin, end } = fixedSliding(b.dimsOf(size), kernel, attributes);
    const { group } = attributes;
    const conv = b.conv(byGroup(b, x, group), swapped(b, dy), {
      group,
      strides: dilations,
      dilations: strides,
      pads: [...begin, ...end],
    });
    const axes = b.ints(strides.map((_, i) => i + 2)), zeros = b.ints(strides.map(() => 0));
    return [swapped(b, b.slice(conv, zeros, shape, axes))];
  },
  plain(inputs, { attributes }) {
    const x = tensorAt(inputs, 0), dy = tensorAt(inputs, 1), kernel = toIntegers(tensorAt(inputs, 2));
    const [batch = 1, channels = 1, ...spatial] = x.shape, [, outs = 1] = dy.shape, { group } = attributes;
    const inChannels = channels / group;
    const shape = [outs, inChannels, ...kernel], out = new Float64Array(product(shape));
    const sizes = { batch, groups: group, inChannels, outChannels: outs / group };
    const g = { ...geometryOf(spatial, kernel, attributes), output: dy.shape.slice(2) };
    addConvKernel(toNumbers(x), toNumbers(dy), g, sizes, out);
    return [result(out, shape, x.dtype)];
  },
  accuracy: "rounding",
});

/** Axes 0 and 1 exchanged. */
function swapped(b: Builder, x: Value): Value {
  return b.transpose(x, { perm: [1, 0, ...dimsOf(x.type).slice(2).map((_, i) => i + 2)] });
}
/** `[batch, group·channels, ...]` as `[channels, group·batch, ...]`. */
function byGroup(b: Builder, x: Value, group: number): Value {
  if (group === 1) return swapped(b, x);
  const rank = dimsOf(x.type).length, spatial = b.shape(x, { start: 2 });
  const batch = b.shape(x, { start: 0, end: 1 });
  const join = (parts: readonly Value[]) => b.concat([...parts, spatial], { axis: 0 });
  const apart = b.reshape(x, join([batch, b.ints([group, -1])]));
  const turned = b.transpose(apart, {
    perm: [2, 1, 0, ...Array.from({ length: rank - 2 }, (_, i) => i + 3)],
  });
  const channels = b.shape(turned, { start: 0, end: 1 });
  return b.reshape(turned, join([channels, b.ints([-1])]));
}
