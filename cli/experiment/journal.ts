/** What an experiment has behind it: a file of one JSON line for every finished job, added to and never rewritten. @module */
import { InputError } from "../../mod.ts";
import type { JobResult } from "./trial.ts";

/** A finished job. */
export interface Entry {
  readonly trial: number;
  readonly seed: number;
  readonly rung: number;
  /** Evaluated on the test part alone, once the trial was chosen. */
  readonly chosen?: true;
  /** Trained anew on the training and validation parts together. */
  readonly refit?: true;
  readonly result: JobResult;
}
/** A journal that is added to. */
export interface Journal {
  readonly entries: readonly Entry[];
  /** Adds an entry; it is on the disk when this returns. */
  add(entry: Entry): void;
  close(): void;
}

/**
 * Opens an experiment's journal, or begins it; what a kill left of its last line is cut away.
 * @throws {InputError} where one is there and isn't to be gone on from, or belongs to another experiment.
 */
export async function openJournal(path: string, about: string, resume: boolean): Promise<Journal> {
  const file = await Deno.open(path, { create: true, read: true, write: true });
  try {
    // The system lets go of it when the process ends, however it ends.
    if (!await file.tryLock(true)) {
      throw new InputError(`${path}: another process is running this experiment`, { file: path });
    }
    return await begun(file, path, about, resume);
  } catch (error) {
    file.close();
    throw error;
  }
}
async function begun(file: Deno.FsFile, path: string, about: string, resume: boolean): Promise<Journal> {
  const bytes = await Deno.readFile(path);
  const whole = bytes.subarray(0, bytes.lastIndexOf(10) + 1);
  const lines = new TextDecoder().decode(whole).split("\n").filter((line) => line !== "");
  const [head, ...rest] = lines;
  if (head !== undefined && !resume) {
    throw new InputError(
      `${path}: holds an experiment already: go on with --resume, or give another folder`,
      {
        file: path,
      },
    );
  }
  if (head !== undefined && head !== about) {
    throw new InputError(
      `${path}: belongs to another experiment, or its configuration was changed: give another folder`,
      { file: path },
    );
  }
  const entries = rest.map((line, i): Entry => {
    try {
      return JSON.parse(line);
    } catch {
      throw new InputError(`${path}: line ${i + 2} is not JSON`, { file: path });
    }
  });
  const write = (line: string) => {
    let left = new TextEncoder().encode(`${line}\n`);
    while (left.length > 0) left = left.subarray(file.writeSync(left));
    file.syncDataSync();
  };
  await file.truncate(whole.length);
  await file.seek(0, Deno.SeekMode.End);
  if (head === undefined) write(about);
  return {
    entries,
    add: (entry) => {
      entries.push(entry);
      write(JSON.stringify(entry));
    },
    close: () => file.close(),
  };
}
