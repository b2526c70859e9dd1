/** Every backend of ours keeps the contract. @module */
import { onnxruntime } from "../../plugins/backends/onnxruntime/mod.ts";
import { plain } from "../../plugins/backends/plain/mod.ts";
import { wasm } from "../../plugins/backends/wasm/mod.ts";
import { backendContract } from "./contract.ts";

for (const def of [wasm, plain, onnxruntime]) backendContract(def);
