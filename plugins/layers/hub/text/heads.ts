/** RoFormer's head that guesses masked tokens, Gemma's mean over steps. @module */
import { UnsupportedError } from "../../../../core/values/errors.ts";
import type { Layer, LayerDef } from "../../../../core/network/layer.ts";
import { activate, asFloat, inputAt, scalarLike } from "../../../../core/ops/words.ts";
import { activationField } from "../../shared/fields.ts";
import type { ActivationSpec } from "../../../../core/network/specs.ts";
import { layerField } from "../../../../core/network/layerfield.ts";
import { int, nullable } from "../../../../core/values/schema.ts";
import { rowsAt } from "../embeddings.ts";
import { hidden } from "../names.ts";

/** Options of {@link roformerHeadDef}, resolved. */
export interface RoformerHeadConfig {
  /** Number of tokens, that of the embedding. */
  readonly vocabularySize: number | null;
  /** The embedding whose table turns features into scores. */
  readonly tokenEmbedding: Layer;
  /** Activation of the scores. */
  readonly activation: ActivationSpec;
}
/** Scores of tokens at positions: `[batch, steps, features]` and ids `[batch, n]` to `[batch, n, vocabularySize]`. */
export const roformerHeadDef: LayerDef<RoformerHeadConfig, never> = {
  kind: "layer",
  name: "RoformerV2MaskedLMHead",
  mask: "consume",
  config: {
    vocabularySize: nullable(int({ min: 1 })),
    tokenEmbedding: layerField(),
    activation: activationField({ default: "linear" }),
  },
  params: () => ({}),
  children: ({ tokenEmbedding: layer }) => [{ layer, attribute: "token_embedding" }],
  build({ b, config, inputs, layer }) {
    const rows = rowsAt(b, asFloat(b, inputAt(inputs, 0)), inputAt(inputs, 1));
    const [scores] = layer(config.tokenEmbedding, [rows], { options: { reverse: true } });
    if (!scores) throw new UnsupportedError("RoformerV2MaskedLMHead: the embedding gives no scores");
    return [activate(b, config.activation, scores)];
  },
  keras: hidden("RoformerV2MaskedLMHead", { call: ["inputs", "mask_positions"] }),
};

/** Means over the steps that the mask names, `[batch, steps, features] → [batch, features]`. */
export const gemma3MeanPoolingDef: LayerDef<Record<never, never>, never> = {
  kind: "layer",
  name: "Gemma3MeanPooling",
  mask: "consume",
  config: {},
  params: () => ({}),
  build({ b, inputs, call: { values } }) {
    const given = values?.paddingMask ?? inputs[1];
    if (!given) throw new UnsupportedError("Gemma3MeanPooling: expected padding_mask");
    const x = asFloat(b, inputAt(inputs, 0)), mask = asFloat(b, given), step = b.ints([1]);
    const sum = b.reduceSum(b.mul(x, b.unsqueeze(mask, b.ints([-1]))), step, {
      keepdims: 0,
    });
    const count = b.reduceSum(mask, step, { keepdims: 1 });
    return [b.div(sum, b.max([count, scalarLike(b, 1e-9, count)]))];
  },
  keras: hidden("Gemma3MeanPooling", { call: ["inputs", "padding_mask"] }),
};
