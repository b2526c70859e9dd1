/** The values of a graph while it is built: where they come from, what is known of them, what they capture. @module */
import type { DType } from "../values/dtype.ts";
import { LapisError, shown } from "../values/errors.ts";
import { type Dim, tensorType, type Type, typeText } from "../values/shape.ts";
import { scalar, sizeOf, type Tensor, tensor, toIntegers } from "../values/tensor.ts";
import type { Graph, GraphInput, Role, Value } from "./graph.ts";
import { Methods } from "./methods.ts";

/** What a builder knows of its values. */
export class GraphValues extends Methods {
  /** The graph's name. */
  readonly name: string;
  /** Inputs so far. */
  protected readonly inputs: GraphInput[] = [];
  /** Types so far, by the number of the value. */
  protected readonly types: Type[] = [];
  /** Values of the graph around that are used here, as they are there and here. */
  protected readonly captured: Map<string, { readonly outer: Value; readonly inner: Value }> = new Map();
  readonly #parent: GraphValues | undefined;
  readonly #names = new Set<string>();
  readonly #known = new Map<number, Tensor>();
  readonly #dims = new Map<number, readonly Dim[]>();
  readonly #scalars = new Map<string, Value>();
  #scope: string;

  /** Begins a graph of operators of a registry; `parent` has the values of the graph around a nested one. */
  constructor(registry: object, name: string, parent?: GraphValues) {
    super(registry);
    this.name = name;
    this.#parent = parent;
    this.#scope = parent?.currentScope ?? "";
  }

  /** The layer path that new nodes get. */
  get currentScope(): string {
    return this.#scope;
  }
  /** A new value. */
  protected value(type: Type): Value {
    const id = this.types.length;
    this.types.push(type);
    return { id, type, owner: this };
  }

  /** Adds a graph input. */
  input(name: string, type: Type, role: Role = "data", value?: Tensor): Value {
    if (this.#names.has(name)) {
      throw new LapisError("graph", `graph ${this.name}: two inputs are named ${shown(name)}`);
    }
    const v = this.value(type);
    this.#names.add(name);
    this.inputs.push({ name, id: v.id, role, ...(value && { value }) });
    if (role === "constant" && value) this.#known.set(v.id, value);
    return v;
  }

  /** Takes over the inputs of a graph, and the numbers and types of its values, before anything is built. */
  begin(graph: Graph): void {
    for (const type of graph.types) this.types.push(type);
    for (const input of graph.inputs) {
      this.#names.add(input.name);
      this.inputs.push(input);
      if (input.role === "constant" && input.value) this.#known.set(input.id, input.value);
    }
  }

  /** A constant tensor; without a name it gets a free one. */
  constant(value: Tensor, name?: string): Value {
    let free = name ?? `constant_${this.types.length}`;
    for (let n = 1; name === undefined && this.#names.has(free); n++) {
      free = `constant_${this.types.length}_${n}`;
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
  /** Whether the value of a number has contents that are known. */
  knows(id: number): boolean {
    return this.#known.has(id) || (this.#dims.get(id)?.every((d) => typeof d === "number") ?? false);
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
  #find(value: Value): GraphValues {
    return value.owner instanceof GraphValues ? value.owner : this;
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
    let found = this.captured.get(key);
    if (!found) {
      const inner = this.input(`captured_${this.captured.size}_${outer.id}`, outer.type);
      const known = this.#parent.knownOf(outer), dims = this.#parent.dimsOf(outer);
      if (known) this.#known.set(inner.id, known);
      if (dims) this.#dims.set(inner.id, dims);
      found = { outer, inner };
      this.captured.set(key, found);
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

  /** The value of a number, where there is one. */
  valueAt(id: number): Value | undefined {
    const type = this.types[id];
    return type && { id, type, owner: this };
  }
  /** Every value so far by its number. */
  values(): Map<number, Value> {
    return new Map(this.types.map((type, id) => [id, { id, type, owner: this }]));
  }
}
