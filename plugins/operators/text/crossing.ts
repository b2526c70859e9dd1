/** The hash of several features together, for Keras' HashedCrossing. @module */
import type { OpDef } from "../../../core/graph/op.ts";
import { int } from "../../../core/values/schema.ts";
import { asTensor, tensorType } from "../../../core/values/shape.ts";
import { fingerprint64, joinFingerprints } from "./hashes.ts";
import { tensorAt, textOp, utf8, whole, words } from "./text.ts";

/** Buckets of several tensors together. */
export const crossHash: OpDef = textOp<{ readonly buckets: number }>({
  name: "CrossHash",
  summary: "buckets of several tensors together, as TensorFlow's cross_hashed",
  attributes: { buckets: int({ doc: "number of buckets", min: 1 }) },
  arity: [2, Infinity],
  infer: ({ inputs: [x] }) => [tensorType("int64", asTensor(x).shape)],
  dtypes: () => [tensorType("int64")],
  plain(inputs, { attributes: { buckets } }) {
    const columns = inputs.map((_, i) => tensorAt(inputs, i)), shape = columns[0]?.shape ?? [];
    const prints = columns.map((t) =>
      t.dtype === "string"
        ? words(t).map((w) => fingerprint64(utf8.encode(w)))
        : Array.from(t.data as ArrayLike<number | bigint>, (n) => BigInt.asUintN(64, BigInt(n)))
    );
    const rows = (prints[0] ?? []).map((_, i) =>
      prints.reduce((h, column) => joinFingerprints(h, column[i] ?? 0n), 0xDECAFCAFFEn) % BigInt(buckets)
    );
    return [whole(rows, shape)];
  },
});
