/** Where files and addresses are read: Deno, Node, Bun and pages alike. @module */
import { InputError, LimitError } from "../../core/values/errors.ts";
import type { Source } from "../../core/model/format.ts";
import type { Limits } from "../../core/values/limits.ts";
import { listFolder } from "./folders.ts";
import {
  checkEmpty,
  type FileHandle,
  type FileSystem,
  inPage,
  localPath,
  nodeModule,
  type PathTools,
  problem,
  tooLarge,
} from "./host.ts";

/** What a model may be read from: a path, a URL, or bytes. */
export type SourceLike = string | URL | Blob | ArrayBuffer | Uint8Array;

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
