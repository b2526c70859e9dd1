/** Nodes in the form that older opsets gave them: what are inputs today were attributes, and some attributes weren't there. @module */
import type { AttributeValue } from "../../../core/graph/graph.ts";
import { isTensor, toIntegers, toNumbers } from "../../../core/values/tensor.ts";
import type { Draft, Wish } from "../draft.ts";

interface Form {
  /** The opset from which on the node is as it is today. */
  readonly until: number;
  /** Names of the attributes that the inputs behind the first were. */
  readonly attributes?: readonly string[];
  /** Attributes that weren't there. */
  readonly without?: readonly string[];
}
/** By operator, the oldest last. */
const forms: Readonly<Record<string, readonly Form[]>> = {
  Squeeze: [{ until: 13, attributes: ["axes"] }],
  Unsqueeze: [{ until: 13, attributes: ["axes"] }],
  Split: [{ until: 18, without: ["num_outputs"] }, { until: 13, attributes: ["split"] }],
  ReduceSum: [{ until: 13, without: ["noop_with_empty_axes"] }],
  Clip: [{ until: 11, attributes: ["min", "max"] }],
  Pad: [{ until: 11, attributes: ["pads", "value"] }],
  Slice: [{ until: 10, attributes: ["starts", "ends", "axes", ""] }],
  TopK: [{ until: 11, without: ["largest", "sorted"] }, { until: 10, attributes: ["k"] }],
  Dropout: [{ until: 12, attributes: ["ratio", ""] }],
  ArgMax: [{ until: 12, without: ["select_last_index"] }],
  ArgMin: [{ until: 12, without: ["select_last_index"] }],
  MaxPool: [{ until: 10, without: ["ceil_mode", "dilations"] }, { until: 8, without: ["storage_order"] }],
  AveragePool: [{ until: 19, without: ["dilations"] }, { until: 10, without: ["ceil_mode"] }],
  LpPool: [{ until: 18, without: ["dilations", "ceil_mode"] }],
  QuantizeLinear: [{ until: 13, without: ["axis"] }],
  DequantizeLinear: [{ until: 13, without: ["axis"] }],
  GatherND: [{ until: 12, without: ["batch_dims"] }],
  Resize: [{ until: 18, without: ["antialias", "axes", "keep_aspect_ratio_policy"] }],
  ScatterElements: [{ until: 16, without: ["reduction"] }],
  ScatterND: [{ until: 16, without: ["reduction"] }],
};
/** The opset that an operator came with, where it is one from 8 to 17. */
export const cameWith: Readonly<Record<string, number>> = Object.fromEntries(
  Object.entries({
    8: "Expand Scan",
    9: "Acosh Asinh Atanh ConstantOfShape Cosh Erf EyeLike IsNaN MaxUnpool MeanVarianceNormalization NonZero OneHot Shrink Sign Sinh Where",
    10:
      "ConvInteger DequantizeLinear IsInf MatMulInteger Mod NonMaxSuppression QLinearConv QLinearMatMul QuantizeLinear ReverseSequence " +
      "RoiAlign ThresholdedRelu",
    11:
      "BitShift CumSum Det DynamicQuantizeLinear GatherElements GatherND Range Resize Round ScatterElements ScatterND SequenceAt " +
      "SequenceConstruct SequenceErase SequenceInsert SequenceLength SplitToSequence Unique Loop If",
    12: "Celu Einsum GreaterOrEqual LessOrEqual NegativeLogLikelihoodLoss SoftmaxCrossEntropyLoss",
    17: "DFT STFT",
  }).flatMap(([opset, ops]) => ops.split(" ").map((op) => [op, Number(opset)])),
);

/** The wish as an opset has it; undefined where it can't be said there. */
export function inOpset(d: Draft, wish: Wish): Wish | undefined {
  if (wish.domain !== undefined) return wish;
  let { inputs, attributes = {} } = wish;
  for (const { until, attributes: names = [], without = [] } of forms[wish.op] ?? []) {
    if (d.opset >= until) continue;
    attributes = Object.fromEntries(Object.entries(attributes).filter(([name]) => !without.includes(name)));
    if (names.length === 0) continue;
    const said: Record<string, AttributeValue> = {};
    for (const [i, name] of inputs.slice(1).entries()) {
      if (!name) continue;
      const known = d.get(name), value = known?.samples[0], own = names[i];
      if (
        !known || known.origin === "input" || known.origin === "node" || !value || !isTensor(value) || !own
      ) {
        return undefined;
      }
      const floats = /^float/.test(value.dtype), list = floats ? [...toNumbers(value)] : toIntegers(value);
      const one = list[0] ?? 0;
      said[own] = value.shape.length === 0 || own === "k" ? one : list;
    }
    inputs = inputs.slice(0, 1);
    attributes = { ...attributes, ...said };
  }
  return { ...wish, inputs, attributes };
}
