/** Keras 1's Merge: a layer of several inputs whose mode says what is done. @module */
import { type Factory, factory } from "../../../core/network/factory.ts";
import { UnsupportedError } from "../../../core/values/errors.ts";
import type { Builder } from "../../../core/graph/builder.ts";
import type { Value } from "../../../core/graph/graph.ts";
import type { LayerDef } from "../../../core/network/layer.ts";
import { inputAt, scalarLike } from "../../../core/ops/words.ts";
import { choice, int } from "../../../core/values/schema.ts";
import {
  axesOfDot,
  chain,
  concatenated,
  type DotConfig,
  dotProduct,
  mean,
  mergedMask,
  sameRank,
} from "./merge.ts";

/** Options of {@link mergeDef}, resolved. */
export interface MergeConfig {
  /** What is done. */
  readonly mode: "sum" | "mul" | "ave" | "max" | "min" | "concat" | "dot" | "cos";
  /** Axis of concat. */
  readonly concatAxis: number;
  /** The axis of each input that dot and cos sum over. */
  readonly dotAxes: number | readonly number[];
}
/** Keras 1's cosine: products by axes over the root of both inputs' with themselves, with an axis of 1 before it. */
function cosine(b: Builder, inputs: readonly Value[], axes: DotConfig["axes"]): Value {
  const [x, y] = [inputAt(inputs, 0), inputAt(inputs, 1)], product = dotProduct(b, inputs, axes);
  const squares = b.mul(dotProduct(b, [x, x], axes), dotProduct(b, [y, y], axes));
  const lengths = b.sqrt(b.relu(squares));
  const quotient = b.div(product, b.max([lengths, scalarLike(b, 1e-7, product)]));
  return b.unsqueeze(quotient, b.ints([1]));
}
const mergeDef: LayerDef<MergeConfig, never> = {
  kind: "layer",
  name: "Merge",
  mask: "make",
  config: {
    mode: choice({
      default: "sum",
      of: ["sum", "mul", "ave", "max", "min", "concat", "dot", "cos"],
    }),
    concatAxis: int({ default: -1 }),
    dotAxes: axesOfDot,
  },
  params: () => ({}),
  build({ b, config, inputs, call }) {
    const { mode, concatAxis, dotAxes } = config;
    if (mode === "concat") return concatenated(b, inputs, concatAxis, call, "all");
    if (mode === "dot" || mode === "cos") return [(mode === "dot" ? dotProduct : cosine)(b, inputs, dotAxes)];
    const list = sameRank(b, inputs);
    const y = mode === "ave"
      ? mean(b, list)
      : chain({ sum: "Add", mul: "Mul", max: "Max", min: "Min" }[mode])(b, list);
    return [b.masked(y, mergedMask(b, inputs, call, "all"))];
  },
  keras: {
    ignore: [
      "mode_type",
      "output_shape",
      "output_shape_type",
      "output_mask",
      "output_mask_type",
      "arguments",
    ],
    upgrade(config) {
      if (config.mode_type !== undefined && config.mode_type !== "raw") {
        throw new UnsupportedError(
          "mode: is a function in Python code, which is never run; bring a layer of your own named Merge: " +
            "loadModel(path, { layers: [myMerge] })",
        );
      }
      return config;
    },
    save({ mode, concat_axis: axis, dot_axes: axes }) {
      if (mode === "concat") return { className: "Concatenate", config: { axis } };
      if (mode === "dot") return { className: "Dot", config: { axes, normalize: false } };
      if (mode === "cos") {
        throw new UnsupportedError("mode: newer versions of Keras have no layer that computes Keras 1's cos");
      }
      const names = { sum: "Add", mul: "Multiply", ave: "Average", max: "Maximum", min: "Minimum" };
      return { className: names[mode as keyof typeof names], config: {} };
    },
  },
};
/** Keras 1's layer of several inputs, whose mode says what is done. */
export const merge: Factory<MergeConfig> = factory(mergeDef);
