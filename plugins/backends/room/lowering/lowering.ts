/** Lowers a graph to kernel calls: views where an operator only relabels, fused loops, and rules for the rest. @module */
import { type DType, isFloat } from "../../../../core/values/dtype.ts";
import { BackendError } from "../../../../core/values/errors.ts";
import { type Graph, type Node, opName, typeOf } from "../../../../core/graph/graph.ts";
import type { Operators } from "../../../../core/graph/op.ts";
import { item } from "../../../../core/values/item.ts";
import { asTensor, type Dim, productDims } from "../../../../core/values/shape.ts";
import { type Tensor, tensor, toIntegers } from "../../../../core/values/tensor.ts";
import { isElementwise } from "./expressions.ts";
import { type Group, Groups } from "./fusion.ts";
import type { Scope } from "./scope.ts";
import type { Target } from "../rules/rule.ts";
import type { Kernel } from "../kernels.ts";
import { type Arg, at, type Call, extent, type Item } from "./program.ts";
import {
  collapse,
  denseBytes,
  elementBytes,
  isContiguous,
  isWhole,
  liesAs,
  rowMajor,
  type Storage,
  stridesFor,
  type View,
} from "../memory/views.ts";

/** Lowers graphs into lists of items; list 0 is the prologue, list 1 the main program, deeper ones loop bodies. */
export class Lowering {
  readonly registry: Operators;
  readonly lists: Item[][] = [[], []];
  /** Kept storages with constant contents. */
  readonly constants = new Map<Storage, Tensor>();
  /** Kept storages filled from bound dims. */
  readonly filled = new Map<Storage, { readonly dims: readonly Dim[]; readonly dtype: DType }>();
  /** Where kernels leave an index that is out of range, and what to say then. */
  readonly statuses: {
    readonly storage: Storage;
    readonly node: Node;
    readonly axis: number;
    readonly limit: Dim;
  }[] = [];
  readonly #constantViews = new Map<Tensor, View>();
  /** One kernel for each key: equal keys mean equal code. */
  readonly #kernels = new Map<string, Kernel>();
  #storages = 0;
  #loops = 0;

  readonly #target: Target;
  readonly #told: (d: Dim) => boolean;

  /** `told` says which sizes an input or a host step tells. */
  constructor(registry: Operators, target: Target, told: (d: Dim) => boolean) {
    this.registry = registry;
    this.#target = target;
    this.#told = told;
  }

  /** The engine's copies, fills and fused loops. */
  get kernels(): Target["kernels"] {
    return this.#target.kernels;
  }
  /** The list that calls go to. */
  get level(): number {
    return this.lists.length - 1;
  }
  /** A number for a new loop. */
  nextLoop(): number {
    return this.#loops++;
  }

  /** A block of memory, kept when it is written in the prologue. */
  storage(bytes: Dim, what: Storage["what"], level = this.level): Storage {
    const kept = level === 0 || what === "weight" || what === "constant" || what === "status";
    return { id: this.#storages++, bytes, kind: kept ? "kept" : "arena", what, level };
  }
  /** A dense new value in a physical order of its axes (logical unless said). */
  fresh(
    shape: readonly Dim[],
    dtype: DType,
    order?: readonly number[],
    what: Storage["what"] = "value",
    level = this.level,
  ): View {
    const strides = order ? stridesFor(shape, order, dtype) : rowMajor(shape, dtype);
    const storage = this.storage(denseBytes(shape, dtype), what, level);
    return { storage, offset: 0, steps: noSteps, dtype, shape, strides };
  }

  /** Raw memory of a kernel's own. */
  workspace(bytes: Dim, level = this.level): View {
    const storage = this.storage(bytes, level === 0 ? "packed" : "workspace", level);
    return { storage, offset: 0, steps: noSteps, dtype: "float32", shape: [bytes], strides: [1] };
  }
  /** Memory for what is packed from a value, where that is written: from weights alone it is packed once. */
  packing(source: View, bytes: Dim): View {
    return this.workspace(
      bytes,
      source.steps.length > 0 ? this.level : Math.min(source.storage.level, this.level),
    );
  }

  /**
   * Adds a kernel call, with its arguments in order or by name (names that the specialisation doesn't take are passed over).
   * `level` is the list; the innermost unless said.
   */
  call(
    kernel: Kernel,
    given: readonly Arg[] | Readonly<Record<string, Arg>>,
    reads: readonly View[],
    writes: readonly View[],
    node: Node | readonly Node[],
    extra: { readonly level?: number; readonly inPlace?: Call["inPlace"]; readonly back?: boolean } = {},
  ): void {
    const args = isList(given) ? given : kernel.args.map((name) => named(kernel, given, name));
    if (args.length !== kernel.args.length) {
      throw new BackendError(
        `kernel ${kernel.key} takes ${kernel.args.length} arguments, got ${args.length}`,
      );
    }
    const known = this.#kernels.get(kernel.key);
    if (!known) this.#kernels.set(kernel.key, kernel);
    this.lists[extra.level ?? this.level]?.push({
      kind: "call",
      kernel: known ?? kernel,
      args,
      reads: reads.map((v) => v.storage),
      writes: writes.map((v) => v.storage),
      nodes: Array.isArray(node) ? node as readonly Node[] : [node as Node],
      inPlace: extra.inPlace?.length === 0 ? undefined : extra.inPlace,
      back: extra.back === true,
    });
  }

  /** A scope for a graph. `outer` gives its non-constant inputs. */
  scope(
    graph: Graph,
    given: ReadonlyMap<
      number,
      { readonly view?: View; readonly constant?: Tensor; readonly dims?: readonly Dim[] }
    >,
  ): Scope {
    const consumers: (Node[] | undefined)[] = new Array(graph.types.length);
    const scope: Scope = {
      graph,
      views: new Map(),
      constants: new Map(),
      dims: new Map(),
      consumers,
      outputs: new Set(graph.outputs.map((o) => o.id)),
      groups: new Groups(),
      absorbed: new Map(),
      active: new Set(),
      wanted: new Map(),
    };
    for (const input of graph.inputs) {
      const source = given.get(input.id);
      const constant = input.role === "constant" ? input.value : source?.constant;
      if (constant) this.#know(scope, input.id, constant);
      if (source?.view) scope.views.set(input.id, source.view);
      if (source?.dims) scope.dims.set(input.id, source.dims);
    }
    for (const node of graph.nodes) this.#propagate(scope, node);
    for (const node of graph.nodes) {
      if (isKnown(scope, node)) continue;
      for (const id of node.inputs) {
        if (id < 0) continue;
        const list = consumers[id];
        if (!list) consumers[id] = [node];
        else if (list[list.length - 1] !== node) list.push(node);
      }
    }
    return scope;
  }
  #know(scope: Scope, id: number, value: Tensor): void {
    scope.constants.set(id, value);
    const integers = value.dtype === "int64" || value.dtype === "int32";
    if (integers && value.shape.length <= 1 && value.data.length <= 1024) {
      scope.dims.set(id, toIntegers(value));
    }
  }
  #propagate(scope: Scope, node: Node): void {
    const first = node.outputs[0] ?? -1, type = scope.graph.types[first];
    if (!type || (type.kind === "tensor" && isFloat(type.dtype))) return;
    const def = this.registry.get("op", opName(node));
    if (!def.propagate) return;
    const dims = def.propagate({
      inputs: node.inputs.map((id) => (id < 0 ? undefined : scope.graph.types[id])),
      attributes: node.attributes,
      outputs: node.outputs.length,
      graphs: node.graphs,
      known: (i) => this.constantOf(scope, node.inputs[i] ?? -1),
      dims: (i) => scope.dims.get(node.inputs[i] ?? -1),
    });
    if (dims?.every(this.#told)) scope.dims.set(first, dims);
  }

  /** A value's contents where they are the same for every run. */
  constantOf(scope: Scope, id: number): Tensor | undefined {
    const known = scope.constants.get(id);
    if (known) return known;
    const dims = scope.dims.get(id), type = scope.graph.types[id];
    if (!dims?.every((d) => typeof d === "number") || type?.kind !== "tensor" || !type.shape) {
      return undefined;
    }
    return tensor(dims as number[], type.shape.length === 0 ? [] : [dims.length], type.dtype);
  }

  /** The type of a value as a tensor with a known shape. */
  type(scope: Scope, id: number): { readonly dtype: DType; readonly shape: readonly Dim[] } {
    const { dtype, shape } = asTensor(typeOf(scope.graph, id));
    if (!shape) throw new BackendError(`value ${id} has no known rank`);
    return { dtype, shape };
  }

  /** The view of a value, computed by now: a pending fused loop that makes it is written first. */
  view(scope: Scope, id: number): View {
    const pending = scope.groups.of(id);
    if (pending) this.emitGroup(scope, pending);
    const found = scope.views.get(id);
    if (found) return found;
    const constant = scope.constants.get(id);
    if (constant) return this.constantView(constant);
    const dims = scope.dims.get(id);
    if (dims) {
      const { dtype, shape } = this.type(scope, id);
      const view = this.fresh(shape, dtype, undefined, "constant", 0);
      this.filled.set(view.storage, { dims, dtype });
      scope.views.set(id, view);
      return view;
    }
    throw new BackendError(`value ${id} of graph ${scope.graph.name} is used before it is computed`);
  }
  /** The view of a constant tensor. */
  constantView(value: Tensor): View {
    let view = this.#constantViews.get(value);
    if (!view) {
      view = this.fresh(value.shape, value.dtype, undefined, "constant", 0);
      this.constants.set(view.storage, value);
      this.#constantViews.set(value, view);
    }
    return view;
  }
  /** The view of a node's input. @throws {BackendError} for an absent one. */
  input(scope: Scope, node: Node, index: number): View {
    const id = node.inputs[index] ?? -1;
    if (id < 0) throw new BackendError(`${opName(node)} needs input ${index}`);
    return this.view(scope, id);
  }
  /** The same for an optional input. */
  optional(scope: Scope, node: Node, index: number): View | undefined {
    return (node.inputs[index] ?? -1) < 0 ? undefined : this.input(scope, node, index);
  }
  /** Integer contents of an input, as dims. */
  integers(scope: Scope, node: Node, index: number): readonly Dim[] | undefined {
    return scope.dims.get(node.inputs[index] ?? -1);
  }
  /** Says where a node's output lies, and copies it where else it is wanted. */
  define(scope: Scope, node: Node, view: View, index = 0): void {
    const id = node.outputs[index] ?? -1;
    if (id < 0) return;
    scope.views.set(id, view);
  }

  /** A dense copy of a view where it isn't dense in logical order. */
  contiguous(view: View, node: Node): View {
    return isContiguous(view) ? view : this.apart(view, node);
  }
  /** A dense copy of a view in memory of its own. */
  apart(view: View, node: Node): View {
    const out = this.fresh(view.shape, view.dtype);
    this.copy(view, out, node);
    return out;
  }
  /** Copies a view onto another of the same shape. */
  copy(from: View, to: View, node: Node, back = false): void {
    const size = elementBytes(from.dtype), dense = isContiguous(from) && isContiguous(to);
    const { shape, strides: [x = [], y = []] } = dense
      ? flat(productDims(to.shape), size)
      : collapse(to.shape, [from.strides, to.strides], orderFor(to));
    const dims = shape.length === 0 ? [1] : [...shape];
    const xs = shape.length === 0 ? [size] : [...x], ys = shape.length === 0 ? [size] : [...y];
    const last = dims.length - 1;
    const kind = xs[last] === size && ys[last] === size
      ? "run"
      : size === 4 && last >= 1 && ys[last] === size && xs[last - 1] === size
      ? "transpose"
      : "any";
    const width = size as 1 | 2 | 4 | 8;
    this.call(
      this.kernels.copy({ size: width, rank: dims.length, kind }),
      [...dims.map(extent), at(from), ...xs.map(extent), at(to), ...ys.map(extent)],
      [from],
      [to],
      node,
      { back },
    );
  }
  /** Writes one value, given by its low 32 bits, over a dense view. */
  fill(view: View, bits: number, node: Node): void {
    const size = elementBytes(view.dtype) as 1 | 2 | 4 | 8;
    this.call(
      this.kernels.fill({ size }),
      [at(view), extent(productDims(view.shape)), bits, 0],
      [],
      [view],
      node,
    );
  }
  /** Puts new values where those lie that they replace: all are read before any is written. */
  replace(values: readonly { readonly view: View; readonly home: View; readonly node: Node }[]): void {
    const homes = new Set<Storage>(), apart: View[] = [];
    for (const { home } of values) homes.add(home.storage);
    const moved = values.filter(({ view, home }) => view.storage !== home.storage || !liesAs(view, home));
    for (const { view, node } of moved) {
      apart.push(homes.has(view.storage) ? this.apart(view, node) : view);
    }
    for (const [i, { home, node }] of moved.entries()) this.#put(item(apart, i), home, node);
  }

  #put(view: View, home: View, node: Node): void {
    this.copy(view, home, node, isWhole(view) && isWhole(home) && liesAs(view, home));
  }

  /** Lowers a list of nodes of a scope, in order. */
  nodes(scope: Scope, nodes: readonly Node[]): void {
    for (const node of nodes) scope.active.add(node);
    for (const node of nodes) this.node(scope, node);
    this.flush(scope);
    scope.active.clear();
  }
  /** Lowers one node. */
  node(scope: Scope, node: Node): void {
    const source = scope.absorbed.get(node), first = node.outputs[0] ?? -1;
    if (source !== undefined) {
      scope.views.set(first, this.view(scope, source));
      return;
    }
    if (isKnown(scope, node)) return;
    if (isElementwise(node, scope.graph.types)) {
      scope.groups.join(node, scope, (group) => this.emitGroup(scope, group));
      return;
    }
    const rule = this.#target.rules[opName(node)];
    if (!rule) throw new BackendError(`no kernel for ${opName(node)}`);
    rule.lower(this, scope, node);
  }
  /** Writes a pending fused loop. */
  emitGroup(scope: Scope, group: Group): void {
    scope.groups.close(group);
    group.emit(this, scope);
  }
  /** Writes all pending fused loops. */
  flush(scope: Scope): void {
    for (const group of scope.groups.open()) this.emitGroup(scope, group);
  }
}

const noSteps: View["steps"] = [];
function isList(given: readonly Arg[] | Readonly<Record<string, Arg>>): given is readonly Arg[] {
  return Array.isArray(given);
}
function named(kernel: Kernel, given: Readonly<Record<string, Arg>>, name: string): Arg {
  const arg = given[name];
  if (arg === undefined) throw new BackendError(`kernel ${kernel.key} wants ${name}`);
  return arg;
}
/** A node whose integer result is known as dims: nothing is left to compute. */
export function isKnown(scope: Scope, node: Node): boolean {
  return node.outputs.length === 1 && scope.dims.has(node.outputs[0] ?? -1);
}
/** Dense memory as one axis on both sides. */
const flat = (count: Dim, size: number) =>
  count === 1 ? { shape: [], strides: [] } : { shape: [count], strides: [[size], [size]] };
/** Loop order for a copy: as the destination lies. */
function orderFor(view: View): readonly number[] {
  const axes = view.shape.map((_, i) => i);
  if (view.strides.every((s) => typeof s === "number")) {
    return axes.sort((a, b) => Number(view.strides[b]) - Number(view.strides[a]) || a - b);
  }
  return axes;
}
