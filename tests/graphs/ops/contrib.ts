/** Operators of com.microsoft that onnxruntime has for CPUs: activations, products, norms, shapes. @module */
import type { Draft, Size, Wish } from "../draft.ts";
import { axisOf, type Makers, mate, some } from "./kit.ts";
import { attentions } from "./contribattention.ts";
import { contribFew } from "./contribfew.ts";
import { contribLanguage } from "./contriblanguage.ts";
import { contribMore } from "./contribmore.ts";
import { contribQuantized } from "./contribquantized.ts";
import { image, windows } from "./windows.ts";

/** A node of onnxruntime's domain, unless it says another. */
export const own = (wish: Wish): Wish => ({ domain: "com.microsoft", ...wish });
const maybe = (d: Draft, p: number, name: () => string) => (d.dice.chance(p) ? [name()] : []);

function fusedMatMul(op: "FusedMatMul" | "TransposeMatMul") {
  return (d: Draft): Wish | undefined => {
    const a = some(d, { ranks: [2, 3] }),
      sizes = d.sizes(a),
      transA = d.dice.below(2),
      transB = d.dice.below(2);
    const k = transA ? sizes.at(-2) : sizes.at(-1);
    if (!k || typeof k !== "number") return undefined;
    const n = d.dice.between(1, 5), lead: Size[] = d.dice.chance(0.4) && a.rank === 3 ? [sizes[0] ?? 1] : [];
    const b = d.source([...lead, ...(transB ? [n, k] : [k, n])]);
    const alpha = d.dice.chance(0.4) ? { alpha: 0.5 } : {};
    return { op, inputs: [a.name, b.name], attributes: { transA, transB, ...alpha } };
  };
}
function fusedGemm(d: Draft): Wish | undefined {
  const a = some(d, { ranks: [2, 2] }), [m, k] = d.sizes(a);
  if (!m || !k) return undefined;
  const transA = d.dice.below(2), transB = d.dice.below(2), n = d.dice.between(1, 6), inner = transA ? m : k;
  const b = d.source(transB ? [n, inner] : [inner, n]);
  const activation = d.dice.pick(["Relu", "Sigmoid", "Tanh", "LeakyRelu", "Softplus", "Softsign", "Elu"]);
  return {
    op: "FusedGemm",
    inputs: [a.name, b.name, ...maybe(d, 0.7, () => d.source([n]).name)],
    attributes: {
      transA,
      transB,
      activation,
      ...(/LeakyRelu|Elu$/.test(activation) && activation !== "Relu" && { activation_alpha: 0.3 }),
    },
  };
}
function fusedConv(d: Draft): Wish | undefined {
  const x = image(d, 2), c = d.sizes(x)[1];
  if (typeof c !== "number" || c === 0) return undefined;
  const kernel = [d.dice.between(1, 3), d.dice.between(1, 3)], outs = d.dice.between(1, 4);
  const w = d.constant(d.dice.tensor([outs, c, ...kernel], "float32", "small"));
  const activation = d.dice.pick(["Relu", "Sigmoid", "Tanh", "LeakyRelu", "Clip", "HardSigmoid"]);
  const params: Readonly<Record<string, readonly number[]>> = {
    LeakyRelu: [0.25],
    Clip: [-0.5, 0.75],
    HardSigmoid: [0.25, 0.5],
  };
  return {
    op: "FusedConv",
    inputs: [
      x.name,
      w.name,
      ...maybe(d, 0.6, () => d.constant(d.dice.tensor([outs], "float32", "small")).name),
    ],
    attributes: {
      ...windows(d, x, kernel),
      kernel_shape: kernel,
      activation,
      ...(params[activation] && { activation_params: params[activation] }),
    },
  };
}
/** Rows of a known width above 0: most norms and biases are of it. */
function rows(d: Draft, ranks: readonly [number, number]) {
  const x = some(d, { ranks, fits: (t) => typeof d.sizes(t).at(-1) === "number" && d.sizes(t).at(-1) !== 0 });
  const width = d.sizes(x).at(-1);
  return typeof width === "number" && width > 0 ? { x, width } : undefined;
}
const bias = (op: string, least: number) => (d: Draft): Wish | undefined => {
  const found = rows(d, [1, 3]);
  return found &&
    {
      op,
      inputs: [found.x.name, ...(least > 1 || d.dice.chance(0.6) ? [d.source([found.width]).name] : [])],
    };
};
function skipNorm(op: string, at: number) {
  return (d: Draft): Wish | undefined => {
    const found = rows(d, [3, 3]);
    if (!found) return undefined;
    const { x, width } = found, line = () => d.source([width]).name;
    const sizes = d.sizes(x);
    if (sizes.some((s) => s === undefined || s === 0)) return undefined;
    const skip = d.source(sizes as Size[]).name;
    const beta = at === 4 ? maybe(d, 0.7, line) : [];
    const more = at === 3 ? maybe(d, 0.6, line) : beta.length > 0 ? maybe(d, 0.6, line) : [];
    return { op, inputs: [x.name, skip, line(), ...beta, ...more], attributes: { epsilon: 1e-5 } };
  };
}
function embedNorm(d: Draft): Wish {
  const width = d.dice.between(2, 6), words = d.dice.between(3, 6), steps = d.dice.between(1, 5);
  const batch = d.dice.pick<Size>([1, 2, "n"]), segments = d.dice.chance(0.6);
  const ids = (most: number, shape: readonly Size[]) => {
    const of = (binding: Readonly<Record<string, number>>) => {
      const sizes = shape.map((s) => (typeof s === "string" ? binding[s] ?? 1 : s));
      const count = sizes.reduce((n, s) => n * s, 1);
      return {
        dtype: "int32" as const,
        shape: sizes,
        data: Int32Array.from({ length: count }, () => d.dice.below(most)),
      };
    };
    return d.input(shape, "int32", d.bindings.map(of)).name;
  };
  const table = (count: number) => d.constant(d.dice.tensor([count, width])).name;
  const line = () => d.constant(d.dice.tensor([width])).name;
  return {
    op: "EmbedLayerNormalization",
    inputs: [
      ids(words, [batch, steps]),
      segments ? ids(2, [batch, steps]) : undefined,
      table(words),
      table(8),
      segments ? table(2) : undefined,
      line(),
      line(),
      ...(d.dice.chance(0.5) ? [ids(2, [batch, steps])] : []),
    ],
    attributes: { epsilon: 1e-5 },
    outputs: 2,
  };
}
const scalarLong = (d: Draft, n: number) => d.ints([n], "int64", []);

/** Their makers, under the domain's name. */
const plain: Makers = {
  Gelu: (d) => ({ op: "Gelu", inputs: [some(d).name] }),
  BiasGelu: bias("BiasGelu", 2),
  FastGelu: bias("FastGelu", 1),
  QuickGelu: (d) => ({
    op: "QuickGelu",
    inputs: [some(d).name],
    attributes: d.dice.chance(0.5) ? { alpha: 1.25 } : {},
  }),
  FusedMatMul: fusedMatMul("FusedMatMul"),
  TransposeMatMul: fusedMatMul("TransposeMatMul"),
  FusedGemm: fusedGemm,
  FusedConv: fusedConv,
  SkipLayerNormalization: skipNorm("SkipLayerNormalization", 4),
  SkipSimplifiedLayerNormalization: skipNorm("SkipSimplifiedLayerNormalization", 3),
  EmbedLayerNormalization: embedNorm,
  SampleOp: (d) => ({ op: "SampleOp", inputs: [some(d).name] }),
  ExpandDims: (d) => {
    const x = some(d, { ranks: [0, 3] });
    return { op: "ExpandDims", inputs: [x.name, d.ints([axisOf(d, x.rank + 1)], "int32", [])] };
  },
  GatherND: (d) => {
    const x = d.source([3, 4, d.dice.between(1, 3)]),
      depth = d.dice.between(1, 2),
      count = d.dice.between(1, 4);
    const list = Array.from({ length: count * depth }, () => d.dice.below(3));
    return {
      op: "GatherND",
      inputs: [x.name, d.ints(list, d.dice.pick(["int32", "int64"]), [count, depth])],
    };
  },
  Range: (d) => {
    const start = d.dice.between(-3, 3), step = d.dice.pick([1, 2, 3]);
    return {
      op: "Range",
      inputs: [start, start + d.dice.between(1, 9), step].map((n) => scalarLong(d, n)),
    };
  },
  Trilu: (d) => ({
    op: "Trilu",
    inputs: [some(d, { ranks: [2, 4] }).name, ...maybe(d, 0.6, () => scalarLong(d, d.dice.between(-3, 3)))],
    attributes: { upper: d.dice.below(2) },
  }),
  Unique: (d) => ({ op: "Unique", inputs: [some(d, { ranks: [1, 1], contents: "whole" }).name], outputs: 3 }),
  Pad: (d) => {
    const x = some(d, {
      ranks: [1, 3],
      openToo: false,
      fits: (t) => d.sizes(t).every((s) => typeof s === "number" && s > 3),
    });
    const mode = d.dice.pick(["constant", "edge", "reflect"]);
    const pads = Array.from({ length: 2 * x.rank }, () => d.dice.between(mode === "constant" ? -1 : 0, 2));
    return { op: "Pad", inputs: [x.name, d.ints(pads)], attributes: { mode } };
  },
  UnfoldTensor: (d) => {
    const x = d.source([d.dice.between(3, 6), d.dice.between(3, 6)]), dim = d.dice.between(-2, 1);
    const attributes = { dim, size: d.dice.between(1, 3), step: d.dice.between(1, 2) };
    return { op: "UnfoldTensor", inputs: [x.name], attributes };
  },
  GridSample: (d) => {
    const x = image(d, 2), n = d.sizes(x)[0];
    if (n === undefined) return undefined;
    const grid = d.source([n, d.dice.between(1, 4), d.dice.between(1, 4), 2], "float32", "unit");
    const mode = d.dice.pick(["bilinear", "nearest", "bicubic"]);
    const padding_mode = d.dice.pick(["zeros", "border", "reflection"]);
    return {
      op: "GridSample",
      inputs: [x.name, grid.name],
      attributes: { mode, padding_mode, align_corners: d.dice.below(2) },
    };
  },
  Inverse: (d) => {
    const n = d.dice.between(1, 4), data = d.dice.tensor([2, n, n], "float32", "unit");
    (data.data as Float32Array).forEach((v, i, list) => list[i] = v + (i % (n * n) % (n + 1) === 0 ? 4 : 0));
    return { op: "Inverse", inputs: [d.constant(data).name] };
  },
  CDist: (d) => {
    const a = some(d, { ranks: [2, 2] }), k = d.sizes(a)[1];
    if (!k || !d.sizes(a)[0]) return undefined;
    const metric = d.dice.pick(["sqeuclidean", "euclidean"]);
    return {
      op: "CDist",
      inputs: [a.name, d.source([d.dice.between(1, 5), k]).name],
      attributes: { metric },
    };
  },
  NGramRepeatBlock: (d) => {
    const words = d.dice.between(3, 5), steps = d.dice.between(3, 7), size = d.dice.between(1, 3);
    const ids = d.ints(Array.from({ length: 2 * steps }, () => d.dice.below(words)), "int64", [2, steps]);
    return {
      op: "NGramRepeatBlock",
      inputs: [ids, d.source([2, words]).name],
      attributes: { ngram_size: size },
    };
  },
  ConvTransposeWithDynamicPads: (d) => {
    const w = d.constant(d.dice.tensor([2, 3, 3, 3], "float32", "small")).name;
    const pads = d.ints(Array.from({ length: 4 }, () => d.dice.below(2)));
    return {
      op: "ConvTransposeWithDynamicPads",
      inputs: [d.source([d.dice.between(1, 2), 2, d.dice.between(3, 5), 4]).name, w, pads],
      attributes: { strides: [d.dice.between(1, 2), d.dice.between(1, 2)] },
    };
  },
  ...attentions,
  ...contribQuantized(mate),
  ...contribMore,
  ...contribFew,
  ...contribLanguage,
};
/** Makers of `com.microsoft.NAME`. */
export const contribs: Makers = Object.fromEntries(
  Object.entries(plain).map(([name, make]) => [`com.microsoft.${name}`, (d) => {
    const wish = make(d);
    return wish && own(wish);
  }]),
);
