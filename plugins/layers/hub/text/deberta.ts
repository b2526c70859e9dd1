/** Layers of DeBERTa V3: attention whose scores also come from rows by distance. @module */
import type { Builder } from "../../../../core/graph/builder.ts";
import { UnsupportedError } from "../../../../core/values/errors.ts";
import type { Value } from "../../../../core/graph/graph.ts";
import type { InitializerSpec, LayerDef } from "../../../../core/network/layer.ts";
import {
  activate,
  asFloat,
  expand,
  inputAt,
  paramAt,
  scalarLike,
  sizeAt,
  transpose,
  weight,
} from "../../../../core/ops/words.ts";
import { activationField, initializerField } from "../../shared/fields.ts";
import type { ActivationSpec } from "../../../../core/network/specs.ts";
import { float, int } from "../../../../core/values/schema.ts";
import { tensor } from "../../../../core/values/tensor.ts";
import {
  at,
  attend,
  dense,
  denseSpecs,
  dropped,
  type HubContext,
  norm,
  normSpecs,
  type Specs,
  steps,
  toHeads,
  unsplit,
} from "../kit.ts";
import { hidden } from "../names.ts";
import { beforeZeroMasked, zeroMaskedField } from "../../shared/spelled.ts";

/** Options of {@link relativeEmbeddingDef}, resolved. */
export interface RelativeEmbeddingConfig {
  /** Size of a row. */
  readonly hiddenDim: number;
  /** Number of rows for each direction. */
  readonly bucketSize: number;
  /** Added to the variance. */
  readonly layerNormEpsilon: number;
  /** Fills the table. */
  readonly kernelInitializer: InitializerSpec;
}
const level = at("layer_norm");
/** Normalized rows by distance for every sample of the batch, `[batch, 2 · bucketSize, hiddenDim]`. */
export const relativeEmbeddingDef: LayerDef<RelativeEmbeddingConfig> = {
  kind: "layer",
  name: "RelativeEmbedding",
  mask: "consume",
  config: {
    hiddenDim: int({ min: 1 }),
    bucketSize: int({ min: 1 }),
    layerNormEpsilon: float({ default: 1e-5 }),
    kernelInitializer: initializerField({ default: "glorotUniform" }),
  },
  params: (c): Specs => ({
    rows: weight([2 * c.bucketSize, c.hiddenDim], c.kernelInitializer, { path: "rel_embedding" }),
    ...normSpecs(level, c.hiddenDim),
  }),
  build({ b, config, inputs, params }) {
    const rows = norm(b, paramAt(params, "rows"), params, level, config.layerNormEpsilon);
    const sizes = [{ axis: 0 }, 2 * config.bucketSize, config.hiddenDim];
    return [expand(b, b.unsqueeze(rows, b.ints([0])), sizes, inputAt(inputs, 0))];
  },
  keras: hidden("RelativeEmbedding"),
};

/** Options of {@link disentangledEncoderDef}, resolved. */
export interface DisentangledEncoderConfig {
  /** Units between the two dense layers. */
  readonly intermediateDim: number;
  /** Number of heads. */
  readonly numHeads: number;
  /** The longest distance that has a row of its own. */
  readonly maxPositionEmbeddings: number;
  /** Number of rows for each direction. */
  readonly bucketSize: number;
  /** Share of the attention's scores and of the outputs that is dropped in training. */
  readonly dropout: number;
  /** Activation between the dense layers. */
  readonly activation: ActivationSpec;
  /** Added to the variance. */
  readonly layerNormEpsilon: number;
  /** Fills kernels. */
  readonly kernelInitializer: InitializerSpec;
  /** Fills biases. */
  readonly biasInitializer: InitializerSpec;
  /** Masked scores become 0 even where all are masked. */
  readonly zeroMasked: boolean;
}
/** Rows of distances 0, 1, … up to the last row: exact at first, then by their logarithm. */
function rowsByDistance({ bucketSize, maxPositionEmbeddings }: DisentangledEncoderConfig): readonly number[] {
  const middle = Math.floor(bucketSize / 2), { fround } = Math, rows: number[] = [];
  const whole = fround(Math.log(fround((maxPositionEmbeddings - 1) / middle)));
  for (let apart = 0; apart <= maxPositionEmbeddings; apart++) {
    const share = fround(fround(fround(Math.log(fround(apart / middle))) * (middle - 1)) / whole);
    rows.push(Math.min(bucketSize, apart <= middle ? apart : middle + Math.ceil(share)));
  }
  return rows;
}
/** Which of the 2 · bucketSize rows stands for query i and key j, `[queries, keys]`. */
function rowsOf(b: Builder, scores: Value, c: DisentangledEncoderConfig): Value {
  const axis = (from: number, at: number) => b.unsqueeze(steps(b, scores, from), b.ints([at]));
  const apart = b.sub(axis(2, 1), axis(3, 0)), rows = rowsByDistance(c);
  const near = b.min([b.abs(apart), b.scalar(rows.length - 1, "int64")]);
  const known = b.constant(tensor(BigInt64Array.from(rows, BigInt)));
  const signed = b.mul(b.gather(known, near, { axis: 0 }), b.sign(apart));
  const place = b.add(signed, b.scalar(c.bucketSize, "int64"));
  return b.clip(place, b.scalar(0, "int64"), b.scalar(2 * c.bucketSize - 1, "int64"));
}

const part = (name: string) => at(`_self_attention_layer/_${name}_dense`);
const query = part("query"), key = part("key"), value = part("value"), output = part("output");
const selfNorm = at("_self_attention_layer_norm"), forwardNorm = at("_feedforward_layer_norm");
const inner = at("_feedforward_intermediate_dense"), outer = at("_feedforward_output_dense");
/** Scores by distance: of queries with the keys' rows, and of keys with the queries' rows. */
function byDistance(
  { b, params, config }: HubContext<DisentangledEncoderConfig>,
  [queries, keys]: readonly [Value, Value],
  rows: Value,
  scale: number,
) {
  return (scores: Value): Value => {
    const places = rowsOf(b, scores, config), like = b.shape(scores);
    const over = (x: Value, place: typeof query) =>
      b.matMul(x, transpose(b, toHeads(b, rows, params, place), [0, 1, 3, 2]));
    const found = (all: Value, at: Value) => b.gatherElements(all, b.expand(at, like), { axis: 3 });
    const toRows = found(over(queries, key), places);
    // Row i of a key's scores stands in column i of the queries'.
    const fromRows = transpose(b, found(over(keys, query), transpose(b, places, [1, 0])), [0, 1, 3, 2]);
    const sum = b.mul(b.add(toRows, fromRows), scalarLike(b, scale, scores));
    return b.add(scores, sum);
  };
}
/** An encoder's layer of DeBERTa V3 (He et al. 2021), `[batch, steps, features]` beside the rows by distance, shape unchanged. */
export const disentangledEncoderDef: LayerDef<DisentangledEncoderConfig> = {
  kind: "layer",
  name: "DisentangledAttentionEncoder",
  mask: "pass",
  config: {
    intermediateDim: int({ min: 1 }),
    numHeads: int({ min: 1 }),
    maxPositionEmbeddings: int({
      min: 2,
      max: 1e6,
      default: 512,
    }),
    bucketSize: int({ min: 2, default: 256 }),
    dropout: float({ min: 0, max: 1, default: 0 }),
    activation: activationField({ default: "relu" }),
    layerNormEpsilon: float({ default: 1e-5 }),
    kernelInitializer: initializerField({ default: "glorotUniform" }),
    biasInitializer: initializerField({ default: "zeros" }),
    zeroMasked: zeroMaskedField(),
  },
  params(c, [x]) {
    const size = sizeAt(x, -1),
      heads = c.numHeads,
      width = Math.floor(size / heads),
      units = c.intermediateDim;
    const { kernelInitializer: init, biasInitializer: biases } = c;
    const heading = (place: typeof query) =>
      denseSpecs(place, [size, heads, width], init, [heads, width], biases);
    return {
      ...heading(query),
      ...heading(key),
      ...heading(value),
      ...denseSpecs(output, [size, size], init, [size], biases),
      ...normSpecs(selfNorm, size),
      ...normSpecs(forwardNorm, size),
      ...denseSpecs(inner, [size, units], init, [units], biases),
      ...denseSpecs(outer, [units, size], init, [size], biases),
    };
  },
  build(context) {
    const { b, config: c, inputs, params, call: { values = {} } } = context, first = inputAt(inputs, 0);
    const rows = values.relEmbeddings ?? inputs[1];
    if (!rows) throw new UnsupportedError("DisentangledAttentionEncoder: expected rel_embeddings");
    const x = asFloat(b, first), scale = 1 / Math.sqrt(3 * Math.floor(sizeAt(x.type, -1) / c.numHeads));
    const queries = toHeads(b, x, params, query), keys = toHeads(b, x, params, key);
    const [mixed] = attend(context, queries, keys, toHeads(b, x, params, value), {
      scale,
      mask: { padding: values.paddingMask ?? first.mask, attention: values.attentionMask },
      zeroed: c.zeroMasked,
      dropout: c.dropout,
      bias: byDistance(context, [queries, keys], dropped(context, asFloat(b, rows), c.dropout), scale),
    });
    const seen = dropped(context, dense(b, unsplit(b, mixed), params, output), c.dropout);
    const middle = norm(b, b.add(seen, x), params, selfNorm, c.layerNormEpsilon);
    const y = dense(b, activate(b, c.activation, dense(b, middle, params, inner)), params, outer);
    const sum = b.add(dropped(context, y, c.dropout), middle);
    return [norm(b, sum, params, forwardNorm, c.layerNormEpsilon)];
  },
  keras: hidden("DisentangledAttentionEncoder", {
    call: ["inputs", "rel_embeddings", "padding_mask", "attention_mask"],
    own: ["zeroMasked"],
    upgrade: beforeZeroMasked,
  }),
};
