/** Masks that Keras' MultiHeadAttention takes off the tensors it is given: since 3.7 calls that run later see none there. @module */
import type { Layer } from "../../core/layer.ts";
import {
  type LayerCall,
  type Network,
  networkConfigOf,
  readBy,
  type SymbolicTensor,
} from "../../core/network.ts";

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
/** The tensors of a call that lose their masks by it, also within a model that it calls. */
function takenBy({ layer, inputs }: LayerCall): readonly SymbolicTensor[] {
  if (layer.def.name === "MultiHeadAttention") return inputs;
  const inner = networkConfigOf(layer)?.network;
  if (!inner) return [];
  const gone = new Set(inner.calls.flatMap(takenBy));
  return inputs.filter((_, i) => inner.inputs[i] && gone.has(inner.inputs[i]));
}
/** For each call that comes too late for the masks of its inputs: which of them have lost theirs. */
export function lostMasks(network: Network): ReadonlyMap<LayerCall, readonly boolean[]> {
  const lost = new Map<LayerCall, readonly boolean[]>(), gone = new Set<SymbolicTensor>();
  for (const call of runOrder(network.calls)) {
    if (call.inputs.some((t) => gone.has(t))) lost.set(call, call.inputs.map((t) => gone.has(t)));
    takenBy(call).forEach((t) => gone.add(t));
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
