/** Flattened images whose features stand in another order: what reads them has its weights turned instead. @module */
import type { GraphBuilder } from "../../../core/graph/builder.ts";
import type { Graph, Node, Value } from "../../../core/graph/graph.ts";
import type { Visit } from "../../../core/graph/rewrite.ts";
import { type Tensor, tensor } from "../../../core/values/tensor.ts";
import { unary } from "./families.ts";
import { computed } from "./weights.ts";

/** For each feature now, the feature that it was. */
type Rows = readonly number[];
const orders = new WeakMap<object, Map<number, Rows>>();
const ordersOf = (b: GraphBuilder): Map<number, Rows> => {
  let found = orders.get(b);
  if (!found) orders.set(b, found = new Map());
  return found;
};
/** Operators that a vector of the features' length may be the other side of. */
const arithmetic: ReadonlySet<string> = new Set(["Add", "Sub", "Mul", "Div"]);

/** Who reads a node's result. */
export interface Uses {
  /** True where everything that reads a flattened image can have its weights turned. */
  canAbsorb(node: Node): boolean;
}

/** Looks over a graph and those nested in it. */
export function surveyUses(graph: Graph): Uses {
  const readers = new Map<Node, readonly { readonly node: Node; readonly at: number }[]>();
  const shown = new Set<Node>(), fixed = new Map<Node, readonly (Tensor | undefined)[]>();
  const survey = (g: Graph) => {
    const constants = new Map(g.inputs.filter((i) => i.role === "constant").map((i) => [i.id, i.value]));
    const wanted = new Set(g.outputs.map((o) => o.id)), by = new Map<number, { node: Node; at: number }[]>();
    for (const node of g.nodes) {
      fixed.set(node, node.inputs.map((id) => constants.get(id)));
      node.inputs.forEach((id, at) => by.set(id, [...by.get(id) ?? [], { node, at }]));
      for (const inner of Object.values(node.graphs)) survey(inner);
    }
    for (const node of g.nodes) {
      readers.set(node, by.get(node.outputs[0] ?? -1) ?? []);
      if (node.outputs.some((id) => wanted.has(id))) shown.add(node);
    }
  };
  survey(graph);
  const canAbsorb = (node: Node): boolean =>
    !shown.has(node) && (readers.get(node) ?? []).every(({ node: reader, at }) => {
      const others = fixed.get(reader) ?? [];
      if (reader.domain !== "") return false;
      if (reader.op === "MatMul") return at === 0 && others[1]?.shape.length === 2;
      if (reader.op === "BatchNormalization") {
        return at === 0 && others.slice(1).every((t) => t) && canAbsorb(reader);
      }
      if (arithmetic.has(reader.op)) {
        const other = others[1 - at];
        return other !== undefined && other.shape.length <= 1 && canAbsorb(reader);
      }
      return at === 0 && unary.has(reader.op) && canAbsorb(reader);
    });
  return { canAbsorb };
}

/** For each feature of the base flattened, the place it has in the transposed one flattened. `inner` are the base's sizes. */
export function rowsOf(inner: readonly number[], perm: readonly number[]): Rows {
  const count = inner.reduce((n, d) => n * d, 1);
  // Features of the transposed image, by their place in the base.
  const order = perm.slice(1).map((p) => p - 1), sizes = order.map((p) => inner[p] ?? 1);
  const strides = sizes.map((_, i) => sizes.slice(i + 1).reduce((n, d) => n * d, 1));
  const rows = new Array<number>(count).fill(0), index = new Array<number>(inner.length).fill(0);
  for (let at = 0; at < count; at++) {
    rows[at] = order.reduce((sum, p, i) => sum + (index[p] ?? 0) * (strides[i] ?? 1), 0);
    for (let axis = inner.length - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] ?? 0) + 1;
      if ((index[axis] ?? 0) < (inner[axis] ?? 1)) break;
      index[axis] = 0;
    }
  }
  return rows;
}

/** Flattens an image as it lies. */
export function flatten(b: GraphBuilder, base: Value, features: number, rows: Rows): Value {
  const y = b.reshape(base, b.ints([0, features]));
  ordersOf(b).set(y.id, rows);
  return y;
}

/** A node that reads such a value, with its weights turned; undefined for all others. */
export function absorbed({ b, node, inputs }: Visit): readonly Value[] | undefined {
  const known = ordersOf(b), at = inputs.findIndex((v) => v !== undefined && known.has(v.id));
  const rows = at < 0 ? undefined : known.get(inputs[at]?.id ?? -1);
  if (!rows) return undefined;
  const turn = (v: Value | undefined): Value | undefined => {
    const value = b.knownOf(v);
    if (!value || value.shape.length === 0 || value.shape[0] !== rows.length) return v;
    return b.constant(
      computed(b.registry, "Gather", [value, tensor([...rows], [rows.length], "int64")], { axis: 0 }),
    );
  };
  const turned = inputs.map((v, i) => (i === at ? v : turn(v)));
  const results = b.op(node.op, turned, node.attributes, { outputs: node.outputs.length });
  if (node.op !== "MatMul") { for (const v of results) known.set(v.id, rows); }
  return results;
}
