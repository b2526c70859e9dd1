/** Metrics of classification as sums that add up over batches: accuracies, top-k, precision, recall, F1, AUC. @module */
import type { Builder } from "../../core/builder.ts";
import type { Value } from "../../core/graph.ts";
import { cast, dtypeOf, scalarLike, shapeOf } from "../../core/layerkit.ts";
import { bool, choice, float, int, nullable, type Schema, text } from "../../core/schema.ts";
import { isInteger } from "../../core/dtype.ts";
import { tensor } from "../../core/tensor.ts";
import type { MetricContext, MetricDef } from "../../core/training/contract.ts";
import { type PartFactory, partFactory } from "../../core/training/parts.ts";
import { oneHot } from "./crossentropy.ts";

/** Options that every metric has. */
export interface MetricConfig {
  /** Its name in logs, where another is wanted. */
  readonly name: string | null;
}
/** Fields of {@link MetricConfig}. */
export const nameField = (): Schema<MetricConfig> => ({ name: nullable(text({ doc: "name in logs" })) });

const total = (b: Builder, x: Value) => b.one("ReduceSum", [x], { keepdims: 0 });
/** Sums of values, and of what counts, over all samples and steps. */
export function meanSums(
  { b, weights }: Pick<MetricContext<unknown>, "b" | "weights">,
  values: Value,
): Record<string, Value> {
  const ones = weights ?? b.one("Expand", [scalarLike(b, 1, values), b.one("Shape", [values])]);
  const weighted = weights ? b.one("Mul", [values, weights]) : values;
  return { sum: total(b, weighted), count: total(b, ones) };
}
/** The mean of such sums; 0 where nothing counted. */
export function meanOf({ sum = [0], count = [0] }: Readonly<Record<string, readonly number[]>>): number {
  return count[0] ? (sum[0] ?? 0) / count[0] : 0;
}

/** How many classes outputs tell apart; 1 for a single probability. */
const classCount = (output: Value): number => {
  const size = shapeOf(output.type).at(-1);
  return typeof size === "number" ? size : 1;
};
/** True where targets are classes' numbers rather than one number an output. */
const isSparse = ({ target, output }: Pick<MetricContext<unknown>, "target" | "output">): boolean =>
  isInteger(dtypeOf(target)) || shapeOf(target.type).length < shapeOf(output.type).length;
const argMax = (b: Builder, x: Value) => cast(b, b.one("ArgMax", [x], { axis: -1, keepdims: 0 }), "int32");
const squeezed = (b: Builder, x: Value) => b.one("Squeeze", [x, b.ints([-1])]);

/** True class and predicted class of every sample, int32 of the leading axes. */
function classesOf(c: MetricContext<unknown>, threshold = 0.5): { truth: Value; predicted: Value } {
  const { b, target, output } = c;
  if (classCount(output) === 1) {
    const bound = c.fromLogits ? Math.log(threshold / (1 - threshold)) : threshold;
    const one = shapeOf(output.type).length > 1 ? squeezed(b, output) : output;
    const same = shapeOf(target.type).length === shapeOf(output.type).length &&
      shapeOf(output.type).length > 1;
    return {
      truth: cast(b, same ? squeezed(b, target) : target, "int32"),
      predicted: cast(b, b.one("Greater", [one, scalarLike(b, bound, one)]), "int32"),
    };
  }
  return {
    truth: isSparse(c) ? cast(b, target, "int32") : argMax(b, target),
    predicted: argMax(b, output),
  };
}
const equal = (b: Builder, x: Value, y: Value) => cast(b, b.one("Equal", [x, y]), "float32");

/** Options of {@link accuracyDef} and {@link binaryAccuracyDef}. */
export interface ThresholdConfig extends MetricConfig {
  /** A probability above it means class 1. */
  readonly threshold: number;
}
const threshold = () => float({ doc: "a probability above it means class 1", default: 0.5 });
/** The share of samples whose most probable class is the true one; a single output is cut at the threshold. */
export const accuracyDef: MetricDef<ThresholdConfig> = {
  kind: "metric",
  name: "accuracy",
  summary: "share of samples whose class is right",
  aliases: ["acc", "categoricalAccuracy", "sparseCategoricalAccuracy"],
  better: "max",
  config: { ...nameField(), threshold: threshold() },
  // Keras' class of this name compares numbers; by its name alone it finds the accuracy that fits.
  keras: { save: ({ threshold: bound }) => (bound === 0.5 ? "accuracy" : undefined) },
  build(c) {
    const { truth, predicted } = classesOf(c, c.config.threshold);
    return meanSums(c, equal(c.b, truth, predicted));
  },
  result: meanOf,
};
/** The share of outputs on the right side of the threshold, several labels a sample. */
export const binaryAccuracyDef: MetricDef<ThresholdConfig> = {
  kind: "metric",
  name: "binaryAccuracy",
  summary: "share of outputs on the right side of the threshold",
  better: "max",
  config: { ...nameField(), threshold: threshold() },
  build(c) {
    const { b, target, output } = c;
    const yes = cast(b, b.one("Greater", [output, scalarLike(b, c.config.threshold, output)]), "float32");
    const right = equal(b, yes, cast(b, target, "float32"));
    return meanSums(c, b.one("ReduceMean", [right, b.ints([-1])], { keepdims: 0 }));
  },
  result: meanOf,
};

/** Options of {@link topKDef}. */
export interface TopKConfig extends MetricConfig {
  /** How many. */
  readonly k: number;
}
/** The share of samples whose true class is among the k most probable. */
export const topKDef: MetricDef<TopKConfig> = {
  kind: "metric",
  name: "topKCategoricalAccuracy",
  summary: "share of samples whose class is among the k most probable",
  aliases: ["topK", "sparseTopKCategoricalAccuracy", ["top3", { k: 3 }], ["top5", { k: 5 }]],
  better: "max",
  config: { ...nameField(), k: int({ doc: "how many", default: 5, min: 1 }) },
  build(c) {
    const { b, output, config } = c, classes = classCount(output);
    const hot = isSparse(c) ? oneHot(b, c.target, classes, output) : cast(b, c.target, "float32");
    const own = b.one("ReduceSum", [b.one("Mul", [hot, output]), b.ints([-1])], { keepdims: 1 });
    const better = cast(b, b.one("Greater", [output, own]), "float32");
    const ahead = b.one("ReduceSum", [better, b.ints([-1])], { keepdims: 0 });
    return meanSums(c, cast(b, b.one("Less", [ahead, scalarLike(b, config.k, ahead)]), "float32"));
  },
  result: meanOf,
};

/** How classes' scores become one. */
export type Averaging = "binary" | "macro" | "micro" | "weighted";
/** Options of precision, recall and F1. */
export interface ScoreConfig extends MetricConfig {
  /** `binary` is class 1's score; `macro` the classes' mean, `weighted` by support; `micro` counts all together. */
  readonly average: Averaging | null;
  /** A single probability above it means class 1. */
  readonly threshold: number;
}
/** Hits, predictions and true members of every class. */
function classSums(c: MetricContext<ScoreConfig>): Record<string, Value> {
  const { b, output, weights } = c, classes = Math.max(2, classCount(output));
  const { truth, predicted } = classesOf(c, c.config.threshold);
  const one = b.scalar(1), yes = oneHot(b, truth, classes, one), said = oneHot(b, predicted, classes, one);
  const kept = weights && b.one("Unsqueeze", [weights, b.ints([-1])]);
  const over = b.ints(shapeOf(truth.type).map((_, i) => i));
  const sum = (x: Value) => b.one("ReduceSum", [kept ? b.one("Mul", [x, kept]) : x, over], { keepdims: 0 });
  return { hits: sum(b.one("Mul", [yes, said])), predicted: sum(said), actual: sum(yes) };
}
type Score = (hits: number, predicted: number, actual: number) => number;
const ratio = (x: number, y: number) => (y === 0 ? 0 : x / y);
const addUp = (list: readonly number[]) => list.reduce((x, y) => x + y, 0);
function averaged(
  { hits = [], predicted = [], actual = [] }: Readonly<Record<string, readonly number[]>>,
  { average }: ScoreConfig,
  score: Score,
): number {
  const each = hits.map((h, i) => score(h, predicted[i] ?? 0, actual[i] ?? 0));
  switch (average ?? (hits.length === 2 ? "binary" : "macro")) {
    case "binary":
      return each[1] ?? 0;
    case "micro":
      return score(addUp(hits), addUp(predicted), addUp(actual));
    case "weighted":
      return ratio(addUp(each.map((s, i) => s * (actual[i] ?? 0))), addUp(actual));
    default:
      return ratio(addUp(each), each.length);
  }
}
function scoreMetric(
  name: string,
  summary: string,
  aliases: MetricDef["aliases"] & object,
  score: Score,
): MetricDef<ScoreConfig> {
  const word = name.charAt(0).toUpperCase() + name.slice(1);
  const kinds = (["macro", "micro", "weighted"] as const).map((average) =>
    [`${average}${word}`, { average }] as const
  );
  return {
    kind: "metric",
    name,
    summary,
    aliases: [...aliases, ...kinds],
    better: "max",
    config: {
      ...nameField(),
      average: nullable(choice({
        doc: "class 1's score, the classes' mean, all together, or weighted by support",
        of: ["binary", "macro", "micro", "weighted"],
      })),
      threshold: threshold(),
    },
    keras: {
      ignore: ["thresholds", "top_k", "class_id"],
      // Keras' precision and recall are of yes and no, its F1 score wants targets of its own form.
      save: ({ average, threshold: bound, name: own }) =>
        average === "binary" && name !== "f1" ? { config: { name: own, thresholds: bound } } : undefined,
    },
    build: classSums,
    result: (sums, config) => averaged(sums, config, score),
  };
}
/** Hits over predictions. */
export const precisionDef: MetricDef<ScoreConfig> = scoreMetric(
  "precision",
  "hits over predictions of a class",
  [],
  (hits, predicted) => ratio(hits, predicted),
);
/** Hits over members. */
export const recallDef: MetricDef<ScoreConfig> = scoreMetric(
  "recall",
  "hits over members of a class",
  [],
  (hits, _, actual) => ratio(hits, actual),
);
/** The harmonic mean of precision and recall. */
export const f1Def: MetricDef<ScoreConfig> = scoreMetric(
  "f1",
  "harmonic mean of precision and recall",
  ["f1Score"],
  (hits, predicted, actual) => ratio(2 * hits, predicted + actual),
);

/** Options of {@link aucDef}. */
export interface AucConfig extends MetricConfig {
  /** Which curve. */
  readonly curve: "ROC" | "PR";
  /** Thresholds from 0 to 1. */
  readonly numThresholds: number;
  /** Outputs are scores before the sigmoid. */
  readonly fromLogits: boolean;
}
const thresholds = (n: number): Float32Array =>
  Float32Array.from(
    { length: n },
    (_, i) => (i === 0 ? -1e-7 : i === n - 1 ? 1 + 1e-7 : i / (n - 1)),
  );
/** The area under the curve of hits over false alarms (ROC) or of precision over recall (PR), by thresholds. */
export const aucDef: MetricDef<AucConfig> = {
  kind: "metric",
  name: "auc",
  className: "AUC",
  summary: "area under the ROC or precision-recall curve",
  aliases: ["rocAuc", ["prAuc", { curve: "PR" }]],
  better: "max",
  config: {
    ...nameField(),
    curve: choice({ doc: "which curve", of: ["ROC", "PR"], default: "ROC" }),
    numThresholds: int({ doc: "thresholds from 0 to 1", default: 200, min: 3 }),
    fromLogits: bool({ doc: "outputs are scores before the sigmoid", default: false }),
  },
  keras: {
    ignore: ["summation_method", "multi_label", "num_labels", "label_weights", "thresholds"],
  },
  build(c) {
    const { b, config, target } = c;
    const p = config.fromLogits || c.fromLogits ? b.one("Sigmoid", [c.output]) : c.output;
    const flat = (x: Value) => b.one("Reshape", [x, b.ints([-1, 1])]);
    const y = isSparse(c) && classCount(p) > 1 ? oneHot(b, target, classCount(p), p) : target;
    const truth = flat(cast(b, y, "float32")), cuts = thresholds(config.numThresholds);
    const above = cast(
      b,
      b.one("Greater", [flat(p), b.constant(tensor(cuts, [1, cuts.length]))]),
      "float32",
    );
    const other = b.one("Sub", [scalarLike(b, 1, truth), truth]);
    const sum = (x: Value) => b.one("ReduceSum", [x, b.ints([0])], { keepdims: 0 });
    return {
      hits: sum(b.one("Mul", [above, truth])),
      alarms: sum(b.one("Mul", [above, other])),
      actual: total(b, truth),
      others: total(b, other),
    };
  },
  result({ hits = [], alarms = [], actual = [0], others = [0] }, { curve }) {
    const rates = hits.map((h, i) => {
      const a = alarms[i] ?? 0, recall = ratio(h, actual[0] ?? 0);
      if (curve === "ROC") return [ratio(a, others[0] ?? 0), recall] as const;
      return [recall, h + a === 0 ? 1 : h / (h + a)] as const;
    });
    let area = 0;
    for (let i = 1; i < rates.length; i++) {
      const [x0, y0] = rates[i - 1] ?? [0, 0], [x1, y1] = rates[i] ?? [0, 0];
      area += (x0 - x1) * (y0 + y1) / 2;
    }
    return area;
  },
};

/** Every metric here. */
export const classMetrics: readonly MetricDef[] = [
  accuracyDef,
  binaryAccuracyDef,
  topKDef,
  precisionDef,
  recallDef,
  f1Def,
  aucDef,
];
/** Share of samples whose class is right, with options: `accuracyMetric({ threshold: 0.7 })`. */
export const accuracyMetric: PartFactory<MetricDef, ThresholdConfig> = partFactory<MetricDef>(accuracyDef);
/** Share of outputs on the right side of the threshold. */
export const binaryAccuracyMetric: PartFactory<MetricDef, ThresholdConfig> = partFactory<MetricDef>(
  binaryAccuracyDef,
);
/** Share of samples whose class is among the k most probable. */
export const topKMetric: PartFactory<MetricDef, TopKConfig> = partFactory<MetricDef>(topKDef);
/** Hits over predictions. */
export const precisionMetric: PartFactory<MetricDef, ScoreConfig> = partFactory<MetricDef>(precisionDef);
/** Hits over members. */
export const recallMetric: PartFactory<MetricDef, ScoreConfig> = partFactory<MetricDef>(recallDef);
/** Harmonic mean of precision and recall: `f1Metric({ average: "macro" })`. */
export const f1Metric: PartFactory<MetricDef, ScoreConfig> = partFactory<MetricDef>(f1Def);
/** Area under the ROC or precision-recall curve. */
export const aucMetric: PartFactory<MetricDef, AucConfig> = partFactory<MetricDef>(aucDef);
