/** One reader of a layer's call arguments: tensors, constants and lists of both, by position or by name. @module */
import { shown, UnsupportedError } from "../../../core/values/errors.ts";
import type { Layer } from "../../../core/network/layer.ts";
import { isMultiBackend } from "../../../core/ops/words.ts";
import { fieldToCamel } from "../../../core/network/names.ts";
import { type ApplyOptions, networkConfigOf, type SymbolicTensor } from "../../../core/network/network.ts";
import { constantTensor, isConstant, isNumbers, type Stand } from "./constants.ts";
import { type KerasContext, majorOf, versionBefore } from "./context.ts";
import { keptClass } from "../kept.ts";
import { type Argument, type CallEntry, isRef, refsIn, type TensorRef } from "./nodes.ts";

/** Names of arguments that are inputs, in the order of inputs. */
export const inputNames: readonly string[] = [
  ...["inputs", "sequences", "x", "data", "query", "value", "key"],
  ...["decoder_sequence", "encoder_sequence", "mask_positions"],
];
/** Names that a call of any layer may give; a layer without a list of its own takes no others. */
const common: ReadonlySet<string> = new Set(["training", "mask", "name"]);

/** What a call gives its layer. */
export interface LayerArguments {
  readonly inputs: readonly SymbolicTensor[];
  readonly options: ApplyOptions;
}
/** Where a call is read. */
export interface CallPlace {
  /** How messages name the layer. */
  readonly label: string;
  /** What errors name as the place. */
  readonly place: string;
  readonly layer: Layer;
  readonly ctx: KerasContext;
  /** The tensor that a reference means. */
  tensor(ref: TensorRef): SymbolicTensor;
}

/** True for a layer that takes states to start from, itself or in a wrapper. */
export function isRecurrent({ def }: Layer): boolean {
  return Object.hasOwn(def.config, "returnState") || def.keras?.call?.includes("initial_state") === true;
}

/** Depth of nested lists: 0 for a number. */
const depthOf = (x: unknown): number => Array.isArray(x) ? 1 + depthOf(x[0]) : 0;
/** Number of axes of a recurrent layer's states. */
function stateRank({ def, config }: Layer): number {
  const inner = def.children?.(config).at(0)?.layer,
    own = config as { readonly kernelSize?: readonly number[] };
  return own.kernelSize ? own.kernelSize.length + 2 : inner && isRecurrent(inner) ? stateRank(inner) : 2;
}

/** Reads the arguments of one call. */
class Reader {
  readonly #at: CallPlace;
  readonly #beside: SymbolicTensor | undefined;
  constructor(at: CallPlace, call: CallEntry) {
    this.#at = at;
    const [first] = [...call.args, ...Object.values(call.kwargs)].flatMap(refsIn);
    this.#beside = first && at.tensor(first);
  }
  refuse(what: string): UnsupportedError {
    return new UnsupportedError(`${this.#at.label}: ${what}`, { place: this.#at.place });
  }
  /** The one tensor that an argument is; undefined for a list and for what is none. */
  one(a: Argument, stand: Stand): SymbolicTensor | undefined {
    if (isRef(a)) return this.#at.tensor(a);
    const constant = isConstant(a)
      ? a
      : Array.isArray(a) && isNumbers(a)
      ? { class_name: "__numpy__" as const, config: { value: a } }
      : undefined;
    if (!constant) return undefined;
    if (!this.#beside) throw this.refuse("is called on constants alone");
    return constantTensor(constant, this.#beside, stand);
  }
  /** The tensors of a list, nested or by name, in Keras' order. */
  all(a: Argument, stand: Stand, name: string): readonly SymbolicTensor[] {
    const one = this.one(a, stand);
    if (one) return [one];
    if (a === null) return [];
    // A number among tensors is one of them.
    if (typeof a === "number") {
      return this.all({ class_name: "__numpy__", config: { value: a } }, stand, name);
    }
    if (Array.isArray(a)) return (a as readonly Argument[]).flatMap((item) => this.all(item, stand, name));
    if (typeof a === "object") {
      const record = a as Readonly<Record<string, Argument>>;
      return Object.keys(record).sort().flatMap((key) => this.all(record[key] ?? null, stand, name));
    }
    throw this.refuse(`call argument ${name} = ${shown(a, 60)} is no tensor`);
  }
}

/** Arguments by name; those by position get theirs from the layer. */
function bound(
  { layer }: CallPlace,
  call: CallEntry,
  reader: Reader,
): { readonly inputs: readonly Argument[]; readonly rest: Readonly<Record<string, Argument>> } {
  const names = layer.def.keras?.call ??
    (networkConfigOf(layer) && !keptClass(layer) ? ["inputs", "training", "mask"] : ["inputs"]);
  const several = names.filter((n) => inputNames.includes(n)).length > 1;
  const inputs: Argument[] = [], rest: Record<string, Argument> = { ...call.kwargs };
  call.args.forEach((a, i) => {
    const name = i === 0 ? undefined : names[i];
    if (i === 0 || name !== undefined && inputNames.includes(name)) inputs.push(a);
    else if (name !== undefined) rest[name] = a;
    else if (refsIn(a).length > 0) inputs.push(a);
    else if (a !== null && a !== false && !(Array.isArray(a) && a.length === 0)) {
      throw reader.refuse(`call argument ${shown(a, 60)} is not supported`);
    }
  });
  for (const key of inputs.length === 0 ? [...inputNames, names[0] ?? ""] : several ? inputNames : []) {
    const given = rest[key] ?? null;
    if (given === null) continue;
    inputs.push(given);
    delete rest[key];
  }
  return { inputs, rest };
}

/**
 * Reads a call of a layer.
 * @throws {UnsupportedError} naming the layer and an argument that it doesn't take.
 */
export function argumentsOf(call: CallEntry, at: CallPlace): LayerArguments {
  const { layer, ctx } = at, reader = new Reader(at, call), given = bound(at, call, reader);
  const inputs = given.inputs.flatMap((a) => reader.all(a, "input", "inputs"));
  const values: Record<string, SymbolicTensor> = {}, options: Record<string, unknown> = {};
  let initialState: readonly SymbolicTensor[] | undefined, mask: ApplyOptions["mask"], training;
  for (const [key, value] of Object.entries(given.rest)) {
    if (value === null || value === undefined || key === "name") continue;
    // Keras' MultiHeadAttention overwrites it by the query's own mask since 3.7.
    if (
      key === "query_mask" && layer.def.name === "MultiHeadAttention" && !versionBefore(ctx.version, 3, 7)
    ) {
      continue;
    }
    if (key === "initial_state") initialState = statesOf(value, layer, reader);
    else if (key === "mask") mask = maskOf(value, inputs, reader, at);
    else if (key === "training") training = modeOf(value, reader);
    else if (Array.isArray(value) && value.length === 0) continue;
    else {
      if (!takes(layer, key, ctx)) {
        throw reader.refuse(`call argument ${key} = ${shown(value, 60)} is not supported`);
      }
      const tensor = reader.one(value, "value"), name = fieldToCamel(key);
      if (tensor) values[name] = tensor;
      else if (refsIn(value).length > 0 || typeof value === "object") {
        throw reader.refuse(`call argument ${key} with several tensors is not supported`);
      } else options[name] = value;
    }
  }
  return {
    inputs,
    options: {
      ...(initialState && { initialState }),
      ...maskRule(mask, inputs, initialState !== undefined, at),
      ...(losesMasks(given.inputs[0] ?? null, ctx) && { passes: "none" }),
      ...(training !== undefined && { training }),
      ...(training !== undefined && majorOf(ctx.version) >= 3 && { yields: true }),
      ...(Object.keys(values).length > 0 && { values }),
      ...(Object.keys(options).length > 0 && { options }),
    },
  };
}
/** True where a layer has an argument of that name; layers of the user's own may have any. */
function takes(layer: Layer, key: string, ctx: KerasContext): boolean {
  return layer.def.keras?.call
    ? layer.def.keras.call.includes(key)
    : common.has(key) || ctx.custom.includes(layer.def);
}
function statesOf(value: Argument, layer: Layer, reader: Reader): readonly SymbolicTensor[] {
  if (!isRecurrent(layer)) throw reader.refuse("call argument initial_state: the layer takes no states");
  // Keras 2 writes a list of constants as one nested list.
  const list = Array.isArray(value) && isNumbers(value) && depthOf(value) > stateRank(layer)
    ? value as readonly Argument[]
    : [value];
  return list.flatMap((item) => reader.all(item, "state", "initial_state"));
}
function maskOf(
  value: Argument,
  inputs: readonly SymbolicTensor[],
  reader: Reader,
  at: CallPlace,
): ApplyOptions["mask"] {
  const single = inputs.length > 1 && Array.isArray(value) ? undefined : reader.one(value, "mask");
  if (single) return single;
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    const record = value as Readonly<Record<string, Argument>>;
    return maskOf(Object.keys(record).sort().map((key) => record[key] ?? null), inputs, reader, at);
  }
  if (!Array.isArray(value)) throw reader.refuse(`call argument mask = ${shown(value, 60)} is no mask`);
  const list = (value as readonly Argument[]).map((m) => {
    const one = m === null ? null : reader.one(m, "mask");
    if (one === undefined) throw reader.refuse(`call argument mask = ${shown(m, 60)} is no mask`);
    return one;
  });
  // Layers of Keras 3 keep to a list of none, also where the model that they are in is called with masks.
  const keeps = majorOf(at.ctx.version) >= 3 && !networkConfigOf(at.layer);
  return !keeps && list.every((m) => m === null) ? undefined : list;
}
function modeOf(value: Argument, reader: Reader): boolean {
  if (typeof value === "boolean" || value === 0 || value === 1) return Boolean(value);
  throw reader.refuse(
    `call argument training = ${shown(value, 60)} is not supported: expected true or false`,
  );
}

/** What layers make of the masks beside their inputs, in the versions of Keras that do otherwise than Keras 3. */
export function passing(
  { def }: Layer,
  inputs: readonly SymbolicTensor[],
  { version }: KerasContext,
): Pick<ApplyOptions, "mask" | "passes"> {
  const before = (minor: number) => versionBefore(version, 2, minor), multiBackend = isMultiBackend(version);
  switch (def.name) {
    // Up to Keras 2.3 it only hands the mask on.
    case "Softmax":
      return multiBackend ? { mask: null, passes: "own" } : {};
    // TensorFlow's own hands none on before 2.5.
    case "ReLU":
      return before(5) && !multiBackend ? { passes: "none" } : {};
    case "MultiHeadAttention":
      return before(10) ? { mask: null, passes: "none" } : {};
    // Statistics are of every step before 2.12, and of every pixel up to Keras 3.
    case "BatchNormalization": {
      const images = versionBefore(version, 3, 0) && (inputs[0]?.type.shape?.length ?? 0) > 3;
      return before(12) || images ? { mask: null, passes: "own" } : {};
    }
  }
  return def.keras?.masksSince === 3 && majorOf(version) < 3 ? { passes: "none" } : {};
}
/** Up to Keras 3.3 no mask travels on from a layer that is called with a list. */
function losesMasks(first: Argument, { version }: KerasContext): boolean {
  const listed = typeof first === "object" && first !== null && !isRef(first) && !isConstant(first);
  return listed && majorOf(version) >= 3 && versionBefore(version, 3, 4);
}
/** What the layer computes with as its mask, and which mask travels on where that is another, version by version. */
function maskRule(
  mask: ApplyOptions["mask"],
  inputs: readonly SymbolicTensor[],
  states: boolean,
  { layer, ctx }: CallPlace,
): Pick<ApplyOptions, "mask" | "passes"> {
  const three = majorOf(ctx.version) >= 3;
  // Keras 3 hands no mask to a recurrent layer that is given states as well, though the mask travels on.
  if (mask === undefined) {
    const unmasked = three && isRecurrent(layer) && (states || inputs.length > 1);
    return unmasked ? { mask: null, passes: "own" } : passing(layer, inputs, ctx);
  }
  // Up to Keras 3.10 what travels on is the input's own mask, whatever the call was given.
  return {
    mask,
    ...(three && versionBefore(ctx.version, 3, 11) && !networkConfigOf(layer) && { passes: "own" }),
  };
}
