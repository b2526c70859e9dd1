/** Keras 3's bare operations (`x + y`, `ops.not_equal`), which functional models hold as nodes without weights. @module */
import type { Builder } from "../../core/builder.ts";
import { type DType, isFloat } from "../../core/dtype.ts";
import { shown, UnsupportedError } from "../../core/errors.ts";
import type { Value } from "../../core/graph.ts";
import type { Layer, LayerDef } from "../../core/layer.ts";
import { asTensor } from "../../core/shape.ts";
import type { LayerEntry } from "./layers.ts";
import { type Argument, type CallEntry, isRef, type TensorRef } from "./nodes.ts";

const dtypeOf = (v: Value) => asTensor(v.type).dtype;
const as = (
  b: Builder,
  x: Value,
  dtype: DType,
) => (dtypeOf(x) === dtype ? x : b.one("Cast", [x], { to: dtype }));
const floating = (b: Builder, x: Value) => (isFloat(dtypeOf(x)) ? x : as(b, x, "float32"));

/** A binary operator, or several of them one after another. */
const binary = (op: string) => (b: Builder, [x, y]: readonly Value[]) => b.one(op, [x, y]);
const unary = (op: string) => (b: Builder, [x]: readonly Value[]) => b.one(op, [x && floating(b, x)]);
const negated = (op: string) => (b: Builder, xs: readonly Value[]) => b.one("Not", [b.one(op, xs)]);
const activation = (name: string) => (b: Builder, [x]: readonly Value[]) =>
  x ? b.activation(name, floating(b, x)) : b.one("Identity", []);

type Operation = (b: Builder, inputs: readonly Value[]) => Value;
const operations: Readonly<Record<string, Operation>> = {
  Add: binary("Add"),
  Subtract: binary("Sub"),
  Multiply: binary("Mul"),
  Divide: (b, xs) => b.one("Div", xs.map((x) => floating(b, x))),
  TrueDivide: (b, xs) => b.one("Div", xs.map((x) => floating(b, x))),
  Maximum: binary("Max"),
  Minimum: binary("Min"),
  Power: binary("Pow"),
  Equal: binary("Equal"),
  NotEqual: negated("Equal"),
  Greater: binary("Greater"),
  GreaterEqual: binary("GreaterOrEqual"),
  Less: binary("Less"),
  LessEqual: binary("LessOrEqual"),
  LogicalAnd: binary("And"),
  LogicalOr: binary("Or"),
  LogicalNot: (b, [x]) => b.one("Not", [x]),
  Negative: unary("Neg"),
  Absolute: (b, [x]) => b.one("Abs", [x]),
  Abs: (b, [x]) => b.one("Abs", [x]),
  Square: (b, [x]) => b.one("Mul", [x, x]),
  Sqrt: unary("Sqrt"),
  Exp: unary("Exp"),
  Log: unary("Log"),
  Tanh: unary("Tanh"),
  Sigmoid: unary("Sigmoid"),
  Relu: unary("Relu"),
  Softplus: unary("Softplus"),
  Silu: activation("silu"),
  Gelu: activation("gelu"),
};

/** True for a node that is an operation and no layer; a whole-model `.h5` doesn't write modules, but layers say `trainable`. */
export function isOperation({ raw, className, config }: LayerEntry): boolean {
  const { module } = raw;
  if (typeof module === "string") return /^keras(\.src)?\.ops(\.|$)/.test(module);
  return Object.hasOwn(operations, className) && !("trainable" in config) && hasArguments(raw.inbound_nodes);
}
/** Keras 3's form of calls; older files write bare operations in other ways. */
function hasArguments(nodes: unknown): boolean {
  return Array.isArray(nodes) && nodes.length > 0 &&
    nodes.every((n) => typeof n === "object" && n !== null && "args" in n);
}

/** The element type that numpy's rules give values together. */
function common(values: readonly Value[], constants: readonly Argument[]): DType {
  const kinds = values.map(dtypeOf), float = kinds.find(isFloat);
  if (float) return float;
  const first = kinds[0] ?? "float32";
  if (constants.some((c) => typeof c === "number" && !Number.isInteger(c))) return "float32";
  return kinds.find((k) => k !== "bool") ?? (constants.some((c) => typeof c === "number") ? "int32" : first);
}

/** An operation as the file holds it: positional and named arguments, references standing for the layer's inputs. */
export interface OperationCall {
  readonly module: string;
  readonly className: string;
  readonly args: readonly Argument[];
  readonly kwargs: Readonly<Record<string, Argument>>;
}
const made = new WeakMap<LayerDef, OperationCall>();
/** The operation that a layer stands for, or undefined for a layer. */
export function operationOf(layer: Layer): OperationCall | undefined {
  return made.get(layer.def);
}
/** Operations of networks live in another of Keras' modules than those of numpy. */
const ofNetworks: ReadonlySet<string> = new Set(["Relu", "Sigmoid", "Softplus", "Silu", "Gelu"]);

/**
 * The operation as a layer without weights; tensors are its inputs, constants its own.
 * @throws {UnsupportedError} naming an operation or an argument that isn't known.
 */
export function operationLayer(
  entry: LayerEntry,
  call: CallEntry,
): { readonly layer: Layer; readonly inputs: readonly TensorRef[] } {
  const { className, name } = entry, run = operations[className];
  const args = [...call.args, ...Object.values(call.kwargs).filter((v) => v !== null && v !== false)];
  const place = name ?? className;
  const refuse = (what: string) =>
    new UnsupportedError(`layer ${shown(name)}: operation ${className}${what} is not supported`, { place });
  if (!run || !Object.hasOwn(operations, className)) throw refuse("");
  for (const a of args) {
    if (!isRef(a) && typeof a !== "number" && typeof a !== "boolean") {
      throw refuse(` with the argument ${shown(a)}`);
    }
  }
  const def: LayerDef = {
    kind: "layer",
    name: className,
    summary: "an operation of Keras 3",
    config: {} as LayerDef["config"],
    mask: "consume",
    params: () => ({}),
    build({ b, inputs }) {
      let next = 0;
      const dtype = common(inputs, args);
      const values = args.map((a) => {
        const given = isRef(a) ? inputs[next++] : undefined;
        return given
          ? as(b, given, dtype)
          : b.scalar(typeof a === "number" || typeof a === "boolean" ? a : 0, dtype);
      });
      return [run(b, values)];
    },
  };
  const { module } = entry.raw;
  made.set(def, {
    module: typeof module === "string"
      ? module
      : `keras.src.ops.${ofNetworks.has(className) ? "nn" : "numpy"}`,
    className,
    args: call.args,
    kwargs: call.kwargs,
  });
  const layer: Layer = {
    kind: "built-layer",
    def,
    config: {},
    trainable: true,
    ...(name !== undefined && { name }),
  };
  return { layer, inputs: args.filter(isRef) };
}
