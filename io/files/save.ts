/** Saving a model through whichever of its registry's formats a file name or a word asks for. @module */
import { InputError, shown } from "../../core/values/errors.ts";
import type { WriteNames, WriteOptions } from "../../core/model/format.ts";
import type { FormatDef, SaverDef } from "../../core/registry.ts";
import type { Model } from "../../core/model/model.ts";
import { writeFileAtomic } from "./folders.ts";
import type { Registry } from "../../core/registry.ts";
import { checkOptions, nearest } from "../../core/values/schema.ts";

type Writer = FormatDef & Pick<Required<FormatDef>, "write">;
/** The format that writes files of an ending, and the ending. @throws {InputError} that lists what can be written. */
function formatOf(registry: Registry, name: string): readonly [Writer, string] {
  if (typeof name !== "string") throw new InputError(`save: expected the name of a file, got ${shown(name)}`);
  const formats = registry.all("format").filter((f): f is Writer => f.write !== undefined);
  const endings = formats.flatMap((f) => f.extensions.map((e) => [f, e] as const))
    .sort(([, a], [, b]) => b.length - a.length);
  const found = endings.find(([, e]) => name.toLowerCase().endsWith(e));
  if (found) return found;
  const list = [...new Set(endings.map(([, e]) => e))].sort();
  const near = nearest(name.slice(name.lastIndexOf(".")), list);
  throw new InputError(
    `${shown(name)}: expected one of ${list.join(", ")} as the file's ending${
      near ? `; is ${near} meant?` : ""
    }`,
    { file: name },
  );
}

/** The options that a file of that name is written with. @throws {InputError} for an ending that nothing writes. */
export function writeNamesOf(registry: Registry, file: string): WriteNames {
  const [def, ending] = formatOf(registry, file);
  return def.takes?.(ending) ?? [];
}
/** @throws {ConfigError} for an option that such a file doesn't take. */
function checkWrite(what: string, { takes }: Writer, ending: string, options: WriteOptions): void {
  const names = takes?.(ending) ?? [];
  checkOptions<object>(`${what} as ${ending}`, options, Object.fromEntries(names.map((n) => [n, 0])));
}
/**
 * The bytes of a file. `format` is its ending, with the dot or without, or a file's name.
 * @throws {InputError} for an ending that nothing writes; {@link UnsupportedError} naming what the format can't say.
 */
async function toBytes(model: Model, format: string, options: WriteOptions): Promise<Uint8Array> {
  const [def, ending] = formatOf(
    model.registry,
    typeof format !== "string" || format.startsWith(".") ? format : `.${format}`,
  );
  checkWrite("toBytes", def, ending, options);
  const written = await def.write(await model.synced(), options, ending);
  if (written instanceof Uint8Array) return written;
  throw new InputError(
    `${shown(format)}: weights in a file of their own need a folder; take model.save(path)`,
  );
}
/**
 * Writes a file, whole or not at all, after those beside it that it names.
 * @throws {InputError} for an ending that nothing writes, or a place that can't be written to.
 */
async function save(model: Model, path: string | URL, options: WriteOptions): Promise<void> {
  const name = path instanceof URL ? path.pathname : path;
  const [def, ending] = formatOf(model.registry, name);
  checkWrite("save", def, ending, options);
  const written = await def.write(await model.synced(), options, ending, baseOf(path));
  if (written instanceof Uint8Array) return await writeFileAtomic(path, written);
  for (const { name: other, parts } of written.beside) await writeFileAtomic(siblingOf(path, other), parts);
  await writeFileAtomic(path, written.bytes);
}

/** A path's last part. */
function baseOf(path: string | URL): string {
  const text = path instanceof URL ? decodeURIComponent(path.pathname) : path;
  return text.replace(/^.*[\\/]/, "");
}
/** A file in the same folder. */
function siblingOf(path: string | URL, name: string): string | URL {
  if (path instanceof URL) return new URL(encodeURIComponent(name), path);
  return path.slice(0, Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1) + name;
}

/** Saving as a plugin. */
export const saver: SaverDef = {
  kind: "saver",
  name: "saver",
  summary: "models as files of the formats that write",
  save,
  toBytes,
};
