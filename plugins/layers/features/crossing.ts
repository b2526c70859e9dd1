/** Features together: HashedCrossing. @module */
import { type Factory, factory } from "../../../core/network/factory.ts";
import { ShapeError } from "../../../core/values/errors.ts";
import type { LayerDef } from "../../../core/network/layer.ts";
import { cast, dtypeOf } from "../../../core/ops/words.ts";
import { opaqueField } from "../shared/fields.ts";
import { choice, int } from "../../../core/values/schema.ts";
import { checkSparse, encoded, sparseField } from "./encoding.ts";
import { outType } from "./hashing.ts";

/** Options of {@link hashedCrossingDef}, resolved. */
export interface HashedCrossingConfig {
  /** Number of bins. */
  readonly numBins: number;
  /** The form of the outputs. */
  readonly outputMode: "int" | "one_hot";
  /** Only false is supported. */
  readonly sparse: boolean;
  /** Element type of the outputs, as files name it. */
  readonly dtype: unknown;
}
const hashedCrossingDef: LayerDef<HashedCrossingConfig, never> = {
  kind: "layer",
  name: "HashedCrossing",
  mask: "consume",
  config: {
    numBins: int({ min: 1 }),
    outputMode: choice({ default: "int", of: ["int", "one_hot"] }),
    sparse: sparseField(),
    dtype: opaqueField(),
  },
  params: () => ({}),
  build({ b, config, inputs }) {
    if (inputs.length < 2) throw new ShapeError(`expected at least 2 inputs, got ${inputs.length}`);
    const columns = inputs.map((x) => dtypeOf(x) === "string" ? x : cast(b, x, "int64"));
    const bins = b.crossHash(columns, { buckets: config.numBins });
    return [encoded(b, bins, config.outputMode, config.numBins, outType(config.outputMode, config.dtype))];
  },
  check: checkSparse,
  keras: { inputDtype: "string" },
};
/** What several inputs `[batch]` or `[batch, 1]` hold together, to bins by a hash. */
export const hashedCrossing: Factory<HashedCrossingConfig, "numBins"> = factory(hashedCrossingDef);
