/** `lapis train`: trains a model that a configuration describes, or goes on with one from a file. @module */
import type { Model } from "../../mod.ts";
import { historyText, plotHistory } from "../../plugins/plots/mod.ts";
import { collect, type CommandDef, type Context, textOption, UsageError } from "../command.ts";
import { backendNames, loadNamed } from "../loading.ts";
import { beginPictures } from "../pictures/begun.ts";
import { brokenText } from "../pictures/broken.ts";
import { augmentations } from "../pictures/plan.ts";
import { beginData } from "../begun.ts";
import { checkFile, writeText } from "../output.ts";
import { count } from "../terminal.ts";
import { type Begun, writeBegun } from "../training/begun.ts";
import { callbacksFrom } from "../training/callbacks.ts";
import { evaluateOn, evaluationData, evaluationText } from "../training/evaluation.ts";
import { evaluateText, languageText } from "../training/language.ts";
import { foundRate } from "../evaluation/rates.ts";
import { crossValidated, foldsFrom } from "../evaluation/folds.ts";
import type { TrainConfig } from "../training/config.ts";
import { checkOutput, planFrom } from "../training/plan.ts";
import { extrasOf, type Fitted, type Samples } from "../training/prepare.ts";
import { judge, learnIntervals, reportText } from "../training/forecasts.ts";
import { seriesExtras, type SeriesTraining } from "../training/series.ts";
import { goalFrom, goals, thresholdOn } from "../training/threshold.ts";
import { loadLive } from "../view/lazy.ts";
import type { Live } from "../view/live.ts";
import { recorderFor } from "../view/recorder.ts";
import { begin, fitModel, type Ready, saveTrained } from "../training/session.ts";
import { logText, timeText, type Watch, watch, withInterrupt } from "../training/watch.ts";
import { Option } from "commander";
import { targetOption } from "../targets.ts";

/** Trains a model. */
export const train: CommandDef = {
  name: "train",
  summary: "train a model: a new one by a configuration, or one from a file",
  example: `lapis train mnist.json --data mnist/ -o mnist.keras
lapis train --data penguins.csv --target species -o p.keras   # no JSON
lapis train --data pics/ -o pics.keras   # a folder a class
lapis train base.keras --head --data pics/ --unfreeze conv5 -o mine.keras
lapis train --data penguins.csv --target species --folds 5   # ± of figures
lapis train model.keras --data train.csv --epochs 5 -o more.keras
lapis train mnist.json --data mnist/ -o mnist.keras --resume   # after Ctrl-C`,
  declare: (command) =>
    targetOption(
      command
        .argument(
          "[config|model]",
          "configuration (docs/train.schema.json), or a model file; a table needs neither",
        )
        .option("--data <path>", "folder of the configuration's files, or a file to train on", collect),
    )
      .option("--data-folder <folder>", "folder of a data set that --data names: mnist, cifar10, nusax")
      .option("--validation <file>", "samples to validate with (repeatable)", collect)
      .option("--validation-target <file>", "their targets (repeatable)", collect)
      .option("--validation-split <share>", "share of the data, drawn by seed, kept for validation")
      .addOption(new Option("--target-kind <kind>", "what targets are").choices(["class", "number"]))
      .option("--text-length <tokens>", "the data is text, cut and filled to this length")
      .option("--column <name[=kind]>", "column of a .csv that holds the text, or what one holds", collect)
      .addOption(
        new Option("--class-weight <rule>", "balanced lets every class count alike").choices(["balanced"]),
      )
      .option("--max-words <count>", "size of the vocabulary")
      .option("--divide <number>", "divide the data's numbers, as pictures by 255")
      .option("--mean <numbers>", "take these away from pictures' channels then, by commas")
      .option("--std <numbers>", "and divide the channels by these, by commas")
      .option("--image-size <size>", "pictures are resized to this: 64, or 64x48 for height and width")
      .option(
        "--augment <kind>",
        `how pictures are changed in training: ${Object.keys(augmentations).join(", ")}`,
      )
      .option("--head [classes]", "put a new last layer on the model, for the data's classes")
      .option(
        "--freeze <layer>",
        "the last layer that is frozen; none: no layer (with --head: all before it)",
      )
      .option("--unfreeze <layer>", "a second stage frees the layers from this one on; all: every one")
      .option("--fine-tune <epochs>", "passes over the data in the second stage (default: 10)")
      .option("--fine-tune-rate <rate>", "its learning rate (default: a tenth of the first)")
      .option("--epochs <count>", "passes over the data")
      .option("--batch-size <rows>", "samples of a step")
      .option("--optimizer <name>", "the optimizer")
      .option("--learning-rate <rate>", "its rate")
      .option("--loss <name>", "what is made smaller")
      .option("--metrics <names>", "metrics, by commas (repeatable)", collect)
      .option("--seed <number>", "fixes initial weights, order and random numbers")
      .addOption(new Option("--backend <name>", "engine to train on").choices(backendNames))
      .option("-o, --output <file>", "where the trained model is written: .keras, .h5, .onnx …")
      .option("--folds <count>", "cross-validation: so many models, each judged on rows it hasn't seen")
      .option("--find-lr", "100 steps of rising learning rates tell a good one; nothing is written")
      .option("--early-stopping [epochs]", "end after so many epochs (10) without a better valLoss")
      .option("--best", "the model ends with the weights of its best epoch by valLoss")
      .addOption(
        new Option("--threshold <goal>", "of two classes: choose it on the validation rows, keep it")
          .choices([...goals]),
      )
      .option("--history <file>", "where every epoch's numbers are written, as JSON")
      .option("--view", "open a page on this machine that shows the training and steers it")
      .option("--plot [file]", "show the curves of the losses and metrics; as SVG in a file too")
      .option("--resume", "go on from the state that --output holds"),
  async run([path = ""], options, context) {
    const folds = foldsFrom(options), begun = await begunFrom(path, options, context);
    if (begun) context.log(begun.text);
    const plan = await planFrom(path, options, begun?.config), historyFile = textOption(options, "history");
    const resume = options.resume === true;
    if (options.findLr === true) return await foundRate(plan, options, context);
    const written = folds === undefined || options.output !== undefined;
    if (written) await checkPlaces(plan, placeOf(plan), options);
    const crossed = folds === undefined ? undefined : await crossValidated(plan, folds, context);
    if (crossed && (crossed.exit !== undefined || !written)) return crossed;
    const output = placeOf(plan);
    if (crossed) context.log(`the model of ${output} is trained on the rows of all ${folds} folds:`);
    if (begun) context.log(`written: ${await writeBegun(begun.config, output)}, to be changed and run again`);
    const callbacks = callbacksFrom(plan.fit.callbacks);
    const from = resume ? await resumedFrom(output) : undefined;
    const made = await begin(plan, from, context), { model, part } = made, goal = goalFrom(options, made);
    const rows = made.series?.rows ?? part.x.shape[0] ?? 0;
    context.log(
      `${model.name}: ${count(model.countParams())} parameters, ${count(rows)} samples` +
        (made.validation ? `, ${count(made.validation.x.shape[0] ?? 0)} for validation` : ""),
    );
    const watched = watch(context.terminal, rows);
    const seen = await observed(made, watched, output, options, context);
    let exit = 1;
    const stop = (code: number) => {
      exit = code;
      watched.interrupt();
    };
    const history = await withInterrupt(
      stop,
      () => fitModel(made, plan, [...callbacks, ...seen.callbacks, watched.callback], resume),
    );
    await seen.end(history ? `trained ${history.epoch.length} epochs` : "stopped; the state is saved");
    if (history === undefined) return { ...await stopped(made, watched, output), exit };

    const judged = made.series && await finishSeries(made.series, model, context.terminal.width);
    const chosen = goal && await thresholdOn(made, goal);
    const fitted = chosen ? { ...made.fitted, threshold: chosen.threshold } : made.fitted;
    await saveTrained(model, output, judged?.extras ?? extrasOf(fitted));
    await Deno.remove(stoppedFile(output)).catch(() => {});
    const speed = watched.samples / watched.seconds;
    const data = {
      output,
      epochs: history.epoch.length,
      seconds: watched.seconds,
      samplesPerSecond: speed,
      history: history.history,
    };
    if (historyFile !== undefined) {
      await writeText(
        historyFile,
        `${JSON.stringify({ epoch: history.epoch, ...data, ...seen.json() })}\n`,
      );
    }
    const { plot } = options, curves = { epoch: history.epoch, history: history.history };
    if (typeof plot === "string") {
      await writeText(plot, plotHistory(curves, { title: model.name }));
    }
    const validated = made.test || made.series ? undefined : await validationOf(model, made.validation);
    const test = made.test && await testOn(model, made.test, fitted, context.terminal.width);
    return {
      text: [
        ...(crossed ? [crossed.text] : []),
        ...(chosen ? [chosen.text] : []),
        ...(validated ? [`validation: ${logText(validated)}`] : []),
        ...(test ? [`test: ${test.text}`] : []),
        ...(judged ? [judged.text] : []),
        ...(plot === undefined ? [] : [historyText(curves, { width: Math.min(80, context.terminal.width) })]),
        `trained ${history.epoch.length} epochs in ${timeText(watched.seconds)}, ` +
        `${count(Math.round(speed))} samples/s\nwritten: ${output}`,
        ...brokenText(made.broken ?? []),
      ].join("\n\n"),
      data: {
        ...data,
        ...(crossed && { crossValidation: crossed.data }),
        ...(chosen && { threshold: chosen.threshold }),
        ...(test && { test: test.data }),
        ...judged?.data,
      },
    };
  },
};
/** The configuration that is made of pictures or a table where none is given. */
async function begunFrom(
  path: string,
  options: Readonly<Record<string, unknown>>,
  context: Context,
): Promise<Begun | undefined> {
  if (path !== "" && options.head === undefined || options.resume === true) return undefined;
  if (path !== "") {
    const { model } = await loadNamed(path, options, context);
    return await beginPictures(options, (line) => context.log(line), { model, path });
  }
  return await beginData(options, context, "expected a configuration or a model file; or");
}
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
  const { labels } = fitted, own = series ? {} : { x: part.x, y: part.y };
  const kept = { name: model.name, rows: series?.rows ?? part.x.shape[0], ...own };
  if (options.view !== true) {
    const recorder = recorderFor(kept);
    return { ...none, callbacks: [recorder.callback], json: recorder.json };
  }
  const { openLive } = await loadLive();
  const live = openLive({
    ...kept,
    model,
    labels,
    stop: watched.interrupt,
    save: async () => {
      const file = output.replace(/(\.[\w.]+)?$/, "-now.keras");
      await model.save(file);
      return `saved as ${file}; Stop saves what --resume goes on from`;
    },
  });
  context.terminal.err(`${live.server.url}\n`);
  return { ...live, json: live.recorder.json };
}
/** Loss and metrics of the weights that are kept, on the rows that were validated on. */
async function validationOf(
  model: Model,
  part: Samples | undefined,
): Promise<Record<string, number> | undefined> {
  return part?.y ? await model.evaluate(part.x, part.y, { batchSize: 256 }) : undefined;
}
/** How well the model does on the test part, in words and in numbers. */
async function testOn(model: Model, part: Samples, fitted: Fitted, width: number) {
  const { preparation, labels, threshold } = fitted;
  const { text: words, target } = preparation;
  if (words?.next) {
    const data = await evaluateText(model, part.x, words.length);
    return { text: languageText(data, words.split), data };
  }
  const found = await evaluateOn(model, part, { batchSize: 256, samples: 10, target, labels, threshold });
  const { samples: _, ...data } = evaluationData(found);
  return { text: `\n${evaluationText(found, labels, part.texts, width)}`, data };
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

/** Where the state of a stopped training is kept: beside the model, which only a finished one becomes. */
const stoppedFile = (output: string): string => `${output.replace(/\.keras$/, "")}.stopped.keras`;

/** The file that a training goes on from. @throws {UsageError} where the output's format holds no state. */
async function resumedFrom(output: string): Promise<string> {
  const stopped = stoppedFile(output);
  if (await Deno.stat(stopped).then(() => true, () => false)) return stopped;
  if (output.endsWith(".keras")) return output;
  throw new UsageError("--resume: only .keras files hold a state");
}

/** Where the trained model is written. @throws {UsageError} where nothing says it. */
function placeOf({ output }: TrainConfig): string {
  if (output !== null) return output;
  throw new UsageError("-o, --output is missing: where the trained model is written");
}
/** Refuses what can't be written before anything is read. @throws {InputError} {@link UsageError} */
async function checkPlaces(
  { data }: TrainConfig,
  output: string,
  options: Readonly<Record<string, unknown>>,
): Promise<void> {
  const inputs = [data?.train, data?.validation, data?.test].flatMap((s) => [...s?.x ?? [], ...s?.y ?? []]);
  const history = textOption(options, "history"), plot = textOption(options, "plot");
  await checkOutput(output, inputs);
  if (history !== undefined) await checkFile(history, { flag: "--history", inputs });
  if (plot !== undefined) await checkFile(plot, { flag: "--plot", endings: [".svg"], inputs });
}

/** Saves where the last epoch ended. */
async function stopped({ model, fitted, series }: Ready, { snapshot }: Watch, output: string) {
  const file = stoppedFile(output);
  if (!snapshot) return { text: "stopped before training began", data: { stopped: true } };
  for (const [name, value] of snapshot.weights) model.setWeight(name, value);
  const { json, tensors } = snapshot.state, kept = series ? seriesExtras(series, []) : extrasOf(fitted);
  await model.save(file, { extras: { json: { ...kept.json, training: json }, tensors } });
  return {
    text: `stopped after ${json.epoch} epochs; ${output} is as it was\n` +
      `written: ${file}, the state that --resume goes on from`,
    data: { stopped: true, epochs: json.epoch, output: file },
  };
}
