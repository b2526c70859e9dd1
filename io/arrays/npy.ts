/** NumPy's .npy and .npz files, formats 1.0 to 3.0 (numpy.lib.format). Pickled objects are refused. @module */
import { item } from "../../core/values/item.ts";
import * as args from "../files/arguments.ts";
import { type DType, dtypes, type NumericArray } from "../../core/values/dtype.ts";
import { FormatError, LimitError, shown, UnsupportedError } from "../../core/values/errors.ts";
import { defaultLimits } from "../../core/values/limits.ts";
import { type NDArray, printed } from "../../core/values/printing.ts";
import { numpyText } from "./numpytext.ts";
import { checkOptions } from "../../core/values/schema.ts";
import { sizeOf, type Tensor } from "../../core/values/tensor.ts";
import { reversedUnits } from "../archives/bytes.ts";
import { type NpyHeader, parseNpyHeader } from "./npyheader.ts";
import { checkBytes, dataFileNames, type DataFileOptions, named } from "../datasets/options.ts";
import { openZip, writeZip } from "../archives/zip.ts";

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const fromCode: Record<string, DType> = {
  b1: "bool",
  i1: "int8",
  i2: "int16",
  i4: "int32",
  i8: "int64",
  u1: "uint8",
  u2: "uint16",
  u4: "uint32",
  u8: "uint64",
  f2: "float16",
  f4: "float32",
  f8: "float64",
  c8: "complex64",
  c16: "complex128",
};
const toCode = new Map(Object.entries(fromCode).map(([code, dtype]) => [dtype, code]));

/**
 * Reads a .npy file into a tensor; a Fortran-ordered array is transposed to row-major. The data is a view of `bytes`
 * where alignment and byte order allow it.
 * @throws {FormatError} for a damaged or truncated file.
 * @throws {UnsupportedError} for object arrays and element types without a tensor.
 */
export function readNpy(bytes: Uint8Array, file?: string): NDArray {
  checkBytes("readNpy", bytes);
  const { label, detail } = named("npy", file);
  if (bytes.length < 10 || magic.some((b, i) => bytes[i] !== b)) {
    throw new FormatError(`${label} magic "\\x93NUMPY" not found: truncated, or not a .npy file`, detail);
  }
  const major = item(bytes, 6), wide = major > 1;
  if (major < 1 || major > 3) throw new FormatError(`${label} version ${major}: expected 1, 2 or 3`, detail);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (wide && bytes.length < 12) throw new FormatError(`${label} header is truncated`, detail);
  const start = wide ? 12 : 10, length = wide ? view.getUint32(8, true) : view.getUint16(8, true);
  if (length > 65536 || start + length > bytes.length) {
    throw new FormatError(
      `${label} header of ${length} bytes in a file of ${bytes.length}: truncated or corrupt`,
      detail,
    );
  }
  const text = new TextDecoder(major < 3 ? "latin1" : "utf-8").decode(bytes.subarray(start, start + length));
  const header = parseNpyHeader(text);
  if (typeof header === "string") throw new FormatError(`${label} header ${shown(text)}: ${header}`, detail);
  return printed(readData(bytes.subarray(start + length), header, label, detail), numpyText);
}

function readData(bytes: Uint8Array, header: NpyHeader, label: string, detail: { file?: string }): Tensor {
  const { shape, fortran, descr } = header;
  if (descr === undefined) throw new UnsupportedError(`${label} array of records is not supported`, detail);
  const [, order = "", code = ""] = /^([<>=|]?)(.+)$/.exec(descr) ?? [];
  const text = /^([US])(\d{1,9})$/.exec(code), dtype = text ? "string" : fromCode[code];
  if (code === "O") {
    throw new UnsupportedError(
      `${label} object array (descr "${descr}", a pickle) is not supported`,
      detail,
    );
  }
  if (dtype === undefined) {
    throw new UnsupportedError(`${label} element type "${descr}" is not supported`, detail);
  }
  const size = text ? Number(text[2]) * (text[1] === "U" ? 4 : 1) : Number(code.slice(1)),
    count = sizeOf(shape);
  const most = Number.isSafeInteger(count) && (size > 0 || count <= defaultLimits.items);
  if (!most) throw new LimitError(`${label} shape [${shape}] is too large`, detail);
  if (bytes.length !== count * size) {
    throw new FormatError(
      `${label} shape [${shape}] of "${descr}" takes ${count * size} bytes, found ${bytes.length}: ` +
        (bytes.length < count * size ? "truncated" : "data left over"),
      detail,
    );
  }
  const big = order === ">";
  if (text) {
    if (bytes.length > defaultLimits.textBytes) {
      throw new LimitError(`${label} strings of ${bytes.length} bytes are too large`, detail);
    }
    const strings = Array.from({ length: count }, (_, i) => {
      const item = bytes.subarray(i * size, (i + 1) * size);
      return text[1] === "U" ? wideText(item, big) : narrowText(item);
    });
    return { dtype, shape, data: fortran ? rowMajor(strings, shape) : strings };
  }
  const { array, per } = dtypes[dtype], unit = size / per;
  const whole = big && unit > 1
    ? reversedUnits(bytes, unit)
    : bytes.byteOffset % unit === 0
    ? bytes
    : bytes.slice();
  const data = new array(whole.buffer, whole.byteOffset, count * per);
  if (!fortran || shape.length < 2) return { dtype, shape, data };
  const out = new array(data.length);
  transposeInto(data, out, shape, per);
  return { dtype, shape, data: out };
}

/** Text of 32-bit code points up to trailing zeros, as NumPy's "U" stores it. */
function wideText(bytes: Uint8Array, big: boolean): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = bytes.length;
  while (end >= 4 && view.getUint32(end - 4) === 0) end -= 4;
  let out = "";
  for (let at = 0; at < end; at += 4) {
    const point = view.getUint32(at, !big);
    out += point > 0x10ffff ? "\ufffd" : String.fromCodePoint(point);
  }
  return out;
}
function narrowText(bytes: Uint8Array): string {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(0, end));
}

/** For each element in row-major order, its place in column-major order. */
function* columnMajor(shape: readonly number[]): Generator<number> {
  const strides: number[] = [];
  shape.reduce((stride, d, i) => (strides[i] = stride) * d, 1);
  const at = shape.map(() => 0);
  for (let n = sizeOf(shape), from = 0; n > 0; n--) {
    yield from;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const next = item(at, axis) + 1, stride = item(strides, axis);
      if (next < item(shape, axis)) {
        at[axis] = next, from += stride;
        break;
      }
      from -= (next - 1) * stride, at[axis] = 0;
    }
  }
}
function rowMajor(strings: readonly string[], shape: readonly number[]): string[] {
  return Array.from(columnMajor(shape), (from) => strings[from] ?? "");
}
function transposeInto(data: NumericArray, out: NumericArray, shape: readonly number[], per: number): void {
  let to = 0;
  for (const from of columnMajor(shape)) {
    for (let p = 0; p < per; p++) out[to++] = data[from * per + p] ?? 0;
  }
}

/**
 * Writes a tensor as a .npy file: format 1.0, or 2.0 where the header is longer than 65535 bytes, little-endian, C order.
 * Strings become `<U`.
 * @throws {UnsupportedError} for element types that NumPy doesn't have, such as bfloat16 and float8.
 */
export function writeNpy(t: Tensor): Uint8Array<ArrayBuffer> {
  args.check("writeNpy", "t", t, args.tensorKind);
  const { descr, body } = encode(t);
  const shape = t.shape.length === 1 ? `(${t.shape[0]},)` : `(${t.shape.join(", ")})`;
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`;
  const start = text.length + 11 > 65535 ? 12 : 10;
  const length = Math.ceil((start + text.length + 1) / 64) * 64 - start;
  const out = new Uint8Array(start + length + body.length);
  const view = new DataView(out.buffer);
  out.set(magic);
  out[6] = start === 12 ? 2 : 1;
  if (start === 12) view.setUint32(8, length, true);
  else view.setUint16(8, length, true);
  out.set(new TextEncoder().encode(text.padEnd(length - 1) + "\n"), start);
  out.set(body, start + length);
  return out;
}

function encode({ dtype, data }: Tensor): { descr: string; body: Uint8Array } {
  if (ArrayBuffer.isView(data)) {
    const code = toCode.get(dtype);
    if (!code) throw new UnsupportedError(`npy: NumPy has no element type ${dtype}; cast it first`);
    const descr = `${code.endsWith("1") ? "|" : "<"}${code}`;
    return { descr, body: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
  }
  const points = data.map((s) => Array.from(s, (c) => c.codePointAt(0) ?? 0));
  const width = points.reduce((w, p) => Math.max(w, p.length), 1);
  const body = new Uint32Array(points.length * width);
  points.forEach((p, i) => body.set(p, i * width));
  return { descr: `<U${width}`, body: new Uint8Array(body.buffer) };
}

/**
 * Reads a .npz file: every .npy member by its name without the extension.
 * @throws {FormatError} for a damaged archive or member, or a member that is not .npy.
 */
export function readNpz(
  bytes: Uint8Array,
  options: DataFileOptions = {},
): Map<string, Tensor> {
  checkOptions("readNpz", options, dataFileNames);
  checkBytes("readNpz", bytes);
  const zip = openZip(bytes, options);
  return new Map(zip.names.map((name) => {
    const label = options.file === undefined ? name : `${options.file}: ${name}`;
    const limit = (options.limits ?? defaultLimits).tensorBytes;
    return [name.replace(/\.npy$/, ""), readNpy(zip.read(name, limit), label)] as const;
  }));
}

/** Writes tensors as a .npz file, stored. Throws as {@link writeNpy} does. */
export function writeNpz(
  tensors: ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>,
): Uint8Array<ArrayBuffer> {
  args.check("writeNpz", "tensors", tensors, args.object);
  const pairs = tensors instanceof Map ? [...tensors] : Object.entries(tensors);
  return writeZip(pairs.map(([name, t]) => ({ name: `${name}.npy`, bytes: writeNpy(t) })));
}
