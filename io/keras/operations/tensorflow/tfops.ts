/** Functions of TensorFlow that Keras 3 has no operation for, under names of our own (`tf.…`). @module */
import type { Builder } from "../../../../core/graph/builder.ts";
import type { Value } from "../../../../core/graph/graph.ts";
import {
  cast,
  range,
  reshape,
  scalarLike,
  shapeOf,
  sizeAt,
  sizesOf,
  transpose,
} from "../../../../core/ops/words.ts";
import { normalAxis } from "../../../../core/values/shape.ts";
import { arrays } from "../arrays.ts";
import { binary, floats, unary } from "../elementwise.ts";
import { first, type Given, type Operation, type Operations } from "../given.ts";
import { norm } from "../norm.ts";
import { over } from "../reduce.ts";
import { bessel, bessel1, digamma, erfinv, lgamma } from "../special.ts";
import { tfImages } from "./tfimages.ts";
import { plus, rankOf, times } from "../terms.ts";

const x = ["x"];
const like = (b: Builder, n: number, v: Value) => scalarLike(b, n, v);
/** y where x is zero is zero, whatever y is. */
const unlessZero = (build: (b: Builder, x: Value, y: Value) => Value): Operation =>
  floats((b, p, q) => {
    const zero = like(b, 0, p), none = b.equal(p, zero);
    return b.where(none, zero, build(b, p, b.where(none, like(b, 1, q), q)));
  });
/** An axis in order, one way or the other. */
function ordered(given: Given): readonly Value[] {
  const { b } = given, v = given.value("x"), axis = given.axis(v, -1);
  const word = given.get("direction") ?? "ASCENDING";
  if (word !== "ASCENDING" && word !== "DESCENDING") throw given.refuse("direction");
  const count = b.shape(v, { start: axis, end: axis + 1 });
  const largest = word === "DESCENDING" ? 1 : 0;
  return b.topK(v, count, { axis, largest, sorted: 1 });
}
function bandPart(given: Given): Value {
  const { b } = given,
    v = given.value("x"),
    low = given.number("num_lower"),
    high = given.number("num_upper");
  const lower = high < 0 ? v : b.trilu(v, b.scalar(high, "int64"), { upper: 0 });
  return low < 0 ? lower : b.trilu(lower, b.scalar(-low, "int64"), { upper: 1 });
}
/** True on the diagonal of the last two axes of a matrix. */
const onDiagonal = (b: Builder, v: Value) => {
  const rank = rankOf(v), sizes = b.shape(v, { start: rank - 2 });
  return cast(b, b.eyeLike(b.expand(b.scalar(0), sizes)), "bool");
};
function diagonalMatrix(given: Given): Value {
  const { b } = given, v = given.value("x"), rank = rankOf(v), zero = like(b, 0, v);
  const rows = b.unsqueeze(v, b.ints([rank])), columns = b.unsqueeze(v, b.ints([rank - 1]));
  const wide = b.add(rows, times(b, columns, 0));
  return b.where(onDiagonal(b, wide), wide, zero);
}
/** Whole blocks of images into the batch, or back. */
function spaceToBatch(given: Given): Value {
  const { b } = given, v = given.value("x"), block = given.integers("block_shape");
  const pads = given.get("paddings") as readonly (readonly number[])[];
  const rank = rankOf(v), count = block.length, rest = range(count + 1, rank);
  const side = (i: 0 | 1) => [0, ...pads.map((p) => p[i] ?? 0), ...rest.map(() => 0)];
  const wide = b.pad(v, b.ints([...side(0), ...side(1)]));
  const apart = reshape(b, wide, [
    ...sizesOf(wide, [0]),
    ...block.flatMap((n, i) => {
      const size = shapeOf(wide.type)[i + 1];
      if (typeof size !== "number") throw given.refuse("x");
      return [size / n, n];
    }),
    ...sizesOf(wide, rest),
  ], wide);
  const order = [
    ...block.map((_, i) => 2 * i + 2),
    0,
    ...block.map((_, i) => 2 * i + 1),
    ...rest.map((a) => a + count),
  ];
  const turned = transpose(b, apart, order);
  const sizes = block.map((n, i) => sizeAt(wide.type, i + 1) / n);
  return b.reshape(turned, b.ints([-1, ...sizes, ...rest.map((a) => sizeAt(wide.type, a))]));
}
function batchToSpace(given: Given): Value {
  const { b } = given, v = given.value("x"), block = given.integers("block_shape");
  const crops = given.get("crops") as readonly (readonly number[])[];
  const rank = rankOf(v), count = block.length, rest = range(count + 1, rank);
  const inner = range(1, rank).map((a) => sizeAt(v.type, a));
  const apart = b.reshape(v, b.ints([...block, -1, ...inner]));
  const order = [count, ...block.flatMap((_, i) => [count + 1 + i, i]), ...rest.map((a) => a + count)];
  const sizes = block.map((n, i) => (inner[i] ?? 1) * n);
  const joined = b.reshape(transpose(b, apart, order), b.ints([-1, ...sizes, ...inner.slice(count)]));
  const axes = range(1, count + 1);
  return b.slice(
    joined,
    b.ints(crops.map((c) => c[0] ?? 0)),
    b.ints(crops.map((c, i) => (sizes[i] ?? 0) - (c[1] ?? 0))),
    b.ints(axes),
  );
}
function convTranspose(given: Given): Value {
  const { b } = given, v = given.float("inputs"), kernel = given.value("kernel");
  if ((given.get("data_format") ?? "NHWC") !== "NHWC") throw given.refuse("data_format");
  const list = [given.get("strides") ?? 1].flat().map(Number);
  const strides = list.length === 4
    ? list.slice(1, 3)
    : list.length === 1
    ? [list[0] ?? 1, list[0] ?? 1]
    : list;
  const sizes = given.integers("output_shape").slice(1, 3),
    size = [sizeAt(kernel.type, 0), sizeAt(kernel.type, 1)];
  const image = b.transpose(v, { perm: [0, 3, 1, 2] });
  const same = `${given.get("padding")}`.toUpperCase() === "SAME";
  // The forward convolution's padding, taken away again.
  const pads = sizes.map((n, i) => {
    const stride = strides[i] ?? 1, whole = (sizeAt(image.type, i + 2) - 1) * stride + (size[i] ?? 1);
    return same ? Math.max(0, whole - n) : 0;
  });
  const before = pads.map((p) => Math.floor(p / 2)), after = pads.map((p) => p - Math.floor(p / 2));
  const more = sizes.map((n, i) =>
    n - ((sizeAt(image.type, i + 2) - 1) * (strides[i] ?? 1) + (size[i] ?? 1) - (pads[i] ?? 0))
  );
  const y = b.convTranspose(image, transpose(b, kernel, [3, 2, 0, 1]), {
    strides,
    pads: [...before, ...after],
    output_padding: more,
  });
  return b.transpose(y, { perm: [0, 2, 3, 1] });
}

/** TensorFlow's own functions by the names that we give them. */
export const tensorflowOperations: Operations = {
  ...tfImages,
  "tf.Lgamma": unary(lgamma),
  "tf.Digamma": unary(digamma),
  "tf.Lbeta": unary((b, v) => {
    const sum = (u: Value) => b.reduceSum(u, b.ints([-1]), { keepdims: 0 });
    return b.sub(sum(lgamma(b, v)), lgamma(b, sum(v)));
  }),
  "tf.Ndtri": unary((b, v) => {
    return times(b, erfinv(b, plus(b, times(b, v, 2), -1)), Math.SQRT2);
  }),
  "tf.I0e": unary((b, v) => bessel(b, v, true)),
  "tf.I1": unary((b, v) => bessel1(b, v, false)),
  "tf.I1e": unary((b, v) => bessel1(b, v, true)),
  "tf.AddN": {
    args: ["xs"],
    build: (given) => {
      const list = given.list("xs");
      return list.slice(1).reduce((s, v) => given.b.add(s, v), first(list));
    },
  },
  "tf.SquaredDifference": binary((b, p, q) => {
    const apart = b.sub(p, q);
    return b.mul(apart, apart);
  }),
  "tf.MultiplyNoNan": floats((b, p, q) => {
    const zero = like(b, 0, q);
    return b.where(b.equal(q, zero), zero, b.mul(p, q));
  }),
  "tf.ReciprocalNoNan": unary((b, v) => {
    const zero = like(b, 0, v), none = b.equal(v, zero);
    return b.where(none, zero, b.reciprocal(b.where(none, like(b, 1, v), v)));
  }),
  "tf.Xdivy": unlessZero((b, p, q) => b.div(p, q)),
  "tf.Xlogy": unlessZero((b, p, q) => b.mul(p, b.log(q))),
  "tf.Xlog1py": unlessZero((b, p, q) => b.mul(p, b.log(plus(b, q, 1)))),
  "tf.CumulativeLogsumexp": {
    args: x,
    build(given) {
      const { b } = given, v = given.float("x"), axis = given.axis(v, 0);
      const top = b.reduceMax(v, b.ints([axis]), { keepdims: 1 });
      const flags = { exclusive: given.flag("exclusive"), reverse: given.flag("reverse") };
      const sums = b.cumSum(b.exp(b.sub(v, top)), b.scalar(axis, "int64"), flags);
      return b.add(b.log(sums), top);
    },
  },
  "tf.CountNonzero": {
    args: x,
    build(given) {
      const { b } = given, some = cast(b, cast(b, given.value("x"), "bool"), given.dtype() ?? "int64");
      return over(given, "ReduceSum", some);
    },
  },
  "tf.ZeroFraction": unary((b, v) => {
    const none = cast(b, b.equal(v, like(b, 0, v)), "float32");
    return b.reduceMean(none, { keepdims: 0 });
  }),
  "tf.Bincount": {
    args: x,
    build(given) {
      const { b } = given, bincount = arrays.Bincount;
      const minlength = given.has("minlength") ? given.number("minlength") : 0;
      for (const name of ["maxlength", "binary_output", "axis", "weights"]) {
        if (given.has(name)) throw given.refuse(name);
      }
      given.dtype();
      if (!bincount) throw given.refuse("x");
      return bincount.build(given.with({ x: b.reshape(given.value("x"), b.ints([-1])), minlength }));
    },
  },
  "tf.GatherND": {
    args: ["x", "indices"],
    build(given) {
      const at = cast(given.b, given.value("indices"), "int64");
      return given.b.gatherND(given.value("x"), at, { batch_dims: given.number("batch_dims", 0) });
    },
  },
  "tf.MatrixTranspose": {
    args: x,
    build(given) {
      const v = given.value("x"), rank = rankOf(v);
      return transpose(given.b, v, [...range(0, rank - 2), rank - 1, rank - 2]);
    },
  },
  "tf.MatVec": {
    args: ["x1", "x2"],
    build(given) {
      const { b } = given, [p, q] = given.pair("x1", "x2");
      if (given.flag("transpose_a")) throw given.refuse("transpose_a");
      const y = b.matMul(p, b.unsqueeze(q, b.ints([rankOf(q)])));
      return b.squeeze(y, b.ints([rankOf(y) - 1]));
    },
  },
  "tf.BandPart": { args: x, build: bandPart },
  "tf.Diag": { args: x, build: diagonalMatrix },
  "tf.SetDiag": {
    args: ["x", "diagonal"],
    build(given) {
      const { b } = given, v = given.value("x"), diagonal = given.value("diagonal");
      const rows = b.unsqueeze(diagonal, b.ints([rankOf(diagonal)]));
      return b.where(onDiagonal(b, v), rows, v);
    },
  },
  "tf.Argsort": { args: x, build: (given) => ordered(given).slice(1).map((v) => cast(given.b, v, "int32")) },
  "tf.Sort": { args: x, build: (given) => ordered(given).slice(0, 1) },
  "tf.SearchSorted": {
    args: ["sorted_sequence", "values"],
    build(given) {
      const { b } = given, [sorted, values] = given.pair("sorted_sequence", "values");
      const rows = b.unsqueeze(sorted, b.ints([rankOf(sorted) - 1]));
      const apart = b.unsqueeze(values, b.ints([rankOf(values)]));
      const op = given.get("side") === "right" ? "LessOrEqual" : "Less";
      return b.reduceSum(cast(b, b.one(op, [rows, apart]), "int32"), b.ints([-1]), { keepdims: 0 });
    },
  },
  "tf.Unique": {
    args: x,
    build(given) {
      const [values, , inverse] = given.b.unique(given.value("x"), { sorted: 0 }, { outputs: 3 });
      return values && inverse ? [values, cast(given.b, inverse, "int32")] : [];
    },
  },
  "tf.BroadcastTo": {
    args: x,
    build: (given) => given.b.expand(given.value("x"), given.sizes("shape")),
  },
  "tf.ClipByNorm": {
    args: x,
    build(given) {
      const { b } = given, v = given.float("x"), axes = given.axes(v) ?? range(0, rankOf(v));
      const size = b.reduceL2(v, b.ints(axes), { keepdims: 1 }),
        most = like(b, given.number("clip_norm"), v);
      return b.div(b.mul(v, most), b.max([size, most]));
    },
  },
  "tf.Fill": {
    args: ["shape", "x"],
    build(given) {
      const { b } = given, v = given.value("x"), dtype = given.dtype();
      return b.expand(dtype ? cast(b, v, dtype) : v, given.sizes("shape"));
    },
  },
  "tf.Range": {
    args: ["start", "limit", "delta"],
    build(given) {
      const { b } = given, alone = !given.has("limit"), dtype = given.dtype();
      const list = alone
        ? [0, given.get("start"), given.get("delta") ?? 1]
        : [given.get("start"), given.get("limit"), given.get("delta") ?? 1];
      const values = given.promoted(list, "start").map((v) => (dtype ? cast(b, v, dtype) : v));
      return b.one("Range", values.map((v) => b.reshape(v, b.ints([]))));
    },
  },
  "tf.ReverseSequence": {
    args: ["x", "seq_lengths"],
    build(given) {
      const { b } = given,
        v = given.value("x"),
        time = given.number("seq_axis"),
        batch = given.number("batch_axis", 0);
      if (!([0, 1].includes(time) && [0, 1].includes(batch))) throw given.refuse("seq_axis");
      return b.reverseSequence(v, cast(b, given.value("seq_lengths"), "int64"), {
        time_axis: time,
        batch_axis: batch,
      });
    },
  },
  "tf.SequenceMask": {
    args: x,
    build(given) {
      const { b } = given, v = cast(b, given.value("x"), "int64");
      const most = given.has("maxlen")
        ? cast(b, given.value("maxlen"), "int64")
        : b.reduceMax(v, { keepdims: 0 });
      const line = b.range(b.scalar(0, "int64"), b.reshape(most, b.ints([])), b.scalar(1, "int64"));
      const mask = b.less(line, b.unsqueeze(v, b.ints([rankOf(v)])));
      return cast(b, mask, given.dtype() ?? "bool");
    },
  },
  "tf.Slice": {
    args: x,
    build(given) {
      const { b } = given, from = given.sizes("begin"), size = given.sizes("size");
      const rest = b.less(size, b.scalar(0, "int64"));
      const to = b.where(rest, b.scalar(2 ** 31, "int64"), b.add(from, size));
      return b.slice(given.value("x"), from, to);
    },
  },
  "tf.ScatterND": {
    args: ["indices", "values"],
    build(given) {
      const { b } = given, values = given.value("values");
      const zeros = b.expand(like(b, 0, values), given.sizes("shape"));
      return b.scatterND(zeros, cast(b, given.value("indices"), "int64"), values, {
        reduction: "add",
      });
    },
  },
  "tf.SpaceToBatch": { args: x, build: spaceToBatch },
  "tf.BatchToSpace": { args: x, build: batchToSpace },
  "tf.Rank": { args: x, build: (given) => given.b.scalar(rankOf(given.value("x")), "int32") },
  "tf.EuclideanNorm": { args: x, build: norm },
  "tf.BatchFlatten": {
    args: x,
    build: (given) => given.b.flatten(given.value("x"), { axis: 1 }),
  },
  "tf.ConvTranspose": { args: ["inputs", "kernel"], build: convTranspose },
  "tf.BiasAdd": {
    args: ["x1", "x2"],
    build(given) {
      const { b } = given, [v, bias] = given.pair("x1", "x2"), word = `${given.get("data_format") ?? "NHWC"}`;
      if (!word.startsWith("NC")) return b.add(v, bias);
      return b.add(v, b.reshape(bias, b.ints([-1, ...range(2, rankOf(v)).map(() => 1)])));
    },
  },
  "tf.Crelu": {
    args: x,
    build(given) {
      const { b } = given, v = given.float("x"), axis = normalAxis(given.number("axis", -1), rankOf(v));
      return b.relu(b.concat([v, b.neg(v)], { axis }));
    },
  },
  "tf.L2Loss": unary((b, v) => times(b, b.reduceSumSquare(v, { keepdims: 0 }), 0.5)),
  "tf.LRN": {
    args: x,
    build(given) {
      const { b } = given, radius = given.number("depth_radius", 5), size = 2 * radius + 1;
      const image = b.transpose(given.float("x"), { perm: [0, 3, 1, 2] });
      const y = b.lrn(image, {
        size,
        alpha: given.number("alpha", 1) * size,
        beta: given.number("beta", 0.5),
        bias: given.number("bias", 1),
      });
      return b.transpose(y, { perm: [0, 2, 3, 1] });
    },
  },
  "tf.BatchNorm": {
    args: ["x", "mean", "variance", "offset", "scale"],
    build(given) {
      const { b } = given,
        v = given.float("x"),
        spread = plus(b, given.float("variance"), given.number("epsilon"));
      const y = b.div(b.sub(v, given.float("mean")), b.sqrt(spread));
      const scaled = given.has("scale") ? b.mul(y, given.float("scale")) : y;
      return given.has("offset") ? b.add(scaled, given.float("offset")) : scaled;
    },
  },
};
