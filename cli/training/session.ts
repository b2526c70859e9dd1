/** A training run from its plan: data and model made ready, the fit, and the file. @module */
import {
  type BatchSource,
  type Callback,
  type Extras,
  type History,
  InputError,
  loadModel,
  type Model,
  registry,
  type Tensor,
} from "../../mod.ts";
import { writeNamesOf } from "../../public/plugins.ts";
import { augmentImages, embeddedColumns } from "../../public/data.ts";
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
import { beginWithVectors } from "./vectors.ts";
import { Interrupted } from "./watch.ts";

/** A model with its data, ready to be fitted. */
export interface Ready {
  readonly model: Model;
  readonly fitted: Fitted;
  readonly part: Samples;
  readonly validation: Samples | undefined;
  readonly test: Samples | undefined;
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
  const known = from === undefined ? undefined : await load(from);
  if (resumed !== undefined && known && !canResume(known)) {
    throw new InputError(`${resumed}: holds no state of training to go on from`, { file: resumed });
  }
  const modelOf = async (x: Tensor, shape: Pick<NewModelOptions, "sample" | "front"> = {}) => {
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
    const part = { x: series.sample, y: undefined }, model = await modelOf(part.x);
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
  const held = fittedFrom(known?.extras),
    { table, image } = data,
    settings = held ? { ...data, ...dataOf(held), table, image, train: data.train } : data;
  const readSaid = async (source: SourceConfig, how: DataConfig) => {
    const read = await readPartOf(source, how);
    for (const note of notesFor(read, held ?? unprepared)) log(note);
    return read;
  };
  const all = await readSaid(data.train, settings);
  const { train: raw, validation: apart } = heldBack(all, data.validation ? unsplit(fit) : fit, {
    target: settings.target,
    seed: resumed === undefined ? fit.seed : known?.trainingState().json.seed ?? fit.seed,
    long: settings.text?.next ?? false,
  });
  const fitted = held ?? await fitPreparation(raw, { ...data, labels: labelsOf(all, data) }),
    reading = { ...settings, ...columnsOf(fitted), labels: fitted.labels ?? null };
  const read = async (source: SourceConfig | null) =>
    source ? prepare(await readSaid(source, reading), fitted) : undefined;
  const part = prepare(raw, fitted), { text: words, vocabulary } = fitted.preparation;
  const columns = fitted.preparation.table?.columns;
  const model = await modelOf(part.x, {
    ...(words?.next && { sample: [null] }),
    ...(columns && { front: (start) => embeddedColumns(start, columns) }),
  });
  const file = data.text?.embeddingFile;
  if (file && data.text && vocabulary && part.texts && known === undefined) {
    log(await beginWithVectors(model, file, data.text, vocabulary, part.texts));
  }
  keepWith(model, extrasOf(fitted));
  const validation = apart ? prepare(apart, fitted) : await read(data.validation);
  const test = await read(data.test), { target } = fitted.preparation;
  for (const line of lacksOf({ training: part, validation, test }, target, fitted.labels)) {
    log(`warning: ${line}`);
  }
  return { model, fitted, part, validation, test };
}
/** Later parts have the columns that the training part had, by name. */
const columnsOf = ({ preparation: { features } }: Fitted) => (features ? { features } : {});
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

/** Writes a trained model with what it needs to be run, `kept`, and to go on. */
export async function saveTrained(model: Model, output: string, kept: Extras): Promise<void> {
  const { json, tensors } = model.trainingState();
  const rest = Object.entries(tensors).filter(([name]) => !name.startsWith("optimizer/"));
  const extras = { json: { ...kept.json, training: json }, tensors: Object.fromEntries(rest) };
  await model.save(output, writeNamesOf(registry, output).includes("extras") ? { extras } : {});
}
