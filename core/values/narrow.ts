/** Floats narrower than 32 bits: exact reading, and writing rounded to nearest even as the ONNX specification says. @module */
import type { DType } from "./dtype.ts";

interface NarrowFormat {
  readonly exponent: number;
  readonly mantissa: number;
  readonly bias: number;
  /** `ieee`: infinities and NaN; `fn`: no infinity, all-ones is NaN; `fnuz`: negative zero is the NaN; `none`: finite only. */
  readonly special: "ieee" | "fn" | "fnuz" | "none";
}
const formats: Partial<Record<DType, NarrowFormat>> = {
  float16: { exponent: 5, mantissa: 10, bias: 15, special: "ieee" },
  bfloat16: { exponent: 8, mantissa: 7, bias: 127, special: "ieee" },
  float8e4m3fn: { exponent: 4, mantissa: 3, bias: 7, special: "fn" },
  float8e4m3fnuz: { exponent: 4, mantissa: 3, bias: 8, special: "fnuz" },
  float8e5m2: { exponent: 5, mantissa: 2, bias: 15, special: "ieee" },
  float8e5m2fnuz: { exponent: 5, mantissa: 2, bias: 16, special: "fnuz" },
  float4e2m1: { exponent: 2, mantissa: 1, bias: 1, special: "none" },
};

function formatOf(dtype: DType): NarrowFormat {
  const format = formats[dtype];
  if (!format) throw new RangeError(`${dtype} is not a narrow float`);
  return format;
}

/** The value of a bit pattern. */
export function decodeNarrow(dtype: DType, bits: number): number {
  if (dtype === "float8e8m0") return bits === 255 ? NaN : 2 ** (bits - 127);
  const { exponent, mantissa, bias, special } = formatOf(dtype);
  const width = 1 + exponent + mantissa;
  const sign = bits >> (width - 1) & 1 ? -1 : 1;
  const e = bits >> mantissa & (1 << exponent) - 1, m = bits & (1 << mantissa) - 1;
  const top = (1 << exponent) - 1;
  if (special === "ieee" && e === top) return m ? NaN : sign * Infinity;
  if (special === "fn" && e === top && m === (1 << mantissa) - 1) return NaN;
  if (special === "fnuz" && bits === 1 << (width - 1)) return NaN;
  if (e === 0) return sign * m * 2 ** (1 - bias - mantissa);
  return sign * (1 + m / 2 ** mantissa) * 2 ** (e - bias);
}

/** The nearest bit pattern, ties to even. `saturate` clamps what is too large to the largest finite value (8-bit types). */
export function encodeNarrow(dtype: DType, value: number, saturate = true): number {
  if (dtype === "float8e8m0") return encodeScale(value);
  const { exponent, mantissa, bias, special } = formatOf(dtype);
  const signBit = 1 << (exponent + mantissa);
  const top = (1 << exponent) - 1, full = (1 << mantissa) - 1;
  const sign = value < 0 || Object.is(value, -0) ? signBit : 0;
  const nan = special === "ieee"
    ? top << mantissa | 1 << (mantissa - 1)
    : special === "fn"
    ? top << mantissa | full
    : special === "fnuz"
    ? signBit
    : 0;
  if (Number.isNaN(value)) return nan;
  const largest = special === "ieee"
    ? (top - 1) << mantissa | full
    : special === "fn"
    ? top << mantissa | full - 1
    : top << mantissa | full;
  const clamps = special === "none" || (saturate && dtype.startsWith("float8"));
  const tooLarge = clamps ? sign | largest : special === "ieee" ? sign | top << mantissa : nan;
  const a = Math.abs(value);
  if (a === Infinity) return tooLarge;
  if (a === 0) return special === "fnuz" ? 0 : sign;
  let e = Math.max(Math.floor(Math.log2(a)), 1 - bias);
  if (2 ** e > a && e > 1 - bias) e--;
  if (2 ** (e + 1) <= a) e++;
  const scaled = a / 2 ** (e - mantissa);
  let q = Math.floor(scaled);
  const rest = scaled - q;
  if (rest > 0.5 || (rest === 0.5 && q % 2 === 1)) q++;
  // q counts mantissa steps above 2^e; carrying into the exponent is plain addition.
  const bits = q < 1 << mantissa ? q : (e + bias) * (1 << mantissa) + (q - (1 << mantissa));
  if (bits > largest) return tooLarge;
  return bits === 0 && special === "fnuz" ? 0 : sign | bits;
}

/** float8e8m0 holds a power of two alone: rounded to nearest, halves up, clamped. */
function encodeScale(value: number): number {
  if (Number.isNaN(value)) return 255;
  const a = Math.abs(value);
  if (a === Infinity) return 254;
  if (a === 0) return 0;
  let e = Math.floor(Math.log2(a));
  if (2 ** e > a) e--;
  if (2 ** (e + 1) <= a) e++;
  if (a / 2 ** e >= 1.5) e++;
  return Math.min(254, Math.max(0, e + 127));
}

const tables = new Map<DType, Float64Array>();
/** Reads bit patterns into numbers, through a table (built once a type). */
export function decodeNarrowArray(dtype: DType, bits: Uint16Array | Uint8Array): Float64Array {
  let table = tables.get(dtype);
  if (!table) {
    const size = bits instanceof Uint16Array ? 65536 : 256;
    table = Float64Array.from({ length: size }, (_, i) => decodeNarrow(dtype, i));
    tables.set(dtype, table);
  }
  const out = new Float64Array(bits.length);
  for (let i = 0; i < bits.length; i++) out[i] = table[bits[i] as number] ?? NaN;
  return out;
}
