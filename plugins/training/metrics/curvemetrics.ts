/** Metrics at the best of many thresholds: sensitivity at a specificity, precision at a recall, and the other ways round. @module */
import { float, int, nullable, type Schema } from "../../../core/values/schema.ts";
import type { MetricDef } from "../../../core/training/contract.ts";
import { type PartFactory, partFactory } from "../../../core/training/parts.ts";
import { countsAt } from "./auc.ts";
import { type MetricConfig, nameField } from "./metricdefs.ts";

/** Options of these metrics beside the share that must be reached. */
export interface CurveConfig extends MetricConfig {
  /** Thresholds from 0 to 1. */
  readonly numThresholds: number;
  /** The one output that counts. */
  readonly classId: number | null;
}
type Share = "specificity" | "sensitivity" | "recall" | "precision";
/** Counts at a threshold. */
interface Counts {
  readonly hits: number;
  readonly alarms: number;
  readonly actual: number;
  readonly others: number;
}
const ratio = (x: number, y: number) => (y === 0 ? 0 : x / y);
const shares: Readonly<Record<Share, (c: Counts) => number>> = {
  sensitivity: ({ hits, actual }) => ratio(hits, actual),
  recall: ({ hits, actual }) => ratio(hits, actual),
  specificity: ({ alarms, others }) => ratio(others - alarms, others),
  precision: ({ hits, alarms }) => ratio(hits, hits + alarms),
};
const thresholds = (n: number): Float32Array =>
  n === 1
    ? Float32Array.of(0.5)
    : Float32Array.from({ length: n }, (_, i) => (i === 0 ? -1e-7 : i === n - 1 ? 1 : i / (n - 1)));

/** The largest share of one kind at thresholds where another reaches its bound. */
function at<K extends Share>(
  wanted: Share,
  bound: K,
): MetricDef<CurveConfig & { readonly [F in K]: number }> {
  const word = bound.charAt(0).toUpperCase() + bound.slice(1);
  const config: Schema<CurveConfig> = {
    ...nameField(),
    numThresholds: int({ doc: "thresholds from 0 to 1", default: 200, min: 1 }),
    classId: nullable(int({ doc: "the one output that counts", min: 0 })),
  };
  const own = { [bound]: float({ doc: `the least ${bound}`, min: 0, max: 1 }) };
  return {
    kind: "metric",
    name: `${wanted}At${word}`,
    summary: `the largest ${wanted} where ${bound} is as large as is asked for`,
    better: "max",
    config: { ...config, ...own } as Schema<CurveConfig & { readonly [F in K]: number }>,
    build: (c) => countsAt(c, thresholds(c.config.numThresholds), c.config.classId, 1),
    result({ hits = [], alarms = [], actual: [actual = 0] = [], others: [others = 0] = [] }, options) {
      const least = Math.fround(options[bound]);
      let best = 0;
      hits.forEach((count, i) => {
        const counts = { hits: count, alarms: alarms[i] ?? 0, actual, others };
        if (Math.fround(shares[bound](counts)) >= least) best = Math.max(best, shares[wanted](counts));
      });
      return best;
    },
  };
}
const sensitivityAtSpecificityDef = at("sensitivity", "specificity");
const specificityAtSensitivityDef = at("specificity", "sensitivity");
const precisionAtRecallDef = at("precision", "recall");
const recallAtPrecisionDef = at("recall", "precision");

/** Every metric here. */
export const curveMetrics: readonly MetricDef[] = [
  sensitivityAtSpecificityDef,
  specificityAtSensitivityDef,
  precisionAtRecallDef,
  recallAtPrecisionDef,
];
/** `sensitivityAtSpecificity({ specificity: 0.9 })`. */
export const sensitivityAtSpecificity: PartFactory<
  MetricDef,
  CurveConfig & { readonly specificity: number },
  "specificity"
> = partFactory<MetricDef>(sensitivityAtSpecificityDef) as never;
/** `specificityAtSensitivity({ sensitivity: 0.9 })`. */
export const specificityAtSensitivity: PartFactory<
  MetricDef,
  CurveConfig & { readonly sensitivity: number },
  "sensitivity"
> = partFactory<MetricDef>(specificityAtSensitivityDef) as never;
/** `precisionAtRecall({ recall: 0.9 })`. */
export const precisionAtRecall: PartFactory<
  MetricDef,
  CurveConfig & { readonly recall: number },
  "recall"
> = partFactory<MetricDef>(precisionAtRecallDef) as never;
/** `recallAtPrecision({ precision: 0.9 })`. */
export const recallAtPrecision: PartFactory<
  MetricDef,
  CurveConfig & { readonly precision: number },
  "precision"
> = partFactory<MetricDef>(recallAtPrecisionDef) as never;
