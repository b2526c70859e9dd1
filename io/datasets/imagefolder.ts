/** A folder of pictures as a data set: a folder a class, as Keras' image_dataset_from_directory reads it. @module */
import { InputError, shown } from "../../core/values/errors.ts";
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
}
const folderNames: OptionNames<ImageFolderOptions> = {
  imageSize: 0,
  colorMode: 0,
  interpolation: 0,
  classNames: 0,
  limits: 0,
};
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
}
const isPicture = (name: string) => /\.(png|jpe?g|gif|bmp)$/i.test(name);

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
 * Reads the PNG, JPEG, GIF and BMP files of a folder; of each of its folders, which are the classes, where it has some.
 * @throws {InputError} where there is no picture, or sizes differ and `imageSize` isn't given.
 * @throws {FormatError} naming the picture that is broken.
 */
export async function readImageFolder(
  folder: string,
  options: ImageFolderOptions = {},
): Promise<ImageFolder> {
  checkOptions("readImageFolder", options, folderNames);
  const { imageSize, colorMode = "rgb", interpolation = "bilinear", limits = defaultLimits } = options;
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
  if (files.length === 0) {
    throw new InputError(
      `${folder}: holds no .png, .jpg, .gif or .bmp files${classNames.length ? " in its class folders" : ""}`,
      {
        file: folder,
      },
    );
  }
  let shape: readonly number[] = [], data: Float32Array | Uint8Array = new Uint8Array();
  for (const [i, file] of files.entries()) {
    const path = `${folder}/${file}`;
    const { bytes } = await readSource(path, limits);
    const read = await readImage(bytes, { file: path, colorMode, limits });
    const image = imageSize ? resizeImage(read, imageSize, interpolation) : read, size = sizeOf(image.shape);
    if (i === 0) {
      shape = image.shape;
      data = imageSize ? new Float32Array(size * files.length) : new Uint8Array(size * files.length);
    }
    if (`${shape}` !== `${image.shape}`) {
      throw new InputError(
        `${path}: is ${image.shape[0]} × ${image.shape[1]}, ${files[0]} is ${shape[0]} × ${
          shape[1]
        }: give a size that all are resized to`,
        { file: path },
      );
    }
    data.set(image.data as Uint8Array, i * size);
  }
  return {
    images: { dtype: imageSize ? "float32" : "uint8", shape: [files.length, ...shape], data },
    labels: classNames.length === 0 ? undefined : tensor(Int32Array.from(labels), [labels.length]),
    classNames,
    files,
  };
}
