import { deepStrictEqual } from "node:assert/strict";
import type { ElementwiseNode, ElementwiseSpec } from "../../../room/lowering/loops.ts";
import { elementwise } from "./elementwise.ts";
import { Harness, near, numbers } from "../harness_test.ts";

type Data = Float32Array | Int32Array | BigInt64Array | Uint8Array;

/** Applies nodes to contiguous inputs of one length; `dtypes` are the outputs' types. */
function run(
  inputs: readonly { data: Data; dtype: ElementwiseSpec["inputs"][number]["dtype"]; inner?: 0 | 1 }[],
  nodes: readonly ElementwiseNode[],
  dtypes: readonly ElementwiseSpec["outputs"][number]["dtype"][],
  n: number,
): Data[] {
  const first = inputs.length + nodes.length - dtypes.length;
  const kernel = elementwise({
    inputs: inputs.map(({ dtype, inner = 1 }) => ({ dtype, inner })),
    nodes,
    outputs: dtypes.map((dtype, i) => ({ dtype, value: first + i })),
    rank: 0,
  });
  const h = new Harness();
  const args: Record<string, number> = { n };
  inputs.forEach(({ data }, i) => args[`x${i}`] = h.put(data));
  const outputs = dtypes.map((dtype) =>
    dtype === "i64"
      ? new BigInt64Array(n)
      : dtype === "f32"
      ? new Float32Array(n)
      : dtype === "i32"
      ? new Int32Array(n)
      : new Uint8Array(n)
  );
  outputs.forEach((data, i) => args[`y${i}`] = h.put(data));
  h.run(kernel, args);
  return outputs.map((data, i) => {
    const bytes = h.bytes(args[`y${i}`] ?? 0, data.byteLength);
    new Uint8Array(data.buffer).set(bytes);
    return data;
  });
}

Deno.test("every length is computed to its last element and no further", () => {
  for (let n = 0; n <= 37; n++) {
    const [a, b] = [numbers(n, 1), numbers(n, 2)];
    const nodes: ElementwiseNode[] = [{ op: "mul", args: [0, 1] }];
    const [y] = run([{ data: a, dtype: "f32" }, { data: b, dtype: "f32" }], nodes, ["f32"], n);
    near(y as Float32Array, a.map((x, i) => x * (b[i] ?? NaN)), 0);
  }
});

Deno.test("outer loops follow each operand's strides, in any inner stride", () => {
  // y[i, j, k] = a[k, i] + b[j] · c[i, j, k], y with a gap after each row.
  const [I, J, K] = [2, 3, 5];
  const [a, b, c] = [numbers(K * I, 1), numbers(J, 2), numbers(I * J * K, 3)];
  const kernel = elementwise({
    inputs: [{ dtype: "f32", inner: "any" }, { dtype: "f32", inner: 0 }, { dtype: "f32", inner: 1 }],
    nodes: [{ op: "mul", args: [1, 2] }, { op: "add", args: [0, 3] }],
    outputs: [{ dtype: "f32", value: 4 }, { dtype: "f32", value: 3, inner: "any" }],
    rank: 2,
  });
  const h = new Harness();
  const [Y, Z] = [h.put(new Float32Array(I * J * (K + 1))), h.put(new Float32Array(I * J * K))];
  h.run(kernel, {
    ...{ e0: I, e1: J, n: K, x0: h.put(a), x0s0: 4, x0s1: 0, x0si: I * 4 },
    ...{ x1: h.put(b), x1s0: 0, x1s1: 4, x2: h.put(c), x2s0: J * K * 4, x2s1: K * 4 },
    ...{ y0: Y, y0s0: J * (K + 1) * 4, y0s1: (K + 1) * 4, y1: Z, y1s0: 4, y1s1: I * K * 4, y1si: I * 4 },
  });
  const [y, z] = [h.f32(Y, I * J * (K + 1)), h.f32(Z, I * J * K)];
  for (let i = 0; i < I; i++) {
    for (let j = 0; j < J; j++) {
      for (let k = 0; k < K; k++) {
        const product = Math.fround((b[j] ?? NaN) * (c[(i * J + j) * K + k] ?? NaN));
        deepStrictEqual(z[(j * K + k) * I + i], product);
        deepStrictEqual(y[(i * J + j) * (K + 1) + k], Math.fround((a[k * I + i] ?? NaN) + product));
      }
    }
  }
});

Deno.test("an output may lie on its input", () => {
  const kernel = elementwise({
    inputs: [{ dtype: "f32", inner: 1 }],
    nodes: [{ op: "relu", args: [0] }],
    outputs: [{ dtype: "f32", value: 1 }],
    rank: 0,
  });
  const h = new Harness();
  const x = numbers(23);
  const X = h.put(x);
  h.run(kernel, { n: 23, x0: X, y0: X });
  near(h.f32(X, 23), x.map((v) => Math.max(0, v)), 0);
});

Deno.test("powers follow IEEE's special cases", () => {
  const values = [
    0,
    -0,
    1,
    -1,
    2,
    -2,
    0.5,
    -0.5,
    3,
    -3,
    1.5,
    1e-30,
    1e30,
    2 ** -140,
    Infinity,
    -Infinity,
    NaN,
  ];
  const pairs = values.flatMap((x) => values.map((y) => [x, y] as const));
  const [x, y] = [0, 1].map((k) => Float32Array.from(pairs, (pair) => pair[k] ?? NaN)) as [
    Float32Array,
    Float32Array,
  ];
  const [z] = run([{ data: x, dtype: "f32" }, { data: y, dtype: "f32" }], [{ op: "pow", args: [0, 1] }], [
    "f32",
  ], pairs.length);
  pairs.forEach((_, i) => {
    const [a = NaN, b = NaN] = [x[i], y[i]];
    // IEEE says 1 where JavaScript says NaN.
    const expected = a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : Math.fround(a ** b);
    const actual = Number(z?.[i]);
    const close = Object.is(actual, expected) || Math.abs(actual - expected) <= Math.abs(expected) * 2 ** -23;
    deepStrictEqual([a, b, close ? expected : actual], [a, b, expected]);
  });
});

Deno.test("powers with a known exponent are products and roots", () => {
  const x = numbers(9).map(Math.abs);
  for (const exponent of [1, 2, 3, -1, 0.5, -0.5, 2.2]) {
    const nodes: ElementwiseNode[] = [{ op: "const", dtype: "f32", value: exponent }, {
      op: "pow",
      args: [0, 1],
    }];
    const [y] = run([{ data: x, dtype: "f32" }], nodes, ["f32"], 9);
    x.forEach((v, i) => near([Number(y?.[i]) / v ** exponent], [1], 3e-7));
  }
});

Deno.test("remainders have the sign of the dividend or the divisor", () => {
  const x = new Float32Array([5.5, -5.5, 5.5, -5.5, 1e7, 3, 0, 6, -6]);
  const y = new Float32Array([2, 2, -2, -2, 0.3, Infinity, 2, 3, 3]);
  const inputs = [{ data: x, dtype: "f32" }, { data: y, dtype: "f32" }] as const;
  const [f] = run(inputs, [{ op: "fmod", args: [0, 1] }], ["f32"], 9);
  near(f as Float32Array, x.map((v, i) => v % (y[i] ?? NaN)), 0);
  const [m] = run(inputs, [{ op: "mod", args: [0, 1] }], ["f32"], 8);
  near((m as Float32Array).subarray(0, 4), [1.5, 0.5, -0.5, -1.5], 0);
});

Deno.test("comparisons, logic and where work on every type", () => {
  const f = new Float32Array([1, 2, NaN, -1, 0, 3]);
  const g = new Float32Array([2, 2, 1, NaN, -0, -3]);
  const nodes: ElementwiseNode[] = [
    { op: "lt", args: [0, 1] },
    { op: "eq", args: [0, 1] },
    { op: "or", args: [2, 3] },
    { op: "not", args: [4] },
    { op: "where", args: [5, 0, 1] },
  ];
  const [le, not, picked] = run([{ data: f, dtype: "f32" }, { data: g, dtype: "f32" }], nodes, [
    "bool",
    "bool",
    "f32",
  ], 6);
  deepStrictEqual([...(le ?? [])], [1, 1, 0, 0, 1, 0]);
  deepStrictEqual([...(not ?? [])], [0, 0, 1, 1, 0, 1]);
  deepStrictEqual([...(picked ?? [])], [2, 2, NaN, -1, -0, 3]);
  const [a, b] = [new BigInt64Array([1n, -5n, 2n ** 40n]), new BigInt64Array([2n, -5n, 3n])];
  const longs: ElementwiseNode[] = [{ op: "ge", args: [0, 1] }, { op: "where", args: [2, 0, 1] }];
  const [ge, larger] = run([{ data: a, dtype: "i64" }, { data: b, dtype: "i64" }], longs, ["bool", "i64"], 3);
  deepStrictEqual([...(ge ?? [])], [0, 1, 1]);
  deepStrictEqual([...(larger ?? [])], [2n, -5n, 2n ** 40n]);
});

Deno.test("integers add, divide and compare", () => {
  const [a, b] = [new Int32Array([7, -7, 2147483647, 5, 0]), new Int32Array([2, 2, 1, -3, 4])];
  const inputs = [{ data: a, dtype: "i32" }, { data: b, dtype: "i32" }] as const;
  const nodes: ElementwiseNode[] = [
    { op: "add", args: [0, 1] },
    { op: "div", args: [0, 1] },
    { op: "mod", args: [0, 1] },
    { op: "fmod", args: [0, 1] },
    { op: "max", args: [0, 1] },
  ];
  const results = run(inputs, nodes, ["i32", "i32", "i32", "i32", "i32"], 5).map((y) => [...y]);
  deepStrictEqual(results, [
    [9, -5, -2147483648, 2, 4],
    [3, -3, 2147483647, -1, 0],
    [1, 1, 0, -1, 0],
    [1, -1, 0, 2, 0],
    [7, 2, 2147483647, 5, 4],
  ]);
});

Deno.test("casts go between all types, whatever the length", () => {
  const to = ["f32", "i32", "i64", "bool"] as const;
  const from = [
    { dtype: "f32", data: new Float32Array([1.9, -1.9, 0, 300, 2 ** 33]) },
    { dtype: "i32", data: new Int32Array([1, -2, 0, 300, 7]) },
    { dtype: "i64", data: new BigInt64Array([1n, -2n, 0n, 300n, 2n ** 33n]) },
    { dtype: "bool", data: new Uint8Array([1, 0, 0, 1, 1]) },
    { dtype: "u8", data: new Uint8Array([1, 255, 0, 3, 4]) },
  ] as const;
  for (const { dtype, data } of from) {
    for (const type of to) {
      const nodes: ElementwiseNode[] = [{ op: "cast", to: type, args: [0] }];
      const [y = new Uint8Array()] = run([{ data, dtype }], nodes, [type], 5);
      const expected = Array.from(data as ArrayLike<number | bigint>, (x): number | bigint => {
        const n = Number(x);
        if (type === "bool") return n === 0 ? 0 : 1;
        if (type === "f32") return n;
        if (type === "i64") return BigInt(Math.trunc(n));
        if (dtype === "i64") return Number(BigInt.asIntN(32, BigInt(x)));
        // A float that no int32 is near becomes the least one.
        return n < 2 ** 31 ? Math.trunc(n) : -(2 ** 31);
      });
      deepStrictEqual(
        [...y].map(String),
        expected.map((x) => String(type === "f32" ? Math.fround(Number(x)) : x)),
        `${dtype} to ${type}`,
      );
    }
  }
});
