/** The onnxruntime backend: graphs run in onnxruntime-node, the judge of parity and the native engine. @module */
import { type BackendDef, checkCompile } from "../../../core/graph/backend.ts";
import { BackendError } from "../../../core/values/errors.ts";
import { checkOptions, type OptionNames } from "../../../core/values/schema.ts";
import { available, loadEngine } from "./engine.ts";
import { type EngineOptions, OnnxruntimeSession } from "./session.ts";

export type { EngineOptions } from "./session.ts";

/** Domains whose operators onnxruntime has, or that are written as bodies of such. */
const domains: ReadonlySet<string> = new Set(["", "lapis", "ai.onnx.ml"]);

const engineNames: OptionNames<EngineOptions> = {
  graphOptimizationLevel: 0,
  process: 0,
  executionProviders: 0,
};
/** The backend with settings of onnxruntime's own. */
export function onnxruntimeWith(settings: EngineOptions): BackendDef {
  checkOptions("onnxruntimeWith", settings, engineNames);
  return {
    kind: "backend",
    name: "onnxruntime",
    summary: "onnxruntime-node, where it is installed: native code on the CPU",
    available,
    supports: (node) => domains.has(node.domain),
    async compile(graph, options) {
      checkCompile("onnxruntime", options, Infinity);
      if (options.deterministic === true) {
        throw new BackendError("backend onnxruntime: gives no promise of the same bits on every machine");
      }
      const session = new OnnxruntimeSession(await loadEngine(settings.process), graph, {
        ...options,
        ...settings,
      });
      if (session.complete) await session.prepare();
      return session;
    },
  };
}
/** onnxruntime on the CPU, with all its optimisations. */
export const onnxruntime: BackendDef = onnxruntimeWith({});
