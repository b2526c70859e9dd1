/** Attention (Luong) and AdditiveAttention (Bahdanau) over [query, value] or [query, value, key]. @module */
import { type Factory, factory } from "../../../core/network/factory.ts";
import { ShapeError } from "../../../core/values/errors.ts";
import type { Builder } from "../../../core/graph/builder.ts";
import type { Value } from "../../../core/graph/graph.ts";
import type { LayerContext, LayerDef } from "../../../core/network/layer.ts";
import {
  asFloat,
  boolMask,
  causalMask,
  dropoutPattern,
  dtypeOf,
  maskLike,
  maskOf,
  paramAt,
  scalarLike,
  shapeOf,
  sizeAt,
  transpose,
  weight,
} from "../../../core/ops/words.ts";
import { seedField } from "../shared/fields.ts";
import { bool, choice, float } from "../../../core/values/schema.ts";

/** Options of {@link additiveAttentionDef}, resolved. */
export interface AdditiveAttentionConfig {
  /** Scores are multiplied by a learned scale. */
  readonly useScale: boolean;
  /** Share of the scores after softmax that is dropped in training. */
  readonly dropout: number;
  /** Seed of its random numbers; the model's where null. */
  readonly seed: number | null;
}
/** Options of {@link attentionDef}, resolved. */
export interface AttentionConfig extends AdditiveAttentionConfig {
  /** `dot`: query·key; `concat`: a learned weight times Σ tanh(query + key). */
  readonly scoreMode: "dot" | "concat";
}
interface Parts {
  readonly query: Value;
  readonly value: Value;
  readonly key: Value;
}

function partsOf(b: Builder, inputs: readonly Value[]): Parts {
  const [query, value, key = value] = inputs.map((v) => asFloat(b, v));
  if (!query || !value || !key || inputs.length > 3) {
    throw new ShapeError(`expected [query, value] or [query, value, key], got ${inputs.length} inputs`);
  }
  return { query, value, key };
}
/** query + key of every pair, `[batch, queries, keys, features]`, through tanh. */
function pairs(b: Builder, { query, key }: Parts, scale?: Value): Value {
  const rank = shapeOf(query.type).length;
  const sum = b.add(b.unsqueeze(query, b.ints([rank - 1])), b.unsqueeze(key, b.ints([rank - 2])));
  return b.tanh(scale ? b.mul(sum, scale) : sum);
}
const overFeatures = (b: Builder, x: Value): Value => b.reduceSum(x, b.ints([-1]), { keepdims: 0 });

/** Softmax of scores `[batch, queries, keys]` where the values' mask allows, applied to the values. */
function attend(
  context: LayerContext<AdditiveAttentionConfig>,
  parts: Parts,
  scores: Value,
): readonly Value[] {
  const { b, config, inputs, masks, call, training } = context;
  const values = maskOf(inputs, call, 1);
  let allowed = values && b.unsqueeze(boolMask(b, values), b.ints([-2]));
  if (call.options?.useCausalMask === true) {
    const causal = causalMask(b, scores);
    allowed = allowed ? b.and(allowed, causal) : causal;
  }
  let masked = scores;
  if (allowed) {
    const large = scalarLike(b, dtypeOf(scores) === "float16" ? 65504 : 1e9, scores);
    masked = b.where(allowed, scores, b.sub(scores, large));
  }
  const weights = b.softmax(masked, { axis: -1 });
  const kept = training && config.dropout > 0
    ? b.mul(weights, dropoutPattern(b, weights, b.shape(weights), config.dropout, config.seed))
    : weights;
  let y = b.matMul(kept, parts.value);
  const queries = maskOf(inputs, call, 0);
  if (queries) y = b.where(maskLike(b, queries, y), y, scalarLike(b, 0, y));
  y = b.masked(y, masks[0]);
  return call.options?.returnAttentionScores === true ? [y, weights] : [y];
}

const fields = {
  useScale: bool({ default: false }),
  dropout: float({ min: 0, max: 1, default: 0 }),
  seed: seedField(),
};

const attentionDef: LayerDef<AttentionConfig, "scale" | "concatScoreWeight"> = {
  kind: "layer",
  name: "Attention",
  mask: "make",
  config: {
    ...fields,
    scoreMode: choice({ default: "dot", of: ["dot", "concat"] }),
  },
  params: (config) => ({
    ...(config.useScale && { scale: weight([], "ones") }),
    ...(config.scoreMode === "concat" && { concatScoreWeight: weight([], "ones") }),
  }),
  build(context) {
    const { b, config, inputs, params } = context, parts = partsOf(b, inputs);
    const scale = config.useScale ? paramAt(params, "scale") : undefined;
    let scores: Value;
    if (config.scoreMode === "concat") {
      const sum = overFeatures(b, pairs(b, parts, scale));
      scores = b.mul(sum, paramAt(params, "concatScoreWeight"));
    } else {
      const rank = shapeOf(parts.key.type).length;
      const swapped = Array.from({ length: rank }, (_, i) => i < rank - 2 ? i : 2 * rank - 3 - i);
      scores = b.matMul(parts.query, transpose(b, parts.key, swapped));
      if (scale) scores = b.mul(scores, scale);
    }
    return attend(context, parts, scores);
  },
  keras: {
    ignore: ["causal"],
    call: ["inputs", "mask", "training", "return_attention_scores", "use_causal_mask"],
  },
};
/** Dot-product attention (Luong et al. 2015): `[batch, queries, features]`, `[batch, keys, size] → [batch, queries, size]`. */
export const attention: Factory<AttentionConfig> = factory(attentionDef);

const additiveAttentionDef: LayerDef<AdditiveAttentionConfig, "scale"> = {
  kind: "layer",
  name: "AdditiveAttention",
  mask: "make",
  config: { ...fields, useScale: bool({ default: true }) },
  params: (config, [query]) => ({
    ...(config.useScale && { scale: weight([sizeAt(query, -1)], "glorotUniform") }),
  }),
  build(context) {
    const { b, config, inputs, params } = context, parts = partsOf(b, inputs);
    const together = pairs(b, parts);
    const scaled = config.useScale ? b.mul(together, paramAt(params, "scale")) : together;
    return attend(context, parts, overFeatures(b, scaled));
  },
  keras: {
    ignore: ["causal"],
    call: ["inputs", "mask", "training", "return_attention_scores", "use_causal_mask"],
  },
};
/** Additive attention (Bahdanau et al. 2015): scores are Σ scale · tanh(query + key). */
export const additiveAttention: Factory<AdditiveAttentionConfig> = factory(additiveAttentionDef);
