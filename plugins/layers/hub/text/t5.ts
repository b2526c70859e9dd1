/** Layers of T5: attention with learned biases by distance, and a root mean square normalization. @module */
import type { Builder } from "../../../../core/graph/builder.ts";
import { UnsupportedError } from "../../../../core/values/errors.ts";
import type { Value } from "../../../../core/graph/graph.ts";
import type { LayerDef } from "../../../../core/network/layer.ts";
import {
  activate,
  asFloat,
  boolMask,
  cast,
  causalMask,
  dtypeOf,
  inputAt,
  paramAt,
  scalarLike,
  shapeOf,
  transpose,
} from "../../../../core/ops/words.ts";
import { activationField } from "../../shared/fields.ts";
import type { ActivationSpec } from "../../../../core/network/specs.ts";
import { bool, float, int } from "../../../../core/values/schema.ts";
import { tensor } from "../../../../core/values/tensor.ts";
import {
  at,
  dense,
  denseSpecs,
  dropped,
  type HubContext,
  one,
  type Place,
  rms,
  type Specs,
  split,
  steps,
  unsplit,
} from "../kit.ts";
import { hidden } from "../names.ts";
import { type HiddenNormConfig, rootMeanSquares } from "../norms.ts";

/** x over its root mean square, times a learned scale, shape unchanged. */
export const t5LayerNormDef: LayerDef<HiddenNormConfig, "weight"> = rootMeanSquares(
  "T5LayerNorm",
  "weight",
  0,
  { ignore: ["activity_regularizer"] },
);

/** Options of {@link t5TransformerLayerDef}, resolved. */
export interface T5TransformerLayerConfig {
  /** It sees the steps up to each, and an encoder's. */
  readonly isDecoder: boolean;
  /** Features of input and output. */
  readonly hiddenDim: number;
  /** Units of the feed forward part. */
  readonly intermediateDim: number;
  /** Features of a head. */
  readonly keyValueDim: number;
  /** Share of the attention's scores and of the outputs that is dropped in training. */
  readonly dropout: number;
  /** Activation of the feed forward part. */
  readonly activation: ActivationSpec;
  /** Added to the mean square. */
  readonly layerNormEpsilon: number;
  /** Number of heads. */
  readonly numHeads: number;
  /** The feed forward part has a gate. */
  readonly useGatedActivation: boolean;
  /** It has the biases by distance, which the layers after it are given. */
  readonly useRelativeAttentionBias: boolean;
}
/** Scores have a bias of their own for so many distances, which grow apart up to the most. */
const buckets = 32, farthest = 128;
/** The bias that a distance has, of those 0 to `count`: exact at first, then by its logarithm. */
function bucketOf(distance: number, count: number): number {
  const exact = Math.floor(count / 2), { fround } = Math;
  if (distance < exact) return distance;
  const share = fround(
    fround(Math.log(fround(distance / exact))) / fround(Math.log(fround(farthest / exact))),
  );
  return Math.min(count - 1, exact + Math.trunc(fround(share * (count - exact))));
}
/** Biases `[1, heads, queries, keys]` out of a table `[buckets, heads]`. */
function biases(b: Builder, scores: Value, table: Value, bothWays: boolean): Value {
  const axis = (from: number, at: number) => b.unsqueeze(steps(b, scores, from), b.ints([at]));
  const ahead = b.sub(axis(3, 0), axis(2, 1)), count = bothWays ? buckets / 2 : buckets;
  const zero = b.scalar(0, "int64");
  const apart = bothWays ? b.abs(ahead) : b.neg(b.min([ahead, zero]));
  const known = BigInt64Array.from({ length: farthest + 1 }, (_, i) => BigInt(bucketOf(i, count)));
  const near = b.min([apart, b.scalar(farthest, "int64")]);
  const bucket = b.gather(b.constant(tensor(known)), near, { axis: 0 });
  const later = b.mul(cast(b, b.greater(ahead, zero), "int64"), b.scalar(count, "int64"));
  const rows = b.gather(table, bothWays ? b.add(bucket, later) : bucket, { axis: 0 });
  return b.unsqueeze(transpose(b, rows, [2, 0, 1]), b.ints([0]));
}

type Heads = Readonly<Record<"query" | "key" | "value" | "output", Place>>;
function headsAt(group: string): Heads {
  const part = (name: string) => at(`${group}/${name}_projector`);
  return { query: part("query"), key: part("key"), value: part("value"), output: part("output") };
}
const own = headsAt("self_attention"), cross = headsAt("cross_attention"), table = at("self_attention");
const ownNorm = at("self_attention_layer_norm"), crossNorm = at("cross_attention_layer_norm");
const forwardNorm = at("layer_norm");
const inner = at("input_projector"), gate = at("gate_projector"), outer = at("output_projector");

function headsSpecs(heads: Heads, c: T5TransformerLayerConfig): Specs {
  const size = c.numHeads * c.keyValueDim, into = [c.hiddenDim, size] as const;
  return {
    ...denseSpecs(heads.query, into, "randomNormal"),
    ...denseSpecs(heads.key, into, "randomNormal"),
    ...denseSpecs(heads.value, into, "randomNormal"),
    ...denseSpecs(heads.output, [size, c.hiddenDim], "randomNormal"),
  };
}
/** What masked scores get, `[batch, 1, queries or 1, keys]`. */
function penalty(b: Builder, mask: Value, like: Value): Value {
  const rank = shapeOf(mask.type).length;
  if (rank !== 3) throw new UnsupportedError(`T5TransformerLayer: expected a mask of 3 axes, got ${rank}`);
  const masked = b.not(boolMask(b, mask));
  const zeros = cast(b, b.unsqueeze(masked, b.ints([1])), dtypeOf(like));
  return b.mul(zeros, scalarLike(b, -1e9, like));
}
/** Attention over `over` with what is added to its scores, which the layers after it may be given. */
function attention(
  context: HubContext<T5TransformerLayerConfig>,
  heads: Heads,
  [x, over]: readonly [Value, Value],
  added: (scores: Value) => Value,
): readonly [Value, Value] {
  const { b, params, config: c } = context;
  const part = (from: Value, place: Place) => split(b, dense(b, from, params, place), c.numHeads);
  const key = transpose(b, part(over, heads.key), [0, 1, 3, 2]);
  const scores = b.matMul(part(x, heads.query), key);
  const bias = b.expand(added(scores), b.shape(scores));
  const weights = b.softmax(b.add(scores, bias), { axis: -1 });
  const mixed = b.matMul(dropped(context, weights, c.dropout), part(over, heads.value));
  return [dense(b, unsplit(b, mixed), params, heads.output), bias];
}
/** An encoder's or decoder's layer of T5 (Raffel et al. 2020), `[batch, steps, features]`, shape unchanged; and what it added to its scores. */
export const t5TransformerLayerDef: LayerDef<T5TransformerLayerConfig> = {
  kind: "layer",
  name: "T5TransformerLayer",
  mask: "consume",
  config: {
    isDecoder: bool(),
    hiddenDim: int({ min: 1 }),
    intermediateDim: int({ min: 1 }),
    keyValueDim: int({ min: 1 }),
    dropout: float({ min: 0, max: 1 }),
    activation: activationField({ default: "relu" }),
    layerNormEpsilon: float({ default: 1e-6 }),
    numHeads: int({ min: 1 }),
    useGatedActivation: bool({ default: false }),
    useRelativeAttentionBias: bool({ default: false }),
  },
  params(c) {
    const { hiddenDim: size, intermediateDim: units } = c;
    const level = (place: Place) => one(place, "weight", [size], "ones");
    return {
      ...(c.useRelativeAttentionBias && one(table, "embeddings", [buckets, c.numHeads], "randomNormal")),
      ...headsSpecs(own, c),
      ...level(ownNorm),
      ...(c.isDecoder && { ...headsSpecs(cross, c), ...level(crossNorm) }),
      ...denseSpecs(inner, [size, units], "randomNormal"),
      ...(c.useGatedActivation && denseSpecs(gate, [size, units], "randomNormal")),
      ...denseSpecs(outer, [units, size], "randomNormal"),
      ...level(forwardNorm),
    };
  },
  build(context) {
    const { b, config: c, inputs, params, call: { values = {}, options = {} } } = context;
    const level = (y: Value, place: Place) => rmsScale(context, y, place);
    const x = asFloat(b, inputAt(inputs, 0)), even = level(x, ownNorm);
    const [seen, bias] = attention(context, own, [even, even], (scores) => {
      if (values.positionBias) return values.positionBias;
      let sum = c.useRelativeAttentionBias
        ? biases(b, scores, paramAt(params, `${table.name}.embeddings`), !c.isDecoder)
        : undefined;
      const add = (term: Value) => sum = sum ? b.add(sum, term) : term;
      const causal = options.useCausalMask === true ? causalMask(b, scores) : undefined;
      const given = values.attentionMask;
      if (causal) {
        const both = given ? b.and(causal, boolMask(b, given)) : b.unsqueeze(causal, b.ints([0]));
        add(penalty(b, both, scores));
      } else if (given) add(penalty(b, given, scores));
      return sum ?? scalarLike(b, 0, scores);
    });
    let middle = b.add(dropped(context, seen, c.dropout), x);
    if (c.isDecoder) {
      const over = values.encoderHiddenStates ?? inputs[1], mask = values.encoderAttentionMask;
      if (!over) {
        throw new UnsupportedError("T5TransformerLayer: a decoder's layer expects encoder_hidden_states");
      }
      const [crossed] = attention(
        context,
        cross,
        [level(middle, crossNorm), asFloat(b, over)],
        (scores) => mask ? penalty(b, mask, scores) : scalarLike(b, 0, scores),
      );
      middle = b.add(dropped(context, crossed, c.dropout), middle);
    }
    const last = level(middle, forwardNorm);
    let y = activate(b, c.activation, dense(b, last, params, inner));
    if (c.useGatedActivation) y = b.mul(y, dense(b, last, params, gate));
    y = dense(b, dropped(context, y, c.dropout), params, outer);
    return [b.add(dropped(context, y, c.dropout), middle), bias];
  },
  keras: hidden("T5TransformerLayer", {
    call: [
      ...["hidden_states", "attention_mask", "position_bias", "encoder_hidden_states"],
      ...["encoder_attention_mask", "use_causal_mask", "training"],
    ],
  }),
};
function rmsScale(
  { b, params, config }: HubContext<T5TransformerLayerConfig>,
  x: Value,
  place: Place,
): Value {
  return rms(b, x, paramAt(params, `${place.name}.weight`), config.layerNormEpsilon);
}
