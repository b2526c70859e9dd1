/** The functional API: inputs, applying layers, and networks made from them. @module */
import { traceLayer } from "./assemble.ts";
import { ConfigError, ShapeError, shown } from "../values/errors.ts";
import type { DType } from "../values/dtype.ts";
import type { Layer } from "./layer.ts";
import { assignNames, nameOf } from "./names.ts";
import {
  applyNames,
  type ApplyOptions,
  type LayerCall,
  type Network,
  passing,
  readBy,
  type SymbolicTensor,
} from "./network.ts";
import type { NetworkPlugins } from "./layer.ts";
import { checkOptions, type OptionNames } from "../values/schema.ts";
import { tensorType, typeText } from "../values/shape.ts";

/** Anything that can be applied: a layer, or a model, which is a layer too. */
export type Applicable = Layer | { readonly layer: Layer };

/** Options of {@link input}. */
export interface InputOptions {
  /** Sizes without the batch axis; null (or a symbol's name) where a size is only known when running. */
  readonly shape: readonly (number | string | null)[];
  /** float32 unless said. */
  readonly dtype?: DType;
  /** Its name, by which data is given; `input_layer` unless said. */
  readonly name?: string;
  /** A fixed batch size, as stateful layers need. */
  readonly batchSize?: number | null;
  /** Plugins in place of the default ones. */
  readonly registry?: NetworkPlugins;
}

const inputNames: OptionNames<InputOptions> = { shape: 0, dtype: 0, name: 0, batchSize: 0, registry: 0 };

let inputs = 0, calls = 0;

/** The symbol for an axis of unknown size: `time` for a sequence, unless several inputs need to be told apart. */
function symbolFor(axis: number, rank: number, prefix: string): string {
  const what = axis === 1 && rank <= 3 ? "time" : `dim${axis}`;
  return prefix === "" ? what : `${prefix}_${what}`;
}

/**
 * Begins a network: a tensor `[batch, ...shape]`.
 * @throws {ShapeError} when a size is not a whole number from 1.
 */
export function input(options: InputOptions & { readonly registry: NetworkPlugins }): SymbolicTensor {
  checkOptions("input", options, inputNames);
  const { shape, dtype = "float32", name, batchSize, registry } = options;
  const rank = shape.length + 1;
  const prefix = name ?? (shape.includes(null) ? passing(inputs++) : "");
  const dims = [batchSize ?? "batch", ...shape.map((d, i) => d ?? symbolFor(i + 1, rank, prefix))];
  for (const d of dims) {
    if (typeof d === "number" && !(Number.isSafeInteger(d) && d >= 0)) {
      throw new ShapeError(
        `input ${name ?? ""}: a size is a whole number, or null where it varies, got ${shown(shape)}`,
      );
    }
  }
  return {
    kind: "symbolic",
    type: tensorType(dtype, dims),
    registry,
    index: 0,
    ...(name !== undefined && { name }),
  };
}

/** The layer of something applicable. */
export function layerOf(what: Applicable): Layer {
  const layer = typeof what === "object" && what && "layer" in what ? what.layer : what;
  if (!layer?.def) throw new ConfigError(`expected a layer or a model, got ${shown(what)}`);
  return layer;
}

/**
 * Applies a layer (or a model) and returns its outputs. Applying one layer twice shares its weights.
 * @throws {ShapeError} naming the layer, when the inputs don't fit.
 */
export function applyAll(
  what: Applicable,
  given: SymbolicTensor | readonly SymbolicTensor[],
  options: ApplyOptions = {},
): readonly SymbolicTensor[] {
  const layer = layerOf(what);
  checkOptions(`apply ${nameOf(layer)}`, options, applyNames);
  const list: readonly SymbolicTensor[] = Array.isArray(given) ? given : [given as SymbolicTensor];
  const registry = list[0]?.registry;
  const name = nameOf(layer), detail = { place: name, layer: name };
  if (!registry) throw new ShapeError(`layer ${shown(name)}: needs at least one input`, detail);
  for (const t of list) {
    if (t?.kind !== "symbolic") {
      throw new ShapeError(
        `layer ${shown(name)}: expected tensors made by input() or apply(), got ${shown(t)}`,
        detail,
      );
    }
  }
  const types = traceLayer(registry, layer, list, options);
  const outputs: SymbolicTensor[] = [];
  const call: LayerCall = { layer, inputs: list, options, outputs, order: calls++ };
  for (const [index, { type, mask }] of types.entries()) {
    outputs.push({ kind: "symbolic", type, registry, call, index, ...(mask && { mask }) });
  }
  return outputs;
}
/**
 * Applies a layer that has one output: `const y = apply(dense({ units: 3 }), x)`.
 * @throws {ShapeError} when the layer has several outputs; {@link applyAll} returns them.
 */
export function apply(
  what: Applicable,
  given: SymbolicTensor | readonly SymbolicTensor[],
  options: ApplyOptions = {},
): SymbolicTensor {
  const outputs = applyAll(what, given, options);
  const first = outputs[0];
  if (!first || outputs.length > 1) {
    throw new ShapeError(
      `layer ${
        shown(nameOf(layerOf(what)))
      }: has ${outputs.length} outputs; applyAll() returns them as a list`,
    );
  }
  return first;
}

/** Names for inputs: their own, or `input_layer`, `input_layer_1`, ... */
function nameInputs(list: readonly SymbolicTensor[]): readonly string[] {
  const taken = new Set(list.flatMap((t) => (t.name === undefined ? [] : [t.name])));
  return list.map((t) => {
    if (t.name !== undefined) return t.name;
    let name = "input_layer";
    for (let i = 1; taken.has(name); i++) name = `input_layer_${i}`;
    taken.add(name);
    return name;
  });
}
/** Names for outputs: the layers they come from, numbered where several come from one. */
function nameOutputs(
  list: readonly SymbolicTensor[],
  inputNames: ReadonlyMap<SymbolicTensor, string>,
): readonly string[] {
  const taken = new Set<string>();
  return list.map((t) => {
    const base = t.call ? nameOf(t.call.layer) : inputNames.get(t) ?? "output";
    let name = base;
    for (let i = 1; taken.has(name); i++) name = `${base}_${i}`;
    taken.add(name);
    return name;
  });
}

/** What {@link functional} is made of. */
export interface FunctionalOptions {
  /** Where the model begins. */
  readonly inputs: SymbolicTensor | readonly SymbolicTensor[];
  /** What it computes. */
  readonly outputs: SymbolicTensor | readonly SymbolicTensor[];
  /** Its name; `functional` unless given. */
  readonly name?: string;
  /** Names of the inputs, in place of their own. */
  readonly inputNames?: readonly string[];
  /** Names of the outputs, in place of those of their layers. */
  readonly outputNames?: readonly string[];
  /** Layers in the order of a file, where that is the one that counts. */
  readonly layers?: readonly Layer[];
  /** What the model is in Keras. */
  readonly kind?: Network["kind"];
}
/** Their names. */
export const functionalNames: OptionNames<FunctionalOptions> = {
  inputs: 0,
  outputs: 0,
  name: 0,
  inputNames: 0,
  outputNames: 0,
  layers: 0,
  kind: 0,
};

/**
 * A network from its ends.
 * @throws {ConfigError} when two layers have one name or an output doesn't come from the inputs; it names the layer.
 */
export function functional(options: FunctionalOptions): Network {
  const ins = [options.inputs].flat() as SymbolicTensor[],
    outs = [options.outputs].flat() as SymbolicTensor[];
  const registry = ins[0]?.registry;
  const name = options.name ?? (options.kind === "Sequential" ? "sequential" : "functional");
  if (!registry || outs.length === 0) {
    throw new ConfigError(`model ${name}: needs at least one input and one output`);
  }
  const { calls: reached, layers: found } = walk(name, ins, outs);
  const inputNames = options.inputNames ?? nameInputs(ins);
  const repeated = inputNames.find((n, i) => inputNames.indexOf(n) !== i);
  if (repeated !== undefined) {
    throw new ConfigError(`layer name ${repeated} is not unique: two inputs have it`);
  }
  const layers = options.layers ?? found;
  assignNames([...reached].sort((a, b) => a.order - b.order).map((c) => c.layer).filter(isFirst), inputNames);
  const named = new Map(ins.map((t, i) => [t, inputNames[i] ?? ""]));
  return {
    kind: options.kind ?? "Functional",
    name,
    registry,
    inputs: ins,
    inputNames,
    outputs: outs,
    outputNames: options.outputNames ?? nameOutputs(outs, named),
    calls: reached,
    layers,
  };
}
const isFirst = <T>(item: T, at: number, list: readonly T[]) => list.indexOf(item) === at;

/** Calls in topological order and layers in Keras' order: by depth from the outputs, then by first visit. */
function walk(
  name: string,
  ins: readonly SymbolicTensor[],
  outs: readonly SymbolicTensor[],
): { readonly calls: readonly LayerCall[]; readonly layers: readonly Layer[] } {
  const given = new Set(ins), done = new Set<LayerCall>(), order: LayerCall[] = [];
  const visited = new Map<Layer, number>();
  const visit = (from: SymbolicTensor) => {
    const stack: { tensor: SymbolicTensor; leaving: boolean }[] = [{ tensor: from, leaving: false }];
    for (let top = stack.pop(); top; top = stack.pop()) {
      const { tensor, leaving } = top, call = tensor.call;
      if (given.has(tensor)) continue;
      if (!call) {
        throw new ConfigError(
          `model ${name}: graph disconnected: an output needs an input (${typeText(tensor.type)}${
            tensor.name === undefined ? "" : ` ${shown(tensor.name)}`
          }) that is not among the model's inputs`,
        );
      }
      if (done.has(call)) continue;
      if (leaving) {
        done.add(call);
        order.push(call);
        continue;
      }
      if (!visited.has(call.layer)) visited.set(call.layer, visited.size);
      stack.push({ tensor, leaving: true });
      for (const t of [...readBy(call)].reverse()) stack.push({ tensor: t, leaving: false });
    }
  };
  outs.forEach(visit);
  const depths = new Map<LayerCall, number>(), layerDepths = new Map<Layer, number>();
  for (const call of [...order].reverse()) {
    const depth = Math.max(depths.get(call) ?? 0, layerDepths.get(call.layer) ?? 0);
    layerDepths.set(call.layer, depth);
    for (const { call: before } of readBy(call)) {
      if (before) depths.set(before, Math.max(depth + 1, depths.get(before) ?? 0));
    }
  }
  const layers = [...layerDepths.keys()].sort((a, b) =>
    (layerDepths.get(b) ?? 0) - (layerDepths.get(a) ?? 0) || (visited.get(a) ?? 0) - (visited.get(b) ?? 0)
  );
  return { calls: order, layers };
}

/**
 * A network of layers in a row; `options` says what a layer's call is given.
 * @throws {ConfigError} when it is empty; {@link ShapeError} when a layer has several outputs.
 */
export function sequentialNetwork(
  start: SymbolicTensor,
  layers: readonly Layer[],
  name = "sequential",
  options: (layer: Layer, inputs: readonly SymbolicTensor[]) => ApplyOptions = () => ({}),
): Network {
  if (layers.length === 0) throw new ConfigError(`model ${name}: has no layers`);
  let x: readonly SymbolicTensor[] = [start];
  assignNames(layers);
  layers.forEach((layer, i) => {
    if (x.length > 1) {
      throw new ShapeError(
        `model ${name}: layer ${
          shown(nameOf(layers[i - 1] ?? layer))
        } has ${x.length} outputs; only the last may`,
      );
    }
    x = applyAll(layer, x, options(layer, x));
  });
  return functional({ inputs: start, outputs: x, name, layers, kind: "Sequential" });
}
