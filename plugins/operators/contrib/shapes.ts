/** Operators of onnxruntime that ONNX has, or nearly has, by another form: shapes, spectra, indices. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import { ShapeError, UnsupportedError } from "../../../core/values/errors.ts";
import type { Value } from "../../../core/graph/graph.ts";
import type { OpDef } from "../../../core/graph/op.ts";
import { type ConvAttributes, convFields, optionalInts } from "../../../core/ops/windows/window.ts";
import { bool, choice, int, type Schema } from "../../../core/values/schema.ts";
import { asTensor, dimsOf, normalAxis, tensorType } from "../../../core/values/shape.ts";
import { toIntegers } from "../../../core/values/tensor.ts";
import { needed } from "../integer.ts";
import { contribOp, countAt, line, slice, typed } from "./define.ts";

/** A scalar, whatever rank it came in. */
const single = (b: Builder, x: Value | undefined) => x && b.reshape(x, b.ints([]));

const sample = contribOp({
  name: "SampleOp",
  summary: "What it is given",
  attributes: {},
  arity: [1, 1],
  body: (b, v) => [b.identity(needed(v, 0))],
});
const expandDims = contribOp({
  name: "ExpandDims",
  summary: "X with an axis of one element more",
  attributes: {},
  arity: [2, 2],
  body: (
    b,
    v,
  ) => [b.unsqueeze(needed(v, 0), b.reshape(typed(b, needed(v, 1), "int64"), b.ints([1])))],
});
const gatherNd = contribOp({
  name: "GatherND",
  summary: "Slices of data at places along its first axes",
  attributes: {},
  arity: [2, 2],
  body: (b, v) => [b.gatherND(needed(v, 0), typed(b, needed(v, 1), "int64"))],
});
const range = contribOp({
  name: "Range",
  summary: "Numbers from a start on below a limit",
  attributes: {},
  arity: [2, 3],
  body(b, v) {
    const start = needed([single(b, v[0])], 0);
    return [
      b.range(
        start,
        needed([single(b, v[1])], 0),
        single(b, v[2]) ?? b.scalar(1, asTensor(start.type).dtype),
      ),
    ];
  },
});
const trilu = contribOp<{ readonly upper: boolean }>({
  name: "Trilu",
  summary: "A triangle of each matrix",
  attributes: { upper: bool({ doc: "the upper triangle", default: true }) },
  arity: [1, 2],
  body: (b, v, { upper }) => [b.trilu(needed(v, 0), single(b, v[1]), { upper })],
});
const unique = contribOp({
  name: "Unique",
  summary: "Distinct elements as they appear, which one each input is, and how often",
  attributes: {},
  arity: [1, 1],
  maxOutputs: 3,
  body(b, v) {
    const [y, , inverse, counts] = b.unique(needed(v, 0), { sorted: 0 }, { outputs: 4 });
    return [needed([y], 0), needed([inverse], 0), needed([counts], 0)];
  },
});
const pad = contribOp<{ readonly mode: "constant" | "reflect" | "edge" }>({
  name: "Pad",
  summary: "X with elements more, or fewer, at the ends of its axes",
  attributes: {
    mode: choice({ doc: "what they are", of: ["constant", "reflect", "edge"], default: "constant" }),
  },
  arity: [2, 3],
  body: (
    b,
    v,
    { mode },
  ) => [b.pad(needed(v, 0), b.reshape(needed(v, 1), b.ints([-1])), single(b, v[2]), { mode })],
});
const unfold = contribOp<{ readonly dim: number; readonly size: number; readonly step: number }>({
  name: "UnfoldTensor",
  summary: "Windows along an axis, their elements along a new last one",
  attributes: {
    dim: int({ doc: "axis of the windows", default: -1 }),
    size: int({ doc: "elements of a window", min: 1 }),
    step: int({ doc: "elements from one window to the next", default: 1, min: 1 }),
  },
  arity: [1, 1],
  body(b, v, { dim, size, step }) {
    const x = needed(v, 0), rank = dimsOf(x.type).length, axis = normalAxis(dim, rank);
    const least = b.sub(countAt(b, x, axis), b.scalar(size, "int64"));
    const count = b.add(b.div(least, b.scalar(step, "int64")), b.scalar(1, "int64"));
    const starts = b.unsqueeze(b.mul(line(b, count), b.scalar(step, "int64")), b.ints([1]));
    const places = b.add(starts, line(b, b.scalar(size, "int64")));
    const windows = b.gather(x, places, { axis });
    const axes = Array.from({ length: rank + 1 }, (_, i) => i);
    return [b.transpose(windows, { perm: [...axes.filter((i) => i !== axis + 1), axis + 1] })];
  },
});
const torchEmbedding = contribOp({
  name: "TorchEmbedding",
  summary: "Rows of a table",
  attributes: {},
  arity: [2, 4],
  body: (b, v) => [b.gather(needed(v, 0), needed(v, 1), { axis: 0 })],
});
const gridSample = contribOp<{
  readonly align_corners: boolean;
  readonly mode: "bilinear" | "nearest" | "bicubic";
  readonly padding_mode: "zeros" | "border" | "reflection";
}>({
  name: "GridSample",
  summary: "Pictures sampled at the places of a grid",
  attributes: {
    align_corners: bool({ doc: "−1 and 1 are the middles of the outer elements", default: false }),
    mode: choice({ doc: "interpolation", of: ["bilinear", "nearest", "bicubic"], default: "bilinear" }),
    padding_mode: choice({
      doc: "what lies outside",
      of: ["zeros", "border", "reflection"],
      default: "zeros",
    }),
  },
  arity: [2, 2],
  body(b, v, { mode, ...a }) {
    return [b.one("GridSample", [...v], { ...a, mode: mode.replace(/^bi/, "") })];
  },
});

/** The squares of differences of each row of A and each of B, added up. */
const cdist = contribOp<{ readonly metric: "sqeuclidean" | "euclidean" }>({
  name: "CDist",
  summary: "Distances `[m, k]` of each row of A `[m, n]` to each of B `[k, n]`",
  attributes: {
    metric: choice({ doc: "which distance", of: ["sqeuclidean", "euclidean"], default: "sqeuclidean" }),
  },
  arity: [2, 2],
  body(b, v, { metric }) {
    const apart = b.sub(b.unsqueeze(needed(v, 0), b.ints([1])), b.unsqueeze(needed(v, 1), b.ints([0])));
    const squares = b.reduceSumSquare(apart, b.ints([2]), { keepdims: false });
    return [metric === "euclidean" ? b.sqrt(squares) : squares];
  },
});

interface Spectrum {
  readonly normalized: number;
  readonly onesided: number;
  readonly signal_ndim: number;
}
const spectrumFields: Schema<Spectrum> = {
  normalized: int({ doc: "0: the transform isn't scaled", default: 0, min: 0, max: 0 }),
  onesided: int({ doc: "1: half of the spectrum", default: 1, min: 1, max: 1 }),
  signal_ndim: int({ doc: "axes of a signal", default: 1, min: 1 }),
};
function oneAxis({ signal_ndim }: Spectrum): void {
  if (signal_ndim !== 1) throw new UnsupportedError(`signals of ${signal_ndim} axes`);
}
const rfft = contribOp<Spectrum>({
  name: "Rfft",
  summary: "Half of the spectrum of a real signal `[..., n]`: `[..., n/2 + 1, 2]`",
  attributes: spectrumFields,
  arity: [1, 1],
  body(b, v, a) {
    oneAxis(a);
    return [b.dft(b.unsqueeze(needed(v, 0), b.ints([-1])), { onesided: true })];
  },
});
const irfft = contribOp<Spectrum>({
  name: "Irfft",
  summary: "The real signal `[..., n]` of half a spectrum",
  attributes: spectrumFields,
  arity: [1, 1],
  body(b, v, a) {
    oneAxis(a);
    const y = b.dft(needed(v, 0), { onesided: true, inverse: true });
    return [b.squeeze(slice(b, y, dimsOf(y.type).length - 1, 0, 1), b.ints([-1]))];
  },
});
/** Products of complex numbers, whose parts are the last axis; the second one's conjugate where `sign` is −1. */
const complex = (name: string, summary: string, sign: 1 | -1) =>
  contribOp({
    name,
    summary,
    attributes: {},
    arity: [2, 2],
    body(b, v) {
      const parts = (at: number): readonly [Value, Value] => {
        const halves = b.split(needed(v, at), { axis: -1, num_outputs: 2 });
        return [needed(halves, 0), needed(halves, 1)];
      };
      const [p, q] = parts(0), [r, s] = parts(1), times = (x: Value, y: Value) => b.mul(x, y);
      const real = b.one(sign > 0 ? "Sub" : "Add", [times(p, r), times(q, s)]);
      const imaginary = sign > 0 ? b.add(times(p, s), times(q, r)) : b.sub(times(q, r), times(p, s));
      return [b.concat([real, imaginary], { axis: -1 })];
    },
  });

interface Transposed extends Omit<ConvAttributes, "pads"> {
  readonly output_padding: readonly number[] | null;
}
const { pads: _, ...unpadded } = convFields;
const dynamicPads = contribOp<Transposed>({
  name: "ConvTransposeWithDynamicPads",
  summary: "ConvTranspose whose paddings are an input",
  attributes: { ...unpadded, output_padding: optionalInts("elements added at the end of each axis", 0) },
  arity: [2, 4],
  body(b, v, a) {
    const known = v[2] && b.knownOf(v[2]);
    if (v[2] && !known) throw new UnsupportedError("ConvTranspose with paddings that are computed");
    const pads = known ? { pads: toIntegers(known) } : {};
    return [b.one("ConvTranspose", v[3] ? [v[0], v[1], v[3]] : [v[0], v[1]], { ...a, ...pads })];
  },
});

const relative = contribOp<{ readonly is_bidirectional: boolean; readonly max_distance: number }>({
  name: "RelativePositionBias",
  summary: "The bias `[1, heads, queries, keys]` that T5 adds to scores, by how far apart they are",
  attributes: {
    is_bidirectional: bool({ doc: "half of the buckets are for keys behind the query", default: false }),
    max_distance: int({ doc: "distance from which on one bucket holds all", min: 1 }),
  },
  arity: [3, 3],
  body(b, v, { is_bidirectional, max_distance }) {
    const [all, heads] = dimsOf(needed(v, 0).type);
    if (typeof all !== "number" || typeof heads !== "number") {
      throw new ShapeError("a table with a known number of buckets and heads expected");
    }
    // Its elements lie by columns, whatever the shape says.
    const table = b.reshape(needed(v, 0), b.ints([heads, all]));
    const buckets = is_bidirectional ? all / 2 : all, exact = Math.floor(buckets / 2);
    const axis = (at: number, place: number) =>
      b.unsqueeze(line(b, needed([single(b, v[at])], 0)), b.ints([place]));
    const int = (n: number) => b.scalar(n, "int64");
    const ahead = b.sub(axis(2, 0), axis(1, 1));
    const far = is_bidirectional ? b.abs(ahead) : b.max([b.neg(ahead), int(0)]);
    const ratio = b.div(b.cast(b.max([far, int(1)]), { to: "float32" }), b.scalar(exact));
    const scale = (buckets - exact) / Math.log(max_distance / exact);
    const grown = b.cast(b.mul(b.log(ratio), b.scalar(scale)), { to: "int64" });
    const late = b.min([b.add(grown, int(exact)), int(buckets - 1)]);
    const own = b.where(b.less(far, int(exact)), far, late);
    const half = b.where(b.greater(ahead, int(0)), int(buckets), int(0));
    const rows = b.gather(table, is_bidirectional ? b.add(own, half) : own, { axis: 1 });
    return [b.unsqueeze(rows, b.ints([0]))];
  },
});

const repeatBlock = contribOp<{ readonly ngram_size: number }>({
  name: "NGramRepeatBlock",
  summary: "Scores with −∞ for what would repeat words in a row",
  attributes: { ngram_size: int({ doc: "words in a row", min: 1 }) },
  arity: [2, 2],
  infer: ({ inputs }) => [tensorType(asTensor(inputs[1]).dtype, asTensor(inputs[1]).shape)],
  body(b, v, { ngram_size: size }) {
    const ids = needed(v, 0),
      scores = needed(v, 1),
      steps = countAt(b, ids, 1),
      int = (n: number) => b.scalar(n, "int64");
    // Places at which the words before a last one stand, beside the last ones of the row.
    const count = b.max([b.sub(steps, int(size - 1)), int(0)]);
    const starts = line(b, count),
      shifted = (by: Value) => b.gather(ids, b.add(starts, by), { axis: 1 });
    let same: Value | undefined;
    for (let i = 0; i < size - 1; i++) {
      const wanted = b.gather(ids, b.sub(steps, int(size - 1 - i)), { axis: 1 });
      const equal = b.equal(shifted(int(i)), b.unsqueeze(wanted, b.ints([1])));
      same = same ? b.and(same, equal) : equal;
    }
    const next = b.unsqueeze(shifted(int(size - 1)), b.ints([2]));
    const hit = b.equal(next, line(b, countAt(b, scores, 1)));
    const blocked = same ? b.and(hit, b.unsqueeze(same, b.ints([2]))) : hit;
    const any = b.reduceMax(b.cast(blocked, { to: "int32" }), b.ints([1]), {
      keepdims: false,
    });
    return [
      b.where(b.greater(any, b.scalar(0, "int32")), b.scalar(-Infinity, asTensor(scores.type).dtype), scores),
    ];
  },
});

/** Operators that are ONNX's by another form. */
export const contribShapes: readonly OpDef[] = [
  sample,
  expandDims,
  gatherNd,
  range,
  trilu,
  unique,
  pad,
  unfold,
  torchEmbedding,
  gridSample,
  cdist,
  rfft,
  irfft,
  complex("ComplexMul", "Products of complex numbers `[..., 2]`", 1),
  complex("ComplexMulConj", "Products of complex numbers with conjugate ones", -1),
  dynamicPads,
  relative,
  repeatBlock,
];
