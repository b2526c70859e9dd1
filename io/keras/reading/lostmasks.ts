/** Masks that Keras' MultiHeadAttention takes off the tensors it is given: since 3.7 calls that run later see none there. @module */
import type { Layer } from "../../../core/network/layer.ts";
import {
  type LayerCall,
  type Network,
  networkConfigOf,
  readBy,
  type SymbolicTensor,
} from "../../../core/network/network.ts";

/** Calls in the order in which Keras runs them: by depth from the outputs. */
function runOrder(calls: readonly LayerCall[]): readonly LayerCall[] {
  const depths = new Map<LayerCall, number>(), layers = new Map<Layer, number>();
  const makers = new Map(calls.flatMap((call) => call.outputs.map((t) => [t, call] as const)));
  for (const call of [...calls].reverse()) {
    const depth = Math.max(depths.get(call) ?? 0, layers.get(call.layer) ?? 0);
    layers.set(call.layer, depth);
    depths.set(call, depth);
    for (const t of readBy(call)) {
      const before = makers.get(t);
      if (before) depths.set(before, Math.max(depth + 1, depths.get(before) ?? 0));
    }
  }
  return [...depths.keys()].sort((a, b) => (depths.get(b) ?? 0) - (depths.get(a) ?? 0));
}
/** When a mask is lost: always, or in inference alone, where dropout gives back the tensor that it was given. */
type Lost = boolean | "inference";
/** A tensor that Keras has under several names: the first of them, and whether that is so in training too. */
interface Root {
  readonly tensor: SymbolicTensor;
  readonly always: boolean;
}
/** When a layer gives back its input itself. */
function returnsInput({ def, config }: Layer): Lost {
  const { rate, stddev, activation } = config as Readonly<Record<string, unknown>>;
  if (/^(Identity|ActivityRegularization)$/.test(def.name)) return true;
  if (def.name === "Activation") return activation === "linear";
  return /Dropout|^GaussianNoise$/.test(def.name) && ((rate ?? stddev) === 0 || "inference");
}
/** The tensor that Keras computes with where it says this one. */
export function rootOf(tensor: SymbolicTensor): Root {
  const { call, index } = tensor, inner = call && networkConfigOf(call.layer)?.network;
  const within = inner?.outputs[index] && rootOf(inner.outputs[index]);
  const at = within ? inner.inputs.indexOf(within.tensor) : 0, before = call?.inputs[at];
  const same = within ? (within.always || "inference") : call && returnsInput(call.layer);
  if (!before || !same) return { tensor, always: true };
  const root = rootOf(before);
  return { tensor: root.tensor, always: root.always && same === true };
}
/** The tensors of a call that lose their masks by it, also within a model that it calls. */
function takenBy({ layer, inputs }: LayerCall): readonly Root[] {
  if (layer.def.name === "MultiHeadAttention") return inputs.map(rootOf);
  const inner = networkConfigOf(layer)?.network;
  return (inner?.calls ?? []).flatMap(takenBy).flatMap(({ tensor, always }) => {
    const given = inputs[inner?.inputs.indexOf(tensor) ?? -1], root = given && rootOf(given);
    return root ? [{ ...root, always: always && root.always }] : [];
  });
}
/** For each call that comes too late for the masks of its inputs: which of them have lost theirs. */
export function lostMasks(network: Network): ReadonlyMap<LayerCall, readonly Lost[]> {
  const lost = new Map<LayerCall, readonly Lost[]>();
  // By what is always the same tensor, and by what is that in inference.
  const gone = new Map<SymbolicTensor, boolean>();
  const lostBy = (t: SymbolicTensor): Lost => {
    const { tensor, always } = rootOf(t), own = gone.get(t), shared = gone.get(tensor);
    if (own || always && shared) return true;
    return (own ?? shared) !== undefined && "inference";
  };
  for (const call of runOrder(network.calls)) {
    const inputs = call.inputs.map(lostBy);
    if (inputs.some((v) => v)) lost.set(call, inputs);
    // A model puts the masks that it is given on its inputs.
    if (call.options.mask && networkConfigOf(call.layer)) {
      call.inputs.forEach((t) => [t, rootOf(t).tensor].forEach((own) => gone.delete(own)));
    }
    const add = (t: SymbolicTensor, always: boolean) => gone.set(t, always || gone.get(t) === true);
    takenBy(call).forEach(({ tensor, always }) => add(tensor, always));
    if (call.layer.def.name === "MultiHeadAttention") call.inputs.forEach((t) => add(t, true));
  }
  return lost;
}
/** The network with what its calls lose said in their options. */
export function losingMasks(network: Network): Network {
  const lost = lostMasks(network);
  if (lost.size === 0) return network;
  const calls = network.calls.map((call) => {
    const own = lost.get(call);
    return own ? { ...call, options: { ...call.options, lost: own } } : call;
  });
  return { ...network, calls };
}
