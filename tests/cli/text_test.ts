/** Text on the command line: next characters, generating, characters and word vectors in `lapis train`. @module */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { main } from "../../cli/main.ts";
import { apply, applyAll, dense, embedding, input, loadModel, model as functional } from "../../mod.ts";
import { gru } from "../../public/layers.ts";
import { toNumbers } from "../../public/tensors.ts";
import { pairPreprocessor, textPreprocessorOf } from "../../public/text.ts";
import { inFolder } from "../support/cli.ts";

async function lapis(...args: readonly string[]) {
  let out = "", err = "";
  const pieces: string[] = [];
  const exit = await main(args, {
    out: (text) => {
      out += text;
      pieces.push(`${text}`);
    },
    err: (text) => err += text,
    width: 80,
    interactive: false,
  });
  return { exit, out, err, pieces };
}
async function json(...args: readonly string[]): Promise<Record<string, unknown>> {
  const { out, err } = await lapis(...args, "--json");
  ok(out.startsWith("{"), err);
  return JSON.parse(out) as Record<string, unknown>;
}
const write = (path: string, value: unknown) =>
  Deno.writeTextFile(path, typeof value === "string" ? value : JSON.stringify(value));

const story = "🙂é né 漢 ".repeat(120);
const language = (stateful: boolean) => ({
  model: {
    layers: [
      { type: "embedding", inputDim: 7, outputDim: 8 },
      { type: "gru", units: 24, returnSequences: true, stateful },
      { type: "dense", units: 7, activation: "softmax" },
    ],
  },
  data: {
    train: { x: "story.txt", to: 0.8 },
    validation: { x: "story.txt", from: 0.8, to: 0.9 },
    test: { x: "story.txt", from: 0.9 },
    text: { split: "character", standardize: "none", length: 12, next: true },
  },
  compile: { optimizer: { name: "adam", learningRate: 0.02 }, loss: "sparseCategoricalCrossentropy" },
  fit: { epochs: 25, batchSize: 4, callbacks: [{ type: "modelCheckpoint", path: "at.keras", every: 25 }] },
});
for (const stateful of [true, false]) {
  Deno.test(`next characters are learnt from a text, ${stateful ? "states carried" : "windows apart"}, and come as they are drawn`, async () => {
    await inFolder(async (folder) => {
      const config = `${folder}/config.json`, model = `${folder}/story.keras`;
      await write(config, language(stateful));
      await write(`${folder}/story.txt`, story);
      const trained = await lapis("train", config, "-o", model);
      strictEqual(trained.exit, 0, trained.err);
      match(trained.out, /^test: 0\.\d{4} nats a character over \d+ characters \(perplexity 1\.\d\d\)/);
      match(trained.err, /valLoss/);
      const again = await json("evaluate", model, "--data", `${folder}/story.txt`);
      ok(Number(again.loss) < 0.2 && Number(again.targets) > 900, JSON.stringify(again));

      const ask = [
        "generate",
        model,
        "--prompt",
        "🙂é",
        "--length",
        "16",
        "--temperature",
        "0.5",
        "--seed",
        "7",
      ];
      const { out, pieces, exit } = await lapis(...ask);
      strictEqual(exit, 0);
      strictEqual(out, "🙂é né 漢 🙂é né 漢 🙂é\n");
      deepStrictEqual(pieces.slice(0, 5), ["🙂é", " ", "n", "é", " "]);
      const told = await json(...ask);
      deepStrictEqual([told.text, told.tokens, told.mode, told.seed], [
        out.slice("🙂é".length, -1),
        16,
        "step",
        7,
      ]);
      strictEqual((await json(...ask, "--end", "漢")).text, " né ");
      const checkpoint = await json("generate", `${folder}/at.keras`, ...ask.slice(2));
      strictEqual(checkpoint.text, told.text);

      for (
        const [why, ...args] of [
          [/--prompt: expected at least one token/, "--prompt", ""],
          [/--prompt is missing/],
          [/--end: "x" is no token/, "--prompt", "n", "--end", "x"],
          [/--top-p: expected a number above 0 and at most 1, got 1.5/, "--top-p", "1.5"],
          [/--beam: goes with --text/, "--beam", "3"],
        ] as const
      ) {
        const failed = await lapis("generate", model, ...args);
        strictEqual(failed.exit, 2);
        match(failed.err, why);
      }
      match(
        (await lapis("generate", model, "--prompt", "nx", "--length", "1")).err,
        /warning: "x" is not in the/,
      );
      const wrong = await lapis("generate", model, "--text", "x");
      deepStrictEqual([wrong.exit, /holds no vocabularies of an encoder-decoder/.test(wrong.err)], [3, true]);
    });
  });
}

Deno.test("an encoder–decoder's file is enough to decode a text, greedily, by beams, by chance", async () => {
  const digits = ["nol", "satu", "dua", "tiga"];
  const all = digits.flatMap((a, i) => digits.map((b, k) => [`${a} ${b}`, `${i}${k}`] as const));
  const pairs = pairPreprocessor({ target: { split: "character", standardize: "none" } });
  const prepared = pairs.fitTransform(all);
  const source = input({ shape: [2], dtype: "int32", name: "source" });
  const target = input({ shape: [3], dtype: "int32", name: "target" });
  const read = apply(embedding({ inputDim: pairs.source.vocabulary.length, outputDim: 8 }), source);
  const [, state] = applyAll(gru({ units: 24, returnState: true }), read);
  const size = pairs.target.vocabulary.length;
  const written = apply(
    gru({ units: 24, returnSequences: true }),
    apply(embedding({ inputDim: size, outputDim: 8 }), target),
    {
      initialState: state ? [state] : [],
    },
  );
  using model = functional({
    inputs: [source, target],
    outputs: apply(dense({ units: size, activation: "softmax" }), written),
  });
  model.compile({ optimizer: "adam", loss: "sparseCategoricalCrossentropy" });
  model.learningRate = 0.02;
  await model.fit({ source: prepared.source, target: prepared.targetIn }, prepared.targetOut, {
    epochs: 60,
    batchSize: 8,
    sampleWeight: prepared.weights,
    verbose: 0,
  });
  await inFolder(async (folder) => {
    const file = `${folder}/numbers.keras`;
    await model.save(file, { extras: pairs.extras });
    for (
      const more of [[], ["--beam", "3", "--length-penalty", "0.6"], ["--temperature", "0.2", "--seed", "3"]]
    ) {
      const { out, exit, err } = await lapis("generate", file, "--text", "tiga dua", ...more);
      deepStrictEqual([exit, out], [0, "32\n"], err);
    }
    const told = await json("generate", file, "--text", "satu satu");
    deepStrictEqual([told.text, told.ended], ["11", true]);
  });
});

Deno.test("characters and word vectors in a configuration; the file predicts texts by itself", async () => {
  await inFolder(async (folder) => {
    const rows = Array.from(
      { length: 24 },
      (_, i) => i % 2 ? `enak sekali ${i},good` : `mahal sekali ${i},bad`,
    );
    await write(`${folder}/train.csv`, `text,label\n${rows.join("\n")}\n`);
    await write(`${folder}/vectors.txt`, "enak 1 0 0.5\nmahal -1 0.25 0\nlain 9 9 9\n");
    const config = (text: object, inputDim: number, trainable: boolean) => ({
      model: {
        layers: [
          { type: "embedding", inputDim, outputDim: 3, trainable },
          { type: "globalAveragePooling1d" },
          { type: "dense", units: 2, activation: "softmax" },
        ],
      },
      data: { train: "train.csv", text },
      compile: { optimizer: { name: "adam", learningRate: 0.1 }, loss: "sparseCategoricalCrossentropy" },
      fit: { epochs: 20, batchSize: 8 },
    });
    const words = { length: 4, maxWords: 5, embeddingFile: "vectors.txt" };
    await write(`${folder}/words.json`, config(words, 5, false));
    const trained = await lapis("train", `${folder}/words.json`, "-o", `${folder}/words.keras`);
    strictEqual(trained.exit, 0, trained.err);
    match(trained.err, /vectors.txt: 2 of 3 words have a vector \(66.7 %\), 33.3 % of the texts' tokens/);
    using model = await loadModel(`${folder}/words.keras`);
    const at = textPreprocessorOf(model)?.vocabulary.indexOf("enak") ?? 0;
    const table = toNumbers([...model.weights.values()][0] ?? (await model.predict([[0, 0, 0, 0]])) as never);
    deepStrictEqual(Array.from(table.slice(3 * at, 3 * at + 3), Number), [1, 0, 0.5]);
    const told = await lapis("predict", `${folder}/words.keras`, "--text", "Enak!");
    match(told.out, /1 {2}good/);

    await write(`${folder}/wide.json`, config(words, 6, true));
    const wide = await lapis("train", `${folder}/wide.json`, "-o", `${folder}/wide.keras`);
    match(wide.err, /vectors.txt: no embedding of 5 words and 3 numbers; the model has \[6, 3\]/);

    await write(
      `${folder}/characters.json`,
      config({ length: 20, split: "character", standardize: "lower" }, 30, true),
    );
    const made = await lapis("train", `${folder}/characters.json`, "-o", `${folder}/characters.keras`);
    strictEqual(made.exit, 0, made.err);
    match((await lapis("predict", `${folder}/characters.keras`, "--text", "MAHAL sekali")).out, /1 {2}bad/);
  });
});
