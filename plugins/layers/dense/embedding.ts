/** Embedding and Masking: the layers that make masks. @module */
import { type Factory, factory } from "../../../core/network/factory.ts";
import type { Builder } from "../../../core/graph/builder.ts";
import type { Value } from "../../../core/graph/graph.ts";
import type { InitializerSpec, LayerDef } from "../../../core/network/layer.ts";
import { anyDiffers, cast, dtypeOf, inputAt, paramAt, scalarLike, weight } from "../../../core/ops/words.ts";
import { initializerField, type Opaque, opaqueField } from "../shared/fields.ts";
import { bool, choice, float, int } from "../../../core/values/schema.ts";
import { renamed } from "../shared/spelled.ts";

/** Options of {@link embeddingDef}, resolved. */
export interface EmbeddingConfig {
  /** Number of rows: the largest id plus one. */
  readonly inputDim: number;
  /** Size of a row. */
  readonly outputDim: number;
  /** Fills the table. */
  readonly embeddingsInitializer: InitializerSpec;
  /** Penalty on the table. */
  readonly embeddingsRegularizer: Opaque;
  /** Bound on the table. */
  readonly embeddingsConstraint: Opaque;
  /** Penalty on the outputs. */
  readonly activityRegularizer: Opaque;
  /** Id 0 is padding: the output gets a mask that is false there. */
  readonly maskZero: boolean;
  /** Negative ids count from the table's end, as since Keras 3; Keras 2 refuses them. */
  readonly negativeIds: "wrap" | "refuse";
}

/** Ids of which negative ones are none that any table has: looking them up is refused. */
export function refusedBelowZero(b: Builder, ids: Value): Value {
  return b.where(b.less(ids, scalarLike(b, 0, ids)), scalarLike(b, -(2 ** 31), ids), ids);
}

/** The definition of {@link embedding}. */
export const embeddingDef: LayerDef<EmbeddingConfig, "embeddings"> = {
  kind: "layer",
  name: "Embedding",
  mask: "make",
  config: {
    inputDim: int({ min: 1 }),
    outputDim: int({ min: 1 }),
    embeddingsInitializer: initializerField({ default: "randomUniform" }),
    embeddingsRegularizer: opaqueField(),
    embeddingsConstraint: opaqueField(),
    activityRegularizer: opaqueField(),
    maskZero: bool({ default: false }),
    negativeIds: choice({ default: "wrap", of: ["wrap", "refuse"] }),
  },
  params: (config) => ({
    embeddings: weight([config.inputDim, config.outputDim], config.embeddingsInitializer),
  }),
  build({ b, config, inputs, params, whole }) {
    const x = inputAt(inputs, 0);
    const ids = dtypeOf(x) === "int64" ? x : cast(b, x, "int32");
    // A file has the bare lookup, which people and readers know.
    const known = config.negativeIds === "refuse" && !whole ? refusedBelowZero(b, ids) : ids;
    const y = b.gather(paramAt(params, "embeddings"), known, { axis: 0 });
    if (!config.maskZero) return [y];
    return [b.masked(y, b.not(b.equal(ids, scalarLike(b, 0, ids))))];
  },
  keras: {
    inputDtype: "int32",
    maskedValue: (config) => (config.maskZero ? 0 : undefined),
    ignore: ["input_length", "sparse", "quantization_config", "lora_rank", "lora_alpha"],
    own: ["negativeIds"],
    upgrade: (config, version) => ({
      ...renamed(config, {
        init: "embeddings_initializer",
        W_regularizer: "embeddings_regularizer",
        W_constraint: "embeddings_constraint",
      }, ["dropout"]),
      ...(version.startsWith("2") && { negative_ids: "refuse" }),
    }),
  },
};
/** Rows of a table by id, `[…] → […, outputDim]`. */
export const embedding: Factory<EmbeddingConfig, "inputDim" | "outputDim"> = factory(embeddingDef);

/** Options of {@link maskingDef}, resolved. */
export interface MaskingConfig {
  /** A step whose features all equal this is masked. */
  readonly maskValue: number;
}

const maskingDef: LayerDef<MaskingConfig, never> = {
  kind: "layer",
  name: "Masking",
  mask: "make",
  config: { maskValue: float({ default: 0 }) },
  params: () => ({}),
  build({ b, config, inputs }) {
    const x = inputAt(inputs, 0);
    const kept = anyDiffers(b, x, config.maskValue, true);
    const y = b.where(kept, x, scalarLike(b, 0, x));
    return [b.masked(y, b.squeeze(kept, b.ints([-1])))];
  },
};
/** Masks the steps whose features all equal a value, and sets them to 0, `[batch, time, features]` in and out. */
export const masking: Factory<MaskingConfig> = factory(maskingDef);
