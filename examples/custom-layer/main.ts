/** Loads a Keras model with a layer that Lapis doesn't know, by bringing the layer. @module */
import { loadModel, tensor } from "@lapis/lapis";
import { toNumbers } from "@lapis/lapis/tensors";
import { swirl } from "./swirl.ts";

const model = await loadModel(new URL("swirl.keras", import.meta.url), { layers: [swirl] });
const y = await model.predict(tensor([[1, 2, 3, 4]]));
if (Array.isArray(y)) throw new Error("expected one output");
console.log(Array.from(toNumbers(y), (n) => n.toFixed(6)).join(" "));
