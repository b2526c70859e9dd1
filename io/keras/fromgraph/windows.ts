/** Convolutions, pools and pads as Keras' layers, channels last. @module */
import { item } from "../../../core/values/item.ts";
import { UnsupportedError } from "../../../core/values/errors.ts";
import type { Node } from "../../../core/graph/graph.ts";
import type { SymbolicTensor } from "../../../core/network/network.ts";
import { transposed } from "../../../core/ops/layout/move.ts";
import type { Dim } from "../../../core/values/shape.ts";
import {
  castTensor,
  reshaped,
  type Tensor,
  tensor,
  toIntegers,
  toNumbers,
} from "../../../core/values/tensor.ts";
import { argumentOf, type Draft } from "./draft.ts";
import { inputOf, numberOf, numbersOf, outputOf, size } from "./attributes.ts";
import type { Converters } from "./elementwise.ts";
import { channelsLast } from "./views.ts";

/** Where a window's padding comes from. */
interface Window {
  readonly rank: number;
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Pads of each axis; undefined for TensorFlow's `same`. */
  readonly pads: readonly (readonly [number, number])[] | undefined;
}
const lastOf = (d: Draft, id: number) => d.view(id, channelsLast(d.shape(id).length));

/** A node's window; pads that are what `same` means count as that. */
function windowOf(d: Draft, node: Node, kernel: readonly number[]): Window {
  const { attributes } = node, rank = kernel.length, sizes = d.shape(inputOf(node)).slice(2);
  const strides = numbersOf(attributes, "strides") ?? kernel.map(() => 1);
  const dilations = numbersOf(attributes, "dilations") ?? kernel.map(() => 1);
  const given = numbersOf(attributes, "pads") ?? new Array<number>(2 * rank).fill(0);
  const auto = `${attributes["auto_pad"] ?? "NOTSET"}`;
  const base = { rank, kernel, strides, dilations };
  if (auto === "SAME_UPPER" && numberOf(attributes, "count_include_pad", 0) === 0) {
    return { ...base, pads: undefined };
  }
  if (auto === "VALID") return { ...base, pads: kernel.map(() => [0, 0]) };
  const same = kernel.map((k, i) => sameOf(sizes[i], k, item(strides, i), dilations[i] ?? 1));
  if (auto.startsWith("SAME")) {
    const pads = same.map((p, i): readonly [number, number] => {
      if (!p) throw new UnsupportedError(`padding that depends on the size of axis ${i + 2}`);
      return auto === "SAME_UPPER" ? p : [p[1], p[0]];
    });
    return { ...base, pads };
  }
  const pads = kernel.map((_, i): readonly [number, number] => [item(given, i), given[i + rank] ?? 0]);
  const isSame = pads.every(([p, q], i) => same[i]?.[0] === p && same[i]?.[1] === q) &&
    pads.some(([p, q]) => p + q > 0);
  const exact = numberOf(attributes, "ceil_mode", 0) !== 0 ||
    numberOf(attributes, "count_include_pad", 0) !== 0;
  return { ...base, pads: isSame && !exact ? undefined : pads };
}
/** TensorFlow's pads for `same`, where they don't depend on a size that varies. */
function sameOf(n: Dim | undefined, kernel: number, stride: number, dilation: number):
  | readonly [number, number]
  | undefined {
  const reach = (kernel - 1) * dilation + 1;
  if (typeof n !== "number" && stride > 1) return undefined;
  const out = typeof n === "number" ? Math.ceil(n / stride) : 0;
  const all = typeof n === "number" ? Math.max(0, (out - 1) * stride + reach - n) : reach - 1;
  return [Math.floor(all / 2), all - Math.floor(all / 2)];
}
const none = (pads: Window["pads"]) => pads?.every(([p, q]) => p === 0 && q === 0) ?? true;

/** `[[before, after], …]` as the padding and cropping layers take them. */
const sides = (pads: readonly (readonly [number, number])[]) => pads.map((p) => [...p]);
/** Zeros around a picture; negative pads crop. */
function padded(d: Draft, x: SymbolicTensor, pads: Window["pads"]): SymbolicTensor {
  if (!pads || none(pads)) return x;
  const rank = pads.length, cut = pads.map(([p, q]): [number, number] => [Math.max(0, -p), Math.max(0, -q)]);
  const more = pads.map(([p, q]): [number, number] => [Math.max(0, p), Math.max(0, q)]);
  const y = none(more) ? x : d.layer(`ZeroPadding${rank}D`, { padding: sides(more) }, [x], undefined, "pad");
  return none(cut) ? y : d.layer(`Cropping${rank}D`, { cropping: sides(cut) }, [y], undefined, "crop");
}

/** A kernel `[…, …, …space]` with zeros between its elements, as dilations put them. */
function spread(w: Tensor, dilations: readonly number[]): Tensor {
  if (dilations.every((n) => n === 1)) return w;
  const space = w.shape.slice(2), wide = space.map((k, i) => (k - 1) * (dilations[i] ?? 1) + 1);
  const inner = wide.reduce((n, k) => n * k, 1),
    data = new Float32Array(w.shape.slice(0, 2).reduce((n, k) => n * k, inner));
  toNumbers(w).forEach((v, i) => {
    let rest = i, at = 0, stride = 1;
    for (let axis = space.length - 1; axis >= 0; axis--) {
      const k = space[axis] ?? 1;
      at += rest % k * (dilations[axis] ?? 1) * stride;
      rest = Math.floor(rest / k);
      stride *= wide[axis] ?? 1;
    }
    data[rest * inner + at] = v;
  });
  return tensor(data, [...w.shape.slice(0, 2), ...wide], "float32");
}
/** A bias added by the only reader of a convolution's output. */
function biasAfter(
  d: Draft,
  node: Node,
  channels: number,
): { readonly bias: Tensor; readonly node: Node } | undefined {
  const found = d.added(node), t = found?.constant;
  const rank = d.shape(outputOf(node)).length;
  const shape = t && [...Array.from({ length: rank - t.shape.length }, () => 1), ...t.shape];
  const fits = shape?.length === rank && shape.every((n, i) => n === (i === 1 ? channels : 1));
  return found && t && fits ? { bias: reshaped(t, [channels]), node: found.node } : undefined;
}
const float32 = (t: Tensor) => castTensor(t, "float32");

function conv(d: Draft, node: Node): void {
  const own = float32(d.fixed(node, 1, "its kernel")), rank = own.shape.length - 2;
  if (rank < 1 || rank > 3) throw new UnsupportedError(`convolution over ${rank} axes`);
  const group = numberOf(node.attributes, "group", 1), said = windowOf(d, node, own.shape.slice(2));
  // Keras has either strides or dilations; a dilated kernel is a larger one with zeros.
  const both = said.strides.some((s) => s > 1) && said.dilations.some((n) => n > 1);
  const w = both ? spread(own, said.dilations) : own, [filters = 1, , ...kernel] = w.shape;
  const window = both ? { ...said, dilations: kernel.map(() => 1) } : said, { strides, dilations } = window;
  const channels = size(d.shape(inputOf(node))[1], "its number of channels");
  const given = d.constant(node.inputs[2]);
  if (!given && (node.inputs[2] ?? -1) >= 0) {
    throw new UnsupportedError("its bias is computed while the model runs");
  }
  const later = given ? undefined : biasAfter(d, node, filters), bias = given ?? later?.bias;
  const x = padded(d, lastOf(d, inputOf(node)), window.pads);
  // Kernels over space, then input channels, then filters.
  const turned = transposed(w, [...kernel.keys()].map((i) => i + 2).concat([1, 0]));
  const depthwise = group === channels && group > 1 && rank < 3 && strides.every((s) => s === strides[0]);
  const options = {
    kernelSize: kernel,
    strides,
    dilationRate: dilations,
    padding: window.pads ? "valid" : "same",
    useBias: bias !== undefined,
  };
  const more = bias && { bias: float32(bias) };
  const y = depthwise
    ? d.layer(`DepthwiseConv${rank}D`, { ...options, depthMultiplier: filters / channels }, [x], {
      own: { kernel: depthwiseKernel(w, channels), ...more },
    })
    : d.layer(`Conv${rank}D`, { ...options, filters, groups: group }, [x], {
      own: { kernel: turned, ...more },
    });
  if (later) d.take(later.node);
  const out = later ? outputOf(later.node) : outputOf(node);
  d.set(out, channelsLast(rank + 2), y);
}
/** `[channels·multiplier, 1, …space]` to `[…space, channels, multiplier]`. */
function depthwiseKernel(w: Tensor, channels: number): Tensor {
  const [filters = 1, , ...kernel] = w.shape;
  const apart = reshaped(w, [channels, filters / channels, ...kernel]);
  return transposed(apart, [...kernel.keys()].map((i) => i + 2).concat([0, 1]));
}

function convTranspose(d: Draft, node: Node): void {
  const own = float32(d.fixed(node, 1, "its kernel")), rank = own.shape.length - 2;
  if (rank < 1 || rank > 3) throw new UnsupportedError(`convolution over ${rank} axes`);
  if (numberOf(node.attributes, "group", 1) !== 1) {
    throw new UnsupportedError("Keras has no transposed convolution in groups");
  }
  // TensorFlow has no dilated transposed convolution on a CPU.
  const w = spread(own, numbersOf(node.attributes, "dilations") ?? []), [, filters = 1, ...kernel] = w.shape;
  const strides = numbersOf(node.attributes, "strides") ?? kernel.map(() => 1);
  const begin = transposePads(d, node, kernel, strides);
  const given = d.constant(node.inputs[2]);
  if (!given && (node.inputs[2] ?? -1) >= 0) {
    throw new UnsupportedError("its bias is computed while the model runs");
  }
  const later = given ? undefined : biasAfter(d, node, filters), bias = given ?? later?.bias;
  const turned = transposed(w, [...kernel.keys()].map((i) => i + 2).concat([1, 0]));
  const outputPadding = begin.some(([, q]) => q < 0)
    ? begin.map(([, q], i) => longerPadding(item(kernel, i), item(strides, i), -q))
    : undefined;
  const whole = d.layer(
    `Conv${rank}DTranspose`,
    {
      kernelSize: kernel,
      strides,
      filters,
      padding: "valid",
      useBias: bias !== undefined,
      ...(outputPadding && { outputPadding }),
    },
    [lastOf(d, inputOf(node))],
    { own: { kernel: turned, ...(bias && { bias: float32(bias) }) } },
  );
  const cropping = begin.map(([p, q]): [number, number] => [-p, -Math.max(0, q)]);
  if (later) d.take(later.node);
  d.set(later ? outputOf(later.node) : outputOf(node), channelsLast(rank + 2), padded(d, whole, cropping));
}
/** Keras' own output padding, without which its layer fills up to a stride. @throws {UnsupportedError} for a stride or more. */
function longerPadding(kernel: number, stride: number, more: number): number {
  const padding = Math.max(0, stride - kernel) + Math.max(0, more);
  if (padding < stride) return padding;
  throw new UnsupportedError("an output longer than what its windows reach");
}
/** What is cut off at both ends of what Keras' layer gives without padding; below nothing, where more comes out. */
function transposePads(
  d: Draft,
  node: Node,
  kernel: readonly number[],
  strides: readonly number[],
): readonly (readonly [number, number])[] {
  const { attributes } = node, rank = kernel.length, auto = `${attributes["auto_pad"] ?? "NOTSET"}`;
  const from = d.shape(inputOf(node)).slice(2), to = d.shape(outputOf(node)).slice(2);
  const given = numbersOf(attributes, "pads"), extra = numbersOf(attributes, "output_padding");
  const shaped = numbersOf(attributes, "output_shape");
  return kernel.map((k, i) => {
    const s = item(strides, i), reach = k, longer = Math.max(reach, s);
    if (auto === "NOTSET" && !shaped) {
      const before = given?.[i] ?? 0, after = (given?.[i + rank] ?? 0) - (extra?.[i] ?? 0) + longer - reach;
      return [before, after];
    }
    const n = size(from[i], `the size of axis ${i + 2}`), out = size(to[i], `the size of axis ${i + 2}`);
    const all = Math.max(0, (n - 1) * s + reach + (extra?.[i] ?? 0) - out);
    const before = auto === "SAME_UPPER" ? Math.floor(all / 2) : all - Math.floor(all / 2);
    return [before, (n - 1) * s + longer - out - before];
  });
}

const lowest = -3.4028234663852886e38;
/** Pads of a pool with what its last windows reach beyond the end, where it counts them. */
function poolPads(d: Draft, node: Node, window: Window): Window["pads"] {
  if (!window.pads || numberOf(node.attributes, "ceil_mode", 0) === 0) return window.pads;
  const from = d.shape(inputOf(node)).slice(2), to = d.shape(outputOf(node)).slice(2);
  return window.pads.map(([p, q], i): readonly [number, number] => {
    const n = size(from[i], `the size of axis ${i + 2}`), out = size(to[i], `the size of axis ${i + 2}`);
    return [p, Math.max(q, (out - 1) * item(window.strides, i) + item(window.kernel, i) - n - p)];
  });
}
function pool(kind: "Max" | "Average") {
  return (d: Draft, node: Node): void => {
    const kernel = numbersOf(node.attributes, "kernel_shape") ?? [], rank = kernel.length;
    if (rank < 1 || rank > 3) throw new UnsupportedError(`pooling over ${rank} axes`);
    if (node.outputs[1] !== undefined && d.isRead(node.outputs[1])) {
      throw new UnsupportedError("Keras' pools don't tell where the largest elements were");
    }
    const window = windowOf(d, node, kernel);
    if (window.dilations.some((n) => n > 1)) {
      throw new UnsupportedError("Keras has no pooling with dilations");
    }
    const options = { poolSize: kernel, strides: window.strides, padding: window.pads ? "valid" : "same" };
    const pads = poolPads(d, node, window), x = lastOf(d, inputOf(node)), name = `${kind}Pooling${rank}D`;
    const groups = channelsLast(rank + 2), give = (y: SymbolicTensor) => d.set(outputOf(node), groups, y);
    if (!pads || none(pads)) {
      return give(d.layer(name, options, [x]));
    }
    if (kind === "Max") {
      const widths = [[0, 0], ...sides(pads), [0, 0]];
      const wide = d.operation("Pad", { pad_width: widths, mode: "constant" }, [x, lowest], "pad");
      return give(d.layer(name, options, [wide]));
    }
    const y = d.layer(name, options, [padded(d, x, pads)], undefined, undefined);
    const factors = averageFactors(d, node, window, pads);
    give(factors ? d.operation("Multiply", {}, [y, argumentOf(factors)], "counted") : y);
  };
}
/** What averages over whole windows are multiplied by, so that only what counts is divided by: `[1, …space, 1]`. */
function averageFactors(
  d: Draft,
  node: Node,
  window: Window,
  pads: NonNullable<Window["pads"]>,
): Tensor | undefined {
  const included = numberOf(node.attributes, "count_include_pad", 0) !== 0;
  const said = window.pads ?? pads;
  // With pads counted, only what a ceiling adds beyond them is left out.
  if (included && said.every(([p, q], i) => p === pads[i]?.[0] && q === pads[i]?.[1])) return undefined;
  const from = d.shape(inputOf(node)).slice(2), to = d.shape(outputOf(node)).slice(2);
  const axes = window.kernel.map((k, i) => {
    const n = size(from[i], `the size of axis ${i + 2}`), out = size(to[i], `the size of axis ${i + 2}`);
    const [p = 0, q = 0] = said[i] ?? [], low = included ? -p : 0, high = included ? n + q : n;
    return Array.from({ length: out }, (_, o) => {
      const start = o * item(window.strides, i) - p;
      return k / (Math.min(high, start + k) - Math.max(low, start));
    });
  });
  const values = axes.reduce((list, axis) => list.flatMap((v) => axis.map((f) => v * f)), [1]);
  return tensor(values, [1, ...axes.map((a) => a.length), 1], "float32");
}
function globalPool(kind: "Max" | "Average") {
  return (d: Draft, node: Node): void => {
    const rank = d.shape(inputOf(node)).length - 2;
    if (rank < 1 || rank > 3) throw new UnsupportedError(`pooling over ${rank} axes`);
    const y = d.layer(`Global${kind}Pooling${rank}D`, {}, [lastOf(d, inputOf(node))]);
    d.set(outputOf(node), [[0], [1]], y);
  };
}

function pad(d: Draft, node: Node): void {
  const x = inputOf(node), shape = d.shape(x), rank = shape.length;
  const list = toIntegers(d.fixed(node, 1, "how much is added")),
    mode = `${node.attributes["mode"] ?? "constant"}`;
  const chosen = (node.inputs[3] ?? -1) < 0
    ? undefined
    : toIntegers(d.fixed(node, 3, "its list of axes")).map((a) => (a < 0 ? a + rank : a));
  const pads = shape.map((_, axis): readonly [number, number] => {
    const at = chosen ? chosen.indexOf(axis) : axis;
    return at < 0 ? [0, 0] : [item(list, at), list[at + (chosen?.length ?? rank)] ?? 0];
  });
  const filler = d.constant(node.inputs[2]), value = filler ? toNumbers(filler)[0] ?? 0 : 0;
  if ((node.inputs[2] ?? -1) >= 0 && !filler) throw new UnsupportedError("what is added is computed");
  const spatial = none(pads.slice(0, 2)) && rank >= 3 && rank <= 5 && mode === "constant" && value === 0 &&
    d.isFloat(x);
  if (spatial) {
    const wide = padded(d, lastOf(d, x), pads.slice(2));
    return d.set(outputOf(node), channelsLast(rank), wide);
  }
  const view = d.views(x).find((v) => v.groups.every((g) => g.length === 1) && v.groups.length === rank);
  const groups = view?.groups ?? shape.map((_, axis) => [axis]),
    widths = groups.map(([axis = 0]) => [...pads[axis] ?? [0, 0]]);
  if (widths.flat().some((n) => n < 0)) throw new UnsupportedError("a negative pad");
  if (mode !== "constant" && mode !== "reflect") {
    throw new UnsupportedError(`Keras has no padding of mode ${mode}`);
  }
  const operands = mode === "constant" ? [d.view(x, groups), value] : [d.view(x, groups)];
  d.set(outputOf(node), groups, d.operation("Pad", { pad_width: widths, mode }, operands));
}
/** Operators with windows. */
export const windows: Converters = {
  AveragePool: pool("Average"),
  Conv: conv,
  ConvTranspose: convTranspose,
  GlobalAveragePool: globalPool("Average"),
  GlobalMaxPool: globalPool("Max"),
  MaxPool: pool("Max"),
  Pad: pad,
};
