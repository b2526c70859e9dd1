/** Boxes and regions of images: suppression, and pooling over regions. @module */
import { item } from "../../../core/values/item.ts";
import { ShapeError } from "../../../core/values/errors.ts";
import type { OldNode, OpDef } from "../../../core/graph/op.ts";
import { result } from "../../../core/ops/arrays.ts";
import { defineOp, floats, inputOf, optionalAt, sharedType, tensorAt } from "../../../core/ops/define.ts";
import { numbersOf } from "../../../core/ops/kernels.ts";
import { bool, choice, float, int, list } from "../../../core/values/schema.ts";
import { asTensor, dimsOf, freshDim, tensorType } from "../../../core/values/shape.ts";
import { type Tensor, toIntegers, toNumbers } from "../../../core/values/tensor.ts";
import { boundedSize } from "../bounds.ts";

const f = Math.fround;
/** A box by its corners. */
type Box = readonly [left: number, top: number, right: number, bottom: number];
function boxAt(boxes: ArrayLike<number>, at: number, centred: boolean): Box {
  const [a = 0, b = 0, c = 0, d = 0] = [0, 1, 2, 3].map((i) => boxes[at * 4 + i] as number);
  if (centred) return [f(a - f(c / 2)), f(b - f(d / 2)), f(a + f(c / 2)), f(b + f(d / 2))];
  return [Math.min(b, d), Math.min(a, c), Math.max(b, d), Math.max(a, c)];
}
const area = ([left, top, right, bottom]: Box) => f(f(right - left) * f(bottom - top));
/** Intersection over union in float32, as others compute it: thresholds are met exactly. */
function overlap(a: Box, b: Box): number {
  const width = f(Math.min(a[2], b[2]) - Math.max(a[0], b[0]));
  const height = f(Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
  if (width <= 0 || height <= 0) return 0;
  const shared = f(width * height), union = f(f(area(a) + area(b)) - shared);
  return area(a) <= 0 || area(b) <= 0 || union <= 0 ? 0 : f(shared / union);
}

const firstOf = (t: Tensor | undefined, otherwise: number) => (t ? numbersOf(t)[0] ?? otherwise : otherwise);
const suppression: OpDef = defineOp<{ readonly center_point_box: boolean }>({
  name: "NonMaxSuppression",
  since: 11,
  summary:
    "Indices `[selected, 3]` (batch, class, box) of the best boxes that don't overlap a better one too much",
  attributes: {
    center_point_box: bool({
      doc: "boxes are [x, y, width, height] by their centre, not corners",
      default: false,
    }),
  },
  arity: [2, 5],
  accuracy: "exact",
  infer(c) {
    const boxes = dimsOf(inputOf(c, 0, floats)), scores = dimsOf(inputOf(c, 1, floats));
    if (boxes.length !== 3 || scores.length !== 3) {
      throw new ShapeError("expected boxes [batch, boxes, 4] and scores [batch, classes, boxes]");
    }
    return [tensorType("int64", [freshDim(), 3])];
  },
  dtypes: () => [tensorType("int64")],
  gradient: "none",
  plain(inputs, { attributes: { center_point_box: centred } }) {
    const boxes = tensorAt(inputs, 0), scores = tensorAt(inputs, 1);
    const most = firstOf(optionalAt(inputs, 2), 0), threshold = firstOf(optionalAt(inputs, 3), 0);
    const least = firstOf(optionalAt(inputs, 4), -Infinity), found: number[] = [];
    const [batch = 0, classes = 0, count = 0] = scores.shape,
      all = numbersOf(boxes),
      values = numbersOf(scores);
    for (let b = 0; b < batch; b++) {
      const corners = Array.from({ length: count }, (_, i) => boxAt(all, b * count + i, centred));
      for (let c = 0; c < classes; c++) {
        const score = (i: number) => values[(b * classes + c) * count + i] as number;
        const order = Array.from({ length: count }, (_, i) => i).filter((i) => score(i) > least)
          .sort((i, j) => score(j) - score(i) || i - j);
        const kept: Box[] = [];
        for (const i of order) {
          if (kept.length >= most) break;
          const box = corners[i];
          if (!box || kept.some((k) => overlap(k, box) > threshold)) continue;
          kept.push(box);
          found.push(b, c, i);
        }
      }
    }
    return [{ dtype: "int64", shape: [found.length / 3, 3], data: BigInt64Array.from(found, BigInt) }];
  },
});

interface Align {
  readonly coordinate_transformation_mode: "half_pixel" | "output_half_pixel";
  readonly mode: "avg" | "max";
  readonly output_height: number;
  readonly output_width: number;
  readonly sampling_ratio: number;
  readonly spatial_scale: number;
}
/** Weights and offsets of the four neighbours of a place in an image; none outside of it. */
function neighbours(
  y: number,
  x: number,
  height: number,
  width: number,
): readonly (readonly [number, number])[] {
  if (y < -1 || y > height || x < -1 || x > width) return [];
  const top = Math.max(0, y), left = Math.max(0, x);
  const y0 = Math.min(Math.floor(top), height - 1), x0 = Math.min(Math.floor(left), width - 1);
  const y1 = Math.min(y0 + 1, height - 1), x1 = Math.min(x0 + 1, width - 1);
  const dy = y0 === y1 ? 0 : top - y0, dx = x0 === x1 ? 0 : left - x0;
  return [
    [y0 * width + x0, (1 - dy) * (1 - dx)],
    [y0 * width + x1, (1 - dy) * dx],
    [y1 * width + x0, dy * (1 - dx)],
    [y1 * width + x1, dy * dx],
  ];
}
const roiAlign: OpDef = defineOp<Align>({
  name: "RoiAlign",
  since: 22,
  summary: "Regions `[regions, 4]` of images, sampled bilinearly and pooled to one size (He et al. 2017)",
  attributes: {
    coordinate_transformation_mode: choice({
      doc: "whether coordinates are shifted by half a pixel",
      of: ["half_pixel", "output_half_pixel"],
      default: "half_pixel",
    }),
    mode: choice({ doc: "how samples of a cell are pooled", of: ["avg", "max"], default: "avg" }),
    output_height: int({ doc: "cells down", default: 1, min: 1 }),
    output_width: int({ doc: "cells across", default: 1, min: 1 }),
    sampling_ratio: int({
      doc: "samples down and across a cell; 0 for as many as it has pixels",
      default: 0,
      min: 0,
    }),
    spatial_scale: float({ doc: "factor from the regions' coordinates to pixels", default: 1 }),
  },
  arity: [3, 3],
  accuracy: "rounding",
  infer(c) {
    const x = inputOf(c, 0, floats), [regions = 1] = dimsOf(c.inputs[1]);
    const { output_height, output_width } = c.attributes;
    return [tensorType(x.dtype, [regions, item(dimsOf(x), 1), output_height, output_width])];
  },
  gradient: "none",
  plain(inputs, { attributes: a, limits }) {
    const x = tensorAt(inputs, 0),
      rois = toNumbers(tensorAt(inputs, 1)),
      of = toIntegers(tensorAt(inputs, 2));
    const [batch = 0, channels = 1, height = 1, width = 1] = x.shape, values = toNumbers(x);
    const rows = a.output_height, columns = a.output_width, shape = [of.length, channels, rows, columns];
    const out = new Float64Array(boundedSize(shape, "float64", limits));
    const shift = a.coordinate_transformation_mode === "half_pixel" ? 0.5 : 0,
      least = shift === 0 ? 1 : -Infinity;
    of.forEach((image, r) => {
      if (image < 0 || image >= batch) {
        throw new ShapeError(`region ${r} is of image ${image}; there are ${batch}`);
      }
      const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = [0, 1, 2, 3].map((i) =>
        (rois[4 * r + i] as number) * a.spatial_scale - shift
      );
      const cellHeight = Math.max(y2 - y1, least) / rows, cellWidth = Math.max(x2 - x1, least) / columns;
      const down = a.sampling_ratio || Math.ceil(cellHeight),
        across = a.sampling_ratio || Math.ceil(cellWidth);
      boundedSize([rows * columns, Math.max(0, down), Math.max(0, across)], "float64", limits);
      for (let cell = 0; cell < rows * columns; cell++) {
        const top = y1 + Math.floor(cell / columns) * cellHeight, left = x1 + (cell % columns) * cellWidth;
        const samples = [];
        for (let i = 0; i < down; i++) {
          for (let j = 0; j < across; j++) {
            const y = top + ((i + 0.5) * cellHeight) / down, at = left + ((j + 0.5) * cellWidth) / across;
            samples.push(neighbours(y, at, height, width));
          }
        }
        for (let c = 0; c < channels; c++) {
          const base = (image * channels + c) * height * width;
          let sum = 0, most = -Infinity;
          for (const sample of samples) {
            for (const [at, weight] of sample) {
              const v = weight * (values[base + at] as number);
              sum += v;
              most = Math.max(most, v);
            }
            if (sample.length === 0) most = Math.max(most, 0);
          }
          out[(r * channels + c) * rows * columns + cell] = a.mode === "avg"
            ? sum / Math.max(1, samples.length)
            : samples.length === 0
            ? 0
            : most;
        }
      }
    });
    return [result(out, shape, x.dtype)];
  },
  /** Before opset 16 coordinates were never shifted. */
  upgrade(from: number, node: OldNode): OldNode {
    if (from >= 16) return node;
    return {
      ...node,
      attributes: { ...node.attributes, coordinate_transformation_mode: "output_half_pixel" },
    };
  },
});

interface RoiPool {
  readonly pooled_shape: readonly number[];
  readonly spatial_scale: number;
}
/** C's rounding: halves away from zero. */
const rounded = (v: number) => Math.sign(v) * Math.floor(Math.abs(v) + 0.5);
const maxRoiPool: OpDef = defineOp<RoiPool>({
  name: "MaxRoiPool",
  since: 22,
  summary: "The maximum of each cell of regions `[regions, 5]` (image, left, top, right, bottom) of images",
  attributes: {
    pooled_shape: list({ doc: "cells down and across", of: int({ doc: "cells", min: 1 }), length: 2 }),
    spatial_scale: float({ doc: "factor from the regions' coordinates to pixels", default: 1 }),
  },
  arity: [2, 2],
  accuracy: "exact",
  infer(c) {
    const dtype = sharedType(c, floats), [regions = 1] = dimsOf(c.inputs[1]);
    return [tensorType(dtype, [regions, dimsOf(c.inputs[0])[1] ?? 1, ...c.attributes.pooled_shape])];
  },
  dtypes: (c) => [tensorType(asTensor(c.inputs[0]).dtype)],
  gradient: "none",
  plain(inputs, { attributes: { pooled_shape: [rows = 1, columns = 1], spatial_scale: scale }, limits }) {
    const x = tensorAt(inputs, 0), rois = tensorAt(inputs, 1), values = toNumbers(x), boxes = toNumbers(rois);
    const [batch = 0, channels = 1, height = 1, width = 1] = x.shape, [regions = 0] = rois.shape;
    const shape = [regions, channels, rows, columns],
      out = new Float64Array(boundedSize(shape, x.dtype, limits));
    const cut = (v: number, most: number) => Math.min(most, Math.max(0, v));
    for (let r = 0; r < regions; r++) {
      const image = boxes[5 * r] ?? 0;
      if (!(image >= 0 && image < batch)) {
        throw new ShapeError(`region ${r} is of image ${image} of ${batch}`);
      }
      const [left = 0, top = 0, right = 0, bottom = 0] = [1, 2, 3, 4].map((i) =>
        rounded((boxes[5 * r + i] ?? 0) * scale)
      );
      const cellHeight = Math.max(bottom - top + 1, 1) / rows,
        cellWidth = Math.max(right - left + 1, 1) / columns;
      for (let i = 0; i < channels * rows * columns; i++) {
        const c = Math.floor(i / (rows * columns)),
          row = Math.floor(i / columns) % rows,
          column = i % columns;
        const y0 = cut(Math.floor(row * cellHeight) + top, height);
        const y1 = cut(Math.ceil((row + 1) * cellHeight) + top, height);
        const x0 = cut(Math.floor(column * cellWidth) + left, width);
        const x1 = cut(Math.ceil((column + 1) * cellWidth) + left, width);
        let most = y1 > y0 && x1 > x0 ? -Infinity : 0;
        for (let y = y0; y < y1; y++) {
          const base = ((image * channels + c) * height + y) * width;
          for (let p = x0; p < x1; p++) most = Math.max(most, values[base + p] ?? 0);
        }
        out[r * channels * rows * columns + i] = most;
      }
    }
    return [result(out, shape, x.dtype)];
  },
});

/** Operators on boxes and regions. */
export const detectionOps: readonly OpDef[] = [suppression, roiAlign, maxRoiPool];
