/** Intersection over union of classes, from a confusion matrix that adds up over batches, as Keras 3 counts. @module */
import type { Value } from "../../../core/graph/graph.ts";
import { cast, scalarLike, shapeOf } from "../../../core/ops/words.ts";
import { bool, float, int, list, nullable, type Schema } from "../../../core/values/schema.ts";
import type { MetricContext, MetricDef } from "../../../core/training/contract.ts";
import { type PartFactory, partFactory } from "../../../core/training/parts.ts";
import { oneHot } from "../losses/crossentropy.ts";
import { type MetricConfig, nameField } from "./metricdefs.ts";

/** Options of {@link iou}; each metric has some of them. */
export interface IouConfig extends MetricConfig {
  /** Number of classes. */
  readonly numClasses: number;
  /** The classes whose mean is given; all where null. */
  readonly targetClassIds: readonly number[] | null;
  /** A class of targets that doesn't count. */
  readonly ignoreClass: number | null;
  /** Targets are classes' numbers, not one number a class. */
  readonly sparseYTrue: boolean;
  /** Outputs are classes' numbers, not one score a class. */
  readonly sparseYPred: boolean;
  /** The axis of the classes. */
  readonly axis: number;
  /** An output from it on means class 1; outputs are classes where null. */
  readonly threshold: number | null;
}
function confusion(c: MetricContext<IouConfig>): Record<string, Value> {
  const { b, config, weights } = c, { numClasses: n, axis, threshold } = config;
  const ids = (x: Value, sparse: boolean) =>
    cast(b, sparse ? x : b.argMax(x, { axis, keepdims: 0 }), "int32");
  const flat = (x: Value) => b.reshape(x, b.ints([-1]));
  const said = threshold === null
    ? ids(c.output, config.sparseYPred)
    : cast(b, b.greaterOrEqual(c.output, scalarLike(b, threshold, c.output)), "int32");
  const truth = flat(ids(c.target, config.sparseYTrue)), rank = shapeOf(said.type).length;
  let yes = oneHot(b, truth, n, b.scalar(1));
  if (config.ignoreClass !== null) {
    const kept = cast(
      b,
      b.not(b.equal(truth, b.scalar(config.ignoreClass, "int32"))),
      "float32",
    );
    yes = b.mul(yes, b.unsqueeze(kept, b.ints([1])));
  }
  if (weights) {
    const own = rank > shapeOf(weights.type).length ? b.unsqueeze(weights, b.ints([-1])) : weights;
    // Keras counts in whole numbers.
    const whole = b.floor(b.expand(own, b.shape(said)));
    yes = b.mul(yes, b.unsqueeze(flat(whole), b.ints([1])));
  }
  const matrix = b.matMul(b.transpose(yes, { perm: [1, 0] }), oneHot(b, flat(said), n, b.scalar(1)));
  return { matrix: flat(matrix) };
}
function meanOverlap(
  { matrix = [] }: Readonly<Record<string, readonly number[]>>,
  { numClasses: n, targetClassIds }: IouConfig,
): number {
  const at = (i: number, j: number) => matrix[i * n + j] ?? 0, all = Array.from({ length: n }, (_, i) => i);
  const overlaps = (targetClassIds ?? all).flatMap((k) => {
    const union = all.reduce((sum, i) => sum + at(k, i) + at(i, k), 0) - at(k, k);
    return union > 0 ? [at(k, k) / union] : [];
  });
  return overlaps.length === 0 ? 0 : overlaps.reduce((x, y) => x + y, 0) / overlaps.length;
}
const classes = { numClasses: int({ min: 1 }) };
const targets = {
  targetClassIds: list({ of: int({ min: 0 }) }),
};
const ignore = { ignoreClass: nullable(int()) };
const sparseTrue = { sparseYTrue: bool({ default: true }) };
const sparsePred = (standard: boolean) => ({
  sparseYPred: bool({ default: standard }),
});
const axis = { axis: int({ default: -1 }) };

function overlap(
  name: string,
  className: string,
  fields: Partial<Schema<IouConfig>>,
  fixed: Partial<IouConfig>,
): MetricDef<IouConfig> {
  const rest: IouConfig = {
    name: null,
    numClasses: 2,
    targetClassIds: null,
    ignoreClass: null,
    sparseYTrue: true,
    sparseYPred: true,
    axis: -1,
    threshold: null,
    ...fixed,
  };
  return {
    kind: "metric",
    name,
    className,
    better: "max",
    config: { ...nameField(), ...fields } as Schema<IouConfig>,
    keras: { ignore: Object.keys(rest).filter((key) => !(key in fields)) },
    build: (c) => confusion({ ...c, config: { ...rest, ...c.config } }),
    result: (sums, config) => meanOverlap(sums, { ...rest, ...config }),
  };
}
const iouDef = overlap("iou", "IoU", {
  ...classes,
  ...targets,
  ...ignore,
  ...sparseTrue,
  ...sparsePred(true),
  ...axis,
}, {});
/** Mean overlap of some classes: `iou({ numClasses: 3, targetClassIds: [1, 2] })`. */
export const iou: PartFactory<
  MetricDef,
  IouOptions<"numClasses" | "targetClassIds" | "ignoreClass" | "sparseYTrue" | "sparseYPred" | "axis">,
  "numClasses" | "targetClassIds"
> = partFactory<MetricDef>(iouDef) as never;
const meanIouDef = overlap("meanIou", "MeanIoU", {
  ...classes,
  ...ignore,
  ...sparseTrue,
  ...sparsePred(true),
  ...axis,
}, {});
/** Mean overlap of all classes. */
export const meanIou: PartFactory<
  MetricDef,
  IouOptions<"numClasses" | "ignoreClass" | "sparseYTrue" | "sparseYPred" | "axis">,
  "numClasses"
> = partFactory<MetricDef>(meanIouDef) as never;
const oneHotIouDef = overlap("oneHotIou", "OneHotIoU", {
  ...classes,
  ...targets,
  ...ignore,
  ...sparsePred(false),
  ...axis,
}, { sparseYTrue: false });
/** Mean overlap of some classes, targets one-hot. */
export const oneHotIou: PartFactory<
  MetricDef,
  IouOptions<"numClasses" | "targetClassIds" | "ignoreClass" | "sparseYPred" | "axis">,
  "numClasses" | "targetClassIds"
> = partFactory<MetricDef>(oneHotIouDef) as never;
const oneHotMeanIouDef = overlap(
  "oneHotMeanIou",
  "OneHotMeanIoU",
  {
    ...classes,
    ...ignore,
    ...sparsePred(false),
    ...axis,
  },
  { sparseYTrue: false },
);
/** Mean overlap of all classes, targets one-hot. */
export const oneHotMeanIou: PartFactory<
  MetricDef,
  IouOptions<"numClasses" | "ignoreClass" | "sparseYPred" | "axis">,
  "numClasses"
> = partFactory<MetricDef>(oneHotMeanIouDef) as never;
const binaryIouDef = overlap("binaryIou", "BinaryIoU", {
  targetClassIds: { ...targets.targetClassIds, required: false, default: [0, 1] },
  threshold: float({ default: 0.5 }),
}, {});
/** Some of the options, and the name. */
export type IouOptions<K extends keyof IouConfig> = Pick<IouConfig, K | "name">;

/** Mean overlap of yes and no. */
export const binaryIou: PartFactory<MetricDef, IouOptions<"targetClassIds" | "threshold">> = partFactory<
  MetricDef
>(
  binaryIouDef,
);
