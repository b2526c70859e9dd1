/** What convolution and pooling layers share: options, and how Keras' versions spell them. @module */
import type { Value } from "../../../core/graph/graph.ts";
import type { Padding } from "../../../core/ops/windowwords.ts";
import type { KerasMapping } from "../../../core/network/layer.ts";
import { type DataFormat, dataFormatField, type KernelConfig, kernelFields } from "./fields.ts";
import { activationField, type ActivationSpec } from "./fields.ts";
import { range, sizeAt } from "../../../core/ops/words.ts";
import { choice, type Field, int, type Schema, sizes } from "../../../core/values/schema.ts";
import { ConfigError } from "../../../core/values/errors.ts";
import { transposed } from "../../../core/ops/layout/move.ts";
import type { Tensor } from "../../../core/values/tensor.ts";
import { renamed } from "./spelled.ts";

/** Options of layers that slide a kernel, resolved. */
export interface SlidingConfig extends KernelConfig {
  /** Size of the kernel. */
  readonly kernelSize: readonly number[];
  /** Steps between windows. */
  readonly strides: readonly number[];
  /** How windows treat the borders: inside only (`valid`), as many outputs as strides give (`same`), or looking back only (`causal`). */
  readonly padding: Padding;
  /** Where the channels stand: after the sizes, or before them. */
  readonly dataFormat: DataFormat;
  /** Steps between a kernel's elements. */
  readonly dilationRate: readonly number[];
  /** Function applied last. */
  readonly activation: ActivationSpec;
}

/** The `padding` field; causal for one axis only. */
export function paddingField(rank: number, causal = rank === 1): Field<Padding> {
  return choice<Padding>({
    default: "valid",
    of: causal ? ["valid", "same", "causal"] : ["valid", "same"],
  });
}
/** Fields of {@link SlidingConfig} for kernels of `rank` axes. */
export function slidingFields(rank: number): Schema<SlidingConfig> {
  return {
    kernelSize: sizes({ rank }),
    strides: sizes({ rank, default: new Array<number>(rank).fill(1) }),
    padding: paddingField(rank),
    dataFormat: dataFormatField(),
    dilationRate: sizes({
      rank,
      default: new Array<number>(rank).fill(1),
    }),
    activation: activationField(),
    ...kernelFields(),
  };
}
/** The `groups` field. */
export function groupsField(): Field<number> {
  return int({ min: 1, default: 1 });
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
