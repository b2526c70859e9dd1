/** `lapis train --folds`: what a plan comes to on rows that were not trained on, by a new model a fold. @module */
import { InputError } from "../../mod.ts";
import { type Fold, kFolds, spreadOf } from "../../public/evaluation.ts";
import { type Context, numberOption, UsageError } from "../command.ts";
import { table } from "../terminal.ts";
import { callbacksFrom } from "../training/callbacks.ts";
import type { SourceConfig, TrainConfig } from "../training/config.ts";
import { labelsOf } from "../training/prepare.ts";
import { begin, fitModel } from "../training/session.ts";
import { pickedRows, type RawPart, readPart, rowsIn } from "../training/sources.ts";
import { classesIn } from "../training/validation.ts";
import { logText, short, watch, withInterrupt } from "../training/watch.ts";

type Options = Readonly<Record<string, unknown>>;
/** Flags whose result belongs to the one model that `-o` writes. */
const ofOneModel = ["view", "history", "plot", "threshold"] as const;

/** How many folds `--folds` asks for. @throws {UsageError} for fewer than two, or beside what is for one model. */
export function foldsFrom(options: Options): number | undefined {
  const folds = numberOption(options, "folds", { flag: "--folds", whole: true, min: 2 });
  if (folds === undefined) return undefined;
  if (options.resume === true) throw new UsageError("--folds trains new models: it can't --resume one");
  const alone = options.output === undefined && ofOneModel.find((name) => options[name] !== undefined);
  if (alone) throw new UsageError(`--${alone} is for the model that -o writes: give -o beside --folds`);
  return folds;
}

/** What the folds came to, in words and in numbers. */
export interface FoldReport {
  /** A line a fold, and the mean with its deviation. */
  readonly text: string;
  /** The same for programs. */
  readonly data: Readonly<Record<string, unknown>>;
  /** The exit code of a program that the signal ended, where one came. */
  readonly exit?: number;
}

/**
 * Trains the plan's model once a fold, its preparation fitted on the rows that are trained on, and judges it on the others;
 * each fold has its share of every class.
 * @throws {InputError} for data that has no rows of its own, as one long text.
 */
export async function crossValidated(
  plan: TrainConfig,
  folds: number,
  { terminal, log }: Context,
): Promise<FoldReport> {
  const { data, fit } = plan, train = data?.train;
  if (!data || !train) throw new UsageError("nothing to train on");
  if (data.series || data.text?.next) {
    const kind = data.series ? "a series, whose windows" : "one long text, whose stretches";
    throw new InputError(`--folds: the data is ${kind} would know of each other across folds`);
  }
  if (typeof plan.model === "string" && !plan.transfer?.head) {
    log(`note: every fold goes on from ${plan.model}: figures are too good where it has seen these rows`);
  }
  const told = new Set<string>(), judged: SourceConfig = { ...train }, results: Figures[] = [];
  const once = (line: string) => told.has(line) || (told.add(line), log(line));
  let whole: RawPart | undefined, dealt: readonly Fold[] | undefined;
  for (let f = 0; f < folds; f++) {
    const part: typeof readPart = async (source, how, needed) => {
      if (source !== train && source !== judged) return await readPart(source, how, needed);
      whole ??= await readPart(source, how, needed);
      const classes = how.target === "class" && fit.shuffle ? classesIn(whole.y) : undefined;
      const { seed, shuffle } = fit;
      dealt ??= kFolds(rowsIn(whole.x), { folds, seed, shuffle, ...(classes && { classes }) });
      const rows = dealt[f]?.[source === train ? "train" : "test"] ?? new Int32Array();
      return { ...pickedRows(whole, rows), classes: labelsOf(whole, how) ?? undefined };
    };
    const own = { ...plan, data: { ...data, test: judged }, fit: { ...fit, seed: fit.seed + f } };
    const made = await begin(own, undefined, { log: once, readPart: part }), { test } = made;
    using model = made.model;
    if (!test?.y) throw new InputError("--folds: the data holds no targets to judge by");
    // The bar alone: epochs of so many models are too many lines.
    const err = (text: string) => text.startsWith("\r") && terminal.err(text);
    const watched = watch({ ...terminal, err }, made.part.x.shape[0] ?? 0);
    const callbacks = callbacksFrom(fit.callbacks.filter(({ path, folder }) => !path && !folder));
    let exit = 1;
    const stop = (code: number) => {
      exit = code;
      watched.interrupt();
    };
    const done = await withInterrupt(
      stop,
      () => fitModel(made, own, [...callbacks, watched.callback], false),
    );
    if (!done) return { text: `stopped in fold ${f + 1} of ${folds}`, data: { stopped: true }, exit };
    const rows = test.y.shape[0] ?? 0, epochs = done.epoch.length;
    const metrics = await model.evaluate(test.x, test.y, { batchSize: Math.max(fit.batchSize, 256) });
    log(`fold ${f + 1}/${folds}  ${epochs} epochs  ${rows} rows  ${logText(metrics)}`);
    results.push({ rows, epochs, metrics });
  }
  return reportOf(results, terminal.width);
}
interface Figures {
  readonly rows: number;
  readonly epochs: number;
  readonly metrics: Readonly<Record<string, number>>;
}
function reportOf(results: readonly Figures[], width: number): FoldReport {
  const { mean, deviation } = spreadOf(results.map(({ metrics }) => metrics)), names = Object.keys(mean);
  const lines = results.map(({ rows, epochs, metrics }, f) => [
    `fold ${f + 1}`,
    `${rows}`,
    `${epochs}`,
    ...names.map((name) => short(metrics[name] ?? NaN)),
  ]);
  const figures = names.map((name) =>
    `${name} ${short(mean[name] ?? NaN)} ± ${short(deviation[name] ?? NaN)}`
  );
  return {
    text: `${
      table(["", "rows", "epochs", ...names], lines, { right: [1, 2, ...names.map((_, i) => i + 3)], width })
    }\n\nmean ± deviation over ${results.length} folds:\n${figures.join("\n")}`,
    data: { folds: results, mean, deviation },
  };
}
