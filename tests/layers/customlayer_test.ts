/** A user's own layer, in a file that imports nothing but the package: it loads, predicts as Keras did, and trains. @module */
import { deepEqual, match, notDeepEqual, ok, rejects } from "node:assert/strict";
import { loadModel, type Tensor, tensor, UnsupportedError } from "../../mod.ts";
import { toNumbers } from "../../public/tensors.ts";
import { openZip } from "../../io/archives/zip.ts";
import { leakyCell } from "../../examples/custom-layer/leaky.ts";
import { patches } from "../../examples/custom-layer/patches.ts";
import { sampling } from "../../examples/custom-layer/sampling.ts";
import { swirl } from "../../examples/custom-layer/swirl.ts";
import { root } from "../support/sources.ts";

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
Deno.test("a written file keeps the package of the class, which Keras finds it by", async () => {
  using model = await loadModel(file, { layers: [swirl] });
  const { config } = JSON.parse(
    new TextDecoder().decode(openZip(await model.toBytes(".keras")).read("config.json")),
  );
  const [own] = (config.layers as { class_name: string; registered_name: string | null }[])
    .filter((l) => l.class_name === "Swirl");
  deepEqual(own?.registered_name, "acme>Swirl");
});
Deno.test("patches of images, as the class of Keras cuts them", async () => {
  using model = await loadModel(new URL("examples/custom-layer/patches.keras", root), { layers: [patches] });
  const y = await model.predict(tensor(Float32Array.from({ length: 32 }, (_, i) => i), [1, 4, 4, 2]));
  // Printed by make_patches.py.
  const wanted = [-18.541793823242188, -24.37863540649414, -41.88916015625, -47.72599792480469];
  const numbers = "data" in y ? [...toNumbers(y)] : [];
  ok(wanted.every((w, i) => Math.abs(w - (numbers[i] ?? NaN)) < 1e-5), `${numbers}`);
});

const counted = (...shape: readonly number[]) =>
  tensor(Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i / 10), shape);
/** What make_more.py printed. */
function near(y: unknown, wanted: readonly number[]): void {
  const numbers = typeof y === "object" && y !== null && "data" in y ? [...toNumbers(y as Tensor)] : [];
  ok(wanted.every((w, i) => Math.abs(w - Number(numbers[i] ?? NaN)) < 1e-6), `${numbers}`);
}
Deno.test("a latent vector is its mean when predicting, and drawn in training", async () => {
  using model = await loadModel(new URL("examples/custom-layer/sampling.keras", root), {
    layers: [sampling],
  });
  near(await model.predict(counted(2, 3)), [
    0.1503111869096756,
    0.12024369090795517,
    0.08397410064935684,
    0.2383270561695099,
    0.21719346940517426,
    0.25715500116348267,
  ]);
  const losses = async (seed: number) => {
    const file = new URL("examples/custom-layer/sampling.keras", root);
    using again = await loadModel(file, { layers: [sampling], seed });
    again.compile({ optimizer: "sgd", loss: "meanSquaredError" });
    return (await again.fit(counted(2, 3), counted(2, 3), { epochs: 2, verbose: 0, seed })).history.loss;
  };
  deepEqual(await losses(1), await losses(1));
  notDeepEqual(await losses(1), await losses(2));
});
Deno.test("a recurrent cell of one's own runs over a sequence as Keras ran it, and has gradients", async () => {
  using model = await loadModel(new URL("examples/custom-layer/leaky.keras", root), { layers: [leakyCell] });
  near(await model.predict(counted(1, 4, 2)), [
    0.27379029989242554,
    -0.2825985550880432,
    -0.04037057235836983,
  ]);
  const { weights } = await model.gradients(counted(1, 4, 2), counted(1, 3), { loss: "meanSquaredError" });
  deepEqual([...weights.values()].map((w) => w.shape), [[2, 3], [3, 3]]);
});
