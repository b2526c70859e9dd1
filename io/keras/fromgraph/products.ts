/** Products of matrices, embeddings and normalizations as Keras' layers. @module */
import { UnsupportedError } from "../../../core/values/errors.ts";
import type { Node } from "../../../core/graph/graph.ts";
import { transposed } from "../../../core/ops/layout/move.ts";
import { castTensor, reshaped, type Tensor, tensor, toNumbers } from "../../../core/values/tensor.ts";
import { argumentOf, type Draft, type Operand } from "./draft.ts";
import { inputOf, numberOf, outputOf } from "./attributes.ts";
import type { Converters } from "./elementwise.ts";
import { channelsLast, type Groups, natural } from "./views.ts";

const float32 = (t: Tensor) => castTensor(t, "float32");
const scaled = (t: Tensor, by: number) =>
  by === 1 ? float32(t) : tensor(Float32Array.from(toNumbers(t), (v) => v * by), t.shape);

/** A form whose last axis is the value's last, alone. */
function lastAlone(d: Draft, id: number): Groups {
  const rank = d.shape(id).length;
  const found = d.views(id).find((v) => v.groups.at(-1)?.join() === `${rank - 1}`);
  return found?.groups ?? natural(rank);
}
/** A bias that the only reader of a product adds along the last axis. */
function biasAfter(
  d: Draft,
  node: Node,
  units: number,
): { readonly bias: Tensor; readonly node: Node } | undefined {
  const found = d.added(node), t = found?.constant;
  if (!t || t.data.length !== units || t.shape.at(-1) !== units) return undefined;
  return t.shape.length > d.shape(outputOf(node)).length
    ? undefined
    : { bias: reshaped(t, [units]), node: found.node };
}
function dense(d: Draft, node: Node, kernel: Tensor, given: Tensor | undefined): void {
  const units = kernel.shape[1] ?? 1, later = given ? undefined : biasAfter(d, node, units);
  const bias = given ?? later?.bias, groups = lastAlone(d, inputOf(node));
  const y = d.layer("Dense", { units, useBias: bias !== undefined }, [d.view(inputOf(node), groups)], {
    own: { kernel: float32(kernel), ...(bias && { bias: float32(bias) }) },
  });
  if (later) d.take(later.node);
  d.set(later ? outputOf(later.node) : outputOf(node), groups, y);
}
function operandOf(d: Draft, id: number): Operand {
  const constant = d.constant(id);
  return constant ? argumentOf(constant) : d.natural(id);
}
function matmul(d: Draft, node: Node): void {
  const [x = -1, y = -1] = node.inputs, w = d.constant(y), out = outputOf(node);
  if (w?.shape.length === 2 && d.constant(x) === undefined && d.isFloat(x) && d.shape(x).length > 1) {
    return dense(d, node, w, undefined);
  }
  d.set(out, natural(d.shape(out).length), d.operation("Matmul", {}, [operandOf(d, x), operandOf(d, y)]));
}
function gemm(d: Draft, node: Node): void {
  const { attributes } = node, [x = -1, y = -1, c = -1] = node.inputs;
  const alpha = numberOf(attributes, "alpha", 1), beta = numberOf(attributes, "beta", 1);
  const turned = (name: string) => numberOf(attributes, name, 0) !== 0;
  const w = d.constant(y), bias = d.constant(c), out = outputOf(node);
  const units = w ? w.shape[turned("transB") ? 0 : 1] ?? 1 : 0;
  const wide = bias && (bias.data.length === 1 || bias.data.length === units && bias.shape.at(-1) === units);
  if (w && d.constant(x) === undefined && !turned("transA") && (c < 0 || wide) && d.isFloat(x)) {
    const kernel = turned("transB") ? transposed(w, [1, 0]) : w;
    const own = bias && tensor(
      Float32Array.from({ length: units }, (_, i) => toNumbers(bias)[bias.data.length === 1 ? 0 : i] ?? 0),
      [units],
    );
    return dense(d, node, scaled(kernel, alpha), own && scaled(own, beta));
  }
  const side = (id: number, name: string): Operand => {
    const constant = d.constant(id);
    if (constant) return argumentOf(turned(name) ? transposed(constant, [1, 0]) : constant);
    return turned(name) ? d.transposed(d.natural(id), [1, 0]) : d.natural(id);
  };
  let total: Operand = d.operation("Matmul", {}, [side(x, "transA"), side(y, "transB")]);
  if (alpha !== 1) total = d.operation("Multiply", {}, [total, alpha], "scaled");
  if (c >= 0) {
    const more = operandOf(d, c);
    total = d.operation("Add", {}, [
      total,
      beta === 1 ? more : d.operation("Multiply", {}, [more, beta], "beta"),
    ], "sum");
  }
  if (typeof total === "object" && total !== null && "type" in total) d.set(out, natural(2), total);
}
function einsum(d: Draft, node: Node): void {
  const subscripts = `${node.attributes["equation"]}`.replace(/\s/g, "");
  const operands = node.inputs.map((id) => operandOf(d, id)), out = outputOf(node);
  d.set(out, natural(d.shape(out).length), d.operation("Einsum", { subscripts }, operands));
}

/** Scale and bias of an operator, as weights; those that say nothing are left out. */
function affine(d: Draft, node: Node, shape: readonly number[] | undefined) {
  const part = (index: number) => {
    const t = (node.inputs[index] ?? -1) < 0 ? undefined : float32(d.fixed(node, index, "a weight"));
    return t && shape ? reshaped(t, shape) : t;
  };
  const gamma = part(1), beta = part(2);
  return {
    options: { scale: gamma !== undefined, center: beta !== undefined },
    own: { ...(gamma && { gamma }), ...(beta && { beta }) },
  };
}
function batchNorm(d: Draft, node: Node): void {
  if (
    numberOf(node.attributes, "training_mode", 0) !== 0 || node.outputs.slice(1).some((id) => d.isRead(id))
  ) {
    throw new UnsupportedError("it moves its statistics while predicting");
  }
  const x = inputOf(node), rank = d.shape(x).length, { options, own } = affine(d, node, undefined);
  const view = d.views(x).find((v) => v.groups.some((g) => g.join() === "1"));
  const groups = view?.groups ?? channelsLast(rank), at = groups.findIndex((g) => g.join() === "1");
  const epsilon = numberOf(node.attributes, "epsilon", 1e-5);
  const config = { ...options, axis: at === groups.length - 1 ? -1 : at, epsilon };
  const y = d.layer("BatchNormalization", config, [d.view(x, groups)], {
    own: {
      ...own,
      movingMean: float32(d.fixed(node, 3, "its mean")),
      movingVariance: float32(d.fixed(node, 4, "its variance")),
    },
  });
  d.set(outputOf(node), groups, y);
}
function layerNorm(d: Draft, node: Node): void {
  const x = inputOf(node),
    shape = d.shape(x),
    rank = shape.length,
    given = numberOf(node.attributes, "axis", -1);
  const from = given < 0 ? given + rank : given, axes = natural(rank).flat().slice(from);
  if (node.outputs.slice(1).some((id) => d.isRead(id))) throw new UnsupportedError("its statistics are read");
  const groups = axes.length === 1 ? lastAlone(d, x) : natural(rank);
  const weights = shape.slice(from).map((n) => (typeof n === "number" ? n : 1));
  const scale = d.constant(node.inputs[1]);
  if (scale && scale.data.length !== weights.reduce((n, w) => n * w, 1)) {
    throw new UnsupportedError("a scale of another shape than its axes");
  }
  const { options, own } = affine(d, node, weights), epsilon = numberOf(node.attributes, "epsilon", 1e-5);
  const y = node.op === "RMSNormalization"
    ? d.layer("RMSNormalization", { axis: axes.length === 1 ? -1 : axes, epsilon }, [d.view(x, groups)], {
      own: own.gamma ? { scale: own.gamma } : {},
    })
    : d.layer("LayerNormalization", { ...options, axis: axes.length === 1 ? -1 : axes, epsilon }, [
      d.view(x, groups),
    ], {
      own,
    });
  d.set(outputOf(node), groups, y);
}
function groupNorm(d: Draft, node: Node): void {
  const x = inputOf(node), shape = d.shape(x), channels = shape[1];
  if (typeof channels !== "number") throw new UnsupportedError("a number of channels that varies");
  const groups = node.op === "InstanceNormalization" ? channels : numberOf(node.attributes, "num_groups", 1);
  const { options, own } = affine(d, node, [channels]), form = channelsLast(shape.length);
  const epsilon = numberOf(node.attributes, "epsilon", 1e-5);
  const y = d.layer("GroupNormalization", { ...options, groups, axis: -1, epsilon }, [d.view(x, form)], {
    own,
  });
  d.set(outputOf(node), form, y);
}

/** Operators of products, and normalizations. */
export const products: Converters = {
  BatchNormalization: batchNorm,
  Einsum: einsum,
  Gemm: gemm,
  GroupNormalization: groupNorm,
  InstanceNormalization: groupNorm,
  LayerNormalization: layerNorm,
  MatMul: matmul,
  RMSNormalization: layerNorm,
};
