/** Root mean square normalizations under names of their own: Llama's kin, RoFormer, Gemma, Qwen, T5. @module */
import { asFloat, inputAt, paramAt, sizeAt, weight } from "../../../core/ops/words.ts";
import type { KerasMapping, LayerDef, ParamSpec } from "../../../core/network/layer.ts";
import { float } from "../../../core/values/schema.ts";
import { rms } from "./kit.ts";
import { hidden } from "./names.ts";

/** Options of the normalizations, resolved. */
export interface HiddenNormConfig {
  /** Added to the mean square. */
  readonly epsilon: number;
}
/** One of them: the name of its weight, what is added to that, and what differs in files. */
export function rootMeanSquares<P extends string>(
  name: string,
  param: P,
  offset: 0 | 1,
  keras: KerasMapping<HiddenNormConfig> = {},
): LayerDef<HiddenNormConfig, P> {
  return {
    kind: "layer",
    name,
    mask: "consume",
    config: { epsilon: float({ default: 1e-6 }) },
    params: (_, [x]) => {
      const specs: Partial<Record<P, ParamSpec>> = {};
      specs[param] = weight([sizeAt(x, -1)], offset === 0 ? "ones" : "zeros");
      return specs;
    },
    build: ({ b, config, inputs, params }) => [
      rms(b, asFloat(b, inputAt(inputs, 0)), paramAt(params, param), config.epsilon, offset),
    ],
    keras: { ...hidden(name, keras), ...(keras.classNames && { classNames: keras.classNames }) },
  };
}
/** Those of Llama's kin and of RoFormer. */
export const decoderNorms: readonly LayerDef<HiddenNormConfig, "scale">[] = [
  ...["LlamaLayerNorm", "QwenLayerNorm", "Qwen3LayerNorm", "Phi3LayerNorm"],
  ...["Qwen3MoeLayerNorm", "MistralLayerNormalization", "MixtralLayerNormalization"],
  ...["GptOssLayerNormalization", "RoformerNorm"],
].map((name) => ({
  ...rootMeanSquares(name, "scale", 0, { ignore: ["head_dim"] }),
  summary: "x over its root mean square, times a learned scale (KerasHub).",
}));
