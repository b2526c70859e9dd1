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
  const i1 = at + step, i2 = i1 + step, i3 = i2 + step, i4 = i3 + step, i5 = i4 + step, i6 = i5 + step;
  const i7 = i6 + step, half = 2 ** (shift - 1);
  const x0 = x[at] as number, x1 = x[i1] as number, x2 = x[i2] as number, x3 = x[i3] as number;
  const x4 = x[i4] as number, x5 = x[i5] as number, x6 = x[i6] as number, x7 = x[i7] as number;
  const even = (x2 + x6) * 4433, low = even - x6 * 15137, high = even + x2 * 6270;
  const sum = (x0 + x4) * 8192, gap = (x0 - x4) * 8192;
  const e0 = sum + high + half, e3 = sum - high + half, e1 = gap + low + half, e2 = gap - low + half;
  const z5 = (x7 + x3 + x5 + x1) * 9633;
  const z1 = (x7 + x1) * -7373, z2 = (x5 + x3) * -20995;
  const z3 = (x7 + x3) * -16069 + z5, z4 = (x5 + x1) * -3196 + z5;
  const o0 = x7 * 2446 + z1 + z3, o1 = x5 * 16819 + z2 + z4;
  const o2 = x3 * 25172 + z2 + z3, o3 = x1 * 12299 + z1 + z4;
  x[at] = (e0 + o3) >> shift;
  x[i1] = (e1 + o2) >> shift;
  x[i2] = (e2 + o1) >> shift;
  x[i3] = (e3 + o0) >> shift;
  x[i4] = (e3 - o0) >> shift;
  x[i5] = (e2 - o1) >> shift;
  x[i6] = (e1 - o2) >> shift;
  x[i7] = (e0 - o3) >> shift;
}
/** All blocks of a colour as pixels. */
function planeOf(c: Component, table: Int32Array | undefined): Plane {
  if (!table) throw damaged("JPEG", "a quantizer is missing");
  const stride = c.wide * 8, data = new Uint8Array(stride * c.high * 8), work = new Int32Array(64);
  for (let b = 0; b < c.wide * c.high; b++) {
    for (let i = 0; i < 64; i++) work[i] = (c.blocks[b * 64 + i] as number) * (table[i] as number);
    for (let i = 0; i < 8; i++) idct8(work, i, 8, 11);
    for (let i = 0; i < 8; i++) idct8(work, i * 8, 1, 18);
    const to = Math.floor(b / c.wide) * 8 * stride + (b % c.wide) * 8;
    for (let i = 0; i < 64; i++) data[to + (i >> 3) * stride + (i & 7)] = clamp((work[i] as number) + 128);
  }
  return { width: c.width, height: c.height, stride, data };
}

/** Twice as wide: three parts of the nearer neighbour and one of the farther, roundings by turns. */
function widened(row: ArrayLike<number>, width: number, out: Uint8Array, to: number, unit: number): void {
  // unit 1: pixels; 4: sums of four parts, as after doubling the height.
  const [down, up] = unit === 1 ? [1, 2] : [8, 7], shift = unit === 1 ? 2 : 4;
  for (let i = 0; i < width; i++) {
    const v = row[i] as number,
      left = i === 0 ? v : row[i - 1] as number,
      right = i === width - 1 ? v : row[i + 1] as number;
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

/** Luma and colour differences as red, green and blue, each handed on as a byte. */
function coloured(
  planes: readonly Plane[],
  { width, height }: Frame,
  put: (pixel: number, r: number, g: number, b: number) => void,
): void {
  const [y, cb, cr] = planes;
  if (!y || !cb || !cr) return;
  for (let row = 0, i = 0; row < height; row++) {
    for (let column = 0; column < width; column++, i++) {
      const v = y.data[row * y.stride + column] as number,
        b = (cb.data[row * cb.stride + column] as number) - 128;
      const r = (cr.data[row * cr.stride + column] as number) - 128;
      put(
        i,
        clamp(v + ((redOfCr * r + 32768) >> 16)),
        clamp(v + ((greenOfCb * b + greenOfCr * r + 32768) >> 16)),
        clamp(v + ((blueOfCb * b + 32768) >> 16)),
      );
    }
  }
}
/** A plane without what stands beyond the picture. */
function cropped({ data, stride }: Plane, { width, height }: Frame): Uint8Array {
  const out = new Uint8Array(width * height);
  for (let row = 0; row < height; row++) {
    out.set(data.subarray(row * stride, row * stride + width), row * width);
  }
  return out;
}
/** The product of two parts of 255, rounded. */
function parts(a: number, b: number): number {
  const v = a * b + 128;
  return ((v >> 8) + v) >> 8;
}
/** Four inks as red, green and blue. Adobe's files hold what of the paper shows in place of the ink. */
function inked(planes: readonly Plane[], frame: Frame, transform: number | undefined): Uint8Array {
  const inks = planes.map((p) => cropped(p, frame)), data = new Uint8Array(frame.width * frame.height * 3);
  if (transform === 2) {
    const [c = data, m = data, y = data] = inks;
    coloured(planes, frame, (i, r, g, b) => (c[i] = 255 - r, m[i] = 255 - g, y[i] = 255 - b));
  }
  const turned = transform === undefined ? 0 : 255, black = inks[3] ?? data;
  for (let c = 0; c < 3; c++) {
    const ink = inks[c] ?? data;
    for (let i = 0; i < black.length; i++) {
      const light = 255 - ((black[i] as number) ^ turned);
      data[3 * i + c] = light - parts((ink[i] as number) ^ turned, light);
    }
  }
  return data;
}

/** A frame's pixels. `transform` is what Adobe's marker says: 0 for colours as they are. */
export function rendered(frame: Frame, transform: number | undefined): Picture {
  const { width, height, across, down } = frame;
  const planes = frame.components.map((c) => {
    const plane = planeOf(c, frame.quantizers[c.table]);
    const wide = across / c.h, high = down / c.v;
    if (!Number.isInteger(wide) || !Number.isInteger(high)) throw damaged("JPEG", "sampling factors");
    return enlarged(plane, wide, high, width, height);
  });
  const [only, ...more] = planes;
  if (!only) throw damaged("JPEG", "it has no colours");
  const gray = cropped(only, frame);
  if (more.length === 0) return { width, height, channels: 1, data: gray };
  if (more.length === 3) return { width, height, channels: 3, data: inked(planes, frame, transform) };
  const data = new Uint8Array(width * height * 3);
  if (transform === 0 || frame.components.map((c) => String.fromCharCode(c.id)).join("") === "RGB") {
    planes.forEach((plane, c) => cropped(plane, frame).forEach((v, i) => data[3 * i + c] = v));
    return { width, height, channels: 3, data };
  }
  coloured(planes, frame, (i, r, g, b) => (data[3 * i] = r, data[3 * i + 1] = g, data[3 * i + 2] = b));
  return { width, height, channels: 3, data, gray };
}
