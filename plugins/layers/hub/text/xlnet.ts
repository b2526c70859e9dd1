/** Layers of XLNet: attention by relative positions and segments, with masks and positions as KerasHub lays them out. @module */
import type { Builder } from "../../../../core/graph/builder.ts";
import { UnsupportedError } from "../../../../core/values/errors.ts";
import type { Value } from "../../../../core/graph/graph.ts";
import type { InitializerSpec, LayerDef } from "../../../../core/network/layer.ts";
import {
  activate,
  asFloat,
  boolMask,
  cast,
  inputAt,
  paramAt,
  range,
  scalarLike,
  transpose,
  weight,
} from "../../../../core/ops/words.ts";
import { activationField, initializerField } from "../../shared/fields.ts";
import type { ActivationSpec } from "../../../../core/network/specs.ts";
import { float, int } from "../../../../core/values/schema.ts";
import { tensor } from "../../../../core/values/tensor.ts";
import { maskedSoftmax } from "../../attention/multihead.ts";
import {
  at,
  dense,
  denseSpecs,
  dropped,
  type HubContext,
  norm,
  normSpecs,
  type Place,
  type Specs,
  toHeads,
  unsplit,
} from "../kit.ts";
import { hidden } from "../names.ts";
import { beforeZeroMasked, zeroMaskedField } from "../../shared/spelled.ts";

/** Options of {@link contentAndQueryEmbeddingDef}, resolved. */
export interface ContentAndQueryEmbeddingConfig {
  /** Number of tokens. */
  readonly vocabularySize: number;
  /** Size of a row. */
  readonly hiddenDim: number;
  /** Share of the rows that is dropped in training. */
  readonly dropout: number;
}
const words = at("word_embed");
/** A dim of x as a tensor of one number. */
const dim = (b: Builder, x: Value, axis: number) => b.shape(x, { start: axis, end: axis + 1 });
const joined = (b: Builder, ...parts: readonly Value[]) => b.concat([...parts], { axis: 0 });
/** Ids `[batch, steps]` to rows `[batch, steps, hiddenDim]`, and waves of the distances `[batch, 2 · steps, hiddenDim]`. */
export const contentAndQueryEmbeddingDef: LayerDef<ContentAndQueryEmbeddingConfig> = {
  kind: "layer",
  name: "ContentAndQueryEmbedding",
  mask: "consume",
  config: {
    vocabularySize: int({ min: 1 }),
    hiddenDim: int({ min: 1 }),
    dropout: float({ min: 0, max: 1, default: 0 }),
  },
  params: (c) => ({
    rows: weight([c.vocabularySize, c.hiddenDim], "randomUniform", {
      group: words.group,
      path: "word_embed/embeddings",
    }),
  }),
  build(context) {
    const { b, config: c, inputs, params } = context, ids = cast(b, inputAt(inputs, 0), "int32");
    const rows = b.gather(paramAt(params, "rows"), ids, { axis: 0 });
    const count = b.squeeze(dim(b, ids, 1));
    const places = b.range(count, b.neg(count), b.scalar(-1, "int64"));
    const size = c.hiddenDim, waves = range(0, Math.ceil(size / 2)).map((i) => 1 / 10000 ** (2 * i / size));
    const angles = b.mul(
      b.unsqueeze(cast(b, places, "float32"), b.ints([1])),
      b.constant(tensor(Float32Array.from(waves))),
    );
    const each = b.concat([b.sin(angles), b.cos(angles)], { axis: -1 });
    // KerasHub lays [steps, batch] out as [batch, steps] without turning it.
    const batch = dim(b, ids, 0), length = dim(b, each, 0), width = b.ints([size]);
    const wide = b.expand(b.unsqueeze(each, b.ints([1])), joined(b, length, batch, width));
    const laid = b.reshape(dropped(context, wide, c.dropout), joined(b, batch, length, width));
    return [dropped(context, rows, c.dropout), laid];
  },
  keras: hidden("ContentAndQueryEmbedding", { call: ["token_id_input"], inputDtype: "int32" }),
};

/** Options of {@link xlnetMaskDef}, resolved. */
export interface XlnetMaskConfig {
  /** Features of a row that nothing uses. */
  readonly hiddenDim: number;
}
/** A mask `[batch, steps]` to those of contents and of queries, `[batch, steps, steps]` and `[batch, 1, steps]`, 1 for what is seen. */
export const xlnetMaskDef: LayerDef<XlnetMaskConfig, "mask"> = {
  kind: "layer",
  name: "XLNetAttentionMaskLayer",
  mask: "consume",
  config: { hiddenDim: int({ min: 1 }) },
  params: (c) => ({ mask: weight([1, 1, c.hiddenDim], "truncatedNormal", { path: "mask_emb" }) }),
  build({ b, inputs }) {
    const given = inputAt(inputs, 0), batch = dim(b, given, 0), steps = dim(b, given, 1);
    const padded = b.sub(b.scalar(1), cast(b, given, "float32"));
    // Laid out as [steps, batch] without turning it, as in KerasHub.
    const laid = transpose(b, b.reshape(padded, joined(b, steps, batch)), [1, 0]);
    const query = b.unsqueeze(cast(b, b.greater(laid, b.scalar(0)), "float32"), b.ints([1]));
    const places = b.range(b.scalar(0, "int64"), b.squeeze(steps), b.scalar(1, "int64"));
    const other = b.not(b.equal(b.unsqueeze(places, b.ints([1])), b.unsqueeze(places, b.ints([0]))));
    const content = b.mul(query, cast(b, other, "float32"));
    return [b.sub(b.scalar(1), content), b.sub(b.scalar(1), query)];
  },
  keras: hidden("XLNetAttentionMaskLayer", { call: ["inputs"], ignore: ["kernel_initializer_range"] }),
};
/** Segments `[batch, steps]` to whether two steps differ in theirs, bool `[batch, steps, steps]`. */
export const xlnetSegmentsDef: LayerDef<Record<never, never>, never> = {
  kind: "layer",
  name: "XLNetSegmentMatrixLayer",
  mask: "consume",
  config: {},
  params: () => ({}),
  build({ b, inputs }) {
    const ids = inputAt(inputs, 0);
    const [row, column] = [2, 1].map((axis) => b.unsqueeze(ids, b.ints([axis])));
    return [b.not(b.equal(row as Value, column as Value))];
  },
  keras: hidden("XLNetSegmentMatrixLayer", { call: ["segment_ids"] }),
};

/** Options of {@link xlnetEncoderDef}, resolved. */
export interface XlnetEncoderConfig {
  /** Number of heads. */
  readonly numHeads: number;
  /** Features of input and output. */
  readonly hiddenDim: number;
  /** Features of a head. */
  readonly headDim: number;
  /** Units between the two dense layers. */
  readonly intermediateDim: number;
  /** Share of the outputs that is dropped in training. */
  readonly dropout: number;
  /** Activation between the dense layers. */
  readonly activation: ActivationSpec;
  /** Added to the variance. */
  readonly layerNormEpsilon: number;
  /** Fills the biases of the attention. */
  readonly biasInitializer: InitializerSpec;
  /** Masked scores become 0 even where all are masked. */
  readonly zeroMasked: boolean;
}
const part = (name: string) => at(`relative_attention/${name}_dense`);
const query = part("query"), key = part("key"), value = part("value"), output = part("output");
const distance = at("relative_attention/_encoding_dense"),
  attentionNorm = at("layer_norm"),
  forwardNorm = at("layer_norm_ff");
const inner = at("feedforward_intermediate_dense"), outer = at("feedforward_output_dense");
/** Scores by distance `[batch, heads, queries, 2 · steps]` as scores of keys, each row shifted by one. */
function shifted(b: Builder, scores: Value, like: Value): Value {
  const [batch, heads, rows, columns] = [0, 1, 2, 3].map((axis) => dim(b, scores, axis)) as [
    Value,
    Value,
    Value,
    Value,
  ];
  const cut = (x: Value, from: Value, to: Value, axis: number) => b.slice(x, from, to, b.ints([axis]));
  const one = b.ints([1]), zero = b.ints([0]);
  const laid = b.reshape(scores, joined(b, batch, heads, columns, rows));
  const rest = cut(laid, one, columns, 2), fewer = b.sub(columns, one);
  const back = b.reshape(rest, joined(b, batch, heads, rows, fewer));
  return cut(back, zero, dim(b, like, 3), 3);
}
function attention(context: HubContext<XlnetEncoderConfig>, x: Value): Value {
  const { b, config: c, inputs, params, call: { values = {} } } = context;
  const { attnMaskContent: mask = inputs[1], posEmb: waves = inputs[2], segMat: differ = inputs[3] } = values;
  if (!waves || !differ || !mask) {
    throw new UnsupportedError("XLNetEncoder: expected attn_mask_content, pos_emb and seg_mat");
  }
  const heads = (from: Value, place: Place) => toHeads(b, from, params, place), own = heads(x, query);
  const biased = (name: string) => b.add(own, b.unsqueeze(paramAt(params, name), b.ints([1])));
  const over = (q: Value, k: Value) => b.matMul(q, transpose(b, k, [0, 1, 3, 2]));
  const content = over(biased("content"), heads(x, key));
  const positional = shifted(b, over(biased("positional"), heads(asFloat(b, waves), distance)), content);
  // [2, heads, size] as [heads, size, 2].
  const two = b.matMul(biased("segment"), transpose(b, paramAt(params, "segments"), [1, 2, 0]));
  const column = (i: number) => b.slice(two, b.ints([i]), b.ints([i + 1]), b.ints([3]));
  const apart = b.unsqueeze(boolMask(b, differ), b.ints([1]));
  const segment = b.where(apart, column(1), column(0));
  const sum = b.add(b.add(content, positional), segment);
  const scores = b.mul(sum, scalarLike(b, 1 / Math.sqrt(c.headDim), sum));
  const seen = b.unsqueeze(boolMask(b, mask), b.ints([1]));
  const mixed = b.matMul(maskedSoftmax(b, scores, seen, c.zeroMasked), heads(x, value));
  const kernel = b.reshape(paramAt(params, `${output.name}.kernel`), b.ints([c.hiddenDim, -1]));
  return b.matMul(unsplit(b, mixed), transpose(b, kernel, [1, 0]));
}
/** An encoder's layer of XLNet (Yang et al. 2019), of contents alone, `[batch, steps, features]` beside mask, waves and segments, shape unchanged. */
export const xlnetEncoderDef: LayerDef<XlnetEncoderConfig> = {
  kind: "layer",
  name: "XLNetEncoder",
  mask: "consume",
  config: {
    numHeads: int({ min: 1 }),
    hiddenDim: int({ min: 1 }),
    headDim: int({ min: 1 }),
    intermediateDim: int({ min: 1 }),
    dropout: float({ min: 0, max: 1, default: 0 }),
    activation: activationField({ default: "gelu" }),
    layerNormEpsilon: float({ default: 1e-12 }),
    biasInitializer: initializerField({ default: "zeros" }),
    zeroMasked: zeroMaskedField(),
  },
  params(c): Specs {
    const { hiddenDim: size, numHeads: heads, headDim: width, intermediateDim: units } = c;
    const init = "truncatedNormal";
    const heading = (place: Place) => denseSpecs(place, [size, heads, width], init);
    const bias = (name: string) =>
      weight([heads, width], c.biasInitializer, { path: `${name}_attention_bias` });
    return {
      content: bias("content"),
      positional: bias("positional"),
      segment: bias("segment"),
      segments: weight([2, heads, width], init, { path: "segment_encoding" }),
      ...heading(query),
      ...heading(key),
      ...heading(value),
      ...heading(output),
      ...heading(distance),
      ...normSpecs(attentionNorm, size),
      ...normSpecs(forwardNorm, size),
      ...denseSpecs(inner, [size, units], init, [units]),
      ...denseSpecs(outer, [units, size], init, [size]),
    };
  },
  build(context) {
    const { b, config: c, inputs, params } = context, x = asFloat(b, inputAt(inputs, 0));
    const sum = b.add(dropped(context, attention(context, x), c.dropout), x);
    const level = norm(b, sum, params, attentionNorm, c.layerNormEpsilon);
    const y = activate(b, c.activation, dense(b, level, params, inner));
    const through = dropped(context, dense(b, dropped(context, y, c.dropout), params, outer), c.dropout);
    return [norm(b, b.add(through, level), params, forwardNorm, c.layerNormEpsilon)];
  },
  keras: hidden("XLNetEncoder", {
    call: ["output_content", "attn_mask_content", "attn_mask_query", "pos_emb", "seg_mat"],
    own: ["zeroMasked"],
    ignore: ["kernel_initializer_range"],
    upgrade: beforeZeroMasked,
  }),
};
