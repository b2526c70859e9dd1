/** Initializers that draw: uniform, normal, scaled by fans as Glorot, He and LeCun, and orthogonal. @module */
import { ConfigError } from "../../core/values/errors.ts";
import type { InitializerDef } from "../../core/network/layer.ts";
import { Random } from "../../core/values/random.ts";
import { sizeOf, type Tensor, tensor } from "../../core/values/tensor.ts";
import { type NamedFactory, namedFactory } from "../../core/network/named.ts";

/** A seed of the initializer's own. */
export interface SeedOption {
  /** Seed of its random numbers; the model's unless given. */
  readonly seed?: number | null;
}
/** Options of {@link orthogonal}. */
export interface OrthogonalOptions extends SeedOption {
  /** Factor of the matrix; 1 unless given. */
  readonly gain?: number;
}
/** Mean and standard deviation. */
export interface NormalOptions extends SeedOption {
  /** Mean; 0 unless given. */
  readonly mean?: number;
  /** Standard deviation; 0.05 unless given. */
  readonly stddev?: number;
}
/** Bounds of numbers that are drawn evenly. */
export interface UniformOptions extends SeedOption {
  /** The smallest; -0.05 unless given. */
  readonly minval?: number;
  /** The largest; 0.05 unless given. */
  readonly maxval?: number;
}
/** Options of {@link varianceScaling}. */
export interface VarianceScalingOptions extends SeedOption {
  /** The variance times the fan; 1 unless given. */
  readonly scale?: number;
  /** The fan: units read, units fed, or the mean of both; fan_in unless given. */
  readonly mode?: "fan_in" | "fan_out" | "fan_avg";
  /** Normal and drawn again beyond two deviations, normal, or even; truncated_normal unless given. */
  readonly distribution?: "truncated_normal" | "untruncated_normal" | "uniform";
}

type Config = Readonly<Record<string, unknown>>;
type Fields = InitializerDef["config"];
const num = (config: Config, name: string): number => Number(config[name]);
const seedDoc: Fields = { seed: { default: null } };

function drawn(shape: readonly number[], draw: () => number): Tensor {
  return tensor(Float32Array.from({ length: sizeOf(shape) }, draw), shape);
}
/** The stream for a fill: the initializer's own seed where it has one. */
function stream(config: Config, seed: number): Random {
  return Random.of(typeof config.seed === "number" ? config.seed : seed, "initializer");
}
/** A normal number within two standard deviations. */
function truncated(random: Random): number {
  for (;;) {
    const z = random.normal();
    if (Math.abs(z) <= 2) return z;
  }
}

/** Sizes that a unit reads and feeds, by Keras' rule: the last two axes, times all the others. */
function fans(shape: readonly number[]): readonly [number, number] {
  if (shape.length === 0) return [1, 1];
  const last = shape.at(-1) ?? 1;
  if (shape.length === 1) return [last, last];
  const field = sizeOf(shape.slice(0, -2));
  return [(shape.at(-2) ?? 1) * field, last * field];
}

/** The standard deviation of a standard normal cut at ±2. */
const cutDeviation = 0.87962566103423978;

function scaled(
  shape: readonly number[],
  scale: number,
  mode: string,
  distribution: string,
  random: Random,
): Tensor {
  const [fanIn, fanOut] = fans(shape);
  const fan = mode === "fan_in" ? fanIn : mode === "fan_out" ? fanOut : (fanIn + fanOut) / 2;
  const variance = scale / Math.max(1, fan);
  if (distribution === "uniform") {
    const limit = Math.sqrt(3 * variance);
    return drawn(shape, () => limit * (2 * random.uniform() - 1));
  }
  if (distribution === "untruncated_normal") {
    const deviation = Math.sqrt(variance);
    return drawn(shape, () => deviation * random.normal());
  }
  const deviation = Math.sqrt(variance) / cutDeviation;
  return drawn(shape, () => deviation * truncated(random));
}

function byFans(
  name: string,
  scale: number,
  mode: string,
  distribution: "uniform" | "truncated_normal",
): InitializerDef {
  return {
    kind: "initializer",
    name,
    config: seedDoc,
    fill: (dims, config, seed) => scaled(dims, scale, mode, distribution, stream(config, seed)),
  };
}

/** Evenly between two bounds. */
export const randomUniform: NamedFactory<InitializerDef, UniformOptions> = namedFactory({
  kind: "initializer",
  name: "randomUniform",
  config: {
    minval: { default: -0.05 },
    maxval: { default: 0.05 },
    ...seedDoc,
  },
  fill(shape, config, seed) {
    const low = num(config, "minval"), high = num(config, "maxval");
    const random = stream(config, seed);
    return drawn(shape, () => low + (high - low) * random.uniform());
  },
});

const normalFields: Fields = {
  mean: { default: 0 },
  stddev: { default: 0.05 },
  ...seedDoc,
};
/** Normal, with a mean and a standard deviation. */
export const randomNormal: NamedFactory<InitializerDef, NormalOptions> = namedFactory({
  kind: "initializer",
  name: "randomNormal",
  config: normalFields,
  fill(shape, config, seed) {
    const mean = num(config, "mean"), deviation = num(config, "stddev");
    const random = stream(config, seed);
    return drawn(shape, () => mean + deviation * random.normal());
  },
});
/** Normal, drawn again beyond two standard deviations. */
export const truncatedNormal: NamedFactory<InitializerDef, NormalOptions> = namedFactory({
  kind: "initializer",
  name: "truncatedNormal",
  config: normalFields,
  fill(shape, config, seed) {
    const mean = num(config, "mean"), deviation = num(config, "stddev");
    const random = stream(config, seed);
    return drawn(shape, () => mean + deviation * truncated(random));
  },
});
/** Of variance scale / fan; the fan and the distribution are chosen. */
export const varianceScaling: NamedFactory<InitializerDef, VarianceScalingOptions> = namedFactory({
  kind: "initializer",
  name: "varianceScaling",
  config: {
    scale: { default: 1 },
    mode: { default: "fan_in" },
    distribution: { default: "truncated_normal" },
    ...seedDoc,
  },
  fill: (shape, config, seed) =>
    scaled(
      shape,
      num(config, "scale"),
      String(config.mode),
      String(config.distribution),
      stream(config, seed),
    ),
});
/** Uniform, of variance 2 / (fanIn + fanOut) (Glorot and Bengio 2010). */
export const glorotUniform: NamedFactory<InitializerDef, SeedOption> = namedFactory(
  byFans("glorotUniform", 1, "fan_avg", "uniform"),
);
/** Normal, of variance 2 / (fanIn + fanOut) (Glorot and Bengio 2010). */
export const glorotNormal: NamedFactory<InitializerDef, SeedOption> = namedFactory(
  byFans("glorotNormal", 1, "fan_avg", "truncated_normal"),
);
/** Uniform, of variance 2 / fanIn (He et al. 2015). */
export const heUniform: NamedFactory<InitializerDef, SeedOption> = namedFactory(
  byFans("heUniform", 2, "fan_in", "uniform"),
);
/** Normal, of variance 2 / fanIn (He et al. 2015). */
export const heNormal: NamedFactory<InitializerDef, SeedOption> = namedFactory(
  byFans("heNormal", 2, "fan_in", "truncated_normal"),
);
/** Uniform, of variance 1 / fanIn (LeCun et al. 1998). */
export const lecunUniform: NamedFactory<InitializerDef, SeedOption> = namedFactory(
  byFans("lecunUniform", 1, "fan_in", "uniform"),
);
/** Normal, of variance 1 / fanIn (LeCun et al. 1998). */
export const lecunNormal: NamedFactory<InitializerDef, SeedOption> = namedFactory(
  byFans("lecunNormal", 1, "fan_in", "truncated_normal"),
);

/** Orthogonal rows or columns, times a gain (Saxe et al. 2013). */
export const orthogonal: NamedFactory<InitializerDef, OrthogonalOptions> = namedFactory({
  kind: "initializer",
  name: "orthogonal",
  config: { gain: { default: 1 }, ...seedDoc },
  fill(shape, config, seed) {
    if (shape.length < 2) throw new ConfigError(`orthogonal: expected two axes or more, got [${shape}]`);
    const columns = shape.at(-1) ?? 1, rows = sizeOf(shape) / Math.max(1, columns);
    const random = stream(config, seed), gain = num(config, "gain");
    const long = Math.max(rows, columns), few = Math.min(rows, columns);
    const vectors = Array.from(
      { length: few },
      () => Float64Array.from({ length: long }, () => random.normal()),
    );
    orthonormalize(vectors);
    const at = (r: number, c: number) => (rows < columns ? vectors[r]?.[c] : vectors[c]?.[r]) ?? 0;
    const data = new Float32Array(rows * columns);
    for (let i = 0; i < data.length; i++) data[i] = gain * at(Math.floor(i / columns), i % columns);
    return tensor(data, shape);
  },
});
function orthonormalize(vectors: readonly Float64Array[]): void {
  vectors.forEach((v, i) => {
    for (let pass = 0; pass < 2; pass++) {
      for (const u of vectors.slice(0, i)) {
        let dot = 0;
        for (let k = 0; k < v.length; k++) dot += (v[k] as number) * (u[k] as number);
        for (let k = 0; k < v.length; k++) v[k] = (v[k] as number) - dot * (u[k] as number);
      }
    }
    const norm = Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));
    for (let k = 0; k < v.length; k++) v[k] = (v[k] as number) / norm;
  });
}
