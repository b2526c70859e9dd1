/** Precision, recall and F scores as counts that add up over batches: of classes, or of every output's yes and no as Keras counts. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import { ConfigError } from "../../../core/values/errors.ts";
import type { Value } from "../../../core/graph/graph.ts";
import { cast, scalarLike, shapeOf } from "../../../core/ops/words.ts";
import { bool, choice, type Field, float, int, nullable, type Schema } from "../../../core/values/schema.ts";
import type { MetricContext, MetricDef } from "../../../core/training/contract.ts";
import { type PartFactory, partFactory } from "../../../core/training/parts.ts";
import { oneHot } from "../losses/crossentropy.ts";
import { classCount, classesOf, isSparse, type MetricConfig, nameField, total } from "./metricdefs.ts";

/** How classes' scores become one. */
export type Averaging = "binary" | "macro" | "micro" | "weighted";
/** Options of F scores. */
export interface ScoreConfig extends MetricConfig {
  /** `binary` is class 1's score; `macro` the classes' mean, `weighted` by support; `micro` counts all together. */
  readonly average: Averaging | null;
  /** A probability above it means yes; where null, the most probable of several classes, or one half. */
  readonly threshold: number | null;
}
/** Options of precision and recall. */
export interface OutputScoreConfig extends ScoreConfig {
  /** The outputs of a sample that count, the largest ones. */
  readonly topK: number | null;
  /** The one output that counts. */
  readonly classId: number | null;
}
/** Options of {@link f1Def}. */
export interface F1Config extends ScoreConfig {
  /** Every output is a yes or no of its own, the largest of a row yes where there is no threshold, as Keras counts. */
  readonly everyOutput: boolean;
}
/** Options of {@link fBetaDef}. */
export interface FBetaConfig extends F1Config {
  /** How many times as much recall counts as precision. */
  readonly beta: number;
}
type Config = ScoreConfig & Partial<Pick<OutputScoreConfig, "topK" | "classId"> & F1Config>;
type Sums = Readonly<Record<string, readonly number[]>>;

const scoreFields = (): Schema<ScoreConfig> => ({
  ...nameField(),
  average: nullable(choice({
    of: ["binary", "macro", "micro", "weighted"],
  })),
  threshold: nullable(float()),
});
const outputFields = (): Schema<OutputScoreConfig> => ({
  ...scoreFields(),
  topK: nullable(int({ min: 1 })),
  classId: nullable(int({ min: 0 })),
});

/** The k largest of each row; far below all thresholds elsewhere. */
function largest(b: Builder, x: Value, k: number): Value {
  const [values] = b.topK(x, b.ints([k]), { axis: -1 });
  const least = b.reduceMin(values ?? x, b.ints([-1]), { keepdims: 1 });
  return b.where(b.greaterOrEqual(x, least), x, scalarLike(b, -1e10, x));
}
/** What is so and what is said, float32 `[…, classes]` or `[…, outputs]`. */
interface Answers {
  readonly yes: Value;
  readonly said: Value;
}
function answers(c: MetricContext<Config>, byOutput: boolean): Answers {
  const { b, target, config } = c, { threshold, topK = null, classId = null } = config;
  if (!byOutput) {
    const classes = Math.max(2, classCount(c.output)), one = b.scalar(1);
    const { truth, predicted } = classesOf(c, threshold ?? 0.5);
    return { yes: oneHot(b, truth, classes, one), said: oneHot(b, predicted, classes, one) };
  }
  const cut = threshold ?? (topK === null ? 0.5 : undefined);
  const bound = cut ?? -1e10;
  const p = topK === null ? c.output : largest(b, c.output, topK);
  const one = (x: Value) =>
    classId === null ? x : b.slice(x, b.ints([classId]), b.ints([classId + 1]), b.ints([-1]));
  return {
    yes: one(cast(b, target, "float32")),
    said: cast(b, b.greater(one(p), scalarLike(b, bound, p)), "float32"),
  };
}
/** Hits, answers of yes and true ones, of every class; of all outputs together where `pooled`. */
function scoreSums(c: MetricContext<Config>, pooled: boolean): Record<string, Value> {
  const { b, weights, config } = c;
  const several = !isSparse(c) && classCount(c.output) > 1;
  const together = pooled && several && config.average === null;
  const { yes, said } = config.everyOutput
    ? outputAnswers(c)
    : answers(c, together || (several && config.threshold !== null));
  const kept = weights && b.unsqueeze(weights, b.ints([-1]));
  const rank = shapeOf(yes.type).length;
  const over = b.ints(Array.from({ length: together ? rank : rank - 1 }, (_, i) => i));
  const sum = (x: Value) => b.reduceSum(kept ? b.mul(x, kept) : x, over, { keepdims: 0 });
  return { hits: sum(b.mul(yes, said)), predicted: sum(said), actual: sum(yes) };
}
type Score = (hits: number, predicted: number, actual: number) => number;
const ratio = (x: number, y: number) => (y === 0 ? 0 : x / y);
const addUp = (list: readonly number[]) => list.reduce((x, y) => x + y, 0);
function averaged(
  { hits = [], predicted = [], actual = [] }: Sums,
  { average }: Config,
  score: Score,
): number {
  const each = hits.map((h, i) => score(h, predicted[i] ?? 0, actual[i] ?? 0));
  if (each.length === 1) return each[0] ?? 0;
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
/** `macroF1` and its kin. */
function averages(name: string): readonly (readonly [string, { readonly average: Averaging }])[] {
  const word = name.charAt(0).toUpperCase() + name.slice(1);
  return (["macro", "micro", "weighted"] as const).map((average) =>
    [`${average}${word}`, { average }] as const
  );
}
/** Precision or recall. */
function outputScore(name: string, score: Score): MetricDef<OutputScoreConfig> {
  return {
    kind: "metric",
    name,
    aliases: averages(name),
    better: "max",
    config: outputFields(),
    keras: {
      fields: { threshold: "thresholds" },
      // Keras' precision and recall are of yes and no: classes' averages it has none.
      save: ({ average, threshold, ...rest }) =>
        average === null || average === "binary" ? { config: { ...rest, thresholds: threshold } } : undefined,
    },
    build: (c) => scoreSums(c, true),
    result: (sums, config) => averaged(sums, config, score),
  };
}
const precisionDef: MetricDef<OutputScoreConfig> = outputScore(
  "precision",
  (hits, predicted) => ratio(hits, predicted),
);
/** Hits over predictions. */
export const precision: PartFactory<MetricDef, OutputScoreConfig> = partFactory<MetricDef>(
  precisionDef,
);
const recallDef: MetricDef<OutputScoreConfig> = outputScore(
  "recall",
  (hits, _, actual) => ratio(hits, actual),
);
/** Hits over members. */
export const recall: PartFactory<MetricDef, OutputScoreConfig> = partFactory<MetricDef>(recallDef);
const f1Fields = (): Schema<F1Config> => ({
  ...scoreFields(),
  everyOutput: bool({ default: false }),
});
/** What is so and what is said by Keras' F scores: the largest outputs of a row, or those above the threshold. */
function outputAnswers({ b, target, output: p, config }: MetricContext<Config>): Answers {
  const above = (x: Value, n: number, op = "Greater") => b.one(op, [x, scalarLike(b, n, x)]);
  const most = b.reduceMax(p, b.ints([-1]), { keepdims: 1 });
  const said = config.threshold === null
    ? b.and(b.greaterOrEqual(p, most), above(b.abs(p), 1e-9))
    : above(p, config.threshold);
  return { yes: cast(b, target, "float32"), said: cast(b, said, "float32") };
}
/** F scores of Keras' files: those that give a number a class are refused. */
const kerasForm = (className: string): NonNullable<MetricDef["keras"]> => ({
  upgrade(config) {
    // Keras' own say their dtype; those that Lapis keeps beside a model don't.
    if (!("dtype" in config)) return config;
    if (config.average === null || config.average === undefined) {
      throw new ConfigError(
        'average: Keras gives one number a class for None, a metric of Lapis gives one: use "macro", "micro" or "weighted"',
        { place: "average" },
      );
    }
    return { everyOutput: true, ...config };
  },
  // Keras' F scores want targets of their own form, so that ours are none.
  save: ({ every_output: everyOutput, ...config }) =>
    everyOutput === true ? { className, config: { dtype: "float32", ...config } } : undefined,
});
const f1Def: MetricDef<F1Config> = {
  kind: "metric",
  name: "f1",
  aliases: ["f1Score", ...averages("f1")],
  better: "max",
  config: f1Fields(),
  keras: kerasForm("F1Score"),
  build: (c) => scoreSums(c, false),
  result: (sums, config) =>
    averaged(sums, config, (hits, predicted, actual) => ratio(2 * hits, predicted + actual)),
};
/** Harmonic mean of precision and recall: `f1({ average: "macro" })`. */
export const f1: PartFactory<MetricDef, F1Config> = partFactory<MetricDef>(f1Def);
const fBetaDef: MetricDef<FBetaConfig> = {
  ...f1Def,
  name: "fBeta",
  aliases: ["fBetaScore"],
  config: { ...f1Fields(), beta: float({ default: 1, min: 0 }) },
  keras: kerasForm("FBetaScore"),
  build: (c) => scoreSums(c, false),
  result(sums, config) {
    const own = config.beta ** 2;
    return averaged(
      sums,
      config,
      (hits, predicted, actual) => ratio((1 + own) * hits, own * actual + predicted),
    );
  },
};
/** Harmonic mean of precision and recall, recall counting `beta` times as much. */
export const fBeta: PartFactory<MetricDef, FBetaConfig> = partFactory<MetricDef>(fBetaDef);

/** Options of counts. */
export interface CountConfig extends MetricConfig {
  /** A probability above it means yes. */
  readonly threshold: number;
}
const half: Field<number> = float({ default: 0.5 });
/** How many outputs are yes or no, rightly or wrongly. */
function count(name: string, yes: boolean, right: boolean): MetricDef<CountConfig> {
  return {
    kind: "metric",
    name,
    better: right ? "max" : "min",
    config: { ...nameField(), threshold: half },
    keras: { fields: { threshold: "thresholds" } },
    build(c) {
      const { b, weights } = c, several = !isSparse(c) && classCount(c.output) > 1;
      const { yes: so, said } = answers({ ...c, config: { ...c.config, average: null } }, several);
      // Of two classes the second is yes.
      const own = (x: Value) => several ? x : b.slice(x, b.ints([1]), b.ints([2]), b.ints([-1]));
      const not = (x: Value) => b.sub(scalarLike(b, 1, x), x);
      const answer = yes ? own(said) : not(own(said)), truth = yes === right ? own(so) : not(own(so));
      const hits = b.mul(answer, truth);
      const kept = weights ? b.mul(hits, b.unsqueeze(weights, b.ints([-1]))) : hits;
      return { count: total(b, kept) };
    },
    result: ({ count: [n = 0] = [] }) => n,
  };
}

/** Outputs that are rightly said to be yes. */
export const truePositives: PartFactory<MetricDef, CountConfig> = partFactory<MetricDef>(
  count("truePositives", true, true),
);
/** Outputs that are wrongly said to be yes. */
export const falsePositives: PartFactory<MetricDef, CountConfig> = partFactory<MetricDef>(
  count("falsePositives", true, false),
);
/** Outputs that are rightly said to be no. */
export const trueNegatives: PartFactory<MetricDef, CountConfig> = partFactory<MetricDef>(
  count("trueNegatives", false, true),
);
/** Outputs that are wrongly said to be no. */
export const falseNegatives: PartFactory<MetricDef, CountConfig> = partFactory<MetricDef>(
  count("falseNegatives", false, false),
);
