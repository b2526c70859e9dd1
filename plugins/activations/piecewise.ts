/** Activations made of straight pieces, and those with a threshold. @module */
import type { Builder } from "../../core/graph/builder.ts";
import type { Value } from "../../core/graph/graph.ts";
import type { ActivationDef } from "../../core/network/layer.ts";
import { rectify, scalarLike } from "../../core/ops/words.ts";
import { type NamedFactory, namedFactory } from "../../core/network/named.ts";

/** The slope where x is negative. */
export interface SlopeOptions {
  /** Slope below 0; 0.2 unless given. */
  readonly negativeSlope?: number;
  /** The same, in the word of older files. */
  readonly alpha?: number | null;
}
/** Options of {@link relu}. */
export interface ReluOptions {
  /** Slope below the threshold; 0 unless given. */
  readonly negativeSlope?: number;
  /** Largest output; none unless given. */
  readonly maxValue?: number | null;
  /** Below it the output is negativeSlope · (x − threshold); 0 unless given. */
  readonly threshold?: number;
  /** The slope below the threshold, in the word of older files. */
  readonly alpha?: number | null;
}
/** How near to 0 an input counts as 0. */
export interface ThresholdOption {
  /** Inputs of at most this magnitude give 0; 0.5 unless given. */
  readonly threshold?: number;
}
/** Options of {@link threshold}. */
export interface ThresholdOptions {
  /** Inputs up to this give the default value; 0 unless given. */
  readonly threshold?: number;
  /** What they give; 0 unless given. */
  readonly defaultValue?: number;
}

type Options = Readonly<Record<string, unknown>>;
const num = (options: Options, name: string): number => Number(options[name]);

function clip(b: Builder, x: Value, min: number, max: number): Value {
  return b.clip(x, scalarLike(b, min, x), scalarLike(b, max, x));
}
function plain(name: string, build: (b: Builder, x: Value) => Value): ActivationDef {
  return { kind: "activation", name, build: (b, x) => build(b, x) };
}

/** x itself. */
export const linear: NamedFactory<ActivationDef> = namedFactory(plain("linear", (_, x) => x));
/** max(x, 0), with an optional slope below a threshold, and a ceiling. */
export const relu: NamedFactory<ActivationDef, ReluOptions> = namedFactory({
  kind: "activation",
  name: "relu",
  options: { negativeSlope: 0, maxValue: null, threshold: 0, alpha: null },
  build: (b, x, options) =>
    rectify(b, x, {
      negativeSlope: Number(options.alpha ?? options.negativeSlope),
      maxValue: options.maxValue === null ? null : Number(options.maxValue),
      threshold: num(options, "threshold"),
    }),
});
/** max(x, 0), at most 6. */
export const relu6: NamedFactory<ActivationDef> = namedFactory(plain("relu6", (b, x) => clip(b, x, 0, 6)));
/** x where positive, else negativeSlope · x. */
export const leakyRelu: NamedFactory<ActivationDef, SlopeOptions> = namedFactory({
  kind: "activation",
  name: "leakyRelu",
  options: { negativeSlope: 0.2, alpha: null },
  build: (b, x, options) => b.leakyRelu(x, { alpha: Number(options.alpha ?? options.negativeSlope) }),
});
/** clip(x / 6 + 0.5, 0, 1), as Keras 3 has it. */
export const hardSigmoid: NamedFactory<ActivationDef> = namedFactory(plain(
  "hardSigmoid",
  (b, x) => b.hardSigmoid(x, { alpha: 1 / 6, beta: 0.5 }),
));
/** clip(0.2·x + 0.5, 0, 1), as Keras 1 and 2 have it. */
export const hardSigmoidKeras2: NamedFactory<ActivationDef> = namedFactory({
  ...plain(
    "hardSigmoidKeras2",
    (b, x) => b.hardSigmoid(x, { alpha: 0.2, beta: 0.5 }),
  ),
  kerasNames: [],
});
/** clip((x + 1) / 2, 0, 1). */
export const sparseSigmoid: NamedFactory<ActivationDef> = namedFactory(plain(
  "sparseSigmoid",
  (b, x) => b.hardSigmoid(x, { alpha: 0.5, beta: 0.5 }),
));
/** clip(x, −1, 1). */
export const hardTanh: NamedFactory<ActivationDef> = namedFactory(
  plain("hardTanh", (b, x) => clip(b, x, -1, 1)),
);

/** x · relu6(x + 3) / 6 */
export const hardSilu: NamedFactory<ActivationDef> = namedFactory(plain(
  "hardSilu",
  (b, x) => b.mul(x, b.hardSigmoid(x, { alpha: 1 / 6, beta: 0.5 })),
));
/** The older name of {@link hardSilu}. */
export const hardSwish: NamedFactory<ActivationDef> = namedFactory({ ...hardSilu.def, name: "hardSwish" });

/** x where |x| is above the threshold, else 0. */
export const hardShrink: NamedFactory<ActivationDef, ThresholdOption> = namedFactory({
  kind: "activation",
  name: "hardShrink",
  options: { threshold: 0.5 },
  build(b, x, options) {
    const large = b.greater(b.abs(x), scalarLike(b, num(options, "threshold"), x));
    return b.where(large, x, scalarLike(b, 0, x));
  },
});
/** x drawn towards 0 by the threshold, 0 within it. */
export const softShrink: NamedFactory<ActivationDef, ThresholdOption> = namedFactory({
  kind: "activation",
  name: "softShrink",
  options: { threshold: 0.5 },
  build(b, x, options) {
    const t = num(options, "threshold");
    return b.sub(x, clip(b, x, -t, t));
  },
});
/** x − tanh(x). */
export const tanhShrink: NamedFactory<ActivationDef> = namedFactory(plain(
  "tanhShrink",
  (b, x) => b.sub(x, b.tanh(x)),
));
/** 0 up to −1, x from 1, between them (x + 1)² / 4. */
export const sparsePlus: NamedFactory<ActivationDef> = namedFactory(plain(
  "sparsePlus",
  (b, x) => {
    const shifted = b.add(clip(b, x, -1, 1), scalarLike(b, 1, x));
    const bend = b.mul(b.mul(shifted, shifted), scalarLike(b, 0.25, x));
    // Past 1 the bend stays at 1 and the rest of x is added.
    return b.add(bend, b.relu(b.sub(x, scalarLike(b, 1, x))));
  },
));
/** x above the threshold, else the default value. */
export const threshold: NamedFactory<ActivationDef, ThresholdOptions> = namedFactory({
  kind: "activation",
  name: "threshold",
  options: { threshold: 0, defaultValue: 0 },
  build(b, x, options) {
    const above = b.greater(x, scalarLike(b, num(options, "threshold"), x));
    return b.where(above, x, scalarLike(b, num(options, "defaultValue"), x));
  },
});
