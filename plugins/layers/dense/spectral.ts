/** SpectralNormalization: a wrapper that keeps a kernel's largest singular value at 1. @module */
import { type Factory, factory } from "../../../core/network/factory.ts";
import { ConfigError, UnsupportedError } from "../../../core/values/errors.ts";
import type { ChildLayer, Layer, LayerDef } from "../../../core/network/layer.ts";
import { inputAt } from "../../../core/ops/words.ts";
import { layerField } from "../../../core/network/layerfield.ts";
import { int } from "../../../core/values/schema.ts";
import type { Type } from "../../../core/values/shape.ts";

/** Options of {@link spectralNormalizationDef}, resolved. */
export interface SpectralNormalizationConfig {
  /** A layer with a kernel, or an embedding. */
  readonly layer: Layer;
  /** Steps of the power iteration at each call in Keras' training. */
  readonly powerIterations: number;
}
/** The last axis of the wrapped layer's kernel. @throws {UnsupportedError} where it has none. */
function width({ layer }: SpectralNormalizationConfig, inputs: readonly Type[]): number {
  const specs = layer.def.params(layer.config, inputs) as Record<
    string,
    { readonly shape: readonly unknown[] } | undefined
  >;
  const last = (specs.kernel ?? specs.embeddings)?.shape.at(-1);
  if (typeof last === "number") return last;
  throw new UnsupportedError(`layer ${layer.def.name} has no kernel and no embeddings to normalise`);
}
const spectralNormalizationDef: LayerDef<SpectralNormalizationConfig, "vectorU"> = {
  kind: "layer",
  name: "SpectralNormalization",
  mask: "pass",
  config: {
    layer: layerField(),
    powerIterations: int({ min: 1, default: 1 }),
  },
  params: (config, inputs) => ({
    vectorU: {
      shape: [1, width(config, inputs)],
      init: { name: "truncatedNormal", stddev: 0.02 },
      role: "statistic",
      after: 1,
    },
  }),
  children: ({ layer }): readonly ChildLayer[] => [{ layer, attribute: "layer" }],
  build({ config, inputs, layer, training, trainable }) {
    if (training && trainable) {
      throw new UnsupportedError(
        "trains in Keras by overwriting the wrapped layer's kernel, which isn't supported: freeze it",
      );
    }
    return layer(config.layer, [inputAt(inputs, 0)]);
  },
  check({ layer }, path) {
    if (layer.def.children) {
      throw new ConfigError(
        `${path}.layer: expected a layer with a kernel of its own, got ${layer.def.name}`,
        {
          place: `${path}.layer`,
        },
      );
    }
  },
  // Keras 2.13 to 2.15 write it and can't read it back.
  keras: { since: 3 },
};
/** A layer whose kernel training keeps at a largest singular value of 1. */
export const spectralNormalization: Factory<SpectralNormalizationConfig, "layer"> = factory(
  spectralNormalizationDef,
);
