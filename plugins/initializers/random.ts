/** Initializers that draw: uniform, normal, scaled by fans as Glorot, He and LeCun, and orthogonal. @module */
import { ConfigError } from "../../core/values/errors.ts";
import type { InitializerDef } from "../../core/network/layer.ts";
import { Random } from "../../core/values/random.ts";
import { sizeOf, type Tensor, tensor } from "../../core/values/tensor.ts";

type Config = Readonly<Record<string, unknown>>;
type Fields = InitializerDef["config"];
const num = (config: Config, name: string, otherwise: number): number => Number(config[name] ?? otherwise);
const seedDoc: Fields = { seed: { doc: "seed of its own; the model's unless given", default: null } };

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
  const shape = distribution === "uniform" ? "uniform" : "normal, cut at two deviations";
  return {
    kind: "initializer",
    name,
    summary: `${shape}, of variance ${scale} / ${mode}`,
    config: seedDoc,
    fill: (dims, config, seed) => scaled(dims, scale, mode, distribution, stream(config, seed)),
  };
}

/** Evenly between two bounds. */
export const randomUniform: InitializerDef = {
  kind: "initializer",
  name: "randomUniform",
  summary: "evenly between minval and maxval",
  config: {
    minval: { doc: "lower bound", default: -0.05 },
    maxval: { doc: "upper bound", default: 0.05 },
    ...seedDoc,
  },
  fill(shape, config, seed) {
    const low = num(config, "minval", -0.05), high = num(config, "maxval", 0.05);
    const random = stream(config, seed);
    return drawn(shape, () => low + (high - low) * random.uniform());
  },
};

const normalFields: Fields = {
  mean: { doc: "mean", default: 0 },
  stddev: { doc: "standard deviation", default: 0.05 },
  ...seedDoc,
};
/** Normal. */
export const randomNormal: InitializerDef = {
  kind: "initializer",
  name: "randomNormal",
  summary: "normal with a mean and a standard deviation",
  config: normalFields,
  fill(shape, config, seed) {
    const mean = num(config, "mean", 0), deviation = num(config, "stddev", 0.05);
    const random = stream(config, seed);
    return drawn(shape, () => mean + deviation * random.normal());
  },
};
/** Normal, drawn again where beyond two standard deviations. */
export const truncatedNormal: InitializerDef = {
  kind: "initializer",
  name: "truncatedNormal",
  summary: "normal, drawn again beyond two standard deviations",
  config: normalFields,
  fill(shape, config, seed) {
    const mean = num(config, "mean", 0), deviation = num(config, "stddev", 0.05);
    const random = stream(config, seed);
    return drawn(shape, () => mean + deviation * truncated(random));
  },
};
/** Variance scaled by the number of inputs or outputs. */
export const varianceScaling: InitializerDef = {
  kind: "initializer",
  name: "varianceScaling",
  summary: "variance scale / fan, the fan and the distribution chosen",
  config: {
    scale: { doc: "scale of the variance", default: 1 },
    mode: { doc: "fan_in, fan_out or fan_avg", default: "fan_in" },
    distribution: { doc: "truncated_normal, untruncated_normal or uniform", default: "truncated_normal" },
    ...seedDoc,
  },
  fill: (shape, config, seed) =>
    scaled(
      shape,
      num(config, "scale", 1),
      String(config.mode ?? "fan_in"),
      String(config.distribution ?? "truncated_normal"),
      stream(config, seed),
    ),
};
/** Glorot and Bengio 2010, uniform. */
export const glorotUniform: InitializerDef = byFans("glorotUniform", 1, "fan_avg", "uniform");
/** Glorot and Bengio 2010, normal. */
export const glorotNormal: InitializerDef = byFans("glorotNormal", 1, "fan_avg", "truncated_normal");
/** He et al. 2015, uniform. */
export const heUniform: InitializerDef = byFans("heUniform", 2, "fan_in", "uniform");
/** He et al. 2015, normal. */
export const heNormal: InitializerDef = byFans("heNormal", 2, "fan_in", "truncated_normal");
/** LeCun et al. 1998, uniform. */
export const lecunUniform: InitializerDef = byFans("lecunUniform", 1, "fan_in", "uniform");
/** LeCun et al. 1998, normal. */
export const lecunNormal: InitializerDef = byFans("lecunNormal", 1, "fan_in", "truncated_normal");

/** Orthogonal rows or columns, Saxe et al. 2013: a normal matrix made orthonormal by modified Gram–Schmidt, twice. */
export const orthogonal: InitializerDef = {
  kind: "initializer",
  name: "orthogonal",
  summary: "orthogonal rows or columns, times a gain",
  config: { gain: { doc: "factor", default: 1 }, ...seedDoc },
  fill(shape, config, seed) {
    if (shape.length < 2) throw new ConfigError(`orthogonal: expected two axes or more, got [${shape}]`);
    const columns = shape.at(-1) ?? 1, rows = sizeOf(shape) / Math.max(1, columns);
    const random = stream(config, seed), gain = num(config, "gain", 1);
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
};
function orthonormalize(vectors: readonly Float64Array[]): void {
  vectors.forEach((v, i) => {
    for (let pass = 0; pass < 2; pass++) {
      for (const u of vectors.slice(0, i)) {
        let dot = 0;
        for (let k = 0; k < v.length; k++) dot += (v[k] ?? 0) * (u[k] ?? 0);
        for (let k = 0; k < v.length; k++) v[k] = (v[k] ?? 0) - dot * (u[k] ?? 0);
      }
    }
    const norm = Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));
    for (let k = 0; k < v.length; k++) v[k] = (v[k] ?? 0) / norm;
  });
}
