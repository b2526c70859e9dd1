/** Calls as configurations hold them: Keras 1 and 2's lists of references, Keras 3's arguments. @module */
import { FormatError, shown } from "../../../core/values/errors.ts";
import { isJson } from "../json.ts";

/** A reference to a tensor: which output of which call of which layer. */
export interface TensorRef {
  readonly kind: "ref";
  readonly layer: string;
  readonly node: number;
  readonly tensor: number;
}
/** An argument: references, constants, lists and records of them. */
export type Argument =
  | TensorRef
  | readonly Argument[]
  | { readonly [key: string]: Argument }
  | string
  | number
  | boolean
  | null;
/** One call of a layer. */
export interface CallEntry {
  readonly args: readonly Argument[];
  readonly kwargs: Readonly<Record<string, Argument>>;
}

/** True for a reference. */
export function isRef(x: unknown): x is TensorRef {
  return isJson(x) && x.kind === "ref" && typeof x.layer === "string";
}
/** All references in an argument, in order. */
export function refsIn(x: Argument): readonly TensorRef[] {
  if (isRef(x)) return [x];
  if (Array.isArray(x)) return x.flatMap(refsIn);
  return isJson(x) ? Object.values(x).flatMap((v) => refsIn(v as Argument)) : [];
}

const isIndex = (n: unknown): n is number => typeof n === "number" && Number.isSafeInteger(n) && n >= 0;
function triple(x: unknown): TensorRef | undefined {
  if (!Array.isArray(x)) return undefined;
  const [layer, node, tensor] = x as unknown[];
  return typeof layer === "string" && isIndex(node) && isIndex(tensor) && x.length <= 4
    ? { kind: "ref", layer, node, tensor }
    : undefined;
}

/** Keras 3's argument tree. */
function argument(x: unknown, place: string): Argument {
  if (x === null || typeof x === "string" || typeof x === "number" || typeof x === "boolean") return x;
  if (Array.isArray(x)) return x.map((v) => argument(v, place));
  if (!isJson(x)) throw new FormatError(`${place}: unreadable call argument ${shown(x)}`, { place });
  if (x.class_name === "__keras_tensor__") {
    const history = isJson(x.config) ? x.config.keras_history : undefined, ref = triple(history);
    if (!ref) throw new FormatError(`${place}: a tensor without keras_history: ${shown(x)}`, { place });
    return ref;
  }
  if (x.class_name === "__tuple__" && isJson(x) && Array.isArray(x.items)) {
    return x.items.map((v) => argument(v, place));
  }
  return Object.fromEntries(Object.entries(x).map(([k, v]) => [k, argument(v, place)]));
}
/** Keras 2's keyword arguments: a list of name, node and tensor is a reference. */
function keyword(x: unknown, place: string): Argument {
  const ref = triple(x);
  if (ref) return ref;
  if (Array.isArray(x)) {
    return x.length > 1 && x[0] === "_CONSTANT_VALUE"
      ? argument(x[2], place)
      : x.map((v) => keyword(v, place));
  }
  return isJson(x) ? argument(x, place) : argument(x, place);
}

/**
 * Reads `inbound_nodes`.
 * @throws {FormatError} naming the layer.
 */
export function callsOf(nodes: unknown, place: string): readonly CallEntry[] {
  if (nodes === undefined || nodes === null) return [];
  if (!Array.isArray(nodes)) {
    throw new FormatError(`${place}: inbound_nodes is no list: ${shown(nodes)}`, { place });
  }
  return nodes.map((node: unknown) => {
    if (isJson(node) && ("args" in node || "kwargs" in node)) {
      const args = argument(node.args ?? [], place), kwargs = argument(node.kwargs ?? {}, place);
      if (!Array.isArray(args) || !isJson(kwargs)) {
        throw new FormatError(`${place}: unreadable call ${shown(node)}`, { place });
      }
      return { args, kwargs: kwargs as Readonly<Record<string, Argument>> };
    }
    return olderCall(node, place);
  });
}
function olderCall(node: unknown, place: string): CallEntry {
  const list = triple(node) || Array.isArray(node) && node[0] === "_CONSTANT_VALUE"
    ? [node]
    : Array.isArray(node)
    ? node
    : isJson(node)
    // In the order of their names, as Keras flattens records.
    ? Object.keys(node).sort().map((key) => node[key])
    : undefined;
  if (!list) throw new FormatError(`${place}: unreadable call ${shown(node)}`, { place });
  const kwargs: Record<string, Argument> = {};
  const named = (more: unknown) => {
    if (isJson(more)) { for (const [k, v] of Object.entries(more)) kwargs[k] = keyword(v, place); }
  };
  const inputs = list.map((item: unknown): Argument => {
    const ref = triple(item);
    if (!ref) {
      const constant = keyword(item, place);
      if (Array.isArray(item) && item[0] === "_CONSTANT_VALUE") {
        named(item[3]);
        return constant;
      }
      if (refsIn(constant).length > 0) return constant;
      throw new FormatError(`${place}: expected [layer, node, tensor] as input, got ${shown(item)}`, {
        place,
      });
    }
    if (Array.isArray(item)) named(item[3]);
    return ref;
  });
  return { args: inputs.length === 1 ? inputs : [inputs], kwargs };
}

/** References of `input_layers` or `output_layers`, one flat triple, a list of them, or a record; with a record's keys. */
export function endsOf(
  x: unknown,
  place: string,
): readonly { readonly ref: TensorRef; readonly key: string | undefined }[] {
  const single = triple(x);
  if (single) return [{ ref: single, key: undefined }];
  if (Array.isArray(x)) return x.flatMap((v) => endsOf(v, place));
  if (isJson(x)) {
    // Keras flattens records in the order of their keys.
    return Object.entries(x).sort(([k], [l]) => k < l ? -1 : 1).flatMap(([key, v]) => {
      const found = endsOf(v, place);
      return found.length === 1 ? found.map(({ ref }) => ({ ref, key })) : found;
    });
  }
  throw new FormatError(`${place}: expected [layer, node, tensor], got ${shown(x)}`, { place });
}
