/** The command line, run in this process. @module */
import { main } from "../../cli/main.ts";

/** What a command came to. */
export interface Run {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}
/** Runs the command line on an 80-column terminal that isn't one. */
export async function lapis(...args: readonly string[]): Promise<Run> {
  let out = "", err = "";
  const exit = await main(args, {
    out: (text) => out += text,
    err: (text) => err += text,
    width: 80,
    interactive: false,
  });
  return { exit, out, err };
}
/** Works in a folder of its own, which is gone afterwards. */
export async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
