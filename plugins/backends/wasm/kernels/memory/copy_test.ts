/** Copies, transpositions, padding and rows by index against plain loops. @module */
import { deepStrictEqual } from "node:assert/strict";
import { copy, fill } from "./copy.ts";
import { gather, scatterAdd } from "./gather.ts";
import { Harness, near, numbers } from "../harness_test.ts";
import { padImage } from "../convolution/pad.ts";

Deno.test("a transposed copy is right for every remainder of its blocks", () => {
  for (let m = 1; m < 10; m++) {
    for (let n = 1; n < 10; n++) {
      const h = new Harness(), source = numbers(n * m), X = h.put(source), Y = h.put(new Float32Array(m * n));
      h.run(copy({ size: 4, rank: 2, kind: "transpose" }), {
        ...{ e0: m, e1: n, X, xs0: 4, xs1: m * 4, Y, ys0: n * 4, ys1: 4 },
      });
      const want = Float32Array.from(
        { length: m * n },
        (_, i) => source[(i % n) * m + Math.floor(i / n)] ?? NaN,
      );
      near(h.f32(Y, m * n), want, 0, `${m}×${n}`);
    }
  }
});

Deno.test("runs of any length and element by element copies keep the bytes", () => {
  for (const size of [1, 2, 4, 8] as const) {
    for (const kind of ["run", "any"] as const) {
      for (const n of [1, 3, 17, 130, 700]) {
        const h = new Harness(), bytes = Uint8Array.from({ length: 2 * n * size }, (_, i) => i * 7);
        const X = h.put(bytes), Y = h.put(new Uint8Array(bytes.length));
        const args = { e0: 2, e1: n, X, xs0: n * size, xs1: size, Y, ys0: n * size, ys1: size };
        h.run(copy({ size, rank: 2, kind }), args);
        deepStrictEqual(h.bytes(Y, bytes.length), bytes);
      }
    }
  }
});

Deno.test("a fill repeats a value of each size", () => {
  const h = new Harness(), Y = h.put(new Float32Array(5));
  h.run(fill({ size: 4 }), { Y, count: 5, low: 0x3f800000, high: 0 });
  near(h.f32(Y, 5), [1, 1, 1, 1, 1], 0);
});

Deno.test("an image of channels first or last is padded to channels last", () => {
  const [N, H, W, C] = [2, 3, 5, 4];
  for (const first of [true, false]) {
    const h = new Harness(), source = numbers(N * H * W * C), X = h.put(source);
    const [ph, pw] = [H + 1, W + 3], Y = h.put(new Float32Array(N * ph * pw * C).fill(7));
    const strides = first
      ? { sN: C * H * W * 4, sD: 0, sH: W * 4, sW: 4, sC: H * W * 4 }
      : { sN: C * H * W * 4, sD: 0, sH: W * C * 4, sW: C * 4, sC: 4 };
    h.run(padImage(), {
      ...{ batch: N, D: 1, H, W, C, X, ...strides },
      ...{ d0: 0, d1: 0, h0: 1, h1: 0, w0: 1, w1: 2, Y, fill: 0 },
    });
    const want = new Float32Array(N * ph * pw * C);
    for (let i = 0; i < source.length; i++) {
      const [n, y, x, c] = [0, 0, 0, 0].map((_, k) => {
        const rest = first ? [C * H * W, W, 1, H * W] : [C * H * W, W * C, C, 1], sizes = [N, H, W, C];
        return Math.floor(i / (rest[k] ?? 1)) % (sizes[k] ?? 1);
      });
      want[(((n ?? 0) * ph + (y ?? 0) + 1) * pw + (x ?? 0) + 1) * C + (c ?? 0)] = source[i] ?? NaN;
    }
    near(h.f32(Y, want.length), want, 0, first ? "first" : "last");
  }
});

Deno.test("rows are gathered, counted from either end, and a bad index is reported", () => {
  for (const index of ["i32", "i64"] as const) {
    const h = new Harness(), table = numbers(4 * 3), picks = [3, -1, 0, -4];
    const T = h.put(table), status = h.put(new Int32Array(4));
    const I = h.put(index === "i32" ? Int32Array.from(picks) : BigInt64Array.from(picks.map(BigInt)));
    const Y = h.put(new Float32Array(12));
    const args = { outer: 1, count: 4, T, tOuter: 48, rows: 4, rowBytes: 12, I, Y, yOuter: 48, status };
    h.run(gather({ index }), args);
    near(h.f32(Y, 12), [3, 3, 0, 0].flatMap((r) => [...table.subarray(r * 3, r * 3 + 3)]), 0);
    const sum = h.put(new Float32Array(12));
    h.run(scatterAdd({ index }), { ...args, T: sum });
    const got = h.f32(sum, 12);
    near(got.subarray(9), [...table.subarray(9)].map((v) => 2 * v), 1e-6);
    const bad = h.put(index === "i32" ? Int32Array.of(0, 4) : BigInt64Array.of(0n, 2n ** 40n));
    h.run(gather({ index }), { ...args, count: 2, I: bad });
    deepStrictEqual([...h.bytes(status, 4)], [2, 0, 0, 0]);
  }
});
