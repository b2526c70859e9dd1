/** Arrays of a file for the weights of a model: checked by shape before they are read, cast, and looked at for NaN. @module */
import type { LayerNode, WeightEntry } from "../../../core/network/tree.ts";
import { isFloat } from "../../../core/values/dtype.ts";
import { ConfigError } from "../../../core/values/errors.ts";
import { castTensor, sizeOf, type Tensor, toNumbers } from "../../../core/values/tensor.ts";
import type { Hdf5Dataset } from "../../hdf5/mod.ts";

/** An array of a file. */
export type StoredArray = Pick<Hdf5Dataset, "path" | "shape" | "read">;

/** How messages name a layer of a model. */
export function nodeLabel(node: LayerNode): string {
  return `layer "${node.path}" (${node.layer.def.name})`;
}

/** The class of arrays that a weight may be stored as: itself, or anything of the same size where nothing but axes of 1 differ. */
function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((d, i) => d === b[i]);
}

/**
 * Refuses an array of another shape.
 * @throws {ConfigError} naming layer, weight, and both shapes.
 */
export function checkShape(
  node: LayerNode,
  entry: WeightEntry,
  shape: readonly number[],
  from: string,
): void {
  if (sameShape(entry.shape, shape)) return;
  throw new ConfigError(
    `${nodeLabel(node)}: weight ${entry.param} has shape [${
      entry.shape.join(", ")
    }], the file's ${from} has shape ` +
      `[${shape.join(", ")}]`,
    { place: entry.path },
  );
}

/** The tensor for a weight, of the weight's element type; what is odd about it is said. */
export function weightFrom(
  entry: WeightEntry,
  value: Tensor,
  from: string,
  warn: (message: string) => void,
): Tensor {
  if (value.dtype !== entry.dtype) {
    warn(`weight ${entry.path}: ${from} is ${value.dtype} in the file, read as ${entry.dtype}`);
  }
  const result = castTensor(value, entry.dtype);
  if (isFloat(entry.dtype)) {
    const numbers = toNumbers(result);
    let odd = 0;
    for (let i = 0; i < numbers.length; i++) if (!Number.isFinite(numbers[i])) odd++;
    if (odd > 0) warn(`weight ${entry.path}: ${odd} of ${sizeOf(entry.shape)} numbers are NaN or not finite`);
  }
  return result;
}
/** Reads a dataset for a weight after its declared shape fits. */
export function readWeight(
  node: LayerNode,
  entry: WeightEntry,
  dataset: StoredArray,
  warn: (message: string) => void,
): Tensor {
  checkShape(node, entry, dataset.shape, dataset.path);
  return weightFrom(entry, dataset.read(), dataset.path, warn);
}
