/** A trained model with a new head: its last layers in place of others, for other classes. @module */
import * as args from "../../io/files/arguments.ts";
import { ConfigError, InputError, shown } from "../../core/values/errors.ts";
import { createLayer } from "../../core/network/factory.ts";
import { apply } from "../../core/network/functional.ts";
import { model as modelOf } from "../../core/model/compose.ts";
import type { Model } from "../../core/model/model.ts";
import { nameOf } from "../../core/network/names.ts";
import type { LayerCall, SymbolicTensor } from "../../core/network/network.ts";
import { checkOptions, type OptionNames } from "../../core/values/schema.ts";

/** What {@link withHead} puts on top. */
export interface HeadOptions {
  /** Classes of the new output. */
  readonly classes: number;
  /** Share of the features that are dropped in training; unless given 0.2, and none of fewer than 128. */
  readonly dropout?: number;
  /** Seed of the new layer's first weights; the model's unless given. */
  readonly seed?: number;
}
const headNames: OptionNames<HeadOptions> = { classes: 0, dropout: 0, seed: 0 };

/** Layers without weights that may stand behind the one that gives the classes. */
const behind = /^(Activation|Softmax|ReLU|Dropout|Flatten|Reshape|GlobalAveragePooling2D|Permute)$/;
/** A convolution of single pixels, which some networks have in place of a last dense layer. */
function isPointwise({ layer }: LayerCall): boolean {
  const { kernelSize } = layer.config as { readonly kernelSize?: readonly number[] };
  return layer.def.name === "Conv2D" && kernelSize?.every((k) => k === 1) === true;
}
/** What the layer that gives the classes reads; the output itself where no such layer ends the model. */
function featuresOf(output: SymbolicTensor): SymbolicTensor {
  for (let at: SymbolicTensor | undefined = output; at?.call; at = at.call.inputs[0]) {
    const { call } = at, name = call.layer.def.name;
    if (name === "Dense" || isPointwise(call) && output.type.shape?.length === 2) {
      return call.inputs[0] ?? output;
    }
    if (!behind.test(name)) break;
  }
  return output;
}

/**
 * A model of the same layers, whose weights it shares, with a new last layer: softmax of `classes`, named `head`, on what the old
 * last layer read; pictures and sequences are averaged first where they aren't yet.
 * @throws {InputError} for a model of several outputs; {@link ConfigError} for a number of classes below 2.
 */
export function withHead(base: Model, options: HeadOptions): Model {
  args.check("withHead", "base", base, args.modelKind);
  args.check("withHead", "options", options, args.object);
  checkOptions("withHead", options, headNames);
  const { classes, dropout, seed } = options, { network } = base, [output] = network.outputs;
  if (!Number.isSafeInteger(classes) || classes < 2) {
    throw new ConfigError(`withHead: classes: expected 2 or more, got ${shown(classes)}`, {
      place: "classes",
    });
  }
  if (!output || network.outputs.length > 1) {
    throw new InputError(`withHead: model ${base.name} has ${network.outputs.length} outputs, not one`);
  }
  const features = featuresOf(output), rank = features.type.shape?.length ?? 0;
  if (rank < 2 || rank > 4) {
    throw new InputError(`withHead: model ${base.name} gives features of ${rank} axes: expected 2 to 4`);
  }
  const put = (name: string, options: object, x: SymbolicTensor) =>
    apply(createLayer(base.registry.get("layer", name), { ...options }), x);
  const pooled = rank > 2 ? put(`GlobalAveragePooling${rank - 2}D`, {}, features) : features;
  const width = pooled.type.shape?.at(-1) ?? 0, narrow = typeof width === "number" && width < 128;
  const rate = dropout ?? (narrow ? 0 : 0.2);
  const kept = rate > 0 ? put("Dropout", { rate }, pooled) : pooled;
  const taken = network.layers.map(nameOf);
  let name = "head";
  for (let i = 1; taken.includes(name); i++) name = `head_${i}`;
  return modelOf({
    inputs: network.inputs,
    inputNames: network.inputNames,
    outputs: put("Dense", { units: classes, activation: "softmax", name }, kept),
    name: base.name,
    ...(seed !== undefined && { seed }),
  });
}
