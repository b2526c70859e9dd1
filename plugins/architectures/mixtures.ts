/** KerasHub's decoders of text with mixtures of experts: Mixtral, Qwen, GPT-OSS. @module */
import type { ArchitectureDef } from "../../core/network/architecture.ts";
import { UnsupportedError } from "../../core/values/errors.ts";
import { llama, same } from "./decoders.ts";
import type { Hyperparameters } from "./kit.ts";

const sharing = same("num_experts", "top_k", "rope_scaling_factor");
const qwen = {
  ...sharing,
  ...same("moe_intermediate_dim", "norm_top_k_prob", "sliding_window_size", "router_aux_loss_coefficient"),
};
/** Whether Qwen 3's layer of that number is a mixture. */
function isSparse(h: Hyperparameters, i: number): boolean {
  const plain = h.any("mlp_only_layers", []), step = h.number("decoder_sparse_step", 1);
  return h.number("num_experts") > 0 && (i + 1) % step === 0 && !(Array.isArray(plain) && plain.includes(i));
}
/** What routers would give beside, which KerasHub's backbones can't take. @throws {UnsupportedError} */
function withoutScores(h: Hyperparameters): Readonly<Record<string, unknown>> {
  if (h.any("output_router_logits", false) === false) return {};
  throw new UnsupportedError("output_router_logits: only false is supported");
}
/** Mixtral, Qwen 1.5 MoE, Qwen 3 MoE, GPT-OSS. */
export const mixtures: readonly ArchitectureDef[] = [
  llama(
    "MixtralBackbone",
    "MixtralTransformerDecoder",
    "MixtralLayerNormalization",
    { ...sharing, ...same("sliding_window", "router_jitter_noise", "router_aux_loss_coef") },
    null,
    withoutScores,
  ),
  llama(
    "QwenMoeBackbone",
    "QwenMoeTransformerDecoder",
    "QwenLayerNorm",
    {
      ...qwen,
      ...same("shared_expert_intermediate_dim", "decoder_sparse_step", "mlp_only_layers"),
      ...same("use_sliding_window_attention"),
    },
    false,
    withoutScores,
  ),
  llama(
    "Qwen3MoeBackbone",
    "Qwen3MoeTransformerDecoder",
    "Qwen3MoeLayerNorm",
    { ...qwen, ...same("head_dim") },
    false,
    (h, i) => ({ is_sparse_mlp: isSparse(h, i) }),
  ),
  llama(
    "GptOssBackbone",
    "GptOssTransformerDecoder",
    "GptOssLayerNormalization",
    { ...sharing, ...same("head_dim") },
    null,
    (h, i) => {
      const window = h.any("sliding_window", 4096);
      return { ...withoutScores(h), sliding_window: i % 2 === 1 ? window : null };
    },
  ),
];
