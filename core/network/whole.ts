/** Recurrent layers as single ONNX nodes, where nodes can say them: other engines run those whole. @module */
import { item } from "../values/item.ts";
import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import type { ActivationSpec } from "./specs.ts";
import { dtypeOf, sizeAt, transpose } from "../ops/words.ts";
import { zeros } from "../values/tensor.ts";

/** An ONNX activation with its parameters. */
interface NodeActivation {
  readonly name: string;
  readonly alpha?: number;
  readonly beta?: number;
}
const names: Readonly<Record<string, NodeActivation>> = {
  tanh: { name: "Tanh" },
  sigmoid: { name: "Sigmoid" },
  relu: { name: "Relu" },
  softsign: { name: "Softsign" },
  softplus: { name: "Softplus" },
  hardSigmoid: { name: "HardSigmoid", alpha: 1 / 6, beta: 0.5 },
  hardSigmoidKeras2: { name: "HardSigmoid", alpha: 0.2, beta: 0.5 },
  elu: { name: "Elu", alpha: 1 },
  leakyRelu: { name: "LeakyRelu", alpha: 0.2 },
  linear: { name: "Affine", alpha: 1, beta: 0 },
};
/** True where ONNX' recurrent operators have all these activations. */
export function nodeHas(...specs: readonly ActivationSpec[]): boolean {
  return specs.every((s) => typeof s === "string" && Object.hasOwn(names, s));
}

/** For each gate of ONNX' LSTM (i, o, f, c) the gate of Keras (i, f, c, o). */
export const lstmGates: readonly number[] = [0, 3, 1, 2];

/** A recurrent layer in Keras' layout. */
export interface RecurrentNodeOptions {
  /** The ONNX operator. */
  readonly op: "RNN" | "GRU" | "LSTM";
  /** `[batch, time, features]` */
  readonly x: Value;
  /** `[features, gates·units]` */
  readonly kernel: Value;
  /** `[units, gates·units]` */
  readonly recurrentKernel: Value;
  /** `[gates·units]`, or `[2, gates·units]` for the biases of both products. */
  readonly bias: Value | undefined;
  /** For each output gate of ONNX the gate of Keras; the same order unless given. */
  readonly gates?: readonly number[];
  /** Of the gates, of the candidate, of the output, as far as the operator has them. */
  readonly activations: readonly ActivationSpec[];
  /** From the last step to the first. */
  readonly reverse: boolean;
  /** h, and c for an LSTM, each `[batch, units]`. */
  readonly initial: readonly Value[];
  /** Further attributes of the operator. */
  readonly attributes?: Readonly<Record<string, number>>;
  /** int32 `[batch]`: steps of each row, all of them unless given. */
  readonly lengths?: Value;
  /** bool `[batch, time]`: where false, states keep their value. Builders for other engines alone take one. */
  readonly mask?: Value | undefined;
  /** Masked steps put out zeros; else they repeat the output before. */
  readonly zeroOutputForMask?: boolean;
}
/** Adds a recurrent layer as nodes of an engine that runs such layers whole. */
export type RecurrentBuilder = (b: Builder, options: RecurrentNodeOptions) => RecurrentNodeResult;
/** How layers are built for engines that have nodes for them: normalization as its operator, recurrent layers by a builder. */
export interface WholeLayers {
  /** Adds a recurrent layer, its mask included. */
  readonly recurrent: RecurrentBuilder;
}
/** What comes out. */
export interface RecurrentNodeResult {
  /** `[batch, time, units]` */
  readonly outputs: Value;
  /** h, and c of an LSTM, each `[batch, units]`. */
  readonly states: readonly Value[];
  /** The output of the step that ran last, where that isn't h. */
  readonly last?: Value;
}

/** Adds the node; outputs of reversed steps stand where their inputs stood. */
export function recurrentNode(b: Builder, o: RecurrentNodeOptions): RecurrentNodeResult {
  const width = sizeAt(o.kernel.type, 1),
    units = sizeAt(o.recurrentKernel.type, 0),
    states = o.op === "LSTM" ? 2 : 1;
  const ordered = (w: Value, axis: number): Value => {
    if (!o.gates) return w;
    const parts = b.split(w, { axis, num_outputs: o.gates.length });
    return b.concat(o.gates.map((g) => item(parts, g)), { axis });
  };
  const direction = (v: Value) => b.unsqueeze(v, b.ints([0]));
  const weights = (w: Value) => direction(transpose(b, ordered(w, 1), [1, 0]));
  let biases: Value | undefined;
  if (o.bias) {
    const both = o.bias.type.kind === "tensor" && o.bias.type.shape?.length === 2;
    biases = both ? b.reshape(o.bias, b.ints([1, 2 * width])) : direction(
      b.concat([ordered(o.bias, 0), b.constant(zeros([width], dtypeOf(o.bias)))], { axis: 0 }),
    );
  }
  const functions = o.activations.map((s) => names[`${s}`] ?? { name: `${s}` });
  const numbers = (key: "alpha" | "beta") => functions.flatMap((f) => f[key] ?? []);
  const alphas = numbers("alpha"), betas = numbers("beta");
  const inputs = [
    transpose(b, o.x, [1, 0, 2]),
    weights(o.kernel),
    weights(o.recurrentKernel),
    biases,
    o.lengths,
  ];
  const made = b.op(o.op, [...inputs, ...o.initial.map(direction)], {
    hidden_size: units,
    direction: o.reverse ? "reverse" : "forward",
    activations: functions.map((f) => f.name),
    ...(alphas.length > 0 && { activation_alpha: alphas }),
    ...(betas.length > 0 && { activation_beta: betas }),
    ...o.attributes,
  }, { outputs: 1 + states });
  const bare = (v: Value, axis: number) => b.squeeze(v, b.ints([axis]));
  return {
    outputs: transpose(b, bare(item(made, 0), 1), [1, 0, 2]),
    states: made.slice(1).map((v) => bare(v, 0)),
  };
}
