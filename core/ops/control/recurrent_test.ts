import assert from "node:assert/strict";
import { type Builder, GraphBuilder } from "../../graph/builder.ts";
import type { Value } from "../../graph/graph.ts";
import { shapeText, tensorType } from "../../values/shape.ts";
import { isTensor, type Tensor, tensor, toNumbers } from "../../values/tensor.ts";
import { operators, runPlain, testGradients } from "../../../tests/support/gradients.ts";
import { uniform } from "../../../tests/support/samples.ts";
import { recurrentSamples } from "./recurrent.samples.ts";
import {
  gruSteps,
  lstmSteps,
  simpleRnnSteps,
  type StepActivation,
  type Steps,
  type StepsOptions,
} from "./steps.ts";

testGradients(recurrentSamples);

const tanh: StepActivation = (b, x) => b.tanh(x),
  sigmoid: StepActivation = (b, x) => b.sigmoid(x);
const [batch, time, features, units] = [2, 4, 3, 2];
const x = uniform([batch, time, features], -1, 1, 1, "float64");
const maskData = [0, 1, 0, 1, 1, 1, 1, 0];
const mask = tensor(maskData, [batch, time], "bool");
const weights = (shape: readonly number[], seed: number) => uniform(shape, -1, 1, seed, "float64");

type Build = (b: Builder, options: StepsOptions, initial: Value) => Steps;
const cells: Readonly<Record<string, { readonly gates: number; readonly build: Build }>> = {
  "simple RNN": {
    gates: 1,
    build: (b, o, initial) => simpleRnnSteps(b, { ...o, initial, activation: tanh }),
  },
  GRU: {
    gates: 3,
    build: (b, o, initial) =>
      gruSteps(b, { ...o, initial, resetAfter: false, activation: tanh, recurrentActivation: sigmoid }),
  },
  LSTM: {
    gates: 4,
    build: (b, o, initial) =>
      lstmSteps(b, {
        ...o,
        initial: [initial, initial],
        gates: "ifco",
        activation: tanh,
        recurrentActivation: sigmoid,
      }),
  },
};

/** One step of a cell in plain numbers: the new states of one row. */
function step(
  gates: number,
  x: readonly number[],
  state: readonly number[][],
  w: Tensor,
  r: Tensor,
  bias: Tensor,
): number[][] {
  const [h = [], c = []] = state, kernel = toNumbers(w), recurrent = toNumbers(r), shift = toNumbers(bias);
  const width = gates * units;
  const input = (j: number) =>
    (shift[j] ?? 0) + x.reduce((sum, v, i) => sum + v * (kernel[i * width + j] ?? 0), 0);
  const back = (from: readonly number[], j: number) =>
    from.reduce((sum, v, i) => sum + v * (recurrent[i * width + j] ?? 0), 0);
  const squash = (v: number) => 1 / (1 + Math.exp(-v)), each = [...h.keys()];
  if (gates === 1) return [each.map((u) => Math.tanh(input(u) + back(h, u)))];
  const gate = (g: number, u: number) => squash(input(g * units + u) + back(h, g * units + u));
  if (gates === 3) {
    const reset = h.map((v, u) => v * gate(1, u));
    return [each.map((u) => {
      const z = gate(0, u), candidate = Math.tanh(input(2 * units + u) + back(reset, 2 * units + u));
      return z * (h[u] ?? 0) + (1 - z) * candidate;
    })];
  }
  const next = each.map((u) =>
    gate(1, u) * (c[u] ?? 0) + gate(0, u) * Math.tanh(input(2 * units + u) + back(h, 2 * units + u))
  );
  return [next.map((v, u) => gate(3, u) * Math.tanh(v)), next];
}

for (const [name, { gates, build }] of Object.entries(cells)) {
  const kernel = weights([features, gates * units], 2), recurrent = weights([units, gates * units], 3);
  const bias = weights([gates * units], 4), initial = weights([batch, units], 5);
  for (const [reverse, zeroOutputForMask] of [[false, false], [true, false], [false, true]] as const) {
    const way = `${reverse ? "from the end" : "from the start"}, ${
      zeroOutputForMask ? "zeros" : "the output before"
    }`;
    Deno.test(`${name} keeps its state where the mask is false, ${way} as output`, () => {
      const b = new GraphBuilder(operators);
      const done = build(b, {
        x: b.input("x", tensorType("float64", ["batch", "time", features])),
        kernel: b.constant(kernel),
        recurrentKernel: b.constant(recurrent),
        bias: b.constant(bias),
        mask: b.constant(mask),
        reverse,
        zeroOutputForMask,
      }, b.constant(initial));
      for (const key of ["outputs", "last", "h"] as const) b.output(key, done[key]);
      const got = runPlain(b.build(), [x]).map((y) => {
        assert.ok(isTensor(y));
        return Array.from(toNumbers(y));
      });
      const [outputs, last, state] = byHand(
        gates,
        kernel,
        recurrent,
        bias,
        initial,
        reverse,
        zeroOutputForMask,
      );
      [outputs, last, state].forEach((want, k) =>
        want.forEach((v, i) =>
          assert.ok(Math.abs(v - (got[k]?.[i] ?? NaN)) < 1e-12, `${["outputs", "last", "h"][k]}[${i}]`)
        )
      );
    });
  }
}

/** Outputs, last outputs and states as Keras says them. */
function byHand(
  gates: number,
  kernel: Tensor,
  recurrent: Tensor,
  bias: Tensor,
  initial: Tensor,
  reverse: boolean,
  zeros: boolean,
): [number[], number[], number[]] {
  const outputs = new Array<number>(batch * time * units).fill(0),
    lasts: number[] = [],
    states: number[] = [];
  for (let row = 0; row < batch; row++) {
    const start = Array.from(toNumbers(initial).slice(row * units, (row + 1) * units));
    let state = gates === 4 ? [start, start] : [start], output = start.map(() => 0);
    for (let k = 0; k < time; k++) {
      const t = reverse ? time - 1 - k : k, at = row * time + t;
      if (maskData[at]) {
        const input = Array.from(toNumbers(x).slice(at * features, (at + 1) * features));
        state = step(gates, input, state, kernel, recurrent, bias);
        output = state[0] ?? [];
      } else if (zeros) output = start.map(() => 0);
      output.forEach((v, u) => outputs[at * units + u] = v);
    }
    lasts.push(...output);
    states.push(...(state[0] ?? []));
  }
  return [outputs, lasts, states];
}

Deno.test("an LSTM's input product stands before the loop, and a step has one product", () => {
  const b = new GraphBuilder(operators);
  const x = b.input("x", tensorType("float32", ["batch", "time", features]));
  const done = lstmSteps(b, {
    x,
    kernel: b.constant(uniform([features, 4 * units])),
    recurrentKernel: b.constant(uniform([units, 4 * units])),
    bias: b.constant(uniform([4 * units])),
    gates: "ifco",
    activation: tanh,
    recurrentActivation: sigmoid,
  });
  b.output("y", done.outputs);
  const graph = b.build(),
    scan = graph.nodes.find((n) => n.op === "Scan"),
    ops = scan?.graphs["body"]?.nodes.map((n) => n.op);
  assert.equal(graph.nodes.filter((n) => n.op === "MatMul").length, 1);
  assert.deepEqual(ops, [
    "MatMul",
    "Add",
    "Split",
    "Sigmoid",
    "Sigmoid",
    "Tanh",
    "Mul",
    "Mul",
    "Add",
    "Sigmoid",
    "Tanh",
    "Mul",
  ]);
  assert.equal(
    shapeText(done.outputs.type.kind === "tensor" ? done.outputs.type.shape : undefined),
    "[batch, time, 2]",
  );
});
Deno.test("the types of a bidirectional LSTM keep batch and time", () => {
  const b = new GraphBuilder(operators);
  const x = b.input("x", tensorType("float32", ["time", "batch", features]));
  const [y, h] = b.lstm(
    x,
    b.constant(uniform([2, 8, features])),
    b.constant(uniform([2, 8, units])),
    {
      direction: "bidirectional",
    },
  );
  const shape = (v: Value | undefined) => shapeText(v?.type.kind === "tensor" ? v.type.shape : undefined);
  assert.deepEqual([shape(y), shape(h)], ["[time, 2, batch, 2]", "[2, batch, 2]"]);
});
