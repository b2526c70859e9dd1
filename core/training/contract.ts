/** The contracts of training's parts: losses, metrics, optimizers, schedules, regularizers, constraints. @module */
import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import type { Schema } from "../values/schema.ts";
import type { TensorType } from "../values/shape.ts";
import type { Tensor } from "../values/tensor.ts";

/** What training is made of. */
export type PartKind = "loss" | "metric" | "optimizer" | "schedule" | "regularizer" | "constraint";

/** A part as a Keras version's files hold it. */
export interface SavedPart {
  /** Keras' class, where it isn't the part's. */
  readonly className?: string;
  /** All of its options. */
  readonly config: Readonly<Record<string, unknown>>;
}
/** What every part says of itself. */
export interface PartBase<K extends PartKind, C> {
  /** Marks the plugin. */
  readonly kind: K;
  /** camelCase; Keras' class name is the same in PascalCase unless `className` says otherwise. */
  readonly name: string;
  /** What it does, in a few words, where no doc of its factory says so. */
  readonly summary?: string;
  /** Keras' class name. */
  readonly className?: string;
  /** Further names, with options that go with them. */
  readonly aliases?:
    readonly (string | readonly [name: string, options: Readonly<Record<string, unknown>>])[];
  /** Its options. */
  readonly config: Schema<C>;
  /** Fields that hold parts of another kind. */
  readonly parts?: Readonly<Record<string, PartKind>>;
  /** What differs in Keras' files from the rule "snake_case of our names". */
  readonly keras?: {
    readonly fields?: Readonly<Record<string, string>>;
    readonly ignore?: readonly string[];
    /** Fields that no Keras has: they stand beside its configuration, where Keras doesn't look. */
    readonly own?: readonly string[];
    upgrade?(config: Record<string, unknown>): Record<string, unknown>;
    /**
     * What files of Keras 2 or 3 hold where it isn't the rule's class and options (snake_case): other options, a name
     * alone, or undefined where Keras has no such part.
     */
    save?(config: Readonly<Record<string, unknown>>, major: 2 | 3): SavedPart | string | undefined;
  };
}

/** A part with its options, as factories make it. */
export interface Part<D extends PartDef = PartDef> {
  /** Marks a part. */
  readonly kind: "part";
  /** What it is. */
  readonly def: D;
  /** Its options, resolved. */
  readonly config: Readonly<Record<string, unknown>>;
}
/** What is accepted where a part is wanted: a name, our object, its factory, a definition, or Keras' serialised form. */
export type PartSpec<D extends PartDef> =
  | string
  | Part<D>
  | D
  | { readonly def: D }
  | Readonly<Record<string, unknown>>;

/** What a loss is given. */
export interface LossContext<C> {
  /** Adds operators. */
  readonly b: Builder;
  /** Its options, resolved. */
  readonly config: C;
  /** What should come out. */
  readonly target: Value;
  /** What came out. */
  readonly output: Value;
  /** True where labels 0 and 1 stay what they are in hinge losses, as in Keras up to 2.2. */
  readonly plainLabels?: boolean;
  /** What the output is the softmax or sigmoid of, where it is one. */
  readonly logits?: { readonly of: "Softmax" | "Sigmoid"; readonly value: Value };
}
/** Losses by sample (or by step), before weights and reduction; where the mask is false they don't count. */
export interface LossValues {
  /** One for each sample, or step. */
  readonly values: Value;
  /** False where they don't count. */
  readonly mask?: Value;
}
/** How losses become one number, in Keras' words. */
export type Reduction = "sum_over_batch_size" | "mean" | "sum" | "mean_with_sample_weight" | "none";
/** Options that every loss has. */
export interface LossConfig {
  /** How losses become one number. */
  readonly reduction: Reduction;
}
/** A loss. */
export interface LossDef<C = unknown> extends PartBase<"loss", C> {
  /** Type of the targets; the output's unless said. */
  target?(output: TensorType, config: C): TensorType;
  /** Number of classes that targets are ids of, where they are. */
  classes?(output: TensorType, config: C): number | undefined;
  /** A target that stands for no class. */
  ignored?(config: C): number | undefined;
  /** True where the outputs are classes' scores or probabilities, so that `score` means accuracy. */
  readonly classifies?: boolean;
  /** Adds the losses of samples. */
  build(context: LossContext<C>): LossValues;
}

/** What a metric is given. */
export interface MetricContext<C> {
  /** Adds operators. */
  readonly b: Builder;
  /** Its options, resolved. */
  readonly config: C;
  /** What should come out. */
  readonly target: Value;
  /** What came out. */
  readonly output: Value;
  /** True where labels 0 and 1 stay what they are in hinge losses, as in Keras up to 2.2. */
  readonly plainLabels?: boolean;
  /** float32 like the leading axes of the output: 1 where a sample or step counts; absent where all do. */
  readonly weights?: Value;
}
/** A metric: sums that add up over batches, and what they come to. */
export interface MetricDef<C = unknown> extends PartBase<"metric", C> {
  /** Adds the sums, scalars or vectors, by name. */
  build(context: MetricContext<C>): Readonly<Record<string, Value>>;
  /** What the sums come to. */
  result(sums: Readonly<Record<string, readonly number[]>>, config: C): number;
  /** `max` where more is better. */
  readonly better: "max" | "min";
}

/** A weight that training changes. */
export interface Trainable {
  /** Its path. */
  readonly path: string;
  /** Its shape. */
  readonly shape: readonly number[];
  /** As it is now. */
  value?(): Tensor;
}
/** A value beside a weight (or beside all) that an optimizer keeps. */
export interface SlotSpec {
  /** Below its weight. */
  readonly name: string;
  /** What it is filled with, a number or the weight as it is at first; 0 unless said. */
  readonly initial?: number | "weight";
  /** Its shape where it isn't the weight's; undefined for a weight that has no such slot. */
  shape?(weight: Trainable): readonly number[] | undefined;
}
/**
 * Whose arithmetic an optimizer follows: Keras 3's; that of TensorFlow's Keras since 2.11 or before it; Keras 1's and 2's
 * up to 2.3, on TensorFlow or on Theano.
 */
export type Era = "3" | "2.11" | "2" | "1" | "1-theano";
/** The scale that losses get before their gradients are computed, which halves where one is no number. */
export interface LossScaling {
  /** The scale at first. */
  readonly initialScale: number;
  /** Steps after which the scale doubles. */
  readonly dynamicGrowthSteps: number;
}
/** Options that every optimizer has. */
export interface OptimizerConfig {
  /** The rate, or a schedule of it. */
  readonly learningRate: number | Part<ScheduleDef>;
  /** Share of a weight that each step takes away, times the rate. */
  readonly weightDecay: number | null;
  /** Weights whose path holds one of these words don't decay. */
  readonly excludeFromWeightDecay: readonly string[];
  /** Largest norm of each gradient. */
  readonly clipNorm: number | null;
  /** Largest norm of all gradients together. */
  readonly globalClipNorm: number | null;
  /** Largest magnitude of each gradient's elements. */
  readonly clipValue: number | null;
  /** Keep a moving average of the weights. */
  readonly useEma: boolean;
  /** Share of the old average that a step keeps. */
  readonly emaMomentum: number;
  /** Every so many steps the weights become their average; only at the end where null. */
  readonly emaOverwriteFrequency: number | null;
  /** Steps whose gradients are averaged for one update. */
  readonly gradientAccumulationSteps: number | null;
  /** A dynamic scale of the loss, as models of mixed precision have it. */
  readonly lossScaling: LossScaling | null;
  /** Whose arithmetic it follows: Keras 3's, TensorFlow's since 2.11 or before it, Keras' up to 2.3 on TensorFlow or Theano. */
  readonly era: Era;
}
/** What an optimizer is given for one weight. */
export interface UpdateContext<C> {
  /** Adds operators. */
  readonly b: Builder;
  /** Its options, resolved. */
  readonly config: C;
  /** Of the weight. */
  readonly path: string;
  /** The weight's number among those that are trained. */
  readonly index: number;
  /** Of the loss, of the shape of the weight. */
  readonly gradient: Value;
  /** For a table that is looked up, bool `[rows, 1, …]`: which rows the batch takes. */
  touched(): Value | undefined;
  /** The gradient's square; for a table that is looked up, the sum of its rows' squares, as Keras on TensorFlow has it. */
  squared(): Value;
  /** The gradient's magnitude, by rows as well. */
  magnitude(): Value;
  /** The weight before the step, decay done. */
  readonly variable: Value;
  /** float32 scalar. */
  readonly rate: Value;
  /** This update's number from 1, a float32 scalar. */
  readonly step: Value;
  /** A slot of this weight. */
  slot(name: string): Value;
  /** Says what it becomes. */
  setSlot(name: string, next: Value): void;
  /** A slot that all weights share. */
  shared(name: string): Value;
  /** Says what such a slot becomes. */
  setShared(name: string, next: Value): void;
  /** A value that all weights' updates read, made once. */
  once(key: string, make: () => Value): Value;
}
/** An optimizer. */
export interface OptimizerDef<C = unknown> extends PartBase<"optimizer", C> {
  /** Groups of slots: in Keras' files those of a group stand together for each weight. */
  slots(config: C): readonly (readonly SlotSpec[])[];
  /** For one that stands around another: the field that holds the other, and options that the other gets. */
  readonly around?: { readonly field: string; options(config: C): Readonly<Record<string, unknown>> };
  /** Share of a weight that a step takes away, where it isn't the same for all. */
  decayOf?(path: string, shape: readonly number[], config: C): number | null;
  /** The slots in Keras 2's files, which hold no scalars, where its slots are others. */
  slotsOfKeras2?(config: C): readonly (readonly SlotSpec[])[];
  /** Scalars beside all weights. */
  readonly shared?: readonly SlotSpec[];
  /** The weight after this step. */
  update(context: UpdateContext<C>): Value;
}
/** A learning rate by step. */
export interface ScheduleDef<C = unknown> extends PartBase<"schedule", C> {
  /** The rate (float32 scalar) of update `step` (float32 scalar, from 0). */
  build(b: Builder, step: Value, config: C): Value;
}
/** A penalty on a weight or an output. */
export interface RegularizerDef<C = unknown> extends PartBase<"regularizer", C> {
  /** A float32 scalar. */
  build(b: Builder, x: Value, config: C): Value;
}
/** A bound that a weight is put back into after each step. */
export interface ConstraintDef<C = unknown> extends PartBase<"constraint", C> {
  /** The weight within the bound, of the same shape. */
  build(b: Builder, w: Value, config: C): Value;
}
/** Any part's definition. */
export type PartDef = LossDef | MetricDef | OptimizerDef | ScheduleDef | RegularizerDef | ConstraintDef;
/** Definitions by kind. */
export interface PartKinds {
  /** Loss. */
  readonly loss: LossDef;
  /** Metric. */
  readonly metric: MetricDef;
  /** Optimizer. */
  readonly optimizer: OptimizerDef;
  /** Schedule. */
  readonly schedule: ScheduleDef;
  /** Regularizer. */
  readonly regularizer: RegularizerDef;
  /** Constraint. */
  readonly constraint: ConstraintDef;
}
