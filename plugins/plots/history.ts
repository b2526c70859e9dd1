/** Curves of training: each number over the epochs, training solid, validation dashed. @module */
import * as args from "../../io/files/arguments.ts";
import { InputError } from "../../core/values/errors.ts";
import { checkOptions, type OptionNames } from "../../core/values/schema.ts";
import type { History } from "../../core/training/types.ts";
import { ends, linearAxis, logAxis } from "./scale.ts";
import { document, type Frame, lineClass, panel, panelHeight, path } from "./svg.ts";

const historyKind: args.Kind = args.having("a history", "epoch", "history");

/** One curve of a picture. */
export interface Series {
  /** What it is, in the legend. */
  readonly name: string;
  /** Values; a number that isn't finite leaves a gap. */
  readonly values: readonly number[];
  /** Where each value stands; 1, 2, 3 … unless given. */
  readonly at?: readonly number[];
  /** Drawn dashed, as validation is. */
  readonly dashed?: boolean;
  /** Its colour by number; the next one unless given. */
  readonly color?: number;
}
/** How a picture is drawn. */
export interface PlotOptions {
  /** The heading. */
  readonly title?: string;
  /** Pixels; 520 unless given. */
  readonly width?: number;
  /** A logarithmic axis upwards, for numbers above 0. */
  readonly log?: boolean;
  /** What the axis to the right counts; `epoch` unless given. */
  readonly xLabel?: string;
  /** What the axis upwards shows. */
  readonly yLabel?: string;
}
const plotNames: OptionNames<PlotOptions> = { title: 0, width: 0, log: 0, xLabel: 0, yLabel: 0 };
const plotHeight = 190;

function frameOf(series: readonly Series[], options: PlotOptions): Frame {
  const { title = "", log = false, xLabel = "epoch", yLabel = "" } = options;
  const places = series.flatMap(({ values, at }) => at ?? values.map((_, i) => i + 1));
  const values = series.flatMap((s) => s.values).filter((v) => !log || v > 0), [low, high] = ends(values);
  const whole = places.every(Number.isInteger);
  const x = linearAxis(ends(places), 8, whole),
    y = log && values.length > 0 ? logAxis([low, high]) : linearAxis([low, high], 5);
  // Epochs fill the width: ticks are round, ends are the data's.
  const [first, last] = ends(places), span = last - first || 1;
  const tight = {
    ...x,
    min: first,
    max: first + span,
    ticks: x.ticks.filter((t) => t >= first && t <= last),
    share: (v: number) => (v - first) / span,
  };
  return {
    title,
    x: tight,
    y,
    xLabel,
    yLabel,
    legend: series.map((s, i) => ({ color: s.color ?? i, dashed: s.dashed ?? false, text: s.name })),
  };
}
/** Panels under one another. */
function stacked(
  label: string,
  width: number,
  panels: readonly { readonly frame: Frame; readonly series: readonly Series[] }[],
) {
  let top = 0, body = "";
  for (const { frame, series } of panels) {
    const height = panelHeight(frame, width, plotHeight);
    body += panel(
      frame,
      { left: 0, top, width, height },
      (place) =>
        series.map(({ values, at, dashed = false, color }, i) =>
          path(
            values.map((v, k) => place(at?.[k] ?? k + 1, frame.y.min > 0 && v <= 0 ? NaN : v)),
            lineClass(color ?? i, dashed),
          )
        ).join(""),
    );
    top += height;
  }
  return document(label, width, top, body);
}

/**
 * Curves as an SVG picture.
 * @throws {InputError} where there is nothing to draw.
 */
export function plotCurves(series: readonly Series[], options: PlotOptions = {}): string {
  args.check("plotCurves", "series", series, args.list);
  checkOptions("plotCurves", options, plotNames);
  if (series.every(({ values }) => values.length === 0)) {
    throw new InputError("plotCurves: there are no values");
  }
  return stacked(options.title ?? "curves", options.width ?? 520, [{
    frame: frameOf(series, options),
    series,
  }]);
}

/** One of several pictures under one another. */
export interface Panel extends Pick<PlotOptions, "xLabel" | "yLabel" | "log"> {
  /** Its heading. */
  readonly title: string;
  /** Its curves. */
  readonly series: readonly Series[];
}
/**
 * Curves as one SVG picture of panels under one another, each with axes of its own.
 * @throws {InputError} where there is nothing to draw.
 */
export function plotPanels(
  panels: readonly Panel[],
  options: Pick<PlotOptions, "title" | "width"> = {},
): string {
  args.check("plotPanels", "panels", panels, args.list);
  checkOptions("plotPanels", options, { title: 0, width: 0 });
  const drawn = panels.filter(({ series }) => series.some(({ values }) => values.length > 0));
  if (drawn.length === 0) throw new InputError("plotPanels: there are no values");
  return stacked(
    options.title ?? "curves",
    options.width ?? 520,
    drawn.map((p) => ({ series: p.series, frame: frameOf(p.series, p) })),
  );
}

/** A history's numbers, each with its validation: `loss` with `valLoss`. */
export function historyPanels(
  { epoch, history }: History,
): readonly { readonly name: string; readonly series: readonly Series[] }[] {
  const names = Object.keys(history), lower = (name: string) => name.charAt(0).toLowerCase() + name.slice(1);
  const isValidation = (name: string) => /^val[A-Z]/.test(name);
  const all = [...new Set(names.map((name) => (isValidation(name) ? lower(name.slice(3)) : name)))];
  return all.map((name) => {
    const checked = names.find((other) => isValidation(other) && lower(other.slice(3)) === name);
    const values = history[name] ?? [], tested = checked === undefined ? [] : history[checked] ?? [];
    // Validation may come every few epochs: its values belong to the last of each.
    const every = tested.length === 0 ? 1 : Math.max(1, Math.floor(epoch.length / tested.length));
    const at = (i: number) => (epoch[i] ?? i) + 1;
    return {
      name,
      series: [
        ...(values.length > 0
          ? [{ name: "training", values, at: values.map((_, i) => at(i)), color: 0 }]
          : []),
        ...(tested.length > 0
          ? [{
            name: "validation",
            values: tested,
            at: tested.map((_, i) => at((i + 1) * every - 1)),
            dashed: true,
            color: 1,
          }]
          : []),
      ],
    };
  });
}
/**
 * A fit's curves as an SVG picture: a panel for every number, training solid, validation dashed.
 *
 * ```ts
 * import { plotHistory } from "@lapis/lapis/plots";
 * const svg = plotHistory({ epoch: [0, 1], history: { loss: [1, 0.5], valLoss: [1.1, 0.8] } });
 * ```
 * @throws {InputError} for a history without epochs.
 */
export function plotHistory(history: History, options: PlotOptions = {}): string {
  args.check("plotHistory", "history", history, historyKind);
  checkOptions("plotHistory", options, plotNames);
  const panels = historyPanels(history).filter(({ series }) => series.length > 0), { title } = options;
  if (history.epoch.length === 0 || panels.length === 0) {
    throw new InputError("plotHistory: the history has no epochs");
  }
  return stacked(
    title ?? "training history",
    options.width ?? 520,
    panels.map(({ name, series }, i) => {
      const heading = title !== undefined && i === 0 ? `${title}: ${name}` : name;
      return { series, frame: frameOf(series, { ...options, title: heading }) };
    }),
  );
}
