/** Features to bins by a hash: Hashing. @module */
import { type Factory, factory } from "../../../core/network/factory.ts";
import type { Value } from "../../../core/graph/graph.ts";
import type { LayerDef } from "../../../core/network/layer.ts";
import { cast, dtypeOf, inputAt } from "../../../core/ops/words.ts";
import { opaqueField } from "../shared/fields.ts";
import { type DType, isFloat } from "../../../core/values/dtype.ts";
import { choice, field, int, nullable } from "../../../core/values/schema.ts";
import { tensor } from "../../../core/values/tensor.ts";
import { checkSparse, encoded, sparseField } from "./encoding.ts";
import { saltField, type Token } from "./lookup.ts";

/** Options of {@link hashingDef}, resolved. */
export interface HashingConfig {
  /** Number of bins. */
  readonly numBins: number;
  /** What gets bin 0 alone; none where null. */
  readonly maskValue: Token | null;
  /** Key of SipHash; FarmHash without one. */
  readonly salt: readonly number[] | null;
  /** The form of the outputs. */
  readonly outputMode: "int" | "one_hot" | "multi_hot" | "count";
  /** Only false is supported. */
  readonly sparse: boolean;
  /** Element type of the outputs, as files name it. */
  readonly dtype: unknown;
}
/** The element type of bins in a form of categories. */
export const outType = (mode: string, dtype: unknown): DType =>
  mode !== "int" ? "float32" : dtype === "int32" ? "int32" : "int64";

const hashingDef: LayerDef<HashingConfig, never> = {
  kind: "layer",
  name: "Hashing",
  mask: "consume",
  config: {
    numBins: int({ min: 1 }),
    maskValue: nullable(field<Token>({
      expects: "text or a whole number",
      read: (raw) => typeof raw === "string" || Number.isSafeInteger(raw) ? raw as Token : undefined,
    })),
    salt: saltField(),
    outputMode: choice({
      default: "int",
      of: ["int", "one_hot", "multi_hot", "count"],
    }),
    sparse: sparseField(),
    dtype: opaqueField(),
  },
  params: () => ({}),
  build({ b, config, inputs }) {
    const given = inputAt(inputs, 0), masked = config.maskValue !== null && config.numBins > 1;
    const x: Value = isFloat(dtypeOf(given)) ? cast(b, given, "int64") : given;
    const bins = b.hashBucket(x, {
      buckets: masked ? config.numBins - 1 : config.numBins,
      ...(config.salt && { salt: [...config.salt] }),
    });
    let ids = bins;
    if (masked) {
      const mask = b.equal(given, b.constant(tensor([config.maskValue ?? 0], [], dtypeOf(given))));
      ids = b.where(mask, b.scalar(0, "int64"), b.add(bins, b.scalar(1, "int64")));
    }
    return [encoded(b, ids, config.outputMode, config.numBins, outType(config.outputMode, config.dtype))];
  },
  check: checkSparse,
  keras: { inputDtype: "string", upgrade: withoutUsualSalt },
};
/** Strings or whole numbers to bins by a hash, in any shape. */
export const hashing: Factory<HashingConfig, "numBins"> = factory(hashingDef);
/** The salt that TensorFlow 2.4 stores where none was given, though it computes without one then. */
const usualSalt = 0xdecafcaffe;
/** A configuration without what wasn't computed with; files since 2.5, which say `mask_value`, hold salts that were given. */
function withoutUsualSalt(config: Record<string, unknown>): Record<string, unknown> {
  const { salt } = config, unsaid = Array.isArray(salt) && salt.every((word) => word === usualSalt);
  return unsaid && !("mask_value" in config) ? { ...config, salt: null } : config;
}
