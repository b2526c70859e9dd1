/** Operators that reduce, rank and sum along axes, as layers and operations of Keras. @module */
import { UnsupportedError } from "../../../core/values/errors.ts";
import { counted, placeOf, renamed, wholeForm } from "./axes.ts";
import type { Node } from "../../../core/graph/graph.ts";
import type { SymbolicTensor } from "../../../core/network/network.ts";
import { normalAxis } from "../../../core/values/shape.ts";
import { toIntegers, toNumbers } from "../../../core/values/tensor.ts";
import { argumentOf, type Draft } from "./draft.ts";
import { inputOf, numberOf, numbersOf, outputOf } from "./attributes.ts";
import type { Converters } from "./elementwise.ts";
import { type Groups, natural } from "./views.ts";

/** Axes that a node reduces. */
function axesOf(d: Draft, node: Node, rank: number): readonly number[] | undefined {
  const given = (node.inputs[1] ?? -1) < 0
    ? numbersOf(node.attributes, "axes")
    : toIntegers(d.fixed(node, 1, "its list of axes"));
  if (given && given.length > 0) return given.map((a) => normalAxis(a, rank));
  return numberOf(node.attributes, "noop_with_empty_axes", 0) !== 0 ? undefined : natural(rank).flat();
}
/** What is left of a form without some axes. */
function without(groups: Groups, gone: readonly number[]): Groups {
  const drop = (axis: number) => axis - gone.filter((g) => g < axis).length;
  return groups.flatMap((g) => (g.every((a) => gone.includes(a)) && g.length > 0 ? [] : [g.map(drop)]));
}
function reduce(name: string) {
  return (d: Draft, node: Node): void => {
    const x = inputOf(node), out = outputOf(node), rank = d.shape(x).length, axes = axesOf(d, node, rank);
    if (!axes) return renamed(d, node, (v) => v.groups);
    const keepdims = numberOf(node.attributes, "keepdims", 1) !== 0, groups = wholeForm(d, x);
    const left = keepdims ? groups : without(groups, axes), view = d.view(x, groups);
    const axis = axes.map((a) => placeOf(groups, a)).sort((a, b) => a - b);
    // All axes between the batch and the channels.
    const pooled = (name === "Mean" || name === "Max") && rank >= 3 && rank <= 5 && d.isFloat(x) &&
      axis.join() === natural(rank).flat().slice(1, -1).join();
    if (pooled) {
      const kind = name === "Mean" ? "Average" : "Max", ends = [groups[0] ?? [], groups.at(-1) ?? []];
      const y = d.layer(`Global${kind}Pooling${rank - 2}D`, {}, [view]);
      return d.set(out, keepdims ? ends : without(ends, axes), y);
    }
    const whole = axis.length === 1 ? axis[0] : axis;
    if (name === "Mean" && !d.isFloat(x)) {
      throw new UnsupportedError("Keras' mean of whole numbers is a fraction");
    }
    d.set(out, left, d.operation(name, { axis: whole, keepdims }, [view]));
  };
}
function argument(name: "Argmax" | "Argmin") {
  return (d: Draft, node: Node): void => {
    const x = inputOf(node),
      rank = d.shape(x).length,
      axis = normalAxis(numberOf(node.attributes, "axis", 0), rank);
    if (numberOf(node.attributes, "select_last_index", 0) !== 0) {
      throw new UnsupportedError("Keras takes the first of equals");
    }
    const keepdims = numberOf(node.attributes, "keepdims", 1) !== 0, groups = wholeForm(d, x);
    const place = d.operation(name, { axis: placeOf(groups, axis), keepdims }, [d.view(x, groups)]);
    const wide = d.operation("Cast", { dtype: "int64" }, [place], "int64");
    d.set(outputOf(node), keepdims ? groups : without(groups, [axis]), wide);
  };
}
function cumsum(d: Draft, node: Node): void {
  const x = inputOf(node), rank = d.shape(x).length, { attributes } = node;
  if (["exclusive", "reverse"].some((a) => numberOf(attributes, a, 0) !== 0)) {
    throw new UnsupportedError("an exclusive or reversed sum");
  }
  const axis = normalAxis(toIntegers(d.fixed(node, 1, "its axis"))[0] ?? 0, rank), groups = wholeForm(d, x);
  d.set(outputOf(node), groups, d.operation("Cumsum", { axis: placeOf(groups, axis) }, [d.view(x, groups)]));
}
function triangle(d: Draft, node: Node): void {
  const x = inputOf(node),
    out = outputOf(node),
    shape = d.shape(out),
    rank = shape.length,
    same = d.constant(x);
  const given = (node.inputs[1] ?? -1) < 0 ? 0 : toIntegers(d.fixed(node, 1, "its diagonal"))[0] ?? 0;
  const upper = numberOf(node.attributes, "upper", 1) !== 0, [rows = 1, columns = 1] = shape.slice(-2);
  if (same?.data.length === 1) {
    // One number on a triangle whose size varies, as causal masks are.
    const at = d.reshaped(counted(d, rows), [rows, 1]), to = d.reshaped(counted(d, columns), [1, columns]);
    const edge = given === 0 ? at : d.operation("Add", {}, [at, given], "edge");
    const inside = d.operation(upper ? "GreaterEqual" : "LessEqual", {}, [to, edge], "inside");
    const y = d.operation("Where", {}, [inside, argumentOf({ ...same, shape: [] }), 0]);
    const type = d.dtype(out);
    return d.set(
      out,
      natural(2),
      y.type.dtype === type ? y : d.operation("Cast", { dtype: type }, [y], "cast"),
    );
  }
  // TensorFlow takes no diagonal outside of the matrix.
  const low = typeof rows === "number" ? -rows : -Infinity,
    high = typeof columns === "number" ? columns : Infinity;
  const k = Math.min(high, Math.max(low, given));
  d.set(out, natural(rank), d.operation(upper ? "Triu" : "Tril", { k }, [d.natural(x)]));
}
function topk(d: Draft, node: Node): void {
  const x = inputOf(node),
    rank = d.shape(x).length,
    axis = normalAxis(numberOf(node.attributes, "axis", -1), rank);
  const largest = numberOf(node.attributes, "largest", 1) !== 0;
  if (!largest && !/^b?float/.test(d.dtype(x))) {
    throw new UnsupportedError("Keras finds the largest elements only");
  }
  // The smallest are the largest of the negatives.
  const turned = (t: SymbolicTensor, hint: string) => (largest ? t : d.operation("Negative", {}, [t], hint));
  const k = toIntegers(d.fixed(node, 1, "its number of elements"))[0] ?? 1;
  const groups = [...natural(rank).filter(([a]) => a !== axis), [axis]];
  const [values, places] = d.operations("TopK", { k, sorted: true }, [
    turned(d.view(x, groups), "negative"),
  ]);
  if (values && d.isRead(outputOf(node))) d.set(outputOf(node), groups, turned(values, "values"));
  if (places && node.outputs[1] !== undefined && d.isRead(outputOf(node, 1))) {
    d.set(outputOf(node, 1), groups, d.operation("Cast", { dtype: "int64" }, [places], "int64"));
  }
}
function oneHot(d: Draft, node: Node): void {
  const depth = toIntegers(d.fixed(node, 1, "its number of classes"))[0] ?? 1;
  const [off = 0, on = 1] = toNumbers(d.fixed(node, 2, "its pair of values")),
    rank = d.shape(outputOf(node)).length;
  const axis = normalAxis(numberOf(node.attributes, "axis", -1), rank);
  if (axis !== rank - 1) throw new UnsupportedError("one-hot rows along another axis than the last");
  const type = d.dtype(outputOf(node));
  const x = d.natural(inputOf(node)), below = d.operation("Less", {}, [x, 0], "below");
  // A negative class is counted from the end.
  const at = d.operation("Where", {}, [below, d.operation("Add", {}, [x, depth], "from_end"), x], "class");
  let y = d.operation("OneHot", { num_classes: depth, axis: -1, dtype: type }, [at]);
  if (on - off !== 1) y = d.operation("Multiply", {}, [y, on - off], "scaled");
  if (off !== 0) y = d.operation("Add", {}, [y, off], "shifted");
  d.set(outputOf(node), natural(rank), y);
}

/** Operators along axes. */
export const along: Converters = {
  ArgMax: argument("Argmax"),
  ArgMin: argument("Argmin"),
  CumSum: cumsum,
  OneHot: oneHot,
  ReduceLogSumExp: reduce("Logsumexp"),
  ReduceMax: reduce("Max"),
  ReduceMean: reduce("Mean"),
  ReduceMin: reduce("Min"),
  ReduceProd: reduce("Prod"),
  ReduceSum: reduce("Sum"),
  TopK: topk,
  Trilu: triangle,
};
