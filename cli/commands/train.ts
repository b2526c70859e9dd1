/** `lapis train`: trains a model that a configuration describes, or goes on with one from a file. @module */
import {
  augmentImages,
  type BatchSource,
  type Callback,
  type History,
  InputError,
  loadModel,
  type Model,
  type Tensor,
} from "../../mod.ts";
import { collect, type CommandDef, type Context, textOption, UsageError } from "../command.ts";
import { backendNames } from "../loading.ts";
import { writeWhole } from "../output.ts";
import { callbacksFrom } from "../training/callbacks.ts";
import type { SourceConfig, TrainConfig } from "../training/config.ts";
import { evaluateOn, type Evaluation, evaluationText } from "../training/evaluation.ts";
import { evaluateText, languageFeed, languageText } from "../training/language.ts";
import { modelFrom } from "../training/layers.ts";
import { canResume, checkOutput, classWeights, compileOptions, planFrom } from "../training/plan.ts";
import {
  dataOf,
  extrasOf,
  fitPreparation,
  type Fitted,
  fittedFrom,
  type Part,
  prepare,
  unprepared,
} from "../training/prepare.ts";
import { readPart } from "../training/sources.ts";
import {
  judge,
  learnIntervals,
  openSeries,
  reportText,
  seriesExtras,
  seriesFrom,
  type SeriesTraining,
} from "../training/series.ts";
import type { Live } from "../view/live.ts";
import { beginWithVectors } from "../training/vectors.ts";
import { Interrupted, timeText, type Watch, watch, withInterrupt } from "../training/watch.ts";
import { count } from "../terminal.ts";
import { Option } from "commander";

/** Trains a model. */
export const train: CommandDef = {
  name: "train",
  summary: "train a model: a new one by a configuration, or one from a file",
  example: `lapis train mnist.json --data mnist/ -o mnist.keras
lapis train model.keras --data train.csv --epochs 5 -o more.keras
lapis train mnist.json --data mnist/ -o mnist.keras --resume   # after Ctrl-C`,
  declare: (command) =>
    command
      .argument("<config|model>", "configuration (docs/train.schema.json), or a model file")
      .option("--data <path>", "folder of the configuration's files, or a file to train on", collect)
      .option("--data-folder <folder>", "folder of a data set that --data names: mnist, cifar10, nusax")
      .option("--targets <file>", "targets, where --data holds none (repeatable)", collect)
      .option("--validation <file>", "samples to validate with (repeatable)", collect)
      .option("--validation-targets <file>", "their targets (repeatable)", collect)
      .option("--validation-split <share>", "share of the data, its end, kept for validation")
      .option("--label-column <name>", "column of a .csv that holds the target")
      .addOption(new Option("--target <kind>", "what targets are").choices(["class", "number"]))
      .option("--text-length <tokens>", "the data is text, cut and filled to this length")
      .option("--column <name>", "column of a .csv that holds the text")
      .option("--max-words <count>", "size of the vocabulary")
      .option("--divide <number>", "divide the data's numbers, as pictures by 255")
      .option("--epochs <count>", "passes over the data")
      .option("--batch-size <rows>", "samples of a step")
      .option("--optimizer <name>", "the optimizer")
      .option("--learning-rate <rate>", "its rate")
      .option("--loss <name>", "what is made smaller")
      .option("--metric <name>", "a metric (repeatable)", collect)
      .option("--seed <number>", "fixes initial weights, order and random numbers")
      .addOption(new Option("--backend <name>", "engine to train on").choices(backendNames))
      .option("-o, --output <file>", "where the trained model is written: .keras, .h5, .onnx …")
      .option("--history <file>", "where every epoch's numbers are written, as JSON")
      .option("--view", "open a page on this machine that shows the training and steers it")
      .option("--resume", "go on from the state that --output holds"),
  async run([path = ""], options, context) {
    const plan = await planFrom(path, options), historyFile = textOption(options, "history");
    const { output } = plan, resume = options.resume === true;
    if (output === null) throw new UsageError("-o, --output is missing: where the trained model is written");
    await checkOutput(output);
    if (resume && !output.endsWith(".keras")) {
      throw new UsageError("--resume: only .keras files hold a state");
    }
    const callbacks = callbacksFrom(plan.fit.callbacks);

    const made = await begin(plan, resume ? output : undefined, context), { model, fitted, part } = made;
    const rows = made.series?.rows ?? part.x.shape[0] ?? 0, { fit } = plan;
    context.log(
      `${model.name}: ${count(model.countParams())} parameters, ${count(rows)} samples` +
        (made.validation ? `, ${count(made.validation.x.shape[0] ?? 0)} for validation` : ""),
    );
    const split = made.validation ? 0 : fit.validationSplit;
    const watched = watch(context.terminal, Math.floor(rows * (1 - split)));
    const seen = await observed(made, watched, output, options, context);
    const history = await withInterrupt(
      watched.interrupt,
      () => fitModel(made, plan, [...callbacks, ...seen.callbacks, watched.callback], resume),
    );
    await seen.end(history ? `trained ${history.epoch.length} epochs` : "stopped; the state is saved");
    if (history === undefined) return await stopped(made, watched, output);

    const { json, tensors } = model.trainingState();
    const rest = Object.entries(tensors).filter(([name]) => !name.startsWith("optimizer/"));
    const judged = made.series && await finishSeries(made.series, model, context.terminal.width);
    const kept = judged?.extras ?? extrasOf(fitted);
    await model.save(output, {
      extras: { json: { ...kept.json, training: json }, tensors: Object.fromEntries(rest) },
    });
    const speed = watched.samples / watched.seconds;
    const data = {
      output,
      epochs: history.epoch.length,
      seconds: watched.seconds,
      samplesPerSecond: speed,
      history: history.history,
    };
    if (historyFile !== undefined) {
      await writeWhole(
        historyFile,
        new TextEncoder().encode(`${JSON.stringify({ epoch: history.epoch, ...data, ...seen.json() })}\n`),
      );
    }
    const test = made.test && await testOn(model, made.test, fitted, context.terminal.width);
    return {
      text: [
        ...(test ? [`test: ${test.text}`] : []),
        ...(judged ? [judged.text] : []),
        `trained ${history.epoch.length} epochs in ${timeText(watched.seconds)}, ` +
        `${count(Math.round(speed))} samples/s  → ${output}`,
      ].join("\n\n"),
      data: { ...data, ...(test && { test: test.data }), ...judged?.data },
    };
  },
};
/** What is kept of the fit for pages: of one that is open, or of a later one by the history's file. */
async function observed(
  { model, fitted, part, series }: Ready,
  watched: Watch,
  output: string,
  options: Readonly<Record<string, unknown>>,
  context: Context,
): Promise<Pick<Live, "callbacks" | "end"> & { json(): Readonly<Record<string, unknown>> }> {
  const none = { callbacks: [], end: () => Promise.resolve(), json: () => ({}) };
  if (options.view !== true && options.history === undefined) return none;
  const { openLive, recorderFor } = await import("../view/live.ts");
  const { labels } = fitted, own = series ? {} : { x: part.x, y: part.y };
  const kept = { name: model.name, rows: series?.rows ?? part.x.shape[0], ...own };
  if (options.view !== true) {
    const recorder = recorderFor(kept);
    return { ...none, callbacks: [recorder.callback], json: recorder.json };
  }
  const live = openLive({
    ...kept,
    model,
    labels,
    stop: watched.interrupt,
    save: async () => {
      const file = output.replace(/(\.[\w.]+)?$/, "-now.keras");
      await model.save(file, { extras: extrasOf(fitted) });
      return `saved as ${file}`;
    },
  });
  context.terminal.err(`${live.server.url}\n`);
  return { ...live, json: live.recorder.json };
}
/** How well the model does on the test part, in words and in numbers. */
async function testOn(model: Model, part: Part, { preparation, labels }: Fitted, width: number) {
  const { text: words, target } = preparation;
  if (words?.next) {
    const data = await evaluateText(model, part.x, words.length);
    return { text: languageText(data, words.split), data };
  }
  const found = await evaluateOn(model, part, { batchSize: 256, samples: 10, target });
  return { text: `\n${evaluationText(found, labels, part.texts, width)}`, data: withoutConfusion(found) };
}
const withoutConfusion = ({ samples: _, ...rest }: Evaluation) => rest;

/** A model with its data, ready to be fitted. */
interface Ready {
  readonly model: Model;
  readonly fitted: Fitted;
  readonly part: Part;
  readonly validation: Part | undefined;
  readonly test: Part | undefined;
  /** The series that windows are cut from, in place of samples. */
  readonly series?: SeriesTraining;
}

async function begin(plan: TrainConfig, resumed: string | undefined, context: Context): Promise<Ready> {
  const { data, fit, compile } = plan;
  if (!data?.train) throw new UsageError("nothing to train on");
  const backend = fit.backend === null ? {} : { backend: fit.backend };
  const from = resumed ?? (typeof plan.model === "string" ? plan.model : undefined);
  const load = (path: string) =>
    loadModel(path, { ...backend, seed: fit.seed, warn: (message) => context.log(`warning: ${message}`) });
  const known = from === undefined ? undefined : await load(from);
  if (resumed !== undefined && known && !canResume(known)) {
    throw new InputError(`${resumed}: holds no state of training to go on from`, { file: resumed });
  }
  const modelOf = async (x: Tensor, shape: { sample?: (number | null)[] } = {}) => {
    const shaped = { ...backend, seed: fit.seed, batchSize: fit.batchSize, ...shape };
    const model = known ??
      (typeof plan.model === "string" ? await load(plan.model) : modelFrom(plan.model, x, shaped));
    // A resumed model is compiled as its file says, its optimizer where it stood.
    if (compile && resumed === undefined) model.compile(compileOptions(compile));
    if (model.compiled) return model;
    throw new UsageError("the model isn't compiled: --loss and --optimizer, or compile in the configuration");
  };
  const keptSeries = seriesFrom(known?.extras), seriesConfig = data.series ?? keptSeries?.config;
  if (seriesConfig) {
    if (fit.validationSplit > 0) {
      throw new UsageError(
        "fit.validationSplit would let windows cross the border: say data.series.validationSize",
      );
    }
    const series = await openSeries(data, seriesConfig, keptSeries?.preprocessor);
    for (const warning of series.warnings) context.log(`warning: ${warning}`);
    const part = { x: series.sample, y: undefined };
    return {
      model: await modelOf(part.x),
      fitted: unprepared,
      part,
      validation: undefined,
      test: undefined,
      series,
    };
  }
  const held = fittedFrom(known?.extras),
    settings = held ? { ...data, ...dataOf(held), train: data.train } : data;
  const raw = await readPart(data.train, settings);
  const fitted = held ?? await fitPreparation(raw, data),
    reading = { ...settings, labels: fitted.labels ?? null };
  const read = async (source: SourceConfig | null) =>
    source ? prepare(await readPart(source, reading), fitted) : undefined;
  const part = prepare(raw, fitted), { text: words, vocabulary } = fitted.preparation;
  const model = await modelOf(part.x, words?.next ? { sample: [null] } : {});
  const file = data.text?.embeddingFile;
  if (file && data.text && vocabulary && part.texts && known === undefined) {
    context.log(await beginWithVectors(model, file, data.text, vocabulary, part.texts));
  }
  return { model, fitted, part, validation: await read(data.validation), test: await read(data.test) };
}

/** What a trained forecaster comes to: the intervals that its file keeps, and its test part opened once. */
async function finishSeries(series: SeriesTraining, model: Model, width: number) {
  const intervals = await learnIntervals(series, model), reports = [];
  for (const part of ["validation", "test"] as const) {
    const { from, to } = series.split[part];
    // Intervals are made of the validation part's own residuals.
    if (to > from) reports.push(...await judge(series, model, part, part === "test" ? intervals : []));
  }
  return {
    extras: seriesExtras(series, intervals),
    text: reportText(reports, width),
    data: { forecasts: reports },
  };
}

/** Fits; undefined where the user stopped it. */
async function fitModel(
  ready: Ready,
  plan: TrainConfig,
  callbacks: readonly Callback[],
  resume: boolean,
): Promise<History | undefined> {
  const { model, fitted, part, validation, series } = ready, { fit } = plan;
  const weights = classWeights(fit.classWeight, fitted.labels);
  const rank = model.outputs[0]?.shape.length ?? 2;
  const windows = series && {
    x: series.batches({
      rank,
      batchSize: fit.batchSize,
      epoch: resume ? model.trainingState().json.epoch : 0,
      ...(fit.shuffle && { seed: fit.seed }),
    }),
    validation: series.validation?.(rank),
  };
  const { text: words } = fitted.preparation;
  const fed = ({ x, y }: Part) => words?.next ? languageFeed(model, x, words.length) : { x, y };
  const { x, y } = windows ? { x: windows.x, y: undefined } : fed(part), held = validation && fed(validation);
  if (!windows && !words?.next && (!y || (held && !held.y))) {
    throw new InputError("the data holds no targets");
  }
  try {
    return await model.fit(x, y, {
      epochs: fit.epochs,
      batchSize: fit.batchSize,
      seed: fit.seed,
      shuffle: fit.shuffle,
      validationFreq: fit.validationFreq,
      validationBatchSize: Math.max(fit.batchSize, 256),
      verbose: 0,
      callbacks,
      ...(held && { validationData: held.y ? [held.x as Tensor, held.y] as const : held.x as BatchSource }),
      ...(!validation && fit.validationSplit > 0 && { validationSplit: fit.validationSplit }),
      ...(windows?.validation && { validationData: windows.validation }),
      ...(fit.stepsPerEpoch !== null && { stepsPerEpoch: fit.stepsPerEpoch }),
      ...(weights && { classWeight: weights }),
      ...(fit.augment && { augment: augmentImages(fit.augment) }),
      ...(resume && { resumeFrom: model.trainingState() }),
    });
  } catch (error) {
    if (error instanceof Interrupted) return undefined;
    throw error;
  }
}

/** Saves where the last epoch ended. */
async function stopped({ model, fitted, series }: Ready, { snapshot }: Watch, output: string) {
  const file = output.endsWith(".keras") ? output : `${output}.keras`;
  if (!snapshot) return { answer: false, text: "stopped before training began", data: { stopped: true } };
  for (const [name, value] of snapshot.weights) model.setWeight(name, value);
  const { json, tensors } = snapshot.state, kept = series ? seriesExtras(series, []) : extrasOf(fitted);
  await model.save(file, { extras: { json: { ...kept.json, training: json }, tensors } });
  return {
    answer: false,
    text: `stopped after ${json.epoch} epochs; the state is saved in ${file}: go on with --resume`,
    data: { stopped: true, epochs: json.epoch, output: file },
  };
}
