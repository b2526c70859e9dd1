/** Arrays of a file of weights alone, by their places in it. @module */
import { checkOptions } from "../../../core/values/schema.ts";
import type { Tensor } from "../../../core/values/tensor.ts";
import { decoders } from "../../compression/mod.ts";
import { type Hdf5Group, openHdf5 } from "../../hdf5/mod.ts";
import { checkBytes, dataFileNames, type DataFileOptions } from "../../datasets/options.ts";

/**
 * Every array of a `.weights.h5` (or any HDF5) file by its path, as in `layers/dense/vars/0`.
 * @throws {FormatError} for a damaged file.
 */
export function readWeightsH5(bytes: Uint8Array, options: DataFileOptions = {}): Map<string, Tensor> {
  checkOptions("readWeightsH5", options, dataFileNames);
  checkBytes("readWeightsH5", bytes);
  const found = new Map<string, Tensor>();
  const visit = (group: Hdf5Group, path: string) => {
    for (const key of group.keys()) {
      const child = group.get(key);
      if (child?.kind === "dataset") found.set(`${path}${key}`, child.read());
      else if (child) visit(child, `${path}${key}/`);
    }
  };
  visit(openHdf5(bytes, { decoders, ...options }), "");
  return found;
}
