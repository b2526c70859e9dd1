/** `lapis generate`: text out of a trained model, character by character as it comes. @module */
import { InputError, type Model } from "../../mod.ts";
import { decode, type DecodeOptions, generator } from "../../public/sequences.ts";
import { pairPreprocessorOf, type TextVectorizer, textVectorizer, tokensOf } from "../../public/text.ts";
import type { Assets } from "../assets.ts";
import {
  type CommandDef,
  type Context,
  numberOption,
  type Outcome,
  textOption,
  UsageError,
} from "../command.ts";
import { loadNamed, modelOptions } from "../loading.ts";
import { rulesOf } from "../tokenrules.ts";

type Options = Readonly<Record<string, unknown>>;

/** Generates text: after a prompt, or for a source with an encoder–decoder. */
export const generate: CommandDef = {
  name: "generate",
  summary: "generate text: after a prompt, or from a text with an encoder-decoder",
  example: `lapis generate shakespeare.keras --prompt "ROMEO:" --temperature 0.8 --seed 7
lapis generate translation.keras --text "I am tired" --beam 5`,
  declare: (command) =>
    modelOptions(command)
      .option("--prompt <text>", "what the model reads first (default: a line end)")
      .option("--text <text>", "source of an encoder-decoder")
      .option("--length <tokens>", "characters or words to generate at most", "500")
      .option("--temperature <number>", "below 1 bolder, above 1 freer, 0 the most probable", "1")
      .option("--top-k <count>", "draw from so many of the most probable tokens")
      .option("--top-p <share>", "draw from the most probable ones that reach this share")
      .option("--beam <width>", "follow so many hypotheses (encoder-decoder)")
      .option("--length-penalty <number>", "of beams: above 0 favours longer texts")
      .option("--end <token>", "a token that ends the text")
      .option("--seed <number>", "fixes what is drawn", "0"),
  async run([path = ""], options, context) {
    const sampling = samplingFrom(options);
    const { model, assets } = await loadNamed(path, options, context);
    const source = textOption(options, "text");
    if (source !== undefined) return await fromSource(path, model, source, options, sampling);
    if (options.beam !== undefined) throw new UsageError("--beam: goes with --text");
    return await afterPrompt(path, model, assets, options, sampling, context);
  },
};

type Sampling = ReturnType<typeof samplingFrom>;
function samplingFrom(options: Options) {
  const number = (name: string, flag: string, min: number, whole = false) =>
    numberOption(options, name, { flag, min, whole });
  const topP = number("topP", "--top-p", 0), topK = number("topK", "--top-k", 1, true);
  if (topP !== undefined && !(topP > 0 && topP <= 1)) {
    throw new UsageError(`--top-p: expected a number above 0 and at most 1, got ${topP}`);
  }
  return {
    length: number("length", "--length", 0, true) ?? 500,
    temperature: number("temperature", "--temperature", 0) ?? 1,
    seed: number("seed", "--seed", 0, true) ?? 0,
    ...(topK !== undefined && { topK }),
    ...(topP !== undefined && { topP }),
  };
}

/** Words or characters of the model's own vocabulary. @throws {InputError} where there is none. */
function codecOf(model: Model, { vocabulary, text, folder }: Assets): TextVectorizer {
  if (!vocabulary) {
    throw new InputError(
      `generating needs a vocabulary: the model's file holds none, and ${folder} has no vocabulary.json`,
    );
  }
  const known = vocabulary.filter((token) => token !== "" && token !== "[UNK]");
  const characters = known.every((token) => Array.from(token).length === 1);
  const rules = text ?? (characters ? { split: "character" as const, standardize: "none" as const } : {});
  const size = model.outputs[0]?.shape.at(-1);
  if (size !== vocabulary.length) {
    throw new InputError(`the model scores ${size} tokens, and the vocabulary has ${vocabulary.length}`);
  }
  return textVectorizer({ ...rulesOf(rules), vocabulary, length: 1 });
}
/** Tokens that stand for nothing a text has. */
const silent = ({ vocabulary }: TextVectorizer) =>
  vocabulary.flatMap((token, id) => (token === "" || token === "[UNK]" || token === "[start]" ? [id] : []));

async function afterPrompt(
  path: string,
  model: Model,
  assets: Assets,
  options: Options,
  { length, ...sampling }: Sampling,
  { terminal, log }: Context,
): Promise<Outcome> {
  const codec = codecOf(model, assets), { vocabulary } = codec;
  const prompt = textOption(options, "prompt") ?? (vocabulary.includes("\n") ? "\n" : undefined);
  if (prompt === undefined) throw new UsageError("--prompt is missing: what the model reads first");
  const last = textOption(options, "end"),
    end = last === undefined ? undefined : vocabulary.indexOf(last);
  if (end === -1) throw new UsageError(`--end: ${JSON.stringify(last)} is no token of the vocabulary`);
  const ids = codec.ids(prompt);
  if (ids.length === 0) throw new UsageError("--prompt: expected at least one token");
  const strange = new Set(tokensOf(prompt, codec.rules).filter((token) => !vocabulary.includes(token)));
  for (const token of strange) log(`warning: ${JSON.stringify(token)} is not in the model's vocabulary`);
  const json = options.json === true, made = generator(model), started = performance.now();
  let text = "", before = ids.at(-1) ?? 0, tokens = 0;
  if (!json) terminal.out(prompt);
  for await (
    const id of made.generate({
      ...sampling,
      prompt: ids,
      length,
      exclude: silent(codec),
      ...(end !== undefined && { end }),
    })
  ) {
    // What a token adds to the one before: a word brings its space.
    const piece = codec.text([before, id]).slice(codec.text([before]).length);
    [text, before, tokens] = [text + piece, id, tokens + 1];
    if (!json) terminal.out(piece);
  }
  made.close();
  const seconds = (performance.now() - started) / 1000;
  return {
    text: "",
    data: { model: path, prompt, text, tokens, mode: made.mode, seconds, seed: sampling.seed },
  };
}

async function fromSource(
  path: string,
  model: Model,
  source: string,
  options: Options,
  { length, ...sampling }: Sampling,
): Promise<Outcome> {
  const pairs = pairPreprocessorOf(model);
  if (!pairs) {
    throw new InputError(`${path}: holds no vocabularies of an encoder-decoder; --prompt goes on a text`);
  }
  const width = numberOption(options, "beam", { flag: "--beam", whole: true, min: 1 });
  const lengthPenalty = numberOption(options, "lengthPenalty", { flag: "--length-penalty", min: 0 }) ?? 0;
  const exclude = silent(pairs.target), drawn = sampling.temperature !== 1 || sampling.topK || sampling.topP;
  const bounds = {
    start: pairs.start,
    end: pairs.end,
    maxLength: Math.min(length, pairs.target.length),
    exclude,
  };
  const how: DecodeOptions = width !== undefined
    ? { ...bounds, method: "beam", width, lengthPenalty }
    : drawn
    ? { ...bounds, ...sampling, method: "sample" }
    : bounds;
  const [found] = await decode(model, pairs.source.transform([source]), how);
  const text = pairs.target.text(found?.tokens ?? []);
  return {
    text,
    data: { model: path, source, text, logProbability: found?.logProbability, ended: found?.ended },
  };
}
