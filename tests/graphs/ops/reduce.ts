/** Reductions, sums along an axis, sorting, softmax and norms. @module */
import type { DType } from "../../../core/values/dtype.ts";
import type { Draft, DraftedTensor } from "../draft.ts";
import { axesOf, axisOf, floats, least, type Maker, type Makers, numbers, some } from "./kit.ts";

function reduction(op: string, dtypes: readonly DType[], contents: "normal" | "positive" = "normal"): Maker {
  return (d) => {
    // Of nothing onnxruntime keeps reduced axes, and gives 0 for means: it is no judge of that.
    const x = some(d, { dtypes, contents, ranks: [0, 5] });
    if (!holds(x)) return undefined;
    const keepdims = d.dice.chance(0.5) ? { keepdims: d.dice.below(2) } : {};
    if (d.dice.chance(0.15)) {
      const noop = d.dice.chance(0.4) ? { noop_with_empty_axes: d.dice.below(2) } : {};
      const axes = d.dice.chance(0.3) && d.opset >= 18 ? [d.ints([])] : [];
      return { op, inputs: [x.name, ...axes], attributes: { ...keepdims, ...noop } };
    }
    const axes = axesOf(d, x.rank);
    // Axes were attributes before opset 18, those of ReduceSum before 13.
    if (d.opset < (op === "ReduceSum" ? 13 : 18)) {
      return { op, inputs: [x.name], attributes: { ...keepdims, axes } };
    }
    return { op, inputs: [x.name, d.ints(axes)], attributes: keepdims };
  };
}
const holds = (t: DraftedTensor) => t.samples.every((s) => s.data.length > 0);
const along =
  (op: string, dtypes: readonly DType[], more: (d: Draft, x: DraftedTensor) => object = () => ({})): Maker =>
  (d) => {
    const x = some(d, { dtypes, ranks: [1, 5], fits: holds });
    if (!holds(x)) return undefined;
    const axis = d.dice.chance(0.8) ? { axis: axisOf(d, x.rank) } : {};
    return { op, inputs: [x.name], attributes: { ...axis, ...more(d, x) } };
  };
const found = (op: string): Maker =>
  along(op, ["float32", "float32", "int32", "float64"], (d) => ({
    keepdims: d.dice.below(2),
    select_last_index: d.dice.below(2),
  }));

/** Their makers. */
export const reductions: Makers = {
  ReduceSum: reduction("ReduceSum", numbers),
  ReduceMean: reduction("ReduceMean", ["float32", "float32", "float64", "int32", "float16"]),
  ReduceMax: reduction("ReduceMax", [...numbers, "uint8", "int8"]),
  ReduceMin: reduction("ReduceMin", [...numbers, "uint8", "int8"]),
  ReduceProd: reduction("ReduceProd", ["float32"]),
  ReduceL1: reduction("ReduceL1", ["float32", "float32", "int32"]),
  ReduceL2: reduction("ReduceL2", ["float32", "float32", "int32"]),
  ReduceLogSum: reduction("ReduceLogSum", ["float32", "float64"], "positive"),
  ReduceLogSumExp: reduction("ReduceLogSumExp", ["float32", "float64"]),
  ReduceSumSquare: reduction("ReduceSumSquare", ["float32", "float32", "int32", "float64"]),
  ArgMax: found("ArgMax"),
  ArgMin: found("ArgMin"),
  Softmax: along("Softmax", floats),
  LogSoftmax: along("LogSoftmax", floats),
  Hardmax: along("Hardmax", ["float32", "float64"]),
  LpNormalization: along("LpNormalization", ["float32", "float64"], (d) => ({ p: d.dice.between(1, 2) })),
  CumSum: (d) => {
    const x = some(d, { dtypes: numbers, ranks: [1, 4] });
    const axis = d.ints([axisOf(d, x.rank)], d.dice.pick(["int32", "int64"]), []);
    return {
      op: "CumSum",
      inputs: [x.name, axis],
      attributes: { exclusive: d.dice.below(2), reverse: d.dice.below(2) },
    };
  },
  TopK: (d) => {
    const x = some(d, { dtypes: ["float32", "float32", "int64", "int32", "float64"], ranks: [1, 4] });
    const axis = axisOf(d, x.rank),
      k = d.dice.between(d.dice.chance(0.1) ? 0 : 1, Math.max(1, least(x, axis)));
    return {
      op: "TopK",
      inputs: [x.name, d.ints([k])],
      attributes: { axis, largest: d.dice.below(2), sorted: 1 },
      outputs: 2,
    };
  },
  MeanVarianceNormalization: (d) => {
    const x = some(d, { dtypes: ["float32"], ranks: [2, 5], reuse: 0.3 });
    const axes = d.dice.chance(0.6) || x.rank !== 4
      ? axesOf(d, x.rank).map((a) => a < 0 ? a + x.rank : a)
      : [0, 2, 3];
    // Of equal numbers onnxruntime divides by 0, where ONNX adds an epsilon to the deviation.
    if (x.samples.some((s) => axes.reduce((n, a) => n * (s.shape[a] ?? 1), 1) < 4)) return undefined;
    return { op: "MeanVarianceNormalization", inputs: [x.name], attributes: { axes } };
  },
  LayerNormalization: (d) => {
    const x = some(d, { dtypes: ["float32", "float32", "float64"], ranks: [1, 5], openToo: false });
    const axis = axisOf(d, x.rank), sizes = d.sizes(x).slice(axis < 0 ? axis + x.rank : axis);
    if (sizes.some((s) => s === undefined)) return undefined;
    const known = sizes.map((s) => s ?? 1), bias = d.dice.chance(0.6) ? [d.source(known, x.dtype).name] : [];
    return {
      op: "LayerNormalization",
      inputs: [x.name, d.source(known, x.dtype).name, ...bias],
      attributes: { axis, ...(d.dice.chance(0.3) && { epsilon: 0.01 }) },
      outputs: d.dice.chance(0.2) ? 3 : 1,
    };
  },
  RMSNormalization: (d) => {
    const x = some(d, { dtypes: ["float32"], ranks: [1, 4], openToo: false });
    const axis = axisOf(d, x.rank), sizes = d.sizes(x).slice(axis < 0 ? axis + x.rank : axis);
    if (sizes.some((s) => s === undefined)) return undefined;
    return {
      op: "RMSNormalization",
      inputs: [x.name, d.source(sizes.map((s) => s ?? 1), x.dtype).name],
      attributes: { axis },
    };
  },
};
