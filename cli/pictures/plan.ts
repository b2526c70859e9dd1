/** The configuration that a folder of pictures is trained by where nobody wrote one: sizes, network and fit, said and kept. @module */
import type { Json } from "../training/config.ts";
import { count, table } from "../terminal.ts";
import { factsOf, type FoundPictures, type PictureFacts } from "./found.ts";

/** How images are changed in training, by the names of `--augment`. */
export const augmentations: Readonly<Record<string, Json | null>> = {
  none: null,
  light: { widthShiftRange: 0.08, heightShiftRange: 0.08, rotationRange: 8 },
  flip: { widthShiftRange: 0.08, heightShiftRange: 0.08, rotationRange: 8, horizontalFlip: true },
  strong: {
    widthShiftRange: 0.12,
    heightShiftRange: 0.12,
    rotationRange: 15,
    horizontalFlip: true,
    crop: 0.8,
  },
};
/** What flags say of it. */
export interface PictureChoices {
  readonly size?: readonly [height: number, width: number];
  readonly augment?: string;
  readonly epochs?: number;
  readonly learningRate?: number;
  /** The size and channels that a model to go on from takes. */
  readonly base?: { readonly size: readonly [number, number] | undefined; readonly colorMode: string };
}
/** A chosen configuration, and what is said of it. */
export interface ChosenPlan {
  /** As its file would hold it. */
  readonly config: Json;
  readonly text: string;
  readonly notes: readonly string[];
}

const sides = [32, 48, 64, 96, 128];
/** As many numbers as all pictures may have together. */
const mostNumbers = 1.2e8;

function sizeFor(facts: PictureFacts, pictures: number, channels: number): readonly [number, number] {
  const { same, side } = facts;
  if (same && Math.max(...same) <= 64) return same;
  const fits = (n: number) => n * n * channels * pictures <= mostNumbers;
  const wanted = sides.filter((n) => n <= Math.min(Math.max(side, 32), 96) && fits(n));
  const n = wanted.at(-1) ?? 32;
  return [n, n];
}
/** Convolutions and poolings until a side is of six or fewer, then two dense layers. */
function layersFor([height, width]: readonly [number, number], classes: number): readonly Json[] {
  const layers: Json[] = [{ type: "rescaling", scale: 1 / 255 }];
  let side = Math.min(height, width);
  for (
    let filters = side < 16 ? 32 : 16, first = true;
    first || side > 6;
    side = Math.floor(side / 2), first = false
  ) {
    layers.push(
      { type: "conv2d", filters, kernelSize: 3, padding: "same", activation: "relu" },
      ...(side < 16 ? [{ type: "conv2d", filters, kernelSize: 3, padding: "same", activation: "relu" }] : []),
      { type: "maxPooling2d" },
    );
    filters = Math.min(filters * 2, 64);
  }
  return [
    ...layers,
    { type: "flatten" },
    { type: "dropout", rate: 0.3 },
    { type: "dense", units: 64, activation: "relu" },
    { type: "dense", units: classes, activation: "softmax" },
  ];
}
/** Passes that make some fifteen hundred steps, from 10 to `most`. */
const epochsFor = (pictures: number, batchSize: number, most: number) =>
  Math.min(most, Math.max(10, Math.round((1500 * batchSize) / pictures)));

/** Chooses how pictures are trained on. `folder` says files from where the configuration stands. */
export async function choosePlan(found: FoundPictures, choices: PictureChoices): Promise<ChosenPlan> {
  const { train, validation, test, columns } = found, { base } = choices;
  const facts = await factsOf(train.files), labels = [...train.classes.keys()], n = train.files.length;
  const colorMode = base?.colorMode ?? (facts.gray ? "grayscale" : "rgb");
  const size = base?.size ?? choices.size ?? sizeFor(facts, n, colorMode === "grayscale" ? 1 : 3);
  const counts = [...train.classes.values()], most = Math.max(...counts), least = Math.min(...counts);
  const uneven = most > 2 * least;
  const weights = uneven && Object.fromEntries(
    [...train.classes].map(([name, c]) => [name, Math.round((1000 * n) / (labels.length * c)) / 1000]),
  );
  const batchSize = 32, epochs = choices.epochs ?? epochsFor(n, batchSize, base ? 100 : 40);
  const steps = epochs * Math.ceil(n / batchSize), few = steps < 1500;
  // A head on frozen features is a small convex problem: with few steps it needs a high rate, and no noise.
  const learningRate = choices.learningRate ?? (base && few ? 0.01 : base && steps < 5000 ? 0.003 : 0.001);
  const large = Math.min(...size) >= 24;
  const kind = choices.augment ?? ((base ? !few : large) ? "light" : "none");
  const config: Json = {
    data: {
      train: train.path,
      ...(validation && { validation: validation.path }),
      ...(test && { test: test.path }),
      ...(columns && { label: columns.label }),
      labels,
      image: { size, colorMode, ...(columns && { column: columns.file }) },
    },
    model: { layers: layersFor(size, labels.length) },
    compile: {
      optimizer: { name: "adam", learningRate },
      loss: "sparseCategoricalCrossentropy",
      metrics: ["accuracy"],
    },
    fit: {
      epochs,
      batchSize,
      ...(!validation && { validationSplit: 0.2 }),
      ...(weights && { classWeight: weights }),
      augment: augmentations[kind] ?? null,
      callbacks: [{ type: "earlyStopping", patience: 8, restoreBestWeights: true }],
    },
  };
  const range = ([a, b]: readonly [number, number]) => (a === b ? `${a}` : `${a}–${b}`);
  const shown = [...train.classes].slice(0, 8).map(([name, c]) => `${name} ${c}`).join(", ");
  const rows = [
    ["pictures", `${count(n)} of ${range(facts.heights)} × ${range(facts.widths)} pixels`],
    ["classes", `${labels.length}: ${shown}${labels.length > 8 ? ", …" : ""}`],
    [
      "size",
      `${size[0]} × ${size[1]}, ${colorMode}${base?.size ? ", as the model takes them" : ""} (--image-size)`,
    ],
    ["changed", `${kind}${kind === "none" ? "" : `: ${JSON.stringify(augmentations[kind])}`} (--augment)`],
    ["rate", `${learningRate}${base ? ` for the head, by ${count(steps)} steps` : ""} (--learning-rate)`],
    ["validation", validation ? validation.path : "a fifth, drawn by seed, each class in its share"],
    ...(weights
      ? [["class weights", `${least} to ${most} pictures a class: ${JSON.stringify(weights)}`]]
      : []),
    ["at most", `${epochs} epochs of ${batchSize}; the best by valLoss is kept`],
  ];
  const notes = [train, validation, test].flatMap((set) => [...set?.notes ?? []]);
  return { config, text: table(["chosen", ""], rows, { width: 200 }), notes };
}
