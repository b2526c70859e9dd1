/** Elementwise operators as merge layers, activations and operations of Keras. @module */
import { item } from "../../../core/values/item.ts";
import { dtypeFromOnnx } from "../../../core/values/dtype.ts";
import { UnsupportedError } from "../../../core/values/errors.ts";
import type { Node } from "../../../core/graph/graph.ts";
import { type Dim, sameDim } from "../../../core/values/shape.ts";
import { type Tensor, tensor, toNumbers } from "../../../core/values/tensor.ts";
import type { SymbolicTensor } from "../../../core/network/network.ts";
import { transposed } from "../../../core/ops/layout/move.ts";
import { argumentOf, type Draft, type Operand } from "./draft.ts";
import { inputOf, numberOf, outputOf } from "./attributes.ts";
import { type Groups, isFine, natural } from "./views.ts";

/** Adds what a node becomes. @throws {UnsupportedError} saying what Keras has no layer for. */
export type Converter = (d: Draft, node: Node) => void;
/** Converters by operator. */
export type Converters = Readonly<Record<string, Converter>>;

/** A function of one tensor, in whatever form it is there. */
export function each(make: (d: Draft, x: SymbolicTensor, node: Node) => SymbolicTensor): Converter {
  return (d, node) => {
    const [view] = d.views(inputOf(node));
    if (view) d.set(outputOf(node), view.groups, make(d, view.tensor, node));
  };
}
const operation = (name: string, config: Readonly<Record<string, unknown>> = {}) =>
  each((d, x) => d.operation(name, config, [x]));
const activation = (name: string) => each((d, x) => d.layer("Activation", { activation: name }, [x]));

/** True where two shapes are the same whatever the symbols are. */
export function sameShape(a: readonly Dim[], b: readonly Dim[]): boolean {
  return a.length === b.length && a.every((dim, i) => sameDim(dim, b[i] ?? -1));
}
/** A constant in the form that a value of a higher or equal rank has; axes in front that say nothing are left out. */
function constantIn(t: Tensor, groups: Groups, rank: number, whole: boolean): Operand {
  if (t.data.length === 1 && !whole) return argumentOf(rank >= t.shape.length ? { ...t, shape: [] } : t);
  const shape = [...Array.from({ length: rank - t.shape.length }, () => 1), ...t.shape];
  const turned = transposed({ ...t, shape }, groups.map((group) => item(group, 0)));
  const from = whole ? 0 : turned.shape.findIndex((n) => n !== 1);
  return argumentOf({ ...turned, shape: turned.shape.slice(Math.max(0, from)) });
}
/**
 * Values and constants that broadcast together as operands of one form, which the result has too.
 */
export function together(
  d: Draft,
  ids: readonly number[],
  out: number,
): { readonly operands: readonly Operand[]; readonly groups: Groups } {
  const rank = d.shape(out).length, tensors = ids.filter((id) => d.constant(id) === undefined);
  const main = tensors.find((id) => d.shape(id).length === rank);
  const same = tensors.every((id) => sameShape(d.shape(id), d.shape(out))) && tensors.length === ids.length;
  const forms = main === undefined ? [] : d.views(main).map((v) => v.groups);
  // Merged or missing axes can't broadcast, unless all shapes are the same.
  const fits = (g: Groups) =>
    same || g.length === rank && g.every((group) => group.length === 1) ||
    ids.every((id) => id === main || (d.constant(id)?.data.length === 1));
  const shared = (g: Groups) => tensors.every((id) => id === main || hasForm(d, id, g));
  const whole = main === undefined ? undefined : forms.find((g) => isFine(g, d.shape(main)));
  const filled = whole && completed(whole, rank);
  const groups = forms.find((g) => fits(g) && shared(g)) ?? forms.find(fits) ?? filled ?? natural(rank);
  const operands = ids.map((id): Operand => {
    const constant = d.constant(id);
    if (constant) return constantIn(constant, groups, rank, main === undefined);
    const own = d.shape(id).length, lower = rank - own;
    if (lower === 0) return d.view(id, groups);
    if (JSON.stringify(groups) === JSON.stringify(natural(rank))) return d.natural(id);
    return d.view(
      id,
      groups.map((group) => group.filter((axis) => axis >= lower).map((axis) => axis - lower)),
    );
  });
  return { operands, groups };
}
/** A form with one axis a group, where axes of size 1 were missing: they go last. */
function completed(groups: Groups, rank: number): Groups {
  const held = new Set(groups.flat()), missing = natural(rank).filter(([axis = 0]) => !held.has(axis));
  const list = groups.filter((g) => g.length === 1);
  return list.length + missing.length === rank ? [...list, ...missing] : natural(rank);
}
function hasForm(d: Draft, id: number, groups: Groups): boolean {
  return d.views(id).some((v) => JSON.stringify(v.groups) === JSON.stringify(groups));
}

const isTensor = (x: Operand): x is SymbolicTensor => typeof x === "object" && x !== null && "type" in x;
/** Two values: a merge layer where both are tensors of one shape, else an operation, which broadcasts. */
function binary(name: string, layer?: string): Converter {
  return (d, node) => {
    const [x, y] = node.inputs, out = outputOf(node);
    const { operands, groups } = together(d, node.inputs, out);
    const tensors = operands.filter(isTensor);
    const merges = layer !== undefined && tensors.length === 2 && d.isFloat(out) &&
      sameShape(d.shape(x ?? -1), d.shape(y ?? -1));
    d.set(out, groups, merges ? d.layer(layer, {}, tensors) : d.operation(name, {}, operands));
  };
}
/** Any number of values. */
function several(name: string, layer: string): Converter {
  return (d, node) => {
    const out = outputOf(node), [first = -1] = node.inputs;
    if (node.inputs.length === 1) return each((_, x) => x)(d, node);
    const { operands, groups } = together(d, node.inputs, out), tensors = operands.filter(isTensor);
    const merges = tensors.length === operands.length && d.isFloat(out) &&
      node.inputs.every((id) => sameShape(d.shape(id), d.shape(first)));
    if (merges) return d.set(out, groups, d.layer(layer, {}, tensors));
    const [start, ...rest] = operands;
    const total = rest.reduce<Operand>((a, b) => d.operation(name, {}, [a, b]), start ?? 0);
    if (isTensor(total)) d.set(out, groups, total);
  };
}
function divide(d: Draft, node: Node): void {
  if (!d.isFloat(outputOf(node))) throw new UnsupportedError("Keras divides whole numbers into fractions");
  binary("Divide")(d, node);
}
function mean(d: Draft, node: Node): void {
  const count = node.inputs.length, [first = -1] = node.inputs, out = outputOf(node);
  const { operands, groups } = together(d, node.inputs, out), tensors = operands.filter(isTensor);
  if (tensors.length === count && node.inputs.every((id) => sameShape(d.shape(id), d.shape(first)))) {
    return d.set(out, groups, count === 1 ? tensors[0] as SymbolicTensor : d.layer("Average", {}, tensors));
  }
  const sum = operands.reduce((a, b) => d.operation("Add", {}, [a, b], "sum"));
  d.set(out, groups, d.operation("Divide", {}, [sum, count]));
}
function modulo(d: Draft, node: Node): void {
  if (numberOf(node.attributes, "fmod", 0) !== 0) {
    throw new UnsupportedError("Keras' mod has the divisor's sign");
  }
  binary("Mod")(d, node);
}

/** Bounds of Clip: ReLU with a maximum where it is one. */
function clip(d: Draft, node: Node): void {
  const bound = (index: number, open: number) =>
    (node.inputs[index] ?? -1) < 0 ? open : toNumbers(d.fixed(node, index, "its bound"))[0] ?? open;
  const low = bound(1, -Infinity), high = bound(2, Infinity);
  each((_, x) => {
    if (low === 0 && high > 0 && d.isFloat(outputOf(node))) {
      return d.layer("ReLU", Number.isFinite(high) ? { maxValue: high } : {}, [x]);
    }
    if (!Number.isFinite(low)) return high === Infinity ? x : d.operation("Minimum", {}, [x, high]);
    if (high === Infinity) return d.operation("Maximum", {}, [x, low]);
    // Where bounds cross, ONNX gives the upper one.
    return low > high
      ? d.operation("Minimum", {}, [d.operation("Maximum", {}, [x, low], "low"), high])
      : d.operation("Clip", { x_min: low, x_max: high }, [x]);
  })(d, node);
}
const hardSigmoid = each((d, x, { attributes }) => {
  const alpha = numberOf(attributes, "alpha", 0.2), beta = numberOf(attributes, "beta", 0.5);
  if (Math.abs(alpha - 1 / 6) < 1e-7 && beta === 0.5) {
    return d.layer("Activation", { activation: "hardSigmoid" }, [x]);
  }
  const scaled = d.operation("Add", {}, [d.operation("Multiply", {}, [x, alpha], "scale"), beta], "shift");
  return d.operation("Clip", { x_min: 0, x_max: 1 }, [scaled]);
});
const gelu = each((d, x, { attributes }) =>
  attributes["approximate"] === "tanh"
    ? d.operation("Gelu", { approximate: true }, [x])
    : d.layer("Activation", { activation: "gelu" }, [x])
);
const swish = each((d, x, { attributes }) => {
  const alpha = numberOf(attributes, "alpha", 1);
  if (alpha === 1) return d.layer("Activation", { activation: "silu" }, [x]);
  const gate = d.operation("Sigmoid", {}, [d.operation("Multiply", {}, [x, alpha], "scale")], "gate");
  return d.layer("Multiply", {}, [x, gate]);
});
/** Its slopes are weights; axes along which they are the same are shared. */
function prelu(d: Draft, node: Node): void {
  const slope = d.fixed(node, 1, "its slope"), out = outputOf(node), rank = d.shape(out).length;
  const shape = [...Array.from({ length: rank - slope.shape.length }, () => 1), ...slope.shape];
  if (shape[0] !== 1 && rank > 0) throw new UnsupportedError("a slope for each sample");
  const whole = d.views(inputOf(node)).find((v) =>
    v.groups.every((g) => g.length === 1) && v.groups.length === rank
  );
  const groups = whole?.groups ?? natural(rank), order = groups.map(([axis = 0]) => axis);
  if (order[0] !== 0) throw new UnsupportedError("a slope for each sample");
  const turned = transposed({ ...slope, shape }, order), inner = turned.shape.slice(1);
  const shared = inner.flatMap((n, i) => (n === 1 ? [i + 1] : []));
  const alpha = tensor(toNumbers(turned), inner, "float32");
  const x = d.view(inputOf(node), groups);
  d.set(
    out,
    groups,
    d.layer("PReLU", shared.length > 0 ? { sharedAxes: shared } : {}, [x], { own: { alpha } }),
  );
}
function where(d: Draft, node: Node): void {
  const { operands, groups } = together(d, node.inputs, outputOf(node));
  d.set(outputOf(node), groups, d.operation("Where", {}, operands));
}
const cast = each((d, x, { attributes }) => {
  const { to: given } = attributes, to = typeof given === "number" ? dtypeFromOnnx(given) : `${given}`;
  if (to === undefined || /^(float8|float4|bfloat16|u?int[24]$|string|complex)/.test(to)) {
    throw new UnsupportedError(`Keras has no tensors of ${to}`);
  }
  return x.type.dtype === to ? x : d.operation("Cast", { dtype: to }, [x]);
});
function softmax(name: "Softmax" | "LogSoftmax"): Converter {
  return (d, node) => {
    const rank = d.shape(outputOf(node)).length, given = numberOf(node.attributes, "axis", -1);
    const axis = given < 0 ? given + rank : given;
    const whole = d.views(inputOf(node)).find((v) => v.groups.some((g) => g.length === 1 && g[0] === axis));
    const groups = whole?.groups ?? natural(rank),
      at = groups.findIndex((g) => g.length === 1 && g[0] === axis);
    const x = d.view(inputOf(node), groups), last = at === groups.length - 1;
    const y = name === "LogSoftmax"
      ? d.operation(name, { axis: at }, [x])
      : last
      ? d.layer("Activation", { activation: "softmax" }, [x])
      : d.layer("Softmax", { axis: at }, [x]);
    d.set(outputOf(node), groups, y);
  };
}
const infinite = each((d, x, { attributes }) => {
  const either = ["detect_positive", "detect_negative"].every((a) => numberOf(attributes, a, 1) === 1);
  if (!either) throw new UnsupportedError("infinities of one sign");
  return d.operation("Isinf", {}, [x]);
});
const dropout = each((d, x, node) => {
  if (node.outputs[1] !== undefined && d.isRead(node.outputs[1])) {
    throw new UnsupportedError("its mask is read");
  }
  const ratio = d.constant(node.inputs[1]), rate = ratio ? toNumbers(ratio)[0] ?? 0.5 : 0.5;
  const training = d.constant(node.inputs[2]);
  if (node.inputs[2] !== undefined && node.inputs[2] >= 0 && (!training || toNumbers(training)[0] !== 0)) {
    throw new UnsupportedError("it drops while predicting");
  }
  return d.layer("Dropout", { rate }, [x]);
});

/** Operations of one tensor that ONNX and Keras both have, by ONNX' name. */
const alike: Readonly<Record<string, string>> = {
  Abs: "Absolute",
  Acos: "Arccos",
  Acosh: "Arccosh",
  Asin: "Arcsin",
  Asinh: "Arcsinh",
  Atan: "Arctan",
  Atanh: "Arctanh",
  Ceil: "Ceil",
  Cos: "Cos",
  Cosh: "Cosh",
  Erf: "Erf",
  Exp: "Exp",
  Floor: "Floor",
  IsNaN: "Isnan",
  Log: "Log",
  Neg: "Negative",
  Not: "LogicalNot",
  Reciprocal: "Reciprocal",
  Round: "Round",
  Sign: "Sign",
  Sin: "Sin",
  Sinh: "Sinh",
  Sqrt: "Sqrt",
  Tan: "Tan",
};
/** Operations of two tensors, with the merge layer where Keras has one. */
const pairs: Readonly<Record<string, readonly [operation: string, layer?: string]>> = {
  Add: ["Add", "Add"],
  And: ["LogicalAnd"],
  Equal: ["Equal"],
  Greater: ["Greater"],
  GreaterOrEqual: ["GreaterEqual"],
  Less: ["Less"],
  LessOrEqual: ["LessEqual"],
  Mul: ["Multiply", "Multiply"],
  Or: ["LogicalOr"],
  Pow: ["Power"],
  Sub: ["Subtract", "Subtract"],
  Xor: ["LogicalXor"],
};

/** Elementwise operators. */
export const elementwise: Converters = {
  ...Object.fromEntries(Object.entries(alike).map(([op, name]) => [op, operation(name)])),
  ...Object.fromEntries(Object.entries(pairs).map(([op, [name, layer]]) => [op, binary(name, layer)])),
  Cast: cast,
  Celu: each((d, x, { attributes }) => d.operation("Celu", { alpha: numberOf(attributes, "alpha", 1) }, [x])),
  Clip: clip,
  Div: divide,
  Dropout: dropout,
  Elu: each((d, x, { attributes }) => d.layer("ELU", { alpha: numberOf(attributes, "alpha", 1) }, [x])),
  Gelu: gelu,
  HardSigmoid: hardSigmoid,
  HardSwish: activation("hardSilu"),
  IsInf: infinite,
  LeakyRelu: each((d, x, { attributes }) =>
    d.layer("LeakyReLU", { negativeSlope: numberOf(attributes, "alpha", 0.01) }, [x])
  ),
  LogSoftmax: softmax("LogSoftmax"),
  Max: several("Maximum", "Maximum"),
  Mean: mean,
  Min: several("Minimum", "Minimum"),
  Mish: activation("mish"),
  Mod: modulo,
  PRelu: prelu,
  Relu: each((d, x) => d.layer("ReLU", {}, [x])),
  Selu: each((d, x, node) => {
    const { alpha = 1.6732632, gamma = 1.050701 } = node.attributes;
    if (Math.abs(Number(alpha) - 1.6732632) > 1e-5 || Math.abs(Number(gamma) - 1.050701) > 1e-5) {
      throw new UnsupportedError("Keras' selu has its own alpha and scale");
    }
    return d.layer("Activation", { activation: "selu" }, [x]);
  }),
  Sigmoid: activation("sigmoid"),
  Softmax: softmax("Softmax"),
  Softplus: activation("softplus"),
  Softsign: activation("softsign"),
  Sum: several("Add", "Add"),
  Swish: swish,
  Tanh: activation("tanh"),
  Where: where,
};
