/** Names while a graph is built: values by name, nodes by name in errors. @module */
import { FormatError, LapisError, shown } from "../../core/values/errors.ts";
import type { Value } from "../../core/graph/graph.ts";
import type { NodeProto } from "./messages.ts";
import { operatorName } from "./operator.ts";

/** Values by name; an inner graph sees those of the graphs around it. An absent optional input is undefined. */
export class Names {
  readonly #values = new Map<string, Value | undefined>();
  readonly #outer: Names | undefined;
  constructor(outer?: Names) {
    this.#outer = outer;
  }
  has(name: string): boolean {
    return this.#values.has(name) || (this.#outer?.has(name) ?? false);
  }
  get(name: string): Value | undefined {
    return this.#values.has(name) ? this.#values.get(name) : this.#outer?.get(name);
  }
  /** This graph's own values by name. */
  *entries(): Generator<readonly [string, Value]> {
    for (const [name, value] of this.#values) if (value) yield [name, value];
  }
  /** @throws {FormatError} when this graph has the name already. */
  set(name: string, value: Value | undefined): void {
    if (this.#values.has(name)) throw new FormatError(`two values are named ${shown(name)}`);
    this.#values.set(name, value);
  }
}

/** A node's name as a layer path. */
export function nodeScope(node: NodeProto): string {
  return (node.name ?? "").replace(/^\/+/, "");
}
/** An error that names the node it comes from, once. */
export function located(error: unknown, node: NodeProto): unknown {
  const named = node.name ? shown(node.name) : `that computes ${shown((node.output ?? []).join(", "))}`;
  const where = `node ${named} (${operatorName(node)})`;
  if (!(error instanceof LapisError)) {
    const reason = error instanceof Error ? error.message : String(error);
    return new FormatError(`${where}: ${reason}`, { place: where, cause: error });
  }
  if (!placed.has(error)) {
    placed.add(error);
    error.message = `${where}: ${error.message}`;
  }
  return error;
}
const placed = new WeakSet<LapisError>();
