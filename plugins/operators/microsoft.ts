/** Operators of onnxruntime's own domain that its quantizer writes, composed of ONNX's. @module */
import type { Builder } from "../../core/graph/builder.ts";
import { ShapeError } from "../../core/values/errors.ts";
import type { Value } from "../../core/graph/graph.ts";
import type { OpDef } from "../../core/graph/op.ts";
import { defineOp, type OpBody } from "../../core/ops/define.ts";
import { lstmDirections } from "../../core/ops/control/recurrent.ts";
import { averageFields } from "../../core/ops/windows/poolwindows.ts";
import { bool, choice, float, int, list, nullable, text } from "../../core/values/schema.ts";
import { asTensor, dimsOf, tensorType } from "../../core/values/shape.ts";
import { floatScalar, needed, quantizedBy } from "./integer.ts";

type Given = readonly (Value | undefined)[];
type Declared<A> = Omit<OpBody<A>, "domain" | "since" | "accuracy">;
function microsoftOp<A>(def: Declared<A>): OpDef {
  return defineOp<A>({ ...def, domain: "com.microsoft", since: 1, accuracy: "rounding" });
}

/** What three inputs from `at` on stand for: quantized numbers, their scale and their zero point. */
function read(b: Builder, v: Given, at: number, axis = 1): Value {
  const scale = needed(v, at + 1), zero = v[at + 2], wide = dimsOf(scale.type);
  const one = (x: Value) => (wide.length === 1 && wide[0] === 1 ? b.reshape(x, b.ints([])) : x);
  return b.dequantizeLinear(needed(v, at), one(scale), zero && one(zero), { axis });
}
/** A function of one quantized tensor. */
function unary<A>(
  name: string,
  summary: string,
  attributes: OpDef<A>["attributes"],
  build: (b: Builder, x: Value, a: A) => Value,
): OpDef {
  return microsoftOp<A>({
    name,
    summary,
    attributes,
    arity: [4, 5],
    body: (b, v, a) => [quantizedBy(b, build(b, read(b, v, 0), a), needed(v, 3), v[4])],
  });
}

/** Softmax; before opset 13 over all axes from the given one on. */
function softmax(b: Builder, x: Value, { axis, opset }: { axis: number; opset: number }): Value {
  if (opset >= 13) return b.softmax(x, { axis });
  const flat = b.softmax(b.flatten(x, { axis }), { axis: 1 });
  return b.reshape(flat, b.shape(x));
}
const softmaxOp: OpDef = microsoftOp<{ axis: number; opset: number }>({
  name: "QLinearSoftmax",
  summary: "Softmax of a quantized tensor, quantized",
  attributes: {
    axis: int({ doc: "axis that sums to one", default: -1 }),
    opset: int({ doc: "opset of ai.onnx whose Softmax is meant", min: 1 }),
  },
  arity: [4, 5],
  body(b, v, a) {
    // onnxruntime has as many steps of the output's scale to 1 as fit in whole.
    const scale = needed(v, 3), one = floatScalar(b, scale, 1);
    const steps = b.floor(b.div(one, scale));
    return [quantizedBy(b, b.mul(softmax(b, read(b, v, 0), a), steps), one, v[4])];
  },
});
/** Images with channels last, as ONNX wants them, and back. */
function channelsFirst(b: Builder, x: Value, last: boolean, build: (x: Value) => Value): Value {
  if (!last) return build(x);
  const rank = dimsOf(x.type).length, spatial = Array.from({ length: rank - 2 }, (_, i) => i + 1);
  const first = b.transpose(x, { perm: [0, rank - 1, ...spatial] });
  return b.transpose(build(first), { perm: [0, ...spatial.map((i) => i + 1), 1] });
}
const channelsLast = bool({ doc: "channels are the last axis", default: false });

const qGemm: OpDef = microsoftOp<{ alpha: number; transA: boolean; transB: boolean }>({
  name: "QGemm",
  summary: "alpha·A·B plus a bias in the scale of the products; quantized where an output scale is given",
  attributes: {
    alpha: float({ doc: "factor of the product", default: 1 }),
    transA: bool({ doc: "A is transposed", default: false }),
    transB: bool({ doc: "B is transposed", default: false }),
  },
  arity: [6, 9],
  dtypes: (c) => [tensorType(asTensor(c.inputs[7] ? c.inputs[8] ?? c.inputs[0] : c.inputs[1]).dtype)],
  body(b, v, { alpha, transA, transB }) {
    const turned = (x: Value, turn: boolean) => (turn ? b.transpose(x, { perm: [1, 0] }) : x);
    const sums = b.matMulInteger(turned(needed(v, 0), transA), turned(needed(v, 3), transB), v[2], v[5]);
    const all = v[6] ? b.add(sums, v[6]) : sums;
    const scale = b.mul(b.mul(needed(v, 1), needed(v, 4)), floatScalar(b, needed(v, 1), alpha));
    const y = b.mul(b.cast(all, { to: asTensor(scale.type).dtype }), scale);
    return [v[7] ? quantizedBy(b, y, v[7], v[8]) : y];
  },
});
const concat: OpDef = microsoftOp<{ axis: number }>({
  name: "QLinearConcat",
  summary:
    "Quantized tensors joined in one scale; inputs are the output's scale and zero point, then three a tensor",
  attributes: { axis: int({ doc: "axis to join along" }) },
  arity: [5, Infinity],
  dtypes: (c) => [tensorType(asTensor(c.inputs[1]).dtype)],
  body(b, v, { axis }) {
    const parts = Array.from({ length: (v.length - 2) / 3 }, (_, i) => read(b, v, 2 + 3 * i));
    return [quantizedBy(b, b.concat(parts, { axis }), needed(v, 0), v[1])];
  },
});

/** A float tensor times a quantized matrix. */
function scaledProduct(b: Builder, sums: Value, scale: Value, bias: Value | undefined): Value {
  const y = b.mul(b.cast(sums, { to: asTensor(scale.type).dtype }), scale);
  return bias ? b.add(y, bias) : y;
}
const dynamicMatMul: OpDef = microsoftOp({
  name: "DynamicQuantizeMatMul",
  summary: "A, quantized by its range, times a quantized B, in floats",
  attributes: {},
  arity: [3, 5],
  body(b, v) {
    const [a, aScale, aZero] = b.dynamicQuantizeLinear(needed(v, 0));
    const sums = b.matMulInteger(a, needed(v, 1), aZero, v[3]);
    return [scaledProduct(b, sums, b.mul(aScale, needed(v, 2)), v[4])];
  },
});
const toFloat: OpDef = microsoftOp({
  name: "MatMulIntegerToFloat",
  summary: "The product of two quantized matrices, in floats",
  attributes: {},
  arity: [4, 7],
  dtypes: (c) => [tensorType(asTensor(c.inputs[2]).dtype)],
  body(b, v) {
    const sums = b.matMulInteger(needed(v, 0), needed(v, 1), v[4], v[5]);
    return [scaledProduct(b, sums, b.mul(needed(v, 2), needed(v, 3)), v[6])];
  },
});

interface DynamicLstm {
  readonly activation_alpha: readonly number[] | null;
  readonly activation_beta: readonly number[] | null;
  readonly activations: readonly string[] | null;
  readonly clip: number | null;
  readonly direction: "forward" | "reverse" | "bidirectional";
  readonly hidden_size: number | null;
  readonly input_forget: boolean;
}
/** h as its own range in 8 bits says it, at each step. */
function byRange(b: Builder, h: Value): Value {
  const [q, scale, zero] = b.dynamicQuantizeLinear(h);
  return b.dequantizeLinear(q, scale, zero);
}
const numbers = (doc: string) => nullable(list({ doc, of: float({ doc }) }));
const dynamicLstm: OpDef = microsoftOp<DynamicLstm>({
  name: "DynamicQuantizeLSTM",
  summary:
    "LSTM of which W `[directions, features, 4·units]` and R are quantized, X and each step's h by their range",
  attributes: {
    activation_alpha: numbers("scales of activations"),
    activation_beta: numbers("offsets of activations"),
    activations: nullable(list({ doc: "activations of gates, cell and output", of: text({ doc: "name" }) })),
    clip: nullable(float({ doc: "bound of what enters activations" })),
    direction: choice({
      doc: "way through time",
      of: ["forward", "reverse", "bidirectional"],
      default: "forward",
    }),
    hidden_size: nullable(int({ doc: "units", min: 1 })),
    input_forget: bool({ doc: "the forget gate is one minus the input gate", default: false }),
  },
  arity: [12, 12],
  maxOutputs: 3,
  body(b, v, attributes, outputs) {
    const x = needed(v, 0), [q, scale, zero] = b.dynamicQuantizeLinear(x);
    const weight = (at: number, scaleAt: number): Value => {
      const w = needed(v, at), s = needed(v, scaleAt), z = needed(v, scaleAt + 1);
      const type = asTensor(s.type).dtype, [directions = 1] = dimsOf(w.type);
      const count = dimsOf(s.type).length;
      if (count > 2) throw new ShapeError("scales of weights have a rank of 1 or 2");
      // [directions], or [directions, 4·units], beside [directions, features, 4·units].
      const stand = (p: Value) => {
        if (count === 2) return b.unsqueeze(p, b.ints([1]));
        return count === 1 && directions !== 1 ? b.unsqueeze(p, b.ints([1, 2])) : p;
      };
      const centred = b.sub(b.cast(w, { to: type }), stand(b.cast(z, { to: type })));
      return b.transpose(b.mul(centred, stand(s)), { perm: [0, 2, 1] });
    };
    const steps = b.dequantizeLinear(q, scale, zero);
    const inputs = [steps, weight(1, 8), weight(2, 10), ...v.slice(3, 8)];
    return lstmDirections(b, inputs, { ...attributes, layout: 0 }, outputs, byRange);
  },
});

/** Operators of onnxruntime's quantizer. */
export const microsoftOps: readonly OpDef[] = [
  unary<{ alpha: number }>(
    "QLinearLeakyRelu",
    "LeakyRelu of a quantized tensor, quantized",
    { alpha: float({ doc: "slope below zero", default: 0.01 }) },
    (b, x, a) => b.leakyRelu(x, a),
  ),
  unary("QLinearSigmoid", "Sigmoid of a quantized tensor, quantized", {}, (b, x) => b.sigmoid(x)),
  softmaxOp,
  unary(
    "QLinearAveragePool",
    "AveragePool of a quantized tensor, quantized",
    { ...averageFields, channels_last: channelsLast },
    (b, x, { channels_last, ...pool }) =>
      channelsFirst(b, x, channels_last, (y) => b.averagePool(y, { ...pool })),
  ),
  unary<{ channels_last: boolean }>(
    "QLinearGlobalAveragePool",
    "GlobalAveragePool of a quantized tensor, quantized",
    { channels_last: channelsLast },
    (b, x, { channels_last }) => channelsFirst(b, x, channels_last, (y) => b.globalAveragePool(y)),
  ),
  concat,
  qGemm,
  dynamicMatMul,
  toFloat,
  dynamicLstm,
];
