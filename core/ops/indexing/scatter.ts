/** Operators that write by index into a copy, one over the other or brought together. @module */
import type { Builder } from "../../graph/builder.ts";
import { dtypes, isBig, isNarrowFloat } from "../../values/dtype.ts";
import { InputError } from "../../values/errors.ts";
import type { Value } from "../../graph/graph.ts";
import type { OpDef } from "../../graph/op.ts";
import { choice, int } from "../../values/schema.ts";
import { asTensor } from "../../values/shape.ts";
import { castTensor, copyOf, type Tensor, toNumbers } from "../../values/tensor.ts";
import { anyType, defineOp, indexTypes, inputOf, keepsType, tensorAt } from "../define.ts";
import { eachLine, eachTuple } from "../indices.ts";
import { zerosLike } from "./positions.ts";

type Reduction = "none" | "add" | "mul" | "max" | "min";
const reductionField = choice({
  doc: "how updates meet what is there",
  default: "none",
  of: ["none", "add", "mul", "max", "min"],
});

type Combine = (a: number, b: number) => number;
/** Brings an update together with what is there; the same code on numbers and BigInts. */
function combiner(reduction: Reduction): Combine {
  switch (reduction) {
    case "none":
      return (_, v) => v;
    case "add":
      return (a, v) => a + v;
    case "mul":
      return (a, v) => a * v;
    case "max":
      return (a, v) => (v > a || v !== v ? v : a);
    case "min":
      return (a, v) => (v < a || v !== v ? v : a);
  }
}
/** Runs `write` on a copy of the data as numbers (BigInts stay), and gives it back in its type. */
function scattered(
  data: Tensor,
  updates: Tensor,
  reduction: Reduction,
  write: (to: Float64Array, from: Float64Array, put: Combine) => void,
): Tensor {
  const put = combiner(reduction);
  const wide = reduction !== "none" && (isNarrowFloat(data.dtype) || data.dtype === "float32");
  if (!wide || isBig(data.dtype)) {
    const out = copyOf(data);
    write(out.data as Float64Array, updates.data as Float64Array, put);
    return out;
  }
  const to = Float64Array.from(toNumbers(data));
  write(to, toNumbers(updates) as Float64Array, put);
  return castTensor({ dtype: "float64", shape: data.shape, data: to }, data.dtype);
}

/** Gradients of data and updates; `read` picks from a value of the data's shape what the indices name. */
function scatterVjp(
  b: Builder,
  [data, , updates]: readonly (Value | undefined)[],
  y: Value,
  dy: Value,
  reduction: Reduction,
  read: (v: Value) => Value,
  clear: (v: Value, zeros: Value) => Value,
): readonly (Value | undefined)[] {
  if (!data || !updates) return [];
  const { dtype } = asTensor(data.type);
  switch (reduction) {
    case "none":
      return [clear(dy, zerosLike(b, updates)), undefined, read(dy)];
    case "add":
      return [dy, undefined, read(dy)];
    case "mul": {
      // Defined where neither data nor updates are zero.
      const share = b.mul(dy, y);
      return [b.div(share, data), undefined, b.div(read(share), updates)];
    }
    default: {
      const hit = (v: Value, of: Value) => b.cast(b.equal(v, of), { to: dtype });
      return [
        b.mul(dy, hit(data, y)),
        undefined,
        b.mul(read(dy), hit(updates, read(y))),
      ];
    }
  }
}

type Elements = { readonly axis: number; readonly reduction: Reduction };
const scatterElements = defineOp<Elements>({
  name: "ScatterElements",
  since: 18,
  summary: "The data with single elements written along an axis",
  attributes: { axis: int({ doc: "axis that is indexed", default: 0 }), reduction: reductionField },
  arity: [3, 3],
  accuracy: "rounding",
  infer(c) {
    inputOf(c, 1, indexTypes);
    const x = inputOf(c, 0);
    inputOf(c, 2, [x.dtype]);
    return [x];
  },
  vjp(b, { inputs, outputs: [y], attributes: { axis, reduction } }, [dy]) {
    const indices = inputs[1];
    if (!y || !dy || !indices) return [];
    const read = (v: Value) => b.gatherElements(v, indices, { axis });
    const clear = (v: Value, zeros: Value) => b.scatterElements(v, indices, zeros, { axis });
    return scatterVjp(b, inputs, y, dy, reduction, read, clear);
  },
  plain(inputs, { attributes: { axis, reduction } }) {
    const data = tensorAt(inputs, 0), indices = tensorAt(inputs, 1), updates = tensorAt(inputs, 2);
    if (updates.data.length !== indices.data.length * dtypes[data.dtype].per) {
      throw new InputError(`updates [${updates.shape}] and indices [${indices.shape}] must have one shape`);
    }
    const result = scattered(data, updates, reduction, (to, from, put) => {
      eachLine(data.shape, indices, axis, (at, place) => {
        to[place] = put(to[place] as number, from[at] as number);
      });
    });
    return [result];
  },
});

const scatter = defineOp<{ readonly axis: number }>({
  name: "Scatter",
  since: 11,
  summary: "The old name of ScatterElements",
  attributes: { axis: int({ doc: "axis that is indexed", default: 0 }) },
  arity: [3, 3],
  accuracy: "exact",
  infer: keepsType(anyType),
  body: (b, inputs, { axis }) => [b.one("ScatterElements", inputs, { axis })],
});

const scatterND = defineOp<{ readonly reduction: Reduction }>({
  name: "ScatterND",
  since: 18,
  summary: "The data with slices written at index tuples",
  attributes: { reduction: reductionField },
  arity: [3, 3],
  accuracy: "rounding",
  infer(c) {
    inputOf(c, 1, ["int64", "int32"]);
    const x = inputOf(c, 0);
    inputOf(c, 2, [x.dtype]);
    return [x];
  },
  vjp(b, { inputs, outputs: [y], attributes: { reduction } }, [dy]) {
    const indices = inputs[1];
    if (!y || !dy || !indices) return [];
    const read = (v: Value) => b.gatherND(v, indices);
    const clear = (v: Value, zeros: Value) => b.scatterND(v, indices, zeros);
    return scatterVjp(b, inputs, y, dy, reduction, read, clear);
  },
  plain(inputs, { attributes: { reduction } }) {
    const data = tensorAt(inputs, 0), indices = tensorAt(inputs, 1), updates = tensorAt(inputs, 2);
    const result = scattered(data, updates, reduction, (to, from, put) => {
      const starts: number[] = [];
      const run = eachTuple(data.shape, indices, 0, (_, start) => starts.push(start));
      if (starts.length * run !== from.length) {
        throw new InputError(
          `updates [${updates.shape}] must hold ${starts.length} slices of ${run} elements`,
        );
      }
      starts.forEach((start, tuple) => {
        for (let i = 0; i < run; i++) {
          to[start + i] = put(to[start + i] as number, from[tuple * run + i] as number);
        }
      });
    });
    return [result];
  },
});

/** Operators that write by index. */
export const scatterOps: readonly OpDef[] = [scatterElements, scatter, scatterND];
