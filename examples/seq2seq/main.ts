/**
 * Encoder–decoders with attention: dates to ISO 8601 (made here), and English to Indonesian where `--data` names the file.
 * `deno run -A examples/seq2seq/main.ts [--data eng-ind.tatoeba.txt] [-o FOLDER]`
 * @module
 */
import type { Model } from "../../mod.ts";
import { earlyStopping } from "../../public/callbacks.ts";
import { decode } from "../../public/sequences.ts";
import { pairPreprocessor, type TextPair } from "../../public/text.ts";
import { dates, type Parts, translations } from "./data.ts";
import { network, type Settings } from "./network.ts";

interface Config {
  readonly seed: number;
  readonly dates: Settings & { readonly pairs: number };
  readonly translation: Settings;
}
const config = JSON.parse(await Deno.readTextFile(new URL("config.json", import.meta.url))) as Config;
const option = (name: string) => {
  const at = Deno.args.indexOf(name);
  return at < 0 ? undefined : Deno.args[at + 1];
};
const data = option("--data"), folder = option("-o");

/** Share of texts that are right, and the mean F1 of their tokens. */
interface Score {
  readonly exact: number;
  readonly f1: number;
}
function scoreOf(found: readonly (readonly number[])[], wanted: readonly (readonly number[])[]): Score {
  let exact = 0, f1 = 0;
  wanted.forEach((want, i) => {
    const got = found[i] ?? [], left = [...want];
    if (got.join() === want.join()) exact++;
    let common = 0;
    for (const token of got) {
      const at = left.indexOf(token);
      if (at < 0) continue;
      left.splice(at, 1);
      common++;
    }
    f1 += common === 0 ? 0 : (2 * common) / (got.length + want.length);
  });
  return { exact: exact / wanted.length, f1: f1 / wanted.length };
}
const percent = (x: number) => `${(100 * x).toFixed(1)} %`;
const shown = ({ exact, f1 }: Score) => `exact ${percent(exact)}, token F1 ${f1.toFixed(3)}`;

/** Trains on a task, chooses the way of decoding on validation, opens the test part once. */
async function run(name: string, parts: Parts, settings: Settings): Promise<Score> {
  const { train, validation, test } = parts, pairs = pairPreprocessor(settings).fit(train);
  const x = (list: readonly TextPair[]) => pairs.transform(list), own = x(train), held = x(validation);
  const steps = Math.ceil(train.length / settings.batchSize) * settings.epochs;
  using made: Model = network(pairs, settings, steps, config.seed);
  console.log(
    `${name}: ${train.length} pairs, ${validation.length} to choose by, ${test.length} to test; ` +
      `${made.countParams()} parameters`,
  );
  const began = performance.now();
  await made.fit({ source: own.source, target: own.targetIn }, own.targetOut, {
    epochs: settings.epochs,
    batchSize: settings.batchSize,
    sampleWeight: own.weights,
    validationData: [{ source: held.source, target: held.targetIn }, held.targetOut, held.weights],
    callbacks: [earlyStopping({ patience: 6, restoreBestWeights: true }), {
      onEpochEnd: (epoch, { loss, valLoss }) =>
        console.log(`  epoch ${epoch + 1}  loss ${loss?.toFixed(4)}  valLoss ${valLoss?.toFixed(4)}`),
    }],
    verbose: 0,
  });
  console.log(`  trained in ${((performance.now() - began) / 1000).toFixed(0)} s`);

  const bounds = { start: pairs.start, end: pairs.end, maxLength: pairs.target.length, exclude: [0, 1, 2] };
  const ways = {
    greedy: bounds,
    "beam of 4": { ...bounds, method: "beam", width: 4, lengthPenalty: 0.6 },
  } as const;
  const score = async (list: readonly TextPair[], way: keyof typeof ways) => {
    const found = await decode(made, pairs.source.transform(list.map(([source]) => source)), ways[way]);
    const wanted = list.map(([, target]) => pairs.target.ids(target));
    return { found, ...scoreOf(found.map((d) => d.tokens), wanted) };
  };
  let best: keyof typeof ways = "greedy", most = -1;
  for (const way of ["greedy", "beam of 4"] as const) {
    const { f1, exact } = await score(validation.slice(0, 300), way);
    console.log(`  validation, ${way}: ${shown({ f1, exact })}`);
    if (f1 > most) [best, most] = [way, f1];
  }
  const result = await score(test, best);
  console.log(`  test, ${best}: ${shown(result)}`);
  for (const i of [0, 1, 2, 3]) {
    const [source, target] = test[i] ?? ["", ""];
    console.log(`    ${source} → ${pairs.target.text(result.found[i]?.tokens ?? [])}   (${target})`);
  }
  if (folder !== undefined) {
    await Deno.mkdir(folder, { recursive: true });
    const file = `${folder}/${name}.keras`;
    await made.save(file, { extras: pairs.extras });
    console.log(`  → ${file}`);
  }
  return result;
}

const found = [`dates: ${shown(await run("dates", dates(config.dates.pairs), config.dates))}`];
if (data !== undefined) {
  const score = await run("translation", translations(await Deno.readTextFile(data)), config.translation);
  found.push(
    `English to Indonesian: ${shown(score)}, ` +
      `${score.f1 > 0.395 ? "above" : "not above"} the nearest sentence's translation (token F1 0.395)`,
  );
}
console.log(`\nFound: ${found.join("; ")}.`);
