/** Pipeline: layers one after another as one layer, of Keras 3. @module */
import { type Factory, factory } from "../../../core/network/factory.ts";
import type { ChildLayer, Layer, LayerDef } from "../../../core/network/layer.ts";
import { layerField } from "../../../core/network/layerfield.ts";
import { list } from "../../../core/values/schema.ts";
import { snakeCase } from "../../../core/network/names.ts";

/** Options of {@link pipelineDef}, resolved. */
export interface PipelineConfig {
  /** The layers, in order. */
  readonly layers: readonly Layer[];
}
const pipelineDef: LayerDef<PipelineConfig, never> = {
  kind: "layer",
  name: "Pipeline",
  mask: "consume",
  config: { layers: list({ of: layerField() }) },
  params: () => ({}),
  children({ layers }): readonly ChildLayer[] {
    const used = new Map<string, number>();
    return layers.map((layer) => {
      const name = snakeCase(layer.def.name), count = used.get(name) ?? 0;
      used.set(name, count + 1);
      return { layer, attribute: `_pipeline_layers/${count === 0 ? name : `${name}_${count}`}` };
    });
  },
  build: ({ config, inputs, layer }) => config.layers.reduce((x, inner) => layer(inner, x), inputs),
  keras: { call: ["inputs", "training", "mask"], since: 3 },
};
/** Layers one after another, as preprocessing has them. */
export const pipeline: Factory<PipelineConfig, "layers"> = factory(pipelineDef);
