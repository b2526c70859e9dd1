/** Products that onnxruntime fuses with transposes, residuals and activations. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import type { Value } from "../../../core/graph/graph.ts";
import type { OpDef } from "../../../core/graph/op.ts";
import { type ConvAttributes, convFields } from "../../../core/ops/windows/window.ts";
import { bool, type Field, float, list, nullable, type Schema, text } from "../../../core/values/schema.ts";
import { dimsOf } from "../../../core/values/shape.ts";
import { needed } from "../integer.ts";
import { activated, type ActivationNumbers } from "./activations.ts";
import { contribOp, maybeFloat, maybeInt, numberLike } from "./define.ts";

const flag = (doc: string) => bool({ doc, default: false });
const activation: Field<string | null> = nullable(text({ doc: "activation behind it" }));

interface Fused {
  readonly alpha: number;
  readonly transA: boolean;
  readonly transB: boolean;
  readonly transBatchA: boolean;
  readonly transBatchB: boolean;
}
const fusedFields: Schema<Fused> = {
  alpha: float({ doc: "factor of the product", default: 1 }),
  transA: flag("A's last two axes are exchanged"),
  transB: flag("B's last two axes are exchanged"),
  transBatchA: flag("A's first axis belongs before the last"),
  transBatchB: flag("B's first axis belongs before the last"),
};
/** A factor with its axes as MatMul wants them. */
function turned(b: Builder, x: Value, matrix: boolean, batch: boolean): Value {
  const rank = dimsOf(x.type).length;
  if (rank < 2 || (!matrix && !batch)) return x;
  const axes = Array.from({ length: rank }, (_, i) => i);
  const last = rank - 1, moved = batch ? [...axes.slice(1, last), 0, last] : axes;
  const perm = matrix ? [...moved.slice(0, -2), moved[last] ?? last, moved[last - 1] ?? 0] : moved;
  return b.transpose(x, { perm });
}
function product(b: Builder, v: readonly (Value | undefined)[], a: Fused): Value {
  const y = b.matMul(
    turned(b, needed(v, 0), a.transA, a.transBatchA),
    turned(b, needed(v, 1), a.transB, a.transBatchB),
  );
  return a.alpha === 1 ? y : b.mul(y, numberLike(b, y, a.alpha));
}
const fusedMatMul = contribOp<Fused>({
  name: "FusedMatMul",
  summary: "alpha·A·B, either with its axes exchanged",
  attributes: fusedFields,
  arity: [2, 2],
  body: (b, v, a) => [product(b, v, a)],
});
const { alpha, transA, transB } = fusedFields;
const transposeMatMul = contribOp<Pick<Fused, "alpha" | "transA" | "transB">>({
  name: "TransposeMatMul",
  summary: "FusedMatMul by its older name",
  attributes: { alpha, transA, transB },
  arity: [2, 2],
  body: (b, v, a) => [product(b, v, { ...a, transBatchA: false, transBatchB: false })],
});

interface Activation {
  readonly activation: string | null;
  readonly activation_alpha: number | null;
  readonly activation_beta: number | null;
  readonly activation_gamma: number | null;
}
const activationFields: Schema<Activation> = {
  activation,
  activation_alpha: maybeFloat("the activation's alpha, or lower bound"),
  activation_beta: maybeFloat("the activation's beta, or upper bound"),
  activation_gamma: maybeFloat("the activation's gamma"),
};
const numbersOf = (a: Activation): ActivationNumbers => ({
  alpha: a.activation_alpha,
  beta: a.activation_beta,
  gamma: a.activation_gamma,
});
const matMulActivation = contribOp<Fused & Activation & { readonly activation_axis: number | null }>({
  name: "FusedMatMulActivation",
  summary: "FusedMatMul with an activation behind it",
  attributes: { ...fusedFields, ...activationFields, activation_axis: maybeInt("the activation's axis") },
  arity: [2, 2],
  body: (b, v, a) => [
    activated(b, product(b, v, a), a.activation, { ...numbersOf(a), axis: a.activation_axis }),
  ],
});
interface Gemm {
  readonly alpha: number;
  readonly beta: number;
  readonly transA: boolean;
  readonly transB: boolean;
}
const fusedGemm = contribOp<Gemm & Activation>({
  name: "FusedGemm",
  summary: "Gemm with an activation behind it",
  attributes: {
    alpha,
    beta: float({ doc: "factor of C", default: 1 }),
    transA,
    transB,
    ...activationFields,
  },
  arity: [2, 3],
  body(b, v, a) {
    const { alpha, beta, transA, transB } = a;
    return [activated(b, b.one("Gemm", [...v], { alpha, beta, transA, transB }), a.activation, numbersOf(a))];
  },
});

interface FusedConv extends ConvAttributes {
  readonly activation: string | null;
  readonly activation_params: readonly number[] | null;
}
const fusedConvFields: Schema<FusedConv> = {
  ...convFields,
  activation,
  activation_params: nullable(list({ doc: "the activation's numbers", of: float({ doc: "number" }) })),
};
function convolved(b: Builder, v: readonly (Value | undefined)[], given: FusedConv): Value {
  const { activation, activation_params, ...conv } = given, [x, w, bias, residual] = v;
  const y = b.one("Conv", bias ? [x, w, bias] : [x, w], { ...conv });
  const sum = residual ? b.add(y, residual) : y;
  const [alpha = null, beta = null] = activation_params ?? [];
  return activated(b, sum, activation, { alpha, beta, gamma: null });
}
const fusedConv = contribOp<FusedConv>({
  name: "FusedConv",
  summary: "Conv, plus what is skipped to here, with an activation behind it",
  attributes: fusedConvFields,
  arity: [2, 4],
  body: (b, v, a) => [convolved(b, v, a)],
});
/** Axes of a picture with channels last, as ONNX wants them, and back. */
function lastToFirst(b: Builder, x: Value, back = false): Value {
  const rank = dimsOf(x.type).length, inner = Array.from({ length: rank - 2 }, (_, i) => i + (back ? 2 : 1));
  return b.transpose(x, { perm: back ? [0, ...inner, 1] : [0, rank - 1, ...inner] });
}
function channelsLast<A>(
  name: string,
  attributes: Schema<A>,
  most: number,
  build: (b: Builder, v: readonly (Value | undefined)[], a: A) => Value,
): OpDef {
  return contribOp<A>({
    name,
    summary: "Conv of a picture whose channels are last, weights [out, height, width, in]",
    attributes,
    arity: [2, most],
    body(b, [x, w, bias, residual], a) {
      const first = (p: Value | undefined) => p && lastToFirst(b, p);
      return [lastToFirst(b, build(b, [first(x), first(w), bias, first(residual)], a), true)];
    },
  });
}

/** Products. */
export const contribProducts: readonly OpDef[] = [
  fusedMatMul,
  transposeMatMul,
  matMulActivation,
  fusedGemm,
  fusedConv,
  channelsLast<ConvAttributes>(
    "NhwcConv",
    convFields,
    3,
    (b, v, a) => convolved(b, v, { ...a, activation: null, activation_params: null }),
  ),
  channelsLast<FusedConv>("NhwcFusedConv", fusedConvFields, 4, convolved),
];
