/** Layers that scale data as it comes in: Normalization by statistics, Rescaling by constants. @module */
import { type Factory, factory } from "../../../core/network/factory.ts";
import { ConfigError, ShapeError } from "../../../core/values/errors.ts";
import type { Builder } from "../../../core/graph/builder.ts";
import type { Value } from "../../../core/graph/graph.ts";
import type { LayerDef } from "../../../core/network/layer.ts";
import {
  asFloat,
  dtypeOf,
  inputAt,
  paramAt,
  range,
  scalarLike,
  shapeOf,
  sizeAt,
  sortedAxes,
  weight,
} from "../../../core/ops/words.ts";
import { bool, type Field, field, int, list, nullable } from "../../../core/values/schema.ts";
import { tensor } from "../../../core/values/tensor.ts";

/** Numbers, nested to any depth, as files hold arrays. */
export type Numbers = number | readonly Numbers[];
const isNumbers = (raw: unknown): raw is Numbers =>
  typeof raw === "number" || (Array.isArray(raw) && raw.every(isNumbers));

/** A number or nested lists of numbers; Keras' `__numpy__` and `__tensor__` records hold theirs in `config.value`. */
function numbersField(o: { readonly default?: Numbers } = {}): Field<Numbers> {
  return field<Numbers>({
    ...o,
    expects: "a number, or lists of numbers",
    read(raw) {
      const held = typeof raw === "object" && raw !== null && "config" in raw ? raw.config : raw;
      const value = typeof held === "object" && held !== null && "value" in held ? held.value : held;
      return isNumbers(value) ? value : undefined;
    },
  });
}
/** A constant of `like`'s element type. */
function numbersLike(b: Builder, value: Numbers, like: Value): Value {
  return typeof value === "number"
    ? scalarLike(b, value, like)
    : b.constant(tensor(value, undefined, dtypeOf(like)));
}

/** Options of {@link normalizationDef}, resolved. */
export interface NormalizationConfig {
  /** Axes with statistics of their own; none for one mean and variance of everything. */
  readonly axis: readonly number[];
  /** Mean; a weight where null. */
  readonly mean: Numbers | null;
  /** Variance; a weight where null. */
  readonly variance: Numbers | null;
  /** Back from normalized to original values. */
  readonly invert: boolean;
}
const normalizationDef: LayerDef<NormalizationConfig, "mean" | "variance" | "count"> = {
  kind: "layer",
  name: "Normalization",
  mask: "pass",
  config: {
    axis: field<readonly number[]>({
      default: [-1],
      expects: "an axis, a list of axes, or null",
      read: (raw, path) =>
        raw === null
          ? []
          : typeof raw === "number"
          ? [int().parse(raw, path)]
          : list({ of: int() }).parse(raw, path),
    }),
    mean: nullable(numbersField()),
    variance: nullable(numbersField()),
    invert: bool({ default: false }),
  },
  params(config, [x]) {
    if (config.mean !== null) return {};
    const shape = sortedAxes(config.axis, shapeOf(x).length).map((a) => sizeAt(x, a));
    // Adapting makes the weights, before there is a model that could give them its name.
    return {
      mean: weight(shape, "zeros", { role: "statistic", path: "/mean" }),
      variance: weight(shape, "ones", { role: "statistic", path: "/variance" }),
      count: weight([], "zeros", { role: "statistic", dtype: "int64", path: "/count" }),
    };
  },
  build({ b, config, inputs, params }) {
    const x = asFloat(b, inputAt(inputs, 0)), rank = shapeOf(x.type).length;
    const axes = sortedAxes(config.axis, rank);
    const place = (given: Numbers | null, name: "mean" | "variance"): Value => {
      const v = given === null ? paramAt(params, name) : numbersLike(b, given, x);
      const own = shapeOf(v.type);
      if (own.length === 0) return v;
      if (own.length === rank) return v;
      const kept = axes.slice(axes.length - own.length);
      if (kept.length !== own.length) {
        throw new ShapeError(`${name} has ${own.length} axes for axis [${config.axis}]`);
      }
      const sizes = range(0, rank).map((a) => (kept.includes(a) ? sizeAt(v.type, kept.indexOf(a)) : 1));
      return b.reshape(v, b.ints(sizes));
    };
    const mean = place(config.mean, "mean");
    const root = b.sqrt(place(config.variance, "variance"));
    const deviation = b.max([root, scalarLike(b, 1e-7, x)]);
    return [
      config.invert ? b.add(mean, b.mul(x, deviation)) : b.div(b.sub(x, mean), deviation),
    ];
  },
  check({ mean, variance }, path) {
    if ((mean === null) !== (variance === null)) {
      throw new ConfigError(`${path}: expected mean and variance together, got one of them`, { place: path });
    }
  },
  keras: {
    masksSince: 3,
    save: (fields) => ({
      config: { ...fields, axis: [fields.axis].flat().length === 0 ? null : fields.axis },
    }),
  },
};
/** (x − mean) / √variance by fixed statistics, given or adapted to data, shape unchanged. */
export const normalization: Factory<NormalizationConfig> = factory(normalizationDef);

/** Options of {@link rescalingDef}, resolved. */
export interface RescalingConfig {
  /** Factor. */
  readonly scale: Numbers;
  /** Added afterwards. */
  readonly offset: Numbers;
}
const rescalingDef: LayerDef<RescalingConfig, never> = {
  kind: "layer",
  name: "Rescaling",
  mask: "pass",
  config: {
    scale: numbersField(),
    offset: numbersField({ default: 0 }),
  },
  params: () => ({}),
  build({ b, config, inputs }) {
    const x = asFloat(b, inputAt(inputs, 0));
    const y = b.mul(x, numbersLike(b, config.scale, x));
    return [b.add(y, numbersLike(b, config.offset, x))];
  },
  keras: { masksSince: 3 },
};
/** x · scale + offset, in floats, shape unchanged. */
export const rescaling: Factory<RescalingConfig, "scale"> = factory(rescalingDef);
