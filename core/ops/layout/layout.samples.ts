/** Samples of the operators that move elements. @module */
import { int64, type OpSample, uniform } from "../sample.ts";
import { tensor } from "../../values/tensor.ts";

const x = uniform([2, 3, 4]), image = uniform([1, 8, 2, 3]);
const far = 2 ** 62;

/** Samples of the operators that move elements. */
export const samples: readonly OpSample[] = [
  { op: "Reshape", inputs: [x, int64([0, -1])] },
  { op: "Reshape", inputs: [x, int64([4, 3, 2])] },
  { op: "Flatten", inputs: [x], attributes: { axis: 2 } },
  { op: "Squeeze", inputs: [uniform([2, 1, 3, 1]), int64([1])] },
  { op: "Squeeze", inputs: [uniform([2, 1, 3, 1])], note: "every axis of one" },
  { op: "Unsqueeze", inputs: [x, int64([0, -1])] },
  { op: "Transpose", inputs: [x], attributes: { perm: [1, 2, 0] } },
  { op: "Transpose", inputs: [x] },
  { op: "Expand", inputs: [uniform([3, 1]), int64([2, 1, 4])] },
  { op: "Tile", inputs: [uniform([2, 3]), int64([2, 3])] },
  {
    op: "Concat",
    inputs: [x, uniform([2, 1, 4], -1, 1, 2), uniform([2, 2, 4], -1, 1, 3)],
    attributes: { axis: 1 },
  },
  { op: "Split", inputs: [x, int64([1, 3])], attributes: { axis: -1 }, outputs: 2 },
  {
    op: "Split",
    inputs: [uniform([7])],
    attributes: { num_outputs: 3 },
    outputs: 3,
    note: "a smaller last part",
  },
  { op: "Slice", inputs: [x, int64([1, 1]), int64([3, far]), int64([1, 2])] },
  { op: "Slice", inputs: [x, int64([-2]), int64([-1]), int64([2])], note: "from the end" },
  { op: "Slice", inputs: [x, int64([0]), int64([far]), int64([2]), int64([2])], note: "every second" },
  { op: "Slice", inputs: [x, int64([-1]), int64([-far]), int64([1]), int64([-1])], note: "backwards" },
  { op: "Pad", inputs: [uniform([2, 3]), int64([1, 0, 0, 2]), tensor(0.5)] },
  { op: "Pad", inputs: [uniform([2, 3]), int64([-1, 1, 0, -1])], note: "cropped" },
  ...["reflect", "edge", "wrap"].map((mode): OpSample => ({
    op: "Pad",
    inputs: [uniform([3, 4]), int64([1, 2, 2, 1])],
    attributes: { mode },
    note: mode,
  })),
  { op: "Pad", inputs: [x, int64([1, 2]), undefined, int64([-1])], note: "one axis" },
  ...["DCR", "CRD"].flatMap((mode): OpSample[] => [
    { op: "DepthToSpace", inputs: [image], attributes: { blocksize: 2, mode } },
    { op: "SpaceToDepth", inputs: [uniform([1, 2, 4, 6])], attributes: { blocksize: 2, mode } },
  ]),
  { op: "Trilu", inputs: [uniform([3, 4]), int64([1], [])] },
  { op: "Trilu", inputs: [uniform([3, 4])], attributes: { upper: 0 } },
  {
    op: "ReverseSequence",
    inputs: [uniform([4, 3, 2]), int64([1, 4, 2])],
  },
  { op: "EyeLike", inputs: [uniform([3, 4])], attributes: { k: 1 }, wanted: [false] },
  { op: "Shape", inputs: [x], wanted: [false] },
  { op: "Size", inputs: [x], wanted: [false] },
];
