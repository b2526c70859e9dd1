/** Arithmetic of two or more operands, broadcast as numpy does. @module */
import { scalarLike } from "../words.ts";
import type { Builder } from "../../graph/builder.ts";
import { type DType, dtypes, isBig, isFloat, isInteger } from "../../values/dtype.ts";
import { UnsupportedError } from "../../values/errors.ts";
import type { Value } from "../../graph/graph.ts";
import type { InferContext, OpDef } from "../../graph/op.ts";
import { bool } from "../../values/schema.ts";
import {
  addDims,
  asTensor,
  broadcastShapes,
  type Dim,
  divDims,
  maxDims,
  minDims,
  mulDims,
  subDims,
  tensorType,
  type Type,
} from "../../values/shape.ts";
import { castTensor, type Tensor } from "../../values/tensor.ts";
import { sumTo } from "../broadcast.ts";
import { toWhole } from "./cast.ts";
import { defineOp, floats, inputOf, numeric, sharedType, tensorAt } from "../define.ts";
import { type Binary, mapBinary } from "../kernels.ts";
import { upgradeBroadcast, upgradeUnary } from "../legacy.ts";

/** The broadcast shape of all inputs under an element type; an unknown rank where one is unknown. */
export function broadcastType(c: InferContext<unknown>, dtype: DType): Type {
  const shapes = c.inputs.map((t) => asTensor(t).shape);
  if (shapes.some((s) => s === undefined)) return tensorType(dtype);
  const shape = broadcastShapes(...shapes as readonly (readonly Dim[])[]);
  const same = c.inputs.find((t) => t?.kind === "tensor" && t.dtype === dtype && t.shape === shape);
  return same ?? tensorType(dtype, shape);
}

/** Contents of an elementwise result on integer vectors. */
export function propagateWith(
  f: (a: Dim, b: Dim) => Dim | undefined,
): (c: InferContext<unknown>) => readonly Dim[] | undefined {
  return (c) => {
    const parts = c.inputs.map((
      t,
      i,
    ) => (t?.kind === "tensor" && isInteger(t.dtype) ? c.dims(i) : undefined));
    let out = parts[0];
    for (const next of parts.slice(1)) {
      const before = out;
      if (!before || !next) return undefined;
      const length = before.length === 1 ? next.length : before.length;
      if (next.length !== 1 && next.length !== length) return undefined;
      const mixed = Array.from({ length }, (_, i) => {
        const a = before[before.length === 1 ? 0 : i], b = next[next.length === 1 ? 0 : i];
        return a === undefined || b === undefined ? undefined : f(a, b);
      });
      if (mixed.some((d) => d === undefined)) return undefined;
      out = mixed as Dim[];
    }
    return out;
  };
}

type Vjp = NonNullable<OpDef["vjp"]>;
/** Gradients of a binary operator from those in the broadcast shape. */
function broadcastVjp(
  rule: (b: Builder, x: Value, y: Value, out: Value, dy: Value) => readonly [() => Value, () => Value],
): Vjp {
  return (b, { inputs: [x, y], outputs: [out] }, [dy], wanted) => {
    if (!x || !y || !out || !dy) return [];
    const [dx, d2] = rule(b, x, y, out, dy);
    return [wanted[0] ? sumTo(b, dx(), x) : undefined, wanted[1] ? sumTo(b, d2(), y) : undefined];
  };
}

interface BinarySpec extends Binary {
  readonly name: string;
  readonly summary: string;
  readonly dims: (a: Dim, b: Dim) => Dim | undefined;
  readonly vjp: Vjp;
}
const numbersOnly = (a: Dim, b: Dim): a is number => typeof a === "number" && typeof b === "number";

const binaries: readonly BinarySpec[] = [
  {
    name: "Add",
    summary: "x + y",
    number: (x, y) => x + y,
    big: (x, y) => x + y,
    dims: addDims,
    vjp: broadcastVjp((_b, _x, _y, _out, dy) => [() => dy, () => dy]),
  },
  {
    name: "Sub",
    summary: "x − y",
    number: (x, y) => x - y,
    big: (x, y) => x - y,
    dims: subDims,
    vjp: broadcastVjp((b, _x, _y, _out, dy) => [() => dy, () => b.neg(dy)]),
  },
  {
    name: "Mul",
    summary: "x·y",
    number: (x, y) => x * y,
    big: (x, y) => x * y,
    int32: Math.imul,
    dims: mulDims,
    vjp: broadcastVjp((b, x, y, _out, dy) => [() => b.mul(dy, y), () => b.mul(dy, x)]),
  },
  {
    name: "Div",
    summary: "x / y; integers round toward zero",
    number: (x, y) => x / y,
    big: (x, y) => (y === 0n ? 0n : x / y),
    dims: (a, b) => (numbersOnly(a, b) ? b === 0 ? undefined : Math.trunc(a / Number(b)) : divDims(a, b)),
    vjp: broadcastVjp((b, _x, y, out, dy) => [
      () => b.div(dy, y),
      () => b.neg(b.div(b.mul(dy, out), y)),
    ]),
  },
];

const arithmetic = binaries.map((spec) =>
  defineOp({
    name: spec.name,
    since: 14,
    summary: spec.summary,
    attributes: {},
    arity: [2, 2],
    accuracy: "rounding",
    infer: (c) => [broadcastType(c, sharedType(c, numeric))],
    propagate: propagateWith(spec.dims),
    vjp: spec.vjp,
    plain: (inputs) => [mapBinary(tensorAt(inputs, 0), tensorAt(inputs, 1), spec)],
    upgrade: upgradeBroadcast,
  })
);

/** x to the power y; as in IEEE, and unlike in JavaScript, 1 to any power is 1, and so is −1 to an infinite one. */
function realPower(x: number, y: number): number {
  return x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x ** y;
}
/** x to the power y for integers, exact and wrapped to the type. */
function bigPower(x: bigint, y: bigint, dtype: DType): bigint {
  if (y < 0n) return x === 1n ? 1n : x === -1n ? (y % 2n === 0n ? 1n : -1n) : 0n;
  const { bits } = dtypes[dtype];
  let out = 1n, base = x;
  for (let rest = y; rest > 0n; rest >>= 1n) {
    if (rest & 1n) out = BigInt.asIntN(bits, out * base);
    base = BigInt.asIntN(bits, base * base);
  }
  return out;
}
function power(x: Tensor, y: Tensor): Tensor {
  const { dtype } = x;
  if (isInteger(dtype) && isInteger(y.dtype)) {
    const wide = (t: Tensor) => castTensor(t, "int64");
    const f: Binary = { number: Math.pow, big: (a, b) => bigPower(a, b, dtype) };
    return castTensor(mapBinary(wide(x), wide(y), f), dtype);
  }
  const wide = isInteger(dtype) ? castTensor(x, "float64") : x;
  const exponent = wide.dtype === "float64" || wide.dtype === y.dtype ? y : castTensor(y, "float64");
  const real = mapBinary(wide, exponent, { number: realPower, big: (a) => a });
  return isInteger(dtype) ? toWhole(real, dtype) : castTensor(real, dtype);
}

const pow = defineOp({
  name: "Pow",
  since: 15,
  summary: "x to the power y; the result has x's type",
  attributes: {},
  arity: [2, 2],
  accuracy: "rounding",
  infer(c) {
    inputOf(c, 1, numeric);
    return [broadcastType(c, inputOf(c, 0, numeric).dtype)];
  },
  vjp(b, { inputs: [x, given], outputs: [out] }, [dy], wanted) {
    if (!x || !given || !out || !dy) return [];
    const { dtype } = asTensor(x.type);
    const y = asTensor(given.type).dtype === dtype ? given : b.cast(given, { to: dtype });
    const one = scalarLike(b, 1, x), zero = scalarLike(b, 0, x);
    const dx = () => b.mul(dy, b.mul(y, b.pow(x, b.sub(y, one))));
    const d2 = () => {
      const positive = b.greater(x, zero);
      const log = b.log(b.where(positive, x, one));
      return b.mul(dy, b.mul(out, log));
    };
    return [
      wanted[0] ? sumTo(b, dx(), x) : undefined,
      wanted[1] && isFloat(asTensor(given.type).dtype) ? sumTo(b, d2(), given) : undefined,
    ];
  },
  plain: (inputs) => [power(tensorAt(inputs, 0), tensorAt(inputs, 1))],
  upgrade: upgradeBroadcast,
});

const floorMod = (x: number, y: number) => {
  const r = x % y;
  return r !== 0 && (r < 0) !== (y < 0) ? r + y : r;
};
const floorModBig = (x: bigint, y: bigint) => {
  if (y === 0n) return 0n;
  const r = x % y;
  return r !== 0n && (r < 0n) !== (y < 0n) ? r + y : r;
};
const mod = defineOp<{ readonly fmod: boolean }>({
  name: "Mod",
  since: 28,
  summary: "The remainder: with y's sign, or with x's where fmod is set",
  attributes: { fmod: bool({ doc: "the sign of x, as C's fmod", default: false }) },
  arity: [2, 2],
  accuracy: "exact",
  infer: (c) => [broadcastType(c, sharedType(c, numeric))],
  propagate: propagateWith((a, b) => (numbersOnly(a, b) && b !== 0 && a >= 0 ? a % Number(b) : undefined)),
  vjp(b, { inputs: [x, y], attributes }, [dy], wanted) {
    if (!x || !y || !dy) return [];
    const d2 = () => {
      const ratio = b.div(x, y);
      const whole = attributes.fmod ? b.mul(b.sign(ratio), b.floor(b.abs(ratio))) : b.floor(ratio);
      return sumTo(b, b.neg(b.mul(dy, whole)), y);
    };
    return [wanted[0] ? sumTo(b, dy, x) : undefined, wanted[1] ? d2() : undefined];
  },
  plain(inputs, { attributes: { fmod } }) {
    const f: Binary = fmod
      ? { number: (x, y) => x % y, big: (x, y) => (y === 0n ? 0n : x % y) }
      : { number: floorMod, big: floorModBig };
    return [mapBinary(tensorAt(inputs, 0), tensorAt(inputs, 1), f)];
  },
});

/** The gradient of a maximum or minimum goes to the first operand that it equals. */
const pickVjp: Vjp = (b, { inputs, outputs: [out] }, [dy], wanted) => {
  if (!out || !dy) return [];
  if (inputs.length === 1) return [dy];
  const zero = scalarLike(b, 0, out);
  let taken: Value | undefined;
  return inputs.map((x, i) => {
    if (!x) return undefined;
    const equal = b.equal(x, out);
    const mine = taken ? b.and(equal, b.not(taken)) : equal;
    taken = taken ? b.or(taken, equal) : equal;
    return wanted[i] ? sumTo(b, b.where(mine, dy, zero), x) : undefined;
  });
};
const spreadVjp =
  (scale: (b: Builder, dy: Value, n: number) => Value): Vjp => (b, { inputs }, [dy], wanted) => {
    if (!dy) return [];
    const each = scale(b, dy, inputs.length);
    return inputs.map((x, i) => (x && wanted[i] ? sumTo(b, each, x) : undefined));
  };

interface VariadicSpec extends Binary {
  readonly name: "Min" | "Max" | "Sum" | "Mean";
  readonly summary: string;
  readonly since: number;
  readonly types: readonly DType[];
  readonly dims?: (a: Dim, b: Dim) => Dim;
  readonly vjp: Vjp;
}
const add = { number: (x: number, y: number) => x + y };
const variadics: readonly VariadicSpec[] = [
  {
    name: "Max",
    since: 13,
    summary: "The largest; NaN wins",
    types: numeric,
    number: Math.max,
    big: (x, y) => (x > y ? x : y),
    dims: maxDims,
    vjp: pickVjp,
  },
  {
    name: "Min",
    since: 13,
    summary: "The smallest; NaN wins",
    types: numeric,
    number: Math.min,
    big: (x, y) => (x < y ? x : y),
    dims: minDims,
    vjp: pickVjp,
  },
  { name: "Sum", since: 13, summary: "The sum", types: floats, ...add, vjp: spreadVjp((_, dy) => dy) },
  {
    name: "Mean",
    since: 13,
    summary: "The mean",
    types: floats,
    ...add,
    vjp: spreadVjp((b, dy, n) => b.mul(dy, scalarLike(b, 1 / n, dy))),
  },
];
function foldTensors(inputs: readonly Tensor[], f: Binary): Tensor {
  if (inputs.length === 0) throw new UnsupportedError("no operands");
  return inputs.slice(1).reduce((sum, x) => mapBinary(sum, x, f), inputs[0] as Tensor);
}
const variadic = variadics.map((spec) =>
  defineOp({
    name: spec.name,
    since: spec.since,
    summary: spec.summary,
    attributes: {},
    arity: [1, Infinity],
    accuracy: spec.dims ? "exact" : "rounding",
    infer: (c) => [broadcastType(c, sharedType(c, spec.types))],
    ...(spec.dims && { propagate: propagateWith(spec.dims) }),
    vjp: spec.vjp,
    upgrade: upgradeUnary,
    plain(inputs) {
      const all = inputs.map((_, i) => tensorAt(inputs, i)), n = all.length;
      const sum = foldTensors(all, spec);
      return [
        spec.name === "Mean" && !isBig(sum.dtype)
          ? mapBinary(sum, { dtype: "float64", shape: [], data: Float64Array.of(n) }, {
            number: (x, y) => x / y,
          })
          : sum,
      ];
    },
  })
);

/** Arithmetic of two or more operands. */
export const arithmeticOps: readonly OpDef[] = [...arithmetic, pow, mod, ...variadic];
