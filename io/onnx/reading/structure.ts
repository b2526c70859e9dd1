/** What an ONNX file holds but its weights' elements, read in pieces: files of any size take little memory. @module */
import { FormatError, LimitError } from "../../../core/values/errors.ts";
import { type RangedSource, readRanged } from "../../files/ranged.ts";
import type { SourceLike } from "../../files/sources.ts";
import { checkOptions } from "../../../core/values/schema.ts";
import { refuseForeign } from "../../foreign/mod.ts";
import { graphTable, type ModelProto, modelTable, tensorTable } from "../messages.ts";
import { checkModel, type OnnxModel, type ReadOptions, readStructure } from "./read.ts";
import { decode, type Field, type Table } from "../proto.ts";

/** Elements of a tensor up to so many bytes are read: shapes are computed from small tensors. */
const smallBytes = 1024;
/** Everything but elements must fit into this. */
const structureBytes = 256 * 2 ** 20;

/** A file read by pieces of 64 KiB, of which the last is kept. */
class Window {
  readonly #source: RangedSource;
  #start = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  constructor(source: RangedSource) {
    this.#source = source;
  }
  get size(): number {
    return this.#source.size;
  }
  async bytes(at: number, length: number): Promise<Uint8Array> {
    if (at < this.#start || at + length > this.#start + this.#bytes.length) {
      this.#start = at;
      this.#bytes = await this.#source.read(at, Math.min(Math.max(length, 65536), this.#source.size - at));
    }
    return this.#bytes.subarray(at - this.#start, at - this.#start + length);
  }
}
/** A field's place: its tag, where its contents lie and end. */
interface Place {
  readonly id: number;
  readonly wire: number;
  readonly from: number;
  readonly end: number;
}

/** Copies a message without the elements of its initializers. */
class Slimmer {
  readonly #window: Window;
  readonly #file: string;
  #left = structureBytes;
  constructor(source: RangedSource, file: string) {
    this.#window = new Window(source);
    this.#file = file;
  }
  #damaged(at: number, why: string): FormatError {
    return new FormatError(`${this.#file}: ${why} at byte ${at} (damaged, truncated, or no ONNX model)`, {
      file: this.#file,
    });
  }
  async #varint(at: number, end: number): Promise<readonly [value: number, next: number]> {
    const bytes = await this.#window.bytes(at, Math.min(10, end - at));
    let value = 0, scale = 1;
    for (let i = 0; i < bytes.length; i++, scale *= 128) {
      const byte = bytes[i] as number;
      value += (byte & 127) * scale;
      if (byte < 128) return [value, at + i + 1];
    }
    throw this.#damaged(at, "a number has no end");
  }
  async #place(at: number, end: number): Promise<Place> {
    const [tag, from] = await this.#varint(at, end), wire = tag % 8, id = Math.floor(tag / 8);
    const fixed = wire === 1 ? 8 : wire === 5 ? 4 : undefined;
    if (wire === 0) return { id, wire, from, end: (await this.#varint(from, end))[1] };
    const [length, start] = wire === 2 ? await this.#varint(from, end) : [fixed ?? -1, from];
    if (length < 0) throw this.#damaged(at, `wire type ${wire}`);
    if (start + length > end) {
      throw this.#damaged(at, `says it takes ${length} bytes, ${end - start} are left`);
    }
    return { id, wire, from: start, end: start + length };
  }

  /** The message in `[at, end)`; fields that hold tensors' elements are left out where they are large. */
  async message(table: Table<object>, at: number, end: number, depth = 0): Promise<Uint8Array> {
    if (depth > 100) throw new LimitError(`${this.#file}: messages nested more than 100 deep`);
    const fields = new Map(Object.values(table.fields as Record<string, Field>).map((f) => [f.id, f]));
    const parts: Uint8Array[] = [];
    let size = 0;
    const put = (bytes: Uint8Array) => {
      size += bytes.length;
      this.#left -= bytes.length;
      if (this.#left < 0) {
        throw new LimitError(`${this.#file}: its structure alone takes more than ${structureBytes} bytes`);
      }
      parts.push(bytes.slice());
    };
    while (at < end) {
      const place = await this.#place(at, end), field = fields.get(place.id), length = place.end - place.from;
      const kind = field?.kind, large = place.wire === 2 && length > smallBytes;
      if (large && isElements(table, field)) {
        at = place.end;
        continue;
      }
      if (large && typeof kind === "function" && holdsWeights(kind())) {
        const inner = await this.message(kind(), place.from, place.end, depth + 1);
        put(prefix(place.id, inner.length));
        put(inner);
      } else put(await this.#window.bytes(at, place.end - at));
      at = place.end;
    }
    const out = new Uint8Array(size);
    let to = 0;
    for (const part of parts) {
      out.set(part, to);
      to += part.length;
    }
    return out;
  }
}
const elementFields: ReadonlySet<string> = new Set(
  "floatData int32Data stringData int64Data rawData doubleData uint64Data".split(" "),
);
function isElements(table: Table<object>, field: Field | undefined): boolean {
  const name = Object.entries(table.fields as Record<string, Field>).find(([, f]) => f === field)?.[0];
  return table.name === tensorTable.name && name !== undefined && elementFields.has(name);
}
/** Messages on the way from a model to its initializers; tensors of attributes are read whole. */
const holdsWeights = (table: Table<object>) =>
  table.name === graphTable.name || table.name === tensorTable.name;
/** The tag and length before a message. */
function prefix(id: number, length: number): Uint8Array {
  const bytes: number[] = [];
  for (let value of [id * 8 + 2, length]) {
    for (; value > 127; value = Math.floor(value / 128)) bytes.push(value % 128 + 128);
    bytes.push(value);
  }
  return Uint8Array.from(bytes);
}

/** Bytes that tell what a file is that is no ONNX model. */
const beginning = 2 ** 20;
async function slimModel(from: SourceLike): Promise<{ readonly model: ModelProto; readonly name: string }> {
  const source = await readRanged(from);
  try {
    const slimmer = new Slimmer(source, source.name);
    const bytes = await slimmer.message(modelTable, 0, source.size);
    return {
      model: checkModel(decode(modelTable, bytes, { file: source.name }), source.name),
      name: source.name,
    };
  } catch (error) {
    if (error instanceof FormatError) {
      refuseForeign(await source.read(0, Math.min(source.size, beginning)), source.name);
    }
    throw error;
  } finally {
    await source.close();
  }
}
/**
 * Reads an ONNX model's graph, types and metadata, but no weights: initializers are inputs without values. Files of any size,
 * external data too, take memory for their structure alone.
 * @throws {FormatError} for a damaged file. @throws {UnsupportedError} that lists everything unknown.
 */
export async function readOnnxStructure(
  from: SourceLike,
  options: Omit<ReadOptions, "external" | "file">,
): Promise<OnnxModel> {
  checkOptions("readOnnxStructure", options, { registry: 0, limits: 0, warn: 0 });
  const { model, name } = await slimModel(from);
  return readStructure(model, { ...options, file: name });
}
/** What an ONNX file says of itself: IR version, opsets, producer, metadata; nothing of the graph is read. @throws {FormatError} */
export async function onnxHeader(from: SourceLike): Promise<Record<string, string>> {
  const { model } = await slimModel(from);
  return Object.fromEntries([
    ["ir version", `${model.irVersion ?? 0}`],
    ...(model.opsetImport ?? []).map((o) => [`opset ${o.domain || "ai.onnx"}`, `${o.version ?? 0}`]),
    ...(model.producerName
      ? [["producer", `${model.producerName} ${model.producerVersion ?? ""}`.trim()]]
      : []),
    ...(model.metadataProps ?? []).map((e) => [`metadata ${e.key}`, e.value ?? ""]),
  ]);
}
