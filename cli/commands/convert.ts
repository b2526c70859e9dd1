/** `lapis convert`: writes a model in another format, and keeps the file only where it computes the same. @module */
import {
  BackendError,
  InputError,
  LapisError,
  type Model,
  registry,
  UnsupportedError,
  type WriteOptions,
} from "../../mod.ts";
import { writeNamesOf } from "../../public/plugins.ts";
import { packagesFor } from "../../io/keras/mod.ts";
import { rawColumnsModel, rawColumnsOf, sampleColumns, tablePreprocessorOf } from "../../public/data.ts";
import { type Assets, readAssets } from "../assets.ts";
import {
  type CommandDef,
  type Context,
  numberOption,
  type Outcome,
  textOption,
  UsageError,
} from "../command.ts";
import { type Conversion, convertInto } from "../conversion/convert.ts";
import type { Proof } from "../conversion/proof.ts";
import { madeUpSamples, type Sample, type SampleOptions, storedSample } from "../conversion/samples.ts";
import { type Feed, readFeed } from "../feed.ts";
import { assetsIn, hasInput, inputOptions, inputsFrom, loadNamed } from "../loading.ts";
import { checkFile } from "../output.ts";
import { bytesText, progress, small, table, wrapped } from "../terminal.ts";

/** The endings that are written. */
const endings = [".onnx", ".keras", ".h5", ".weights.h5", ".safetensors"];

/** Converts between Keras' files, ONNX and safetensors, with a proof. */
export const convert: CommandDef = {
  name: "convert",
  summary: "write a model in another format, proved to compute the same",
  example: `lapis convert model.h5 model.onnx
lapis convert model.keras model.onnx --opset 17 --input x.npy
lapis convert config.json model.keras --weights model.weights.h5`,
  declare: (command) =>
    inputOptions(
      command
        .argument("<source>", "model file: .keras, .h5, .onnx or config.json")
        .argument("[dest]", `file to write: ${endings.join(" ")}`)
        .option("-o, --output <file>", "the destination, where it isn't the second argument")
        .option("--weights <file>", "weights, where SOURCE holds a configuration only"),
    )
      .option("--opset <version>", "opset of an .onnx file, 13 to 28 (default: 21)")
      .option("--raw-columns", "put a table's preparation inside: inputs are its columns as they stand")
      .option("--external", "put an .onnx file's weights into DEST.data beside it")
      .option("--right-padded", "masks cut off ends of rows alone: fewer nodes in an .onnx file")
      .option("--keras-version <2|3>", "whose .keras, .h5 to write (default: 3)")
      .option(
        "--no-draws",
        "layers called with training=True compute as in inference, as Keras 3 has them predict",
      )
      .option("--seed <number>", "of the random inputs that it is proved on", "0")
      .option("--no-verify", "write without a proof"),
  async run([source = "", second], options, context) {
    const destination = destinationOf(second, textOption(options, "output"));
    const verify = options.verify !== false, onnx = destination.endsWith(".onnx");
    const opset = numberOption(options, "opset", { flag: "--opset", whole: true, min: 13 });
    const seed = numberOption(options, "seed", { flag: "--seed", whole: true, min: 0 }) ?? 0;
    const write = writeOptions(options, opset);
    checkFlags(write, destination);
    const weights = textOption(options, "weights") ?? source;
    await checkFile(destination, { flag: "DEST", inputs: [source, weights] });
    if (onnx && verify) await checkEngine();
    const how = options.draws === false ? { draws: false } : {};
    const loaded = await loadNamed(source, options, context, undefined, how);
    const { model, assets } = options.rawColumns === true ? await withColumns(source, loaded.model) : loaded;
    if (model.built && model.graph().inputs.some((i) => i.role === "random")) {
      throw new UnsupportedError(
        `${source}: draws random numbers when it predicts (a layer is called with training=True), so no conversion can be ` +
          "proved to compute the same; --no-draws converts what it computes without them, as Keras 3's predict does",
      );
    }
    const given = inputsFrom(options),
      stored = hasInput(given) ? await readFeed(model, assets, given) : undefined;
    const samples = verify
      ? await samplesFor(model, stored, { seed, rightPadded: options.rightPadded === true })
      : [];
    sayPackages(destination, model, context);
    const bar = progress(context.terminal, "proof");
    const conversion = await convertInto(model, destination, {
      source,
      samples,
      write: { ...write, ...keptIn(destination, model, assets, context) },
      step: (done) => bar.step(done, samples.length),
    }).finally(() => bar.end());
    return outcome(source, destination, conversion, context);
  },
};

/** The model with its table's preparation inside. @throws {InputError} where its file says none. */
async function withColumns(source: string, model: Model): Promise<Awaited<ReturnType<typeof loadNamed>>> {
  const table = tablePreprocessorOf(model);
  if (!table) {
    throw new InputError(`${source}: --raw-columns: says no columns of a table, as lapis train writes them`, {
      file: source,
    });
  }
  const made = await rawColumnsModel(model, table);
  return { model: made, assets: { ...assetsIn(made), ...await readAssets(source) } };
}

/** Stored inputs and made-up ones; where no made-up ones fit the model, the stored ones alone. */
async function samplesFor(
  model: Model,
  stored: Feed | undefined,
  options: SampleOptions,
): Promise<readonly Sample[]> {
  const own = stored ? [storedSample(model, stored.tensors, `stored input, ${stored.rows} rows`)] : [];
  const table = rawColumnsOf(model);
  if (table) {
    return [
      ...own,
      ...[1, 60].map((rows) =>
        storedSample(model, sampleColumns(table, rows), `made-up columns, batch ${rows}`)
      ),
    ];
  }
  const made = await madeUpSamples(model, options).catch((error) => {
    if (stored && error instanceof LapisError) return [];
    throw error;
  });
  return [...own, ...made];
}

/** @throws {UsageError} */
function destinationOf(second: string | undefined, output: string | undefined): string {
  const destination = second ?? output;
  if (destination === undefined || (second !== undefined && output !== undefined)) {
    throw new UsageError("expected one destination: lapis convert SOURCE DEST");
  }
  if (!endings.some((e) => destination.toLowerCase().endsWith(e))) {
    throw new UsageError(`${destination}: expected one of ${endings.join(", ")} as the destination's ending`);
  }
  return destination;
}
/** @throws {BackendError} */
async function checkEngine(): Promise<void> {
  const state = await registry.get("backend", "onnxruntime").available();
  if (state === true) return;
  throw new BackendError(
    `the proof of an .onnx file takes onnxruntime: ${state}; or convert with --no-verify`,
  );
}
function writeOptions(options: Readonly<Record<string, unknown>>, opset: number | undefined): WriteOptions {
  const version = numberOption(options, "kerasVersion", { flag: "--keras-version", whole: true });
  if (version !== undefined && version !== 2 && version !== 3) {
    throw new UsageError(`--keras-version: expected 2 or 3, got ${version}`);
  }
  return {
    ...(opset !== undefined && { opset }),
    ...(options.external === true && { external: true }),
    ...(options.rightPadded === true && { rightPadded: true }),
    ...(version !== undefined && { kerasVersion: version }),
  };
}
const flags = {
  opset: "--opset",
  external: "--external",
  rightPadded: "--right-padded",
  kerasVersion: "--keras-version",
} as const;
/** @throws {UsageError} for a flag that means nothing for such a file. */
function checkFlags(write: WriteOptions, destination: string): void {
  const taken = writeNamesOf(registry, destination);
  for (const [name, flag] of Object.entries(flags) as [keyof typeof flags, string][]) {
    if (write[name] === undefined || taken.includes(name)) continue;
    const fit = endings.filter((e) => writeNamesOf(registry, e).includes(name));
    throw new UsageError(`${flag} is for ${fit.join(", ")} files, not for ${destination}`);
  }
}
/** Says what Python has to import before Keras opens the file. */
function sayPackages(destination: string, model: Model, context: Context): void {
  if (!/\.(keras|h5|hdf5)$/.test(destination)) return;
  for (const name of packagesFor(model)) {
    context.log(`warning: Keras opens ${destination} only with ${name}: import ${name} before load_model`);
  }
}
/** What the file keeps beside the model; says what it can't keep. */
function keptIn(
  destination: string,
  model: Model,
  assets: Assets,
  context: Context,
): Pick<WriteOptions, "extras"> {
  const kept = extrasOf(model, assets);
  if (!kept.extras || writeNamesOf(registry, destination).includes("extras")) return kept;
  const { training: _, compile: __, ...said } = kept.extras.json, names = Object.keys(said);
  if (names.length > 0) {
    context.log(
      `warning: ${destination} has no place for ${names.join(", ")}, which .keras and .onnx files keep`,
    );
  }
  return {};
}
/** Labels and vocabulary that lie beside the source go into the file, where it has none of its own. */
function extrasOf({ extras }: Model, { labels, vocabulary }: Assets): Pick<WriteOptions, "extras"> {
  const json = { ...(labels && { labels }), ...(vocabulary && { vocabulary }), ...extras?.json };
  return Object.keys(json).length === 0 ? {} : { extras: { ...extras, json } };
}

function outcome(source: string, destination: string, made: Conversion, context: Context): Outcome {
  const { proof, files, layers, opset, irVersion } = made, { width } = context.terminal;
  const sizes = files.map(({ name, bytes }) => `${name} ${bytesText(bytes)}`).join(", ");
  const version = opset === undefined ? "" : `, opset ${opset}, IR ${irVersion}`;
  const data = {
    source,
    destination,
    equal: proof?.equal ?? null,
    ...(opset !== undefined && { opset, irVersion }),
    files,
    runs: proof?.runs ?? [],
    layers,
  };
  const written = proof === undefined || proof.equal;
  const listed = layers.length === 0 ? [] : [layerTable(layers, width)];
  return {
    ...(!written && { answer: false }),
    text: [
      ...listed,
      ...(proof ? [runsTable(proof, width)] : []),
      written
        ? `written: ${sizes}${version}`
        : `${destination} is not written: it is not proved to compute what ${source} does`,
      ...(made.by === undefined ? ["not proved: --no-verify"] : written ? [`proved by ${made.by}`] : []),
    ].join("\n\n"),
    data,
  };
}
/** Long lists of nodes go on in the next row. */
function layerTable(layers: Conversion["layers"], width: number): string {
  const longest = (of: (l: Conversion["layers"][number]) => string, least: number) =>
    Math.max(least, ...layers.map((l) => of(l).length));
  const room = Math.max(20, width - longest((l) => l.layer, 5) - longest((l) => l.className, 5) - 4);
  const rows = layers.flatMap(({ layer, className, nodes }) =>
    wrapped(nodes.length === 0 ? "–" : nodes.join(" "), room)
      .map((line, i) => (i === 0 ? [layer, className, line] : ["", "", line]))
  );
  return table(["layer", "class", "nodes"], rows, { width });
}
function runsTable({ runs }: Proof, width: number): string {
  const rows = runs.map((r) => [r.what, small(r.difference), small(r.tolerance)]);
  const notes = runs.flatMap(({ what, leftOut, problem }) => [
    ...(leftOut === undefined
      ? []
      : [`${what}: ${leftOut === 1 ? "1 row" : `${leftOut} rows`} left out: NaN in the source`]),
    ...(problem === undefined ? [] : [`${what}: ${problem}`]),
  ]);
  return [table(["run", "largest difference", "tolerance"], rows, { right: [1, 2], width }), ...notes].join(
    "\n",
  );
}
