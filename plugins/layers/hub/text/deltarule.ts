/** Layers that keep a matrix for every head and mend it step by step: Qwen 3.5's and RWKV 7's. @module */
import type { Builder } from "../../../../core/graph/builder.ts";
import type { Value } from "../../../../core/graph/graph.ts";
import { dtypeOf, shapeVector } from "../../../../core/ops/words.ts";
import { zeros } from "../../../../core/values/tensor.ts";

/** What a step gives: the matrices after it and the step's output. */
export interface Step {
  /** `[batch, heads, rows, columns]`. */
  readonly state: Value;
  /** `[batch, heads, features]`. */
  readonly output: Value;
}
/**
 * Runs over the steps of sequences `[batch, steps, heads, …]` with a matrix of `rows` by `columns` for every head, which
 * begins as zeros: outputs `[batch, steps, heads, features]`.
 */
export function overSteps(
  b: Builder,
  sequences: readonly Value[],
  [heads, rows, columns]: readonly [number, number, number],
  step: (b: Builder, state: Value, now: readonly Value[]) => Step,
): Value {
  const like = sequences[0] as Value;
  const start = b.constantOfShape(shapeVector(b, like, [{ axis: 0 }, heads, rows, columns]), {
    value: zeros([1], dtypeOf(like)),
  });
  const { outputs } = b.scan([start], sequences, { axis: 1 }, ([state], now, inner) => {
    const done = step(inner, state as Value, now);
    return { state: [done.state], outputs: [done.output] };
  });
  return outputs[0] as Value;
}
/** A vector `[batch, heads, n]` as a row or a column of matrices. */
export function asRow(b: Builder, x: Value): Value {
  return b.unsqueeze(x, b.ints([2]));
}
/** The same as a column. */
export function asColumn(b: Builder, x: Value): Value {
  return b.unsqueeze(x, b.ints([3]));
}
