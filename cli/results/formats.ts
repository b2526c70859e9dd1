/** Tables of results as bytes: CSV, JSON, JSON lines, Parquet. @module */
import type { Column } from "./columns.ts";

/** The endings that tables are written with. */
export const tableEndings: readonly string[] = [".csv", ".tsv", ".json", ".jsonl", ".parquet"];

/** Rows of cells as CSV (RFC 4180), the header first. */
export function csvText(rows: readonly (readonly (string | number)[])[], delimiter = ","): string {
  const cell = (value: string | number) => {
    const text = `${value}`;
    return text.includes(delimiter) || /["\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return rows.map((row) => `${row.map(cell).join(delimiter)}\n`).join("");
}

/** Every row as an object; what isn't finite is null, which JSON has. */
function* records(columns: readonly Column[]): Generator<Record<string, string | number | null>> {
  for (let r = 0; r < (columns[0]?.values.length ?? 0); r++) {
    yield Object.fromEntries(columns.map(({ name, values }) => {
      const value = values[r] ?? null;
      return [name, typeof value === "number" && !Number.isFinite(value) ? null : value];
    }));
  }
}

/** A table in the form that an ending names. */
export async function tableBytes(columns: readonly Column[], ending: string): Promise<Uint8Array> {
  const encode = (text: string) => new TextEncoder().encode(text);
  if (ending === ".parquet") {
    const load = (file: string) => import(new URL(file, import.meta.url).href);
    const { parquetBytes }: typeof import("./parquet.ts") = await load("./parquet.ts");
    return parquetBytes(columns);
  }
  if (ending === ".json") {
    return encode(`[\n${[...records(columns)].map((r) => JSON.stringify(r)).join(",\n")}\n]\n`);
  }
  if (ending === ".jsonl") return encode([...records(columns)].map((r) => `${JSON.stringify(r)}\n`).join(""));
  const rows = columns[0]?.values.map((_, r) => columns.map(({ values }) => values[r] ?? "")) ?? [];
  return encode(csvText([columns.map(({ name }) => name), ...rows], ending === ".tsv" ? "\t" : ","));
}
