/** Texts as weights of n-grams on the command line: trained, evaluated and predicted from the model's file alone. @module */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { main } from "../../cli/main.ts";

async function lapis(args: readonly string[]) {
  let out = "", err = "";
  const terminal = {
    out: (t: string) => void (out += t),
    err: (t: string) => void (err += t),
    width: 80,
    interactive: false,
  };
  return { exit: await main(args, terminal), out: () => out, err: () => err };
}
const table = `review,label
good food,yes
Good place!,yes
bad food,no
"bad, place",no
good staff,yes
bad staff,no
`;
const config = {
  model: { layers: [{ type: "dense", units: 2, activation: "softmax" }] },
  data: {
    train: "train.csv",
    test: "train.csv",
    ngrams: {
      column: "review",
      kinds: [{ unit: "word", range: [1, 2] }, { unit: "character", range: [2, 3] }],
    },
  },
  compile: { optimizer: { name: "adam", learningRate: 0.1 }, loss: "sparseCategoricalCrossentropy" },
  fit: { epochs: 20, batchSize: 6 },
};

Deno.test("a model of n-grams is trained, and its file alone predicts and evaluates texts", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/train.csv`, table);
    await Deno.writeTextFile(`${folder}/config.json`, JSON.stringify(config));
    const model = `${folder}/model.keras`, plot = `${folder}/curves.svg`;
    const trained = await lapis(["train", `${folder}/config.json`, "-o", model, "--plot", plot]);
    strictEqual(trained.exit, 0, trained.err());
    match(trained.out(), /^loss {3}● training/m);
    match(await Deno.readTextFile(plot), /^<svg .*training<\/text>/s);
    const told = await lapis(["predict", model, "--text", "good", "--text", "a BAD thing", "--json"]);
    strictEqual(told.exit, 0, told.err());
    const outputs = JSON.stringify(JSON.parse(told.out()));
    match(outputs, /yes.*no/s);
    const evaluated = await lapis(["evaluate", model, "--data", `${folder}/train.csv`, "--json"]);
    deepStrictEqual(JSON.parse(evaluated.out()).report.accuracy, 1);
    const wrong = structuredClone(config) as { data: { ngrams: { kinds: { unit: string }[] } } };
    wrong.data.ngrams.kinds.forEach((kind) => kind.unit = "letter");
    await Deno.writeTextFile(`${folder}/wrong.json`, JSON.stringify(wrong));
    const refused = await lapis(["train", `${folder}/wrong.json`, "-o", model]);
    strictEqual(refused.exit, 3);
    match(refused.err(), /data\.ngrams\.kinds\[0\]\.unit: expected one of word, character, got "letter"/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
