/** What a folder of pictures holds: its parts, classes and sizes; what has no place in it is said. @module */
import { InputError } from "../../mod.ts";
import { isPicture, readImage } from "../../public/data.ts";
import { readBytes, readTable } from "../inputs.ts";

/** Pictures by class. */
export interface PictureSet {
  /** The folder, or the table of files and classes. */
  readonly path: string;
  readonly files: readonly string[];
  /** How many pictures each class has. */
  readonly classes: ReadonlyMap<string, number>;
  /** Sentences on what was left out. */
  readonly notes: readonly string[];
}
/** A data set of pictures, as it lies on the disk. */
export interface FoundPictures {
  readonly train: PictureSet;
  readonly validation?: PictureSet;
  readonly test?: PictureSet;
  /** Of a table: its columns of files and classes. */
  readonly columns?: { readonly file: string; readonly label: string };
}

const partNames: Readonly<Record<string, "train" | "validation" | "test">> = {
  train: "train",
  training: "train",
  valid: "validation",
  val: "validation",
  validation: "validation",
  test: "test",
  testing: "test",
};

interface Entries {
  readonly folders: readonly string[];
  readonly pictures: readonly string[];
}
/** What a folder holds by name; links and what is hidden are left out. */
async function entriesOf(folder: string): Promise<Entries> {
  const folders: string[] = [], pictures: string[] = [];
  for await (const { name, isDirectory, isFile } of Deno.readDir(folder)) {
    if (name.startsWith(".")) continue;
    if (isDirectory) folders.push(name);
    else if (isFile && isPicture(name)) pictures.push(name);
  }
  return { folders: folders.sort(), pictures: pictures.sort() };
}
async function picturesBelow(folder: string): Promise<string[]> {
  const { folders, pictures } = await entriesOf(folder);
  const deeper = [];
  for (const name of folders) deeper.push(...await picturesBelow(`${folder}/${name}`));
  return [...deeper, ...pictures.map((name) => `${folder}/${name}`)];
}
/** The class folders of a folder. */
async function setOf(path: string): Promise<PictureSet> {
  const { folders, pictures } = await entriesOf(path), classes = new Map<string, number>();
  const files: string[] = [], notes: string[] = [];
  for (const name of folders) {
    const own = await picturesBelow(`${path}/${name}`);
    if (own.length === 0) notes.push(`${path}/${name}: holds no pictures, and is no class`);
    else classes.set(name, own.length);
    files.push(...own);
  }
  if (folders.length > 0 && pictures.length > 0) {
    notes.push(
      `${path}: ${pictures.length} pictures beside the class folders have no class: ${pictures[0]} …`,
    );
  }
  return { path, files, classes, notes };
}
/** @throws {InputError} for a folder that classes can't be told from. */
function checkClasses({ path, classes }: PictureSet, pictures: number): void {
  if (classes.size >= 2) return;
  const [only] = classes.keys();
  throw new InputError(
    only === undefined
      ? `${path}: ${
        pictures === 0 ? "holds no pictures" : `its ${pictures} pictures have no classes`
      }: expected a folder a class with pictures in it, or a table of files and classes`
      : `${path}: has pictures of one class alone, ${only}: a classifier needs two folders or more`,
    { file: path },
  );
}

/** True for a folder that has pictures in it or in its folders. */
export async function holdsPictures(folder: string): Promise<boolean> {
  const { folders, pictures } = await entriesOf(folder);
  if (pictures.length > 0) return true;
  for (const name of folders) if (await holdsPictures(`${folder}/${name}`)) return true;
  return false;
}
/**
 * A folder with a folder a class, or with `train`, `validation` and `test` folders of such.
 * @throws {InputError} for pictures without classes, or of one class.
 */
export async function foundIn(given: string): Promise<FoundPictures> {
  const path = given.replace(/(?<=.)[\\/]+$/, ""), { folders, pictures } = await entriesOf(path);
  const parts = folders.map((name) => [name, partNames[name.toLowerCase()]] as const);
  const isSplit = parts.some(([, part]) => part === "train") && parts.every(([, part]) => part !== undefined);
  if (!isSplit) {
    const train = await setOf(path);
    checkClasses(train, pictures.length);
    return { train };
  }
  const sets: Partial<Record<"train" | "validation" | "test", PictureSet>> = {};
  for (const [name, part] of parts) if (part) sets[part] = await setOf(`${path}/${name}`);
  const { train, ...others } = sets;
  if (!train) throw new InputError(`${path}: has no train folder`, { file: path });
  checkClasses(train, 0);
  return { train, ...others };
}

/** The column of a table that names pictures, where one does. */
export async function pictureColumn(path: string): Promise<string | undefined> {
  const { header, rows } = await readTable(path), some = rows.slice(0, 50);
  return header.find((_, i) => some.filter((row) => isPicture(row[i] ?? "")).length > 0.8 * some.length);
}
/**
 * A table of files, which are seen from its folder, and classes.
 * @throws {InputError} where the column of classes can't be told.
 */
export async function foundInTable(
  path: string,
  file: string,
  said: string | undefined,
): Promise<FoundPictures> {
  const { header, rows } = await readTable(path), others = header.filter((name) => name !== file);
  const usual = others.find((name) => /^(label|class|target|category|y)(_?name)?$/i.test(name));
  const label = said ?? (others.length === 1 ? others[0] : usual);
  if (label === undefined || !others.includes(label)) {
    throw new InputError(
      `${path}: which column is the class? --target ${others.join(", or ")}`,
      { file: path },
    );
  }
  const folder = folderOf(path), at = header.indexOf(file), named = header.indexOf(label);
  const classes = new Map<string, number>();
  for (const row of rows) classes.set(row[named] ?? "", (classes.get(row[named] ?? "") ?? 0) + 1);
  const files = rows.map((row) => placed(folder, row[at] ?? ""));
  const train: PictureSet = {
    path,
    files,
    classes: new Map([...classes].sort(([a], [b]) => (a < b ? -1 : 1))),
    notes: [],
  };
  checkClasses(train, rows.length);
  return { train, columns: { file, label } };
}
const folderOf = (path: string) => path.slice(0, Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
/** A file as a table in a folder names it. */
export function placed(folder: string, file: string): string {
  return /^([\\/]|[a-zA-Z]:[\\/])/.test(file) ? file : folder + file;
}
/** A table's folder, with its slash. */
export const tableFolder = folderOf;

/** What some of the pictures are like. */
export interface PictureFacts {
  readonly heights: readonly [least: number, most: number];
  readonly widths: readonly [least: number, most: number];
  /** The size of all of them, where it is one. */
  readonly same: readonly [height: number, width: number] | undefined;
  /** Median of their shorter sides. */
  readonly side: number;
  readonly gray: boolean;
}
/** Looks at up to `most` pictures, evenly among all. @throws {InputError} where none can be read. */
export async function factsOf(files: readonly string[], most = 40): Promise<PictureFacts> {
  const step = Math.max(1, files.length / most), shapes: (readonly number[])[] = [];
  let why = "";
  for (let i = 0; i < files.length; i += step) {
    const file = files[Math.floor(i)] ?? "";
    try {
      shapes.push((await readImage(await readBytes(file), { file, upright: true })).shape);
    } catch (error) {
      why ||= error instanceof Error ? error.message : String(error);
    }
  }
  if (shapes.length === 0) throw new InputError(`none of ${files.length} pictures can be read: ${why}`);
  const all = (axis: number) => shapes.map((shape) => shape[axis] ?? 0);
  const range = (list: readonly number[]) => [Math.min(...list), Math.max(...list)] as const;
  const heights = range(all(0)), widths = range(all(1));
  const sides = shapes.map(([h = 0, w = 0]) => Math.min(h, w)).sort((a, b) => a - b);
  return {
    heights,
    widths,
    same: heights[0] === heights[1] && widths[0] === widths[1] ? [heights[0], widths[0]] : undefined,
    side: sides[Math.floor(sides.length / 2)] ?? 0,
    gray: all(2).every((channels) => channels <= 2),
  };
}
