/** Trained models one token at a time: with states carried where that can be done, else over the tokens so far. @module */
import * as args from "../../io/files/arguments.ts";
import { ConfigError, InputError, shown } from "../../core/values/errors.ts";
import { byName, feed, type ModelData, type Port } from "../../core/model/feed.ts";
import type { Model } from "../../core/model/model.ts";
import { checkOptions, type OptionNames } from "../../core/values/schema.ts";
import { isTensor, type Tensor, tensor, toNumbers, zeros } from "../../core/values/tensor.ts";
import { takeRows } from "../../core/model/feed.ts";
import { type Halves, splitAtTokens, tokenInput } from "./split.ts";

/** What a step goes on from: tensors whose first axis is the rows. */
export type StepState = Readonly<Record<string, Tensor>>;
/** A step of decoding for several rows at once. */
export type StepFunction = (
  /** A token of each row: int32 `[rows]`. */
  tokens: Int32Array,
  /** Where each row stands. */
  state: StepState,
) => Promise<{
  /** Probabilities or logits `[rows, vocabulary]`. */
  readonly scores: Tensor;
  /** Where each row stands then. */
  readonly state: StepState;
}>;
/** How a model is stepped. */
export interface StepperOptions {
  /** The input that takes tokens; the last one unless given. */
  readonly input?: string;
  /** Tokens that a model without a step of its own sees at most; its input's length where that is fixed, else all. */
  readonly window?: number;
}
/** Their names. */
export const stepperNames: OptionNames<StepperOptions> = { input: 0, window: 0 };
/** A trained model one token at a time. */
export interface Stepper {
  /** `step`: every token costs one step. `window`: the model runs over the tokens so far. */
  readonly mode: "step" | "window";
  /** Why it is `window`. */
  readonly reason: string | undefined;
  /** Tokens that there are scores for. */
  readonly size: number;
  /** Where rows stand before their first token: one a source, for a model that has further inputs, else one unless said. */
  begin(sources?: ModelData, rows?: number): Promise<{ readonly rows: number; readonly state: StepState }>;
  /** One step. */
  readonly step: StepFunction;
  /** Frees what it runs on; the model itself stays. */
  close(): void;
}

/** Rows of a state, in a given order, as beams go on from. */
export function takeState(state: StepState, rows: readonly number[]): StepState {
  args.check("takeState", "state", state, args.object);
  args.check("takeState", "rows", rows, args.list);
  const order = Int32Array.from(rows);
  return Object.fromEntries(Object.entries(state).map(([name, t]) => [name, takeRows(t, order)]));
}

/** Tokens as the model's input takes them: ids, or rows of one and zeros. */
function asInput(ids: Int32Array, steps: number, port: Port): Tensor {
  const rows = steps === 0 ? 0 : ids.length / steps;
  if (port.shape.length === 2) return tensor(ids, [rows, steps]);
  const width = port.shape[2];
  if (port.shape.length !== 3 || typeof width !== "number") {
    throw new InputError(`input ${shown(port.name)}: expected [batch, time] or [batch, time, vocabulary]`);
  }
  const data = new Float32Array(ids.length * width);
  ids.forEach((id, i) => data[i * width + id] = 1);
  return tensor(data, [rows, steps, width]);
}
function sourcesOf(model: Model, tokens: string, given: ModelData | undefined): Record<string, Tensor> {
  const ports = model.inputs.filter((p) => p.name !== tokens);
  if (ports.length === 0) return {};
  if (given === undefined) {
    throw new InputError(`sources are missing: ${ports.map((p) => p.name).join(", ")}`);
  }
  const named = byName(given, ports);
  return Object.fromEntries(ports.map((p) => {
    const value = feed(p, named[p.name] as Tensor, true);
    if (!isTensor(value)) throw new InputError(`input ${shown(p.name)}: expected a tensor`);
    return [p.name, value];
  }));
}
/** Rows of all sources alike. */
function rowsIn(sources: Readonly<Record<string, Tensor>>, given: number | undefined): number {
  const rows = given ?? Object.values(sources)[0]?.shape[0] ?? 1;
  for (const [name, t] of Object.entries(sources)) {
    if (t.shape[0] !== rows) {
      throw new InputError(`input ${shown(name)}: has ${t.shape[0] ?? 0} rows, expected ${rows}`);
    }
  }
  return rows;
}
function one(results: Readonly<Record<string, Tensor>>, name: string): Tensor {
  const found = results[name];
  if (found) return found;
  throw new InputError(`the model gave no ${name}`);
}
/** Scores of the last step, `[rows, vocabulary]`. */
function lastScores(scores: Tensor, step = -1): Tensor {
  if (scores.shape.length === 2) return scores;
  const [rows = 0, time = 0, width = 0] = scores.shape, numbers = toNumbers(scores);
  const at = step < 0 ? time + step : step, data = new Float32Array(rows * width);
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < width; i++) data[r * width + i] = numbers[(r * time + at) * width + i] ?? 0;
  }
  return tensor(data, [rows, width]);
}

function stepwise(model: Model, halves: Halves): Stepper {
  const { encoder, step, tokens, states, constants } = halves;
  const port = step.inputs.find((p) => p.name === tokens), size = step.outputs[0]?.shape.at(-1);
  if (!port || typeof size !== "number") {
    throw new InputError(`model ${model.name}: scores no fixed vocabulary`);
  }
  return {
    mode: "step",
    reason: undefined,
    size,
    async begin(given, count) {
      const sources = sourcesOf(model, tokens, given), rows = rowsIn(sources, count);
      const wanted = encoder?.inputs.map((p) => p.name) ?? [];
      const own = Object.fromEntries(Object.entries(sources).filter(([name]) => wanted.includes(name)));
      const encoded = encoder ? await encoder.run(own) : {};
      const state = Object.fromEntries([
        ...states.map(({ input, from, shape }) =>
          [input, from === undefined ? zeros([rows, ...shape]) : one(encoded, from)] as const
        ),
        ...constants.map((name) => [name, one(encoded, name)] as const),
      ]);
      return { rows, state };
    },
    async step(ids, state) {
      const results = await step.run({ ...state, [tokens]: asInput(ids, 1, port) });
      const next = states.map(({ input, output }) => [input, one(results, output)] as const);
      return {
        scores: lastScores(one(results, halves.scores)),
        state: { ...state, ...Object.fromEntries(next) },
      };
    },
    close() {
      encoder?.close();
      step.close();
    },
  };
}

const prefix = "tokens";
function windowed(model: Model, tokens: string, reason: string, options: StepperOptions): Stepper {
  const port = model.inputs.find((p) => p.name === tokens), [output, more] = model.outputs;
  const size = output?.shape.at(-1);
  if (!port || !output || more || typeof size !== "number") {
    throw new InputError(`model ${model.name}: expected one output of scores over a vocabulary`);
  }
  const fixed = port.shape[1], length = typeof fixed === "number" ? fixed : undefined;
  const window = options.window ?? length ?? Infinity, everyStep = output.shape.length === 3;
  if (!(window >= 1)) throw new ConfigError(`window: expected 1 or more, got ${shown(options.window)}`);
  return {
    mode: "window",
    reason,
    size,
    begin(given, count) {
      const sources = sourcesOf(model, tokens, given), rows = rowsIn(sources, count);
      return Promise.resolve({ rows, state: { ...sources, [prefix]: tensor(new Int32Array(0), [rows, 0]) } });
    },
    async step(ids, { [prefix]: before, ...sources }) {
      const rows = ids.length, had = before?.shape[1] ?? 0, steps = Math.min(had + 1, window);
      const old = before ? toNumbers(before) : [], seen = new Int32Array(rows * steps);
      for (let r = 0; r < rows; r++) {
        for (let t = 0; t < steps - 1; t++) seen[r * steps + t] = old[r * had + had - steps + 1 + t] ?? 0;
        seen[(r + 1) * steps - 1] = ids[r] ?? 0;
      }
      // A model of every step is filled behind, where its earlier steps don't look; one of the last step in front.
      const wide = length ?? steps, full = new Int32Array(rows * wide), at = everyStep ? 0 : wide - steps;
      for (let r = 0; r < rows; r++) full.set(seen.subarray(r * steps, (r + 1) * steps), r * wide + at);
      const results = await model.run({ ...sources, [tokens]: asInput(full, wide, port) });
      const scores = lastScores(one(results, output.name), everyStep ? steps - 1 : -1);
      return { scores, state: { ...sources, [prefix]: tensor(seen, [rows, steps]) } };
    },
    close: () => {},
  };
}

/**
 * A trained model one token at a time: the decoder of an encoder–decoder that was trained with teacher forcing, or a model
 * that tells the next token after every token. Where all that depends on the tokens is recurrent or treats every step
 * alike (attention to the source counts), the model is cut in two: its source is encoded once, states are carried, and a
 * token costs one step whatever came before; stateful layers begin at zero. Any other model, as one that tells only the
 * token after a window, runs over the tokens so far.
 *
 * ```ts
 * import { input, sequential } from "@lapis/lapis";
 * import { dense, embedding, gru } from "@lapis/lapis/layers";
 * import { stepper } from "@lapis/lapis/sequences";
 * const model = sequential([
 *   input({ shape: [null], dtype: "int32" }),
 *   embedding({ inputDim: 5, outputDim: 4 }),
 *   gru({ units: 8, returnSequences: true }),
 *   dense({ units: 5, activation: "softmax" }),
 * ]);
 * const steps = stepper(model); // steps.mode: "step"
 * const begin = await steps.begin();
 * const { scores, state } = await steps.step(Int32Array.of(3), begin.state); // scores [1, 5]
 * ```
 * @throws {InputError} for a model that scores no vocabulary.
 */
export function stepper(model: Model, options: StepperOptions = {}): Stepper {
  args.check("stepper", "model", model, args.modelKind);
  checkOptions("stepper", options, stepperNames);
  const halves = splitAtTokens(model, options.input);
  return typeof halves === "string"
    ? windowed(model, tokenInput(model, options.input), halves, options)
    : stepwise(model, halves);
}
