/** What training looks like from outside: options, results, callbacks, and the trainer a model delegates to. @module */
import type { ModelData } from "../model/feed.ts";
import type { Graph } from "../graph/graph.ts";
import type { Limits } from "../values/limits.ts";
import type { Model } from "../model/model.ts";
import type { Lookup } from "../graph/lookup.ts";
import type { NetworkKinds } from "../network/layer.ts";
import type { SavedTraining } from "./saved.ts";
import type { Sessions } from "../model/sessions.ts";
import type { OptionNames } from "../values/schema.ts";
import type { Nested, RuntimeValue, Tensor } from "../values/tensor.ts";
import type { LossDef, MetricDef, OptimizerDef, PartKinds, PartSpec } from "./contract.ts";

/** Something for every output: one for all, a list in their order, or by the output's name. */
export type PerOutput<T> = T | readonly (T | null)[] | Readonly<Record<string, T | null>>;
/** Options of `compile`. Parts are names, our objects, or Keras' serialised forms. */
export interface CompileTraining {
  /** `sgd`, `adam({ learningRate: 1e-3 })`; rmsprop unless given. */
  readonly optimizer?: PartSpec<OptimizerDef>;
  /** The loss, or one for each output. */
  readonly loss?: PerOutput<PartSpec<LossDef>>;
  /** What is reported beside the loss, losses too; a list, or one for each output. */
  readonly metrics?:
    | PerOutput<PartSpec<MetricDef | LossDef>>
    | readonly (readonly PartSpec<MetricDef | LossDef>[])[]
    | Readonly<Record<string, readonly PartSpec<MetricDef | LossDef>[]>>;
  /** The same, but samples count by their weights. */
  readonly weightedMetrics?: CompileTraining["metrics"];
  /** Factors of the outputs' losses; 1 unless given. */
  readonly lossWeights?: readonly number[] | Readonly<Record<string, number>> | null;
}
/** Their names. */
export const compileNames: OptionNames<CompileTraining> = {
  optimizer: 0,
  loss: 0,
  metrics: 0,
  weightedMetrics: 0,
  lossWeights: 0,
};
/**
 * What comes in for outputs: one output's data, a list or record of all outputs' or of those that have a loss or
 * metrics; null where nothing is needed.
 */
export type TargetData =
  | ModelData
  | readonly (Tensor | Nested | null)[]
  | Readonly<Record<string, Tensor | Nested | null>>;
/** Weights of samples `[samples]` or of steps `[samples, time]`, for all outputs, by output, or in their order. */
export type SampleWeights =
  | Tensor
  | Nested
  | readonly (Tensor | Nested | null)[]
  | Readonly<Record<string, Tensor | Nested | null>>;
/** Weights of classes by their number. */
export type ClassWeights = Readonly<Record<number, number>>;

/** One batch of a source: inputs, targets, weights of samples. */
export type BatchItem =
  | readonly [x: ModelData, y: TargetData, sampleWeight?: SampleWeights]
  | { readonly x: ModelData; readonly y: TargetData; readonly sampleWeight?: SampleWeights };
/** Batches one after another; a function gives them anew for every epoch. */
export type BatchSource =
  | AsyncIterable<BatchItem>
  | (() => AsyncIterable<BatchItem> | Iterable<BatchItem>);

/** Where a batch stands in a fit: what is drawn by it alone is the same after a resume. */
export interface BatchPlace {
  /** The fit's seed. */
  readonly seed: number;
  /** The epoch, from 0. */
  readonly epoch: number;
  /** The batch's number in its epoch, from 0. */
  readonly batch: number;
}
/** Changes the samples of a batch before its training step; their shape and type stay. */
export type Augment = (x: Tensor, place: BatchPlace) => Tensor;

/** Numbers by name: `loss`, `accuracy`, `valLoss`. */
export type Logs = Readonly<Record<string, number>>;
/** What a fit gave, epoch by epoch. */
export interface History {
  /** Epochs, counted from 0. */
  readonly epoch: readonly number[];
  /** Each number's values in the order of the epochs. */
  readonly history: Readonly<Record<string, readonly number[]>>;
}

/** A fit in progress, as callbacks see it. */
export interface FitRun {
  /** The model that is trained. */
  readonly model: Model;
  /** Epochs that the fit ends with. */
  readonly epochs: number;
  /** Batches of an epoch, where they can be counted. */
  readonly steps: number | undefined;
  /** Samples of a step. */
  readonly batchSize: number;
  /** The epoch in progress, from 0. */
  readonly epoch: number;
  /** The numbers of the epochs so far. */
  readonly history: History;
  /** Names of the numbers that its epochs give. */
  readonly monitors: readonly string[];
  /** `max` where more of a number is better. */
  better(monitor: string): "max" | "min";
  /** The rate of the next step. Setting it needs no new compilation. @throws {ConfigError} where a schedule says it. */
  learningRate: number;
  /**
   * Weights and their moving averages change places, until this is called again.
   * @throws {ConfigError} where the optimizer keeps no averages.
   */
  swapAverages(): Promise<void>;
  /** Ends the fit after this epoch. */
  stop(): void;
  /** True once {@link FitRun.stop} was called. */
  readonly stopped: boolean;
  /** What resuming needs, as in `model.trainingState()`. */
  state(): TrainingState;
}
/** Something that watches a fit. Every method may be left out, and may be asynchronous. */
export interface Callback {
  /** Names it in saved states. */
  readonly name?: string;
  /** True for one that saves the others' states: it is told of an epoch's end after them. */
  readonly saves?: boolean;
  /** Before the first epoch. */
  onTrainBegin?(run: FitRun): void | Promise<void>;
  /** Before an epoch, counted from 0. */
  onEpochBegin?(epoch: number, run: FitRun): void | Promise<void>;
  /** Before a step. */
  onBatchBegin?(batch: number, run: FitRun): void | Promise<void>;
  /** After a step, with the numbers of the epoch so far. */
  onBatchEnd?(batch: number, logs: Logs, run: FitRun): void | Promise<void>;
  /** Before an epoch's validation. */
  onTestBegin?(run: FitRun): void | Promise<void>;
  /** After it. */
  onTestEnd?(run: FitRun): void | Promise<void>;
  /** After an epoch and its validation. What it puts into the numbers stands in the history. */
  onEpochEnd?(epoch: number, logs: Logs, run: FitRun): void | Promise<void>;
  /** After the last epoch, with its numbers. */
  onTrainEnd?(logs: Logs, run: FitRun): void | Promise<void>;
  /** What it must know to go on after a resume. */
  state?(): CallbackState;
  /**
   * What a fit goes on from that isn't told so by `resumeFrom`; the weights of that moment are in the model then.
   * Undefined where it begins anew.
   */
  resume?(model: Model): Promise<TrainingState | undefined>;
  /** Takes such a state back, before a resumed fit begins. */
  restore?(state: CallbackState): void;
}
/** A callback's state: JSON and tensors. */
export interface CallbackState {
  /** What JSON can say. */
  readonly json: Readonly<Record<string, unknown>>;
  /** Arrays by name. */
  readonly tensors?: Readonly<Record<string, Tensor>>;
}
/** What training goes on from, beside the weights: JSON, and tensors by name (slots, RNN states, callbacks' tensors). */
export interface TrainingState {
  /** Counters and numbers. */
  readonly json: {
    /** 2; files of before that, which shuffled by another rule, hold 1. */
    readonly version: 1 | 2;
    /** Epochs done. */
    readonly epoch: number;
    /** Steps done: the counter of Philox' keys. */
    readonly step: number;
    /** The seed that fixes order and random numbers. */
    readonly seed: number;
    /** The numbers of the epochs so far. */
    readonly history: History;
    /** What each callback keeps. */
    readonly callbacks: readonly Readonly<Record<string, unknown>>[];
  };
  /** Arrays by name. */
  readonly tensors: Readonly<Record<string, Tensor>>;
}

/** Options of `fit`. */
export interface FitOptions {
  /** Samples of a step; 32 unless given. */
  readonly batchSize?: number;
  /** Passes over the data, counted from 0; 1 unless given. */
  readonly epochs?: number;
  /** The epoch to begin with. */
  readonly initialEpoch?: number;
  /** What every epoch is judged by: arrays, or a source of batches. */
  readonly validationData?:
    | readonly [x: ModelData, y: TargetData, sampleWeight?: SampleWeights]
    | BatchSource;
  /** Share of the samples, the last ones, that are kept for validation. */
  readonly validationSplit?: number;
  /** Samples of a step of validation; those of training unless given. */
  readonly validationBatchSize?: number;
  /** Epochs between validations; 1 unless given. */
  readonly validationFreq?: number;
  /** A new order of the samples in every epoch; yes unless said. */
  readonly shuffle?: boolean;
  /** Weights of classes. */
  readonly classWeight?: ClassWeights;
  /** Weights of samples. */
  readonly sampleWeight?: SampleWeights;
  /** Batches that count as an epoch. */
  readonly stepsPerEpoch?: number;
  /** 0 says nothing; 1, the default, shows a bar on a terminal; 2 writes a line an epoch. */
  readonly verbose?: 0 | 1 | 2;
  /** Changes the samples of every training batch, never those of validation; by the input's name where there are several. */
  readonly augment?: Augment | Readonly<Record<string, Augment>>;
  /** Told of epochs and batches, in order. */
  readonly callbacks?: readonly Callback[];
  /** Fixes the order of the samples and all random numbers; the model's unless given. */
  readonly seed?: number;
  /** The engine that trains; the model's unless given. */
  readonly backend?: string;
  /** Goes on where another fit ended; the model must have the weights of that moment. */
  readonly resumeFrom?: TrainingState;
}
/** Their names. */
export const fitNames: OptionNames<FitOptions> = {
  batchSize: 0,
  epochs: 0,
  initialEpoch: 0,
  validationData: 0,
  validationSplit: 0,
  validationBatchSize: 0,
  validationFreq: 0,
  shuffle: 0,
  classWeight: 0,
  sampleWeight: 0,
  stepsPerEpoch: 0,
  verbose: 0,
  augment: 0,
  callbacks: 0,
  seed: 0,
  backend: 0,
  resumeFrom: 0,
};
/** Options of `evaluate`. */
export interface EvaluateOptions {
  /** Samples of a step; 32 unless given. */
  readonly batchSize?: number;
  /** Weights of samples. */
  readonly sampleWeight?: SampleWeights;
  /** Batches to stop after. */
  readonly steps?: number;
  /** 0, the default, says nothing; 1 shows a bar on a terminal; 2 writes a line. */
  readonly verbose?: 0 | 1 | 2;
  /** Metrics in the place of those that were compiled. */
  readonly metrics?: CompileTraining["metrics"];
}
/** Their names. */
export const evaluateNames: OptionNames<EvaluateOptions> = {
  metrics: 0,
  batchSize: 0,
  sampleWeight: 0,
  steps: 0,
  verbose: 0,
};
/** Options of `score`. */
export type ScoreOptions = Pick<EvaluateOptions, "batchSize" | "sampleWeight">;
/** Their names. */
export const scoreNames: OptionNames<ScoreOptions> = { batchSize: 0, sampleWeight: 0 };
/** Options of `trainOnBatch` and `testOnBatch`. */
export interface BatchOptions {
  /** Weights of samples. */
  readonly sampleWeight?: SampleWeights;
  /** Weights of classes. */
  readonly classWeight?: ClassWeights;
}
/** Their names. */
export const batchNames: OptionNames<BatchOptions> = { sampleWeight: 0, classWeight: 0 };
/** Options of `gradients`. */
export interface GradientOptions {
  /** The loss, where the model isn't compiled or another is wanted. */
  readonly loss?: PerOutput<PartSpec<LossDef>>;
  /** Factors of the outputs' losses; those it was compiled with unless given, or 1 for a loss given here. */
  readonly lossWeights?: CompileTraining["lossWeights"];
  /** Weights of samples. */
  readonly sampleWeight?: SampleWeights;
  /** Dropout drops and batch normalization takes the batch's statistics; no unless said. */
  readonly training?: boolean;
}
/** Their names. */
export const gradientNames: OptionNames<GradientOptions> = {
  loss: 0,
  lossWeights: 0,
  sampleWeight: 0,
  training: 0,
};
/** A loss and its exact gradients. */
export interface Gradients {
  /** With penalties of regularizers. */
  readonly loss: number;
  /** By name, of the inputs that hold floats. */
  readonly inputs: Map<string, Tensor>;
  /** By path, in the order of `model.weights`; zeros where none flows. */
  readonly weights: Map<string, Tensor>;
}
export type { SavedTraining } from "./saved.ts";
/** Looks up what training is made of. */
export type TrainingPlugins = Lookup<NetworkKinds & PartKinds>;
/** What a trainer is handed of its model. */
export interface ModelParts {
  /** The model. */
  readonly model: Model;
  /** Where parts are looked up. */
  readonly registry: TrainingPlugins;
  /** Where graphs run. */
  readonly sessions: Sessions;
  /** Of random numbers. */
  readonly seed: number;
  /** Bounds of sizes. */
  readonly limits: Limits | undefined;
  /** The bare graph of a model without layers. */
  readonly graph: Graph | undefined;
  /** Data by input name, as tensors of the inputs' types; builds a model that waits for its first data. */
  feed(x: ModelData): Readonly<Record<string, RuntimeValue>>;
  /** What the file said that the model came from. */
  readonly saved: SavedTraining | undefined;
}
/** What graphs of losses and steps are made of. */
export type GraphParts = Pick<ModelParts, "model" | "registry" | "limits" | "graph">;
/** What a model's training methods come to. */
export interface Trainer {
  /** True once compiled, here or by a file. */
  readonly compiled: boolean;
  /** The rate of the next step. */
  learningRate: number;
  /** See `Model.compile`. */
  compile(options: CompileTraining): void;
  /** See `Model.fit`. */
  fit(x: ModelData | BatchSource, y: TargetData | undefined, options: FitOptions): Promise<History>;
  /** See `Model.evaluate`. */
  evaluate(
    x: ModelData | BatchSource,
    y: TargetData | undefined,
    options: EvaluateOptions,
  ): Promise<Record<string, number>>;
  /** See `Model.trainOnBatch`. */
  trainOnBatch(x: ModelData, y: TargetData, options: BatchOptions): Promise<Record<string, number>>;
  /** See `Model.testOnBatch`. */
  testOnBatch(x: ModelData, y: TargetData, options: BatchOptions): Promise<Record<string, number>>;
  /** See `Model.gradients`. */
  gradients(x: ModelData, y: TargetData, options: GradientOptions): Promise<Gradients>;
  /** See `Model.score`. */
  score(x: ModelData, y: TargetData, options: ScoreOptions): Promise<number>;
  /** See `Model.resetStates`. */
  resetStates(): void;
  /** See `Model.trainingGraph`. */
  graph(): Graph;
  /** See `Model.trainingState`. */
  state(): TrainingState;
  /** See `Model.savedTraining`. */
  saved(): SavedTraining | undefined;
  /** See `Model.history`. */
  readonly history: History;
}
/** Training as a plugin: a registry without it loads nothing of it. */
export interface TrainerDef {
  /** Marks the plugin. */
  readonly kind: "trainer";
  /** Its name: trainer. */
  readonly name: string;
  /** One line for tables. */
  readonly summary: string;
  /** Makes the trainer of a model. */
  create(parts: ModelParts): Trainer;
}
