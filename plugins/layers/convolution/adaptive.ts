/** Pooling to a given number of windows, of one, two and three axes. @module */
import { type Factory, factory } from "../../../core/network/factory.ts";
import type { Builder } from "../../../core/graph/builder.ts";
import { ShapeError } from "../../../core/values/errors.ts";
import type { Value } from "../../../core/graph/graph.ts";
import type { LayerDef } from "../../../core/network/layer.ts";
import { asFloat, inputAt, range, shapeOf, shapeOfRank, toFirst, toLast } from "../../../core/ops/words.ts";
import { dataFormatField } from "../shared/fields.ts";
import type { DataFormat } from "../../../core/network/specs.ts";
import { sizes } from "../../../core/values/schema.ts";
import { typeText } from "../../../core/values/shape.ts";
import { tensor } from "../../../core/values/tensor.ts";
import { alongAxis } from "../images/interpolate.ts";

/** Options of adaptive pooling, resolved. */
export interface AdaptivePoolConfig {
  /** Number of windows along each axis. */
  readonly outputSize: readonly number[];
  /** Where the channels stand: after the sizes, or before them. */
  readonly dataFormat: DataFormat;
}
const axesText = [
  "[batch, time, channels]",
  "[batch, height, width, channels]",
  "[batch, depth, height, width, channels]",
];

/** First and last element (not included) of each window. */
function windows(input: number, output: number): readonly (readonly [number, number])[] {
  return range(0, output).map((i) => [Math.floor(i * input / output), Math.ceil((i + 1) * input / output)]);
}
function average(b: Builder, x: Value, axis: number, input: number, output: number): Value {
  return alongAxis(
    b,
    x,
    axis,
    windows(input, output).map(([from, to]) =>
      Float64Array.from({ length: input }, (_, k) => k >= from && k < to ? 1 / (to - from) : 0)
    ),
  );
}
/** Windows side by side, the shorter ones with their last element again. */
function largest(b: Builder, x: Value, axis: number, input: number, output: number): Value {
  const list = windows(input, output), width = Math.max(...list.map(([from, to]) => to - from));
  const places = list.flatMap(([from, to]) => range(0, width).map((k) => Math.min(from + k, to - 1)));
  const index = b.constant(tensor(places, [output, width], "int64"));
  return b.reduceMax(b.gather(x, index, { axis }), b.ints([axis + 1]), { keepdims: 0 });
}

function adaptive(kind: "Max" | "Average", rank: 1 | 2 | 3): LayerDef<AdaptivePoolConfig, never> {
  return {
    kind: "layer",
    name: `Adaptive${kind}Pooling${rank}D`,
    mask: "consume",
    config: {
      outputSize: sizes({ rank }),
      dataFormat: dataFormatField(),
    },
    params: () => ({}),
    build({ b, config, inputs }) {
      const given = asFloat(b, inputAt(inputs, 0));
      shapeOfRank(given.type, rank + 2, axesText[rank - 1] ?? "");
      const x = toFirst(b, given, config.dataFormat), own = shapeOf(x.type).slice(2);
      const y = config.outputSize.reduce((v, output, i) => {
        const input = own[i];
        if (typeof input !== "number") {
          throw new ShapeError(`expected known sizes of the pooled axes, got ${typeText(given.type)}`);
        }
        return (kind === "Max" ? largest : average)(b, v, i + 2, input, output);
      }, x);
      return [toLast(b, y, config.dataFormat)];
    },
    keras: { since: 3 },
  };
}

const adaptiveAveragePooling1dDef: LayerDef<AdaptivePoolConfig, never> = adaptive("Average", 1);
/** Mean of so many windows over time, `[batch, time, channels] → [batch, outputSize, channels]`. */
export const adaptiveAveragePooling1d: Factory<AdaptivePoolConfig, "outputSize"> = factory(
  adaptiveAveragePooling1dDef,
);
const adaptiveAveragePooling2dDef: LayerDef<AdaptivePoolConfig, never> = adaptive("Average", 2);
/** Mean of so many windows of images. */
export const adaptiveAveragePooling2d: Factory<AdaptivePoolConfig, "outputSize"> = factory(
  adaptiveAveragePooling2dDef,
);
const adaptiveAveragePooling3dDef: LayerDef<AdaptivePoolConfig, never> = adaptive("Average", 3);
/** Mean of so many windows of volumes. */
export const adaptiveAveragePooling3d: Factory<AdaptivePoolConfig, "outputSize"> = factory(
  adaptiveAveragePooling3dDef,
);
const adaptiveMaxPooling1dDef: LayerDef<AdaptivePoolConfig, never> = adaptive("Max", 1);
/** Largest of so many windows over time, `[batch, time, channels] → [batch, outputSize, channels]`. */
export const adaptiveMaxPooling1d: Factory<AdaptivePoolConfig, "outputSize"> = factory(
  adaptiveMaxPooling1dDef,
);
const adaptiveMaxPooling2dDef: LayerDef<AdaptivePoolConfig, never> = adaptive("Max", 2);
/** Largest of so many windows of images. */
export const adaptiveMaxPooling2d: Factory<AdaptivePoolConfig, "outputSize"> = factory(
  adaptiveMaxPooling2dDef,
);
const adaptiveMaxPooling3dDef: LayerDef<AdaptivePoolConfig, never> = adaptive("Max", 3);
/** Largest of so many windows of volumes. */
export const adaptiveMaxPooling3d: Factory<AdaptivePoolConfig, "outputSize"> = factory(
  adaptiveMaxPooling3dDef,
);
