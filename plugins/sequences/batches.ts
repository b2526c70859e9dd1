/** A long sequence in chunks: truncated backpropagation through time, and windows. @module */
import * as args from "../../io/files/arguments.ts";
import { ConfigError, InputError, shown } from "../../core/values/errors.ts";
import type { Model } from "../../core/model/model.ts";
import { checkOptions, type OptionNames } from "../../core/values/schema.ts";
import { type Tensor, tensor, toNumbers } from "../../core/values/tensor.ts";
import type { BatchItem } from "../../core/training/types.ts";

/** Options of {@link sequenceBatches}. */
export interface SequenceBatchesOptions {
  /** Lanes that are read side by side: the batch size of the model's input. */
  readonly batchSize: number;
  /** Steps of a chunk at most: where gradients are cut. */
  readonly length: number;
  /** The stateful model that is trained: its states begin at zero in every pass. */
  readonly model?: Pick<Model, "resetStates">;
}
const batchesNames: OptionNames<SequenceBatchesOptions> = { batchSize: 0, length: 0, model: 0 };
/** A source of batches for `fit` and `evaluate`. */
export interface SequenceBatches {
  /** A pass: tokens `[batchSize, steps]`, and as targets the tokens that follow each. */
  (): Iterable<BatchItem>;
  /** Chunks of a pass. */
  readonly steps: number;
  /** Targets of a pass. */
  readonly targets: number;
}

const whole = (n: number, name: string) => {
  if (!(Number.isSafeInteger(n) && n >= 1)) {
    throw new ConfigError(`${name}: expected integer >= 1, got ${shown(n)}`);
  }
};
function numbersOf(tokens: Tensor | ArrayLike<number>): ArrayLike<number> {
  return "shape" in tokens ? toNumbers(tokens) as ArrayLike<number> : tokens;
}

/**
 * One long sequence of tokens for a stateful model, `fit(sequenceBatches(tokens, { batchSize, length, model }))`: cut into
 * `batchSize` lanes, each read from its beginning to its end in chunks of nearly equal length, so that a chunk goes on
 * with the states of the one before and gradients go back to its own beginning (truncated BPTT, Williams and Peng 1990).
 * Chunks as long as the lane give full BPTT. Up to `batchSize` tokens at the end are left out.
 *
 * ```ts
 * import { sequenceBatches } from "@lapis/lapis/sequences";
 * const source = sequenceBatches([0, 1, 2, 3, 4, 5, 6, 7, 8], { batchSize: 2, length: 2 });
 * console.log(source.steps, [...source()].length); // 2 2: [[0, 1], [4, 5]] then [[2, 3], [6, 7]]
 * ```
 * @throws {InputError} for fewer tokens than fill a step; {@link ConfigError} for an option outside its range.
 */
export function sequenceBatches(
  tokens: Tensor | ArrayLike<number>,
  options: SequenceBatchesOptions,
): SequenceBatches {
  args.check("sequenceBatches", "tokens", tokens, args.data);
  args.check("sequenceBatches", "options", options, args.object);
  checkOptions("sequenceBatches", options, batchesNames);
  const { batchSize, length, model } = options;
  whole(batchSize, "batchSize");
  whole(length, "length");
  const ids = numbersOf(tokens), lane = Math.floor((ids.length - 1) / batchSize);
  if (lane < 1) {
    throw new InputError(
      `${ids.length} tokens are too few for ${batchSize} lanes: expected ${batchSize + 1} or more`,
    );
  }
  const steps = Math.ceil(lane / length), at = (chunk: number) => Math.floor((chunk * lane) / steps);
  function* pass(): Generator<BatchItem> {
    model?.resetStates();
    for (let chunk = 0; chunk < steps; chunk++) {
      const from = at(chunk), width = at(chunk + 1) - from;
      const x = new Int32Array(batchSize * width), y = new Int32Array(batchSize * width);
      for (let b = 0; b < batchSize; b++) {
        for (let t = 0; t < width; t++) {
          x[b * width + t] = ids[b * lane + from + t] ?? 0;
          y[b * width + t] = ids[b * lane + from + t + 1] ?? 0;
        }
      }
      yield [tensor(x, [batchSize, width]), tensor(y, [batchSize, width])];
    }
  }
  return Object.assign(pass, { steps, targets: lane * batchSize });
}

/** Options of {@link sequenceWindows}. */
export interface SequenceWindowsOptions {
  /** Steps of a window. */
  readonly length: number;
  /** Steps from a window to the next; `length` unless given. */
  readonly stride?: number;
  /** Targets: the token after `every` step, `[windows, length]`, or after the `last` alone, `[windows]`; every unless given. */
  readonly next?: "every" | "last";
}
const windowNames: OptionNames<SequenceWindowsOptions> = { length: 0, stride: 0, next: 0 };
/**
 * One long sequence of tokens as windows apart from one another: tokens `[windows, length]`, and what follows them.
 * @throws {InputError} for fewer tokens than a window and its target; {@link ConfigError}
 */
export function sequenceWindows(
  tokens: Tensor | ArrayLike<number>,
  options: SequenceWindowsOptions,
): { readonly x: Tensor; readonly y: Tensor } {
  args.check("sequenceWindows", "tokens", tokens, args.data);
  args.check("sequenceWindows", "options", options, args.object);
  checkOptions("sequenceWindows", options, windowNames);
  const { length, stride = length, next = "every" } = options;
  whole(length, "length");
  whole(stride, "stride");
  const ids = numbersOf(tokens), count = Math.floor((ids.length - 1 - length) / stride) + 1;
  if (count < 1) {
    throw new InputError(`${ids.length} tokens are too few: a window takes ${length}, and one that follows`);
  }
  const x = new Int32Array(count * length),
    wide = next === "last" ? 1 : length,
    y = new Int32Array(count * wide);
  for (let w = 0; w < count; w++) {
    for (let t = 0; t < length; t++) x[w * length + t] = ids[w * stride + t] ?? 0;
    for (let t = 0; t < wide; t++) y[w * wide + t] = ids[w * stride + length - wide + 1 + t] ?? 0;
  }
  return { x: tensor(x, [count, length]), y: tensor(y, next === "last" ? [count] : [count, length]) };
}

/**
 * The mean loss over every target of a source, each counted alike whatever its chunk: nats a token for a cross-entropy.
 * @throws {InputError} for a source without batches.
 */
export async function sequenceLoss(
  model: Pick<Model, "testOnBatch">,
  source: () => Iterable<BatchItem>,
): Promise<{ readonly loss: number; readonly targets: number }> {
  args.check("sequenceLoss", "model", model, args.object);
  args.check("sequenceLoss", "source", source, args.callable);
  let sum = 0, targets = 0;
  for (const item of source()) {
    const [x, y] = "x" in item ? [item.x, item.y] : item;
    const count = typeof y === "object" && "data" in y ? toNumbers(y as Tensor).length : 0;
    sum += ((await model.testOnBatch(x, y)).loss ?? NaN) * count;
    targets += count;
  }
  if (targets === 0) throw new InputError("the source gave no targets");
  return { loss: sum / targets, targets };
}
