/** What a training run is, from a configuration or a model file and the flags beside it. @module */
import { type CompileTraining, InputError, type Model, registry, type Tensor } from "../../mod.ts";
import { datasetFiles, datasets, isDatasetName } from "../../public/data.ts";
import { fields } from "../../public/plugins.ts";
import { listOption, namesOption, numberOption, textOption, UsageError } from "../command.ts";
import { givenFiles } from "../given.ts";
import { isFolder, readText } from "../inputs.ts";
import { channelNumbers } from "../loading.ts";
import { checkFile, folderOf } from "../output.ts";
import { targetsFrom } from "../targets.ts";
import { transferWith } from "./transfer.ts";
import { toNumbers } from "../../public/tensors.ts";
import { saidColumns } from "./begun.ts";
import {
  type CompileConfig,
  type DataConfig,
  defaultData,
  defaultFit,
  defaultText,
  type Json,
  readTrainConfig,
  type SourceConfig,
  type TrainConfig,
  trainFields,
  wholeSource,
} from "./config.ts";

type Options = Readonly<Record<string, unknown>>;

/** A JSON file that is a configuration of training, as against one that Keras wrote of a model. */
async function isTrainConfig(path: string): Promise<boolean> {
  if (!path.endsWith(".json")) return false;
  let raw: unknown;
  try {
    raw = JSON.parse(await readText(path));
  } catch (error) {
    // What isn't JSON is told when it is read as a configuration.
    if (error instanceof SyntaxError) return true;
    throw error;
  }
  return !(typeof raw === "object" && raw !== null && ("class_name" in raw || "keras_version" in raw));
}
const isAbsolute = (path: string) => /^([\\/]|[a-zA-Z]:[\\/])/.test(path);
/** A path as it stands in a file of a folder. */
export function below(folder: string, path: string): string {
  return folder === "" || isAbsolute(path) ? path : `${folder.replace(/[\\/]$/, "")}/${path}`;
}
function sourceBelow(folder: string, source: SourceConfig | null): SourceConfig | null {
  const all = (list: readonly string[]) => list.map((path) => below(folder, path));
  return source && { ...source, x: all(source.x), y: source.y && all(source.y) };
}
/** Every path of a configuration as it is seen from the current folder. */
function placed(config: TrainConfig, folder: string, dataFolder: string | undefined): TrainConfig {
  const { model, data, fit, output } = config;
  const root = dataFolder ?? below(folder, data?.folder ?? "");
  const callbacks = fit.callbacks.map((c) => ({
    ...c,
    ...(typeof c.path === "string" && { path: below(folder, c.path) }),
    ...(typeof c.folder === "string" && { folder: below(folder, c.folder) }),
  }));
  return {
    ...config,
    model: typeof model === "string" ? below(folder, model) : model,
    output: output && below(folder, output),
    fit: { ...fit, callbacks },
    data: data && {
      ...data,
      train: sourceBelow(root, data.train),
      validation: sourceBelow(root, data.validation),
      test: sourceBelow(root, data.test),
      text: data.text && {
        ...data.text,
        vocabulary: data.text.vocabulary && below(folder, data.text.vocabulary),
        embeddingFile: data.text.embeddingFile && below(root, data.text.embeddingFile),
      },
    },
  };
}

/**
 * A configuration that stands in an object, its paths seen from the current folder.
 * @throws {ConfigError} with the path of a wrong key.
 */
export function planOf(raw: Json, file: string, folder: string, dataFolder?: string): TrainConfig {
  return placed(fields.parseConfig(trainFields, raw, file), folder, dataFolder);
}

const optionalSource = (x: readonly string[], y: readonly string[]): SourceConfig | null =>
  x.length === 0 ? null : { ...wholeSource, x, y: y.length === 0 ? null : y };

/** The data that flags name, over what the configuration says. */
export function dataWith(base: DataConfig, options: Options, files: readonly string[]): DataConfig {
  const divide = numberOption(options, "divide", { flag: "--divide" });
  if (divide === 0) throw new UsageError("--divide: expected a number other than 0");
  const { column: label, files: targets } = targetsFrom(options), target = textOption(options, "targetKind");
  const length = numberOption(options, "textLength", { flag: "--text-length", whole: true, min: 1 });
  const column = textOption(options, "column") ??
      listOption(options, "column").find((one) => !one.includes("=")),
    maxWords = numberOption(options, "maxWords", {
      flag: "--max-words",
      whole: true,
      min: 2,
    });
  const text = length === undefined
    ? base.text && { ...base.text, ...(column !== undefined && { column }) }
    : {
      ...base.text ?? defaultText,
      length,
      ...(column !== undefined && { column }),
      ...(maxWords !== undefined && { maxWords }),
    };
  return {
    ...base,
    text,
    columns: base.columns && { ...base.columns, ...saidColumns(options) },
    ngrams: base.ngrams && { ...base.ngrams, ...(column !== undefined && { column }) },
    ...(divide !== undefined && { divide }),
    ...(label !== undefined && { label }),
    ...(target !== undefined && { target: target === "number" ? "number" as const : "class" as const }),
    ...(files.length > 0 && { train: optionalSource(files, targets) }),
    ...(listOption(options, "validation").length > 0 && {
      validation: optionalSource(listOption(options, "validation"), listOption(options, "validationTarget")),
    }),
  };
}
/** How a model that is taken over for other classes is compiled, where nothing says it. */
const forClasses: CompileConfig = {
  optimizer: { name: "adam", learningRate: 0.001 },
  loss: "sparseCategoricalCrossentropy",
  metrics: ["accuracy"],
  lossWeights: null,
};
function compileWith(base: CompileConfig | null, options: Options): CompileConfig | null {
  const optimizer = textOption(options, "optimizer"), loss = textOption(options, "loss");
  const metrics = namesOption(options, "metrics");
  const rate = numberOption(options, "learningRate", { flag: "--learning-rate", min: 0 });
  if (optimizer === undefined && loss === undefined && metrics.length === 0 && rate === undefined) {
    return base;
  }
  const chosen = optimizer ?? base?.optimizer ?? "rmsprop", said = base?.loss ?? loss;
  if ((loss ?? said) === undefined) throw new UsageError("--loss is missing: what is made smaller");
  const named: string | Json = rate === undefined
    ? chosen
    : { ...(typeof chosen === "string" ? { name: chosen } : chosen), learningRate: rate };
  return {
    optimizer: named,
    loss: loss ?? said,
    metrics: metrics.length > 0 ? metrics : base?.metrics ?? [],
    lossWeights: base?.lossWeights ?? null,
  };
}

/** The parts of a data set by its name, where the configuration doesn't say other files. */
export async function withDataset(data: DataConfig, folder: string | undefined): Promise<DataConfig> {
  const { dataset } = data;
  if (!dataset) return data;
  if (folder === undefined) {
    throw new UsageError(`--data-folder is missing: the folder of ${dataset.name}'s files`);
  }
  const { language, download } = dataset;
  const found = await datasetFiles(dataset.name, {
    folder,
    ...(language !== null && { language }),
    ...(download && { download }),
  });
  const part = (name: keyof typeof found) => {
    const files = found[name];
    return files ? { ...wholeSource, x: files.x, y: files.y ?? null } : null;
  };
  return {
    ...data,
    train: data.train ?? part("train"),
    validation: data.validation ?? part("validation"),
    test: data.test ?? part("test"),
    labels: data.labels ?? datasets[dataset.name].classNames,
  };
}
/** The data set that `--data` names, where there is no such file. */
export async function datasetNamed(given: readonly string[]): Promise<DataConfig["dataset"]> {
  const [name] = given;
  if (given.length !== 1 || name === undefined || !isDatasetName(name)) return null;
  return await Deno.stat(name).then(() => null, () => ({ name, language: null, download: null }));
}

/** Reads the configuration (or takes the model file, or the one that was `begun`) and puts the flags over it. */
export async function planFrom(path: string, options: Options, begun?: Json): Promise<TrainConfig> {
  const given = await givenFiles(listOption(options, "data")), [only] = given;
  const folder = given.length === 1 && only !== undefined && await isFolder(only) ? only : undefined;
  const base: TrainConfig = begun
    ? planOf(begun, textOption(options, "data") ?? "the table", "")
    : await isTrainConfig(path)
    ? placed(await readTrainConfig(path), folderOf(path), folder)
    : {
      $schema: null,
      model: path,
      transfer: null,
      data: null,
      compile: null,
      fit: defaultFit,
      output: null,
    };
  const whole = (name: string, flag: string, min: number) =>
    numberOption(options, name, { flag, whole: true, min });
  const epochs = whole("epochs", "--epochs", 1), batchSize = whole("batchSize", "--batch-size", 1);
  const seed = whole("seed", "--seed", 0), backend = textOption(options, "backend");
  const split = numberOption(options, "validationSplit", { flag: "--validation-split", min: 0 });
  // A folder is where a configuration's files are, and what a model's file is trained on.
  const named = await datasetNamed(given), isSource = folder === undefined || base.data === null;
  const files = isSource && !named && !begun ? given : [];
  const said = dataWith({ ...base.data ?? defaultData, ...(named && { dataset: named }) }, options, files);
  const data = await withDataset(
    said,
    textOption(options, "dataFolder") ?? folder ??
      (base.data?.folder ? below(folderOf(path), base.data.folder) : undefined),
  );
  if (!data.train) {
    throw new UsageError("nothing to train on: --data FILE, or data.train in the configuration");
  }
  const output = textOption(options, "output") ?? base.output,
    transfer = transferWith(base.transfer, options);
  return {
    ...base,
    data: { ...data, image: { ...data.image, ...channelNumbers(options) } },
    output,
    transfer,
    compile: compileWith(base.compile ?? (transfer && forClasses), options),
    fit: {
      ...base.fit,
      ...(epochs !== undefined && { epochs }),
      callbacks: [...base.fit.callbacks, ...stoppingFrom(options, epochs ?? base.fit.epochs)],
      ...(batchSize !== undefined && { batchSize }),
      ...(seed !== undefined && { seed }),
      ...(split !== undefined && { validationSplit: split }),
      ...(backend !== undefined && { backend }),
      ...(options.classWeight === "balanced" && { classWeight: "balanced" as const }),
    },
  };
}

/** Early stopping as `--early-stopping` and `--best` ask for it; the best epoch alone never ends a fit. */
function stoppingFrom(options: Options, epochs: number): readonly Json[] {
  const { earlyStopping: asked, best } = options;
  if (asked === undefined && best !== true) return [];
  const borne = asked === true
    ? 10
    : numberOption(options, "earlyStopping", { flag: "--early-stopping", whole: true, min: 0 });
  return [{ type: "earlyStopping", patience: borne ?? epochs, restoreBestWeights: best === true }];
}

/** What `compile` takes, from a configuration. */
export function compileOptions({ optimizer, loss, metrics, lossWeights }: CompileConfig): CompileTraining {
  return {
    optimizer,
    loss: loss as NonNullable<CompileTraining["loss"]>,
    metrics,
    ...(lossWeights && { lossWeights: lossWeights as Readonly<Record<string, number>> }),
  };
}

/** Class weights by number. @throws {InputError} for a name that no class has. */
export function classWeights(
  given: Json | "balanced" | null,
  labels: readonly string[] | undefined,
  y: Tensor | undefined,
): Record<number, number> | undefined {
  if (!given) return undefined;
  if (given === "balanced") return balanced(y);
  return Object.fromEntries(
    Object.entries(given).map(([name, weight]) => {
      const id = labels?.indexOf(name) ?? -1, n = id >= 0 ? id : Number(name);
      if (!Number.isInteger(n) || typeof weight !== "number") {
        const near = fields.nearest(name, labels ?? []);
        throw new InputError(
          `fit.classWeight: expected a number for a class, got ${JSON.stringify(name)}: ${
            JSON.stringify(weight)
          }${near ? `; did you mean ${near}?` : ""}`,
        );
      }
      return [n, weight];
    }),
  );
}

/** The weights with which every class counts alike, as scikit-learn's `balanced`: rows / (classes · rows of the class). */
function balanced(y: Tensor | undefined): Record<number, number> {
  if (!y || y.shape.slice(1).some((d) => d !== 1)) {
    throw new InputError('fit.classWeight: "balanced" is for targets that are numbers of classes');
  }
  const counts = new Map<number, number>(), ids = toNumbers(y);
  for (const id of ids) counts.set(Number(id), (counts.get(Number(id)) ?? 0) + 1);
  return Object.fromEntries([...counts].map(([id, n]) => [id, ids.length / (counts.size * n)]));
}

/** Refuses, before any work, a place that the model can't be written to. @throws {InputError} {@link UsageError} */
export async function checkOutput(path: string, inputs: readonly string[]): Promise<void> {
  const endings = registry.all("format").filter((f) => f.write).flatMap((f) => f.extensions);
  await checkFile(path, { flag: "--output", endings, inputs });
}

/** True where a model's file holds what a fit goes on from. */
export function canResume(model: Model): boolean {
  return model.extras?.json.training !== undefined;
}
