/** Inflating with a bound: the size of the result is known before, and held. Used by zip, HDF5 and gzip files. @module */
import { item } from "../../core/values/item.ts";
import { Inflate } from "fflate";
import { FormatError, LimitError } from "../../core/values/errors.ts";
import { defaultLimits } from "../../core/values/limits.ts";
import { type DataFileOptions, named } from "../datasets/options.ts";

/** No deflate stream grows beyond 1032 bytes for each of its own. */
const greatestRatio = 1032;
const step = 1 << 16;

/**
 * Inflates a raw deflate stream that has to give exactly `size` bytes.
 * Returns the reason in place of bytes when it doesn't; takes memory for `size` bytes only when the stream could fill them.
 */
export function inflateExactly(data: Uint8Array, size: number): Uint8Array<ArrayBuffer> | string {
  if (size > data.length * greatestRatio) {
    return `size mismatch: ${data.length} compressed bytes can't give ${size} bytes`;
  }
  const out = new Uint8Array(size);
  let filled = 0, excess = false;
  const stream = new Inflate((part) => {
    if (filled + part.length > size) excess = true;
    else out.set(part, filled);
    filled += part.length;
  });
  try {
    for (let at = 0; at === 0 || at < data.length; at += step) {
      stream.push(data.subarray(at, at + step), at + step >= data.length);
      if (excess) return `size mismatch: more than the declared ${size} bytes come out`;
    }
  } catch (cause) {
    return `damaged deflate data (${cause instanceof Error ? cause.message : "unknown"})`;
  }
  return filled === size ? out : `size mismatch: ${filled} bytes came out of the declared ${size}`;
}

/** {@link inflateExactly} for a zlib stream, with its Adler-32 checked (RFC 1950). */
export function inflateZlib(data: Uint8Array, size: number): Uint8Array<ArrayBuffer> | string {
  const first = data[0] ?? 0, second = data[1] ?? 0;
  if (data.length < 6 || (first & 15) !== 8 || (first << 8 | second) % 31 !== 0 || second & 32) {
    return "damaged zlib header";
  }
  const out = inflateExactly(data.subarray(2, -4), size);
  if (typeof out === "string") return out;
  const stored = new DataView(data.buffer, data.byteOffset + data.length - 4).getUint32(0);
  return adler32(out) === stored ? out : "checksum mismatch (Adler-32)";
}

/**
 * The content of a gzip file, of all its members one after another, CRC-32 checked (RFC 1952); bytes that aren't gzip come back as
 * they are.
 * @throws {FormatError} for damaged or truncated gzip data.
 * @throws {LimitError} for a declared size above limits.fileBytes.
 */
export function gunzipped(bytes: Uint8Array, options: DataFileOptions = {}): Uint8Array {
  if (!isGzip(bytes, 0)) return bytes;
  const parts: Uint8Array[] = [];
  let from = 0, total = 0;
  while (from < bytes.length) {
    const { end, content } = memberAt(bytes, from, total, options);
    parts.push(content);
    [from, total] = [end, total + content.length];
  }
  const [only] = parts;
  if (only && parts.length === 1) return only;
  const out = new Uint8Array(total);
  let at = 0;
  for (const part of parts) out.set(part, at), at += part.length;
  return out;
}
const isGzip = (bytes: Uint8Array, at: number) => bytes[at] === 0x1f && bytes[at + 1] === 0x8b;
/** Places that look like a header but are data; hardly a file has one. */
const mostMistaken = 100;

/** The member that begins at `from`: it ends before the first header, or the end, where its own size and checksum stand. */
function memberAt(bytes: Uint8Array, from: number, before: number, options: DataFileOptions) {
  const { limits = defaultLimits } = options, { label, detail } = named("gzip", options.file);
  const rest = bytes.subarray(from), start = gzipStart(rest);
  if (start === undefined) throw new FormatError(`${label} header is damaged or truncated`, detail);
  const view = new DataView(rest.buffer, rest.byteOffset, rest.byteLength);
  for (let end = start + 8, mistaken = 0;;) {
    end = mistaken < mostMistaken ? nextHeader(rest, end) : rest.length;
    const size = view.getUint32(end - 4, true), last = end === rest.length;
    if (before + size > limits.fileBytes && (last || size <= end * greatestRatio)) {
      throw new LimitError(
        `${label} data is too large: ${before + size} bytes, at most ${limits.fileBytes}`,
        detail,
      );
    }
    const content = inflateExactly(rest.subarray(start, end - 8), size);
    const right = typeof content !== "string" && crc32(content) === view.getUint32(end - 8, true);
    if (right) return { end: from + end, content };
    if (last) {
      const why = typeof content === "string"
        ? `${content}; truncated or corrupt`
        : "CRC-32 checksum mismatch";
      throw new FormatError(`${label}: ${why}`, detail);
    }
    end++, mistaken++;
  }
}
/** Where a member's header may begin, from a place on; the end where none does. */
function nextHeader(bytes: Uint8Array, from: number): number {
  for (let at = from; (at = bytes.indexOf(0x1f, at)) >= 0; at++) {
    if (isGzip(bytes, at) && bytes[at + 2] === 8 && (bytes[at + 3] as number) < 32) return at;
  }
  return bytes.length;
}

/** First byte of the deflate data behind a gzip header, or undefined where the header is damaged. */
function gzipStart(bytes: Uint8Array): number | undefined {
  const flags = item(bytes, 3);
  let at = 10;
  if (flags & 4) at += 2 + (bytes[10] ?? 0) + 256 * (bytes[11] ?? 0);
  for (const flag of [8, 16]) {
    if (flags & flag) at = bytes.indexOf(0, at) + 1 || bytes.length;
  }
  if (flags & 2) at += 2;
  return bytes[2] === 8 && at + 8 <= bytes.length ? at : undefined;
}

function adler32(bytes: Uint8Array): number {
  let a = 1, b = 0;
  for (let at = 0; at < bytes.length;) {
    // 5552 sums are the most that stay below 2^32.
    for (const end = Math.min(at + 5552, bytes.length); at < end; at++) b += a += bytes[at] as number;
    a %= 65521, b %= 65521;
  }
  return (b * 65536 + a) >>> 0;
}

const crcTables = /* @__PURE__ */ makeTables();

function makeTables(): Uint32Array[] {
  const tables = [0, 1, 2, 3].map(() => new Uint32Array(256));
  const [first = new Uint32Array(256)] = tables;
  for (let i = 0; i < 256; i++) {
    let c = i;
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ c >>> 1 : c >>> 1;
    first[i] = c;
  }
  for (let t = 1; t < 4; t++) {
    for (let i = 0; i < 256; i++) {
      const before = tables[t - 1]?.[i] ?? 0;
      const table = tables[t];
      if (table) table[i] = before >>> 8 ^ (first[before & 255] as number);
    }
  }
  return tables;
}

/** CRC-32 of bytes, as zip and gzip use it; four bytes a step. */
export function crc32(bytes: Uint8Array): number {
  const [t0, t1, t2, t3] = crcTables;
  if (!t0 || !t1 || !t2 || !t3) return 0;
  let c = -1, at = 0;
  const get = (table: Uint32Array, i: number) => table[i & 255] as number;
  for (const end = bytes.length - 3; at < end; at += 4) {
    c ^= (bytes[at] as number) | (bytes[at + 1] as number) << 8 | (bytes[at + 2] as number) << 16 |
      (bytes[at + 3] as number) << 24;
    c = get(t3, c) ^ get(t2, c >>> 8) ^ get(t1, c >>> 16) ^ get(t0, c >>> 24);
  }
  for (; at < bytes.length; at++) c = get(t0, c ^ (bytes[at] as number)) ^ c >>> 8;
  return ~c >>> 0;
}
