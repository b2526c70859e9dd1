/** Core's contracts and parts, for plugins and for programs that build graphs themselves. @module */
export * from "./assemble.ts";
export * from "./backend.ts";
export {
  type Builder,
  type BuilderOptions,
  GraphBuilder,
  type Nested as NestedGraph,
  type OpOptions,
  sameType,
  type ScanOptions,
  type ScanStep,
} from "./builder.ts";
export * from "./compose.ts";
export * from "./differentiate.ts";
export * from "./dtype.ts";
export * from "./errors.ts";
export { createLayer, type LayerOptions } from "./factory.ts";
export type { ModelData, Port } from "./feed.ts";
export * from "./format.ts";
export * from "./functional.ts";
export * from "./graph.ts";
export * from "./layer.ts";
export type {
  RecurrentBuilder,
  RecurrentNodeOptions,
  RecurrentNodeResult,
  WholeLayers,
} from "./layernode.ts";
export * from "./layertree.ts";
export * from "./limits.ts";
export { type LoadOptions, loadWith } from "./load.ts";
export * from "./model.ts";
export { fieldToCamel, fieldToSnake, nameOf, snakeCase } from "./names.ts";
export * from "./network.ts";
export * from "./op.ts";
export { networkOps } from "./ops/mod.ts";
export { readSource, type SourceLike } from "./platform.ts";
export * from "./plan.ts";
export * from "./random.ts";
export type { PredictOptions } from "./sampling.ts";
export * from "./registry.ts";
export * from "./rewrite.ts";
export * from "./schema.ts";
export * from "./shape.ts";
export * from "./tensor.ts";
export { trainer } from "./train.ts";
export type * from "./training/contract.ts";
export * from "./training/parts.ts";
export type * from "./training/types.ts";
