/** Operators of onnxruntime beside its commonest: biases, norms, spectra, pictures, hashes and words, and ONNX's before 1.3. @module */
import type { DType } from "../../../core/values/dtype.ts";
import type { Draft, Wish } from "../draft.ts";
import { type Maker, type Makers, some } from "./kit.ts";
import { channelsOf, image } from "./windows.ts";

const maybe = (d: Draft, p: number, name: () => string) => (d.dice.chance(p) ? [name()] : []);
const small = (d: Draft, shape: readonly number[]) =>
  d.constant(d.dice.tensor(shape, "float32", "small")).name;
/** Of ONNX's own domain, which had it once or where onnxruntime puts it. */
const onnx = (make: Maker): Maker => (d) => {
  const wish = make(d);
  return wish && { ...wish, domain: "" };
};
/** x with a last axis of a known width above 0. */
function rows(d: Draft, ranks: readonly [number, number], even = false) {
  const fits = (n: unknown): n is number => typeof n === "number" && n > 0 && (!even || n % 2 === 0);
  const x = d.dice.chance(0.7)
    ? d.find((t) =>
      t.dtype === "float32" && t.rank >= ranks[0] && t.rank <= ranks[1] && fits(d.sizes(t).at(-1))
    )
    : undefined;
  const width = x && d.sizes(x).at(-1);
  if (x && fits(width)) return { x, width };
  const own = even ? 2 * d.dice.between(1, 3) : d.dice.between(1, 6);
  const lead = Array.from({ length: d.dice.between(ranks[0], ranks[1]) - 1 }, () => d.dice.between(1, 4));
  return { x: d.source([...lead, own]), width: own };
}
const two = (op: string): Maker =>
  onnx((d) => ({
    op,
    inputs: [some(d).name],
    attributes: {
      alpha: d.dice.uniform(0.2, 2),
      beta: d.dice.uniform(0.2, 2),
    },
  }));
/** A picture with its channels last, and how many there are. */
function lastChannels(d: Draft) {
  const channels = d.dice.pick([2, 4, 6]), side = () => d.dice.between(1, 4);
  return { x: d.source([d.dice.between(1, 2), side(), side(), channels]), channels };
}
function groupNorm(d: Draft, op: "GroupNorm" | "SkipGroupNorm"): Wish {
  const { x, channels } = lastChannels(d), line = () => small(d, [channels]), sizes = d.sizes(x);
  const [n = 1, h = 1, w = 1] = sizes;
  const skip = op === "SkipGroupNorm"
    ? [
      d.source(d.dice.pick([[n, h, w, channels], [n, 1, 1, channels], [n, channels]])).name,
      ...maybe(d, 0.5, line),
    ]
    : [];
  return {
    op,
    inputs: [x.name, line(), line(), ...skip],
    attributes: { groups: d.dice.pick([1, 2]), activation: d.dice.below(2) },
    outputs: op === "SkipGroupNorm" ? d.dice.between(1, 2) : 1,
  };
}
function nhwc(d: Draft, op: "NhwcConv" | "NhwcFusedConv"): Wish {
  const { x, channels } = lastChannels(d), kernel = [d.dice.between(1, 2), d.dice.between(1, 2)];
  const outs = d.dice.between(1, 3);
  return {
    op,
    inputs: [x.name, small(d, [outs, ...kernel, channels]), ...maybe(d, 0.5, () => small(d, [outs]))],
    attributes: {
      pads: [1, 1, 1, 1],
      strides: [d.dice.between(1, 2), d.dice.between(1, 2)],
      ...(op === "NhwcFusedConv" && { activation: d.dice.pick(["Relu", "Tanh", "Sigmoid"]) }),
    },
  };
}
const complex = (op: string): Maker => (d) => {
  const shape = [...Array.from({ length: d.dice.between(0, 2) }, () => d.dice.between(1, 4)), 2];
  const other = shape.map((n, i) => (i < shape.length - 1 && d.dice.chance(0.3) ? 1 : n));
  return { op, inputs: [d.source(shape).name, d.source(other).name] };
};
const words = ["", "a", "ab", "the cat", "x_y  1", "é日", "aab foo,bar", "A-b-C"];
const texts = (d: Draft, shape: readonly number[]) => {
  const count = shape.reduce((n, s) => n * s, 1);
  return d.constant({ dtype: "string", shape, data: Array.from({ length: count }, () => d.dice.pick(words)) })
    .name;
};

/** Their makers. */
export const contribMore: Makers = {
  GemmFastGelu: (d) => {
    const { x, width } = rows(d, [2, 3]), n = d.dice.between(1, 5);
    return {
      op: "GemmFastGelu",
      inputs: [x.name, small(d, [width, n]), ...maybe(d, 0.6, () => small(d, [n]))],
    };
  },
  BiasAdd: (d) => {
    const shape = [d.dice.between(1, 2), d.dice.between(1, 4), d.dice.between(1, 5)];
    return { op: "BiasAdd", inputs: [d.source(shape).name, small(d, shape.slice(2)), d.source(shape).name] };
  },
  BiasSplitGelu: (d) => {
    const { x, width } = rows(d, [3, 3], true);
    return { op: "BiasSplitGelu", inputs: [x.name, small(d, [width])] };
  },
  Affine: two("Affine"),
  ParametricSoftplus: two("ParametricSoftplus"),
  ScaledTanh: two("ScaledTanh"),
  Scale: onnx((d) => ({ op: "Scale", inputs: [some(d).name], attributes: { scale: d.dice.uniform(-2, 2) } })),
  SimplifiedLayerNormalization: onnx((d) => {
    const { x, width } = rows(d, [1, 4]);
    return {
      op: "SimplifiedLayerNormalization",
      inputs: [x.name, d.source([width]).name],
      attributes: { axis: -1, ...(d.dice.chance(0.5) && { epsilon: 1e-3 }) },
      outputs: d.dice.between(1, 2),
    };
  }),
  GroupNorm: (d) => groupNorm(d, "GroupNorm"),
  SkipGroupNorm: (d) => groupNorm(d, "SkipGroupNorm"),
  GatedRMSNorm: (d) => {
    const size = d.dice.between(2, 5), shape = [d.dice.between(1, 3), size * d.dice.between(1, 3)];
    return {
      op: "GatedRMSNorm",
      inputs: [d.source(shape).name, d.source([size]).name, d.source(shape).name],
      attributes: { activation: d.dice.pick(["silu", "sigmoid"]) },
    };
  },
  FusedMatMulActivation: (d) => {
    const { x, width } = rows(d, [2, 3]), n = d.dice.between(1, 5);
    return {
      op: "FusedMatMulActivation",
      inputs: [x.name, small(d, [n, width])],
      attributes: {
        transB: 1,
        alpha: 0.5,
        activation: d.dice.pick(["Relu", "Tanh", "Softplus", "HardSigmoid"]),
      },
    };
  },
  NhwcConv: (d) => nhwc(d, "NhwcConv"),
  NhwcFusedConv: (d) => nhwc(d, "NhwcFusedConv"),
  TorchEmbedding: (d) => ({
    op: "TorchEmbedding",
    inputs: [small(d, [4, d.dice.between(1, 4)]), d.ints(Array.from({ length: 5 }, () => d.dice.below(4)))],
  }),
  Rfft: (d) => ({
    op: "Rfft",
    inputs: [d.source([d.dice.between(1, 3), d.dice.between(2, 9)]).name],
    attributes: { signal_ndim: 1, normalized: 0, onesided: 1 },
  }),
  Irfft: (d) => ({
    op: "Irfft",
    inputs: [d.source([d.dice.between(1, 3), d.dice.between(2, 6), 2]).name],
    attributes: { signal_ndim: 1, normalized: 0, onesided: 1 },
  }),
  ComplexMul: complex("ComplexMul"),
  ComplexMulConj: complex("ComplexMulConj"),
  ImageScaler: onnx((d) => {
    const x = image(d, 2), bias = Array.from({ length: channelsOf(d, x) }, () => d.dice.uniform(-1, 1));
    return { op: "ImageScaler", inputs: [x.name], attributes: { scale: d.dice.uniform(0.2, 2), bias } };
  }),
  Crop: onnx((d) => {
    const x = d.source([
      d.dice.between(1, 2),
      d.dice.between(1, 3),
      d.dice.between(4, 7),
      d.dice.between(4, 7),
    ]);
    const border = Array.from({ length: 4 }, () => d.dice.below(2));
    return {
      op: "Crop",
      inputs: [x.name],
      attributes: {
        border,
        scale: [d.dice.between(1, 3), d.dice.between(1, 3)],
      },
    };
  }),
  DynamicSlice: onnx((d) => {
    const x = some(d, { ranks: [1, 4] }), axis = d.dice.below(x.rank), from = d.dice.between(-4, 3);
    const more = d.dice.chance(0.6) || axis > 0 ? [d.ints([axis])] : [];
    return {
      op: "DynamicSlice",
      inputs: [x.name, d.ints([from]), d.ints([from + d.dice.between(0, 5)]), ...more],
    };
  }),
  SwiGLU: (d) => {
    const { x } = rows(d, [2, 3], true), sizes = d.sizes(x), pair = d.dice.chance(0.5);
    if (pair && sizes.some((s) => s === undefined)) return undefined;
    const up = pair ? [d.source(sizes.map((s) => s ?? 1)).name] : [];
    const attributes = d.dice.chance(0.5) ? { limit: 1.5, activation_alpha: 1.25, activation_beta: 0.5 } : {};
    return { op: "SwiGLU", inputs: [x.name, ...up], attributes };
  },
  ScaledSiLU: (d) => ({
    op: "ScaledSiLU",
    inputs: [some(d, { ranks: [1, 3] }).name],
    attributes: { alpha: d.dice.uniform(0.5, 2) },
  }),
  GatedAdd: (d) => {
    const shape = [d.dice.between(1, 3), d.dice.between(1, 4)];
    return {
      op: "GatedAdd",
      inputs: [d.source(shape).name, d.source(shape).name, d.source([shape[0] ?? 1, 1]).name],
    };
  },
  MurmurHash3: (d) => {
    const kind = d.dice.pick<DType | "string">(["int32", "int64", "uint32", "float32", "float64", "string"]);
    const shape = [d.dice.between(1, 4)];
    const x = kind === "string" ? texts(d, shape) : d.source(shape, kind).name;
    return {
      op: "MurmurHash3",
      inputs: [x],
      attributes: { positive: d.dice.below(2), ...(d.dice.chance(0.5) && { seed: d.dice.below(1000) }) },
    };
  },
  Tokenizer: (d) => {
    const shape = d.dice.chance(0.5) ? [d.dice.between(1, 4)] : [d.dice.between(1, 2), d.dice.between(1, 2)];
    const cut = d.dice.pick([{ tokenexp: "[a-z]+" }, { tokenexp: "\\w" }, { separators: [" ", ",", "-"] }, {
      separators: [""],
    }]);
    const letters = cut.separators?.length === 1;
    return {
      op: "Tokenizer",
      inputs: [texts(d, shape)],
      attributes: {
        ...cut,
        mark: d.dice.below(2),
        pad_value: "#",
        mincharnum: letters ? 1 : d.dice.between(1, 2),
      },
    };
  },
};
