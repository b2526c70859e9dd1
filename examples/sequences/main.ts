/**
 * Recurrent networks from the ground up: cells and backpropagation through time by hand against the library, gradients
 * over 50 steps, a character generator, eight sentences. `deno run -A examples/sequences/main.ts [-o FOLDER]`
 * @module
 */
import { chart } from "./chart.ts";
import { characters, type CharacterSizes } from "./characters.ts";
import { byHand, type GradientSizes, normsOf } from "./gradients.ts";
import { sentences, sentiment, type SentimentSizes } from "./sentiment.ts";

interface Config {
  readonly seeds: readonly number[];
  readonly gradients: GradientSizes;
  readonly characters: CharacterSizes;
  readonly sentiment: SentimentSizes;
}
const at = (path: string) => new URL(path, import.meta.url);
const config = JSON.parse(await Deno.readTextFile(at("config.json"))) as Config, { seeds } = config;
const flag = Deno.args.indexOf("-o"), folder = flag < 0 ? undefined : Deno.args[flag + 1];

const hand = await byHand(config.gradients, seeds[0] ?? 1, config.characters.clip);
console.log(`backpropagation by hand against the library, RNN, ${config.gradients.steps} steps:`);
console.log(
  `  gradients differ by at most ${hand.difference.toExponential(1)}, norms by step by ${
    hand.norms.toExponential(1)
  }`,
);
console.log(`  global norm ${hand.length.toFixed(2)}, clipped to ${hand.clipped.toFixed(2)}\n`);

const last = config.gradients.steps - 1, marks = [0, 0.2, 0.5, 0.8, 1].map((s) => Math.round(s * last));
const kept: string[] = [];
if (folder !== undefined) await Deno.mkdir(folder, { recursive: true });
for (const [what, initializer] of Object.entries(config.gradients.recurrentInitializers)) {
  const cells = await normsOf(config.gradients, initializer, seeds);
  console.log(`norm of the loss' gradient at the hidden state, recurrent weights ${what}:`);
  for (const { name, norms, forward } of cells) {
    const shown = marks.map((t) => `${t + 1}: ${(norms[t] ?? NaN).toExponential(1)}`).join("  ");
    console.log(`  ${name.padEnd(4)}  ${shown}   (cell by hand: ${forward.toExponential(1)})`);
  }
  const left = cells.map(({ name, norms }) =>
    `${name} ${((norms[0] ?? NaN) / (norms[last] ?? 1)).toExponential(0)}`
  );
  kept.push(`${left.join(", ")} (${what})`);
  if (folder === undefined) continue;
  const lines = cells.map((c) => ({ name: c.name, values: c.norms }));
  for (const scale of ["linear", "log"] as const) {
    const file = `${folder}/gradient-norms-${kept.length}-${scale}.svg`;
    await Deno.writeTextFile(file, chart(`∂loss/∂h by step, ${what}`, lines, scale));
    console.log(`  → ${file}`);
  }
}

const text = await Deno.readTextFile(at("../data/shakespeare.txt"));
const generated = await characters(text, config.characters, seeds[0] ?? 1);
console.log("\ncharacter generator, smoothed loss in nats a character:");
for (const [iteration, loss] of generated.losses) {
  console.log(`  ${`${iteration}`.padStart(5)}  ${loss.toFixed(3)}`);
}
console.log(`\n${generated.sample.replace(/^/gm, "  ")}\n`);

const right: number[] = [];
for (const seed of seeds) right.push((await sentiment(config.sentiment, seed)).right);
console.log(
  `eight sentences: ${right.map((n) => `${n} of ${sentences.length}`).join(", ")} right, by seed\n`,
);

const down = generated.losses.at(-1)?.[1] ?? NaN;
console.log(
  `Found: of the last step's gradient the first of ${last + 1} steps still gets: ${kept.join("; ")}. ` +
    `The generator came down to ${down.toFixed(2)} nats a character; ` +
    `${
      right.every((n) => n === sentences.length) ? "all eight sentences are" : "not all eight sentences are"
    } right.`,
);
