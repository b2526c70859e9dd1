/** Reductions, softmax and normalisation: one axis at a time over memory as it lies. @module */
import { item } from "../../../../core/values/item.ts";
import type { Node } from "../../../../core/graph/graph.ts";
import { type Dim, normalAxis, productDims, sameDim } from "../../../../core/values/shape.ts";
import { argReduce, cumsum, layerNorm, reduce, type ReduceOp, softmax } from "../kernels/mod.ts";
import type { Lowering } from "../../room/lowering/lowering.ts";
import type { Scope } from "../../room/lowering/scope.ts";
import { type Arg, at, extent } from "../../room/lowering/program.ts";
import {
  collapse,
  elementBytes,
  physicalOrder,
  reviewed,
  rowMajor,
  type View,
} from "../../room/memory/views.ts";
import { allFloat32, constantInts, intOf, intsOf, type Rule } from "../../room/rules/rule.ts";

/** Memory seen as [outer, reduced, inner] with one stride each; inner elements are contiguous. */
interface Cut {
  readonly view: View;
  readonly outer: Dim;
  readonly outerStride: Dim;
  readonly count: Dim;
  readonly stride: Dim;
  readonly inner: Dim;
  readonly order: readonly number[];
}

/** Cuts a view at a set of axes, copying it first where they don't lie together. */
function cut(l: Lowering, view: View, axes: ReadonlySet<number>, node: Node): Cut {
  const order = physicalOrder(view);
  const reduced = order.filter((a) => axes.has(a) && view.shape[a] !== 1);
  const first = order.findIndex((a) => axes.has(a) && view.shape[a] !== 1);
  const lastAt = order.findLastIndex((a) => axes.has(a) && view.shape[a] !== 1);
  const before = order.slice(0, Math.max(first, 0)).filter((a) => view.shape[a] !== 1);
  const after = order.slice(lastAt + 1).filter((a) => view.shape[a] !== 1);
  const part = (list: readonly number[]) => {
    const { shape, strides: [s = []] } = collapse(list.map((a) => item(view.shape, a)), [
      list.map((a) => item(view.strides, a)),
    ]);
    return shape.length <= 1 ? { count: shape[0] ?? 1, stride: s[0] ?? 0 } : undefined;
  };
  const together = first < 0 ||
    lastAt - first + 1 ===
      order.slice(first, lastAt + 1).filter((a) => axes.has(a) || view.shape[a] === 1).length;
  const o = part(first < 0 ? order : before), r = part(reduced), i = part(first < 0 ? [] : after);
  const size = elementBytes(view.dtype);
  if (together && o && r && i) {
    const innermost = i.count === 1;
    const fits = innermost ? (r.count === 1 || r.stride === size) : i.stride === size;
    if (fits) {
      return {
        view,
        outer: o.count,
        outerStride: o.stride,
        count: r.count,
        stride: innermost && r.count === 1 ? size : r.stride,
        inner: i.count,
        order,
      };
    }
  }
  const all = view.shape.map((_, k) => k);
  const wanted = [...all.filter((a) => !axes.has(a)), ...all.filter((a) => axes.has(a))];
  const dense = l.fresh(view.shape, view.dtype, wanted, "workspace");
  l.copy(view, dense, node);
  const count = productDims(all.filter((a) => axes.has(a)).map((a) => item(view.shape, a)));
  const outer = productDims(all.filter((a) => !axes.has(a)).map((a) => item(view.shape, a)));
  return {
    view: dense,
    outer,
    outerStride: { op: "mul", a: count, b: size },
    count,
    stride: size,
    inner: 1,
    order: wanted,
  };
}
const times = (d: Dim, n: number): Dim => (typeof d === "number" ? d * n : { op: "mul", a: d, b: n });

/** Runs a reducing kernel; the result keeps the reduced axes as 1. */
function reduceOver(
  l: Lowering,
  view: View,
  axes: ReadonlySet<number>,
  kernelFor: (axis: "inner" | "middle") => ReturnType<typeof reduce>,
  out: View["dtype"],
  node: Node,
): View {
  const c = cut(l, view, axes, node);
  const kept = view.shape.map((d, i) => (axes.has(i) ? 1 : d));
  const y = l.fresh(kept, out, c.order), size = elementBytes(out);
  const middle = c.inner !== 1;
  const kernel = kernelFor(middle ? "middle" : "inner");
  const given: Readonly<Record<string, Arg>> = {
    outer: extent(c.outer),
    n: extent(c.count),
    inner: extent(c.inner),
    X: at(c.view),
    xOuter: extent(c.outerStride),
    xReduce: extent(c.stride),
    Y: at(y),
    yOuter: extent(middle ? times(c.inner, size) : size),
  };
  l.call(kernel, given, [c.view], [y], node);
  return y;
}

function axesOf(l: Lowering, s: Scope, node: Node, rank: number): ReadonlySet<number> {
  const given = intsOf(node, "axes") ?? l.integers(s, node, 1)?.map(Number);
  const all = Array.from({ length: rank }, (_, i) => i);
  if (!given || given.length === 0) return new Set(intOf(node, "noop_with_empty_axes", 0) ? [] : all);
  return new Set(given.map((a) => normalAxis(a, rank)));
}

function reduceRule(op: ReduceOp): Rule {
  return {
    supports: (c) =>
      c.inputs[0]?.dtype === "float32" &&
      ((c.node.inputs[1] ?? -1) < 0 || constantInts(c.graph, c.node.inputs[1]) !== undefined),
    lower(l, s, node) {
      const view = l.input(s, node, 0), { shape } = l.type(s, item(node.outputs, 0));
      const axes = axesOf(l, s, node, view.shape.length);
      finish(
        l,
        s,
        node,
        reduceOver(l, view, axes, (axis) => reduce({ op, axis }), "float32", node),
        shape,
        axes,
      );
    },
  };
}
/** Drops the reduced axes where they aren't kept. */
function finish(
  l: Lowering,
  s: Scope,
  node: Node,
  y: View,
  shape: readonly Dim[],
  axes: ReadonlySet<number>,
): void {
  if (shape.length === y.shape.length) return l.define(s, node, y);
  l.define(
    s,
    node,
    reviewed(y, y.shape.filter((_, i) => !axes.has(i)), y.strides.filter((_, i) => !axes.has(i))),
  );
}
function globalPool(op: ReduceOp): Rule {
  return {
    supports: allFloat32,
    lower(l, s, node) {
      const view = l.input(s, node, 0);
      const axes = new Set(view.shape.map((_, i) => i).slice(2));
      l.define(s, node, reduceOver(l, view, axes, (axis) => reduce({ op, axis }), "float32", node));
    },
  };
}
function argRule(op: "max" | "min"): Rule {
  return {
    supports: (c) => c.inputs[0]?.dtype === "float32",
    lower(l, s, node) {
      const view = l.input(s, node, 0), { shape } = l.type(s, item(node.outputs, 0));
      const axes = new Set([normalAxis(intOf(node, "axis", 0), view.shape.length)]);
      const last = intOf(node, "select_last_index", 0) !== 0;
      finish(
        l,
        s,
        node,
        reduceOver(l, view, axes, (axis) => argReduce({ op, axis, last }), "int64", node),
        shape,
        axes,
      );
    },
  };
}

function softmaxRule(log: boolean): Rule {
  return {
    supports: allFloat32,
    lower(l, s, node) {
      const view = l.input(s, node, 0), axis = normalAxis(intOf(node, "axis", -1), view.shape.length);
      const c = cut(l, view, new Set([axis]), node);
      const y = l.fresh(view.shape, "float32", c.order);
      const middle = c.inner !== 1, kernel = softmax({ log, axis: middle ? "middle" : "inner" });
      const row = middle ? times(c.inner, 4) : 4;
      const given: Readonly<Record<string, Arg>> = {
        outer: extent(c.outer),
        n: extent(c.count),
        inner: extent(c.inner),
        X: at(c.view),
        xOuter: extent(c.outerStride),
        xReduce: extent(c.stride),
        Y: at(y),
        yOuter: extent(
          typeof row === "number" && typeof c.count === "number"
            ? row * c.count
            : { op: "mul", a: row, b: c.count },
        ),
        yReduce: extent(row),
      };
      l.call(kernel, given, [c.view], [y], node);
      l.define(s, node, y);
    },
  };
}

function normRule(rms: boolean): Rule {
  return {
    supports(c) {
      const rank = c.inputs[0]?.shape?.length ?? 0;
      const tail = rank - normalAxis(intOf(c.node, "axis", -1), rank);
      const whole = c.inputs[0]?.shape?.slice(rank - tail) ?? [];
      const fits = c.inputs.slice(1).every((t) =>
        t === undefined || (t.shape?.length === tail && t.shape.every((d, i) => sameDim(d, whole[i] ?? 1)))
      );
      return allFloat32(c) && fits && (c.node.outputs[1] ?? -1) < 0 && (c.node.outputs[2] ?? -1) < 0;
    },
    lower(l, s, node) {
      const x = l.contiguous(l.input(s, node, 0), node),
        axis = normalAxis(intOf(node, "axis", -1), x.shape.length);
      const scale = l.optional(s, node, 1), bias = l.optional(s, node, 2);
      const y = l.fresh(x.shape, "float32");
      const n = productDims(x.shape.slice(axis)), row = typeof n === "number" ? n * 4 : times(n, 4);
      const dense = [scale, bias].map((v) => v && l.contiguous(v, node));
      const kernel = layerNorm({
        epsilon: Number(node.attributes["epsilon"] ?? 1e-5),
        ...(scale && { scale: true }),
        ...(bias && { bias: true }),
        ...(rms && { rms: true }),
      });
      const given: Readonly<Record<string, Arg>> = {
        outer: extent(productDims(x.shape.slice(0, axis))),
        n: extent(n),
        X: at(x),
        xOuter: extent(row),
        Y: at(y),
        yOuter: extent(row),
        ...(dense[0] && { scale: at(dense[0]) }),
        ...(dense[1] && { bias: at(dense[1]) }),
      };
      l.call(
        kernel,
        given,
        [x, ...dense.filter((v) => v !== undefined)],
        [y],
        node,
      );
      l.define(s, node, y);
    },
  };
}

const cumsumRule: Rule = {
  supports: (c) => c.inputs[0]?.dtype === "float32" && constantInts(c.graph, c.node.inputs[1]) !== undefined,
  lower(l, s, node) {
    const view = l.contiguous(l.input(s, node, 0), node);
    const axis = normalAxis(Number(l.integers(s, node, 1)?.[0] ?? 0), view.shape.length);
    const inner = productDims(view.shape.slice(axis + 1)), n = item(view.shape, axis);
    const y = l.fresh(view.shape, "float32");
    const step = rowMajor(view.shape, "float32")[axis] ?? 4;
    const outerStride: Dim = typeof step === "number" && typeof n === "number"
      ? step * n
      : { op: "mul", a: step, b: n };
    const kernel = cumsum({
      exclusive: intOf(node, "exclusive", 0) !== 0,
      reverse: intOf(node, "reverse", 0) !== 0,
    });
    const given: Readonly<Record<string, Arg>> = {
      outer: extent(productDims(view.shape.slice(0, axis))),
      n: extent(n),
      inner: extent(inner),
      X: at(view),
      xOuter: extent(outerStride),
      xReduce: extent(step),
      Y: at(y),
      yOuter: extent(outerStride),
      yReduce: extent(step),
    };
    l.call(kernel, given, [view], [y], node);
    l.define(s, node, y);
  },
};

/** Rules of this file. */
export const reduceRules: Readonly<Record<string, Rule>> = {
  ReduceSum: reduceRule("sum"),
  ReduceMean: reduceRule("mean"),
  ReduceMax: reduceRule("max"),
  ReduceMin: reduceRule("min"),
  ReduceProd: reduceRule("prod"),
  ReduceSumSquare: reduceRule("sumSquare"),
  ReduceL1: reduceRule("l1"),
  ReduceL2: reduceRule("l2"),
  ReduceLogSumExp: reduceRule("logSumExp"),
  GlobalAveragePool: globalPool("mean"),
  GlobalMaxPool: globalPool("max"),
  ArgMax: argRule("max"),
  ArgMin: argRule("min"),
  Softmax: softmaxRule(false),
  LogSoftmax: softmaxRule(true),
  LayerNormalization: normRule(false),
  RMSNormalization: normRule(true),
  CumSum: cumsumRule,
};
