/** Networks of layer calls: what a model is before it becomes a graph, and how it stands as a layer in another. @module */
import { builtLayer } from "./built.ts";
import { LapisError, ShapeError, shown } from "../values/errors.ts";
import type { Value } from "../graph/graph.ts";
import type { CallOptions, Layer, LayerContext, LayerDef } from "./layer.ts";
import type { NetworkPlugins } from "./layer.ts";
import type { OptionNames } from "../values/schema.ts";
import { type Dim, sameDim, type TensorType, typeText } from "../values/shape.ts";

/** A tensor of a network before anything is computed: a type, and the call it comes from. */
export interface SymbolicTensor {
  /** Marks the tensor. */
  readonly kind: "symbolic";
  /** Element type and shape. */
  readonly type: TensorType;
  /** The plugins that its network is made with. */
  readonly registry: NetworkPlugins;
  /** The call that gives it; absent for an input. */
  readonly call?: LayerCall;
  /** Which of the call's outputs it is. */
  readonly index: number;
  /** An input's name; `input_layer` unless said. */
  readonly name?: string;
  /** Type of the mask that rides beside it, where there is one. */
  readonly mask?: TensorType;
}
/** What symbols of an input without a name begin with while no network says which of its inputs it is. */
export const passing = (count: number): string => `input#${count}`;
/** Types of a network's inputs, where those symbols count its inputs alone: `input_time`, `input1_time`. */
export function inputTypes({ inputs, inputNames }: Network): readonly TensorType[] {
  const own = new Map<string, string>();
  let count = 0;
  const ownPrefix = (prefix: string) => {
    const known = own.get(prefix);
    if (known !== undefined) return known;
    let made: string;
    do made = `input${count++ || ""}`; while (inputNames.includes(made));
    own.set(prefix, made);
    return made;
  };
  return inputs.map(({ type }) => ({
    ...type,
    ...(type.shape && {
      shape: type.shape.map((d) => typeof d === "string" ? d.replace(/^input#\d+/, ownPrefix) : d),
    }),
  }));
}
/** Extra arguments of a call. */
export interface ApplyOptions {
  /** States that a recurrent layer starts from. */
  readonly initialState?: readonly SymbolicTensor[];
  /** Replaces the inputs' masks; null drops them. */
  readonly mask?: SymbolicTensor | null | readonly (SymbolicTensor | null)[];
  /** Which masks the outputs carry on: those of `mask` unless said; the inputs' own, whatever `mask` says, or none. */
  readonly passes?: "own" | "none";
  /** Inputs whose masks don't reach the call. */
  readonly lost?: readonly (boolean | "inference")[];
  /** Fixes the layer's mode, whatever the model's. */
  readonly training?: boolean;
  /** True where a mode that the whole model runs in goes before `training`, as in Keras 3; sampling alone heeds it. */
  readonly yields?: boolean;
  /** Further tensors by name, such as an attention mask. */
  readonly values?: Readonly<Record<string, SymbolicTensor>>;
  /** Further plain arguments by name, such as `useCausalMask`. */
  readonly options?: Readonly<Record<string, unknown>>;
}
/** Their names. */
export const applyNames: OptionNames<ApplyOptions> = {
  initialState: 0,
  mask: 0,
  passes: 0,
  lost: 0,
  training: 0,
  yields: 0,
  values: 0,
  options: 0,
};
/** One use of a layer. */
export interface LayerCall {
  /** The layer that is applied. */
  readonly layer: Layer;
  /** What it is applied to. */
  readonly inputs: readonly SymbolicTensor[];
  /** Its extra arguments. */
  readonly options: ApplyOptions;
  /** What it gives. */
  readonly outputs: readonly SymbolicTensor[];
  /** Grows from call to call. */
  readonly order: number;
}
/** A finished network. */
export interface Network {
  /** What it is in Keras. */
  readonly kind: "Sequential" | "Functional";
  /** The model's name. */
  readonly name: string;
  /** The plugins it was made with. */
  readonly registry: NetworkPlugins;
  /** Where it begins. */
  readonly inputs: readonly SymbolicTensor[];
  /** Names of the inputs, in their order. */
  readonly inputNames: readonly string[];
  /** What it computes. */
  readonly outputs: readonly SymbolicTensor[];
  /** Names of the outputs, in their order. */
  readonly outputNames: readonly string[];
  /** In topological order. */
  readonly calls: readonly LayerCall[];
  /** Every layer once, in the order of Keras' `model.layers`. */
  readonly layers: readonly Layer[];
}
/** All tensors that a call reads. */
export function readBy(call: LayerCall): readonly SymbolicTensor[] {
  const { initialState = [], mask, values = {} } = call.options;
  const masks = Array.isArray(mask) ? mask : [mask];
  return [...call.inputs, ...initialState, ...masks.filter((m) => m), ...Object.values(values)];
}

/** Configuration of a network as a layer: built of its own inputs, or (`layers` alone) of whatever it is applied to. */
export interface NetworkConfig {
  /** What it is in Keras. */
  readonly kind: Network["kind"];
  /** Its layers in the order of Keras' `model.layers`. */
  readonly layers: readonly Layer[];
  /** The network, where its own inputs are known. */
  readonly network?: Network;
}
function fits(want: readonly Dim[], came: readonly Dim[] | undefined): boolean {
  return came !== undefined && want.length === came.length &&
    want.every((d, i) => {
      const c = came[i];
      return typeof d !== "number" || typeof c !== "number" || sameDim(d, c);
    });
}
function buildNetwork({ b, inputs, config, layer }: LayerContext<NetworkConfig, never>) {
  const { network, layers } = config;
  if (!network) return layers.reduce((x, inner) => layer(inner, x), inputs);
  if (inputs.length !== network.inputs.length) {
    throw new ShapeError(`expected ${network.inputs.length} inputs, got ${inputs.length}`);
  }
  const values = new Map(network.inputs.map((t, i) => {
    const value = inputs[i];
    if (!value) throw new ShapeError(`input ${i} is missing`);
    const came = value.type.kind === "tensor" ? value.type : undefined;
    if (t.type.shape && came?.shape && !fits(t.type.shape, came.shape)) {
      throw new ShapeError(
        `input ${shown(network.inputNames[i])}: expected ${typeText(t.type)}, got ${typeText(value.type)}`,
      );
    }
    const cast = came && came.dtype !== t.type.dtype && t.type.dtype !== "string"
      ? b.cast(value, { to: t.type.dtype })
      : value;
    return [t, cast === value ? value : b.masked(cast, value.mask)];
  }));
  return runCalls(network, values, layer);
}
/** A call's extra arguments with values in place of symbolic tensors. */
export function callOptions(
  { initialState, mask, passes, lost, values, options, training, yields }: ApplyOptions,
  get: (t: SymbolicTensor) => Value,
): CallOptions {
  return {
    ...(initialState && { initialState: initialState.map(get) }),
    ...(mask !== undefined && {
      mask: Array.isArray(mask) ? mask.map((m) => m && get(m)) : mask && get(mask as SymbolicTensor),
    }),
    ...(values && { values: Object.fromEntries(Object.entries(values).map(([k, t]) => [k, get(t)])) }),
    ...(options && { options }),
    ...(passes && { passes }),
    ...(lost && { lost }),
    ...(training !== undefined && { training }),
    ...(yields && { yields }),
  };
}
/** Runs a network's calls on values of its inputs. */
export function runCalls(
  network: Network,
  values: Map<SymbolicTensor, Value>,
  layer: LayerContext<unknown>["layer"],
): readonly Value[] {
  const get = (t: SymbolicTensor) => {
    const value = values.get(t);
    if (!value) {
      throw new LapisError("graph", `network ${network.name}: a tensor was used before it was computed`);
    }
    return value;
  };
  for (const { layer: inner, inputs, options, outputs } of network.calls) {
    const results = layer(inner, inputs.map(get), callOptions(options, get));
    outputs.forEach((t, i) => {
      const value = results[i];
      if (value) values.set(t, value);
    });
  }
  return network.outputs.map(get);
}

const networkDef = (name: Network["kind"]): LayerDef<NetworkConfig, never> => ({
  kind: "layer",
  name,
  summary: "a model used as a layer",
  config: {} as LayerDef<NetworkConfig, never>["config"],
  mask: "make",
  params: () => ({}),
  children: (config) => config.layers.map((layer) => ({ layer, attribute: "layers" })),
  build: buildNetwork,
});
const sequentialDef = networkDef("Sequential"), functionalDef = networkDef("Functional");

/** The network inside a layer that is a model, or undefined. */
export function networkConfigOf(layer: Layer): NetworkConfig | undefined {
  const def: unknown = layer.def;
  return def === sequentialDef || def === functionalDef ? layer.config as NetworkConfig : undefined;
}
/** A network as a layer: its weights belong to whichever model it is applied in. */
export function networkLayer(config: NetworkConfig, name: string | undefined, trainable = true): Layer {
  const def = config.kind === "Sequential" ? sequentialDef : functionalDef;
  const layer = builtLayer({
    def: def as unknown as LayerDef,
    config,
    trainable,
    ...(name !== undefined && { name }),
  });
  if (!trainable) layer.trainable = false;
  return layer;
}
