/** Samples of softmax and its losses. @module */
import { distinct, int64, type OpSample, uniform } from "../sample.ts";

const scores = uniform([3, 5, 2], -2, 2), weights = uniform([5], 0.5, 2, 3);
const target = int64([0, 4, 2, 1, 3, 2], [3, 2]);
const losses = ["SoftmaxCrossEntropyLoss", "NegativeLogLikelihoodLoss"].flatMap((op): readonly OpSample[] =>
  [
    { op, inputs: [scores, target] },
    { op, attributes: { reduction: "sum", ignore_index: 2 }, inputs: [scores, target, weights], note: "sum" },
    { op, attributes: { reduction: "none" }, inputs: [scores, target, weights], note: "none" },
    {
      op,
      attributes: { ignore_index: 2 },
      inputs: [scores, target, weights],
      note: "weighted mean, some ignored",
    },
  ].map((sample) => ({ ...sample, wanted: [true, false, false] }))
);

/** Samples of Softmax, LogSoftmax, Hardmax and the losses over them. */
export const softmaxSamples: readonly OpSample[] = [
  { op: "Softmax", inputs: [uniform([4, 7], -3, 3)] },
  { op: "Softmax", attributes: { axis: 1 }, inputs: [uniform([2, 5, 3], -3, 3)], note: "inner axis" },
  { op: "LogSoftmax", inputs: [uniform([4, 7], -3, 3)] },
  { op: "LogSoftmax", attributes: { axis: 0 }, inputs: [uniform([5, 3], -3, 3)], note: "outer axis" },
  { op: "Hardmax", inputs: [distinct([4, 5])], wanted: [false] },
  { op: "lapis.FlatSoftmax", attributes: { axis: 1 }, inputs: [uniform([2, 3, 2], -2, 2)] },
  { op: "lapis.FlatLogSoftmax", attributes: { axis: 1 }, inputs: [uniform([2, 3, 2], -2, 2)] },
  ...losses,
];
