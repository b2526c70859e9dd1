/** Rare compressions of HDF5 files and zip archives, for readers that take them. @module */
import type { Decoders } from "../datasets/options.ts";
import { decodeBzip2 } from "./bzip2.ts";
import { filters } from "./hdf5plugin.ts";
import { decodeZipLzma } from "./lzma.ts";
import { decodeZstd } from "./zstd.ts";

/** What Python's zipfile and hdf5plugin write beside deflate. */
export const decoders: Decoders = {
  hdf5: filters,
  zip: new Map([[12, decodeBzip2], [14, decodeZipLzma], [93, decodeZstd]]),
};
