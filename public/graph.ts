/**
 * Graphs: building them out of operators, their types, their derivatives; and single values with gradients.
 *
 * ```ts
 * import { Model, registry } from "@lapis/lapis";
 * import { GraphBuilder, tensorType } from "@lapis/lapis/graph";
 * const b = new GraphBuilder(registry, { name: "double" });
 * const x = b.input("x", tensorType("float32", ["batch", 2]));
 * b.output("y", b.mul(x, b.scalar(2)));
 * console.log(Model.fromGraph(b.build(), registry).outputs);
 * ```
 * @module
 */
export type { Assembled, AssembleOptions, AssemblyView } from "../core/network/assemble.ts";
export {
  type Adding,
  type Builder,
  type BuilderOptions,
  GraphBuilder,
  type Nested as NestedGraph,
  type ScanOptions,
  type ScanStep,
  type ValuesFor,
} from "../core/graph/builder.ts";
export * from "../core/graph/differentiate.ts";
export type { Methods } from "../core/graph/methods.ts";
export type { GraphValues } from "../core/graph/values.ts";
export type * from "../core/graph/vocabulary.ts";
export * from "../core/graph/graph.ts";
export {
  bindDim,
  countNodes,
  derive,
  dimText,
  evalDim,
  gradient,
  inputsInto,
  opName,
  shapeText,
  typeOf,
} from "./calls/graph.ts";
export {
  asTensor,
  type ContainerType,
  type Dim,
  type DimEnv,
  type DimNode,
  type TensorType,
  tensorType,
  type Type,
  typeText,
  type UnknownDim,
} from "../core/values/shape.ts";
export {
  Value as EagerValue,
  value,
  type ValueAndGrad,
  valueAndGrad,
  type ValueLike,
} from "../plugins/training/value.ts";
export { type ValueGraph, type ValueNode, valueText } from "../plugins/training/valuegraph.ts";
