/** Decoders' layers of Qwen 3.5: gated attention, or a recurrence in its place; one gated part, or a mixture of experts. @module */
import type { Builder } from "../../../../core/graph/builder.ts";
import type { Value } from "../../../../core/graph/graph.ts";
import type { InitializerSpec, LayerDef } from "../../../../core/network/layer.ts";
import {
  asFloat,
  inputAt,
  paramAt,
  scalarLike,
  shapeVector,
  sizeAt,
  transpose,
} from "../../../../core/ops/words.ts";
import { initializerField } from "../../shared/fields.ts";
import { choice, float, int, nullable, type Schema } from "../../../../core/values/schema.ts";
import {
  at,
  attend,
  dense,
  denseSpecs,
  dropped,
  fromHeads,
  gated,
  type HubContext,
  one,
  type Place,
  rms,
  rmsOf,
  type Specs,
  toHeads,
} from "../kit.ts";
import { hidden } from "../names.ts";
import { type HiddenNormConfig, rootMeanSquares } from "../norms.ts";
import { frequencies, rotated } from "../rotary.ts";
import { asColumn, asRow, overSteps } from "./deltarule.ts";
import {
  bankSpecs,
  gatedPlaces,
  gatedSpecs,
  likeSteps,
  throughBank,
  throughShared,
  tokensOf,
} from "./experts.ts";
import { beforeZeroMasked, zeroMaskedField } from "../../shared/spelled.ts";

/** x over its root mean square, times one plus a learned scale, shape unchanged. */
export const qwen35NormDef: LayerDef<HiddenNormConfig, "scale"> = rootMeanSquares(
  "Qwen3_5LayerNorm",
  "scale",
  1,
  { ignore: ["head_dim"] },
);

/** Options of the layers, resolved. */
export interface Qwen35Config {
  /** Attention, or a recurrence in its place. */
  readonly layerType: "linear_attention" | "full_attention";
  /** Number of the queries' heads. */
  readonly numQueryHeads: number;
  /** Number of heads of keys and values; each serves several of the queries'. */
  readonly numKeyValueHeads: number;
  /** Features of a head. */
  readonly headDim: number;
  /** Share of a head's features that are turned. */
  readonly partialRotaryFactor: number;
  /** The longest wave of the rotary embedding. */
  readonly ropeMaxWavelength: number;
  /** Frequencies are divided by this. */
  readonly ropeScalingFactor: number;
  /** Added to the mean square. */
  readonly layerNormEpsilon: number;
  /** Fills kernels. */
  readonly kernelInitializer: InitializerSpec;
  /** Share of the outputs that is dropped in training. */
  readonly dropout: number;
  /** Queries see keys less than this many steps before; all where null. */
  readonly slidingWindowSize: number | null;
  /** The recurrence: number of heads of queries and keys. */
  readonly linearNumKeyHeads: number;
  /** Number of heads of values. */
  readonly linearNumValueHeads: number;
  /** Features of a head of queries and keys. */
  readonly linearKeyHeadDim: number;
  /** Features of a head of values. */
  readonly linearValueHeadDim: number;
  /** Steps that are mixed before it. */
  readonly linearConvKernelDim: number;
  /** Masked scores become 0 even where all are masked. */
  readonly zeroMasked: boolean;
}
const shared: Schema<Qwen35Config> = {
  layerType: choice({
    of: ["linear_attention", "full_attention"],
  }),
  numQueryHeads: int({ min: 1 }),
  numKeyValueHeads: int({ min: 1 }),
  headDim: int({ min: 1 }),
  partialRotaryFactor: float({
    min: 0,
    max: 1,
    default: 0.25,
  }),
  ropeMaxWavelength: float({ default: 10000 }),
  ropeScalingFactor: float({ default: 1 }),
  layerNormEpsilon: float({ default: 1e-6 }),
  kernelInitializer: initializerField({ default: "glorotUniform" }),
  dropout: float({ min: 0, max: 1, default: 0 }),
  slidingWindowSize: nullable(int()),
  linearNumKeyHeads: int({ min: 1, default: 16 }),
  linearNumValueHeads: int({ min: 1, default: 32 }),
  linearKeyHeadDim: int({ min: 1, default: 128 }),
  linearValueHeadDim: int({ min: 1, default: 128 }),
  linearConvKernelDim: int({ min: 1, default: 4 }),
  zeroMasked: zeroMaskedField(),
};

type Context<C extends Qwen35Config> = HubContext<C>;
const before = at("_input_layernorm"), after = at("_post_attention_layernorm");
const full = (name: string) => at(`_self_attention_layer/_${name}`);
const query = full("query_dense"), key = full("key_dense"), value = full("value_dense");
const output = full("output_dense"), queryNorm = full("query_norm"), keyNorm = full("key_norm");
function attentionSpecs(c: Qwen35Config, size: number): Specs {
  const init = c.kernelInitializer, width = c.headDim;
  const level = (place: Place) => one(place, "scale", [width], "zeros");
  return {
    ...denseSpecs(query, [size, c.numQueryHeads, 2 * width], init),
    ...level(queryNorm),
    ...denseSpecs(key, [size, c.numKeyValueHeads, width], init),
    ...level(keyNorm),
    ...denseSpecs(value, [size, c.numKeyValueHeads, width], init),
    ...denseSpecs(output, [c.numQueryHeads, width, size], init),
  };
}
/** Attention whose heads have gates. */
function attention<C extends Qwen35Config>(context: Context<C>, x: Value): Value {
  const { b, params, config: c, inputs, call: { values = {} } } = context, width = c.headDim;
  const part = (heads: Value, from: number, to: number) =>
    b.slice(heads, b.ints([from]), b.ints([to]), b.ints([3]));
  const both = toHeads(b, x, params, query), turned = Math.trunc(width * c.partialRotaryFactor);
  const rates = frequencies(turned, c.ropeMaxWavelength, c.ropeScalingFactor);
  const turn = (heads: Value, place: Place) => {
    const even = rmsOf(b, heads, params, place, c.layerNormEpsilon, 1);
    if (turned === width) return rotated(b, even, rates, 2);
    const first = rotated(b, part(even, 0, turned), rates, 2);
    return b.concat([first, part(even, turned, width)], { axis: 3 });
  };
  const [mixed] = attend(
    context,
    turn(part(both, 0, width), queryNorm),
    turn(toHeads(b, x, params, key), keyNorm),
    toHeads(b, x, params, value),
    {
      scale: 1 / Math.sqrt(width),
      mask: {
        padding: values.decoderPaddingMask ?? inputAt(inputs, 0).mask,
        attention: values.decoderAttentionMask,
        causal: true,
        window: c.slidingWindowSize || null,
      },
      zeroed: c.zeroMasked,
    },
  );
  const gate = b.sigmoid(part(both, width, 2 * width));
  return fromHeads(b, b.mul(mixed, gate), params, output);
}

const linear = at("_linear_attn"), inside = (name: string) => at(`_linear_attn/${name}`);
const joined = inside("in_proj_qkv"), gating = inside("in_proj_z"), rate = inside("in_proj_b");
const decay = inside("in_proj_a"), level = inside("norm"), last = inside("out_proj");
function recurrenceSpecs(c: Qwen35Config, size: number): Specs {
  const init = c.kernelInitializer, keys = c.linearKeyHeadDim * c.linearNumKeyHeads;
  const heads = c.linearNumValueHeads, values = c.linearValueHeadDim * heads, all = 2 * keys + values;
  return {
    ...one(linear, "conv1d_kernel", [all, c.linearConvKernelDim], "glorotUniform"),
    ...one(linear, "dt_bias", [heads], "ones"),
    ...one(linear, "A_log", [heads], "zeros"),
    ...denseSpecs(joined, [size, all], init),
    ...denseSpecs(gating, [size, values], init),
    ...denseSpecs(rate, [size, heads], init),
    ...denseSpecs(decay, [size, heads], init),
    ...one(level, "scale", [c.linearValueHeadDim], "ones"),
    ...denseSpecs(last, [values, size], init),
  };
}
/** To length 1. */
function unit(b: Builder, x: Value): Value {
  const square = b.reduceSum(b.mul(x, x), b.ints([-1]), { keepdims: 1 });
  return b.div(x, b.sqrt(b.add(square, scalarLike(b, 1e-6, x))));
}
/** The gated delta rule (Yang et al. 2024): a matrix for every head, mended towards each step's value by its key. */
function recurrence<C extends Qwen35Config>(context: Context<C>, given: Value): Value {
  const { b, params, config: c, call: { values = {} } } = context,
    own = (name: string) => paramAt(params, `${linear.name}.${name}`);
  const real = values.decoderPaddingMask;
  const x = real ? b.mul(given, b.unsqueeze(asFloat(b, real), b.ints([2]))) : given;
  const all = transpose(b, dense(b, x, params, joined), [0, 2, 1]), channels = sizeAt(all.type, 1);
  const mixed = b.conv(all, b.unsqueeze(own("conv1d_kernel"), b.ints([1])), {
    group: channels,
    kernel_shape: [c.linearConvKernelDim],
    pads: [c.linearConvKernelDim - 1, 0],
  });
  const opened = transpose(b, b.mul(mixed, b.sigmoid(mixed)), [0, 2, 1]);
  const keys = c.linearKeyHeadDim * c.linearNumKeyHeads, heads = c.linearNumValueHeads;
  const times = heads / c.linearNumKeyHeads, size = c.linearKeyHeadDim, width = c.linearValueHeadDim;
  const part = (from: number, to: number) => b.slice(opened, b.ints([from]), b.ints([to]), b.ints([2]));
  /** `[batch, steps, heads, size]`, each head as often as several of the values' share it. */
  const spread = (y: Value) => {
    const own = b.reshape(y, b.ints([0, 0, c.linearNumKeyHeads, size]));
    if (times === 1) return own;
    const wide = b.tile(b.unsqueeze(own, b.ints([3])), b.ints([1, 1, 1, times, 1]));
    return b.reshape(wide, shapeVector(b, own, [{ axis: 0 }, { axis: 1 }, heads, size]));
  };
  const asked = unit(b, spread(part(0, keys)));
  const scaled = b.mul(asked, scalarLike(b, 1 / Math.sqrt(size), asked));
  const found = unit(b, spread(part(keys, 2 * keys)));
  const told = b.reshape(part(2 * keys, channels), b.ints([0, 0, heads, width]));
  const share = b.sigmoid(dense(b, x, params, rate));
  const soft = b.softplus(b.add(dense(b, x, params, decay), own("dt_bias")));
  const fade = b.exp(b.neg(b.mul(b.exp(own("A_log")), soft)));
  const seen = overSteps(b, [scaled, found, told, fade, share], [heads, size, width], (inner, state, now) => {
    const [q, k, v, g, beta] = now as [Value, Value, Value, Value, Value];
    const wide = (y: Value, axes: readonly number[]) => inner.unsqueeze(y, inner.ints(axes));
    const held = inner.mul(state, wide(g, [2, 3]));
    const known = inner.matMul(asRow(inner, k), held);
    const delta = inner.mul(inner.sub(asRow(inner, v), known), wide(beta, [2, 3]));
    const next = inner.add(held, inner.matMul(asColumn(inner, k), delta));
    const y = inner.squeeze(inner.matMul(asRow(inner, q), next), inner.ints([2]));
    return { state: next, output: y };
  });
  const z = b.reshape(dense(b, x, params, gating), b.ints([0, 0, heads, width]));
  const even = rms(b, seen, paramAt(params, `${level.name}.scale`), c.layerNormEpsilon);
  const y = b.mul(even, b.mul(z, b.sigmoid(z)));
  return dense(b, b.reshape(y, b.ints([0, 0, heads * width])), params, last);
}

/** What sets a kind of these apart: its feed forward part. */
interface FeedForward<C> {
  readonly specs: (config: C, features: number) => Specs;
  readonly build: (context: HubContext<C>, x: Value) => Value;
}
function layer<C extends Qwen35Config>(
  name: string,
  fields: Omit<Schema<C>, keyof Qwen35Config>,
  forward: FeedForward<C>,
): LayerDef<C> {
  return {
    kind: "layer",
    name,
    mask: "pass",
    config: { ...shared, ...fields } as Schema<C>,
    params(c, [x]): Specs {
      const size = sizeAt(x, -1), scale = (place: Place) => one(place, "scale", [size], "zeros");
      return {
        ...(c.layerType === "full_attention" ? attentionSpecs(c, size) : recurrenceSpecs(c, size)),
        ...scale(before),
        ...forward.specs(c, size),
        ...scale(after),
      };
    },
    build(context) {
      const { b, config: c, inputs, params } = context, x = asFloat(b, inputAt(inputs, 0));
      const even = rmsOf(b, x, params, before, c.layerNormEpsilon, 1);
      const seen = c.layerType === "full_attention" ? attention(context, even) : recurrence(context, even);
      const middle = b.add(dropped(context, seen, c.dropout), x);
      const level = rmsOf(b, middle, params, after, c.layerNormEpsilon, 1);
      return [b.add(forward.build(context, level), middle)];
    },
    keras: hidden(name, {
      call: ["decoder_sequence", "decoder_padding_mask", "decoder_attention_mask", "training"],
      own: ["zeroMasked" as keyof C & string],
      ignore: ["mrope_section", "activation", "router_aux_loss_coefficient"],
      ...(name.includes("Moe") && { unadded: "a share of how unevenly tokens are routed to experts" }),
      upgrade: beforeZeroMasked,
    }),
  };
}
/** Options of {@link qwen35DecoderDef}, resolved. */
export interface Qwen35DecoderConfig extends Qwen35Config {
  /** Units of the gated part. */
  readonly intermediateDim: number;
}
const silu = { name: "silu" },
  whole = ["gate", "intermediate", "output"].map((name) =>
    at(`_feedforward_${name}_dense`)
  ) as unknown as readonly [Place, Place, Place];
/** A decoder's layer of Qwen 3.5 (2026), `[batch, steps, features]`, shape unchanged. */
export const qwen35DecoderDef: LayerDef<Qwen35DecoderConfig> = layer<Qwen35DecoderConfig>(
  "Qwen3_5TransformerDecoder",
  { intermediateDim: int({ min: 1 }) },
  {
    specs: (c, size) => gatedSpecs(whole, [size, c.intermediateDim], c.kernelInitializer),
    build: ({ b, params }, x) => gated(b, x, params, whole, silu),
  },
);
/** Options of {@link qwen35MoeDecoderDef}, resolved. */
export interface Qwen35MoeDecoderConfig extends Qwen35Config {
  /** Number of experts. */
  readonly numExperts: number;
  /** How many of them a token goes through. */
  readonly topK: number;
  /** Units of an expert. */
  readonly moeIntermediateDim: number;
  /** Units of the expert that all tokens share. */
  readonly sharedExpertIntermediateSize: number;
}
const bank = { router: at("mlp/_router_gate"), experts: at("mlp/expert_bank"), joined: true };
const common = gatedPlaces("mlp/shared_expert"), commonGate = at("mlp/_shared_expert_gate");
/** A decoder's layer of Qwen 3.5 MoE (2026), with a mixture of experts, `[batch, steps, features]`, shape unchanged. */
export const qwen35MoeDecoderDef: LayerDef<Qwen35MoeDecoderConfig> = layer<Qwen35MoeDecoderConfig>(
  "Qwen3_5MoeTransformerDecoder",
  {
    numExperts: int({ min: 1 }),
    topK: int({ min: 1 }),
    moeIntermediateDim: int({ min: 1 }),
    sharedExpertIntermediateSize: int({ min: 1 }),
  },
  {
    specs: (c, size) => ({
      ...bankSpecs(bank, c.numExperts, [size, c.moeIntermediateDim], c.kernelInitializer),
      ...gatedSpecs(common, [size, c.sharedExpertIntermediateSize], c.kernelInitializer),
      ...denseSpecs(commonGate, [size, 1], c.kernelInitializer),
    }),
    build(context, x) {
      const { b, config: c } = context, tokens = tokensOf(b, x);
      const y = throughBank(context, tokens, bank, { topK: c.topK, activation: silu, normalized: true });
      const all = throughShared(context, tokens, common, commonGate, silu);
      return likeSteps(b, b.add(y, all), x);
    },
  },
);
