/** A model cut in two at its token input: what runs once for a source, and what runs for every token. @module */
import { InputError, shown } from "../../core/values/errors.ts";
import { createLayer } from "../../core/network/factory.ts";
import { apply, applyAll, input } from "../../core/network/functional.ts";
import type { Layer } from "../../core/network/layer.ts";
import type { Model } from "../../core/model/model.ts";
import { nameOf } from "../../core/network/names.ts";
import type { LayerCall, SymbolicTensor } from "../../core/network/network.ts";
import { maskInDef, maskOutDef } from "./carry.ts";
import { dependents, flatCalls, needed, Replay, type Replayed } from "../../core/model/replay.ts";

/** Where a state of the step model begins, and where it goes on. */
export interface CarriedState {
  /** Input of the step model. */
  readonly input: string;
  /** Its output that is the next step's. */
  readonly output: string;
  /** Sizes without the batch. */
  readonly shape: readonly number[];
  /** Output of the encoder that it begins with; zeros without one. */
  readonly from?: string;
}
/** The two models. */
export interface Halves {
  /** From the sources to what the steps read; undefined where there are no sources. */
  readonly encoder: Model | undefined;
  /** One token, the states and what the encoder gave, to scores and the next states. */
  readonly step: Model;
  /** The step model's input that takes tokens. */
  readonly tokens: string;
  /** The step model's output that holds scores. */
  readonly scores: string;
  /** The states. */
  readonly states: readonly CarriedState[];
  /** Inputs of the step model that stay the same, which are outputs of the encoder by the same name. */
  readonly constants: readonly string[];
}

interface Recurrent {
  readonly returnState: boolean;
  readonly goBackwards: boolean;
}
/** A layer that runs over time with a state. */
export function isRecurrent({ config }: Layer): boolean {
  return typeof config === "object" && config !== null && "returnState" in config && "goBackwards" in config;
}
const attentions = ["Attention", "AdditiveAttention", "MultiHeadAttention", "GroupQueryAttention"];
/** Layers that treat every step alike, whatever their options. */
const pointwise = new Set([
  ...["Embedding", "ReversibleEmbedding", "Dense", "TimeDistributed", "Masking", "Identity", "Rescaling"],
  ...["Dropout", "SpatialDropout1D", "GaussianNoise", "GaussianDropout", "AlphaDropout"],
  ...["ActivityRegularization", "Activation", "ReLU", "LeakyReLU", "ELU", "ThresholdedReLU", "NotEqual"],
  ...["Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"],
]);
/** Layers that do so where they work along the last axis. */
const alongLast = new Set([
  ...["Softmax", "Concatenate", "BatchNormalization", "LayerNormalization", "RMSNormalization"],
  "UnitNormalization",
]);

/** Why a call of the decoder can't be run token by token; undefined where it can. */
function hindrance(
  { layer, inputs, options }: LayerCall,
  moving: ReadonlySet<SymbolicTensor>,
): string | undefined {
  const { name } = layer.def, still = (t: SymbolicTensor) => !moving.has(t);
  if (isRecurrent(layer)) {
    const { goBackwards } = layer.config as Recurrent, given = options.initialState ?? inputs.slice(1);
    if (goBackwards) return "runs from the last step to the first";
    return given.every(still) ? undefined : "begins with states of another layer of the decoder";
  }
  if (attentions.includes(name)) {
    if (inputs.slice(1).every(still)) return undefined;
    return "attends to the decoder's own steps";
  }
  const { axis = -1 } = layer.config as { readonly axis?: unknown }, rank = inputs[0]?.type.shape?.length;
  const last = [axis].flat().every((a) => a === -1 || a === (rank ?? 0) - 1);
  if (!pointwise.has(name) && !(alongLast.has(name) && last)) return "joins steps, or isn't known not to";
  const wide = inputs.find((t) => still(t) && (t.type.shape?.length ?? 0) > 2 && t.type.shape?.[1] !== 1);
  return wide ? "reads the source step by step" : undefined;
}

/** The model's calls that depend on its tokens. */
interface Cut {
  readonly tokens: SymbolicTensor;
  readonly name: string;
  readonly scores: SymbolicTensor;
  readonly all: readonly LayerCall[];
  readonly decoder: readonly LayerCall[];
  readonly moving: ReadonlySet<SymbolicTensor>;
}
/** Which input takes the tokens: the one named, else the last. @throws {InputError} where there is none of that name. */
export function tokenInput(model: Model, name: string | undefined): string {
  const names = model.inputs.map((p) => p.name), found = name ?? names.at(-1) ?? "";
  if (names.includes(found)) return found;
  throw new InputError(`model ${model.name}: has no input ${shown(found)}; it has ${names.join(", ")}`);
}
function cut(model: Model, name: string): Cut | string {
  const { network } = model, tokens = network.inputs[network.inputNames.indexOf(name)];
  const [scores, more] = network.outputs, shape = scores?.type.shape;
  if (!tokens || !scores || more) return "it has several outputs";
  if (shape?.length !== 3) return "it doesn't score every step";
  const all = flatCalls(network), moving = dependents(all, [tokens]);
  const decoder = needed(all, [scores]).filter((c) => c.outputs.some((t) => moving.has(t)));
  for (const call of decoder) {
    const why = hindrance(call, moving);
    if (why !== undefined) return `layer ${nameOf(call.layer)} ${why}`;
  }
  return { tokens, name, scores, all, decoder, moving };
}

/** Builds the step model. */
class Steps {
  readonly #cut: Cut;
  readonly #replay: Replay;
  readonly #registry: SymbolicTensor["registry"];
  readonly #inputs: { readonly name: string; readonly tensor: SymbolicTensor }[] = [];
  readonly #outputs: { readonly name: string; readonly tensor: SymbolicTensor }[] = [];
  readonly states: CarriedState[] = [];
  /** Tensors of the model that the encoder has to give, by name; `mask` for their masks. */
  readonly wanted = new Map<string, { readonly tensor: SymbolicTensor; readonly mask: boolean }>();
  readonly #constants = new Map<SymbolicTensor, SymbolicTensor>();

  constructor(model: Model, cut: Cut) {
    this.#cut = cut;
    this.#replay = new Replay(model);
    this.#registry = model.registry;
  }
  #input(name: string, tensor: SymbolicTensor): SymbolicTensor {
    this.#inputs.push({ name, tensor });
    return tensor;
  }
  #start(
    name: string,
    t: SymbolicTensor["type"],
    sizes: readonly (number | string | null)[],
  ): SymbolicTensor {
    return this.#input(name, input({ shape: sizes, dtype: t.dtype, name, registry: this.#registry }));
  }
  /** What the encoder gives, as an input under its mask. */
  #constant(t: SymbolicTensor): SymbolicTensor {
    const known = this.#constants.get(t);
    if (known) return known;
    const name = `encoded_${this.#constants.size}`, sizes = (t.type.shape ?? []).slice(1);
    const dims = sizes.map((d) => (typeof d === "number" ? d : null));
    this.wanted.set(name, { tensor: t, mask: false });
    let made = this.#start(name, t.type, dims);
    if (t.mask) {
      this.wanted.set(`${name}_mask`, { tensor: t, mask: true });
      const mask = this.#start(`${name}_mask`, { ...t.type, dtype: "bool" }, dims.slice(0, 1));
      made = apply(createLayer(maskInDef, { name: `${name}_masked` }), [made, mask]);
    }
    this.#constants.set(t, made);
    return made;
  }
  /** A recurrent layer with its states as inputs and outputs. */
  #recurrent({ call, inputs, options }: Replayed): readonly SymbolicTensor[] {
    const layer = this.#replay.layer(call.layer, { returnState: true, stateful: false }),
      name = nameOf(layer);
    const [x] = inputs, { initialState: _, ...rest } = options;
    const first = call.options.initialState ?? call.inputs.slice(1), at = this.states.length;
    if (!x) return [];
    const states = applyAll(layer, x, rest).slice(1).map(({ type }, i) => {
      const shape = (type.shape ?? []).slice(1).filter((d) => typeof d === "number"), begin = first[i];
      const from = begin && `${name}_begin_${i}`, state = `${name}_state_${i}`;
      if (begin && from !== undefined) this.wanted.set(from, { tensor: begin, mask: false });
      const held = { input: state, output: `${state}_next`, shape };
      this.states.push(from === undefined ? held : { ...held, from });
      return this.#start(state, type, shape);
    });
    const outputs = applyAll(layer, x, { ...rest, initialState: states });
    states.forEach((_, i) => {
      const tensor = outputs[i + 1], state = this.states[at + i];
      if (tensor && state) this.#outputs.push({ name: state.output, tensor });
    });
    return outputs;
  }
  build(backend: string | undefined): Model {
    const { tokens, name, decoder, moving, scores } = this.#cut, { shape = [] } = tokens.type;
    const rest = shape.slice(2).map((d) => (typeof d === "number" ? d : null));
    this.#replay.tensors.set(tokens, this.#start(name, tokens.type, [1, ...rest]));
    for (const call of decoder) {
      const { mask, values = {} } = call.options, masks = [mask].flat().filter((m) => m) as SymbolicTensor[];
      const states = isRecurrent(call.layer) ? 1 : call.inputs.length;
      for (const t of [...call.inputs.slice(0, states), ...masks, ...Object.values(values)]) {
        if (!moving.has(t)) this.#replay.tensors.set(t, this.#constant(t));
      }
      // First states are read by the encoder alone.
      for (const t of [...call.options.initialState ?? [], ...call.inputs.slice(states)]) {
        if (!this.#replay.tensors.has(t)) this.#replay.tensors.set(t, t);
      }
    }
    this.#replay.run(decoder, (now) => isRecurrent(now.call.layer) ? this.#recurrent(now) : undefined);
    this.#outputs.unshift({ name: "scores", tensor: this.#replay.of(scores) });
    return this.#replay.model({
      inputs: this.#inputs.map((i) => i.tensor),
      inputNames: this.#inputs.map((i) => i.name),
      outputs: this.#outputs.map((o) => o.tensor),
      outputNames: this.#outputs.map((o) => o.name),
      name: "step",
    }, backend === undefined ? {} : { backend });
  }
  get constants(): readonly string[] {
    const begins = this.states.map((s) => s.from);
    return [...this.wanted.keys()].filter((name) => !begins.includes(name));
  }
}
/** The part of a model that doesn't depend on its tokens. */
function encoderOf(model: Model, { all, tokens }: Cut, wanted: Steps["wanted"]): Model | undefined {
  if (wanted.size === 0) return undefined;
  const replay = new Replay(model), { network } = model;
  network.inputs.forEach((t) => replay.tensors.set(t, t));
  replay.run(needed(all, [...wanted.values()].map((w) => w.tensor)));
  const outputs = [...wanted].map(([name, { tensor, mask }]) => {
    const made = replay.of(tensor), out = mask ? apply(createLayer(maskOutDef, { name }), made) : made;
    return { name, out };
  });
  const kept = network.inputs.map((t, i) => ({ t, name: network.inputNames[i] ?? "" })).filter(({ t }) =>
    t !== tokens
  );
  return replay.model({
    inputs: kept.map(({ t }) => t),
    inputNames: kept.map(({ name }) => name),
    outputs: outputs.map((o) => o.out),
    outputNames: outputs.map((o) => o.name),
    name: "encoder",
  }, model.backend === undefined ? {} : { backend: model.backend });
}

/**
 * Cuts a model at its token input; where that can't be done, a sentence that says why.
 * @throws {InputError} where it has no input of that name.
 */
export function splitAtTokens(model: Model, name?: string): Halves | string {
  if (!model.built) return "it isn't built yet";
  const tokens = tokenInput(model, name);
  if (model.layers.length === 0) return "it has no layers";
  const found = cut(model, tokens);
  if (typeof found === "string") return found;
  const steps = new Steps(model, found), step = steps.build(model.backend);
  return {
    encoder: encoderOf(model, found, steps.wanted),
    step,
    tokens,
    scores: "scores",
    states: steps.states,
    constants: steps.constants,
  };
}
