/** Activations that onnxruntime fuses, and those that its products take by name. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import { UnsupportedError } from "../../../core/values/errors.ts";
import type { Value } from "../../../core/graph/graph.ts";
import type { OpDef } from "../../../core/graph/op.ts";
import { float } from "../../../core/values/schema.ts";
import { needed } from "../integer.ts";
import { contribOp, type Given, numberLike, ownDomain } from "./define.ts";

const plus = (b: Builder, v: Given, x: number, bias: number) => {
  const other = v[bias];
  return other ? b.add(needed(v, x), other) : needed(v, x);
};
const gelu = contribOp({
  name: "Gelu",
  summary: "x·Φ(x) (Hendrycks and Gimpel 2016)",
  attributes: {},
  arity: [1, 1],
  body: (b, v) => [b.gelu(needed(v, 0))],
});
const biasGelu = contribOp({
  name: "BiasGelu",
  summary: "Gelu of A + B",
  attributes: {},
  arity: [2, 2],
  body: (b, v) => [b.gelu(plus(b, v, 0, 1))],
});
const fastGelu = contribOp({
  name: "FastGelu",
  summary: "Gelu by tanh, of X plus a bias",
  attributes: {},
  arity: [1, 2],
  body: (b, v) => [b.gelu(plus(b, v, 0, 1), { approximate: "tanh" })],
});
const gemmFastGelu = contribOp({
  name: "GemmFastGelu",
  summary: "Gelu by tanh of X·W plus a bias",
  attributes: {},
  arity: [2, 3],
  body: (
    b,
    v,
  ) => [b.gelu(plus(b, [b.matMul(needed(v, 0), needed(v, 1)), v[2]], 0, 1), { approximate: "tanh" })],
});
const quickGelu = contribOp<{ readonly alpha: number }>({
  name: "QuickGelu",
  summary: "x·sigmoid(alpha·x)",
  attributes: { alpha: float({ doc: "slope inside the sigmoid", default: 1.702 }) },
  arity: [1, 1],
  body: (b, v, { alpha }) => [b.swish(needed(v, 0), { alpha })],
});
const biasAdd = contribOp({
  name: "BiasAdd",
  summary: "X plus a bias for its channels, plus what is skipped to here",
  attributes: {},
  arity: [3, 3],
  body: (b, v) => [b.add(plus(b, v, 0, 1), needed(v, 2))],
});
const biasSplitGelu = contribOp({
  name: "BiasSplitGelu",
  summary: "Of X plus a bias, the first half of the channels times Gelu of the second",
  attributes: {},
  arity: [2, 2],
  body(b, v) {
    const halves = b.split(plus(b, v, 0, 1), { axis: -1, num_outputs: 2 });
    return [b.mul(needed(halves, 0), b.gelu(needed(halves, 1)))];
  },
});

const affineFields = {
  alpha: float({ doc: "factor", default: 1 }),
  beta: float({ doc: "addend, or factor inside", default: 0 }),
};
interface Two {
  readonly alpha: number;
  readonly beta: number;
}
const affine = contribOp<Two>({
  name: "Affine",
  summary: "alpha·x + beta, of ONNX before opset 6",
  attributes: affineFields,
  arity: [1, 1],
  body: (b, v, a) => [scaledBy(b, needed(v, 0), a.alpha, a.beta)],
});
const parametricSoftplus = contribOp<Two>({
  name: "ParametricSoftplus",
  summary: "alpha·log(1 + exp(beta·x))",
  attributes: { ...affineFields, beta: float({ doc: "factor inside", default: 1 }) },
  arity: [1, 1],
  body: (b, v, a) => [parametric(b, needed(v, 0), "Softplus", a.alpha, a.beta)],
});
const scaledTanh = contribOp<Two>({
  name: "ScaledTanh",
  summary: "alpha·tanh(beta·x)",
  attributes: { ...affineFields, beta: float({ doc: "factor inside", default: 1 }) },
  arity: [1, 1],
  body: (b, v, a) => [parametric(b, needed(v, 0), "Tanh", a.alpha, a.beta)],
});
const scale = contribOp<{ readonly scale: number }>({
  name: "Scale",
  summary: "x times a number",
  attributes: { scale: float({ doc: "factor", default: 1 }) },
  arity: [1, 1],
  body: (b, v, a) => [scaledBy(b, needed(v, 0), a.scale, 0)],
});
function scaledBy(b: Builder, x: Value, factor: number, addend: number): Value {
  const y = factor === 1 ? x : b.mul(x, numberLike(b, x, factor));
  if (addend !== 0) return b.add(y, numberLike(b, x, addend));
  return y === x ? b.identity(x) : y;
}
function parametric(b: Builder, x: Value, op: string, alpha: number, beta: number): Value {
  return scaledBy(b, b.one(op, [scaledBy(b, x, beta, 0)]), alpha, 0);
}

/** Numbers of an activation that a product applies; those not given are the activation's own. */
export interface ActivationNumbers {
  readonly alpha: number | null;
  readonly beta: number | null;
  readonly gamma: number | null;
  readonly axis?: number | null;
}
/** An activation as onnxruntime's fused operators name it. @throws {UnsupportedError} */
export function activated(b: Builder, x: Value, name: string | null, n: ActivationNumbers): Value {
  const given = (fields: Readonly<Record<string, number | null | undefined>>) =>
    Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined));
  const { alpha, beta, gamma, axis } = n;
  switch (name) {
    case null:
    case "":
      return x;
    case "Relu":
    case "Sigmoid":
    case "Tanh":
    case "Softplus":
    case "Softsign":
    case "HardSwish":
      return b.one(name, [x]);
    case "LeakyRelu":
    case "Elu":
    case "ThresholdedRelu":
      return b.one(name, [x], given({ alpha }));
    case "HardSigmoid":
      return b.one(name, [x], given({ alpha, beta }));
    case "Selu":
      return b.one(name, [x], given({ alpha, gamma }));
    case "Softmax":
      return b.one(name, [x], given({ axis }));
    case "ParametricSoftplus":
      return parametric(b, x, "Softplus", alpha ?? 1, beta ?? 1);
    case "ScaledTanh":
      return parametric(b, x, "Tanh", alpha ?? 1, beta ?? 1);
    case "Clip": {
      const bound = (value: number | null) => (value === null ? undefined : numberLike(b, x, value));
      return b.clip(x, bound(alpha), bound(beta));
    }
    default:
      throw new UnsupportedError(`the fused activation ${JSON.stringify(name)}`);
  }
}

/** Activations. */
export const contribActivations: readonly OpDef[] = [
  gelu,
  biasGelu,
  fastGelu,
  gemmFastGelu,
  quickGelu,
  biasAdd,
  biasSplitGelu,
  ...[affine, parametricSoftplus, scaledTanh, scale].flatMap((def) => [def, ownDomain(def)]),
];
