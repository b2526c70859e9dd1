/** ImageDecoder: pictures in files to pixels. @module */
import { InputError, UnsupportedError } from "../../../core/errors.ts";
import type { OpDef } from "../../../core/op.ts";
import { defineOp, inputOf, tensorAt } from "../../../core/ops/define.ts";
import { choice } from "../../../core/schema.ts";
import { freshDim, tensorType } from "../../../core/shape.ts";
import { decodeJpeg } from "./jpeg.ts";
import type { Decoder, Picture } from "./pixels.ts";
import { decodePng } from "./png.ts";
import { decodeBmp, decodePnm } from "./simple.ts";
import { decodeTiff } from "./tiff.ts";

/** Formats by how their files begin. */
const formats: readonly { readonly name: string; readonly begins: RegExp; readonly decode?: Decoder }[] = [
  { name: "BMP", begins: /^BM/, decode: decodeBmp },
  { name: "PNM", begins: /^P[1-6]\s/, decode: decodePnm },
  // deno-lint-ignore no-control-regex
  { name: "PNG", begins: /^\x89PNG\r\n\x1a\n/, decode: decodePng },
  { name: "JPEG", begins: /^\xff\xd8\xff/, decode: decodeJpeg },
  // deno-lint-ignore no-control-regex
  { name: "TIFF", begins: /^(II\*\x00|MM\x00\*)/, decode: decodeTiff },
  { name: "WebP", begins: /^RIFF....WEBP/s },
  // deno-lint-ignore no-control-regex
  { name: "JPEG 2000", begins: /^(\x00\x00\x00\x0cjP {2}|\xff\x4f\xff\x51)/ },
];

type PixelFormat = "RGB" | "BGR" | "Grayscale";
/** A picture's pixels in the order wanted; grays by the weights of ITU-R BT.601. */
function pixels({ width, height, channels, data }: Picture, format: PixelFormat): Uint8Array {
  const count = width * height, wanted = format === "Grayscale" ? 1 : 3, out = new Uint8Array(count * wanted);
  for (let i = 0; i < count; i++) {
    const at = (c: number) => data[i * channels + (channels === 1 ? 0 : c)] ?? 0;
    if (wanted === 1) {
      out[i] = channels === 1 ? at(0) : (at(0) * 19595 + at(1) * 38470 + at(2) * 7471 + 32768) >> 16;
    } else for (let c = 0; c < 3; c++) out[i * 3 + c] = at(format === "BGR" ? 2 - c : c);
  }
  return out;
}

const imageDecoder: OpDef = defineOp<{ readonly pixel_format: PixelFormat }>({
  name: "ImageDecoder",
  since: 20,
  summary:
    "The pixels `[height, width, channels]` of a BMP, JPEG, PNG, PNM or TIFF file; none where it is damaged",
  attributes: {
    pixel_format: choice({ doc: "order of the channels", of: ["RGB", "BGR", "Grayscale"], default: "RGB" }),
  },
  arity: [1, 1],
  accuracy: "exact",
  infer(c) {
    inputOf(c, 0, ["uint8"]);
    return [tensorType("uint8", [freshDim(), freshDim(), c.attributes.pixel_format === "Grayscale" ? 1 : 3])];
  },
  gradient: "none",
  plain(inputs, { attributes: { pixel_format }, limits }) {
    const bytes = tensorAt(inputs, 0).data as Uint8Array, channels = pixel_format === "Grayscale" ? 1 : 3;
    const start = String.fromCharCode(...bytes.subarray(0, 16)),
      format = formats.find((f) => f.begins.test(start));
    if (format && !format.decode) throw new UnsupportedError(`${format.name} pictures aren't read`);
    try {
      const picture = format?.decode?.(bytes, limits.tensorBytes);
      if (picture) {
        const shape = [picture.height, picture.width, channels];
        return [{ dtype: "uint8", shape, data: pixels(picture, pixel_format) }];
      }
    } catch (error) {
      // The operator says what can't be decoded is empty; what is too large or of a kind left out is an error all the same.
      if (!(error instanceof InputError)) throw error;
    }
    return [{ dtype: "uint8", shape: [0, 0, channels], data: new Uint8Array(0) }];
  },
});

/** ImageDecoder. */
export const imageOps: readonly OpDef[] = [imageDecoder];
