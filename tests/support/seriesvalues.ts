/** Series and what pandas, scikit-learn and statsmodels make of them. @module */
import { ok, strictEqual } from "node:assert/strict";

type Column = readonly (number | null)[];
interface Values {
  readonly price: Column;
  readonly holes: Column;
  readonly features: Readonly<Record<string, Column>>;
  readonly complete: readonly number[];
  readonly holesRolling: Readonly<Record<string, Column>>;
  readonly ewm: Readonly<Record<"adjusted" | "plain", Column>>;
  readonly rsi: Readonly<Record<"wilder" | "simple", Column>>;
  readonly calendar: {
    readonly stamps: readonly string[];
    readonly utc: Readonly<Record<string, Column>>;
    readonly zones: Readonly<Record<string, Readonly<Record<string, Column>>>>;
  };
  readonly dates: Readonly<Record<string, number>>;
  readonly scalers: Readonly<Record<string, Readonly<Record<string, Column>>>>;
  readonly folds: readonly {
    readonly options: Readonly<Record<string, number>>;
    readonly folds: readonly (readonly number[])[];
  }[];
  readonly adf: readonly {
    readonly values: Column;
    readonly lags: number | null;
    readonly statistic: number;
    readonly used: number;
    readonly rows: number;
    readonly critical: Readonly<Record<"1%" | "5%" | "10%", number>>;
  }[];
  readonly metrics: Readonly<Record<string, number>> & { readonly forecast: never };
  readonly ridge: readonly Column[];
}
const file = new URL("../fixtures/series/values.json", import.meta.url);
export const values = JSON.parse(await Deno.readTextFile(file)) as Values;
export const numbers = (column: Column) => Float64Array.from(column, (v) => v ?? NaN);
export const price = numbers(values.price), holes = numbers(values.holes);

/** Equal up to rounding: pandas adds and takes away as its window moves, ours sums each window anew. */
export function near(actual: ArrayLike<number>, expected: Column, what: string, tolerance = 1e-10): void {
  strictEqual(actual.length, expected.length, what);
  expected.forEach((wanted, i) => {
    const got = actual[i] ?? NaN;
    if (wanted === null) return strictEqual(got, NaN, `${what}[${i}]`);
    ok(
      Math.abs(got - wanted) <= tolerance * Math.max(1, Math.abs(wanted)),
      `${what}[${i}]: ${got}, expected ${wanted}`,
    );
  });
}
