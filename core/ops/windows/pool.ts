/** Pooling over windows and over whole images. @module */
import type { Builder } from "../../graph/builder.ts";
import { ShapeError, UnsupportedError } from "../../values/errors.ts";
import type { Value } from "../../graph/graph.ts";
import type { OpDef } from "../../graph/op.ts";
import { int } from "../../values/schema.ts";
import { asTensor, type Dim, dimsOf, rangeOf, shapeText, tensorType, type Type } from "../../values/shape.ts";
import { type Tensor, toNumbers } from "../../values/tensor.ts";
import { product, result } from "../arrays.ts";
import { defineOp, type NoAttributes, tensorAt } from "../define.ts";
import {
  addWindows,
  averageFields,
  type AveragePool,
  maxima,
  type Pool,
  poolFields,
  windowCounts,
  windowSums,
} from "./poolwindows.ts";
import { type Geometry, geometryOf, slidingOutput } from "./window.ts";

function pooled(type: Type | undefined, a: Pool): readonly Dim[] {
  const x = dimsOf(type);
  if (x.length !== a.kernel_shape.length + 2) {
    throw new ShapeError(
      `expected [batch, channels] and ${a.kernel_shape.length} spatial axes, got ${shapeText(x)}`,
    );
  }
  return [...x.slice(0, 2), ...slidingOutput(x.slice(2), a.kernel_shape, a, a.ceil_mode, 0)];
}
function poolGeometry(x: Tensor, a: Pool): Geometry {
  pooled(tensorType(x.dtype, x.shape), a);
  return geometryOf(x.shape.slice(2), a.kernel_shape, a, a.ceil_mode, 0);
}

interface MaxPool extends Pool {
  readonly storage_order: number;
}
const maxPool: OpDef = defineOp<MaxPool>({
  name: "MaxPool",
  since: 22,
  summary: "The maximum of each window, and where it stands in the flattened input.",
  attributes: {
    ...poolFields,
    storage_order: int({
      doc: "Order that Indices count spatial axes in: 0 row-major, 1 column-major.",
      default: 0,
      min: 0,
      max: 1,
    }),
  },
  arity: [1, 1],
  maxOutputs: 2,
  infer({ inputs, attributes, outputs }) {
    const shape = pooled(inputs[0], attributes), y = tensorType(asTensor(inputs[0]).dtype, shape);
    return outputs > 1 ? [y, tensorType("int64", shape)] : [y];
  },
  dtypes: ({ inputs }) => [tensorType(asTensor(inputs[0]).dtype), tensorType("int64")],
  vjp(b, { inputs: [x], attributes }, [dy]) {
    const { storage_order: _, ...pool } = attributes;
    return x && dy ? [b.maxPoolGrad(x, dy, pool)] : [];
  },
  plain(inputs, { attributes, outputs }) {
    const x = tensorAt(inputs, 0), g = poolGeometry(x, attributes);
    const shape = [...x.shape.slice(0, 2), ...g.output];
    const { best, at } = maxima(toNumbers(x), g, product(x.shape, 0, 2));
    const y = result(best, shape, x.dtype);
    if (outputs < 2) return [y];
    const size = product(g.input), count = product(g.output), data = new BigInt64Array(at.length);
    const place = attributes.storage_order === 1 ? columnMajor(g.input) : undefined;
    for (let i = 0; i < data.length; i++) {
      const p = at[i] as number;
      data[i] = BigInt(Math.floor(i / count) * size + (place ? place[p] ?? 0 : p));
    }
    return [y, { dtype: "int64", shape, data }];
  },
  accuracy: "exact",
});
/** For each row-major offset its column-major one. */
function columnMajor(shape: readonly number[]): Int32Array {
  const out = new Int32Array(product(shape));
  for (let i = 0; i < out.length; i++) {
    let rest = i, at = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const size = shape[axis] ?? 1;
      at += rest % size * product(shape, 0, axis);
      rest = Math.floor(rest / size);
    }
    out[i] = at;
  }
  return out;
}

const averagePool: OpDef = defineOp<AveragePool>({
  name: "AveragePool",
  since: 22,
  summary: "The mean of each window.",
  attributes: averageFields,
  arity: [1, 1],
  infer: ({ inputs, attributes }) => [tensorType(asTensor(inputs[0]).dtype, pooled(inputs[0], attributes))],
  vjp(b, { inputs: [x], attributes }, [dy]) {
    if (!x || !dy) return [];
    return [b.averagePoolGrad(dy, b.shape(x, { start: 2 }), { ...attributes })];
  },
  plain(inputs, { attributes }) {
    const x = tensorAt(inputs, 0), g = poolGeometry(x, attributes), images = product(x.shape, 0, 2);
    const out = new Float64Array(images * product(g.output));
    addWindows(toNumbers(x), g, images, out, (v) => v);
    const counts = windowCounts(g, attributes.count_include_pad);
    for (let i = 0; i < out.length; i++) out[i] = (out[i] as number) / (counts[i % counts.length] as number);
    return [result(out, [...x.shape.slice(0, 2), ...g.output], x.dtype)];
  },
  accuracy: "rounding",
});

interface LpPool extends Pool {
  readonly p: number;
}
const lpPool: OpDef = defineOp<LpPool>({
  name: "LpPool",
  since: 22,
  summary: "The p-norm of each window.",
  attributes: { ...poolFields, p: int({ doc: "The norm's p.", default: 2, min: 1 }) },
  arity: [1, 1],
  infer: ({ inputs, attributes }) => [tensorType(asTensor(inputs[0]).dtype, pooled(inputs[0], attributes))],
  body(b, [x], attributes) {
    if (!x) return [];
    const { p } = attributes, spatial = b.shape(x, { start: 2 });
    // Sums are convolutions, which give something.
    if (pooled(x.type, attributes).slice(2).some((d) => rangeOf(d)[0] < 1)) {
      throw new UnsupportedError("an axis that no window may fit into");
    }
    const powers = power(b, b.abs(x), p);
    return [power(b, windowSums(b, powers, spatial, attributes), 1 / p)];
  },
  plain(inputs, { attributes }) {
    const x = tensorAt(inputs, 0), g = poolGeometry(x, attributes), { p } = attributes;
    const images = product(x.shape, 0, 2), out = new Float64Array(images * product(g.output));
    addWindows(toNumbers(x), g, images, out, p === 2 ? (v) => v * v : (v) => Math.abs(v) ** p);
    for (let i = 0; i < out.length; i++) {
      out[i] = p === 2 ? Math.sqrt(out[i] as number) : (out[i] as number) ** (1 / p);
    }
    return [result(out, [...x.shape.slice(0, 2), ...g.output], x.dtype)];
  },
  accuracy: "rounding",
});
function power(b: Builder, x: Value, p: number): Value {
  return p === 1 ? x : b.pow(x, b.scalar(p, asTensor(x.type).dtype));
}

/** A reduction over all spatial axes. */
function global<A>(
  name: string,
  summary: string,
  attributes: OpDef<A>["attributes"],
  reduction: (a: A) => string,
): OpDef {
  return defineOp<A>({
    name,
    since: 22,
    summary,
    attributes,
    arity: [1, 1],
    body(b, [x], a) {
      if (!x) return [];
      const axes = dimsOf(x.type).slice(2).map((_, i) => i + 2), op = reduction(a);
      if (op !== "") return [b.one(op, [x, b.ints(axes)], { keepdims: true })];
      const { p } = a as unknown as { readonly p: number };
      const sum = b.reduceSum(power(b, b.abs(x), p), b.ints(axes), { keepdims: true });
      return [power(b, sum, 1 / p)];
    },
    accuracy: name === "GlobalMaxPool" ? "exact" : "rounding",
  });
}

/** Pooling over windows and over whole images. */
export const poolOps: readonly OpDef[] = [
  maxPool,
  averagePool,
  lpPool,
  global<NoAttributes>("GlobalMaxPool", "The maximum of each channel's image.", {}, () => "ReduceMax"),
  global<NoAttributes>("GlobalAveragePool", "The mean of each channel's image.", {}, () => "ReduceMean"),
  global<{ readonly p: number }>(
    "GlobalLpPool",
    "The p-norm of each channel's image.",
    { p: int({ doc: "The norm's p.", default: 2, min: 1 }) },
    ({ p }) => (p === 1 ? "ReduceL1" : p === 2 ? "ReduceL2" : ""),
  ),
];
