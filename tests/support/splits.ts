/** Rebuilds the test split that a model of the model folder was measured on, from the data sets by its case's steps. @module */
import type { Tensor } from "../../mod.ts";
import { parseCsv, readCifar10, readIdx } from "../../public/data.ts";
import { toNumbers } from "../../public/tensors.ts";
import { padIds, textVectorizer, tokensOf } from "../../public/text.ts";
import type { Case, CaseData } from "./cases.ts";
import { exists } from "./sources.ts";

/** The rows of a test split. */
export interface Split {
  /** In the order of the model's inputs. */
  readonly inputs: readonly Tensor[];
  /** The true class of each row, or the true next token of each position. */
  readonly labels?: Int32Array;
}

/** True when the data set that a case's test split comes from is there. */
export async function hasSplit(one: Case, data: URL): Promise<boolean> {
  const source = one.data?.files.find(({ role }) => role.includes("test"));
  return source !== undefined && await exists(new URL(source.file, data));
}

/** The whole test split of a case; `data` is the folder of data sets. */
export async function testSplit(one: Case, data: URL): Promise<Split> {
  const source = one.data?.files.find(({ role }) => role.includes("test"));
  if (one.data === undefined || source === undefined) throw new Error(`${one.name}: no test data named`);
  const maker = makers.find(([prefix]) => source.file.startsWith(prefix))?.[1];
  if (maker === undefined) throw new Error(`${one.name}: no way to rebuild ${source.file}`);
  return await maker({
    one,
    data: one.data,
    source: new URL(source.file, data),
    labels: source.labels,
    root: data,
  });
}

interface Job {
  readonly one: Case;
  readonly data: CaseData;
  readonly source: URL;
  readonly labels: string | undefined;
  readonly root: URL;
}

const makers: readonly (readonly [string, (job: Job) => Promise<Split>])[] = [
  ["nusax-sentiment/", reviews],
  ["cifar10/", pictures],
  ["mnist/", digits],
  ["timeseries/", windows],
  ["text/names", names],
  ["text/", characters],
  ["translation/", pairs],
];

async function json<T>({ one }: Job, file: string): Promise<T> {
  return JSON.parse(await Deno.readTextFile(new URL(file, one.folder))) as T;
}
const lines = async (url: URL) => (await Deno.readTextFile(url)).split("\n").filter((line) => line !== "");
const number = (value: unknown) => Number(value);

async function reviews(job: Job): Promise<Split> {
  const { length, padding } = job.data.parameters;
  const labels = await json<string[]>(job, "labels.json");
  const { header, rows } = parseCsv(await Deno.readFile(job.source));
  const column = (name: string) => rows.map((row) => row[header.indexOf(name)] ?? "");
  const vectorizer = textVectorizer({
    vocabulary: await json<string[]>(job, "vocabulary.json"),
    length: number(length),
    padding: padding === "pre" ? "pre" : "post",
  });
  return {
    inputs: [vectorizer.transform(column("text"))],
    labels: Int32Array.from(column("label"), (name) => labels.indexOf(name)),
  };
}

function over255({ data }: Tensor): Float32Array {
  const x = new Float32Array(data.length);
  for (let i = 0; i < x.length; i++) x[i] = Number(data[i]) / 255;
  return x;
}

async function pictures(job: Job): Promise<Split> {
  const { images, labels } = readCifar10(await Deno.readFile(job.source));
  const x = over255(images);
  if ("scaler.json" in job.one.files) {
    const { mean, std } = await json<{ mean: number[]; std: number[] }>(job, "scaler.json");
    for (let i = 0; i < x.length; i++) {
      const channel = i % mean.length;
      x[i] = Math.fround((x[i] ?? 0) - (mean[channel] ?? 0)) / (std[channel] ?? 1);
    }
  }
  return {
    inputs: [{ dtype: "float32", shape: images.shape, data: x }],
    labels: Int32Array.from(toNumbers(labels)),
  };
}

async function digits(job: Job): Promise<Split> {
  const images = readIdx(await Deno.readFile(job.source));
  const labels = readIdx(await Deno.readFile(new URL(job.labels ?? "", job.root)));
  const shape = [images.shape[0] ?? 0, ...(job.one.inputs[0]?.shape.slice(1) ?? [])];
  return {
    inputs: [{ dtype: "float32", shape, data: over255(images) }],
    labels: Int32Array.from(toNumbers(labels)),
  };
}

async function windows(job: Job): Promise<Split> {
  const scaler = await json<{ kind: string; [name: string]: number | string }>(job, "scaler.json");
  const { shift, scale } = scaler.kind === "minmax"
    ? { shift: number(scaler.min), scale: number(scaler.max) - number(scaler.min) }
    : { shift: number(scaler.mean), scale: number(scaler.std) };
  const rows = (await Deno.readTextFile(job.source)).split(/\r?\n/).filter((line) => line !== "").slice(1);
  const series = rows.map((line) => (number(line.split(",")[1]?.replaceAll('"', "")) - shift) / scale);
  const window = number(job.data.parameters.window), count = number(job.data.parameters.test);
  const data = new Float32Array(count * window);
  for (let row = 0; row < count; row++) {
    const end = series.length - count + row;
    data.set(series.slice(end - window, end), row * window);
  }
  return { inputs: [{ dtype: "float32", shape: [count, window, 1], data }] };
}

async function names(job: Job): Promise<Split> {
  const vocabulary = await json<string[]>(job, "vocabulary.json");
  const length = number(job.data.parameters.length);
  const test = (await lines(job.source)).filter((_, i) => i % 10 === 0);
  const ids = (text: string) => [...text].map((letter) => vocabulary.indexOf(letter));
  return {
    inputs: [padIds(test.map((name) => ids(`.${name}`)), length)],
    labels: padIds(test.map((name) => ids(`${name}.`)), length).data as Int32Array,
  };
}

async function characters(job: Job): Promise<Split> {
  const vocabulary = await json<string[]>(job, "vocabulary.json");
  const ids = new Map(vocabulary.map((letter, id) => [letter, id]));
  const text = [...await Deno.readTextFile(job.source)];
  const test = text.slice(Math.floor(text.length * 0.9)).map((c) => ids.get(c) ?? vocabulary.length - 1);
  const window = number(job.data.parameters.window), count = Math.floor((test.length - 1) / window);
  return {
    inputs: [{
      dtype: "int32",
      shape: [count, window],
      data: Int32Array.from(test.slice(0, count * window)),
    }],
    labels: Int32Array.from(test.slice(1, count * window + 1)),
  };
}

async function pairs(job: Job): Promise<Split> {
  const { source_length, target_length } = job.data.parameters;
  const vectorizer = async (file: string, length: number) =>
    textVectorizer({ vocabulary: await json<string[]>(job, file), length });
  const source = await vectorizer("source_vocabulary.json", number(source_length));
  const target = await vectorizer("target_vocabulary.json", number(target_length));
  const swapped = job.data.columns?.startsWith("target") === true;
  const test = (await lines(job.source)).filter((_, i) => i % 10 === 0).map((line) => {
    const [first = "", second = ""] = line.split("\t");
    return swapped ? [second, first] as const : [first, second] as const;
  }).filter(([from, to]) => {
    const m = tokensOf(from).length, n = tokensOf(to).length;
    return m >= 1 && m <= source.length && n >= 1 && n <= target.length - 1;
  });
  const targets = test.map(([, to]) => target.ids(to));
  const [start, end] = [2, 3];
  return {
    inputs: [
      source.transform(test.map(([from]) => from)),
      padIds(targets.map((ids) => [start, ...ids]), target.length),
    ],
    labels: padIds(targets.map((ids) => [...ids, end]), target.length).data as Int32Array,
  };
}

/** The probability given to the true next token at every position: `[rows, positions]` from `[rows, positions, tokens]`. */
export function probabilityOfTrue(output: Tensor, labels: Int32Array): Tensor {
  const tokens = output.shape.at(-1) ?? 1, values = toNumbers(output);
  const data = Float32Array.from(labels, (id, i) => values[i * tokens + id] ?? NaN);
  return { dtype: "float32", shape: output.shape.slice(0, -1), data };
}
