/** `lapis.Scan8`: the Scan of opset 8, which runs each row of a batch by itself. Files that old are read into it. @module */
import { InputError, ShapeError } from "../../values/errors.ts";
import type { OldNode, OpDef } from "../../graph/op.ts";
import { int, list, nullable } from "../../values/schema.ts";
import { asTensor, dimsOf, type Type } from "../../values/shape.ts";
import { isTensor, type RuntimeValue, type Tensor, toIntegers, zeros } from "../../values/tensor.ts";
import { defineOp, optionalAt, tensorAt } from "../define.ts";
import {
  boundTypes,
  capturesField,
  graphOf,
  outputTypes,
  shapesOf,
  stack,
  stackedType,
  Steps,
} from "./nested.ts";

interface Attributes {
  readonly num_scan_inputs: number;
  readonly directions: readonly number[] | null;
  readonly captures: number;
}

/** A node of opset 8 under our name for it. */
export function upgradeScan(from: number, node: OldNode): OldNode {
  return from < 9 ? { ...node, op: "lapis.Scan8" } : node;
}

/** Scan of opset 8: `[sequence_lens, states…, sequences…, captures…]`, states `[batch, …]`, sequences `[batch, time, …]`. */
export const scan8Op: OpDef = defineOp<Attributes>({
  name: "Scan8",
  domain: "lapis",
  since: 1,
  summary: "Scan as opset 8 had it: each row of the batch by itself, up to its own length",
  attributes: {
    num_scan_inputs: int({ doc: "how many inputs are sequences", min: 1 }),
    directions: nullable(
      list({
        doc: "the direction of each sequence",
        of: int({ doc: "0 forwards, 1 backwards", min: 0, max: 1 }),
      }),
    ),
    captures: capturesField,
  },
  arity: [2, Infinity],
  maxOutputs: Infinity,
  accuracy: "exact",
  infer(c) {
    const { num_scan_inputs, captures } = c.attributes;
    const states = c.inputs.length - 1 - captures - num_scan_inputs;
    if (states < 0) {
      throw new ShapeError(`${num_scan_inputs} sequences expected, but ${c.inputs.length - 1} inputs came`);
    }
    const [batch = 1, time = 1] = dimsOf(c.inputs[1 + states]);
    return outputTypes(graphOf(c.graphs, "body")).map((type, i): Type =>
      i < states ? stackedType(type, 0, batch) : stackedType(stackedType(type, 0, time), 0, batch)
    );
  },
  gradient: "none",
  plain(inputs, { attributes: a, outputs, limits, graphs, runGraph }) {
    const last = inputs.length - a.captures, states = last - 1 - a.num_scan_inputs;
    const captured = inputs.slice(last), lengths = optionalAt(inputs, 0);
    const rowsOf = (i: number) => new Steps(tensorAt(inputs, i), 0);
    const firsts = Array.from({ length: states }, (_, i) => rowsOf(1 + i));
    const sequences = Array.from({ length: a.num_scan_inputs }, (_, i) => rowsOf(1 + states + i));
    // What a step gives, and what a row does where there is none.
    const elements = boundTypes(graphOf(graphs, "body"), [
      ...firsts.map((s) => s.shape),
      ...sequences.map((s) => s.shape.slice(1)),
      ...shapesOf(captured),
    ]);
    const rowType = (i: number) =>
      elements[i] && (i < states ? elements[i] : stackedType(elements[i], 0, sequences[0]?.shape[0] ?? 0));
    const batch = sequences[0]?.count ?? 0,
      results: RuntimeValue[][] = Array.from({ length: outputs }, () => []);
    for (let row = 0; row < batch; row++) {
      const runs = sequences.map((s) => new Steps(s.at(row), 0)), time = runs[0]?.count ?? 0;
      const steps = lengths ? toIntegers(lengths)[row] ?? time : time;
      if (steps < 0 || steps > time) {
        throw new InputError(`sequence_lens[${row}] is ${steps}: expected 0 to ${time}`);
      }
      let carried: readonly RuntimeValue[] = firsts.map((s) => s.at(row));
      const scans: Tensor[][] = Array.from({ length: outputs - states }, () => []);
      for (let step = 0; step < steps; step++) {
        const now = runs.map((s, i) => s.at(a.directions?.[i] ? steps - 1 - step : step));
        const done = runGraph("body", [...carried, ...now, ...captured]);
        carried = done.slice(0, states);
        scans.forEach((part, i) => {
          const value = done[states + i];
          if (isTensor(value)) part.push(value);
        });
      }
      carried.forEach((v, i) => results[i]?.push(v));
      scans.forEach((part, i) => {
        const { dtype, shape = [] } = part[0] ?? asTensor(elements[states + i]);
        while (part.length < time) part.push(zeros(shape.map(Number), dtype));
        results[states + i]?.push(stack(part, 0, () => elements[states + i], limits));
      });
    }
    return results.map((rows, i) => stack(rows, 0, () => rowType(i), limits));
  },
});
