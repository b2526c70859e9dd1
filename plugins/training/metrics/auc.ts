/** The area under the ROC or precision-recall curve by thresholds, as Keras 3 computes it. @module */
import type { Value } from "../../../core/graph/graph.ts";
import { cast, scalarLike, shapeOf } from "../../../core/ops/words.ts";
import { bool, choice, int } from "../../../core/values/schema.ts";
import { tensor } from "../../../core/values/tensor.ts";
import type { MetricContext, MetricDef } from "../../../core/training/contract.ts";
import { type PartFactory, partFactory } from "../../../core/training/parts.ts";
import { oneHot } from "../losses/crossentropy.ts";
import { classCount, isSparse, type MetricConfig, nameField } from "./metricdefs.ts";

/** Options of {@link aucDef}. */
export interface AucConfig extends MetricConfig {
  /** Which curve. */
  readonly curve: "ROC" | "PR";
  /** Thresholds from 0 to 1. */
  readonly numThresholds: number;
  /** The height between two points: between theirs, the lower one, the higher one. */
  readonly summationMethod: "interpolation" | "minoring" | "majoring";
  /** The mean of the outputs' areas, not the area of all outputs together. */
  readonly multiLabel: boolean;
  /** Outputs are scores before the sigmoid. */
  readonly fromLogits: boolean;
}
const thresholds = (n: number): Float32Array =>
  Float32Array.from(
    { length: n },
    (_, i) => (i === 0 ? -1e-7 : i === n - 1 ? 1 + 1e-7 : i / (n - 1)),
  );
const ratio = (x: number, y: number) => (y === 0 ? 0 : x / y);

/** Counts at every threshold. */
interface Counts {
  readonly hits: readonly number[];
  readonly alarms: readonly number[];
  readonly actual: number;
  readonly others: number;
}
/** Between two points of a precision-recall curve hits grow in step with answers (Davis and Goadrich 2006). */
function precisionRecallArea({ hits, alarms, actual }: Counts): number {
  let area = 0;
  for (let i = 1; i < hits.length; i++) {
    const before = hits[i - 1] ?? 0, after = hits[i] ?? 0;
    const p0 = before + (alarms[i - 1] ?? 0), p1 = after + (alarms[i] ?? 0);
    const slope = ratio(before - after, Math.max(p0 - p1, 0)), start = after - slope * p1;
    const grown = p0 > 0 && p1 > 0 ? p0 / p1 : 1;
    area += ratio(slope * (before - after + start * Math.log(grown)), actual);
  }
  return area;
}
function areaOf(counts: Counts, { curve, summationMethod: method }: AucConfig): number {
  if (curve === "PR" && method === "interpolation") return precisionRecallArea(counts);
  const points = counts.hits.map((h, i) => {
    const a = counts.alarms[i] ?? 0, recall = ratio(h, counts.actual);
    return curve === "ROC" ? [ratio(a, counts.others), recall] as const : [recall, ratio(h, h + a)] as const;
  });
  let area = 0;
  for (let i = 1; i < points.length; i++) {
    const [x0, y0] = points[i - 1] ?? [0, 0], [x1, y1] = points[i] ?? [0, 0];
    const height = method === "interpolation"
      ? (y0 + y1) / 2
      : method === "minoring"
      ? Math.min(y0, y1)
      : Math.max(y0, y1);
    area += (x0 - x1) * height;
  }
  return area;
}

/** Hits and false alarms at thresholds, true outputs and others: of all outputs together, or of each of `labels`. */
export function countsAt(
  c: Omit<MetricContext<unknown>, "config">,
  cuts: Float32Array,
  classId: number | null,
  labels: number,
): Record<string, Value> {
  const { b, target, weights, output: p } = c, wide = shapeOf(p.type).length > 1;
  const flat = (x: Value) => b.reshape(x, b.ints([-1, labels, 1]));
  const own = (x: Value) =>
    classId === null ? x : b.slice(x, b.ints([classId]), b.ints([classId + 1]), b.ints([-1]));
  const y = isSparse(c) && classCount(p) > 1 ? oneHot(b, target, classCount(p), p) : target;
  const truth = flat(own(cast(b, y, "float32"))), said = own(p);
  const above = cast(
    b,
    b.greater(flat(said), b.constant(tensor(cuts, [1, 1, cuts.length]))),
    "float32",
  );
  const column = weights && wide ? b.unsqueeze(weights, b.ints([-1])) : weights;
  const kept = column && flat(b.expand(column, b.shape(said)));
  const weighed = (x: Value) => (kept ? b.mul(x, kept) : x);
  const yes = weighed(truth), no = weighed(b.sub(scalarLike(b, 1, truth), truth));
  const sum = (x: Value) => b.reshape(b.reduceSum(x, b.ints([0]), { keepdims: 0 }), b.ints([-1]));
  return {
    hits: sum(b.mul(above, yes)),
    alarms: sum(b.mul(above, no)),
    actual: sum(yes),
    others: sum(no),
  };
}

const aucDef: MetricDef<AucConfig> = {
  kind: "metric",
  name: "auc",
  className: "AUC",
  aliases: ["rocAuc", ["prAuc", { curve: "PR" }]],
  better: "max",
  config: {
    ...nameField(),
    curve: choice({ of: ["ROC", "PR"], default: "ROC" }),
    numThresholds: int({ default: 200, min: 3 }),
    summationMethod: choice({
      of: ["interpolation", "minoring", "majoring"],
      default: "interpolation",
    }),
    multiLabel: bool({ default: false }),
    fromLogits: bool({ default: false }),
  },
  keras: { ignore: ["num_labels", "label_weights", "thresholds"] },
  build(c) {
    const { b, config } = c, p = config.fromLogits ? b.sigmoid(c.output) : c.output;
    const labels = config.multiLabel && shapeOf(p.type).length > 1 ? classCount(p) : 1;
    return countsAt({ ...c, output: p }, thresholds(config.numThresholds), null, labels);
  },
  result({ hits = [], alarms = [], actual = [], others = [] }, config) {
    const n = config.numThresholds;
    const areas = actual.map((own, i) => {
      const cut = (list: readonly number[]) => list.slice(i * n, (i + 1) * n);
      return areaOf({ hits: cut(hits), alarms: cut(alarms), actual: own, others: others[i] ?? 0 }, config);
    });
    return areas.reduce((x, y) => x + y, 0) / Math.max(1, areas.length);
  },
};
/** The area under the curve of hits over false alarms (ROC) or of precision over recall (PR), by thresholds. */
export const auc: PartFactory<MetricDef, AucConfig> = partFactory<MetricDef>(aucDef);
