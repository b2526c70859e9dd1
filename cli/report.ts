/** Classification reports and confusion matrices as lines. @module */
import type { ClassificationReport } from "../public/evaluation.ts";
import { table } from "./terminal.ts";

const share = (n: number) => n.toFixed(4);

/** Precision, recall, F1 and support of every class, with the means. */
export function reportText(
  report: ClassificationReport,
  labels: readonly string[] | undefined,
  width: number,
): string {
  const rows = report.classes.map(({ precision, recall, f1, support }, c) => [
    labels?.[c] ?? `${c}`,
    share(precision),
    share(recall),
    share(f1),
    `${support}`,
  ]);
  const means = [
    ["macro F1", "", "", share(report.macroF1), `${report.rows}`],
    ["weighted F1", "", "", share(report.weightedF1), `${report.rows}`],
    ["accuracy", "", "", share(report.accuracy), `${report.rows}`],
  ];
  return table(["class", "precision", "recall", "F1", "rows"], [...rows, ...means], {
    right: [1, 2, 3, 4],
    width,
  });
}

/** Rows by true class, columns by predicted class. */
export function confusionText(
  report: ClassificationReport,
  labels: readonly string[] | undefined,
  width: number,
): string {
  const name = (c: number) => labels?.[c] ?? `${c}`;
  const header = ["true \\ predicted", ...report.confusion.map((_, c) => name(c))];
  const rows = report.confusion.map((row, c) => [name(c), ...row.map(String)]);
  return table(header, rows, { right: header.map((_, i) => i).slice(1), width });
}
