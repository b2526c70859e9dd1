/** Reductions over axes: sums, means, extremes, norms. Narrow sums are added up in float64. @module */
import { scalarLike } from "../words.ts";
import type { Builder } from "../../graph/builder.ts";
import { type DType, isFloat } from "../../values/dtype.ts";
import type { Value } from "../../graph/graph.ts";
import type { InferContext, OpDef } from "../../graph/op.ts";
import { bool } from "../../values/schema.ts";
import {
  addDims,
  asTensor,
  type Dim,
  dimsOf,
  freshDim,
  mulDims,
  tensorType,
  type Type,
} from "../../values/shape.ts";
import { toIntegers } from "../../values/tensor.ts";
import {
  defineOp,
  floats,
  inputOf,
  knownIntegers,
  numeric,
  optionalAt,
  tensorAt,
  vectorLength,
} from "../define.ts";
import { type Fold, logSumExp, reduce, type ReduceAttributes, reducedAxes } from "../windows/fold.ts";
import { axesToInput } from "../layout/reshape.ts";
import { searchOps } from "../indexing/search.ts";

type Attributes = ReduceAttributes;

function reducedType(c: InferContext<Attributes>): Type {
  const { dtype } = asTensor(c.inputs[0]), { keepdims, noop_with_empty_axes: noop } = c.attributes;
  const given = knownIntegers(c, 1);
  if (c.inputs[1] && !given) {
    const dims = dimsOf(c.inputs[0]), n = vectorLength(c, 1);
    if (keepdims) return tensorType(dtype, dims.map(freshDim));
    return tensorType(
      dtype,
      n === undefined || n === 0 ? undefined : Array.from({ length: Math.max(0, dims.length - n) }, freshDim),
    );
  }
  if (!given?.length && !noop && !keepdims) return tensorType(dtype, []);
  const dims = dimsOf(c.inputs[0]), axes = reducedAxes(dims.length, given, noop);
  return tensorType(
    dtype,
    keepdims ? dims.map((d, i) => (axes.has(i) ? 1 : d)) : dims.filter((_, i) => !axes.has(i)),
  );
}

const reduceFields = {
  keepdims: bool({ doc: "keep reduced axes with one element", default: true }),
  noop_with_empty_axes: bool({ doc: "no axes mean none, not all", default: false }),
} as const;

/** A reduction's result (or its gradient) with the reduced axes back, one element each. */
function withAxes(b: Builder, v: Value, axes: Value | undefined, a: Attributes): Value {
  if (a.keepdims || !axes) return v;
  const known = b.knownOf(axes);
  return known && known.data.length === 0 ? v : b.unsqueeze(v, axes);
}
/** The input's shape again. */
function spread(b: Builder, v: Value, x: Value): Value {
  return b.expand(v, b.shape(x));
}

type Vjp = NonNullable<OpDef<Attributes>["vjp"]>;
/** A gradient from x, and y and dy with their axes back. */
function reduceVjp(
  rule: (b: Builder, x: Value, y: Value, dy: Value, again: (op: string, v: Value) => Value) => Value,
): Vjp {
  return (b, { inputs: [x, axes], outputs: [y], attributes }, [dy]) => {
    if (!x || !y || !dy) return [];
    const again = (op: string, v: Value) => b.one(op, [v, axes], { ...attributes, keepdims: true });
    const back = (v: Value) => withAxes(b, v, axes, attributes);
    return [rule(b, x, back(y), back(dy), again)];
  };
}

interface ReduceSpec extends Fold {
  readonly name: string;
  readonly since: number;
  readonly summary: string;
  readonly types?: readonly DType[];
  readonly exact?: boolean;
  readonly vjp?: Vjp;
  readonly body?: NonNullable<OpDef<Attributes>["body"]>;
  readonly dims?: (a: Dim, b: Dim) => Dim;
}
const plus = {
  start: 0,
  add: (sum: number, x: number) => sum + x,
  addBig: (sum: bigint, x: bigint) => sum + x,
} as const;

/** The ties of an extreme share its gradient. */
const extremeVjp = reduceVjp((b, x, y, dy, again) => {
  const { dtype } = asTensor(x.type);
  const hit = b.cast(b.equal(x, y), { to: dtype });
  return b.mul(b.div(hit, again("ReduceSum", hit)), dy);
});
const prodVjp = reduceVjp((b, x, _y, dy, again) => {
  const { dtype } = asTensor(x.type), zero = scalarLike(b, 0, x), one = scalarLike(b, 1, x);
  const empty = b.equal(x, zero), safe = b.where(empty, one, x);
  const product = again("ReduceProd", safe);
  const zeros = again("ReduceSum", b.cast(empty, { to: dtype }));
  const onlyZero = b.where(b.equal(zeros, one), product, zero);
  const others = b.where(b.equal(zeros, zero), b.div(product, safe), zero);
  return b.mul(dy, b.where(empty, onlyZero, others));
});
const meanVjp = reduceVjp((b, x, y, dy) => {
  const count = b.div(b.size(x), b.size(y));
  return spread(b, b.div(dy, b.cast(count, { to: asTensor(x.type).dtype })), x);
});

/** A composite on floats; integers go through float32 and back. */
function asFloat(
  rule: (b: Builder, x: Value, axes: Value | undefined, a: Attributes) => Value,
): NonNullable<OpDef<Attributes>["body"]> {
  return (b, [x, axes], a) => {
    if (!x) return [];
    const { dtype } = asTensor(x.type);
    if (isFloat(dtype)) return [rule(b, x, axes, a)];
    return [b.cast(rule(b, b.cast(x, { to: "float32" }), axes, a), { to: dtype })];
  };
}

const reductions: readonly ReduceSpec[] = [
  {
    name: "ReduceSum",
    since: 13,
    summary: "The sum",
    ...plus,
    dims: addDims,
    vjp: reduceVjp((b, x, _y, dy) => spread(b, dy, x)),
  },
  {
    name: "ReduceMean",
    since: 18,
    summary: "The mean",
    start: 0,
    add: plus.add,
    finish: (sum, n) => sum / n,
    vjp: meanVjp,
  },
  {
    name: "ReduceMax",
    since: 20,
    summary: "The largest",
    types: [...numeric, "bool"],
    exact: true,
    start: -Infinity,
    add: Math.max,
    addBig: (m, x) => (x > m ? x : m),
    vjp: extremeVjp,
  },
  {
    name: "ReduceMin",
    since: 20,
    summary: "The smallest",
    types: [...numeric, "bool"],
    exact: true,
    start: Infinity,
    add: Math.min,
    addBig: (m, x) => (x < m ? x : m),
    vjp: extremeVjp,
  },
  {
    name: "ReduceProd",
    since: 18,
    summary: "The product",
    start: 1,
    add: (p, x) => p * x,
    addBig: (p, x) => p * x,
    dims: mulDims,
    vjp: prodVjp,
  },
  {
    name: "ReduceL1",
    since: 18,
    summary: "The sum of absolute values",
    ...plus,
    map: Math.abs,
    mapBig: (x) => (x < 0n ? -x : x),
    body: asFloat((b, x, axes, a) => b.reduceSum(b.abs(x), axes, { ...a })),
  },
  {
    name: "ReduceL2",
    since: 18,
    summary: "The square root of the sum of squares",
    start: 0,
    add: plus.add,
    map: (x) => x * x,
    finish: Math.sqrt,
    body: asFloat((b, x, axes, a) => b.sqrt(b.reduceSumSquare(x, axes, { ...a }))),
  },
  {
    name: "ReduceSumSquare",
    since: 18,
    summary: "The sum of squares",
    ...plus,
    map: (x) => x * x,
    mapBig: (x) => x * x,
    body: asFloat((b, x, axes, a) => b.reduceSum(b.mul(x, x), axes, { ...a })),
  },
  {
    name: "ReduceLogSum",
    since: 28,
    summary: "The logarithm of the sum",
    types: floats,
    start: 0,
    add: plus.add,
    finish: Math.log,
    body: asFloat((b, x, axes, a) => b.log(b.reduceSum(x, axes, { ...a }))),
  },
];

const fields = (spec: ReduceSpec) => ({
  name: spec.name,
  since: spec.since,
  summary: `${spec.summary} over axes`,
  attributes: reduceFields,
  arity: [1, 2] as const,
  accuracy: spec.exact ? "exact" as const : "rounding" as const,
  upgrade: axesBefore(spec.name === "ReduceSum" ? 13 : 18),
});
function axesBefore(opset: number): NonNullable<OpDef["upgrade"]> {
  return (from, node) => (from < opset ? axesToInput(node) : node);
}
function reduction(spec: ReduceSpec): OpDef {
  const { dims, vjp, body, types = numeric } = spec;
  return defineOp<Attributes>({
    ...fields(spec),
    infer(c) {
      inputOf(c, 0, types);
      return [reducedType(c)];
    },
    ...(dims && {
      propagate(c: InferContext<Attributes>) {
        const parts = c.dims(0);
        if (!parts || asTensor(c.inputs[0]).shape?.length !== 1 || c.attributes.noop_with_empty_axes) {
          return undefined;
        }
        return [parts.reduce<Dim>(dims, spec.start)];
      },
    }),
    ...(vjp && { vjp }),
    ...(body && { body }),
    plain(inputs, { attributes }) {
      const axes = optionalAt(inputs, 1);
      return [reduce(tensorAt(inputs, 0), axes && toIntegers(axes), attributes, spec)];
    },
  });
}

const reduceLogSumExp = defineOp<Attributes>({
  ...fields({ name: "ReduceLogSumExp", since: 28, summary: "ln Σ eˣ", start: 0, add: plus.add }),
  infer(c) {
    inputOf(c, 0, floats);
    return [reducedType(c)];
  },
  vjp: reduceVjp((b, x, y, dy) => b.mul(dy, b.exp(b.sub(x, y)))),
  plain(inputs, { attributes }) {
    const axes = optionalAt(inputs, 1);
    return [logSumExp(tensorAt(inputs, 0), axes && toIntegers(axes), attributes)];
  },
});

/** Reductions, and what finds places along an axis. */
export const reduceOps: readonly OpDef[] = [...reductions.map(reduction), reduceLogSumExp, ...searchOps];
