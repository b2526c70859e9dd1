/** The encodings that layers of categories share. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import type { DType } from "../../../core/values/dtype.ts";
import { ShapeError, UnsupportedError } from "../../../core/values/errors.ts";
import type { Value } from "../../../core/graph/graph.ts";
import { asFloat, cast, shapeOf } from "../../../core/ops/words.ts";
import { bool, type Field } from "../../../core/values/schema.ts";
import { tensor } from "../../../core/values/tensor.ts";

/** Forms of categories: ids, one row each, one row of all, or how often each is there. */
export type OutputMode = "int" | "one_hot" | "multi_hot" | "count" | "tf_idf";

/** The `sparse` field, which only false is supported of. */
export function sparseField(): Field<boolean> {
  return bool({ default: false });
}
/** Refuses sparse outputs. @throws {UnsupportedError} */
export function checkSparse(config: { readonly sparse: boolean }, path: string): void {
  if (config.sparse) throw new UnsupportedError(`${path}.sparse: sparse outputs are not supported`);
}

/**
 * Ids `[…, n]` in a form of categories, as Keras encodes them: one_hot `[…, n, depth]` (an axis of 1 at the end goes),
 * multi_hot and count `[…, depth]`. Ids that are no class count nothing.
 */
export function encoded(
  b: Builder,
  ids: Value,
  mode: Exclude<OutputMode, "tf_idf">,
  depth: number,
  dtype: DType,
  weights?: Value,
): Value {
  if (mode === "int") return cast(b, ids, dtype);
  const shape = shapeOf(ids.type);
  // In floats, which are exact up to 16 million classes: kernels compare them.
  let x = cast(b, ids, "float32");
  if (mode === "one_hot" && shape.length > 1 && shape.at(-1) === 1) x = b.squeeze(x, b.ints([-1]));
  const classes = b.constant(tensor(Float32Array.from({ length: depth }, (_, i) => i)));
  const rows = cast(b, b.equal(b.unsqueeze(x, b.ints([-1])), classes), "float32");
  if (mode === "one_hot") return cast(b, rows, dtype);
  if (shape.length < 1) throw new ShapeError("expected at least the batch axis");
  // A vector of ids is one sample.
  const axis = b.ints([-2]);
  if (mode === "multi_hot") return cast(b, b.reduceMax(rows, axis, { keepdims: 0 }), dtype);
  const each = weights ? b.mul(rows, b.unsqueeze(asFloat(b, weights), b.ints([-1]))) : rows;
  return cast(b, b.reduceSum(each, axis, { keepdims: 0 }), dtype);
}
