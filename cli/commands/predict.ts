/** `lapis predict`: runs a model on data and writes its outputs. @module */
import { InputError, type Tensor, writeNpy } from "../../mod.ts";
import { toNumbers } from "../../public/tensors.ts";
import { type CommandDef, numberOption, textOption, UsageError } from "../command.ts";
import { readFeed } from "../inputs.ts";
import { hasInput, inputOptions, inputsFrom, loadNamed, modelOptions } from "../loading.ts";
import { fileName, makeFolder, writeWhole } from "../output.ts";
import { clip, shapeText, table } from "../terminal.ts";
import { predictAll } from "../run.ts";

/** Runs a model on data, prints the first rows and writes every output as `.npy`. */
export const predict: CommandDef = {
  name: "predict",
  summary: "run a model on data and write its outputs",
  example: `lapis predict model.keras --input x.npy -o out   # out/<output name>.npy
lapis predict model.keras --text "Enak, murah"   # needs a vocabulary.json`,
  declare: (command) =>
    inputOptions(modelOptions(command))
      .option("-o, --output <folder>", "folder for <output name>.npy")
      .option("--batch-size <rows>", "rows a run takes", "256")
      .option(
        "--samples <count>",
        "predict so often with other draws (Monte Carlo dropout); outputs are [samples, rows, …]",
      )
      .option("--seed <number>", "fixes what dropout called with training=True draws")
      .option("--rows <count>", "rows to print", "5"),
  async run([path = ""], options, context) {
    const given = inputsFrom(options);
    const batchSize = numberOption(options, "batchSize", { flag: "--batch-size", whole: true, min: 1 });
    const samples = numberOption(options, "samples", { flag: "--samples", whole: true, min: 1 });
    const seed = numberOption(options, "seed", { flag: "--seed", whole: true, min: 0 });
    const rows = numberOption(options, "rows", { flag: "--rows", whole: true, min: 0 }) ?? 5;
    if (!hasInput(given)) throw new UsageError("nothing to predict: give --input, --text or --text-file");
    const { model, assets } = await loadNamed(path, options, context);
    const feed = await readFeed(model, assets, given);
    const started = performance.now();
    const outputs = await predictAll(model, feed, context.terminal, {
      batchSize: batchSize ?? 256,
      ...(samples !== undefined && { samples }),
      ...(seed !== undefined && { seed }),
    });
    const milliseconds = performance.now() - started;

    const folder = textOption(options, "output");
    const files = new Map<string, string>();
    if (folder !== undefined) {
      await makeFolder(folder);
      for (const [name, t] of Object.entries(outputs)) {
        const file = `${folder}/${fileName(name)}.npy`;
        if ([...files.values()].includes(file)) {
          throw new InputError(`two outputs would be written to ${file}: rename one in the model`);
        }
        files.set(name, file);
        await writeWhole(file, writeNpy(t));
      }
    }

    const labels = assets.labels;
    const parts = Object.entries(outputs).map(([name, t]) => {
      const file = files.get(name);
      const head = `${name}  ${t.dtype} ${shapeText(t.shape)}${file === undefined ? "" : `  → ${file}`}`;
      return [head, rowsTable(t, rows, labels, feed.texts, context.terminal.width)].filter((x) => x).join(
        "\n",
      );
    });
    const used = `${feed.rows} rows in ${milliseconds.toFixed(0)} ms on ${
      model.backend ?? "the default engine"
    }`;
    return {
      text: [...parts, used].join("\n\n"),
      data: {
        model: path,
        backend: model.backend,
        rows: feed.rows,
        milliseconds,
        outputs: Object.entries(outputs).map(([name, t]) => ({
          name,
          dtype: t.dtype,
          shape: t.shape,
          ...(files.has(name) ? { file: files.get(name) } : {}),
          first: firstRows(t, rows),
          ...(isClasses(t) ? { classes: bestOf(t, rows, labels) } : {}),
        })),
      },
    };
  },
};

function firstRows(t: Tensor, rows: number): unknown[] {
  const width = rowWidth(t), values = cells(t);
  return Array.from({ length: Math.min(rows, t.shape[0] ?? 1) }, (_, r) => {
    const row = values.slice(r * width, r * width + Math.min(width, 32));
    return [...row];
  });
}
const rowWidth = (t: Tensor) => t.shape.slice(1).reduce((a, b) => a * b, 1);
const cells = (t: Tensor): readonly (number | string)[] =>
  t.dtype === "string" ? t.data as readonly string[] : Array.from(toNumbers(t));

/** True for `[rows, classes]` whose rows are probabilities. */
function isClasses(t: Tensor): boolean {
  const width = t.shape[1] ?? 0;
  if (t.shape.length !== 2 || width < 2 || t.dtype === "string" || (t.shape[0] ?? 0) === 0) return false;
  const first = [...toNumbers(t).slice(0, width)];
  return first.every((p) => p >= 0 && p <= 1) && Math.abs(first.reduce((a, b) => a + b, 0) - 1) < 1e-3;
}

interface Best {
  readonly class: number;
  readonly label: string | undefined;
  readonly probability: number;
}
function bestOf(t: Tensor, rows: number, labels: readonly string[] | undefined): Best[] {
  const width = t.shape[1] ?? 1, values = toNumbers(t);
  return Array.from({ length: Math.min(rows, t.shape[0] ?? 0) }, (_, r) => {
    const row = [...values.slice(r * width, (r + 1) * width)];
    const best = row.indexOf(Math.max(...row));
    return { class: best, label: labels?.[best], probability: row[best] ?? NaN };
  });
}

function rowsTable(
  t: Tensor,
  rows: number,
  labels: readonly string[] | undefined,
  texts: readonly string[] | undefined,
  width: number,
): string {
  const count = Math.min(rows, t.shape[0] ?? 1);
  if (count === 0 || t.shape.length === 0) return t.shape.length === 0 ? `${cells(t)[0]}` : "";
  if (isClasses(t)) {
    const lines = bestOf(t, rows, labels).map(({ class: c, label, probability }, r) => [
      `${r}`,
      label ?? `${c}`,
      probability.toFixed(4),
      ...(texts === undefined ? [] : [texts[r] ?? ""]),
    ]);
    const header = ["row", "class", "probability", ...(texts === undefined ? [] : ["text"])];
    return table(header, lines, { right: [0, 2], width });
  }
  const wide = rowWidth(t), values = cells(t);
  return Array.from({ length: count }, (_, r) => {
    const row = values.slice(r * wide, r * wide + Math.min(wide, 16));
    const text = row.map((v) => (typeof v === "number" ? `${Number(v.toPrecision(6))}` : v)).join(" ");
    return clip(`${`${r}`.padStart(5)}  ${text}${wide > row.length ? " …" : ""}`, width);
  }).join("\n");
}
