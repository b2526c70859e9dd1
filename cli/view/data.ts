/** What the page is told: every view's data as JSON can say it. @module */
import type { ValueGraph, ValueNode } from "../../public/graph.ts";

export type { ValueGraph, ValueNode };

/** A shape; sizes that vary are named. */
export type Shape = readonly (number | string)[];
/** A view of the page, in the order of its list. */
export interface ViewEntry {
  readonly id: string;
  readonly title: string;
}
/** What the page is about. */
export interface About {
  readonly name: string;
  readonly kind: "model" | "run" | "training";
  readonly parameters?: number;
  readonly backend?: string;
  readonly views: readonly ViewEntry[];
  /** Where the sample behind live values comes from. */
  readonly sample?: string;
  readonly labels?: readonly string[];
}

/** A weight of a node, summed up. */
export interface ParameterEntry {
  readonly path: string;
  readonly name: string;
  readonly shape: Shape;
  readonly count: number;
  readonly trainable: boolean;
  readonly mean: number;
  readonly deviation: number;
  readonly min: number;
  readonly max: number;
  /** The norm of the loss' gradient for it, where one was computed. */
  readonly gradient?: number;
}
/** A layer, an operator, or an input or output of a model. */
export interface NetworkNode {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly role: "input" | "layer" | "operator" | "block" | "output";
  /** The node that it is drawn inside. */
  readonly parent?: string;
  readonly shapes: readonly Shape[];
  readonly config: Readonly<Record<string, string>>;
  readonly parameters: readonly ParameterEntry[];
  readonly count: number;
  /** Of a recurrent layer. */
  readonly recurrent?: { readonly cell: string; readonly units: number; readonly gates: readonly string[] };
}
/** The layers and how data goes from one to the next. */
export interface NetworkData {
  readonly nodes: readonly NetworkNode[];
  readonly edges: readonly (readonly [from: string, to: string, shape: string])[];
  /** Whether its dense layers can be drawn as neurons. */
  readonly neurons: boolean;
}

/** A neuron: an input, a weighted sum, what an activation makes of it, a bias, or an output. */
export interface Neuron {
  readonly id: string;
  readonly kind: "input" | "sum" | "activation" | "bias" | "output";
  readonly layer: string;
  readonly label: string;
  /** Its number in its layer; a bias has none. */
  readonly unit?: number;
  readonly column: number;
  readonly row: number;
  /** Its value for the sample. */
  readonly value?: number;
}
/** A connection of two neurons. */
export interface Connection {
  readonly from: string;
  readonly to: string;
  readonly weight?: number;
  readonly gradient?: number;
}
/** Dense layers as neurons: the strongest ones where there are many. */
export interface NeuronsData {
  readonly neurons: readonly Neuron[];
  readonly connections: readonly Connection[];
  /** How many of each column are shown, as in `12 of 784`. */
  readonly columns: readonly { readonly title: string; readonly shown: number; readonly of: number }[];
  readonly gradients: boolean;
}

/** One step of a recurrent layer at work. */
export interface CellStep {
  readonly step: number;
  readonly masked: boolean;
  /** The token or numbers that went in. */
  readonly input: string;
  /** Gates and states by name: `i`, `f`, `c̃`, `o`, `c`, `h`. */
  readonly values: Readonly<Record<string, readonly number[]>>;
}
/** A recurrent layer unrolled over time, for one sample. */
export interface CellData {
  readonly layer: string;
  readonly cell: string;
  readonly backwards: boolean;
  readonly steps: readonly CellStep[];
  /** What of the layer isn't followed, in words. */
  readonly notes: readonly string[];
  /** The cell's formulas. */
  readonly formulas: readonly string[];
}

/** An operator of a graph as it is run. */
export interface OperatorRow {
  readonly id: number;
  readonly op: string;
  readonly scope: string;
  readonly phase: "forward" | "loss" | "backward" | "update";
  readonly milliseconds: number;
  readonly bytes: number;
  readonly shapes: readonly string[];
}
/** Profiles of a graph. */
export interface ComputationData {
  readonly mode: "training" | "inference";
  readonly engine: string;
  readonly rows: number;
  /** Every operator on plain loops, in order. */
  readonly operators: readonly OperatorRow[];
  /** What the engine's plan holds: kernels and their bytes. */
  readonly plan: readonly {
    readonly where: string;
    readonly kernel: string;
    readonly nodes: readonly string[];
    readonly scope: string;
    readonly bytes: number;
    readonly milliseconds?: number;
  }[];
  readonly milliseconds: number;
  /** The graph of values, where it is small. */
  readonly graph?: ValueGraph;
}

/** Counts of numbers in bins of equal width. */
export interface Histogram {
  readonly from: number;
  readonly to: number;
  readonly counts: readonly number[];
  readonly mean: number;
  readonly deviation: number;
  readonly norm: number;
}
/** A layer's weights and gradients at one moment. */
export interface DistributionRow {
  readonly layer: string;
  readonly path: string;
  readonly weights: Histogram;
  readonly gradients?: Histogram;
}
/** Something that a person should know. */
export interface Finding {
  readonly level: "good" | "warning" | "serious";
  readonly text: string;
}
/** Distributions of weights and gradients, and what they mean. */
export interface DistributionsData {
  readonly moments: readonly { readonly epoch: number | null; readonly rows: readonly DistributionRow[] }[];
  readonly findings: readonly Finding[];
  /** The norm of the loss' gradient at every step of a recurrent layer's input. */
  readonly steps: readonly { readonly layer: string; readonly norms: readonly number[] }[];
  readonly source: string;
}

/** Numbers as a picture: bytes from the smallest to the largest, in base64, row by row. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly pixels: string;
  readonly min: number;
  readonly max: number;
  /** True where 0 is the middle of the scale. */
  readonly signed: boolean;
}
/** A layer's output for one input. */
export interface ActivationRow {
  readonly layer: string;
  readonly type: string;
  readonly shape: Shape;
  readonly kind: "images" | "steps" | "vector";
  readonly pictures: readonly Picture[];
  /** Of a short vector, the numbers themselves. */
  readonly numbers?: readonly number[];
}
/** What the model takes in the page. */
export interface InputForm {
  readonly kind: "image" | "text" | "numbers" | "none";
  readonly shape: Shape;
  readonly columns?: readonly string[];
  readonly why?: string;
}
/** A model at work on one input. */
export interface ActivationsData {
  readonly form: InputForm;
  /** The input as it was fed. */
  readonly input: {
    readonly text?: string;
    readonly numbers?: readonly number[];
    readonly picture?: Picture;
  };
  readonly layers: readonly ActivationRow[];
  readonly scores: readonly { readonly label: string; readonly value: number }[];
  readonly scoresAre: "probabilities" | "numbers";
  readonly filters: readonly Picture[];
  readonly filtersOf?: string;
  readonly saliency?: {
    readonly picture?: Picture;
    readonly tokens?: readonly (readonly [string, number])[];
  };
  readonly attention: readonly { readonly layer: string; readonly heads: readonly Picture[] }[];
}
/** Precomputed or first inputs. */
export interface ActivationsStart {
  readonly samples: readonly { readonly title: string; readonly data: ActivationsData }[];
}

/** A sample with what the model says of it. */
export interface SampleCard {
  readonly row: number;
  readonly truth: string;
  readonly predicted: string;
  readonly confidence: number;
  readonly text?: string;
  readonly picture?: Picture;
  readonly numbers?: readonly number[];
}
/** True classes against predicted ones. */
export interface ConfusionData {
  readonly labels: readonly string[];
  /** Rows by true class, columns by predicted class. */
  readonly matrix: readonly (readonly number[])[];
  readonly accuracy: number;
  readonly macroF1: number;
  readonly rows: number;
  /** Some samples of every cell, the most confident first: `true,predicted`. */
  readonly cells: Readonly<Record<string, readonly SampleCard[]>>;
}

/** One run's numbers. */
export interface RunData {
  readonly name: string;
  readonly epochs: number;
  readonly epoch: readonly number[];
  readonly history: Readonly<Record<string, readonly (number | null)[]>>;
  /** Per step, where they were kept. */
  readonly batches?: Readonly<Record<string, readonly (number | null)[]>>;
  readonly rate?: readonly number[];
  readonly gradientNorms?: Readonly<Record<string, readonly number[]>>;
  readonly samplesPerSecond?: number;
}
/** Runs side by side. */
export interface RunsData {
  readonly runs: readonly RunData[];
  readonly live: boolean;
}

/** One trial of an experiment. */
export interface Trial {
  readonly id: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly seed?: number;
  readonly status: string;
  readonly metrics: Readonly<Record<string, number | null>>;
}
/** An experiment's trials. */
export interface ExperimentsData {
  readonly name: string;
  readonly metric: string;
  readonly mode: "max" | "min";
  readonly trials: readonly Trial[];
  readonly params: readonly string[];
  /** Share of the metric's variance that each parameter explains by itself. */
  readonly importance: readonly { readonly param: string; readonly share: number }[];
  readonly best?: string;
}

/** A forecast of one series. */
export interface ForecastSeries {
  readonly name: string;
  readonly times: readonly string[];
  readonly values: readonly (number | null)[];
  /** Steps that the model saw before it forecast. */
  readonly window: readonly [from: number, to: number];
  readonly prediction: readonly (number | null)[];
  readonly lower?: readonly (number | null)[];
  readonly upper?: readonly (number | null)[];
  readonly metrics: Readonly<Record<string, number>>;
}
/** Forecasts. */
export interface ForecastsData {
  readonly series: readonly ForecastSeries[];
}
