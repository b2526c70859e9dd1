/** Samples of convolution. @module */
import type { Attributes } from "../../graph/graph.ts";
import { int64, type OpSample, uniform } from "../sample.ts";

function conv(
  note: string,
  attributes: Attributes,
  x: readonly number[],
  w: readonly number[],
  bias?: number,
  op = "Conv",
): OpSample {
  const inputs = [
    uniform(x),
    uniform(w, -1, 1, 2),
    ...(bias === undefined ? [] : [uniform([bias], -1, 1, 3)]),
  ];
  return { op, attributes, inputs, note };
}
const transposed = (
  note: string,
  attributes: Attributes,
  x: readonly number[],
  w: readonly number[],
  bias?: number,
) => conv(note, attributes, x, w, bias, "ConvTranspose");

/** Samples of Conv, ConvTranspose and the gradients of Conv. */
export const convSamples: readonly OpSample[] = [
  conv("1-D with bias", { pads: [1, 1] }, [2, 3, 6], [4, 3, 3], 4),
  conv("causal, dilated", { pads: [4, 0], dilations: [2] }, [1, 2, 7], [3, 2, 3]),
  conv("2-D strided", { strides: [2, 2], pads: [1, 0, 1, 2] }, [2, 2, 5, 6], [3, 2, 3, 2], 3),
  conv("2-D same", { auto_pad: "SAME_UPPER", strides: [2, 2] }, [1, 2, 6, 5], [2, 2, 3, 3]),
  conv("2-D same lower", { auto_pad: "SAME_LOWER", strides: [2, 1] }, [1, 1, 5, 4], [2, 1, 2, 2]),
  conv("grouped", { group: 2, pads: [1, 1, 1, 1] }, [2, 4, 4, 4], [6, 2, 3, 3], 6),
  conv("depthwise", { group: 3, pads: [1, 1, 1, 1] }, [1, 3, 5, 5], [3, 1, 3, 3]),
  conv("pointwise", {}, [2, 3, 3, 4], [5, 3, 1, 1], 5),
  conv("3-D", { strides: [1, 2, 1], pads: [1, 0, 0, 0, 1, 1] }, [1, 2, 3, 4, 3], [2, 2, 2, 3, 2]),
  conv("what no window reaches", { strides: [3] }, [1, 1, 9], [1, 1, 2]),
  transposed("1-D", { strides: [2] }, [2, 3, 4], [3, 2, 3], 2),
  transposed("2-D padded", { strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 1] }, [1, 2, 3, 3], [
    2,
    3,
    3,
    3,
  ]),
  transposed("same", { strides: [2, 2], auto_pad: "SAME_UPPER" }, [1, 2, 3, 4], [2, 2, 3, 3]),
  transposed("grouped, dilated", { group: 2, dilations: [2, 1] }, [1, 4, 3, 3], [4, 2, 2, 3], 4),
  transposed("given shape", { strides: [2], output_shape: [8] }, [1, 2, 4], [2, 2, 3]),
  {
    op: "lapis.ConvGradInput",
    attributes: { strides: [2, 2], pads: [1, 0, 1, 0], group: 2 },
    inputs: [uniform([2, 4, 3, 2]), uniform([4, 1, 3, 3], -1, 1, 2), int64([6, 6])],
  },
  {
    op: "lapis.ConvGradKernel",
    attributes: { strides: [2, 2], pads: [1, 0, 1, 0], group: 2 },
    inputs: [uniform([2, 2, 6, 6]), uniform([2, 4, 3, 2], -1, 1, 2), int64([3, 3])],
  },
];
