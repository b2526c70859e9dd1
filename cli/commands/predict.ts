/** `lapis predict`: runs a model on data and writes its outputs. @module */
import { InputError, type Tensor, writeNpy } from "../../mod.ts";
import { toNumbers } from "../../public/tensors.ts";
import { Option } from "commander";
import { type CommandDef, type Context, numberOption, textOption, UsageError } from "../command.ts";
import { type Feed, readFeed } from "../feed.ts";
import { hasInput, inputOptions, inputsFrom, loadNamed, modelOptions } from "../loading.ts";
import { checkFile, checkFolder, fileName, makeFolder, writeWhole } from "../output.ts";
import { type ClassNames, classScores } from "../results/classes.ts";
import { predictionColumns } from "../results/columns.ts";
import { tableBytes, tableEndings } from "../results/formats.ts";
import { brokenText } from "../pictures/broken.ts";
import { predictAll } from "../run.ts";
import { clip, shapeText, table } from "../terminal.ts";

/** What is written: a table of an ending, one array, or a folder of arrays. */
interface Destination {
  readonly path: string;
  readonly form: "table" | "array" | "folder";
  readonly ending: string;
}
const endings = [...tableEndings, ".npy"];

/**
 * Where predictions go, refused before any work where they can't.
 * @throws {UsageError} for an ending that isn't written.
 */
async function destinationOf(
  options: Readonly<Record<string, unknown>>,
  inputs: readonly string[],
): Promise<Destination | undefined> {
  const path = textOption(options, "output"), format = textOption(options, "format");
  if (format !== undefined && path !== "-") throw new UsageError("--format: goes with -o -, standard output");
  if (path === undefined) return undefined;
  if (path === "-") {
    if (options.json === true) throw new UsageError("-o -: --json has standard output already");
    const ending = `.${format ?? "csv"}`;
    return { path, form: ending === ".npy" ? "array" : "table", ending };
  }
  const [, ending = ""] = /[^./\\](\.[^./\\]+)$/.exec(path.toLowerCase()) ?? [];
  const folder = ending === "" || await Deno.stat(path).then((s) => s.isDirectory, () => false);
  if (folder && !endings.includes(ending)) {
    await checkFolder(path);
    return { path: path.replace(/(?<=.)[\\/]+$/, ""), form: "folder", ending: ".npy" };
  }
  if (!endings.includes(ending)) {
    throw new UsageError(
      `--output ${path}: expected ${
        endings.join(", ")
      }, or a folder (a name without an ending, or with / at its end)`,
    );
  }
  await checkFile(path, { flag: "--output", inputs });
  return { path, form: ending === ".npy" ? "array" : "table", ending };
}

/** Writes the predictions; gives the files by output, or one for all of them. */
async function writeTo(
  { path, form, ending }: Destination,
  outputs: Readonly<Record<string, Tensor>>,
  feed: Feed,
  about: ClassNames,
  { terminal }: Context,
): Promise<ReadonlyMap<string, string>> {
  const names = Object.keys(outputs), [only] = names;
  if (form === "folder") {
    const files = new Map<string, string>();
    await makeFolder(path);
    for (const [name, t] of Object.entries(outputs)) {
      const file = `${path}/${fileName(name)}.npy`;
      if ([...files.values()].includes(file)) {
        throw new InputError(`two outputs would be written to ${file}: rename one in the model`);
      }
      files.set(name, file);
      await writeWhole(file, writeNpy(t));
    }
    return files;
  }
  const first = only === undefined ? undefined : outputs[only];
  const bytes = form === "array" && first
    ? writeNpy(first)
    : await tableBytes(predictionColumns(outputs, feed, about), ending);
  if (path === "-") terminal.out(bytes);
  else await writeWhole(path, bytes);
  return new Map(names.map((name) => [name, path]));
}

/** Runs a model on data, prints the first rows and writes every output as `.npy`. */
export const predict: CommandDef = {
  name: "predict",
  summary: "run a model on data and write its outputs",
  example: `lapis predict model.keras --input x.npy -o out   # out/<output name>.npy
lapis predict species.keras --input new.csv -o found.csv   # with labels
lapis predict cats.keras pics/*.jpg -o found.json
cat new.csv | lapis predict species.keras --input - -o - | head
lapis predict model.keras --text "Enak, murah"   # needs a vocabulary.json`,
  declare: (command) =>
    inputOptions(modelOptions(command).argument("[files...]", "further inputs, as --input names them"))
      .option("-o, --output <file>", `${endings.join(" ")}, a folder for <output>.npy, or -`)
      .addOption(
        new Option("--format <form>", "what -o - writes").choices(endings.map((e) => e.slice(1))),
      )
      .option("--batch-size <rows>", "rows a run takes", "256")
      .option(
        "--samples <count>",
        "predict so often with other draws (Monte Carlo dropout); outputs are [samples, rows, …]",
      )
      .option("--seed <number>", "fixes what dropout called with training=True draws")
      .option("--rows <count>", "rows to print", "5")
      .option("--top <count>", "classes that are shown of each row, the most probable first", "1"),
  async run([path = "", ...files], options, context) {
    const asked = inputsFrom(options), given = { ...asked, inputs: [...asked.inputs, ...files] };
    const batchSize = numberOption(options, "batchSize", { flag: "--batch-size", whole: true, min: 1 });
    const samples = numberOption(options, "samples", { flag: "--samples", whole: true, min: 1 });
    const seed = numberOption(options, "seed", { flag: "--seed", whole: true, min: 0 });
    const rows = numberOption(options, "rows", { flag: "--rows", whole: true, min: 0 }) ?? 5;
    const top = numberOption(options, "top", { flag: "--top", whole: true, min: 1 }) ?? 1;
    if (!hasInput(given)) throw new UsageError("nothing to predict: give --input, --text or --text-file");
    const destination = await destinationOf(options, [path, ...given.inputs]);
    if (samples !== undefined && destination?.form === "table") {
      throw new UsageError("--samples: gives [samples, rows, …], which is no table: write .npy or a folder");
    }
    const { model, assets } = await loadNamed(path, options, context);
    if (destination?.form === "array" && model.outputs.length > 1) {
      throw new UsageError(
        `--output ${destination.path}: the model has ${model.outputs.length} outputs, and .npy holds one: name a folder`,
      );
    }
    const feed = await readFeed(model, assets, given, (line) => context.log(`note: ${line}`));
    const started = performance.now();
    const outputs = await predictAll(model, feed, context.terminal, {
      batchSize: batchSize ?? 256,
      ...(samples !== undefined && { samples }),
      ...(seed !== undefined && { seed }),
    });
    const milliseconds = performance.now() - started;

    const { labels, threshold } = assets, about = { labels, threshold };
    const written = destination && await writeTo(destination, outputs, feed, about, context);
    const parts = Object.entries(outputs).map(([name, t]) => {
      const head = `${name}  ${t.dtype} ${shapeText(t.shape)}`;
      return [head, rowsTable(t, { rows, top }, about, feed, context.terminal.width)].filter((x) => x).join(
        "\n",
      );
    });
    const used = `${feed.rows} rows in ${milliseconds.toFixed(0)} ms on ${
      model.backend ?? "the default engine"
    }`;
    const places = [...new Set(written?.values() ?? [])];
    return {
      quiet: destination?.path === "-",
      text: [
        ...parts,
        [used, ...(places.length > 0 ? [`written: ${places.join(", ")}`] : [])].join("\n"),
        ...brokenText(feed.broken ?? []),
      ].join("\n\n"),
      data: {
        model: path,
        backend: model.backend,
        rows: feed.rows,
        milliseconds,
        ...(feed.broken && { broken: feed.broken }),
        outputs: Object.entries(outputs).map(([name, t]) => ({
          name,
          dtype: t.dtype,
          shape: t.shape,
          ...(written && { file: written.get(name) }),
          first: firstRows(t, rows),
          ...classesIn(t, { rows, top }, about),
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

/** Classes of the first rows, with their names and probabilities. */
function classesIn(
  t: Tensor,
  { rows, top }: { readonly rows: number; readonly top: number },
  about: ClassNames,
) {
  const scores = classScores(t, about);
  if (!scores) return {};
  return {
    classes: Array.from({ length: Math.min(rows, scores.rows) }, (_, row) => {
      const best = scores.best(row);
      const one = (c: number) => ({ class: c, label: about.labels?.[c], probability: scores.at(row, c) });
      return { ...one(best), ...(top > 1 && { top: scores.top(row, top).map(one) }) };
    }),
  };
}

function rowsTable(
  t: Tensor,
  { rows, top }: { readonly rows: number; readonly top: number },
  about: ClassNames,
  { files, texts, rows: given }: Feed,
  width: number,
): string {
  const count = Math.min(rows, t.shape[0] ?? 1), scores = classScores(t, about);
  if (count === 0 || t.shape.length === 0) return t.shape.length === 0 ? `${cells(t)[0]}` : "";
  const beside = t.shape[0] === given ? [...(files ? [files] : []), ...(texts ? [texts] : [])] : [];
  if (scores) {
    const lines = Array.from({ length: count }, (_, r) => {
      const shown = top === 1 ? [scores.best(r)] : scores.top(r, top);
      return shown.map((c, i) => [
        i === 0 ? `${r + 1}` : "",
        scores.name(c),
        scores.at(r, c).toFixed(4),
        ...beside.map((list) => i === 0 ? list[r] ?? "" : ""),
      ]);
    }).flat();
    const named = [...(files ? ["file"] : []), ...(texts ? ["text"] : [])].slice(0, beside.length);
    const what = scores.probabilities ? "probability" : "score";
    return table(["row", "class", what, ...named], lines, { right: [0, 2], ends: files ? [3] : [], width });
  }
  const wide = rowWidth(t), values = cells(t);
  return Array.from({ length: count }, (_, r) => {
    const row = values.slice(r * wide, r * wide + Math.min(wide, 16));
    const text = row.map((v) => (typeof v === "number" ? `${Number(v.toPrecision(6))}` : v)).join(" ");
    return clip(`${`${r + 1}`.padStart(5)}  ${text}${wide > row.length ? " …" : ""}`, width);
  }).join("\n");
}
