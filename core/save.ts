/** Saving a model through whichever of its registry's formats a file name or a word asks for. @module */
import { InputError, shown } from "./errors.ts";
import type { FormatDef, WriteOptions } from "./format.ts";
import type { Model } from "./model.ts";
import { writeFileAtomic } from "./platform.ts";
import { nearest } from "./schema.ts";

/** The format that writes files of an ending, and the ending. @throws {InputError} that lists what can be written. */
function formatOf(model: Model, name: string): readonly [Required<FormatDef>, string] {
  const formats = model.registry.all("format").filter((f): f is Required<FormatDef> => f.write !== undefined);
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

/**
 * The bytes of a file. `format` is its ending, with the dot or without, or a file's name.
 * @throws {InputError} for an ending that nothing writes; {@link UnsupportedError} naming what the format can't say.
 */
export async function modelBytes(
  model: Model,
  format: string,
  options: WriteOptions = {},
): Promise<Uint8Array> {
  const [def, ending] = formatOf(model, format.startsWith(".") ? format : `.${format}`);
  return await def.write(model, options, ending);
}
/**
 * Writes a file: whole or not at all.
 * @throws {InputError} for an ending that nothing writes, or a place that can't be written to.
 */
export async function saveModel(model: Model, path: string | URL, options: WriteOptions = {}): Promise<void> {
  const name = path instanceof URL ? path.pathname : path;
  const [def, ending] = formatOf(model, name);
  await writeFileAtomic(path, await def.write(model, options, ending));
}
