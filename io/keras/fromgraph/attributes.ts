/** Inputs, outputs, attributes and sizes of a node. @module */
import { ShapeError, shown } from "../../../core/values/errors.ts";
import type { Attributes, Node } from "../../../core/graph/graph.ts";
import type { Dim } from "../../../core/values/shape.ts";

/** Id of a node's input; -1 where it has none. */
export const inputOf = (node: Node, index = 0): number => node.inputs[index] ?? -1;
/** Id of a node's output; -1 where it has none. */
export const outputOf = (node: Node, index = 0): number => node.outputs[index] ?? -1;
/** A node's attribute as a number; true is 1. */
export function numberOf(attributes: Attributes, name: string, otherwise: number): number {
  const value = attributes[name];
  return typeof value === "number" || typeof value === "bigint" || typeof value === "boolean"
    ? Number(value)
    : otherwise;
}
/** A node's attribute as a list of numbers; undefined where it says nothing. */
export function numbersOf(attributes: Attributes, name: string): readonly number[] | undefined {
  const value = attributes[name];
  if (!Array.isArray(value) || value.length === 0) return undefined;
  return (value as readonly (number | bigint)[]).map(Number);
}
/** @throws {ShapeError} where a size isn't known. */
export function size(d: Dim | undefined, what: string): number {
  if (typeof d === "number") return d;
  throw new ShapeError(`${what} is known only while the model runs (${shown(d)})`);
}
