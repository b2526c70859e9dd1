/** What operators with nested graphs share: their data inputs and outputs, stacking, unions of types. @module */
import { item } from "../../values/item.ts";
import { stridesOf } from "../arrays.ts";
import { dtypes } from "../../values/dtype.ts";
import { BackendError, LimitError, ShapeError } from "../../values/errors.ts";
import { type Graph, type GraphInput, typeOf } from "../../graph/graph.ts";
import { type Field, int } from "../../values/schema.ts";
import {
  asTensor,
  bindDim,
  type Dim,
  dimKey,
  dimsOf,
  evalDim,
  freshDim,
  sameDim,
  sameType,
  shapeText,
  type TensorType,
  tensorType,
  type Type,
  typeText,
} from "../../values/shape.ts";
import { isTensor, type RuntimeValue, sizeOf, type Tensor, tensorBytes } from "../../values/tensor.ts";
import type { Limits } from "../../values/limits.ts";
import { copyRun, emptyLike } from "../kernels.ts";

/** The field that says how many of a node's last inputs its nested graphs capture. */
export const capturesField: Field<number> = int({
  doc: "how many last inputs feed the nested graph's last",
  default: 0,
  min: 0,
});

/** A nested graph's inputs that the node feeds. */
export function fedInputs(graph: Graph): readonly GraphInput[] {
  return graph.inputs.filter((i) => i.role !== "constant");
}
/** The nested graph of a name. @throws {ShapeError} */
export function graphOf(graphs: Readonly<Record<string, Graph>>, name: string): Graph {
  const graph = graphs[name];
  if (!graph) throw new ShapeError(`the nested graph ${name} is missing`);
  return graph;
}
/** Types of a graph's outputs. */
export function outputTypes(graph: Graph): readonly Type[] {
  return graph.outputs.map((o) => typeOf(graph, o.id));
}
/** Checks that a graph takes as many values as it is fed. @throws {ShapeError} */
export function expectInputs(graph: Graph, count: number): void {
  const fed = fedInputs(graph).length;
  if (fed !== count) throw new ShapeError(`graph ${graph.name} takes ${fed} inputs, the node feeds ${count}`);
}

function unionShape(
  a: readonly Dim[] | undefined,
  b: readonly Dim[] | undefined,
): readonly Dim[] | undefined {
  if (!a || !b || a.length !== b.length) return undefined;
  return a.map((d, i) => (sameDim(d, b[i] ?? -1) ? d : freshDim()));
}
/** The narrowest type that holds both: equal dims stay, others become unknown. @throws {ShapeError} */
export function unionType(a: Type, b: Type): Type {
  if (sameType(a, b)) return a;
  if (a.kind === "optional" && b.kind !== "optional") return { kind: "optional", of: unionType(a.of, b) };
  if (b.kind === "optional" && a.kind !== "optional") return { kind: "optional", of: unionType(a, b.of) };
  if (a.kind !== "tensor" && b.kind !== "tensor" && a.kind === b.kind && a.key === b.key) {
    return { ...a, of: unionType(a.of, b.of) };
  }
  if (a.kind !== "tensor" || b.kind !== "tensor" || a.dtype !== b.dtype) {
    throw new ShapeError(`${typeText(a)} and ${typeText(b)} can't be one value`);
  }
  return tensorType(a.dtype, unionShape(a.shape, b.shape));
}

/** A tensor type with a dim inserted at an axis, counted in the result. */
export function stackedType(element: Type, axis: number, count: Dim): TensorType {
  const type = asTensor(element);
  if (type.shape === undefined) return type;
  const rank = type.shape.length + 1, at = axis < 0 ? axis + rank : axis;
  return tensorType(type.dtype, type.shape.toSpliced(at, 0, count));
}
/** A tensor type with an axis taken away. */
export function elementType(sequence: Type | undefined, axis: number): TensorType {
  const type = asTensor(sequence), dims = dimsOf(type), at = axis < 0 ? axis + dims.length : axis;
  if (at < 0 || at >= dims.length) throw new ShapeError(`axis ${axis} is outside ${shapeText(dims)}`);
  return tensorType(type.dtype, dims.toSpliced(at, 1));
}

/**
 * Types of a graph's outputs for inputs of the given shapes: what a loop without trips gives. A size that only running the
 * graph tells is 0, as in onnxruntime.
 */
export function boundTypes(
  graph: Graph,
  shapes: readonly (readonly number[] | undefined)[],
): readonly Type[] {
  const env = new Map<string, number>(), sizes = new Map<string, number>();
  fedInputs(graph).forEach((input, i) => {
    const type = typeOf(graph, input.id);
    if (type.kind !== "tensor") return;
    shapes[i]?.forEach((size, axis) => {
      const d = type.shape?.[axis] ?? size;
      bindDim(d, size, env);
      sizes.set(dimKey(d), size);
    });
  });
  const sizeFor = (d: Dim) => sizes.get(dimKey(d)) ?? evalDim(d, env) ?? 0;
  return outputTypes(graph).map((type) =>
    type.kind === "tensor" ? tensorType(type.dtype, type.shape?.map(sizeFor)) : type
  );
}
/** Shapes of values, where they have some. */
export function shapesOf(values: readonly (RuntimeValue | undefined)[]): (readonly number[] | undefined)[] {
  return values.map((v) => (v && isTensor(v) ? v.shape : undefined));
}

/** Reads one step of a sequence at a time, around any axis. */
export class Steps {
  readonly count: number;
  /** Shape of a step. */
  readonly shape: readonly number[];
  readonly #x: Tensor;
  readonly #outer: number;
  readonly #run: number;
  constructor(x: Tensor, axis: number) {
    const at = axis < 0 ? axis + x.shape.length : axis;
    this.#x = x;
    this.count = item(x.shape, at);
    this.shape = x.shape.toSpliced(at, 1);
    this.#outer = sizeOf(x.shape.slice(0, at));
    this.#run = item(stridesOf(x.shape), at) * dtypes[x.dtype].per;
  }
  /** A copy of one step. */
  at(step: number): Tensor {
    const x = this.#x, run = this.#run, outer = this.#outer;
    const data = emptyLike(x.dtype, sizeOf(this.shape));
    for (let o = 0; o < outer; o++) copyRun(x.data, (o * this.count + step) * run, data, o * run, run);
    return { dtype: x.dtype, shape: this.shape, data };
  }
}

/** Stacks equal-shaped tensors along a new axis. `element` tells what one is where there are none. */
export function stack(
  parts: readonly RuntimeValue[],
  axis: number,
  element: () => Type | undefined,
  limits: Limits,
): Tensor {
  const first = parts[0];
  if (first === undefined) {
    const { dtype, shape = [0] } = stackedType(element() ?? tensorType("float32"), axis, 0);
    return { dtype, shape: shape.map(Number), data: emptyLike(dtype, 0) };
  }
  if (!isTensor(first)) throw new BackendError("only tensors can be stacked");
  const rank = first.shape.length + 1, at = axis < 0 ? axis + rank : axis, count = parts.length;
  if (tensorBytes(first) * count > limits.tensorBytes) {
    throw new LimitError(`${count} steps of [${first.shape}] take more than ${limits.tensorBytes} bytes`);
  }
  const shape = first.shape.toSpliced(at, 0, count), out = emptyLike(first.dtype, sizeOf(shape));
  const outer = sizeOf(shape.slice(0, at)), run = sizeOf(shape.slice(at + 1)) * dtypes[first.dtype].per;
  parts.forEach((part, step) => {
    if (
      !isTensor(part) || part.shape.length + 1 !== rank || part.shape.some((d, i) => d !== first.shape[i])
    ) {
      throw new BackendError(`step ${step} gives another shape than [${first.shape}]`);
    }
    for (let o = 0; o < outer; o++) copyRun(part.data, o * run, out, (o * count + step) * run, run);
  });
  return { dtype: first.dtype, shape, data: out };
}
