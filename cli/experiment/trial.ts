/** One trial of an experiment: trained from its configuration or its last rung, and measured on the validation part. @module */
import { InputError, registry } from "../../mod.ts";
import type { ForecastMetrics } from "../../public/series.ts";
import { callbacksFrom } from "../training/callbacks.ts";
import type { Json, SourceConfig, TrainConfig } from "../training/config.ts";
import { evaluateOn, type Evaluation } from "../training/evaluation.ts";
import { below, planOf, withDataset } from "../training/plan.ts";
import { evaluateText } from "../training/language.ts";
import { extrasOf } from "../training/prepare.ts";
import { judge, learnIntervals } from "../training/forecasts.ts";
import { seriesExtras } from "../training/series.ts";
import { begin, fitModel, type Ready, saveTrained } from "../training/session.ts";
import { readPart } from "../training/sources.ts";
import { spread } from "./spread.ts";

/** Where a configuration's files lie. */
export interface Place {
  /** The file that the configuration came from, for messages. */
  readonly file: string;
  /** Folder that its paths are relative to. */
  readonly folder: string;
  /** Folder of its data, where a flag says one. */
  readonly data?: string;
}
/** What a worker is asked to do; `id` comes back with the result. */
export interface Job {
  readonly id: number;
  readonly trial: number;
  readonly seed: number;
  readonly rung: number;
  readonly config: Json;
  readonly place: Place;
  /** Epochs that the trial has behind it afterwards; as the configuration says unless given. */
  readonly epochs?: number;
  /** The model that the last rung left. */
  readonly from?: string;
  /** Where the trained model is written. */
  readonly save: string;
  /** The test part is evaluated on too. */
  readonly test: boolean;
  /** Only the test part, by the model in `from`. */
  readonly onlyTest?: boolean;
  /** Trained anew on the training and validation parts together, so that nothing is left to validate with. */
  readonly refit?: boolean;
}
/** Numbers by name. */
export type Numbers = Readonly<Record<string, number>>;
/** How a trial went. */
export interface Finished {
  readonly status: "done";
  /** Epochs behind it, and whether a callback ended it before its time. */
  readonly epochs: number;
  readonly stopped: boolean;
  readonly parameters: number;
  /** What the training warned of. */
  readonly warnings?: readonly string[];
  readonly seconds: number;
  /** Of the validation part, by the weights that training ended with. */
  readonly metrics: Numbers;
  readonly history: Readonly<Record<string, readonly number[]>>;
  readonly test?: Numbers;
}
/** Why there is no result. */
export interface Failed {
  readonly status: "failed";
  readonly message: string;
}
/** What a job comes to. */
export type JobResult = Finished | Failed;

/** A part of a name behind a word: `val` and `macroF1` are `valMacroF1`. */
const behind = (word: string, name: string) => `${word}${name.charAt(0).toUpperCase()}${name.slice(1)}`;
/** An evaluation's numbers by name. */
function numbersOf({ metrics, report, numbers }: Evaluation): Numbers {
  return {
    ...metrics,
    ...(report && { accuracy: report.accuracy, macroF1: report.macroF1 }),
    ...numbers,
  };
}
/** True where more of a number is better. */
export function isHigherBetter(metric: string): boolean {
  const bare = metric.replace(/^val(?=[A-Z])/, ""), name = bare.charAt(0).toLowerCase() + bare.slice(1);
  if (["accuracy", "macroF1", "r2"].includes(name)) return true;
  return registry.find("metric", name)?.better === "max";
}

/** @throws {InputError} where there is nothing to choose trials by. */
export function needValidation(ready: Ready): Ready {
  if (ready.validation || ready.series) return ready;
  throw needsValidation();
}
const needsValidation = () =>
  new InputError("trials are chosen by a validation part: give data.validation or fit.validationSplit");

const known = new Map<string, ReturnType<typeof readPart>>();
/** Files are read once for trials that read them alike. */
const readOnce: typeof readPart = (source, data, needed) => {
  const { text, ngrams, table, image, columns, features, label, labels, shape } = data;
  const words = [text?.column, text?.next, ngrams?.column];
  const key = JSON.stringify([source, words, table, image, columns, features, label, labels, shape, needed]);
  const read = known.get(key) ?? readPart(source, data, needed);
  if (known.size > 4) known.clear();
  known.set(key, read);
  return read;
};

/** A trial's plan, without the parts that it must not see. @throws {ConfigError} with the path of a wrong key. */
export async function trialPlan(
  { config, place, seed, epochs, test, refit }: Omit<Job, "id" | "save">,
): Promise<TrainConfig> {
  const read = planOf(config, place.file, place.folder, place.data), own = read.data?.folder;
  const folder = place.data ?? (own ? below(place.folder, own) : undefined);
  const all = read.data && await withDataset(read.data, folder);
  const plan = refit ? joined({ ...read, data: all }) : { ...read, data: all };
  return {
    ...plan,
    // Trials of other seeds are chosen by the same rows.
    fit: {
      ...plan.fit,
      seed,
      validationSeed: plan.fit.validationSeed ?? plan.fit.seed,
      ...(epochs !== undefined && { epochs }),
    },
    data: plan.data && (test ? plan.data : { ...plan.data, test: null }),
  };
}
/** What stands against training on the training and validation parts together; undefined where nothing does. */
export function refitHindrance({ data }: TrainConfig): string | undefined {
  const { train, validation } = data ?? {};
  const whole = (part: SourceConfig) => part.from === 0 && part.to === 1;
  if (data?.series) return "refit: isn't there for a series, whose parts are cut from one table";
  return train && validation && !(whole(train) && whole(validation))
    ? "refit: expected training and validation parts that are whole files of samples"
    : undefined;
}
/** A plan whose training part holds the validation part too. @throws {InputError} where parts of files are meant. */
function joined(plan: TrainConfig): TrainConfig {
  const { data, fit } = plan, { train, validation } = data ?? {}, hindrance = refitHindrance(plan);
  if (hindrance) throw new InputError(hindrance);
  const both = train && validation
    ? {
      ...train,
      x: [...train.x, ...validation.x],
      y: train.y && validation.y && [...train.y, ...validation.y],
    }
    : train;
  return {
    ...plan,
    fit: { ...fit, validationSplit: 0 },
    data: data && { ...data, train: both ?? null, validation: null },
  };
}
/** The numbers of a part: of classes or numbers, of the next tokens of texts, of forecasts (means over the targets). */
async function measured(ready: Ready, name: "validation" | "test"): Promise<Numbers | undefined> {
  const { model, fitted, series } = ready, part = ready[name], { text, target } = fitted.preparation;
  if (series) {
    const reports = await judge(series, model, name), [first] = reports;
    const metrics = Object.keys(first?.models[0]?.metrics ?? {}) as (keyof ForecastMetrics)[];
    const of = (metric: keyof ForecastMetrics) => reports.map((r) => Number(r.models[0]?.metrics[metric]));
    return first && Object.fromEntries(metrics.map((metric) => [metric, spread(of(metric)).mean]));
  }
  if (!part) return undefined;
  if (text?.next) return { loss: (await evaluateText(model, part.x, text.length)).loss };
  return numbersOf(await evaluateOn(model, part, { batchSize: 256, samples: 0, target }));
}
/** Does a job. Errors are part of the result. */
export async function runJob(job: Job): Promise<JobResult> {
  try {
    return await trained(job);
  } catch (error) {
    return { status: "failed", message: error instanceof Error ? error.message : String(error) };
  }
}
async function trained(job: Job): Promise<Finished> {
  const began = performance.now(), plan = await trialPlan(job), warnings: string[] = [];
  const begun = await begin(plan, job.from, {
    log: (line) => void (line.startsWith("warning: ") && warnings.push(line.slice("warning: ".length))),
    readPart: readOnce,
  });
  const ready = job.refit ? begun : needValidation(begun);
  const { model, series } = ready;
  let epochs = model.trainingState().json.epoch, stopped = false;
  let history: Finished["history"] = model.trainingState().json.history.history;
  if (!job.onlyTest) {
    const callbacks = [...callbacksFrom(plan.fit.callbacks), {
      onTrainEnd: (_: unknown, run: { readonly stopped: boolean }) => void (stopped = run.stopped),
    }];
    const made = await fitModel(ready, plan, callbacks, job.from !== undefined);
    epochs = (made?.epoch.at(-1) ?? -1) + 1;
    history = made?.history ?? {};
    const kept = series ? seriesExtras(series, await learnIntervals(series, model)) : extrasOf(ready.fitted);
    await saveTrained(model, job.save, kept);
  }
  const checked = job.refit ? {} : await measured(ready, "validation");
  if (!checked) throw needsValidation();
  const metrics = Object.fromEntries(Object.entries(checked).map(([name, v]) => [behind("val", name), v]));
  const bad = Object.entries(metrics).find(([, value]) => !Number.isFinite(value));
  if (bad) throw new InputError(`${bad[0]} is ${bad[1]} after ${epochs} epochs`);
  const test = job.test ? await measured(ready, "test") : undefined;
  return {
    status: "done",
    epochs,
    stopped,
    parameters: model.countParams(),
    ...(warnings.length > 0 && { warnings }),
    seconds: (performance.now() - began) / 1000,
    metrics,
    history,
    ...(test && { test }),
  };
}
