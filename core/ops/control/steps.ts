/** Recurrent cells over time, as the ONNX operators and the Keras layers share them: one product for all steps' inputs, then a scan. @module */
import type { Builder } from "../../graph/builder.ts";
import type { Value } from "../../graph/graph.ts";
import { asTensor, dimsOf } from "../../values/shape.ts";
import { zeros } from "../../values/tensor.ts";

/** An activation inside a step. `b` is the step's own builder. */
export type StepActivation = (b: Builder, x: Value) => Value;

/** What every recurrent cell is given. */
export interface StepsOptions {
  /** `[batch, time, features]`, or `[time, batch, features]` with `timeAxis: 0`. */
  readonly x: Value;
  /** `[features, gates·units]` */
  readonly kernel: Value;
  /** `[batch, 1, features]` for each gate, multiplied with x before it enters the gate's product. */
  readonly inputDropout?: readonly Value[] | undefined;
  /** `[units, gates·units]` */
  readonly recurrentKernel: Value;
  /** `[gates·units]` */
  readonly bias?: Value | undefined;
  /** bool `[batch, time]` (`[time, batch]` with `timeAxis: 0`): where false, states keep their value. */
  readonly mask?: Value | undefined;
  /** From the last step to the first; outputs stand where their inputs stood. */
  readonly reverse?: boolean | undefined;
  /** Outputs of masked steps are zeros; else they repeat the output before (zeros before the first). */
  readonly zeroOutputForMask?: boolean | undefined;
  /** The mask of whole sequences is laid over outputs in the order they were made, as Keras does where it unrolls. */
  readonly unrolledMask?: boolean | undefined;
  /** `[batch, units]` for each gate, multiplied with h before it enters the gate's product. */
  readonly recurrentDropout?: readonly Value[] | undefined;
  /** Of h before an LSTM's recurrent product. */
  readonly recurrentInput?: StepActivation | undefined;
  /** Bounds what enters each activation to ±clip. */
  readonly clip?: number | undefined;
  readonly timeAxis?: 0 | 1 | undefined;
}
/** What a recurrent cell gives. */
export interface Steps {
  /** `[batch, time, units]`, or `[time, batch, units]` with `timeAxis: 0`. */
  readonly outputs: Value;
  /** The output of the step that ran last, `[batch, units]`. */
  readonly last: Value;
  /** The state after all steps, `[batch, units]`. */
  readonly h: Value;
}

/** Options of {@link lstmSteps}. */
export interface LstmStepsOptions extends StepsOptions {
  /** The order of the gates in the kernels: Keras' `ifco`, or ONNX' `iofc`. */
  readonly gates: "ifco" | "iofc";
  /** h and c, each `[batch, units]`; zeros unless given. */
  readonly initial?: readonly [Value, Value] | undefined;
  /** Of the candidate. */
  readonly activation: StepActivation;
  /** Of the gates. */
  readonly recurrentActivation: StepActivation;
  /** Of the cell on its way to the output; `activation` unless given. */
  readonly outputActivation?: StepActivation | undefined;
  /** Weights from the cell to the gates, each `[units]`. */
  readonly peepholes?: { readonly i: Value; readonly o: Value; readonly f: Value } | undefined;
  /** The forget gate is one minus the input gate. */
  readonly coupled?: boolean | undefined;
}
/** What {@link lstmSteps} gives. */
export interface LstmSteps extends Steps {
  /** The cell after all steps, `[batch, units]`. */
  readonly c: Value;
}
/** Options of {@link gruSteps}. Gates are in the order z, r, h in ONNX and in Keras. */
export interface GruStepsOptions extends StepsOptions {
  /** h `[batch, units]`; zeros unless given. */
  readonly initial?: Value | undefined;
  /** `[3·units]`, added to h·recurrentKernel. */
  readonly recurrentBias?: Value | undefined;
  /** The reset gate is applied after the recurrent product (Keras' `reset_after`, ONNX' `linear_before_reset`). */
  readonly resetAfter: boolean;
  /** Of the candidate. */
  readonly activation: StepActivation;
  /** Of the gates. */
  readonly recurrentActivation: StepActivation;
}
/** Options of {@link simpleRnnSteps}. */
export interface SimpleRnnStepsOptions extends StepsOptions {
  /** h `[batch, units]`; zeros unless given. */
  readonly initial?: Value | undefined;
  readonly activation: StepActivation;
}

/**
 * A long short-term memory over time (Hochreiter and Schmidhuber 1997, with forget gates):
 * c' = f·c + i·g, h' = o·tanh(c').
 */
export function lstmSteps(b: Builder, options: LstmStepsOptions): LstmSteps {
  const { activation, recurrentActivation, peepholes, recurrentKernel, recurrentDropout } = options;
  const output = options.outputActivation ?? activation;
  const [iAt, fAt, oAt, gAt] = options.gates === "ifco" ? [0, 1, 3, 2] : [0, 2, 1, 3];
  const clip = clipper(options.clip);
  const start = options.initial ?? [zeroState(b, options), zeroState(b, options)];
  const run = runSteps(b, options, start, options.initial !== undefined, (b, [h, c], xz) => {
    const seen = options.recurrentInput?.(b, h) ?? h;
    const z = b.add(recurrentProduct(b, seen, recurrentKernel, recurrentDropout), xz);
    const parts = split(b, peepholes ? z : clip(b, z), 4);
    const gate = (at: number, weight?: Value, cell?: Value): Value => {
      const part = partAt(parts, at);
      if (!weight || !cell) return recurrentActivation(b, part);
      return recurrentActivation(b, clip(b, b.add(part, b.mul(weight, cell))));
    };
    const i = gate(iAt, peepholes?.i, c);
    const f = options.coupled ? b.sub(b.scalar(1, asTensor(z.type).dtype), i) : gate(fAt, peepholes?.f, c);
    const candidate = partAt(parts, gAt);
    const g = activation(b, peepholes ? clip(b, candidate) : candidate);
    const next = b.add(b.mul(f, c), b.mul(i, g));
    const o = gate(oAt, peepholes?.o, next);
    return [b.mul(o, output(b, clip(b, next))), next];
  });
  return { outputs: run.outputs, last: run.last, h: partAt(run.state, 0), c: partAt(run.state, 1) };
}

/** A gated recurrent unit over time (Cho et al. 2014): h' = z·h + (1 − z)·h~. */
export function gruSteps(b: Builder, options: GruStepsOptions): Steps {
  const { activation, recurrentActivation, resetAfter, recurrentKernel, recurrentBias } = options;
  const clip = clipper(options.clip);
  const start = [options.initial ?? zeroState(b, options)];
  const units = dimsOf(recurrentKernel.type)[0];
  const n = typeof units === "number" ? units : 0;
  const gateKernel = resetAfter ? recurrentKernel : lastAxis(b, recurrentKernel, 0, 2 * n);
  const candidateKernel = resetAfter ? undefined : lastAxis(b, recurrentKernel, 2 * n, 3 * n);
  const bias = resetAfter || !recurrentBias
    ? options.bias
    : options.bias
    ? b.add(options.bias, recurrentBias)
    : recurrentBias;
  const run = runSteps(b, { ...options, bias }, start, options.initial !== undefined, (b, [before], xz) => {
    const { recurrentDropout: drops } = options, last = drops?.[2];
    const product = recurrentProduct(b, before, gateKernel, drops?.slice(0, resetAfter ? 3 : 2));
    const [xZ, xR, xH] = threeOf(split(b, xz, 3));
    let z: Value, candidate: Value;
    if (candidateKernel) {
      const [hZ, hR] = twoOf(split(b, product, 2));
      z = recurrentActivation(b, clip(b, b.add(xZ, hZ)));
      const r = recurrentActivation(b, clip(b, b.add(xR, hR)));
      const h = last ? b.mul(before, last) : before;
      candidate = b.add(xH, b.matMul(b.mul(r, h), candidateKernel));
    } else {
      const biased = recurrentBias ? b.add(product, recurrentBias) : product;
      const [hZ, hR, hH] = threeOf(split(b, biased, 3));
      z = recurrentActivation(b, clip(b, b.add(xZ, hZ)));
      const r = recurrentActivation(b, clip(b, b.add(xR, hR)));
      candidate = b.add(xH, b.mul(r, hH));
    }
    const g = activation(b, clip(b, candidate));
    const rest = b.sub(b.scalar(1, asTensor(z.type).dtype), z);
    return [b.add(b.mul(z, before), b.mul(rest, g))];
  });
  return { outputs: run.outputs, last: run.last, h: partAt(run.state, 0) };
}

/** A fully connected recurrent layer over time (Elman 1990): h' = f(x·kernel + bias + h·recurrentKernel). */
export function simpleRnnSteps(b: Builder, options: SimpleRnnStepsOptions): Steps {
  const clip = clipper(options.clip);
  const start = [options.initial ?? zeroState(b, options)];
  const run = runSteps(b, options, start, options.initial !== undefined, (b, [h], xz) => {
    const product = recurrentProduct(b, h, options.recurrentKernel, options.recurrentDropout);
    return [options.activation(b, clip(b, b.add(product, xz)))];
  });
  return { outputs: run.outputs, last: run.last, h: partAt(run.state, 0) };
}

type Cell = (b: Builder, state: readonly [Value, Value], xz: Value) => readonly Value[];

/** The input product, then the scan of a cell whose first state is its output. */
function runSteps(
  b: Builder,
  options: StepsOptions,
  start: readonly Value[],
  given: boolean,
  cell: Cell,
): { readonly outputs: Value; readonly last: Value; readonly state: readonly Value[] } {
  const { mask, zeroOutputForMask = false, timeAxis = 1, reverse = false } = options;
  const product = inputProduct(b, options);
  const projected = options.bias ? b.add(product, options.bias) : product;
  const rows = mask && b.unsqueeze(mask, b.ints([2]));
  // Before the first unmasked step a given state is not an output yet: what was put out last is a state of its own.
  const carries = mask !== undefined && given && !zeroOutputForMask;
  const first = carries ? [...start, zeroState(b, options)] : start;
  const done = b.scan(
    first,
    rows ? [projected, rows] : [projected],
    { axis: timeAxis, reverse },
    (state, x, inner) => {
      const before = partAt(state, 0), now = x[1];
      const next = cell(inner, [before, state[1] ?? before], partAt(x, 0));
      if (!now) return { state: next, outputs: [partAt(next, 0)] };
      const kept = next.map((v, i) => inner.where(now, v, partAt(state, i)));
      if (!carries) return { state: kept, outputs: [partAt(kept, 0)] };
      const output = inner.where(now, partAt(next, 0), partAt(state, start.length));
      return { state: [...kept, output], outputs: [output] };
    },
  );
  const repeated = partAt(done.outputs, 0);
  const held = partAt(done.state, carries ? start.length : 0);
  if (!rows || !zeroOutputForMask) return { outputs: repeated, last: held, state: done.state };
  const zero = b.scalar(0, asTensor(repeated.type).dtype);
  const end = b.gather(rows, b.scalar(reverse ? 0 : -1, "int64"), { axis: timeAxis });
  return {
    outputs: b.where(options.unrolledMask && reverse ? flipped(b, rows, timeAxis) : rows, repeated, zero),
    last: b.where(end, held, zero),
    state: done.state,
  };
}

/** The inputs of all steps through the kernel, with a dropout of its own for each gate where given. */
function inputProduct(b: Builder, { x, kernel, inputDropout }: StepsOptions): Value {
  if (!inputDropout) return b.matMul(x, kernel);
  const parts = split(b, kernel, inputDropout.length).map((k, gate) =>
    b.matMul(b.mul(x, partAt(inputDropout, gate)), k)
  );
  return parts.length === 1 ? partAt(parts, 0) : b.concat(parts, { axis: -1 });
}
/** Zeros `[batch, units]`. */
function zeroState(b: Builder, { x, recurrentKernel, timeAxis = 1 }: StepsOptions): Value {
  const at = timeAxis === 1 ? 0 : 1;
  const batch = b.shape(x, { start: at, end: at + 1 });
  const units = b.shape(recurrentKernel, { start: 0, end: 1 });
  const shape = b.concat([batch, units], { axis: 0 });
  return b.constantOfShape(shape, { value: zeros([1], asTensor(x.type).dtype) });
}
function flipped(b: Builder, x: Value, axis: number): Value {
  return b.slice(x, b.ints([-1]), b.ints([-(2 ** 31)]), b.ints([axis]), b.ints([-1]));
}
/** h through a kernel `[units, gates·units]`, with a dropout of its own for each gate where given. */
function recurrentProduct(
  b: Builder,
  h: Value,
  kernel: Value,
  dropout: readonly Value[] | undefined,
): Value {
  if (!dropout) return b.matMul(h, kernel);
  const units = dimsOf(h.type).at(-1), n = typeof units === "number" ? units : 0;
  const parts = dropout.map((d, gate) =>
    b.matMul(b.mul(h, d), lastAxis(b, kernel, gate * n, (gate + 1) * n))
  );
  return parts.length === 1 ? partAt(parts, 0) : b.concat(parts, { axis: -1 });
}
function clipper(limit: number | undefined): StepActivation {
  if (limit === undefined) return (_, x) => x;
  return (b, x) => {
    const { dtype } = asTensor(x.type);
    return b.clip(x, b.scalar(-limit, dtype), b.scalar(limit, dtype));
  };
}
function split(b: Builder, x: Value, parts: number): readonly Value[] {
  return b.split(x, { axis: -1, num_outputs: parts });
}
function lastAxis(b: Builder, x: Value, from: number, to: number): Value {
  return b.slice(x, b.ints([from]), b.ints([to]), b.ints([-1]));
}
function partAt(values: readonly Value[], at: number): Value {
  const v = values[at];
  if (!v) throw new RangeError(`no part ${at} of ${values.length}`);
  return v;
}
function twoOf(v: readonly Value[]): readonly [Value, Value] {
  return [partAt(v, 0), partAt(v, 1)];
}
function threeOf(v: readonly Value[]): readonly [Value, Value, Value] {
  return [partAt(v, 0), partAt(v, 1), partAt(v, 2)];
}
