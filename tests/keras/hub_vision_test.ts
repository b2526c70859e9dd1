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
Deno.test("layers made of layers are called with tensors of their own where their class takes them so", async () => {
  using model = await loadModel(at("CLIP.layers.keras"), { backend: "plain", ...quiet });
  const path = await Deno.makeTempFile({ suffix: ".keras" });
  try {
    await model.save(path);
    const [was, is] = [await configOfKeras(at("CLIP.layers.keras")), await configOfKeras(path)];
    for (const name of ["text_pooler", "clip_head"]) {
      const calls = [was, is].map((of) => {
        const { layers } = of.config as { readonly layers: readonly Entry[] };
        return layers.find((layer) => layer.name === name)?.inbound_nodes?.[0]?.args
          .map(({ class_name, config }) => [class_name, config?.keras_history]);
      });
      ok(calls[0]?.length === 2);
      deepEqual(calls[1], calls[0]);
    }
  } finally {
    await Deno.remove(path);
  }
});
/** A layer in a file, as far as its calls go. */
interface Entry {
  readonly name: string;
  readonly build_config?: unknown;
  readonly inbound_nodes?: readonly {
    readonly args: readonly {
      readonly class_name?: string;
      readonly config?: { readonly keras_history?: unknown };
    }[];
  }[];
}
Deno.test("a class that Keras can build by a call alone is written without a shape, and read so", async () => {
  const tensor = {
    class_name: "__keras_tensor__",
    config: { shape: [null, 2, 2, 4], dtype: "float32", keras_history: ["x", 0, 0] },
  };
  const entry = (module: string, className: string, name: string, config: object) => ({
    module,
    class_name: className,
    registered_name: module === "keras.layers" ? null : `keras_hub>${className}`,
    name,
    config: { name, ...config },
  });
  const head = {
    num_filters: 3,
    num_conv_layers: 2,
    output_filters: 5,
    activation: "relu",
    data_format: null,
  };
  const source = {
    module: "keras.src.models.functional",
    class_name: "Functional",
    config: {
      name: "heads",
      layers: [
        {
          ...entry("keras.layers", "InputLayer", "x", { batch_shape: [null, 2, 2, 4], dtype: "float32" }),
          inbound_nodes: [],
        },
        {
          ...entry("keras_hub.src.models.retinanet.prediction_head", "PredictionHead", "head", head),
          build_config: { input_shape: [null, 2, 2, 4] },
          inbound_nodes: [{ args: [tensor], kwargs: {} }],
        },
      ],
      input_layers: ["x", 0, 0],
      output_layers: ["head", 0, 0],
    },
  };
  const bytes = new TextEncoder().encode(JSON.stringify(source));
  const model = await loadModel(bytes, { backend: "plain", ...quiet });
  const written = await model.toBytes(".json");
  const { config } = JSON.parse(new TextDecoder().decode(written)) as {
    readonly config: { readonly layers: readonly Entry[] };
  };
  const found = config.layers.find((layer) => layer.name === "head");
  ok(found && !("build_config" in found));
  const again = await loadModel(written, { backend: "plain", ...quiet });
  deepEqual(again.outputs[0]?.shape, ["batch", 2, 2, 5]);
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
