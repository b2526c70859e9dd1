/** The parts of a training configuration that say how tables, pictures and named data sets are read. @module */
import { fields, type Schema } from "../../public/plugins.ts";
import {
  type ColorMode,
  type DatasetName,
  datasets,
  type DownloadOptions,
  type ImageInterpolation,
} from "../../public/data.ts";

const { bool, choice, field, float, int, list, nullable, text } = fields;

/** How tables are read. */
export interface TableConfig {
  readonly delimiter: string | null;
  readonly header: boolean | readonly string[] | null;
}
/** How pictures are read. */
export interface ImageConfig {
  readonly size: readonly number[] | null;
  readonly colorMode: ColorMode;
  readonly interpolation: ImageInterpolation;
  readonly upright: boolean;
  readonly column: string | null;
  readonly mean: readonly number[] | null;
  readonly std: readonly number[] | null;
}
/** A data set by its name. */
export interface DatasetConfig {
  readonly name: DatasetName;
  readonly language: string | null;
  readonly download: Readonly<Record<string, DownloadOptions>> | null;
}

/** Every key of `data.table`. */
export const tableFields: Schema<TableConfig> = {
  delimiter: nullable(
    text({
      doc:
        "between cells; unless given, a tab in .tsv files, else a comma, semicolon, tab or bar, as the first rows have it",
    }),
  ),
  header: nullable(field<boolean | readonly string[]>({
    doc:
      "whether the first row names the columns, or their names where none does; unless given, it does where not all of it is numbers",
    expects: "true, false or a list of names",
    json: { anyOf: [{ type: "boolean" }, { type: "array", items: { type: "string" } }] },
    read: (raw) =>
      typeof raw === "boolean" || (Array.isArray(raw) && raw.every((name) => typeof name === "string"))
        ? raw
        : undefined,
  })),
};
/** Every key of `data.image`. */
export const imageFields: Schema<ImageConfig> = {
  size: nullable(
    list({
      doc: "height and width that pictures are resized to",
      of: int({ doc: "pixels", min: 1 }),
      length: 2,
    }),
  ),
  colorMode: choice({ doc: "channels", of: ["grayscale", "rgb", "rgba"], default: "rgb" }),
  interpolation: choice({ doc: "how they are resized", of: ["bilinear", "nearest"], default: "bilinear" }),
  upright: bool({ doc: "pictures are turned as their Exif orientation says", default: true }),
  mean: nullable(list({ doc: "taken away from each channel, divided before", of: float({ doc: "a mean" }) })),
  std: nullable(list({ doc: "each channel is divided by it", of: float({ doc: "a deviation" }) })),
  column: nullable(text({ doc: "column of a table that names picture files, seen from the table's folder" })),
};
const hash = /^[0-9a-fA-F]{64}$/;
/** Every key of `data.dataset`. */
export const datasetFields: Schema<DatasetConfig> = {
  name: choice({ doc: "the data set", of: Object.keys(datasets) as DatasetName[] }),
  language: nullable(text({ doc: "of nusax: the folder of a language" })),
  download: nullable(field<Readonly<Record<string, DownloadOptions>>>({
    doc: "where files come from that the folder doesn't have, by name",
    expects: "an object of {url, sha256} by file name",
    json: {
      type: "object",
      additionalProperties: {
        type: "object",
        properties: { url: { type: "string" }, sha256: { type: "string", pattern: hash.source } },
        required: ["url", "sha256"],
        additionalProperties: false,
      },
    },
    read: (raw) =>
      typeof raw === "object" && raw !== null && Object.values(raw).every((d: unknown) => {
          const { url, sha256 } = (d ?? {}) as Partial<Record<keyof DownloadOptions, unknown>>;
          return typeof url === "string" && URL.canParse(url) && typeof sha256 === "string" &&
            hash.test(sha256);
        })
        ? raw as Readonly<Record<string, DownloadOptions>>
        : undefined,
  })),
};
