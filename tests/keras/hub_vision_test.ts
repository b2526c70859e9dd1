/** KerasHub's models of images, sound and both: they give what Keras gives, and are written as the classes they were. @module */
import { deepEqual, ok, rejects } from "node:assert/strict";
import { loadModel } from "../../mod.ts";
import { configOfKeras, differenceOf, hubModels } from "../support/hubmodels.ts";

const { files, at, values } = hubModels("keras-hub-vision");
const quiet = { warn: () => {} };

for (const file of files) {
  Deno.test(`${file} gives what Keras gives, and again when it was written`, async () => {
    const path = await Deno.makeTempFile({ suffix: ".keras" });
    try {
      for (const backend of ["plain", "wasm"]) {
        using model = await loadModel(at(file), { backend, ...quiet });
        const difference = await differenceOf(model, values(file));
        ok(difference < 3e-6, `${backend}: ${difference}`);
        if (backend === "wasm") await model.save(path);
      }
      using again = await loadModel(path, quiet);
      ok(await differenceOf(again, values(file)) < 3e-6);
      const [was, is] = [await configOfKeras(at(file)), await configOfKeras(path)];
      deepEqual(
        [is.class_name, is.registered_name, is.module],
        [was.class_name, was.registered_name, was.module],
      );
    } finally {
      await Deno.remove(path);
    }
  });
}

Deno.test("outputs of a functional model are those of its layers' first calls, also of layers made of layers", async () => {
  const path = await Deno.makeTempFile({ suffix: ".keras" });
  try {
    for (const file of ["CLIP.layers.keras", "CSPNet.layers.keras"]) {
      using model = await loadModel(at(file), { backend: "plain", ...quiet });
      await model.save(path);
      const [was, is] = [await configOfKeras(at(file)), await configOfKeras(path)];
      const ends = (of: typeof was) => (of.config as { readonly output_layers?: unknown }).output_layers;
      ok(ends(was) !== undefined);
      deepEqual(ends(is), ends(was));
    }
  } finally {
    await Deno.remove(path);
  }
});
Deno.test("whole-model .h5 is refused for classes whose layers are made of layers, and written for others", async () => {
  using mobile = await loadModel(at("MobileNet.keras"), quiet);
  await rejects(() => mobile.toBytes(".h5"), /part of a layer of KerasHub's/);
  using plain = await loadModel(at("DenseNet.keras"), quiet);
  using again = await loadModel(await plain.toBytes(".h5"), quiet);
  ok(await differenceOf(again, values("DenseNet")) < 3e-6);
});
Deno.test("what can't be said is refused by name", async () => {
  const load = (name: string, config: object) =>
    loadModel(
      new TextEncoder().encode(
        JSON.stringify({
          class_name: name,
          registered_name: `keras_hub>${name}`,
          module: "keras_hub",
          config,
        }),
      ),
      quiet,
    );
  await rejects(() => load("SAMBackbone", {}), /SAMBackbone is not supported: its graph depends on/);
  const vgg = { stackwise_num_repeats: [1], stackwise_num_filters: [2], image_shape: [8, 8, 3] };
  await rejects(
    () => load("VGGBackbone", { ...vgg, padding: 1 }),
    /VGGBackbone: unknown hyperparameter padding = 1/,
  );
  await rejects(
    () => load("VGGBackbone", { ...vgg, stackwise_num_repeats: "1" }),
    /expected numbers, got "1"/,
  );
  await rejects(() => load("VGGBackbone", { ...vgg, data_format: "channels_first" }), /only channels_last/);
});
