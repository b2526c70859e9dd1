/** Linear systems of a few unknowns, for regressions in float64. @module */

/**
 * Solutions of `A x = b` for a symmetric positive definite A, by Cholesky's factors in float64; undefined where A isn't one.
 */
export function solveSymmetric(
  a: readonly Float64Array[],
  right: readonly Float64Array[],
): Float64Array[] | undefined {
  const n = a.length, factor = a.map((row) => Float64Array.from(row));
  const get = (i: number, j: number) => factor[i]?.[j] ?? 0;
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = get(i, j);
      for (let k = 0; k < j; k++) sum -= get(i, k) * get(j, k);
      const row = factor[i];
      if (!row) return undefined;
      if (i === j) {
        if (!(sum > 1e-13 * (a[i]?.[i] ?? 0))) return undefined;
        row[j] = Math.sqrt(sum);
      } else row[j] = sum / get(j, j);
    }
  }
  return right.map((b) => {
    const x = Float64Array.from(b);
    for (let i = 0; i < n; i++) {
      let sum = x[i] ?? 0;
      for (let k = 0; k < i; k++) sum -= get(i, k) * (x[k] ?? 0);
      x[i] = sum / get(i, i);
    }
    for (let i = n - 1; i >= 0; i--) {
      let sum = x[i] ?? 0;
      for (let k = i + 1; k < n; k++) sum -= get(k, i) * (x[k] ?? 0);
      x[i] = sum / get(i, i);
    }
    return x;
  });
}
