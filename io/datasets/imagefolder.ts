/** A folder of pictures as a data set: a folder a class, as Keras' image_dataset_from_directory reads it. @module */
import * as args from "../files/arguments.ts";
import { InputError, LapisError, LimitError, shown } from "../../core/values/errors.ts";
import { defaultLimits } from "../../core/values/limits.ts";
import { listFolder } from "../files/folders.ts";
import { readSource } from "../files/sources.ts";
import { checkOptions, type OptionNames } from "../../core/values/schema.ts";
import { sizeOf, type Tensor, tensor } from "../../core/values/tensor.ts";
import { type ColorMode, type ImageInterpolation, readImage, resizeImage } from "./images.ts";
import type { DataFileOptions } from "./options.ts";

/** How {@link readImageFolder} reads. */
export interface ImageFolderOptions extends Pick<DataFileOptions, "limits"> {
  /** Height and width that every picture is resized to; they must be of one size unless given. */
  readonly imageSize?: readonly [height: number, width: number];
  /** Channels; rgb unless given. */
  readonly colorMode?: ColorMode;
  /** How pictures are resized; bilinear unless given. */
  readonly interpolation?: ImageInterpolation;
  /** The classes in their order; the names of the folders, sorted, unless given. */
  readonly classNames?: readonly string[];
  /** True turns pictures as their Exif orientation says; false unless given. */
  readonly upright?: boolean;
  /** What a picture that can't be read does: ends the reading unless given; `"skip"` leaves it out, and the result lists it. */
  readonly broken?: "throw" | "skip";
}
const picturesNames: OptionNames<PicturesOptions> = {
  imageSize: 0,
  colorMode: 0,
  interpolation: 0,
  upright: 0,
  broken: 0,
  limits: 0,
};
const folderNames: OptionNames<ImageFolderOptions> = { ...picturesNames, classNames: 0 };
/** Pictures with their classes. */
export interface ImageFolder {
  /** `[pictures, height, width, channels]`: uint8, or float32 where they were resized. */
  readonly images: Tensor;
  /** The class of each, int32 `[pictures]`; undefined where the folder has no class folders. */
  readonly labels: Tensor | undefined;
  /** The classes by number. */
  readonly classNames: readonly string[];
  /** The file of each picture, below the folder. */
  readonly files: readonly string[];
  /** Pictures that can't be read, and why; none unless they are skipped. */
  readonly broken: readonly BrokenPicture[];
  /** Pictures beside the class folders, which have no class and are left out. */
  readonly beside: readonly string[];
}
/** A picture that can't be read. */
export interface BrokenPicture {
  /** Its file. */
  readonly file: string;
  /** What is wrong with it. */
  readonly reason: string;
}
/** How {@link readPictures} reads. */
export type PicturesOptions = Omit<ImageFolderOptions, "classNames">;
/** Pictures as one tensor, in the order of their files. */
export type Pictures = Pick<ImageFolder, "images" | "files" | "broken">;
/** True for the name of a picture, of whatever format. */
export const isPicture = (name: string): boolean =>
  /\.(png|jpe?g|jfif|gif|bmp|tiff?|webp|p[bgnp]m|hei[cf]|avif)$/i.test(name);

/** Pictures in a folder and those inside it, sorted; links lead nowhere. */
async function picturesIn(folder: string, below = ""): Promise<string[]> {
  const found: string[] = [];
  for (const { name, folder: inner } of await listFolder(`${folder}/${below}`)) {
    if (inner) found.push(...await picturesIn(folder, `${below}${name}/`));
    else if (isPicture(name)) found.push(`${below}${name}`);
  }
  return found;
}

/**
 * Reads the pictures of a folder; of each of its folders, which are the classes, where it has some.
 * @throws {InputError} where there is no picture, or sizes differ and `imageSize` isn't given.
 * @throws {FormatError} naming the picture that is broken.
 */
export async function readImageFolder(
  folder: string,
  options: ImageFolderOptions = {},
): Promise<ImageFolder> {
  checkOptions("readImageFolder", options, folderNames);
  const { imageSize, colorMode = "rgb", interpolation = "bilinear", limits = defaultLimits } = options;
  const { upright = false, broken: onBroken = "throw" } = options;
  const classNames = options.classNames ??
    (await listFolder(folder)).filter((e) => e.folder).map((e) => e.name);
  const outside = classNames.find((name) => /[\\/]|^\.*$/.test(name));
  if (outside !== undefined) {
    throw new InputError(`${folder}: the class ${shown(outside)} leads out of the folder`, { file: folder });
  }
  const files: string[] = [], labels: number[] = [];
  for (const [id, name] of classNames.entries()) {
    for (const file of await picturesIn(folder, `${name}/`)) files.push(file), labels.push(id);
  }
  if (classNames.length === 0) files.push(...await picturesIn(folder));
  const beside = classNames.length === 0
    ? []
    : (await listFolder(folder)).filter((e) => !e.folder && isPicture(e.name)).map((e) => e.name);
  if (files.length === 0) {
    throw new InputError(
      `${folder}: holds no pictures (.png, .jpg, .gif, .bmp, .webp …)${
        classNames.length ? " in its class folders" : ""
      }`,
      {
        file: folder,
      },
    );
  }
  const { images, broken, files: read } = await readPictures(
    files.map((file) => `${folder}/${file}`),
    { colorMode, interpolation, limits, upright, broken: onBroken, ...(imageSize && { imageSize }) },
  );
  const kept = new Set(read), at = files.flatMap((file, i) => (kept.has(`${folder}/${file}`) ? [i] : []));
  const ids = Int32Array.from(at, (i) => labels[i] ?? 0);
  return {
    images,
    labels: classNames.length === 0 ? undefined : tensor(ids, [ids.length]),
    classNames,
    files: at.map((i) => files[i] ?? ""),
    broken,
    beside,
  };
}

/**
 * Reads pictures of one size, or resized to one, as a tensor.
 * @throws {InputError} where sizes differ and `imageSize` isn't given, or no picture can be read.
 * @throws {FormatError} naming the picture that is broken, unless it is to be skipped.
 */
export async function readPictures(
  files: readonly string[],
  options: PicturesOptions = {},
): Promise<Pictures> {
  args.check("readPictures", "files", files, args.list);
  checkOptions("readPictures", options, picturesNames);
  const { imageSize, colorMode = "rgb", interpolation = "bilinear", limits = defaultLimits } = options;
  const { upright = false, broken: onBroken = "throw" } = options;
  const broken: BrokenPicture[] = [], read: string[] = [];
  let shape: readonly number[] = [], data: Float32Array | Uint8Array = new Uint8Array(), size = 0;
  for (const path of files) {
    let image: Tensor;
    try {
      const { bytes } = await readSource(path, limits);
      const whole = await readImage(bytes, { file: path, colorMode, limits, upright });
      image = imageSize ? resizeImage(whole, imageSize, interpolation) : whole;
    } catch (error) {
      if (onBroken !== "skip" || !(error instanceof LapisError)) throw error;
      broken.push({ file: path, reason: error.message.replace(`${path}: `, "").replace(/^image: /, "") });
      continue;
    }
    if (read.length === 0) {
      [shape, size] = [image.shape, sizeOf(image.shape)];
      const all = size * files.length * (imageSize ? 4 : 1);
      if (all > 2 ** 31) {
        throw new LimitError(
          `${files.length} pictures of [${shape.join(", ")}] take ${
            (all / 2 ** 30).toFixed(1)
          } GiB: give a smaller size`,
        );
      }
      data = imageSize ? new Float32Array(size * files.length) : new Uint8Array(size * files.length);
    }
    if (`${shape}` !== `${image.shape}`) {
      throw new InputError(
        `${path}: is ${image.shape[0]} × ${image.shape[1]}, ${read[0]} is ${shape[0]} × ${
          shape[1]
        }: give a size that all are resized to`,
        { file: path },
      );
    }
    data.set(image.data as Uint8Array, read.length * size);
    read.push(path);
  }
  if (read.length === 0) {
    throw new InputError(
      `none of ${files.length} pictures can be read: ${broken[0]?.file}: ${broken[0]?.reason}`,
    );
  }
  const dtype = imageSize ? "float32" as const : "uint8" as const;
  return {
    images: { dtype, shape: [read.length, ...shape], data: data.subarray(0, read.length * size) },
    files: read,
    broken,
  };
}
