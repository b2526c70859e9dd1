/** Text out of a trained model, token by token as it comes. @module */
import * as args from "../../io/files/arguments.ts";
import { ConfigError, InputError, shown } from "../../core/values/errors.ts";
import type { ModelData } from "../../core/model/feed.ts";
import type { Model } from "../../core/model/model.ts";
import { checkOptions, type OptionNames } from "../../core/values/schema.ts";
import { toNumbers } from "../../core/values/tensor.ts";
import { logProbabilities, randomRows, sampler, samplingNames, type SamplingOptions } from "./sampling.ts";
import { stepper, type StepperOptions, type StepState } from "./stepper.ts";

/** Options of {@link Generator.generate}. */
export interface GenerateOptions extends SamplingOptions {
  /** Tokens that the model reads first. */
  readonly prompt: readonly number[];
  /** Tokens to generate at most. */
  readonly length: number;
  /** The token that ends the sequence, and isn't given itself; none does unless given. */
  readonly end?: number;
  /** Fixes what is drawn; 0 unless given. */
  readonly seed?: number;
  /** Data for the other inputs of a model that has some: one row. */
  readonly sources?: ModelData;
}
const generateNames: OptionNames<GenerateOptions> = {
  ...samplingNames,
  prompt: 0,
  length: 0,
  end: 0,
  seed: 0,
  sources: 0,
};
/** A trained model that generates tokens one after another. */
export interface Generator {
  /** `step`: every token costs one step. `window`: the model runs over the tokens so far. */
  readonly mode: "step" | "window";
  /** Why it is `window`. */
  readonly reason: string | undefined;
  /** Tokens as they are drawn. @throws {ConfigError} {@link InputError} for an empty prompt, or a token that is none. */
  generate(options: GenerateOptions): AsyncGenerator<number>;
  /** Frees what it runs on; the model itself stays. */
  close(): void;
}

/**
 * Makes a trained model a generator: nobody has to build its stateful one-step form, see {@link stepper}.
 *
 * ```ts
 * import { input, sequential } from "@lapis/lapis";
 * import { dense, embedding, gru } from "@lapis/lapis/layers";
 * import { generator } from "@lapis/lapis/sequences";
 * const model = sequential([
 *   input({ shape: [null], dtype: "int32" }),
 *   embedding({ inputDim: 5, outputDim: 4 }),
 *   gru({ units: 8, returnSequences: true }),
 *   dense({ units: 5, activation: "softmax" }),
 * ]);
 * const text = generator(model), tokens: number[] = [];
 * for await (const token of text.generate({ prompt: [3], length: 10, temperature: 0.8, seed: 7 })) tokens.push(token);
 * ```
 * @throws {InputError} for a model that scores no vocabulary.
 */
export function generator(model: Model, options: StepperOptions = {}): Generator {
  args.check("generator", "model", model, args.modelKind);
  const steps = stepper(model, options);
  return {
    mode: steps.mode,
    reason: steps.reason,
    async *generate(options) {
      checkOptions("generate", options, generateNames);
      const { prompt, length, end, seed = 0, sources, ...sampling } = options;
      const draw = sampler(sampling), [random] = randomRows(seed, 1);
      if (!(Number.isSafeInteger(length) && length >= 0)) {
        throw new ConfigError(`length: expected integer >= 0, got ${shown(length)}`);
      }
      if (prompt.length === 0) {
        throw new InputError("the prompt is empty: a model begins with at least one token");
      }
      const odd = prompt.find((id) => !(Number.isSafeInteger(id) && id >= 0));
      if (odd !== undefined) throw new InputError(`prompt: ${shown(odd)} is no token`);
      let { state }: { readonly state: StepState } = await steps.begin(sources, 1), token = NaN;
      for (const id of prompt.slice(0, -1)) ({ state } = await steps.step(Int32Array.of(id), state));
      token = prompt.at(-1) ?? 0;
      for (let i = 0; i < length; i++) {
        const now = await steps.step(Int32Array.of(token), state);
        token = draw(logProbabilities(toNumbers(now.scores) as ArrayLike<number>), random ?? (() => 0));
        if (token === end) return;
        yield token;
        state = now.state;
      }
    },
    close: () => steps.close(),
  };
}
