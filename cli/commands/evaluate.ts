/** `lapis evaluate`: how well a model does on samples with known targets. @module */
import { InputError, type Model } from "../../mod.ts";
import { isTensor } from "../../public/tensors.ts";
import type { Assets } from "../assets.ts";
import {
  collect,
  type CommandDef,
  listOption,
  namesOption,
  numberOption,
  textOption,
  UsageError,
} from "../command.ts";
import { givenFiles } from "../given.ts";
import { brokenText } from "../pictures/broken.ts";
import { fitted as laidOut, picturesFor } from "../pictures/layout.ts";
import { channelNumbers, loadNamed, modelOptions } from "../loading.ts";
import { type DataConfig, defaultData, defaultText } from "../training/config.ts";
import { importanceOf, importanceText } from "../evaluation/importance.ts";
import { furtherFrom, furtherOn } from "../evaluation/further.ts";
import { checkFile, writeText } from "../output.ts";
import { plotPanels } from "../../plugins/plots/mod.ts";
import { evaluateOn, evaluationData, evaluationText } from "../training/evaluation.ts";
import { evaluateText, languageText } from "../training/language.ts";
import { datasetNamed, dataWith, withDataset } from "../training/plan.ts";
import { dataOf, type Fitted, fittedFrom, notesFor, prepare } from "../training/prepare.ts";
import { seriesFrom } from "../training/series.ts";
import { readPart } from "../training/sources.ts";
import { Option } from "commander";
import { targetOption } from "../targets.ts";

/** Evaluates a model: loss and metrics, classification report, confidence, sample predictions. */
export const evaluate: CommandDef = {
  name: "evaluate",
  summary: "report how well a model does on data with known targets",
  example: `lapis evaluate mnist.keras --data t10k-images-idx3-ubyte.gz \\
  --target t10k-labels-idx1-ubyte.gz
lapis evaluate model.h5 --data test_batch.bin --divide 255
lapis evaluate reviews.keras --data test.csv   # text, as it was trained
lapis evaluate titanic.keras --data test.csv --curves roc.svg --importance`,
  declare: (command) =>
    targetOption(
      modelOptions(command)
        .requiredOption("--data <file>", "samples: .npy .npz .csv, IDX, CIFAR (repeatable)", collect),
    )
      .option("--data-folder <folder>", "folder of a data set that --data names: its test part")
      .option("--column <name>", "column of a .csv that holds the text")
      .addOption(new Option("--target-kind <kind>", "what targets are").choices(["class", "number"]))
      .option("--divide <number>", "divide the data's numbers, as pictures by 255")
      .option("--mean <numbers>", "take these away from the channels then, by commas")
      .option("--std <numbers>", "and divide the channels by these, by commas")
      .option("--loss <name>", "a loss, where the model's file says none")
      .option("--metrics <names>", "metrics, by commas (repeatable)", collect)
      .option("--samples <count>", "sample predictions that are shown", "10")
      .option("--worst <count>", "mistakes shown of each class, the surest first", "3")
      .option("--threshold <probability>", "of two classes the second is predicted above it")
      .option("--curves [file]", "ROC, precision-recall and reliability; as .svg in a file too")
      .option("--intervals [level]", "bootstrap intervals of the figures (level 0.95)")
      .option("--importance [repeats]", "what shuffling each column costs (5 times each)")
      .option("--batch-size <rows>", "samples of a step", "256"),
  async run([path = ""], options, context) {
    const batchSize = numberOption(options, "batchSize", { flag: "--batch-size", whole: true, min: 1 }) ??
      256;
    const samples = numberOption(options, "samples", { flag: "--samples", whole: true, min: 0 }) ?? 10;
    const loss = textOption(options, "loss"), metrics = namesOption(options, "metrics");
    const asked = furtherFrom(options), curves = textOption(options, "curves");
    if (curves !== undefined) {
      const inputs = [path, ...listOption(options, "data")];
      await checkFile(curves, { flag: "--curves", endings: [".svg"], inputs });
    }
    const { model, assets } = await loadNamed(path, options, context);
    if (seriesFrom(model.extras)) {
      throw new InputError(
        `${path}: forecasts a series: lapis forecast ${path} --data FILE --backtest ROWS`,
        {
          file: path,
        },
      );
    }
    if (loss !== undefined) model.compile({ loss, metrics });
    else if (metrics.length > 0 && !model.compiled) {
      throw new UsageError("--metrics: the model's file says no loss: give one with --loss");
    }
    const held = fittedFrom(model.extras) ?? besideModel(model, assets);
    const given = await givenFiles(listOption(options, "data")), dataset = await datasetNamed(given);
    const parts = dataset &&
      await withDataset({ ...dataOf(held), dataset }, textOption(options, "dataFolder"));
    const data: DataConfig = dataWith(
      parts ? { ...parts, train: parts.test } : dataOf(held),
      options,
      dataset ? [] : given,
    );
    const { text, label, divide, target } = data, { mean, std } = channelNumbers(options);
    const fitted: Fitted = {
      labels: held.labels,
      preparation: {
        ...held.preparation,
        label,
        divide,
        target,
        text,
        ...(mean && { mean, deviation: std ?? mean.map(() => 1) }),
        ...(std && { mean: mean ?? std.map(() => 0), deviation: std }),
      },
    };
    if (!data.train) throw new UsageError("--data is missing");
    const reading = picturesFor(model, data), words = fitted.preparation.text;
    const raw = await readPart(data.train, reading, !words?.next), [first] = model.inputs;
    for (const note of notesFor(raw, fitted)) context.log(note);
    const part = laidOut(prepare(raw, fitted), first?.shape);
    if (words?.next) {
      const found = await evaluateText(model, part.x, words.length);
      return {
        text: languageText(found, words.split),
        data: { model: path, backend: model.backend, ...found },
      };
    }
    if (model.inputs.length !== 1 || !first || !isTensor(part.x)) {
      throw new InputError(`evaluate is for models of one input; this has ${model.inputs.length}`);
    }
    const { labels } = fitted, { broken = [] } = raw, { width } = context.terminal;
    const threshold = asked.threshold ?? assets.threshold;
    const found = await evaluateOn(model, part, { batchSize, samples, target, metrics, labels, threshold });
    const more = furtherOn(found, asked, raw.pictures, width);
    const importance = asked.importance === undefined
      ? undefined
      : await importanceOf(model, raw, fitted, { batchSize, repeats: asked.importance });
    if (curves !== undefined) await writeText(curves, plotPanels(more.panels, { title: model.name }));
    return {
      text: [
        evaluationText(found, labels, part.texts, width),
        ...more.text,
        ...(importance ? [importanceText(importance, target, width)] : []),
        ...brokenText(broken),
        ...(curves === undefined ? [] : [`written: ${curves}`]),
      ].join("\n\n"),
      data: {
        model: path,
        backend: model.backend,
        ...evaluationData(found),
        ...more.data,
        ...(importance && { importance }),
        ...(broken.length > 0 && { broken }),
        ...(curves !== undefined && { curves }),
      },
    };
  },
};

/** How samples are prepared for a model whose file doesn't say it: by the lists beside it, and its input's shape. */
function besideModel(model: Model, { labels, vocabulary }: Assets): Fitted {
  const shape = model.inputs[0]?.shape.slice(1) ?? [], [length] = shape;
  const fixed = shape.every((d) => typeof d === "number") ? shape as readonly number[] : null;
  const text = vocabulary !== undefined && typeof length === "number" ? { ...defaultText, length } : null;
  return {
    labels,
    preparation: {
      text,
      vocabulary: vocabulary ?? null,
      ngrams: null,
      features: null,
      label: defaultData.label,
      target: "class",
      divide: 1,
      mean: null,
      deviation: null,
      table: null,
      shape: text ? null : fixed,
      image: null,
    },
  };
}
