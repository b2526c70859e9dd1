/** KerasHub's models of text as files: each gives what Keras gives, for ids of several lengths and padding anywhere. @module */
import { ok } from "node:assert/strict";
import { loadModel } from "../../mod.ts";
import { differenceOf, type Values } from "../support/hubmodels.ts";
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
