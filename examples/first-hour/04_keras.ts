/** A model that Keras trained, on one picture. @module */
import { data, loadModel, tensor, tensors } from "../../mod.ts";

const at = (name: string) => new URL(name, import.meta.url).pathname;
const model = await loadModel(at("base.keras")), { images } = await data.readPictures([at("seven.jpg")]);
const x = tensor(tensors.toNumbers(images).map((v) => v / 255), images.shape);
const scores = (await model.predict(x)).data, names = ["five", "six", "seven", "eight", "nine"];
console.log(names.map((name, i) => `${name} ${scores[i]}`).join("\n"));
