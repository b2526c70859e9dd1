/** Pooling over windows and over whole axes, of one, two and three axes. @module */
import { type Factory, factory } from "../../../core/network/factory.ts";
import { paddingField, slidingKeras } from "../shared/sliding.ts";
import { type Padding, windowAttributes } from "../../../core/ops/windowwords.ts";
import type { LayerDef } from "../../../core/network/layer.ts";
import {
  asFloat,
  cast,
  dtypeOf,
  inputAt,
  maskLike,
  maskOf,
  range,
  scalarLike,
  shapeOfRank,
  toFirst,
  toLast,
} from "../../../core/ops/words.ts";
import { dataFormatField } from "../shared/fields.ts";
import type { DataFormat } from "../../../core/network/specs.ts";
import { bool, nullable, sizes } from "../../../core/values/schema.ts";
import { renamed } from "../shared/spelled.ts";

/** Options of pooling over windows, resolved. */
export interface PoolConfig {
  /** Size of a window. */
  readonly poolSize: readonly number[];
  /** Steps between windows; poolSize where null. */
  readonly strides: readonly number[] | null;
  /** How windows treat the borders: inside only (`valid`), or as many outputs as strides give (`same`). */
  readonly padding: Padding;
  /** Where the channels stand: after the sizes, or before them. */
  readonly dataFormat: DataFormat;
}
/** Options of pooling over whole axes, resolved. */
export interface GlobalPoolConfig {
  /** Where the channels stand: after the sizes, or before them. */
  readonly dataFormat: DataFormat;
  /** The pooled axes stay, as 1. */
  readonly keepdims: boolean;
}
const axesText = [
  "[batch, time, channels]",
  "[batch, height, width, channels]",
  "[batch, depth, height, width, channels]",
];

function pool(kind: "Max" | "Average", rank: 1 | 2 | 3): LayerDef<PoolConfig, never> {
  const name = `${kind}Pooling${rank}D`;
  return {
    kind: "layer",
    name,
    mask: "consume",
    config: {
      poolSize: sizes({ rank, default: new Array<number>(rank).fill(2) }),
      strides: nullable(sizes({ rank })),
      padding: paddingField(rank, false),
      dataFormat: dataFormatField(),
    },
    params: () => ({}),
    build({ b, config, inputs }) {
      const given = asFloat(b, inputAt(inputs, 0));
      shapeOfRank(given.type, rank + 2, axesText[rank - 1] ?? "");
      const x = toFirst(b, given, config.dataFormat), { poolSize, strides, padding } = config;
      const window = windowAttributes(x, poolSize, strides ?? poolSize, poolSize.map(() => 1), padding);
      const y = kind === "Max"
        ? b.maxPool(x, window, { outputs: 1 })[0]
        // Padding doesn't count, as in TensorFlow.
        : b.averagePool(x, { ...window, count_include_pad: 0 });
      return [toLast(b, y, config.dataFormat)];
    },
    keras: {
      classNames: kind === "Average" ? [name, `AvgPool${rank}D`] : [name, `MaxPool${rank}D`],
      upgrade(config, version) {
        const older = renamed(config, { pool_length: "pool_size", stride: "strides" });
        return slidingKeras<PoolConfig>(rank).upgrade?.(older, version) ?? older;
      },
    },
  };
}

function globalPool(kind: "Max" | "Average", rank: 1 | 2 | 3): LayerDef<GlobalPoolConfig, never> {
  const name = `Global${kind}Pooling${rank}D`;
  return {
    kind: "layer",
    name,
    mask: "consume",
    config: {
      dataFormat: dataFormatField(),
      keepdims: bool({ default: false }),
    },
    params: () => ({}),
    build({ b, config, inputs, call }) {
      const x = asFloat(b, inputAt(inputs, 0)), keepdims = config.keepdims ? 1 : 0;
      shapeOfRank(x.type, rank + 2, axesText[rank - 1] ?? "");
      const first = config.dataFormat === "channels_first";
      const axes = b.ints(first ? range(2, rank + 2) : range(1, rank + 1));
      const mask = kind === "Average" && rank === 1 ? maskOf(inputs, call) : undefined;
      if (!mask) return [b.one(kind === "Max" ? "ReduceMax" : "ReduceMean", [x, axes], { keepdims })];
      const rows = first ? b.unsqueeze(cast(b, mask, "bool"), b.ints([1])) : maskLike(b, mask, x);
      const kept = b.where(rows, x, scalarLike(b, 0, x));
      const count = b.reduceSum(cast(b, rows, dtypeOf(x)), axes, { keepdims });
      return [b.div(b.reduceSum(kept, axes, { keepdims }), count)];
    },
    keras: {
      call: ["inputs", "mask"],
      classNames: kind === "Average" ? [name, `GlobalAvgPool${rank}D`] : [name, `GlobalMaxPool${rank}D`],
      upgrade(config, version) {
        return slidingKeras<GlobalPoolConfig>(rank).upgrade?.(config, version) ?? config;
      },
    },
  };
}

const maxPooling1dDef: LayerDef<PoolConfig, never> = pool("Max", 1);
/** Largest of every window over time. */
export const maxPooling1d: Factory<PoolConfig> = factory(maxPooling1dDef);
const maxPooling2dDef: LayerDef<PoolConfig, never> = pool("Max", 2);
/** Largest of every window of images. */
export const maxPooling2d: Factory<PoolConfig> = factory(maxPooling2dDef);
const maxPooling3dDef: LayerDef<PoolConfig, never> = pool("Max", 3);
/** Largest of every window of volumes. */
export const maxPooling3d: Factory<PoolConfig> = factory(maxPooling3dDef);
const averagePooling1dDef: LayerDef<PoolConfig, never> = pool("Average", 1);
/** Mean of every window over time. */
export const averagePooling1d: Factory<PoolConfig> = factory(averagePooling1dDef);
const averagePooling2dDef: LayerDef<PoolConfig, never> = pool("Average", 2);
/** Mean of every window of images. */
export const averagePooling2d: Factory<PoolConfig> = factory(averagePooling2dDef);
const averagePooling3dDef: LayerDef<PoolConfig, never> = pool("Average", 3);
/** Mean of every window of volumes. */
export const averagePooling3d: Factory<PoolConfig> = factory(averagePooling3dDef);
const globalMaxPooling1dDef: LayerDef<GlobalPoolConfig, never> = globalPool("Max", 1);
/** Largest of every channel over time, `[batch, time, channels] → [batch, channels]`. */
export const globalMaxPooling1d: Factory<GlobalPoolConfig> = factory(globalMaxPooling1dDef);
const globalMaxPooling2dDef: LayerDef<GlobalPoolConfig, never> = globalPool("Max", 2);
/** Largest of every channel of images, `[batch, height, width, channels] → [batch, channels]`. */
export const globalMaxPooling2d: Factory<GlobalPoolConfig> = factory(globalMaxPooling2dDef);
const globalMaxPooling3dDef: LayerDef<GlobalPoolConfig, never> = globalPool("Max", 3);
/** Largest of every channel of volumes. */
export const globalMaxPooling3d: Factory<GlobalPoolConfig> = factory(globalMaxPooling3dDef);
const globalAveragePooling1dDef: LayerDef<GlobalPoolConfig, never> = globalPool("Average", 1);
/** Mean of every channel over the steps that aren't masked, `[batch, time, channels] → [batch, channels]`. */
export const globalAveragePooling1d: Factory<GlobalPoolConfig> = factory(globalAveragePooling1dDef);
const globalAveragePooling2dDef: LayerDef<GlobalPoolConfig, never> = globalPool("Average", 2);
/** Mean of every channel of images, `[batch, height, width, channels] → [batch, channels]`. */
export const globalAveragePooling2d: Factory<GlobalPoolConfig> = factory(globalAveragePooling2dDef);
const globalAveragePooling3dDef: LayerDef<GlobalPoolConfig, never> = globalPool("Average", 3);
/** Mean of every channel of volumes. */
export const globalAveragePooling3d: Factory<GlobalPoolConfig> = factory(globalAveragePooling3dDef);
