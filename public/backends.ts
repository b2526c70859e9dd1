/**
 * The engines, and models as WebAssembly modules of their own.
 *
 * ```ts
 * import { registry } from "@lapis/lapis";
 * import { plain, wasm } from "@lapis/lapis/backends";
 * console.log(await wasm.available(), plain.name, registry.all("backend").length);
 * ```
 * @module
 */
export * from "../core/graph/backend.ts";
export type { Execution } from "../core/ops/execute.ts";
export * from "../plugins/backends/room/binding.ts";
export * from "../plugins/backends/room/held.ts";
export {
  bindInputs,
  bindValue,
  checkCompile,
  envKey,
  fedValues,
  firstValue,
  heldInput,
  keptBy,
  refuseForeign,
  runGraph,
  runNode,
  staleState,
  withDefaults,
  written,
} from "./calls/engine.ts";
export * from "../core/values/limits.ts";
export type { RunOnce, Sessions } from "../core/model/sessions.ts";
export { type OnnxFile, openOnnxFile } from "../plugins/backends/onnxruntime/file.ts";
export type { EnginePlace } from "../plugins/backends/onnxruntime/engine.ts";
export { type EngineOptions, onnxruntime, onnxruntimeWith } from "../plugins/backends/onnxruntime/mod.ts";
export { plain } from "../plugins/backends/plain/mod.ts";
export { wasm } from "../plugins/backends/wasm/mod.ts";
export * from "../plugins/backends/wasm/standalone/mod.ts";
