/** KerasHub's models of text as files: each gives what Keras gives, for ids of several lengths and padding anywhere. @module */
import { ok } from "node:assert/strict";
import { loadModel } from "../../mod.ts";
import { differenceOf, type Values } from "../support/hubmodels.ts";
import { root } from "../support/sources.ts";

const folder = new URL("tests/fixtures/keras-hub-text/", root);
const names = [...Deno.readDirSync(folder)].map((e) => e.name).filter((n) => n.endsWith(".keras"))
  .map((n) => n.slice(0, -".keras".length)).sort();
const callsOf = (name: string): readonly Values[] =>
  JSON.parse(Deno.readTextFileSync(new URL(`${name}.json`, folder)));
// Six layers, where the others have one or two: Keras' own rounding is three times theirs.
const looser: Readonly<Record<string, number>> = { Gemma3: 6e-6 };

Deno.test("there are classes of text", () => ok(names.length >= 30));
for (const name of names) {
  Deno.test(`${name} gives what Keras gives`, async () => {
    for (const backend of ["plain", "wasm"]) {
      using model = await loadModel(new URL(`${name}.keras`, folder), { backend, warn: () => {} });
      for (const call of callsOf(name)) {
        const difference = await differenceOf(model, call);
        ok(difference < (looser[name] ?? 2e-6), `${backend}: ${difference}`);
      }
    }
  });
}
