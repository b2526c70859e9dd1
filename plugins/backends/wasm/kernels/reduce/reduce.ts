/** Reductions, arg-reductions and cumulative sums over one axis. @module */

import { item } from "../../../../../core/values/item.ts";
import type { FunctionBuilder, Kernel } from "../../assembler/assembler.ts";
import { defineKernel, storeLanes } from "../common.ts";
import { expLanes, logLanes } from "../elementwise/lanes.ts";

/** What a reduction computes. */
export type ReduceOp = "sum" | "mean" | "max" | "min" | "prod" | "sumSquare" | "l1" | "l2" | "logSumExp";

/** Where the reduced axis lies: innermost and contiguous, or with contiguous elements inside it. */
export type ReduceAxis = "inner" | "middle";

const INNER = ["outer", "n", "X", "xOuter", "Y", "yOuter"] as const;
const MIDDLE = ["outer", "n", "inner", "X", "xOuter", "xReduce", "Y", "yOuter"] as const;

/** Loads a vector at `pointer` and adds it to `sum` by the reduction's rule. */
interface Folding {
  /** Every lane's first value. */
  readonly start: number;
  /** Takes the vector on the stack into `sum`. */
  take(f: FunctionBuilder, sum: number): void;
  /** Joins two partial results on the stack. */
  readonly join: "f32x4.add" | "f32x4.max" | "f32x4.min" | "f32x4.mul";
  /** Finishes a vector of results; `n` holds the count. */
  finish?(f: FunctionBuilder, sum: number, n: number): void;
}
const add: Pick<Folding, "start" | "join"> = { start: 0, join: "f32x4.add" };
const joined = (join: Folding["join"]) => (f: FunctionBuilder, sum: number): void => {
  f.get(sum).op(join).set(sum);
};
const squared = (f: FunctionBuilder, sum: number): void => {
  const x = f.local("v128");
  f.set(x).get(x, x).madd(sum).set(sum);
};
const foldings: Readonly<Record<Exclude<ReduceOp, "logSumExp">, Folding>> = {
  sum: { ...add, take: joined("f32x4.add") },
  mean: {
    ...add,
    take: joined("f32x4.add"),
    finish: (f, sum, n) => f.get(sum).get(n).op("f32.convert_i32_s", "f32x4.splat", "f32x4.div").set(sum),
  },
  max: { start: -Infinity, join: "f32x4.max", take: joined("f32x4.max") },
  min: { start: Infinity, join: "f32x4.min", take: joined("f32x4.min") },
  prod: { start: 1, join: "f32x4.mul", take: joined("f32x4.mul") },
  sumSquare: { ...add, take: squared },
  l1: {
    ...add,
    take: (f, sum) => {
      f.op("f32x4.abs").get(sum).op("f32x4.add").set(sum);
    },
  },
  l2: { ...add, take: squared, finish: (f, sum) => f.get(sum).op("f32x4.sqrt").set(sum) },
};

/**
 * A reduction. For axis "inner": `outer n X xOuter Y yOuter`. For "middle": `outer n inner X xOuter xReduce Y yOuter`.
 * Strides in bytes; `inner` elements are contiguous in X and Y.
 */
export function reduce(spec: { readonly op: ReduceOp; readonly axis: ReduceAxis }): Kernel {
  const { op, axis } = spec;
  const key = `reduce ${op} ${axis}`;
  if (op === "logSumExp") return logSumExp(key, axis);
  const folding = foldings[op];
  if (axis === "inner") {
    return defineKernel(key, INNER, (f, arg, m) => {
      const row = m.kernel(innerRow(op, folding));
      f.times(arg.outer, () => {
        f.get(arg.n, arg.X, arg.Y).call(row).incBy(arg.X, arg.xOuter).incBy(arg.Y, arg.yOuter);
      });
    });
  }
  return defineKernel(key, MIDDLE, (f, arg, m) => {
    const wide = m.kernel(middleBlock(op, folding, WIDE)), block = m.kernel(middleBlock(op, folding, 1));
    const [x, y, left, width] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")];
    f.times(arg.outer, () => {
      f.get(arg.X).set(x).get(arg.Y).set(y);
      f.get(arg.inner).i32(4 * WIDE).op("i32.div_u").set(left);
      f.times(left, () => {
        f.get(arg.n, x, arg.xReduce, y).i32(4).call(wide).inc(x, 16 * WIDE).inc(y, 16 * WIDE);
      });
      f.get(arg.inner).i32(4 * WIDE).op("i32.rem_u").set(left);
      f.get(left).i32(0).op("i32.gt_s").if(() => {
        f.loop((again) => {
          f.i32(4).get(left).i32(4).get(left).op("i32.lt_s", "select").set(width);
          f.get(arg.n, x, arg.xReduce, y, width).call(block);
          f.inc(x, 16).inc(y, 16).inc(left, -4).get(left).i32(0).op("i32.gt_s").brIf(again);
        });
      });
      f.incBy(arg.X, arg.xOuter).incBy(arg.Y, arg.yOuter);
    });
  });
}

/** Vectors of columns that one pass over the rows takes: 128 bytes, two cache lines. */
const WIDE = 8;
/** Rows that are summed on their own before they join the rest, so that rounding grows with their number and not with all. */
const ROWS = 64;

/** Calls back for every outer step and every four inner columns, with pointers and how many columns are there. */
export function overColumns(
  f: FunctionBuilder,
  arg: Readonly<Record<"outer" | "inner" | "X" | "xOuter" | "Y" | "yOuter", number>>,
  body: (x: number, y: number, width: number) => void,
): void {
  const [x, y, left, width] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")];
  f.times(arg.outer, () => {
    f.get(arg.X).set(x).get(arg.Y).set(y).get(arg.inner).set(left);
    f.loop((again) => {
      f.i32(4).get(left).i32(4).get(left).op("i32.lt_s", "select").set(width);
      body(x, y, width);
      f.inc(x, 16).inc(y, 16).inc(left, -4).get(left).i32(0).op("i32.gt_s").brIf(again);
    });
    f.incBy(arg.X, arg.xOuter).incBy(arg.Y, arg.yOuter);
  });
}

/** One contiguous row to one number: four partial vectors, joined at the end. */
function innerRow(op: string, folding: Folding): Kernel {
  return defineKernel(`reduce-row ${op}`, ["n", "X", "Y"], (f, arg) => {
    const sums = f.locals("v128", 4), blocks = f.local("i32"), [sum = 0] = sums;
    for (const s of sums) f.splat(folding.start).set(s);
    f.get(arg.n).i32(4).op("i32.shr_u").set(blocks);
    f.times(blocks, () => {
      sums.forEach((s, i) => {
        f.get(arg.X).mem("v128.load", i * 16);
        folding.take(f, s);
      });
      f.inc(arg.X, 64);
    });
    const rest = f.local("i32"), one = f.local("v128");
    f.get(arg.n).i32(15).op("i32.and").i32(2).op("i32.shr_u").set(rest);
    f.times(rest, () => {
      f.get(arg.X).mem("v128.load");
      folding.take(f, sum);
      f.inc(arg.X, 16);
    });
    for (const s of sums.slice(1)) f.get(sum, s).op(folding.join).set(sum);
    f.get(sum, sum).shuffle(2, 3, 0, 1).get(sum).op(folding.join).set(sum);
    f.get(sum, sum).shuffle(1, 0, 3, 2).get(sum).op(folding.join).set(sum);
    f.get(arg.n).i32(3).op("i32.and").set(rest);
    f.times(rest, () => {
      f.get(arg.X).mem("f32.load").op("f32x4.splat").set(one).get(one);
      folding.take(f, sum);
      f.inc(arg.X, 4);
    });
    folding.finish?.(f, sum, arg.n);
    storeLanes(f, arg.Y, sum, 1);
  });
}

/** `vectors` times four columns of n rows to as many numbers, in blocks of rows; a single vector may be partly there. */
function middleBlock(op: string, folding: Folding, vectors: number): Kernel {
  return defineKernel(`reduce-columns ${op} ${vectors}`, ["n", "X", "xReduce", "Y", "width"], (f, arg) => {
    const sums = f.locals("v128", vectors), parts = f.locals("v128", vectors);
    const [left, rows, again] = [f.local("i32"), f.local("i32"), f.local("i32")];
    for (const s of sums) f.splat(folding.start).set(s);
    f.get(arg.n).set(left);
    f.get(arg.n).i32(ROWS - 1).op("i32.add").i32(ROWS).op("i32.div_s").set(again);
    f.times(again, () => {
      for (const p of parts) f.splat(folding.start).set(p);
      f.i32(ROWS).get(left).i32(ROWS).get(left).op("i32.lt_s", "select").set(rows);
      f.inc(left, -ROWS);
      f.times(rows, () => {
        parts.forEach((p, i) => {
          f.get(arg.X).mem("v128.load", i * 16);
          folding.take(f, p);
        });
        f.incBy(arg.X, arg.xReduce);
      });
      sums.forEach((s, i) => f.get(s, item(parts, i)).op(folding.join).set(s));
    });
    sums.forEach((s, i) => {
      folding.finish?.(f, s, arg.n);
      if (vectors === 1) storeWidth(f, arg.Y, s, arg.width);
      else storeLanes(f, arg.Y, s, 4, i * 16);
    });
  });
}

/** Stores as many lanes as a local says (1–4). */
export function storeWidth(f: FunctionBuilder, pointer: number, vector: number, width: number): void {
  f.get(width).i32(4).op("i32.ge_s").if(() => storeLanes(f, pointer, vector, 4), () => {
    for (const lane of [0, 1, 2]) {
      f.get(width).i32(lane).op("i32.gt_s").if(() => {
        f.get(pointer, vector).memLane("v128.store32_lane", lane, lane * 4);
      });
    }
  });
}

/** log Σ exp(x) = m + log Σ exp(x − m), m the maximum. */
function logSumExp(key: string, axis: ReduceAxis): Kernel {
  const column = defineKernel(
    "reduce-columns logSumExp",
    ["n", "X", "xReduce", "Y", "width"],
    (f, arg, m) => {
      const exp = m.kernel(expLanes()), log = m.kernel(logLanes());
      const [most, sum] = [f.local("v128"), f.local("v128")], [x, left] = [f.local("i32"), f.local("i32")];
      f.splat(-Infinity).set(most).get(arg.X).set(x).get(arg.n).set(left);
      f.times(left, () => {
        f.get(x).mem("v128.load").get(most).op("f32x4.max").set(most).incBy(x, arg.xReduce);
      });
      // Where the maximum is infinite it is the answer; taking it off would give NaN.
      const safe = f.local("v128");
      f.get(most).splat(0).get(most).op("f32x4.abs").splat(Infinity).op("f32x4.lt", "v128.bitselect").set(
        safe,
      );
      f.get(arg.X).set(x).get(arg.n).set(left);
      f.times(left, () => {
        f.get(x).mem("v128.load").get(safe).op("f32x4.sub").call(exp).get(sum).op("f32x4.add").set(sum);
        f.incBy(x, arg.xReduce);
      });
      f.get(sum).call(log).get(safe).op("f32x4.add").set(sum);
      storeWidth(f, arg.Y, sum, arg.width);
    },
  );
  if (axis === "middle") {
    return defineKernel(key, MIDDLE, (f, arg, m) => {
      const block = m.kernel(column);
      overColumns(f, arg, (x, y, width) => f.get(arg.n, x, arg.xReduce, y, width).call(block));
    });
  }
  return defineKernel(key, INNER, (f, arg, m) => {
    const block = m.kernel(column);
    f.times(arg.outer, () => {
      f.get(arg.n, arg.X).i32(4).get(arg.Y).i32(1).call(block).incBy(arg.X, arg.xOuter).incBy(
        arg.Y,
        arg.yOuter,
      );
    });
  });
}

/** Position of the maximum or minimum as int64; arguments as `reduce`'s. `last` takes the last of equals. NaN wins. */
export function argReduce(
  spec: { readonly op: "max" | "min"; readonly axis: ReduceAxis; readonly last?: boolean },
): Kernel {
  const { op, axis, last = false } = spec;
  const element = argElement(op, last), key = `arg-${op}${last ? " last" : ""} ${axis}`;
  if (axis === "inner") {
    return defineKernel(key, INNER, (f, arg, m) => {
      const one = m.kernel(element);
      f.times(arg.outer, () => {
        f.get(arg.n, arg.X).i32(4).get(arg.Y).call(one).incBy(arg.X, arg.xOuter).incBy(arg.Y, arg.yOuter);
      });
    });
  }
  return defineKernel(key, MIDDLE, (f, arg, m) => {
    const one = m.kernel(element), [x, y, left] = [f.local("i32"), f.local("i32"), f.local("i32")];
    f.times(arg.outer, () => {
      f.get(arg.X).set(x).get(arg.Y).set(y).get(arg.inner).set(left);
      f.times(left, () => {
        f.get(arg.n, x, arg.xReduce, y).call(one).inc(x, 4).inc(y, 8);
      });
      f.incBy(arg.X, arg.xOuter).incBy(arg.Y, arg.yOuter);
    });
  });
}
function argElement(op: "max" | "min", last: boolean): Kernel {
  return defineKernel(`arg-element ${op} ${last}`, ["n", "X", "step", "Y"], (f, arg) => {
    const [best, value] = [f.local("f32"), f.local("f32")], [at, i] = [f.local("i32"), f.local("i32")];
    f.get(arg.X).mem("f32.load").set(best);
    f.times(arg.n, () => {
      f.get(arg.X).mem("f32.load").set(value);
      const better = op === "max" ? (last ? "f32.ge" : "f32.gt") : last ? "f32.le" : "f32.lt";
      f.get(value, best).op(better).get(value, value).op("f32.ne").get(best, best).op(
        "f32.eq",
        "i32.and",
        "i32.or",
      );
      f.if(() => f.get(value).set(best).get(i).set(at));
      f.incBy(arg.X, arg.step).inc(i, 1);
    });
    f.get(arg.Y, at).op("i64.extend_i32_u").mem("i64.store");
  });
}

/** Cumulative sum along a strided axis: `outer n inner X xOuter xReduce Y yOuter yReduce`; `inner` elements are contiguous. */
export function cumsum(spec: { readonly exclusive?: boolean; readonly reverse?: boolean }): Kernel {
  const { exclusive = false, reverse = false } = spec;
  const names = ["outer", "n", "inner", "X", "xOuter", "xReduce", "Y", "yOuter", "yReduce"] as const;
  return defineKernel(`cumsum ${exclusive} ${reverse}`, names, (f, arg) => {
    const [x, y, left, column] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")],
      sum = f.local("f32");
    const seek = (pointer: number, base: number, step: number) => {
      f.get(base, column).i32(4).op("i32.mul", "i32.add");
      if (reverse) f.get(arg.n).i32(1).op("i32.sub").get(step).op("i32.mul", "i32.add");
      f.set(pointer);
    };
    const move = (pointer: number, step: number) =>
      f.get(pointer, step).op(reverse ? "i32.sub" : "i32.add").set(pointer);
    const width = f.local("i32");
    f.times(arg.outer, () => {
      f.i32(0).set(column).get(arg.inner).set(width);
      f.times(width, () => {
        seek(x, arg.X, arg.xReduce);
        seek(y, arg.Y, arg.yReduce);
        f.f32(0).set(sum).get(arg.n).set(left);
        f.times(left, () => {
          if (exclusive) f.get(y, sum).mem("f32.store");
          f.get(sum, x).mem("f32.load").op("f32.add").set(sum);
          if (!exclusive) f.get(y, sum).mem("f32.store");
          move(x, arg.xReduce);
          move(y, arg.yReduce);
        });
        f.inc(column, 1);
      });
      f.incBy(arg.X, arg.xOuter).incBy(arg.Y, arg.yOuter);
    });
  });
}
