/** What each exercise prints: a line a seed, and their mean. @module */
import { stacked, type StackSizes } from "./characters.ts";
import { type LabellingSizes, wordEnds } from "./labelling.ts";
import { waves, type WaveSizes } from "./onetomany.ts";
import { reviews, reviewsIn, type ReviewSizes } from "./reviews.ts";

interface Config {
  readonly seeds: readonly number[];
  readonly reviews: ReviewSizes;
  readonly labelling: LabellingSizes;
  readonly "one-to-many": WaveSizes;
  readonly characters: StackSizes;
}
const at = (path: string) => new URL(path, import.meta.url);
const config = JSON.parse(await Deno.readTextFile(at("config.json"))) as Config, { seeds } = config;
const read = (file: string | undefined, own: string) => Deno.readTextFile(file ?? at(own));
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const figures = (values: readonly number[]) =>
  `${values.map((v) => v.toFixed(4)).join("  ")}   mean ${mean(values).toFixed(4)}`;

/** Accuracy of both readers. */
export async function* reviewsOf(file?: string): AsyncGenerator<string> {
  const own = ["amazon_cells", "yelp"].map((name) => read(undefined, `../data/reviews/${name}_labelled.txt`));
  const rows = reviewsIn(file ? await read(file, "") : (await Promise.all(own)).join("\n"));
  yield `reviews: ${rows.length} rows, accuracy on the test part by seed`;
  const found = [];
  for (const seed of seeds) found.push(await reviews(rows, config.reviews, seed));
  yield `  LSTM    ${figures(found.map((f) => f.lstm))}`;
  yield `  BiLSTM  ${figures(found.map((f) => f.bilstm))}`;
}
/** Word ends found in a text without spaces. */
export async function* labelling(file?: string): AsyncGenerator<string> {
  const text = await read(file, "../data/shakespeare.txt"), found = [];
  for (const seed of seeds) found.push(await wordEnds(text, config.labelling, seed));
  yield "labelling: the ends of words in a text without spaces, test part, by seed";
  for (const what of ["precision", "recall", "f1"] as const) {
    yield `  ${what.padEnd(10)} ${figures(found.map((f) => f[what]))}`;
  }
}
/** Waves out of three numbers. */
export async function* oneToMany(): AsyncGenerator<string> {
  const found = [];
  for (const seed of seeds) found.push(await waves(config["one-to-many"], seed));
  yield "one to many: waves, RMSE on new ones by seed";
  yield `  LSTM      ${figures(found.map((f) => f.rmse))}`;
  yield `  always 0  ${figures(found.map((f) => f.zero))}`;
}
/** A text written on. */
export async function* characters(file?: string): AsyncGenerator<string> {
  const text = await read(file, "../data/shakespeare.txt"), found = [];
  for (const seed of seeds) found.push(await stacked(text, config.characters, seed));
  yield "characters: two LSTM layers, nats a character on the last tenth, by seed";
  yield `  ${figures(found.map((f) => f.loss))}`;
  for (const { temperature, text } of found[0]?.samples ?? []) {
    yield `\n  temperature ${temperature}\n${text.replace(/^/gm, "    ")}`;
  }
}
