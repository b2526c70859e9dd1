/** Windows over a series: so many rows in, the rows after them out; cut when asked for, so that memory isn't multiplied. @module */
import * as args from "../../../io/files/arguments.ts";
import { ConfigError, InputError, shown } from "../../../core/values/errors.ts";
import { checkSeed, Random } from "../../../core/values/random.ts";
import { checkOptions, type OptionNames } from "../../../core/values/schema.ts";
import { type Tensor, tensor } from "../../../core/values/tensor.ts";
import type { Columns, RowRange } from "../scaling.ts";

/** How {@link slidingWindows} cuts. */
export interface WindowOptions {
  /** Rows of an input (lookback). */
  readonly length: number;
  /** Rows of a target; 1 unless given. */
  readonly horizon?: number;
  /** Rows from one window to the next; 1 unless given. */
  readonly stride?: number;
  /** Rows between an input and its target; 0 unless given. */
  readonly gap?: number;
  /** Columns of the input, in order; all unless given. */
  readonly inputs?: readonly string[];
  /** Columns of the target, in order; all inputs unless given. */
  readonly targets?: readonly string[];
  /** The rows that windows lie in; all unless given. */
  readonly rows?: RowRange;
  /** True lets inputs begin before `rows`, in the known past; targets never do. */
  readonly context?: boolean;
}
const windowNames: OptionNames<WindowOptions> = {
  length: 0,
  horizon: 0,
  stride: 0,
  gap: 0,
  inputs: 0,
  targets: 0,
  rows: 0,
  context: 0,
};
/** Some windows: inputs `[windows, length, columns]` and targets, float32. */
export interface WindowBatch {
  /** What is seen. */
  readonly x: Tensor;
  /** What comes after it. */
  readonly y: Tensor;
}
/** Windows over a table, each made when it is asked for. */
export interface SeriesWindows {
  /** Number of windows. */
  readonly count: number;
  /** Shape of an input: `[length, columns]`. */
  readonly inputShape: readonly [number, number];
  /** Shape of a target: `[horizon]` for one column, else `[horizon, columns]`. */
  readonly targetShape: readonly number[];
  /** Rows that inputs cover. */
  readonly inputRows: RowRange;
  /** Rows that targets cover. */
  readonly targetRows: RowRange;
  /** First row of a window's input, and of its target. */
  at(window: number): { readonly input: number; readonly target: number };
  /** Inputs `[windows, length, columns]` and targets, float32, of the windows in the order given; of all unless given. */
  take(windows?: ArrayLike<number>): WindowBatch;
  /** A source for `fit`: every call goes once over all windows, in a new order by `seed` where one is given. */
  batches(
    options: { readonly batchSize: number; readonly seed?: number; readonly epoch?: number },
  ): () => Iterable<WindowBatch>;
}

/**
 * Windows over columns of equal length.
 *
 * ```ts
 * import { slidingWindows } from "@lapis/lapis/series";
 * const price = Float64Array.of(1, 2, 3, 4, 5);
 * const windows = slidingWindows({ price }, { length: 3 });
 * windows.take().y.data; // Float32Array [4, 5]
 * ```
 * @throws {ConfigError} for an option that doesn't fit; {@link InputError} for a gap in the numbers, or too few rows.
 */
export function slidingWindows(columns: Columns, options: WindowOptions): SeriesWindows {
  args.check("slidingWindows", "columns", columns, args.object);
  args.check("slidingWindows", "options", options, args.object);
  checkOptions("slidingWindows", options, windowNames);
  const { length, horizon = 1, stride = 1, gap = 0, context = false } = options;
  for (
    const [name, value, least] of Object.entries({ length, horizon, stride, gap }).map(([k, v]) =>
      [k, v, k === "gap" ? 0 : 1] as const
    )
  ) {
    if (Number.isSafeInteger(value) && value >= least) continue;
    throw new ConfigError(`${name}: expected integer >= ${least}, got ${shown(value)}`, { place: name });
  }
  const inputs = options.inputs ?? Object.keys(columns), targets = options.targets ?? inputs;
  const x = interleaved(columns, inputs), y = interleaved(columns, targets), total = x.rows;
  const rows = options.rows ?? { from: 0, to: total };
  if (!(0 <= rows.from && rows.from <= rows.to && rows.to <= total)) {
    throw new ConfigError(`rows: expected some of the ${total} rows, got ${rows.from} to ${rows.to}`, {
      place: "rows",
    });
  }
  const lead = length + gap, start = context ? Math.max(rows.from, lead) : rows.from + lead;
  const count = Math.max(0, Math.floor((rows.to - start - horizon) / stride) + 1);
  if (count === 0) {
    throw new InputError(
      `${rows.to - rows.from} rows${
        context ? ` after ${rows.from} others` : ""
      } hold no window: it takes ${length} rows, ` +
        `a gap of ${gap} and a horizon of ${horizon}, ${lead + horizon} in all`,
    );
  }
  const last = start + (count - 1) * stride;
  const targetShape = targets.length === 1 ? [horizon] : [horizon, targets.length];
  const take = (list: ArrayLike<number>) => {
    const into = new Float32Array(list.length * length * x.width);
    const out = new Float32Array(list.length * horizon * y.width);
    for (let i = 0; i < list.length; i++) {
      const target = start + (list[i] ?? 0) * stride, input = target - lead;
      if (!(target >= start && target <= last)) {
        throw new InputError(`window ${list[i]}: expected 0 to ${count - 1}`);
      }
      into.set(x.data.subarray(input * x.width, (input + length) * x.width), i * length * x.width);
      out.set(y.data.subarray(target * y.width, (target + horizon) * y.width), i * horizon * y.width);
    }
    return {
      x: tensor(into, [list.length, length, x.width]),
      y: tensor(out, [list.length, ...targetShape]),
    };
  };
  const every = () => Int32Array.from({ length: count }, (_, i) => i);
  return {
    count,
    inputShape: [length, inputs.length],
    targetShape,
    inputRows: { from: start - lead, to: last - gap },
    targetRows: { from: start, to: last + horizon },
    at: (window) => ({ input: start + window * stride - lead, target: start + window * stride }),
    take: (windows = every()) => take(windows),
    batches(options) {
      checkOptions("batches", options, { batchSize: 0, seed: 0, epoch: 0 });
      const { batchSize, seed, epoch = 0 } = options;
      if (!Number.isSafeInteger(batchSize) || batchSize < 1) {
        throw new ConfigError(`batchSize: expected integer >= 1, got ${shown(batchSize)}`, {
          place: "batchSize",
        });
      }
      let pass = epoch;
      return function* () {
        const order = every();
        if (seed !== undefined) shuffled(order, seed, pass++);
        for (let from = 0; from < count; from += batchSize) {
          yield take(order.subarray(from, from + batchSize));
        }
      };
    },
  };
}

/** The columns row by row. @throws {InputError} for a column that isn't there, is of another length or holds no number. */
function interleaved(columns: Columns, names: readonly string[]) {
  const width = names.length,
    rows = columns[names[0] ?? ""]?.length ?? 0,
    data = new Float32Array(rows * width);
  names.forEach((name, c) => {
    const values = Object.hasOwn(columns, name) ? columns[name] : undefined;
    if (!values) {
      throw new InputError(`no column ${shown(name)}: there are ${Object.keys(columns).join(", ")}`, {
        place: name,
      });
    }
    if (values.length !== rows) {
      throw new InputError(`column ${shown(name)} has ${values.length} rows, ${shown(names[0])} has ${rows}`);
    }
    const hole = values.findIndex((v) => !Number.isFinite(v));
    if (hole >= 0) {
      throw new InputError(
        `column ${shown(name)}: row ${hole + 1} is ${
          values[hole]
        }: drop the rows with gaps (dropGaps) or fill them first`,
        { place: name },
      );
    }
    values.forEach((v, r) => data[r * width + c] = v);
  });
  return { data, width, rows };
}

/** An order by seed and pass (Fisher and Yates). */
function shuffled(order: Int32Array, seed: number, pass: number): void {
  const random = Random.of(checkSeed(seed), "order", "", pass);
  for (let i = order.length - 1; i > 0; i--) {
    const k = random.below(i + 1), kept = order[i] ?? 0;
    order[i] = order[k] ?? 0;
    order[k] = kept;
  }
}
