/** GIF pictures (87a and 89a): the first frame on its canvas, black where it doesn't reach. @module */
import { unpackLzw } from "./lzw.ts";
import { ByteReader, checkSize, damaged, type Decoder, type Picture } from "./pixels.ts";

/** The data of sub-blocks, joined. */
function subBlocks(r: ByteReader): Uint8Array {
  const parts: number[] = [];
  for (let size = r.u8(); size > 0; size = r.u8()) parts.push(...r.take(size));
  return Uint8Array.from(parts);
}
/** Rows of a frame in the order that they are stored. */
function rowsOf(height: number, interlaced: boolean): readonly number[] {
  const passes = interlaced ? [[0, 8], [4, 8], [2, 4], [1, 2]] : [[0, 1]], rows: number[] = [];
  for (const [from = 0, step = 1] of passes) for (let y = from; y < height; y += step) rows.push(y);
  return rows;
}

/** GIF. */
export const decodeGif: Decoder = (bytes, most): Picture => {
  const r = new ByteReader(bytes, "GIF", 6, true), width = r.u16(), height = r.u16(), flags = r.u8();
  checkSize("GIF", width, height, 3, most);
  r.at += 2;
  const shared = flags & 128 ? r.take(3 * (2 << (flags & 7))) : undefined;
  for (let kind = r.u8(); kind !== 0x2c; kind = r.u8()) {
    if (kind !== 0x21) throw damaged("GIF", kind === 0x3b ? "it has no frame" : `a block of kind ${kind}`);
    r.at++;
    subBlocks(r);
  }
  const left = r.u16(), top = r.u16(), wide = r.u16(), high = r.u16(), packed = r.u8();
  checkSize("GIF", wide, high, 3, most);
  const palette = packed & 128 ? r.take(3 * (2 << (packed & 7))) : shared, least = r.u8();
  if (!palette) throw damaged("GIF", "it has no palette");
  if (least < 1 || least > 8) throw damaged("GIF", `codes of ${least} bits`);
  const indices = unpackLzw(subBlocks(r), wide * high, { format: "GIF", least, highFirst: false, early: 0 });
  if (indices.length < wide * high) throw damaged("GIF", "its data end too soon");
  const data = new Uint8Array(width * height * 3);
  rowsOf(high, (packed & 64) !== 0).forEach((y, row) => {
    for (let x = 0; x < wide && left + x < width && top + y < height; x++) {
      const from = 3 * (indices[row * wide + x] ?? 0), to = 3 * ((top + y) * width + left + x);
      if (from + 2 >= palette.length) throw damaged("GIF", "a colour that its palette hasn't");
      for (let c = 0; c < 3; c++) data[to + c] = palette[from + c] as number;
    }
  });
  return { width, height, channels: 3, data };
};
