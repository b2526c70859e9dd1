/** The Confusion view's data: true classes against predicted ones, with samples of every cell. @module */
import { InputError, type Tensor } from "../../../mod.ts";
import { classesOf, classificationReport } from "../../../public/evaluation.ts";
import { toNumbers } from "../../../public/tensors.ts";
import { pictureShape } from "./activations.ts";
import type { ConfusionData, SampleCard } from "../data.ts";
import { picture, rowOf } from "./numbers.ts";
import { firstOf, type Subject } from "../subject.ts";

/** Samples of a cell, and classes of a matrix, at most. */
const mostSamples = 12, mostClasses = 64;

/** Class numbers of targets: numbers, or rows with a 1 at the class. */
function classesIn(target: Tensor, width: number): Int32Array {
  if (target.shape.length === 2 && target.shape[1] === width && width > 1) return classesOf(target);
  return Int32Array.from(toNumbers(target));
}

/** Whether the first output is one of classes, and targets say which. */
export function hasClasses({ model, targets }: Subject): boolean {
  const output = model.outputs[0], target = output && targets?.[output.name], width = output?.shape.at(-1);
  if (!target || output.shape.length !== 2 || typeof width !== "number") return false;
  if (width > 1 && target.shape.length === 2 && target.shape[1] === width) {
    return toNumbers(target).every((v) => v === 0 || v === 1);
  }
  return toNumbers(target).every((v) => Number.isInteger(v) && v >= 0 && v < Math.max(2, width));
}

/** The Confusion view's data. @throws {InputError} where the model's first output isn't one of classes. */
export async function confusionData(subject: Subject): Promise<ConfusionData> {
  const { model, feed, targets, assets } = subject, output = model.outputs[0];
  const target = output && targets?.[output.name];
  if (!feed || !target) throw new InputError("mistakes need samples and targets: --input and --target");
  const scores = firstOf(await model.predictAll(feed.tensors, { batchSize: 256 }));
  if (!scores || scores.shape.length !== 2) {
    throw new InputError(`output ${output.name}: expected scores of classes [batch, classes]`);
  }
  const width = scores.shape[1] ?? 1, count = Math.max(2, width), values = toNumbers(scores);
  if (count > mostClasses) {
    throw new InputError(`a matrix of ${count} classes is too large; ${mostClasses} at most`);
  }
  const truth = classesIn(target, width), predicted = classesOf(scores);
  if (width === 1 && toNumbers(target).some((v) => v !== 0 && v !== 1)) {
    throw new InputError(`output ${output.name}: is a number, not a class`);
  }
  const report = classificationReport(truth, predicted, count);
  const labels = Array.from({ length: count }, (_, c) => assets.labels?.[c] ?? `${c}`);
  const sure = (row: number) => {
    const p = values[row * width + (width === 1 ? 0 : predicted[row] as number)] as number;
    return width === 1 && predicted[row] === 0 ? 1 - p : p;
  };
  const rows = Array.from(truth, (_, row) => row).sort((a, b) => sure(b) - sure(a));
  const input = feed.tensors[model.inputs[0]?.name ?? ""], size = input && pictureShape(input.shape);
  const cells: Record<string, SampleCard[]> = {};
  for (const row of rows) {
    const cell = cells[`${truth[row]},${predicted[row]}`] ??= [];
    if (cell.length >= mostSamples) continue;
    const text = feed.texts?.[row], x = input && rowOf(input, row);
    cell.push({
      row,
      truth: labels[truth[row] as number] ?? "",
      predicted: labels[predicted[row] as number] ?? "",
      confidence: sure(row),
      ...(text !== undefined && { text }),
      ...(x && size && { picture: picture(x, size[1], size[0], { channels: size[2], signed: false }) }),
      ...(x && !size && text === undefined && x.length <= 64 && { numbers: Array.from(x) }),
    });
  }
  return {
    labels,
    matrix: report.confusion,
    accuracy: report.accuracy,
    macroF1: report.macroF1,
    rows: report.rows,
    cells,
  };
}
