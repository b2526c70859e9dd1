/** Numbers into classes: Discretization and CategoryEncoding. @module */
import { type Factory, factory } from "../../../core/network/factory.ts";
import type { Builder } from "../../../core/graph/builder.ts";
import type { DType } from "../../../core/values/dtype.ts";
import { UnsupportedError } from "../../../core/values/errors.ts";
import type { Value } from "../../../core/graph/graph.ts";
import type { LayerDef } from "../../../core/network/layer.ts";
import { asFloat, cast, inputAt, scalarLike } from "../../../core/ops/words.ts";
import { opaqueField } from "../shared/fields.ts";
import { choice, float, int, list, nullable } from "../../../core/values/schema.ts";
import { tensor } from "../../../core/values/tensor.ts";
import { refusedBelowZero } from "../dense/embedding.ts";
import { checkSparse, encoded, sparseField } from "./encoding.ts";

/** Options of {@link discretizationDef}, resolved. */
export interface DiscretizationConfig {
  /** Where one bin ends and the next begins, rising. */
  readonly binBoundaries: readonly number[];
  /** Number of bins that `adapt` in Keras makes. */
  readonly numBins: number | null;
  /** Tolerance of `adapt` in Keras. */
  readonly epsilon: number;
  /** The form of the outputs. */
  readonly outputMode: "int" | "one_hot" | "multi_hot" | "count";
  /** Only false is supported. */
  readonly sparse: boolean;
  /** Element type of the outputs, as files name it. */
  readonly dtype: unknown;
}
const modes = ["int", "one_hot", "multi_hot", "count"] as const;
const discretizationDef: LayerDef<DiscretizationConfig, never> = {
  kind: "layer",
  name: "Discretization",
  mask: "consume",
  config: {
    binBoundaries: list({
      of: float(),
    }),
    numBins: nullable(int({ min: 1 })),
    epsilon: float({ default: 0.01 }),
    outputMode: choice({ default: "int", of: modes }),
    sparse: sparseField(),
    dtype: opaqueField(),
  },
  params: () => ({}),
  build({ b, config, inputs }) {
    const x = asFloat(b, inputAt(inputs, 0)), depth = config.binBoundaries.length;
    const edges = cast(b, b.constant(tensor([...config.binBoundaries], [depth], "float32")), "float32");
    // NaN is below no boundary, so it falls into the last bin.
    const below = b.less(b.unsqueeze(cast(b, x, "float32"), b.ints([-1])), edges);
    const above = b.not(below);
    const bins = b.reduceSum(cast(b, above, "float32"), b.ints([-1]), { keepdims: 0 });
    const ids: DType = config.dtype === "int32" ? "int32" : "int64";
    return [encoded(b, bins, config.outputMode, depth + 1, config.outputMode === "int" ? ids : "float32")];
  },
  check: checkSparse,
  keras: {
    weightsSaid: true,
    // Keras takes boundaries or a number of bins, and Keras 3 nothing that only weights have.
    save: (fields, major) => ({
      config: { ...fields, num_bins: null, ...(major === 3 && { trainable: undefined }) },
    }),
  },
};
/** Number of the bin that each number falls into. */
export const discretization: Factory<DiscretizationConfig, "binBoundaries"> = factory(discretizationDef);

/** Options of {@link categoryEncodingDef}, resolved. */
export interface CategoryEncodingConfig {
  /** Number of classes. */
  readonly numTokens: number;
  /** The form of the outputs. */
  readonly outputMode: "one_hot" | "multi_hot" | "count";
  /** Only false is supported. */
  readonly sparse: boolean;
  /** What ids are that are no class: left out, but for negative ones that are counted; Keras 2 refuses them all. */
  readonly outside: "drop" | "refuse";
}
/** Zeros in the ids' shape, where looking negative ones up is refused, and those from `limit` on. */
function checkedIds(b: Builder, ids: Value, limit?: number): Value {
  const known = refusedBelowZero(b, ids), zero = scalarLike(b, 0, ids);
  if (limit !== undefined) return b.gather(zeros(b, limit), known);
  return b.gather(zeros(b, 1), b.min([known, zero]));
}
const zeros = (b: Builder, rows: number): Value => b.constant(tensor(new Int32Array(rows), [rows], "int32"));
const categoryEncodingDef: LayerDef<CategoryEncodingConfig, never> = {
  kind: "layer",
  name: "CategoryEncoding",
  mask: "consume",
  config: {
    numTokens: int({ min: 1 }),
    outputMode: choice({
      default: "multi_hot",
      of: ["one_hot", "multi_hot", "count"],
    }),
    sparse: sparseField(),
    outside: choice({
      default: "drop",
      of: ["drop", "refuse"],
    }),
  },
  params: () => ({}),
  build({ b, config, inputs, call, whole }) {
    const weights = call.values?.countWeights ?? inputs[1], { numTokens, outputMode, outside } = config;
    if (weights && outputMode !== "count") {
      throw new UnsupportedError(`countWeights need the output mode count, got ${outputMode}`);
    }
    const ids = cast(b, inputAt(inputs, 0), "int32");
    const known = whole || outside === "drop" && outputMode === "one_hot"
      ? ids
      : b.add(ids, checkedIds(b, ids, outside === "refuse" ? numTokens : undefined));
    return [encoded(b, known, outputMode, numTokens, "float32", weights)];
  },
  check: checkSparse,
  keras: {
    call: ["inputs", "count_weights"],
    own: ["outside"],
    upgrade: (config, version) => version.startsWith("2") ? { ...config, outside: "refuse" } : config,
  },
};
/** Ids `[batch, n]` as rows of zeros and ones, or as counts, `[batch, numTokens]`. */
export const categoryEncoding: Factory<CategoryEncodingConfig, "numTokens"> = factory(categoryEncodingDef);
