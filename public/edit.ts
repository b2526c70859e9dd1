/**
 * Models compared and cut: what two differ in, some layers of one as a model, an ONNX graph as layers.
 *
 * ```ts
 * import { input, sequential } from "@lapis/lapis";
 * import { extractLayers } from "@lapis/lapis/edit";
 * import { dense } from "@lapis/lapis/layers";
 * const model = sequential([input({ shape: [4] }), dense({ units: 3, name: "code" }), dense({ units: 1 })]);
 * console.log(extractLayers(model, { outputs: ["code"] }).outputs);
 * ```
 * @module
 */
export * from "../plugins/editing/diff.ts";
export * from "../plugins/editing/freeze.ts";
export { type HeadOptions, withHead } from "../plugins/editing/head.ts";
export type { PartOptions } from "../core/model/part.ts";
export { extractLayers } from "./calls/root.ts";
export { layersFromGraph } from "../io/keras/fromgraph.ts";
export { extractOnnx, type OnnxPart } from "../io/onnx/extract.ts";
