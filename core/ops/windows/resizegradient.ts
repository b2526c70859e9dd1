/** The gradient of Resize, and Upsample, as Resize was called before. @module */
import type { Builder } from "../../graph/builder.ts";
import { UnsupportedError } from "../../values/errors.ts";
import type { Value } from "../../graph/graph.ts";
import type { OldNode, OpDef } from "../../graph/op.ts";
import { float, list, nullable, text } from "../../values/schema.ts";
import { asTensor, dimsOf, freshDim, sameDim, tensorType } from "../../values/shape.ts";
import { tensor, toIntegers, toNumbers } from "../../values/tensor.ts";
import { product, result } from "../arrays.ts";
import { defineOp, optionalAt, tensorAt } from "../define.ts";
import { axesOf, fields, type Pass, passesOf, type Resize } from "./resize.ts";
import { spreadTaps, tapMatrix } from "./taps.ts";

const resizeGrad: OpDef = defineOp<Resize>({
  name: "ResizeGrad",
  domain: "lapis",
  since: 1,
  summary: "The gradient of Resize: of dy, X's shape, and Resize's roi, scales and sizes.",
  attributes: fields,
  arity: [2, 5],
  infer({ inputs: [dy], dims }) {
    return [tensorType(asTensor(dy).dtype, dims(1) ?? dimsOf(dy).map(() => freshDim()))];
  },
  body(b, [dy, shape, roi, scales, sizes], attributes) {
    if (!dy || !shape) return [];
    // Resize is a matrix along each axis: its gradient is a product with the same matrix.
    const from = b.dimsOf(shape), to = dimsOf(dy.type), axes = axesOf(attributes, to.length);
    const changed = axes.filter((axis) => !from || !sameDim(from[axis] ?? -1, to[axis] ?? -1));
    const known = (v: Value | undefined) => {
      const t = b.knownOf(v);
      if (v && !t) throw new UnsupportedError("the body of ResizeGrad needs scales and sizes that are known");
      return t;
    };
    const fixed = to.map((_, i) => {
      const d = from?.[i];
      if (changed.includes(i) && typeof d !== "number") {
        throw new UnsupportedError("the body of ResizeGrad needs sizes that are known");
      }
      return typeof d === "number" ? d : 1;
    });
    const passes = passesOf(fixed, attributes, known(roi), known(scales), known(sizes));
    return [
      passes.filter((p) => changed.includes(p.axis)).reduce(
        (d, pass) => times(b, d, pass, fixed[pass.axis] ?? 1),
        dy,
      ),
    ];
  },
  plain(inputs, { attributes }) {
    const dy = tensorAt(inputs, 0), x = toIntegers(tensorAt(inputs, 1)), shape = [...dy.shape];
    let data: ArrayLike<number> = toNumbers(dy);
    const passes = passesOf(
      x,
      attributes,
      optionalAt(inputs, 2),
      optionalAt(inputs, 3),
      optionalAt(inputs, 4),
    );
    for (const { axis, taps } of passes) {
      const outer = product(shape, 0, axis), inner = product(shape, axis + 1), input = x[axis] as number;
      data = spreadTaps(data, outer, input, inner, taps);
      shape[axis] = input;
    }
    return [result(Float64Array.from(data), shape, dy.dtype)];
  },
  accuracy: "rounding",
});
/** d with one axis multiplied by its taps' matrix `[output, input]`. */
function times(b: Builder, d: Value, { axis, taps }: Pass, input: number): Value {
  const rank = dimsOf(d.type).length, { dtype } = asTensor(d.type);
  const perm = Array.from({ length: rank }, (_, i) => i);
  [perm[axis], perm[rank - 1]] = [rank - 1, axis];
  const matrix = b.constant(tensor(tapMatrix(taps, input), [taps.outside.length, input], "float64"));
  const typed = dtype === "float64" ? matrix : b.cast(matrix, { to: dtype });
  if (axis === rank - 1) return b.matMul(d, typed);
  return b.transpose(b.matMul(b.transpose(d, { perm }), typed), { perm });
}

interface Upsample {
  readonly mode: string;
  readonly scales: readonly number[] | null;
  readonly height_scale: number | null;
  readonly width_scale: number | null;
}
const upsample: OpDef = defineOp<Upsample>({
  name: "Upsample",
  since: 10,
  summary: "Resize as it was before opset 10: asymmetric, rounding down.",
  attributes: {
    mode: text({ doc: "nearest, or linear.", default: "nearest" }),
    scales: nullable(list({ doc: "Scale of each axis.", of: float({ doc: "A scale." }) })),
    height_scale: nullable(float({ doc: "Scale of axis 2." })),
    width_scale: nullable(float({ doc: "Scale of axis 3." })),
  },
  arity: [1, 2],
  body(b, inputs, attributes) {
    const node = fromUpsample(9, { op: "Upsample", inputs, attributes: { ...attributes }, builder: b });
    return [b.one(node.op, node.inputs, node.attributes)];
  },
  upgrade: fromUpsample,
  accuracy: "rounding",
});
function fromUpsample(_: number, { inputs: [x, scales], attributes: a, builder: b }: OldNode): OldNode {
  const own = (a["scales"] as readonly number[] | null | undefined) ??
    (a["height_scale"] == null ? undefined : [1, 1, Number(a["height_scale"]), Number(a["width_scale"])]);
  const factors = scales ?? (own && b.constant(tensor([...own], [own.length], "float32")));
  const mode = a["mode"] === "bilinear" || a["mode"] === "linear" ? "linear" : "nearest";
  return {
    op: "Resize",
    inputs: [x, undefined, factors],
    attributes: { mode, coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" },
    builder: b,
  };
}

/** The gradient of Resize, and Upsample. */
export const resizeGradientOps: readonly OpDef[] = [resizeGrad, upsample];
