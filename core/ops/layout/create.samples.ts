/** Samples of the operators that make tensors. @module */
import { int64, type OpSample } from "../sample.ts";
import { tensor } from "../../values/tensor.ts";

/** Samples of the operators that make tensors; those that draw from the host's generator can't be compared. */
export const samples: readonly OpSample[] = [
  { op: "Constant", attributes: { value: tensor([[1, 2]]) }, inputs: [] },
  { op: "Constant", attributes: { value_ints: [1, 2] }, inputs: [] },
  { op: "ConstantOfShape", attributes: { value: tensor([0.5]) }, inputs: [int64([2, 3])] },
  { op: "Range", inputs: [int64([3], []), int64([10], []), int64([3], [])] },
  { op: "Range", inputs: [tensor(1), tensor(0), tensor(-0.25)], wanted: [false, false, false] },
  { op: "lapis.Philox", attributes: { shape: [3, 5] }, inputs: [int64([2 ** 33 + 7], []), int64([12], [])] },
  { op: "lapis.Philox", inputs: [tensor([1, 2], [2], "uint32"), int64([0], []), int64([9])] },
];
