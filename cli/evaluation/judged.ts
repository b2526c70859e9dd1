/** What probabilities of classes come to: areas under curves, calibration, intervals, the worst mistakes. @module */
import type { Tensor } from "../../mod.ts";
import type { Panel } from "../../plugins/plots/mod.ts";
import {
  bootstrapInterval,
  type Calibration,
  calibration,
  type Interval,
  precisionRecallCurve,
  rocCurve,
} from "../../public/evaluation.ts";
import type { ClassScores } from "../results/classes.ts";
import { count, table } from "../terminal.ts";

/** A row that a model is wrong about. */
export interface Mistake {
  /** From 1, as errors count rows. */
  readonly row: number;
  /** The picture's file, where rows are pictures. */
  readonly file?: string;
  readonly true: number;
  readonly predicted: number;
  /** Probability of the predicted class. */
  readonly probability: number;
}
/** The areas under the curves of a class against the others. */
export interface ClassAreas {
  readonly class: number;
  readonly roc: number;
  readonly averagePrecision: number;
}
/** What is found. */
export interface Judged {
  /** Of the second of two classes, else of every class that some rows are of and some aren't. */
  readonly areas: readonly ClassAreas[];
  readonly calibration?: Calibration;
  /** The surest mistakes, class by true class. */
  readonly mistakes: readonly Mistake[];
}
/** Scores beside the truth. */
export interface Scored {
  readonly scores: ClassScores;
  readonly tensor: Tensor;
  readonly truth: Int32Array;
}

/** The classes whose curves are drawn. */
const curved = ({ scores }: Scored): readonly number[] =>
  scores.classes === 2 ? [1] : Array.from({ length: scores.classes }, (_, c) => c);
const against = ({ truth, scores }: Scored, c: number) => ({
  is: Array.from(truth, (t): number => (t === c ? 1 : 0)),
  score: Array.from(truth, (_, row) => scores.at(row, c)),
});
/** Curves need rows of the class and others, and scores that are numbers. */
function hasBoth({ is, score }: ReturnType<typeof against>): boolean {
  const own = is.filter((t) => t === 1).length;
  return own > 0 && own < is.length && score.every((s) => !Number.isNaN(s));
}

/** Judges scores. */
export function judge(
  scored: Scored,
  { worst, files }: { readonly worst: number; readonly files?: readonly string[] | undefined },
): Judged {
  const { scores, truth, tensor } = scored;
  const areas = curved(scored).flatMap((c) => {
    const one = against(scored, c);
    if (!hasBoth(one)) return [];
    const { is, score } = one;
    return [{
      class: c,
      roc: rocCurve(is, score).area,
      averagePrecision: precisionRecallCurve(is, score).area,
    }];
  });
  const wrong = [...truth.keys()].filter((row) => scores.best(row) !== truth[row]);
  const sure = (row: number) => scores.at(row, scores.best(row));
  const mistakes = Array.from(
    { length: scores.classes },
    (_, c) => wrong.filter((row) => truth[row] === c).sort((a, b) => sure(b) - sure(a)).slice(0, worst),
  ).flat().map((row): Mistake => {
    const file = files?.[row];
    return {
      row: row + 1,
      ...(file !== undefined && { file }),
      true: truth[row] ?? 0,
      predicted: scores.best(row),
      probability: sure(row),
    };
  });
  return { areas, ...(scores.probabilities && { calibration: calibration(truth, tensor) }), mistakes };
}

/** The shares of accuracy, macro F1 and of two classes the ROC area that most resamples of the rows have. */
export function intervalsOf(scored: Scored, level: number): Readonly<Record<string, Interval>> {
  const { scores, truth } = scored, rows = truth.length, classes = scores.classes;
  const predicted = Int32Array.from(truth, (_, row) => scores.best(row));
  const accuracy = (drawn: Int32Array) => {
    let right = 0;
    for (const row of drawn) if (predicted[row] === truth[row]) right++;
    return right / rows;
  };
  const macroF1 = (drawn: Int32Array) => {
    const hit = new Float64Array(classes), said = new Float64Array(classes), own = new Float64Array(classes);
    for (const row of drawn) {
      const t = truth[row] ?? 0, p = predicted[row] ?? 0;
      own[t] = (own[t] ?? 0) + 1;
      said[p] = (said[p] ?? 0) + 1;
      if (t === p) hit[t] = (hit[t] ?? 0) + 1;
    }
    let sum = 0;
    for (let c = 0; c < classes; c++) {
      const all = (said[c] ?? 0) + (own[c] ?? 0);
      sum += all === 0 ? 0 : 2 * (hit[c] ?? 0) / all;
    }
    return sum / classes;
  };
  const second = against(scored, 1), { is, score } = second;
  const area = (drawn: Int32Array) => {
    const truths = [...drawn].map((row): number => is[row] ?? 0), own = truths.reduce((a, b) => a + b, 0);
    return own === 0 || own === rows
      ? NaN
      : rocCurve(truths, Array.from(drawn, (row) => score[row] ?? 0)).area;
  };
  return {
    accuracy: bootstrapInterval(rows, accuracy, { level }),
    macroF1: bootstrapInterval(rows, macroF1, { level }),
    ...(classes === 2 && hasBoth(second) && { rocArea: bootstrapInterval(rows, area, { level }) }),
  };
}

/** ROC, precision–recall and reliability as panels. */
export function curvePanels(scored: Scored, judged: Judged): readonly Panel[] {
  const drawn = judged.areas.slice(0, 8).map(({ class: c }) => {
    const { is, score } = against(scored, c);
    return {
      name: scored.scores.name(c),
      curve: rocCurve(is, score),
      precision: precisionRecallCurve(is, score),
    };
  });
  const diagonal = { name: "chance", at: [0, 1], values: [0, 1], dashed: true, color: 7 };
  const bins = judged.calibration?.bins ?? [];
  return [
    ...(drawn.length === 0 ? [] : [{
      title: "ROC",
      xLabel: "false positive rate",
      yLabel: "true positive rate",
      series: [
        ...drawn.map(({ name, curve }) => ({
          name: `${name}: area ${curve.area.toFixed(4)}`,
          at: curve.falsePositiveRate,
          values: curve.truePositiveRate,
        })),
        diagonal,
      ],
    }, {
      title: "precision and recall",
      xLabel: "recall",
      yLabel: "precision",
      series: drawn.map(({ name, precision }) => ({
        name: `${name}: average precision ${precision.area.toFixed(4)}`,
        at: precision.recall,
        values: precision.precision,
      })),
    }]),
    ...(bins.length === 0 ? [] : [{
      title: "reliability",
      xLabel: "probability of the predicted class",
      yLabel: "share that is right",
      series: [
        { name: "model", at: bins.map((b) => b.predicted), values: bins.map((b) => b.actual) },
        { ...diagonal, name: "as it says" },
      ],
    }]),
  ];
}

const share = (n: number) => n.toFixed(4);
/** What was judged in lines. */
export function judgedText(
  { areas, calibration: found, mistakes }: Judged,
  scored: Scored,
  width: number,
): string {
  const name = (c: number) => scored.scores.name(c);
  const parts = [
    ...(areas.length === 0 ? [] : [table(
      ["class", "ROC area", "average precision"],
      areas.map((a) => [name(a.class), share(a.roc), share(a.averagePrecision)]),
      { right: [1, 2], width },
    )]),
    ...(found ? [`Brier score ${share(found.brier)}  calibration error ${share(found.expectedError)}`] : []),
    ...(mistakes.length === 0 ? [] : [table(
      ["true", "predicted", "probability", "row", ...(mistakes[0]?.file === undefined ? [] : ["file"])],
      mistakes.map((m) => [
        name(m.true),
        name(m.predicted),
        share(m.probability),
        count(m.row),
        ...(m.file === undefined ? [] : [m.file]),
      ]),
      { right: [2, 3], ends: [4], width },
    )]),
  ];
  return parts.join("\n\n");
}
