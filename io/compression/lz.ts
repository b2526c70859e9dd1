/** Small formats of literals and copies: LZ4's blocks and BloscLZ. @module */
import { Damaged, decoded, Output, taken } from "./damaged.ts";

/** Lengths go on in bytes while these are 255. */
function more(data: Uint8Array, at: number): { length: number; at: number } {
  for (let length = 0;;) {
    const byte = data[at++];
    if (byte === undefined) throw new Damaged("truncated data");
    length += byte;
    if (byte !== 255) return { length, at };
  }
}

/** Decodes one LZ4 block that has to give exactly `size` bytes; else says why not. */
export function decodeLz4(data: Uint8Array, size: number): Uint8Array | string {
  return decoded(() => {
    const out = new Output(size);
    for (let at = 0; at < data.length;) {
      const token = data[at++] as number;
      let literals = token >> 4, length = token & 15;
      if (literals === 15) {
        const rest = more(data, at);
        literals += rest.length, at = rest.at;
      }
      out.put(taken(data, at, literals));
      at += literals;
      if (at === data.length) break;
      const [low = 0, high = 0] = taken(data, at, 2);
      at += 2;
      if (length === 15) {
        const rest = more(data, at);
        length += rest.length, at = rest.at;
      }
      out.copy(low | high << 8, length + 4);
    }
    return out.full();
  });
}

/** Copies of BloscLZ reach this far in two bytes; further ones say how much further in two bytes more. */
const near = 8191;

/** Decodes BloscLZ data that has to give exactly `size` bytes; else says why not. */
export function decodeBloscLz(data: Uint8Array, size: number): Uint8Array | string {
  return decoded(() => {
    const out = new Output(size);
    for (let at = 0; at < data.length;) {
      const control = (data[at] as number) & (at === 0 ? 31 : 255);
      at++;
      if (control < 32) {
        out.put(taken(data, at, control + 1));
        at += control + 1;
        continue;
      }
      let length = control >> 5, distance = (control & 31) << 8;
      if (length === 7) {
        const rest = more(data, at);
        length += rest.length, at = rest.at;
      }
      const [low = 0] = taken(data, at++, 1);
      distance += low;
      if (distance === near) {
        const [high = 0, lowest = 0] = taken(data, at, 2);
        at += 2;
        distance = near + (high << 8 | lowest);
      }
      out.copy(distance + 1, length + 2);
    }
    return out.full();
  });
}
