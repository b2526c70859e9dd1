/** Operators that move whole axes: shapes, slices, joins and pads. @module */
import type { DType } from "../../../core/values/dtype.ts";
import { sizeOf } from "../../../core/values/tensor.ts";
import type { Draft, DraftedTensor, Size } from "../draft.ts";
import { along, axesOf, axisOf, everything, least, type Makers, some } from "./kit.ts";

const low = -(2n ** 63n), high = 2n ** 63n - 1n;

/** A start or an end of a slice along an axis of that size: within, around and far beyond it. */
function bound(d: Draft, size: number): number | bigint {
  const p = d.dice.uniform();
  if (p < 0.5) return d.dice.between(-size, size);
  if (p < 0.75) return d.dice.between(-size - 3, size + 3);
  if (p < 0.9) return d.dice.pick([low, high, low + 1n, high - 1n]);
  return d.dice.pick([2147483647, -2147483648, 9223372036854775807n, -1, 0]);
}
function slice(d: Draft) {
  const x = some(d, { dtypes: everything, ranks: [1, 5] });
  const axes = axesOf(d, x.rank), size = (a: number) => Math.max(...along(x, a));
  const starts = axes.map((a) => bound(d, size(a))), ends = axes.map((a) => bound(d, size(a)));
  const steps = axes.map(() => d.dice.pick([1, 1, 1, 2, 3, -1, -1, -2, -3]));
  // Most slices hold something.
  axes.forEach((a, i) => {
    const step = steps[i] ?? 1;
    if (d.dice.chance(0.6)) {
      if (step < 0) {
        [starts[i], ends[i]] = [
          d.dice.pick<number | bigint>([-1, high, size(a) - 1, size(a)]),
          d.dice.pick<number | bigint>([low, -size(a) - 1, 0]),
        ];
      } else {[starts[i], ends[i]] = [
          d.dice.pick<number | bigint>([0, low, -size(a), 1, -2]),
          d.dice.pick<number | bigint>([high, size(a), -1]),
        ];}
    }
  });
  // onnxruntime takes the largest number for "to the end" backwards too, which ONNX clamps.
  axes.forEach((_, i) => {
    const end = ends[i];
    if ((steps[i] ?? 1) < 0 && end !== undefined && BigInt(end) >= 2147483647n) ends[i] = low;
  });
  const whole = axes.every((a, i) => a === i), type: DType = d.dice.chance(0.2) ? "int32" : "int64";
  const clip = (v: number | bigint) =>
    type === "int64"
      ? BigInt(v)
      : BigInt(v) > 2147483647n
      ? 2147483647
      : BigInt(v) < -2147483648n
      ? -2147483648
      : Number(v);
  const list = (values: readonly (number | bigint)[]) => d.ints(values.map(clip), type);
  const inputs = [x.name, list(starts), list(ends)];
  const unit = steps.every((s) => s === 1);
  if (!unit || d.dice.chance(0.5)) inputs.push(whole && d.dice.chance(0.3) ? "" : list(axes), list(steps));
  else if (!whole) inputs.push(list(axes));
  return { op: "Slice", inputs };
}
/** Sizes that a tensor may be reshaped to, with 0 and −1 among them. */
function reshape(d: Draft) {
  const x = some(d, { dtypes: everything });
  const sizes = d.sizes(x), static_ = sizes.every((s) => typeof s === "number");
  if (!static_ || d.dice.chance(0.4)) {
    // Some axes stay, the rest becomes one.
    const kept = d.dice.between(0, x.rank),
      keep = sizes.slice(0, kept).map((s) => typeof s === "number" && d.dice.chance(0.5) ? s : 0);
    return { op: "Reshape", inputs: [x.name, d.ints([...keep, -1])] };
  }
  const total = sizeOf(x.samples[0]?.shape ?? []), dims: number[] = [];
  let left = total;
  while (left > 1 && dims.length < 4) {
    const divisors = Array.from({ length: left }, (_, i) => i + 1).filter((n) => left % n === 0);
    const n = d.dice.pick(divisors);
    dims.push(n);
    left /= n;
  }
  dims.push(left);
  const at = d.dice.chance(0.4) && total > 0 ? d.dice.below(dims.length) : -1;
  const allow = total === 0 ? { allowzero: 1 } : {};
  return {
    op: "Reshape",
    inputs: [x.name, d.ints(dims.map((n, i) => (i === at ? -1 : n)))],
    attributes: allow,
  };
}
function concat(d: Draft) {
  const x = some(d, { dtypes: everything, ranks: [1, 5] }),
    axis = axisOf(d, x.rank),
    at = axis < 0 ? axis + x.rank : axis;
  const sizes = d.sizes(x);
  if (sizes.some((s, i) => i !== at && s === undefined)) return undefined;
  const fits = (t: DraftedTensor) =>
    t.dtype === x.dtype && t.rank === x.rank &&
    t.samples.every((s, b) => s.shape.every((n, i) => i === at || n === x.samples[b]?.shape[i]));
  const more = Array.from({ length: d.dice.between(0, 3) }, () => {
    const there = d.dice.chance(0.6) ? d.find(fits) : undefined;
    return (there ??
      d.source(
        sizes.map((s, i): Size => (i === at ? d.dice.between(d.dice.chance(0.1) ? 0 : 1, 4) : s ?? 1)),
        x.dtype,
      )).name;
  });
  return { op: "Concat", inputs: d.dice.shuffled([x.name, ...more]), attributes: { axis } };
}
function split(d: Draft) {
  const x = some(d, { dtypes: everything, ranks: [1, 4] }), axis = axisOf(d, x.rank);
  const size = d.sizes(x)[axis < 0 ? axis + x.rank : axis];
  if (typeof size !== "number" || d.dice.chance(0.3)) {
    const count = d.dice.between(1, Math.min(3, Math.max(1, least(x, axis))));
    return { op: "Split", inputs: [x.name], attributes: { axis, num_outputs: count }, outputs: count };
  }
  const parts: number[] = [];
  for (let left = size; left > 0 && parts.length < 4;) {
    const n = parts.length === 3 ? left : d.dice.between(0, left);
    parts.push(n);
    left -= n;
    if (left > 0 && parts.length === 4) parts[3] = (parts[3] ?? 0) + left;
  }
  if (parts.reduce((a, b) => a + b, 0) !== size || parts.length === 0) {
    parts.push(size - parts.reduce((a, b) => a + b, 0));
  }
  return { op: "Split", inputs: [x.name, d.ints(parts)], attributes: { axis }, outputs: parts.length };
}
function pad(d: Draft) {
  const x = some(d, {
    dtypes: ["float32", "float32", "float32", "int32", "int64", "bool", "float64"],
    ranks: [1, 5],
  });
  const mode = d.dice.pick(["constant", "constant", "reflect", "edge", "wrap"]);
  const axes = d.dice.chance(0.3) ? axesOf(d, x.rank) : undefined,
    on = axes ?? Array.from({ length: x.rank }, (_, i) => i);
  const amount = (a: number) => {
    const size = least(x, a), most = mode === "reflect" ? size - 1 : mode === "wrap" ? size : 3;
    if (size === 0 && mode !== "constant") return 0;
    return d.dice.chance(0.15)
      ? -d.dice.between(0, Math.max(0, Math.floor(size / 2) - (mode === "constant" ? 0 : 1)))
      : d.dice.between(0, Math.max(0, Math.min(most, 3)));
  };
  const pads = [...on.map(amount), ...on.map(amount)];
  const value = mode === "constant" && d.dice.chance(0.6)
    ? d.source([], x.dtype).name
    : axes
    ? ""
    : undefined;
  const inputs = [
    x.name,
    d.ints(pads),
    ...(value === undefined ? [] : [value]),
    ...(axes ? [d.ints(axes)] : []),
  ];
  return { op: "Pad", inputs, attributes: { mode } };
}

/** Their makers. */
export const layouts: Makers = {
  Slice: slice,
  Reshape: reshape,
  Concat: concat,
  Split: split,
  Pad: pad,
  Transpose: (d) => {
    const x = some(d, { dtypes: everything });
    const perm = d.dice.shuffled(Array.from({ length: x.rank }, (_, i) => i));
    return {
      op: "Transpose",
      inputs: [x.name],
      attributes: d.dice.chance(0.85) && x.rank > 0 ? { perm } : {},
    };
  },
  Flatten: (d) => {
    const x = some(d, { dtypes: everything });
    return {
      op: "Flatten",
      inputs: [x.name],
      attributes: d.dice.chance(0.8) ? { axis: d.dice.between(-x.rank, x.rank) } : {},
    };
  },
  Squeeze: (d) => {
    const x = some(d, { dtypes: everything, fits: (t) => d.sizes(t).includes(1) });
    const sizes = d.sizes(x),
      axes = sizes.flatMap((
        s,
        i,
      ) => (s === 1 && d.dice.chance(0.7) ? [d.dice.chance(0.3) ? i - x.rank : i] : []));
    const all = sizes.every((s) => typeof s === "number") && d.dice.chance(0.2);
    if (!all && axes.length === 0) return undefined;
    return { op: "Squeeze", inputs: all ? [x.name] : [x.name, d.ints(axes)] };
  },
  Unsqueeze: (d) => {
    const x = some(d, { dtypes: everything, ranks: [0, 4] }),
      count = d.dice.between(1, 2),
      rank = x.rank + count;
    const axes = d.dice.shuffled(Array.from({ length: rank }, (_, i) => i)).slice(0, count);
    return { op: "Unsqueeze", inputs: [x.name, d.ints(axes.map((a) => d.dice.chance(0.3) ? a - rank : a))] };
  },
  Expand: (d) => {
    const x = some(d, { dtypes: everything, ranks: [0, 4] });
    const sizes = d.sizes(x).map((
      s,
    ) => (s === 1 ? d.dice.between(1, 4) : typeof s === "number" && d.dice.chance(0.5) ? s : 1));
    const more = Array.from({ length: d.dice.below(3) }, () => d.dice.between(1, 3));
    return {
      op: "Expand",
      inputs: [
        x.name,
        d.ints(
          [...more, ...sizes].slice(d.dice.chance(0.2) ? more.length + d.dice.below(sizes.length + 1) : 0),
        ),
      ],
    };
  },
  Tile: (d) => {
    const x = some(d, { dtypes: everything, ranks: [0, 4] });
    return {
      op: "Tile",
      inputs: [
        x.name,
        d.ints(Array.from({ length: x.rank }, () => d.dice.chance(0.05) ? 0 : d.dice.between(1, 3))),
      ],
    };
  },
  Shape: (d) => {
    const x = some(d, { dtypes: everything });
    const attributes = {
      ...(d.dice.chance(0.4) && { start: d.dice.between(-x.rank - 1, x.rank) }),
      ...(d.dice.chance(0.4) && { end: d.dice.between(-x.rank - 1, x.rank + 1) }),
    };
    return { op: "Shape", inputs: [x.name], attributes };
  },
  Size: (d) => ({ op: "Size", inputs: [some(d, { dtypes: everything }).name] }),
  ConstantOfShape: (d) => {
    const shape = d.find((t) =>
      t.dtype === "int64" && t.rank === 1 &&
      t.samples.every((s) => s.data.length < 5 && (s.data as BigInt64Array).every((n) => n >= 0n && n < 6n))
    );
    const name = shape?.name ?? d.ints(Array.from({ length: d.dice.below(4) }, () => d.dice.between(0, 4)));
    const value = d.dice.tensor([1], d.dice.pick(["float32", "int64", "bool", "int32"]));
    return { op: "ConstantOfShape", inputs: [name], attributes: d.dice.chance(0.8) ? { value } : {} };
  },
  Range: (d) => {
    const type = d.dice.pick<DType>(["int64", "int32", "float32", "float64"]),
      step = d.dice.pick([1, 1, 2, -1, 3]);
    const start = d.dice.between(-3, 3), end = start + step * d.dice.between(0, 6) + d.dice.between(-1, 1);
    const one = (v: number) =>
      d.constant(
        type === "int64"
          ? { dtype: type, shape: [], data: BigInt64Array.of(BigInt(v)) }
          : type === "int32"
          ? { dtype: type, shape: [], data: Int32Array.of(v) }
          : type === "float32"
          ? { dtype: type, shape: [], data: Float32Array.of(v) }
          : { dtype: "float64", shape: [], data: Float64Array.of(v) },
      ).name;
    const limit = type === "int64" && d.dice.chance(0.4)
      ? d.find((t) =>
        t.dtype === "int64" && t.rank === 0 && t.samples.every((s) => Math.abs(Number(s.data[0])) < 40)
      )?.name
      : undefined;
    return { op: "Range", inputs: [one(start), limit ?? one(end), one(step)] };
  },
  EyeLike: (d) => ({
    op: "EyeLike",
    inputs: [some(d, { dtypes: ["float32", "int32", "float64"], ranks: [2, 2] }).name],
    attributes: {
      k: d.dice.between(-2, 2),
      ...(d.dice.chance(0.4) && { dtype: d.dice.pick([1, 7, 6, 11]) }),
    },
  }),
  DepthToSpace: (d) => {
    const b = d.dice.between(1, 2),
      x = d.source([
        d.dice.pick(["n", 1, 2]),
        b * b * d.dice.between(1, 3),
        d.dice.between(1, 3),
        d.dice.pick(["m", 2]),
      ]);
    return {
      op: "DepthToSpace",
      inputs: [x.name],
      attributes: { blocksize: b, ...(d.dice.chance(0.6) && { mode: d.dice.pick(["DCR", "CRD"]) }) },
    };
  },
  SpaceToDepth: (d) => {
    const b = d.dice.between(1, 3),
      x = d.source([
        d.dice.pick(["n", 1, 2]),
        d.dice.between(1, 3),
        b * d.dice.between(1, 3),
        b * d.dice.between(1, 2),
      ]);
    return { op: "SpaceToDepth", inputs: [x.name], attributes: { blocksize: b } };
  },
  CenterCropPad: (d) => {
    const x = some(d, { dtypes: ["float32", "int64"], ranks: [1, 4] }),
      axes = d.dice.chance(0.6) ? axesOf(d, x.rank) : undefined;
    const sizes = (axes ?? Array.from({ length: x.rank }, (_, i) => i)).map(() => d.dice.between(1, 6));
    return { op: "CenterCropPad", inputs: [x.name, d.ints(sizes)], attributes: axes ? { axes } : {} };
  },
};
