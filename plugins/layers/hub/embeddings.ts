/** KerasHub's embeddings of tokens and positions, and the head that guesses masked tokens. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import { UnsupportedError } from "../../../core/values/errors.ts";
import type { Value } from "../../../core/graph/graph.ts";
import type { InitializerSpec, Layer, LayerDef } from "../../../core/network/layer.ts";
import {
  activate,
  asFloat,
  cast,
  dtypeOf,
  expand,
  inputAt,
  paramAt,
  range,
  scalarLike,
  shapeOf,
  sizeAt,
  sizesOf,
  transpose,
  weight,
} from "../../../core/ops/words.ts";
import { activationField, initializerField } from "../shared/fields.ts";
import type { ActivationSpec } from "../../../core/network/specs.ts";
import { layerField } from "../../../core/network/layerfield.ts";
import { bool, float, int, nullable } from "../../../core/values/schema.ts";
import { tensor } from "../../../core/values/tensor.ts";
import { at, dense, denseSpecs, norm, normSpecs, rms, steps } from "./kit.ts";
import { hub } from "./names.ts";
import { startOf } from "./rotary.ts";

/** Options of {@link positionEmbeddingDef}, resolved. */
export interface PositionEmbeddingConfig {
  /** Number of positions. */
  readonly sequenceLength: number;
  /** Fills the table. */
  readonly initializer: InitializerSpec;
}
/** A table's rows for the steps of `like` `[…, steps, features]`, or at the positions given, in its shape. */
function rowsFor(
  b: Builder,
  table: Value,
  like: Value,
  start: number,
  positions: Value | undefined,
): Value {
  const rank = shapeOf(like.type).length;
  const own = positions ? cast(b, positions, "int64") : steps(b, like, rank - 2);
  const at = start === 0 || positions ? own : b.add(own, b.scalar(start, "int64"));
  const rows = b.gather(table, at, { axis: 0 });
  return expand(b, rows, sizesOf(like, range(0, rank)), like);
}
/** A learned row for every position: the rows for `[…, steps, features]`, in its shape. */
export const positionEmbeddingDef: LayerDef<PositionEmbeddingConfig, "embeddings"> = {
  kind: "layer",
  name: "PositionEmbedding",
  mask: "consume",
  config: {
    sequenceLength: int({ min: 1 }),
    initializer: initializerField({ default: "glorotUniform" }),
  },
  params: (config, [x]) => ({
    embeddings: weight([config.sequenceLength, sizeAt(x, -1)], config.initializer),
  }),
  build: ({ b, inputs, params, call }) => [
    rowsFor(
      b,
      paramAt(params, "embeddings"),
      inputAt(inputs, 0),
      startOf(call.options),
      call.values?.positions,
    ),
  ],
  keras: hub("PositionEmbedding", { call: ["inputs", "start_index", "positions"] }),
};

/** Options of {@link tokenAndPositionEmbeddingDef}, resolved. */
export interface TokenAndPositionEmbeddingConfig {
  /** Number of tokens. */
  readonly vocabularySize: number;
  /** Number of positions. */
  readonly sequenceLength: number;
  /** Size of a row. */
  readonly embeddingDim: number;
  /** The way back to tokens uses the table itself. */
  readonly tieWeights: boolean;
  /** Fills both tables. */
  readonly embeddingsInitializer: InitializerSpec;
  /** Id 0 is padding: the output gets a mask. */
  readonly maskZero: boolean;
}
/** Learned rows of tokens plus those of their positions, ids `[batch, steps] → [batch, steps, embeddingDim]`. */
export const tokenAndPositionEmbeddingDef: LayerDef<TokenAndPositionEmbeddingConfig> = {
  kind: "layer",
  name: "TokenAndPositionEmbedding",
  mask: "make",
  config: {
    vocabularySize: int({ min: 1 }),
    sequenceLength: int({ min: 1 }),
    embeddingDim: int({ min: 1 }),
    tieWeights: bool({ default: true }),
    embeddingsInitializer: initializerField({ default: "randomUniform" }),
    maskZero: bool({ default: false }),
  },
  params(config) {
    const { vocabularySize: tokens, embeddingDim: size, embeddingsInitializer: init } = config;
    const row = (group: string, path: string, shape: readonly number[]) =>
      weight(shape, init, { group, path: `${group}/${path}` });
    return {
      tokens: row("token_embedding", "embeddings", [tokens, size]),
      ...(!config.tieWeights && { reverse: row("token_embedding", "reverse_embeddings", [size, tokens]) }),
      positions: row("position_embedding", "embeddings", [config.sequenceLength, size]),
    };
  },
  build({ b, config, inputs, params, call }) {
    if (call.options?.reverse === true) {
      const back = config.tieWeights
        ? transpose(b, paramAt(params, "tokens"), [1, 0])
        : paramAt(params, "reverse");
      return [b.matMul(asFloat(b, inputAt(inputs, 0)), back)];
    }
    const x = inputAt(inputs, 0), ids = dtypeOf(x) === "int64" ? x : cast(b, x, "int32");
    const tokens = b.gather(paramAt(params, "tokens"), ids, { axis: 0 });
    const { values, options } = call;
    const places = rowsFor(b, paramAt(params, "positions"), tokens, startOf(options), values?.positions);
    const y = b.add(tokens, places);
    if (!config.maskZero) return [y];
    return [b.masked(y, b.not(b.equal(ids, scalarLike(b, 0, ids))))];
  },
  keras: hub("TokenAndPositionEmbedding", {
    inputDtype: "int32",
    // The way back is a call of the table inside, in Keras.
    call: ["inputs", "start_index", "positions", "reverse"],
    maskedValue: (config) => (config.maskZero ? 0 : undefined),
  }),
};

/** Options of {@link sinePositionEncodingDef}, resolved. */
export interface SinePositionEncodingConfig {
  /** The longest wave. */
  readonly maxWavelength: number;
}
/** Sines and cosines of every step (Vaswani et al. 2017), for `[…, steps, features]`, in its shape. */
export const sinePositionEncodingDef: LayerDef<SinePositionEncodingConfig, never> = {
  kind: "layer",
  name: "SinePositionEncoding",
  mask: "consume",
  config: { maxWavelength: float({ default: 10000 }) },
  params: () => ({}),
  build({ b, config, inputs, call }) {
    const x = asFloat(b, inputAt(inputs, 0)), rank = shapeOf(x.type).length, size = sizeAt(x.type, -1);
    const each = (f: (i: number) => number) =>
      b.constant(tensor(Float32Array.from({ length: size }, (_, i) => f(i))));
    const own = cast(b, call.values?.positions ?? steps(b, x, rank - 2), "float32");
    const start = startOf(call.options);
    const at = start === 0 || call.values?.positions ? own : b.add(own, b.scalar(start));
    const rates = each((i) => config.maxWavelength ** (-2 * Math.floor(i / 2) / size));
    const angles = b.mul(b.unsqueeze(at, b.ints([-1])), rates);
    const sines = b.mul(b.sin(angles), each((i) => 1 - i % 2));
    const waves = b.add(sines, b.mul(b.cos(angles), each((i) => i % 2)));
    return [expand(b, waves, sizesOf(x, range(0, rank)), x)];
  },
  keras: hub("SinePositionEncoding", { call: ["inputs", "start_index", "positions"] }),
};

/** Options of {@link hubRmsNormalizationDef}, resolved. */
export interface HubRmsNormalizationConfig {
  /** Number of features. */
  readonly inputDim: number;
}
/** x / √(mean x² + 1e-6) times a learned scale, shape unchanged. */
export const hubRmsNormalizationDef: LayerDef<HubRmsNormalizationConfig, "scale"> = {
  kind: "layer",
  name: "HubRMSNormalization",
  mask: "consume",
  config: { inputDim: int({ min: 1 }) },
  params: (config) => ({ scale: weight([config.inputDim], "ones") }),
  build: ({ b, inputs, params }) => [rms(b, asFloat(b, inputAt(inputs, 0)), paramAt(params, "scale"), 1e-6)],
  keras: {
    ...hub("RMSNormalization", { ignore: ["activity_regularizer"] }),
    classNames: ["keras_hub>RMSNormalization", "keras_nlp>RMSNormalization"],
    save() {
      throw new UnsupportedError(
        "KerasHub's RMSNormalization takes no name, so that Keras could not open the file",
      );
    },
  },
};

/** Slopes of ALiBi's biases for a number of heads. */
export function alibiSlopes(heads: number, most: number): readonly number[] {
  const powers = (n: number) => range(1, n + 1).map((i) => 2 ** (-most * i / n));
  const whole = 2 ** Math.floor(Math.log2(heads));
  if (whole === heads) return powers(heads);
  return [
    ...powers(whole),
    ...alibiSlopes(2 * whole, most).filter((_, i) => i % 2 === 0).slice(0, heads - whole),
  ];
}
/** Scores `[batch, heads, queries, keys]` with ALiBi's biases, which fall with the distance from the last key. */
export function withAlibi(b: Builder, scores: Value, most: number): Value {
  const heads = sizeAt(scores.type, 1), slopes = Float32Array.from(alibiSlopes(heads, most));
  const keys = steps(b, scores, 3), last = b.reduceMax(keys, b.ints([0]), { keepdims: 1 });
  const distance = cast(b, b.sub(keys, last), dtypeOf(scores));
  return b.add(scores, b.mul(b.constant(tensor(slopes, [heads, 1, 1])), distance));
}
/** Options of {@link alibiBiasDef}, resolved. */
export interface AlibiBiasConfig {
  /** The steepest slope is 2 to the minus this over the number of heads. */
  readonly alibiBiasMax: number;
}
/** Adds ALiBi's biases (Press et al. 2022) to scores `[batch, heads, queries, keys]`. */
export const alibiBiasDef: LayerDef<AlibiBiasConfig, never> = {
  kind: "layer",
  name: "AlibiBias",
  mask: "consume",
  config: { alibiBiasMax: float({ default: 8 }) },
  params: () => ({}),
  build: ({ b, config, inputs }) => [withAlibi(b, asFloat(b, inputAt(inputs, 0)), config.alibiBiasMax)],
  keras: hub("AlibiBias"),
};

/** Options of {@link maskedLmHeadDef}, resolved. */
export interface MaskedLmHeadConfig {
  /** Number of tokens. */
  readonly vocabularySize: number | null;
  /** The embedding whose table turns features back into scores of tokens. */
  readonly tokenEmbedding: Layer | null;
  /** Activation of the dense layer. */
  readonly intermediateActivation: ActivationSpec;
  /** Activation of the scores. */
  readonly activation: ActivationSpec;
  /** Added to the variance. */
  readonly layerNormEpsilon: number;
  /** Fills kernels. */
  readonly kernelInitializer: InitializerSpec;
  /** Fills biases. */
  readonly biasInitializer: InitializerSpec;
}
/** What an embedding's configuration says of its table. */
interface TableSizes {
  readonly inputDim: number;
  readonly outputDim: number;
}
/** Rows of x `[batch, steps, features]` at positions `[batch, n]`, batch by batch: `[batch, n, features]`. */
export function rowsAt(b: Builder, x: Value, positions: Value): Value {
  const at = cast(b, positions, "int64"), places = b.unsqueeze(at, b.ints([-1]));
  const wide = expand(b, places, [{ axis: 0 }, { axis: 1 }, sizeAt(x.type, -1)], at);
  return b.gatherElements(x, wide, { axis: 1 });
}
const headDense = at("_intermediate_dense"), headNorm = at("_intermediate_layer_norm");
/** Scores of tokens at positions: `[batch, steps, features]` and ids `[batch, n]` to `[batch, n, vocabularySize]`. */
export const maskedLmHeadDef: LayerDef<MaskedLmHeadConfig> = {
  kind: "layer",
  name: "MaskedLMHead",
  mask: "consume",
  config: {
    vocabularySize: nullable(int({ min: 1 })),
    tokenEmbedding: nullable(layerField()),
    intermediateActivation: activationField({ default: "relu" }),
    activation: activationField({ default: "linear" }),
    layerNormEpsilon: float({ default: 1e-5 }),
    kernelInitializer: initializerField({ default: "glorotUniform" }),
    biasInitializer: initializerField({ default: "zeros" }),
  },
  params(config, [x]) {
    const table = config.tokenEmbedding?.config as Partial<TableSizes> | undefined;
    const size = table?.outputDim ?? sizeAt(x, -1), tokens = config.vocabularySize ?? table?.inputDim ?? null;
    if (tokens === null) throw new UnsupportedError("MaskedLMHead: expected vocabularySize");
    return {
      ...(!table && { kernel: weight([size, tokens], config.kernelInitializer, { path: "output_kernel" }) }),
      bias: weight([tokens], config.biasInitializer, { path: "output_bias" }),
      ...denseSpecs(
        headDense,
        [sizeAt(x, -1), size],
        config.kernelInitializer,
        [size],
        config.biasInitializer,
      ),
      ...normSpecs(headNorm, size),
    };
  },
  children: ({ tokenEmbedding: layer }) => layer === null ? [] : [{ layer, attribute: "token_embedding" }],
  build({ b, config, inputs, params, layer }) {
    const rows = rowsAt(b, asFloat(b, inputAt(inputs, 0)), inputAt(inputs, 1));
    const inner = activate(b, config.intermediateActivation, dense(b, rows, params, headDense));
    const level = norm(b, inner, params, headNorm, config.layerNormEpsilon);
    const [scores] = config.tokenEmbedding === null
      ? [b.matMul(level, paramAt(params, "kernel"))]
      : layer(config.tokenEmbedding, [level], { options: { reverse: true } });
    const y = b.add(inputAt(scores ? [scores] : [], 0), paramAt(params, "bias"));
    return [activate(b, config.activation, y)];
  },
  keras: hub("MaskedLMHead", {
    call: ["inputs", "mask_positions"],
    save(fields) {
      if (fields.token_embedding === null) return {};
      throw new UnsupportedError(
        "MaskedLMHead with tokenEmbedding: Keras would make the table anew, without its weights",
      );
    },
  }),
};
