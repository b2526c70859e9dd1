/** A part of a model: between layers that are named, with their weights. @module */
import { InputError, shown } from "../values/errors.ts";
import { input } from "../network/functional.ts";
import type { Model } from "./model.ts";
import { nameOf } from "../network/names.ts";
import type { LayerCall, Network, SymbolicTensor } from "../network/network.ts";
import { flatCalls, needed, Replay } from "./replay.ts";
import { checkOptions, nearest, type OptionNames } from "../values/schema.ts";

/** Which part of a model. */
export interface PartOptions {
  /** What the part gives: names of layers or inputs; of an ONNX model names of nodes or values. */
  readonly outputs: readonly string[];
  /** Where the part begins, likewise; at the model's own inputs unless given. */
  readonly inputs?: readonly string[];
}

/** Their names. */
export const partNames: OptionNames<PartOptions> = { outputs: 0, inputs: 0 };

/** An error for a name that isn't there, with what may be meant. */
export function unknownName(what: string, name: string, known: Iterable<string>): InputError {
  const near = nearest(name, known);
  return new InputError(
    `${what}: there is no ${shown(name)}${near === undefined ? "" : `; is ${shown(near)} meant?`}`,
    {
      place: name,
    },
  );
}

/** Tensors by the names of the layers that give them, and of the inputs. */
function tensorsOf(
  network: Network,
  calls: readonly LayerCall[],
): ReadonlyMap<string, readonly SymbolicTensor[]> {
  const found = new Map<string, readonly SymbolicTensor[]>();
  network.inputs.forEach((t, i) => found.set(network.inputNames[i] ?? "", [t]));
  for (const { layer, outputs } of calls) {
    const name = nameOf(layer);
    found.set(name, [...found.get(name) ?? [], ...outputs]);
  }
  return found;
}
function nameTensors(list: readonly string[], known: ReturnType<typeof tensorsOf>, what: string) {
  return list.flatMap((name) => {
    const tensors = known.get(name);
    if (!tensors) throw unknownName(what, name, known.keys());
    return tensors.map((tensor, i) => ({ tensor, name: tensors.length === 1 ? name : `${name}_${i}` }));
  });
}

/**
 * A part of a model of layers as a functional model that shares their weights: from its inputs, or from what the layers in
 * `inputs` give, to what the layers in `outputs` give.
 * @throws {InputError} for a name that isn't there, with the nearest one; for an input that no output needs.
 */
export function extractLayers(model: Model, options: PartOptions): Model {
  checkOptions("extractLayers", options, partNames);
  const { network } = model, asked = [...options.outputs, ...options.inputs ?? []];
  const top = tensorsOf(network, network.calls);
  const calls = asked.every((name) => top.has(name)) ? network.calls : flatCalls(network);
  const known = calls === network.calls ? top : tensorsOf(network, calls);
  const ends = nameTensors(options.outputs, known, "outputs"),
    starts = nameTensors(options.inputs ?? [], known, "inputs");
  const replay = new Replay(model), begins = new Map<SymbolicTensor, SymbolicTensor>();
  const start = (t: SymbolicTensor, name: string) => {
    if (t.mask) {
      throw new InputError(`inputs: ${shown(name)} carries a mask, which an input can't`, { place: name });
    }
    const [batch, ...rest] = t.type.shape ?? [];
    const shape = rest.map((d) => (typeof d === "number" || typeof d === "string" ? d : null));
    const fixed = typeof batch === "number" && { batchSize: batch };
    const made = input({ shape, dtype: t.type.dtype, name, ...fixed, registry: model.registry });
    begins.set(t, made);
    replay.tensors.set(t, made);
  };
  for (const { tensor, name } of starts) if (!begins.has(tensor)) start(tensor, inputName(name, network));
  const cut = new Set(begins.keys()), stops = calls.filter((c) => !c.outputs.every((t) => cut.has(t)));
  const wanted = needed(stops, ends.map((e) => e.tensor)), read = new Set(ends.map((e) => e.tensor));
  for (const call of wanted) {
    for (const t of [...call.inputs, ...call.options.initialState ?? []]) read.add(t);
  }
  network.inputs.forEach((t, i) => {
    if (read.has(t) && !begins.has(t)) start(t, network.inputNames[i] ?? "");
  });
  const idle = starts.find(({ tensor }) => !read.has(tensor));
  if (idle) throw new InputError(`inputs: no output needs ${shown(idle.name)}`, { place: idle.name });
  replay.run(wanted);
  const inputs = [...begins.values()], outputs = ends.map(({ tensor }) => replay.of(tensor));
  return replay.model({ inputs, outputs, name: model.name });
}
/** A layer that becomes an input leaves its name to none of the part's layers. */
const inputName = (
  name: string,
  { inputNames }: Network,
) => (inputNames.includes(name) ? name : `${name}_output`);
