/** Samples of comparisons and logic. @module */
import { int64, type OpSample, uniform } from "../sample.ts";
import { tensor } from "../../values/tensor.ts";

const a = tensor([[1, 2, 3], [4, 5, 6]]), b = tensor([3, 2, 5]);
const p = tensor([true, true, false, false]), q = tensor([true, false, true, false]);

/** Samples of comparisons and logic. */
export const samples: readonly OpSample[] = [
  ...["Equal", "Greater", "Less", "GreaterOrEqual", "LessOrEqual"].flatMap((op): OpSample[] => [
    { op, inputs: [a, b], wanted: [false, false] },
    { op, inputs: [int64([1, 2 ** 53]), int64([2, 2 ** 53])], note: "int64" },
  ]),
  ...["And", "Or", "Xor"].map((op): OpSample => ({ op, inputs: [p, q] })),
  { op: "Not", inputs: [p] },
  { op: "IsNaN", inputs: [tensor([1, NaN, Infinity])], wanted: [false] },
  {
    op: "IsInf",
    inputs: [tensor([1, NaN, Infinity, -Infinity])],
    wanted: [false],
    attributes: { detect_negative: 0 },
  },
  { op: "Where", inputs: [tensor([[true], [false]]), uniform([2, 2]), uniform([2, 2], -1, 1, 2)] },
];
