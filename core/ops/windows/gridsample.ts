/** Sampling an image at places that a grid names. @module */
import { item } from "../../values/item.ts";
import type { Builder } from "../../graph/builder.ts";
import { ShapeError } from "../../values/errors.ts";
import type { Value } from "../../graph/graph.ts";
import type { OpDef } from "../../graph/op.ts";
import { bool, choice } from "../../values/schema.ts";
import { asTensor, dimsOf, freshDim, shapeText, tensorType } from "../../values/shape.ts";
import { toNumbers } from "../../values/tensor.ts";
import { type Numbers, product, result, stridesOf } from "../arrays.ts";
import { defineOp, tensorAt } from "../define.ts";
import { roundHalfEven } from "../elementwise/math.ts";
import { cubic } from "./taps.ts";

interface GridSample {
  readonly align_corners: boolean;
  readonly mode: "linear" | "nearest" | "cubic";
  readonly padding_mode: "zeros" | "border" | "reflection";
}
const gridSample: OpDef = defineOp<GridSample>({
  name: "GridSample",
  since: 22,
  summary:
    "`[batch, channels, ...]` sampled at the places of a grid `[batch, ..., axes]`, from −1 to 1, last axis first.",
  attributes: {
    align_corners: bool({
      doc: "−1 and 1 are the middles of the outer elements, not their edges.",
      default: false,
    }),
    mode: choice({ doc: "Interpolation.", of: ["linear", "nearest", "cubic"], default: "linear" }),
    padding_mode: choice({
      doc: "What lies outside.",
      of: ["zeros", "border", "reflection"],
      default: "zeros",
    }),
  },
  arity: [2, 2],
  infer({ inputs }) {
    const x = dimsOf(inputs[0], "X"), grid = dimsOf(inputs[1], "grid");
    if (x.length !== grid.length) {
      throw new ShapeError(`expected X and grid of one rank, got ${shapeText(x)} and ${shapeText(grid)}`);
    }
    return [tensorType(asTensor(inputs[0]).dtype, [item(x, 0), item(x, 1), ...grid.slice(1, -1)])];
  },
  gradient: "none",
  plain(inputs, { attributes }) {
    const x = tensorAt(inputs, 0), grid = tensorAt(inputs, 1), [batch = 1, channels = 1, ...sizes] = x.shape;
    const places = grid.shape.slice(1, -1),
      count = product(places),
      size = product(sizes),
      rank = sizes.length;
    const data = toNumbers(x), at = toNumbers(grid), out = new Float64Array(batch * channels * count);
    // Which element is nearest can hang on a bit: places are in float32 as the grid is.
    const round = attributes.mode === "nearest" && grid.dtype === "float32" ? Math.fround : (v: number) => v;
    const sampler = new Sampler(sizes, attributes, round);
    for (let n = 0; n < batch; n++) {
      for (let p = 0; p < count; p++) {
        sampler.moveTo(at, (n * count + p) * rank);
        for (let c = 0; c < channels; c++) {
          const image = n * channels + c;
          out[image * count + p] = sampler.read(data, image * size);
        }
      }
    }
    return [result(out, [batch, channels, ...places], x.dtype)];
  },
  upgrade(_, node) {
    const names: Readonly<Record<string, string>> = { bilinear: "linear", bicubic: "cubic" };
    const mode = String(node.attributes["mode"] ?? "bilinear");
    return { ...node, attributes: { ...node.attributes, mode: names[mode] ?? mode } };
  },
  accuracy: "rounding",
});

/** Offsets and weights of the elements around one place. */
class Sampler {
  readonly #sizes: readonly number[];
  readonly #strides: readonly number[];
  readonly #options: GridSample;
  #offsets: number[] = [];
  #weights: number[] = [];
  readonly #round: (v: number) => number;
  constructor(sizes: readonly number[], options: GridSample, round: (v: number) => number) {
    this.#round = round;
    this.#sizes = sizes;
    this.#strides = stridesOf(sizes);
    this.#options = options;
  }
  /** Takes the place at `from` of a grid, its last axis first. */
  moveTo(grid: Numbers, from: number): void {
    let offsets = [0], weights = [1];
    this.#sizes.forEach((size, axis) => {
      const stride = item(this.#strides, axis);
      const { first, parts } = this.#along(grid[from + this.#sizes.length - 1 - axis] as number, size);
      const nextOffsets: number[] = [], nextWeights: number[] = [];
      offsets.forEach((offset, i) =>
        parts.forEach((part, k) => {
          const index = this.#inside(first + k, size);
          if (index < 0) return;
          nextOffsets.push(offset + index * stride);
          nextWeights.push(item(weights, i) * part);
        })
      );
      [offsets, weights] = [nextOffsets, nextWeights];
    });
    this.#offsets = offsets;
    this.#weights = weights;
  }
  /** The interpolated value in the image that starts at `base`. */
  read(x: Numbers, base: number): number {
    let sum = 0;
    this.#offsets.forEach((offset, i) => sum += item(this.#weights, i) * (x[base + offset] as number));
    return sum;
  }
  /** The first element around a coordinate, and the weights from it on. */
  #along(coordinate: number, size: number): { readonly first: number; readonly parts: readonly number[] } {
    const { align_corners, mode, padding_mode } = this.#options, r = this.#round, from = r(coordinate + 1);
    let x = align_corners ? r(from / 2 * (size - 1)) : r(r(from * size) - 1) / 2;
    if (mode === "nearest") x = roundHalfEven(x);
    const [low, high] = align_corners ? [0, size - 1] : [-0.5, size - 0.5];
    if (x < low || x > high) {
      // A cubic place beyond the edge stays where it is: what it reads is the edge, as PyTorch has it.
      const room = mode === "cubic" ? 2 : 0;
      if (padding_mode === "border") x = Math.min(size - 1 + room, Math.max(-room, x));
      else if (padding_mode === "reflection") x = reflected(x, low, high);
    }
    if (mode === "nearest") return { first: Math.trunc(x), parts: [1] };
    const below = Math.floor(x), ratio = x - below;
    if (mode === "linear") return { first: below, parts: [1 - ratio, ratio] };
    return { first: below - 1, parts: [-1, 0, 1, 2].map((k) => cubic(k - ratio, -0.75)) };
  }
  /** An element's index, or −1 where it counts nothing. */
  #inside(index: number, size: number): number {
    if (index >= 0 && index < size) return index;
    const { align_corners, padding_mode } = this.#options;
    if (padding_mode === "zeros") return -1;
    if (padding_mode === "border") return Math.min(size - 1, Math.max(0, index));
    const [low, high] = align_corners ? [0, size - 1] : [-0.5, size - 0.5];
    return Math.min(size - 1, Math.max(0, Math.trunc(reflected(index, low, high))));
  }
}
/** x mirrored at both ends until it lies between them. */
function reflected(x: number, low: number, high: number): number {
  const range = high - low;
  if (range === 0) return low;
  const d = x < low ? low - x : x - high, turns = Math.floor(d / range), rest = d - turns * range;
  if (x < low) return turns % 2 === 0 ? low + rest : high - rest;
  return x > high ? turns % 2 === 0 ? high - rest : low + rest : x;
}

const affineGrid: OpDef = defineOp<{ readonly align_corners: boolean }>({
  name: "AffineGrid",
  since: 20,
  summary:
    "The places that affine maps `[batch, axes, axes + 1]` send a regular grid to, as GridSample takes them.",
  attributes: {
    align_corners: bool({
      doc: "−1 and 1 are the middles of the outer elements, not their edges.",
      default: false,
    }),
  },
  arity: [2, 2],
  infer({ inputs: [theta], dims }) {
    const [batch = 1, axes = 2] = dimsOf(theta, "theta"), size = dims(1)?.slice(2);
    const rank = typeof axes === "number" ? axes : 2;
    return [tensorType(asTensor(theta).dtype, [
      batch,
      ...size ?? Array.from({ length: rank }, () => freshDim()),
      rank,
    ])];
  },
  body(b, [theta, size], { align_corners }) {
    if (!theta || !size) return [];
    const { dtype } = asTensor(theta.type), axes = dimsOf(theta.type)[1];
    const rank = typeof axes === "number" ? axes : 2;
    const spatial = b.slice(size, b.ints([2]), b.ints([2 + rank]), b.ints([0]));
    const one = b.expand(b.scalar(1, dtype), spatial);
    // Coordinates x, y, z, then 1: the last axis comes first.
    const columns = Array.from({ length: rank }, (_, i) => rank - 1 - i).map((axis) => {
      const wide = b.ints(Array.from({ length: rank - 1 }, (_, i) => (i < axis ? i : i + 1)));
      const line = b.unsqueeze(places(b, spatial, axis, align_corners, theta), wide);
      return b.mul(line, one);
    });
    const last = b.ints([-1]);
    const grid = b.concat([...columns, one].map((v) => b.unsqueeze(v, last)), { axis: -1 });
    const points = b.reshape(grid, b.ints([1, -1, rank + 1]));
    const mapped = b.matMul(points, b.transpose(theta, { perm: [0, 2, 1] }));
    const batch = b.shape(theta, { start: 0, end: 1 });
    return [b.reshape(mapped, b.concat([batch, spatial, b.ints([rank])], { axis: 0 }))];
  },
  accuracy: "rounding",
});
/** The regular places along an axis, from −1 to 1. */
function places(b: Builder, spatial: Value, axis: number, align: boolean, like: Value): Value {
  const { dtype } = asTensor(like.type),
    count = b.gather(spatial, b.scalar(axis, "int64"), { axis: 0 });
  const steps = b.cast(b.range(b.scalar(0, "int64"), count, b.scalar(1, "int64")), {
    to: dtype,
  });
  const n = b.cast(count, { to: dtype }), one = b.scalar(1, dtype), two = b.scalar(2, dtype);
  const doubled = b.mul(steps, two);
  if (!align) return b.sub(b.div(b.add(doubled, one), n), one);
  const gaps = b.max([b.sub(n, one), one]);
  return b.sub(b.div(doubled, gaps), one);
}

/** Sampling an image at places that a grid names. */
export const gridOps: readonly OpDef[] = [gridSample, affineGrid];
