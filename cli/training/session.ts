/** A training run from its plan: data and model made ready, the fit, and the file. @module */
import {
  type Augment,
  type BatchSource,
  type Callback,
  type Extras,
  type FitOptions,
  type History,
  InputError,
  loadModel,
  type Model,
  registry,
  type Tensor,
} from "../../mod.ts";
import { writeNamesOf } from "../../public/plugins.ts";
import {
  augmentImages,
  type AugmentOptions,
  type BrokenPicture,
  embeddedColumns,
} from "../../public/data.ts";
import { changingFirst, channelsFirst, fitted as laidOut, picturesFor } from "../pictures/layout.ts";
import { UsageError } from "../command.ts";
import type { DataConfig, FitConfig, SourceConfig, TrainConfig } from "./config.ts";
import { languageFeed } from "./language.ts";
import { modelFrom, type NewModelOptions } from "./layers.ts";
import { canResume, classWeights, compileOptions } from "./plan.ts";
import {
  dataOf,
  extrasOf,
  fitPreparation,
  type Fitted,
  fittedFrom,
  labelsOf,
  notesFor,
  prepare,
  type Samples,
  unprepared,
} from "./prepare.ts";
import { openSeries, seriesExtras, seriesFrom, type SeriesTraining } from "./series.ts";
import { readPart } from "./sources.ts";
import { heldBack, lacksOf } from "./validation.ts";
import { asLayers, free, secondRate, takenOver, trainedCount } from "./transfer.ts";
import { beginWithVectors } from "./vectors.ts";
import { Interrupted } from "./watch.ts";

/** A model with its data, ready to be fitted. */
export interface Ready {
  readonly model: Model;
  readonly fitted: Fitted;
  readonly part: Samples;
  readonly validation: Samples | undefined;
  readonly test: Samples | undefined;
  /** Tells what goes on between the stages of a fit. */
  log?(line: string): void;
  /** Pictures that couldn't be read. */
  readonly broken?: readonly BrokenPicture[];
  /** The series that windows are cut from, in place of samples. */
  readonly series?: SeriesTraining;
}

/**
 * Reads the data, prepares it, and makes or loads the model and compiles it.
 * @throws {LapisError} naming what is wrong in the configuration, the data or the model.
 */
export async function begin(
  plan: TrainConfig,
  resumed: string | undefined,
  { log, readPart: readPartOf = readPart }: {
    log(line: string): void;
    /** How a part is read, where it may be known already. */
    readonly readPart?: typeof readPart;
  },
): Promise<Ready> {
  const { data, fit, compile } = plan;
  if (!data?.train) throw new UsageError("nothing to train on");
  const backend = fit.backend === null ? {} : { backend: fit.backend };
  const from = resumed ?? (typeof plan.model === "string" ? plan.model : undefined);
  const load = (path: string) =>
    loadModel(path, { ...backend, seed: fit.seed, warn: (message) => log(`warning: ${message}`) });
  const { transfer } = plan, taken = transfer && resumed === undefined;
  const loaded = from === undefined ? undefined : await load(from);
  const known = loaded && taken ? asLayers(loaded) : loaded;
  if (resumed !== undefined && known && !canResume(known)) {
    throw new InputError(`${resumed}: holds no state of training to go on from`, { file: resumed });
  }
  const modelOf = async (
    x: Tensor,
    labels: readonly string[] | undefined,
    shape: Pick<NewModelOptions, "sample" | "front"> = {},
  ) => {
    const shaped = { ...backend, seed: fit.seed, batchSize: fit.batchSize, ...shape };
    const model = known && taken ? takenOver(known, transfer, labels, fit.seed, log) : known ??
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
    const part = { x: series.sample, y: undefined }, model = await modelOf(part.x, undefined);
    const facts = { parameters: model.countParams(), batchSize: fit.batchSize };
    for (const warning of series.warnings(facts)) log(`warning: ${warning}`);
    keepWith(model, seriesExtras(series, []));
    return {
      model,
      fitted: unprepared,
      part,
      validation: undefined,
      test: undefined,
      series,
    };
  }
  const kept = fittedFrom(loaded?.extras),
    held = taken && transfer.head ? undefined : kept,
    { table, image } = data,
    own = held && dataOf(held),
    settings = picturesFor(
      known,
      own
        ? { ...data, ...own, table, image: held.preparation.image ?? image, train: data.train }
        : scaledAs(kept, data),
    );
  const broken: BrokenPicture[] = [];
  const readSaid = async (source: SourceConfig, how: DataConfig) => {
    const read = await readPartOf(source, how);
    for (const note of notesFor(read, held ?? unprepared)) log(note);
    broken.push(...read.broken ?? []);
    return read;
  };
  const all = await readSaid(data.train, settings);
  const { train: raw, validation: apart } = heldBack(all, data.validation ? unsplit(fit) : fit, {
    target: settings.target,
    seed: resumed === undefined ? fit.seed : known?.trainingState().json.seed ?? fit.seed,
    long: settings.text?.next ?? false,
  });
  const fitted = held ?? await fitPreparation(raw, { ...settings, labels: labelsOf(all, settings) }),
    reading = { ...settings, ...columnsOf(fitted), labels: fitted.labels ?? null };
  const read = async (source: SourceConfig | null) =>
    source ? prepare(await readSaid(source, reading), fitted) : undefined;
  const flat = prepare(raw, fitted), { text: words, vocabulary } = fitted.preparation;
  const columns = fitted.preparation.table?.columns;
  const model = await modelOf(flat.x, fitted.labels, {
    ...(words?.next && { sample: [null] }),
    ...(columns && { front: (start) => embeddedColumns(start, columns) }),
  });
  const shape = model.inputs[0]?.shape, turned = (p: Samples | undefined) => p && laidOut(p, shape);
  const part = laidOut(flat, shape);
  const file = data.text?.embeddingFile;
  if (file && data.text && vocabulary && part.texts && known === undefined) {
    log(await beginWithVectors(model, file, data.text, vocabulary, part.texts));
  }
  keepWith(model, extrasOf(fitted));
  const validation = turned(apart ? prepare(apart, fitted) : await read(data.validation));
  const test = turned(await read(data.test)), { target } = fitted.preparation;
  for (const line of lacksOf({ training: part, validation, test }, target, fitted.labels)) {
    log(`warning: ${line}`);
  }
  return { model, fitted, part, validation, test, broken, log };
}
/** Pictures changed at random, in the layout that the model takes. */
function augmentFor(options: Partial<AugmentOptions>, model: Model): Augment {
  const augment = augmentImages(options), shape = model.inputs[0]?.shape ?? [];
  return channelsFirst(shape) ? changingFirst(augment) : augment;
}
/** Later parts have the columns that the training part had, by name. */
const columnsOf = ({ preparation: { features } }: Fitted) => (features ? { features } : {});
/** Numbers of new data scaled as those were that a model was trained on before. */
function scaledAs(kept: Fitted | undefined, data: DataConfig): DataConfig {
  if (!kept) return data;
  const { divide, mean, deviation, image } = kept.preparation, said = data.image.mean ?? data.image.std;
  return {
    ...data,
    divide: data.divide === 1 ? divide : data.divide,
    image: {
      ...image ?? data.image,
      column: data.image.column,
      ...(said ? data.image : { mean, std: deviation }),
    },
  };
}
const unsplit = (fit: FitConfig): FitConfig => ({ ...fit, validationSplit: 0 });

/** Checkpoints hold what the finished file will: they predict, generate and forecast by themselves. */
function keepWith(model: Model, { json }: Extras): void {
  model.extras = { ...model.extras, json: { ...model.extras?.json, ...json } };
}

/** Fits; undefined where the user stopped it. */
export async function fitModel(
  ready: Ready,
  plan: TrainConfig,
  callbacks: readonly Callback[],
  resume: boolean,
): Promise<History | undefined> {
  const { model, fitted, part, validation, series } = ready, { fit } = plan;
  const weights = classWeights(fit.classWeight, fitted.labels, part.y);
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
  const fed = ({ x, y }: Samples) => words?.next ? languageFeed(model, x, words.length) : { x, y };
  const { x, y } = windows ? { x: windows.x, y: undefined } : fed(part), held = validation && fed(validation);
  if (!windows && !words?.next && (!y || (held && !held.y))) {
    throw new InputError("the data holds no targets");
  }
  const options: FitOptions = {
    batchSize: fit.batchSize,
    seed: fit.seed,
    shuffle: fit.shuffle,
    validationFreq: fit.validationFreq,
    validationBatchSize: Math.max(fit.batchSize, 256),
    verbose: 0,
    callbacks,
    ...(held && { validationData: held.y ? [held.x as Tensor, held.y] as const : held.x as BatchSource }),
    ...(windows?.validation && { validationData: windows.validation }),
    ...(fit.stepsPerEpoch !== null && { stepsPerEpoch: fit.stepsPerEpoch }),
    ...(weights && { classWeight: weights }),
    ...(fit.augment && { augment: augmentFor(fit.augment, model) }),
  };
  try {
    const resumed = resume && { resumeFrom: model.trainingState() };
    const first = await model.fit(x, y, { ...options, epochs: fit.epochs, ...resumed });
    const { transfer, compile } = plan;
    if (!compile || !transfer || transfer.unfreeze === null || !transfer.head && transfer.freeze === null) {
      return first;
    }
    const freed = free(model, transfer.unfreeze), { optimizer } = compile;
    const rate = secondRate(transfer, optimizer);
    const named = typeof optimizer === "string" ? { name: optimizer } : optimizer;
    model.compile(
      compileOptions({ ...compile, optimizer: { ...named, learningRate: rate } }),
    );
    ready.log?.(
      `second stage: ${freed.length} layers from ${
        freed[0] ?? "none"
      } on are free, batch normalization is not: ` +
        `${trainedCount(model)} weights train at ${rate}`,
    );
    const done = first.epoch.length, epochs = done + transfer.epochs;
    const second = await model.fit(x, y, { ...options, epochs, initialEpoch: done });
    return joinedHistories(first, second);
  } catch (error) {
    if (error instanceof Interrupted) return undefined;
    throw error;
  }
}
/** The numbers of two fits, one after the other. */
function joinedHistories(first: History, second: History): History {
  const history = Object.fromEntries(
    Object.entries(second.history).map(([name, values]) => [name, [...first.history[name] ?? [], ...values]]),
  );
  return { ...second, epoch: [...first.epoch, ...second.epoch], history };
}

/** Writes a trained model with what it needs to be run, `kept`, and to go on. */
export async function saveTrained(model: Model, output: string, kept: Extras): Promise<void> {
  const { json, tensors } = model.trainingState();
  const rest = Object.entries(tensors).filter(([name]) => !name.startsWith("optimizer/"));
  const extras = { json: { ...kept.json, training: json }, tensors: Object.fromEntries(rest) };
  await model.save(output, writeNamesOf(registry, output).includes("extras") ? { extras } : {});
}
