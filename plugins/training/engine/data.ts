/** What a fit is fed: arrays or sources of batches, checked, in a fixed order by seed, cut into batches. @module */
import { InputError, shown } from "../../../core/values/errors.ts";
import { feed, type ModelData, type Port, rowsOf, takeRows, tensorIn } from "../../../core/model/feed.ts";
import { targetName, weightName } from "./forward.ts";
import { checkLabels, fitTarget, freeTarget, givenFor, present, weightsOf } from "./targets.ts";
import type { OutputTarget } from "./compiled.ts";
import { Random } from "../../../core/values/random.ts";
import { checkOptions } from "../../../core/values/schema.ts";
import { typeText } from "../../../core/values/shape.ts";
import { castTensor, sizeOf, type Tensor, tensor, toNumbers } from "../../../core/values/tensor.ts";
import type {
  Augment,
  BatchItem,
  BatchSource,
  ClassWeights,
  ModelParts,
  SampleWeights,
  TargetData,
} from "../../../core/training/types.ts";
import type { DType } from "../../../core/values/dtype.ts";
import type { BatchForm } from "./form.ts";

/** A whole number from 0. @throws {InputError} that names it. */
export const counted = (n: number, name: string): number => {
  if (Number.isSafeInteger(n) && n >= 0) return n;
  throw new InputError(`${name}: expected a whole number from 0, got ${shown(n)}`);
};
/** A whole number from 1. @throws {InputError} that names it. */
export const positive = (n: number, name: string): number => {
  if (Number.isSafeInteger(n) && n > 0) return n;
  throw new InputError(`${name}: expected 1 or more, got ${shown(n)}`);
};

/** Everything that a step takes, by graph input. */
export interface Fed extends BatchForm {
  readonly tensors: Readonly<Record<string, Tensor>>;
  readonly rows: number;
}
/** Weights beside data. */
export interface Weighing {
  readonly sampleWeight?: SampleWeights | undefined;
  readonly classWeight?: ClassWeights | undefined;
}

/** A weight for every sample (or step) by its class. */
function classWeights(t: Tensor, byColumn: boolean, weights: ClassWeights): Tensor {
  for (const [key, weight] of Object.entries(weights)) {
    if (/^(0|[1-9]\d*)$/.test(key) && Number.isFinite(weight)) continue;
    throw new InputError(
      `classWeight: expected a number for a class's number, got ${shown({ [key]: weight })}`,
    );
  }
  const values = toNumbers(t), width = byColumn ? t.shape.at(-1) ?? 1 : 1;
  const shape = byColumn ? t.shape.slice(0, -1) : t.shape;
  const out = new Float32Array(sizeOf(shape)).fill(1);
  for (let i = 0; i < out.length; i++) {
    let label = values[i * width] ?? 0;
    if (width > 1) {
      label = 0;
      for (let k = 1; k < width; k++) {
        if ((values[i * width + k] ?? 0) > (values[i * width + label] ?? 0)) label = k;
      }
    }
    out[i] = weights[Math.round(label)] ?? 1;
  }
  return tensor(out, shape);
}
function product(x: Tensor | undefined, y: Tensor): Tensor {
  if (!x) return y;
  const a = toNumbers(x), b = toNumbers(y), wide = a.length >= b.length ? x : y;
  const out = new Float32Array(Math.max(a.length, b.length));
  const stepA = out.length / a.length, stepB = out.length / b.length;
  for (let i = 0; i < out.length; i++) {
    out[i] = (a[Math.floor(i / stepA)] ?? 1) * (b[Math.floor(i / stepB)] ?? 1);
  }
  return tensor(out, wide.shape);
}

/**
 * Inputs, targets and weights of samples under the names of the step's graph.
 * @throws {InputError} naming the input or target that doesn't fit, or a label that is no class with its value.
 */
export function feedAll(
  parts: ModelParts,
  targets: readonly OutputTarget[],
  x: ModelData,
  y: TargetData,
  { sampleWeight, classWeight }: Weighing = {},
): Fed {
  const tensors: Record<string, Tensor> = {}, weighted = new Map<string, number>();
  const free = new Map<string, { readonly dtype: DType; readonly rank: number }>();
  for (const [name, value] of Object.entries(parts.feed(x))) tensors[name] = tensorIn(value, name);
  const [first] = Object.keys(tensors), rows = first === undefined ? 0 : tensors[first]?.shape[0] ?? 0;
  if (rows === 0) throw new InputError("the data have no samples: expected at least one");
  for (const [name, t] of Object.entries(tensors)) {
    if ((t.shape[0] ?? 0) !== rows) {
      throw new InputError(
        `input ${shown(name)}: has ${t.shape[0] ?? 0} samples, input ${shown(first)} has ${rows}`,
      );
    }
  }
  const { outputs } = parts.model, needed = targets.map((t) => t.output);
  const named = givenFor(y, needed, outputs, "target");
  const given = sampleWeight === undefined ? undefined : weightsOf(sampleWeight, needed, outputs);
  if (classWeight && outputs.length !== 1) throw new InputError("classWeight: is for models of one output");
  for (const { output, loss } of targets) {
    const { name } = output, raw = named[name];
    if (!present(raw)) {
      const type = loss ? loss.target.type : output.type;
      throw new InputError(`target ${shown(name)} is missing: expected ${typeText(type)}`, { place: name });
    }
    const t = loss
      ? fitTarget(
        tensorIn(feed({ ...loss.target, name: targetName(name) }, raw as Tensor, false), name),
        loss,
        rows,
      )
      : freeTarget(output, raw);
    if (t.shape[0] !== rows) {
      throw new InputError(`target ${shown(name)}: has ${t.shape[0] ?? 0} samples, the inputs have ${rows}`, {
        place: name,
      });
    }
    if (loss) checkLabels(t, loss);
    else free.set(name, { dtype: t.dtype, rank: t.shape.length });
    tensors[targetName(name)] = t;
    let weight = given?.get(name);
    if (classWeight) weight = product(weight, classWeights(t, loss?.classes === undefined, classWeight));
    if (!weight) continue;
    if (weight.shape[0] !== rows) {
      throw new InputError(`sampleWeight: has ${weight.shape[0] ?? 0} weights for ${rows} samples`);
    }
    tensors[weightName(name)] = weight;
    weighted.set(name, weight.shape.length);
  }
  return { tensors, rows, weighted, free };
}

const cut = (fed: Fed, rows: number, of: (t: Tensor) => Tensor): Fed => ({
  ...fed,
  rows,
  tensors: Object.fromEntries(Object.entries(fed.tensors).map(([name, t]) => [name, of(t)])),
});
/** Samples `[from, to)`, without a copy. */
export function sliceFed(fed: Fed, from: number, to: number): Fed {
  return cut(fed, to - from, (t) => rowsOf(t, from, to));
}

/** The order of the samples in one pass: a permutation by seed and pass (Fisher and Yates). */
export function orderOf(rows: number, seed: number, pass: number): Int32Array {
  const order = Int32Array.from({ length: rows }, (_, i) => i);
  const random = Random.of(seed, "order", "", pass);
  for (let i = rows - 1; i > 0; i--) {
    const k = random.below(i + 1), kept = order[i] as number;
    order[i] = order[k] as number;
    order[k] = kept;
  }
  return order;
}

/** Batches, epoch by epoch. */
export interface Batches {
  /** Batches of an epoch, where they can be counted. */
  readonly steps: number | undefined;
  /** True where an epoch can be begun anew, as resuming needs. */
  readonly restarts: boolean;
  epoch(epoch: number): AsyncIterable<Fed> | Iterable<Fed>;
}
/** How data is cut. */
export interface CutOptions {
  readonly batchSize: number;
  /** The seed of the order; in the order given where absent. */
  readonly shuffle?: number | undefined;
  readonly steps?: number | undefined;
}

/** Batches of arrays. An epoch of more or fewer steps than a pass takes up where the one before ended. */
export function arrayBatches(fed: Fed, { batchSize, shuffle, steps }: CutOptions): Batches {
  const pass = Math.ceil(fed.rows / batchSize), count = steps ?? pass;
  return {
    steps: count,
    restarts: true,
    *epoch(epoch) {
      let order: Int32Array | undefined, ordered = -1;
      for (let at = epoch * count; at < (epoch + 1) * count; at++) {
        const own = Math.floor(at / pass), from = (at % pass) * batchSize;
        const to = Math.min(from + batchSize, fed.rows);
        if (shuffle === undefined) {
          yield sliceFed(fed, from, to);
          continue;
        }
        if (ordered !== own) [order, ordered] = [orderOf(fed.rows, shuffle, own), own];
        const rows = order?.subarray(from, to) ?? new Int32Array();
        yield cut(fed, rows.length, (t) => takeRows(t, rows));
      }
    },
  };
}

/** True for a source of batches. */
export function isSource(x: unknown): x is BatchSource {
  return typeof x === "function" || (typeof x === "object" && x !== null && Symbol.asyncIterator in x);
}
/** Batches of a source. Without `steps` an epoch is all that the source gives. */
export function sourceBatches(
  source: BatchSource,
  steps: number | undefined,
  read: (x: ModelData, y: TargetData, weights: Weighing) => Fed,
  weighing: Weighing = {},
): Batches {
  const restarts = typeof source === "function";
  let running: AsyncIterator<BatchItem> | Iterator<BatchItem> | undefined;
  const begin = () => {
    const items = restarts ? source() : source;
    return Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  };
  return {
    steps,
    restarts,
    async *epoch(epoch) {
      if (steps === undefined) running = undefined;
      running ??= begin();
      let given = 0, empty = false;
      while (steps === undefined || given < steps) {
        const next = await running.next();
        if (next.done) {
          if (steps === undefined || !restarts || empty) break;
          [running, empty] = [begin(), true];
          continue;
        }
        empty = false;
        given++;
        const item: BatchItem = next.value;
        if ("x" in item) checkOptions("batch", item, { x: 0, y: 0, sampleWeight: 0 });
        const [x, y, sampleWeight] = "x" in item ? [item.x, item.y, item.sampleWeight] : item;
        yield read(x, y, { ...weighing, ...(sampleWeight !== undefined && { sampleWeight }) });
      }
      if (given === 0) {
        throw new InputError(
          `the source gave no batches in epoch ${epoch + 1}${
            restarts ? "" : "; give a function that returns a new one for every epoch"
          }`,
        );
      }
    },
  };
}

/**
 * Batches whose samples are changed as they are given.
 * @throws {InputError} for an input that the model lacks, or samples that come back in another shape.
 */
export function augmentedBatches(
  batches: Batches,
  augment: Augment | Readonly<Record<string, Augment>>,
  inputs: readonly Port[],
  seed: number,
): Batches {
  const [first] = inputs, names = inputs.map(({ name }) => name);
  if (typeof augment === "function" && (names.length !== 1 || !first)) {
    throw new InputError(`augment: the model has the inputs ${names.join(", ")}: say which, { name: … }`);
  }
  const byInput = typeof augment === "function" && first ? { [first.name]: augment } : augment;
  const all = Object.entries(byInput) as readonly (readonly [string, Augment])[];
  const unknown = all.find(([name]) => !names.includes(name));
  if (unknown) {
    throw new InputError(`augment: no input is named ${shown(unknown[0])}; there are ${names.join(", ")}`);
  }
  return {
    ...batches,
    async *epoch(epoch) {
      let batch = 0;
      for await (const fed of batches.epoch(epoch)) {
        const place = { seed, epoch, batch: batch++ };
        const changed = all.map(([name, change]) => {
          const given = fed.tensors[name];
          if (!given) throw new InputError(`augment: the batch holds no input ${shown(name)}`);
          const made = change(given, place);
          if (`${made.shape}` === `${given.shape}`) return [name, castTensor(made, given.dtype)] as const;
          throw new InputError(
            `augment: input ${shown(name)}: expected samples [${
              given.shape.join(", ")
            }] to keep their shape, ` +
              `got [${made.shape.join(", ")}]`,
          );
        });
        yield { ...fed, tensors: { ...fed.tensors, ...Object.fromEntries(changed) } };
      }
    },
  };
}
