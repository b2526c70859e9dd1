/** Keras 3's bare operations (`x + y`, `ops.not_equal`), which functional models hold as nodes without weights. @module */
import { builtLayer } from "../../../core/network/built.ts";
import { LapisError, shown, UnsupportedError } from "../../../core/values/errors.ts";
import type { Value } from "../../../core/graph/graph.ts";
import type { Layer, LayerDef } from "../../../core/network/layer.ts";
import { nearest } from "../../../core/values/schema.ts";
import { isJson, type Json } from "../json.ts";
import type { LayerEntry } from "./entry.ts";
import { type Argument, type CallEntry, isRef, refsIn, type TensorRef } from "./nodes.ts";
import { elementwise } from "../operations/elementwise.ts";
import { Given, type Operations } from "../operations/given.ts";
import { type Functions, translated, usualFunctions } from "../operations/tensorflow/tensorflow.ts";
import { products } from "../operations/products.ts";
import { reductions } from "../operations/reduce.ts";
import { shapes } from "../operations/shapes.ts";

/** Operations by class name, and TensorFlow's functions that stand for some. */
export interface KnownOperations {
  readonly operations: Operations;
  readonly functions: Functions;
}
/** The usual ones: all that a page needs which runs models. */
export const usualOperations: KnownOperations = {
  operations: { ...elementwise, ...shapes, ...reductions, ...products },
  functions: usualFunctions,
};

/** True for a node that is an operation and no layer; a whole-model `.h5` doesn't write modules, but layers say `trainable`. */
export function isOperation(
  { raw, className, config }: LayerEntry,
  { operations }: KnownOperations,
): boolean {
  const { module } = raw;
  if (isTensorFlow(className)) return true;
  if (typeof module === "string") return /^keras(\.src)?\.ops(\.|$)/.test(module);
  return Object.hasOwn(operations, className) && !("trainable" in config) && hasArguments(raw.inbound_nodes);
}
/** TensorFlow's functions in Keras 2's functional models. */
const isTensorFlow = (className: string) => className === "TFOpLambda" || className === "SlicingOpLambda";
/** Keras 3's form of calls; older files write bare operations in other ways. */
function hasArguments(nodes: unknown): boolean {
  return Array.isArray(nodes) && nodes.length > 0 &&
    nodes.every((n) => typeof n === "object" && n !== null && "args" in n);
}

/** An argument with values in place of references, taken in order. */
function filled(a: Argument, next: () => Value | undefined): unknown {
  if (isRef(a)) return next();
  if (Array.isArray(a)) return a.map((item) => filled(item, next));
  if (!isJson(a)) return a;
  return Object.fromEntries(Object.entries(a).map(([k, v]) => [k, filled(v as Argument, next)]));
}

/** An operation's name, options and call, whichever Keras wrote it. @throws {UnsupportedError} for a function that isn't known. */
function formOf(entry: LayerEntry, call: CallEntry, { operations, functions }: KnownOperations): {
  readonly className: string;
  readonly call: CallEntry;
  readonly config: Json;
  readonly module?: string;
  readonly named?: Readonly<Record<string, Argument>>;
} {
  const { className, config, raw, name } = entry;
  if (!isTensorFlow(className)) {
    return { className, call, config, ...(typeof raw.module === "string" && { module: raw.module }) };
  }
  const known = translated(`${config.function}`, call, functions);
  if (config.function === "einsum") {
    throw new UnsupportedError(
      `layer ${
        shown(name)
      }: the file names the equation of TensorFlow's einsum alone: Keras 2 loses what it multiplies; ` +
        "build the model with an EinsumDense, Dot or Lambda layer in its place",
      { place: name ?? className },
    );
  }
  if (!known) {
    throw new UnsupportedError(
      `layer ${shown(name)}: TensorFlow's function ${shown(config.function)} is not supported`,
      {
        place: name ?? className,
      },
    );
  }
  // Tensors are arguments and all else is configuration, as in Keras 3.
  const { kwargs } = known, order = operations[known.className]?.args ?? [];
  const last = order.findLastIndex((key) => key in kwargs);
  const rest = Object.entries(kwargs).filter(([key]) => !order.includes(key));
  const holdsRefs = ([, a]: readonly [string, Argument]) => refsIn(a).length > 0;
  return {
    className: known.className,
    call: {
      args: order.slice(0, last + 1).map((key) => kwargs[key] ?? null),
      kwargs: Object.fromEntries(rest.filter(holdsRefs)),
    },
    config: Object.fromEntries(rest.filter((entry) => !holdsRefs(entry))),
    named: kwargs,
  };
}

/**
 * The operation as a layer without weights; tensors are its inputs, constants its own.
 * @throws {UnsupportedError} naming an operation or an argument that isn't known.
 */
export function operationLayer(
  entry: LayerEntry,
  given: CallEntry,
  known: KnownOperations,
): { readonly layer: Layer; readonly inputs: readonly TensorRef[] } {
  const { name } = entry, place = name ?? entry.className;
  const { className, call, config, module, named } = formOf(entry, given, known), { operations } = known;
  const operation = Object.hasOwn(operations, className) ? operations[className] : undefined;
  if (!operation) {
    const near = nearest(className, Object.keys(operations));
    throw new UnsupportedError(
      `layer ${shown(name)}: operation ${className} is not supported${near ? ` (is ${near} meant?)` : ""}`,
      { place },
    );
  }
  const { name: _, ...own } = config as Record<string, unknown>;
  const star = operation.args[0]?.startsWith("*") ? operation.args[0].slice(1) : undefined;
  const extra = star === undefined
    ? call.args.slice(operation.args.length).find((a) => a !== null)
    : undefined;
  if (extra !== undefined) {
    throw new UnsupportedError(
      `layer ${shown(name)}: operation ${className} with a further argument ${shown(extra)} is not supported`,
      { place },
    );
  }
  const def: LayerDef = {
    kind: "layer",
    name: className,
    summary: "an operation of Keras 3",
    config: {} as LayerDef["config"],
    mask: "consume",
    params: () => ({}),
    build({ b, inputs }) {
      let at = 0;
      const next = () => inputs[at++];
      const args = call.args.map((a) => filled(a, next));
      const named = Object.entries(call.kwargs).map(([k, a]) => [k, filled(a, next)] as const);
      const given: Record<string, unknown> = {
        ...own,
        ...(star === undefined
          ? Object.fromEntries(args.map((a, i) => [operation.args[i] ?? "", a]))
          : { [star]: args }),
        ...Object.fromEntries(named.filter(([, a]) => a !== null)),
      };
      try {
        const args = new Given(b, given), out = [operation.build(args)].flat() as readonly Value[];
        const [unread] = args.unread();
        if (unread !== undefined) throw args.refuse(unread);
        return out;
      } catch (error) {
        if (error instanceof LapisError) error.message = `operation ${className}: ${error.message}`;
        throw error;
      }
    },
  };
  const layer = builtLayer({ def, config: {}, trainable: true, ...(name !== undefined && { name }) });
  origins.set(layer, {
    className,
    config: own,
    args: call.args,
    kwargs: call.kwargs,
    ...(module !== undefined && { module }),
    ...(named && { named, function: `${entry.config.function ?? "getitem"}` }),
  });
  return { layer, inputs: [...call.args, ...Object.values(call.kwargs)].flatMap(refsIn) };
}

/** An operation as a file had it; references stand for the inputs, in order, arguments before keyword arguments. */
export interface OperationOrigin {
  /** Where Keras has the class, where the file says it. */
  readonly module?: string;
  readonly className: string;
  /** Of a function of TensorFlow: its name, and its arguments under the names of the operation. */
  readonly function?: string;
  readonly named?: Readonly<Record<string, Argument>>;
  /** Its configuration but the name. */
  readonly config: Json;
  readonly args: readonly Argument[];
  readonly kwargs: Readonly<Record<string, Argument>>;
}
const origins = new WeakMap<Layer, OperationOrigin>();
/** The operation that a layer was read from, where it was one. */
export function operationOf(layer: Layer): OperationOrigin | undefined {
  return origins.get(layer);
}
