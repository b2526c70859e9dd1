/** Pictures in files to pixels, for readers of data and for operators alike. @module */
import { FormatError, UnsupportedError } from "../../core/values/errors.ts";
import { decodeGif } from "./gif.ts";
import { decodeJpeg } from "./jpeg.ts";
import type { Decoder, Picture } from "./pixels.ts";
import { decodePng } from "./png.ts";
import { decodeBmp, decodePnm } from "./simple.ts";
import { decodeTiff } from "./tiff.ts";

export type { Picture } from "./pixels.ts";

/** A format of pictures; without `decode` it is known by name alone. */
interface PictureFormat {
  readonly name: string;
  readonly begins: RegExp;
  readonly decode?: Decoder;
}
/** Formats by how their files begin. */
const formats: readonly PictureFormat[] = [
  { name: "BMP", begins: /^BM/, decode: decodeBmp },
  { name: "PNM", begins: /^P[1-6]\s/, decode: decodePnm },
  // deno-lint-ignore no-control-regex
  { name: "PNG", begins: /^\x89PNG\r\n\x1a\n/, decode: decodePng },
  { name: "JPEG", begins: /^\xff\xd8\xff/, decode: decodeJpeg },
  { name: "GIF", begins: /^GIF8[79]a/, decode: decodeGif },
  // deno-lint-ignore no-control-regex
  { name: "TIFF", begins: /^(II\*\x00|MM\x00\*)/, decode: decodeTiff },
  { name: "WebP", begins: /^RIFF....WEBP/s },
  { name: "HEIF or AVIF", begins: /^....ftyp(avi|hei|mif|hev)/s },
  // deno-lint-ignore no-control-regex
  { name: "JPEG 2000", begins: /^(\x00\x00\x00\x0cjP {2}|\xff\x4f\xff\x51)/ },
];

/** The name of the format that a file of pictures begins as; undefined for none that is known. */
export function pictureFormat(bytes: Uint8Array): string | undefined {
  return formatOf(bytes)?.name;
}
function formatOf(bytes: Uint8Array): PictureFormat | undefined {
  const start = String.fromCharCode(...bytes.subarray(0, 16));
  return formats.find((f) => f.begins.test(start));
}

/**
 * The pixels of a picture file: BMP, GIF, JPEG, PNG, PNM or TIFF. `most` is the most bytes that they may take.
 * @throws {FormatError} for a damaged picture, or for bytes that are none.
 * @throws {UnsupportedError} for a format or variant that isn't read; {@link LimitError} beyond `most`.
 */
export function decodePicture(bytes: Uint8Array, most: number): Picture {
  const format = formatOf(bytes);
  if (!format) throw new FormatError("not a picture: expected BMP, GIF, JPEG, PNG, PNM or TIFF");
  if (!format.decode) {
    throw new UnsupportedError(`${format.name} pictures aren't read: save them as PNG or JPEG`);
  }
  return format.decode(bytes, most);
}
