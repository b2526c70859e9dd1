/** Tables as Parquet, by the library that writes it; only a command that is asked for one loads it. @module */
import { parquetWriteBuffer } from "hyparquet-writer/src/write.js";
import type { Column } from "./columns.ts";

const types = { text: "STRING", whole: "INT32", number: "DOUBLE" } as const;

/** A table's bytes. */
export function parquetBytes(columns: readonly Column[]): Uint8Array {
  return new Uint8Array(parquetWriteBuffer({
    columnData: columns.map(({ name, kind, values }) => ({ name, type: types[kind], data: [...values] })),
  }));
}
