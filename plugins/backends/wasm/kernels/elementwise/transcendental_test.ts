import { deepStrictEqual, ok } from "node:assert/strict";
import type { UnaryOp } from "../../../room/lowering/loops.ts";
import { elementwise } from "./elementwise.ts";
import { Harness } from "../harness_test.ts";

/** Bit patterns of all float32 at a step that is prime, so that every exponent meets many mantissas. */
const STEP = 8191;

function allFloats(): Float32Array<ArrayBuffer> {
  const bits = Uint32Array.from({ length: Math.floor(2 ** 32 / STEP) }, (_, i) => i * STEP);
  return new Float32Array(bits.buffer);
}

/** Error in units in the last place of the float32 nearest to what is expected. */
function ulps(actual: number, expected: number): number {
  const rounded = Math.fround(expected);
  if (Object.is(actual, rounded) || actual === rounded) return 0;
  if (!Number.isFinite(rounded) || !Number.isFinite(actual)) return Infinity;
  const exponent = Math.max(-126, Math.floor(Math.log2(Math.abs(expected))));
  return Math.abs(actual - expected) / 2 ** (exponent - 23);
}

function apply(op: UnaryOp, x: Float32Array, relaxed?: boolean): Float32Array {
  const h = new Harness();
  const y = new Float32Array(x.length);
  const size = 100_000;
  const X = h.put(new Float32Array(size));
  const Y = h.put(new Float32Array(size));
  const kernel = elementwise({
    inputs: [{ dtype: "f32", inner: 1 }],
    nodes: [{ op, args: [0] }],
    outputs: [{ dtype: "f32", value: 1 }],
    rank: 0,
  });
  const run = h.prepare(kernel, relaxed);
  for (let i = 0; i < x.length; i += size) {
    const part = x.subarray(i, i + size);
    new Float32Array(h.memory.buffer, X, part.length).set(part);
    run({ n: part.length, x0: X, y0: Y });
    y.set(h.f32(Y, part.length), i);
  }
  return y;
}

interface Bound {
  op: UnaryOp;
  exact: (x: number) => number;
  /** Greatest error allowed, in ulp. */
  ulp: number;
  /** Absolute error that is always allowed. */
  absolute?: number;
  domain?: (x: number) => boolean;
}

const erf = (x: number): number => {
  const t = Math.abs(x);
  if (t > 6) return Math.sign(x);
  if (t < 3) {
    let [term, sum] = [x, x];
    for (let n = 1; n < 80; n++) sum += (term *= -x * x / n) / (2 * n + 1);
    return 2 / Math.sqrt(Math.PI) * sum;
  }
  let fraction = t;
  for (let n = 60; n > 0; n--) fraction = t + n / 2 / fraction;
  return Math.sign(x) * (1 - Math.exp(-t * t) / Math.sqrt(Math.PI) / fraction);
};

const BOUNDS: readonly Bound[] = [
  { op: "exp", exact: Math.exp, ulp: 1.03 },
  { op: "expm1", exact: Math.expm1, ulp: 1.7 },
  { op: "log", exact: Math.log, ulp: 0.82 },
  { op: "log1p", exact: Math.log1p, ulp: 2.4 },
  { op: "tanh", exact: Math.tanh, ulp: 2.4 },
  { op: "sigmoid", exact: (x) => 1 / (1 + Math.exp(-x)), ulp: 2.3, absolute: 1.3e-38 },
  { op: "softplus", exact: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), ulp: 2.7 },
  { op: "erf", exact: erf, ulp: 1.2 },
  { op: "sin", exact: Math.sin, ulp: 1.6, absolute: 2 ** -36 },
  { op: "cos", exact: Math.cos, ulp: 1.6, absolute: 2 ** -36 },
  { op: "tan", exact: Math.tan, ulp: 4, absolute: 2 ** -36 },
  { op: "softsign", exact: (x) => Math.abs(x) === Infinity ? NaN : x / (1 + Math.abs(x)), ulp: 1.5 },
];

for (const { op, exact, ulp, absolute = 0, domain = () => true } of BOUNDS) {
  Deno.test(`${op} is within ${ulp} ulp, fused or not`, () => {
    const x = allFloats().filter((value) => Number.isNaN(value) || domain(value));
    for (const relaxed of [undefined, false]) {
      const y = apply(op, x, relaxed);
      let [worst, at] = [0, 0];
      y.forEach((actual, i) => {
        const expected = exact(x[i] ?? NaN);
        if (Math.abs(actual - expected) <= absolute) return;
        const error = ulps(actual, expected);
        if (error > worst) [worst, at] = [error, i];
      });
      if (Deno.env.has("LAPIS_ULPS")) {
        console.log(op, relaxed === false ? "plain" : "fused", worst, x[at], y[at]);
      }
      ok(worst <= ulp, `${op}(${x[at]}) is ${y[at]}, off by ${worst} ulp`);
    }
  });
}

Deno.test("the ends of the range come out as they should", () => {
  const cases: [UnaryOp, number, number][] = [
    ["exp", -Infinity, 0],
    ["exp", Infinity, Infinity],
    ["exp", -103, Math.fround(Math.exp(-103))],
    ["log", 0, -Infinity],
    ["log", -0, -Infinity],
    ["log", -1, NaN],
    ["log", Infinity, Infinity],
    ["log", 2 ** -149, Math.fround(Math.log(2 ** -149))],
    ["tanh", -0, -0],
    ["tanh", 0, 0],
    ["tanh", Infinity, 1],
    ["tanh", -Infinity, -1],
    ["tanh", 2 ** -149, 2 ** -149],
    ["sigmoid", Infinity, 1],
    ["sigmoid", 0, 0.5],
    ["erf", -Infinity, -1],
    ["log1p", -1, -Infinity],
    ["log1p", -2, NaN],
    ["expm1", -Infinity, -1],
    ["expm1", -0, -0],
    ["sin", -0, -0],
    ["sin", Infinity, NaN],
    ["softplus", -Infinity, 0],
    ["softplus", Infinity, Infinity],
    ["sign", -0, -0],
    ["sign", NaN, NaN],
    ["relu", NaN, NaN],
  ];
  for (const [op, x, expected] of cases) {
    deepStrictEqual([op, x, apply(op, new Float32Array([x]))[0]], [op, x, expected]);
  }
});
