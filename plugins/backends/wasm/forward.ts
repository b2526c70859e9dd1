/** The wasm backend without the kernels of gradients: what running a model takes. @module */
import type { BackendDef } from "../../../core/graph/backend.ts";
import { wasmWith } from "./engine.ts";
import { forwardRules } from "./rules/mod.ts";

/** The wasm backend for inference. */
export const wasm: BackendDef = wasmWith(forwardRules);
