/** The wasm engine for a set of rules. @module */
import type { BackendDef } from "../../../core/graph/backend.ts";
import { engineBackend } from "../room/backend.ts";
import type { Rules } from "../room/rules/rule.ts";
import { hasRelaxedSimd, hasSimd } from "./assembler/assembler.ts";
import { WasmDevice } from "./device.ts";
import { copy, elementwise, fill } from "./kernels/mod.ts";
import { writeProgram } from "./program.ts";

/** The room's own loops as WebAssembly. */
export const loopKernels = { copy, fill, elementwise };

/** Generates WebAssembly with 128-bit SIMD; what has no kernel runs as a host step on plain kernels. */
export function wasmWith(rules: Rules): BackendDef {
  return engineBackend({
    name: "wasm",
    summary: "generated WebAssembly with 128-bit SIMD (default)",
    available(): Promise<true | string> {
      if (typeof WebAssembly === "undefined") return Promise.resolve("this machine has no WebAssembly");
      return Promise.resolve(hasSimd() ? true : "this machine's WebAssembly has no 128-bit SIMD");
    },
    target: { kernels: loopKernels, rules },
    async open(plan, table, { deterministic }) {
      const program = writeProgram(plan, table, deterministic !== true && hasRelaxedSimd());
      return new WasmDevice(program, await WebAssembly.compile(program.bytes));
    },
  });
}
