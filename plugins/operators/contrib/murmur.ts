/** MurmurHash3 of onnxruntime, which exports of scikit-learn's hashing vectorizers hold (Appleby's x86, 32 bits). @module */
import { dtypes } from "../../../core/values/dtype.ts";
import type { OpDef } from "../../../core/graph/op.ts";
import { defineOp, inputOf, tensorAt } from "../../../core/ops/define.ts";
import { bool, int } from "../../../core/values/schema.ts";
import { tensorType } from "../../../core/values/shape.ts";

const rotate = (x: number, by: number) => (x << by) | (x >>> (32 - by));
/** A block of four bytes, or of what is left, as it enters the hash. */
const mixed = (k: number) => Math.imul(rotate(Math.imul(k, 0xcc9e2d51), 15), 0x1b873593);

/** The hash of bytes as a signed 32-bit number. */
export function murmurHash3(bytes: Uint8Array, seed: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length), whole = bytes.length & ~3;
  let hash = seed | 0;
  for (let at = 0; at < whole; at += 4) {
    hash = (Math.imul(rotate(hash ^ mixed(view.getInt32(at, true)), 13), 5) + 0xe6546b64) | 0;
  }
  let rest = 0;
  for (let at = bytes.length - 1; at >= whole; at--) rest = (rest << 8) | (bytes[at] ?? 0);
  if (whole < bytes.length) hash ^= mixed(rest);
  hash ^= bytes.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

const murmur: OpDef = defineOp<{ readonly positive: boolean; readonly seed: number }>({
  name: "MurmurHash3",
  domain: "com.microsoft",
  since: 1,
  summary: "A hash of 32 bits of each element's bytes",
  attributes: {
    positive: bool({ doc: "uint32, not int32", default: true }),
    seed: int({ doc: "where the hash begins", default: 0, min: 0, max: 2 ** 32 - 1 }),
  },
  arity: [1, 1],
  accuracy: "exact",
  gradient: "none",
  infer(c) {
    const x = inputOf(c, 0, ["uint32", "int32", "uint64", "int64", "float32", "float64", "string"]);
    return [tensorType(c.attributes.positive ? "uint32" : "int32", x.shape)];
  },
  plain(inputs, { attributes: { positive, seed } }) {
    const { data, dtype, shape } = tensorAt(inputs, 0), encoder = new TextEncoder();
    const size = dtypes[dtype].bits / 8, numbers = dtype === "string" ? undefined : data as Float32Array;
    const hashes = Int32Array.from({ length: data.length }, (_, i) => {
      if (!numbers) return murmurHash3(encoder.encode(String(data[i])), seed);
      return murmurHash3(new Uint8Array(numbers.buffer, numbers.byteOffset + i * size, size), seed);
    });
    if (!positive) return [{ dtype: "int32", shape, data: hashes }];
    return [{ dtype: "uint32", shape, data: new Uint32Array(hashes.buffer) }];
  },
});

/** Hashes. */
export const contribHashes: readonly OpDef[] = [murmur];
