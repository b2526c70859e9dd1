/** The few terms that operations are written in: ranks, flat tensors, sums and products with numbers. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import type { Value } from "../../../core/graph/graph.ts";
import { scalarLike, shapeOf } from "../../../core/ops/words.ts";

/** How many axes a tensor has. */
export const rankOf = (v: Value): number => shapeOf(v.type).length;
/** All elements along one axis. */
export const flat = (b: Builder, v: Value): Value => b.reshape(v, b.ints([-1]));
const termOf = (b: Builder, y: number | Value, like: Value) =>
  typeof y === "number" ? scalarLike(b, y, like) : y;
/** x · y. */
export const times = (b: Builder, x: Value, y: number | Value): Value => b.mul(x, termOf(b, y, x));
/** x + y. */
export const plus = (b: Builder, x: Value, y: number | Value): Value => b.add(x, termOf(b, y, x));
/** True where x is below a number. */
export const below = (b: Builder, x: Value, y: number): Value => b.less(x, scalarLike(b, y, x));
