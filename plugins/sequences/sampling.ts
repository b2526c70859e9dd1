/** From scores of tokens to a token: temperature, top-k, top-p, by our own random numbers. @module */
import * as args from "../../io/files/arguments.ts";
import { ConfigError, InputError, shown } from "../../core/values/errors.ts";
import { philox } from "../../core/values/random.ts";
import { checkOptions, type OptionNames } from "../../core/values/schema.ts";

/** How a token is drawn. */
export interface SamplingOptions {
  /** Log probabilities are divided by this: below 1 bolder, above 1 freer; 0 takes the most probable; 1 unless given. */
  readonly temperature?: number;
  /** Only so many of the most probable tokens are drawn from; all unless given. */
  readonly topK?: number | null;
  /** Only the most probable tokens that together reach this probability (Holtzman et al. 2020); all unless given. */
  readonly topP?: number | null;
  /** Tokens that are never drawn, such as padding. */
  readonly exclude?: readonly number[];
}
/** Their names. */
export const samplingNames: OptionNames<SamplingOptions> = { temperature: 0, topK: 0, topP: 0, exclude: 0 };

/** Draws a token from log probabilities, `random` giving a number in [0, 1). */
export type Sampler = (logProbabilities: Float64Array, random: () => number) => number;

/** The most probable token; of equals the first. */
export function argmax(values: ArrayLike<number>): number {
  args.check("argmax", "values", values, args.list);
  let best = 0;
  for (let i = 1; i < values.length; i++) if ((values[i] ?? 0) > (values[best] ?? 0)) best = i;
  return best;
}

/**
 * Log probabilities of a row of scores: of probabilities, where no score is negative and they add up to 1, else of logits.
 * @throws {InputError} for a score that is no number.
 */
export function logProbabilities(scores: ArrayLike<number>): Float64Array {
  args.check("logProbabilities", "scores", scores, args.list);
  const out = new Float64Array(scores.length);
  let sum = 0, most = -Infinity, negative = false;
  for (let i = 0; i < scores.length; i++) {
    const v = scores[i] ?? 0;
    if (Number.isNaN(v)) throw new InputError(`the score of token ${i} is not a number`);
    out[i] = v;
    sum += v;
    most = Math.max(most, v);
    negative ||= v < 0;
  }
  if (!negative && Math.abs(sum - 1) < 1e-3) return out.map(Math.log);
  let total = 0;
  for (const v of out) total += Math.exp(v - most);
  const norm = most + Math.log(total);
  return out.map((v) => v - norm);
}

/**
 * Draws tokens as told: first excluded tokens go, then the temperature is applied, then top-k, then top-p.
 *
 * ```ts
 * import { sampler } from "@lapis/lapis/sequences";
 * const draw = sampler({ temperature: 0.8, topK: 2 });
 * draw(Float64Array.of(-0.2, -2, -5), () => 0.5); // 0
 * ```
 * @throws {ConfigError} for an option outside its range.
 */
export function sampler(options: SamplingOptions = {}): Sampler {
  checkOptions("sampler", options, samplingNames);
  return samplerOf(options);
}
/** The same for options that hold others beside. */
export function samplerOf(options: SamplingOptions): Sampler {
  const { temperature = 1, topK = null, topP = null, exclude = [] } = options;
  if (!(temperature >= 0 && temperature < Infinity)) {
    throw new ConfigError(`temperature: expected a number from 0, got ${shown(temperature)}`);
  }
  if (topK !== null && !(Number.isSafeInteger(topK) && topK >= 1)) {
    throw new ConfigError(`topK: expected integer >= 1, got ${shown(topK)}`);
  }
  if (topP !== null && !(topP > 0 && topP <= 1)) {
    throw new ConfigError(`topP: expected a number above 0 and at most 1, got ${shown(topP)}`);
  }
  const left = new Set(exclude);
  return (given, random) => {
    const order = Array.from(given, (_, i) => i).filter((i) => !left.has(i) && (given[i] ?? 0) > -Infinity);
    if (order.length === 0) throw new InputError("no token is left to draw");
    order.sort((i, k) => (given[k] ?? 0) - (given[i] ?? 0) || i - k);
    const [best = 0] = order;
    if (temperature === 0 || topK === 1) return best;
    const kept = topK === null ? order : order.slice(0, topK), top = given[best] ?? 0;
    const weights = kept.map((i) => Math.exp(((given[i] ?? 0) - top) / temperature));
    const whole = weights.reduce((a, b) => a + b, 0);
    let size = weights.length, held = whole;
    if (topP !== null) {
      held = 0;
      for (size = 0; size < weights.length && (size === 0 || held < topP * whole); size++) {
        held += weights[size] ?? 0;
      }
    }
    let at = random() * held;
    for (let i = 0; i < size; i++) {
      at -= weights[i] ?? 0;
      if (at < 0) return kept[i] ?? best;
    }
    return kept[size - 1] ?? best;
  };
}
/** Marks the counters of text, so that no other use of a seed has the same numbers. */
const mark = 0x74657874;
/**
 * Numbers in [0, 1) for each row apart (Philox), so that a row's text doesn't hang on the rows beside it.
 * @throws {ConfigError} for a seed that isn't a whole number from 0.
 */
export function randomRows(seed: number, rows: number): readonly (() => number)[] {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new ConfigError(`seed: expected integer >= 0, got ${shown(seed)}`);
  }
  const key = [seed >>> 0, Math.floor(seed / 2 ** 32)] as const;
  return Array.from({ length: rows }, (_, row) => {
    let n = 0;
    return () => {
      const [a = 0, b = 0] = philox([n++, 0, row, mark], key);
      return ((a >>> 5) * 67108864 + (b >>> 6)) / 9007199254740992;
    };
  });
}
