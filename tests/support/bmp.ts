/** Small pictures for tests. @module */

/** A BMP of one colour with a brighter spot that moves with the number. */
export function bmp(side: number, [r, g, b]: readonly [number, number, number], spot: number): Uint8Array {
  const line = Math.ceil(side * 3 / 4) * 4,
    bytes = new Uint8Array(54 + line * side),
    view = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]);
  view.setUint32(2, bytes.length, true);
  view.setUint32(10, 54, true);
  view.setUint32(14, 40, true);
  view.setInt32(18, side, true);
  view.setInt32(22, side, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, 24, true);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const lit = (x + y * side) % 7 === spot % 7 ? 40 : 0;
      bytes.set([b + lit, g + lit, r + lit], 54 + y * line + x * 3);
    }
  }
  return bytes;
}
