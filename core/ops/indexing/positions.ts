/** Gradients of operators that move elements: where each came from is found by moving positions. @module */
import type { Builder } from "../../graph/builder.ts";
import type { Value } from "../../graph/graph.ts";
import { asTensor } from "../../values/shape.ts";

/** Zeros of a value's shape. */
export function zerosLike(b: Builder, x: Value): Value {
  return b.expand(b.scalar(0, asTensor(x.type).dtype), b.shape(x));
}

/**
 * The gradient of x where y = move(x) takes each element of y from one of x: the gradients are added up at the
 * positions that `move` brings.
 */
export function byPositions(b: Builder, x: Value, dy: Value, move: (positions: Value) => Value): Value {
  const shape = b.shape(x), size = b.size(x), flat = b.ints([-1]);
  const counted = b.range(b.scalar(0, "int64"), size, b.scalar(1, "int64"));
  const index = b.reshape(move(b.reshape(counted, shape, { allowzero: true })), flat);
  const zeros = b.expand(b.scalar(0, asTensor(x.type).dtype), b.reshape(size, b.ints([1])));
  const sums = b.scatterElements(zeros, index, b.reshape(dy, flat), { reduction: "add" });
  return b.reshape(sums, shape, { allowzero: true });
}
