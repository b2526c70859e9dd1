/** Activations made of straight pieces, and those with a threshold. @module */
import type { Builder } from "../../core/graph/builder.ts";
import type { Value } from "../../core/graph/graph.ts";
import type { ActivationDef } from "../../core/network/layer.ts";
import { rectify, scalarLike } from "../../core/graph/words.ts";

type Options = Readonly<Record<string, unknown>>;
const num = (options: Options, name: string): number => Number(options[name]);

function clip(b: Builder, x: Value, min: number, max: number): Value {
  return b.one("Clip", [x, scalarLike(b, min, x), scalarLike(b, max, x)]);
}
function plain(name: string, summary: string, build: (b: Builder, x: Value) => Value): ActivationDef {
  return { kind: "activation", name, summary, build: (b, x) => build(b, x) };
}

/** x */
export const linear: ActivationDef = plain("linear", "x itself", (_, x) => x);
/** max(x, 0); with a slope below, a ceiling and a threshold as the ReLU layer has them. */
export const relu: ActivationDef = {
  kind: "activation",
  name: "relu",
  summary: "max(x, 0), with an optional slope, ceiling and threshold",
  options: { negativeSlope: 0, maxValue: null, threshold: 0, alpha: null },
  build: (b, x, options) =>
    rectify(b, x, {
      negativeSlope: Number(options.alpha ?? options.negativeSlope),
      maxValue: options.maxValue === null ? null : Number(options.maxValue),
      threshold: num(options, "threshold"),
    }),
};
/** min(max(x, 0), 6) */
export const relu6: ActivationDef = plain("relu6", "max(x, 0), at most 6", (b, x) => clip(b, x, 0, 6));
/** x where positive, else slope · x; the slope is 0.2. */
export const leakyRelu: ActivationDef = {
  kind: "activation",
  name: "leakyRelu",
  summary: "x where positive, else negativeSlope · x",
  options: { negativeSlope: 0.2, alpha: null },
  build: (b, x, options) =>
    b.one("LeakyRelu", [x], { alpha: Number(options.alpha ?? options.negativeSlope) }),
};
/** Keras 3: relu6(x + 3) / 6. */
export const hardSigmoid: ActivationDef = plain(
  "hardSigmoid",
  "clip(x / 6 + 0.5, 0, 1), as Keras 3 has it",
  (b, x) => b.one("HardSigmoid", [x], { alpha: 1 / 6, beta: 0.5 }),
);
/** Keras 1 and 2, whose files say `hard_sigmoid` as well. */
export const hardSigmoidKeras2: ActivationDef = {
  ...plain(
    "hardSigmoidKeras2",
    "clip(0.2 · x + 0.5, 0, 1), as Keras 1 and 2 have it",
    (b, x) => b.one("HardSigmoid", [x], { alpha: 0.2, beta: 0.5 }),
  ),
  kerasNames: [],
};
/** (x + 1) / 2 within 0 and 1. */
export const sparseSigmoid: ActivationDef = plain(
  "sparseSigmoid",
  "clip((x + 1) / 2, 0, 1)",
  (b, x) => b.one("HardSigmoid", [x], { alpha: 0.5, beta: 0.5 }),
);
/** x within −1 and 1. */
export const hardTanh: ActivationDef = plain("hardTanh", "clip(x, -1, 1)", (b, x) => clip(b, x, -1, 1));

/** x · relu6(x + 3) / 6 */
export const hardSilu: ActivationDef = plain(
  "hardSilu",
  "x · relu6(x + 3) / 6",
  (b, x) => b.one("Mul", [x, b.one("HardSigmoid", [x], { alpha: 1 / 6, beta: 0.5 })]),
);
/** The older name of {@link hardSilu}. */
export const hardSwish: ActivationDef = { ...hardSilu, name: "hardSwish" };

/** x where |x| is above the threshold, else 0. */
export const hardShrink: ActivationDef = {
  kind: "activation",
  name: "hardShrink",
  summary: "x where |x| > threshold, else 0",
  options: { threshold: 0.5 },
  build(b, x, options) {
    const large = b.one("Greater", [b.one("Abs", [x]), scalarLike(b, num(options, "threshold"), x)]);
    return b.one("Where", [large, x, scalarLike(b, 0, x)]);
  },
};
/** x drawn towards 0 by the threshold, 0 within it. */
export const softShrink: ActivationDef = {
  kind: "activation",
  name: "softShrink",
  summary: "x moved towards 0 by threshold, 0 within it",
  options: { threshold: 0.5 },
  build(b, x, options) {
    const t = num(options, "threshold");
    return b.one("Sub", [x, clip(b, x, -t, t)]);
  },
};
/** x − tanh(x) */
export const tanhShrink: ActivationDef = plain(
  "tanhShrink",
  "x - tanh(x)",
  (b, x) => b.one("Sub", [x, b.one("Tanh", [x])]),
);
/** 0 up to −1, x from 1, between them (x + 1)² / 4. */
export const sparsePlus: ActivationDef = plain(
  "sparsePlus",
  "0 up to -1, x from 1, (x + 1)² / 4 between",
  (b, x) => {
    const shifted = b.one("Add", [clip(b, x, -1, 1), scalarLike(b, 1, x)]);
    const bend = b.one("Mul", [b.one("Mul", [shifted, shifted]), scalarLike(b, 0.25, x)]);
    // Past 1 the bend stays at 1 and the rest of x is added.
    return b.one("Add", [bend, b.one("Relu", [b.one("Sub", [x, scalarLike(b, 1, x)])])]);
  },
);
/** x where above the threshold, else a given value. */
export const threshold: ActivationDef = {
  kind: "activation",
  name: "threshold",
  summary: "x where x > threshold, else defaultValue",
  options: { threshold: 0, defaultValue: 0 },
  build(b, x, options) {
    const above = b.one("Greater", [x, scalarLike(b, num(options, "threshold"), x)]);
    return b.one("Where", [above, x, scalarLike(b, num(options, "defaultValue"), x)]);
  },
};
