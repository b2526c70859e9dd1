/** Protocol Buffers by field table: bounded reading and writing of messages, without generated code. @module */
import protobuf from "protobufjs/minimal.js";
import { FormatError, LimitError } from "../../core/values/errors.ts";

/** Scalar kinds that ONNX uses. */
export type ScalarKind = "int32" | "int64" | "uint64" | "float" | "double" | "string" | "bytes";
/** One field of a message. A function stands for a message kind, so that tables may refer to later ones. */
export interface Field {
  readonly id: number;
  readonly kind: ScalarKind | (() => Table<object>);
  readonly repeated?: boolean;
  /** Written packed; both forms are read. */
  readonly packed?: boolean;
}
/** The fields of a message, by the names its interface has. */
export interface Table<T extends object> {
  readonly name: string;
  readonly fields: { readonly [K in keyof T]-?: Field };
}
/** Bounds on reading, and the name that errors use. */
export interface DecodeOptions {
  readonly file?: string;
  /** Messages inside messages; 100 unless said, as other readers of Protocol Buffers have it. */
  readonly depth?: number;
  /** Messages, texts and byte strings in all; 2^23 unless said. */
  readonly items?: number;
}

type Numbers = Int32Array | Float32Array | Float64Array | BigInt64Array | BigUint64Array;
type Message = Record<string, unknown>;
type AnyTable = Table<Record<string, unknown>>;
interface Long64 {
  readonly low: number;
  readonly high: number;
}

const wireTypes: Readonly<Record<ScalarKind, number>> = {
  int32: 0,
  int64: 0,
  uint64: 0,
  double: 1,
  string: 2,
  bytes: 2,
  float: 5,
};
const makers = {
  int32: Int32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  float: Float32Array,
  double: Float64Array,
} as const;
const isNumeric = (kind: Field["kind"]): kind is keyof typeof makers =>
  typeof kind === "string" && Object.hasOwn(makers, kind);

/** A repeated numeric field while it is read. */
class Growing {
  #array: Numbers;
  #length = 0;
  constructor(kind: keyof typeof makers) {
    this.#array = new makers[kind](0);
  }
  /** Room for `n` more elements; returns where they start. */
  extend(n: number): number {
    const start = this.#length, need = start + n;
    if (need > this.#array.length) {
      const size = start === 0 ? need : Math.max(need, 2 * this.#array.length);
      const bigger = new (this.#array.constructor as new (n: number) => Numbers)(size);
      (bigger as Float64Array).set(this.#array as Float64Array);
      this.#array = bigger;
    }
    this.#length = need;
    return start;
  }
  set(at: number, value: number): void {
    (this.#array as Float64Array)[at] = value;
  }
  setLong(at: number, value: Long64): void {
    this.#array[at] = big(value, this.#array instanceof BigUint64Array);
  }
  setBytes(at: number, bytes: Uint8Array): void {
    const { buffer, BYTES_PER_ELEMENT } = this.#array;
    new Uint8Array(buffer, at * BYTES_PER_ELEMENT, bytes.length).set(bytes);
  }
  finish(): Numbers {
    return this.#array.length === this.#length ? this.#array : this.#array.slice(0, this.#length);
  }
}

function big(value: unknown, unsigned: boolean): bigint {
  if (typeof value === "number") return BigInt(value);
  const { low, high } = value as Long64;
  const bits = BigInt(high >>> 0) << 32n | BigInt(low >>> 0);
  return unsigned ? bits : BigInt.asIntN(64, bits);
}

const indexes = new WeakMap<object, ReadonlyMap<number, readonly [string, Field]>>();
function indexOf(table: AnyTable): ReadonlyMap<number, readonly [string, Field]> {
  let found = indexes.get(table);
  if (!found) {
    found = new Map(Object.entries(table.fields).map(([name, f]) => [f.id, [name, f]]));
    indexes.set(table, found);
  }
  return found;
}

class Decoder {
  readonly #reader: protobuf.Reader;
  readonly #depth: number;
  #left: number;
  readonly path: string[] = [];
  /** Where the field that is being read starts. */
  at = 0;
  constructor(bytes: Uint8Array, depth: number, items: number) {
    // A plain view, so that sub-arrays of a Node Buffer are plain too.
    this.#reader = new protobuf.Reader(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    this.#depth = depth;
    this.#left = items;
  }

  message(table: AnyTable, end: number): Message {
    const reader = this.#reader, outer = reader.len, index = indexOf(table);
    const out: Message = {}, growing = new Map<string, Growing>();
    if (this.path.length > this.#depth) {
      throw new LimitError(`messages nested more than ${this.#depth} deep`);
    }
    reader.len = end;
    while (reader.pos < end) {
      this.at = reader.pos;
      const tag = reader.tag(), wire = tag & 7, found = index.get(tag >>> 3);
      if (!found) {
        reader.skipType(wire, 0, tag >>> 3);
        continue;
      }
      const [name, field] = found;
      this.path.push(name);
      this.#field(name, field, wire, out, growing);
      this.path.pop();
    }
    if (reader.pos !== end) throw new RangeError("a field runs past the end of its message");
    reader.len = outer;
    for (const [name, values] of growing) out[name] = values.finish();
    return out;
  }

  #field(name: string, field: Field, wire: number, out: Message, growing: Map<string, Growing>): void {
    const { kind, repeated } = field;
    const expected = typeof kind === "string" ? wireTypes[kind] : 2;
    if (repeated && isNumeric(kind)) {
      if (wire !== expected && wire !== 2) throw new RangeError(`wire type ${wire} doesn't fit ${kind}`);
      let values = growing.get(name);
      if (!values) growing.set(name, values = new Growing(kind));
      if (wire === 2) this.#packed(kind, values);
      else this.#into(kind, values, values.extend(1));
      return;
    }
    if (wire !== expected) {
      throw new RangeError(`wire type ${wire} doesn't fit ${typeof kind === "string" ? kind : "a message"}`);
    }
    if (--this.#left < 0) throw new LimitError("more messages and texts than the limit allows");
    const value = typeof kind === "string" ? this.#scalar(kind) : this.#nested(kind());
    if (!repeated) out[name] = value;
    else {
      const list = out[name];
      if (Array.isArray(list)) list.push(value);
      else out[name] = [value];
    }
  }
  #nested(table: Table<object>): Message {
    const length = this.#length();
    return this.message(table as AnyTable, this.#reader.pos + length);
  }
  #length(): number {
    const length = this.#reader.size(), left = this.#reader.len - this.#reader.pos;
    if (length > left) throw new RangeError(`says it takes ${length} bytes, ${left} are left`);
    return length;
  }
  #scalar(kind: ScalarKind): unknown {
    const reader = this.#reader;
    switch (kind) {
      case "int64":
      case "uint64":
        return big(reader.int64(), kind === "uint64");
      case "bytes": {
        const length = this.#length(), start = reader.pos;
        reader.pos += length;
        return reader.buf.subarray(start, start + length);
      }
      default:
        return reader[kind]();
    }
  }
  #into(kind: keyof typeof makers, values: Growing, at: number): void {
    if (kind === "int64" || kind === "uint64") values.setLong(at, this.#reader.int64());
    else values.set(at, this.#reader[kind]());
  }
  #packed(kind: keyof typeof makers, values: Growing): void {
    const reader = this.#reader, length = this.#length(), start = reader.pos, end = start + length;
    if (kind === "float" || kind === "double") {
      const size = kind === "float" ? 4 : 8;
      if (length % size !== 0) throw new RangeError(`${length} bytes are no whole number of ${kind}s`);
      values.setBytes(values.extend(length / size), reader.buf.subarray(start, end));
      reader.pos = end;
      return;
    }
    let count = 0;
    for (let i = start; i < end; i++) if ((reader.buf[i] ?? 0) < 128) count++;
    let at = values.extend(count);
    const outer = reader.len;
    reader.len = end;
    while (reader.pos < end) this.#into(kind, values, at++);
    if (reader.pos !== end) throw new RangeError("a number runs past the end of its list");
    reader.len = outer;
  }
}

/**
 * Reads a message. Repeated numbers come as typed arrays, bytes as views of `bytes`; unknown fields are skipped.
 * @throws {FormatError} naming message, field and byte offset.
 */
export function decode<T extends object>(table: Table<T>, bytes: Uint8Array, options: DecodeOptions = {}): T {
  const decoder = new Decoder(bytes, options.depth ?? 100, options.items ?? 2 ** 23);
  try {
    return decoder.message(table as unknown as AnyTable, bytes.length) as T;
  } catch (error) {
    const place = [table.name, ...decoder.path.slice(-12)].join(".");
    const reason = error instanceof Error ? error.message : String(error);
    const file = options.file === undefined ? "" : `${options.file}: `;
    const message = `${file}${place} at byte ${decoder.at}: ${reason}`;
    const detail = { place, cause: error, ...(options.file !== undefined && { file: options.file }) };
    if (error instanceof LimitError) throw new LimitError(message, detail);
    throw new FormatError(`${message} (damaged, truncated, or not a ${table.name})`, detail);
  }
}

/** The bytes of a message. @throws {LimitError} beyond the 2 GiB that Protocol Buffers allow. */
export function encode<T extends object>(table: Table<T>, message: T): Uint8Array {
  const writer = new protobuf.Writer();
  writeMessage(writer, table as unknown as AnyTable, message as Message);
  if (writer.len >= 2 ** 31) {
    throw new LimitError(`${table.name}: ${writer.len} bytes; a Protocol Buffers file ends at 2 GiB`);
  }
  return writer.finish();
}

function writeMessage(writer: protobuf.Writer, table: AnyTable, message: Message): void {
  for (const [name, field] of Object.entries(table.fields)) {
    const value = message[name];
    if (value === undefined) continue;
    const { id, kind, packed } = field;
    const wire = typeof kind === "string" ? wireTypes[kind] : 2;
    const items = field.repeated ? value as ArrayLike<unknown> : [value];
    if (items.length === 0) continue;
    if (packed && isNumeric(kind)) {
      writer.uint32(id << 3 | 2);
      writePacked(writer, kind, items as Numbers);
      continue;
    }
    for (let i = 0; i < items.length; i++) {
      writer.uint32(id << 3 | wire);
      if (typeof kind === "string") writeScalar(writer, kind, items[i]);
      else {
        writer.fork();
        writeMessage(writer, kind() as AnyTable, items[i] as Message);
        writer.ldelim();
      }
    }
  }
}
function writePacked(writer: protobuf.Writer, kind: keyof typeof makers, items: Numbers): void {
  if (kind === "float" || kind === "double") {
    writer.bytes(new Uint8Array(items.buffer, items.byteOffset, items.byteLength));
    return;
  }
  writer.fork();
  for (const item of items) writeScalar(writer, kind, item);
  writer.ldelim();
}
function writeScalar(writer: protobuf.Writer, kind: ScalarKind, value: unknown): void {
  switch (kind) {
    case "int64":
    case "uint64": {
      const bits = BigInt.asUintN(64, BigInt(value as bigint | number));
      const long = { low: Number(bits & 0xffffffffn) | 0, high: Number(bits >> 32n) | 0, unsigned: true };
      writer.uint64(long as Parameters<protobuf.Writer["uint64"]>[0]);
      break;
    }
    case "string":
      writer.string(value as string);
      break;
    case "bytes":
      writer.bytes(value as Uint8Array);
      break;
    default:
      writer[kind](value as number);
  }
}
