/** Known targets, as `--target` names them everywhere: a column of the data, or files of their own. @module */
import type { Command } from "commander";
import { InputError, type Model, type Tensor, tensor } from "../mod.ts";
import type { Assets } from "./assets.ts";
import { collect, listOption, UsageError } from "./command.ts";
import { isCifar, isTable, readColumn, readLabels, readTensor } from "./inputs.ts";
import { fittedFrom } from "./training/prepare.ts";

/** What `--target` names. */
export interface Targets {
  /** Files, by their endings. */
  readonly files: readonly string[];
  /** A column of a table. */
  readonly column: string | undefined;
}

/** Declares `--target`. */
export function targetOption(command: Command): Command {
  return command.option(
    "--target <column|file>",
    "targets: a column of the table, or a file: .npy .csv .idx .bin (repeatable)",
    collect,
  );
}

/** True for a value that names a file of targets, as against a column. */
const isFile = (value: string): boolean =>
  isTable(value) || isCifar(value) || /\.np[yz]$|idx\d-ubyte(\.gz)?$|\.idx(\.gz)?$/.test(value);

/** What `--target` (or the option of another name) says. @throws {UsageError} for two columns. */
export function targetsFrom(
  options: Readonly<Record<string, unknown>>,
  name = "target",
): Targets {
  const given = listOption(options, name), columns = given.filter((value) => !isFile(value));
  if (columns.length > 1) {
    throw new UsageError(`--target: expected one column, got ${columns.join(" and ")}`);
  }
  return { files: given.filter(isFile), column: columns[0] };
}

/** A column of targets: numbers of the classes that the model has names for, or the numbers that stand there. */
async function columnTargets(
  file: string,
  column: string,
  labels: readonly string[] | undefined,
): Promise<Tensor> {
  const cells = await readColumn(file, column);
  if (labels && cells.some((cell) => labels.includes(cell))) {
    const ids = await readLabels(file, column, labels);
    return tensor(ids, [ids.length]);
  }
  const numbers = Float32Array.from(cells, (cell) => (cell.trim() === "" ? NaN : Number(cell)));
  const wrong = numbers.findIndex((n) => Number.isNaN(n));
  if (wrong >= 0) {
    const told = labels ? `neither a number nor one of ${labels.join(", ")}` : "not a number";
    throw new InputError(
      `${file}: row ${wrong + 1}: ${JSON.stringify(cells[wrong])} in ${column} is ${told}`,
      {
        file,
      },
    );
  }
  return numbers.every(Number.isInteger)
    ? tensor(Int32Array.from(numbers), [numbers.length])
    : tensor(numbers, [numbers.length]);
}

/**
 * Targets of a model's outputs by name; undefined where none are given. A column is one of the targets' own table, else
 * of the samples' table, `inputs`.
 * @throws {UsageError} for more files than outputs, or a column of samples that are no table.
 */
export async function readTargets(
  model: Model,
  { labels }: Assets,
  { files, column }: Targets,
  inputs: readonly string[],
): Promise<Readonly<Record<string, Tensor>> | undefined> {
  const [input, more] = inputs;
  if (files.length === 0 && column !== undefined && (input === undefined || more || !isTable(input))) {
    throw new UsageError(`--target ${column}: is a column of a table, and the samples are none`);
  }
  const from = files.length > 0 ? files : column !== undefined && input !== undefined ? [input] : [];
  if (from.length === 0) return undefined;
  const named = column ?? fittedFrom(model.extras)?.preparation.label ?? "label";
  const targets: Record<string, Tensor> = {};
  for (const [i, file] of from.entries()) {
    const output = model.outputs[i]?.name;
    if (output === undefined) {
      throw new UsageError(`--target ${file}: the model has ${model.outputs.length} outputs`);
    }
    if (isTable(file)) targets[output] = await columnTargets(file, named, labels);
    else if (isCifar(file)) {
      const ids = await readLabels(file, named, labels);
      targets[output] = tensor(ids, [ids.length]);
    } else targets[output] = await readTensor(file);
  }
  return targets;
}
