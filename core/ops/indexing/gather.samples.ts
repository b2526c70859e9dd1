/** Samples of the operators that pick and write by index. @module */
import { distinct, int64, type OpSample, uniform } from "../sample.ts";
import { tensor } from "../../values/tensor.ts";

const x = uniform([3, 4, 2]);
const elements = (reduction: string): OpSample => ({
  op: "ScatterElements",
  attributes: { axis: 1, reduction },
  inputs: [distinct([2, 4]), int64([1, 3, 0, 2], [2, 2]), distinct([2, 2], 0.27, 5)],
  note: reduction,
});
const slices = (reduction: string): OpSample => ({
  op: "ScatterND",
  attributes: { reduction },
  inputs: [distinct([3, 2]), int64([2, 0], [2, 1]), distinct([2, 2], 0.27, 5)],
  note: reduction,
});

/** Samples of the operators that pick and write by index. */
export const samples: readonly OpSample[] = [
  { op: "Gather", inputs: [x, int64([2, 0, 2, -1], [2, 2])] },
  { op: "Gather", attributes: { axis: 1 }, inputs: [x, int64([3, 1, 3])] },
  { op: "Gather", attributes: { axis: -1 }, inputs: [x, int64([1], [])], note: "one index" },
  {
    op: "lapis.EmbeddingGradient",
    inputs: [uniform([2, 2, 3]), int64([4, 1, 1, -1], [2, 2]), int64([5, 3])],
  },
  {
    op: "GatherElements",
    attributes: { axis: 1 },
    inputs: [uniform([2, 4]), int64([0, 0, 3, -1, 2, 1], [2, 3])],
  },
  { op: "GatherND", inputs: [x, int64([0, 1, 2, 3, 0, 1], [3, 2])] },
  { op: "GatherND", attributes: { batch_dims: 1 }, inputs: [x, int64([1, 0, 3], [3, 1])] },
  ...["none", "add", "mul", "max", "min"].flatMap((r) => [elements(r), slices(r)]),
  {
    op: "ScatterElements",
    attributes: { reduction: "add" },
    inputs: [uniform([4]), int64([1, 1, 3]), uniform([3], -1, 1, 2)],
    note: "an index twice",
  },
  { op: "OneHot", inputs: [int64([1, -1, 5, 0], [2, 2]), int64([3], []), tensor([-0.5, 2])] },
  { op: "OneHot", attributes: { axis: 0 }, inputs: [int64([1, 2]), int64([3], []), tensor([0, 1])] },
  { op: "Compress", attributes: { axis: 1 }, inputs: [x, tensor([true, false, true])] },
  { op: "Compress", inputs: [uniform([2, 3]), tensor([false, true, true, false, true])], note: "flattened" },
  { op: "NonZero", inputs: [tensor([[1, 0], [1, 1]])], wanted: [false] },
  { op: "Unique", inputs: [tensor([2, 1, 1, 3, 4, 3])], wanted: [false] },
];
