/** Data sets by name: which files of a folder are which part, and how a missing one is downloaded and checked. @module */
import * as args from "../files/arguments.ts";
import { FormatError, InputError, shown } from "../../core/values/errors.ts";
import { defaultLimits } from "../../core/values/limits.ts";
import { type FolderEntry, listFolder, makeFolder, writeFileAtomic } from "../files/folders.ts";
import { readSource } from "../files/sources.ts";
import { checkOptions, type OptionNames } from "../../core/values/schema.ts";
import { type Tensor, tensor, toNumbers } from "../../core/values/tensor.ts";
import { readCifar10 } from "./cifar.ts";
import { parseCsv } from "../tables/csv.ts";
import { readIdx } from "./idx.ts";

/** Names of data sets. */
export type DatasetName = "mnist" | "cifar10" | "nusax";
/** A part of a data set. */
export type DatasetPart = "train" | "validation" | "test";
/** Files of a part, below the folder; `y` where targets have files of their own. */
export interface DatasetFiles {
  /** Samples, with targets where `y` isn't there. */
  readonly x: readonly string[];
  /** Targets. */
  readonly y?: readonly string[];
}
/** A data set's description. */
export interface DatasetDef {
  /** The classes by number. */
  readonly classNames: readonly string[];
  /** Its parts as patterns of file names; the first that a folder has is taken. */
  readonly parts: Readonly<
    Partial<Record<DatasetPart, { readonly x: readonly RegExp[]; readonly y?: readonly RegExp[] }>>
  >;
}

const digits = Array.from({ length: 10 }, (_, i) => `${i}`);
/** The data sets that have names. Files may be gzipped, and lie in folders below. */
export const datasets: Readonly<Record<DatasetName, DatasetDef>> = {
  mnist: {
    classNames: digits,
    parts: {
      train: { x: [/^train-images.*idx3-ubyte(\.gz)?$/], y: [/^train-labels.*idx1-ubyte(\.gz)?$/] },
      test: { x: [/^t10k-images.*idx3-ubyte(\.gz)?$/], y: [/^t10k-labels.*idx1-ubyte(\.gz)?$/] },
    },
  },
  cifar10: {
    classNames: ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"],
    parts: {
      train: { x: [/^data_batch_\d\.bin(\.gz)?$/, /^train.*\.bin(\.gz)?$/] },
      test: { x: [/^test_batch\.bin(\.gz)?$/, /^test.*\.bin(\.gz)?$/] },
    },
  },
  nusax: {
    classNames: ["negative", "neutral", "positive"],
    parts: {
      train: { x: [/^train\.csv(\.gz)?$/] },
      validation: { x: [/^valid(ation)?\.csv(\.gz)?$/] },
      test: { x: [/^test\.csv(\.gz)?$/] },
    },
  },
};

/** True for the name of a data set. */
export function isDatasetName(name: string): name is DatasetName {
  return Object.hasOwn(datasets, name);
}

/** A file that is downloaded where it is missing. */
export interface DownloadOptions {
  /** Where it is. */
  readonly url: string;
  /** Its SHA-256 in hexadecimal; a file that has another is refused and not kept. */
  readonly sha256: string;
}
const downloadNames: OptionNames<DownloadOptions> = { url: 0, sha256: 0 };
/** Where a data set is. */
export interface DatasetOptions {
  /** The folder of its files. */
  readonly folder: string;
  /** What is downloaded into the folder, by file name, where it isn't there; nothing unless given. */
  readonly download?: Readonly<Record<string, DownloadOptions>>;
  /** Of NusaX: the folder of a language inside the folder, as in `indonesian`. */
  readonly language?: string;
}
const datasetNames: OptionNames<DatasetOptions> = { folder: 0, download: 0, language: 0 };

async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>));
  return Array.from(digest, (b) => b.toString(16).padStart(2, "0")).join("");
}
/**
 * Downloads a file once: one that is there is checked and left alone.
 * @throws {FormatError} where it hasn't the SHA-256 that it should have; {@link InputError} where nothing answers.
 */
export async function downloadFile(path: string, options: DownloadOptions): Promise<void> {
  args.check("downloadFile", "path", path, args.text);
  args.check("downloadFile", "options", options, args.object);
  checkOptions("downloadFile", options, downloadNames);
  const { url, sha256: wanted } = options;
  if (!/^[0-9a-f]{64}$/i.test(wanted)) {
    throw new InputError(`${path}: sha256: expected 64 hexadecimal digits, got ${shown(wanted)}`, {
      file: path,
    });
  }
  const held = await readSource(path, defaultLimits).catch((error) => {
    if (/there is no such file/.test(String(error))) return undefined;
    throw error;
  });
  const bytes = held?.bytes ?? (await readSource(new URL(url), defaultLimits)).bytes,
    found = await sha256(bytes);
  if (found !== wanted.toLowerCase()) {
    throw new FormatError(`${held ? path : url}: has the SHA-256 ${found}: expected ${wanted}`, {
      file: path,
    });
  }
  if (!held) await writeFileAtomic(path, bytes);
}

/** Files in a folder and one level below. */
async function filesIn(folder: string): Promise<string[]> {
  const entries: readonly FolderEntry[] = await listFolder(folder), found = entries.filter((e) => !e.folder);
  const below = await Promise.all(
    entries.filter((e) => e.folder).map(async ({ name }) =>
      (await listFolder(`${folder}/${name}`)).filter((e) => !e.folder).map((e) => `${name}/${e.name}`)
    ),
  );
  return [...found.map((e) => e.name), ...below.flat()];
}

/**
 * Which files of a folder are which part of a data set, as paths; downloads what is said to be.
 * @throws {InputError} that lists what was looked for, where a part's files aren't there: nothing is ever made up.
 */
export async function datasetFiles(
  name: DatasetName,
  options: DatasetOptions,
): Promise<Partial<Record<DatasetPart, DatasetFiles>>> {
  args.check("datasetFiles", "name", name, args.text);
  args.check("datasetFiles", "options", options, args.object);
  checkOptions("datasetFiles", options, datasetNames);
  const { folder, download = {}, language } = options;
  if (!isDatasetName(name)) {
    throw new InputError(`no data set named ${shown(name)}: expected ${Object.keys(datasets).join(", ")}`);
  }
  const root = language === undefined ? folder : `${folder}/${language}`;
  if (Object.keys(download).length > 0) await makeFolder(root);
  for (const [file, from] of Object.entries(download)) {
    if (/[\\/]|^\.+$/.test(file)) {
      throw new InputError(`${file}: expected the name of a file in ${root}`, { file });
    }
    await downloadFile(`${root}/${file}`, from);
  }
  const all = await filesIn(root), last = (path: string) => path.slice(path.lastIndexOf("/") + 1);
  const matching = (patterns: readonly RegExp[]) => {
    for (const pattern of patterns) {
      const found = all.filter((path) => pattern.test(last(path)));
      // Files of one folder: a data set lies in one place.
      const place = found[0]?.slice(0, found[0].length - last(found[0]).length);
      if (found.length > 0) {
        return found.filter((path) => path === `${place}${last(path)}`).map((p) => `${root}/${p}`);
      }
    }
    throw new InputError(
      `${root}: holds no ${name} file that matches ${
        patterns.map(String).join(" or ")
      }: give the folder of its files`,
      { file: root },
    );
  };
  return Object.fromEntries(
    Object.entries(datasets[name].parts).map(([part, { x, y }]) => [
      part,
      { x: matching(x), ...(y && { y: matching(y) }) },
    ]),
  );
}

/** Samples and targets of a part. */
export interface DatasetArrays {
  /** Images uint8 `[n, height, width(, 3)]`; texts of NusaX. */
  readonly x: Tensor | readonly string[];
  /** Classes, int32 `[n]`. */
  readonly y: Tensor;
}
/** A data set in memory. */
export interface Dataset {
  /** The classes by number. */
  readonly classNames: readonly string[];
  /** What is trained on. */
  readonly train: DatasetArrays;
  /** What is selected on, where the data set has such a part. */
  readonly validation?: DatasetArrays;
  /** What is tested on. */
  readonly test: DatasetArrays;
}

async function arraysOf(name: DatasetName, { x, y }: DatasetFiles): Promise<DatasetArrays> {
  const read = async (file: string) => (await readSource(file, defaultLimits)).bytes;
  if (name === "mnist") {
    const [images = "", labels = ""] = [x[0], y?.[0]];
    const ids = readIdx(await read(labels), { file: labels });
    return {
      x: readIdx(await read(images), { file: images }),
      y: tensor(Int32Array.from(toNumbers(ids)), ids.shape),
    };
  }
  if (name === "cifar10") {
    const parts = [];
    for (const file of x) parts.push(readCifar10(await read(file), { file }));
    const images = parts.map((p) => p.images), rows = images.reduce((n, t) => n + (t.shape[0] ?? 0), 0);
    const data = new Uint8Array(rows * 3072), labels = new Int32Array(rows);
    let at = 0;
    for (const part of parts) {
      data.set(part.images.data as Uint8Array, at * 3072);
      labels.set(toNumbers(part.labels) as Int32Array, at);
      at += part.labels.data.length;
    }
    return { x: tensor(data, [rows, 32, 32, 3]), y: tensor(labels, [rows]) };
  }
  const [file = ""] = x, { header, rows } = parseCsv(await read(file), { file });
  const text = header.indexOf("text"), label = header.indexOf("label"), { classNames } = datasets[name];
  if (text < 0 || label < 0) {
    throw new FormatError(`${file}: expected the columns text and label, it has ${header}`, { file });
  }
  return {
    x: rows.map((row) => row[text] ?? ""),
    y: tensor(
      Int32Array.from(rows, (row, r) => {
        const id = classNames.indexOf(row[label] ?? "");
        if (id < 0) {
          throw new FormatError(
            `${file}: row ${r + 1}: label ${shown(row[label])} is none of ${classNames}`,
            { file },
          );
        }
        return id;
      }),
      [rows.length],
    ),
  };
}

/**
 * Reads a data set by its name from a folder: `mnist` (IDX), `cifar10` (binary), `nusax` (CSV), gzipped or not.
 *
 * ```ts ignore
 * import { loadDataset } from "@lapis/lapis/data";
 * const { train, test, classNames } = await loadDataset("mnist", { folder: "data/mnist" });
 * ```
 * @throws {InputError} where a file isn't there; {@link FormatError} naming the one that is broken.
 */
export async function loadDataset(name: DatasetName, options: DatasetOptions): Promise<Dataset> {
  args.check("loadDataset", "name", name, args.text);
  args.check("loadDataset", "options", options, args.object);
  checkOptions("loadDataset", options, datasetNames);
  const { train, validation, test } = await datasetFiles(name, options);
  if (!train || !test) throw new InputError(`${name}: has no training or test part`);
  return {
    classNames: datasets[name].classNames,
    train: await arraysOf(name, train),
    ...(validation && { validation: await arraysOf(name, validation) }),
    test: await arraysOf(name, test),
  };
}
