/** WebP pictures, by a package that holds libwebp as WebAssembly: imported where one is read, and by no page. @module */
import { FormatError, UnsupportedError } from "../../core/values/errors.ts";
import { ByteReader, checkSize, damaged, type Picture } from "./pixels.ts";

/** The package's names, Deno's and those of machines that have it installed; nothing follows them until a picture is read. */
const names = ["npm:@jsquash/webp@1.5.0", "@jsquash/webp"].map((name) => `${name}/decode.js`);

interface Decoded {
  readonly width: number;
  readonly height: number;
  /** RGBA. */
  readonly data: Uint8ClampedArray;
}

/** Width and height that the file declares. */
function declared(bytes: Uint8Array): readonly [width: number, height: number] {
  const r = new ByteReader(bytes, "WebP", 12, true), kind = String.fromCharCode(...r.take(4));
  r.take(4);
  if (kind === "VP8X") {
    r.take(4);
    const three = () => r.u16() + r.u8() * 65536 + 1;
    return [three(), three()];
  }
  if (kind === "VP8L") {
    if (r.u8() !== 0x2f) throw damaged("WebP", "its signature is another");
    const bits = r.u32();
    return [(bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1];
  }
  if (kind !== "VP8 ") throw damaged("WebP", `it begins with ${JSON.stringify(kind)}`);
  r.take(6);
  return [r.u16() & 0x3fff, r.u16() & 0x3fff];
}

/**
 * Decodes a WebP picture, of an animation the first frame.
 * @throws {UnsupportedError} where the package can't be had; {@link FormatError} for a damaged file.
 */
export async function decodeWebp(bytes: Uint8Array, most: number): Promise<Picture> {
  const [width, height] = declared(bytes);
  checkSize("WebP", width, height, 4, most);
  let decode: (buffer: ArrayBuffer) => Promise<Decoded>;
  try {
    const [own = "", installed = ""] = names;
    const module: unknown = await import(own).catch(() => import(installed));
    decode = (module as { readonly default: typeof decode }).default;
  } catch (cause) {
    throw new UnsupportedError(
      "WebP pictures need the package @jsquash/webp, which can't be had here: install it, or save them as PNG or JPEG",
      { cause },
    );
  }
  let read: Decoded;
  try {
    read = await decode(bytes.slice().buffer);
  } catch (cause) {
    throw new FormatError(`damaged WebP picture: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
  const alpha = read.data.some((v, i) => i % 4 === 3 && v !== 255);
  const data = alpha ? new Uint8Array(read.data) : Uint8Array.from(
    { length: read.width * read.height * 3 },
    (_, i) => read.data[Math.floor(i / 3) * 4 + i % 3] ?? 0,
  );
  return { width: read.width, height: read.height, channels: alpha ? 4 : 3, data };
}
