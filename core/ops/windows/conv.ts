/** Convolution and transposed convolution over any number of spatial axes. @module */
import { item } from "../../values/item.ts";
import type { Builder } from "../../graph/builder.ts";
import { ShapeError, UnsupportedError } from "../../values/errors.ts";
import type { Value } from "../../graph/graph.ts";
import type { OpDef } from "../../graph/op.ts";
import {
  addDims,
  asTensor,
  type Dim,
  dimsOf,
  dimText,
  divDims,
  maxDims,
  mulDims,
  shapeText,
  staticShape,
  subDims,
  tensorType,
} from "../../values/shape.ts";
import { type Tensor, toNumbers } from "../../values/tensor.ts";
import { product, result } from "../arrays.ts";
import { defineOp, optionalAt, tensorAt } from "../define.ts";
import { addConv, addConvInput } from "./patches.ts";
import {
  along,
  type ConvAttributes,
  convFields,
  type Geometry,
  geometryOf,
  optionalInts,
  slidingOutput,
  span,
} from "./window.ts";

/** Throws unless two dims can be equal. */
function checkChannels(expected: Dim, got: Dim | undefined, what: string): void {
  if (typeof expected === "number" && typeof got === "number" && expected !== got) {
    throw new ShapeError(`${what}: expected ${dimText(expected)}, got ${dimText(got)}`);
  }
}
function checkRanks(x: readonly Dim[], w: readonly Dim[]): void {
  if (x.length < 3 || x.length !== w.length) {
    throw new ShapeError(
      `expected X [batch, channels, ...] and W of one rank, 3 or more, got ${shapeText(x)} and ${
        shapeText(w)
      }`,
    );
  }
}

const conv: OpDef = defineOp<ConvAttributes>({
  name: "Conv",
  since: 22,
  summary: "Convolution of `[batch, channels, ...]` with `[out, channels/group, ...]`, plus a bias `[out]`.",
  attributes: convFields,
  arity: [2, 3],
  infer({ inputs, attributes }) {
    const x = dimsOf(inputs[0], "X"), w = dimsOf(inputs[1], "W");
    checkRanks(x, w);
    checkChannels(mulDims(item(w, 1), attributes.group), x[1], "channels of X");
    const spatial = slidingOutput(x.slice(2), w.slice(2), attributes);
    return [tensorType(asTensor(inputs[0]).dtype, [item(x, 0), item(w, 0), ...spatial])];
  },
  vjp(b, { inputs: [x, w, bias], attributes }, [dy], wanted) {
    if (!x || !w || !dy) return [];
    return [
      wanted[0] ? b.convGradInput(dy, w, b.shape(x, { start: 2 }), { ...attributes }) : undefined,
      wanted[1] ? b.convGradKernel(x, dy, b.shape(w, { start: 2 }), { ...attributes }) : undefined,
      bias && wanted[2] ? biasGradient(b, dy) : undefined,
    ];
  },
  plain(inputs, { attributes }) {
    const x = tensorAt(inputs, 0), w = tensorAt(inputs, 1), bias = optionalAt(inputs, 2);
    checkRanks(x.shape, w.shape);
    const [batch = 1, channels = 1] = x.shape, [outs = 1, inChannels = 1] = w.shape, { group } = attributes;
    checkChannels(inChannels * group, channels, "channels of X");
    const g = geometryOf(x.shape.slice(2), w.shape.slice(2), attributes);
    const shape = [batch, outs, ...g.output], out = startOutput(shape, bias);
    const sizes = { batch, groups: group, inChannels, outChannels: outs / group };
    addConv(toNumbers(x), toNumbers(w), g, sizes, out);
    return [result(out, shape, x.dtype)];
  },
  accuracy: "rounding",
});

/** Zeros, or each channel's bias. */
function startOutput(shape: readonly number[], bias: Tensor | undefined): Float64Array {
  const out = new Float64Array(product(shape));
  if (!bias) return out;
  const values = toNumbers(bias), size = product(shape, 2);
  for (let i = 0; i < product(shape, 0, 2); i++) {
    out.fill(values[i % values.length] as number, i * size, (i + 1) * size);
  }
  return out;
}
/** dy summed over all but the channels. */
function biasGradient(b: Builder, dy: Value): Value {
  const axes = dimsOf(dy.type).map((_, i) => i).filter((i) => i !== 1);
  return b.reduceSum(dy, b.ints(axes), { keepdims: false });
}

interface ConvTranspose extends ConvAttributes {
  readonly output_padding: readonly number[] | null;
  readonly output_shape: readonly number[] | null;
}
const convTranspose: OpDef = defineOp<ConvTranspose>({
  name: "ConvTranspose",
  since: 22,
  summary:
    "The transpose of a convolution: `[batch, channels, ...]` with `[channels, out/group, ...]`, plus a bias `[out]`.",
  attributes: {
    ...convFields,
    output_padding: optionalInts("Elements added at the end of each output axis, that no window needs.", 0),
    output_shape: optionalInts("The output's spatial shape; pads follow from it."),
  },
  arity: [2, 3],
  infer({ inputs, attributes }) {
    const x = dimsOf(inputs[0], "X"), w = dimsOf(inputs[1], "W");
    checkRanks(x, w);
    checkChannels(item(w, 0), x[1], "channels of X");
    const { output } = transposeSizes(x.slice(2), w.slice(2), attributes);
    const outs = mulDims(item(w, 1), attributes.group);
    return [tensorType(asTensor(inputs[0]).dtype, [item(x, 0), outs, ...output])];
  },
  vjp(b, { inputs: [x, w, bias], attributes }, [dy], wanted) {
    if (!x || !w || !dy) return [];
    const spatial = dimsOf(x.type).slice(2);
    const { begin, end } = transposeSizes(spatial, dimsOf(w.type).slice(2), attributes);
    const pads = staticShape([...begin, ...end]);
    if (!pads) {
      throw new UnsupportedError(
        "the gradient of ConvTranspose with an output_shape needs sizes that are known",
      );
    }
    const { group, strides, dilations } = attributes;
    const forward = { group, strides, dilations, pads };
    return [
      wanted[0] ? b.conv(dy, w, forward) : undefined,
      wanted[1] ? b.convGradKernel(dy, x, b.shape(w, { start: 2 }), forward) : undefined,
      bias && wanted[2] ? biasGradient(b, dy) : undefined,
    ];
  },
  plain(inputs, { attributes }) {
    const x = tensorAt(inputs, 0), w = tensorAt(inputs, 1), bias = optionalAt(inputs, 2);
    checkRanks(x.shape, w.shape);
    const [batch = 1, channels = 1, ...spatial] = x.shape, [ins = 1, outChannels = 1, ...kernel] = w.shape;
    checkChannels(ins, channels, "channels of X");
    const { group } = attributes, sizes = transposeSizes(spatial, kernel, attributes);
    const g: Geometry = {
      input: sizes.output as number[],
      kernel,
      output: spatial,
      strides: along(attributes.strides, spatial.length, 1, "strides"),
      dilations: along(attributes.dilations, spatial.length, 1, "dilations"),
      begin: sizes.begin as number[],
      end: sizes.end as number[],
    };
    const shape = [batch, outChannels * group, ...g.input], out = startOutput(shape, bias);
    const channelSizes = { batch, groups: group, inChannels: outChannels, outChannels: channels / group };
    addConvInput(toNumbers(x), toNumbers(w), g, channelSizes, out);
    return [result(out, shape, x.dtype)];
  },
  accuracy: "rounding",
});

/** Output size and pads of a transposed convolution. `end` leaves out what only `output_padding` added. */
function transposeSizes(
  input: readonly Dim[],
  kernel: readonly Dim[],
  a: ConvTranspose,
): { readonly output: readonly Dim[]; readonly begin: readonly Dim[]; readonly end: readonly Dim[] } {
  const rank = input.length, same = a.auto_pad.startsWith("SAME");
  const strides = along(a.strides, rank, 1, "strides"), dilations = along(a.dilations, rank, 1, "dilations");
  const pads = along(a.pads, 2 * rank, 0, "pads"), extra = along(a.output_padding, rank, 0, "output_padding");
  const output: Dim[] = [], begin: Dim[] = [], end: Dim[] = [];
  input.forEach((size, i) => {
    const stride = item(strides, i), more = item(extra, i);
    const whole = addDims(
      addDims(mulDims(subDims(size, 1), stride), more),
      span(item(kernel, i), item(dilations, i)),
    );
    const asked: Dim | undefined = a.output_shape?.at(i - rank) ?? (same ? mulDims(size, stride) : undefined);
    if (asked === undefined) {
      const [first, last] = a.auto_pad === "VALID" ? [0, 0] : [item(pads, i), item(pads, i + rank)];
      output.push(subDims(whole, first + last));
      begin.push(first);
      end.push(last - more + more % stride);
      return;
    }
    const total = maxDims(0, subDims(whole, asked)), half = divDims(total, 2), rest = subDims(total, half);
    const [first, last] = a.auto_pad === "SAME_UPPER" ? [half, rest] : [rest, half];
    output.push(asked);
    begin.push(first);
    end.push(subDims(last, more - more % stride));
  });
  for (const [i, size] of output.entries()) {
    if (typeof size === "number" && size < 0) {
      throw new ShapeError(`axis ${i + 2} comes out at ${size}: its pads take more than there is`);
    }
  }
  return { output, begin, end };
}

/** Convolution and transposed convolution. */
export const convOps: readonly OpDef[] = [conv, convTranspose];
