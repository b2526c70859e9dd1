/** Samples of normalization. @module */
import { type OpSample, uniform } from "../sample.ts";

const x = uniform([2, 4, 3], -2, 2), scale = uniform([4], 0.5, 2, 2), bias = uniform([4], -1, 1, 3);
const mean = uniform([4], -1, 1, 4), variance = uniform([4], 0.5, 2, 5);

/** Samples of normalization. */
export const normalizeSamples: readonly OpSample[] = [
  { op: "BatchNormalization", inputs: [x, scale, bias, mean, variance], outputs: 1 },
  {
    op: "BatchNormalization",
    attributes: { training_mode: 1, momentum: 0.8 },
    inputs: [x, scale, bias, mean, variance],
    note: "training",
  },
  { op: "LayerNormalization", inputs: [x, uniform([3], 0.5, 2, 2), uniform([3], -1, 1, 3)] },
  {
    op: "LayerNormalization",
    attributes: { axis: 1 },
    inputs: [x, uniform([4, 3], 0.5, 2, 2)],
    note: "two axes",
  },
  { op: "RMSNormalization", inputs: [x, uniform([3], 0.5, 2, 2)] },
  { op: "InstanceNormalization", inputs: [x, scale, bias] },
  { op: "GroupNormalization", attributes: { num_groups: 2 }, inputs: [x, scale, bias] },
  { op: "LRN", attributes: { size: 3, alpha: 0.3 }, inputs: [uniform([2, 5, 2, 2], -2, 2)] },
  { op: "LRN", attributes: { size: 4, alpha: 0.3 }, inputs: [uniform([1, 6, 3], -2, 2)], note: "even size" },
  { op: "LpNormalization", inputs: [x] },
  { op: "LpNormalization", attributes: { axis: 1, p: 1 }, inputs: [uniform([2, 4], 0.5, 2)], note: "p 1" },
  { op: "MeanVarianceNormalization", inputs: [uniform([2, 2, 3, 2], -2, 2)] },
];
