/** Networks for Keras, whose MultiHeadAttention takes the mask off its inputs: where a later call needs it, attention gets a copy. @module */
import { applyAll, functional } from "../../../core/network/functional.ts";
import type { Layer } from "../../../core/network/layer.ts";
import {
  type LayerCall,
  type Network,
  networkConfigOf,
  type SymbolicTensor,
} from "../../../core/network/network.ts";
import { mapOptions } from "../../../core/model/replay.ts";
import { createLayer } from "../../../core/network/factory.ts";
import { nameOf } from "../../../core/network/names.ts";
import { lostMasks, rootOf } from "../reading/lostmasks.ts";
import { operationOf } from "../reading/operations.ts";

const readers = /Attention|RNN|LSTM|GRU|Bidirectional|GlobalAverage|Softmax|BatchNormalization/;
/** True where a layer computes with the mask beside its input. */
const reads = (layer: Layer) => readers.test(layer.def.name) || networkConfigOf(layer) !== undefined;
/** True for a mask that Keras 3 writes as `NotEqual(ids, 0)` and that rides beside the call's input anyway. */
export function maskRides({ inputs: [first], options: { mask } }: LayerCall): boolean {
  if (!mask || Array.isArray(mask)) return false;
  const { call } = mask as SymbolicTensor,
    operation = call && operationOf(call.layer),
    [ids] = call?.inputs ?? [];
  const zero = operation?.className === "NotEqual" && operation.args.at(-1) === 0;
  return zero && ids !== undefined && first?.mask !== undefined && comesFrom(first, ids);
}
/** True where the statistics of a call in training are of masked steps too, as in Keras before 2.12. */
export function countsMasked({ layer, options: { mask, passes } }: LayerCall): boolean {
  return layer.def.name === "BatchNormalization" && mask === null && passes === "own";
}
/** Such calls on masked inputs, a sentence each: a Keras that a file is written for takes the other steps alone. */
export function maskedStatistics({ calls }: Network): readonly string[] {
  return calls.flatMap((call) => {
    const inside = networkConfigOf(call.layer)?.network;
    if (inside) return maskedStatistics(inside);
    return countsMasked(call) && call.inputs.some((t) => t.mask)
      ? [
        `layer "${
          nameOf(call.layer)
        }": training takes its statistics of masked steps too, as the Keras of the model's file; ` +
        "the one that it is written for leaves them out",
      ]
      : [];
  });
}
/** What layers around a layer say of masks. */
interface MaskConfig {
  readonly maskedSteps?: string;
  readonly masks?: string;
  readonly returnSequences?: boolean;
}
const innerOf = (config: unknown): MaskConfig =>
  (config as { readonly layer?: Layer }).layer?.config as MaskConfig | undefined ?? {};
/** True where a tensor is made of another by calls on first inputs. */
function comesFrom(t: SymbolicTensor, source: SymbolicTensor): boolean {
  for (let at: SymbolicTensor | undefined = t; at; at = at.call?.inputs[0]) if (at === source) return true;
  return false;
}
/** True where what a call computes depends on the masks beside its inputs, itself or in calls after it. */
function needsMask(network: Network, call: LayerCall, major: 2 | 3): boolean {
  // Files of Keras 2 leave out a mask that rides beside the input.
  const given = call.options.mask !== undefined && !(major === 2 && maskRides(call));
  if (given && call.options.passes !== "own") return false;
  if (!given && reads(call.layer)) return true;
  if (call.layer.def.mask === "consume") return false;
  return network.calls.some((next) =>
    next.inputs.some((t) => call.outputs.includes(t)) && needsMask(network, next, major)
  );
}
/** The tensors of a model that may be masked where those are. */
function carryOn(network: Network, masked: ReadonlySet<SymbolicTensor>): ReadonlySet<SymbolicTensor> {
  const all = new Set(masked);
  for (const call of network.calls) {
    const carries = call.layer.def.mask !== "consume" && call.inputs.some((t) => all.has(t));
    if (carries) call.outputs.forEach((t) => all.add(t));
  }
  return all;
}
/**
 * Says why a version of Keras would hand on another mask from a call than the model does, where later calls need it. In a model
 * that is called, `given` are tensors whose masks come with that call, and `further` says whether calls after it need one.
 */
export function strayMask(
  network: Network,
  call: LayerCall,
  major: 2 | 3,
  given: ReadonlySet<SymbolicTensor> = new Set(),
  further: () => boolean = () => false,
): string | undefined {
  const { options: { mask, passes, lost }, inputs, layer } = call, { def, config } = layer;
  const after = () =>
    network.calls.some((next) =>
      next.inputs.some((t) => call.outputs.includes(t)) && needsMask(network, next, major)
    ) || further();
  const masked = (t: SymbolicTensor | undefined) => t !== undefined && (t.mask !== undefined || given.has(t));
  const inside = networkConfigOf(layer)?.network;
  const loses = lost?.some((gone, i) => gone && masked(inputs[i])) && needsMask(network, call, 2) ||
    inputs.some(masked) && inside?.calls.some((c) => c.options.lost);
  if (major === 2 && loses) {
    return "reads a tensor whose mask MultiHeadAttention takes off in Keras 3; Keras 2 would use it here";
  }
  if (major === 3 && def.name === "MultiHeadAttention" && call.options.values?.queryMask) {
    return "Keras 3 passes over the query_mask of a call, in place of which it takes the query's own";
  }
  if (passes === "own" && mask && !maskRides(call) && after()) {
    return `hands on its input's own mask, where Keras ${major} hands on the one that it is given`;
  }
  const ends = major === 2 && def.keras?.masksSince === 3;
  const travels = passes === "none" ? inputs.some(masked) : masked(inputs[0]);
  if (travels && (passes === "none") !== ends && (ends || passes === "none") && after()) {
    return `Keras ${major} ${ends ? "ends" : "hands on"} the mask here`;
  }
  if (inside && inputs.some(masked)) {
    const own = carryOn(inside, new Set(inside.inputs.filter((_, i) => masked(inputs[i]))));
    const stray = inside.calls.map((inner) => ({ inner, why: strayMask(inside, inner, major, own, after) }))
      .find(({ why }) => why !== undefined);
    if (stray) return `layer "${nameOf(stray.inner.layer)}" in it: ${stray.why}`;
  }
  const { maskedSteps, masks, returnSequences } = { ...innerOf(config), ...config as MaskConfig };
  if (maskedSteps === "kept" && returnSequences && inputs.some(masked)) {
    return `puts out the output before at masked steps, where Keras ${major} puts out zeros`;
  }
  const deep = [...inputs, ...call.outputs].some((t) => (t.mask?.shape?.length ?? 0) > 2);
  if (masks !== undefined && masks !== (major === 2 ? "inner" : "given") && deep) {
    return `takes masks for its inner layer in another way than Keras ${major}`;
  }
  const rule = (config as { readonly maskRule?: string }).maskRule, own = major === 2 ? "all" : "any";
  const valued = /^(Multiply|Maximum|Minimum)$/.test(def.name);
  if (rule !== undefined && rule !== own && inputs.some(masked) && (valued || after())) {
    return `a merged step counts where ${rule} of its inputs' do, in Keras ${major} where ${own} do`;
  }
  return undefined;
}
/** Tensors whose masks Keras 3 would lose though calls after attention need them. */
function neededAfter(network: Network): ReadonlySet<SymbolicTensor> {
  const needed = new Set<SymbolicTensor>();
  for (const [call, gone] of lostMasks(network)) {
    const lost = call.inputs.filter((t, i) => gone[i] && t.mask && !call.options.lost?.[i]);
    if (lost.length > 0 && needsMask(network, call, 3)) lost.forEach((t) => needed.add(rootOf(t).tensor));
  }
  return needed;
}
/** The network with copies (x · 1) in place of such tensors where attention reads them. */
export function keepingMasks(network: Network): Network {
  const needed = neededAfter(network);
  const rescaling = network.registry.all("layer").find((def) => def.name === "Rescaling");
  if (needed.size === 0 || !rescaling) return network;
  const tensors = new Map<SymbolicTensor, SymbolicTensor>(network.inputs.map((t) => [t, t]));
  const of = (t: SymbolicTensor) => tensors.get(t) ?? t;
  for (const call of network.calls) {
    const copies = new Map<SymbolicTensor, SymbolicTensor>();
    const read = (t: SymbolicTensor): SymbolicTensor => {
      if (call.layer.def.name !== "MultiHeadAttention" || !needed.has(rootOf(t).tensor)) return of(t);
      const copy = copies.get(t) ?? applyAll(createLayer(rescaling, { scale: 1 }), of(t))[0] ?? of(t);
      copies.set(t, copy);
      return copy;
    };
    const outputs = applyAll(call.layer, call.inputs.map(read), mapOptions(call.options, of));
    call.outputs.forEach((t, i) => tensors.set(t, outputs[i] ?? t));
  }
  const { inputs, inputNames, outputNames, name } = network;
  return functional({ inputs, outputs: network.outputs.map(of), inputNames, outputNames, name });
}
