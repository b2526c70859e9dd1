/** Samples of pooling. @module */
import type { Attributes } from "../../graph/graph.ts";
import { distinct, int64, type OpSample, uniform } from "../sample.ts";

const pool = (op: string, note: string, attributes: Attributes, shape: readonly number[]): OpSample => ({
  op,
  attributes,
  inputs: [distinct(shape)],
  note,
  ...(op === "MaxPool" && { outputs: 1 }),
});
const odd = { kernel_shape: [3, 2], strides: [2, 1], pads: [1, 0, 1, 1] };

/** Samples of windowed and global pooling, and of their gradients. */
export const poolSamples: readonly OpSample[] = [
  ...["MaxPool", "AveragePool", "LpPool"].flatMap((op) => [
    pool(op, "1-D", { kernel_shape: [3], strides: [2] }, [2, 2, 7]),
    pool(op, "padded", odd, [1, 2, 5, 4]),
    pool(op, "ceil", { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 }, [1, 2, 5, 5]),
    pool(op, "same", { kernel_shape: [3, 3], strides: [2, 2], auto_pad: "SAME_UPPER" }, [1, 1, 5, 4]),
    pool(op, "dilated", { kernel_shape: [2, 2], dilations: [2, 2] }, [1, 1, 4, 5]),
    pool(op, "3-D", { kernel_shape: [2, 2, 2] }, [1, 1, 3, 2, 3]),
  ]),
  { ...pool("MaxPool", "with indices", odd, [1, 2, 5, 4]), outputs: 2 },
  pool("AveragePool", "counts padding", { ...odd, count_include_pad: 1, ceil_mode: 1 }, [1, 2, 4, 4]),
  pool("LpPool", "p 3", { kernel_shape: [2], p: 3 }, [1, 2, 5]),
  ...["GlobalMaxPool", "GlobalAveragePool", "GlobalLpPool"].map((op) => pool(op, "global", {}, [2, 3, 3, 2])),
  { op: "GlobalLpPool", attributes: { p: 3 }, inputs: [uniform([2, 2, 4], 0.5, 2)], note: "p 3" },
  {
    op: "lapis.MaxPoolGrad",
    attributes: odd,
    inputs: [distinct([1, 2, 5, 4]), uniform([1, 2, 3, 4])],
    wanted: [false, true],
  },
  {
    op: "lapis.AveragePoolGrad",
    attributes: { ...odd, count_include_pad: 1 },
    inputs: [uniform([1, 2, 3, 4]), int64([5, 4])],
  },
];
