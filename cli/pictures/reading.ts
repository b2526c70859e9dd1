/** Reads pictures as samples of a data set: of folders a class, or named by a table. @module */
import { InputError, type Tensor, tensor } from "../../mod.ts";
import { type BrokenPicture, readImageFolder, readPictures } from "../../public/data.ts";
import { toNumbers } from "../../public/tensors.ts";
import { readTable } from "../inputs.ts";
import type { DataConfig } from "../training/config.ts";
import { placed, tableFolder } from "./found.ts";

/** Pictures with their targets and files. */
export interface PicturePart {
  readonly files: string;
  readonly x: Tensor;
  readonly y: Tensor | readonly string[] | undefined;
  readonly pictures: readonly string[];
  readonly broken: readonly BrokenPicture[];
}
/** How pictures are read. */
function readingOf({ image: { size, colorMode, interpolation, upright } }: DataConfig) {
  const [height, width] = size ?? [];
  return {
    colorMode,
    interpolation,
    upright,
    broken: "skip" as const,
    ...(height !== undefined && width !== undefined && { imageSize: [height, width] as const }),
  };
}
/** Pictures of a folder; the folders in it are their classes. */
export async function picturePart(folder: string, data: DataConfig, needed: boolean): Promise<PicturePart> {
  const { labels } = data;
  const read = await readImageFolder(folder, {
    ...readingOf(data),
    ...(needed && labels && { classNames: labels }),
  });
  if (!read.labels && needed) {
    throw new InputError(`${folder}: has no folders, which are the classes of the pictures in them`, {
      file: folder,
    });
  }
  const names = read.labels && Array.from(toNumbers(read.labels), (id) => read.classNames[id] ?? "");
  const { images: x, broken } = read, pictures = read.files.map((file) => `${folder}/${file}`);
  return { files: folder, x, y: names, pictures, broken };
}
/** Pictures that a column of a table names, seen from its folder, with their classes or numbers in another. */
export async function picturesNamed(
  list: readonly string[],
  data: DataConfig,
  needed: boolean,
): Promise<PicturePart> {
  const files = list.join(", "), all: string[] = [], targets: string[] = [];
  for (const file of list) {
    const { header, rows } = await readTable(file, data.table), folder = tableFolder(file);
    const column = (name: string) => {
      const at = header.indexOf(name);
      if (at >= 0) return rows.map((row) => row[at] ?? "");
      throw new InputError(`${file}: no column ${name}; it has ${header.join(", ")}`, { file });
    };
    for (const name of column(data.image.column ?? "")) all.push(placed(folder, name));
    if (needed || header.includes(data.label)) targets.push(...column(data.label));
  }
  const { images, files: read, broken } = await readPictures(all, readingOf(data));
  const left = new Set(broken.map((b) => b.file)), y = targets.filter((_, i) => !left.has(all[i] ?? ""));
  return { files, x: images, y: targetsOf(y, data, files), pictures: read, broken };
}

/** Names of classes as they stand; numbers as numbers. */
function targetsOf(cells: readonly string[], { target }: DataConfig, files: string): PicturePart["y"] {
  if (cells.length === 0) return undefined;
  if (target === "class") return cells;
  const numbers = Float64Array.from(cells, (cell) => (cell.trim() === "" ? NaN : Number(cell)));
  const wrong = numbers.findIndex(Number.isNaN);
  if (wrong < 0) return tensor(numbers, [numbers.length]);
  throw new InputError(`${files}: row ${wrong + 1}: ${JSON.stringify(cells[wrong])} is no number`, {
    file: files,
  });
}
