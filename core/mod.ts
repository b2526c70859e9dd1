/** Core's contracts and parts, for plugins and for programs that build graphs themselves. @module */
export * from "./network/assemble.ts";
export * from "./graph/backend.ts";
export {
  type Builder,
  type BuilderOptions,
  GraphBuilder,
  type Nested as NestedGraph,
  type OpOptions,
  sameType,
  type ScanOptions,
  type ScanStep,
} from "./graph/builder.ts";
export * from "./model/compose.ts";
export * from "./graph/differentiate.ts";
export * from "./values/dtype.ts";
export * from "./values/errors.ts";
export { type Execution, runGraph, runNode } from "./graph/execute.ts";
export { createLayer, type LayerOptions } from "./network/factory.ts";
export type { ModelData, Port } from "./model/feed.ts";
export * from "./model/format.ts";
export * from "./network/functional.ts";
export * from "./graph/graph.ts";
export * from "./model/held.ts";
export * from "./network/layer.ts";
export type {
  RecurrentBuilder,
  RecurrentNodeOptions,
  RecurrentNodeResult,
  WholeLayers,
} from "./network/whole.ts";
export * from "./network/tree.ts";
export * from "./values/limits.ts";
export { type LoadOptions, loadWith } from "./model/load.ts";
export * from "./model/model.ts";
export { fieldToCamel, fieldToSnake, nameOf, snakeCase } from "./network/names.ts";
export * from "./network/network.ts";
export * from "./graph/op.ts";
export { networkOps } from "./ops/mod.ts";
export { readSource, type SourceLike } from "./files/platform.ts";
export * from "./graph/plan.ts";
export * from "./values/random.ts";
export type { PredictOptions } from "./model/sampling.ts";
export * from "./graph/registry.ts";
export * from "./graph/rewrite.ts";
export { saver, writeNamesOf } from "./model/save.ts";
export * from "./values/schema.ts";
export * from "./values/shape.ts";
export * from "./values/tensor.ts";
export type * from "./training/contract.ts";
export * from "./training/parts.ts";
export type * from "./training/types.ts";
