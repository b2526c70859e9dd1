/** Scalers of columns, as scikit-learn's: standard, min-max and robust; fitted on training rows, undone column by column. @module */
import * as args from "../../io/files/arguments.ts";
import { ConfigError, FormatError, InputError, shown } from "../../core/values/errors.ts";
import { checkOptions } from "../../core/values/schema.ts";

/** Columns of numbers by name, all of one length. */
export type Columns = Readonly<Record<string, Float64Array>>;
/** Rows `[from, to)`. */
export interface RowRange {
  /** The first row. */
  readonly from: number;
  /** The row behind the last. */
  readonly to: number;
}
/** Which scaler. */
export type ScalerKind = "standard" | "minMax" | "robust" | "none";
/** A scaler as JSON: `(value − center) / scale` for each column. */
export interface ScalerJson {
  /** Which scaler. */
  readonly kind: ScalerKind;
  /** What is taken away from each column. */
  readonly center: Readonly<Record<string, number>>;
  /** What each column is divided by afterwards. */
  readonly scale: Readonly<Record<string, number>>;
  /** The rows it was fitted on. */
  readonly rows: RowRange;
}
/** What a scaler is fitted on. */
export interface ScalerFitOptions {
  /** The training rows; all unless given. */
  readonly rows?: RowRange;
}
/** A scaler of columns. */
export interface Scaler {
  /** Which scaler. */
  readonly kind: ScalerKind;
  /** The rows it was fitted on; undefined before. */
  readonly rows: RowRange | undefined;
  /** Learns every column's center and scale. @throws {InputError} naming a column and row that hold no finite number. */
  fit(columns: Columns, options?: ScalerFitOptions): Scaler;
  /** The columns scaled. @throws {InputError} for a column that it wasn't fitted on, or a value that is no number. */
  transform(columns: Columns): Record<string, Float64Array>;
  /** Both at once. */
  fitTransform(columns: Columns, options?: ScalerFitOptions): Record<string, Float64Array>;
  /** The columns as they were; any of them alone. @throws {InputError} for a column that it wasn't fitted on. */
  inverseTransform(columns: Columns): Record<string, Float64Array>;
  /** What {@link scalerFromJSON} reads. */
  toJSON(): ScalerJson;
}

type Fit = (
  sorted: Float64Array,
  values: Float64Array,
  column: string,
) => readonly [center: number, scale: number];

/** A quantile of sorted values, linear between neighbours as NumPy's default. */
function quantileOf(sorted: ArrayLike<number>, share: number): number {
  const at = share * (sorted.length - 1), low = Math.floor(at), below = sorted[low] ?? NaN;
  const above = sorted[Math.min(low + 1, sorted.length - 1)] ?? below;
  return below + (above - below) * (at - low);
}

/** Mean 0 and standard deviation 1 (ddof 0) on the rows it is fitted on; a constant column is only centered. */
export function standardScaler(): Scaler {
  return make("standard", (_, values) => {
    const n = values.length, mean = values.reduce((a, b) => a + b, 0) / n;
    const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / n, eps = Number.EPSILON;
    // Rounding leaves a constant column a variance that isn't 0.
    const constant = variance <= n * eps * variance + (n * mean * eps) ** 2;
    return [mean, constant ? 1 : Math.sqrt(variance)];
  });
}
/** The smallest value becomes `featureRange[0]`, the largest `featureRange[1]`: 0 and 1 unless given. */
export function minMaxScaler(options: { readonly featureRange?: readonly [number, number] } = {}): Scaler {
  checkOptions("minMaxScaler", options, { featureRange: 0 });
  const { featureRange: [low, high] = [0, 1] } = options;
  if (!(low < high)) {
    throw new ConfigError(`featureRange: expected a smaller and a larger number, got [${low}, ${high}]`);
  }
  return make("minMax", (sorted) => {
    const least = sorted[0] ?? 0, most = sorted.at(-1) ?? 0, spread = most - least;
    const scale = (spread < 10 * Number.EPSILON ? 1 : spread) / (high - low);
    return [least - low * scale, scale];
  });
}
/** The median becomes 0, the distance of the quantiles (25 and 75 percent unless given) 1: outliers count little. */
export function robustScaler(options: { readonly quantileRange?: readonly [number, number] } = {}): Scaler {
  checkOptions("robustScaler", options, { quantileRange: 0 });
  const { quantileRange: [low, high] = [25, 75] } = options;
  if (!(0 <= low && low < high && high <= 100)) {
    throw new ConfigError(`quantileRange: expected two percentages in order, got [${low}, ${high}]`);
  }
  return make("robust", (sorted) => {
    const spread = quantileOf(sorted, high / 100) - quantileOf(sorted, low / 100);
    return [quantileOf(sorted, 0.5), spread < 10 * Number.EPSILON ? 1 : spread];
  });
}
/** A scaler by its name; `none` leaves values as they are. @throws {ConfigError} for a name that isn't one. */
export function scalerOf(kind: ScalerKind): Scaler {
  if (kind === "standard") return standardScaler();
  if (kind === "minMax") return minMaxScaler();
  if (kind === "robust") return robustScaler();
  if (kind === "none") return make("none", () => [0, 1]);
  throw new ConfigError(`scaler: expected standard, minMax, robust or none, got ${shown(kind)}`, {
    place: "scaler",
  });
}
/** A fitted scaler from its JSON. @throws {FormatError} where it isn't one. */
export function scalerFromJSON(json: ScalerJson): Scaler {
  args.check("scalerFromJSON", "json", json, args.object);
  const { kind, center, scale, rows } = json;
  const numbers = (map: unknown) =>
    typeof map === "object" && map !== null && Object.values(map).every((v) => Number.isFinite(v));
  if (!numbers(center) || !numbers(scale) || `${Object.keys(center)}` !== `${Object.keys(scale)}`) {
    throw new FormatError(`scaler: expected center and scale of the same columns, got ${shown(json)}`);
  }
  return make(kind, () => [0, 1], { kind, center, scale, rows });
}

function make(kind: ScalerKind, learn: Fit, known?: ScalerJson): Scaler {
  let fitted = known;
  const state = (): ScalerJson => {
    if (fitted) return fitted;
    throw new InputError(`the ${kind} scaler isn't fitted: call fit with the training rows first`);
  };
  const each = (
    columns: Columns,
    of: (v: number, center: number, scale: number) => number,
    strict: boolean,
  ) => {
    const { center, scale } = state();
    return Object.fromEntries(
      Object.entries(columns).map(([name, values]) => {
        const c = center[name], s = scale[name];
        if (c === undefined || s === undefined) {
          throw new InputError(
            `the ${kind} scaler has no column ${shown(name)}: it was fitted on ${
              Object.keys(center).join(", ")
            }`,
          );
        }
        if (strict) checkFinite(name, values);
        return [name, values.map((v) => of(v, c, s))];
      }),
    );
  };
  const scaler: Scaler = {
    kind,
    get rows() {
      return fitted?.rows;
    },
    fit(columns, options = {}) {
      checkOptions("fit", options, { rows: 0 });
      const center: Record<string, number> = {}, scale: Record<string, number> = {};
      const count = Object.values(columns)[0]?.length ?? 0, rows = options.rows ?? { from: 0, to: count };
      if (!(0 <= rows.from && rows.from < rows.to && rows.to <= count)) {
        throw new ConfigError(`rows: expected some of the ${count} rows, got ${rows.from} to ${rows.to}`);
      }
      for (const [name, all] of Object.entries(columns)) {
        const values = all.subarray(rows.from, rows.to);
        checkFinite(name, values, rows.from);
        [center[name], scale[name]] = learn(values.slice().sort(), values, name);
      }
      fitted = { kind, center, scale, rows };
      return scaler;
    },
    transform: (columns) => each(columns, (v, c, s) => (v - c) / s, true),
    fitTransform: (columns, options) => scaler.fit(columns, options).transform(columns),
    inverseTransform: (columns) => each(columns, (v, c, s) => v * s + c, false),
    toJSON: state,
  };
  return scaler;
}

function checkFinite(name: string, values: Float64Array, from = 0): void {
  const at = values.findIndex((v) => !Number.isFinite(v));
  if (at < 0) return;
  throw new InputError(
    `column ${shown(name)}: row ${from + at + 1} is ${
      values[at]
    }: fill the gap or drop the row before scaling`,
    { place: name },
  );
}
