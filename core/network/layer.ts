/** The layer contract: a layer is a plain object; core gives it its factory, weights, checks, files and tables. @module */
import type { Builder } from "../graph/builder.ts";
import type { DType } from "../values/dtype.ts";
import type { Value } from "../graph/graph.ts";
import type { RecurrentNodeOptions, WholeLayers } from "./whole.ts";
import type { Schema } from "../values/schema.ts";
import type { Lookup } from "../graph/lookup.ts";
import type { OperatorKinds } from "../graph/op.ts";
import type { ParamSpec } from "./specs.ts";
import type { Type } from "../values/shape.ts";
import type { Tensor } from "../values/tensor.ts";

export type { ActivationDef } from "../graph/op.ts";
export type { InitializerSpec, ParamSpec } from "./specs.ts";

/** Extra arguments of one call, as Keras takes them. */
export interface CallOptions {
  /** States to begin with in place of zeros. */
  readonly initialState?: readonly Value[];
  /** Masks in place of those that ride with the inputs; null for none. */
  readonly mask?: Value | null | readonly (Value | null)[];
  /** Which masks the outputs carry on: those of `mask` unless said; the inputs' own, whatever `mask` says, or none. */
  readonly passes?: "own" | "none";
  /** Inputs whose masks don't reach the call. */
  readonly lost?: readonly (boolean | "inference")[];
  /** Whether the call trains, whatever the model does. */
  readonly training?: boolean;
  /** True where a mode that the whole model runs in goes before `training`; sampling alone heeds it. */
  readonly yields?: boolean;
  /** Has a cell run over a whole sequence as one node, in place of one step; it then returns outputs and last states. */
  readonly sequence?: Pick<RecurrentNodeOptions, "mask" | "reverse" | "zeroOutputForMask">;
  /** Further tensors by name (attention masks, keys). */
  readonly values?: Readonly<Record<string, Value>>;
  /** Further plain arguments by name: `useCausalMask`, `returnAttentionScores`. */
  readonly options?: Readonly<Record<string, unknown>>;
}
/** What a layer's build is given. */
export interface LayerContext<C, P extends string = string> {
  /** Adds operators to the graph. */
  readonly b: Builder;
  /** The layer's configuration. */
  readonly config: C;
  /** The inputs. */
  readonly inputs: readonly Value[];
  /** The masks that may travel on with the outputs, one an input. */
  readonly masks: readonly (Value | undefined)[];
  /** The weights by name. */
  readonly params: Readonly<Record<P, Value>>;
  /** Whether the graph is one for training. */
  readonly training: boolean;
  /** False for a frozen layer, which batch normalization runs in inference mode. */
  readonly trainable: boolean;
  /** What the call says beside its inputs. */
  readonly call: CallOptions;
  /** Where the graph is for engines that have nodes for whole layers. */
  readonly whole?: WholeLayers;
  /** The value that replaces a parameter after this step; a shared layer's updates chain. */
  update(param: P, next: Value): void;
  /** Applies a layer held in the configuration (a wrapper's inner layer, a cell); its weights belong to the model. */
  layer(inner: Layer, inputs: readonly Value[], call?: CallOptions): readonly Value[];
}
/** A layer inside another layer's configuration, in the order of Keras' weights. */
export interface ChildLayer {
  /** The layer. */
  readonly layer: Layer;
  /** Keras 3's attribute that holds it, which names its group in a weights file (`forward_layer`, `cell`). */
  readonly attribute: string;
  /** What Keras puts before the name of the layer it was made from, as in `forward_lstm`. */
  readonly namePrefix?: string;
}
/** A layer as a Keras version's files hold it. */
export interface SavedLayer {
  /** Class name. */
  readonly className?: string;
  /** All of its fields. */
  readonly config?: Readonly<Record<string, unknown>>;
}
/** Only what differs from the rule "snake_case of our names" in Keras' files. */
export interface KerasMapping<C> {
  /** Class names that mean this layer, the current one first. */
  readonly classNames?: readonly string[];
  /** Whether a class of that name means this layer, where its configuration decides; asked before layers that don't say. */
  takes?(config: Readonly<Record<string, unknown>>, version: string): boolean;
  /** Names of fields in Keras' configuration where they differ. */
  readonly fields?: Partial<Readonly<Record<keyof C, string>>>;
  /** Fields of Keras' configuration that may be left unread, because they don't change what is computed. */
  readonly ignore?: readonly string[];
  /**
   * Names of the arguments of Keras' `call` in order, where a call may give more than inputs by position. `inputs`,
   * `sequences`, `query`, `value` and `key` are inputs, the others {@link CallOptions}.
   */
  readonly call?: readonly string[];
  /** Element type of a model's input that begins with this layer, where a file doesn't say (Keras 1 and 2). */
  readonly inputDtype?: DType;
  /** Rewrites an older configuration to Keras 3's fields, in place of a rule. `version` is Keras' (1.2.2, 2.2.4, …). */
  upgrade?(config: Record<string, unknown>, version: string): Record<string, unknown>;
  /** Fields that are ours alone, which no file of Keras holds. */
  readonly own?: readonly (keyof C & string)[];
  /**
   * What files of Keras 2 or 3 hold where it isn't the rule's class and fields (snake_case, in serialised form).
   * Throws an UnsupportedError for what that version doesn't have.
   */
  save?(fields: Readonly<Record<string, unknown>>, major: 2 | 3): SavedLayer;
  /** Fields that Keras' own files leave out whatever they were: reading says what it takes in their place. */
  readonly unsaid?: readonly (keyof C & string)[];
  /** What Keras adds to the loss of a training by this layer and a fit here doesn't. */
  readonly unadded?: string;
  /** 3 where the layer hands on masks since Keras 3; before, they end with it. */
  readonly masksSince?: 3;
  /** 3 for a class that came with Keras 3. */
  readonly since?: 3;
  /** The value that the layer's mask leaves out, where the mask is `input != value`. */
  maskedValue?(config: C): number | undefined;
  /** True for a class that its package doesn't register: files name it with its module, which is known from files alone. */
  readonly unregistered?: boolean;
  /** The package that registers the class in Python, for classes outside Keras. */
  readonly package?: string;
  /** Arrays as an older file holds them, to arrays in Keras 3's order and shape. */
  weights?(arrays: readonly Tensor[], config: C, version: string): readonly Tensor[];
  /**
   * Arrays that files hold by name beside the numbered weights, though the configuration says them; with the path of the
   * group below the layer's in a `.keras` file.
   */
  arrays?(config: C): Readonly<Record<string, Tensor>>;
  /** True where older files hold as weights what its configuration says, or takes from them. */
  readonly weightsSaid?: boolean;
  /** How many leading axes of its kernels (arrays of two axes more) files that Keras wrote on Theano hold in reverse. */
  readonly turnedByTheano?: number;
  /** Name of the group below `layers/` in a Keras 3 weights file for each param list, where not the layer's own `vars`: e.g. `cell`. */
  readonly group?: string;
}
/** A layer, said once. */
export interface LayerDef<C = unknown, P extends string = string> {
  /** Tells plugins apart. */
  readonly kind: "layer";
  /** Keras' class name. */
  readonly name: string;
  /** What it does, in a few words, where no doc of its factory says so. */
  readonly summary?: string;
  /** The fields of its configuration. */
  readonly config: Schema<C>;
  /** The weights, in Keras' order, known from the configuration and the inputs' types. */
  params(config: C, inputs: readonly Type[]): Partial<Record<P, ParamSpec>>;
  /** Layers inside the configuration. */
  children?(config: C): readonly ChildLayer[];
  /**
   * Sizes of a recurrent cell's states, `[batch, size]` each. A cell is applied to a step's input `[batch, features]`
   * and the states, and returns its output and the states after it.
   */
  states?(config: C): readonly number[];
  /** Adds the layer's operators and returns its outputs. */
  build(context: LayerContext<C, P>): readonly Value[];
  /** `pass` hands the (first) input's mask on, `consume` drops it; `make`: build sets the outputs' masks itself. */
  readonly mask: "pass" | "consume" | "make";
  /** The penalty on the layer's outputs, where it isn't said by a field `activityRegularizer`. */
  activityPenalty?(config: C): unknown;
  /** Checks across fields, after each field alone. @throws {ConfigError} */
  check?(config: C, path: string): void;
  /** What differs in Keras' files. */
  readonly keras?: KerasMapping<C>;
}

/** A {@link LayerDef} of any configuration, as lists of a user's own layers take it. */
export interface LayerPlugin {
  /** The plugin's kind. */
  readonly kind: "layer";
  /** Keras' class name. */
  readonly name: string;
  /** What it does, in a few words, where no doc of its factory says so. */
  readonly summary?: string;
  /** Its fields. */
  readonly config: object;
  /** What it does with its input's mask. */
  readonly mask: LayerDef["mask"];
  /** Its weights. */
  params(config: never, inputs: readonly Type[]): object;
  /** Adds its operators. */
  build(context: never): readonly Value[];
}
/** A layer with its options, ready to be applied; applying it twice shares its weights. */
export interface Layer {
  /** Tells it from a layer's definition. */
  readonly kind: "built-layer";
  /** The plugin it is made of. */
  readonly def: LayerDef;
  /** Its configuration, checked. */
  readonly config: unknown;
  /** The user's name for it; a model names the nameless as Keras does (`dense`, `dense_1`). */
  readonly name?: string;
  /**
   * False where its weights are frozen; setting it sets the layers inside as well. What a model trains is settled at its first
   * step after `compile`, so that a later change needs a `compile` too.
   */
  trainable: boolean;
  /** Element type of its input where it says so itself (`InputLayer`, text layers). */
  readonly dtype?: DType;
}

/** Fills a weight. */
export interface InitializerDef {
  /** Tells plugins apart. */
  readonly kind: "initializer";
  /** Our name, camelCase. */
  readonly name: string;
  /** What it does, in a few words, where no doc of its factory says so. */
  readonly summary?: string;
  /** Options with their defaults. */
  readonly config: Readonly<Record<string, { readonly doc?: string; readonly default: unknown }>>;
  /** The first value of a weight; `config` has every option. */
  fill(shape: readonly number[], config: Readonly<Record<string, unknown>>, seed: number): Tensor;
}

/** What networks are made of. */
export interface NetworkKinds extends OperatorKinds {
  /** A layer. */
  readonly layer: LayerDef;
  /** An initializer. */
  readonly initializer: InitializerDef;
}
/** Looks up what networks are made of. */
export type NetworkPlugins = Lookup<NetworkKinds>;
