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
    numThresholds: int({ default: 200, min: 1 }),
    classId: nullable(int({ min: 0 })),
  };
  const own = { [bound]: float({ min: 0, max: 1 }) };
  return {
    kind: "metric",
    name: `${wanted}At${word}`,
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
/**
 * Largest share of hits among members where at least so many others are rejected: `sensitivityAtSpecificity({ specificity: 0.9 })`.
 */
export const sensitivityAtSpecificity: PartFactory<
  MetricDef,
  CurveConfig & {
    /** Least share of others that are rejected. */
    readonly specificity: number;
  },
  "specificity"
> = partFactory<MetricDef>(sensitivityAtSpecificityDef) as never;
const specificityAtSensitivityDef = at("specificity", "sensitivity");
/**
 * Largest share of others that are rejected where at least so many members are hit: `specificityAtSensitivity({ sensitivity: 0.9 })`.
 */
export const specificityAtSensitivity: PartFactory<
  MetricDef,
  CurveConfig & {
    /** Least share of members that are hit. */
    readonly sensitivity: number;
  },
  "sensitivity"
> = partFactory<MetricDef>(specificityAtSensitivityDef) as never;
const precisionAtRecallDef = at("precision", "recall");
/**
 * Largest share of hits among predictions where at least so many members are hit: `precisionAtRecall({ recall: 0.9 })`.
 */
export const precisionAtRecall: PartFactory<
  MetricDef,
  CurveConfig & {
    /** Least share of members that are hit. */
    readonly recall: number;
  },
  "recall"
> = partFactory<MetricDef>(precisionAtRecallDef) as never;
const recallAtPrecisionDef = at("recall", "precision");
/**
 * Largest share of members that are hit where at least so many predictions are: `recallAtPrecision({ precision: 0.9 })`.
 */
export const recallAtPrecision: PartFactory<
  MetricDef,
  CurveConfig & {
    /** Least share of predictions that are hits. */
    readonly precision: number;
  },
  "precision"
> = partFactory<MetricDef>(recallAtPrecisionDef) as never;
