/** JPEG coefficients to pixels, bit for bit as libjpeg does it: its integer transform, smooth chroma, fixed-point colours. @module */
import { damaged, type Picture } from "./pixels.ts";

/** One colour of a frame: its blocks of coefficients, `wide`×`high`, of which `width`×`height` pixels count. */
export interface Component {
  readonly id: number;
  readonly h: number;
  readonly v: number;
  readonly table: number;
  readonly width: number;
  readonly height: number;
  readonly wide: number;
  readonly high: number;
  readonly blocks: Int16Array;
}
/** A picture's size, its colours, and the greatest sampling factors among them. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly across: number;
  readonly down: number;
  readonly columns: number;
  readonly rows: number;
  readonly components: readonly Component[];
  readonly quantizers: readonly (Int32Array | undefined)[];
}
/** Rows of one colour's pixels. */
interface Plane {
  readonly width: number;
  readonly height: number;
  readonly stride: number;
  readonly data: Uint8Array;
}

const clamp = (v: number) => (v < 0 ? 0 : v > 255 ? 255 : v);

/**
 * Eight numbers, transformed (Loeffler, Ligtenberg and Moschytz 1989) with 13 bits behind the point; results are
 * rounded by `shift` bits. In and out lie `step` apart.
 */
function idct8(x: Int32Array, at: number, step: number, shift: number): void {
  const [x0 = 0, x1 = 0, x2 = 0, x3 = 0, x4 = 0, x5 = 0, x6 = 0, x7 = 0] = [0, 1, 2, 3, 4, 5, 6, 7].map((i) =>
    x[at + i * step] ?? 0
  );
  const even = (x2 + x6) * 4433, low = even - x6 * 15137, high = even + x2 * 6270;
  const sum = (x0 + x4) * 8192, gap = (x0 - x4) * 8192;
  const e0 = sum + high, e3 = sum - high, e1 = gap + low, e2 = gap - low;
  const z5 = (x7 + x3 + x5 + x1) * 9633;
  const z1 = (x7 + x1) * -7373, z2 = (x5 + x3) * -20995;
  const z3 = (x7 + x3) * -16069 + z5, z4 = (x5 + x1) * -3196 + z5;
  const o0 = x7 * 2446 + z1 + z3,
    o1 = x5 * 16819 + z2 + z4,
    o2 = x3 * 25172 + z2 + z3,
    o3 = x1 * 12299 + z1 + z4;
  const half = 2 ** (shift - 1);
  [e0 + o3, e1 + o2, e2 + o1, e3 + o0, e3 - o0, e2 - o1, e1 - o2, e0 - o3].forEach((v, i) =>
    x[at + i * step] = (v + half) >> shift
  );
}
/** All blocks of a colour as pixels. */
function planeOf(c: Component, table: Int32Array | undefined): Plane {
  if (!table) throw damaged("JPEG", "a quantizer is missing");
  const stride = c.wide * 8, data = new Uint8Array(stride * c.high * 8), work = new Int32Array(64);
  for (let b = 0; b < c.wide * c.high; b++) {
    for (let i = 0; i < 64; i++) work[i] = (c.blocks[b * 64 + i] ?? 0) * (table[i] ?? 0);
    for (let i = 0; i < 8; i++) idct8(work, i, 8, 11);
    for (let i = 0; i < 8; i++) idct8(work, i * 8, 1, 18);
    const to = Math.floor(b / c.wide) * 8 * stride + (b % c.wide) * 8;
    for (let i = 0; i < 64; i++) data[to + (i >> 3) * stride + (i & 7)] = clamp((work[i] ?? 0) + 128);
  }
  return { width: c.width, height: c.height, stride, data };
}

/** Twice as wide: three parts of the nearer neighbour and one of the farther, roundings by turns. */
function widened(row: ArrayLike<number>, width: number, out: Uint8Array, to: number, unit: number): void {
  // unit 1: pixels; 4: sums of four parts, as after doubling the height.
  const [down, up] = unit === 1 ? [1, 2] : [8, 7], shift = unit === 1 ? 2 : 4;
  for (let i = 0; i < width; i++) {
    const v = row[i] ?? 0,
      left = i === 0 ? v : row[i - 1] ?? 0,
      right = i === width - 1 ? v : row[i + 1] ?? 0;
    out[to + 2 * i] = (3 * v + left + down) >> shift;
    out[to + 2 * i + 1] = (3 * v + right + up) >> shift;
  }
}
/** A colour in the picture's full size. */
function enlarged(p: Plane, across: number, down: number, width: number, height: number): Plane {
  if (across === 1 && down === 1) return p;
  const stride = p.width * across, data = new Uint8Array(stride * p.height * down), smooth = p.width > 2;
  const row = (y: number) => p.data.subarray(Math.min(p.height - 1, Math.max(0, y)) * p.stride);
  for (let y = 0; y < p.height * down; y++) {
    const near = Math.floor(y / down), here = row(near), other = row(y % 2 === 0 ? near - 1 : near + 1);
    if (across === 2 && down === 1 && smooth) widened(here, p.width, data, y * stride, 1);
    else if (across === 2 && down === 2 && smooth) {
      const sums = Int32Array.from({ length: p.width }, (_, i) => 3 * (here[i] ?? 0) + (other[i] ?? 0));
      widened(sums, p.width, data, y * stride, 4);
    } else if (across === 1 && down === 2) {
      const bias = y % 2 === 0 ? 1 : 2;
      for (let i = 0; i < p.width; i++) {
        data[y * stride + i] = (3 * (here[i] ?? 0) + (other[i] ?? 0) + bias) >> 2;
      }
    } else for (let i = 0; i < stride; i++) data[y * stride + i] = here[Math.floor(i / across)] ?? 0;
  }
  return { width, height, stride, data };
}

const fix = (v: number) => Math.floor(v * 65536 + 0.5);
const redOfCr = fix(1.402), blueOfCb = fix(1.772), greenOfCr = -fix(0.71414), greenOfCb = -fix(0.34414);

/** A frame's pixels. `transform` is what Adobe's marker says: 0 for colours as they are. */
export function rendered(frame: Frame, transform: number | undefined): Picture {
  const { width, height, across, down } = frame;
  const planes = frame.components.map((c) => {
    const plane = planeOf(c, frame.quantizers[c.table]);
    const wide = across / c.h, high = down / c.v;
    if (!Number.isInteger(wide) || !Number.isInteger(high)) throw damaged("JPEG", "sampling factors");
    return enlarged(plane, wide, high, width, height);
  });
  const [y, cb, cr] = planes, channels = cb && cr ? 3 : 1, data = new Uint8Array(width * height * channels);
  const plain = transform === 0 || frame.components.map((c) => String.fromCharCode(c.id)).join("") === "RGB";
  for (let i = 0; i < width * height; i++) {
    const row = Math.floor(i / width), column = i % width;
    const at = (p: Plane | undefined) => p?.data[row * p.stride + column] ?? 0;
    if (channels === 1) data[i] = at(y);
    else if (plain) [y, cb, cr].forEach((p, c) => data[3 * i + c] = at(p));
    else {
      const v = at(y), b = at(cb) - 128, r = at(cr) - 128;
      data[3 * i] = clamp(v + ((redOfCr * r + 32768) >> 16));
      data[3 * i + 1] = clamp(v + ((greenOfCb * b + greenOfCr * r + 32768) >> 16));
      data[3 * i + 2] = clamp(v + ((blueOfCb * b + 32768) >> 16));
    }
  }
  return { width, height, channels, data };
}
