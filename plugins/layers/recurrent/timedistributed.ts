/** TimeDistributed: one layer for every step. @module */
import { type WrapperFactory, wrapperFactory } from "../../../core/network/factory.ts";
import type { Builder } from "../../../core/graph/builder.ts";
import type { Value } from "../../../core/graph/graph.ts";
import type { ChildLayer, Layer, LayerDef } from "../../../core/network/layer.ts";
import {
  boolMask,
  cast,
  inputAt,
  range,
  reshape,
  shapeOf,
  shapeVector,
  sizesOf,
} from "../../../core/ops/words.ts";
import { layerField } from "../../../core/network/layerfield.ts";
import { ShapeError, UnsupportedError } from "../../../core/values/errors.ts";
import { choice } from "../../../core/values/schema.ts";
import { typeText } from "../../../core/values/shape.ts";

/** Options of {@link timeDistributedDef}, resolved. */
export interface TimeDistributedConfig {
  /** The layer applied to every step. */
  readonly layer: Layer;
  /**
   * What becomes of a mask: the inner layer sees what stands behind its two first axes, and all of it travels on
   * (`given`), or the inner result's mask, else which steps count at all (`inner`, as Keras 2); or the inner layer sees
   * none of it (`passed`, as Keras 1).
   */
  readonly masks: "given" | "inner" | "passed";
}
/** `[batch, time, …]` as `[batch * time, …]`. */
function foldSteps(b: Builder, x: Value): Value {
  const rank = shapeOf(x.type).length;
  if (rank < 2) throw new ShapeError(`expected [batch, time, …], got ${typeText(x.type)}`);
  return b.reshape(b.masked(x, undefined), shapeVector(b, x, [-1, ...sizesOf(x, range(2, rank))]));
}
/** Steps that anything of counts. */
function anyWithin(b: Builder, mask: Value | undefined): Value | undefined {
  const rank = mask ? shapeOf(mask.type).length : 0;
  if (!mask || rank < 3) return mask;
  const most = b.reduceMax(cast(b, mask, "float32"), b.ints(range(2, rank)), { keepdims: 0 });
  return cast(b, most, "bool");
}

const timeDistributedDef: LayerDef<TimeDistributedConfig, never> = {
  kind: "layer",
  name: "TimeDistributed",
  mask: "make",
  config: {
    layer: layerField(),
    masks: choice({
      of: ["given", "inner", "passed"],
      default: "given",
    }),
  },
  params: () => ({}),
  children: (config): readonly ChildLayer[] => [{ layer: config.layer, attribute: "layer" }],
  build({ b, config, inputs, masks: travelling, layer }) {
    const first = inputAt(inputs, 0), steps = sizesOf(first, [0, 1]), [mask] = travelling;
    const folded = inputs.map((x) => {
      const seen = config.masks !== "passed" && x.mask && shapeOf(x.mask.type).length > 2;
      return b.masked(foldSteps(b, x), seen && x.mask ? foldSteps(b, boolMask(b, x.mask)) : undefined);
    });
    const unfolded = (y: Value): Value => {
      const rank = shapeOf(y.type).length, rest = sizesOf(y, range(1, rank));
      if (rest.every((s) => typeof s === "number")) return reshape(b, y, [...steps, ...rest], first);
      const shape = b.concat([shapeVector(b, first, steps), shapeVector(b, y, rest)], { axis: 0 });
      return b.reshape(y, shape);
    };
    return layer(config.layer, folded).map((y) => {
      const own = config.masks === "inner" ? y.mask && unfolded(y.mask) : mask;
      return b.masked(unfolded(b.masked(y, undefined)), own ?? anyWithin(b, mask));
    });
  },
  check({ layer }) {
    if (layer.def.name.startsWith("Quantized")) {
      throw new UnsupportedError(
        `a quantized ${layer.def.name.slice(9)} inside TimeDistributed: Keras runs it without its scales`,
      );
    }
  },
  keras: {
    call: ["inputs", "training", "mask"],
    ignore: ["input_length"],
    own: ["masks"],
    upgrade: (config, version) =>
      /^[12](\.|$)/.test(version) ? { ...config, masks: /^1/.test(version) ? "passed" : "inner" } : config,
    weights: (arrays, config, version) =>
      config.layer.def.keras?.weights?.(arrays, config.layer.config, version) ?? arrays,
  },
};
/** Applies a layer to every step: `timeDistributed(dense({ units: 3 }))`, `[batch, time, …] → [batch, time, …]`. */
export const timeDistributed: WrapperFactory<TimeDistributedConfig> = wrapperFactory(timeDistributedDef);
