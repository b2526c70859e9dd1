/** The discrete Fourier transform of any length in float64: halving for powers of two, Bluestein's convolution else. @module */

/**
 * The transform of complex numbers, real and imaginary part by turns; the inverse is divided by the length.
 * (Cooley and Tukey 1965; Bluestein 1970.)
 */
export function transform(x: Float64Array, inverse: boolean): Float64Array {
  const n = x.length / 2, out = x.slice();
  if ((n & (n - 1)) === 0) radix2(out, inverse);
  else if (n <= 64) out.set(direct(x, inverse));
  else out.set(bluestein(x, inverse));
  if (inverse) { for (let i = 0; i < out.length; i++) out[i] = (out[i] as number) / n; }
  return out;
}

/** e^(±2πi·k/n); quarters come out exact. */
function turn(k: number, n: number, inverse: boolean): readonly [number, number] {
  const at = ((k % n) + n) % n, quarter = (4 * at) / n;
  const sign = inverse ? 1 : -1;
  if (quarter === 0) return [1, 0];
  if (quarter === 1) return [0, sign];
  if (quarter === 2) return [-1, 0];
  if (quarter === 3) return [0, -sign];
  const angle = (2 * Math.PI * at) / n;
  return [Math.cos(angle), sign * Math.sin(angle)];
}
/** n² products, for short lengths. */
function direct(x: Float64Array, inverse: boolean): Float64Array {
  const n = x.length / 2, out = new Float64Array(x.length);
  const turns = Array.from({ length: n }, (_, k) => turn(k, n, inverse));
  for (let k = 0; k < n; k++) {
    let re = 0, im = 0;
    for (let i = 0; i < n; i++) {
      const [c, s] = turns[(i * k) % n] ?? [1, 0], a = x[2 * i] as number, b = x[2 * i + 1] as number;
      re += a * c - b * s;
      im += a * s + b * c;
    }
    out[2 * k] = re;
    out[2 * k + 1] = im;
  }
  return out;
}
/** In place, for powers of two. */
function radix2(x: Float64Array, inverse: boolean): void {
  const n = x.length / 2;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      for (let p = 0; p < 2; p++) {
        const kept = x[2 * i + p] as number;
        x[2 * i + p] = x[2 * j + p] as number;
        x[2 * j + p] = kept;
      }
    }
  }
  for (let size = 2; size <= n; size *= 2) {
    const half = size / 2, turns = Array.from({ length: half }, (_, k) => turn(k, size, inverse));
    for (let start = 0; start < n; start += size) {
      for (let k = 0; k < half; k++) {
        const [c, s] = turns[k] ?? [1, 0], p = 2 * (start + k), q = p + size;
        const a = x[q] as number, b = x[q + 1] as number, re = a * c - b * s, im = a * s + b * c;
        const u = x[p] as number, v = x[p + 1] as number;
        x[p] = u + re;
        x[p + 1] = v + im;
        x[q] = u - re;
        x[q + 1] = v - im;
      }
    }
  }
}
/** Any length as a convolution of a power of two: kn = (k² + n² − (k − n)²) / 2. */
function bluestein(x: Float64Array, inverse: boolean): Float64Array {
  const n = x.length / 2;
  let size = 1;
  while (size < 2 * n - 1) size *= 2;
  const chirp = Array.from({ length: n }, (_, k) => turn((k * k) % (2 * n), 2 * n, inverse));
  const a = new Float64Array(2 * size), b = new Float64Array(2 * size);
  chirp.forEach(([c, s], k) => {
    const re = x[2 * k] ?? 0, im = x[2 * k + 1] ?? 0;
    a[2 * k] = re * c - im * s;
    a[2 * k + 1] = re * s + im * c;
    for (const at of k === 0 ? [0] : [k, size - k]) {
      b[2 * at] = c;
      b[2 * at + 1] = -s;
    }
  });
  radix2(a, false);
  radix2(b, false);
  for (let i = 0; i < size; i++) {
    const p = a[2 * i] ?? 0, q = a[2 * i + 1] ?? 0, r = b[2 * i] ?? 0, t = b[2 * i + 1] ?? 0;
    a[2 * i] = (p * r - q * t) / size;
    a[2 * i + 1] = (p * t + q * r) / size;
  }
  radix2(a, true);
  const out = new Float64Array(2 * n);
  chirp.forEach(([c, s], k) => {
    const re = a[2 * k] ?? 0, im = a[2 * k + 1] ?? 0;
    out[2 * k] = re * c - im * s;
    out[2 * k + 1] = re * s + im * c;
  });
  return out;
}
