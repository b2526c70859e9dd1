/** Activation functions: composites where ONNX says what they are made of. @module */
import { scalarLike } from "../words.ts";
import type { Builder } from "../../graph/builder.ts";
import { LapisError } from "../../values/errors.ts";
import type { Value } from "../../graph/graph.ts";
import type { OldNode, OpDef } from "../../graph/op.ts";
import { choice, float } from "../../values/schema.ts";
import { sumTo } from "../broadcast.ts";
import { defineOp, floats, inputOf, keepsType, sharedType, tensorAt } from "../define.ts";
import { mapBinary, mapUnary } from "../kernels.ts";
import { upgradeUnary } from "../legacy.ts";
import { erf, sigmoid } from "./math.ts";
import { broadcastShapes, dimsOf } from "../../values/shape.ts";

type Alpha = { readonly alpha: number };

/** What every activation here has in common: one float tensor in, the same type out. */
const onFloats = {
  arity: [1, 1],
  accuracy: "rounding",
  upgrade: upgradeUnary,
  infer: keepsType(floats),
} as const;

function first(inputs: readonly (Value | undefined)[]): Value {
  const x = inputs[0];
  if (!x) throw new LapisError("graph", "an input is missing");
  return x;
}
const below = (b: Builder, x: Value, bound = 0) => b.less(x, scalarLike(b, bound, x));
const times = (b: Builder, x: Value, factor: number) => b.mul(x, scalarLike(b, factor, x));

const leakyRelu = defineOp<Alpha>({
  name: "LeakyRelu",
  since: 16,
  summary: "x, or alpha·x below zero",
  attributes: { alpha: float({ doc: "slope below zero", default: 0.01 }) },
  ...onFloats,
  body(b, inputs, { alpha }) {
    const x = first(inputs);
    return [b.where(below(b, x), times(b, x, alpha), x)];
  },
  plain: (inputs, { attributes: { alpha } }) => [
    mapUnary(tensorAt(inputs, 0), { number: (x) => (x < 0 ? alpha * x : x) }),
  ],
});

const prelu = defineOp({
  name: "PRelu",
  since: 16,
  summary: "x, or slope·x below zero; slope is broadcast to x",
  attributes: {},
  arity: [2, 2],
  accuracy: "rounding",
  infer(c) {
    const x = inputOf(c, 0);
    sharedType(c);
    if (x.shape) broadcastShapes(x.shape, dimsOf(c.inputs[1]));
    return [x];
  },
  vjp(b, { inputs: [x, slope] }, [dy], wanted) {
    if (!x || !slope || !dy) return [];
    const negative = below(b, x), zero = scalarLike(b, 0, x);
    return [
      wanted[0] ? b.where(negative, b.mul(dy, slope), dy) : undefined,
      wanted[1] ? sumTo(b, b.where(negative, b.mul(dy, x), zero), slope) : undefined,
    ];
  },
  plain: (inputs) => [
    mapBinary(tensorAt(inputs, 0), tensorAt(inputs, 1), {
      number: (x, slope) => (x < 0 ? slope * x : x),
      big: (x, slope) => (x < 0n ? slope * x : x),
    }),
  ],
  upgrade: upgradePRelu,
});

const elu = defineOp<Alpha>({
  name: "Elu",
  since: 22,
  summary: "x, or alpha·(eˣ − 1) below zero",
  attributes: { alpha: float({ doc: "what it tends to, negated", default: 1 }) },
  ...onFloats,
  vjp(b, { inputs: [x], outputs: [y], attributes: { alpha } }, [dy]) {
    if (!x || !y || !dy) return [];
    const slope = b.add(y, scalarLike(b, alpha, x));
    return [b.where(below(b, x), b.mul(dy, slope), dy)];
  },
  plain: (inputs, { attributes: { alpha } }) => [
    mapUnary(tensorAt(inputs, 0), { number: (x) => (x < 0 ? alpha * Math.expm1(x) : x) }),
  ],
});

const selu = defineOp<{ readonly alpha: number; readonly gamma: number }>({
  name: "Selu",
  since: 22,
  summary: "gamma·x, or gamma·alpha·(eˣ − 1) below zero (Klambauer et al. 2017)",
  attributes: {
    alpha: float({ doc: "alpha", default: 1.6732631921768188 }),
    gamma: float({ doc: "gamma", default: 1.0507010221481323 }),
  },
  ...onFloats,
  body(b, inputs, { alpha, gamma }) {
    return [times(b, b.elu(first(inputs), { alpha }), gamma)];
  },
  plain: (inputs, { attributes: { alpha, gamma } }) => [
    mapUnary(tensorAt(inputs, 0), { number: (x) => gamma * (x <= 0 ? alpha * Math.expm1(x) : x) }),
  ],
  // Opset 1 had fewer digits.
  upgrade: (from, node) =>
    from >= 6 ? node : upgradeUnary(from, {
      ...node,
      attributes: { alpha: 1.6732, gamma: 1.0507, ...node.attributes },
    }),
});

const celu = defineOp<Alpha>({
  name: "Celu",
  since: 28,
  summary: "alpha·elu(x / alpha)",
  attributes: { alpha: float({ doc: "alpha", default: 1 }) },
  arity: [1, 1],
  accuracy: "rounding",
  infer: keepsType(floats),
  body(b, inputs, { alpha }) {
    const x = first(inputs);
    return [times(b, b.elu(b.div(x, scalarLike(b, alpha, x))), alpha)];
  },
});

const thresholdedRelu = defineOp<Alpha>({
  name: "ThresholdedRelu",
  since: 22,
  summary: "x above alpha, else 0",
  attributes: { alpha: float({ doc: "threshold", default: 1 }) },
  arity: [1, 1],
  accuracy: "exact",
  infer: keepsType(floats),
  body(b, inputs, { alpha }) {
    const x = first(inputs);
    return [b.where(b.greater(x, scalarLike(b, alpha, x)), x, scalarLike(b, 0, x))];
  },
});

const hardSigmoid = defineOp<{ readonly alpha: number; readonly beta: number }>({
  name: "HardSigmoid",
  since: 22,
  summary: "alpha·x + beta, clipped to 0 … 1",
  attributes: {
    alpha: float({ doc: "slope", default: 0.2 }),
    beta: float({ doc: "value at zero", default: 0.5 }),
  },
  ...onFloats,
  body(b, inputs, { alpha, beta }) {
    const x = first(inputs);
    const line = b.add(times(b, x, alpha), scalarLike(b, beta, x));
    return [b.clip(line, scalarLike(b, 0, x), scalarLike(b, 1, x))];
  },
  plain: (inputs, { attributes: { alpha, beta } }) => [
    mapUnary(tensorAt(inputs, 0), { number: (x) => Math.max(0, Math.min(1, alpha * x + beta)) }),
  ],
});

const hardSwish = defineOp({
  name: "HardSwish",
  since: 22,
  summary: "x·hardSigmoid(x) with slope 1/6 (Howard et al. 2019)",
  attributes: {},
  arity: [1, 1],
  accuracy: "rounding",
  infer: keepsType(floats),
  body(b, inputs) {
    const x = first(inputs);
    return [b.mul(x, b.hardSigmoid(x, { alpha: 1 / 6, beta: 0.5 }))];
  },
});

const softsign = defineOp({
  name: "Softsign",
  since: 22,
  summary: "x / (1 + |x|)",
  attributes: {},
  arity: [1, 1],
  accuracy: "rounding",
  infer: keepsType(floats),
  body(b, inputs) {
    const x = first(inputs);
    return [b.div(x, b.add(b.abs(x), scalarLike(b, 1, x)))];
  },
});

const gelu = defineOp<{ readonly approximate: "none" | "tanh" }>({
  name: "Gelu",
  since: 20,
  summary: "x·Φ(x), Φ exact or by tanh (Hendrycks and Gimpel 2016)",
  attributes: {
    approximate: choice({ doc: "how Φ is computed", default: "none", of: ["none", "tanh"] }),
  },
  arity: [1, 1],
  accuracy: "rounding",
  infer: keepsType(floats),
  body(b, inputs, { approximate }) {
    const x = first(inputs), one = scalarLike(b, 1, x);
    if (approximate === "none") {
      const phi = b.add(b.erf(times(b, x, Math.SQRT1_2)), one);
      return [b.mul(times(b, x, 0.5), phi)];
    }
    const cube = b.mul(x, b.mul(x, x));
    const inner = times(b, b.add(x, times(b, cube, 0.044715)), Math.sqrt(2 / Math.PI));
    return [b.mul(times(b, x, 0.5), b.add(b.tanh(inner), one))];
  },
  plain: (inputs, { attributes: { approximate } }) => [
    mapUnary(tensorAt(inputs, 0), {
      number: approximate === "none"
        ? (x) => 0.5 * x * (1 + erf(x * Math.SQRT1_2))
        : (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))),
    }),
  ],
});

const mish = defineOp({
  name: "Mish",
  since: 22,
  summary: "x·tanh(softplus(x)) (Misra 2019)",
  attributes: {},
  arity: [1, 1],
  accuracy: "rounding",
  infer: keepsType(floats),
  body(b, inputs) {
    const x = first(inputs);
    return [b.mul(x, b.tanh(b.softplus(x)))];
  },
});

const swish = defineOp<Alpha>({
  name: "Swish",
  since: 24,
  summary: "x·sigmoid(alpha·x)",
  attributes: { alpha: float({ doc: "slope inside", default: 1 }) },
  arity: [1, 1],
  accuracy: "rounding",
  infer: keepsType(floats),
  body(b, inputs, { alpha }) {
    const x = first(inputs);
    return [b.mul(x, b.sigmoid(alpha === 1 ? x : times(b, x, alpha)))];
  },
  plain: (inputs, { attributes: { alpha } }) => [
    mapUnary(tensorAt(inputs, 0), { number: (x) => x * sigmoid(alpha * x) }),
  ],
});

/** Before opset 7 one slope a channel stood for axis 1, and before 6 attributes told of memory reuse. */
function upgradePRelu(from: number, node: OldNode): OldNode {
  if (from >= 7) return node;
  const [x, slope] = node.inputs, rank = x ? dimsOf(x.type).length : 0;
  const channels = slope && dimsOf(slope.type).length === 1 && dimsOf(slope.type)[0] !== 1 && rank > 2;
  const behind = Array.from({ length: rank - 2 }, (_, i) => i + 1);
  const aligned = channels ? node.builder.unsqueeze(slope, node.builder.ints(behind)) : slope;
  return { ...upgradeUnary(from, node), inputs: [x, aligned] };
}

/** Activation functions. */
export const activationOps: readonly OpDef[] = [
  leakyRelu,
  prelu,
  elu,
  selu,
  celu,
  thresholdedRelu,
  hardSigmoid,
  hardSwish,
  softsign,
  gelu,
  mish,
  swish,
];
