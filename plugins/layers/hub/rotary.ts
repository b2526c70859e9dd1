/** Rotary position embeddings: pairs of features turned by angles that grow with their step. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import { ConfigError, ShapeError } from "../../../core/values/errors.ts";
import type { Value } from "../../../core/graph/graph.ts";
import type { LayerDef } from "../../../core/network/layer.ts";
import { asFloat, cast, inputAt, range, shapeOf, sizeAt, transpose } from "../../../core/ops/words.ts";
import { bool, choice, float, int, nullable } from "../../../core/values/schema.ts";
import { normalAxis } from "../../../core/values/shape.ts";
import { tensor } from "../../../core/values/tensor.ts";
import { hub } from "./names.ts";
import { steps } from "./kit.ts";
import { onlyValue } from "../shared/spelled.ts";

/** Frequencies of the pairs of `size` features. */
export function frequencies(size: number, wavelength: number, scaling = 1): readonly number[] {
  return range(0, size / 2).map((i) => wavelength ** (-2 * i / size) / scaling);
}
/** Llama 3.1's frequencies: long waves slowed down, those between mixed. */
export interface FrequencyScaling {
  /** What long waves are slowed down by. */
  readonly factor: number;
  /** Waves longer than the trained length over this are long. */
  readonly low: number;
  /** Waves shorter than the trained length over this stay. */
  readonly high: number;
  /** Length of the sequences trained on. */
  readonly length: number;
}
/** Frequencies with Llama 3.1's scaling. */
export function scaledFrequencies(
  size: number,
  wavelength: number,
  { factor, low, high, length }: FrequencyScaling,
): readonly number[] {
  return frequencies(size, wavelength).map((own) => {
    const wave = 2 * Math.PI / own;
    // Keras mixes what it has slowed down already; a wave of just the low length is slowed down by mixing alone.
    const slowed = wave > length / low ? own / factor : own;
    const smooth = (length / wave - low) / (high - low);
    const between = wave >= length / high && wave <= length / low;
    return between ? (1 - smooth) * (own / factor) + smooth * own : slowed;
  });
}
/** What YaRN's frequencies follow from. */
export type YarnOptions = Pick<
  RotaryEmbeddingConfig,
  "maxWavelength" | "originalMaxPositionEmbeddings" | "betaFast" | "betaSlow" | "truncate" | "scalingFactor"
>;
/** Frequencies of YaRN (Peng et al. 2023), as KerasHub computes them. */
export function yarnFrequencies(size: number, c: YarnOptions): readonly number[] {
  const { maxWavelength: base, originalMaxPositionEmbeddings: length } = c;
  const corrected = (turns: number) => size * Math.log(length / (turns * 2 * Math.PI)) / (2 * Math.log(base));
  let low = corrected(c.betaFast), high = corrected(c.betaSlow);
  if (c.truncate) [low, high] = [Math.floor(low), Math.ceil(high)];
  low = Math.max(low, 0);
  high = Math.min(high, size - 1);
  return frequencies(size, base).map((own, i) => {
    const ramp = Math.min(1, Math.max(0, (i - low) / Math.max(high - low, 1e-3)));
    return own / c.scalingFactor * ramp + own * (1 - ramp);
  });
}

/**
 * Turns the pairs (i, i + size/2) of the last axis by step times frequency, the steps along `axis`. `positions`
 * `[steps]` or `[batch, steps]` take the place of 0, 1, …
 */
export function rotated(
  b: Builder,
  x: Value,
  rates: readonly number[] | Value,
  axis: number,
  more: { readonly positions?: Value | undefined; readonly start?: number; readonly factor?: number } = {},
): Value {
  const rank = shapeOf(x.type).length, size = sizeAt(x.type, -1);
  if (size % 2 !== 0) {
    throw new ShapeError(`rotary embedding: expected an even number of features, got ${size}`);
  }
  const { start = 0, factor = 1 } = more;
  let places = cast(b, more.positions ?? steps(b, x, axis), "float32");
  if (!more.positions && start !== 0) places = b.add(places, b.scalar(start));
  const batched = shapeOf(places.type).length === 2;
  const angle = b.mul(
    b.unsqueeze(places, b.ints([-1])),
    "type" in rates ? rates : b.constant(tensor(Float32Array.from(rates))),
  );
  // [batch?, steps, pairs] to stand against x's axes
  const missing = range(batched ? 1 : 0, rank - 1).filter((a) => a !== axis && !(batched && a === 0));
  const wide = missing.length === 0 ? angle : b.unsqueeze(angle, b.ints(missing));
  const times = (y: Value) => factor === 1 ? y : b.mul(y, b.scalar(factor));
  const cos = times(b.cos(wide)), sin = times(b.sin(wide));
  const [left, right] = b.split(x, { axis: -1, num_outputs: 2 });
  if (!left || !right) throw new ShapeError("rotary embedding: no features");
  const mul = (p: Value, q: Value) => b.mul(p, q);
  return b.concat([
    b.sub(mul(left, cos), mul(right, sin)),
    b.add(mul(right, cos), mul(left, sin)),
  ], { axis: -1 });
}

/** Options of {@link rotaryEmbeddingDef}, resolved. */
export interface RotaryEmbeddingConfig {
  /** The longest wave. */
  readonly maxWavelength: number;
  /** Frequencies are divided by this. */
  readonly scalingFactor: number;
  /** How they are. */
  readonly ropeType: "linear" | "dynamic" | "yarn";
  /** YaRN: turns over the trained length from which waves stay. */
  readonly betaFast: number;
  /** YaRN: turns below which waves are slowed down. */
  readonly betaSlow: number;
  /** YaRN: length of the sequences trained on. */
  readonly originalMaxPositionEmbeddings: number;
  /** YaRN: the range is rounded to whole features. */
  readonly truncate: boolean;
  /** Axis of the steps. */
  readonly sequenceAxis: number;
  /** Axis of the features. */
  readonly featureAxis: number;
  /** What frequencies' exponents are divided by; the number of features where null. */
  readonly denominatorDim: number | null;
}
function ratesOf(size: number, c: RotaryEmbeddingConfig): readonly number[] {
  if (c.ropeType === "yarn") return yarnFrequencies(size, c);
  const over = c.denominatorDim ?? size;
  const scaling = c.ropeType === "linear"
    ? c.scalingFactor
    : c.scalingFactor ** (size / Math.max(1, size - 2));
  return range(0, size / 2).map((i) => c.maxWavelength ** (-2 * i / over) / scaling);
}
/** Turns pairs of features by their step (Su et al. 2021), shape unchanged. */
export const rotaryEmbeddingDef: LayerDef<RotaryEmbeddingConfig, never> = {
  kind: "layer",
  name: "RotaryEmbedding",
  mask: "consume",
  config: {
    maxWavelength: float({ default: 10000 }),
    scalingFactor: float({ default: 1 }),
    ropeType: choice({ default: "linear", of: ["linear", "dynamic", "yarn"] }),
    betaFast: float({ default: 32 }),
    betaSlow: float({ default: 1 }),
    originalMaxPositionEmbeddings: int({ default: 4096 }),
    truncate: bool({ default: true }),
    sequenceAxis: int({ default: 1 }),
    featureAxis: int({ default: -1 }),
    denominatorDim: nullable(int()),
  },
  params: () => ({}),
  build({ b, config, inputs, call }) {
    const x = asFloat(b, inputAt(inputs, 0)), rank = shapeOf(x.type).length;
    const [time, features] = [normalAxis(config.sequenceAxis, rank), normalAxis(config.featureAxis, rank)];
    if (time === 0 || features === 0 || time === features) {
      throw new ConfigError(
        `sequenceAxis ${time} and featureAxis ${features}: expected two axes but the batch's`,
      );
    }
    const last = [...range(0, rank).filter((a) => a !== features), features];
    const turned = transpose(b, x, last), axis = last.indexOf(time);
    const factor = config.ropeType === "yarn" ? 0.1 * Math.log(config.scalingFactor) + 1 : 1;
    const y = rotated(b, turned, ratesOf(sizeAt(turned.type, -1), config), axis, {
      positions: call.values?.positions,
      start: startOf(call.options),
      factor,
    });
    return [transpose(b, y, range(0, rank).map((a) => last.indexOf(a)))];
  },
  keras: hub("RotaryEmbedding", { call: ["inputs", "start_index", "positions"] }),
};
/** The number that positions begin with. @throws {UnsupportedError} for what is none. */
export function startOf(options: Readonly<Record<string, unknown>> | undefined): number {
  const start = options?.startIndex;
  if (typeof start !== "number") onlyValue({ start_index: start }, "start_index", 0);
  return typeof start === "number" ? start : 0;
}
