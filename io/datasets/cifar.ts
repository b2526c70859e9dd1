/** The binary version of CIFAR-10, plain or gzipped (https://www.cs.toronto.edu/~kriz/cifar.html). @module */
import { FormatError, LimitError } from "../../core/values/errors.ts";
import { defaultLimits } from "../../core/values/limits.ts";
import { checkOptions } from "../../core/values/schema.ts";
import type { Tensor } from "../../core/values/tensor.ts";
import { gunzipped } from "../archives/inflate.ts";
import { checkBytes, dataFileNames, type DataFileOptions, named } from "./options.ts";

const plane = 32 * 32;
const record = 1 + 3 * plane;

/** Images and their classes. */
export interface Cifar10 {
  /** uint8 `[n, 32, 32, 3]`: row, column, channel (red, green, blue). */
  readonly images: Tensor;
  /** int32 `[n]`, 0 to 9. */
  readonly labels: Tensor;
}

/**
 * Reads the records of a CIFAR-10 batch: a label and three planes of 32 × 32 bytes each, 3073 bytes in all. The planes
 * become the last axis of the images.
 * @throws {FormatError} for a file that isn't a whole number of records, or a label above 9.
 * @throws {LimitError} for images above limits.tensorBytes.
 */
export function readCifar10(bytes: Uint8Array, options: DataFileOptions = {}): Cifar10 {
  checkOptions("readCifar10", options, dataFileNames);
  checkBytes("readCifar10", bytes);
  const { limits = defaultLimits } = options, { label, detail } = named("CIFAR-10", options.file);
  const plain = gunzipped(bytes, options), count = plain.length / record;
  if (count === 0 || !Number.isInteger(count)) {
    throw new FormatError(
      `${label} records of ${record} bytes expected, found ${plain.length} bytes: truncated or another format`,
      detail,
    );
  }
  if (plain.length > limits.tensorBytes) {
    throw new LimitError(`${label} images are too large: at most ${limits.tensorBytes} bytes`, detail);
  }
  const images = new Uint8Array(count * 3 * plane), labels = new Int32Array(count);
  for (let n = 0; n < count; n++) {
    const from = n * record, to = n * 3 * plane, name = plain[from] as number;
    if (name > 9) throw new FormatError(`${label} record ${n} has label ${name}: expected 0 to 9`, detail);
    labels[n] = name;
    for (let channel = 0; channel < 3; channel++) {
      const start = from + 1 + channel * plane;
      for (let i = 0; i < plane; i++) images[to + 3 * i + channel] = plain[start + i] as number;
    }
  }
  return {
    images: { dtype: "uint8", shape: [count, 32, 32, 3], data: images },
    labels: { dtype: "int32", shape: [count], data: labels },
  };
}
