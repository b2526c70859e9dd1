/** How much a model's predictions hang on each column of a table. @module */
import { type Model, type Tensor, tensor } from "../../mod.ts";
import type { CsvTable } from "../../public/data.ts";
import { type ColumnImportance, permutationImportance } from "../../public/evaluation.ts";
import { toNumbers } from "../../public/tensors.ts";
import { UsageError } from "../command.ts";
import { table } from "../terminal.ts";
import { evaluateOn } from "../training/evaluation.ts";
import { type Fitted, prepare } from "../training/prepare.ts";
import { isCells, isTexts, type RawPart, rowsIn } from "../training/sources.ts";

/** A part whose columns hold the cells of other rows. */
function shuffledPart(raw: RawPart, rows: ArrayLike<number>, width: number): RawPart {
  const { x } = raw, from = (r: number, c: number) => rows[r * width + c] ?? 0;
  if (isCells(x)) {
    const cells = x.rows.map((row, r) => row.map((_, c) => x.rows[from(r, c)]?.[c] ?? ""));
    const made: CsvTable = { header: x.header, rows: cells };
    return { ...raw, x: made };
  }
  if (isTexts(x)) return raw;
  const values = toNumbers(x);
  const data = Float64Array.from({ length: values.length }, (_, i) => {
    const r = Math.floor(i / width), c = i % width;
    return values[from(r, c) * width + c] ?? 0;
  });
  return { ...raw, x: tensor(data, x.shape) };
}

/**
 * What accuracy (R² of numbers) falls by where a column of the table is shuffled, the most important column first.
 * @throws {UsageError} for samples that are no table.
 */
export async function importanceOf(
  model: Model,
  raw: RawPart,
  fitted: Fitted,
  options: { readonly batchSize: number; readonly repeats: number },
): Promise<readonly ColumnImportance[]> {
  const { x, features } = raw, names = isCells(x) ? x.header : features;
  if (!names || isTexts(x)) throw new UsageError("--importance: the samples are no columns of a table");
  const rows = rowsIn(x), width = names.length, { target } = fitted.preparation;
  // Every cell says which row's cell it is, so that what is shuffled is the table as it was read.
  const places = tensor(Float32Array.from({ length: rows * width }, (_, i) => Math.floor(i / width)), [
    rows,
    width,
  ]);
  const score = async (t: Tensor) => {
    const part = prepare(shuffledPart(raw, toNumbers(t), width), fitted);
    const found = await evaluateOn(model, part, {
      batchSize: options.batchSize,
      samples: 0,
      target,
      bare: true,
    });
    return found.report?.accuracy ?? found.numbers?.r2 ?? NaN;
  };
  return await permutationImportance(places, score, { names, repeats: options.repeats });
}

/** The columns in lines. */
export function importanceText(
  list: readonly ColumnImportance[],
  target: "class" | "number",
  width: number,
): string {
  const what = target === "class" ? "accuracy falls by" : "R2 falls by";
  return table(
    ["column", what, "±"],
    list.map(({ column, mean, deviation }) => [column, mean.toFixed(4), deviation.toFixed(4)]),
    { right: [1, 2], width },
  );
}
