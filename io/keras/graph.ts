/** Networks out of Keras' configurations: Sequential and functional models of every version, nested ones too. @module */
import { ConfigError, FormatError, LimitError, shown, UnsupportedError } from "../../core/errors.ts";
import { type DType, isDType } from "../../core/dtype.ts";
import { applyAll, functional, sequentialNetwork } from "../../core/functional.ts";
import type { Layer } from "../../core/layer.ts";
import { fieldToCamel } from "../../core/names.ts";
import { type ApplyOptions, type Network, networkLayer, type SymbolicTensor } from "../../core/network.ts";
import { tensorType } from "../../core/shape.ts";
import { type KerasContext, majorOf } from "./context.ts";
import { isJson, type Json } from "./json.ts";
import { entryOf, isSerialized, labelOf, type LayerEntry, layerFrom, locate } from "./layers.ts";
import { type Argument, type CallEntry, callsOf, endsOf, isRef, refsIn, type TensorRef } from "./nodes.ts";
import { isOperation, operationLayer } from "./operations.ts";

/** A model's configuration, read: a network, or layers that wait for the shape of their input. */
export type Structure =
  | { readonly network: Network; readonly name: string }
  | { readonly network?: undefined; readonly layers: readonly Layer[]; readonly name: string };

const isModel = (entry: LayerEntry) =>
  /^(Sequential|Functional|Model)$/.test(entry.className) && Array.isArray(entry.config.layers);

/**
 * Reads a model's configuration.
 * @throws {FormatError}, {ConfigError} or {UnsupportedError} naming the layer and what is wrong with it.
 */
export function readStructure(config: Json, ctx: KerasContext, place: string): Structure {
  if (typeof config.class_name !== "string") {
    throw new FormatError(`${place}: has no class_name, so it is no Keras model`, { place });
  }
  const entry = entryOf(config, place);
  if (!isModel(entry)) {
    if (/^(Sequential|Functional|Model)$/.test(entry.className)) {
      throw new FormatError(`${place}: model of class ${entry.className} has no list of layers`, { place });
    }
    throw new UnsupportedError(
      `${place}: model class ${entry.registered} is not known: only Sequential and functional models can be read, ` +
        "since a subclass has its meaning in Python code",
      { place: entry.className },
    );
  }
  return structureOf(entry, ctx, place, 0);
}

function structureOf(entry: LayerEntry, ctx: KerasContext, place: string, depth: number): Structure {
  if (depth > ctx.limits.depth) {
    throw new LimitError(
      `${place}: class_name ${entry.className} nested more than ${ctx.limits.depth} deep`,
      { place },
    );
  }
  const inner = (raw: unknown, where: string): Layer => {
    const e = entryOf(raw, where);
    return isModel(e) ? modelLayer(e, ctx, where, depth + 1) : nestedLayer(e, ctx, where, inner, depth + 1);
  };
  return entry.className === "Sequential"
    ? sequentialOf(entry, ctx, place, inner)
    : functionalOf(entry, ctx, place, inner);
}
function nestedLayer(
  entry: LayerEntry,
  ctx: KerasContext,
  place: string,
  inner: (raw: unknown, where: string) => Layer,
  depth: number,
): Layer {
  const deeper = (raw: unknown, where: string): Layer => {
    if (depth > ctx.limits.depth) {
      throw new LimitError(`${where}: layers nested more than ${ctx.limits.depth} deep`);
    }
    const e = entryOf(raw, where);
    return isModel(e) ? inner(raw, where) : nestedLayer(e, ctx, where, inner, depth + 1);
  };
  if (/^(Functional|Model|Sequential)$/.test(entry.className)) {
    throw new FormatError(`${place}: model of class ${entry.className} has no list of layers`, { place });
  }
  return layerFrom(entry, ctx, deeper);
}
function modelLayer(entry: LayerEntry, ctx: KerasContext, place: string, depth: number): Layer {
  const structure = structureOf(entry, ctx, place, depth), { network } = structure;
  const kind = entry.className === "Sequential" ? "Sequential" : "Functional";
  const layers = network ? network.layers : structure.layers;
  const trainable = entry.config.trainable !== false;
  const layer = networkLayer(
    { kind, layers, ...(network && { network }) },
    entry.name ?? structure.name,
    trainable,
  );
  ctx.classes.set(layer, entry.className);
  return layer;
}

function listOf(entry: LayerEntry, place: string): readonly unknown[] {
  const { layers } = entry.config;
  if (!Array.isArray(layers)) throw new FormatError(`${place}: model has no list of layers`, { place });
  if (layers.length === 0) throw new ConfigError(`${place}: the list of layers is empty`, { place });
  return layers;
}

/** An input from a shape with the batch axis first. @throws {FormatError} */
function inputOf(
  shape: unknown,
  name: string,
  dtype: unknown,
  ctx: KerasContext,
  prefix: string,
): SymbolicTensor {
  const dims: unknown[] | undefined = Array.isArray(shape) && !Array.isArray(shape[0]) ? shape : undefined;
  const wrong = () =>
    new FormatError(`layer "${name}" (InputLayer): expected a shape, got ${shown(shape)}`, { place: name });
  if (!dims) throw wrong();
  const type = isSerialized(dtype) && isJson(dtype.config) ? dtype.config.name : dtype;
  const known: DType = isDType(type) ? type : "float32";
  const sizes = dims.map((d, axis) => {
    if (d === null) {
      if (axis === 0) return "batch";
      const what = axis === 1 && dims.length <= 3 ? "time" : `dim${axis}`;
      return prefix === "" ? what : `${prefix}_${what}`;
    }
    if (typeof d !== "number" || !Number.isSafeInteger(d) || d < 0) throw wrong();
    return d;
  });
  return { kind: "symbolic", type: tensorType(known, sizes), registry: ctx.registry, index: 0, name };
}
function inputLayer(entry: LayerEntry, ctx: KerasContext, prefix: string): SymbolicTensor {
  const { batch_shape: shape, batch_input_shape: older, sparse, ragged, dtype, input_dtype: oldType } =
    entry.config;
  if (sparse === true || ragged === true) {
    throw new UnsupportedError(
      `${labelOf(entry)}: ${sparse === true ? "sparse" : "ragged"} inputs are not supported`,
      {
        place: entry.name ?? "",
      },
    );
  }
  return inputOf(shape ?? older, entry.name ?? "input_layer", dtype ?? oldType, ctx, prefix);
}

function sequentialOf(
  entry: LayerEntry,
  ctx: KerasContext,
  place: string,
  inner: (raw: unknown, where: string) => Layer,
): Structure {
  const name = entry.name ?? "sequential", list = listOf(entry, place);
  const entries = list.map((raw, i) => entryOf(raw, `${place}.layers[${i}]`));
  const [first] = entries;
  const starts = first?.className === "InputLayer";
  const layers = list.slice(starts ? 1 : 0).map((raw, i) =>
    inner(raw, `${place}.layers[${i + (starts ? 1 : 0)}]`)
  );
  let start = starts && first ? inputLayer(first, ctx, "") : undefined;
  const [head] = layers;
  if (!start && first) {
    const { batch_input_shape: shape, input_dtype: type } = first.config;
    const built = shape ?? entry.config.build_input_shape ?? buildShape(entry.raw);
    const own = head?.def.keras?.inputDtype;
    const inside = isModel(first) && head ? innerInput(head) : undefined;
    if (inside) start = { ...inside, registry: ctx.registry };
    else if (built) {
      start = inputOf(built, `${first.name ?? "layer"}_input`, type ?? own ?? first.config.dtype, ctx, "");
    }
  }
  if (!start) return { layers, name };
  if (layers.length === 0) {
    throw new ConfigError(`${place}: the list of layers is empty but for an input`, { place });
  }
  return { network: sequentialNetwork(start, layers, name), name };
}
function buildShape(raw: Json): unknown {
  return isJson(raw.build_config) ? raw.build_config.input_shape : undefined;
}
/** The only input of a model that stands first in another. */
function innerInput(layer: Layer): SymbolicTensor | undefined {
  const { network } = layer.config as { readonly network?: Network };
  const [only] = network?.inputs ?? [];
  if (!network || !only || network.inputs.length > 1) return undefined;
  return {
    kind: "symbolic",
    type: only.type,
    registry: only.registry,
    index: 0,
    name: network.inputNames[0] ?? "input",
  };
}

/** A layer of a functional model on its way: what it is called on, and its calls' results so far. */
interface Member {
  readonly entry: LayerEntry;
  readonly layer: Layer | undefined;
  readonly calls: readonly CallEntry[];
  readonly results: (readonly SymbolicTensor[] | undefined)[];
  /** What the file's node numbers begin with: a nested functional model's own is node 0. */
  offset: number;
}

function functionalOf(
  entry: LayerEntry,
  ctx: KerasContext,
  place: string,
  inner: (raw: unknown, where: string) => Layer,
): Structure {
  const list = listOf(entry, place), members = new Map<string, Member>();
  const name = entry.name ?? "functional";
  const ins = endsOf(entry.config.input_layers ?? [], `${place}.input_layers`);
  const outs = endsOf(entry.config.output_layers ?? [], `${place}.output_layers`);
  const several = ins.length > 1;
  list.forEach((raw, i) => {
    const where = `${place}.layers[${i}]`, e = entryOf(raw, where);
    const key = e.name ?? e.className;
    if (members.has(key)) {
      throw new ConfigError(`layer name ${key} is not unique: two layers of model ${name} have it`, {
        place: key,
      });
    }
    const calls = callsOf(e.raw.inbound_nodes, `layer "${key}" (${e.className})`);
    const begins = e.className === "InputLayer" && calls.length === 0;
    const results = begins ? [[inputLayer(e, ctx, several ? key : "")]] : [];
    const layer = begins || isOperation(e) ? undefined : inner({ ...e.raw, name: key }, where);
    members.set(key, { entry: e, layer, calls, results, offset: 0 });
  });
  number(members, outs.map((o) => o.ref));
  runCalls(members, ctx);
  const get = (ref: TensorRef) => {
    const t = tensorAt(members, ref);
    if (!t) {
      throw new ConfigError(`${place}: tensor ${ref.layer}[${ref.node}][${ref.tensor}] is never computed`, {
        place,
      });
    }
    return t;
  };
  const inputs = ins.map(({ ref }) => get(ref)), outputs = outs.map(({ ref }) => get(ref));
  if (inputs.length === 0 || outputs.length === 0) {
    throw new ConfigError(`${place}: a functional model needs input_layers and output_layers`, { place });
  }
  const named = outs.every((o) => o.key !== undefined) ? outs.map((o) => o.key ?? "") : undefined;
  const made = functional({ inputs, outputs, name, ...(named && { outputNames: named }) });
  // The file's order is the one its weights are stored in.
  const reached = new Set(made.layers);
  const layers = [...members.values()].flatMap((m) => (m.layer && reached.has(m.layer) ? [m.layer] : []));
  const rest = made.layers.filter((l) => !layers.includes(l));
  return { network: { ...made, layers: rest.length > 0 ? made.layers : layers }, name };
}

/** Finds which number a model's first call has in references to it. */
function number(members: ReadonlyMap<string, Member>, outputs: readonly TensorRef[]): void {
  const least = new Map<string, number>();
  const all = [...members.values()].flatMap((m) =>
    m.calls.flatMap((c) => [...c.args, ...Object.values(c.kwargs)])
  );
  for (const ref of [...all.flatMap(refsIn), ...outputs]) {
    least.set(ref.layer, Math.min(ref.node, least.get(ref.layer) ?? ref.node));
  }
  for (const [name, m] of members) if (isModel(m.entry)) m.offset = Math.min(least.get(name) ?? 0, 1);
}
function tensorAt(members: ReadonlyMap<string, Member>, ref: TensorRef): SymbolicTensor | undefined {
  const m = members.get(ref.layer);
  return m?.results[ref.node - m.offset]?.[ref.tensor];
}

/** Makes every call as soon as what it reads is there. */
function runCalls(members: ReadonlyMap<string, Member>, ctx: KerasContext): void {
  interface Waiting {
    readonly member: Member;
    readonly at: number;
    missing: number;
  }
  const waiting = new Map<string, Waiting[]>(), ready: Waiting[] = [];
  const keyOf = (layer: string, at: number) => `${at}:${layer}`;
  for (const member of members.values()) {
    member.calls.forEach((call, at) => {
      const refs = [...call.args, ...Object.values(call.kwargs)].flatMap(refsIn);
      const wait: Waiting = { member, at, missing: 0 };
      for (const ref of refs) {
        const from = members.get(ref.layer);
        if (!from) {
          throw new ConfigError(
            `${labelOf(member.entry)}: reads from a layer ${shown(ref.layer)} that isn't there`,
            {
              place: member.entry.name ?? "",
            },
          );
        }
        const node = ref.node - from.offset;
        if (from.results[node]) continue;
        wait.missing++;
        const key = keyOf(ref.layer, node);
        waiting.set(key, [...waiting.get(key) ?? [], wait]);
      }
      if (wait.missing === 0) ready.push(wait);
    });
  }
  let done = 0;
  // In the file's order where the graph leaves a choice.
  for (let i = 0; i < ready.length; i++) {
    const { member, at } = ready[i] as Waiting;
    const call = member.calls[at];
    if (!call) continue;
    member.results[at] = makeCall(members, member, call, ctx);
    done++;
    for (const next of waiting.get(keyOf(member.entry.name ?? member.entry.className, at)) ?? []) {
      if (--next.missing === 0) ready.push(next);
    }
  }
  const total = [...members.values()].reduce((n, m) => n + m.calls.length, 0);
  if (done < total) {
    const stuck = [...members.values()].find((m) => m.calls.some((_, i) => !m.results[i]));
    throw new ConfigError(
      `layer ${shown(stuck?.entry.name)}: is part of a cycle, or reads what is never computed`,
      {
        place: stuck?.entry.name ?? "",
      },
    );
  }
}

/** Keyword arguments that stand for the first argument. */
const firstNames = ["inputs", "sequences", "x", "query", "value", "key"];
/** Arguments that change nothing here, whatever they say. */
const idle: ReadonlySet<string> = new Set(["name", "constants"]);

function makeCall(
  members: ReadonlyMap<string, Member>,
  { entry, layer }: Member,
  call: CallEntry,
  ctx: KerasContext,
): readonly SymbolicTensor[] {
  const place = entry.name ?? entry.className;
  const tensor = (ref: TensorRef): SymbolicTensor => {
    const t = tensorAt(members, ref);
    if (!t) {
      throw new ConfigError(
        `${labelOf(entry)}: reads ${ref.layer}[${ref.node}][${ref.tensor}], which isn't there`,
        { place },
      );
    }
    return t;
  };
  if (isOperation(entry)) {
    const { layer: operation, inputs } = operationLayer(entry, call);
    return applyAll(operation, inputs.map(tensor));
  }
  if (!layer) throw new FormatError(`${labelOf(entry)}: an input is called`, { place });
  const inputs = call.args.flatMap(refsIn).map(tensor);
  const rest: Record<string, Argument> = { ...call.kwargs };
  call.args.forEach((a) => {
    if (refsIn(a).length === 0 && a !== null && a !== false && !(Array.isArray(a) && a.length === 0)) {
      throw new UnsupportedError(`${labelOf(entry)}: call argument ${shown(a)} is not supported`, { place });
    }
  });
  if (inputs.length === 0) {
    for (const key of firstNames) {
      const found = rest[key] === undefined ? [] : refsIn(rest[key] ?? null);
      if (found.length === 0) continue;
      inputs.push(...found.map(tensor));
      delete rest[key];
    }
  }
  return locate(
    labelOf(entry),
    () => applyAll(layer, inputs, optionsOf(rest, tensor, layer, inputs.length, ctx)),
  );
}
function optionsOf(
  kwargs: Readonly<Record<string, Argument>>,
  tensor: (ref: TensorRef) => SymbolicTensor,
  layer: Layer,
  inputs: number,
  ctx: KerasContext,
): ApplyOptions {
  const values: Record<string, SymbolicTensor> = {}, options: Record<string, unknown> = {};
  let initialState: readonly SymbolicTensor[] | undefined,
    mask: ApplyOptions["mask"],
    training: boolean | undefined;
  for (const [key, value] of Object.entries(kwargs)) {
    if (value === null || value === undefined || idle.has(key) && refsIn(value).length === 0) continue;
    const refs = refsIn(value);
    if (key === "initial_state") initialState = refs.map(tensor);
    else if (key === "mask" && refs.length > 0) {
      mask = isRef(value)
        ? tensor(value)
        : Array.isArray(value)
        ? value.map((m) => (isRef(m) ? tensor(m) : null))
        : undefined;
    } else if (key === "training") training = typeof value === "boolean" ? value : training;
    else if (isRef(value)) values[fieldToCamel(key)] = tensor(value);
    else if (refs.length > 0) {
      throw new UnsupportedError(`call argument ${key} with several tensors is not supported`);
    } else options[fieldToCamel(key)] = value;
  }
  // Keras 3 hands no mask on to a recurrent layer that is given states as well.
  const recurrent = Object.hasOwn(layer.def.config, "returnState") || layer.def.children?.(layer.config)
    .some((c) => Object.hasOwn(c.layer.def.config, "returnState"));
  const unmasked = majorOf(ctx.version) >= 3 && mask === undefined && recurrent &&
    (initialState !== undefined || inputs > 1);
  return {
    ...(initialState && { initialState }),
    ...(mask !== undefined ? { mask } : unmasked ? { mask: null } : {}),
    ...(training !== undefined && { training }),
    ...(Object.keys(values).length > 0 && { values }),
    ...(Object.keys(options).length > 0 && { options }),
  };
}
