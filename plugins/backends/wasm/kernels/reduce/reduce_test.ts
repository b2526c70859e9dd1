import { deepStrictEqual } from "node:assert/strict";
import { Harness, near, numbers } from "../harness_test.ts";
import { layerNorm } from "./layernorm.ts";
import { argReduce, cumsum, reduce, type ReduceOp } from "./reduce.ts";
import { softmax } from "./softmax.ts";

const SIZES = [[1, 1, 1], [3, 5, 1], [2, 17, 3], [4, 64, 4], [2, 300, 9], [5, 3, 21], [3, 1000, 1]] as const;
const EPSILON = 2 ** -23;

/** Elements along the reduced axis of x[outer, n, inner]. */
function along(
  x: Float32Array,
  [, n, inner]: readonly [number, number, number],
  o: number,
  i: number,
): number[] {
  return Array.from({ length: n }, (_, k) => x[(o * n + k) * inner + i] ?? NaN);
}

/** All lines of x along the reduced axis, in the order of the result. */
function lines(x: Float32Array, size: readonly [number, number, number]): number[][] {
  const [outer, , inner] = size;
  return Array.from({ length: outer * inner }, (_, at) => along(x, size, Math.floor(at / inner), at % inner));
}

/** Arguments of a kernel over one axis, both forms; y takes `bytes` an element. */
function oneAxis(size: readonly [number, number, number], bytes = 4): Record<string, number> {
  const [outer, n, inner] = size;
  return { outer, n, inner, xOuter: n * inner * 4, xReduce: inner * 4, yOuter: inner * bytes };
}

function pick(args: readonly string[], all: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(args.map((name) => [name, all[name] ?? NaN]));
}

const sum = (line: readonly number[]): number => line.reduce((a, b) => a + b, 0);
const REDUCTIONS: Readonly<Record<ReduceOp, (line: readonly number[]) => number>> = {
  sum,
  mean: (line) => sum(line) / line.length,
  max: (line) => Math.max(...line),
  min: (line) => Math.min(...line),
  prod: (line) => line.reduce((a, b) => a * b, 1),
  sumSquare: (line) => sum(line.map((v) => v * v)),
  l1: (line) => sum(line.map(Math.abs)),
  l2: (line) => Math.sqrt(sum(line.map((v) => v * v))),
  logSumExp: (line) => Math.log(sum(line.map(Math.exp))),
};

/**
 * How far rounding may take a reduction: a sum of n terms loses at most n·2^-24 of the sum of their sizes, and each term and
 * the last step a few more roundings.
 */
function bound(op: ReduceOp, line: readonly number[]): number {
  const sizes: Partial<Record<ReduceOp, number>> = {
    sum: sum(line.map(Math.abs)),
    mean: sum(line.map(Math.abs)) / line.length,
    l1: sum(line.map(Math.abs)),
    sumSquare: sum(line.map((v) => v * v)),
    l2: Math.sqrt(sum(line.map((v) => v * v))),
    prod: Math.abs(REDUCTIONS.prod(line)),
    max: 0,
    min: 0,
  };
  // The relative error of a sum of exponentials is the absolute error of its logarithm.
  const size = sizes[op] ?? 1 + Math.abs(REDUCTIONS.logSumExp(line));
  // A product may leave the normal numbers.
  return EPSILON / 2 * (line.length + 8) * size + (op === "prod" ? 2 ** -126 : 0);
}

Deno.test("every reduction is right along the inner and a middle axis", () => {
  for (const size of SIZES) {
    const x = numbers(size[0] * size[1] * size[2]);
    for (
      const [op, exact] of Object.entries(REDUCTIONS) as [ReduceOp, (line: readonly number[]) => number][]
    ) {
      for (const axis of size[2] === 1 ? ["inner", "middle"] as const : ["middle"] as const) {
        const h = new Harness();
        const kernel = reduce({ op, axis });
        const count = size[0] * size[2];
        const [X, Y] = [h.put(x), h.put(new Float32Array(count))];
        h.run(kernel, pick(kernel.args, { ...oneAxis(size), X, Y }));
        const actual = h.f32(Y, count);
        lines(x, size).forEach((line, i) => {
          near([actual[i] ?? NaN], [exact(line)], bound(op, line), `${kernel.key} ${size}`);
        });
      }
    }
  }
});

Deno.test("maximum and minimum let NaN through", () => {
  for (const axis of ["inner", "middle"] as const) {
    for (const op of ["max", "min"] as const) {
      const h = new Harness();
      const kernel = reduce({ op, axis });
      const [X, Y] = [h.put(new Float32Array([1, 2, 3, NaN, 5, 6, 7])), h.put(new Float32Array(1))];
      h.run(kernel, pick(kernel.args, { ...oneAxis([1, 7, 1]), X, Y }));
      deepStrictEqual(h.f32(Y, 1)[0], NaN);
    }
  }
});

Deno.test("the position of an extreme is the first of equals, or the last when asked", () => {
  for (const size of SIZES) {
    const x = numbers(size[0] * size[1] * size[2]).map((v) => Math.round(v * 4));
    for (const op of ["max", "min"] as const) {
      for (const last of [false, true]) {
        for (const axis of size[2] === 1 ? ["inner", "middle"] as const : ["middle"] as const) {
          const h = new Harness();
          const kernel = argReduce({ op, axis, last });
          const count = size[0] * size[2];
          const [X, Y] = [h.put(x), h.put(new BigInt64Array(count))];
          h.run(kernel, pick(kernel.args, { ...oneAxis(size, 8), X, Y }));
          const expected = lines(x, size).map((line) => {
            const extreme = op === "max" ? Math.max(...line) : Math.min(...line);
            return BigInt(last ? line.lastIndexOf(extreme) : line.indexOf(extreme));
          });
          deepStrictEqual(
            [...new BigInt64Array(h.bytes(Y, count * 8).buffer)],
            expected,
            `${kernel.key} ${size}`,
          );
        }
      }
    }
  }
});

Deno.test("cumulative sums run either way, with or without their own element", () => {
  for (const size of SIZES) {
    const x = numbers(size[0] * size[1] * size[2]);
    for (const exclusive of [false, true]) {
      for (const reverse of [false, true]) {
        const h = new Harness();
        const kernel = cumsum({ exclusive, reverse });
        const [X, Y] = [h.put(x), h.put(new Float32Array(x.length))];
        const strides = { yOuter: size[1] * size[2] * 4, yReduce: size[2] * 4 };
        h.run(kernel, pick(kernel.args, { ...oneAxis(size), ...strides, X, Y }));
        const expected = lines(x, size).map((line) =>
          line.map((_, k) => {
            const [from, to] = reverse ? [k, line.length] : [0, k + 1];
            return sum(line.slice(from, to)) - (exclusive ? line[k] ?? NaN : 0);
          })
        );
        const actual = lines(h.f32(Y, x.length), size);
        actual.forEach((line, i) => near(line, expected[i] ?? [], EPSILON * size[1] * 8));
      }
    }
  }
});

Deno.test("softmax and its logarithm add up along either axis, far from zero too", () => {
  for (const size of SIZES) {
    for (const scale of [1, 80]) {
      const x = numbers(size[0] * size[1] * size[2]).map((v) => v * scale);
      for (const log of [false, true]) {
        for (const axis of size[2] === 1 ? ["inner", "middle"] as const : ["middle"] as const) {
          const h = new Harness();
          const kernel = softmax({ log, axis });
          const X = h.put(x);
          const strides = { yOuter: size[1] * size[2] * 4, yReduce: size[2] * 4 };
          h.run(kernel, pick(kernel.args, { ...oneAxis(size), ...strides, X, Y: X }));
          const expected = lines(x, size).map((line) => {
            const largest = Math.max(...line);
            const total = sum(line.map((v) => Math.exp(v - largest)));
            return line.map((v) => log ? v - largest - Math.log(total) : Math.exp(v - largest) / total);
          });
          lines(h.f32(X, x.length), size).forEach((line, i) => {
            const exact = expected[i] ?? [];
            // The sum's n roundings and exp's few, relative to the result, or absolute beside its own under a logarithm.
            const result = Math.max(...exact.map(Math.abs));
            near(
              line,
              exact,
              EPSILON / 2 * (log ? size[1] + 8 + 4 * result : (size[1] + 8) * result),
              kernel.key,
            );
          });
        }
      }
    }
  }
});

Deno.test("softmax of a row that is masked but for one is that one", () => {
  const h = new Harness();
  const X = h.put(new Float32Array([-Infinity, 3, -Infinity, -Infinity, -Infinity]));
  h.run(softmax({ axis: "inner" }), { outer: 1, n: 5, X, xOuter: 20, Y: X, yOuter: 20 });
  near(h.f32(X, 5), [0, 1, 0, 0, 0], 0);
});

Deno.test("rows are normalised, scaled and shifted", () => {
  for (const n of [1, 3, 4, 7, 16, 65, 300]) {
    for (const rms of [false, true]) {
      for (const affine of [false, true]) {
        const outer = 3;
        const [x, scale, bias] = [numbers(outer * n, 1).map((v) => v + 3), numbers(n, 2), numbers(n, 3)];
        const h = new Harness();
        const kernel = layerNorm({ epsilon: 1e-3, rms, scale: affine, bias: affine, statistics: true });
        const at: Record<string, number> = {
          ...{ outer, n, X: h.put(x), xOuter: n * 4, Y: h.put(new Float32Array(x.length)), yOuter: n * 4 },
          ...{ scale: h.put(scale), bias: h.put(bias) },
          ...{ mean: h.put(new Float32Array(outer)), inverse: h.put(new Float32Array(outer)) },
        };
        h.run(kernel, pick(kernel.args, at));
        const expected = lines(x, [outer, n, 1]).flatMap((line) => {
          const mean = rms ? 0 : sum(line) / n;
          const deviation = Math.sqrt(sum(line.map((v) => (v - mean) ** 2)) / n + 1e-3);
          return line.map((v, i) =>
            (v - mean) / deviation * (affine ? scale[i] ?? NaN : 1) + (affine ? bias[i] ?? NaN : 0)
          );
        });
        near(h.f32(at.Y ?? 0, x.length), expected, EPSILON * 300, `${kernel.key} ${n}`);
      }
    }
  }
});
