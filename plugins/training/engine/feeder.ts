/** Feeds fits and tests: data checked by what was compiled, cut into batches, a share kept for validation. @module */
import { InputError, shown } from "../../../core/values/errors.ts";
import type { ModelData } from "../../../core/model/feed.ts";
import type { BatchSource, FitOptions, ModelParts, TargetData } from "../../../core/training/types.ts";
import { type Compiled, needTargets } from "./compiled.ts";
import {
  arrayBatches,
  type Batches,
  type Fed,
  feedAll,
  isSource,
  sliceFed,
  sourceBatches,
  type Weighing,
} from "./data.ts";

/** What a model's fits and tests are fed. */
export class Feeder {
  readonly #parts: ModelParts;
  readonly #ready: () => Compiled;
  /** `ready` tells what was compiled. */
  constructor(parts: ModelParts, ready: () => Compiled) {
    this.#parts = parts;
    this.#ready = ready;
  }
  /** A model without an input is built from its first data, before its losses can be read. */
  build(x: ModelData): void {
    if (!this.#parts.model.built) this.#parts.feed(x);
  }
  feed(x: ModelData, y: TargetData, weighing: Weighing = {}): Fed {
    this.build(x);
    return feedAll(this.#parts, needTargets(this.#ready()), x, y, weighing);
  }
  /** Batches of arrays or of a source. */
  batches(
    x: ModelData | BatchSource,
    y: TargetData | undefined,
    weighing: Weighing,
    options: { readonly batchSize: number; readonly steps?: number | undefined; readonly shuffle?: number },
  ): Batches {
    const read = (bx: ModelData, by: TargetData, w: Weighing) => this.feed(bx, by, w);
    if (isSource(x)) return sourceBatches(x, options.steps, read, weighing);
    if (y === undefined) throw new InputError("targets are missing: fit(x, y)");
    return arrayBatches(this.feed(x, y, weighing), options);
  }

  /** Batches to train on and to validate with. */
  split(
    x: ModelData | BatchSource,
    y: TargetData | undefined,
    options: FitOptions,
    batchSize: number,
    seed: number,
  ): { readonly train: Batches; readonly validation: Batches | undefined } {
    const { validationData: data, validationSplit: share = 0, sampleWeight, classWeight, stepsPerEpoch } =
      options;
    const size = options.validationBatchSize ?? batchSize, weighing = { sampleWeight, classWeight };
    const cut = {
      batchSize,
      steps: stepsPerEpoch,
      ...(options.shuffle !== false && { shuffle: seed }),
    };
    if (data !== undefined && share === 0) {
      const validation = isSource(data)
        ? this.batches(data, undefined, {}, { batchSize: size })
        : this.batches(data[0], data[1], { sampleWeight: data[2] }, { batchSize: size });
      return { train: this.batches(x, y, weighing, cut), validation };
    }
    if (share === 0) return { train: this.batches(x, y, weighing, cut), validation: undefined };
    if (data !== undefined) {
      throw new InputError("validationSplit: stands beside validationData; give one of them");
    }
    if (isSource(x) || y === undefined) {
      throw new InputError("validationSplit: is for arrays, not for a source");
    }
    if (!(share > 0 && share < 1)) {
      throw new InputError(`validationSplit: expected a share between 0 and 1, got ${shown(share)}`);
    }
    // Weights of classes are for training alone.
    const all = this.feed(x, y, { sampleWeight }), at = Math.floor(all.rows * (1 - share));
    if (at === 0) {
      throw new InputError(`validationSplit: ${share} leaves none of ${all.rows} samples to train on`);
    }
    return {
      train: arrayBatches(sliceFed(classWeight ? this.feed(x, y, weighing) : all, 0, at), cut),
      validation: arrayBatches(sliceFed(all, at, all.rows), { batchSize: size }),
    };
  }
}
