/** Every backend of ours keeps the contract. @module */
import { backendContract } from "../../plugins/backends/contract/mod.ts";
import { onnxruntime } from "../../plugins/backends/onnxruntime/mod.ts";
import { plain } from "../../plugins/backends/plain/mod.ts";
import { wasm } from "../../plugins/backends/wasm/mod.ts";

for (const def of [wasm, plain, onnxruntime]) backendContract(def, Deno.test);
