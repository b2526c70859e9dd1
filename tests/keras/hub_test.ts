/** KerasHub's models and layers as files: whole classes and their layers give what Keras gives, on every engine that is always there. @module */
import { match, ok, rejects } from "node:assert/strict";
import { createLayer } from "../../core/network/factory.ts";
import { apply, input, loadModel, model, registry, UnsupportedError } from "../../mod.ts";
import { differenceOf, hubModels } from "../support/hubmodels.ts";

const { files, at, values } = hubModels("keras-hub");

Deno.test("there are whole classes and their layers", () => ok(files.length >= 27));
for (const file of files) {
  Deno.test(`${file} gives what Keras gives`, async () => {
    for (const backend of ["plain", "wasm"]) {
      using model = await loadModel(at(file), { backend, warn: () => {} });
      const difference = await differenceOf(model, values(file));
      ok(difference < 2e-6, `${backend}: ${difference}`);
    }
  });
}
Deno.test("what is not known is refused with the way out", async () => {
  const config = JSON.stringify({
    module: "keras_hub.src.models.none.none_backbone",
    class_name: "NoBackbone",
    config: { vocabulary_size: 20 },
    registered_name: "keras_hub>NoBackbone",
  });
  const load = (text: string) => loadModel(new TextEncoder().encode(text));
  await rejects(() => load(config), (error) => {
    match(
      `${error}`,
      /keras_hub>NoBackbone is not known.*keras\.Model\(model\.input, model\.output\)\.save/,
    );
    return error instanceof UnsupportedError;
  });
  const bert = {
    class_name: "BertBackbone",
    registered_name: "keras_hub>BertBackbone",
    config: { vocabulary_size: 20, num_layers: 1, num_heads: 2, hidden_dim: 8, intermediate_dim: 12 },
  };
  const said = (more: object) => JSON.stringify({ ...bert, config: { ...bert.config, ...more } });
  await rejects(() => load(said({ rope: 1 })), /BertBackbone: unknown hyperparameter rope = 1/);
  await rejects(
    () => load(said({ num_layers: 1e9 })),
    /BertBackbone.num_layers: expected an integer from 0 to 10000/,
  );
  await rejects(() => load(said({ hidden_dim: "8" })), /BertBackbone.hidden_dim: expected a number, got "8"/);
});
Deno.test("a class of another package that has a known name is another", async () => {
  const raw = { class_name: "BertBackbone", registered_name: "acme>BertBackbone", config: {} };
  const bytes = new TextEncoder().encode(JSON.stringify(raw));
  await rejects(
    () => loadModel(bytes),
    /model class acme>BertBackbone is not known/,
  );
});
for (const name of ["Bart", "Bert", "GPT2CausalLM"]) {
  Deno.test(`${name} is written so that it is read again with the same answers`, async () => {
    const path = await Deno.makeTempFile({ suffix: ".keras" }), quiet = { warn: () => {} };
    try {
      using model = await loadModel(at(`${name}.keras`), quiet);
      await model.save(path);
      using again = await loadModel(path, quiet);
      ok(await differenceOf(again, values(name)) < 2e-6);
    } finally {
      await Deno.remove(path);
    }
  });
}
Deno.test("what Keras could not open is refused before anything is written", async () => {
  using masked = await loadModel(at("BertMaskedLM.layers.keras"), { warn: () => {} });
  await rejects(() => masked.save("unwritten.keras"), /Keras would make the table anew, without its weights/);
  const x = input({ shape: [4, 8] }), def = registry.get("layer", "Padder");
  using padded = model({ inputs: x, outputs: apply(createLayer(def, {}), x) });
  await rejects(
    () => padded.save("unwritten.keras"),
    /Padder is a part of KerasHub's models that it doesn't register/,
  );
  await rejects(() => Deno.stat("unwritten.keras"), Deno.errors.NotFound);
});
