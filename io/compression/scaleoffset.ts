/** HDF5's own scaleoffset filter: whole numbers above a least one in as few bits as they need; floats as such of a power of ten. @module */
import { Damaged, decoded, taken } from "./damaged.ts";

/** Bytes before the packed bits: how many bits a number has, and the least number in eight bytes. */
const head = 21;

/** `count` numbers of `bits` bits, the highest bit first. */
function* packed(data: Uint8Array, count: number, bits: number): Generator<bigint> {
  const need = Math.ceil(count * bits / 8), bytes = taken(data, head, need);
  let held = 0n, have = 0, at = 0;
  for (let i = 0; i < count; i++) {
    for (; have < bits; have += 8) held = held << 8n | BigInt(bytes[at++] ?? 0);
    have -= bits;
    yield held >> BigInt(have);
    held &= (1n << BigInt(have)) - 1n;
  }
}

/** The scaleoffset filter. Settings are the kind, the power of ten, count, class, width, sign, order and fill value. */
export function decodeScaleOffset(
  data: Uint8Array,
  size: number,
  settings: readonly number[],
): Uint8Array | string {
  const [kind = -1, power = 0, , , width = 0, , order = 0, filled = 0, low = 0, high = 0] = settings;
  if (![1, 2, 4, 8].includes(width) || order !== 0 || (kind !== 0 && kind !== 2)) {
    return `scaleoffset of kind ${kind}, ${width} bytes, order ${order}: little-endian numbers are read`;
  }
  return decoded(() => {
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    taken(data, 0, head);
    const bits = view.getUint32(0, true), count = size / width, all = 8 * width;
    if (bits > all) throw new Damaged(`numbers of ${bits} bits in ${all}`);
    if (bits === all) return taken(data, head, size).slice();
    const out = new Uint8Array(size), to = new DataView(out.buffer);
    const fill = filled === 1 ? (1n << BigInt(bits)) - 1n : undefined;
    const least = view.getBigUint64(5, true), scale = 10 ** power;
    let i = 0;
    for (const number of packed(data, count, bits)) {
      const at = width * i++;
      if (number === fill) {
        for (let k = 0; k < width; k++) out[at + k] = (k < 4 ? low >>> 8 * k : high >>> 8 * (k - 4)) & 255;
      } else if (kind === 2) {
        const value = BigInt.asUintN(64, least + number);
        for (let k = 0; k < width; k++) out[at + k] = Number(value >> BigInt(8 * k) & 255n);
      } else if (width === 4) {
        const steps = Math.fround(Math.fround(Number(number)) / Math.fround(scale));
        to.setFloat32(at, steps + view.getFloat32(5, true), true);
      } else to.setFloat64(at, Number(number) / scale + view.getFloat64(5, true), true);
    }
    return out;
  });
}
