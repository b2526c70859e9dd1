/** Samples of resizing and sampling. @module */
import type { Attributes } from "../../graph/graph.ts";
import { int64, type OpSample, uniform } from "../sample.ts";
import { tensor } from "../../values/tensor.ts";

const image = uniform([1, 2, 4, 5]);
const resize = (
  note: string,
  attributes: Attributes,
  scales?: readonly number[],
  sizes?: readonly number[],
): OpSample => ({
  op: "Resize",
  attributes,
  inputs: [
    image,
    attributes["coordinate_transformation_mode"] === "tf_crop_and_resize"
      ? tensor([0.1, -0.2, 0.8, 1.2], [4], "float32")
      : undefined,
    scales && tensor([...scales], [scales.length], "float32"),
    ...(sizes ? [int64(sizes)] : []),
  ],
  wanted: [true, false, false, false],
  note,
});

/** Samples of Resize, its gradient, GridSample and AffineGrid. */
export const resizeSamples: readonly OpSample[] = [
  resize("nearest ×2", { coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" }, [1, 1, 2, 2]),
  resize("linear up", { mode: "linear" }, [1, 1, 2, 1.5]),
  resize(
    "linear to sizes, corners",
    { mode: "linear", coordinate_transformation_mode: "align_corners" },
    undefined,
    [1, 2, 7, 3],
  ),
  resize("antialias", { mode: "linear", antialias: 1, axes: [2, 3] }, [0.5, 0.6]),
  resize("cubic", { mode: "cubic", exclude_outside: 1, axes: [2, 3] }, undefined, [6, 3]),
  resize(
    "cropped",
    { mode: "linear", coordinate_transformation_mode: "tf_crop_and_resize", axes: [2, 3] },
    undefined,
    [3, 4],
  ),
  resize("one scale", { mode: "linear", keep_aspect_ratio_policy: "not_larger", axes: [2, 3] }, undefined, [
    6,
    6,
  ]),
  {
    op: "lapis.ResizeGrad",
    attributes: { mode: "linear" },
    inputs: [uniform([1, 1, 6, 4]), int64([1, 1, 3, 4]), undefined, undefined, int64([1, 1, 6, 4])],
    wanted: [true, false, false, false],
  },
  {
    op: "GridSample",
    attributes: { padding_mode: "border" },
    inputs: [image, uniform([1, 3, 3, 2], -1.2, 1.2, 2)],
    wanted: [false, false],
  },
  { op: "AffineGrid", inputs: [uniform([2, 2, 3]), int64([2, 1, 3, 4])] },
];
