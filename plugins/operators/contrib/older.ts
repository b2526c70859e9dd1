/** Operators that ONNX tried before version 1.3 and dropped, and onnxruntime still runs: exports of Core ML and Caffe2. @module */
import { ShapeError } from "../../../core/values/errors.ts";
import type { OpDef } from "../../../core/graph/op.ts";
import { optionalInts } from "../../../core/ops/windows/window.ts";
import { float, list, nullable } from "../../../core/values/schema.ts";
import { asTensor, dimsOf } from "../../../core/values/shape.ts";
import { tensor } from "../../../core/values/tensor.ts";
import { needed } from "../integer.ts";
import { contribOp, numberLike, ownDomain, typed } from "./define.ts";

const imageScaler = contribOp<{ readonly bias: readonly number[] | null; readonly scale: number }>({
  name: "ImageScaler",
  summary: "A picture `[batch, channels, height, width]` times a number, plus one for each channel",
  attributes: {
    bias: nullable(list({ doc: "added to each channel", of: float({ doc: "number" }) })),
    scale: float({ doc: "factor", default: 1 }),
  },
  arity: [1, 1],
  body(b, v, { bias, scale }) {
    const x = needed(v, 0), y = b.mul(x, numberLike(b, x, scale));
    if (!bias) return [y];
    const added = b.constant(tensor([...bias], [bias.length, 1, 1], "float32"));
    return [b.add(y, typed(b, added, asTensor(x.type).dtype))];
  },
});
interface Crop {
  readonly border: readonly number[] | null;
  readonly scale: readonly number[] | null;
}
const crop = contribOp<Crop>({
  name: "Crop",
  summary: "A picture without its borders, or a part of given height and width",
  attributes: {
    border: optionalInts("left, top, right and bottom border"),
    scale: optionalInts("height and width of the part"),
  },
  arity: [1, 1],
  body(b, v, { border, scale }) {
    const x = needed(v, 0),
      rank = dimsOf(x.type).length,
      [left = 0, top = 0, right = 0, bottom = 0] = border ?? [];
    if (rank !== 4) throw new ShapeError(`a picture of rank 4 expected, got rank ${rank}`);
    const [height, width] = scale ?? [];
    const end = (from: number, size: number | undefined, rest: number) =>
      size !== undefined ? from + size : rest === 0 ? 2 ** 31 - 1 : -rest;
    const ends = b.ints([end(top, height, bottom), end(left, width, right)]);
    return [b.slice(x, b.ints([top, left]), ends, b.ints([2, 3]))];
  },
});
const dynamicSlice = contribOp({
  name: "DynamicSlice",
  summary: "Slice as it was before opset 10",
  attributes: {},
  arity: [3, 4],
  body: (b, v) => [b.one("Slice", [...v])],
});

/** Operators that ONNX dropped. */
export const contribOlder: readonly OpDef[] = [imageScaler, crop, dynamicSlice].flatMap((
  def,
) => [def, ownDomain(def)]);
