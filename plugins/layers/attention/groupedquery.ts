/** GroupedQueryAttention: heads that share keys and values. @module */
import { type Factory, factory } from "../../../core/network/factory.ts";
import { ConfigError } from "../../../core/values/errors.ts";
import type { Value } from "../../../core/graph/graph.ts";
import type { LayerDef, ParamSpec } from "../../../core/network/layer.ts";
import {
  asFloat,
  paramAt,
  scalarLike,
  shapeOfRank,
  shapeVector,
  sizeAt,
  transpose,
  weight,
} from "../../../core/ops/words.ts";
import { type KernelConfig, kernelFields, seedField } from "../shared/fields.ts";
import { bool, float, int, nullable } from "../../../core/values/schema.ts";
import {
  allowedOf,
  attentionCall,
  droppedWeights,
  type HeadsParam,
  join,
  maskedSoftmax,
  partsOf,
  project,
} from "./multihead.ts";
import { beforeZeroMasked, zeroMaskedField } from "../shared/spelled.ts";

/** Options of {@link groupedQueryAttentionDef}, resolved. */
export interface GroupedQueryAttentionConfig extends KernelConfig {
  /** Features of a head. */
  readonly headDim: number;
  /** Number of the queries' heads. */
  readonly numQueryHeads: number;
  /** Number of heads of keys and values; each serves several of the queries'. */
  readonly numKeyValueHeads: number;
  /** Share of the scores after softmax that is dropped in training. */
  readonly dropout: number;
  /** Queries see keys nearer than this many steps; all where null. */
  readonly slidingWindow: number | null;
  /** Each head's output is multiplied by a sigmoid of the query. */
  readonly useGate: boolean;
  /** Masked scores become 0 even where all are masked. */
  readonly zeroMasked: boolean;
  /** Seed of its random numbers; the model's where null. */
  readonly seed: number | null;
}

const groupedQueryAttentionDef: LayerDef<GroupedQueryAttentionConfig, HeadsParam> = {
  kind: "layer",
  name: "GroupedQueryAttention",
  mask: "pass",
  config: {
    headDim: int({ min: 1 }),
    numQueryHeads: int({ min: 1 }),
    numKeyValueHeads: int({ min: 1 }),
    dropout: float({ min: 0, max: 1, default: 0 }),
    slidingWindow: nullable(int({ min: 1 })),
    useGate: bool({ default: false }),
    zeroMasked: zeroMaskedField(),
    seed: seedField(),
    ...kernelFields(),
  },
  params(config, inputs) {
    const [query, value, key] = partsOf(inputs), { headDim, numQueryHeads, numKeyValueHeads } = config;
    const features = sizeAt(query, -1);
    const pair = (
      name: string,
      path: string,
      group: string,
      kernel: readonly number[],
      bias: readonly number[],
    ) => ({
      [`${name}Kernel`]: weight(kernel, config.kernelInitializer, { path: `${path}/kernel`, group }),
      ...(config.useBias && {
        [`${name}Bias`]: weight(bias, config.biasInitializer, { path: `${path}/bias`, group }),
      }),
    });
    const heads = (name: "query" | "key" | "value" | "gate", from: number, count: number) =>
      pair(name, name, `_${name}_dense`, [from, count, headDim], [count, headDim]);
    return {
      ...heads("query", features, numQueryHeads),
      ...heads("key", sizeAt(key, -1), numKeyValueHeads),
      ...(config.useGate && heads("gate", features, numQueryHeads)),
      ...heads("value", sizeAt(value, -1), numKeyValueHeads),
      ...pair("output", "attention_output", "_output_dense", [numQueryHeads, headDim, features], [features]),
    } as Partial<Record<HeadsParam, ParamSpec>>;
  },
  build(context) {
    const { b, config, inputs, params, call } = context,
      times = config.numQueryHeads / config.numKeyValueHeads;
    const [query, value, key] = partsOf(inputs.map((v) => asFloat(b, v)));
    shapeOfRank(query.type, 3, "[batch, queries, features]");
    const bias = (name: "query" | "key" | "value" | "gate" | "output") =>
      config.useBias ? paramAt(params, `${name}Bias`) : undefined;
    const part = (x: Value, name: "query" | "key" | "value" | "gate") =>
      project(b, x, paramAt(params, `${name}Kernel`), bias(name));
    // [batch, keys, heads, size] to [batch, query heads, keys, size]
    const shared = (x: Value): Value => {
      const turned = transpose(b, x, [0, 2, 1, 3]);
      if (times === 1) return turned;
      const wide = b.tile(b.unsqueeze(turned, b.ints([2])), b.ints([1, 1, times, 1, 1]));
      return b.reshape(
        wide,
        shapeVector(b, turned, [{ axis: 0 }, config.numQueryHeads, { axis: 2 }, config.headDim]),
      );
    };
    const q = transpose(b, part(query, "query"), [0, 2, 1, 3]);
    const scaled = b.mul(q, scalarLike(b, 1 / Math.sqrt(config.headDim), q));
    const scores = b.matMul(scaled, transpose(b, shared(part(key, "key")), [0, 1, 3, 2]));
    const fused = config.dropout === 0 && call.options?.returnAttentionScores !== true;
    const allowed = allowedOf(context, scores, config.slidingWindow);
    const weights = maskedSoftmax(b, scores, allowed, config.zeroMasked && !fused);
    const mixed = b.matMul(droppedWeights(context, weights), shared(part(value, "value")));
    let heads = transpose(b, mixed, [0, 2, 1, 3]);
    if (config.useGate) heads = b.mul(heads, b.sigmoid(part(query, "gate")));
    const y = join(b, heads, paramAt(params, "outputKernel"), bias("output"));
    return call.options?.returnAttentionScores === true ? [y, weights] : [y];
  },
  check({ numQueryHeads, numKeyValueHeads }, path) {
    if (numQueryHeads % numKeyValueHeads !== 0) {
      throw new ConfigError(
        `${path}.numQueryHeads: expected a multiple of numKeyValueHeads ${numKeyValueHeads}, got ${numQueryHeads}`,
        { place: `${path}.numQueryHeads` },
      );
    }
  },
  keras: {
    classNames: ["GroupQueryAttention"],
    call: attentionCall,
    ignore: ["flash_attention"],
    own: ["zeroMasked"],
    since: 3,
    upgrade: beforeZeroMasked,
  },
};
/** Attention whose queries' heads share keys and values: query `[batch, queries, features]`, value and key `[batch, keys, …]`. */
export const groupedQueryAttention: Factory<
  GroupedQueryAttentionConfig,
  "headDim" | "numQueryHeads" | "numKeyValueHeads"
> = factory(groupedQueryAttentionDef);
