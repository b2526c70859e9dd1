/** Pictures as tensors: PNG and JPEG as TensorFlow decodes them, resized as Keras' image_dataset_from_directory does. @module */
import { FormatError, LimitError, shown, UnsupportedError } from "../core/errors.ts";
import { defaultLimits } from "../core/limits.ts";
import { type Tensor, tensor, toNumbers } from "../core/tensor.ts";
import { type DataFileOptions, named } from "./options.ts";

/** Channels of a picture: 1 grayscale, 3 RGB, 4 RGBA. */
export type ColorMode = "grayscale" | "rgb" | "rgba";
/** How a picture is made larger or smaller. */
export type ImageInterpolation = "bilinear" | "nearest";
/** How {@link readImage} reads. */
export interface ImageOptions extends DataFileOptions {
  /** Channels of the tensor; those of the file unless given. */
  readonly colorMode?: ColorMode;
}
const channelsOf: Readonly<Record<ColorMode, number>> = { grayscale: 1, rgb: 3, rgba: 4 };

/** Pixels of one byte a channel: 1 gray, 2 gray and alpha, 3 RGB, 4 RGBA. */
interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: ArrayLike<number>;
}

/** True for the first bytes of a PNG or JPEG file. */
export function isImage(bytes: Uint8Array): boolean {
  return isPng(bytes) || isJpeg(bytes);
}
const isPng = (bytes: Uint8Array) => [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10].every((b, i) => bytes[i] === b);
const isJpeg = (bytes: Uint8Array) => bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;

/**
 * Reads a PNG or JPEG file: uint8 `[height, width, channels]`. Palettes become colours, 16 bits their upper 8, as TensorFlow's
 * `decode_image` has it; an alpha channel is dropped by `rgb` and `grayscale`.
 * @throws {FormatError} for a file that is broken or neither; {@link LimitError} for one whose pixels exceed limits.tensorBytes.
 */
export async function readImage(bytes: Uint8Array, options: ImageOptions = {}): Promise<Tensor> {
  const { label, detail } = named("image", options.file);
  if (!isImage(bytes)) throw new FormatError(`${label} is neither PNG nor JPEG`, detail);
  const { tensorBytes } = options.limits ?? defaultLimits, frame = frameOf(bytes);
  if (!frame) throw new FormatError(`${label} header is damaged or truncated`, detail);
  if (frame.width * frame.height * 4 > tensorBytes) {
    throw new LimitError(
      `${label} of ${frame.width} × ${frame.height} is too large: at most ${tensorBytes} bytes`,
      detail,
    );
  }
  let pixels: Pixels;
  try {
    pixels = isPng(bytes) ? await pngPixels(bytes) : await jpegPixels(bytes);
  } catch (cause) {
    if (cause instanceof UnsupportedError) throw new UnsupportedError(`${label}: ${cause.message}`, detail);
    throw new FormatError(`${label} is broken: ${cause instanceof Error ? cause.message : cause}`, {
      ...detail,
      cause,
    });
  }
  const mode = options.colorMode, wanted = mode === undefined ? pixels.channels : channelsOf[mode];
  if (wanted === undefined) {
    throw new UnsupportedError(`colorMode: expected grayscale, rgb or rgba, got ${shown(mode)}`);
  }
  return tensor(recolored(pixels, wanted), [pixels.height, pixels.width, wanted], "uint8");
}

/** What a header says of a picture. */
interface Frame {
  readonly width: number;
  readonly height: number;
  readonly components: number;
}
/** The header alone; nothing is decoded. */
function frameOf(bytes: Uint8Array): Frame | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isPng(bytes)) {
    return bytes.length < 33
      ? undefined
      : { width: view.getUint32(16), height: view.getUint32(20), components: 4 };
  }
  for (let at = 2; at + 9 < bytes.length && bytes[at] === 0xff;) {
    const marker = bytes[at + 1] ?? 0;
    // Start of frame: baseline, extended, progressive and their kin, but no tables.
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      return {
        width: view.getUint16(at + 7),
        height: view.getUint16(at + 5),
        components: bytes[at + 9] ?? 0,
      };
    }
    at += marker === 0xff ? 1 : 2 + view.getUint16(at + 2);
  }
  return undefined;
}

async function pngPixels(bytes: Uint8Array): Promise<Pixels> {
  const { decode } = await import("fast-png");
  const { width, height, channels, depth, data, palette } = decode(bytes, { checkCrc: true });
  if (depth === 8 && !palette) return { width, height, channels, data };
  if (depth === 16) return { width, height, channels, data: Uint8Array.from(data, (v) => v >> 8) };
  const values = unpacked(data, width * channels, height, depth);
  if (!palette) return { width, height, channels, data: values.map((v) => v * 255 / (2 ** depth - 1)) };
  const wide = palette.some((color) => color.length === 4) ? 4 : 3,
    colors = new Uint8Array(values.length * wide);
  values.forEach((index, i) => {
    const color = palette[index];
    if (!color) throw new Error(`colour ${index} of a palette of ${palette.length}`);
    for (let c = 0; c < wide; c++) colors[i * wide + c] = color[c] ?? 255;
  });
  return { width, height, channels: wide, data: colors };
}
/** Samples of 1, 2 or 4 bits, whose rows begin at whole bytes. */
function unpacked(data: ArrayLike<number>, row: number, rows: number, depth: number): Uint8Array {
  if (depth === 8) return Uint8Array.from(data);
  const out = new Uint8Array(row * rows), each = 8 / depth, bytes = Math.ceil(row / each);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < row; x++) {
      const byte = data[y * bytes + Math.floor(x / each)] ?? 0;
      out[y * row + x] = byte >> (8 - depth * (x % each + 1)) & (2 ** depth - 1);
    }
  }
  return out;
}

async function jpegPixels(bytes: Uint8Array): Promise<Pixels> {
  const { default: jpeg } = await import("jpeg-js");
  const { width, height, data } = jpeg.decode(bytes, {
    useTArray: true,
    maxResolutionInMP: 4096,
    maxMemoryUsageInMB: 4096,
  });
  // One component is a grey picture; the decoder gives four channels of any.
  const channels = frameOf(bytes)?.components === 1 ? 1 : 3, out = new Uint8Array(width * height * channels);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < channels; c++) out[channels * i + c] = data[4 * i + c] ?? 0;
  }
  return { width, height, channels, data: out };
}

/** Channels made of others; grey is the luma of ITU-R BT.601, as JPEG itself stores it. */
function recolored({ channels, data }: Pixels, wanted: number): Uint8Array {
  if (channels === wanted) return Uint8Array.from(data);
  const count = data.length / channels, out = new Uint8Array(count * wanted);
  const at = (i: number, c: number) => data[i * channels + c] ?? 0, alpha = channels === 2 || channels === 4;
  for (let i = 0; i < count; i++) {
    const color = channels < 3 ? [at(i, 0), at(i, 0), at(i, 0)] : [at(i, 0), at(i, 1), at(i, 2)];
    const [r = 0, g = 0, b = 0] = color;
    const list = wanted === 1
      ? [channels < 3 || (r === g && g === b) ? r : Math.round(0.299 * r + 0.587 * g + 0.114 * b)]
      : [...color, alpha ? at(i, channels - 1) : 255];
    for (let c = 0; c < wanted; c++) out[i * wanted + c] = list[c] ?? 0;
  }
  return out;
}

/**
 * A picture `[height, width, channels]` in another size, float32: the centres of pixels laid over one another, as
 * `tf.image.resize` does without antialiasing.
 */
export function resizeImage(
  image: Tensor,
  [height, width]: readonly [height: number, width: number],
  interpolation: ImageInterpolation = "bilinear",
): Tensor {
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
        const at = (r: number, k: number) => from[(r * columns + k) * channels + c] ?? 0;
        const a = at(top, left) + (at(top, right) - at(top, left)) * over;
        const b = at(bottom, left) + (at(bottom, right) - at(bottom, left)) * over;
        out[(y * width + x) * channels + c] = a + (b - a) * down;
      }
    });
  }
  return tensor(out, [height, width, channels]);
}
