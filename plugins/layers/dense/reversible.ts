/** ReversibleEmbedding: an embedding whose table also turns features back into scores of ids. @module */
import { type Factory, factory } from "../../../core/network/factory.ts";
import type { LayerDef } from "../../../core/network/layer.ts";
import { asFloat, inputAt, paramAt, scalarLike, transpose, weight } from "../../../core/ops/words.ts";
import { bool, float, nullable, text } from "../../../core/values/schema.ts";
import { type EmbeddingConfig, embeddingDef } from "./embedding.ts";

/** Options of {@link reversibleEmbeddingDef}, resolved. */
export interface ReversibleEmbeddingConfig extends EmbeddingConfig {
  /** The way back uses the table itself, not one of its own. */
  readonly tieWeights: boolean;
  /** Element type of the way back, in Keras; computed in float32 here. */
  readonly reverseDtype: string | null;
  /** Bounds scores to ±this by tanh. */
  readonly logitSoftCap: number | null;
}
const reversibleEmbeddingDef: LayerDef<ReversibleEmbeddingConfig, "embeddings" | "reverseEmbeddings"> = {
  kind: "layer",
  name: "ReversibleEmbedding",
  mask: "make",
  config: {
    ...embeddingDef.config,
    tieWeights: bool({ default: true }),
    reverseDtype: nullable(text()),
    logitSoftCap: nullable(float()),
  },
  params: (config) => ({
    embeddings: weight([config.inputDim, config.outputDim], config.embeddingsInitializer),
    ...(!config.tieWeights &&
      { reverseEmbeddings: weight([config.outputDim, config.inputDim], config.embeddingsInitializer) }),
  }),
  build(context) {
    const { b, config, inputs, params, call } = context;
    if (call.options?.reverse !== true) return embeddingDef.build(context);
    const kernel = config.tieWeights
      ? transpose(b, paramAt(params, "embeddings"), [1, 0])
      : paramAt(params, "reverseEmbeddings");
    const y = b.matMul(asFloat(b, inputAt(inputs, 0)), kernel);
    if (config.logitSoftCap === null) return [y];
    const cap = scalarLike(b, config.logitSoftCap, y);
    return [b.mul(b.tanh(b.div(y, cap)), cap)];
  },
  keras: {
    ...embeddingDef.keras,
    classNames: ["ReversibleEmbedding", "keras_hub>ReversibleEmbedding", "keras_nlp>ReversibleEmbedding"],
    call: ["inputs", "reverse"],
    since: 3,
  } as
    & LayerDef<
      ReversibleEmbeddingConfig,
      "embeddings" | "reverseEmbeddings"
    >["keras"]
    & object,
};
/** Rows of a table by id; called with `reverse`, features back to scores of ids. */
export const reversibleEmbedding: Factory<ReversibleEmbeddingConfig, "inputDim" | "outputDim"> = factory(
  reversibleEmbeddingDef,
);
