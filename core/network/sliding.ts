/** What convolution and pooling layers share: padding arithmetic and kernels from Keras' axes to ONNX'. @module */
import type { Builder } from "../graph/builder.ts";
import type { Attributes, Value } from "../graph/graph.ts";
import type { KerasMapping } from "./layer.ts";
import { type DataFormat, dataFormatField, type KernelConfig, kernelFields, renamed } from "./fields.ts";
import { activationField, type ActivationSpec } from "./fields.ts";
import { range, shapeOf, sizeAt, transpose } from "../graph/words.ts";
import { choice, type Field, int, type Schema, sizes } from "../values/schema.ts";
import { ConfigError } from "../values/errors.ts";
import { transposed } from "../ops/layout/move.ts";
import type { Tensor } from "../values/tensor.ts";

/** How a window treats the borders; `causal` looks back only. */
export type Padding = "valid" | "same" | "causal";

/** Options of layers that slide a kernel, resolved. */
export interface SlidingConfig extends KernelConfig {
  /** Size of the kernel. */
  readonly kernelSize: readonly number[];
  /** Steps between windows. */
  readonly strides: readonly number[];
  /** Steps between a kernel's elements. */
  readonly padding: Padding;
  /** Where the channels stand. */
  readonly dataFormat: DataFormat;
  /** Steps between a kernel's elements. */
  readonly dilationRate: readonly number[];
  /** Function applied last. */
  readonly activation: ActivationSpec;
}

/** The `padding` field; causal for one axis only. */
export function paddingField(rank: number, causal = rank === 1): Field<Padding> {
  return choice<Padding>({
    doc: "valid: windows inside only; same: as many outputs as strides give; causal: looks back only",
    default: "valid",
    of: causal ? ["valid", "same", "causal"] : ["valid", "same"],
  });
}
/** Fields of {@link SlidingConfig} for kernels of `rank` axes. */
export function slidingFields(rank: number): Schema<SlidingConfig> {
  return {
    kernelSize: sizes({ doc: "size of the kernel", rank }),
    strides: sizes({ doc: "steps between windows", rank, default: new Array<number>(rank).fill(1) }),
    padding: paddingField(rank),
    dataFormat: dataFormatField(),
    dilationRate: sizes({
      doc: "steps between a kernel's elements",
      rank,
      default: new Array<number>(rank).fill(1),
    }),
    activation: activationField(),
    ...kernelFields(),
  };
}
/** The `groups` field. */
export function groupsField(): Field<number> {
  return int({ doc: "blocks of channels convolved apart", min: 1, default: 1 });
}
/** Refuses strides together with dilation, as Keras does. @throws {ConfigError} */
export function checkSliding(config: SlidingConfig, path: string): void {
  if (config.strides.some((s) => s > 1) && config.dilationRate.some((d) => d > 1)) {
    throw new ConfigError(
      `${path}: expected strides or dilationRate of 1, got strides [${config.strides}]` +
        ` with dilationRate [${config.dilationRate}]`,
      { place: `${path}.strides` },
    );
  }
}

/** Number of channels of a type. */
export function channelsOf(type: Value["type"] | undefined, format: DataFormat): number {
  return sizeAt(type, format === "channels_first" ? 1 : -1);
}

/** ONNX attributes of windows over `x` (channels first). TensorFlow's `same` pads the odd element at the end. */
export function windowAttributes(
  x: Value,
  kernel: readonly number[],
  strides: readonly number[],
  dilations: readonly number[],
  padding: Padding,
): Attributes {
  const base = { strides: [...strides], dilations: [...dilations], kernel_shape: [...kernel] };
  const reach = kernel.map((k, i) => (k - 1) * (dilations[i] ?? 1));
  if (padding === "valid") return { ...base, pads: [...reach, ...reach].fill(0) };
  if (padding === "causal") return { ...base, pads: [...reach, ...reach.map(() => 0)] };
  const spatial = shapeOf(x.type).slice(2);
  const totals = reach.map((r, i) => {
    const stride = strides[i] ?? 1, size = spatial[i];
    if (stride === 1) return r;
    return typeof size === "number"
      ? Math.max(0, (Math.ceil(size / stride) - 1) * stride + r + 1 - size)
      : undefined;
  });
  if (!totals.every((t) => t !== undefined)) return { ...base, auto_pad: "SAME_UPPER" };
  const before = totals.map((t) => Math.floor(t / 2));
  return { ...base, pads: [...before, ...totals.map((t, i) => t - (before[i] ?? 0))] };
}

/** A Keras kernel `[…sizes, in, out] → [out, in, …sizes]`. */
export function kernelToOnnx(b: Builder, kernel: Value): Value {
  const rank = shapeOf(kernel.type).length - 2;
  return transpose(b, kernel, [rank + 1, rank, ...range(0, rank)]);
}
/** A Keras depthwise kernel `[…sizes, channels, multiplier] → [channels·multiplier, 1, …sizes]`. */
export function depthwiseToOnnx(b: Builder, kernel: Value): Value {
  const shape = shapeOf(kernel.type), rank = shape.length - 2;
  const turned = transpose(b, kernel, [rank, rank + 1, ...range(0, rank)]);
  const size = (i: number) => sizeAt(kernel.type, i);
  return b.one("Reshape", [turned, b.ints([size(rank) * size(rank + 1), 1, ...range(0, rank).map(size)])]);
}

/** Keras 1's kernels `[out, in, …sizes]` of channels first, in the order of newer files. */
export function keras1Kernels(
  arrays: readonly Tensor[],
  config: unknown,
  version: string,
): readonly Tensor[] {
  const { dataFormat, kernelSize } = config as SlidingConfig, rank = kernelSize.length;
  if (!version.startsWith("1") || dataFormat !== "channels_first") return arrays;
  const order = [...range(2, rank + 2), 1, 0];
  return arrays.map((t) => (t.shape.length === rank + 2 ? transposed(t, order) : t));
}

/** How older Keras files spell the options of sliding layers of `rank` axes. */
export function slidingKeras<C>(rank: number, more: Partial<KerasMapping<C>> = {}): KerasMapping<C> {
  return {
    weights: keras1Kernels,
    turnedByTheano: rank,
    ...more,
    ignore: ["lora_rank", "lora_alpha", "quantization_config", ...more.ignore ?? []],
    upgrade(config, version) {
      const next = renamed(config, {
        nb_filter: "filters",
        filter_length: "kernel_size",
        subsample: "strides",
        subsample_length: "strides",
        border_mode: "padding",
        init: "kernel_initializer",
        bias: "use_bias",
        W_regularizer: "kernel_regularizer",
        b_regularizer: "bias_regularizer",
        W_constraint: "kernel_constraint",
        b_constraint: "bias_constraint",
        atrous_rate: "dilation_rate",
      }, ["input_dim", "input_length"]);
      const edges = ["kernel_dim1", "kernel_dim2", "kernel_dim3"].slice(0, rank);
      const sides = "nb_row" in next ? ["nb_row", "nb_col"] : edges;
      if (sides.every((key) => key in next)) {
        next.kernel_size = sides.map((key) => next[key]);
        for (const key of sides) delete next[key];
      }
      return more.upgrade?.(next, version) ?? next;
    },
  };
}
