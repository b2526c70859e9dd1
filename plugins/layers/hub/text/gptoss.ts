/** Decoders' layers of GPT-OSS: attention that may look nowhere, and experts behind a clipped gate. @module */
import type { Value } from "../../../../core/graph/graph.ts";
import type { LayerDef } from "../../../../core/network/layer.ts";
import { paramAt, scalarLike, shapeVector, sizeAt } from "../../../../core/ops/words.ts";
import { float, int, nullable } from "../../../../core/values/schema.ts";
import { decoder, type FeedForward, placesOf } from "../decoderkit.ts";
import { at, dense, denseSpecs, type HubContext, one } from "../kit.ts";
import { yarnFrequencies } from "../rotary.ts";
import { likeSteps, sharesOf, tokensOf, weighed } from "./experts.ts";
import type { MixtralDecoderConfig } from "./mixtures.ts";

/** Options of {@link gptOssDecoderDef}, resolved. */
export interface GptOssDecoderConfig extends MixtralDecoderConfig {
  /** Features of a head; those of the input over the heads where null. */
  readonly headDim: number | null;
}
const attention = at("self_attention_layer");
/** Softmax over the scores and one more of every head's own, whose weight goes nowhere. */
function sunk({ b, params }: HubContext<GptOssDecoderConfig>) {
  return (scores: Value, allowed: Value | undefined) => {
    const heads = sizeAt(scores.type, 1);
    const seen = allowed ? b.where(allowed, scores, scalarLike(b, -1e9, scores)) : scores;
    const own = b.reshape(paramAt(params, `${attention.name}.sinks`), b.ints([1, heads, 1, 1]));
    const column = b.expand(own, shapeVector(b, scores, [{ axis: 0 }, heads, { axis: 2 }, 1]));
    const weights = b.softmax(b.concat([seen, column], { axis: -1 }), { axis: -1 });
    return b.slice(weights, b.ints([0]), b.ints([-1]), b.ints([3]));
  };
}

const router = at("sparse_moe_block/router/router_dense"), experts = at("sparse_moe_block/experts");
const bound = 7, slope = 1.702;
const mixture: FeedForward<GptOssDecoderConfig> = {
  specs(c, features) {
    const { kernelInitializer: init, numExperts: count, intermediateDim: units } = c;
    return {
      ...denseSpecs(router, [features, count], init, [count]),
      ...one(experts, "gate_up_proj", [count, features, 2 * units], init),
      ...one(experts, "gate_up_proj_bias", [count, 2 * units], "zeros"),
      ...one(experts, "down_proj", [count, units, features], init),
      ...one(experts, "down_proj_bias", [count, features], "zeros"),
    };
  },
  build({ b, params, config }, x) {
    const tokens = tokensOf(b, x), part = (name: string) => paramAt(params, `${experts.name}.${name}`);
    const shares = sharesOf(b, dense(b, tokens, params, router), {
      topK: config.topK,
      normalized: true,
      bestAlone: true,
    });
    const through = (y: Value, name: string) =>
      b.add(b.matMul(y, part(name)), b.unsqueeze(part(`${name}_bias`), b.ints([1])));
    // Gate and way up stand in turns.
    const both = through(tokens, "gate_up_proj"), end = b.ints([2 ** 31 - 1]);
    const every2nd = (from: number) => b.slice(both, b.ints([from]), end, b.ints([2]), b.ints([2]));
    const most = scalarLike(b, bound, both), gate = b.min([every2nd(0), most]);
    const up = b.clip(every2nd(1), scalarLike(b, -bound, both), most);
    const opened = b.mul(gate, b.sigmoid(b.mul(gate, scalarLike(b, slope, gate))));
    const inner = b.mul(b.add(up, scalarLike(b, 1, up)), opened);
    return likeSteps(b, weighed(b, through(inner, "down_proj"), shares), x);
  },
};
/** A decoder's layer of GPT-OSS (2025), `[batch, steps, features]`, shape unchanged. */
export const gptOssDecoderDef: LayerDef<GptOssDecoderConfig> = decoder<GptOssDecoderConfig>({
  name: "GptOssTransformerDecoder",
  fields: {
    numExperts: int({ min: 1 }),
    topK: int({ min: 1, default: 2 }),
    ropeScalingFactor: float({ default: 1 }),
    slidingWindow: nullable(int({ default: 4096 })),
    headDim: nullable(int()),
  },
  places: placesOf({
    attention: "self_attention_layer",
    prefix: "",
    before: "input_layernorm",
    after: "post_attention_layernorm",
    feedForward: "",
  }),
  order: ["attention", "before", "after", "forward"],
  ignore: ["output_router_logits"],
  biased: () => true,
  outputBiased: true,
  more: (c) => one(attention, "sinks", [c.numQueryHeads], "randomNormal"),
  headDim: (c) => c.headDim,
  window: ({ slidingWindow: window }) => window === null || window <= 0 ? null : window + 1,
  rates: (size, c) =>
    yarnFrequencies(size, {
      maxWavelength: c.ropeMaxWavelength,
      scalingFactor: c.ropeScalingFactor,
      originalMaxPositionEmbeddings: 4096,
      betaFast: 32,
      betaSlow: 1,
      truncate: false,
    }),
  rotaryFactor: (c) => 0.1 * Math.log(c.ropeScalingFactor) + 1,
  weights: sunk,
  feedForward: mixture,
});
