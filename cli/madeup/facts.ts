/** What a graph tells of its inputs' numbers: which are ids of a table, compared, looked up, masks or lengths. @module */
import type { Graph, Tensor } from "../../mod.ts";
import type { Dim, Node, Type } from "../../public/graph.ts";

/** What is known of one input. */
export interface Facts {
  /** Ids lie in [from, limit): rows of the table that they choose from. */
  readonly limit?: number;
  /** The least id; 0 unless given. */
  readonly from?: number;
  /** The same, where only sizes tell how many rows there are. */
  readonly within?: Dim;
  /** The number that masks leave out. */
  readonly masked?: number;
  /** Words or numbers that it is looked up among. */
  readonly known?: Tensor;
  /** Its numbers choose or are compared: the next number is another choice. */
  readonly discrete?: boolean;
  /** Its numbers are taken for whole ones. */
  readonly whole?: boolean;
  /** Its numbers count steps, this many at most. */
  readonly lengthOf?: Dim;
  /** Its numbers are sizes, of which 1 always fits. */
  readonly sizes?: boolean;
}

/** An input that a value holds numbers of, and what was added to them. */
interface Origin {
  readonly name: string;
  readonly added: number;
}
/** Operators that hand the numbers of their first input on as they are. */
const passing: ReadonlySet<string> = new Set(
  ("Cast Ceil Clip Compress Expand Flatten Floor Gather GatherElements GatherND Identity Pad Relu Reshape Reverse Round Slice " +
    "Split Squeeze Tile Transpose Unsqueeze").split(" "),
);
/** Operators that hand on numbers of several inputs. */
const mixing: Readonly<Record<string, number>> = { Concat: 0, Max: 0, Min: 0, Where: 1 };
/** Operators for which the next number is another choice, whichever input it stands in. */
const choosing: ReadonlySet<string> = new Set(
  ("And ArgMax ArgMin Ceil Equal Floor Greater GreaterOrEqual Less LessOrEqual Not OneHot Or Round Sign Xor")
    .split(" "),
);
/** Which input holds sizes, by operator. */
const sized: Readonly<Record<string, number>> = { ConstantOfShape: 0, Expand: 1, Tile: 1, TopK: 1 };
/** Which input holds lengths of sequences, by operator. */
const lengths: Readonly<Record<string, number>> = { GRU: 4, LSTM: 4, RNN: 4, ReverseSequence: 1 };

const shapeOf = (type: Type | undefined) => (type?.kind === "tensor" ? type.shape : undefined);
const dtypeOf = (type: Type | undefined) => (type?.kind === "tensor" ? type.dtype : undefined);
const single = (t: Tensor | undefined): number | undefined =>
  t?.data.length === 1 && typeof t.data[0] !== "string" ? Number(t.data[0]) : undefined;

/** Walks a graph and the graphs inside its nodes. */
class Walk {
  readonly facts = new Map<string, Facts>();

  note(origins: readonly Origin[] | undefined, more: (o: Origin, old: Facts) => Facts): void {
    for (const o of origins ?? []) {
      const old = this.facts.get(o.name) ?? {};
      this.facts.set(o.name, { ...old, ...more(o, old) });
    }
  }

  graph(graph: Graph, origins: Map<number, readonly Origin[]>, fixed: Map<number, Tensor>): void {
    for (const { id, value } of graph.inputs) if (value) fixed.set(id, value);
    for (const node of graph.nodes) this.node(graph, node, origins, fixed);
  }

  node(
    graph: Graph,
    node: Node,
    origins: Map<number, readonly Origin[]>,
    fixed: Map<number, Tensor>,
  ): void {
    const { op, domain, inputs, outputs, attributes } = node,
      at = (i: number) => origins.get(inputs[i] ?? -1);
    const value = (i: number) => fixed.get(inputs[i] ?? -1),
      type = (i: number) => graph.types[inputs[i] ?? -1];
    this.#sinks(graph, node, at, value);
    for (const inner of Object.values(node.graphs)) this.#inside(inner, node, origins, fixed);
    const give = (list: readonly Origin[] | undefined, to: readonly number[] = outputs) => {
      if (list && list.length > 0) { for (const id of to) origins.set(id, list); }
    };
    if (domain !== "") return;
    if (op === "Constant") {
      const held = attributes["value"];
      if (outputs[0] !== undefined && isValue(held)) fixed.set(outputs[0], held);
    } else if (passing.has(op)) {
      const [x] = outputs, known = op === "Cast" || op === "Identity" ? value(0) : undefined;
      if (known && x !== undefined) fixed.set(x, known);
      give(at(0));
    } else if (op in mixing) {
      give(inputs.slice(mixing[op]).flatMap((id) => origins.get(id) ?? []));
    } else if (op === "Add" || op === "Sub") {
      const right = single(value(1)), left = op === "Add" ? single(value(0)) : undefined;
      const by = right === undefined ? left : op === "Add" ? right : -right;
      if (by !== undefined) {
        give((at(0) ?? at(1))?.map((o) => ({ ...o, added: o.added + by })));
      } else if (/^u?int/.test(dtypeOf(type(0)) ?? "")) give(at(0) ?? at(1));
    }
  }

  #sinks(
    graph: Graph,
    { op, inputs, outputs, attributes, domain }: Node,
    at: (i: number) => readonly Origin[] | undefined,
    value: (i: number) => Tensor | undefined,
  ): void {
    const shape = (i: number) => shapeOf(graph.types[inputs[i] ?? -1]);
    const rows = (size: Dim | undefined, ids: readonly Origin[] | undefined) => {
      if (typeof size !== "number") {
        const within = size === undefined ? {} : { within: size };
        return this.note(ids, () => ({ discrete: true, whole: true, ...within }));
      }
      this.note(ids, ({ added }, { limit = Infinity, from = 0 }) => ({
        discrete: true,
        whole: true,
        limit: Math.min(limit, Math.max(1, size - added)),
        ...(added < 0 && { from: Math.max(from, -added) }),
      }));
    };
    const axis = Number(attributes["axis"] ?? 0);
    if (op === "Gather" || op === "GatherElements") rows(shape(0)?.at(axis), at(1));
    if (op === "GatherND") rows(smallest(shape(0)?.slice(Number(attributes["batch_dims"] ?? 0))), at(1));
    if (op === "ScatterND") rows(smallest(shape(0)), at(1));
    if (op === "ScatterElements") rows(shape(0)?.at(axis), at(1));
    if (op === "RoiAlign") rows(shape(0)?.[0], at(2));
    if (op === "OneHot") rows(single(value(1)), at(0));
    if (op === "IndexOf" || domain === "ai.onnx.ml") {
      const known = op === "IndexOf" ? value(1) : keysOf(attributes);
      if (known) this.note(at(0), () => ({ known, discrete: true }));
    }
    if (op === "EmbedLayerNormalization") {
      [[0, 2], [1, 4]].forEach(([i = 0, table = 0]) => rows(shape(table)?.[0], at(i)));
    }
    if (choosing.has(op)) inputs.forEach((_, i) => this.note(at(i), () => ({ discrete: true })));
    if (op === "Equal") {
      const masked = single(value(1)) ?? single(value(0));
      if (masked !== undefined) this.note(at(0) ?? at(1), ({ added }) => ({ masked: masked - added }));
    }
    const out = graph.types[outputs[0] ?? -1], from = dtypeOf(graph.types[inputs[0] ?? -1]) ?? "";
    if (op === "Cast" && /float/.test(from) && /^(u?int|bool|string)/.test(dtypeOf(out) ?? "")) {
      this.note(at(0), () => ({ discrete: true, whole: true }));
    }
    if (op === "HashBucket") this.note(at(0), () => ({ discrete: true, whole: true }));
    if (op in sized) this.note(at(sized[op] ?? 0), () => ({ sizes: true, discrete: true }));
    if (op === "GroupQueryAttention") {
      const plus = (a: Dim, b: Dim): Dim => ({ op: "add", a, b }),
        all = plus(shape(0)?.[1] ?? 1, shape(3)?.[2] ?? 0);
      this.note(at(5), () => ({ discrete: true, lengthOf: plus(all, -1) }));
      this.note(at(6), () => ({ discrete: true, lengthOf: all }));
    }
    if (op in lengths) {
      const time = op === "ReverseSequence"
        ? shape(0)?.at(Number(attributes["time_axis"] ?? 0))
        : shape(0)?.at(Number(attributes["layout"] ?? 0) === 1 ? 1 : 0);
      this.note(
        at(lengths[op] ?? 0),
        () => ({ discrete: true, ...(time !== undefined && { lengthOf: time }) }),
      );
    }
  }

  /** What a nested graph captures is an explicit input: the last ones of both. */
  #inside(
    inner: Graph,
    { op, inputs }: Node,
    origins: Map<number, readonly Origin[]>,
    fixed: Map<number, Tensor>,
  ): void {
    const held = new Map<number, readonly Origin[]>(), values = new Map<number, Tensor>();
    const own = inner.inputs.filter((i) => i.value === undefined);
    const skipped = Math.max(0, inputs.length - own.length), from = op === "If" ? 1 : skipped;
    own.slice(op === "If" ? 0 : Math.max(0, own.length - inputs.length)).forEach(({ id }, i) => {
      const outside = inputs[from + i] ?? -1, list = origins.get(outside), value = fixed.get(outside);
      if (list) held.set(id, list);
      if (value) values.set(id, value);
    });
    this.graph(inner, held, values);
  }
}
const isValue = (held: unknown): held is Tensor =>
  typeof held === "object" && held !== null && "dtype" in held && "shape" in held && "data" in held;
const smallest = (dims: readonly Dim[] | undefined): number | undefined => {
  const known = (dims ?? []).filter((d) => typeof d === "number");
  return known.length === 0 ? undefined : Math.min(...known);
};
/** Keys of a classical operator's table: categories, labels, a vocabulary. */
function keysOf(attributes: Node["attributes"]): Tensor | undefined {
  for (const name of ["keys_strings", "cats_strings", "keys_int64s", "cats_int64s", "keys_floats"]) {
    const list = attributes[name];
    if (!Array.isArray(list) || list.length === 0) continue;
    const shape = [list.length];
    if (name.endsWith("strings")) return { dtype: "string", shape, data: list.map((v) => `${v}`) };
    return { dtype: "float64", shape, data: Float64Array.from(list, Number) };
  }
  return undefined;
}

/** What the graph does with each input: chooses rows of a table by it, compares it with a fixed number, … */
export function inputFacts(graph: Graph): ReadonlyMap<string, Facts> {
  const walk = new Walk(), origins = new Map<number, readonly Origin[]>();
  for (const { id, name, role } of graph.inputs) if (role === "data") origins.set(id, [{ name, added: 0 }]);
  walk.graph(graph, origins, new Map());
  return walk.facts;
}
