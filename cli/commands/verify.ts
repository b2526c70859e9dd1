/** `lapis verify`: compares a model on two engines layer by layer, or its outputs with stored ones. @module */
import { InputError, type Model, type Tensor } from "../../mod.ts";
import {
  classesOf,
  type ClassificationReport,
  classificationReport,
  differences,
} from "../../public/evaluation.ts";
import { toNumbers } from "../../public/tensors.ts";
import { collect, type CommandDef, type Context, numberOption, textOption, UsageError } from "../command.ts";
import { type Feed, readFeed } from "../feed.ts";
import { isFolder, readTensor } from "../inputs.ts";
import { backendNames, hasInput, inputOptions, inputsFrom, loadNamed, modelOptions } from "../loading.ts";
import { fittingFeed } from "../madeup/inputs.ts";
import { confusionText, reportText } from "../report.ts";
import { predictAll } from "../run.ts";
import { clip, shapeText, small, table } from "../terminal.ts";
import { readTargets, targetsFrom } from "../targets.ts";

/** Compares every layer on two engines, or the outputs with stored ones. */
export const verify: CommandDef = {
  name: "verify",
  summary: "compare a model on two engines, or with stored predictions",
  example: `lapis verify model.keras --against plain --input x.npy
lapis verify model.keras --against y.npy --input x.npy --target labels.npy`,
  declare: (command) =>
    inputOptions(modelOptions(command))
      .requiredOption(
        "--against <engine|file>",
        `${backendNames.join(", ")}, or a .npy with the expected output`,
      )
      .option("--target <column|file>", "true classes: a column of the table, or a file", collect)
      .option("--tolerance <number>", "largest difference that counts as equal", "1e-5")
      .option("--batch-size <rows>", "rows a run takes", "256"),
  async run([path = ""], options, context) {
    const tolerance = numberOption(options, "tolerance", { flag: "--tolerance", min: 0 }) ?? 1e-5;
    const batchSize = numberOption(options, "batchSize", { flag: "--batch-size", whole: true, min: 1 }) ??
      256;
    const against = textOption(options, "against") ?? "";
    const engine = backendNames.includes(against);
    const given = inputsFrom(options), named = targetsFrom(options);
    if (!engine && !hasInput(given)) {
      throw new UsageError("stored predictions need the inputs they were made from: --input");
    }
    if (!engine && await isFolder(against)) {
      throw new InputError(`${against}: is a directory, expected a file`, { file: against });
    }
    const { model, assets } = await loadNamed(path, options, context);
    const feed = hasInput(given) ? await readFeed(model, assets, given) : await fittingFeed(model, 8);
    const other = engine ? (await loadNamed(path, options, quiet(context), against)).model : undefined;

    const ours = await predictAll(model, feed, context.terminal, { batchSize });
    const theirs = other === undefined
      ? await stored(model, against)
      : await predictAll(other, feed, context.terminal, { batchSize });
    const outputs = compareAll(ours, theirs, tolerance);
    const layers = other === undefined ? [] : await compareLayers(model, other, feed, tolerance);
    const first = layers.find(({ equal }) => !equal);

    const [mine, reference] = [Object.values(ours)[0], Object.values(theirs)[0]];
    const classes = mine && reference && isScores(mine) ? classesBoth(mine, reference) : undefined;
    const known = await readTargets(model, assets, named, given.inputs),
      target = known?.[model.outputs[0]?.name ?? ""];
    if (target && classes === undefined) {
      throw new InputError(`--target: the model's output ${shapeText(mine?.shape ?? [])} has no classes`);
    }
    const truth = target && classIds(target);
    const reports = truth && classes ? reportsOf(truth, classes) : undefined;
    const equal = outputs.every((o) => o.equal) && first === undefined &&
      (classes === undefined || classes.same === classes.ours.length);
    const names = { ours: model.backend ?? "ours", reference: engine ? against : "stored" };
    const width = context.terminal.width;
    const label = (c: number | undefined) => (c === undefined ? "" : assets.labels?.[c] ?? `${c}`);
    const samples = classes === undefined || mine === undefined || reference === undefined
      ? []
      : samplesOf(classes, mine, reference, truth);

    const parts = [
      ...(layers.length === 0 ? [] : [differenceTable("layer", layers, width)]),
      differenceTable("output", outputs, width),
      ...(classes === undefined ? [] : [`same class: ${classes.same} of ${classes.ours.length} rows`]),
      ...(reports === undefined ? [] : [
        `${names.ours}:\n${reportText(reports.ours, assets.labels, width)}`,
        `${names.reference}:\n${reportText(reports.reference, assets.labels, width)}`,
        ...(reports.ours.classes.length <= 10
          ? [`${names.ours}:\n${confusionText(reports.ours, assets.labels, width)}`]
          : []),
      ]),
      ...(samples.length === 0 ? [] : [table(
        ["row", "true", names.reference, names.ours, "difference", ...(feed.texts ? ["text"] : [])],
        samples.map((s) => [
          `${s.row}`,
          label(s.true),
          `${label(s.reference.class)} ${s.reference.score.toFixed(4)}`,
          `${label(s.ours.class)} ${s.ours.score.toFixed(4)}`,
          small(s.difference),
          ...(feed.texts ? [clip(feed.texts[s.row - 1] ?? "", 60)] : []),
        ]),
        { right: [0, 4], width },
      )]),
      equal
        ? `equal within ${tolerance} over ${feed.rows} rows`
        : `differs by more than ${tolerance}${
          first === undefined ? "" : `; the first layer that does: ${first.name}`
        }`,
    ];
    return {
      answer: equal,
      text: parts.join("\n\n"),
      data: {
        equal,
        tolerance,
        rows: feed.rows,
        backend: names.ours,
        against,
        outputs,
        layers,
        ...(first === undefined ? {} : { firstDifferent: first.name }),
        ...(classes === undefined ? {} : { sameClass: classes.same }),
        ...(reports === undefined ? {} : { reports }),
        samples,
      },
    };
  },
};

/** The same context without its log, so that a second load doesn't warn twice. */
const quiet = (context: Context): Context => ({ ...context, log: () => {} });

async function stored(model: Model, path: string): Promise<Readonly<Record<string, Tensor>>> {
  const [output, more] = model.outputs;
  if (output === undefined || more !== undefined) {
    throw new UsageError(`stored predictions fit a model with one output; this has ${model.outputs.length}`);
  }
  return { [output.name]: await readTensor(path) };
}

interface Difference {
  readonly name: string;
  readonly shape: readonly number[];
  readonly max: number;
  readonly mean: number;
  readonly equal: boolean;
}
function difference(name: string, a: Tensor, b: Tensor, tolerance: number): Difference {
  if (`${a.shape}` !== `${b.shape}`) {
    throw new InputError(
      `${name}: the model gives ${shapeText(a.shape)}, the reference is ${shapeText(b.shape)}`,
    );
  }
  if (a.dtype === "string" || b.dtype === "string") {
    const same = a.data.length === b.data.length && a.data.every((v, i) => v === b.data[i]);
    return { name, shape: a.shape, max: same ? 0 : Infinity, mean: same ? 0 : Infinity, equal: same };
  }
  const { max, mean } = differences(toNumbers(a), toNumbers(b));
  return { name, shape: a.shape, max, mean, equal: max <= tolerance };
}
function compareAll(
  ours: Readonly<Record<string, Tensor>>,
  theirs: Readonly<Record<string, Tensor>>,
  tolerance: number,
): Difference[] {
  const others = Object.values(theirs);
  return Object.entries(ours).map(([name, t], i) => difference(name, t, others[i] ?? t, tolerance));
}
async function compareLayers(a: Model, b: Model, feed: Feed, tolerance: number): Promise<Difference[]> {
  const some = firstRows(feed, 32);
  if (a.layers.length === 0) return [];
  const mine = await a.activations(some), other = await b.activations(some);
  return [...mine].flatMap(([path, value]) => {
    const theirs = listed(other.get(path) ?? []), list = listed(value);
    return list.flatMap((t, i) => {
      const reference = theirs[i], name = list.length === 1 ? path : `${path}[${i}]`;
      return reference === undefined ? [] : [difference(name, t, reference, tolerance)];
    });
  });
}
const listed = (value: Tensor | readonly Tensor[]): readonly Tensor[] => "data" in value ? [value] : value;

/** The first rows of every input: layers' outputs for a whole data set would fill the memory. */
function firstRows({ tensors }: Feed, rows: number): Readonly<Record<string, Tensor>> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, t]) => {
      const have = t.shape[0] ?? 0;
      if (t.shape.length === 0 || have <= rows) return [name, t];
      const data = t.data.slice(0, (t.data.length / have) * rows) as Tensor["data"];
      return [name, { dtype: t.dtype, shape: [rows, ...t.shape.slice(1)], data }];
    }),
  );
}

function differenceTable(what: string, list: readonly Difference[], width: number): string {
  const rows = list.map(({ name, shape, max, mean, equal }) => [
    name,
    shapeText(shape),
    small(max),
    small(mean),
    equal ? "" : "differs",
  ]);
  return table([what, "shape", "largest", "mean", ""], rows, { right: [2, 3], width });
}

/** Targets as numbers of classes. @throws {InputError} for another number, with its row. */
function classIds(t: Tensor): Int32Array {
  const numbers = toNumbers(t), wrong = numbers.findIndex((v: number) => !Number.isInteger(v));
  if (wrong < 0) return Int32Array.from(numbers);
  throw new InputError(`--target: row ${wrong + 1}: ${numbers[wrong]} is not the number of a class`);
}
const isScores = (t: Tensor) => t.shape.length === 2 && (t.shape[1] ?? 0) >= 2 && t.dtype !== "string";

interface Classes {
  readonly ours: Int32Array;
  readonly reference: Int32Array;
  readonly same: number;
  readonly count: number;
}
function classesBoth(mine: Tensor, reference: Tensor): Classes {
  const ours = classesOf(mine), theirs = classesOf(reference);
  let same = 0;
  ours.forEach((c, i) => same += c === theirs[i] ? 1 : 0);
  return { ours, reference: theirs, same, count: mine.shape[1] ?? 0 };
}
function reportsOf(
  truth: Int32Array,
  { ours, reference, count }: Classes,
): { readonly ours: ClassificationReport; readonly reference: ClassificationReport } {
  return {
    ours: classificationReport(truth, ours, count),
    reference: classificationReport(truth, reference, count),
  };
}

interface Sample {
  /** From 1, as errors count rows. */
  readonly row: number;
  readonly true?: number;
  readonly reference: { readonly class: number; readonly score: number };
  readonly ours: { readonly class: number; readonly score: number };
  readonly difference: number;
}
function samplesOf(
  classes: Classes,
  mine: Tensor,
  reference: Tensor,
  truth: Int32Array | undefined,
): Sample[] {
  const a = toNumbers(mine), b = toNumbers(reference), width = classes.count;
  return Array.from({ length: Math.min(10, classes.ours.length) }, (_, row) => {
    const own = classes.ours[row] ?? 0, other = classes.reference[row] ?? 0, start = row * width;
    const known = truth?.[row];
    return {
      row: row + 1,
      ...(known === undefined ? {} : { true: known }),
      reference: { class: other, score: b[start + other] ?? NaN },
      ours: { class: own, score: a[start + own] ?? NaN },
      difference: differences(a.slice(start, start + width), b.slice(start, start + width)).max,
    };
  });
}
