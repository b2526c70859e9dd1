/** Files as the command line names them: by name, by pattern, or `-` for standard input. @module */
import { InputError } from "../mod.ts";
import { UsageError } from "./command.ts";

/** What came by standard input, by the name that stands for it: its ending says what it is. */
const spooled = new Map<string, Uint8Array>();
/** The bytes that a name from {@link givenFiles} stands for, where they came by standard input. */
export const spooledBytes = (name: string): Uint8Array | undefined => spooled.get(name);

/**
 * Every file that is named: patterns (`pics/*.jpg`, `**`) by what they match, sorted; `-` read whole. A file whose name
 * has a pattern's signs is itself.
 * @throws {InputError} for a pattern that matches nothing. @throws {UsageError} for `-` twice.
 */
export async function givenFiles(given: readonly string[]): Promise<readonly string[]> {
  if (given.filter((name) => name === "-").length > 1) {
    throw new UsageError("-: standard input is read once, and stands for one file");
  }
  const files: string[] = [];
  for (const name of given) {
    if (name === "-") files.push(await spoolInput());
    else if (!/[*?[\]{}]/.test(name) || await Deno.lstat(name).then(() => true, () => false)) {
      files.push(name);
    } else files.push(...await matching(name));
  }
  return files;
}

/** One file as it is named. @throws {InputError} for a pattern that matches several. */
export async function givenFile(given: string): Promise<string> {
  const [file = given, more] = await givenFiles([given]);
  if (more !== undefined) throw new InputError(`${given}: matches several files, expected one`);
  return file;
}

async function matching(pattern: string): Promise<readonly string[]> {
  const load = (file: string) => import(new URL(file, import.meta.url).href);
  const { matcher }: typeof import("./patterns.ts") = await load("./patterns.ts");
  const parts = pattern.split("/"), fixed = parts.findIndex((part) => /[*?[\]{}]/.test(part));
  const base = parts.slice(0, fixed).join("/"),
    deep = pattern.includes("**") ? Infinity : parts.length - fixed;
  const matches = matcher(pattern), found: string[] = [];
  const walk = async (folder: string, depth: number): Promise<void> => {
    const entries = await Array.fromAsync(Deno.readDir(folder === "" ? "." : folder)).catch(() => []);
    for (const { name, isDirectory } of entries) {
      if (name.startsWith(".")) continue;
      const path = folder === "" ? name : folder === "/" ? `/${name}` : `${folder}/${name}`;
      if (isDirectory && depth > 1) await walk(path, depth - 1);
      if (!isDirectory && matches(path)) found.push(path);
    }
  };
  await walk(pattern.startsWith("/") && base === "" ? "/" : base, deep);
  if (found.length === 0) throw new InputError(`${pattern}: matches no file`, { file: pattern });
  return found.sort((a, b) => a < b ? -1 : 1);
}

let standardInput: string | undefined;
async function spoolInput(): Promise<string> {
  if (standardInput !== undefined) return standardInput;
  const bytes = new Uint8Array(await new Response(Deno.stdin.readable).arrayBuffer());
  if (bytes.length === 0) throw new InputError("-: standard input is empty");
  standardInput = `standard input${endingOf(bytes)}`;
  spooled.set(standardInput, bytes);
  return standardInput;
}

/** What bytes are, as the ending of a file that holds them; a table unless they begin as something else. */
function endingOf(bytes: Uint8Array): string {
  const starts = (...signs: readonly number[]) => signs.every((sign, i) => bytes[i] === sign);
  if (starts(0x93, 0x4e, 0x55, 0x4d)) return ".npy";
  if (starts(0x50, 0x4b)) return ".npz";
  if (starts(0x89, 0x50, 0x4e, 0x47)) return ".png";
  if (starts(0xff, 0xd8)) return ".jpg";
  if (starts(0x47, 0x49, 0x46)) return ".gif";
  if (starts(0x42, 0x4d)) return ".bmp";
  if (starts(0x1f, 0x8b)) return ".csv.gz";
  if (starts(0, 0)) return ".idx";
  const [line = ""] = new TextDecoder().decode(bytes.subarray(0, 4096)).split(/\r?\n/);
  return line.trimStart().startsWith("{")
    ? ".jsonl"
    : /\t/.test(line) && !line.includes(",")
    ? ".tsv"
    : ".csv";
}
