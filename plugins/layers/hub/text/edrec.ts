/** Blocks of EdRec's encoder and decoder. @module */
import { UnsupportedError } from "../../../../core/values/errors.ts";
import type { Value } from "../../../../core/graph/graph.ts";
import type { LayerDef } from "../../../../core/network/layer.ts";
import { asFloat, inputAt } from "../../../../core/ops/words.ts";
import { float, int, type Schema } from "../../../../core/values/schema.ts";
import {
  at,
  attend,
  denseSpecs,
  dropped,
  fromHeads,
  gated,
  type HubContext,
  type MaskParts,
  one,
  rmsOf,
  type Specs,
  toHeads,
} from "../kit.ts";
import { hidden } from "../names.ts";

/** Options of the blocks, resolved. */
export interface EdRecConfig {
  /** Features of input and output. */
  readonly hiddenDim: number;
  /** Number of heads. */
  readonly numHeads: number;
  /** Units of the gated part. */
  readonly intermediateDim: number;
  /** Share of the outputs that is dropped in training. */
  readonly dropoutRate: number;
  /** Added to the mean square. */
  readonly epsilon: number;
}
const fields: Schema<EdRecConfig> = {
  hiddenDim: int({ min: 1 }),
  numHeads: int({ min: 1 }),
  intermediateDim: int({ min: 1 }),
  dropoutRate: float({ min: 0, max: 1, default: 0 }),
  epsilon: float({ default: 1e-6 }),
};
const gate = at("mlp/up_proj"), up = at("mlp/gate_proj"), down = at("mlp/down_proj");
const part = (group: string, name: string) => at(`${group}/${name}_dense`);
function attentionSpecs(c: EdRecConfig, group: string, before: string): Specs {
  const { hiddenDim: size, numHeads: heads } = c, width = Math.floor(size / heads);
  const heading = (name: string) => denseSpecs(part(group, name), [size, heads, width], "glorotUniform");
  return {
    ...one(at(before), "scale", [size], "ones"),
    ...heading("query"),
    ...heading("key"),
    ...heading("value"),
    ...denseSpecs(part(group, "output"), [heads, width, size], "glorotUniform"),
  };
}
function forwardSpecs({ hiddenDim: size, intermediateDim: units }: EdRecConfig): Specs {
  return {
    ...one(at("pre_ffw_norm"), "scale", [size], "ones"),
    ...denseSpecs(gate, [size, units], "glorotUniform"),
    ...denseSpecs(up, [size, units], "glorotUniform"),
    ...denseSpecs(down, [units, size], "glorotUniform"),
  };
}
type Context = HubContext<EdRecConfig>;
const level = ({ b, params, config }: Context, x: Value, name: string) =>
  rmsOf(b, x, params, at(name), config.epsilon, 1);
/** Attention of normalized steps over themselves or others, and the way past it. */
function attention(
  context: Context,
  x: Value,
  [group, before]: readonly [string, string],
  mask: MaskParts,
  over?: Value,
): Value {
  const { b, params, config: c } = context, even = level(context, x, before);
  const heads = (from: Value, name: string) => toHeads(b, from, params, part(group, name));
  const [mixed] = attend(
    context,
    heads(even, "query"),
    heads(over ?? even, "key"),
    heads(over ?? even, "value"),
    {
      scale: 1 / Math.sqrt(Math.floor(c.hiddenDim / c.numHeads)),
      mask,
      zeroed: false,
    },
  );
  const seen = fromHeads(b, mixed, params, part(group, "output"));
  return b.add(x, dropped(context, seen, c.dropoutRate));
}
function forward(context: Context, x: Value): Value {
  const { b, params, config: c } = context, even = level(context, x, "pre_ffw_norm");
  const y = gated(b, even, params, [gate, up, down], { name: "gelu", approximate: true });
  return b.add(x, dropped(context, y, c.dropoutRate));
}
const inside = ["attention", "pre_attention_norm"] as const;
/** An encoder's block, `[batch, steps, features]`, shape unchanged. */
export const edRecEncoderDef: LayerDef<EdRecConfig> = {
  kind: "layer",
  name: "EdRecEncoderBlock",
  mask: "consume",
  config: fields,
  params: (c) => ({ ...attentionSpecs(c, ...inside), ...forwardSpecs(c) }),
  build(context) {
    const x = asFloat(context.b, inputAt(context.inputs, 0));
    return [forward(context, attention(context, x, inside, { padding: context.call.values?.paddingMask }))];
  },
  keras: hidden("EdRecEncoderBlock", { call: ["x", "padding_mask", "training"] }),
};
const own = ["self_attention", "pre_self_attn_norm"] as const;
const crossed = ["cross_attention", "pre_cross_attn_norm"] as const;
/** A decoder's block over an encoder's output, `[batch, steps, features]`, shape unchanged. */
export const edRecDecoderDef: LayerDef<EdRecConfig> = {
  kind: "layer",
  name: "EdRecDecoderBlock",
  mask: "consume",
  config: fields,
  params: (c) => ({ ...attentionSpecs(c, ...own), ...attentionSpecs(c, ...crossed), ...forwardSpecs(c) }),
  build(context) {
    const { b, inputs, call: { values = {}, options = {} } } = context;
    const over = values.encoderOutputs ?? inputs[1];
    if (!over) throw new UnsupportedError("EdRecDecoderBlock: expected encoder_outputs");
    const x = attention(context, asFloat(b, inputAt(inputs, 0)), own, {
      padding: values.decoderPaddingMask,
      causal: options.useCausalMask !== false,
    });
    const y = attention(context, x, crossed, { padding: values.encoderPaddingMask }, asFloat(b, over));
    return [forward(context, y)];
  },
  keras: hidden("EdRecDecoderBlock", {
    call: [
      ...["x", "encoder_outputs", "decoder_padding_mask", "encoder_padding_mask"],
      ...["use_causal_mask", "training"],
    ],
  }),
};
