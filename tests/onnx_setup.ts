/** Registry and backends for suites that run ONNX files. @module */
import type { BackendDef } from "../core/backend.ts";
import { chooseBackend } from "../core/sessions.ts";
import type { Registry } from "../core/registry.ts";
import { registry } from "../mod.ts";
import { onnxruntime } from "../plugins/backends/onnxruntime/mod.ts";

/** All plugins, onnxruntime among them. */
export function testRegistry(): Registry {
  return registry.find("backend", "onnxruntime") ? registry : registry.with(onnxruntime);
}
/** A backend that can be used. @throws {BackendError} saying why it can't. */
export function backendOf(name: string, plugins: Registry): Promise<BackendDef> {
  return chooseBackend(plugins, name);
}
