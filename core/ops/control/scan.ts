/** Scan: a nested graph run once for each step of sequences, with states carried from step to step. @module */
import { InputError, ShapeError } from "../../values/errors.ts";
import type { InferContext, OpDef } from "../../graph/op.ts";
import { int, list, nullable } from "../../values/schema.ts";
import { type Dim, dimsOf, normalAxis, tensorType, type Type } from "../../values/shape.ts";
import { isTensor, type RuntimeValue } from "../../values/tensor.ts";
import { sameShape } from "../broadcast.ts";
import { defineOp, tensorAt } from "../define.ts";
import {
  boundTypes,
  capturesField,
  expectInputs,
  graphOf,
  outputTypes,
  shapesOf,
  stack,
  stackedType,
  Steps,
  unionType,
} from "./nested.ts";

/** Attributes of a Scan; lists that are left out are all zeros. */
export interface ScanAttributes {
  readonly num_scan_inputs: number;
  readonly scan_input_axes: readonly number[] | null;
  readonly scan_input_directions: readonly number[] | null;
  readonly scan_output_axes: readonly number[] | null;
  readonly scan_output_directions: readonly number[] | null;
  readonly captures: number;
  /** How many last outputs hold values of the steps for the gradient. */
  readonly saved: number;
}

function checkSequences(c: InferContext<ScanAttributes>, states: number): Dim {
  const { num_scan_inputs: count, scan_input_axes: axes } = c.attributes;
  let steps: Dim | undefined;
  for (let i = 0; i < count; i++) {
    const dims = dimsOf(c.inputs[states + i]), d = dims[normalAxis(axes?.[i] ?? 0, dims.length)];
    if (typeof steps === "number" && typeof d === "number" && steps !== d) {
      throw new ShapeError(`sequences of ${steps} and ${d} steps`);
    }
    if (steps === undefined || typeof d === "number") steps = d;
  }
  if (steps === undefined) throw new ShapeError("a scan needs a sequence");
  return steps;
}

/** New states. @throws {InputError} where one has another shape than before: values that grow are a Loop's. */
function keptShapes(
  before: readonly (RuntimeValue | undefined)[],
  after: readonly RuntimeValue[],
  step: number,
): readonly RuntimeValue[] {
  after.forEach((value, i) => {
    const old = before[i];
    if (!old || !isTensor(old) || !isTensor(value) || sameShape(old.shape, value.shape)) return;
    throw new InputError(
      `state ${i} is [${old.shape}] before step ${step} and [${value.shape}] after it: it keeps its shape`,
    );
  });
  return after;
}
const axesField = (doc: string) => nullable(list({ doc, of: int({ doc: "axis" }) }));
const directions = (doc: string) =>
  nullable(list({ doc, of: int({ doc: "0 forwards, 1 backwards", min: 0, max: 1 }) }));

/** Scan of ONNX from opset 9 on. */
export const scanForward: OpDef = defineOp<ScanAttributes>({
  name: "Scan",
  since: 25,
  summary: "A nested graph run for each step of sequences, with states carried from step to step",
  attributes: {
    num_scan_inputs: int({ doc: "how many inputs are sequences", min: 1 }),
    scan_input_axes: axesField("the axis of steps of each sequence"),
    scan_input_directions: directions("the direction of each sequence"),
    scan_output_axes: axesField("the axis of steps of each stacked output"),
    scan_output_directions: directions("the direction of each stacked output"),
    captures: capturesField,
    saved: int({ doc: "how many last outputs are kept for the gradient", default: 0, min: 0 }),
  },
  arity: [1, Infinity],
  maxOutputs: Infinity,
  accuracy: "exact",
  infer(c) {
    const { num_scan_inputs, captures, scan_output_axes: axes } = c.attributes;
    const states = c.inputs.length - captures - num_scan_inputs, body = graphOf(c.graphs, "body");
    if (states < 0) {
      throw new ShapeError(
        `${num_scan_inputs} sequences and ${captures} captures, but ${c.inputs.length} inputs`,
      );
    }
    expectInputs(body, c.inputs.length);
    const steps = checkSequences(c, states);
    return outputTypes(body).map((type, i): Type => {
      if (i >= states) return stackedType(type, axes?.[i - states] ?? 0, steps);
      const before = c.inputs[i];
      return before ? unionType(before, type) : type;
    });
  },
  dtypes: (c) =>
    outputTypes(graphOf(c.graphs, "body")).map((t) => (t.kind === "tensor" ? tensorType(t.dtype) : t)),
  plain(inputs, { attributes: a, outputs, limits, graphs, runGraph }) {
    const last = inputs.length - a.captures, states = last - a.num_scan_inputs;
    const captured = inputs.slice(last);
    const sequences = Array.from({ length: a.num_scan_inputs }, (_, i) => {
      const x = tensorAt(inputs, states + i);
      return new Steps(x, normalAxis(a.scan_input_axes?.[i] ?? 0, x.shape.length));
    });
    const count = sequences[0]?.count ?? 0;
    if (sequences.some((s) => s.count !== count)) {
      throw new InputError(`sequences of ${sequences.map((s) => s.count).join(" and ")} steps`);
    }
    let carried: readonly (RuntimeValue | undefined)[] = inputs.slice(0, states);
    const stacked: RuntimeValue[][] = Array.from({ length: outputs - states }, () => []);
    for (let step = 0; step < count; step++) {
      const now = sequences.map((s, i) => s.at(a.scan_input_directions?.[i] ? count - 1 - step : step));
      const done = runGraph("body", [...carried, ...now, ...captured]);
      carried = keptShapes(carried, done.slice(0, states), step);
      for (let i = 0; i < stacked.length; i++) {
        const value = done[states + i];
        if (isTensor(value)) stacked[i]?.push(value);
      }
    }
    const elements = () =>
      boundTypes(graphOf(graphs, "body"), [
        ...shapesOf(inputs.slice(0, states)),
        ...sequences.map((s) => s.shape),
        ...shapesOf(captured),
      ]);
    const results = stacked.map((parts, i) => {
      const ordered = a.scan_output_directions?.[i] ? parts.toReversed() : parts;
      return stack(ordered, a.scan_output_axes?.[i] ?? 0, () => elements()[states + i], limits);
    });
    return [...carried.flatMap((v) => (v === undefined ? [] : [v])), ...results];
  },
});
