/** TimeDistributed: one layer for every step. @module */
import type { Value } from "../../../core/graph/graph.ts";
import type { ChildLayer, Layer, LayerDef } from "../../../core/network/layer.ts";
import { inputAt, range, reshape, shapeOf, shapeVector, sizesOf } from "../../../core/graph/words.ts";
import { layerField } from "../../../core/network/layer.ts";
import { ShapeError, UnsupportedError } from "../../../core/values/errors.ts";
import { typeText } from "../../../core/values/shape.ts";

/** Options of {@link timeDistributedDef}, resolved. */
export interface TimeDistributedConfig {
  /** The layer applied to every step. */
  readonly layer: Layer;
}

/** Applies a layer to every step: `[batch, time, …] → [batch, time, …]`, steps and batch as one axis inside. */
export const timeDistributedDef: LayerDef<TimeDistributedConfig, never> = {
  kind: "layer",
  name: "TimeDistributed",
  summary: "one layer for every step",
  mask: "pass",
  config: { layer: layerField({ doc: "the layer applied to every step" }) },
  params: () => ({}),
  children: (config): readonly ChildLayer[] => [{ layer: config.layer, attribute: "layer" }],
  build({ b, config, inputs, layer }) {
    const first = inputAt(inputs, 0);
    const folded = inputs.map((x) => {
      const rank = shapeOf(x.type).length;
      if (rank < 2) throw new ShapeError(`expected [batch, time, …], got ${typeText(x.type)}`);
      return b.one("Reshape", [
        b.masked(x, undefined),
        shapeVector(b, x, [-1, ...sizesOf(x, range(2, rank))]),
      ]);
    });
    const steps = sizesOf(first, [0, 1]);
    return layer(config.layer, folded).map((y: Value) => {
      const rank = shapeOf(y.type).length, rest = sizesOf(y, range(1, rank));
      if (rest.every((s) => typeof s === "number")) return reshape(b, y, [...steps, ...rest], first);
      const shape = b.one("Concat", [shapeVector(b, first, steps), shapeVector(b, y, rest)], { axis: 0 });
      return b.one("Reshape", [y, shape]);
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
    weights: (arrays, config, version) =>
      config.layer.def.keras?.weights?.(arrays, config.layer.config, version) ?? arrays,
  },
};
