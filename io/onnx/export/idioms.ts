/** Single nodes where several said the same: Gemm, Flatten, global pooling; and nothing where nothing is done. @module */
import type { Graph, Value } from "../../../core/graph/graph.ts";
import { range } from "../../../core/ops/words.ts";
import type { Operators } from "../../../core/graph/op.ts";
import { rewrite, type Visit } from "../../../core/graph/rewrite.ts";
import { asTensor, sameDim, staticShape, type Type } from "../../../core/values/shape.ts";
import { dtypes, isFloat } from "../../../core/values/dtype.ts";
import { sizeOf, toIntegers, toNumbers } from "../../../core/values/tensor.ts";

/** Nodes by the value they gave. */
type Made = Map<number, Visit>;
const shapeOf = (v: Value | undefined) => (v?.type.kind === "tensor" ? v.type.shape : undefined);
const sameShape = (a: Type, b: Type): boolean => {
  if (a.kind !== "tensor" || b.kind !== "tensor" || !a.shape || a.shape.length !== b.shape?.length) {
    return false;
  }
  const other = b.shape;
  return a.shape.every((d, i) => sameDim(d, other[i] ?? -1));
};

/** The graph in the words that people expect. `opset` says which operators there are. */
export function speakPlainly(graph: Graph, registry: Operators, opset: number): Graph {
  const builders = new WeakMap<object, Made>();
  return rewrite(graph, registry, {
    name: "speak plainly",
    node(visit) {
      const { b, node, keep } = visit;
      let made = builders.get(b);
      if (!made) builders.set(b, made = new Map());
      const rule = node.domain === "" ? rules[node.op] : undefined;
      const replaced = rule?.(visit, made, opset);
      if (replaced) {
        // What stands in the node's place was made by nodes of its own; chains look through the last of them.
        return [replaced];
      }
      const results = keep();
      for (const v of results) made.set(v.id, visit);
      return results;
    },
  });
}

type Rule = (visit: Visit, made: Made, opset: number) => Value | undefined;
const rules: Readonly<Record<string, Rule>> = {
  Identity: ({ inputs }) => inputs[0],
  Cast: ({ node, inputs: [x] }) => {
    const to = Number(node.attributes["to"]);
    return x && x.type.kind === "tensor" && codeOf(x) === to ? x : undefined;
  },
  Add: gemm,
  Clip: bounded,
  Mul: product,
  Reshape: flattened,
  ReduceMean: (visit) => pooled(visit, "GlobalAveragePool"),
  ReduceMax: (visit) => pooled(visit, "GlobalMaxPool"),
  Concat: ({ inputs }) => (inputs.length === 1 ? inputs[0] : undefined),
  Unsqueeze: (visit, made) => undone(visit, made, "Squeeze"),
  Transpose: turnedOnce,
  Squeeze: (visit, made) => undone(visit, made, "Unsqueeze"),
};
const codeOf = (v: Value): number => dtypes[asTensor(v.type).dtype].onnx;

/** A product of matrices and a bias. */
function gemm({ b, inputs }: Visit, made: Made): Value | undefined {
  for (const [i, other] of [[0, 1], [1, 0]] as const) {
    const product = made.get(inputs[i]?.id ?? -1), bias = inputs[other];
    if (product?.node.op !== "MatMul" || product.node.domain !== "") continue;
    const [x, kernel] = product.inputs, width = shapeOf(kernel)?.[1], shape = shapeOf(bias);
    const fits = shapeOf(x)?.length === 2 && shapeOf(kernel)?.length === 2 && b.knownOf(kernel) &&
      b.knownOf(bias) &&
      shape?.length === 1 && shape[0] === width && isFloat(asTensor(bias?.type).dtype);
    if (x && kernel && fits) return b.gemm(x, kernel, bias);
  }
  return undefined;
}
/** x · hardSigmoid(x), where the opset has it as one. Swish is left in two: no engine has a kernel for it yet. */
function product({ b, inputs }: Visit, made: Made, opset: number): Value | undefined {
  for (const [i, other] of [[0, 1], [1, 0]] as const) {
    const gate = made.get(inputs[i]?.id ?? -1), x = inputs[other];
    if (!x || !gate || gate.node.domain !== "" || gate.inputs[0]?.id !== x.id) continue;
    const { alpha, beta } = gate.node.attributes;
    const hard = gate.node.op === "HardSigmoid" && Math.fround(Number(alpha)) === Math.fround(1 / 6) &&
      beta === 0.5;
    if (hard && opset >= 14) return b.hardSwish(x);
  }
  return undefined;
}
/** A bound of 0 below says what a Relu before it does. */
function bounded({ b, inputs: [x, least, most] }: Visit, made: Made): Value | undefined {
  const before = made.get(x?.id ?? -1), zero = b.knownOf(least);
  if (before?.node.op !== "Relu" || before.node.domain !== "" || !zero || Number(zero.data[0]) !== 0) {
    return undefined;
  }
  const [first] = before.inputs;
  return first && b.clip(first, least, most);
}
function flattened({ b, node, inputs: [given, to] }: Visit, made: Made): Value | undefined {
  const wanted = b.knownOf(to), shape = shapeOf(given);
  if (!given || !to || !shape || !wanted || node.attributes["allowzero"]) return undefined;
  const sizes = toIntegers(wanted), before = made.get(given.id);
  // A reshape of a reshape: the first doesn't matter where the second copies no axis, or the batch alone that both keep.
  const first = before?.node.op === "Reshape" ? before.inputs[0] : undefined, rows = shapeOf(first)?.[0];
  const kept = sizes.every((s, i) =>
    s !== 0 || (i === 0 && rows !== undefined && sameDim(rows, shape[0] ?? -1))
  );
  const x = first && kept ? first : given, from = shapeOf(x) ?? [];
  if (sameShape(b.reshape(x, to).type, x.type)) return x;
  const inner = staticShape(from.slice(1)), features = inner && sizeOf(inner);
  const flat = sizes.length === 2 && from.length > 2 &&
    (sizes[0] === 0
      ? sizes[1] === features || (sizes[1] === -1 && x === given)
      : sizes[0] === -1 && sizes[1] === features);
  if (flat) return b.flatten(x, { axis: 1 });
  return x === given ? undefined : b.reshape(x, to);
}
/** Two transposes around a reshape that joins the last axes: one before it does. */
function turnedOnce({ b, node, inputs: [x] }: Visit, made: Made): Value | undefined {
  const reshape = made.get(x?.id ?? -1), first = made.get(reshape?.inputs[0]?.id ?? -1);
  if (reshape?.node.op !== "Reshape" || first?.node.op !== "Transpose") return undefined;
  const sizes = b.knownOf(reshape.inputs[1]),
    inner = first.node.attributes["perm"],
    outer = node.attributes["perm"];
  const lists = Array.isArray(inner) && inner.length === 4 && Array.isArray(outer) && outer.length === 3;
  if (!sizes || !lists || outer[2] !== 2) return undefined;
  const [rows, steps, width] = toIntegers(sizes);
  if (rows !== 0 || steps !== 0 || width === undefined || width < 1) return undefined;
  const perm = [inner[outer[0]], inner[outer[1]], inner[2], inner[3]], [source] = first.inputs;
  return source && b.reshape(b.transpose(source, { perm }), b.ints([0, 0, width]));
}
/** A mean or maximum over all sizes of images that have their channels first. */
function pooled({ b, node, inputs: [x, over] }: Visit, op: string): Value | undefined {
  const rank = shapeOf(x)?.length ?? 0, axes = b.knownOf(over);
  if (!x || rank < 3 || !axes || !isFloat(asTensor(x.type).dtype)) return undefined;
  if (toIntegers(axes).sort((p, q) => p - q).join() !== range(2, rank).join()) return undefined;
  const y = b.one(op, [x]);
  return node.attributes["keepdims"] ? y : b.flatten(y, { axis: 1 });
}
function undone({ b, inputs: [x, over] }: Visit, made: Made, opposite: string): Value | undefined {
  const before = made.get(x?.id ?? -1), axes = b.knownOf(over), theirs = b.knownOf(before?.inputs[1]);
  if (before?.node.op !== opposite || !axes || !theirs) return undefined;
  const list = toNumbers(axes);
  return list.length === theirs.data.length && list.every((a, i) => a >= 0 && a === Number(theirs.data[i]))
    ? before.inputs[0]
    : undefined;
}
