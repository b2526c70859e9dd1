/** Quantized operators. @module */
import type { DType } from "../../../core/values/dtype.ts";
import type { AttributeValue } from "../../../core/graph/graph.ts";
import type { Draft } from "../draft.ts";
import { axisOf, type Makers, some } from "./kit.ts";
import { image, windows } from "./windows.ts";

const bytes: readonly DType[] = ["uint8", "int8"];
const scale = (d: Draft, shape: readonly number[] = []) =>
  d.constant({
    dtype: "float32",
    shape,
    data: Float32Array.from({ length: shape[0] ?? 1 }, () => d.dice.uniform(0.01, 0.2)),
  }).name;
/** What weights hold: where int8 meets uint8, onnxruntime adds two products in 16 bits on machines without VNNI. */
export const weightContents = (dtype: DType) => (dtype === "int8" ? "whole" : "corner");
const zero = (d: Draft, dtype: DType, shape: readonly number[] = []) =>
  d.constant(d.dice.tensor(shape, dtype, "corner")).name;

/** Their makers. */
export const quantized: Makers = {
  QuantizeLinear: (d) => {
    const x = some(d, { ranks: [0, 4] }),
      to = d.dice.pick(bytes),
      axis = axisOf(d, x.rank),
      size = d.sizes(x).at(axis);
    if (x.rank > 0 && typeof size === "number" && size > 0 && d.dice.chance(0.4)) {
      return {
        op: "QuantizeLinear",
        inputs: [x.name, scale(d, [size]), zero(d, to, [size])],
        attributes: { axis },
      };
    }
    return { op: "QuantizeLinear", inputs: [x.name, scale(d), ...(d.dice.chance(0.8) ? [zero(d, to)] : [])] };
  },
  DequantizeLinear: (d) => {
    const x = some(d, { dtypes: [...bytes, "int32"], ranks: [0, 4], contents: "corner" }),
      axis = axisOf(d, x.rank),
      size = d.sizes(x).at(axis);
    const point = x.dtype !== "int32" && d.dice.chance(0.7);
    if (x.rank > 0 && typeof size === "number" && size > 0 && d.dice.chance(0.4)) {
      return {
        op: "DequantizeLinear",
        inputs: [x.name, scale(d, [size]), ...(point ? [zero(d, x.dtype, [size])] : [])],
        attributes: { axis },
      };
    }
    return { op: "DequantizeLinear", inputs: [x.name, scale(d), ...(point ? [zero(d, x.dtype)] : [])] };
  },
  DynamicQuantizeLinear: (d) => ({ op: "DynamicQuantizeLinear", inputs: [some(d).name], outputs: 3 }),
  MatMulInteger: (d) => {
    const a = some(d, { dtypes: bytes, ranks: [2, 3], contents: "corner" }),
      k = d.sizes(a).at(-1),
      b = d.dice.pick(bytes);
    if (!k) return undefined;
    const w = d.source([k, d.dice.between(1, 6)], b, weightContents(b));
    return {
      op: "MatMulInteger",
      inputs: [a.name, w.name, ...(d.dice.chance(0.6) ? [zero(d, a.dtype), zero(d, b)] : [])],
    };
  },
  QLinearMatMul: (d) => {
    const a = some(d, { dtypes: bytes, ranks: [2, 3], contents: "corner" }),
      k = d.sizes(a).at(-1),
      b = a.dtype === "int8" ? "int8" : d.dice.pick(bytes);
    if (!k) return undefined;
    const w = d.source([k, d.dice.between(1, 6)], b, weightContents(b));
    return {
      op: "QLinearMatMul",
      inputs: [a.name, scale(d), zero(d, a.dtype), w.name, scale(d), zero(d, b), scale(d), zero(d, a.dtype)],
    };
  },
  ConvInteger: (d) => {
    const x = image(d, 2, undefined, "uint8"),
      c = d.sizes(x)[1],
      kernel = [d.dice.between(1, 2), d.dice.between(1, 2)];
    if (typeof c !== "number") return undefined;
    return {
      op: "ConvInteger",
      inputs: [
        x.name,
        d.source([d.dice.between(1, 3), c, ...kernel], "uint8", "corner").name,
        ...(d.dice.chance(0.6) ? [zero(d, "uint8")] : []),
      ],
      attributes: windows(d, x, kernel),
    };
  },
  QLinearConv: (d) => {
    const to = d.dice.pick(bytes),
      x = image(d, 2, undefined, to),
      c = d.sizes(x)[1],
      kernel = [d.dice.between(1, 3), d.dice.between(1, 3)];
    if (typeof c !== "number") return undefined;
    const b: DType = "int8", outs = d.dice.between(1, 4), per = d.dice.chance(0.4) ? [outs] : [];
    const bias = d.dice.chance(0.5) ? [d.constant(d.dice.tensor([outs], "int32")).name] : [];
    const attributes: Record<string, AttributeValue> = windows(d, x, kernel);
    return {
      op: "QLinearConv",
      inputs: [
        x.name,
        scale(d),
        zero(d, to),
        d.source([outs, c, ...kernel], b, weightContents(b)).name,
        scale(d, per),
        d.constant({ dtype: "int8", shape: per, data: new Int8Array(per[0] ?? 1) }).name,
        scale(d),
        zero(d, to),
        ...bias,
      ],
      attributes,
    };
  },
};
