/** Calls of functional models as Keras 3's arguments, and as Keras 2's lists of references. @module */
import { shown, UnsupportedError } from "../../../core/values/errors.ts";
import type { Layer } from "../../../core/network/layer.ts";
import { fieldToSnake, nameOf } from "../../../core/network/names.ts";
import { type LayerCall, type Network, readBy, type SymbolicTensor } from "../../../core/network/network.ts";
import { inputNames, isRecurrent } from "../reading/calls.ts";
import { constantOf } from "../reading/constants.ts";
import type { Json } from "../json.ts";
import { recordOf } from "../kept.ts";
import { isRef } from "../reading/nodes.ts";
import { operationOf } from "../reading/operations.ts";
import { writtenOperation } from "./operations.ts";
import { shapeList } from "./layers.ts";
import { countsMasked, maskRides, strayMask } from "./kept.ts";
import { partClass } from "./parts.ts";
import type { MaskNodes } from "./masks.ts";
import { pythonList, type WriteContext } from "./values.ts";

/** Where a tensor comes from: layer, which of its calls, which output. */
export type Position = readonly [layer: string, node: number, tensor: number];
type Positions = ReadonlyMap<SymbolicTensor, Position>;
/** A layer's calls, and the shape its first one is built for where that is one tensor or one list. */
export interface WrittenCalls {
  readonly nodes: readonly unknown[];
  readonly shape: unknown;
}

/**
 * All calls of a network by layer.
 * @throws {UnsupportedError} naming the layer whose call that version of Keras can't say.
 */
export function callsWith(
  network: Network,
  positions: Positions,
  ctx: WriteContext,
  masks: MaskNodes,
): ReadonlyMap<Layer, WrittenCalls> {
  const out = new Map<Layer, { nodes: unknown[]; shape: unknown }>();
  const dropped = ctx.major === 2 ? idleMasks(network) : new Set<SymbolicTensor>();
  for (const call of network.calls) {
    if (constantOf(call.layer) || call.outputs.every((t) => dropped.has(t))) continue;
    const stray = strayMask(network, call, ctx.major);
    if (stray !== undefined) throw new UnsupportedError(`${labelOf(call)}: ${stray}`);
    const node = ctx.major === 3 ? newCall(call, positions, masks, ctx) : oldCall(call, positions, dropped);
    const known = out.get(call.layer);
    if (known) known.nodes.push(node);
    else out.set(call.layer, { nodes: [node], shape: builtFor(call) });
  }
  return out;
}
/** Names of the inputs, where Keras' call takes them as arguments of their own and not as one list. */
function inputNamesOf({ def }: Layer): readonly string[] | undefined {
  const names = def.keras?.call?.filter((name) => inputNames.includes(name)) ?? [];
  return names.length > 1 ? names : undefined;
}
/** What Keras builds a layer for; calls with further tensors are built by calling them. */
function builtFor(call: LayerCall): unknown {
  const [first] = call.inputs, further = readBy(call).length > call.inputs.length;
  if (
    !first || further || inputNamesOf(call.layer) || isRecurrent(call.layer) && call.inputs.length > 1
  ) {
    return undefined;
  }
  return call.inputs.length === 1 ? shapeList(first.type) : call.inputs.map((t) => shapeList(t.type));
}
const labelOf = (call: LayerCall) => `layer "${nameOf(call.layer)}" (${call.layer.def.name})`;
function positionOf(t: SymbolicTensor, positions: Positions, call: LayerCall): Position {
  const found = positions.get(t);
  if (found) return found;
  throw new UnsupportedError(`${labelOf(call)}: reads a tensor from outside its model`);
}
/** What the call starts from: states given as further inputs, as Keras 2 has them, are states. */
function inputsAndStates(call: LayerCall): readonly [readonly SymbolicTensor[], readonly SymbolicTensor[]] {
  const { inputs, options: { initialState = [] } } = call;
  if (initialState.length === 0 && inputs.length > 1 && isRecurrent(call.layer)) {
    return [inputs.slice(0, 1), inputs.slice(1)];
  }
  return [inputs, initialState];
}

/** The array of a tensor that is a constant. */
const arrayOf = (t: SymbolicTensor) => t.call && constantOf(t.call.layer);

function newCall(call: LayerCall, positions: Positions, masks: MaskNodes, ctx: WriteContext): unknown {
  const ref = (t: SymbolicTensor): Json => {
    const array = arrayOf(t);
    if (array) return { class_name: "__tensor__", config: { value: pythonList(array), dtype: array.dtype } };
    return {
      class_name: "__keras_tensor__",
      config: {
        shape: shapeList(t.type),
        dtype: t.type.dtype,
        keras_history: positionOf(t, positions, call),
      },
    };
  };
  const operation = writtenOperation(call.layer);
  if (operation) {
    const given = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(given);
      const t = isRef(value) ? call.inputs[operation.refs.indexOf(value)] : undefined;
      return t ? ref(t) : value;
    };
    const args = operation.args.map(given);
    const kwargs = Object.entries(operation.kwargs).map(([k, v]) => [k, given(v)]);
    return { args, kwargs: Object.fromEntries(kwargs) };
  }
  const { training, values = {}, options = {} } = call.options, mask = writtenMask(call);
  const [inputs, states] = inputsAndStates(call), [first] = inputs, names = inputNamesOf(call.layer);
  if (first && arrayOf(first)) {
    throw new UnsupportedError(`${labelOf(call)}: Keras 3 calls no layer whose first tensor is a constant`);
  }
  const dropped = first?.mask && states.length > 0 && isRecurrent(call.layer) && mask === undefined;
  const said = first && dropped ? masks.maskOf(first, ref) : undefined;
  refuseMasks(call, states.length > 0, said !== undefined);
  const kwargs: Record<string, unknown> = {};
  if (states.length > 0) {
    kwargs.initial_state = states.length === 1 && states[0] ? ref(states[0]) : states.map(ref);
  }
  if (said) kwargs.mask = said;
  if (mask === null) kwargs.mask = null;
  else if (mask !== undefined) {
    kwargs.mask = Array.isArray(mask) ? mask.map((m) => m && ref(m)) : ref(mask as SymbolicTensor);
  }
  if (training !== undefined) kwargs.training = training;
  for (const [key, t] of Object.entries(values)) kwargs[fieldToSnake(key)] = ref(t);
  for (const [key, value] of Object.entries(options)) kwargs[fieldToSnake(key)] = value;
  const keys = recordOf(call.layer);
  if (keys && partClass(call.layer, ctx)?.positional) return { args: inputs.map(ref), kwargs };
  if (keys) return { args: [Object.fromEntries(inputs.map((t, i) => [keys[i] ?? i, ref(t)]))], kwargs };
  const args = names ? inputs.map(ref) : inputs.length === 1 && first ? [ref(first)] : [inputs.map(ref)];
  return { args, kwargs };
}
/** The mask that a call is given in files; one that training alone passes over, as older versions of Keras do, is left to the input. */
function writtenMask(call: LayerCall): LayerCall["options"]["mask"] {
  return countsMasked(call) ? undefined : call.options.mask;
}
/** Masks that Keras 3 would not hand on though the model does, or would though it doesn't. */
function refuseMasks(call: LayerCall, states: boolean, said: boolean): void {
  const { inputs } = call, [first] = inputs, mask = writtenMask(call);
  if (mask === null && !states && inputs.some((t) => t.mask)) {
    throw new UnsupportedError(`${labelOf(call)}: Keras can't be told to drop the mask of this call`);
  }
  if (!first?.mask) return;
  if (mask === undefined && states && !said && isRecurrent(call.layer)) {
    throw new UnsupportedError(
      `${
        labelOf(call)
      }: is called with a mask and with states; Keras 3 drops the mask then, which gives other ` +
        "numbers; save with { kerasVersion: 2 }, or pass the mask to the call",
    );
  }
}

function oldCall(
  call: LayerCall,
  positions: Positions,
  dropped: ReadonlySet<SymbolicTensor>,
): unknown {
  const ref = (t: SymbolicTensor): unknown[] => {
    if (arrayOf(t)) {
      throw new UnsupportedError(
        `${
          labelOf(call)
        }: is called on a constant; Keras 2 writes such calls and can't read them: save as Keras 3's file`,
      );
    }
    return [...positionOf(t, positions, call)];
  };
  if (operationOf(call.layer)) {
    throw new UnsupportedError(`${labelOf(call)}: an operation on tensors has no form in Keras 2's files`);
  }
  const { training, yields, values = {}, options = {} } = call.options, mask = writtenMask(call);
  const [inputs, states] = inputsAndStates(call), names = inputNamesOf(call.layer);
  const kwargs: Record<string, unknown> = {};
  if (mask === null && inputs.some((t) => t.mask)) {
    throw new UnsupportedError(`${labelOf(call)}: Keras 2's files can't say that this call drops its mask`);
  }
  if (mask !== undefined && mask !== null) {
    if (Array.isArray(mask)) kwargs.mask = mask.map((m) => m && ref(m));
    else if (!dropped.has(mask as SymbolicTensor)) kwargs.mask = ref(mask as SymbolicTensor);
  }
  // Keras 3 passes over what yields, Keras 2 would heed it.
  if (training !== undefined && !yields) kwargs.training = training;
  for (const [key, t] of Object.entries(values)) kwargs[fieldToSnake(key)] = ref(t);
  for (const [key, value] of Object.entries(options)) kwargs[fieldToSnake(key)] = value;
  const listed = names ? inputs.slice(0, 1) : [...inputs, ...states];
  if (names) inputs.slice(1).forEach((t, i) => kwargs[names[i + 1] ?? shown(i)] = ref(t));
  return listed.map((t, i) => [...ref(t), i === 0 ? kwargs : {}]);
}

/** Masks that ride beside their calls' inputs in Keras 2 too, and that nothing else reads. */
function idleMasks(network: Network): ReadonlySet<SymbolicTensor> {
  const idle = new Set<SymbolicTensor>(), needed = new Set<SymbolicTensor>(network.outputs);
  for (const call of network.calls) {
    const single = maskRides(call) ? call.options.mask as SymbolicTensor : undefined;
    if (single) idle.add(single);
    for (const t of readBy(call)) if (t !== single) needed.add(t);
  }
  return new Set([...idle].filter((t) => !needed.has(t)));
}
