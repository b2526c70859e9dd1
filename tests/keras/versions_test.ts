/** Layers and options of Keras 1 and 2 that later versions dropped, and forms that files take, give Keras' outputs. @module */
import { deepEqual, ok, rejects, throws } from "node:assert/strict";
import {
  input,
  loadModel,
  type Model,
  readNpy,
  registry,
  sequential,
  type Tensor,
  tensor,
} from "../../mod.ts";
import { readWeightsH5 } from "../../io/keras/mod.ts";
import { textVectorization, timeDistributed } from "../../public/layers.ts";
import { createLayer } from "../../public/plugins.ts";
import { toNumbers } from "../../public/tensors.ts";
import { openZip } from "../../io/archives/zip.ts";
import { backends, listCases } from "../support/cases.ts";
import { runCase } from "../support/runner.ts";
import { root } from "../support/sources.ts";

const folder = new URL("tests/fixtures/keras-versions/", root);

for (const backend of backends) {
  Deno.test(`what only some versions of Keras have gives their outputs on ${backend}`, async () => {
    const cases = await listCases(folder), wrong: string[] = [];
    for (const one of cases) {
      const { status, detail } = await runCase(one, backend);
      // Lookups and hashes have no form in ONNX.
      if (status === "left out" && backend === "onnxruntime" && /IndexOf|HashBucket|CrossHash/.test(detail)) {
        continue;
      }
      if (status !== "passed") wrong.push(`${one.name} ${status}: ${detail}`);
    }
    deepEqual(wrong, []);
    ok(cases.length >= 30);
  });
}
Deno.test("a layer that Keras 1 alone has is refused when newer files are written", async () => {
  using model = await loadModel(new URL("K1_highway_1/model.h5", folder));
  await rejects(model.save("unused.keras"), /layer "highway_1" \(Highway\): Keras 1 alone has this layer/);
});
Deno.test("a quantized layer isn't trained, isn't written, and isn't run where Keras leaves out its scales", async () => {
  const data = await Deno.readFile(new URL("K3_quantized_dense_int8_keras/model.keras", folder));
  using model = await loadModel(data);
  await rejects(model.save("unused.keras"), /\(QuantizedDense\): a quantized layer isn't written/);
  const inner = createLayer(registry.get("layer", "QuantizedDense"), {
    units: 2,
    quantization: { mode: "int8", block: null, inputs: null, history: 1 },
  });
  throws(() => timeDistributed(inner), /quantized Dense inside TimeDistributed/);
});
Deno.test("layers of structured data and texts are written as Keras reads them", async () => {
  const written = async (model: Model, kerasVersion: 2 | 3) => {
    const file = await Deno.makeTempFile({ suffix: kerasVersion === 2 ? ".h5" : ".keras" });
    try {
      await model.save(file, { kerasVersion });
      return await Deno.readFile(file);
    } finally {
      await Deno.remove(file);
    }
  };
  const text = (bytes: Uint8Array) => new TextDecoder("latin1").decode(bytes);
  using bins = await loadModel(new URL("K2_Discretization__adapted_h5/model.h5", folder));
  const config = text(await written(bins, 3)).match(/\{"name": ?"discretization"[^}]*\}/)?.[0] ?? "";
  ok(/"num_bins": ?null/.test(config) && !/trainable/.test(config), config);

  const layer = textVectorization({
    vocabulary: ["cat", "dog"],
    outputMode: "tf_idf",
    idfWeights: [2, 3],
    ngrams: [1, 2],
  });
  using texts = sequential([input({ shape: [1], dtype: "string" }), layer]);
  const archive = openZip(await written(texts, 3)).read("model.weights.h5"), arrays = readWeightsH5(archive);
  for (const group of ["", "/_lookup_layer"]) {
    const idf = arrays.get(`layers/text_vectorization${group}/vars/idf_weights`);
    deepEqual([...idf?.data ?? []], [2.5, 2, 3]);
  }
  const older = await written(texts, 2), said = text(older);
  ok(/"dtype": ?"string"/.test(said) && /"ngrams": ?2/.test(said));
  const names = [...readWeightsH5(older).keys()];
  deepEqual(names, ["model_weights/text_vectorization/idf_weights:0"]);
  const apart = textVectorization({ vocabulary: ["cat"], outputMode: "count", ngrams: [2] });
  using pairs = sequential([input({ shape: [1], dtype: "string" }), apart]);
  await rejects(written(pairs, 2), /Keras 2 reads no ngrams of 2 words alone/);
});
Deno.test("kernels of Theano's Keras are turned, and where its windows stand elsewhere is said", async () => {
  const warnings: string[] = [];
  const warn = (text: string) => warnings.push(text);
  using _ = await loadModel(new URL("K1theano_conv2d_th_valid_2/model.h5", folder), { warn });
  deepEqual(warnings, []);
});

const forms = new URL("tests/fixtures/keras-forms/", root),
  path = (name: string) => new URL(name, forms).pathname;
const read = async (name: string) => readNpy(await Deno.readFile(new URL(name, forms)));

Deno.test("a folder that Keras saved unzipped is a model, and weights in shards are weights", async () => {
  const x = await read("in0.npy"), expected = toNumbers(await read("out0.npy"));
  const whole = await loadModel(path("model"));
  const apart = await loadModel(path("config.json"), { weights: path("model.weights.json") });
  for (const made of [whole, apart]) {
    using model = made;
    const y = await model.predict(x);
    toNumbers(y as Tensor).forEach((v, i) => ok(Math.abs(v - (expected[i] ?? NaN)) < 1e-5, `${v} at ${i}`));
  }
  using lookup = await loadModel(path("lookup"));
  const ids = await lookup.predict(tensor([["b"], ["x"]]));
  deepEqual([...toNumbers(ids as Tensor)], [0, 1, 0, 0, 1, 0, 0, 0]);
});
Deno.test("an index of shards that names what isn't there, or leads out of the folder, is refused by name", async () => {
  const folder = await Deno.makeTempDir(), index = `${folder}/model.weights.json`;
  try {
    await Deno.copyFile(path("config.json"), `${folder}/config.json`);
    for (
      const [file, says] of [["gone.weights.h5", /gone\.weights\.h5/], ["../up.h5", /leads out of/]] as const
    ) {
      await Deno.writeTextFile(index, JSON.stringify({ weight_map: { "/layers/dense/vars": file } }));
      await rejects(loadModel(`${folder}/config.json`, { weights: index }), says);
    }
    await Deno.writeTextFile(index, JSON.stringify({ weight_map: {} }));
    await rejects(
      loadModel(`${folder}/config.json`, { weights: index }),
      /weight_map: expected names of files/,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
