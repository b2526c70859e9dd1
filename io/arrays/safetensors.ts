/** safetensors files: tensors by name, a JSON header of bounded size before their bytes. No code, no pickles. @module */
import * as args from "../files/arguments.ts";
import { byteLength, type DType, dtypes } from "../../core/values/dtype.ts";
import { ConfigError, FormatError, LimitError, shown, UnsupportedError } from "../../core/values/errors.ts";
import type { FormatDef } from "../../core/registry.ts";
import { defaultLimits } from "../../core/values/limits.ts";
import { checkOptions, isRecord } from "../../core/values/schema.ts";
import { sizeOf, type Tensor } from "../../core/values/tensor.ts";
import { checkBytes, dataFileNames, type DataFileOptions } from "../datasets/options.ts";

const mapKind: args.Kind = ["a Map of tensors", (value) => value instanceof Map];

/** The format's words for element types. */
const words: Readonly<Partial<Record<DType, string>>> = {
  float64: "F64",
  float32: "F32",
  float16: "F16",
  bfloat16: "BF16",
  float8e4m3fn: "F8_E4M3",
  float8e5m2: "F8_E5M2",
  int64: "I64",
  int32: "I32",
  int16: "I16",
  int8: "I8",
  uint64: "U64",
  uint32: "U32",
  uint16: "U16",
  uint8: "U8",
  bool: "BOOL",
};
const types = new Map(Object.entries(words).map(([dtype, word]) => [word, dtype as DType]));
/** The format's own bound on a header. */
const headerBytes = 100_000_000;

/** Bytes of the header, where the first 8 bytes and the one after them can begin a file. */
function headerSize(bytes: Uint8Array): number | undefined {
  if (bytes.length < 10) return undefined;
  const size = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  return size >= 2n && size <= BigInt(bytes.length - 8) && bytes[8] === 0x7b ? Number(size) : undefined;
}
/** True for bytes that begin as a safetensors file does. */
export function isSafetensors(bytes: Uint8Array): boolean {
  return headerSize(bytes) !== undefined;
}

interface Entry {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly from: number;
  readonly to: number;
}
const isSize = (n: unknown): n is number => typeof n === "number" && Number.isSafeInteger(n) && n >= 0;

/**
 * Reads all tensors by name, as views of the bytes where they lie aligned. Offsets must be in the file, apart from
 * one another, and fit the shapes.
 * @throws {FormatError} naming the tensor; {@link UnsupportedError} for an element type that isn't known.
 * @throws {LimitError} for a header or a number of tensors beyond the limits.
 */
export function readSafetensors(bytes: Uint8Array, options: DataFileOptions = {}): Map<string, Tensor> {
  checkOptions("readSafetensors", options, dataFileNames);
  checkBytes("readSafetensors", bytes);
  const { limits = defaultLimits, file = "safetensors" } = options, size = headerSize(bytes);
  const wrong = (message: string, place = "header") =>
    new FormatError(`${file}: ${message}`, { file, place });
  if (size === undefined) throw wrong("is no safetensors file, or is truncated");
  if (size > Math.min(headerBytes, limits.textBytes)) {
    throw new LimitError(`${file}: a header of ${size} bytes is too large`, { file, place: "header" });
  }
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, 8 + size)));
  } catch (cause) {
    throw new FormatError(`${file}: the header is not JSON`, { file, place: "header", cause });
  }
  if (!isRecord(header)) throw wrong("the header is no JSON object");
  const list = Object.entries(header).filter(([name]) => name !== "__metadata__");
  if (list.length > limits.items) {
    throw new LimitError(`${file}: ${list.length} tensors, more than the limit of ${limits.items}`, { file });
  }
  const data = bytes.subarray(8 + size);
  const entries = list.map(([name, raw]): Entry => {
    const { dtype: word, shape, data_offsets: offsets } = isRecord(raw) ? raw : {};
    const label = `tensor ${shown(name)}`;
    if (
      typeof word !== "string" || !Array.isArray(shape) || !shape.every(isSize) || !Array.isArray(offsets)
    ) {
      throw wrong(`${label}: expected dtype, shape and data_offsets`, name);
    }
    const dtype = types.get(word), [from, to] = offsets as unknown[];
    if (!dtype) {
      throw new UnsupportedError(`${file}: ${label}: element type ${shown(word)} is not supported`, {
        file,
        place: name,
      });
    }
    if (!isSize(from) || !isSize(to) || from > to || to > data.length || offsets.length !== 2) {
      throw wrong(
        `${label}: data_offsets ${shown(offsets)} lie outside the ${data.length} bytes of data`,
        name,
      );
    }
    const need = byteLength(dtype, sizeOf(shape));
    if (need !== to - from) {
      throw wrong(
        `${label}: ${word} of shape [${shape.join(", ")}] takes ${need} bytes, not ${to - from}`,
        name,
      );
    }
    return { name, dtype, shape, from, to };
  });
  let end = 0;
  for (const { name, from, to } of [...entries].sort((a, b) => a.from - b.from || a.to - b.to)) {
    if (from < end) throw wrong(`tensor ${shown(name)}: overlaps another`, name);
    end = to;
  }
  return new Map(entries.map(({ name, dtype, shape, from, to }) => {
    const { array } = dtypes[dtype], part = data.subarray(from, to);
    const whole = part.byteOffset % array.BYTES_PER_ELEMENT === 0 ? part : part.slice();
    const numbers = new array(whole.buffer, whole.byteOffset, whole.length / array.BYTES_PER_ELEMENT);
    return [name, { dtype, shape, data: numbers }];
  }));
}

/**
 * Writes tensors by name, in the order given, each aligned to its elements' size; always the same bytes for the same
 * tensors.
 * @throws {UnsupportedError} naming a tensor of an element type that the format doesn't have.
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  args.check("writeSafetensors", "tensors", tensors, mapKind);
  const header: Record<string, unknown> = Object.keys(metadata).length > 0 ? { __metadata__: metadata } : {};
  // Wide elements first, so that all lie aligned.
  const list = [...tensors].sort(([, a], [, b]) => dtypes[b.dtype].bits - dtypes[a.dtype].bits);
  let end = 0;
  const parts = list.map(([name, { dtype, shape, data }]) => {
    const word = words[dtype];
    if (word === undefined || !ArrayBuffer.isView(data)) {
      throw new UnsupportedError(`tensor ${shown(name)}: safetensors has no element type ${dtype}`, {
        place: name,
      });
    }
    const size = byteLength(dtype, sizeOf(shape)), from = end;
    header[name] = { dtype: word, shape, data_offsets: [from, end += size] };
    return { from, bytes: new Uint8Array(data.buffer, data.byteOffset, size) };
  });
  const text = new TextEncoder().encode(JSON.stringify(header)), start = 8 + Math.ceil(text.length / 8) * 8;
  const out = new Uint8Array(start + end).fill(0x20, 8, start);
  new DataView(out.buffer).setBigUint64(0, BigInt(start - 8), true);
  out.set(text, 8);
  for (const { from, bytes } of parts) out.set(bytes, start + from);
  return out;
}

/** safetensors as a format plugin: weights by Keras' path. The file holds no configuration. */
export const safetensors: FormatDef = {
  kind: "format",
  name: "safetensors",
  summary: "weights by path: .safetensors, beside a config.json",
  extensions: [".safetensors"],
  detect: ({ bytes }) => (isSafetensors(bytes) ? "signature" : false),
  read: ({ name }) =>
    Promise.reject(
      new ConfigError(
        `${name}: holds weights only; load the configuration with it: ` +
          'loadModel("config.json", { weights: "model.safetensors" })',
        { file: name },
      ),
    ),
  write: (model) => Promise.resolve(writeSafetensors(model.weights)),
};
