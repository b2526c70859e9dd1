/** Histograms of weights and gradients. @module */
import { item } from "../../core/values/item.ts";
import * as args from "../../io/files/arguments.ts";
import { InputError } from "../../core/values/errors.ts";
import { checkOptions, type OptionNames } from "../../core/values/schema.ts";
import { type Tensor, toNumbers } from "../../core/values/tensor.ts";
import { ends, linearAxis, tickText } from "./scale.ts";
import { document, fillClass, type Frame, panel, panelHeight, rect } from "./svg.ts";

/** How often values fall into equal parts of their range. */
export interface Histogram {
  /** Values in each part. */
  readonly counts: readonly number[];
  /** The ends of the parts, one more than there are parts. */
  readonly edges: readonly number[];
  /** Mean of the finite values. */
  readonly mean: number;
  /** Standard deviation of all values (ddof 0). */
  readonly deviation: number;
  /** Values that are infinite or no numbers; they are counted here alone. */
  readonly odd: number;
}
/** Counts values in `bins` equal parts, the last one with its upper end, as numpy's `histogram`. */
export function histogram(values: ArrayLike<number>, bins = 30): Histogram {
  args.check("histogram", "values", values, args.list);
  const all = Array.from(values), finite = all.filter(Number.isFinite);
  const [from, to] = ends(finite), low = from === to ? from - 0.5 : from, high = from === to ? to + 0.5 : to;
  const counts = new Array<number>(bins).fill(0), width = (high - low) / bins;
  const edges = Array.from({ length: bins + 1 }, (_, i) => (i === bins ? high : low + i * width));
  for (const v of finite) {
    let at = Math.min(bins - 1, Math.floor((v - low) / width));
    // Rounding must not put a value across an edge.
    if (v < (edges[at] ?? low)) at--;
    else if (at < bins - 1 && v >= (edges[at + 1] ?? high)) at++;
    counts[at] = item(counts, at) + 1;
  }
  const mean = finite.reduce((sum, v) => sum + v, 0) / (finite.length || 1);
  const squares = finite.reduce((sum, v) => sum + (v - mean) ** 2, 0);
  return {
    counts,
    edges,
    mean,
    deviation: Math.sqrt(squares / (finite.length || 1)),
    odd: all.length - finite.length,
  };
}

/** How histograms are drawn. */
export interface DistributionOptions {
  /** Parts of each range; 30 unless given. */
  readonly bins?: number;
  /** Pixels; 520 unless given. */
  readonly width?: number;
  /** Weights or gradients whose names hold this alone. */
  readonly only?: string | RegExp;
}
const distributionNames: OptionNames<DistributionOptions> = { bins: 0, width: 0, only: 0 };
const plotHeight = 130;

/**
 * Histograms of weights, or of gradients, as an SVG picture: `plotDistributions(model.weights)`. Every name has a panel with
 * mean and standard deviation.
 *
 * ```ts
 * import { tensor } from "@lapis/lapis";
 * import { plotDistributions } from "@lapis/lapis/plots";
 * const svg = plotDistributions({ "dense/kernel": tensor([[0.1, -0.2], [0.3, 0]]) });
 * ```
 * @throws {InputError} where no name is chosen.
 */
export function plotDistributions(
  values: ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>,
  options: DistributionOptions = {},
): string {
  args.check("plotDistributions", "values", values, args.object);
  checkOptions("plotDistributions", options, distributionNames);
  const { bins = 30, width = 520, only = "" } = options;
  const all = values instanceof Map
    ? [...values]
    : Object.entries(values as Readonly<Record<string, Tensor>>);
  const chosen = all.filter(([name]) => (typeof only === "string" ? name.includes(only) : only.test(name)));
  if (chosen.length === 0) {
    throw new InputError(
      `plotDistributions: nothing named ${only}; there are ${all.map(([name]) => name).join(", ")}`,
    );
  }
  let top = 0, body = "";
  for (const [name, tensor] of chosen) {
    const { counts, edges, mean, deviation, odd } = histogram(toNumbers(tensor), bins);
    const notes = `mean ${tickText(mean)}, sd ${tickText(deviation)}${odd > 0 ? `, ${odd} not finite` : ""}`;
    const frame: Frame = {
      title: name,
      x: linearAxis([edges[0] ?? 0, edges.at(-1) ?? 1], 6),
      y: linearAxis([0, Math.max(1, ...counts)], 4, true),
      xLabel: notes,
      yLabel: "count",
      legend: [],
    };
    const height = panelHeight(frame, width, plotHeight);
    body += panel(frame, { left: 0, top, width, height }, (place) =>
      counts.map((count, i) => {
        const [left, high] = place(edges[i] ?? 0, count), [right, low] = place(edges[i + 1] ?? 0, 0);
        const box = {
          left: left + 0.5,
          top: high,
          width: Math.max(0.5, right - left - 1),
          height: low - high,
        };
        return count === 0 ? "" : rect(box, fillClass(0));
      }).join(""));
    top += height;
  }
  return document("distributions", width, top, body);
}
