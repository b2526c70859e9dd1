/** What every engine's session says of what it holds: names, values that are written, and the end of it. @module */
import { BackendError, InputError, ShapeError, shown } from "../values/errors.ts";
import { type Graph, type GraphInput, type Role, typeOf } from "../graph/graph.ts";
import { bindValue } from "../graph/plan.ts";
import { copyOf, sizeOf, type Tensor } from "../values/tensor.ts";

/** Roles of inputs that every run is given. */
export const fedRoles: ReadonlySet<string> = new Set<Role>(["data", "random"]);

/** Refuses whatever is asked of a closed session. */
export function refuseClosed(closed: boolean): void {
  if (closed) throw new BackendError("the session is closed");
}
/** The input that a session holds under a name. @throws {InputError} naming those that it holds. */
export function heldInput(graph: Graph, name: string): GraphInput {
  const held = graph.inputs.filter((i) => !fedRoles.has(i.role) && i.role !== "constant");
  const found = held.find((i) => i.name === name);
  if (found) return found;
  throw new InputError(
    `the session holds nothing named ${shown(name)}: it holds ${shown(held.map((i) => i.name))}`,
    { place: name },
  );
}
/** A copy of a value for an input that a session holds. @throws {ShapeError} where it doesn't fit. */
export function written(graph: Graph, input: GraphInput, value: Tensor): Tensor {
  const refuse = (message: string, cause?: unknown) =>
    new ShapeError(`write: ${message}`, { place: input.name, cause });
  try {
    bindValue(input, typeOf(graph, input.id), value, new Map());
  } catch (error) {
    throw error instanceof InputError ? refuse(error.message, error) : error;
  }
  const size = sizeOf(value.shape);
  if (size === value.data.length) return copyOf(value);
  throw refuse(
    `input ${shown(input.name)}: [${value.shape.join(", ")}] has ${size} elements, got ${value.data.length}`,
  );
}
