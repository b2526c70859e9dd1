/**
 * Recurrent networks from the ground up: cells and backpropagation through time by hand against the library, gradients
 * over 50 steps, a character generator, eight sentences. `deno run -A examples/sequences/main.ts [-o FOLDER]`
 * @module
 */
import { chart } from "./chart.ts";
import { type CharacterRun, characters, type CharacterSizes, hamlet } from "./characters.ts";
import { byHand, type GradientSizes, normsOf } from "./gradients.ts";
import { sentences, sentiment, type SentimentRun, type SentimentSizes } from "./sentiment.ts";

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

console.log("\ncharacter generator on four lines of Hamlet, loss in nats a character, by seed:");
const runs: CharacterRun[] = [];
for (const seed of seeds) runs.push(await characters(hamlet, config.characters, seed));
for (const [i, [iteration]] of (runs[0]?.losses ?? []).entries()) {
  const losses = runs.map((run) => (run.losses[i]?.[1] ?? NaN).toFixed(3));
  console.log(`  ${`${iteration}`.padStart(5)}  ${losses.join("  ")}`);
}
console.log(`\n${(runs[0]?.sample ?? "").replace(/^/gm, "  ")}\n`);

console.log("eight sentences, binary cross-entropy, by seed:");
const felt: SentimentRun[] = [];
for (const seed of seeds) felt.push(await sentiment(config.sentiment, seed));
for (const [i, [epoch]] of (felt[0]?.losses ?? []).entries()) {
  console.log(
    `  ${`${epoch}`.padStart(5)}  ${felt.map((run) => (run.losses[i]?.[1] ?? NaN).toFixed(4)).join("  ")}`,
  );
}
console.log("\nprobability of positive, first seed:");
for (const [i, { text, label }] of sentences.entries()) {
  console.log(`  ${text.padEnd(20)} ${(felt[0]?.probabilities[i] ?? NaN).toFixed(3)}  ${label}`);
}
const right = felt.map((run) => run.right);
console.log(`  ${right.map((n) => `${n} of ${sentences.length}`).join(", ")} right, by seed\n`);

const down = runs.map((run) => (run.losses.at(-1)?.[1] ?? NaN).toFixed(2));
console.log(
  `Found: of the last step's gradient the first of ${last + 1} steps still gets: ${kept.join("; ")}. ` +
    `The generator came down to ${down.join(", ")} nats a character; ` +
    `${
      right.every((n) => n === sentences.length) ? "all eight sentences are" : "not all eight sentences are"
    } right.`,
);
