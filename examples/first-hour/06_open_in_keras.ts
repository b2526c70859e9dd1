/** A model saved, loaded again, and opened by Keras: `keras.models.load_model("model.keras")`. @module */
import { input, layers, loadModel, sequential, tensor } from "../../mod.ts";

const hidden = layers.dense({ units: 8, activation: "relu" }), output = layers.dense({ units: 1 });
const model = sequential([input({ shape: [3] }), hidden, output], { seed: 1 }), x = tensor([[1, 0, 1]]);
model.compile({ optimizer: "adam", loss: "mse" });
await model.fit(tensor([[1, 2, 3], [3, 2, 1]]), tensor([[1], [0]]), { epochs: 5, verbose: 0 });
await model.save("model.keras");
const again = await loadModel("model.keras");
console.log((await model.predict(x)).data, (await again.predict(x)).data);
