/** Every backend of ours keeps the contract, and so does a second engine in the room of the first. @module */
import { backendContract } from "../../plugins/backends/contract/mod.ts";
import { onnxruntime } from "../../plugins/backends/onnxruntime/mod.ts";
import { plain } from "../../plugins/backends/plain/mod.ts";
import { wasm } from "../../plugins/backends/wasm/mod.ts";
import { loops } from "./loops/engine.ts";

for (const def of [wasm, plain, onnxruntime, loops(false), loops(true)]) backendContract(def, Deno.test);
