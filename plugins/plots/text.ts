/** Curves as lines of text, for terminals. @module */
import * as args from "../../io/files/arguments.ts";
import { checkOptions, type OptionNames } from "../../core/values/schema.ts";
import type { History } from "../../core/training/types.ts";
import { historyPanels, type Series } from "./history.ts";
import { ends, linearAxis, tickText } from "./scale.ts";

const historyKind: args.Kind = args.having("a history", "epoch", "history");

/** How a curve of text is drawn. */
export interface TextPlotOptions {
  /** Columns in all; 72 unless given. */
  readonly width?: number;
  /** Lines of the plot; 10 unless given. */
  readonly height?: number;
  /** What the axis to the right counts; `epoch` unless given. */
  readonly xLabel?: string;
}
const textPlotNames: OptionNames<TextPlotOptions> = { width: 0, height: 0, xLabel: 0 };
/** Marks of solid curves, one after another, of dashed ones, and of places where several meet. */
const marks = { solid: ["●", "▲", "■", "◆", "▼", "✚", "✖", "★"], dashed: "○", both: "◉" };

/** Curves in one frame of text. */
export function curvesText(title: string, series: readonly Series[], options: TextPlotOptions = {}): string {
  args.check("curvesText", "title", title, args.text);
  args.check("curvesText", "series", series, args.list);
  checkOptions("curvesText", options, textPlotNames);
  const { width = 72, height = 10, xLabel = "epoch" } = options;
  const at = (s: Series, i: number) => s.at?.[i] ?? i + 1;
  const [first, last] = ends(series.flatMap((s) => s.values.map((_, i) => at(s, i))));
  const y = linearAxis(ends(series.flatMap((s) => s.values)), 4), labels = y.ticks.map(tickText);
  const margin = Math.max(...labels.map((l) => l.length)), columns = Math.max(8, width - margin - 2);
  const cells = Array.from({ length: height }, () => new Array<string>(columns).fill(" "));
  const rowOf = (value: number) => Math.round((1 - y.share(value)) * (height - 1));
  const solid = series.filter((s) => !s.dashed);
  const markOf = (s: Series) =>
    s.dashed ? marks.dashed : marks.solid[solid.indexOf(s) % marks.solid.length] ?? marks.dashed;
  for (const s of series) {
    const mark = markOf(s);
    s.values.forEach((value, i) => {
      if (!Number.isFinite(value)) return;
      const column = last === first ? 0 : Math.round(((at(s, i) - first) / (last - first)) * (columns - 1));
      const line = cells[rowOf(value)];
      if (line) line[column] = line[column] === " " || line[column] === mark ? mark : marks.both;
    });
  }
  const names = new Map(y.ticks.map((tick, i) => [rowOf(tick), labels[i] ?? ""]));
  const lines = cells.map((line, row) => {
    const label = names.get(row) ?? "";
    return `${label.padStart(margin)} ${label === "" ? "│" : "┤"}${line.join("")}`.trimEnd();
  });
  const [from, to] = [first, last].map((end) => `${Number(end.toPrecision(3))}`);
  const ending = `${from}${`${xLabel} ${to}`.padStart(Math.max(1, columns - `${from}`.length))}`;
  const legend = series.map((s) => `${markOf(s)} ${s.name}`), line = [title, ...legend].join("   ");
  return [
    ...(line.length <= width ? [line] : [title, ...legend]),
    ...lines,
    `${" ".repeat(margin)} └${"─".repeat(columns)}`,
    `${" ".repeat(margin + 2)}${ending}`,
  ].join("\n");
}
/** A fit's curves as text: training `●`, validation `○`, both `◉`. */
export function historyText(history: History, options: TextPlotOptions = {}): string {
  args.check("historyText", "history", history, historyKind);
  checkOptions("historyText", options, textPlotNames);
  return historyPanels(history).filter(({ series }) => series.length > 0)
    .map(({ name, series }) => curvesText(name, series, options)).join("\n\n");
}
