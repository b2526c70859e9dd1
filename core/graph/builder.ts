/** Builds graphs: each operator infers its types at once, so that a mistake is an error at its own line. @module */
import { item } from "../values/item.ts";
import { isFloat } from "../values/dtype.ts";
import { LapisError, ShapeError, shown, UnsupportedError } from "../values/errors.ts";
import { parseConfig, refuseUnknown, type Schema } from "../values/schema.ts";
import { asTensor, sameType, tensorType, type Type, UnknownRank } from "../values/shape.ts";
import {
  type Agreement,
  type Attributes,
  type Graph,
  type GraphOutput,
  type Node,
  opName,
  type Value,
} from "./graph.ts";
import {
  alignCaptures,
  type Nested,
  scan,
  type ScanOptions,
  type ScanStep,
  type ValuesFor,
} from "./nested.ts";
import type { InferContext, OpDef, Operators } from "./op.ts";
import { GraphValues } from "./values.ts";
import type { OpOptions } from "./vocabulary.ts";

export type { Nested, ScanOptions, ScanStep, ValuesFor } from "./nested.ts";

/** How a builder treats composites, beside the registry it looks operators up in. */
export interface BuilderOptions {
  /** Name of the graph; `graph` unless said. */
  readonly name?: string;
  /** True for composites to be replaced by their bodies at once. */
  readonly expand?: (def: OpDef, types: readonly (Type | undefined)[], attributes: Attributes) => boolean;
  /** Values in place of a node that is about to be added; undefined to add it. Nodes of bodies are asked for too. */
  readonly instead?: (adding: Adding) => readonly Value[] | undefined;
}
/** A node that is about to be added. */
export interface Adding {
  /** The builder it is added to. */
  readonly b: GraphBuilder;
  /** Its operator. */
  readonly def: OpDef;
  /** What it would read. */
  readonly inputs: readonly (Value | undefined)[];
  /** The attributes. */
  readonly attributes: Attributes;
  /** Nested graphs by attribute name. */
  readonly graphs: Readonly<Record<string, Graph>>;
  /** What it would give. */
  readonly types: readonly Type[];
}
const none: Readonly<Record<string, Graph>> = {};
/** The builder that operators, layers and gradients are given. */
export type Builder = GraphBuilder;

/** Makes a graph, one operator at a time: each operator of the registry is a method, `b.matMul(x, w)`. */
export class GraphBuilder extends GraphValues {
  /** The plugins whose operators are built. */
  readonly registry: Operators;
  readonly #options: BuilderOptions;
  readonly #nodes: Node[] = [];
  readonly #makers = new Map<number, Node>();
  #made = 0;
  readonly #outputs: GraphOutput[] = [];
  readonly #outputNames = new Set<string>();
  readonly #agreements: Agreement[] = [];
  readonly #defaults = new Map<OpDef, Attributes>();

  /** Begins a graph; `parent` is the builder of the graph around a nested one. */
  constructor(registry: Operators, options: BuilderOptions = {}, parent?: GraphBuilder) {
    super(registry, options.name ?? "graph", parent);
    this.registry = registry;
    this.#options = options;
  }

  /**
   * Adds an operator and returns its outputs. `name` is an ONNX operator, or `domain.Operator`.
   * @throws {ShapeError} naming the layer, the operator, and what was expected and came.
   */
  op(
    name: string,
    inputs: readonly (Value | undefined)[],
    attributes: Attributes = {},
    options: OpOptions = {},
  ): readonly Value[] {
    const def = this.registry.get("op", name);
    const own = inputs.map((v) => (v ? this.own(v) : undefined));
    while (own.length > 0 && own.at(-1) === undefined) own.pop();
    const [least, most] = def.arity;
    if (own.length < least || own.length > most) {
      const expected = least === most
        ? `${least}`
        : most === Infinity
        ? `at least ${least}`
        : `${least} to ${most}`;
      throw new ShapeError(`${this.#placeOf(name)}: expected ${expected} inputs, got ${own.length}`, {
        place: this.currentScope,
      });
    }
    const parsed = this.#attributes(def, attributes, name);
    const types = own.map((v) => v?.type);
    const wanted = options.outputs;
    if (def.body && this.#options.expand?.(def, types, parsed)) {
      try {
        return def.body(this, own, parsed, wanted ?? def.maxOutputs ?? 1);
      } catch (error) {
        // A body that needs sizes nobody knows yet: the operator stays whole, for its own kernel, or where only ranks are
        // missing for its body once they are known.
        const waits = error instanceof UnknownRank || (def.plain && error instanceof UnsupportedError);
        if (!waits) throw error;
      }
    }
    const graphs = options.graphs ?? none;
    const context = this.#inference(own, types, parsed, wanted ?? def.maxOutputs ?? 1, graphs);
    const found = this.#infer(def, context, own, name);
    const outTypes = wanted === undefined || wanted >= found.length ? found : found.slice(0, wanted);
    const { instead } = this.#options;
    const other = instead?.({ b: this, def, inputs: own, attributes: parsed, graphs, types: outTypes });
    if (other) return other;
    const outputs = outTypes.map((t) => this.value(t));
    this.#nodes.push({
      op: def.name,
      domain: def.domain ?? "",
      inputs: own.map((v) => v?.id ?? -1),
      outputs: outputs.map((v) => v.id),
      attributes: parsed,
      graphs,
      scope: this.currentScope,
    });
    this.#propagate(def, context, outputs[0]);
    return outputs;
  }
  #placeOf(name: string): string {
    return this.currentScope === "" ? name : `${this.currentScope} (${name})`;
  }
  /** A node's attributes, read; of those that are given none, one object for every node of an operator. */
  #attributes(def: OpDef, attributes: Attributes, name: string): Attributes {
    const schema = def.attributes as Schema<Attributes>;
    const given = Object.entries(attributes).filter(([, v]) => v !== undefined);
    if (given.length > 0) return parseConfig(schema, Object.fromEntries(given), this.#placeOf(name));
    let defaults = this.#defaults.get(def);
    if (!defaults) this.#defaults.set(def, defaults = parseConfig(schema, {}, this.#placeOf(name)));
    return defaults;
  }
  /** Keeps what a node's whole numbers are known to be. */
  #propagate(def: OpDef, context: InferContext<unknown>, first: Value | undefined): void {
    const dims = first && countsIn(def, first) && def.propagate?.(context);
    if (first && dims) this.setDims(first, dims);
  }
  #inference(
    own: readonly (Value | undefined)[],
    inputs: readonly (Type | undefined)[],
    attributes: Attributes,
    outputs: number,
    graphs: Readonly<Record<string, Graph>>,
  ): InferContext<unknown> {
    const known = (i: number) => this.knownOf(own[i]), dims = (i: number) => this.dimsOf(own[i]);
    return { inputs, attributes, outputs, graphs, known, dims };
  }
  /** Adds an operator and returns its first output. */
  one(
    name: string,
    inputs: readonly (Value | undefined)[],
    attributes: Attributes = {},
    options: OpOptions = {},
  ): Value {
    const first = this.op(name, inputs, attributes, options)[0];
    if (!first) throw new LapisError("graph", `${name} gave no output`);
    return first;
  }

  #infer(
    def: OpDef,
    context: InferContext<unknown>,
    own: readonly (Value | undefined)[],
    name: string,
  ): readonly Type[] {
    try {
      if (def.infer) return def.infer(context);
      return this.#inferByBody(def, context, own);
    } catch (error) {
      if (error instanceof UnknownRank) {
        if (def.dtypes) return def.dtypes(context);
        const dtype = asTensor(context.inputs[0]).dtype;
        return Array.from({ length: context.outputs }, () => tensorType(dtype));
      }
      if (error instanceof ShapeError && error.place === undefined) {
        const where = this.#placeOf(name);
        throw new ShapeError(`${where}: ${error.message}`, { place: where, cause: error });
      }
      throw error;
    }
  }
  #inferByBody(
    def: OpDef,
    context: InferContext<unknown>,
    own: readonly (Value | undefined)[],
  ): readonly Type[] {
    const scratch = new GraphBuilder(this.registry, { name: def.name });
    const stand = own.map((v, i) => {
      if (!v) return undefined;
      const known = this.knownOf(v), dims = this.dimsOf(v);
      const inner = known ? scratch.constant(known, `i${i}`) : scratch.input(`i${i}`, v.type);
      if (dims) scratch.setDims(inner, dims);
      return inner;
    });
    return (def.body?.(scratch, stand, context.attributes, context.outputs) ?? []).map((v) => v.type);
  }

  /** Copies a node of another graph whose input types are unchanged, without inferring again. */
  copy(
    node: Node,
    inputs: readonly (Value | undefined)[],
    types: readonly Type[],
    graphs = node.graphs,
  ): readonly Value[] {
    const own = inputs.map((v) => (v ? this.own(v) : undefined));
    const def = this.registry.get("op", opName(node)), { instead } = this.#options;
    if (instead) {
      const adding = { b: this, def, inputs: own, attributes: node.attributes, graphs, types };
      const other = this.scopeAs(node.scope, () => instead(adding));
      if (other) return other;
    }
    const outputs = types.map((t) => this.value(t));
    this.#nodes.push({
      op: node.op,
      domain: node.domain,
      inputs: own.map((v) => v?.id ?? -1),
      outputs: outputs.map((v) => v.id),
      attributes: node.attributes,
      graphs,
      scope: node.scope,
    });
    this.#propagateFor(node, def, own, outputs[0], graphs);
    return outputs;
  }
  #propagateFor(
    { attributes, outputs: { length }, graphs: inner }: Node,
    def: OpDef,
    own: readonly (Value | undefined)[],
    first: Value | undefined,
    graphs = inner,
  ): void {
    if (!countsIn(def, first)) return;
    this.#propagate(def, this.#inference(own, own.map((v) => v?.type), attributes, length, graphs), first);
  }
  /** Adds a node of the graph begun with, its outputs under their numbers; `def` is its operator. */
  keep(node: Node, def: OpDef): void {
    this.#nodes.push(node);
    const first = this.valueAt(node.outputs[0] ?? -1);
    if (countsIn(def, first)) this.#propagateFor(node, def, node.inputs.map((id) => this.valueAt(id)), first);
  }
  /** Adds a node of another graph whose types are given: copied where it reads what it read there, else inferred anew. */
  again(node: Node, inputs: readonly (Value | undefined)[], types: readonly Type[]): readonly Value[] {
    const { expand } = this.#options, def = this.registry.get("op", opName(node));
    const same = node.inputs.every((id, i) => {
      const now = inputs[i]?.type, then = types[id];
      return now === then || (now !== undefined && then !== undefined && sameType(now, then));
    });
    const given = node.outputs.flatMap((id) => item(types, id));
    const expands = def.body && expand?.(def, inputs.map((v) => v?.type), node.attributes);
    if (same && !expands && given.length === node.outputs.length) return this.copy(node, inputs, given);
    const { attributes, graphs, outputs: { length: outputs } } = node;
    return this.scopeAs(node.scope, () => this.op(opName(node), inputs, attributes, { graphs, outputs }));
  }
  /** The node that gives a value, where one does. */
  makerOf(value: Value): Node | undefined {
    for (; this.#made < this.#nodes.length; this.#made++) {
      const node = this.#nodes[this.#made];
      for (const id of node?.outputs ?? []) if (node) this.#makers.set(id, node);
    }
    return this.#makers.get(value.id);
  }

  /** Builds a nested graph; values of this builder used inside are captured. */
  nested<const I extends readonly { readonly name: string; readonly type: Type }[]>(
    name: string,
    inputs: I,
    fill: (b: GraphBuilder, inputs: ValuesFor<I>) => readonly Value[],
  ): Nested {
    const child = new GraphBuilder(this.registry, { ...this.#options, name }, this);
    const values = inputs.map((i) => child.input(i.name, i.type));
    const results = fill(child, values as readonly Value[] as ValuesFor<I>);
    results.forEach((v, i) => child.output(`out_${i}`, v));
    return child.finish();
  }
  /** The graph and what it captured. Captured inputs come after all others but constants. */
  finish(): Nested {
    const graph = this.build();
    const captured = [...this.captured.values()];
    const inner = new Set(captured.map((c) => c.inner.id));
    const first = graph.inputs.filter((i) => !inner.has(i.id) && i.role !== "constant");
    const last = captured.map((c) => graph.inputs.find((i) => i.id === c.inner.id)).filter((i) =>
      i !== undefined
    );
    const constants = graph.inputs.filter((i) => i.role === "constant");
    return {
      graph: { ...graph, inputs: [...first, ...last, ...constants] },
      captures: captured.map((c) => c.outer),
    };
  }
  /** Gives several nested graphs (the branches of an If) the same captured inputs, in the same order. */
  alignCaptures(
    parts: readonly Nested[],
  ): { readonly graphs: readonly Graph[]; readonly captures: readonly Value[] } {
    return alignCaptures(parts);
  }

  /**
   * A loop over an axis of sequences that carries states: ONNX `Scan`. Outputs are stacked on the same axis.
   * With `reverse` steps run from the last to the first, and outputs stand where their inputs stood.
   */
  scan<const S extends readonly Value[], const X extends readonly Value[]>(
    state: S,
    sequences: X,
    options: ScanOptions,
    step: (state: ValuesFor<S>, x: ValuesFor<X>, b: GraphBuilder) => ScanStep,
  ): ScanStep {
    return scan<GraphBuilder, S, X>(this, state, sequences, options, step);
  }

  /** Adds a named activation. */
  activation(name: string, x: Value, options: Readonly<Record<string, unknown>> = {}): Value {
    const def = this.registry.get("activation", name);
    refuseUnknown(`activation ${name}`, options, def.options ?? {});
    const y = def.build(this, x, { ...def.options, ...options });
    return x.mask ? { ...y, mask: x.mask } : y;
  }

  /** The same value with a mask beside it, or without. */
  masked(value: Value, mask: Value | undefined): Value {
    const { mask: _, ...bare } = value;
    return mask ? { ...bare, mask } : bare;
  }

  /** Names a value as an output; `updates` is the input that it replaces for the next step. */
  output(name: string, value: Value, updates?: string): void {
    if (this.#outputNames.has(name)) {
      throw new LapisError("graph", `graph ${this.name}: two outputs are named ${shown(name)}`);
    }
    this.#outputNames.add(name);
    this.#outputs.push({ name, id: this.own(value).id, ...(updates !== undefined && { updates }) });
  }

  /** The finished graph. */
  build(): Graph {
    return {
      name: this.name,
      inputs: [...this.inputs],
      nodes: [...this.#nodes],
      outputs: [...this.#outputs],
      types: [...this.types],
      ...(this.#agreements.length > 0 && { agreements: [...this.#agreements] }),
    };
  }
  /** Has sizes compared when data comes in. */
  agree(...agreements: readonly Agreement[]): void {
    this.#agreements.push(...agreements);
  }
}

/** Whether an operator may say what a value's whole numbers are. */
function countsIn(def: OpDef, value: Value | undefined): boolean {
  if (!def.propagate || !value) return false;
  return value.type.kind !== "tensor" || !isFloat(value.type.dtype);
}
