/** Sum and product of two quantized tensors, in onnxruntime's order of float32 steps, so that every result is its own. @module */
import { InputError, ShapeError } from "../../core/values/errors.ts";
import type { InferContext, OpDef } from "../../core/graph/op.ts";
import { broadcastPlan, forRows } from "../../core/ops/broadcast.ts";
import { defineOp, inputOf, optionalAt, tensorAt } from "../../core/ops/define.ts";
import { emptyLike, numbersOf } from "../../core/ops/kernels.ts";
import { roundHalfEven } from "../../core/ops/elementwise/math.ts";
import {
  asTensor,
  broadcastShapes,
  dimsOf,
  tensorType,
  type Type,
  typeText,
} from "../../core/values/shape.ts";
import type { RuntimeValue, Tensor } from "../../core/values/tensor.ts";
import { rangeOf } from "./quantize.ts";

/** A tensor's scale and zero point. */
interface Grid {
  readonly scale: number;
  readonly zero: number;
}
/** What two quantized numbers come to before rounding, zero point added. `alone`: one of them stays along a row. */
type Both = (x: number, y: number) => number;
type Build = (a: Grid, b: Grid, c: Grid, alone: "a" | "b" | undefined) => Both;

const f32 = Math.fround;
/** Sums in float64 lose nothing of a product of 8 and 24 bits: a multiplication and an addition rounded once. */
const sum: Build = (a, b, c, alone) => {
  if (alone === "a") {
    const swapped = sum(b, a, c, undefined);
    return (x, y) => swapped(y, x);
  }
  const left = f32(a.scale / c.scale), right = f32(b.scale / c.scale);
  const fixed = f32(c.zero - f32(left * a.zero + f32(right * b.zero)));
  return (x, y) => f32(x * left + f32(y * right + fixed));
};
const product: Build = (a, b, c) => {
  const scale = f32(f32(a.scale * b.scale) / c.scale);
  return (x, y) => f32(f32((x - a.zero) * (y - b.zero) * scale) + c.zero);
};

const eightBits = ["uint8", "int8"] as const;
function infer(c: InferContext<unknown>): readonly Type[] {
  const a = inputOf(c, 0, eightBits), b = inputOf(c, 3, [a.dtype]);
  for (const at of [1, 4, 6]) one(inputOf(c, at, ["float32", "float64"]), `scale (input ${at})`);
  for (const at of [2, 5, 7]) if (c.inputs[at]) one(inputOf(c, at, [a.dtype]), `zero point (input ${at})`);
  return [tensorType(a.dtype, broadcastShapes(dimsOf(a), dimsOf(b)))];
}
function one(type: Type, what: string): void {
  const { shape } = asTensor(type);
  if (shape && (shape.length > 1 || (typeof shape[0] === "number" && shape[0] !== 1))) {
    throw new ShapeError(`${what}: expected one number, got ${typeText(type)}`);
  }
}
function grid(inputs: readonly (RuntimeValue | undefined)[], at: number): Grid {
  const scale = tensorAt(inputs, at), zero = optionalAt(inputs, at + 1);
  if (scale.data.length !== 1 || (zero && zero.data.length !== 1)) {
    throw new InputError(`input ${at}: expected one scale and one zero point`);
  }
  return { scale: Number(scale.data[0]), zero: zero ? Number(zero.data[0]) : 0 };
}
function run(x: Tensor, y: Tensor, grids: readonly [Grid, Grid, Grid], build: Build): Tensor {
  const plan = broadcastPlan(x.shape, y.shape), [dx = 0, dy = 0] = plan.steps;
  const alone = dx === dy ? undefined : dx === 0 ? "a" : "b";
  const both = build(...grids, alone), [least, most] = rangeOf(x.dtype);
  const a = numbersOf(x), b = numbersOf(y), out = emptyLike(x.dtype, plan.size) as Uint8Array;
  forRows(plan, (at, [i = 0, j = 0]) => {
    for (let k = 0; k < plan.inner; k++, i += dx, j += dy) {
      out[at + k] = Math.min(most, Math.max(least, roundHalfEven(both(a[i] ?? 0, b[j] ?? 0))));
    }
  });
  return { dtype: x.dtype, shape: plan.shape, data: out };
}
const pair = (name: string, summary: string, build: Build): OpDef =>
  defineOp({
    name,
    domain: "com.microsoft",
    since: 1,
    summary,
    attributes: {},
    arity: [7, 8],
    accuracy: "exact",
    infer,
    gradient: "none",
    plain: (inputs) => [
      run(tensorAt(inputs, 0), tensorAt(inputs, 3), [
        grid(inputs, 1),
        grid(inputs, 4),
        grid(inputs, 6),
      ], build),
    ],
  });

/** Operators of two quantized tensors. */
export const pairOps: readonly OpDef[] = [
  pair("QLinearAdd", "The sum of two quantized tensors, quantized", sum),
  pair("QLinearMul", "The product of two quantized tensors, quantized", product),
];
