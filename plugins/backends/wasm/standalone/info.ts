/** What a stand-alone module says of itself: ports, dims, faults; and names for dims that a graph leaves open. @module */
import type { DType } from "../../../../core/values/dtype.ts";
import { UnsupportedError } from "../../../../core/values/errors.ts";
import { type Graph, type GraphInput, typeOf } from "../../../../core/graph/graph.ts";
import {
  addDims,
  asTensor,
  type Dim,
  dimText,
  divDims,
  eachSymbol,
  maxDims,
  minDims,
  mulDims,
  type Type,
  typeText,
} from "../../../../core/values/shape.ts";
import type { Plan } from "../../room/plan/plan.ts";
import { nodePlace } from "../../room/plan/sizes.ts";

/** An input or output of a module. */
export interface ModulePort {
  /** Its name. */
  readonly name: string;
  /** Element type. */
  readonly dtype: DType;
  /** Numbers, dims by name, and expressions over them as text. */
  readonly shape: readonly (number | string)[];
  /** Of an input that may be left out: the shape of the value that it has then. */
  readonly default?: readonly number[];
}
/** A lookup that an index out of range makes fail. */
export interface ModuleFault {
  /** The layer and its operator. */
  readonly place: string;
  /** Number of rows; an expression where it varies. */
  readonly rows: number | string;
}
/** What a module's `lapis` section holds, as JSON. */
export interface ModuleInfo {
  /** Version of the functions and of this description. */
  readonly abi: 1;
  /** The model's name. */
  readonly name: string;
  /** Sizes that vary, in the order that `bind` takes them. */
  readonly dims: readonly string[];
  /** What goes in, in the order of `input(i)`. */
  readonly inputs: readonly ModulePort[];
  /** What comes out, in the order of `output(i)`. */
  readonly outputs: readonly ModulePort[];
  /** States that stay inside between runs, until `reset`. */
  readonly states: readonly string[];
  /** What `run` means by 1, 2, …. */
  readonly faults: readonly ModuleFault[];
  /** Names of the classes. */
  readonly labels?: readonly string[];
}

/** Inputs that are given at every run. */
export function dataInputs(graph: Graph): readonly GraphInput[] {
  return graph.inputs.filter(({ role }) => role === "data" || role === "random");
}

/** The description of a compiled graph. @throws {UnsupportedError} for inputs and outputs that have no place in memory. */
export function describe(compiled: Plan, name: string, labels?: readonly string[]): ModuleInfo {
  const { graph, inputs, outputs, lowering } = compiled;
  const port = (what: string, name: string, type: Type, placed: boolean): ModulePort => {
    if (!placed) {
      throw new UnsupportedError(`${what} ${name}: ${typeText(type)} has no place in a module's memory`);
    }
    const { dtype, shape = [] } = asTensor(type);
    return { name, dtype, shape: shape.map((d) => (typeof d === "number" ? d : dimText(d))) };
  };
  const data = dataInputs(graph);
  return {
    abi: 1,
    name,
    dims: symbolsOf(graph),
    inputs: data.map(({ name, id, value }) => ({
      ...port("input", name, typeOf(graph, id), inputs.has(name)),
      ...(value && { default: value.shape }),
    })),
    outputs: graph.outputs.filter((o) => o.updates === undefined).map(({ name, id }) =>
      port("output", name, typeOf(graph, id), outputs.has(name))
    ),
    states: graph.inputs.filter(({ role }) => role === "state").map(({ name }) => name),
    faults: lowering.statuses.map(({ node, limit }) => ({
      place: nodePlace(node),
      rows: typeof limit === "number" ? limit : dimText(limit),
    })),
    ...(labels && { labels }),
  };
}

/** The symbols in the shapes of a graph's inputs, those of data first. */
function symbolsOf(graph: Graph): readonly string[] {
  const found = new Set<string>();
  for (const { id } of [...dataInputs(graph), ...graph.inputs]) {
    const type = typeOf(graph, id);
    if (type.kind !== "tensor") continue;
    for (const d of type.shape ?? []) eachSymbol(d, (name) => found.add(name));
  }
  return [...found];
}

/** The graph with a name for every size that its inputs leave open (`x_dim1`), so that equal models give equal modules. */
export function withNamedDims(graph: Graph): Graph {
  const names = new Map<number, string>(), taken = new Set(symbolsOf(graph));
  for (const { id, name } of dataInputs(graph)) {
    const type = typeOf(graph, id);
    if (type.kind !== "tensor") continue;
    type.shape?.forEach((d, axis) => {
      if (typeof d !== "object" || !("unknown" in d) || names.has(d.unknown)) return;
      let free = `${name}_dim${axis}`;
      while (taken.has(free)) free += "_";
      taken.add(free);
      names.set(d.unknown, free);
    });
  }
  return names.size === 0 ? graph : renamed(graph, names);
}
function renamed(graph: Graph, names: ReadonlyMap<number, string>): Graph {
  return {
    ...graph,
    types: graph.types.map((type) =>
      type.kind === "tensor" && type.shape
        ? { ...type, shape: type.shape.map((d) => renamedDim(d, names)) }
        : type
    ),
    nodes: graph.nodes.map((node) => ({
      ...node,
      graphs: Object.fromEntries(Object.entries(node.graphs).map(([key, g]) => [key, renamed(g, names)])),
    })),
  };
}
const make = { add: addDims, mul: mulDims, floordiv: divDims, min: minDims, max: maxDims } as const;
function renamedDim(d: Dim, names: ReadonlyMap<number, string>): Dim {
  if (typeof d !== "object") return d;
  if ("unknown" in d) return names.get(d.unknown) ?? d;
  return make[d.op](renamedDim(d.a, names), renamedDim(d.b, names));
}
