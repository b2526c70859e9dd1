/** Convolutions that spread an image out: the transposed one, and the gradient of a convolution in its input. @module */
import { item } from "../../../../core/values/item.ts";
import type { Node } from "../../../../core/graph/graph.ts";
import { addDims, type Dim, mulDims, sameDim, subDims } from "../../../../core/values/shape.ts";
import type { ConvSpec } from "../kernels/mod.ts";
import type { Lowering } from "../../room/lowering/lowering.ts";
import type { Scope } from "../../room/lowering/scope.ts";
import { sliceView, type View } from "../../room/memory/views.ts";
import { channelsLast, convolve, packFor, paddedImage, type Window, windowOf } from "./conv.ts";
import { type Candidate, inputOf, intOf, intsOf, type Rule } from "../../room/rules/rule.ts";

/** Both inputs and the result are float32. */
export const floatInputs = ({ inputs, outputs }: Candidate) =>
  [inputs[0], inputs[1], outputs[0]].every((t) => t?.dtype === "float32");
/** Numbers of channels are known. */
export const fixedChannels = (c: Candidate) =>
  [c.inputs[0]?.shape?.[1], c.inputs[1]?.shape?.[1], c.outputs[0]?.shape?.[1]].every((d) =>
    typeof d === "number"
  );

/** A channels-last view `[n, c, …space]`, dense. */
export function denseLast(l: Lowering, view: View, node: Node): View {
  const out = l.fresh(view.shape, view.dtype, channelsLast(view.shape.length));
  if (view.shape.every((d, i) => d === 1 || sameDim(item(view.strides, i), item(out.strides, i)))) {
    return view;
  }
  l.copy(view, out, node);
  return out;
}

/** Both take dy (or x), the kernel of the forward convolution, and give the larger image. */
function spreadingRule(biasInput: number | undefined): Rule {
  return {
    supports(c) {
      const w = c.inputs[1]?.shape, groups = intOf(c.node, "group", 1);
      const fixed = w?.every((d) => typeof d === "number") ?? false;
      const given = (intsOf(c.node, "output_shape") ?? []).length > 0;
      return floatInputs(c) && finite(c) && fixed && fixedChannels(c) && !given && !extended(c.node) &&
        !empty(c) &&
        (groups === 1 || (groups === w?.[0] && w?.[1] === 1)) && fits(c.node, w?.slice(2).map(Number) ?? []);
    },
    lower(l, s, node) {
      const bias = biasInput === undefined ? undefined : l.optional(s, node, biasInput);
      l.define(s, node, spreadConvolution(l, s, node, bias && l.contiguous(bias, node)));
    },
  };
}
/** The convolution of dy, spread out by the strides, with the kernel turned round. */
function spreadConvolution(l: Lowering, s: Scope, node: Node, bias: View | undefined): View {
  const dy = l.input(s, node, 0), w = l.input(s, node, 1);
  const { shape } = l.type(s, item(node.outputs, 0));
  const kernel = w.shape.slice(2).map(Number), groups = intOf(node, "group", 1);
  const window = windowOf(node, kernel, shape.slice(2), dy.shape.slice(2));
  const image = spread(l, dy, window, shape.slice(2), node);
  const deep = groups > 1, outs = Number(shape[1]), ins = Number(dy.shape[1]);
  const ones = kernel.map(() => 1);
  const spec: ConvSpec = {
    inChannels: ins,
    outChannels: outs,
    groups,
    kernel,
    strides: ones,
    dilations: window.dilations,
    ...(bias && { bias: true }),
  };
  // Turned round in space, and, but for a depthwise one, input for output channels.
  const from = kernel.reduce<Dim>((sum, k, i) => addDims(sum, mulDims(k - 1, item(w.strides, i + 2))), 0);
  const space = w.strides.slice(2).map((x) => mulDims(x, -1)), [o = 0, i = 0] = w.strides;
  const packed = packFor(l, w, spec, deep, { from, strides: deep ? [o, i, space] : [i, o, space] }, node);
  return convolve(l, image, packed, bias, shape, spec, deep, [node]);
}
/** SAME of an output that is longer than its windows: its pads aren't those of the forward convolution. */
const extended = (node: Node) =>
  String(node.attributes["auto_pad"]).startsWith("SAME") &&
  (intsOf(node, "output_padding") ?? []).some((n) => n > 0);
/** Weights meet the zeros between elements: one that is no number would spoil what it doesn't touch. */
function finite({ node, graph }: Candidate): boolean {
  const input = inputOf(graph, node.inputs[1]);
  if (!input) return true;
  if (node.op === "ConvTranspose" && input.role === "data") return false;
  return (input.value?.data as Float32Array | undefined ?? []).every(Number.isFinite);
}
const empty = ({ outputs }: Candidate) => outputs[0]?.shape?.includes(0) ?? false;
/** Padding that the turned kernel leaves room for. */
function fits(node: Node, kernel: readonly number[]): boolean {
  const pads = intsOf(node, "pads") ?? [], dilations = intsOf(node, "dilations");
  return pads.every((p, i) =>
    p <= ((kernel[i % kernel.length] ?? 1) - 1) * (dilations?.[i % kernel.length] ?? 1)
  );
}
/** dy with zeros between its elements and around them, so that a valid convolution gives `space`. */
function spread(l: Lowering, dy: View, window: Window, space: readonly Dim[], node: Node): View {
  const reach = window.kernel.map((k, i) => (k - 1) * (window.dilations[i] ?? 1));
  const before = reach.map((r, i) => subDims(r, window.before[i] ?? 0));
  const total = space.map((d, i) => addDims(d, reach[i] ?? 0));
  const inner = dy.shape.slice(2).map((d, i) => addDims(mulDims(subDims(d, 1), item(window.strides, i)), 1));
  const after = total.map((t, i) => subDims(subDims(t, before[i] ?? 0), inner[i] ?? 0));
  if (window.strides.every((x) => x === 1)) {
    return paddedImage(l, dy, { ...window, before, after }, 0, node);
  }
  const [n = 1, c = 1] = dy.shape;
  const out = l.fresh([n, c, ...total], "float32", channelsLast(dy.shape.length), "workspace");
  l.fill(out, 0, node);
  const places = dy.shape.slice(2).reduce<View>(
    (v, d, i) => sliceView(v, i + 2, before[i] ?? 0, item(window.strides, i), d),
    out,
  );
  l.copy(dy, places, node);
  return out;
}

/** Rules of this file. */
export const spreadRules: Readonly<Record<string, Rule>> = {
  "lapis.ConvGradInput": spreadingRule(undefined),
  ConvTranspose: spreadingRule(2),
};
