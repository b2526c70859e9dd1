/** Pictures as TensorFlow decodes and resizes them. @module */
import { crc32 } from "../archives/inflate.ts";
import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { tensor, toNumbers } from "../../core/values/tensor.ts";
import { type ColorMode, readImage, resizeImage } from "./images.ts";

const folder = new URL("../../tests/fixtures/images/", import.meta.url);
const { decoded, resized } = JSON.parse(await Deno.readTextFile(new URL("values.json", folder))) as {
  readonly decoded: Readonly<
    Record<string, Readonly<Record<string, { readonly shape: number[]; readonly data: number[] }>>>
  >;
  readonly resized: Readonly<Record<string, readonly number[]>>;
};
const read = (name: string) => Deno.readFile(new URL(name, folder));

for (const [name, modes] of Object.entries(decoded)) {
  Deno.test(`${name} is read as TensorFlow reads it, in every colour mode`, async () => {
    const bytes = await read(name);
    for (const [mode, { shape, data }] of Object.entries(modes)) {
      const image = await readImage(bytes, { colorMode: mode as ColorMode });
      deepStrictEqual([image.dtype, image.shape], ["uint8", shape], mode);
      const numbers = toNumbers(image), off = data.map((v, i) => Math.abs(v - (numbers[i] ?? NaN)));
      // Grey out of the colours of a PNG may round otherwise; inks are rounded where TensorFlow cuts off.
      const most = (name.endsWith(".png") && mode === "grayscale") || name === "inks.jpg" ? 1 : 0;
      ok(Math.max(...off) <= most, `${mode}: ${Math.max(...off)} at most`);
    }
  });
}

Deno.test("the file's own channels are kept unless a colour mode is given", async () => {
  const channels = async (name: string) => (await readImage(await read(name))).shape[2];
  deepStrictEqual(
    await Promise.all(
      ["gray.png", "grayalpha.png", "rgb.png", "rgba.png", "palette.png", "gray.jpg", "photo.jpg"].map(
        channels,
      ),
    ),
    [1, 2, 3, 4, 3, 1, 3],
  );
});

Deno.test("resizing is tf.image.resize's, larger and smaller", async () => {
  const image = await readImage(await read("rgb.png"));
  for (const [what, expected] of Object.entries(resized)) {
    const [method = "", size = ""] = what.split(" "), [height = 0, width = 0] = size.split("x").map(Number);
    const made = resizeImage(image, [height, width], method as "bilinear" | "nearest");
    deepStrictEqual([made.dtype, made.shape], ["float32", [height, width, 3]]);
    // Four products and sums of values below 256 in float32.
    toNumbers(made).forEach((v: number, i: number) =>
      ok(Math.abs(v - (expected[i] ?? NaN)) < 1e-4, `${what} ${i}`)
    );
  }
  deepStrictEqual(resizeImage(tensor([[[1], [2]]]), [1, 2]).data, Float32Array.of(1, 2));
});

Deno.test("a broken picture is named", async () => {
  const whole = await read("rgb.png"), photo = await read("photo.jpg");
  await rejects(
    readImage(whole.subarray(0, 60), { file: "a/b.png" }),
    /^FormatError: a\/b\.png: image: damaged PNG picture: /,
  );
  await rejects(readImage(whole.subarray(0, 20)), /image: damaged PNG picture: it ends too soon/);
  await rejects(readImage(photo.subarray(0, 100), { file: "c.jpg" }), /c\.jpg: image/);
  await rejects(
    readImage(new TextEncoder().encode("a text"), { file: "x.gif" }),
    /x\.gif: image: not a picture: expected BMP, GIF, JPEG, PNG, PNM or TIFF/,
  );
  const changed = whole.slice();
  changed[50] = (changed[50] ?? 0) ^ 255;
  await rejects(
    readImage(changed, { file: "d.png" }),
    /d\.png: image: damaged PNG picture: IDAT has another checksum/,
  );
  const huge = whole.slice();
  new DataView(huge.buffer).setUint32(16, 0x7fffffff);
  await rejects(
    readImage(huge),
    (error: Error) => error.name === "LimitError" || error.name === "FormatError",
  );
  strictEqual((await readImage(whole)).shape.length, 3);
  await rejects(
    readImage(new TextEncoder().encode("RIFF\0\0\0\0WEBPVP8 "), { file: "e.webp" }),
    /^FormatError: e\.webp: image: damaged WebP picture: it ends too soon/,
  );
});

/** A PNG part's checksum as it stands behind it. */
function checksum(part: Uint8Array): Uint8Array {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, crc32(part));
  return out;
}
const bytesOf = (base64: string) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

Deno.test("pictures are put upright as Pillow's exif_transpose does, where that is asked for", async () => {
  // 2 × 3 pixels 0, 40, … 200 that Pillow wrote as PNG with orientation 6; the byte of the orientation is changed below.
  const file = bytesOf(
    "iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAAAAAC4HznGAAAAGmVYSWZNTQAqAAAACAABARIAAwAAAAEABgAAAAAAANZnS2kAAAAQSURBVHic" +
      "Y2TQ0GCs0NAAAAOsARurQfTfAAAAAElFTkSuQmCC",
  );
  const expected = [
    "012/345",
    "210/543",
    "543/210",
    "345/012",
    "03/14/25",
    "30/41/52",
    "52/41/30",
    "25/14/03",
  ];
  for (const [i, rows] of expected.entries()) {
    const said = file.slice();
    said[60] = i + 1;
    said.set(checksum(said.subarray(37, 67)), 67);
    const { shape, data } = await readImage(said, { upright: true });
    const [height = 0, width = 0] = shape;
    const got = Array.from(
      { length: height },
      (_, y) => [...data.slice(y * width, (y + 1) * width)].map((v) => Number(v) / 40).join(""),
    );
    strictEqual(got.join("/"), rows);
    deepStrictEqual((await readImage(said)).shape, [2, 3, 1]);
  }
});

const hasWebp = await import(["npm:@jsquash/webp@1.5.0", "decode.js"].join("/")).then(
  () => true,
  () => false,
);
Deno.test({
  name: "WebP pictures have libwebp's pixels",
  ignore: !hasWebp,
  async fn() {
    // 2 × 2 pixels, written by Pillow without loss.
    const file = bytesOf(
      "UklGRjoAAABXRUJQVlA4TC4AAAAvAUAAAB9AJECa+wDa/aqQgEyZoLpIQEL832GQQ9T8R/nPEgJKAgRAUUYi+h8M",
    );
    deepStrictEqual([...(await readImage(file)).data], [
      106,
      152,
      249,
      131,
      184,
      200,
      0,
      21,
      253,
      147,
      202,
      107,
    ]);
    await rejects(readImage(file.subarray(0, 20)), /image: damaged WebP picture/);
  },
});
