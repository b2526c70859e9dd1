/** Loop: a nested graph run a number of times, or while a condition holds. @module */
import { item } from "../../values/item.ts";
import { InputError, LimitError, ShapeError } from "../../values/errors.ts";
import type { InferContext, OpDef } from "../../graph/op.ts";
import { type Dim, freshDim, type Type } from "../../values/shape.ts";
import { isTensor, type RuntimeValue, scalar, toIntegers } from "../../values/tensor.ts";
import { defineOp, knownIntegers, optionalAt } from "../define.ts";
import {
  boundTypes,
  capturesField,
  expectInputs,
  graphOf,
  outputTypes,
  shapesOf,
  stack,
  stackedType,
  unionType,
} from "./nested.ts";

type Attributes = { readonly captures: number };

/** What a carried value may be after any number of trips: its first type where the body keeps it. */
function carriedType(before: Type | undefined, after: Type): Type {
  if (!before) return after;
  return before.kind === "optional" && after.kind !== "optional"
    ? unionType(before.of, after)
    : unionType(before, after);
}
/** An optional that was handed through, as what it holds where the loop's type is that. */
function asTyped(value: RuntimeValue, type: Type | undefined): RuntimeValue {
  if (isTensor(value) || value.kind !== "optional" || type?.kind === "optional") return value;
  if (value.value === undefined) throw new InputError("a loop without trips would give an empty optional");
  return value.value;
}
/** Trips that are known while building: a known count, and a condition that no trip changes. */
function knownTrips(c: InferContext<Attributes>): Dim | undefined {
  const body = graphOf(c.graphs, "body"), next = body.outputs[0]?.id, start = c.known(1);
  const trips = knownIntegers(c, 0)?.[0] ?? c.dims(0)?.[0];
  const fixed = body.inputs.find((i) => i.id === next), kept = fixed && body.inputs.indexOf(fixed) === 1;
  const always = fixed?.role === "constant" && Boolean(fixed.value?.data[0]);
  const starts = c.inputs[1] === undefined || Boolean(start?.data[0]);
  return starts && (kept || always) ? trips : undefined;
}

/** Loop of ONNX: carried values may grow from trip to trip; scan outputs are stacked along axis 0. */
export const loopOp: OpDef = defineOp<Attributes>({
  name: "Loop",
  since: 25,
  summary: "A nested graph run again and again, with values carried from trip to trip",
  attributes: { captures: capturesField },
  arity: [1, Infinity],
  maxOutputs: Infinity,
  accuracy: "exact",
  infer(c) {
    const body = graphOf(c.graphs, "body"), carried = c.inputs.length - 2 - c.attributes.captures;
    if (carried < 0) throw new ShapeError(`${c.attributes.captures} captures, but ${c.inputs.length} inputs`);
    expectInputs(body, c.inputs.length);
    const [, ...types] = outputTypes(body), count = knownTrips(c) ?? freshDim();
    if (types.length < carried) {
      throw new ShapeError(`the body gives ${types.length} values for ${carried} carried`);
    }
    return types.map((
      type,
      i,
    ) => (i < carried ? carriedType(c.inputs[2 + i], type) : stackedType(type, 0, count)));
  },
  gradient: "none",
  plain(inputs, { attributes: { captures }, outputs, limits, types, graphs, runGraph }) {
    const limit = optionalAt(inputs, 0), condition = optionalAt(inputs, 1);
    const most = limit ? item(toIntegers(limit), 0) : Infinity, last = inputs.length - captures;
    const captured = inputs.slice(last);
    let carried: readonly (RuntimeValue | undefined)[] = inputs.slice(2, last);
    let goes = condition ? Boolean(condition.data[0]) : true;
    const count = carried.length, scans: RuntimeValue[][] = Array.from({ length: outputs - count }, () => []);
    for (let trip = 0; goes && trip < most; trip++) {
      if (trip >= limits.trips) throw new LimitError(`more than ${limits.trips} trips`);
      const done = runGraph("body", [scalar(trip, "int64"), scalar(true), ...carried, ...captured]);
      const next = done[0];
      goes = isTensor(next) ? Boolean(next.data[0]) : false;
      carried = done.slice(1, 1 + count);
      scans.forEach((list, i) => {
        const value = done[1 + count + i];
        if (value !== undefined) list.push(value);
      });
    }
    const fed = [[], [], ...shapesOf(inputs.slice(2))];
    const stacked = scans.map((list, i) =>
      stack(list, 0, () => boundTypes(graphOf(graphs, "body"), fed)[1 + count + i], limits)
    );
    return [...carried.flatMap((v, i) => (v === undefined ? [] : [asTyped(v, types[i])])), ...stacked];
  },
});
