/** What Deno, Node and Bun have of files, and what pages lack. Nothing else touches the machine. @module */
import { FormatError, InputError, LimitError } from "../../core/values/errors.ts";
import type { Limits } from "../../core/values/limits.ts";

/** An open file. */
export interface FileHandle {
  write(bytes: Uint8Array, offset: number, length: number): Promise<{ readonly bytesWritten: number }>;
  sync(): Promise<void>;
  stat(): Promise<{ readonly size: number; isDirectory(): boolean; isFile(): boolean }>;
  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }>;
  close(): Promise<void>;
}
/** The part of `node:fs/promises` that is used; Deno and Bun have it too. */
export interface FileSystem {
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
/** The part of `node:path` that is used. */
export interface PathTools {
  dirname(path: string): string;
  resolve(...parts: string[]): string;
  readonly sep: string;
}

/** Imports one of Node's modules; computed, so that bundlers for pages leave it alone. */
export async function nodeModule<T>(name: string): Promise<T | undefined> {
  const specifier = ["node", name].join(":");
  try {
    return await import(specifier) as T;
  } catch {
    return undefined;
  }
}
/** True in a page, where there are no files. */
export const inPage = () => !("process" in globalThis) && !("Deno" in globalThis);

/** The error of a file that can't be read. */
export function problem(name: string, error: unknown): InputError {
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
/** The error of a file beyond the limits. */
export function tooLarge(name: string, size: number, limits: Limits): LimitError {
  return new LimitError(`${name}: ${size} bytes, more than the limit of ${limits.fileBytes}`, { file: name });
}
/** @throws {FormatError} for a file without bytes. */
export function checkEmpty(name: string, bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) throw new FormatError(`${name}: the file is empty`, { file: name });
  return bytes;
}

/** The path of a file on this machine. @throws {InputError} for an address, and in a page. */
export async function localPath(to: string | URL): Promise<string> {
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
