/** Attention over heads as onnxruntime's operators have it: masks in their forms, caches, scores. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import { isNarrowFloat } from "../../../core/values/dtype.ts";
import { ShapeError, UnsupportedError } from "../../../core/values/errors.ts";
import type { Value } from "../../../core/graph/graph.ts";
import { asTensor, dimsOf, sameDim, shapeText } from "../../../core/values/shape.ts";
import { zeros } from "../../../core/values/tensor.ts";
import { countAt, line, numberLike, sizeAt, slice, typed } from "./define.ts";

/** Queries, keys and values, each `[batch, heads, steps, size]`. */
export interface Heads {
  readonly q: Value;
  readonly k: Value;
  readonly v: Value;
}
/** How scores become probabilities. */
export interface Scoring {
  /** Factor of Q·Kᵀ; 1/√size where null or 0. */
  readonly scale: number | null;
  /** Added to the scores: `[batch or 1, heads or 1, queries, keys]`. */
  readonly biases: readonly (Value | undefined)[];
  /** bool, broadcast like the biases: keys that a query sees. */
  readonly seen?: Value | undefined;
  /** What shown scores have where a query doesn't see a key; the least float32 unless given. */
  readonly unseen?: number;
  /** Bound of scores; 0 for none. */
  readonly softcap?: number;
  /** Scores that take part in the softmax though no key is theirs: `[1, heads, 1, 1]`. */
  readonly sink?: Value | undefined;
}

/** `[batch, steps, heads·size]` as `[batch, heads, steps, size]`. */
export function apart(b: Builder, x: Value, heads: number): Value {
  return b.transpose(b.reshape(x, b.ints([0, 0, heads, -1])), { perm: [0, 2, 1, 3] });
}
/** `[batch, heads, steps, size]` as `[batch, steps, heads·size]`. */
export function together(b: Builder, x: Value): Value {
  return b.reshape(b.transpose(x, { perm: [0, 2, 1, 3] }), b.ints([0, 0, -1]));
}
/** A cache with the steps of now behind it. */
export function grown(b: Builder, past: Value | undefined, now: Value): Value {
  return past ? b.concat([past, now], { axis: 2 }) : now;
}

/** The mixed values `[batch, heads, queries, size]`, the scores and what softmax makes of them. */
export function attend(
  b: Builder,
  { q, k, v }: Heads,
  { scale, biases, seen, unseen = -3.4028234663852886e38, softcap = 0, sink }: Scoring,
): { readonly mixed: Value; readonly scores: Value; readonly probabilities: Value } {
  const { dtype } = asTensor(q.type), wide = isNarrowFloat(dtype) ? "float32" : dtype;
  const size = dimsOf(q.type)[3];
  if (!scale && typeof size !== "number") throw new ShapeError("heads of a known size expected");
  const factor = b.scalar(scale || 1 / Math.sqrt(Number(size)), wide);
  const keys = b.transpose(typed(b, k, wide), { perm: [0, 1, 3, 2] });
  let scores = b.matMul(b.mul(typed(b, q, wide), factor), keys);
  if (softcap > 0) {
    const cap = b.scalar(softcap, wide);
    scores = b.mul(b.tanh(b.div(scores, cap)), cap);
  }
  for (const bias of biases) if (bias) scores = b.add(scores, typed(b, bias, wide));
  const shown = seen ? b.where(seen, scores, b.scalar(unseen, wide)) : scores;
  if (seen) scores = b.where(seen, scores, b.scalar(-Infinity, wide));
  const probabilities = sink ? sunk(b, scores, typed(b, sink, wide)) : b.softmax(scores, { axis: -1 });
  const mixed = typed(b, b.matMul(probabilities, typed(b, v, wide)), dtype);
  return { mixed, scores: typed(b, shown, dtype), probabilities: typed(b, probabilities, dtype) };
}
/** Softmax over the keys and one more score, which is left out again. */
function sunk(b: Builder, scores: Value, sink: Value): Value {
  const shape = b.concat([b.shape(scores, { end: 3 }), b.ints([1])], { axis: 0 });
  const all = b.concat([scores, b.expand(sink, shape)], { axis: 3 });
  return slice(b, b.softmax(all, { axis: -1 }), 3, 0, -1);
}

/** bool `[queries, keys]`: keys up to the query's own place, the last query standing at the last key. */
export function causal(b: Builder, q: Value, k: Value): Value {
  const queries = countAt(b, q, 2), keys = countAt(b, k, 2);
  const places = b.add(line(b, queries), b.sub(keys, queries));
  return b.lessOrEqual(line(b, keys), b.unsqueeze(places, b.ints([1])));
}

/**
 * A mask in any of its forms as something to add to scores, `filler` where masked: lengths `[batch]`; ends and starts
 * `[2·batch]`; 0 and 1 `[batch, keys]`, `[batch, queries, keys]` or `[batch, 1, most, most]`.
 * @throws {UnsupportedError} for lengths summed up, which only GPUs take.
 */
export function maskBias(
  b: Builder,
  mask: Value | undefined,
  { q, k }: Omit<Heads, "v">,
  filler: number,
): Value | undefined {
  if (!mask) return undefined;
  const shape = dimsOf(mask.type), [count = 1] = shape, [batch = 1] = dimsOf(q.type);
  if (shape.length === 1) {
    if (typeof count === "number" && typeof batch === "number" && count !== batch && count !== 2 * batch) {
      throw new UnsupportedError(
        `a mask of ${count} numbers for a batch of ${batch}: lengths summed up, which only GPUs take`,
      );
    }
    const { dtype } = asTensor(mask.type), keys = b.cast(line(b, countAt(b, k, 2)), { to: dtype });
    const upright = (rows: Value) => b.reshape(rows, b.ints([-1, 1, 1, 1]));
    if (sameDim(count, batch)) return filled(b, b.less(keys, upright(mask)), filler);
    // Where there are no starts, they are zeros.
    const rows = sizeAt(b, q, 0), none = b.constantOfShape(rows, { value: zeros([1], dtype) });
    const starts = slice(b, b.concat([mask, none], { axis: 0 }), 0, rows, b.add(rows, rows));
    const before = b.less(keys, upright(slice(b, mask, 0, 0, rows)));
    return filled(b, b.and(before, b.greaterOrEqual(keys, upright(starts))), filler);
  }
  const allowed = b.greater(mask, numberLike(b, mask, 0));
  switch (shape.length) {
    case 2:
      return filled(b, b.unsqueeze(allowed, b.ints([1, 2])), filler);
    case 3:
      return filled(b, b.unsqueeze(allowed, b.ints([1])), filler);
    case 4: {
      const keys = sizeAt(b, k, 2), first = b.sub(keys, sizeAt(b, q, 2));
      return filled(b, slice(b, slice(b, allowed, 2, first, keys), 3, 0, keys), filler);
    }
    default:
      throw new ShapeError(`a mask of rank 1 to 4 expected, got ${shapeText(shape)}`);
  }
}
function filled(b: Builder, allowed: Value, filler: number): Value {
  return b.where(allowed, b.scalar(0, "float32"), b.scalar(filler, "float32"));
}
