/** The recurrent operators: each direction's weights are laid out once, and its steps run in a scan. @module */
import type { Builder } from "../../graph/builder.ts";
import { ShapeError, UnsupportedError } from "../../values/errors.ts";
import type { Value } from "../../graph/graph.ts";
import type { InferContext, OldNode, OpDef } from "../../graph/op.ts";
import { bool, choice, type Field, float, int, list, nullable, text } from "../../values/schema.ts";
import { asTensor, dimsOf, divDims, tensorType, type Type } from "../../values/shape.ts";
import { defineOp } from "../define.ts";
import {
  gruSteps,
  lstmSteps,
  simpleRnnSteps,
  type StepActivation,
  type Steps,
  type StepsOptions,
} from "./steps.ts";

/** Attributes that RNN, GRU and LSTM share. */
interface Recurrent {
  readonly activation_alpha: readonly number[] | null;
  readonly activation_beta: readonly number[] | null;
  readonly activations: readonly string[] | null;
  readonly clip: number | null;
  readonly direction: "forward" | "reverse" | "bidirectional";
  readonly hidden_size: number | null;
  readonly layout: number;
}
const fields: { readonly [K in keyof Recurrent]: Field<Recurrent[K]> } = {
  activation_alpha: nullable(
    list({ doc: "Alphas, in the order of the activations that take one.", of: float({ doc: "alpha" }) }),
  ),
  activation_beta: nullable(
    list({ doc: "Betas, in the order of the activations that take one.", of: float({ doc: "beta" }) }),
  ),
  activations: nullable(list({ doc: "Activations of each direction.", of: text({ doc: "Its name." }) })),
  clip: nullable(float({ doc: "Bound of what enters each activation.", min: 0 })),
  direction: choice({
    doc: "Which way steps run.",
    of: ["forward", "reverse", "bidirectional"],
    default: "forward",
  }),
  hidden_size: nullable(int({ doc: "Units; those of R unless given.", min: 1 })),
  layout: int({
    doc: "0: X [time, batch, features]; 1: X [batch, time, features].",
    default: 0,
    min: 0,
    max: 1,
  }),
};

/** Activations by ONNX name, with the defaults of their alpha and beta where they take one. */
interface Named {
  readonly alpha?: number;
  readonly beta?: number;
  build(b: Builder, x: Value, alpha: number, beta: number): Value;
}
const plainly = (op: string): Named => ({ build: (b, x) => b.one(op, [x]) });
const times = (b: Builder, x: Value, by: number) =>
  by === 1 ? x : b.mul(x, b.scalar(by, asTensor(x.type).dtype));
const namedActivations: Readonly<Record<string, Named>> = {
  relu: plainly("Relu"),
  tanh: plainly("Tanh"),
  sigmoid: plainly("Sigmoid"),
  softsign: plainly("Softsign"),
  softplus: plainly("Softplus"),
  leakyrelu: { alpha: 0.01, build: (b, x, alpha) => b.leakyRelu(x, { alpha }) },
  thresholdedrelu: { alpha: 1, build: (b, x, alpha) => b.thresholdedRelu(x, { alpha }) },
  elu: { alpha: 1, build: (b, x, alpha) => b.elu(x, { alpha }) },
  hardsigmoid: {
    alpha: 0.2,
    beta: 0.5,
    build: (b, x, alpha, beta) => b.hardSigmoid(x, { alpha, beta }),
  },
  scaledtanh: {
    alpha: 1,
    beta: 1,
    build: (b, x, alpha, beta) => times(b, b.tanh(times(b, x, beta)), alpha),
  },
  affine: {
    alpha: 1,
    beta: 0,
    build(b, x, alpha, beta) {
      const y = times(b, x, alpha);
      return beta === 0 ? y : b.add(y, b.scalar(beta, asTensor(x.type).dtype));
    },
  },
};

/** The activations of all directions; alphas and betas go to those that take them, in order. */
function activationsOf(a: Recurrent, defaults: readonly string[]): readonly StepActivation[] {
  const directions = a.direction === "bidirectional" ? 2 : 1;
  const given = a.activations ?? defaults;
  const names = given.length === defaults.length && directions === 2 ? [...given, ...given] : given;
  if (names.length !== directions * defaults.length) {
    throw new ShapeError(`activations: expected ${directions * defaults.length}, got ${names.length}`);
  }
  let alphas = 0, betas = 0;
  return names.map((name): StepActivation => {
    const found = namedActivations[name.toLowerCase()];
    if (!found) throw new UnsupportedError(`there is no activation ${name}`);
    const alpha = found.alpha === undefined ? 0 : a.activation_alpha?.[alphas++] ?? found.alpha;
    const beta = found.beta === undefined ? 0 : a.activation_beta?.[betas++] ?? found.beta;
    return (b, x) => found.build(b, x, alpha, beta);
  });
}

/** One direction of an operator, its inputs cut out and turned. */
interface Direction {
  readonly options: StepsOptions;
  /** `[gates·hidden]`, the biases of the input and of the recurrent product. */
  readonly biases: readonly [Value, Value] | undefined;
  /** An optional input's part for this direction, the direction's axis gone. */
  part(index: number, axis: number): Value | undefined;
  readonly activations: readonly [StepActivation, StepActivation, StepActivation];
}
type Inputs = readonly (Value | undefined)[];

/** Runs a cell in each direction and lays the results out as ONNX does: Y, then the states. */
function overDirections(
  b: Builder,
  inputs: Inputs,
  a: Recurrent,
  defaults: readonly string[],
  outputs: number,
  run: (direction: Direction) => Steps & { readonly c?: Value },
): readonly Value[] {
  const [x, w, r] = inputs;
  if (!x || !w || !r) return [];
  const activations = activationsOf(a, defaults), mask = stepMask(b, x, inputs[4], a.layout);
  const names = a.direction === "bidirectional" ? ["forward", "reverse"] : [a.direction];
  const runs = names.map((name, d) => {
    const its = (whole: Value, axis: number): Value =>
      names.length === 1 ? b.squeeze(whole, b.ints([axis])) : b.gather(whole, b.scalar(d, "int64"), { axis });
    const part = (index: number, axis: number): Value | undefined => {
      const whole = inputs[index];
      return whole && its(whole, axis);
    };
    const turned = (whole: Value) => b.transpose(its(whole, 0), { perm: [1, 0] });
    const bias = part(3, 0);
    const own = activations.slice(d * defaults.length);
    const [f = tanh, g = f, h = g] = own;
    return run({
      options: {
        x,
        kernel: turned(w),
        recurrentKernel: turned(r),
        mask,
        reverse: name === "reverse",
        zeroOutputForMask: true,
        clip: a.clip ?? undefined,
        timeAxis: a.layout === 1 ? 1 : 0,
      },
      biases: bias && halves(b, bias),
      part,
      activations: [f, g, h],
    });
  });
  const stack = (values: readonly Value[], axis: number) => {
    const wide = values.map((v) => b.unsqueeze(v, b.ints([axis])));
    return wide.length === 1 && wide[0] ? wide[0] : b.concat(wide, { axis });
  };
  const results = [stack(runs.map((r) => r.outputs), a.layout === 1 ? 2 : 1)];
  if (outputs > 1) results.push(stack(runs.map((r) => r.h), a.layout));
  if (outputs > 2) results.push(stack(runs.flatMap((r) => (r.c ? [r.c] : [])), a.layout));
  return results;
}
const tanh: StepActivation = (b, x) => b.tanh(x);
function halves(b: Builder, x: Value): readonly [Value, Value] {
  const [first = x, second = x] = b.split(x, { axis: 0, num_outputs: 2 });
  return [first, second];
}
const summed = (b: Builder, biases: readonly [Value, Value] | undefined) => biases && b.one("Add", biases);

/** True where a step lies inside its row's length: `[time, batch]`, or `[batch, time]` in layout 1. */
function stepMask(b: Builder, x: Value, lengths: Value | undefined, layout: number): Value | undefined {
  if (!lengths) return undefined;
  const time = layout === 1 ? 1 : 0;
  const count = b.squeeze(b.shape(x, { start: time, end: time + 1 }), b.ints([0]));
  const steps = b.range(b.scalar(0, "int64"), count, b.scalar(1, "int64"));
  const ends = b.cast(lengths, { to: "int64" });
  return b.less(
    b.unsqueeze(steps, b.ints([layout === 1 ? 0 : 1])),
    b.unsqueeze(ends, b.ints([layout === 1 ? 1 : 0])),
  );
}

/** Types of Y and of `states` states. */
function inferRecurrent(
  { inputs: [x, w, r], attributes: { layout, direction, hidden_size }, outputs }: InferContext<Recurrent>,
  gates: number,
  states: number,
): readonly Type[] {
  const { dtype } = asTensor(x), shape = dimsOf(x, "X"), kernel = dimsOf(w, "W"), hidden = dimsOf(r, "R");
  const directions = direction === "bidirectional" ? 2 : 1;
  if (shape.length !== 3 || kernel.length !== 3 || hidden.length !== 3) {
    throw new ShapeError(
      `expected X, W and R of rank 3, got ${shape.length}, ${kernel.length} and ${hidden.length}`,
    );
  }
  if (typeof kernel[0] === "number" && kernel[0] !== directions) {
    throw new ShapeError(`W: expected ${directions} on axis 0 for direction ${direction}, got ${kernel[0]}`);
  }
  const units = hidden[2] ?? hidden_size ?? divDims(kernel[1] ?? 1, gates);
  const [time = 1, batch = 1] = layout === 1 ? [shape[1], shape[0]] : shape;
  const y = layout === 1 ? [batch, time, directions, units] : [time, directions, batch, units];
  const state = layout === 1 ? [batch, directions, units] : [directions, batch, units];
  const all = [y, ...new Array<typeof state>(states).fill(state)];
  return all.slice(0, outputs).map((s) => tensorType(dtype, s));
}
/** Opset 1 said with an attribute whether Y is wanted; an absent output says the same. */
function withoutOutputSequence(_: number, node: OldNode): OldNode {
  const { output_sequence: _sequence, ...attributes } = node.attributes;
  return { ...node, attributes };
}

const rnn: OpDef = defineOp<Recurrent>({
  name: "RNN",
  since: 22,
  summary: "A simple recurrent network, in one or both directions.",
  attributes: fields,
  arity: [3, 6],
  maxOutputs: 2,
  infer: (context) => inferRecurrent(context, 1, 1),
  body: (b, inputs, a, outputs) =>
    overDirections(
      b,
      inputs,
      a,
      ["Tanh"],
      outputs,
      ({ options, biases, part, activations: [activation] }) =>
        simpleRnnSteps(b, { ...options, bias: summed(b, biases), initial: part(5, a.layout), activation }),
    ),
  upgrade: withoutOutputSequence,
  accuracy: "rounding",
});

const gru: OpDef = defineOp<Recurrent & { readonly linear_before_reset: boolean }>({
  name: "GRU",
  since: 22,
  summary: "A gated recurrent unit, in one or both directions; gates in the order z, r, h.",
  attributes: {
    ...fields,
    linear_before_reset: bool({ doc: "Apply the reset gate after the recurrent product.", default: false }),
  },
  arity: [3, 6],
  maxOutputs: 2,
  infer: (context) => inferRecurrent(context, 3, 1),
  body: (b, inputs, a, outputs) =>
    overDirections(
      b,
      inputs,
      a,
      ["Sigmoid", "Tanh"],
      outputs,
      ({ options, biases, part, activations }) =>
        gruSteps(b, {
          ...options,
          bias: biases?.[0],
          recurrentBias: biases?.[1],
          initial: part(5, a.layout),
          resetAfter: a.linear_before_reset,
          recurrentActivation: activations[0],
          activation: activations[1],
        }),
    ),
  upgrade: withoutOutputSequence,
  accuracy: "rounding",
});

type Lstm = Recurrent & { readonly input_forget: boolean };
/** An LSTM in one or both directions: Y, h and c. `recurrentInput` is done to h before its product. */
export function lstmDirections(
  b: Builder,
  inputs: Inputs,
  a: Lstm,
  outputs: number,
  recurrentInput?: StepActivation,
): readonly Value[] {
  return overDirections(b, inputs, a, ["Sigmoid", "Tanh", "Tanh"], outputs, (direction) => {
    const { options, biases, part, activations } = direction;
    const peepholes = part(7, 0);
    const [i, o, f] = peepholes ? b.split(peepholes, { axis: 0, num_outputs: 3 }) : [];
    return lstmSteps(b, {
      ...options,
      recurrentInput,
      bias: summed(b, biases),
      initial: startOf(b, part(5, a.layout), part(6, a.layout)),
      gates: "iofc",
      recurrentActivation: activations[0],
      activation: activations[1],
      outputActivation: activations[2],
      coupled: a.input_forget,
      peepholes: i && o && f ? { i, o, f } : undefined,
    });
  });
}
const lstm: OpDef = defineOp<Lstm>({
  name: "LSTM",
  since: 22,
  summary: "A long short-term memory, in one or both directions; gates in the order i, o, f, c.",
  attributes: {
    ...fields,
    input_forget: bool({ doc: "The forget gate is one minus the input gate.", default: false }),
  },
  arity: [3, 8],
  maxOutputs: 3,
  infer: (context) => inferRecurrent(context, 4, 2),
  body: (b, inputs, a, outputs) => lstmDirections(b, inputs, a, outputs),
  upgrade: withoutOutputSequence,
  accuracy: "rounding",
});
/** h and c, where one of them is given the other as zeros. */
function startOf(
  b: Builder,
  h: Value | undefined,
  c: Value | undefined,
): readonly [Value, Value] | undefined {
  const given = h ?? c;
  if (!given) return undefined;
  const zeros = () => b.mul(given, b.scalar(0, asTensor(given.type).dtype));
  return [h ?? zeros(), c ?? zeros()];
}

/** The recurrent operators. */
export const recurrentOps: readonly OpDef[] = [rnn, gru, lstm];
