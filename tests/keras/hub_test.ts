/** KerasHub's models and layers as files: whole classes and their layers give what Keras gives, on every engine that is always there. @module */
import { deepEqual, match, ok, rejects } from "node:assert/strict";
import {
  type DType,
  loadModel,
  type Model,
  type Tensor,
  tensor,
  toNumbers,
  UnsupportedError,
} from "../../mod.ts";
import { root } from "../support/sources.ts";

const folder = new URL("tests/fixtures/keras-hub/", root);
interface Numbers {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
interface Values {
  readonly inputs: Readonly<Record<string, Numbers>>;
  readonly outputs: Readonly<Record<string, Numbers>>;
}
const files = [...Deno.readDirSync(folder)].map((e) => e.name).filter((n) => n.endsWith(".keras")).sort();
const valuesOf = (file: string): Values =>
  JSON.parse(Deno.readTextFileSync(new URL(`${file.split(".")[0]}.json`, folder)));
const given = ({ inputs }: Values): Record<string, Tensor> =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, v]) => [name, tensor([...v.data], v.shape, v.dtype)]),
  );

/** The largest difference, in parts of the largest number. */
async function differenceOf(model: Model, values: Values): Promise<number> {
  const data = given(values), [only] = Object.values(data);
  const y = await model.predict(Object.keys(data).length === 1 && only ? only : data);
  const outputs = "data" in y ? [y] : y as readonly Tensor[];
  // Keras' order of outputs that have names.
  const names = Object.keys(values.outputs).sort();
  deepEqual(outputs.length, names.length);
  return Math.max(...outputs.map((out, i) => {
    const wanted = values.outputs[names[i] ?? ""] as Numbers, numbers = toNumbers(out);
    deepEqual(out.shape, wanted.shape);
    const most = Math.max(...wanted.data.map(Math.abs));
    return Math.max(...wanted.data.map((w, k) => Math.abs(w - (numbers[k] ?? NaN)))) / most;
  }));
}

Deno.test("there are whole classes and their layers", () => ok(files.length >= 27));
for (const file of files) {
  Deno.test(`${file} gives what Keras gives`, async () => {
    for (const backend of ["plain", "wasm"]) {
      using model = await loadModel(new URL(file, folder), { backend, warn: () => {} });
      const difference = await differenceOf(model, valuesOf(file));
      ok(difference < 2e-6, `${backend}: ${difference}`);
    }
  });
}
Deno.test("what is not known is refused with the way out", async () => {
  const config = JSON.stringify({
    module: "keras_hub.src.models.mixtral.mixtral_backbone",
    class_name: "MixtralBackbone",
    config: { vocabulary_size: 20 },
    registered_name: "keras_hub>MixtralBackbone",
  });
  const load = (text: string) => loadModel(new TextEncoder().encode(text));
  await rejects(() => load(config), (error) => {
    match(
      `${error}`,
      /keras_hub>MixtralBackbone is not known.*keras\.Model\(model\.input, model\.output\)\.save/,
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
      using model = await loadModel(new URL(`${name}.keras`, folder), quiet);
      await model.save(path);
      using again = await loadModel(path, quiet);
      ok(await differenceOf(again, valuesOf(name)) < 2e-6);
    } finally {
      await Deno.remove(path);
    }
  });
}
Deno.test("what Keras could not open is refused before anything is written", async () => {
  using llama = await loadModel(new URL("Llama.keras", folder), { warn: () => {} });
  await rejects(
    () => llama.save("unwritten.keras"),
    /LlamaTransformerDecoder is a part of KerasHub's models that it doesn't register/,
  );
  using bert = await loadModel(new URL("BertMaskedLM.keras", folder), { warn: () => {} });
  await rejects(() => bert.save("unwritten.keras"), /Keras would make the table anew, without its weights/);
  await rejects(() => Deno.stat("unwritten.keras"), Deno.errors.NotFound);
});
