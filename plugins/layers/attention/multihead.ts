/** MultiHeadAttention: several dot-product attentions side by side. @module */
import { type Factory, factory } from "../../../core/network/factory.ts";
import { ShapeError, UnsupportedError } from "../../../core/values/errors.ts";
import type { Builder } from "../../../core/graph/builder.ts";
import type { Value } from "../../../core/graph/graph.ts";
import type { LayerContext, LayerDef, ParamSpec } from "../../../core/network/layer.ts";
import {
  asFloat,
  boolMask,
  causalMask,
  dropoutPattern,
  dtypeOf,
  maskOf,
  paramAt,
  range,
  reshape,
  scalarLike,
  shapeOf,
  sizeAt,
  sizesOf,
  transpose,
  weight,
} from "../../../core/ops/words.ts";
import { type KernelConfig, kernelFields, seedField } from "../shared/fields.ts";
import { bool, field, float, int, nullable } from "../../../core/values/schema.ts";
import type { Type } from "../../../core/values/shape.ts";
import { beforeZeroMasked, withoutFields, zeroMaskedField } from "../shared/spelled.ts";

/** Options of {@link multiHeadAttentionDef}, resolved. */
export interface MultiHeadAttentionConfig extends KernelConfig {
  /** Number of heads. */
  readonly numHeads: number;
  /** Features of a head's query and key. */
  readonly keyDim: number;
  /** Features of a head's value; keyDim where null. */
  readonly valueDim: number | null;
  /** Share of the scores after softmax that is dropped in training. */
  readonly dropout: number;
  /** Features of the output; the query's where null. */
  readonly outputShape: readonly number[] | null;
  /** Axes attended over; all between batch and features where null. */
  readonly attentionAxes: readonly number[] | null;
  /** Each head's output is multiplied by a sigmoid of the query. */
  readonly useGate: boolean;
  /** Queries see keys nearer than this many steps; all where null. */
  readonly slidingWindow: number | null;
  /** Masked scores become 0 even where all are masked. */
  readonly zeroMasked: boolean;
  /** Seed of its random numbers; the model's where null. */
  readonly seed: number | null;
}
type Projection = "query" | "key" | "value" | "gate" | "output";
/** Names of the weights of attention by heads. */
export type HeadsParam = `${Projection}${"Kernel" | "Bias"}`;

const sizesField = (min: number) =>
  nullable(field<readonly number[]>({
    expects: "an integer, or a list of integers",
    read: (raw, path) => {
      const one = int({ min });
      return Array.isArray(raw) ? raw.map((n, i) => one.parse(n, `${path}[${i}]`)) : [one.parse(raw, path)];
    },
  }));

/** The inputs, in the order of the call: query, value and key (the value where not given). */
export function partsOf<T>(inputs: readonly T[]): readonly [T, T, T] {
  const [query, value = query, key = value] = inputs;
  if (query === undefined || value === undefined || key === undefined) {
    throw new ShapeError("expected a query");
  }
  return [query, value, key];
}
/** The axes attended over, counted from the front. */
function attended(config: MultiHeadAttentionConfig, query: Type | undefined): readonly number[] {
  const rank = shapeOf(query).length;
  return config.attentionAxes?.map((a) => (a < 0 ? a + rank : a)) ?? range(1, rank - 1);
}

/** x `[…, features]` through a kernel `[features, heads, size]`, as `[…, heads, size]`. */
export function project(b: Builder, x: Value, kernel: Value, bias: Value | undefined): Value {
  const rank = shapeOf(x.type).length, heads = sizeAt(kernel.type, 1), size = sizeAt(kernel.type, 2);
  const flat = b.reshape(kernel, b.ints([sizeAt(kernel.type, 0), heads * size]));
  let y = b.matMul(x, flat);
  if (bias) y = b.add(y, b.reshape(bias, b.ints([heads * size])));
  return reshape(b, y, [...sizesOf(y, range(0, rank - 1)), heads, size], y);
}
/** The order `[batch, …others, heads, …attended, size]` of the axes of `[batch, …, heads, size]`. */
function headsOrder(rank: number, axes: readonly number[]): readonly number[] {
  return [...range(0, rank - 2).filter((a) => !axes.includes(a)), rank - 2, ...axes, rank - 1];
}
/** `[batch, …, heads, size] → [batch, …others, heads, attended, size]`, the attended axes as one. */
function toHeads(b: Builder, x: Value, axes: readonly number[]): Value {
  const rank = shapeOf(x.type).length, turned = transpose(b, x, headsOrder(rank, axes));
  if (axes.length === 1) return turned;
  const sizes = sizesOf(turned, range(0, rank));
  return reshape(b, turned, [...sizes.slice(0, rank - 1 - axes.length), -1, ...sizes.slice(-1)]);
}
/** Back from {@link toHeads}, to the query's axes. */
function fromHeads(b: Builder, x: Value, query: Value, axes: readonly number[]): Value {
  const rank = shapeOf(query.type).length + 1, order = headsOrder(rank, axes);
  let y = x;
  if (axes.length > 1) {
    const own = sizesOf(x, range(0, shapeOf(x.type).length));
    const wanted = sizesOf(query, axes).filter((s) => typeof s === "number");
    if (wanted.length < axes.length) throw new ShapeError("expected known sizes of the axes attended over");
    y = reshape(b, x, [...own.slice(0, -2), ...wanted, ...own.slice(-1)]);
  }
  return transpose(b, y, range(0, rank).map((a) => order.indexOf(a)));
}
/** Heads `[…, heads, size]` through a kernel `[heads, size, …out]`, as `[…, …out]`. */
export function join(b: Builder, x: Value, kernel: Value, bias: Value | undefined): Value {
  const rank = shapeOf(x.type).length,
    shape = range(0, shapeOf(kernel.type).length).map((a) => sizeAt(kernel.type, a));
  const [heads = 1, size = 1, ...out] = shape, features = out.reduce((n, d) => n * d, 1);
  const before = sizesOf(x, range(0, rank - 2));
  const flat = reshape(b, x, [...before, heads * size]);
  let y = b.matMul(flat, b.reshape(kernel, b.ints([heads * size, features])));
  if (bias) y = b.add(y, b.reshape(bias, b.ints([features])));
  return out.length === 1 ? y : reshape(b, y, [...before, ...out], y);
}
/** Softmax over the last axis where allowed; where nothing is, even, or with `zeroed` 0. */
export function maskedSoftmax(b: Builder, scores: Value, allowed: Value | undefined, zeroed: boolean): Value {
  if (!allowed) return b.softmax(scores, { axis: -1 });
  const low = dtypeOf(scores) === "float16" ? -3e4 : -1e9;
  const y = b.softmax(b.where(allowed, scores, scalarLike(b, low, scores)), { axis: -1 });
  return zeroed ? b.where(allowed, y, scalarLike(b, 0, y)) : y;
}
/** Where query i sees key j: |i − j| < window. bool `[queries, keys]` from scores `[…, queries, keys]`. */
function windowMask(b: Builder, scores: Value, window: number): Value {
  const rank = shapeOf(scores.type).length;
  const steps = (axis: number, at: number) => {
    const count = b.squeeze(b.shape(scores, { start: axis, end: axis + 1 }));
    const places = b.range(b.scalar(0, "int64"), count, b.scalar(1, "int64"));
    return b.unsqueeze(places, b.ints([at]));
  };
  const apart = b.abs(b.sub(steps(rank - 2, 1), steps(rank - 1, 0)));
  return b.less(apart, b.scalar(window, "int64"));
}

/** What query may see of key, bool, broadcasting to scores `[batch, …, queries, keys]`; undefined where everything. */
export function allowedOf(
  { b, inputs, call }: Pick<LayerContext<unknown>, "b" | "inputs" | "call">,
  scores: Value,
  window: number | null,
): Value | undefined {
  const { values = {}, options = {} } = call, rank = shapeOf(scores.type).length;
  const queryMask = values.queryMask ?? maskOf(inputs, call, 0);
  const valueMask = values.valueMask ??
    (inputs.length > 1 ? maskOf(inputs, call, 1) : maskOf(inputs, call, 0));
  const keyMask = values.keyMask ?? (inputs.length > 2 ? maskOf(inputs, call, 2) : undefined);
  const parts: Value[] = [];
  // A mask of steps [batch, steps] stands behind the heads.
  const side = (mask: Value | undefined, axis: number) => {
    if (!mask) return;
    if (rank !== 4) {
      throw new UnsupportedError(
        "masks of steps are supported where attention is over [batch, time, features]",
      );
    }
    parts.push(b.unsqueeze(boolMask(b, mask), b.ints(axis === -1 ? [1, 3] : [1, 2])));
  };
  side(queryMask, -1);
  side(valueMask, -2);
  side(keyMask, -2);
  if (options.useCausalMask === true) parts.push(causalMask(b, scores));
  if (window !== null) parts.push(windowMask(b, scores, window));
  if (values.attentionMask) {
    const mask = boolMask(b, values.attentionMask), missing = rank - shapeOf(mask.type).length;
    if (missing < 0) throw new UnsupportedError("attention masks over several axes are not supported");
    const at = rank - 2 - missing;
    parts.push(missing > 0 ? b.unsqueeze(mask, b.ints(range(at, at + missing))) : mask);
  }
  return parts.length === 0 ? undefined : parts.reduce((m, n) => b.and(m, n));
}
/** Weights `[…, queries, keys]` with a share dropped in training. */
export function droppedWeights(
  { b, config, training }: Pick<
    LayerContext<{ readonly dropout: number; readonly seed: number | null }>,
    "b" | "config" | "training"
  >,
  weights: Value,
): Value {
  if (!training || config.dropout === 0) return weights;
  const shape = b.shape(weights);
  return b.mul(weights, dropoutPattern(b, weights, shape, config.dropout, config.seed));
}
/** Arguments of Keras' calls of attention by heads. */
export const attentionCall: readonly string[] = [
  "query",
  "value",
  "key",
  "query_mask",
  "value_mask",
  "key_mask",
  "attention_mask",
  "return_attention_scores",
  "training",
  "use_causal_mask",
];

const multiHeadAttentionDef: LayerDef<MultiHeadAttentionConfig, HeadsParam> = {
  kind: "layer",
  name: "MultiHeadAttention",
  mask: "pass",
  config: {
    numHeads: int({ min: 1 }),
    keyDim: int({ min: 1 }),
    valueDim: nullable(int({ min: 1 })),
    dropout: float({ min: 0, max: 1, default: 0 }),
    outputShape: sizesField(1),
    attentionAxes: sizesField(-8),
    useGate: bool({ default: false }),
    slidingWindow: nullable(int({ min: 1 })),
    zeroMasked: zeroMaskedField(),
    seed: seedField(),
    ...kernelFields(),
  },
  params(config, inputs) {
    const [query, value, key] = partsOf(inputs), { numHeads, keyDim } = config;
    const valueDim = config.valueDim ?? keyDim;
    const out = config.outputShape ?? [sizeAt(query, -1)];
    const pair = (name: Projection, path: string, kernel: readonly number[], bias: readonly number[]) => {
      const group = name === "gate" ? "_gate_dense" : `${name}_dense`;
      return {
        [`${name}Kernel`]: weight(kernel, config.kernelInitializer, { path: `${path}/kernel`, group }),
        ...(config.useBias && {
          [`${name}Bias`]: weight(bias, config.biasInitializer, { path: `${path}/bias`, group }),
        }),
      };
    };
    return {
      ...pair("query", "query", [sizeAt(query, -1), numHeads, keyDim], [numHeads, keyDim]),
      ...pair("key", "key", [sizeAt(key, -1), numHeads, keyDim], [numHeads, keyDim]),
      ...(config.useGate &&
        pair("gate", "gate", [sizeAt(query, -1), numHeads, valueDim], [numHeads, valueDim])),
      ...pair("value", "value", [sizeAt(value, -1), numHeads, valueDim], [numHeads, valueDim]),
      ...pair("output", "attention_output", [numHeads, valueDim, ...out], out),
    } as Partial<Record<HeadsParam, ParamSpec>>;
  },
  build(context) {
    const { b, config, inputs, params, call } = context;
    const [query, value, key] = partsOf(inputs.map((v) => asFloat(b, v)));
    const axes = attended(config, query.type);
    const part = (x: Value, name: "query" | "key" | "value") => {
      const bias = config.useBias ? paramAt(params, `${name}Bias`) : undefined;
      return toHeads(b, project(b, x, paramAt(params, `${name}Kernel`), bias), axes);
    };
    const q = part(query, "query"), k = part(key, "key"), rank = shapeOf(q.type).length;
    const scaled = b.mul(q, scalarLike(b, 1 / Math.sqrt(config.keyDim), q));
    const scores = b.matMul(scaled, transpose(b, k, [...range(0, rank - 2), rank - 1, rank - 2]));
    const allowed = allowedOf(context, scores, config.slidingWindow);
    // Keras has a fused kernel without scores, whose softmax is even where nothing is allowed.
    const fused = config.dropout === 0 && call.options?.returnAttentionScores !== true &&
      shapeOf(query.type).length === 3;
    const weights = maskedSoftmax(b, scores, allowed, config.zeroMasked && !fused);
    const kept = droppedWeights(context, weights);
    let heads = fromHeads(b, b.matMul(kept, part(value, "value")), query, axes);
    if (config.useGate) {
      const bias = config.useBias ? paramAt(params, "gateBias") : undefined;
      const gate = b.sigmoid(project(b, query, paramAt(params, "gateKernel"), bias));
      heads = b.mul(heads, gate);
    }
    const y = join(
      b,
      heads,
      paramAt(params, "outputKernel"),
      config.useBias ? paramAt(params, "outputBias") : undefined,
    );
    return call.options?.returnAttentionScores === true ? [y, weights] : [y];
  },
  keras: {
    call: attentionCall,
    ignore: ["flash_attention", "softmax_robust_masking", "query_shape", "key_shape", "value_shape"],
    upgrade: beforeZeroMasked,
    own: ["zeroMasked"],
    save(fields, major) {
      if (major === 3) return {};
      const { seed: __, ...rest } = withoutFields(fields, { use_gate: false, sliding_window: null });
      // Keras 2 takes the shapes out of every configuration; where they are null it builds the layer at its first call.
      return { config: { ...rest, query_shape: null, key_shape: null, value_shape: null } };
    },
  },
};
/** Attention by several heads (Vaswani et al. 2017): query `[batch, queries, features]`, value and key `[batch, keys, …]`. */
export const multiHeadAttention: Factory<MultiHeadAttentionConfig, "numHeads" | "keyDim"> = factory(
  multiHeadAttentionDef,
);
