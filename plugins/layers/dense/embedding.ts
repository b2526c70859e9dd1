/** Embedding and Masking: the layers that make masks. @module */
import type { InitializerSpec, LayerDef } from "../../../core/network/layer.ts";
import {
  anyDiffers,
  cast,
  dtypeOf,
  initializerField,
  inputAt,
  type Opaque,
  opaqueField,
  paramAt,
  renamed,
  scalarLike,
  weight,
} from "../../../core/graph/words.ts";
import { bool, float, int } from "../../../core/values/schema.ts";

/** Options of {@link embeddingDef}, resolved. */
export interface EmbeddingConfig {
  /** Number of rows: the largest id plus one. */
  readonly inputDim: number;
  /** Size of a row. */
  readonly outputDim: number;
  /** Fills the table. */
  readonly embeddingsInitializer: InitializerSpec;
  /** Id 0 is padding and is masked. */
  readonly embeddingsRegularizer: Opaque;
  /** Bound on the table. */
  readonly embeddingsConstraint: Opaque;
  /** Penalty on the outputs. */
  readonly activityRegularizer: Opaque;
  /** Id 0 is padding: the output gets a mask that is false there. */
  readonly maskZero: boolean;
}

/** Rows of a table by id, `[…] → […, outputDim]`. */
export const embeddingDef: LayerDef<EmbeddingConfig, "embeddings"> = {
  kind: "layer",
  name: "Embedding",
  summary: "rows of a table by id",
  mask: "make",
  config: {
    inputDim: int({ doc: "number of rows: the largest id plus one", min: 1 }),
    outputDim: int({ doc: "size of a row", min: 1 }),
    embeddingsInitializer: initializerField({ doc: "fills the table", default: "randomUniform" }),
    embeddingsRegularizer: opaqueField("penalty on the table"),
    embeddingsConstraint: opaqueField("bound on the table"),
    activityRegularizer: opaqueField("penalty on the outputs"),
    maskZero: bool({ doc: "id 0 is padding and is masked", default: false }),
  },
  params: (config) => ({
    embeddings: weight([config.inputDim, config.outputDim], config.embeddingsInitializer),
  }),
  build({ b, config, inputs, params }) {
    const x = inputAt(inputs, 0);
    const ids = dtypeOf(x) === "int64" ? x : cast(b, x, "int32");
    const y = b.one("Gather", [paramAt(params, "embeddings"), ids], { axis: 0 });
    if (!config.maskZero) return [y];
    return [b.masked(y, b.one("Not", [b.one("Equal", [ids, scalarLike(b, 0, ids)])]))];
  },
  keras: {
    inputDtype: "int32",
    maskedValue: (config) => (config.maskZero ? 0 : undefined),
    ignore: ["input_length", "sparse", "quantization_config", "lora_rank", "lora_alpha"],
    upgrade: (config) =>
      renamed(config, {
        init: "embeddings_initializer",
        W_regularizer: "embeddings_regularizer",
        W_constraint: "embeddings_constraint",
      }, ["dropout"]),
  },
};

/** Options of {@link maskingDef}, resolved. */
export interface MaskingConfig {
  /** A step whose features all equal this is masked. */
  readonly maskValue: number;
}

/** Masks the steps whose features all equal a value, and sets them to 0, `[batch, time, features]` in and out. */
export const maskingDef: LayerDef<MaskingConfig, never> = {
  kind: "layer",
  name: "Masking",
  summary: "masks steps whose features all equal a value",
  mask: "make",
  config: { maskValue: float({ doc: "the value of masked steps", default: 0 }) },
  params: () => ({}),
  build({ b, config, inputs }) {
    const x = inputAt(inputs, 0);
    const kept = anyDiffers(b, x, config.maskValue, true);
    const y = b.one("Where", [kept, x, scalarLike(b, 0, x)]);
    return [b.masked(y, b.one("Squeeze", [kept, b.ints([-1])]))];
  },
};
