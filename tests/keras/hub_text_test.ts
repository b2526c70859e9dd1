/** KerasHub's models of text as files: each gives what Keras gives, for ids of several lengths and padding anywhere. @module */
import { deepEqual, ok, rejects } from "node:assert/strict";
import { packagesFor } from "../../io/keras/mod.ts";
import { loadModel } from "../../mod.ts";
import { configOfKeras, differenceOf, type Values } from "../support/hubmodels.ts";
import { root } from "../support/sources.ts";

const folder = new URL("tests/fixtures/keras-hub-text/", root);
const files = [...Deno.readDirSync(folder)].map((e) => e.name).filter((n) => /\.(keras|h5)$/.test(n)).sort();
const callsOf = (file: string): readonly Values[] =>
  JSON.parse(Deno.readTextFileSync(new URL(file.replace(/\.\w+$/, ".json"), folder)));
// Keras' own rounding is larger: in six layers where others have one or two, and where scales are counted from one.
const looser: Readonly<Record<string, number>> = { "Gemma3.keras": 6e-6, "EdRecSeq2SeqLM.keras": 6e-6 };

Deno.test("there are classes of text", () => ok(files.length >= 37));
for (const file of files) {
  Deno.test(`${file} gives what Keras gives`, async () => {
    for (const backend of ["plain", "wasm"]) {
      using model = await loadModel(new URL(file, folder), { backend, warn: () => {} });
      for (const call of callsOf(file)) {
        const difference = await differenceOf(model, call);
        ok(difference < (looser[file] ?? 2e-6), `${backend}: ${difference}`);
      }
    }
  });
}
/** Saves a fixture's model in another file, for as long as `use` takes. */
async function written(file: string, ending: string, use: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile({ suffix: ending });
  try {
    using model = await loadModel(new URL(file, folder), { warn: () => {} });
    await model.save(path);
    await use(path);
  } finally {
    await Deno.remove(path);
  }
}
const classIn = (config: Readonly<Record<string, unknown>>) => [config.class_name, config.registered_name];
for (const file of files) {
  Deno.test(`${file} is written as the class that it was`, async () => {
    await written(file, ".keras", async (path) => {
      const name = file.replace(/\.\w+$/, ".keras"), config = await configOfKeras(path);
      deepEqual(classIn(config), classIn(await configOfKeras(new URL(name, folder))));
      using again = await loadModel(path, { warn: () => {} });
      for (const call of callsOf(file)) ok(await differenceOf(again, call) < (looser[file] ?? 2e-6));
    });
  });
}
for (const name of ["MixtralCausalLM", "T5", "DebertaV3", "RWKV7CausalLM", "Gemma3TextEmbedder"]) {
  Deno.test(`${name} as ONNX gives what Keras gives`, async () => {
    await written(`${name}.keras`, ".onnx", async (path) => {
      using model = await loadModel(path, { warn: () => {} });
      for (const call of callsOf(`${name}.keras`)) ok(await differenceOf(model, call) < 3e-6);
    });
  });
}
Deno.test("a class whose weights Keras lists otherwise is no .h5", async () => {
  for (const name of ["RobertaMaskedLM", "BartSeq2SeqLM", "OPTCausalLM", "ESMProteinClassifier"]) {
    using model = await loadModel(new URL(`${name}.keras`, folder), { warn: () => {} });
    await rejects(() => model.save("unwritten.h5"), /lists its weights in an \.h5 in an order of its own/);
  }
  await rejects(() => Deno.stat("unwritten.h5"), Deno.errors.NotFound);
});
Deno.test("what Python has to import is known", async () => {
  using model = await loadModel(new URL("T5.keras", folder), { warn: () => {} });
  deepEqual(packagesFor(model), ["keras_hub"]);
  using own = await loadModel(new URL("tests/fixtures/keras-fscores/one_micro.keras", root), {
    warn: () => {},
  });
  deepEqual(packagesFor(own), []);
});
