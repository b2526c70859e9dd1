/** A user's own layer, in a file that imports nothing but the package: it loads, predicts as Keras did, and trains. @module */
import { deepEqual, match, rejects } from "node:assert/strict";
import { loadModel, tensor, UnsupportedError } from "../mod.ts";
import { swirl } from "../examples/custom-layer/swirl.ts";
import { root } from "./support/sources.ts";

const file = new URL("examples/custom-layer/swirl.keras", root);

Deno.test("the example runs and gives what Keras printed", async () => {
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-read", "examples/custom-layer/main.ts"],
    cwd: root,
  }).output();
  deepEqual([success, new TextDecoder().decode(stdout)], [true, "-10.586465 -4.810854\n"]);
});
Deno.test("without the layer the error names the class and the way", async () => {
  await rejects(() => loadModel(file), (error) => {
    match(
      `${error}`,
      /no layer for the class acme>Swirl; bring your own: loadModel\(path, \{ layers: \[myLayer\] \}\)/,
    );
    return error instanceof UnsupportedError;
  });
});
Deno.test("a layer of one's own has gradients, and its weights have Keras' paths", async () => {
  using model = await loadModel(file, { layers: [swirl] });
  deepEqual([...model.weights.keys()], [
    "sequential/swirl/scale",
    "sequential/dense/kernel",
    "sequential/dense/bias",
  ]);
  const { weights } = await model.gradients(tensor([[1, 2, 3, 4]]), tensor([[0, 0]]), {
    loss: "meanSquaredError",
  });
  deepEqual(weights.get("sequential/swirl/scale")?.shape, [4]);
});
