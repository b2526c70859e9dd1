/** A model of Keras as an ONNX file: onnxruntime gives the same. @module */
import { loadModel, tensor } from "../../mod.ts";

const model = await loadModel(new URL("base.keras", import.meta.url));
await model.save("base.onnx");
const file = await loadModel("base.onnx", { backend: "onnxruntime" });
const x = tensor(new Float32Array(3072), [1, 32, 32, 3]);
console.log((await model.predict(x)).data, (await file.predict(x)).data);
await file.close();
