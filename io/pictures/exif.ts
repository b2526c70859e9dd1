/** How a camera was held: the orientation that Exif data of JPEG and PNG files say (CIPA DC-008). @module */

/** The data view of a file's Exif part, from its byte order on. */
function exifOf(bytes: Uint8Array): DataView | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const part = (from: number, to: number) =>
    to <= bytes.length ? new DataView(bytes.buffer, bytes.byteOffset + from, to - from) : undefined;
  const word = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (bytes[0] === 0xff && bytes[1] === 0xd8) {
    // Segments of a marker and their own length, up to the scan.
    for (let at = 2; at + 10 <= bytes.length && bytes[at] === 0xff && bytes[at + 1] !== 0xda;) {
      const end = at + 2 + view.getUint16(at + 2);
      if (bytes[at + 1] === 0xe1 && word(at + 4) === "Exif") return part(at + 10, end);
      at = end;
    }
  } else if (word(0) === "RIFF" && word(8) === "WEBP") {
    for (let at = 12; at + 8 <= bytes.length;) {
      const size = view.getUint32(at + 4, true);
      if (word(at) === "EXIF") return part(at + 8 + (word(at + 8) === "Exif" ? 6 : 0), at + 8 + size);
      at += 8 + size + size % 2;
    }
  } else if (word(1) === "PNG\r") {
    for (let at = 8; at + 12 <= bytes.length;) {
      const size = view.getUint32(at);
      if (word(at + 4) === "eXIf") return part(at + 8, at + 8 + size);
      at += 12 + size;
    }
  }
  return undefined;
}
/** From 1, upright, to 8 as Exif numbers them; 1 where a file says nothing, or nothing that is understood. */
export function orientationOf(bytes: Uint8Array): number {
  const exif = exifOf(bytes);
  if (!exif || exif.byteLength < 8) return 1;
  const little = exif.getUint16(0) === 0x4949, first = exif.getUint32(4, little);
  if (first + 2 > exif.byteLength) return 1;
  for (
    let i = 0, at = first + 2;
    i < exif.getUint16(first, little) && at + 12 <= exif.byteLength;
    i++, at += 12
  ) {
    const value = exif.getUint16(at + 8, little);
    if (exif.getUint16(at, little) === 0x0112) return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

/** Pixels `[height, width, channels]` put upright. */
export function turned(
  data: Uint8Array,
  [height, width, channels]: readonly [number, number, number],
  orientation: number,
): { readonly data: Uint8Array; readonly height: number; readonly width: number } {
  if (orientation === 1) return { data, height, width };
  const swaps = orientation > 4, rows = swaps ? width : height, columns = swaps ? height : width;
  const out = new Uint8Array(data.length);
  // Where row 0 and column 0 of the file are seen, by orientation.
  const fromBottom = [3, 4, 7, 8].includes(orientation), fromRight = [2, 3, 6, 7].includes(orientation);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const v = fromBottom ? rows - 1 - y : y, u = fromRight ? columns - 1 - x : x;
      const from = (swaps ? u * width + v : v * width + u) * channels;
      for (let c = 0; c < channels; c++) out[(y * columns + x) * channels + c] = data[from + c] ?? 0;
    }
  }
  return { data: out, height: rows, width: columns };
}
