/** Recurrent layers with masks as whole ONNX nodes: steps that count are packed to the front, lengths say how many. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import type { Value } from "../../../core/graph/graph.ts";
import { dtypeOf, maskLike } from "../../../core/ops/words.ts";
import {
  type RecurrentBuilder,
  recurrentNode,
  type RecurrentNodeOptions,
  type RecurrentNodeResult,
} from "../../../core/network/whole.ts";

/** What a mask says of a batch's steps. */
interface Steps {
  /** int32 `[batch]` */
  readonly lengths: Value;
  /** True where the steps that count come first already. */
  readonly inPlace: boolean;
  /** `[batch, time, features]` with the steps that count first, in their order. */
  packed(x: Value): Value;
  /** The value that stands at each step of `packed`, `[batch, time, units]`: of the step itself, or of the last (or next) that counts. */
  unpacked(y: Value, side: "last" | "next"): Value;
  /** Says of an unpacked value what it was made of, for the next layer that packs it. */
  keep(y: Value, from: Value): void;
}

/**
 * Builds recurrent nodes. ONNX' nodes know rows that end early, not steps left out in between: where a mask may leave out
 * any step, the steps are packed first and their outputs put back. With `rightPadded`, masks cut off ends alone.
 */
export function recurrentBuilder(rightPadded: boolean): RecurrentBuilder {
  const known = new WeakMap<object, Map<number, Steps>>();
  return (b, options) => {
    const { mask } = options;
    if (!mask) return recurrentNode(b, options);
    let masks = known.get(mask.owner);
    if (!masks) known.set(mask.owner, masks = new Map());
    let steps = masks.get(mask.id);
    if (!steps) masks.set(mask.id, steps = stepsOf(b, mask, rightPadded));
    return masked(b, options, mask, steps);
  };
}

function masked(b: Builder, o: RecurrentNodeOptions, mask: Value, steps: Steps): RecurrentNodeResult {
  const { outputs: y, states: ends } = recurrentNode(b, {
    ...o,
    x: steps.packed(o.x),
    lengths: steps.lengths,
  });
  const zero = b.scalar(0, dtypeOf(y)), any = b.greater(steps.lengths, b.scalar(0, "int32"));
  const empty = b.unsqueeze(any, b.ints([1]));
  // A row without a step keeps the state it began with, and has put out nothing.
  const states = o.initial.length === 0 ? ends : ends.map((v, i) => b.where(empty, v, o.initial[i] ?? zero));
  const h = ends[0] ?? y, unpacked = () => steps.unpacked(y, o.reverse ? "next" : "last");
  if (!o.zeroOutputForMask) {
    const outputs = unpacked();
    steps.keep(outputs, y);
    return { outputs, states, last: o.initial.length === 0 ? h : b.where(empty, h, zero) };
  }
  const rows = maskLike(b, mask, y);
  const end = b.gather(rows, b.scalar(o.reverse ? 0 : -1, "int64"), { axis: 1 });
  // The node itself puts out zeros after a row's end.
  const outputs = steps.inPlace ? y : b.where(rows, unpacked(), zero);
  steps.keep(outputs, y);
  return { outputs, states, last: b.where(end, h, zero) };
}

function stepsOf(b: Builder, mask: Value, rightPadded: boolean): Steps {
  const counts = b.cast(mask, { to: "int32" });
  const lengths = b.reduceSum(counts, b.ints([1]), { keepdims: 0 });
  const gathered = (x: Value, at: Value) => b.gatherND(x, b.unsqueeze(at, b.ints([2])), { batch_dims: 1 });
  let order: Value | undefined;
  const firstOnes = (): Value => {
    // Of equal elements TopK gives the earlier first, so the order of the steps that count stays.
    const time = b.shape(mask, { start: 1, end: 2 });
    const [, indices = counts] = b.topK(counts, time, { axis: 1 });
    return indices;
  };
  const places = new Map<string, Value>(), homes = new Map<number, Value>();
  const unpacked = (y: Value, side: "last" | "next"): Value => {
    let at = places.get(side);
    if (!at) {
      // How many steps count before each: the place of the next one among those packed, after the place of the last.
      const next = b.cumSum(counts, b.scalar(1, "int64"), { exclusive: side === "next" ? 1 : 0 });
      places.set(side, at = side === "next" ? next : b.sub(next, b.scalar(1, "int32")));
    }
    const outside = side === "next"
      ? b.less(at, b.unsqueeze(lengths, b.ints([1])))
      : b.greaterOrEqual(at, b.scalar(0, "int32"));
    const inside = b.cast(b.max([at, b.scalar(0, "int32")]), { to: "int64" });
    const kept = gathered(y, inside);
    return b.where(b.unsqueeze(outside, b.ints([2])), kept, b.scalar(0, dtypeOf(y)));
  };
  return {
    lengths,
    inPlace: rightPadded,
    packed: (x) => rightPadded ? x : homes.get(x.id) ?? gathered(x, order ??= firstOnes()),
    unpacked,
    keep: (y, from) => void homes.set(y.id, from),
  };
}
