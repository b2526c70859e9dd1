/**
 * Data in and out: NumPy, CSV, JSON lines, IDX, CIFAR-10, images, safetensors, data sets by name.
 *
 * ```ts
 * import { csvToTensor, parseCsv } from "@lapis/lapis/data";
 * console.log(csvToTensor(parseCsv("a,b\n1,2\n3,4")).shape);
 * ```
 * @module
 */
export * from "../io/datasets/cifar.ts";
export * from "../io/tables/csv.ts";
export * from "../io/datasets/datasets.ts";
export * from "../io/datasets/idx.ts";
export * from "../io/datasets/imagefolder.ts";
export * from "../io/datasets/images.ts";
export {
  type ByteStream,
  type JsonRecord,
  linesOf,
  parseJsonLines,
  parseLines,
  readJsonLines,
  readLines,
  readUtf8,
  recordsToTable,
} from "../io/tables/lines.ts";
export * from "../io/arrays/npy.ts";
export type { DataFileOptions, Decoder, Decoders } from "../io/datasets/options.ts";
export { readSafetensors, writeSafetensors } from "../io/arrays/safetensors.ts";
export * from "../plugins/preprocessing/augment.ts";
export * from "../plugins/preprocessing/labels.ts";
export * from "../plugins/preprocessing/split.ts";
export { isAbsent as isMissing } from "../plugins/preprocessing/table/cells.ts";
export {
  columnFields,
  type ColumnKind,
  columnKinds,
  type ColumnOptions,
  type FittedColumn,
  type FittedTarget,
  type MissingRule,
} from "../plugins/preprocessing/table/columns.ts";
export { embeddedColumns } from "../plugins/preprocessing/table/embedded.ts";
export {
  rawColumns,
  rawColumnsModel,
  rawColumnsOf,
  sampleColumns,
} from "../plugins/preprocessing/table/inside.ts";
export type { FoundColumn } from "../plugins/preprocessing/table/kinds.ts";
export * from "../plugins/preprocessing/table/preprocessor.ts";
export type { TableRows } from "../plugins/preprocessing/table/rows.ts";
export type { FillMode } from "../plugins/preprocessing/series/resample.ts";
