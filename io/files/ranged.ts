/** Files read in pieces, wherever the reader wants to look. @module */
import { FormatError, InputError } from "../../core/values/errors.ts";
import { defaultLimits, type Limits } from "../../core/values/limits.ts";
import { type FileHandle, type FileSystem, inPage, nodeModule, problem } from "./host.ts";
import { readSource, type SourceLike } from "./sources.ts";

/** A source that is read in pieces. */
export interface RangedSource {
  /** The name errors use. */
  readonly name: string;
  /** Bytes in all. */
  readonly size: number;
  /** `length` bytes from `at` on. */
  read(at: number, length: number): Promise<Uint8Array>;
  /** Lets go of the file. */
  close(): Promise<void>;
}
function ranged(name: string, bytes: Uint8Array): RangedSource {
  return {
    name,
    size: bytes.length,
    read: (at, length) => Promise.resolve(bytes.subarray(at, at + length)),
    close: () => Promise.resolve(),
  };
}
/**
 * Opens a source to read pieces of it: files and Blobs of any size; what comes from an address is read whole.
 * @throws {InputError} for a missing file or a directory. @throws {FormatError} for an empty one.
 */
export async function readRanged(from: SourceLike, limits: Limits = defaultLimits): Promise<RangedSource> {
  if (typeof Blob !== "undefined" && from instanceof Blob) {
    const read = async (at: number, length: number) =>
      new Uint8Array(await from.slice(at, at + length).arrayBuffer());
    return { name: "blob", size: from.size, read, close: () => Promise.resolve() };
  }
  const path = typeof from === "string" || from instanceof URL ? await filePath(from) : undefined;
  if (path === undefined) {
    const { name, bytes } = await readSource(from, limits);
    return ranged(name, bytes);
  }
  const fs = await nodeModule<FileSystem>("fs/promises");
  if (!fs) {
    throw new InputError(`${path}: there are no files here; give a URL, a Blob or bytes`, { file: path });
  }
  let file: FileHandle | undefined;
  try {
    file = await fs.open(path, "r");
    const stat = await file.stat(), open = file;
    if (stat.isDirectory()) throw new InputError(`${path}: is a directory, expected a file`, { file: path });
    if (stat.size === 0) throw new FormatError(`${path}: the file is empty`, { file: path });
    const read = async (at: number, length: number) => {
      const bytes = new Uint8Array(length);
      let have = 0;
      while (have < length) {
        const { bytesRead } = await open.read(bytes, have, length - have, at + have);
        if (bytesRead === 0) throw new FormatError(`${path}: ends at byte ${at + have}`, { file: path });
        have += bytesRead;
      }
      return bytes;
    };
    return { name: path, size: stat.size, read, close: () => open.close() };
  } catch (error) {
    await file?.close();
    if (error instanceof InputError || error instanceof FormatError) throw error;
    throw problem(path, error);
  }
}
/** The path of a source that is a file of this machine. */
async function filePath(from: string | URL): Promise<string | undefined> {
  const text = `${from}`;
  if (inPage()) return undefined;
  if (/^file:/i.test(text)) {
    const tools = await nodeModule<{ fileURLToPath(url: URL): string }>("url");
    return tools?.fileURLToPath(new URL(text));
  }
  return from instanceof URL || /^[a-z][a-z0-9+.-]+:/i.test(text) && URL.canParse(text) ? undefined : text;
}
