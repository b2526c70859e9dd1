import { conv, type ConvSpec, packConv, packedConvBytes } from "./conv.ts";
import { Harness, near, numbers } from "../harness_test.ts";

type Triple = readonly [number, number, number];

function triple(list: readonly number[]): Triple {
  const [w = 1, h = 1, d = 1] = list.toReversed();
  return [d, h, w];
}

/** Every index of a box, with its flat position. */
function* indices(extents: Triple): Generator<readonly [number, number, number]> {
  for (let d = 0; d < extents[0]; d++) {
    for (let h = 0; h < extents[1]; h++) for (let w = 0; w < extents[2]; w++) yield [d, h, w];
  }
}

const flat = (extents: Triple, [d, h, w]: Triple): number => (d * extents[1] + h) * extents[2] + w;
const product = (list: readonly number[]): number => list.reduce((a, b) => a * b, 1);

function check(spec: ConvSpec, space: readonly number[], batch = 2): void {
  const [kernel, strides, dilations, size] = [spec.kernel, spec.strides, spec.dilations, space].map(
    triple,
  ) as [
    Triple,
    Triple,
    Triple,
    Triple,
  ];
  const out = size.map((n, i) =>
    Math.floor((n - (dilations[i] ?? 1) * ((kernel[i] ?? 1) - 1) - 1) / (strides[i] ?? 1)) + 1
  ) as unknown as Triple;
  const { inChannels: C, outChannels: F, groups } = spec;
  const [Cg, Fg, taps] = [C / groups, F / groups, product(kernel)];
  const [x, w, bias] = [numbers(batch * product(size) * C, 1), numbers(F * Cg * taps, 2), numbers(F, 3)];
  const expected = new Float64Array(batch * product(out) * F);
  for (let b = 0; b < batch; b++) {
    for (const o of indices(out)) {
      for (let f = 0; f < F; f++) {
        let sum = spec.bias ? bias[f] ?? NaN : 0;
        for (const k of indices(kernel)) {
          const at = [0, 1, 2].map((i) =>
            (o[i] ?? 0) * (strides[i] ?? 1) + (k[i] ?? 0) * (dilations[i] ?? 1)
          );
          const pixel = b * product(size) + flat(size, at as unknown as Triple);
          for (let c = 0; c < Cg; c++) {
            const value = x[pixel * C + Math.floor(f / Fg) * Cg + c] ?? NaN;
            sum += value * (w[(f * Cg + c) * taps + flat(kernel, k)] ?? NaN);
          }
        }
        expected[(b * product(out) + flat(out, o)) * F + f] = spec.activation ? Math.max(0, sum) : sum;
      }
    }
  }
  const h = new Harness();
  const [P, Y] = [h.put(new Uint8Array(packedConvBytes(spec))), h.put(new Float32Array(expected.length))];
  h.run(packConv(spec), {
    ...{ W: h.put(w), sO: Cg * taps * 4, sI: taps * 4, P },
    ...{ sD: kernel[1] * kernel[2] * 4, sH: kernel[2] * 4, sW: 4 },
  });
  const [D, H, W] = size;
  const [OD, OH, OW] = out;
  h.run(conv(spec), {
    ...{ batch, X: h.put(x), D, H, W, P, Y, OD, OH, OW, yPixel: F * 4 },
    ...(spec.bias ? { bias: h.put(bias) } : {}),
  });
  near(h.f32(Y, expected.length), expected, 2 ** -23 * (Cg * taps + 4), conv(spec).key);
}

const base = { inChannels: 3, outChannels: 8, groups: 1, kernel: [3, 3], strides: [1, 1], dilations: [1, 1] };

Deno.test("a convolution is right for every width of output", () => {
  for (let width = 3; width <= 35; width++) check(base, [5, width], 1);
});

Deno.test("channels of any number are convolved", () => {
  for (const inChannels of [1, 3, 4, 5, 16]) {
    for (const outChannels of [1, 3, 4, 7, 8, 12, 17, 40]) {
      check({ ...base, inChannels, outChannels, bias: true, activation: { kind: "relu" } }, [4, 9]);
      check({ ...base, inChannels, outChannels }, [4, 3 + outChannels % 3], 1);
    }
  }
});

Deno.test("strides, dilations and kernels of any shape are followed", () => {
  for (const strides of [[1, 1], [2, 1], [1, 2], [3, 2]]) {
    for (const dilations of [[1, 1], [2, 1], [1, 2], [2, 3]]) {
      check({ ...base, inChannels: 5, strides, dilations }, [9, 14]);
      check({ ...base, kernel: [1, 1], strides, dilations }, [9, 14]);
      check({ ...base, kernel: [2, 5], strides, dilations, bias: true }, [9, 17]);
    }
  }
});

Deno.test("one and three dimensions are convolved", () => {
  check({ ...base, kernel: [4], strides: [2], dilations: [1] }, [23]);
  check({ ...base, kernel: [3], strides: [1], dilations: [4] }, [23]);
  check({ ...base, kernel: [2, 3, 2], strides: [1, 2, 1], dilations: [1, 1, 2] }, [5, 8, 9]);
});

Deno.test("groups see their own channels only", () => {
  for (const groups of [2, 3, 6]) {
    check({ ...base, inChannels: 12, outChannels: 18, groups, bias: true }, [5, 11]);
    check({ ...base, inChannels: 6, outChannels: 60, groups, dilations: [1, 2] }, [5, 11]);
  }
});
