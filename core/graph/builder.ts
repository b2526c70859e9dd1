/** Builds graphs: each operator infers its types at once, so that a mistake is an error at its own line. @module */
import { LapisError, ShapeError, shown, UnsupportedError } from "../values/errors.ts";
import {
  type Agreement,
  type Attributes,
  type Graph,
  type GraphInput,
  type GraphOutput,
  type Node,
  opName,
  type Role,
  type Value,
} from "./graph.ts";
import { Methods } from "./methods.ts";
import type { InferContext, OpDef } from "./op.ts";
import type { Operators } from "./op.ts";
import { parseConfig, refuseUnknown, type Schema } from "../values/schema.ts";
import {
  asTensor,
  type Dim,
  dimsOf,
  sameDim,
  tensorType,
  type Type,
  typeText,
  UnknownRank,
} from "../values/shape.ts";
import { scalar, sizeOf, type Tensor, tensor, toIntegers } from "../values/tensor.ts";
import type { DType } from "../values/dtype.ts";
import type { OpOptions } from "./vocabulary.ts";

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
/** A nested graph with the outer values it captures, in the order of its last inputs. */
export interface Nested {
  /** The nested graph. */
  readonly graph: Graph;
  /** Values of the outer graph that it uses, in the order of its last inputs. */
  readonly captures: readonly Value[];
}
/** A value for each of a list. */
export type ValuesFor<L extends readonly unknown[]> = { readonly [K in keyof L]: Value };
/** A step of {@link GraphBuilder.scan}. */
export interface ScanStep {
  /** The states. */
  readonly state: readonly Value[];
  /** The outputs. */
  readonly outputs: readonly Value[];
}
/** Options of {@link GraphBuilder.scan}. */
export interface ScanOptions {
  /** Axis of the sequences that steps run over; 0 unless said. */
  readonly axis?: number;
  /** From the last step to the first. */
  readonly reverse?: boolean;
  /** bool `[batch, time]` (time at `axis`): where false, states keep their value. */
  readonly mask?: Value;
}
const none: Readonly<Record<string, Graph>> = {};
/** The builder that operators, layers and gradients are given. */
export type Builder = GraphBuilder;

/** True when two types are the same for every binding. */
export function sameType(a: Type, b: Type): boolean {
  if (a.kind !== "tensor" || b.kind !== "tensor") {
    return a.kind === b.kind && a.kind !== "tensor" && b.kind !== "tensor" && a.key === b.key &&
      sameType(a.of, b.of);
  }
  if (a.dtype !== b.dtype || (a.shape === undefined) !== (b.shape === undefined)) return false;
  if (a.shape === undefined || b.shape === undefined) return true;
  const other = b.shape;
  return a.shape.length === other.length && a.shape.every((d, i) => sameDim(d, other[i] ?? -1));
}

/** Makes a graph, one operator at a time: each operator of the registry is a method, `b.matMul(x, w)`. */
export class GraphBuilder extends Methods {
  /** The plugins whose operators are built. */
  readonly registry: Operators;
  /** The graph's name. */
  readonly name: string;
  readonly #options: BuilderOptions;
  readonly #parent: GraphBuilder | undefined;
  readonly #inputs: GraphInput[] = [];
  readonly #names = new Set<string>();
  readonly #nodes: Node[] = [];
  readonly #outputs: GraphOutput[] = [];
  readonly #outputNames = new Set<string>();
  readonly #types: Type[] = [];
  readonly #known = new Map<number, Tensor>();
  readonly #dims = new Map<number, readonly Dim[]>();
  readonly #captured = new Map<string, { readonly outer: Value; readonly inner: Value }>();
  readonly #scalars = new Map<string, Value>();
  #scope: string;

  /** Begins a graph; `parent` is the builder of the graph around a nested one. */
  constructor(registry: Operators, options: BuilderOptions = {}, parent?: GraphBuilder) {
    super(registry);
    this.registry = registry;
    this.name = options.name ?? "graph";
    this.#options = options;
    this.#parent = parent;
    this.#scope = parent?.currentScope ?? "";
  }

  /** The layer path that new nodes get. */
  get currentScope(): string {
    return this.#scope;
  }

  #value(type: Type): Value {
    const id = this.#types.length;
    this.#types.push(type);
    return { id, type, owner: this };
  }

  /** Adds a graph input. */
  input(name: string, type: Type, role: Role = "data", value?: Tensor): Value {
    if (this.#names.has(name)) {
      throw new LapisError("graph", `graph ${this.name}: two inputs are named ${shown(name)}`);
    }
    const v = this.#value(type);
    this.#names.add(name);
    this.#inputs.push({ name, id: v.id, role, ...(value && { value }) });
    if (role === "constant" && value) this.#known.set(v.id, value);
    return v;
  }

  /** A constant tensor; without a name it gets a free one. */
  constant(value: Tensor, name?: string): Value {
    let free = name ?? `constant_${this.#types.length}`;
    for (let n = 1; name === undefined && this.#names.has(free); n++) {
      free = `constant_${this.#types.length}_${n}`;
    }
    return this.input(free, tensorType(value.dtype, value.shape), "constant", value);
  }
  /** A scalar constant, one node however often it is asked for. */
  scalar(value: number | bigint | boolean, dtype: DType = "float32"): Value {
    const key = `${dtype}:${Object.is(value, -0) ? "-0" : value}`;
    let v = this.#scalars.get(key);
    if (!v) this.#scalars.set(key, v = this.constant(scalar(value, dtype)));
    return v;
  }
  /** An int64 vector, as axes and shapes are given. */
  ints(values: readonly number[]): Value {
    const key = `ints:${values}`;
    let v = this.#scalars.get(key);
    if (!v) this.#scalars.set(key, v = this.constant(tensor([...values], [values.length], "int64")));
    return v;
  }

  /** The constant behind a value, where there is one. */
  knownOf(value: Value | undefined): Tensor | undefined {
    if (!value) return undefined;
    const outer = this.#find(value);
    const direct = outer.#known.get(value.id);
    if (direct) return direct;
    const dims = outer.#dims.get(value.id);
    if (!dims?.every((d) => typeof d === "number") || value.type.kind !== "tensor" || !value.type.shape) {
      return undefined;
    }
    return tensor(dims as number[], value.type.shape.length === 0 ? [] : [dims.length], value.type.dtype);
  }
  /** An integer value's contents as dims, where they follow from constants and shapes. */
  dimsOf(value: Value | undefined): readonly Dim[] | undefined {
    if (!value) return undefined;
    const outer = this.#find(value);
    const dims = outer.#dims.get(value.id);
    if (dims) return dims;
    const known = outer.#known.get(value.id);
    if (!known || known.shape.length > 1 || sizeOf(known.shape) > 1024) return undefined;
    return known.dtype === "int64" || known.dtype === "int32" ? toIntegers(known) : undefined;
  }
  /** Says what an integer value holds, as dims. */
  setDims(value: Value, dims: readonly Dim[]): void {
    this.#find(value).#dims.set(value.id, dims);
  }
  #find(value: Value): GraphBuilder {
    return value.owner instanceof GraphBuilder ? value.owner : this;
  }

  /** This builder's value for one that may belong to an enclosing builder, which is then captured. */
  own(value: Value): Value {
    if (value.owner === this) return value;
    if (!this.#parent) {
      throw new LapisError(
        "graph",
        `graph ${this.name}: a value of another graph was used (${typeText(value.type)})`,
      );
    }
    const outer = this.#parent.own(value);
    const key = `${outer.id}`;
    let found = this.#captured.get(key);
    if (!found) {
      const inner = this.input(`captured_${this.#captured.size}_${outer.id}`, outer.type);
      const known = this.#parent.knownOf(outer), dims = this.#parent.dimsOf(outer);
      if (known) this.#known.set(inner.id, known);
      if (dims) this.#dims.set(inner.id, dims);
      found = { outer, inner };
      this.#captured.set(key, found);
    }
    return value.mask ? { ...found.inner, mask: this.own(value.mask) } : found.inner;
  }

  /** Runs `fill` with a longer layer path. */
  scope<T>(name: string, fill: () => T): T {
    const before = this.#scope;
    this.#scope = before === "" ? name : `${before}/${name}`;
    try {
      return fill();
    } finally {
      this.#scope = before;
    }
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
    const where = this.#scope === "" ? name : `${this.#scope} (${name})`;
    const own = inputs.map((v) => (v ? this.own(v) : undefined));
    while (own.length > 0 && own.at(-1) === undefined) own.pop();
    const [least, most] = def.arity;
    if (own.length < least || own.length > most) {
      const expected = least === most
        ? `${least}`
        : most === Infinity
        ? `at least ${least}`
        : `${least} to ${most}`;
      throw new ShapeError(`${where}: expected ${expected} inputs, got ${own.length}`, {
        place: this.#scope,
      });
    }
    const given = Object.fromEntries(Object.entries(attributes).filter(([, v]) => v !== undefined));
    const parsed = parseConfig(def.attributes as Schema<Attributes>, given, where);
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
    const context = this.#context(def, own, parsed, options);
    const found = this.#infer(def, context, own, where);
    const outTypes = wanted === undefined ? found : found.slice(0, wanted), graphs = options.graphs ?? none;
    const { instead } = this.#options;
    const other = instead?.({ b: this, def, inputs: own, attributes: parsed, graphs, types: outTypes });
    if (other) return other;
    const outputs = outTypes.map((t) => this.#value(t));
    this.#push(name, own, outputs, parsed, graphs);
    const first = outputs[0];
    if (def.propagate && first) {
      const dims = def.propagate(context);
      if (dims) this.#dims.set(first.id, dims);
    }
    return outputs;
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

  #push(
    name: string,
    inputs: readonly (Value | undefined)[],
    outputs: readonly Value[],
    attributes: Attributes,
    graphs: Readonly<Record<string, Graph>>,
  ): void {
    const dot = name.lastIndexOf(".");
    this.#nodes.push({
      op: name.slice(dot + 1),
      domain: dot < 0 ? "" : name.slice(0, dot),
      inputs: inputs.map((v) => v?.id ?? -1),
      outputs: outputs.map((v) => v.id),
      attributes,
      graphs,
      scope: this.#scope,
    });
  }

  #context(
    def: OpDef,
    own: readonly (Value | undefined)[],
    attributes: Attributes,
    options: OpOptions,
  ): InferContext<unknown> {
    return {
      inputs: own.map((v) => v?.type),
      attributes,
      outputs: options.outputs ?? def.maxOutputs ?? 1,
      graphs: options.graphs ?? {},
      known: (i) => this.knownOf(own[i]),
      dims: (i) => this.dimsOf(own[i]),
    };
  }

  #infer(
    def: OpDef,
    context: InferContext<unknown>,
    own: readonly (Value | undefined)[],
    where: string,
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
    const outputs = types.map((t) => this.#value(t)), first = outputs[0];
    this.#nodes.push({
      op: node.op,
      domain: node.domain,
      inputs: own.map((v) => v?.id ?? -1),
      outputs: outputs.map((v) => v.id),
      attributes: node.attributes,
      graphs,
      scope: node.scope,
    });
    if (def.propagate && first) {
      const dims = def.propagate(
        this.#context(def, own, node.attributes, { graphs, outputs: outputs.length }),
      );
      if (dims) this.#dims.set(first.id, dims);
    }
    return outputs;
  }
  /** Adds a node of another graph whose types are given: copied where it reads what it read there, else inferred anew. */
  again(node: Node, inputs: readonly (Value | undefined)[], types: readonly Type[]): readonly Value[] {
    const { expand } = this.#options, def = this.registry.get("op", opName(node));
    const same = node.inputs.every((id, i) => {
      const now = inputs[i]?.type, then = types[id];
      return now === then || (now !== undefined && then !== undefined && sameType(now, then));
    });
    const given = node.outputs.flatMap((id) => types[id] ?? []);
    const expands = def.body && expand?.(def, inputs.map((v) => v?.type), node.attributes);
    if (same && !expands && given.length === node.outputs.length) return this.copy(node, inputs, given);
    const { attributes, graphs, outputs: { length: outputs } } = node;
    return this.scopeAs(node.scope, () => this.op(opName(node), inputs, attributes, { graphs, outputs }));
  }
  /** The value of a number, where there is one. */
  valueAt(id: number): Value | undefined {
    const type = this.#types[id];
    return type && { id, type, owner: this };
  }
  /** Every value so far by its number. */
  values(): Map<number, Value> {
    return new Map(this.#types.map((type, id) => [id, { id, type, owner: this }]));
  }
  /** The node that gives a value, where one does. */
  makerOf(value: Value): Node | undefined {
    return this.#nodes.findLast((n) => n.outputs.includes(value.id));
  }
  /** Runs `fill` under another layer path altogether. */
  scopeAs<T>(scope: string, fill: () => T): T {
    const before = this.#scope;
    this.#scope = scope;
    try {
      return fill();
    } finally {
      this.#scope = before;
    }
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
    const captured = [...this.#captured.values()];
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
    const all = [...new Map(parts.flatMap((p) => p.captures).map((v) => [v.id, v])).values()];
    const graphs = parts.map(({ graph, captures }) => {
      const types = [...graph.types];
      const data = graph.inputs.filter((i) => i.role !== "constant");
      const own = data.slice(0, data.length - captures.length);
      const taken = data.slice(data.length - captures.length);
      const aligned = all.map((v): GraphInput => {
        const at = captures.findIndex((c) => c.id === v.id);
        const input = taken[at];
        if (input) return input;
        types.push(v.type);
        return { name: `unused_${v.id}`, id: types.length - 1, role: "data" };
      });
      return {
        ...graph,
        types,
        inputs: [...own, ...aligned, ...graph.inputs.filter((i) => i.role === "constant")],
      };
    });
    return { graphs, captures: all };
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
    const { axis = 0, reverse = false, mask } = options;
    const runs = mask ? [...sequences, mask] : sequences;
    const element = (v: Value): Type => {
      const t = asTensor(v.type);
      return tensorType(t.dtype, dimsOf(t).filter((_, i) => i !== axis));
    };
    let results = 0;
    const body = this.nested("step", [
      ...state.map((v, i) => ({ name: `state_${i}`, type: v.type })),
      ...runs.map((v, i) => ({ name: `x_${i}`, type: element(v) })),
    ], (b, inputs) => {
      const before = inputs.slice(0, state.length);
      const x = inputs.slice(state.length, state.length + sequences.length);
      const now = inputs[state.length + sequences.length];
      const done = step(before as readonly Value[] as ValuesFor<S>, x as readonly Value[] as ValuesFor<X>, b);
      results = done.outputs.length;
      const after = done.state.map((v, i) => {
        const old = before[i];
        return now && old ? b.where(maskFor(b, now, v), v, old) : v;
      });
      return [...after, ...done.outputs];
    });
    const direction = reverse ? 1 : 0;
    const outputs = this.op("Scan", [...state, ...runs, ...body.captures], {
      num_scan_inputs: runs.length,
      scan_input_axes: runs.map(() => axis),
      scan_input_directions: runs.map(() => direction),
      scan_output_axes: new Array<number>(results).fill(axis),
      scan_output_directions: new Array<number>(results).fill(direction),
      captures: body.captures.length,
    }, { graphs: { body: body.graph }, outputs: state.length + results });
    return { state: outputs.slice(0, state.length), outputs: outputs.slice(state.length) };
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
      inputs: [...this.#inputs],
      nodes: [...this.#nodes],
      outputs: [...this.#outputs],
      types: [...this.#types],
      ...(this.#agreements.length > 0 && { agreements: [...this.#agreements] }),
    };
  }
  readonly #agreements: Agreement[] = [];
  /** Has sizes compared when data comes in. */
  agree(...agreements: readonly Agreement[]): void {
    this.#agreements.push(...agreements);
  }
}

/** A step's mask `[batch]` with trailing axes of 1, to fit a value `[batch, …]`. */
function maskFor(b: GraphBuilder, mask: Value, value: Value): Value {
  const extra = dimsOf(value.type).length - dimsOf(mask.type).length;
  if (extra <= 0) return mask;
  const from = dimsOf(mask.type).length;
  return b.unsqueeze(mask, b.ints(Array.from({ length: extra }, (_, i) => from + i)));
}
