/** Layers that rearrange: Flatten, Reshape, Permute, RepeatVector. @module */
import { type Factory, factory } from "../../../core/network/factory.ts";
import { ConfigError, ShapeError } from "../../../core/values/errors.ts";
import type { LayerDef } from "../../../core/network/layer.ts";
import {
  expand,
  inputAt,
  range,
  shapeOf,
  shapeOfRank,
  sizesOf,
  toLast,
  transpose,
} from "../../../core/ops/words.ts";
import { dataFormatField } from "../shared/fields.ts";
import type { DataFormat } from "../../../core/network/specs.ts";
import { int, list } from "../../../core/values/schema.ts";
import { typeText } from "../../../core/values/shape.ts";

/** Options of {@link flattenDef}, resolved. */
export interface FlattenConfig {
  /** Where the channels stand: after the sizes, or before them. */
  readonly dataFormat: DataFormat;
}
const flattenDef: LayerDef<FlattenConfig, never> = {
  kind: "layer",
  name: "Flatten",
  mask: "consume",
  config: { dataFormat: dataFormatField() },
  params: () => ({}),
  build({ b, config, inputs }) {
    const given = inputAt(inputs, 0);
    // Flattening channels_last data moves nothing; channels_first data is turned first, as Keras does.
    const x = config.dataFormat === "channels_first" ? toLast(b, given) : given;
    const sizes = sizesOf(x, range(1, shapeOf(x.type).length));
    const known = sizes.every((s) => typeof s === "number");
    const features = known ? sizes.reduce((n: number, s) => n * (s as number), 1) : -1;
    return [b.reshape(x, b.ints([0, features]))];
  },
};
/** All axes but the batch as one, `[batch, …] → [batch, features]`; channels come last first, where they stand before. */
export const flatten: Factory<FlattenConfig> = factory(flattenDef);

/** Options of {@link reshapeDef}, resolved. */
export interface ReshapeConfig {
  /** Sizes without the batch axis; one may be −1. */
  readonly targetShape: readonly number[];
}
const reshapeDef: LayerDef<ReshapeConfig, never> = {
  kind: "layer",
  name: "Reshape",
  mask: "consume",
  config: {
    targetShape: list({
      of: int({ min: -1 }),
    }),
  },
  params: () => ({}),
  build: ({ b, config, inputs }) => [
    b.reshape(inputAt(inputs, 0), b.ints([0, ...config.targetShape])),
  ],
  check({ targetShape }, path) {
    if (targetShape.filter((d) => d === -1).length > 1) {
      throw new ConfigError(`${path}.targetShape: expected at most one -1, got [${targetShape}]`, {
        place: `${path}.targetShape`,
      });
    }
  },
};
/** The same elements under another shape, `[batch, …] → [batch, …targetShape]`. */
export const reshape: Factory<ReshapeConfig, "targetShape"> = factory(reshapeDef);

/** Options of {@link permuteDef}, resolved. */
export interface PermuteConfig {
  /** For each output axis (from 1), the input axis it comes from. */
  readonly dims: readonly number[];
}
const permuteDef: LayerDef<PermuteConfig, never> = {
  kind: "layer",
  name: "Permute",
  mask: "consume",
  config: {
    dims: list({ of: int({ min: 1 }) }),
  },
  params: () => ({}),
  build({ b, config, inputs }) {
    const x = inputAt(inputs, 0), rank = shapeOf(x.type).length;
    if (config.dims.length !== rank - 1) {
      throw new ShapeError(`dims [${config.dims}] order ${config.dims.length} axes, got ${typeText(x.type)}`);
    }
    return [transpose(b, x, [0, ...config.dims])];
  },
  check({ dims }, path) {
    if ([...dims].sort((x, y) => x - y).some((d, i) => d !== i + 1)) {
      throw new ConfigError(`${path}.dims: expected each axis from 1 once, got [${dims}]`, {
        place: `${path}.dims`,
      });
    }
  },
};
/** Axes in another order; the batch stays first. */
export const permute: Factory<PermuteConfig, "dims"> = factory(permuteDef);

/** Options of {@link repeatVectorDef}, resolved. */
export interface RepeatVectorConfig {
  /** Number of steps. */
  readonly n: number;
}
const repeatVectorDef: LayerDef<RepeatVectorConfig, never> = {
  kind: "layer",
  name: "RepeatVector",
  mask: "consume",
  config: { n: int({ min: 1 }) },
  params: () => ({}),
  build({ b, config, inputs }) {
    const x = inputAt(inputs, 0);
    shapeOfRank(x.type, 2, "[batch, features]");
    return [expand(b, b.unsqueeze(x, b.ints([1])), [1, config.n, 1], x)];
  },
};
/** A vector repeated as steps, `[batch, features] → [batch, n, features]`. */
export const repeatVector: Factory<RepeatVectorConfig, "n"> = factory(repeatVectorDef);
