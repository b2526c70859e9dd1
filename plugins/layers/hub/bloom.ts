/** Decoders' layers of Bloom. @module */
import type { InitializerSpec, LayerDef } from "../../../core/network/layer.ts";
import { activate, asFloat, inputAt, sizeAt } from "../../../core/ops/words.ts";
import { initializerField } from "../shared/fields.ts";
import { float, int } from "../../../core/values/schema.ts";
import { withAlibi } from "./embeddings.ts";
import { at, attend, dense, denseSpecs, dropped, norm, normSpecs, toHeads, unsplit } from "./kit.ts";
import { hidden } from "./names.ts";
import { beforeZeroMasked, zeroMaskedField } from "../shared/spelled.ts";

/** Options of {@link bloomDecoderDef}, resolved. */
export interface BloomDecoderConfig {
  /** Units between the two dense layers. */
  readonly intermediateDim: number;
  /** Number of heads. */
  readonly numHeads: number;
  /** Share of the attention's scores and of the outputs that is dropped in training. */
  readonly dropout: number;
  /** Added to the variance. */
  readonly layerNormEpsilon: number;
  /** Fills kernels. */
  readonly kernelInitializer: InitializerSpec;
  /** Fills biases. */
  readonly biasInitializer: InitializerSpec;
  /** Masked scores become 0 even where all are masked. */
  readonly zeroMasked: boolean;
}
const bloomBefore = at("_pre_attention_layernorm"), bloomAfter = at("_post_attention_layernorm");
const bloom = (name: string) => at(`_self_attention_layer/_${name}_dense`);
const inner = at("_mlp_intermediate_dense"), outer = at("_mlp_output_dense");
/** A decoder's layer of Bloom (2022), whose scores have ALiBi's biases, `[batch, steps, features]`, shape unchanged. */
export const bloomDecoderDef: LayerDef<BloomDecoderConfig> = {
  kind: "layer",
  name: "BloomDecoder",
  mask: "consume",
  config: {
    intermediateDim: int({ min: 1 }),
    numHeads: int({ min: 1 }),
    dropout: float({ min: 0, max: 1, default: 0 }),
    layerNormEpsilon: float({ default: 1e-5 }),
    kernelInitializer: initializerField({ default: "glorotUniform" }),
    biasInitializer: initializerField({ default: "zeros" }),
    zeroMasked: zeroMaskedField(),
  },
  params(c, [x]) {
    const size = sizeAt(x, -1), width = Math.floor(size / c.numHeads), heads = c.numHeads;
    const { kernelInitializer: init, biasInitializer: biases, intermediateDim: units } = c;
    const heading = (name: string) =>
      denseSpecs(bloom(name), [size, heads, width], init, [heads, width], biases);
    return {
      ...normSpecs(bloomBefore, size),
      ...heading("query"),
      ...heading("key"),
      ...heading("value"),
      ...denseSpecs(bloom("output"), [size, size], init, [size], biases),
      ...normSpecs(bloomAfter, size),
      ...denseSpecs(inner, [size, units], init, [units], biases),
      ...denseSpecs(outer, [units, size], init, [size], biases),
    };
  },
  build(context) {
    const { b, config: c, inputs, params, call: { values, options } } = context;
    const x = asFloat(b, inputAt(inputs, 0)), even = norm(b, x, params, bloomBefore, c.layerNormEpsilon);
    const heads = (name: string) => toHeads(b, even, params, bloom(name));
    const query = heads("query");
    const [mixed] = attend(context, query, heads("key"), heads("value"), {
      scale: 1 / Math.sqrt(sizeAt(query.type, -1)),
      mask: {
        padding: values?.decoderPaddingMask ?? inputAt(inputs, 0).mask,
        attention: values?.decoderAttentionMask,
        causal: options?.useCausalMask !== false,
      },
      zeroed: c.zeroMasked,
      dropout: c.dropout,
      bias: (scores) => withAlibi(b, scores, 8),
    });
    const seen = dropped(context, dense(b, unsplit(b, mixed), params, bloom("output")), c.dropout);
    const middle = b.add(seen, x);
    const level = norm(b, middle, params, bloomAfter, c.layerNormEpsilon);
    const y = activate(b, { name: "gelu", approximate: true }, dense(b, level, params, inner));
    return [b.add(dropped(context, dense(b, y, params, outer), c.dropout), middle)];
  },
  keras: hidden("BloomDecoder", {
    call: [
      ...["decoder_sequence", "decoder_padding_mask", "decoder_attention_mask"],
      ...["cache", "cache_update_index", "use_causal_mask"],
    ],
    own: ["zeroMasked"],
    upgrade: beforeZeroMasked,
  }),
};
