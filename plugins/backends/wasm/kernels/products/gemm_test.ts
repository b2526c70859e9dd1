import type { StoreActivation } from "../common.ts";
import { gemm, type GemmSpec } from "./gemm.ts";
import { Harness, near, numbers } from "../harness_test.ts";
import { bgemm, pack, packedBytes } from "./pack.ts";

const EPSILON = 2 ** -23;

interface Case {
  M: number;
  K: number;
  N: number;
  spec?: Partial<GemmSpec>;
  relaxed?: boolean;
}

function activated(value: number, activation: StoreActivation | undefined): number {
  if (activation === undefined) return value;
  if (activation.kind === "relu") return Math.max(0, value);
  if (activation.kind === "leaky") return value < 0 ? value * Math.fround(activation.alpha) : value;
  return Math.min(activation.max, Math.max(activation.min, value));
}

function check({ M, K, N, spec = {}, relaxed }: Case): void {
  const full: GemmSpec = { K, N, ...spec };
  const [a, b, c, bias, r] = [
    numbers(M * K, 1),
    numbers(K * N, 2),
    numbers(M * N, 3),
    numbers(N, 4),
    numbers(M * (N + 3), 5),
  ];
  const at = (array: Float32Array, i: number): number => array[i] ?? NaN;
  const expected = Float64Array.from({ length: M * N }, (_, i) => {
    const [m, n] = [Math.floor(i / N), i % N];
    let sum = full.bias ? at(bias, n) : 0;
    if (full.residual === "accumulate") sum += at(c, i);
    if (full.residual === "pointer") sum += at(r, m * (N + 3) + n);
    for (let k = 0; k < K; k++) sum += at(a, full.transA ? k * M + m : m * K + k) * at(b, k * N + n);
    return activated(sum, full.activation);
  });
  const h = new Harness();
  const P = h.put(new Uint8Array(packedBytes(K, N)));
  h.run(pack(), { B: h.put(b), rowStride: N * 4, colStride: 4, K, N, P });
  const kernel = gemm(full);
  const [A, C] = [h.put(a), h.put(c)];
  const all: Record<string, number> = {
    ...{ M, A, B: P, C, K, N, lda: (full.transA ? M : K) * 4, ldc: N * 4 },
    ...{ bias: h.put(bias), R: h.put(r), ldr: (N + 3) * 4 },
  };
  h.run(kernel, Object.fromEntries(kernel.args.map((name) => [name, all[name] ?? NaN])), relaxed);
  near(h.f32(C, M * N), expected, EPSILON * (K + 4), `${kernel.key} M=${M} K=${K} N=${N}`);
}

Deno.test("a product is right for every remainder of rows, columns and depth", () => {
  for (let M = 1; M <= 13; M++) {
    for (const N of [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 24, 33, 40]) check({ M, K: 5, N });
  }
  for (let K = 1; K <= 18; K++) check({ M: 7, K, N: 9 });
});

Deno.test("a product with run-time depth and width is right", () => {
  for (let M = 1; M <= 13; M++) {
    for (const N of [1, 2, 3, 4, 5, 6, 7, 8, 9, 17, 26, 41]) {
      check({ M, K: 6, N, spec: { K: null, N: null } });
    }
  }
  for (const K of [1, 2, 3, 4, 9]) check({ M: 7, K, N: 9, spec: { K: null } });
});

Deno.test("a transposed A and a run-time row stride give the same product", () => {
  for (const M of [1, 2, 3, 4, 5, 6, 7, 11, 29]) {
    check({ M, K: 7, N: 11, spec: { transA: true } });
    check({ M, K: 7, N: 11, spec: { transA: true, K: null, N: null } });
    check({ M, K: 7, N: 11, spec: { lda: null } });
  }
});

Deno.test("depth is cut and rows are blocked without changing the product", () => {
  for (const spec of [{}, { K: null, N: null }, { transA: true }, { K: null, transA: true }]) {
    check({ M: 61, K: 1030, N: 19, spec });
    check({
      M: 25,
      K: 513,
      N: 8,
      spec: { ...spec, bias: true, activation: { kind: "relu" }, residual: "pointer" },
    });
  }
});

Deno.test("bias, residuals and activations are applied once", () => {
  const activations: (StoreActivation | undefined)[] = [
    undefined,
    { kind: "relu" },
    { kind: "clip", min: 0, max: 0.5 },
    { kind: "leaky", alpha: 0.1 },
  ];
  for (const activation of activations) {
    for (const residual of [undefined, "accumulate", "pointer"] as const) {
      for (const bias of [false, true]) {
        for (const M of [1, 8]) {
          check({ M, K: 9, N: 13, spec: { bias, residual, activation } });
          check({ M, K: 9, N: 13, spec: { bias, residual, activation, N: null }, relaxed: false });
        }
      }
    }
  }
});

Deno.test("packing takes any strides", () => {
  const [K, N] = [11, 19];
  const b = numbers(K * N);
  const transposed = Float32Array.from(
    { length: K * N },
    (_, i) => b[(i % K) * N + Math.floor(i / K)] ?? NaN,
  );
  const spread = Float32Array.from({ length: K * N * 2 }, (_, i) => i % 2 ? NaN : b[i / 2] ?? NaN);
  const expected = Float32Array.from({ length: packedBytes(K, N) / 4 }, (_, i) => {
    const [panel, k, lane] = [Math.floor(i / 8 / K), Math.floor(i / 8) % K, i % 8];
    return panel * 8 + lane < N ? b[k * N + panel * 8 + lane] ?? NaN : 0;
  });
  const forms = [[b, N * 4, 4], [transposed, 4, K * 4], [spread, N * 8, 8]] as const;
  for (const [data, rowStride, colStride] of forms) {
    const h = new Harness();
    const P = h.put(new Uint8Array(packedBytes(K, N)).fill(1));
    h.run(pack(), { B: h.put(data), rowStride, colStride, K, N, P });
    near(h.f32(P, expected.length), expected, 0);
  }
});

Deno.test("a batch of products packs each B, or a shared one once", () => {
  const [batch, M, K, N] = [3, 5, 6, 10];
  for (const shared of [false, true]) {
    for (const transA of [false, true]) {
      const [a, b] = [numbers(batch * M * K, 1), numbers(batch * K * N, 2)];
      const expected = Float64Array.from({ length: batch * M * N }, (_, i) => {
        const [s, m, n] = [Math.floor(i / M / N), Math.floor(i / N) % M, i % N];
        let sum = 0;
        for (let k = 0; k < K; k++) {
          const left = a[s * M * K + (transA ? k * M + m : m * K + k)] ?? NaN;
          sum += left * (b[(shared ? 0 : s * K * N) + n * K + k] ?? NaN);
        }
        return sum;
      });
      const h = new Harness();
      const C = h.put(new Float32Array(batch * M * N));
      h.run(bgemm({ transA }), {
        ...{ batch, M, K, N, A: h.put(a), aBatch: M * K * 4, lda: (transA ? M : K) * 4 },
        ...{ B: h.put(b), bBatch: shared ? 0 : K * N * 4, bRow: 4, bCol: K * 4 },
        ...{ C, cBatch: M * N * 4, ldc: N * 4, workspace: h.put(new Uint8Array(packedBytes(K, N))) },
      });
      near(h.f32(C, expected.length), expected, EPSILON * (K + 4));
    }
  }
});
