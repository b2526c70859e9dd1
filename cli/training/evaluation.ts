/** How well a model does on samples with known targets: losses, reports, confidence, sample predictions. @module */
import { InputError, type Model, type Tensor } from "../../mod.ts";
import { classesOf, type ClassificationReport, classificationReport } from "../../public/evaluation.ts";
import { toNumbers } from "../../public/tensors.ts";
import type { Scored } from "../evaluation/judged.ts";
import { classScores } from "../results/classes.ts";
import { confusionText, reportText } from "../report.ts";
import { clip, table } from "../terminal.ts";
import type { Samples } from "./prepare.ts";
import { short } from "./watch.ts";

/** How sure a model is, by class. */
export interface ClassConfidence {
  /** Mean probability of the class over the rows predicted as it. */
  readonly predicted: number | null;
  /** Mean probability of the class over the rows that truly belong to it. */
  readonly true: number | null;
}
/** A row's prediction beside the truth. */
export interface SamplePrediction {
  /** From 1, as errors count rows. */
  readonly row: number;
  readonly true: number;
  readonly predicted: number;
  /** The predicted class' probability; absent where numbers are predicted. */
  readonly probability?: number;
}
/** What an evaluation found. */
export interface Evaluation {
  readonly rows: number;
  /** Loss and metrics, where the model is compiled. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly report?: ClassificationReport;
  readonly confidence?: readonly ClassConfidence[];
  readonly numbers?: { readonly rmse: number; readonly mae: number; readonly r2: number };
  readonly samples: readonly SamplePrediction[];
  /** What was predicted, beside the truth, where they are classes. */
  readonly scored?: Scored;
}
/** An evaluation as JSON: without the predictions. */
export const evaluationData = ({ scored: _, ...found }: Evaluation): Omit<Evaluation, "scored"> => found;

const mean = (values: readonly number[]) =>
  values.length === 0 ? null : values.reduce((a, b) => a + b, 0) / values.length;

function confidenceOf(scores: Float64Array, width: number, truth: Int32Array, predicted: Int32Array) {
  const classes = Math.max(width, 2);
  const at = (row: number, c: number) =>
    width === 1 ? (c === 1 ? scores[row] ?? 0 : 1 - (scores[row] ?? 0)) : scores[row * width + c] ?? 0;
  const rows = [...truth.keys()];
  const confidence = Array.from({ length: classes }, (_, c): ClassConfidence => ({
    predicted: mean(rows.filter((r) => predicted[r] === c).map((r) => at(r, c))),
    true: mean(rows.filter((r) => truth[r] === c).map((r) => at(r, c))),
  }));
  return { at, confidence, classes };
}

/** Targets as classes: their numbers, or the place of the one in every row. */
function truthOf(y: Tensor, rows: number): Int32Array | undefined {
  const values = toNumbers(y);
  if (values.length === rows) {
    return values.every((v: number) => Number.isInteger(v)) ? Int32Array.from(values) : undefined;
  }
  return y.shape.length === 2 ? classesOf(y) : undefined;
}

/**
 * Evaluates a model with one output.
 * @throws {InputError} for a label that is no class, with its value; for models with several outputs.
 */
export async function evaluateOn(
  model: Model,
  { x, y }: Samples,
  options: {
    readonly batchSize: number;
    readonly samples: number;
    readonly target: "class" | "number";
    /** Metrics in the place of the compiled ones. */
    readonly metrics?: readonly string[];
    /** Of two classes the second is predicted above this probability; 0.5 unless given. */
    readonly threshold?: number | undefined;
    /** Names of the classes. */
    readonly labels?: readonly string[] | undefined;
    /** Neither loss nor metrics. */
    readonly bare?: boolean;
  },
): Promise<Evaluation> {
  const { batchSize, samples, metrics: asked = [] } = options;
  if (!y) throw new InputError("the data holds no targets to evaluate with");
  const metrics = model.compiled && !options.bare
    ? await model.evaluate(x, y, { batchSize, ...(asked.length > 0 && { metrics: asked }) })
    : {};
  if (model.outputs.length !== 1) {
    throw new InputError(`evaluate is for models of one output; this has ${model.outputs.length}`);
  }
  const scores = await model.predict(x, { batchSize }), rows = x.shape[0] ?? 0;
  const values = Float64Array.from(toNumbers(scores)), width = values.length / Math.max(rows, 1);
  const shown = Math.min(samples, rows), flat = scores.shape.length <= 2;
  const truth = options.target === "class" && flat ? truthOf(y, rows) : undefined;
  if (truth) {
    const { labels, threshold } = options, named = labels?.length === Math.max(width, 2) ? labels : undefined;
    const found = classScores(scores, { labels: named ?? (width === 1 ? ["0", "1"] : undefined), threshold });
    const predicted = found && found.classes === Math.max(width, 2)
      ? Int32Array.from(truth, (_, row) => found.best(row))
      : classesOf(scores);
    const { at, confidence, classes } = confidenceOf(values, width, truth, predicted);
    return {
      rows,
      metrics,
      report: classificationReport(truth, predicted, classes),
      confidence,
      ...(found && { scored: { scores: found, tensor: scores, truth } }),
      samples: Array.from({ length: shown }, (_, row) => {
        const c = predicted[row] ?? 0;
        return { row: row + 1, true: truth[row] ?? 0, predicted: c, probability: at(row, c) };
      }),
    };
  }
  const wanted = toNumbers(y), each = wanted.length;
  let squares = 0, off = 0, total = 0, spread = 0;
  for (let i = 0; i < each; i++) total += wanted[i] ?? 0;
  for (let i = 0; i < each; i++) {
    const d = (values[i] ?? 0) - (wanted[i] ?? 0), s = (wanted[i] ?? 0) - total / each;
    squares += d * d;
    off += Math.abs(d);
    spread += s * s;
  }
  return {
    rows,
    metrics,
    numbers: { rmse: Math.sqrt(squares / each), mae: off / each, r2: 1 - squares / spread },
    samples: Array.from({ length: shown }, (_, row) => ({
      row: row + 1,
      true: wanted[row * width] ?? NaN,
      predicted: values[row * width] ?? NaN,
    })),
  };
}

/** An evaluation in lines. */
export function evaluationText(
  found: Evaluation,
  labels: readonly string[] | undefined,
  texts: readonly string[] | undefined,
  width: number,
): string {
  const name = (c: number) => labels?.[c] ?? `${c}`, share = (n: number | null) => n?.toFixed(4) ?? "–";
  const { report, confidence, numbers, samples } = found, metrics = Object.entries(found.metrics);
  const parts = [
    ...(metrics.length === 0 ? [] : [metrics.map(([key, value]) => `${key} ${short(value)}`).join("  ")]),
    ...(report ? [reportText(report, labels, width)] : []),
    ...(report && report.classes.length <= 12 ? [confusionText(report, labels, width)] : []),
    ...(confidence && confidence.length <= 100
      ? [table(
        ["mean confidence", "predicted so", "truly so"],
        confidence.map((c, i) => [name(i), share(c.predicted), share(c.true)]),
        { right: [1, 2], width },
      )]
      : []),
    ...(numbers ? [`RMSE ${short(numbers.rmse)}  MAE ${short(numbers.mae)}  R2 ${short(numbers.r2)}`] : []),
    ...(samples.length === 0 ? [] : [table(
      ["row", "true", "predicted", ...(report ? ["probability"] : []), ...(texts ? ["text"] : [])],
      samples.map((s) => [
        `${s.row}`,
        report ? name(s.true) : short(s.true),
        report ? name(s.predicted) : short(s.predicted),
        ...(report ? [share(s.probability ?? null)] : []),
        ...(texts ? [clip(texts[s.row - 1] ?? "", 60)] : []),
      ]),
      { right: report ? [0, 3] : [0, 1, 2], width },
    )]),
    `${found.rows} rows`,
  ];
  return parts.join("\n\n");
}
