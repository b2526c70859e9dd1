/**
 * The contracts of plugins, and what layers and parts of one's own are made with.
 *
 * ```ts
 * import { registry } from "@lapis/lapis";
 * import { createLayer } from "@lapis/lapis/plugins";
 * const layer = createLayer(registry.get("layer", "Dense"), { units: 3 });
 * console.log(layer.config);
 * ```
 * @module
 */
export type { ArchitectureDef } from "../core/network/architecture.ts";
export { shown } from "../core/values/errors.ts";
export type { LayerOptions } from "../core/network/factory.ts";
export type { Extras, Source, WriteNames, WriteOptions, WrittenFiles } from "../core/model/format.ts";
export type { FormatOf, FormatOptionsOf, SaverOf } from "../core/model/format.ts";
export type { FormatDef, FormatOptions, SaverDef } from "../core/registry.ts";
export type { PrinterDef } from "../core/values/printing.ts";
export type { BundleOf, KindsOf, RegistryOf } from "../core/model/plugins.ts";
export type { HeldWeights, ModelState } from "../core/model/state.ts";
export type { RandomInputs } from "../core/model/sampling.ts";
export type { Engines } from "../core/model/sessions.ts";
export type { Lookup } from "../core/graph/lookup.ts";
export { writeNamesOf } from "../io/files/save.ts";
export type * from "../core/network/layer.ts";
export { createLayer, inputAt, normalLike, part, weightsBelow } from "./calls/plugin.ts";
export type {
  RecurrentBuilder,
  RecurrentNodeOptions,
  RecurrentNodeResult,
  WholeLayers,
} from "../core/network/whole.ts";
export type { LayerNode, WeightEntry } from "../core/network/tree.ts";
export type { LayerCall } from "../core/network/network.ts";
export type {
  ForwardNode,
  InferContext,
  OldNode,
  OpDef,
  OperatorKinds,
  Operators,
  PlainContext,
} from "../core/graph/op.ts";
export { type Bundle, type Kinds, type Plugin } from "../core/registry.ts";
/** Fields of configurations: what plugins and programs that read settings say them with. */
export * as fields from "../core/values/schema.ts";
export type { AnySchema, Field, FieldKind, JsonSchema, OptionNames, Schema } from "../core/values/schema.ts";
export type * from "../core/training/contract.ts";
export { type PartFactory, partFactory } from "../core/training/parts.ts";
export type { GraphParts, ModelParts, Trainer, TrainerDef, TrainingPlugins } from "../core/training/types.ts";
export { type CallbackFields, callbackFields, type Settings } from "../plugins/training/callbackfields.ts";
