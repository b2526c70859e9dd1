/** Places that results are written to: refused before the work where they can't be, and never seen half written. @module */
import { InputError } from "../mod.ts";
import { UsageError } from "./command.ts";

/** What a file of results may be called. */
export interface FilePlace {
  /** The option that names it, for messages. */
  readonly flag: string;
  /** The endings that are written; any unless given. */
  readonly endings?: readonly string[];
  /** Files that are read, none of which may be written over. */
  readonly inputs?: readonly string[];
}

/**
 * Refuses, before any work, a file that can't be written: another ending, a folder in its place, no folder around it, no
 * right to write there, or a file that is read.
 * @throws {UsageError} for a name of another kind. @throws {InputError} for a place that isn't there or is closed.
 */
export async function checkFile(path: string, { flag, endings, inputs = [] }: FilePlace): Promise<void> {
  if (endings && !endings.some((ending) => path.toLowerCase().endsWith(ending))) {
    throw new UsageError(`${flag} ${path}: expected one of ${endings.join(", ")} as the file's ending`);
  }
  const found = await Deno.stat(path).catch(() => undefined);
  if (found?.isDirectory || /[\\/]$/.test(path)) throw isDirectory(path);
  if (found && !found.isFile) return;
  const own = await realPath(path);
  for (const input of inputs) {
    if (input === path || (found && await realPath(input) === own)) {
      throw new UsageError(`${flag} ${path}: is a file that is read`);
    }
  }
  const folder = folderOf(path);
  if (folder !== "" && !(await Deno.stat(folder).catch(() => undefined))?.isDirectory) {
    throw new InputError(`${folder}: no such folder`, { file: path });
  }
  await probe(path);
}

/**
 * Refuses, before any work, a folder that can't be made or written to.
 * @throws {InputError} naming what stands in its place or is closed.
 */
export async function checkFolder(path: string): Promise<void> {
  const trimmed = (folder: string) => folder.replace(/(?<=.)[\\/]+$/, "");
  let there = trimmed(path), found = await Deno.stat(there).catch(() => undefined);
  while (!found && there !== "") {
    there = trimmed(folderOf(there));
    found = await Deno.stat(there || ".").catch(() => undefined);
  }
  if (found && !found.isDirectory) throw isFile(there);
  await probe(there === "" ? "lapis" : `${there}/lapis`);
}

/** Writes a file beside its place, then renames it; a device or a pipe is written to as it is. */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const found = await Deno.stat(path).catch(() => undefined);
  if (found?.isDirectory) throw isDirectory(path);
  if (found && !found.isFile) return await Deno.writeFile(path, bytes);
  const place = await realPath(path), beside = besideOf(place);
  try {
    await Deno.writeFile(beside, bytes);
    await Deno.rename(beside, place);
  } catch (error) {
    await Deno.remove(beside).catch(() => {});
    throw unwritten(path, error);
  }
}
/** Writes a text as {@link writeWhole} does. */
export async function writeText(path: string, text: string): Promise<void> {
  await writeWhole(path, new TextEncoder().encode(text));
}

/** Makes a folder; one that is there stays. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { recursive: true });
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists || error instanceof Deno.errors.NotADirectory) {
      throw isFile(path);
    }
    throw unwritten(path, error);
  }
}

/** A name that is safe as a file's: anything but letters, digits, dot, dash and underscore becomes an underscore. */
export function fileName(name: string): string {
  return name.replace(/[^\w.-]/g, "_").replace(/^\.+/, "_") || "output";
}

/** The folder of a file, with its separator; empty for the current one. */
export const folderOf = (path: string): string =>
  path.slice(0, Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);

const isDirectory = (path: string) =>
  new InputError(`${path}: is a directory, expected a file`, { file: path });
const isFile = (path: string) => new InputError(`${path}: is a file, expected a folder`, { file: path });
const besideOf = (path: string) => `${path}.${crypto.randomUUID().slice(0, 8)}.part`;
/** Where links lead; the path itself where nothing is there or may be read. */
const realPath = (path: string) => Deno.realPath(path).catch(() => path);

/** Opens a file beside a place, and takes it away again. */
async function probe(path: string): Promise<void> {
  const beside = besideOf(await realPath(path));
  try {
    (await Deno.open(beside, { write: true, createNew: true })).close();
    await Deno.remove(beside);
  } catch (error) {
    throw unwritten(path, error);
  }
}
/** A failure of the system as one that names the file; what permissions lack is told by Deno. */
function unwritten(path: string, error: unknown): unknown {
  if (error instanceof Deno.errors.NotCapable || !(error instanceof Error)) return error;
  const why = error instanceof Deno.errors.PermissionDenied
    ? "the system refuses to write it"
    : /read-only/i.test(error.message)
    ? "stands on a file system that is only read"
    : /no space/i.test(error.message)
    ? "the disk is full"
    : /name too long/i.test(error.message)
    ? "the name is too long"
    : undefined;
  return why === undefined ? error : new InputError(`${path}: ${why}`, { file: path, cause: error });
}
