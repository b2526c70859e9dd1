/** From a step function to sequences of tokens: greedy, sampled, and beam search. @module */
import * as args from "../../io/files/arguments.ts";
import { ConfigError, shown } from "../../core/values/errors.ts";
import type { ModelData } from "../../core/model/feed.ts";
import type { Model } from "../../core/model/model.ts";
import { checkOptions, type OptionNames } from "../../core/values/schema.ts";
import { type Tensor, toNumbers } from "../../core/values/tensor.ts";
import {
  logProbabilities,
  randomRows,
  sampler,
  samplerOf,
  samplingNames,
  type SamplingOptions,
} from "./sampling.ts";
import {
  type StepFunction,
  stepper,
  stepperNames,
  type StepperOptions,
  type StepState,
  takeState,
} from "./stepper.ts";

/** What every way of decoding is told. */
export interface DecodingOptions {
  /** The token that decoding begins with. */
  readonly start: number;
  /** The token that ends a sequence; none does unless given. */
  readonly end?: number;
  /** Tokens of a sequence at most, without the first and the end. */
  readonly maxLength: number;
  /** Tokens that never come, such as padding. */
  readonly exclude?: readonly number[];
}
const decodingNames: OptionNames<DecodingOptions> = { start: 0, end: 0, maxLength: 0, exclude: 0 };
/** Options of {@link sampleDecode}. */
export interface SampleDecodingOptions extends DecodingOptions, SamplingOptions {
  /** Fixes what is drawn; 0 unless given. */
  readonly seed?: number;
}
const sampleNames: OptionNames<SampleDecodingOptions> = { ...decodingNames, ...samplingNames, seed: 0 };
/** Options of {@link beamDecode}. */
export interface BeamDecodingOptions extends DecodingOptions {
  /** Hypotheses that are followed; 4 unless given. */
  readonly width?: number;
  /** α of `((5 + length) / 6)^α` (Wu et al. 2016) that log probabilities are divided by: 0, the default, for none. */
  readonly lengthPenalty?: number;
}
const beamNames: OptionNames<BeamDecodingOptions> = { ...decodingNames, width: 0, lengthPenalty: 0 };
/** A sequence that decoding found. */
export interface Decoded {
  /** Its tokens, without the first and the end. */
  readonly tokens: readonly number[];
  /** The sum of its tokens' log probabilities, the end's too. */
  readonly logProbability: number;
  /** What it was ranked by: the log probability over the length penalty. */
  readonly score: number;
  /** True where the end came; false where `maxLength` did. */
  readonly ended: boolean;
}

function checkDecoding({ maxLength, start }: DecodingOptions): void {
  if (!(Number.isSafeInteger(maxLength) && maxLength >= 1)) {
    throw new ConfigError(`maxLength: expected integer >= 1, got ${shown(maxLength)}`);
  }
  if (!(Number.isSafeInteger(start) && start >= 0)) {
    throw new ConfigError(`start: expected a token, got ${shown(start)}`);
  }
}
/** Log probabilities of each row. */
function rowsOf(scores: Tensor): readonly Float64Array[] {
  const [rows = 0, width = 0] = scores.shape, numbers = toNumbers(scores);
  return Array.from(
    { length: rows },
    (_, r) => logProbabilities(Array.from(numbers.slice(r * width, (r + 1) * width))),
  );
}

/** Follows each row by a choice of its next token until the end or the longest length. */
async function follow(
  step: StepFunction,
  begin: StepState,
  rows: number,
  options: DecodingOptions,
  choose: (logProbabilities: Float64Array, row: number) => number,
): Promise<Decoded[]> {
  checkDecoding(options);
  const { start, end, maxLength } = options;
  const found = Array.from({ length: rows }, () => ({ tokens: [] as number[], sum: 0, ended: false }));
  let live = found.map((_, row) => row), state = begin;
  for (let t = 0; live.length > 0 && (t < maxLength || end !== undefined); t++) {
    const now = await step(Int32Array.from(live, (r) => found[r]?.tokens.at(-1) ?? start), state);
    const going: number[] = [];
    rowsOf(now.scores).forEach((row, at) => {
      const index = live[at] ?? 0, one = found[index], token = choose(row, index);
      if (!one || (t === maxLength && token !== end)) return;
      one.sum += row[token] ?? 0;
      if (token === end) one.ended = true;
      else {
        one.tokens.push(token);
        going.push(at);
      }
    });
    state = going.length === live.length ? now.state : takeState(now.state, going);
    live = going.map((at) => live[at] ?? 0);
  }
  return found.map(({ tokens, sum, ended }) => ({ tokens, logProbability: sum, score: sum, ended }));
}

/** The most probable token at every step, for all rows of a state at once. @throws {ConfigError} */
export async function greedyDecode(
  step: StepFunction,
  begin: StepState,
  rows: number,
  options: DecodingOptions,
): Promise<Decoded[]> {
  args.check("greedyDecode", "step", step, args.callable);
  args.check("greedyDecode", "begin", begin, args.object);
  args.check("greedyDecode", "options", options, args.object);
  checkOptions("greedyDecode", options, decodingNames);
  return await greedy(step, begin, rows, options);
}
async function greedy(
  step: StepFunction,
  begin: StepState,
  rows: number,
  options: DecodingOptions,
): Promise<Decoded[]> {
  const best = sampler({ temperature: 0, exclude: options.exclude ?? [] });
  return await follow(step, begin, rows, options, (p) => best(p, () => 0));
}
/** Tokens drawn by their probabilities; a seed gives the same tokens again. @throws {ConfigError} */
export async function sampleDecode(
  step: StepFunction,
  begin: StepState,
  rows: number,
  options: SampleDecodingOptions,
): Promise<Decoded[]> {
  args.check("sampleDecode", "step", step, args.callable);
  args.check("sampleDecode", "begin", begin, args.object);
  args.check("sampleDecode", "options", options, args.object);
  checkOptions("sampleDecode", options, sampleNames);
  return await sampled(step, begin, rows, options);
}
async function sampled(
  step: StepFunction,
  begin: StepState,
  rows: number,
  options: SampleDecodingOptions,
): Promise<Decoded[]> {
  const draw = samplerOf(options), random = randomRows(options.seed ?? 0, rows);
  return await follow(step, begin, rows, options, (p, row) => draw(p, random[row] ?? (() => 0)));
}

interface Hypothesis {
  readonly tokens: readonly number[];
  readonly sum: number;
}
/**
 * Beam search over one row of a state: the best sequences found, the best first. It ends where no hypothesis can better
 * the worst of `width` finished ones.
 *
 * ```ts
 * import { tensor } from "@lapis/lapis";
 * import { beamDecode } from "@lapis/lapis/sequences";
 * const step = (tokens: Int32Array) =>
 *   Promise.resolve({ scores: tensor(Array.from(tokens, () => [0.1, 0.6, 0.3])), state: {} });
 * const [best] = await beamDecode(step, {}, { start: 0, end: 2, maxLength: 3, width: 3 });
 * ```
 * @throws {ConfigError} for an option outside its range.
 */
export async function beamDecode(
  step: StepFunction,
  begin: StepState,
  options: BeamDecodingOptions,
): Promise<Decoded[]> {
  args.check("beamDecode", "step", step, args.callable);
  args.check("beamDecode", "begin", begin, args.object);
  args.check("beamDecode", "options", options, args.object);
  checkOptions("beamDecode", options, beamNames);
  return await beam(step, begin, options);
}
async function beam(
  step: StepFunction,
  begin: StepState,
  options: BeamDecodingOptions,
): Promise<Decoded[]> {
  checkDecoding(options);
  const { start, end, maxLength, width = 4, lengthPenalty = 0, exclude = [] } = options;
  if (!(Number.isSafeInteger(width) && width >= 1)) {
    throw new ConfigError(`width: expected integer >= 1, got ${shown(width)}`);
  }
  if (!(lengthPenalty >= 0 && lengthPenalty < Infinity)) {
    throw new ConfigError(`lengthPenalty: expected a number from 0, got ${shown(lengthPenalty)}`);
  }
  const scored = (sum: number, length: number) => sum / ((5 + length) / 6) ** lengthPenalty;
  const left = new Set(exclude), done: Decoded[] = [];
  const finish = ({ tokens, sum }: Hypothesis, ended: boolean) => {
    const length = tokens.length + (ended ? 1 : 0);
    done.push({ tokens, logProbability: sum, score: scored(sum, length), ended });
    done.sort((a, b) => b.score - a.score);
    done.length = Math.min(done.length, width);
  };
  let live: readonly Hypothesis[] = [{ tokens: [], sum: 0 }], state = begin;
  for (let t = 0; live.length > 0 && (t < maxLength || end !== undefined); t++) {
    const now = await step(Int32Array.from(live, (h) => h.tokens.at(-1) ?? start), state);
    const next: { readonly from: number; readonly token: number; readonly sum: number }[] = [];
    rowsOf(now.scores).forEach((row, from) => {
      const before = live[from]?.sum ?? 0;
      row.forEach((p, token) => {
        if (left.has(token) || p === -Infinity || (t === maxLength && token !== end)) return;
        next.push({ from, token, sum: before + p });
      });
    });
    next.sort((a, b) => b.sum - a.sum);
    const kept: Hypothesis[] = [], rows: number[] = [];
    for (const { from, token, sum } of next) {
      if (kept.length === width) break;
      const tokens = live[from]?.tokens ?? [];
      if (token === end) finish({ tokens, sum }, true);
      else [kept.push({ tokens: [...tokens, token], sum }), rows.push(from)];
    }
    // A sum only falls; what divides it is largest at the longest length.
    const most = kept[0] ? scored(kept[0].sum, maxLength + 1) : -Infinity, worst = done[width - 1];
    if (worst && worst.score >= most) return done;
    if (t < maxLength) [live, state] = [kept, takeState(now.state, rows)];
    else live = done.length > 0 ? [] : live;
    if (t === maxLength) break;
  }
  // Sequences that were cut count where none came to its end.
  if (done.length === 0) live.forEach((h) => finish(h, false));
  return done;
}

/** How {@link decode} decodes. */
export type DecodeOptions =
  & StepperOptions
  & (
    | DecodingOptions & { readonly method?: "greedy" }
    | SampleDecodingOptions & { readonly method: "sample" }
    | BeamDecodingOptions & { readonly method: "beam" }
  );
/**
 * Decodes with a trained encoder–decoder: the best sequence for each row of the sources (data for all inputs but the one
 * that takes tokens, the last unless `input` says).
 *
 * ```ts ignore
 * const found = await decode(model, sources, { method: "beam", width: 5, start: 1, end: 2, maxLength: 20 });
 * console.log(found[0]?.tokens);
 * ```
 * @throws {ConfigError} for an option outside its range; {@link InputError} for sources that don't fit.
 */
export async function decode(model: Model, sources: ModelData, options: DecodeOptions): Promise<Decoded[]> {
  args.check("decode", "model", model, args.modelKind);
  args.check("decode", "options", options, args.object);
  const { method } = options,
    own = method === "sample" ? sampleNames : method === "beam" ? beamNames : decodingNames;
  checkOptions<object>("decode", options, { ...own, ...stepperNames, method: 0 });
  const { input, window } = options;
  const steps = stepper(model, {
    ...(input !== undefined && { input }),
    ...(window !== undefined && { window }),
  });
  try {
    const { rows, state } = await steps.begin(sources);
    if (options.method === "sample") return await sampled(steps.step, state, rows, options);
    if (options.method !== "beam") return await greedy(steps.step, state, rows, options);
    const found: Decoded[] = [];
    for (let row = 0; row < rows; row++) {
      found.push(...(await beam(steps.step, takeState(state, [row]), options)).slice(0, 1));
    }
    return found;
  } finally {
    steps.close();
  }
}
