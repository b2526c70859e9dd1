import { depthwise, type DepthwiseSpec, packDepthwise, packedDepthwiseBytes } from "./depthwise.ts";
import { Harness, near, numbers } from "../harness_test.ts";
import { pool, type PoolSpec } from "./pool.ts";

type Pair = readonly [number, number];

/** Extent of an output dim. */
function extent(size: number, kernel: number, stride: number, dilation: number, pad: number): number {
  return Math.floor((size + pad - dilation * (kernel - 1) - 1) / stride) + 1;
}

function checkPool(
  spec: PoolSpec,
  [H, W]: Pair,
  C: number,
  pads: readonly [number, number, number, number],
): void {
  const [kh = 1, kw = 1] = spec.kernel;
  const [sh = 1, sw = 1] = spec.strides;
  const [dh = 1, dw = 1] = spec.dilations;
  const [h0, h1, w0, w1] = pads;
  const [OH, OW] = [extent(H, kh, sh, dh, h0 + h1), extent(W, kw, sw, dw, w0 + w1)];
  const batch = 2;
  const x = numbers(batch * H * W * C);
  const expected = Float64Array.from({ length: batch * OH * OW * C }, (_, i) => {
    const [b, oh, ow, c] = [
      Math.floor(i / C / OW / OH),
      Math.floor(i / C / OW) % OH,
      Math.floor(i / C) % OW,
      i % C,
    ];
    const seen: number[] = [];
    for (let p = 0; p < kh; p++) {
      for (let q = 0; q < kw; q++) {
        const [y, z] = [oh * sh - h0 + p * dh, ow * sw - w0 + q * dw];
        if (y >= 0 && y < H && z >= 0 && z < W) seen.push(x[((b * H + y) * W + z) * C + c] ?? NaN);
      }
    }
    if (spec.mode === "max") return Math.max(...seen);
    return seen.reduce((a, v) => a + v, 0) / (spec.countIncludePad ? kh * kw : seen.length);
  });
  const h = new Harness();
  const Y = h.put(new Float32Array(expected.length));
  h.run(pool(spec), {
    ...{ batch, D: 1, H, W, C, X: h.put(x), sN: H * W * C * 4, sD: H * W * C * 4, sH: W * C * 4, sW: C * 4 },
    ...{ d0: 0, d1: 0, h0, h1, w0, w1, Y, OD: 1, OH, OW, yPixel: C * 4 },
  });
  near(h.f32(Y, expected.length), expected, 2 ** -23 * kh * kw, `${pool(spec).key} ${C}`);
}

Deno.test("pooling follows kernels, strides, padding and dilations for any channels", () => {
  for (const mode of ["max", "average"] as const) {
    for (const countIncludePad of mode === "max" ? [undefined] : [false, true]) {
      for (const C of [1, 3, 4, 7, 32]) {
        const common = { mode, countIncludePad };
        checkPool({ ...common, kernel: [2, 2], strides: [2, 2], dilations: [1, 1] }, [6, 8], C, [0, 0, 0, 0]);
        checkPool({ ...common, kernel: [3, 2], strides: [1, 2], dilations: [1, 1] }, [7, 9], C, [1, 1, 0, 1]);
        checkPool({ ...common, kernel: [2, 3], strides: [2, 1], dilations: [2, 2] }, [9, 9], C, [1, 1, 2, 2]);
      }
    }
  }
});

function checkDepthwise(spec: DepthwiseSpec, [H, W]: Pair): void {
  const [kh = 1, kw = 1] = spec.kernel;
  const [sh = 1, sw = 1] = spec.strides;
  const [dh = 1, dw = 1] = spec.dilations;
  const [OH, OW] = [extent(H, kh, sh, dh, 0), extent(W, kw, sw, dw, 0)];
  const { channels: C, multiplier: M } = spec;
  const [batch, F] = [2, C * M];
  const [x, w, bias] = [numbers(batch * H * W * C, 1), numbers(F * kh * kw, 2), numbers(F, 3)];
  const expected = Float64Array.from({ length: batch * OH * OW * F }, (_, i) => {
    const [b, oh, ow, f] = [
      Math.floor(i / F / OW / OH),
      Math.floor(i / F / OW) % OH,
      Math.floor(i / F) % OW,
      i % F,
    ];
    let sum = spec.bias ? bias[f] ?? NaN : 0;
    for (let p = 0; p < kh; p++) {
      for (let q = 0; q < kw; q++) {
        const pixel = (b * H + oh * sh + p * dh) * W + ow * sw + q * dw;
        sum += (x[pixel * C + Math.floor(f / M)] ?? NaN) * (w[(f * kh + p) * kw + q] ?? NaN);
      }
    }
    return spec.activation ? Math.max(0, sum) : sum;
  });
  const h = new Harness();
  const [P, Y] = [
    h.put(new Uint8Array(packedDepthwiseBytes(spec))),
    h.put(new Float32Array(expected.length)),
  ];
  h.run(packDepthwise(spec), { W: h.put(w), sO: kh * kw * 4, sD: kh * kw * 4, sH: kw * 4, sW: 4, P });
  h.run(depthwise(spec), {
    ...{ batch, X: h.put(x), D: 1, H, W, P, Y, OD: 1, OH, OW, yPixel: F * 4 },
    ...(spec.bias ? { bias: h.put(bias) } : {}),
  });
  near(h.f32(Y, expected.length), expected, 2 ** -23 * (kh * kw + 4), `${depthwise(spec).key}`);
}

Deno.test("a depthwise convolution keeps channels apart, multiplied or not", () => {
  for (const channels of [1, 3, 4, 6, 8, 19, 32]) {
    for (const multiplier of [1, 2, 3]) {
      const common = { channels, multiplier };
      checkDepthwise({ ...common, kernel: [3, 3], strides: [1, 1], dilations: [1, 1] }, [5, 9]);
      const activation = { kind: "relu" } as const;
      checkDepthwise({
        ...common,
        kernel: [3, 2],
        strides: [2, 2],
        dilations: [1, 2],
        bias: true,
        activation,
      }, [7, 9]);
    }
  }
});
