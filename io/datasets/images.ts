/** Pictures as tensors, as TensorFlow decodes them and resized as Keras' image_dataset_from_directory does. @module */
import * as args from "../files/arguments.ts";
import { FormatError, LimitError, shown, UnsupportedError } from "../../core/values/errors.ts";
import { defaultLimits } from "../../core/values/limits.ts";
import { checkOptions, type OptionNames } from "../../core/values/schema.ts";
import { type Tensor, tensor, toNumbers } from "../../core/values/tensor.ts";
import { checkBytes, dataFileNames, type DataFileOptions, named } from "./options.ts";
import { orientationOf, turned } from "../pictures/exif.ts";
import { decodePicture, type Picture, pictureFormat } from "../pictures/mod.ts";
import { decodeWebp } from "../pictures/webp.ts";

/** Channels of a picture: 1 grayscale, 3 RGB, 4 RGBA. */
export type ColorMode = "grayscale" | "rgb" | "rgba";
/** How a picture is made larger or smaller. */
export type ImageInterpolation = "bilinear" | "nearest";
/** How {@link readImage} reads. */
export interface ImageOptions extends DataFileOptions {
  /** Channels of the tensor; those of the file unless given. */
  readonly colorMode?: ColorMode;
  /** True turns a picture as its Exif orientation says, which TensorFlow passes over; false unless given. */
  readonly upright?: boolean;
}
const imageNames: OptionNames<ImageOptions> = { ...dataFileNames, colorMode: 0, upright: 0 };
const channelsOf: Readonly<Record<ColorMode, number>> = { grayscale: 1, rgb: 3, rgba: 4 };

/**
 * Reads a picture file: uint8 `[height, width, channels]`. JPEG, PNG, GIF (the first frame), BMP, PNM, TIFF and WebP, with the
 * pixels of libjpeg and TensorFlow's `decode_image`. Palettes become colours, 16 bits their upper 8; an alpha channel is
 * dropped by `rgb` and `grayscale`.
 * @throws {FormatError} for a file that is broken or no picture; {@link UnsupportedError} for a format that isn't read, by
 * name; {@link LimitError} for one whose pixels exceed limits.tensorBytes.
 */
export async function readImage(bytes: Uint8Array, options: ImageOptions = {}): Promise<Tensor> {
  checkOptions("readImage", options, imageNames);
  checkBytes("readImage", bytes);
  const { label, detail } = named("image", options.file), { tensorBytes } = options.limits ?? defaultLimits;
  const mode = options.colorMode;
  if (mode !== undefined && !Object.hasOwn(channelsOf, mode)) {
    throw new UnsupportedError(`colorMode: expected grayscale, rgb or rgba, got ${shown(mode)}`);
  }
  let picture: Picture;
  try {
    picture = pictureFormat(bytes) === "WebP"
      ? await decodeWebp(bytes, tensorBytes)
      : decodePicture(bytes, tensorBytes);
  } catch (cause) {
    const more = { ...detail, cause };
    if (cause instanceof UnsupportedError) throw new UnsupportedError(`${label}: ${cause.message}`, more);
    if (cause instanceof LimitError) throw new LimitError(`${label}: ${cause.message}`, more);
    if (cause instanceof FormatError) throw new FormatError(`${label}: ${cause.message}`, more);
    throw cause;
  }
  const wanted = mode === undefined ? picture.channels : channelsOf[mode];
  const { data, height, width } = turned(
    recolored(picture, wanted),
    [picture.height, picture.width, wanted],
    options.upright ? orientationOf(bytes) : 1,
  );
  return tensor(data, [height, width, wanted], "uint8");
}

/** Channels made of others; grey is what the file itself holds, or the luma of ITU-R BT.601. */
function recolored({ channels, data, gray }: Picture, wanted: number): Uint8Array {
  if (channels === wanted) return data;
  if (wanted === 1 && gray) return gray;
  const count = data.length / channels, out = new Uint8Array(count * wanted);
  const at = (i: number, c: number) => data[i * channels + c] as number,
    alpha = channels === 2 || channels === 4;
  for (let i = 0; i < count; i++) {
    const r = at(i, 0), g = channels < 3 ? r : at(i, 1), b = channels < 3 ? r : at(i, 2);
    if (wanted === 1) out[i] = r === g && g === b ? r : Math.round(0.299 * r + 0.587 * g + 0.114 * b);
    else {
      out[i * wanted] = r, out[i * wanted + 1] = g, out[i * wanted + 2] = b;
      if (wanted === 4) out[i * wanted + 3] = alpha ? at(i, channels - 1) : 255;
    }
  }
  return out;
}

/**
 * A picture `[height, width, channels]` in another size, float32: the centres of pixels laid over one another, as
 * `tf.image.resize` does without antialiasing.
 */
export function resizeImage(
  image: Tensor,
  size: readonly [height: number, width: number],
  interpolation: ImageInterpolation = "bilinear",
): Tensor {
  args.check("resizeImage", "image", image, args.tensorKind);
  args.check("resizeImage", "size", size, args.list);
  const [height, width] = size;
  const [rows = 0, columns = 0, channels = 1] = image.shape, from = toNumbers(image);
  const out = new Float32Array(height * width * channels);
  const place = (i: number, size: number, old: number) => {
    const at = (i + 0.5) * old / size;
    if (interpolation === "nearest") {
      const near = Math.min(Math.floor(at), old - 1);
      return [near, near, 0] as const;
    }
    const low = Math.floor(at - 0.5);
    return [Math.max(low, 0), Math.min(low + 1, old - 1), at - 0.5 - low] as const;
  };
  const across = Array.from({ length: width }, (_, x) => place(x, width, columns));
  for (let y = 0; y < height; y++) {
    const [top, bottom, down] = place(y, height, rows);
    across.forEach(([left, right, over], x) => {
      for (let c = 0; c < channels; c++) {
        const at = (r: number, k: number) => from[(r * columns + k) * channels + c] as number;
        const a = at(top, left) + (at(top, right) - at(top, left)) * over;
        const b = at(bottom, left) + (at(bottom, right) - at(bottom, left)) * over;
        out[(y * width + x) * channels + c] = a + (b - a) * down;
      }
    });
  }
  return tensor(out, [height, width, channels]);
}
