/** docs/layers.md and cli/layers.json are what the plugins and their runs say, and every public layer of Keras is in the table. @module */
import { deepEqual, equal } from "node:assert/strict";
import { registry } from "../../mod.ts";
import { samples } from "../layers/layersamples.ts";
import { type LayerFacts, layerFacts, layersPage, leftOut } from "../layers/layertable.ts";
import { root } from "../support/sources.ts";

const read = (path: string) => Deno.readTextFile(new URL(path, root));
const list = JSON.parse(await read("tests/fixtures/keras-layers.json")) as {
  readonly keras: string;
  readonly layers: Readonly<Record<string, string>>;
};
const facts = JSON.parse(await read("cli/layers.json")) as Record<string, LayerFacts>;

Deno.test("the table of layers is current: deno task docs:layers makes it anew", async () => {
  const now = await layerFacts();
  deepEqual(facts, now);
  equal(await read("docs/layers.md"), layersPage(now, list.keras));
});
Deno.test("every public layer of Keras is a layer here, or is left out with a reason, and not both", () => {
  const known = new Set(registry.all("layer").flatMap((def) => [def.name, ...def.keras?.classNames ?? []]));
  const missing = Object.keys(list.layers).filter((name) => !known.has(name) && !(name in leftOut));
  deepEqual(missing, []);
  deepEqual(Object.keys(leftOut).filter((name) => known.has(name) || !(name in list.layers)), []);
});
Deno.test("every layer has a sample, and samples are of layers that there are", () => {
  deepEqual(Object.keys(samples).sort(), registry.all("layer").map((def) => def.name).sort());
});
Deno.test("every layer but those of text, of 8-bit weights, of rows by place and of experts stays in the wasm kernels", () => {
  const text = ["Hashing", "HashedCrossing", "StringLookup", "IntegerLookup", "TextVectorization"];
  const narrow = ["QuantizedDense", "QuantizedEinsumDense", "QuantizedEmbedding"];
  // Experts are ranked by TopK, relative places gathered by GatherElements, which run on the host.
  const experts = ["GptOss", "Mixtral", "Qwen3Moe", "Qwen3_5Moe", "QwenMoe"].map((name) =>
    `${name}TransformerDecoder`
  );
  const relative = ["DisentangledAttentionEncoder", "XLNetEncoder", "T5Gemma2DecoderLayer"];
  const places = ["MaskedLMHead", "RoformerV2MaskedLMHead"];
  const host = [...text, ...narrow, ...experts, ...relative, ...places].sort();
  deepEqual(Object.keys(facts).filter((name) => facts[name]?.runs !== "wasm"), host);
});
