/** The wasm backend for a set of rules. @module */
import { type BackendDef, checkCompile, type CompileOptions, type Session } from "../../../core/backend.ts";
import type { Graph } from "../../../core/graph.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { hasRelaxedSimd, hasSimd } from "./assembler.ts";
import { compileGraph } from "./compile.ts";
import { engineTest } from "./engine.ts";
import type { Rules } from "./rules/rule.ts";
import { WasmSession } from "./session.ts";

/** Generates WebAssembly with 128-bit SIMD; what has no kernel runs as a host step on plain kernels. */
export function wasmWith(rules: Rules): BackendDef {
  const isEngineNode = engineTest(rules);
  return {
    kind: "backend",
    name: "wasm",
    summary: "generated WebAssembly with 128-bit SIMD (default)",
    available(): Promise<true | string> {
      if (typeof WebAssembly === "undefined") return Promise.resolve("this machine has no WebAssembly");
      return Promise.resolve(hasSimd() ? true : "this machine's WebAssembly has no 128-bit SIMD");
    },
    supports: (node, types) =>
      isEngineNode(node, { name: "", inputs: [], nodes: [node], outputs: [], types }, types),
    async compile(graph: Graph, options: CompileOptions): Promise<Session> {
      checkCompile("wasm", options);
      const relaxed = options.deterministic !== true && hasRelaxedSimd();
      const { profile = false } = options;
      const compiled = compileGraph(graph, options.registry, { relaxed, rules, profile });
      const module = await WebAssembly.compile(compiled.bytes);
      const limits = options.limits ?? defaultLimits;
      return new WasmSession(compiled, module, limits, options.maxBytes ?? limits.planBytes, profile);
    },
  };
}
