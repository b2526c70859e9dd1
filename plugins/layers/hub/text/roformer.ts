/** Encoders' layers of RoFormer V2 and ESM: turned queries and keys, masks over the queries. @module */
import type { Builder } from "../../../../core/graph/builder.ts";
import type { Value } from "../../../../core/graph/graph.ts";
import type { InitializerSpec, LayerDef } from "../../../../core/network/layer.ts";
import { activate, asFloat, inputAt, sizeAt, transpose } from "../../../../core/ops/words.ts";
import { activationField, initializerField } from "../../shared/fields.ts";
import type { ActivationSpec } from "../../../../core/network/specs.ts";
import { bool, float, int, type Schema } from "../../../../core/values/schema.ts";
import {
  at,
  attend,
  dense,
  denseSpecs,
  dropped,
  type HubContext,
  norm,
  normSpecs,
  one,
  rmsOf,
  type Specs,
  split,
  unsplit,
} from "../kit.ts";
import { hidden, hub } from "../names.ts";
import { frequencies, rotated } from "../rotary.ts";

/** Options of {@link roformerEncoderDef}, resolved. */
export interface RoformerEncoderConfig {
  /** Number of heads. */
  readonly heads: number;
  /** Features of a head. */
  readonly headSize: number;
  /** Units between the two dense layers. */
  readonly intermediateSize: number;
  /** The longest wave of the rotary embedding. */
  readonly maxWavelength: number;
  /** Share of the outputs that is dropped in training. */
  readonly dropout: number;
  /** Activation between the dense layers. */
  readonly activation: ActivationSpec;
  /** Dense layers have biases. */
  readonly useBias: boolean;
  /** Fills kernels. */
  readonly kernelInitializer: InitializerSpec;
}
const fields: Schema<RoformerEncoderConfig> = {
  heads: int({ min: 1 }),
  headSize: int({ min: 1 }),
  intermediateSize: int({ min: 1 }),
  maxWavelength: float({ default: 10000 }),
  dropout: float({ min: 0, max: 1, default: 0 }),
  activation: activationField({ default: "relu" }),
  useBias: bool({ default: false }),
  kernelInitializer: initializerField({ default: "glorotUniform" }),
};
const part = (name: string) => at(`attention_layer/${name}_dense`);
const query = part("q"), key = part("k"), value = part("v"), output = part("o");
const attentionNorm = at("attention_norm"), forwardNorm = at("feedforward_norm");
const inner = at("feedforward_intermediate_dense"), outer = at("feedforward_output_dense");
function specs(c: RoformerEncoderConfig, size: number, levels: (place: typeof query) => Specs): Specs {
  const width = c.heads * c.headSize, { kernelInitializer: init, intermediateSize: units } = c;
  const through = (place: typeof query, from: number, to: number) =>
    denseSpecs(place, [from, to], init, c.useBias ? [to] : undefined);
  return {
    ...through(query, size, width),
    ...through(key, size, width),
    ...through(value, size, width),
    ...through(output, width, width),
    ...through(inner, size, units),
    ...through(outer, units, size),
    ...levels(attentionNorm),
    ...levels(forwardNorm),
  };
}
/** Attention of the queries that the mask names; the others see all keys alike. */
function attention(
  context: HubContext<RoformerEncoderConfig>,
  x: Value,
  turn: (heads: Value) => Value,
): Value {
  const { b, config: c, params, call: { values = {} } } = context;
  const heads = (place: typeof query) => split(b, dense(b, x, params, place), c.heads);
  const [mixed] = attend(context, turn(heads(query)), turn(heads(key)), heads(value), {
    scale: 1 / Math.sqrt(c.headSize),
    mask: { query: values.attentionMask },
    zeroed: false,
  });
  return dense(b, unsplit(b, mixed), params, output);
}
function forward({ b, config: c, params }: HubContext<RoformerEncoderConfig>, x: Value): Value {
  return dense(b, activate(b, c.activation, dense(b, x, params, inner)), params, outer);
}
/** Features 0, 2, 4, … before 1, 3, 5, …: scores of heads that are both so are the same. */
function evenFirst(b: Builder, heads: Value): Value {
  const half = sizeAt(heads.type, -1) / 2, count = sizeAt(heads.type, 1);
  const pairs = b.reshape(heads, b.ints([0, count, -1, half, 2]));
  return b.reshape(transpose(b, pairs, [0, 1, 2, 4, 3]), b.ints([0, count, -1, 2 * half]));
}
const epsilon = 1e-7;
/** An encoder's layer of RoFormer V2 (Su et al. 2022), `[batch, steps, features]`, shape unchanged. */
export const roformerEncoderDef: LayerDef<RoformerEncoderConfig> = {
  kind: "layer",
  name: "RoformerV2Encoder",
  mask: "consume",
  config: fields,
  params: (c, [x]) => {
    const size = sizeAt(x, -1);
    return specs(c, size, (place) => one(place, "scale", [size], "ones"));
  },
  build(context) {
    const { b, config: c, params } = context, x = asFloat(b, inputAt(context.inputs, 0));
    const rates = frequencies(c.headSize, c.maxWavelength);
    const seen = attention(context, x, (heads) => rotated(b, evenFirst(b, heads), rates, 2));
    const middle = b.add(x, dropped(context, seen, c.dropout));
    const level = rmsOf(b, middle, params, attentionNorm, epsilon);
    const sum = b.add(level, dropped(context, forward(context, level), c.dropout));
    return [rmsOf(b, sum, params, forwardNorm, epsilon)];
  },
  keras: hub("RoformerV2Encoder", { call: ["x", "attention_mask"] }),
};

/** Options of {@link esmEncoderDef}, resolved. */
export interface EsmEncoderConfig extends RoformerEncoderConfig {
  /** Added to the variance. */
  readonly layerNormEps: number;
  /** Queries and keys are turned by their step. */
  readonly useRotary: boolean;
}
/** An encoder's layer of ESM-2 (Lin et al. 2022), `[batch, steps, features]`, shape unchanged. */
export const esmEncoderDef: LayerDef<EsmEncoderConfig> = {
  kind: "layer",
  name: "ESMEncoder",
  mask: "consume",
  config: {
    ...fields,
    activation: activationField({ default: "gelu" }),
    layerNormEps: float({ default: 1e-12 }),
    useRotary: bool({ default: true }),
  },
  params: (c, [x]) => {
    const size = sizeAt(x, -1);
    return specs(c, size, (place) => normSpecs(place, size));
  },
  build(context) {
    const { b, config: c, params } = context, x = asFloat(b, inputAt(context.inputs, 0));
    const rates = frequencies(c.headSize, c.maxWavelength);
    const level = (y: Value, place: typeof query) =>
      norm(b, dropped(context, y, c.dropout), params, place, c.layerNormEps);
    const turn = (heads: Value) => c.useRotary ? rotated(b, heads, rates, 2) : heads;
    const middle = b.add(x, attention(context, level(x, attentionNorm), turn));
    const y = forward(context, level(middle, forwardNorm));
    return [b.add(middle, dropped(context, y, c.dropout))];
  },
  keras: hidden("ESMEncoder", { call: ["x", "attention_mask"] }),
};
