/** A network of Keras' layers on its way out of a graph: values as tensors of the network, layers named after nodes. @module */
import { item } from "../../../core/values/item.ts";
import { type DType, isFloat } from "../../../core/values/dtype.ts";
import { LapisError, shown, UnsupportedError } from "../../../core/values/errors.ts";
import { createLayer } from "../../../core/network/factory.ts";
import { applyAll } from "../../../core/network/functional.ts";
import { type Graph, type Node, typeOf } from "../../../core/graph/graph.ts";
import { outputOf } from "./attributes.ts";
import type { Layer } from "../../../core/network/layer.ts";
import { snakeCase } from "../../../core/network/names.ts";
import type { ApplyOptions, SymbolicTensor } from "../../../core/network/network.ts";
import type { Registry } from "../../../core/registry.ts";
import { type Dim, dimText, sameDim, shapeText, staticShape } from "../../../core/values/shape.ts";
import { type Tensor, toNumbers } from "../../../core/values/tensor.ts";
import { isConstant } from "../reading/constants.ts";
import type { LayerEntry } from "../reading/entry.ts";
import type { Argument, TensorRef } from "../reading/nodes.ts";
import { operationLayer } from "../reading/operations.ts";
import { allOperations } from "../operations/rare.ts";
import { moduleOf } from "../operations/modules.ts";
import { type Groups, isFine, natural, orderOf, sameView, significant, sizesIn } from "./views.ts";

/** A tensor of the network that holds a value of the graph. */
export interface View {
  readonly groups: Groups;
  readonly tensor: SymbolicTensor;
}
/** Weights of a layer by name, and of the layers inside it. */
export interface LayerWeights {
  readonly own?: Readonly<Record<string, Tensor>>;
  readonly inner?: readonly Readonly<Record<string, Tensor>>[];
}
/** An argument of an operation: a tensor of the network, or a constant. */
export type Operand = SymbolicTensor | Argument | readonly Operand[];

/** From which input on an operator reads shapes, where types say as much. */
const shapeInputs: Readonly<Record<string, number>> = {
  ConstantOfShape: 0,
  Expand: 1,
  Range: 0,
  Reshape: 1,
  Resize: 1,
  Slice: 1,
  Split: 1,
  Squeeze: 1,
};
/** Operators whose output has no elements but those of their first input. */
const movers: ReadonlySet<string> = new Set(
  "Cast Concat Expand Flatten Gather Identity Reshape Slice Split Squeeze Tile Transpose Unsqueeze".split(
    " ",
  ),
);

/** A network on its way. Errors of its methods name what a node asks for, not the node. */
export class Draft {
  readonly graph: Graph;
  readonly registry: Registry;
  /** Weights of the layers made so far. */
  readonly weights = new Map<Layer, LayerWeights>();
  readonly #constants = new Map<number, Tensor>();
  readonly #views = new Map<number, View[]>();
  readonly #readers = new Map<number, Node[]>();
  readonly #producers = new Map<number, Node>();
  readonly #done = new Set<Node>();
  readonly #taken = new Set<string>();
  #node: Node | undefined;

  constructor(graph: Graph, registry: Registry) {
    this.graph = graph;
    this.registry = registry;
    for (const { id, role, value } of graph.inputs) {
      if (role !== "data" && value) this.#constants.set(id, value);
    }
    for (const node of graph.nodes) {
      for (const id of node.outputs) this.#producers.set(id, node);
      for (const id of new Set(node.inputs)) this.#readers.set(id, [...this.#readers.get(id) ?? [], node]);
    }
  }

  /** Runs `fill` for a node: layers made in it are named after it. */
  at<T>(node: Node, fill: () => T): T {
    this.#node = node;
    return fill();
  }
  /** A name that Keras takes and no other layer has. */
  name(wanted: string): string {
    const base = wanted.replace(/[^\w.-]+/g, "_").replace(/^[^A-Za-z0-9]+|_+$/g, "") || "layer";
    let name = base;
    for (let i = 1; this.#taken.has(name); i++) name = `${base}_${i}`;
    this.#taken.add(name);
    return name;
  }
  #named(suffix: string | undefined): string {
    const { scope = "", op = "layer" } = this.#node ?? {};
    const own = scope === "" ? snakeCase(op) : scope;
    return this.name(suffix === undefined ? own : `${own}_${suffix}`);
  }

  /** The constant behind a value. */
  constant(id: number | undefined): Tensor | undefined {
    return id === undefined ? undefined : this.#constants.get(id);
  }
  /** The constant behind an input. @throws {UnsupportedError} where it is computed. */
  fixed(node: Node, index: number, what: string): Tensor {
    const found = this.constant(node.inputs[index]);
    if (!found) throw new UnsupportedError(`${what} is computed while the model runs`);
    return found;
  }
  /** A value's shape. @throws {UnsupportedError} where its rank isn't known. */
  shape(id: number): readonly Dim[] {
    const type = typeOf(this.graph, id);
    if (type.kind !== "tensor") throw new UnsupportedError(`a ${type.kind} is no tensor`);
    if (!type.shape) throw new UnsupportedError("its shape is known only while the model runs");
    return type.shape;
  }
  /** True for values of floats. */
  isFloat(id: number): boolean {
    const type = typeOf(this.graph, id);
    return type.kind === "tensor" && isFloat(type.dtype);
  }
  /** The only node that reads a value which is no output, where there is one. */
  reader(id: number): Node | undefined {
    const [only, more] = this.#readers.get(id) ?? [];
    return more || this.graph.outputs.some((o) => o.id === id) ? undefined : only;
  }
  /** The constant that the only reader of a node's output adds to it, and that reader. */
  added(node: Node): { readonly constant: Tensor; readonly node: Node } | undefined {
    const next = this.reader(outputOf(node));
    if (next?.op !== "Add" || next.domain !== "") return undefined;
    const constant = this.constant(next.inputs.find((id) => id !== outputOf(node)));
    return constant && { constant, node: next };
  }
  /** True where a node reads a value, or it is an output. */
  isRead(id: number): boolean {
    return this.#readers.has(id) || this.graph.outputs.some((o) => o.id === id);
  }
  /** Says that a value is one number all over. */
  splat(id: number, value: Tensor): void {
    this.#constants.set(id, { ...value, shape: this.shape(id).map(() => 1) });
  }
  /** True for a value of zeros alone. */
  isZero(id: number): boolean {
    const t = this.constant(id);
    if (t) return t.dtype !== "string" && toNumbers(t).every((v) => v === 0);
    const node = this.#producers.get(id);
    return node !== undefined && movers.has(node.op) && node.domain === "" &&
      node.inputs.every((input, i) => input < 0 || i > 0 && node.op !== "Concat" || this.isZero(input));
  }
  /** True where a node reads a value for a shape alone, which types tell. */
  isShape(node: Node, id: number): boolean {
    const at = shapeInputs[node.op];
    return at !== undefined && node.domain === "" && node.inputs.every((input, i) => input !== id || i >= at);
  }
  /** The element type of a value. */
  dtype(id: number): DType {
    const type = typeOf(this.graph, id);
    if (type.kind !== "tensor") throw new UnsupportedError(`a ${type.kind} is no tensor`);
    return type.dtype;
  }
  /** `[size]` elements of any tensor with an axis of that size. @throws {UnsupportedError} where there is none. */
  line(size: Dim, suffix: string): SymbolicTensor {
    for (const list of this.#views.values()) {
      for (const { tensor } of list) {
        const shape = tensor.type.shape ?? [], at = shape.findIndex((n) => sameDim(n, size));
        if (at < 0) continue;
        if (shape.length === 1) return tensor;
        const all = { class_name: "__slice__", config: { start: null, stop: null, step: null } };
        return this.operation("GetItem", {}, [tensor, shape.map((_, i) => (i === at ? all : 0))], suffix);
      }
    }
    throw new UnsupportedError(`it needs a size that no tensor has (${dimText(size)})`);
  }
  /** A constant repeated to a shape that it broadcasts to. */
  folded(t: Tensor, shape: readonly number[]): Tensor {
    const from = toNumbers(t), data = new Float32Array(shape.reduce((n, s) => n * s, 1));
    for (let i = 0; i < data.length; i++) {
      let at = 0, rest = i, stride = 1;
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        const n = shape[axis] ?? 1, own = t.shape[axis] ?? 1;
        if (own > 1) at += rest % n * stride;
        rest = Math.floor(rest / n);
        stride *= own;
      }
      data[i] = from[at] ?? 0;
    }
    return { dtype: "float32", shape, data };
  }
  /** A value as an output of the network. */
  output(id: number, name: string): SymbolicTensor {
    if (this.constant(id)) throw new UnsupportedError(`output ${shown(name)} is a constant`);
    return this.natural(id);
  }
  /** Says that a node is part of a layer made for another. */
  take(node: Node): void {
    this.#done.add(node);
  }
  /** True for a node that is part of another's layer. */
  isTaken(node: Node): boolean {
    return this.#done.has(node);
  }

  /** True once a tensor holds the value. */
  has(id: number): boolean {
    return this.#views.has(id);
  }
  /** Says which tensor holds a value, and how. */
  set(id: number, groups: Groups, tensor: SymbolicTensor): void {
    const want = sizesIn(groups, this.shape(id)), got = tensor.type.shape ?? [];
    const clash = want.length !== got.length ||
      want.some((d, i) => typeof d === "number" && typeof got[i] === "number" && d !== got[i]);
    if (clash) {
      throw new LapisError("graph", `a layer gives ${shapeText(got)}, the graph ${shapeText(want)}`);
    }
    this.#views.set(id, [...this.#views.get(id) ?? [], { groups, tensor }]);
  }
  /** Every way in which a value is there. */
  views(id: number): readonly View[] {
    const views = this.#views.get(id);
    if (!views) throw new UnsupportedError("it reads a constant where a layer needs a tensor");
    return views;
  }
  /** A value in a given form; made of another form where it isn't there. */
  view(id: number, want: Groups): SymbolicTensor {
    const shape = this.shape(id), views = this.views(id);
    const there = views.find((v) => sameView(v.groups, want, shape));
    if (there) return there.tensor;
    const order = orderOf(want, shape).join();
    const from = views.find((v) => orderOf(v.groups, shape).join() === order) ??
      views.find((v) => isFine(v.groups, shape)) ?? views[0];
    if (!from) throw new LapisError("graph", "a value has no tensor");
    const tensor = this.#turned(from, want, shape);
    this.#views.set(id, [...views, { groups: want, tensor }]);
    return tensor;
  }
  /** A value as the graph has it. */
  natural(id: number): SymbolicTensor {
    return this.view(id, natural(this.shape(id).length));
  }

  #turned(from: View, want: Groups, shape: readonly Dim[]): SymbolicTensor {
    let { groups, tensor } = from;
    if (orderOf(groups, shape).join() !== orderOf(want, shape).join()) {
      // A transposition moves whole axes: they are put apart first.
      const whole = groups.length === want.length && groups.every((g) => g.length === 1);
      const apart = whole ? groups : significant(groups, shape).flatMap((g) => g.map((axis) => [axis]));
      if (!sameView(groups, apart, shape) || groups.length !== apart.length) {
        tensor = this.reshaped(tensor, sizesIn(apart, shape));
      }
      const goal = whole && isFine(want, shape) && want.every((g) => g.length === 1)
        ? want.flat()
        : orderOf(want, shape);
      const places = apart.flat(), axes = goal.map((axis) => places.indexOf(axis));
      tensor = this.transposed(tensor, axes);
      groups = goal.map((axis) => [axis]);
    }
    return sameView(groups, want, shape) ? tensor : this.reshaped(tensor, sizesIn(want, shape));
  }
  /** A tensor with its axes in another order. */
  transposed(tensor: SymbolicTensor, axes: readonly number[]): SymbolicTensor {
    if (axes.every((axis, i) => axis === i)) return tensor;
    return axes[0] === 0
      ? this.layer("Permute", { dims: axes.slice(1) }, [tensor], undefined, "permute")
      : this.operation("Transpose", { axes }, [tensor], "transpose");
  }
  /** A tensor in another shape. @throws {UnsupportedError} where more than one size is open. */
  reshaped(tensor: SymbolicTensor, sizes: readonly Dim[]): SymbolicTensor {
    const own = tensor.type.shape ?? [], [batch = 1, ...rest] = sizes;
    const numbers = (list: readonly Dim[]) => list.map((d) => (typeof d === "number" ? d : -1));
    const open = (list: readonly number[]) => list.filter((d) => d === -1).length;
    if (sizes.length > 0 && own.length > 0 && sameDim(batch, own[0] ?? -1) && open(numbers(rest)) <= 1) {
      const flat = rest.length === 1 && own.length > 2 && isNatural(own, rest);
      return flat
        ? this.layer("Flatten", {}, [tensor], undefined, "flatten")
        : this.layer("Reshape", { targetShape: numbers(rest) }, [tensor], undefined, "reshape");
    }
    const newshape = numbers(sizes);
    if (open(newshape) > 1) {
      throw new UnsupportedError(`it reshapes to ${shapeText(sizes)}, where more than one size varies`);
    }
    return this.operation("Reshape", { newshape }, [tensor], "reshape");
  }

  /** Adds a layer by Keras' class and gives all its outputs. */
  layers(
    className: string,
    options: Readonly<Record<string, unknown>>,
    inputs: readonly SymbolicTensor[],
    weights?: LayerWeights,
    suffix?: string,
    call?: ApplyOptions,
  ): readonly SymbolicTensor[] {
    const def = this.registry.get("layer", className);
    const layer = createLayer(def, { ...options, name: this.#named(suffix) });
    if (weights) this.weights.set(layer, weights);
    return applyAll(layer, inputs, call);
  }
  /** Adds a layer with one output. */
  layer(
    className: string,
    options: Readonly<Record<string, unknown>>,
    inputs: readonly SymbolicTensor[],
    weights?: LayerWeights,
    suffix?: string,
  ): SymbolicTensor {
    return one(this.layers(className, options, inputs, weights, suffix));
  }
  /** A layer inside another's configuration. */
  inner(className: string, options: Readonly<Record<string, unknown>>): Layer {
    return createLayer(this.registry.get("layer", className), options);
  }
  /** Adds an operation by Keras' class and gives all its outputs. */
  operations(
    className: string,
    config: Readonly<Record<string, unknown>>,
    operands: readonly Operand[],
    suffix?: string,
  ): readonly SymbolicTensor[] {
    const tensors: SymbolicTensor[] = [], name = this.#named(suffix);
    const given = className === "Add" ? addends(operands) : operands;
    const argument = (x: Operand): Argument => {
      if (isSymbolic(x)) {
        tensors.push(x);
        return { kind: "ref", layer: x.name ?? "", node: 0, tensor: x.index } satisfies TensorRef;
      }
      return Array.isArray(x) ? (x as readonly Operand[]).map(argument) : x as Argument;
    };
    const args = given.map(argument);
    const entry: LayerEntry = {
      className,
      registered: className,
      name,
      config,
      raw: { class_name: className, module: moduleOf(className), config },
    };
    const { layer } = operationLayer(entry, { args, kwargs: {} }, allOperations);
    return applyAll(layer, tensors);
  }
  /** Adds an operation with one output. */
  operation(
    className: string,
    config: Readonly<Record<string, unknown>>,
    operands: readonly Operand[],
    suffix?: string,
  ): SymbolicTensor {
    return one(this.operations(className, config, operands, suffix));
  }
}
function one(list: readonly SymbolicTensor[]): SymbolicTensor {
  const [only] = list;
  if (!only) throw new LapisError("graph", "a layer gave no tensor");
  return only;
}
const isNatural = (own: readonly Dim[], rest: readonly Dim[]) =>
  staticShape(own.slice(1)) !== undefined && typeof rest[0] === "number";
/** True for a tensor of the network. */
export function isSymbolic(x: unknown): x is SymbolicTensor {
  return typeof x === "object" && x !== null && "kind" in x && x.kind === "symbolic";
}

/** Sizes of an operand. */
function sizesOf(x: Operand | undefined): readonly unknown[] {
  if (isSymbolic(x)) return x.type.shape ?? [];
  const sizes: number[] = [];
  for (let v = isConstant(x) ? x.config.value as unknown : 0; Array.isArray(v); v = v[0]) {
    sizes.push(v.length);
  }
  return sizes;
}
/**
 * Two addends in an order that Keras adds rightly: on TensorFlow it takes a second one with a single axis for a bias of the
 * first, of its last axis or even its second, wherever its own axis stands.
 */
function addends(operands: readonly Operand[]): readonly Operand[] {
  const [x, y] = operands, own = sizesOf(y), counting = own.filter((n) => n !== 1);
  const [n] = counting, bias = counting.length === 1 && !(own.at(-1) === n && sizesOf(x).at(-1) === n);
  return bias && operands.length === 2 ? operands.toReversed() : operands;
}

/** Largest array that is held as a constant of an operation; what is longer is a layer's weight or nothing. */
const most = 1 << 22;
/** A constant as an argument: a number, or an array in Keras' form. @throws {UnsupportedError} for one that is too large. */
export function argumentOf(t: Tensor): Argument {
  if (t.dtype === "string") throw new UnsupportedError("it reads constant texts");
  if (t.data.length > most) {
    throw new UnsupportedError(`it reads a constant of ${t.data.length} elements, which no layer holds`);
  }
  const numbers = toNumbers(t),
    value = (i: number) => t.dtype === "bool" ? numbers[i] !== 0 : numbers[i] as number;
  if (t.shape.length === 0) return value(0);
  let at = 0;
  const nested = (axis: number): Argument =>
    axis === t.shape.length
      ? value(at++)
      : Array.from({ length: item(t.shape, axis) }, () => nested(axis + 1));
  return { class_name: "__numpy__", config: { value: nested(0), dtype: t.dtype } };
}
