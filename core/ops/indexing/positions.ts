/** Gradients of operators that move elements: where each came from is found by moving positions. @module */
import type { Builder } from "../../graph/builder.ts";
import type { Value } from "../../graph/graph.ts";
import { asTensor } from "../../values/shape.ts";

/** Zeros of a value's shape. */
export function zerosLike(b: Builder, x: Value): Value {
  return b.one("Expand", [b.scalar(0, asTensor(x.type).dtype), b.one("Shape", [x])]);
}

/**
 * The gradient of x where y = move(x) takes each element of y from one of x: the gradients are added up at the
 * positions that `move` brings.
 */
export function byPositions(b: Builder, x: Value, dy: Value, move: (positions: Value) => Value): Value {
  const shape = b.one("Shape", [x]), size = b.one("Size", [x]), flat = b.ints([-1]);
  const counted = b.one("Range", [b.scalar(0, "int64"), size, b.scalar(1, "int64")]);
  const index = b.one("Reshape", [move(b.one("Reshape", [counted, shape], { allowzero: true })), flat]);
  const zeros = b.one("Expand", [
    b.scalar(0, asTensor(x.type).dtype),
    b.one("Reshape", [size, b.ints([1])]),
  ]);
  const sums = b.one("ScatterElements", [zeros, index, b.one("Reshape", [dy, flat])], { reduction: "add" });
  return b.one("Reshape", [sums, shape], { allowzero: true });
}
