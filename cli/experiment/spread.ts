/** Means and how far values lie about them. @module */

/** Mean and standard deviation (n − 1). */
export function spread(
  values: readonly number[],
): { readonly mean: number; readonly deviation: number | undefined } {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const squares = values.reduce((sum, v) => sum + (v - mean) ** 2, 0);
  return { mean, deviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : undefined };
}
