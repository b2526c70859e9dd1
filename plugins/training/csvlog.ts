/** Every epoch's numbers in a CSV file, as Keras' CSVLogger writes it. @module */
import { fieldToSnake } from "../../core/network/names.ts";
import { defaultLimits } from "../../core/values/limits.ts";
import { writeFileAtomic } from "../../io/files/folders.ts";
import { readSource } from "../../io/files/sources.ts";
import { FormatError, InputError } from "../../core/values/errors.ts";
import type { Callback, Logs } from "../../core/training/types.ts";
import { callbackFields, type CsvLoggerOptions, settingsOf } from "./callbackfields.ts";
import { floatText } from "./pythontext.ts";

/** The columns that the first epoch decides: its numbers in order, and those of validation where it had none. */
function columnsOf(logs: Logs): string[] {
  const names = Object.keys(logs).map(fieldToSnake).sort();
  return names.some((n) => n.startsWith("val_")) ? names : [...names, ...names.map((n) => `val_${n}`)];
}
/** What a file holds, empty where there is none. */
async function textOf(path: string | URL): Promise<string> {
  try {
    return new TextDecoder().decode((await readSource(path, defaultLimits)).bytes);
  } catch (error) {
    const missing = error instanceof InputError &&
      (error.cause as { readonly code?: unknown } | undefined)?.code === "ENOENT";
    // An empty file is refused as a format.
    if (missing || error instanceof FormatError) return "";
    throw error;
  }
}
/**
 * Writes every epoch's numbers to a CSV file as Keras does: a header, names in snake_case and in their order, lines that
 * end with CR and LF, `NA` where an epoch has no such number. The first epoch decides the columns.
 */
export function csvLogger(path: string | URL, options: CsvLoggerOptions = {}): Callback {
  const { separator, append } = settingsOf("csvLogger", callbackFields.csvLogger, options);
  let rows: (readonly [number, Logs])[] = [], before = "", resumed = false;
  return {
    name: "csvLogger",
    async onTrainBegin() {
      if (!resumed) [rows, before] = [[], append ? await textOf(path) : ""];
      resumed = false;
    },
    async onEpochEnd(epoch, logs) {
      rows.push([epoch, { ...logs }]);
      const columns = columnsOf(rows[0]?.[1] ?? {});
      const lines = rows.map(([at, own]) => {
        const values = new Map(Object.entries(own).map(([name, value]) => [fieldToSnake(name), value]));
        const texts = columns.map((name) => {
          const value = values.get(name);
          return value === undefined ? "NA" : floatText(value);
        });
        return [`${at}`, ...texts];
      });
      const all = before === "" ? [["epoch", ...columns], ...lines] : lines;
      const text = all.map((line) => `${line.join(separator)}\r\n`).join("");
      await writeFileAtomic(path, new TextEncoder().encode(before + text));
    },
    state: () => ({ json: { rows, before } }),
    restore({ json }) {
      rows = json.rows as (readonly [number, Logs])[];
      before = typeof json.before === "string" ? json.before : "";
      resumed = true;
    },
  };
}
