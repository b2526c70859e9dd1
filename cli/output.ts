/** Writes results so that a reader never sees half of one. @module */
import { InputError } from "../mod.ts";

/** Writes a file beside its place, then renames it. */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const beside = `${path}.${crypto.randomUUID().slice(0, 8)}.part`;
  try {
    await Deno.writeFile(beside, bytes);
    await Deno.rename(beside, path);
  } catch (error) {
    await Deno.remove(beside).catch(() => {});
    if (error instanceof Deno.errors.IsADirectory) {
      throw new InputError(`${path}: is a directory, expected a file`, { file: path });
    }
    throw error;
  }
}

/** Makes a folder; one that is there stays. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { recursive: true });
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists || error instanceof Deno.errors.NotADirectory) {
      throw new InputError(`${path}: is a file, expected a folder`, { file: path });
    }
    throw error;
  }
}

/** A name that is safe as a file's: anything but letters, digits, dot, dash and underscore becomes an underscore. */
export function fileName(name: string): string {
  return name.replace(/[^\w.-]/g, "_").replace(/^\.+/, "_") || "output";
}
