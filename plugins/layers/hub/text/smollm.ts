/** Decoders' layers of SmolLM3. @module */
import type { Value } from "../../../../core/graph/graph.ts";
import type { LayerDef } from "../../../../core/network/layer.ts";
import { asFloat, inputAt, paramAt, sizeAt } from "../../../../core/ops/words.ts";
import { ShapeError } from "../../../../core/values/errors.ts";
import { bool, float, int, list } from "../../../../core/values/schema.ts";
import { at, attend, dense, denseSpecs, fromHeads, gated, one, type Place, rmsOf, split } from "../kit.ts";
import { hidden } from "../names.ts";
import { rotated } from "../rotary.ts";
import { beforeZeroMasked, zeroMaskedField } from "../../shared/spelled.ts";

/** Options of {@link smolLM3DecoderDef}, resolved. */
export interface SmolLM3DecoderConfig {
  /** Features of input and output. */
  readonly hiddenSize: number;
  /** Number of the queries' heads. */
  readonly numAttentionHeads: number;
  /** Number of heads of keys and values; each serves several of the queries'. */
  readonly numKeyValueHeads: number;
  /** Queries, keys and values have biases. */
  readonly attentionBias: boolean;
  /** Not heeded, as KerasHub doesn't. */
  readonly attentionDropout: number;
  /** Whether the layer of that number turns queries and keys. */
  readonly ropeLayerEnabledList: readonly boolean[];
  /** The layer's number. */
  readonly layerIdx: number;
  /** Units of the gated part. */
  readonly intermediateSize: number;
  /** The gated part has biases. */
  readonly mlpBias: boolean;
  /** Added to the mean square. */
  readonly layerNormEpsilon: number;
  /** The longest wave; the file's own frequencies are used. */
  readonly ropeTheta: number;
  /** Share of a head's features that are turned. */
  readonly partialRotaryFactor: number;
  /** Masked scores become 0 even where all are masked. */
  readonly zeroMasked: boolean;
}
const part = (name: string) => at(`self_attn/${name}_proj`);
const query = part("q"), key = part("k"), value = part("v"), output = part("o");
const waves = at("self_attn/rotary_embedding");
const gate = at("mlp/gate_proj"), up = at("mlp/up_proj"), down = at("mlp/down_proj");
const before = at("input_layernorm"), after = at("post_attention_layernorm");
/** A decoder's layer of SmolLM3 (2025), `[batch, steps, features]`, shape unchanged. */
export const smolLM3DecoderDef: LayerDef<SmolLM3DecoderConfig> = {
  kind: "layer",
  name: "SmolLM3DecoderLayer",
  mask: "consume",
  config: {
    hiddenSize: int({ min: 1 }),
    numAttentionHeads: int({ min: 1 }),
    numKeyValueHeads: int({ min: 1 }),
    attentionBias: bool(),
    attentionDropout: float({ default: 0 }),
    ropeLayerEnabledList: list<boolean>({
      of: bool(),
    }),
    layerIdx: int({ min: 0 }),
    intermediateSize: int({ min: 1 }),
    mlpBias: bool(),
    layerNormEpsilon: float({ default: 1e-6 }),
    ropeTheta: float({ default: 10000 }),
    partialRotaryFactor: float({ default: 1 }),
    zeroMasked: zeroMaskedField(),
  },
  params(c) {
    const { hiddenSize: size, intermediateSize: units } = c, width = Math.floor(size / c.numAttentionHeads);
    const heading = (place: Place, heads: number) =>
      denseSpecs(
        place,
        [size, heads * width],
        "glorotUniform",
        c.attentionBias ? [heads * width] : undefined,
      );
    const forward = (place: Place, from: number, to: number) =>
      denseSpecs(place, [from, to], "glorotUniform", c.mlpBias ? [to] : undefined);
    const level = (place: Place) => one(place, "scale", [size], "ones");
    const rates = one(waves, "inv_freq", [Math.ceil(width / 2)], "ones");
    return {
      ...heading(query, c.numAttentionHeads),
      ...heading(key, c.numKeyValueHeads),
      ...heading(value, c.numKeyValueHeads),
      ...denseSpecs(output, [c.numAttentionHeads, width, size], "glorotUniform"),
      ...Object.fromEntries(Object.entries(rates).map(([k, spec]) => [k, { ...spec, role: "statistic" }])),
      ...forward(gate, size, units),
      ...forward(up, size, units),
      ...forward(down, units, size),
      ...level(before),
      ...level(after),
    };
  },
  build(context) {
    const { b, config: c, inputs, params, call: { values = {} } } = context, first = inputAt(inputs, 0);
    const x = asFloat(b, first), even = rmsOf(b, x, params, before, c.layerNormEpsilon);
    const turns = c.ropeLayerEnabledList[c.layerIdx] ?? true;
    const heads = (place: Place, count: number) => split(b, dense(b, even, params, place), count);
    const turn = (y: Value) => turns ? rotated(b, y, paramAt(params, `${waves.name}.inv_freq`), 2) : y;
    const [mixed] = attend(
      context,
      turn(heads(query, c.numAttentionHeads)),
      turn(heads(key, c.numKeyValueHeads)),
      heads(value, c.numKeyValueHeads),
      {
        scale: 1 / Math.sqrt(Math.floor(sizeAt(x.type, -1) / c.numAttentionHeads)),
        mask: {
          padding: values.decoderPaddingMask ?? first.mask,
          attention: values.decoderAttentionMask,
          causal: true,
        },
        zeroed: c.zeroMasked,
      },
    );
    const middle = b.add(x, fromHeads(b, mixed, params, output));
    const level = rmsOf(b, middle, params, after, c.layerNormEpsilon);
    return [b.add(middle, gated(b, level, params, [gate, up, down], { name: "silu" }))];
  },
  check({ partialRotaryFactor: share }, path) {
    if (share !== 1) {
      throw new ShapeError(`${path}.partialRotaryFactor: KerasHub itself runs only 1, got ${share}`);
    }
  },
  keras: hidden("SmolLM3DecoderLayer", {
    call: ["hidden_states", "training", "decoder_padding_mask", "decoder_attention_mask"],
    ignore: ["layer_types", "max_position_embeddings"],
    own: ["zeroMasked"],
    upgrade: beforeZeroMasked,
  }),
};
