/** Chains of elementwise operators become one loop over all their operands. @module */
import type { Node } from "../../../../core/graph/graph.ts";
import { BackendError } from "../../../../core/values/errors.ts";
import { item } from "../../../../core/values/item.ts";
import { type Dim, sameDim } from "../../../../core/values/shape.ts";
import type { Tensor } from "../../../../core/values/tensor.ts";
import { elementType, elementwiseRules, Expression } from "./expressions.ts";
import type { DType } from "../../../../core/values/dtype.ts";
import type { Kernel, LoopKernels } from "../kernels.ts";
import type { ElementType, InnerStride } from "./loops.ts";
import type { Scope } from "./scope.ts";
import { type Arg, at, type Call, extent } from "./program.ts";
import { broadcastView, collapse, elementBytes, isWhole, physicalOrder, type View } from "../memory/views.ts";

const MOST_NODES = 48, MOST_OPERANDS = 14;

function sameShape(a: readonly Dim[], b: readonly Dim[]): boolean {
  return a === b || a.length === b.length && a.every((d, i) => sameDim(d, b[i] ?? -1));
}

/** What loops are written with: the part of the lowering that they need. */
interface LoopEmitter {
  readonly kernels: Pick<LoopKernels, "elementwise">;
  constantOf(scope: Scope, id: number): Tensor | undefined;
  view(scope: Scope, id: number): View;
  type(scope: Scope, id: number): { readonly dtype: DType; readonly shape: readonly Dim[] };
  /** A dense value of its own, in the given order of axes. */
  fresh(shape: readonly Dim[], dtype: DType, order?: readonly number[]): View;
  call(
    kernel: Kernel,
    given: readonly Arg[],
    reads: readonly View[],
    writes: readonly View[],
    nodes: readonly Node[],
    extra: { readonly inPlace?: Call["inPlace"] },
  ): void;
}

/** Elementwise nodes of one shape that become one loop. */
export class Group {
  readonly shape: readonly Dim[];
  readonly nodes = new Set<Node>();
  readonly values = new Set<number>();
  /** What its nodes read from outside. */
  readonly #read = new Set<number>();
  constructor(shape: readonly Dim[]) {
    this.shape = shape;
  }
  /** Takes a node in, after what it reads of the group's. */
  add(node: Node, id: number): void {
    for (const input of node.inputs) if (input >= 0 && !this.values.has(input)) this.#read.add(input);
    this.nodes.add(node);
    this.values.add(id);
  }
  /** Takes another group's nodes in, which read nothing of this one. */
  take(other: Group): void {
    for (const node of other.nodes) this.nodes.add(node);
    for (const id of other.values) this.values.add(id);
    for (const id of other.#read) this.#read.add(id);
  }
  /** Values from outside, in order of use. */
  get operands(): ReadonlySet<number> {
    return this.#read;
  }
  /** Writes the loop. */
  emit(lowering: LoopEmitter, scope: Scope): void {
    const stored = [...this.values].filter((id) => isStored(this, scope, id));
    if (stored.length === 0) return;
    const constants = new Map<number, number>();
    const reads: { readonly id: number; readonly view: View; readonly type: ElementType }[] = [];
    for (const id of this.operands) {
      const value = lowering.constantOf(scope, id);
      const single = value && singleNumber(value);
      if (single !== undefined) {
        constants.set(id, single);
        continue;
      }
      const view = broadcastView(lowering.view(scope, id), this.shape);
      reads.push({ id, view, type: elementType(view.dtype) ?? "f32" });
    }
    const expression = new Expression(reads.map((r) => r.type));
    const numbers = new Map(reads.map((r, i) => [r.id, i]));
    for (const [id, value] of constants) {
      const type = elementType(lowering.type(scope, id).dtype) ?? "f32";
      numbers.set(id, expression.constant(value, type === "u8" ? "i32" : type));
    }
    for (const node of this.nodes) {
      const args = trimmed(node.inputs).map((id) => numbers.get(id));
      const rule = elementwiseRules[node.op];
      if (rule) numbers.set(node.outputs[0] ?? -1, rule.build(expression, args, node));
    }
    this.#store(
      lowering,
      scope,
      stored,
      reads.map((r) => r.view),
      reads.map((r) => r.type),
      expression,
      numbers,
    );
  }

  #store(
    lowering: LoopEmitter,
    scope: Scope,
    stored: readonly number[],
    reads: readonly View[],
    types: readonly ElementType[],
    expression: Expression,
    numbers: ReadonlyMap<number, number>,
  ): void {
    const model = reads.find((v) => sameShapeAsDense(v)) ?? reads[0];
    const order = model ? physicalOrder(model) : this.shape.map((_, i) => i);
    const writes: { readonly view: View; readonly value: number }[] = [];
    for (const id of stored) {
      const value = numbers.get(id),
        { dtype } = lowering.type(scope, id),
        wanted = scope.wanted.get(id) ?? [];
      if (value === undefined) {
        throw new BackendError(`value ${id} of graph ${scope.graph.name} has no expression`);
      }
      for (const view of wanted) writes.push({ view, value });
      const home = wanted[0] ?? lowering.fresh(this.shape, dtype, order);
      if (wanted.length === 0) writes.push({ view: home, value });
      scope.views.set(id, home);
    }
    const all = [...reads, ...writes.map((w) => w.view)];
    const { shape, strides } = collapse(this.shape, all.map((v) => v.strides), order);
    const rank = Math.max(0, shape.length - 1);
    const inner = all.map((v, i): InnerStride => {
      const s = shape.length === 0 ? 0 : item(item(strides, i), rank);
      return s === 0 && i < reads.length ? 0 : s === elementBytes(v.dtype) || shape.length === 0 ? 1 : "any";
    });
    const kernel = lowering.kernels.elementwise({
      inputs: types.map((dtype, i) => ({ dtype, inner: item(inner, i) })),
      nodes: expression.nodes,
      outputs: writes.map(({ view, value }, i) => ({
        dtype: elementType(view.dtype) ?? "f32",
        value,
        inner: inner[reads.length + i] === "any" ? "any" : 1,
      })),
      rank,
    });
    const args: Arg[] = [];
    for (let d = 0; d < rank; d++) args.push(extent(item(shape, d)));
    args.push(shape.length === 0 ? 1 : extent(item(shape, rank)));
    all.forEach((view, i) => {
      const own = item(strides, i);
      args.push(at(view));
      for (let d = 0; d < rank; d++) args.push(extent(item(own, d)));
      if (inner[i] === "any") args.push(extent(item(own, rank)));
    });
    const inPlace = inPlacePairs(reads, writes.map((w) => w.view), strides);
    lowering.call(kernel, args, reads, writes.map((w) => w.view), [...this.nodes], { inPlace });
  }
}

function sameShapeAsDense(view: View): boolean {
  return view.strides.every((s, i) => s !== 0 || view.shape[i] === 1);
}
function trimmed(ids: readonly number[]): readonly number[] {
  let n = ids.length;
  while (n > 0 && ids[n - 1] === -1) n--;
  return ids.slice(0, n);
}
function singleNumber(value: Tensor): number | undefined {
  if (value.data.length !== 1 || elementType(value.dtype) === undefined) return undefined;
  const n = Number(value.data[0]);
  return value.dtype === "float32" || Number.isSafeInteger(n) ? n : undefined;
}
/** A value must be stored when something outside the loop reads it. */
function isStored(group: Group, scope: Scope, id: number): boolean {
  if (scope.outputs.has(id) || scope.wanted.has(id)) return true;
  return (scope.consumers[id] ?? []).some((node) => !group.nodes.has(node));
}
/** Pairs of (output, input) storages that lie the same way, whole. */
function inPlacePairs(
  reads: readonly View[],
  writes: readonly View[],
  strides: readonly (readonly Dim[])[],
): Call["inPlace"] {
  const pairs: [View["storage"], View["storage"]][] = [];
  writes.forEach((w, j) => {
    if (!isWhole(w)) return;
    const own = item(strides, reads.length + j);
    reads.forEach((r, i) => {
      const same = r.dtype === w.dtype && r.offset === 0 && r.steps.length === 0 &&
        sameDim(r.storage.bytes, w.storage.bytes) &&
        item(strides, i).every((s, k) => sameDim(s, item(own, k)));
      const alone = () =>
        reads.every((other, k) => k === i || other.storage !== r.storage || sameLayout(other, r));
      if (same && alone()) pairs.push([w.storage, r.storage]);
    });
  });
  return pairs;
}

function sameLayout(a: View, b: View): boolean {
  return a.offset === b.offset && a.steps.length === 0 &&
    a.strides.every((s, i) => sameDim(s, item(b.strides, i)));
}

/** Whether groups together are as large as one may be. */
function isFull(groups: readonly Group[]): boolean {
  const [first] = groups;
  if (!first) return false;
  if (groups.length === 1) return first.nodes.size >= MOST_NODES || first.operands.size >= MOST_OPERANDS;
  if (groups.reduce((n, group) => n + group.nodes.size, 0) >= MOST_NODES) return true;
  return new Set(groups.flatMap((group) => [...group.operands])).size >= MOST_OPERANDS;
}

/** The pending groups of a scope. */
export class Groups {
  readonly #open = new Set<Group>();
  readonly #byValue = new Map<number, Group>();

  /** The pending group that makes a value. */
  of(id: number): Group | undefined {
    return this.#byValue.get(id);
  }
  /** All pending groups, oldest first. */
  open(): readonly Group[] {
    return [...this.#open];
  }
  /** Takes a group off the list. */
  close(group: Group): void {
    this.#open.delete(group);
    for (const id of group.values) this.#byValue.delete(id);
  }
  /** Adds a node to the pending groups that feed it, or to a new one; groups of another shape are written first. */
  join(node: Node, scope: Scope, emit: (group: Group) => void): void {
    const id = node.outputs[0] ?? -1, type = scope.graph.types[id];
    const shape = type?.kind === "tensor" ? type.shape ?? [] : [];
    let feeding: Group[] = [];
    for (const input of node.inputs) {
      const group = this.#byValue.get(input);
      if (!group || feeding.includes(group)) continue;
      if (sameShape(group.shape, shape)) feeding.push(group);
      else emit(group);
    }
    if (isFull(feeding)) {
      for (const group of feeding) emit(group);
      feeding = [];
    }
    const group = feeding[0] ?? new Group(shape);
    this.#open.add(group);
    for (let i = 1; i < feeding.length; i++) this.#merge(group, item(feeding, i));
    group.add(node, id);
    this.#byValue.set(id, group);
  }
  #merge(group: Group, other: Group): void {
    this.#open.delete(other);
    group.take(other);
    for (const value of other.values) this.#byValue.set(value, group);
  }
}
