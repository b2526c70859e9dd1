/** Samples of the reductions. @module */
import { distinct, int64, type OpSample, uniform } from "../sample.ts";
import { tensor } from "../../values/tensor.ts";

const x = distinct([2, 3, 4]), positive = uniform([2, 3, 4], 0.3, 2);
const forms = (op: string, input = x): OpSample[] => [
  { op, inputs: [input, int64([1])] },
  { op, inputs: [input, int64([0])], attributes: { keepdims: 0 } },
  { op, inputs: [input, int64([-1, 0])], attributes: { keepdims: 0 } },
  { op, inputs: [input], attributes: { keepdims: 0 }, note: "all axes" },
  { op, inputs: [input, int64([])], attributes: { noop_with_empty_axes: 1 }, note: "no axes" },
];

/** Samples of the reductions. */
export const samples: readonly OpSample[] = [
  ...["Sum", "Mean", "Max", "Min", "Prod", "L1", "L2", "SumSquare", "LogSumExp"].flatMap((name) =>
    forms(`Reduce${name}`)
  ),
  ...forms("ReduceLogSum", positive),
  { op: "ReduceProd", inputs: [tensor([[2, 0, 3], [0, 0, 5], [1, 2, 3]]), int64([1])], note: "with zeros" },
  { op: "ReduceSum", inputs: [int64([1, 2, 3, 4], [2, 2]), int64([0])], note: "int64" },
  { op: "ArgMax", attributes: { axis: 1 }, inputs: [x], wanted: [false] },
  { op: "ArgMin", attributes: { axis: 2, keepdims: 0 }, inputs: [x], wanted: [false] },
  { op: "TopK", inputs: [x, int64([2])] },
  { op: "TopK", attributes: { axis: 0, largest: 0 }, inputs: [x, int64([1])] },
];
