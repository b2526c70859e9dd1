/**
 * Gradients of tables that are looked up: sums over the rows that a batch takes. TensorFlow keeps them as lists of rows,
 * and Keras squares (or takes magnitudes of) each row before rows of one id are added up; so do its optimizers here.
 * @module
 */
import type { GraphBuilder } from "../../../core/graph/builder.ts";
import { type Graph, type Node, opName, type Value } from "../../../core/graph/graph.ts";

/** A gradient, and the lists of rows it is the sum of, where it is one. */
export interface Gradient {
  readonly value: Value;
  readonly rows: readonly Rows[] | undefined;
  /** The lists where their rows were added up since. */
  readonly looked?: readonly Rows[] | undefined;
}
interface Rows {
  readonly dy: Value;
  readonly indices: Value;
  readonly shape: Value;
}

/** Finds what gradients in a builder are sums of. */
export class Occurrences {
  readonly #b: GraphBuilder;
  readonly #graph: Graph;
  readonly #producers = new Map<number, Node>();
  constructor(b: GraphBuilder) {
    this.#b = b;
    this.#graph = b.build();
    for (const node of this.#graph.nodes) for (const id of node.outputs) this.#producers.set(id, node);
  }
  #value(id: number | undefined): Value | undefined {
    const type = id === undefined ? undefined : this.#graph.types[id];
    return id !== undefined && type ? { id, type, owner: this.#b } : undefined;
  }
  #rows(id: number): readonly Rows[] | undefined {
    const node = this.#producers.get(id);
    if (!node) return undefined;
    if (opName(node) === "Add") {
      const parts = node.inputs.map((input) => this.#rows(input));
      return parts.every((p) => p !== undefined) ? parts.flat() : undefined;
    }
    if (opName(node) !== "lapis.EmbeddingGradient") return undefined;
    const [dy, indices, shape] = node.inputs.map((input) => this.#value(input));
    const many = indices?.type.kind === "tensor" && (indices.type.shape?.length ?? 0) > 0;
    return dy && indices && shape && many ? [{ dy, indices, shape }] : undefined;
  }
  of(value: Value): Gradient {
    return { value, rows: this.#rows(value.id) };
  }
}

/** The gradient under a function of its elements that keeps 0 as 0, applied to each row before they are added up. */
export function mapGradient(b: GraphBuilder, { value, rows }: Gradient, f: (x: Value) => Value): Gradient {
  if (!rows) return { value: f(value), rows };
  const mapped = rows.map((r) => ({ ...r, dy: f(r.dy) }));
  const sums = mapped.map(({ dy, indices, shape }) => b.embeddingGradient(dy, indices, shape));
  return { value: sums.reduce((x, y) => b.add(x, y)), rows: mapped };
}
/** The gradient times a scalar. */
export function scaleGradient(b: GraphBuilder, { value, rows }: Gradient, scale: Value): Gradient {
  const times = (x: Value) => b.mul(x, scale);
  return { value: times(value), rows: rows?.map((r) => ({ ...r, dy: times(r.dy) })) };
}
/** Which rows of a table a batch takes, bool `[rows, 1, …]`; undefined for what is no such gradient. */
export function touchedRows(
  b: GraphBuilder,
  { rows, looked }: Gradient,
  shape: readonly number[],
): Value | undefined {
  const lists = rows ?? looked;
  if (!lists) return undefined;
  const counts = lists.map(({ indices }) => {
    const ones = b.expand(
      b.reshape(b.scalar(1), b.ints(shape.map(() => 1).slice(1))),
      b.concat([b.shape(indices), b.ints(shape.map(() => 1).slice(1))], { axis: 0 }),
    );
    const one = b.ints(shape.map((d, i) => (i === 0 ? d : 1)));
    return b.embeddingGradient(ones, indices, one);
  });
  const sum = counts.reduce((x, y) => b.add(x, y));
  return b.greater(sum, b.scalar(0));
}
