/** The graph: typed, immutable, in topological order by construction, with ONNX meaning. @module */
import type { Tensor } from "../values/tensor.ts";
import type { Dim, Type } from "../values/shape.ts";

/** An attribute's value as nodes hold it: ONNX attributes without graphs. */
export type AttributeValue =
  | number
  | bigint
  | boolean
  | string
  | null
  | undefined
  | readonly number[]
  | readonly bigint[]
  | readonly string[]
  | Tensor
  | readonly Tensor[]
  | Type;
/** A node's attributes by ONNX name. */
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** A value while a graph is built. Its optional mask rides beside it: true where a step counts. */
export interface Value {
  /** Number of the value in its graph. */
  readonly id: number;
  /** What it is. */
  readonly type: Type;
  /** The builder the value belongs to; another builder may capture it. */
  readonly owner: object;
  /** True where a step counts, `[batch, time]`. */
  readonly mask?: Value;
}
/** What a graph input is for. A session keeps all but data and random keys. */
export type Role = "data" | "constant" | "parameter" | "statistic" | "slot" | "state" | "random";

/** An input of a graph. Constants carry their value; parameters, statistics, slots and states may carry the first one. */
export interface GraphInput {
  /** Name that data is fed by. */
  readonly name: string;
  /** The value that it gives. */
  readonly id: number;
  /** What it is for. */
  readonly role: Role;
  /** Its value, or its first one. */
  readonly value?: Tensor;
}
/** An output. `updates` names the input that this output replaces for the next step. */
export interface GraphOutput {
  /** Name that results are found by. */
  readonly name: string;
  /** The value that is put out. */
  readonly id: number;
  /** The input it replaces for the next step. */
  readonly updates?: string;
}
/** One operator. An absent optional input or output is −1. */
export interface Node {
  /** The operator's name. */
  readonly op: string;
  /** `""` for ai.onnx, `"lapis"` for our own, or another ONNX domain. */
  readonly domain: string;
  /** Ids of the values read. */
  readonly inputs: readonly number[];
  /** Ids of the values given. */
  readonly outputs: readonly number[];
  /** Attributes by name. */
  readonly attributes: Attributes;
  /** Nested graphs by attribute name; closed: what they capture are their last inputs, fed by the node's last inputs. */
  readonly graphs: Readonly<Record<string, Graph>>;
  /** Layer path, for errors, profiles, drawings and ONNX node names. */
  readonly scope: string;
}
/** A whole graph. `types[id]` is the type of value `id`. */
export interface Graph {
  /** Name of the graph. */
  readonly name: string;
  /** What goes in, weights among it. */
  readonly inputs: readonly GraphInput[];
  /** The operators, each after what it reads. */
  readonly nodes: readonly Node[];
  /** What comes out. */
  readonly outputs: readonly GraphOutput[];
  /** Types by value id. */
  readonly types: readonly Type[];
  /** Sizes that have to be equal whatever comes in. */
  readonly agreements?: readonly Agreement[];
}
/** Two sizes that a node needs to be equal, and what is said where they aren't. */
export interface Agreement {
  /** One size. */
  readonly a: Dim;
  /** The other. */
  readonly b: Dim;
  /** Which node, which input, what was expected. */
  readonly said: string;
}

/** The type of a value. */
export function typeOf(graph: Graph, id: number): Type {
  const type = graph.types[id];
  if (type === undefined) throw new RangeError(`graph ${graph.name}: no value ${id}`);
  return type;
}
/** The op with its domain, as in `Conv` or `lapis.SpaceToRows`. */
export function opName(node: Pick<Node, "op" | "domain">): string {
  return node.domain === "" ? node.op : `${node.domain}.${node.op}`;
}
/** Nodes in a graph and in all graphs nested in it. */
export function countNodes(graph: Graph): number {
  return graph.nodes.reduce(
    (n, node) => n + 1 + Object.values(node.graphs).reduce((m, g) => m + countNodes(g), 0),
    0,
  );
}
