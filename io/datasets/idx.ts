/** IDX files, the format of MNIST, plain or gzipped (http://yann.lecun.com/exdb/mnist/). @module */
import { type DType, dtypes } from "../../core/values/dtype.ts";
import { FormatError, LimitError } from "../../core/values/errors.ts";
import { defaultLimits } from "../../core/values/limits.ts";
import { checkOptions } from "../../core/values/schema.ts";
import { sizeOf, type Tensor } from "../../core/values/tensor.ts";
import { reversedUnits } from "../archives/bytes.ts";
import { gunzipped } from "../archives/inflate.ts";
import { checkBytes, dataFileNames, type DataFileOptions, named } from "./options.ts";

const types: Record<number, DType> = {
  0x08: "uint8",
  0x09: "int8",
  0x0b: "int16",
  0x0c: "int32",
  0x0d: "float32",
  0x0e: "float64",
};

/**
 * Reads an IDX file into a tensor of the shape it declares, as in `[60000, 28, 28]` uint8 for MNIST's images. Bytes are a
 * view of the file, wider elements (big-endian in the file) a copy.
 * @throws {FormatError} for a wrong magic number, or data that doesn't fill the shape exactly.
 * @throws {LimitError} for a tensor above limits.tensorBytes.
 */
export function readIdx(bytes: Uint8Array, options: DataFileOptions = {}): Tensor {
  checkOptions("readIdx", options, dataFileNames);
  checkBytes("readIdx", bytes);
  const { limits = defaultLimits } = options, { label, detail } = named("IDX", options.file);
  const plain = gunzipped(bytes, options);
  const dtype = types[plain[2] ?? 0], rank = plain[3] ?? 0, start = 4 + 4 * rank;
  if (plain[0] !== 0 || plain[1] !== 0 || dtype === undefined) {
    const found = Array.from(plain.subarray(0, 4), (b) => b.toString(16).padStart(2, "0")).join(" ");
    throw new FormatError(
      `${label} magic number expected (00 00 type rank), found ${found || "an empty file"}`,
      detail,
    );
  }
  if (plain.length < start) {
    throw new FormatError(`${label} header of ${rank} dimensions is truncated`, detail);
  }
  const view = new DataView(plain.buffer, plain.byteOffset, plain.byteLength);
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const { array } = dtypes[dtype], unit = array.BYTES_PER_ELEMENT, size = sizeOf(shape) * unit;
  if (size > limits.tensorBytes) {
    throw new LimitError(
      `${label} shape [${shape}] of ${dtype} is too large: at most ${limits.tensorBytes} bytes`,
      detail,
    );
  }
  if (plain.length - start !== size) {
    throw new FormatError(
      `${label} shape [${shape}] of ${dtype} takes ${size} bytes, found ${plain.length - start}: ` +
        (plain.length - start < size ? "truncated" : "data left over"),
      detail,
    );
  }
  if (unit === 1) return { dtype, shape, data: new array(plain.buffer, plain.byteOffset + start, size) };
  return { dtype, shape, data: new array(reversedUnits(plain.subarray(start), unit).buffer) };
}
