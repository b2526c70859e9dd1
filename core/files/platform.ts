/** Where files and addresses are read: Deno, Node, Bun and pages alike. Nothing else touches the machine. @module */
import { FormatError, InputError, LimitError } from "../values/errors.ts";
import type { Source } from "../model/format.ts";
import { defaultLimits, type Limits } from "../values/limits.ts";

/** What a model may be read from: a path, a URL, or bytes. */
export type SourceLike = string | URL | Blob | ArrayBuffer | Uint8Array;

interface FileHandle {
  write(bytes: Uint8Array, offset: number, length: number): Promise<{ readonly bytesWritten: number }>;
  sync(): Promise<void>;
  stat(): Promise<{ readonly size: number; isDirectory(): boolean; isFile(): boolean }>;
  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }>;
  close(): Promise<void>;
}
/** The part of `node:fs/promises` that is used; Deno and Bun have it too. */
interface FileSystem {
  open(path: string, flags: string): Promise<FileHandle>;
  realpath(path: string): Promise<string>;
  stat(path: string): Promise<{ isDirectory(): boolean }>;
  readdir(
    path: string,
    options: { readonly withFileTypes: true },
  ): Promise<readonly { readonly name: string; isDirectory(): boolean; isFile(): boolean }[]>;
  mkdir(path: string, options: { readonly recursive: boolean }): Promise<unknown>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
}
interface PathTools {
  dirname(path: string): string;
  resolve(...parts: string[]): string;
  readonly sep: string;
}

/** Imports one of Node's modules; computed, so that bundlers for pages leave it alone. */
async function nodeModule<T>(name: string): Promise<T | undefined> {
  const specifier = ["node", name].join(":");
  try {
    return await import(specifier) as T;
  } catch {
    return undefined;
  }
}
const inPage = () => !("process" in globalThis) && !("Deno" in globalThis);

function problem(name: string, error: unknown): InputError {
  const code = (error as { readonly code?: unknown })?.code;
  const why = code === "ENOENT"
    ? "there is no such file"
    : code === "EISDIR"
    ? "is a directory, expected a file"
    : code === "ENOTDIR"
    ? "a part of the path is no directory"
    : code === "EACCES" || code === "EPERM"
    ? "may not be read"
    : error instanceof Error
    ? error.message
    : String(error);
  return new InputError(`${name}: ${why}`, { file: name, cause: error });
}
function tooLarge(name: string, size: number, limits: Limits): LimitError {
  return new LimitError(`${name}: ${size} bytes, more than the limit of ${limits.fileBytes}`, { file: name });
}
function checkEmpty(name: string, bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) throw new FormatError(`${name}: the file is empty`, { file: name });
  return bytes;
}

async function readPath(path: string, name: string, limits: Limits): Promise<Uint8Array> {
  const fs = await nodeModule<FileSystem>("fs/promises");
  if (!fs) {
    throw new InputError(`${name}: there are no files here; give a URL, a Blob or bytes`, { file: name });
  }
  let file: FileHandle | undefined;
  try {
    file = await fs.open(path, "r");
    const stat = await file.stat();
    if (stat.isDirectory()) throw new InputError(`${name}: is a directory, expected a file`, { file: name });
    if (stat.size > limits.fileBytes) throw tooLarge(name, stat.size, limits);
    const bytes = new Uint8Array(stat.size);
    let at = 0;
    while (at < bytes.length) {
      const { bytesRead } = await file.read(bytes, at, Math.min(bytes.length - at, 2 ** 30), at);
      if (bytesRead === 0) break;
      at += bytesRead;
    }
    return bytes.subarray(0, at);
  } catch (error) {
    if (error instanceof InputError || error instanceof LimitError) throw error;
    throw problem(name, error);
  } finally {
    await file?.close();
  }
}
async function readAddress(url: URL | string, name: string, limits: Limits): Promise<Uint8Array> {
  let response: Response;
  try {
    response = await fetch(url);
  } catch (error) {
    throw problem(name, error);
  }
  if (!response.ok || !response.body) {
    await response.body?.cancel();
    throw new InputError(`${name}: the server answered ${response.status} ${response.statusText}`.trimEnd(), {
      file: name,
    });
  }
  const parts: Uint8Array[] = [];
  let size = 0;
  const reader = response.body.getReader();
  for (let step = await reader.read(); !step.done; step = await reader.read()) {
    size += step.value.length;
    if (size > limits.fileBytes) {
      await reader.cancel();
      throw tooLarge(name, size, limits);
    }
    parts.push(step.value);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** A name beside a file: relative, without steps upwards. @throws {InputError} */
function safeName(name: string): string {
  const parts = name.split(/[\\/]/);
  if (name === "" || /^([\\/]|[a-z]+:)/i.test(name) || parts.includes("..") || name.includes("\0")) {
    throw new InputError(`${name}: leads out of the model's folder`, { file: name });
  }
  return name;
}
async function besidePath(path: string, other: string, limits: Limits): Promise<Uint8Array> {
  const tools = await nodeModule<PathTools>("path"), fs = await nodeModule<FileSystem>("fs/promises");
  if (!tools || !fs) throw new InputError(`${other}: there are no files here`, { file: other });
  const folder = tools.dirname(tools.resolve(path)), wanted = tools.resolve(folder, safeName(other));
  let inside: string, root: string;
  try {
    [root, inside] = await Promise.all([fs.realpath(folder), fs.realpath(wanted)]);
  } catch (error) {
    throw problem(other, error);
  }
  if (!inside.startsWith(root + tools.sep)) {
    throw new InputError(`${other}: leads out of the model's folder`, { file: other });
  }
  return await readPath(inside, other, limits);
}

/**
 * Reads a source whole, with a way to the files beside it; a folder as the names in it, where `folder` says that one may come.
 * @throws {InputError} for a missing file, a directory, or an address that doesn't answer.
 * @throws {FormatError} for an empty file. @throws {LimitError} for one that is too large.
 */
export async function readSource(
  from: SourceLike,
  limits: Limits,
  { folder = false }: { readonly folder?: boolean } = {},
): Promise<Source> {
  if (from instanceof Uint8Array) return { name: "bytes", bytes: checkEmpty("bytes", from) };
  if (from instanceof ArrayBuffer) return { name: "bytes", bytes: checkEmpty("bytes", new Uint8Array(from)) };
  if (typeof Blob !== "undefined" && from instanceof Blob) {
    const name = "name" in from && typeof from.name === "string" && from.name !== "" ? from.name : "blob";
    if (from.size > limits.fileBytes) throw tooLarge(name, from.size, limits);
    return { name, bytes: checkEmpty(name, new Uint8Array(await from.arrayBuffer())) };
  }
  if (typeof from !== "string" && !(from instanceof URL)) {
    throw new InputError("a model is loaded from a path, a URL, a Blob or bytes");
  }
  const url = from instanceof URL
    ? from
    : /^[a-z][a-z0-9+.-]+:/i.test(from) && URL.canParse(from)
    ? new URL(from)
    : undefined;
  if (url && url.protocol === "file:") {
    const tools = await nodeModule<{ fileURLToPath(url: URL): string }>("url");
    if (!tools) throw new InputError(`${url}: there are no files here`, { file: `${url}` });
    return await fileSource(tools.fileURLToPath(url), limits, folder);
  }
  if (url || inPage()) {
    const address = url ?? new URL(`${from}`, globalThis.location?.href), name = `${from}`;
    return {
      name,
      bytes: checkEmpty(name, await readAddress(address, name, limits)),
      beside: (other) => readAddress(new URL(safeName(other), address), other, limits),
    };
  }
  return await fileSource(`${from}`, limits, folder);
}
/** What may be read piece by piece: a path, a URL, bytes, or a stream. */
export type StreamLike = SourceLike | ReadableStream<Uint8Array<ArrayBuffer>>;
const pieceBytes = 2 ** 20;

/**
 * Opens a source that is read piece by piece, whatever its size; cancelling the stream closes the file.
 * @throws {InputError} for a missing file, a directory, or an address that doesn't answer.
 */
export async function streamSource(
  from: StreamLike,
): Promise<{ readonly name: string; readonly stream: ReadableStream<Uint8Array<ArrayBuffer>> }> {
  if (from instanceof ReadableStream) return { name: "stream", stream: from };
  if (from instanceof Blob) return { name: "blob", stream: from.stream() };
  if (from instanceof ArrayBuffer || ArrayBuffer.isView(from)) {
    return { name: "bytes", stream: new Blob([from as Uint8Array<ArrayBuffer>]).stream() };
  }
  const name = `${from}`, address = /^(https?|data|blob):/i.test(name);
  if (address || inPage()) {
    const response = await fetch(name).catch((error) => {
      throw problem(name, error);
    });
    if (response.ok && response.body) return { name, stream: response.body };
    await response.body?.cancel();
    throw new InputError(`${name}: the server answered ${response.status} ${response.statusText}`.trimEnd(), {
      file: name,
    });
  }
  const path = await localPath(from), fs = await nodeModule<FileSystem>("fs/promises");
  if (!fs) throw new InputError(`${name}: there are no files here`, { file: name });
  const file = await fs.open(path, "r").catch((error) => {
    throw problem(name, error);
  });
  if ((await file.stat()).isDirectory()) {
    await file.close();
    throw new InputError(`${name}: is a directory, expected a file`, { file: name });
  }
  let at = 0;
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const piece = new Uint8Array(pieceBytes);
      const { bytesRead } = await file.read(piece, 0, piece.length, at);
      at += bytesRead;
      if (bytesRead > 0) return controller.enqueue(piece.subarray(0, bytesRead));
      await file.close();
      controller.close();
    },
    cancel: () => file.close(),
  });
  return { name, stream };
}
async function isDirectory(path: string): Promise<boolean> {
  const fs = inPage() ? undefined : await nodeModule<FileSystem>("fs/promises");
  return await fs?.stat(path).then((s) => s.isDirectory(), () => false) ?? false;
}
/** Paths of the files in a folder inside another and below it, links left out. */
async function filesBelow(root: string, folder: string, depth: number): Promise<readonly string[]> {
  const path = `${root}/${safeName(folder)}`;
  if (depth === 0 || !await isDirectory(path)) return [];
  const inside = (await listFolder(path)).map(async (e) =>
    e.folder ? await filesBelow(root, `${folder}/${e.name}`, depth - 1) : [`${folder}/${e.name}`]
  );
  return (await Promise.all(inside)).flat();
}
async function fileSource(path: string, limits: Limits, folder = false): Promise<Source> {
  if (path === "") throw new InputError("the path of the model is empty");
  if (folder && await isDirectory(path)) {
    return {
      name: path,
      bytes: new Uint8Array(),
      folder: (await listFolder(path)).filter((e) => !e.folder).map((e) => e.name),
      below: (inner) => filesBelow(path, inner, limits.depth),
      beside: (other) => besidePath(`${path}/_`, other, limits),
    };
  }
  return {
    name: path,
    bytes: checkEmpty(path, await readPath(path, path, limits)),
    beside: (other) => besidePath(path, other, limits),
  };
}

/** The path of a file on this machine. @throws {InputError} for an address, and in a page. */
async function localPath(to: string | URL): Promise<string> {
  const name = `${to}`;
  if (name === "") throw new InputError("the path to write to is empty");
  const url = to instanceof URL ? to : /^file:/i.test(to) && URL.canParse(to) ? new URL(to) : undefined;
  if (url ? url.protocol !== "file:" : /^[a-z][a-z0-9+.-]+:\/\//i.test(name)) {
    throw new InputError(`${name}: a model is saved to a file; expected a path`, { file: name });
  }
  if (!url) return name;
  const tools = await nodeModule<{ fileURLToPath(url: URL): string }>("url");
  if (!tools) throw new InputError(`${name}: there are no files here`, { file: name });
  return tools.fileURLToPath(url);
}
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

/** A terminal that people look at. */
export interface Terminal {
  /** Characters of a line. */
  readonly columns: number;
  /** Writes text as it is. */
  write(text: string): void;
}
/** The terminal behind standard error, where it is one. */
export function terminal(): Terminal | undefined {
  const { process } = globalThis as {
    readonly process?: {
      readonly stderr?: { readonly isTTY?: boolean; readonly columns?: number; write(text: string): unknown };
    };
  };
  const stream = process?.stderr;
  if (!stream?.isTTY) return undefined;
  return { columns: stream.columns ?? 80, write: (text) => void stream.write(text) };
}
