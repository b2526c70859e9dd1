/** What `lapis evaluate` is asked for beside the report: curves, intervals, the worst mistakes. @module */
import { curvesText, type Panel } from "../../plugins/plots/mod.ts";
import type { Interval } from "../../public/evaluation.ts";
import { numberOption, UsageError } from "../command.ts";
import { table } from "../terminal.ts";
import type { Evaluation } from "../training/evaluation.ts";
import { curvePanels, intervalsOf, judge, judgedText } from "./judged.ts";

/** What is asked for. */
export interface Further {
  readonly worst: number;
  readonly threshold: number | undefined;
  /** Curves are printed. */
  readonly curves: boolean;
  /** Probability of the intervals, where they are asked for. */
  readonly level: number | undefined;
  /** Shuffles of a column, where its importance is asked for. */
  readonly importance: number | undefined;
}

/** Reads the options. @throws {UsageError} */
export function furtherFrom(options: Readonly<Record<string, unknown>>): Further {
  const between = (name: string, flag: string) => {
    const value = options[name] === true ? 0.95 : numberOption(options, name, { flag });
    if (value === undefined || (value > 0 && value < 1)) return value;
    throw new UsageError(`${flag}: expected a number between 0 and 1, got ${value}`);
  };
  return {
    worst: numberOption(options, "worst", { flag: "--worst", whole: true, min: 0 }) ?? 3,
    threshold: between("threshold", "--threshold"),
    curves: options.curves !== undefined,
    level: between("intervals", "--intervals"),
    importance: options.importance === true
      ? 5
      : numberOption(options, "importance", { flag: "--importance", whole: true, min: 1 }),
  };
}

/**
 * Judges what an evaluation found, in words, numbers and panels.
 * @throws {UsageError} for curves or intervals of what aren't classes.
 */
export function furtherOn(
  { scored }: Evaluation,
  { worst, curves, level }: Further,
  files: readonly string[] | undefined,
  width: number,
): {
  readonly text: readonly string[];
  readonly data: Readonly<Record<string, unknown>>;
  readonly panels: readonly Panel[];
} {
  if (!scored) {
    const flag = curves ? "--curves" : level === undefined ? undefined : "--intervals";
    if (flag) throw new UsageError(`${flag}: the model gives no probabilities of classes`);
    return { text: [], data: {}, panels: [] };
  }
  const judged = judge(scored, { worst, files }), panels = curves ? curvePanels(scored, judged) : [];
  const intervals = level === undefined ? undefined : intervalsOf(scored, level);
  const plots = panels.map(({ title, series, xLabel = "" }) =>
    curvesText(title, series.filter((s) => s.color !== 7), { xLabel, width: Math.min(72, width - 2) })
  );
  const said = judgedText(judged, scored, width);
  return {
    text: [
      ...(said === "" ? [] : [said]),
      ...(intervals && level !== undefined ? [intervalText(intervals, level, width)] : []),
      ...plots,
    ],
    data: { ...judged, ...(intervals && { level, intervals }) },
    panels,
  };
}
function intervalText(found: Readonly<Record<string, Interval>>, level: number, width: number): string {
  const rows = Object.entries(found).map((
    [name, { lower, upper }],
  ) => [name, lower.toFixed(4), upper.toFixed(4)]);
  const percent = Number((100 * level).toPrecision(6));
  return table([`${percent} % interval`, "from", "to"], rows, { right: [1, 2], width });
}
