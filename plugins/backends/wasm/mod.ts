/** The wasm backend: a graph becomes one WebAssembly module, generated in TypeScript. @module */
import type { BackendDef } from "../../../core/graph/backend.ts";
import { wasmWith } from "./engine.ts";
import { gradientRules } from "./rules/gradient.ts";
import { forwardRules } from "./rules/mod.ts";

/** The wasm backend, gradients included. */
export const wasm: BackendDef = wasmWith({ ...forwardRules, ...gradientRules });
