/** Operators that pick elements: gathers, scatters, counts and orders. @module */
import type { DType } from "../../../core/values/dtype.ts";
import { sizeOf, toNumbers } from "../../../core/values/tensor.ts";
import type { Draft, DraftedTensor, Size } from "../draft.ts";
import { along, axisOf, everything, least, type Makers, numbers, some } from "./kit.ts";

/** Indices into an axis that is at least that long. */
export function indices(d: Draft, sizes: readonly Size[], size: number, negative = true): string {
  const type: DType = d.dice.chance(0.3) ? "int32" : "int64";
  const count = sizeOf(sizes.map((s) => (typeof s === "number" ? s : 1)));
  const values = Array.from({ length: count }, () => d.dice.between(negative ? -size : 0, size - 1));
  return d.ints(values, type, sizes.map((s) => (typeof s === "number" ? s : 1)));
}
const isWhole = (t: DraftedTensor) =>
  t.samples.every((s) => toNumbers(s).every((n: number) => Number.isInteger(n)));
const fixed = (d: Draft, x: DraftedTensor): number[] | undefined => {
  const sizes = d.sizes(x);
  return sizes.every((s) => typeof s === "number") ? sizes as number[] : undefined;
};

/** How scattered elements join; the smaller of a number and NaN is what each makes of it. */
const reductions = (d: Draft) => d.corner ? ["none", "add", "mul"] : ["none", "add", "mul", "max", "min"];

/** Their makers. */
export const gathers: Makers = {
  OneHot: (d) => {
    const x = some(d, {
      dtypes: ["int64", "int64", "int32", "float32"],
      ranks: [1, 3],
      contents: "whole",
      fits: isWhole,
    });
    const values = d.source([2], d.dice.pick(["float32", "int64", "int32"]));
    const depth = d.ints([d.dice.between(1, 7)], "int64", d.dice.chance(0.5) ? [] : [1]);
    return {
      op: "OneHot",
      inputs: [x.name, depth, values.name],
      attributes: d.dice.chance(0.6) ? { axis: d.dice.between(-x.rank - 1, x.rank) } : {},
    };
  },
  Gather: (d) => {
    const x = some(d, { dtypes: everything, ranks: [1, 4] }), axis = axisOf(d, x.rank), size = least(x, axis);
    if (size === 0) return undefined;
    const ids = d.dice.chance(0.3)
      ? d.find((t) =>
        (t.dtype === "int64" || t.dtype === "int32") &&
        t.samples.every((s, b) =>
          Array.from(s.data as ArrayLike<number | bigint>, Number).every((n) =>
            n >= -(along(x, axis)[b] ?? 0) && n < (along(x, axis)[b] ?? 0)
          )
        )
      )
      : undefined;
    return {
      op: "Gather",
      inputs: [
        x.name,
        ids?.name ??
          indices(
            d,
            Array.from({ length: d.dice.below(3) }, () => d.dice.between(d.dice.chance(0.1) ? 0 : 1, 4)),
            size,
          ),
      ],
      attributes: { axis },
    };
  },
  GatherElements: (d) => {
    const x = some(d, { dtypes: everything, ranks: [1, 4] }),
      axis = axisOf(d, x.rank),
      size = least(x, axis),
      at = axis < 0 ? axis + x.rank : axis;
    if (size === 0) return undefined;
    const shape = Array.from(
      { length: x.rank },
      (_, i) => i === at ? d.dice.between(1, 4) : d.dice.between(Math.min(1, least(x, i)), least(x, i)),
    );
    return { op: "GatherElements", inputs: [x.name, indices(d, shape, size)], attributes: { axis } };
  },
  GatherND: (d) => {
    const x = some(d, { dtypes: everything, ranks: [1, 4] }),
      batch = d.dice.chance(0.3) ? d.dice.below(x.rank) : 0;
    const lead = d.sizes(x).slice(0, batch);
    if (lead.some((s) => typeof s !== "number")) return undefined;
    const last = d.dice.between(1, x.rank - batch), rows = d.dice.between(1, 4);
    const per = (lead as number[]).reduce((a, b) => a * b, 1) * rows, values: number[] = [];
    for (let i = 0; i < per; i++) {
      for (let k = 0; k < last; k++) {
        values.push(d.dice.between(-least(x, batch + k), least(x, batch + k) - 1));
      }
    }
    if (x.samples.some((s) => s.data.length === 0)) return undefined;
    return {
      op: "GatherND",
      inputs: [x.name, d.ints(values, "int64", [...lead as number[], rows, last])],
      attributes: batch > 0 ? { batch_dims: batch } : {},
    };
  },
  ScatterElements: (d) => {
    const x = some(d, { dtypes: numbers, ranks: [1, 4] }),
      axis = axisOf(d, x.rank),
      size = least(x, axis),
      at = axis < 0 ? axis + x.rank : axis;
    if (size === 0) return undefined;
    const shape = Array.from(
      { length: x.rank },
      (_, i) => i === at ? d.dice.between(1, size) : d.dice.between(Math.min(1, least(x, i)), least(x, i)),
    );
    const reduction = d.dice.pick(reductions(d));
    // Without a reduction no place may be written twice.
    const ids = reduction === "none" ? distinct(d, shape, at, size) : indices(d, shape, size);
    return {
      op: "ScatterElements",
      inputs: [x.name, ids, d.source(shape, x.dtype).name],
      attributes: { axis, ...(reduction !== "none" && { reduction }) },
    };
  },
  ScatterND: (d) => {
    const x = some(d, { dtypes: numbers, ranks: [1, 4] }),
      last = d.dice.between(1, x.rank),
      tail = d.sizes(x).slice(last);
    if (x.samples.some((s) => s.data.length === 0) || tail.some((s) => s === undefined)) return undefined;
    const reduction = d.dice.pick(reductions(d)),
      rows = reduction === "none" ? 1 : d.dice.between(1, 4);
    const values = Array.from(
      { length: rows * last },
      (_, i) => d.dice.between(-least(x, i % last), least(x, i % last) - 1),
    );
    return {
      op: "ScatterND",
      inputs: [
        x.name,
        d.ints(values, "int64", [rows, last]),
        d.source([rows, ...tail.map((s) => s ?? 1)], x.dtype).name,
      ],
      attributes: reduction === "none" ? {} : { reduction },
    };
  },
  NonZero: (d) => ({
    op: "NonZero",
    inputs: [some(d, { dtypes: ["float32", "int64", "bool", "int32"], ranks: [1, 5] }).name],
  }),
  Compress: (d) => {
    const x = some(d, { dtypes: everything, ranks: [1, 4] }),
      flat = d.dice.chance(0.3),
      axis = axisOf(d, x.rank);
    const size = flat ? Math.min(...x.samples.map((s) => s.data.length)) : least(x, axis);
    return {
      op: "Compress",
      inputs: [x.name, d.source([d.dice.between(Math.min(1, size), size)], "bool").name],
      attributes: flat ? {} : { axis },
    };
  },
  Unique: (d) => {
    const x = some(d, { dtypes: ["float32", "int64"], ranks: [1, 3], contents: "whole" });
    return {
      op: "Unique",
      inputs: [x.name],
      attributes: { sorted: d.dice.below(2), ...(d.dice.chance(0.5) && { axis: axisOf(d, x.rank) }) },
      outputs: d.dice.between(1, 4),
    };
  },
  Trilu: (d) => {
    const x = some(d, { dtypes: ["float32", "int64", "bool", "float64"], ranks: [2, 4] });
    return {
      op: "Trilu",
      inputs: [x.name, ...(d.dice.chance(0.7) ? [d.ints([d.dice.between(-4, 4)], "int64", [])] : [])],
      attributes: { upper: d.dice.below(2) },
    };
  },
  ReverseSequence: (d) => {
    const x = some(d, { dtypes: numbers, ranks: [2, 4], openToo: false }),
      time = d.dice.below(2),
      sizes = fixed(d, x);
    if (!sizes) return undefined;
    const steps = sizes[time] ?? 1,
      lengths = Array.from({ length: sizes[1 - time] ?? 1 }, () => d.dice.between(Math.min(1, steps), steps));
    return {
      op: "ReverseSequence",
      inputs: [x.name, d.ints(lengths)],
      attributes: { time_axis: time, batch_axis: 1 - time },
    };
  },
};
/** Indices that name every place of an axis at most once. */
function distinct(d: Draft, shape: readonly number[], axis: number, size: number): string {
  const before = sizeOf(shape.slice(0, axis)),
    after = sizeOf(shape.slice(axis + 1)),
    count = shape[axis] ?? 1;
  const values = new Array<number>(before * count * after).fill(0);
  for (let b = 0; b < before; b++) {
    for (let a = 0; a < after; a++) {
      const order = d.dice.shuffled(Array.from({ length: size }, (_, i) => i));
      for (let k = 0; k < count; k++) {
        values[(b * count + k) * after + a] = (order[k] ?? 0) - (d.dice.chance(0.3) ? size : 0);
      }
    }
  }
  return d.ints(values, "int64", shape);
}
