/** Registry and backends for suites that run ONNX files. @module */
import type { BackendDef } from "../../core/graph/backend.ts";
import { chooseBackend } from "../../core/model/sessions.ts";
import type { Registry } from "../../core/registry.ts";
import { registry } from "../../mod.ts";
import { onnxruntime } from "../../plugins/backends/onnxruntime/mod.ts";

/** All plugins, onnxruntime among them. */
export function testRegistry(): Registry {
  return registry.find("backend", "onnxruntime") ? registry : registry.with(onnxruntime);
}
/** A backend that can be used. @throws {BackendError} saying why it can't. */
export function backendOf(name: string, plugins: Registry): Promise<BackendDef> {
  return chooseBackend(plugins, name);
}

/** What a suite is asked to run. */
export interface SuiteOptions {
  readonly file: string;
  readonly backend: string;
  readonly filter: RegExp;
  readonly report?: string;
}
/** Reads `FILE [--backend NAME] [--filter REGEXP] [--report FILE]`. @throws {TypeError} without a file. */
export function parsed(args: readonly string[], usage: string): SuiteOptions {
  const value = (name: string) => {
    const at = args.indexOf(name);
    return at < 0 ? undefined : args[at + 1];
  };
  const file = args.find((a, i) => !a.startsWith("--") && !args[i - 1]?.startsWith("--"));
  if (file === undefined) {
    throw new TypeError(`usage: ${usage} [--backend NAME] [--filter REGEXP] [--report FILE]`);
  }
  const report = value("--report");
  return {
    file,
    backend: value("--backend") ?? "plain",
    filter: new RegExp(value("--filter") ?? ""),
    ...(report !== undefined && { report }),
  };
}
