/** Keras 3's rarer elementwise operations: of bits, of whole numbers, special functions. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import { isFloat } from "../../../core/values/dtype.ts";
import type { Value } from "../../../core/graph/graph.ts";
import { asFloat, cast, dtypeOf, range, scalarLike, shapeOf } from "../../../core/ops/words.ts";
import { binary, floats, unary } from "./elementwise.ts";
import type { Given, Operation, Operations } from "./given.ts";
import { bessel, erfinv } from "./special.ts";
import { below, plus, times } from "./terms.ts";

const like = (b: Builder, value: number, x: Value) => scalarLike(b, value, x);

/** The angle of (x, y), in (−π, π]. */
function arctan2(b: Builder, y: Value, x: Value): Value {
  const [ax, ay] = [b.abs(x), b.abs(y)];
  const most = b.max([ax, ay]), least = b.min([ax, ay]);
  // Both zero, and both infinite, have a ratio of their own.
  const same = b.equal(ax, ay), none = b.equal(most, like(b, 0, most));
  const ratio = b.div(
    b.where(same, b.where(none, like(b, 0, x), like(b, 1, x)), least),
    b.where(same, like(b, 1, x), most),
  );
  const angle = b.atan(ratio), steep = b.greater(ay, ax);
  const first = b.where(steep, b.sub(like(b, Math.PI / 2, x), angle), angle);
  const half = b.where(isNegative(b, x), b.sub(like(b, Math.PI, x), first), first);
  return b.where(isNegative(b, y), b.neg(half), half);
}
/** True for negative numbers, and for −0. */
function isNegative(b: Builder, x: Value): Value {
  const zero = b.equal(x, like(b, 0, x));
  const negativeZero = b.and(zero, below(b, b.reciprocal(x), 0));
  return b.or(below(b, x, 0), negativeZero);
}
function sinc(b: Builder, x: Value): Value {
  const at = times(b, x, Math.PI), zero = b.equal(at, like(b, 0, at)), one = like(b, 1, at);
  return b.where(zero, one, b.div(b.sin(at), b.where(zero, one, at)));
}
/** The next number of float32 towards another, by its bits. */
function nextafter(b: Builder, x: Value, y: Value): Value {
  const bits = b.bitCast(x, { to: 6 }), up = b.less(x, y);
  const away = b.equal(up, b.greater(x, like(b, 0, x)));
  const step = b.where(away, b.scalar(1, "int32"), b.scalar(-1, "int32"));
  const next = b.bitCast(b.add(bits, step), { to: 1 });
  const tiny = b.where(up, like(b, 2 ** -149, x), like(b, -(2 ** -149), x));
  const moved = b.where(b.equal(x, like(b, 0, x)), tiny, next);
  return b.where(b.equal(x, y), y, moved);
}
/** The greater or lesser of two numbers, of which NaN is none. */
const numberOf = (op: string) =>
  binary((b, x, y) => {
    if (!isFloat(dtypeOf(x))) return b.one(op, [x, y]);
    const [noX, noY] = [b.isNaN(x), b.isNaN(y)];
    return b.where(noX, y, b.where(noY, x, b.one(op, [x, y])));
  });
/** Bits of whole numbers; Keras names the arguments x and y here. */
const bits = (build: (b: Builder, x: Value, y: Value) => Value): Operation => ({
  args: ["x", "y"],
  build(given) {
    return build(given.b, ...given.pair("x", "y"));
  },
});
const whole = (op: string) =>
  bits((b, x, y) => dtypeOf(x) === "bool" ? b.one(op.replace("Bitwise", ""), [x, y]) : b.one(op, [x, y]));
const power = (b: Builder, y: Value, x: Value) =>
  cast(b, b.pow(b.scalar(2, "float64"), cast(b, y, "float64")), dtypeOf(x));
const leftShift = bits((b, x, y) => b.mul(x, power(b, y, x)));
const rightShift = bits((b, x, y) => {
  const by = power(b, y, x);
  return b.div(b.sub(x, b.mod(x, by)), by);
});
const inverted: Operation = {
  args: ["x"],
  build: (given) => {
    const x = given.value("x");
    return given.b.one(dtypeOf(x) === "bool" ? "Not" : "BitwiseNot", [x]);
  },
};
/** The greatest common divisor by as many of Euclid's steps as 32 bits take (Lamé 1844). */
function gcd(b: Builder, x: Value, y: Value): Value {
  let [p, q] = [b.abs(x), b.abs(y)];
  const zero = like(b, 0, p), one = like(b, 1, p);
  for (const _ of range(0, 46)) {
    const done = b.equal(q, zero), rest = b.mod(p, b.where(done, one, q));
    [p, q] = [b.where(done, p, q), b.where(done, zero, rest)];
  }
  return p;
}
function lcm(b: Builder, x: Value, y: Value): Value {
  const common = gcd(b, x, y), none = b.equal(common, like(b, 0, common));
  const part = b.div(b.abs(x), b.where(none, like(b, 1, common), common));
  return b.mul(part, b.abs(y));
}
/** |x1 − x2| ≤ atol + rtol·|x2|. */
function close(given: Given): Value {
  const { b } = given, [p, q] = given.pair("x1", "x2"), [x, y] = [asFloat(b, p), asFloat(b, q)];
  const rtol = given.has("rtol") ? given.number("rtol") : 1e-5,
    atol = given.has("atol") ? given.number("atol") : 1e-8;
  const bound = plus(b, times(b, b.abs(y), rtol), atol);
  const near = b.lessOrEqual(b.abs(b.sub(x, y)), bound);
  const finite = (v: Value) => b.not(b.or(b.isInf(v), b.isNaN(v)));
  const both = b.and(b.and(finite(x), finite(y)), near);
  const same = b.or(both, b.equal(x, y));
  if (!given.flag("equal_nan")) return same;
  return b.or(same, b.and(b.isNaN(x), b.isNaN(y)));
}
const infinite = (sign: 1 | -1): Operation =>
  unary((b, x) => b.isInf(x, { detect_negative: sign < 0 ? 1 : 0, detect_positive: sign > 0 ? 1 : 0 }));
/** Values of a type, no further than it reaches. */
function saturated(given: Given): Value {
  const { b } = given, x = given.value("x"), to = given.dtype() ?? "float32";
  const size = /^(u?)int(\d+)$/.exec(to);
  if (!size) return cast(b, x, to);
  const width = Number(size[2]), low = size[1] ? 0 : -(2 ** (width - 1));
  // The highest that both types hold: beyond 2^24 float32 has no odd numbers.
  const high = Math.min(
    2 ** (size[1] ? width : width - 1) - 1,
    isFloat(dtypeOf(x)) ? 2 ** 31 - 128 : Infinity,
  );
  const held = isFloat(dtypeOf(x)) ? x : cast(b, x, "int64");
  const cut = b.min([b.max([held, like(b, low, held)]), like(b, high, held)]);
  return cast(b, cut, to);
}
const same: Operation = { args: ["x"], build: (given) => given.value("x") };
const typed: Operation = {
  args: ["x"],
  build(given) {
    const x = given.value("x"), dtype = given.dtype();
    return dtype ? cast(given.b, x, dtype) : x;
  },
};
/** True where an element of the second is. */
function isIn(given: Given): Value {
  const { b } = given, [x, list] = given.pair("x1", "x2");
  given.flag("assume_unique");
  const apart = b.unsqueeze(x, b.ints([shapeOf(x.type).length]));
  const equal = cast(b, b.equal(apart, b.reshape(list, b.ints([-1]))), "int32");
  const any = cast(b, b.reduceMax(equal, b.ints([-1]), { keepdims: 0 }), "bool");
  return given.flag("invert") ? b.not(any) : any;
}
/** How many of the sorted numbers are below each value, or at it as well. */
function counted(b: Builder, sorted: Value, values: Value, op: "Less" | "LessOrEqual"): Value {
  const apart = b.unsqueeze(values, b.ints([shapeOf(values.type).length]));
  const hits = cast(b, b.one(op, [sorted, apart]), "int32");
  return b.reduceSum(hits, b.ints([-1]), { keepdims: 0 });
}
const searched: Operation = {
  args: ["sorted_sequence", "values"],
  build(given) {
    const [sorted, values] = given.pair("sorted_sequence", "values");
    return counted(given.b, sorted, values, given.get("side") === "right" ? "LessOrEqual" : "Less");
  },
};
const digitized: Operation = {
  args: ["x", "bins"],
  build(given) {
    const { b } = given, x = given.float("x");
    return counted(b, cast(b, given.value("bins"), "float32"), x, "LessOrEqual");
  },
};
const named = (make: Operation, names: string): Operations =>
  Object.fromEntries(names.split(" ").map((name) => [name, make]));

/** Rarer elementwise operations by class name. */
export const numbers: Operations = {
  ...named(same, "Real Conj Conjugate"),
  ...named(typed, "Array ConvertToTensor"),
  ...named(inverted, "BitwiseInvert BitwiseNot"),
  ...named(leftShift, "BitwiseLeftShift LeftShift"),
  ...named(rightShift, "BitwiseRightShift RightShift"),
  BitwiseAnd: whole("BitwiseAnd"),
  BitwiseOr: whole("BitwiseOr"),
  BitwiseXor: whole("BitwiseXor"),
  Angle: unary((b, x) => {
    const y = b.where(below(b, x, 0), like(b, Math.PI, x), like(b, 0, x));
    return b.where(b.isNaN(x), x, y);
  }),
  Imag: { args: ["x"], build: (given) => times(given.b, given.value("x"), 0) },
  Isreal: {
    args: ["x"],
    build: (given) => {
      const x = given.value("x");
      return given.b.or(given.b.equal(x, x), given.b.scalar(true, "bool"));
    },
  },
  Arctan2: floats((b, y, x) => arctan2(b, y, x)),
  Heaviside: floats((b, x, y) => {
    const zero = like(b, 0, x), atZero = b.equal(x, zero);
    const side = b.where(below(b, x, 0), zero, like(b, 1, x));
    return b.where(atZero, y, b.where(b.isNaN(x), x, side));
  }),
  Logaddexp2: floats((b, x, y) => {
    const top = b.max([x, y]), gap = times(b, b.sub(b.min([x, y]), top), Math.LN2);
    return plus(b, times(b, b.softplus(gap), Math.LOG2E), top);
  }),
  Ldexp: {
    args: ["x1", "x2"],
    build(given) {
      const { b } = given, x = given.float("x1"), two = b.scalar(2, dtypeOf(x));
      return b.mul(x, b.pow(two, cast(b, given.value("x2"), dtypeOf(x))));
    },
  },
  Fmax: numberOf("Max"),
  Fmin: numberOf("Min"),
  Fmod: binary((b, x, y) => b.mod(x, y, { fmod: 1 })),
  Gcd: binary(gcd),
  Lcm: binary(lcm),
  Nextafter: floats(nextafter),
  Isclose: { args: ["x1", "x2", "rtol", "atol"], build: close },
  AllClose: {
    args: ["x1", "x2"],
    build(given) {
      const { b } = given, all = cast(b, close(given), "int32");
      return cast(b, b.reduceMin(all, { keepdims: 0 }), "bool");
    },
  },
  Isneginf: infinite(-1),
  Isposinf: infinite(1),
  IsIn: { args: ["x1", "x2"], build: isIn },
  SearchSorted: searched,
  Digitize: digitized,
  I0: unary((b, x) => bessel(b, x)),
  Sinc: unary(sinc),
  Erfc: unary((b, x) => b.sub(like(b, 1, x), b.erf(x))),
  Erfinv: unary(erfinv),
  SaturateCast: { args: ["x"], build: saturated },
  View: {
    args: ["x"],
    build(given) {
      const to = given.dtype() ?? "float32", codes = { float32: 1, int32: 6, uint32: 12, int64: 7 } as const;
      const code = Object.hasOwn(codes, to) ? codes[to as keyof typeof codes] : undefined;
      if (code === undefined) throw given.refuse("dtype");
      return given.b.bitCast(given.value("x"), { to: code });
    },
  },
  Select: {
    args: ["condlist", "choicelist", "default"],
    build(given) {
      const { b } = given, conditions = given.get("condlist"), choices = given.get("choicelist");
      if (!Array.isArray(conditions) || !Array.isArray(choices)) throw given.refuse("condlist");
      const otherwise = given.get("default") ?? 0;
      const values = given.promoted([...choices, otherwise], "choicelist"), last = values.at(-1);
      if (!last) throw given.refuse("choicelist");
      return given.promoted(conditions, "condlist").reduceRight(
        (rest, c, i) => b.where(cast(b, c, "bool"), values[i] ?? last, rest),
        last,
      );
    },
  },
  UnravelIndex: {
    args: ["indices"],
    build(given) {
      const { b } = given, sizes = given.integers("shape");
      let rest = given.value("indices");
      // Keras on TensorFlow counts off the first size first, where the places are more than a vector.
      const order = shapeOf(rest.type).length === 1 ? sizes.toReversed() : sizes;
      return order.map((size) => {
        const by = like(b, size, rest), at = b.mod(rest, by);
        rest = b.div(b.sub(rest, at), by);
        return at;
      }).reverse();
    },
  },
  Vander: {
    args: ["x"],
    build(given) {
      const { b } = given, x = given.value("x"), one = b.scalar(1, "int64");
      const size = b.squeeze(b.shape(x, { start: 0, end: 1 }), b.ints([0]));
      const count = given.has("N") ? b.scalar(given.number("N"), "int64") : size;
      const rising = b.range(b.scalar(0, "int64"), count, one);
      const falling = b.range(b.sub(count, one), b.scalar(-1, "int64"), b.scalar(-1, "int64"));
      const powers = cast(b, given.flag("increasing") ? rising : falling, "float32");
      const column = b.unsqueeze(asFloat(b, x), b.ints([1]));
      return cast(b, b.pow(column, powers), dtypeOf(x));
    },
  },
};
