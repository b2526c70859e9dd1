/** Factorizations of small dense matrices in float64, by rows. @module */
import { InputError } from "../../../core/values/errors.ts";

const at = (a: Float64Array, i: number): number => {
  const v = a[i];
  if (v === undefined) throw new RangeError(`element ${i} of ${a.length}`);
  return v;
};
/** The unit matrix. */
function unit(n: number): Float64Array {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) out[i * n + i] = 1;
  return out;
}
/** Rows and columns exchanged. */
function transposed(a: Float64Array, rows: number, columns: number): Float64Array {
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = at(a, i * columns + j);
  return out;
}

/** L of L·Lᵀ = A, or its transpose. @throws {InputError} where A isn't positive definite. */
export function cholesky(a: Float64Array, n: number, upper: boolean): Float64Array {
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = at(a, i * n + j);
      for (let k = 0; k < j; k++) sum -= at(l, i * n + k) * at(l, j * n + k);
      if (i !== j) l[i * n + j] = sum / at(l, j * n + j);
      else if (sum > 0) l[i * n + i] = Math.sqrt(sum);
      else throw new InputError("Cholesky: the matrix is not positive definite");
    }
  }
  return upper ? transposed(l, n, n) : l;
}

/** Lower and upper triangle in one matrix, and where its rows came from. */
export interface Factors {
  readonly lu: Float64Array;
  readonly n: number;
  readonly rows: Int32Array;
  readonly sign: number;
}
/** Gauß' elimination with the largest element of a column as pivot. */
export function factored(a: Float64Array, n: number): Factors {
  const lu = a.slice(), rows = Int32Array.from({ length: n }, (_, i) => i);
  let sign = 1;
  for (let k = 0; k < n; k++) {
    let best = k;
    for (let i = k + 1; i < n; i++) {
      if (Math.abs(at(lu, i * n + k)) > Math.abs(at(lu, best * n + k))) best = i;
    }
    if (best !== k) {
      const row = lu.slice(k * n, k * n + n);
      lu.copyWithin(k * n, best * n, best * n + n);
      lu.set(row, best * n);
      [rows[k], rows[best]] = [rows[best] ?? 0, rows[k] ?? 0];
      sign = -sign;
    }
    const pivot = at(lu, k * n + k);
    if (pivot === 0) continue;
    for (let i = k + 1; i < n; i++) {
      const factor = at(lu, i * n + k) / pivot;
      lu[i * n + k] = factor;
      if (factor !== 0) {
        for (let j = k + 1; j < n; j++) lu[i * n + j] = at(lu, i * n + j) - factor * at(lu, k * n + j);
      }
    }
  }
  return { lu, n, rows, sign };
}
/** X of A·X = B, `[n, k]`. @throws {InputError} where A is singular. */
export function solved({ lu, n, rows }: Factors, b: Float64Array, k: number): Float64Array {
  const x = new Float64Array(n * k);
  for (let i = 0; i < n; i++) x.set(b.subarray((rows[i] ?? 0) * k, ((rows[i] ?? 0) + 1) * k), i * k);
  for (let i = 0; i < n; i++) {
    if (at(lu, i * n + i) === 0) throw new InputError("the matrix is not invertible");
  }
  for (let c = 0; c < k; c++) {
    for (let i = 0; i < n; i++) {
      let sum = at(x, i * k + c);
      for (let j = 0; j < i; j++) sum -= at(lu, i * n + j) * at(x, j * k + c);
      x[i * k + c] = sum;
    }
    for (let i = n - 1; i >= 0; i--) {
      let sum = at(x, i * k + c);
      for (let j = i + 1; j < n; j++) sum -= at(lu, i * n + j) * at(x, j * k + c);
      x[i * k + c] = sum / at(lu, i * n + i);
    }
  }
  return x;
}
/** The inverse. @throws {InputError} where there is none. */
export const inverse = (a: Float64Array, n: number): Float64Array => solved(factored(a, n), unit(n), n);
/** Sign and logarithm of the determinant's size. */
export function logDeterminant(a: Float64Array, n: number): readonly [number, number] {
  const { lu, sign } = factored(a, n);
  let s = sign, log = 0;
  for (let i = 0; i < n; i++) {
    const v = at(lu, i * n + i);
    s *= Math.sign(v);
    log += Math.log(Math.abs(v));
  }
  return [s, log];
}
/** X of A·X = B for a triangle A; the other triangle is not looked at. */
export function triangular(
  a: Float64Array,
  n: number,
  b: Float64Array,
  k: number,
  lower: boolean,
): Float64Array {
  const x = b.slice();
  for (let c = 0; c < k; c++) {
    for (let step = 0; step < n; step++) {
      const i = lower ? step : n - 1 - step;
      let sum = at(x, i * k + c);
      const [from, to] = lower ? [0, i] : [i + 1, n];
      for (let j = from; j < to; j++) sum -= at(a, i * n + j) * at(x, j * k + c);
      x[i * k + c] = sum / at(a, i * n + i);
    }
  }
  return x;
}

/** Q, `[rows, inner]`, and R, `[inner, columns]`; the diagonal of R has the signs that LAPACK gives it. */
export function qr(a: Float64Array, rows: number, columns: number, inner: number): readonly Float64Array[] {
  const r = a.slice(), q = unit(rows);
  for (let k = 0; k < Math.min(rows, columns); k++) {
    let rest = 0;
    for (let i = k + 1; i < rows; i++) rest += at(r, i * columns + k) ** 2;
    const alpha = at(r, k * columns + k);
    if (rest === 0) continue;
    const beta = -Math.sign(alpha || 1) * Math.sqrt(alpha * alpha + rest), v = new Float64Array(rows);
    v[k] = 1;
    for (let i = k + 1; i < rows; i++) v[i] = at(r, i * columns + k) / (alpha - beta);
    const tau = (beta - alpha) / beta;
    const reflect = (m: Float64Array, width: number, from: number) => {
      for (let c = from; c < width; c++) {
        let sum = 0;
        for (let i = k; i < rows; i++) sum += at(v, i) * at(m, i * width + c);
        for (let i = k; i < rows; i++) m[i * width + c] = at(m, i * width + c) - tau * sum * at(v, i);
      }
    };
    reflect(r, columns, k);
    reflect(q, rows, 0);
  }
  // q holds Qᵀ so far.
  const out = new Float64Array(rows * inner), upper = new Float64Array(inner * columns);
  for (let i = 0; i < rows; i++) for (let j = 0; j < inner; j++) out[i * inner + j] = at(q, j * rows + i);
  for (let i = 0; i < inner; i++) {
    for (let j = i; j < columns; j++) upper[i * columns + j] = at(r, i * columns + j);
  }
  return [out, upper];
}

/** Sweeps that Jacobi's rotations take at most; quadratic convergence needs about ten. */
const sweeps = 60;
/** Eigenvalues in rising order and eigenvectors in columns of a symmetric matrix; its lower triangle counts. */
export function eigen(m: Float64Array, n: number): readonly Float64Array[] {
  const a = m.slice(), v = unit(n);
  for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) a[i * n + j] = at(a, j * n + i);
  for (let sweep = 0; sweep < sweeps; sweep++) {
    let off = 0;
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) off += at(a, i * n + j) ** 2;
    if (off < 1e-300) break;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        const apq = at(a, p * n + q);
        if (apq === 0) continue;
        const theta = (at(a, q * n + q) - at(a, p * n + p)) / (2 * apq);
        const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const c = 1 / Math.sqrt(t * t + 1), s = t * c;
        for (let k = 0; k < n; k++) {
          const [x, y] = [at(a, k * n + p), at(a, k * n + q)];
          a[k * n + p] = c * x - s * y, a[k * n + q] = s * x + c * y;
        }
        for (let k = 0; k < n; k++) {
          const [x, y] = [at(a, p * n + k), at(a, q * n + k)];
          a[p * n + k] = c * x - s * y, a[q * n + k] = s * x + c * y;
          const [u, w] = [at(v, k * n + p), at(v, k * n + q)];
          v[k * n + p] = c * u - s * w, v[k * n + q] = s * u + c * w;
        }
      }
    }
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => at(a, i * n + i) - at(a, j * n + j));
  const values = Float64Array.from(order, (i) => at(a, i * n + i)), vectors = new Float64Array(n * n);
  order.forEach((from, to) => {
    for (let k = 0; k < n; k++) vectors[k * n + to] = at(v, k * n + from);
  });
  return [values, vectors];
}

/** U, singular values in falling order, Vᵀ; square U and V where `full`. */
export function svd(a: Float64Array, rows: number, columns: number, full: boolean): readonly Float64Array[] {
  if (rows < columns) {
    const [v = new Float64Array(), s = new Float64Array(), u = new Float64Array()] = svd(
      transposed(a, rows, columns),
      columns,
      rows,
      full,
    );
    const inner = full ? columns : rows;
    return [transposed(u, rows, rows), s, transposed(v, columns, inner)];
  }
  const n = columns, w = a.slice(), v = unit(n);
  for (let sweep = 0; sweep < sweeps; sweep++) {
    let turned = false;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        let alpha = 0, beta = 0, gamma = 0;
        for (let i = 0; i < rows; i++) {
          const [x, y] = [at(w, i * n + p), at(w, i * n + q)];
          alpha += x * x, beta += y * y, gamma += x * y;
        }
        if (Math.abs(gamma) <= 1e-16 * Math.sqrt(alpha * beta)) continue;
        turned = true;
        const zeta = (beta - alpha) / (2 * gamma);
        const t = Math.sign(zeta || 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
        const c = 1 / Math.sqrt(1 + t * t), s = c * t;
        const rotate = (m: Float64Array, count: number) => {
          for (let i = 0; i < count; i++) {
            const [x, y] = [at(m, i * n + p), at(m, i * n + q)];
            m[i * n + p] = c * x - s * y, m[i * n + q] = s * x + c * y;
          }
        };
        rotate(w, rows);
        rotate(v, n);
      }
    }
    if (!turned) break;
  }
  const sizes = Array.from({ length: n }, (_, j) => {
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += at(w, i * n + j) ** 2;
    return Math.sqrt(sum);
  });
  const order = sizes.map((_, j) => j).sort((i, j) => (sizes[j] ?? 0) - (sizes[i] ?? 0));
  const s = Float64Array.from(order, (j) => sizes[j] ?? 0), vt = new Float64Array(n * n);
  const inner = full ? rows : n, u = new Float64Array(rows * inner);
  order.forEach((from, to) => {
    const size = sizes[from] ?? 0;
    for (let k = 0; k < n; k++) vt[to * n + k] = at(v, k * n + from);
    for (let i = 0; i < rows; i++) u[i * inner + to] = size > 0 ? at(w, i * n + from) / size : 0;
  });
  complete(u, rows, inner, s);
  return [u, s, vt];
}
/** Fills columns without a singular value with directions that are orthogonal to all before. */
function complete(u: Float64Array, rows: number, inner: number, s: Float64Array): void {
  for (let j = 0; j < inner; j++) {
    if (j < s.length && at(s, j) > 0) continue;
    for (let e = 0; e < rows; e++) {
      const v = new Float64Array(rows);
      v[e] = 1;
      for (let pass = 0; pass < 2; pass++) {
        for (let c = 0; c < j; c++) {
          let dot = 0;
          for (let i = 0; i < rows; i++) dot += at(v, i) * at(u, i * inner + c);
          for (let i = 0; i < rows; i++) v[i] = at(v, i) - dot * at(u, i * inner + c);
        }
      }
      const size = Math.hypot(...v);
      if (size < 0.5 / Math.sqrt(rows)) continue;
      for (let i = 0; i < rows; i++) u[i * inner + j] = at(v, i) / size;
      break;
    }
  }
}
