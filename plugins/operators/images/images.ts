/** ImageDecoder: pictures in files to pixels. @module */
import { FormatError } from "../../../core/values/errors.ts";
import type { OpDef } from "../../../core/graph/op.ts";
import { defineOp, inputOf, tensorAt } from "../../../core/ops/define.ts";
import { choice } from "../../../core/values/schema.ts";
import { freshDim, tensorType } from "../../../core/values/shape.ts";
import { decodePicture, type Picture } from "../../../io/pictures/mod.ts";

type PixelFormat = "RGB" | "BGR" | "Grayscale";
/** A picture's pixels in the order wanted; grays by the weights of ITU-R BT.601. */
function pixels({ width, height, channels, data }: Picture, format: PixelFormat): Uint8Array {
  const count = width * height, wanted = format === "Grayscale" ? 1 : 3, out = new Uint8Array(count * wanted);
  for (let i = 0; i < count; i++) {
    const at = (c: number) => data[i * channels + (channels < 3 ? 0 : c)] ?? 0;
    if (wanted === 1) {
      out[i] = channels < 3 ? at(0) : (at(0) * 19595 + at(1) * 38470 + at(2) * 7471 + 32768) >> 16;
    } else for (let c = 0; c < 3; c++) out[i * 3 + c] = at(format === "BGR" ? 2 - c : c);
  }
  return out;
}

const imageDecoder: OpDef = defineOp<{ readonly pixel_format: PixelFormat }>({
  name: "ImageDecoder",
  since: 20,
  summary:
    "The pixels `[height, width, channels]` of a BMP, GIF, JPEG, PNG, PNM or TIFF file; none where it is damaged",
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
    try {
      const picture = decodePicture(bytes, limits.tensorBytes);
      const shape = [picture.height, picture.width, channels];
      return [{ dtype: "uint8", shape, data: pixels(picture, pixel_format) }];
    } catch (error) {
      // The operator says what can't be decoded is empty; what is too large or of a kind left out is an error all the same.
      if (!(error instanceof FormatError)) throw error;
    }
    return [{ dtype: "uint8", shape: [0, 0, channels], data: new Uint8Array(0) }];
  },
});

/** ImageDecoder. */
export const imageOps: readonly OpDef[] = [imageDecoder];
