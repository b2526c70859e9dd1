/** Lempel, Ziv and Welch's compression as pictures have it. @module */
import { damaged } from "./pixels.ts";

/** What differs between formats. */
interface LzwForm {
  /** The format, for messages. */
  readonly format: string;
  /** Bits of a byte's own code. */
  readonly least: number;
  /** Whether a byte's highest bits come first. */
  readonly highFirst: boolean;
  /** How many codes early they widen. */
  readonly early: 0 | 1;
}

/**
 * At most `size` bytes out of LZW data; fewer where it ends.
 * @throws {FormatError} for a code that isn't there yet.
 */
export function unpackLzw(packed: Uint8Array, size: number, form: LzwForm): Uint8Array {
  const { least, highFirst, early } = form, clear = 1 << least, end = clear + 1;
  const out = new Uint8Array(size), starts = new Int32Array(4097), lengths = new Int32Array(4097);
  let to = 0, bits = least + 1, next = clear + 2, before = -1;
  for (let bit = 0; bit + bits <= packed.length * 8 && to < size;) {
    let code = 0;
    for (let i = 0; i < bits; i++, bit++) {
      const byte = packed[bit >> 3] as number;
      if (highFirst) code = 2 * code + ((byte >> (7 - (bit & 7))) & 1);
      else code |= ((byte >> (bit & 7)) & 1) << i;
    }
    if (code === end) break;
    if (code === clear) {
      [bits, next, before] = [least + 1, clear + 2, -1];
      continue;
    }
    if (code > next || (code === next && before < 0)) {
      throw damaged(form.format, "an LZW code that isn't there yet");
    }
    const start = to;
    if (code < clear) out[to++] = code;
    else {
      const from = starts[code] as number, length = lengths[code] as number;
      for (let i = 0; i < length && to < size; i++) out[to++] = out[from + i] ?? 0;
    }
    // What came before and one byte more is the new entry; it lies in the output as it is.
    if (before >= 0 && next < 4096) next++;
    starts[next] = start;
    lengths[next] = to - start + 1;
    before = code;
    if (bits < 12 && next + early >= 1 << bits) bits++;
  }
  return out.subarray(0, to);
}
