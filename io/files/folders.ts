/** Files written whole or not at all, and folders. @module */
import { InputError } from "../../core/values/errors.ts";
import { type FileHandle, type FileSystem, inPage, localPath, nodeModule, problem } from "./host.ts";

let written = 0;
/** Systems take no more than 2 GiB at once. */
const writeBytes = 1 << 30;
/**
 * Writes a file whole or not at all: beside its place first, then renamed. What was there stays until then.
 * @throws {InputError} naming the path, where it can't be written; in a page, where there are no files.
 */
export async function writeFileAtomic(
  to: string | URL,
  bytes: Uint8Array | Iterable<Uint8Array>,
): Promise<void> {
  const path = await localPath(to);
  const fs = inPage() ? undefined : await nodeModule<FileSystem>("fs/promises");
  if (!fs) throw new InputError(`${path}: there are no files here; take model.toBytes()`, { file: path });
  const [word = 0] = crypto.getRandomValues(new Uint32Array(1));
  const beside = `${path}.${word.toString(36)}${written++}.part`;
  let file: FileHandle | undefined;
  try {
    file = await fs.open(beside, "wx");
    for (const part of bytes instanceof Uint8Array ? [bytes] : bytes) {
      for (let at = 0; at < part.length;) {
        at += (await file.write(part, at, Math.min(part.length - at, writeBytes))).bytesWritten;
      }
    }
    await file.sync();
    await file.close();
    file = undefined;
    await fs.rename(beside, path);
  } catch (error) {
    await file?.close().catch(() => {});
    await fs.unlink(beside).catch(() => {});
    throw notWritten(path, error);
  }
}
/** What a folder holds. */
export interface FolderEntry {
  /** Its name, without the folder's. */
  readonly name: string;
  /** True for a folder. */
  readonly folder: boolean;
}
/**
 * The files and folders in a folder by name, in the order of their UTF-16 units; links and hidden entries are left out.
 * @throws {InputError} naming the path, where there is no such folder; in a page, where there are none.
 */
export async function listFolder(from: string | URL): Promise<FolderEntry[]> {
  const path = await localPath(from);
  const fs = inPage() ? undefined : await nodeModule<FileSystem>("fs/promises");
  if (!fs) throw new InputError(`${path}: there are no folders here`, { file: path });
  try {
    const found = await fs.readdir(path, { withFileTypes: true });
    return found.filter((e) => !e.name.startsWith(".") && (e.isDirectory() || e.isFile()))
      .map((e) => ({ name: e.name, folder: e.isDirectory() }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    const code = (error as { readonly code?: unknown })?.code;
    if (code === "ENOENT") {
      throw new InputError(`${path}: there is no such folder`, { file: path, cause: error });
    }
    if (code === "ENOTDIR") {
      throw new InputError(`${path}: is a file, expected a folder`, { file: path, cause: error });
    }
    throw problem(path, error);
  }
}
/** Makes a folder and those above it, where they aren't there. @throws {InputError} naming the path. */
export async function makeFolder(to: string | URL): Promise<void> {
  const path = await localPath(to);
  const fs = inPage() ? undefined : await nodeModule<FileSystem>("fs/promises");
  if (!fs) throw new InputError(`${path}: there are no folders here`, { file: path });
  try {
    await fs.mkdir(path, { recursive: true });
  } catch (error) {
    throw notWritten(path, error);
  }
}
/** Removes a file. @throws {InputError} naming the path, where it isn't there or may not be removed. */
export async function removeFile(at: string | URL): Promise<void> {
  const path = await localPath(at);
  const fs = inPage() ? undefined : await nodeModule<FileSystem>("fs/promises");
  if (!fs) throw new InputError(`${path}: there are no files here`, { file: path });
  try {
    await fs.unlink(path);
  } catch (error) {
    throw notWritten(path, error);
  }
}
function notWritten(path: string, error: unknown): InputError {
  const code = (error as { readonly code?: unknown })?.code;
  const why = code === "ENOENT"
    ? "there is no such folder"
    : code === "EISDIR" || code === "EEXIST" || code === "ENOTEMPTY"
    ? "is a directory, expected a file"
    : code === "ENOTDIR"
    ? "a part of the path is no directory"
    : code === "EACCES" || code === "EPERM" || code === "EROFS"
    ? "may not be written"
    : error instanceof Error
    ? error.message
    : String(error);
  return new InputError(`${path}: ${why}`, { file: path, cause: error });
}
