/** Every operator's samples on the wasm engine. @module */
import { wasm } from "../../plugins/backends/wasm/mod.ts";
import { testGradientsOn, testValues } from "../support/onengine.ts";

await testValues(wasm);
await testGradientsOn(wasm);
