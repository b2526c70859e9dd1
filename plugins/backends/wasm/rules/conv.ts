/** Convolution and pooling over channels-last memory, whatever order the graph names the axes in. @module */
import { item } from "../../../../core/values/item.ts";
import type { Node } from "../../../../core/graph/graph.ts";
import {
  addDims,
  type Dim,
  divDims,
  maxDims,
  mulDims,
  sameDim,
  subDims,
} from "../../../../core/values/shape.ts";
import {
  conv,
  type ConvSpec,
  depthwise,
  packConv,
  packDepthwise,
  packedConvBytes,
  packedDepthwiseBytes,
  padImage,
  pool,
} from "../kernels/mod.ts";
import type { Lowering } from "../../room/lowering/lowering.ts";
import type { Scope } from "../../room/lowering/scope.ts";
import { type Arg, at, extent } from "../../room/lowering/program.ts";
import type { View } from "../../room/memory/views.ts";
import { allFloat32, type Candidate, intOf, intsOf, type Rule } from "../../room/rules/rule.ts";
import { storeActivation, type Tail } from "./matmul.ts";

/** The sliding of a convolution or pooling. */
export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly before: readonly Dim[];
  readonly after: readonly Dim[];
}

/** Kernel size, strides, dilations and padding of a convolution or pooling; automatic padding becomes explicit. */
export function windowOf(
  node: Node,
  kernel: readonly number[],
  space: readonly Dim[],
  out: readonly Dim[],
): Window {
  const rank = kernel.length, ones = new Array<number>(rank).fill(1);
  const strides = intsOf(node, "strides") ?? ones, dilations = intsOf(node, "dilations") ?? ones;
  const auto = String(node.attributes["auto_pad"] ?? "NOTSET");
  const pads = intsOf(node, "pads") ?? new Array<number>(2 * rank).fill(0);
  if (auto === "NOTSET" || auto === "" || auto === "VALID") {
    const none = auto === "VALID";
    return {
      kernel,
      strides,
      dilations,
      before: kernel.map((_, i) => (none ? 0 : item(pads, i))),
      after: kernel.map((_, i) => (none ? 0 : item(pads, rank + i))),
    };
  }
  const total = kernel.map((k, i) => {
    const reach = (k - 1) * (dilations[i] ?? 1) + 1;
    const wanted = addDims(mulDims(subDims(out[i] ?? 1, 1), item(strides, i)), reach);
    return maxDims(subDims(wanted, space[i] ?? 1), 0);
  });
  const half = total.map((t) => divDims(t, 2));
  const rest = total.map((t, i) => subDims(t, half[i] ?? 0));
  return auto === "SAME_UPPER"
    ? { kernel, strides, dilations, before: half, after: rest }
    : { kernel, strides, dilations, before: rest, after: half };
}

/** Order of the axes in memory: batch, space, channels. */
export function channelsLast(rank: number): readonly number[] {
  return [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1];
}
/** Three values for depth, height and width; absent ones in front. */
export function three<T>(values: readonly T[], absent: T): readonly [T, T, T] {
  const [d, h, w] = [...new Array<T>(3 - values.length).fill(absent), ...values];
  return [d ?? absent, h ?? absent, w ?? absent];
}

/** The image padded and channels-last; the same view where it lies so already and needs no padding. */
export function paddedImage(l: Lowering, x: View, window: Window, bits: number, node: Node): View {
  const space = x.shape.slice(2), [n = 1, c = 1] = x.shape;
  const bare = [...window.before, ...window.after].every((p) => p === 0);
  const padded = space.map((d, i) => addDims(addDims(d, window.before[i] ?? 0), window.after[i] ?? 0));
  const order = channelsLast(x.shape.length);
  const out = l.fresh([n, c, ...padded], "float32", order, "workspace");
  const dense = x.shape.every((d, i) => d === 1 || sameDim(item(x.strides, i), item(out.strides, i)));
  if (bare && dense) return x;
  const sizes = three<Dim>(space, 1), strides = three<Dim>(x.strides.slice(2), 0);
  const before = three<Dim>(window.before, 0), after = three<Dim>(window.after, 0);
  const kernel = padImage();
  l.call(
    kernel,
    [
      extent(n),
      ...sizes.map(extent),
      extent(c),
      at(x),
      extent(item(x.strides, 0)),
      ...strides.map(extent),
      extent(item(x.strides, 1)),
      ...[0, 1, 2].flatMap((i) => [extent(before[i] ?? 0), extent(after[i] ?? 0)]),
      at(out),
      bits,
    ],
    [x],
    [out],
    node,
  );
  return out;
}

/** The activation after a convolution, through the transposes that only relabel its result. */
function takeActivation(l: Lowering, scope: Scope, node: Node): Pick<Tail, "activation" | "nodes"> {
  let id = item(node.outputs, 0);
  for (;;) {
    const consumers = scope.consumers[id] ?? [], next = consumers[0];
    const alone = consumers.length === 1 && !scope.outputs.has(id) && !scope.wanted.has(id);
    if (!next || !alone || !scope.active.has(next) || scope.wanted.has(next.outputs[0] ?? -1)) {
      return { nodes: [] };
    }
    if (
      next.op === "Transpose" || next.op === "Squeeze" || next.op === "Unsqueeze" || next.op === "Identity"
    ) {
      id = next.outputs[0] ?? -1;
      continue;
    }
    const activation = storeActivation(l, scope, next);
    if (!activation) return { nodes: [] };
    scope.absorbed.set(next, id);
    return { activation, nodes: [next] };
  }
}

function isConv(c: Candidate): boolean {
  const [x, w] = c.inputs, rank = x?.shape?.length ?? 0;
  const fixed = w?.shape?.every((d) => typeof d === "number") ?? false;
  return allFloat32(c) && rank >= 3 && rank <= 5 && fixed && typeof x?.shape?.[1] === "number";
}

const convRule: Rule = {
  supports: isConv,
  lower(l, s, node) {
    const x = l.input(s, node, 0), w = l.input(s, node, 1), bias = l.optional(s, node, 2);
    const { shape } = l.type(s, item(node.outputs, 0));
    const kernelShape = w.shape.slice(2).map(Number), groups = intOf(node, "group", 1);
    const window = windowOf(node, kernelShape, x.shape.slice(2), shape.slice(2));
    const channels = Number(x.shape[1]), outChannels = Number(w.shape[0]);
    const image = paddedImage(l, x, window, 0, node);
    const tail = takeActivation(l, s, node);
    const spec: ConvSpec = {
      inChannels: channels,
      outChannels,
      groups,
      kernel: kernelShape,
      strides: window.strides,
      dilations: window.dilations,
      ...(bias && { bias: true }),
      ...(tail.activation && { activation: tail.activation }),
    };
    const deep = groups === channels && groups > 1;
    const packed = packFor(l, w, spec, deep, {}, node);
    const y = convolve(l, image, packed, bias, shape, spec, deep, [node, ...tail.nodes]);
    l.define(s, node, y);
  },
};

/** How a kernel's weights lie, where not as ONNX says. */
interface Lie {
  /** Bytes to the first. */
  readonly from?: Dim;
  /** Byte strides of output channels, input channels, and of depth, height and width. */
  readonly strides?: readonly [Dim, Dim, readonly Dim[]];
}
/** The kernel of a depthwise specialisation. */
const deepSpec = (spec: ConvSpec) => ({
  ...spec,
  channels: spec.inChannels,
  multiplier: spec.outChannels / spec.inChannels,
});
/** Packs a convolution's weights. */
export function packFor(l: Lowering, w: View, spec: ConvSpec, deep: boolean, lie: Lie, node: Node): View {
  const packed = l.packing(w, deep ? packedDepthwiseBytes(deepSpec(spec)) : packedConvBytes(spec));
  const [o = 0, i = 0, space = w.strides.slice(2)] = lie.strides ?? [w.strides[0], w.strides[1]];
  const args: Arg[] = [
    at(w, lie.from ?? 0),
    extent(o),
    ...(deep ? [] : [extent(i)]),
    ...three<Dim>(space, 0).map(extent),
    at(packed),
  ];
  const kernel = deep ? packDepthwise(deepSpec(spec)) : packConv(spec);
  l.call(kernel, args, [w], [packed], node, { level: packed.storage.level });
  return packed;
}
/** Calls a convolution of a padded image, and returns its dense, channels-last result of a shape. */
export function convolve(
  l: Lowering,
  image: View,
  packed: View,
  bias: View | undefined,
  shape: readonly Dim[],
  spec: ConvSpec,
  deep: boolean,
  nodes: readonly Node[],
): View {
  const y = l.fresh(shape, "float32", channelsLast(shape.length));
  l.call(
    deep ? depthwise(deepSpec(spec)) : conv(spec),
    [
      extent(item(shape, 0)),
      at(image),
      ...three<Dim>(image.shape.slice(2), 1).map(extent),
      at(packed),
      at(y),
      ...three<Dim>(shape.slice(2), 1).map(extent),
      spec.outChannels * 4,
      ...(bias ? [at(bias)] : []),
    ],
    [image, packed, ...(bias ? [bias] : [])],
    [y],
    nodes,
  );
  return y;
}

function poolRule(mode: "max" | "average"): Rule {
  return {
    supports(c) {
      const rank = c.inputs[0]?.shape?.length ?? 0;
      const indices = (c.node.outputs[1] ?? -1) >= 0;
      return c.inputs[0]?.dtype === "float32" && rank >= 3 && rank <= 5 && !indices;
    },
    lower(l, s, node) {
      const x = l.input(s, node, 0), { shape } = l.type(s, item(node.outputs, 0));
      const kernelShape = intsOf(node, "kernel_shape") ?? [];
      const window = windowOf(node, kernelShape, x.shape.slice(2), shape.slice(2));
      const image = channelsInside(l, x, node);
      const y = l.fresh(shape, "float32", channelsLast(shape.length));
      const kernel = pool({
        mode,
        kernel: window.kernel,
        strides: window.strides,
        dilations: window.dilations,
        ...(mode === "average" && { countIncludePad: intOf(node, "count_include_pad", 0) !== 0 }),
      });
      const sizes = three<Dim>(x.shape.slice(2), 1), strides = three<Dim>(image.strides.slice(2), 0);
      const before = three<Dim>(window.before, 0), after = three<Dim>(window.after, 0);
      const out = three<Dim>(shape.slice(2), 1), channels = item(shape, 1);
      l.call(
        kernel,
        [
          extent(item(shape, 0)),
          ...sizes.map(extent),
          extent(channels),
          at(image),
          extent(item(image.strides, 0)),
          ...strides.map(extent),
          ...[0, 1, 2].flatMap((i) => [extent(before[i] ?? 0), extent(after[i] ?? 0)]),
          at(y),
          ...out.map(extent),
          extent(mulDims(channels, 4)),
        ],
        [image],
        [y],
        node,
      );
      l.define(s, node, y);
    },
  };
}
/** The image with contiguous channels. */
export function channelsInside(l: Lowering, x: View, node: Node): View {
  if (x.strides[1] === 4 || x.shape[1] === 1) return x;
  const out = l.fresh(x.shape, "float32", channelsLast(x.shape.length));
  l.copy(x, out, node);
  return out;
}

/** Rules of this file. */
export const convRules: Readonly<Record<string, Rule>> = {
  Conv: convRule,
  MaxPool: poolRule("max"),
  AveragePool: poolRule("average"),
};
