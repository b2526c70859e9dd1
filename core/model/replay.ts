/** A model's network built anew with some of its calls done otherwise; its layers keep their weights. @module */
import { builtLayer } from "../network/built.ts";
import { ConfigError } from "../values/errors.ts";
import { applyAll, functional, type FunctionalOptions } from "../network/functional.ts";
import type { Layer } from "../network/layer.ts";
import { eachWeight } from "../network/tree.ts";
import { Model } from "./model.ts";
import { nameOf } from "../network/names.ts";
import {
  type ApplyOptions,
  type LayerCall,
  type Network,
  networkConfigOf,
  readBy,
  type SymbolicTensor,
} from "../network/network.ts";

/** A call on the new network's tensors. */
export interface Replayed {
  /** The call as it was. */
  readonly call: LayerCall;
  /** Its inputs now. */
  readonly inputs: readonly SymbolicTensor[];
  /** Its extra arguments now. */
  readonly options: ApplyOptions;
}

/** The calls of a network, those of models that it uses as layers in their place. */
export function flatCalls({ calls }: Network): readonly LayerCall[] {
  return calls.flatMap((call) => {
    const inner = networkConfigOf(call.layer);
    if (!inner) return [call];
    if (!inner.network) {
      let inputs = call.inputs;
      return inner.layers.flatMap((layer, i) => {
        const last = i === inner.layers.length - 1, outputs = last ? call.outputs : applyAll(layer, inputs);
        const made: LayerCall = { layer, inputs, options: {}, outputs, order: call.order };
        inputs = outputs;
        return flatCalls({ calls: [made] } as unknown as Network);
      });
    }
    const { network } = inner, renamed = new Map<SymbolicTensor, SymbolicTensor>();
    network.inputs.forEach((t, i) => renamed.set(t, call.inputs[i] ?? t));
    const own = (t: SymbolicTensor) => renamed.get(t) ?? t;
    // A model that is used twice has its tensors twice: every use makes copies.
    const flat = flatCalls(network).map((c): LayerCall => {
      const options = mapOptions(c.options, own), inputs = c.inputs.map(own);
      c.outputs.forEach((t) => renamed.set(t, outputOf(network, call, t) ?? { ...t }));
      return { layer: c.layer, inputs, options, outputs: c.outputs.map(own), order: call.order };
    });
    return flat;
  });
}
const outputOf = (network: Network, call: LayerCall, t: SymbolicTensor) => {
  const at = network.outputs.indexOf(t);
  return at < 0 ? undefined : call.outputs[at];
};
export function mapOptions(options: ApplyOptions, of: (t: SymbolicTensor) => SymbolicTensor): ApplyOptions {
  const { initialState, mask, values, ...rest } = options;
  const masks = (m: SymbolicTensor | null) => m && of(m);
  return {
    ...rest,
    ...(initialState && { initialState: initialState.map(of) }),
    ...(mask !== undefined && {
      mask: Array.isArray(mask) ? mask.map(masks) : masks(mask as SymbolicTensor | null),
    }),
    ...(values && { values: Object.fromEntries(Object.entries(values).map(([k, t]) => [k, of(t)])) }),
  };
}

/** Builds networks out of the layers of one model. */
export class Replay {
  readonly #model: Model;
  /** The layer that each new one has its weights from. */
  readonly #sources = new Map<Layer, Layer>();
  readonly #copies = new Map<Layer, Layer>();
  readonly #names = new Set<string>();
  /** Tensors of the new network by those of the old one. */
  readonly tensors: Map<SymbolicTensor, SymbolicTensor> = new Map();

  constructor(model: Model) {
    this.#model = model;
  }
  /** A layer of the new network with the weights of an old one: itself, unless its configuration or name has to change. */
  layer(old: Layer, config?: object): Layer {
    const known = this.#copies.get(old);
    if (known) return known;
    let name = nameOf(old);
    for (let i = 1, base = name; this.#names.has(name); i++) name = `${base}_${i}`;
    this.#names.add(name);
    if (!config && name === nameOf(old)) {
      this.#copies.set(old, old);
      return old;
    }
    const made = builtLayer({
      ...old,
      name,
      ...(config && { config: { ...old.config as object, ...config } }),
    });
    this.#copies.set(old, made);
    this.#sources.set(made, old);
    return made;
  }
  /** The new tensor for an old one. */
  of(t: SymbolicTensor): SymbolicTensor {
    const found = this.tensors.get(t);
    if (found) return found;
    throw new ConfigError(`model ${this.#model.name}: a tensor was used before it was computed`);
  }
  /** Does calls anew, in their order; `instead` gives the outputs of those that are done otherwise. */
  run(
    calls: readonly LayerCall[],
    instead: (replayed: Replayed) => readonly SymbolicTensor[] | undefined = () => undefined,
  ): void {
    for (const call of calls) {
      if (call.outputs.every((t) => this.tensors.has(t))) continue;
      const inputs = call.inputs.map((t) => this.of(t));
      const options = mapOptions(call.options, (t) => this.of(t));
      const outputs = instead({ call, inputs, options }) ?? applyAll(this.layer(call.layer), inputs, options);
      call.outputs.forEach((t, i) => {
        const made = outputs[i];
        if (made) this.tensors.set(t, made);
      });
    }
  }
  /** A model between new tensors, with the weights of the old one. */
  model(options: FunctionalOptions, run: { readonly backend?: string } = {}): Model {
    const held = new Map<Layer, Map<string, string>>();
    for (const [{ path, param }, { layer }] of eachWeight(this.#model.tree)) {
      const paths = held.get(layer) ?? new Map<string, string>();
      held.set(layer, paths.set(param, path));
    }
    return Model.fromNetwork(functional(options), this.#model.registry, run, (layer, param) => {
      const path = held.get(this.#sources.get(layer) ?? layer)?.get(param);
      return path === undefined ? undefined : this.#model.weight(path);
    });
  }
}

/** Every tensor that depends on one of the given ones. */
export function dependents(
  calls: readonly LayerCall[],
  from: readonly SymbolicTensor[],
): ReadonlySet<SymbolicTensor> {
  const reached = new Set<SymbolicTensor>(from);
  for (const call of calls) {
    if (readBy(call).some((t) => reached.has(t))) call.outputs.forEach((t) => reached.add(t));
  }
  return reached;
}
/** The calls that tensors are made by. */
export function needed(calls: readonly LayerCall[], wanted: readonly SymbolicTensor[]): readonly LayerCall[] {
  const need = new Set(wanted), kept: LayerCall[] = [];
  for (const call of [...calls].reverse()) {
    if (!call.outputs.some((t) => need.has(t))) continue;
    kept.unshift(call);
    readBy(call).forEach((t) => need.add(t));
  }
  return kept;
}
