/** A user's own layer, in a file that imports nothing but the package: it loads, predicts as Keras did, and trains. @module */
import { deepEqual, match, ok, rejects } from "node:assert/strict";
import { loadModel, tensor, toNumbers, UnsupportedError } from "../mod.ts";
import { patches } from "../examples/custom-layer/patches.ts";
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
Deno.test("patches of images, as the class of Keras cuts them", async () => {
  using model = await loadModel(new URL("examples/custom-layer/patches.keras", root), { layers: [patches] });
  const y = await model.predict(tensor(Float32Array.from({ length: 32 }, (_, i) => i), [1, 4, 4, 2]));
  // Printed by make_patches.py.
  const wanted = [-18.541793823242188, -24.37863540649414, -41.88916015625, -47.72599792480469];
  const numbers = "data" in y ? [...toNumbers(y)] : [];
  ok(wanted.every((w, i) => Math.abs(w - (numbers[i] ?? NaN)) < 1e-5), `${numbers}`);
});
