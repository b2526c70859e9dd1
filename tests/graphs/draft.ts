/**
 * A random graph while it is drafted: ONNX messages, and beside every value what it is for each binding of the open
 * dims, found by running the node that gives it on plain kernels. @module
 */
import { type DType, dtypes } from "../../core/values/dtype.ts";
import { LapisError } from "../../core/values/errors.ts";
import type { AttributeValue } from "../../core/graph/graph.ts";
import type { Type } from "../../core/values/shape.ts";
import { isTensor, type RuntimeValue, type Tensor } from "../../core/values/tensor.ts";
import { attributeToProto, attributeTypes } from "../../io/onnx/reading/attributes.ts";
import type { AttributeProto, GraphProto, ModelProto, NodeProto } from "../../io/onnx/messages.ts";
import { tensorToProto } from "../../io/onnx/tensors.ts";
import type { Contents, Dice } from "./dice.ts";
import { evaluate } from "./evaluate.ts";
import { freeNames, inputInfo, modelOf } from "./models.ts";

/** An open dim's name or a size. */
export type Size = number | string;
/** What the open dims are bound to. */
export type Binding = Readonly<Record<string, number>>;
/** A value of the graph. */
export interface Drafted {
  readonly name: string;
  /** What it is, one for each binding. */
  readonly samples: readonly RuntimeValue[];
  readonly origin: "input" | "weight" | "constant" | "node";
}
/** A tensor of the graph. */
export interface DraftedTensor extends Drafted {
  readonly samples: readonly Tensor[];
  readonly dtype: DType;
  readonly rank: number;
}
/** A node as it is asked for. */
export interface Wish {
  readonly op: string;
  readonly inputs: readonly (string | undefined)[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  /** Numbers that must be written as floats though they are whole. */
  readonly bodies?: Readonly<Record<string, GraphProto>>;
  readonly outputs?: number;
  readonly domain?: string;
}
/** A node whose evaluation failed: with the graph up to it, it may be one that is refused wrongly. */
export interface Refused {
  readonly node: NodeProto;
  readonly reason: string;
}

let serial = 0;
/** Names are given once a model. */
export const fresh = (prefix: string): string => `${prefix}${serial++}`;
/** Begins the numbering again, so that a seed's names are its own. */
export const restart = (): void => {
  serial = 0;
};

/** The largest tensor that a node may give. */
const most = 3000;

/** A graph, or a body nested in one, with its values. */
export class Draft {
  readonly dice: Dice;
  readonly bindings: readonly Binding[];
  readonly parent: Draft | undefined;
  readonly graph: Required<Pick<GraphProto, "node" | "initializer" | "input" | "output">> = {
    node: [],
    initializer: [],
    input: [],
    output: [],
  };
  readonly values: Map<string, Drafted> = new Map();
  readonly refused: Refused[] = [];
  readonly opset: number;
  readonly corner: boolean;
  readonly #used = new Set<string>();

  constructor(dice: Dice, opset: number, bindings: readonly Binding[], corner: boolean, parent?: Draft) {
    this.dice = dice;
    this.opset = opset;
    this.bindings = bindings;
    this.corner = corner;
    this.parent = parent;
  }
  /** A draft of a body. */
  nested(): Draft {
    return new Draft(this.dice, this.opset, this.bindings, this.corner, this);
  }
  /** How deep this one lies in others. */
  get depth(): number {
    return this.parent ? this.parent.depth + 1 : 0;
  }

  /** Every value that a node here may read. */
  visible(): Drafted[] {
    return [...(this.parent?.visible() ?? []), ...this.values.values()];
  }
  /** A value by name. */
  get(name: string): Drafted | undefined {
    return this.values.get(name) ?? this.parent?.get(name);
  }
  /** A tensor by name. */
  tensor(name: string): DraftedTensor | undefined {
    const value = this.get(name);
    return value && asTensor(value);
  }
  /** Tensors for which `fits` holds; those of this body before those around it. */
  tensors(fits: (t: DraftedTensor) => boolean = () => true): DraftedTensor[] {
    return this.visible().flatMap((v) => {
      const t = asTensor(v);
      return t && fits(t) ? [t] : [];
    });
  }
  /** One of them, later ones more often, or undefined. */
  find(fits: (t: DraftedTensor) => boolean): DraftedTensor | undefined {
    const found = this.tensors(fits);
    if (found.length === 0) return undefined;
    const late = found.slice(-4);
    return this.dice.chance(0.6) ? this.dice.pick(late) : this.dice.pick(found);
  }

  /** Dims of a value: a number where all bindings agree, an open dim's name where it is that, else undefined. */
  sizes(t: DraftedTensor): (Size | undefined)[] {
    return Array.from({ length: t.rank }, (_, axis) => {
      const each = t.samples.map((s) => s.shape[axis] ?? 1);
      if (each.every((n) => n === each[0])) return each[0];
      return Object.keys(this.bindings[0] ?? {}).find((k) => this.bindings.every((b, i) => b[k] === each[i]));
    });
  }
  /** A new value of that shape: an input where a dim is open, else an input, a weight or a constant. */
  source(sizes: readonly Size[], dtype: DType = "float32", contents: Contents = "normal"): DraftedTensor {
    const open = sizes.some((s) => typeof s === "string");
    const kind = this.corner && contents === "normal" && this.dice.chance(0.4) ? "corner" : contents;
    const shapes = this.bindings.map((b) => sizes.map((s) => (typeof s === "string" ? b[s] ?? 1 : s)));
    const p = this.dice.uniform();
    if (this.depth > 0 && open) {
      const outer: Draft = this.parent ?? this;
      return outer.source(sizes, dtype, contents);
    }
    if (open || (p < 0.4 && this.depth === 0)) {
      const samples = shapes.map((shape) => this.dice.tensor(shape, dtype, kind));
      return this.input(sizes, dtype, samples);
    }
    return this.constant(this.dice.tensor(shapes[0] ?? [], dtype, kind));
  }
  /** A new input. */
  input(sizes: readonly Size[], dtype: DType, samples: readonly Tensor[]): DraftedTensor {
    const name = fresh("x");
    this.graph.input.push(inputInfo(name, dtype, sizes));
    return this.#keep({ name, samples, origin: "input" });
  }
  /** A constant: an initializer or a Constant node. */
  constant(value: Tensor): DraftedTensor {
    const asNode = this.dice.chance(0.25), name = fresh(asNode ? "k" : "c");
    if (asNode) {
      this.graph.node.push({
        opType: "Constant",
        input: [],
        output: [name],
        attribute: [{ name: "value", type: attributeTypes.TENSOR, t: tensorToProto(value) }],
      });
    } else this.graph.initializer.push(tensorToProto(value, name));
    return this.#keep({
      name,
      samples: this.bindings.map(() => value),
      origin: asNode ? "constant" : "weight",
    });
  }
  /** The name of a constant of whole numbers. */
  ints(values: readonly (number | bigint)[], dtype: DType = "int64", shape?: readonly number[]): string {
    const data = dtype === "int64" ? BigInt64Array.from(values, BigInt) : Int32Array.from(values, Number);
    return this.constant({ dtype, shape: shape ?? [values.length], data }).name;
  }
  #keep(value: Drafted): DraftedTensor {
    this.values.set(value.name, value);
    const t = asTensor(value);
    if (!t) throw new TypeError(`${value.name} is no tensor`);
    return t;
  }
  /** A value that a body is given: named, with what it is at the first step. */
  given(dtype: DType, samples: readonly Tensor[]): DraftedTensor {
    const name = fresh("s");
    const dim = Array.from({ length: samples[0]?.shape.length ?? 0 }, () => ({}));
    this.graph.input.push({ name, type: { tensorType: { elemType: dtypes[dtype].onnx, shape: { dim } } } });
    return this.#keep({ name, samples, origin: "input" });
  }

  /** Adds a node where it can be run; remembers it where it can't. Returns its outputs. */
  add(wish: Wish): readonly Drafted[] | undefined {
    const node = nodeOf(wish);
    const outputs = this.#evaluate(node);
    if (!outputs) return undefined;
    this.graph.node.push(node);
    for (const name of freeNames(node)) this.#used.add(name);
    const made = (node.output ?? []).map((name, i) => ({
      name,
      samples: outputs.map((list) => list[i]).flatMap((v) => (v === undefined ? [] : [v])),
      origin: "node" as const,
    }));
    for (const value of made) this.values.set(value.name, value);
    return made;
  }
  #evaluate(node: NodeProto): readonly (readonly RuntimeValue[])[] | undefined {
    const outputs: (readonly RuntimeValue[])[] = [];
    for (const binding of this.bindings.keys()) {
      try {
        outputs.push(evaluate(node, this.opset, (name) => {
          const value = this.get(name), sample = value?.samples[binding];
          return value && sample &&
            { value: sample, constant: value.origin === "constant" || value.origin === "weight" };
        }));
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        if (!(error instanceof LapisError) || this.depth === 0) this.refused.push({ node, reason });
        return undefined;
      }
    }
    const tame = outputs.every((list) => list.every((v) => isTame(v, this.corner)));
    return tame ? outputs : undefined;
  }
  /** True where a value is read by a node. */
  isUsed(name: string): boolean {
    return this.#used.has(name);
  }
  /** The model with the given outputs. */
  model(outputs: readonly string[]): ModelProto {
    return modelOf({ ...this.graph, output: outputs.map((name) => this.#info(name)) }, this.opset);
  }
  #info(name: string) {
    const sample = this.get(name)?.samples[0];
    return sample && isTensor(sample) ? inputInfo(name, sample.dtype, undefined) : { name };
  }
}

/** A node's message. */
export function nodeOf({ op, inputs, attributes = {}, bodies = {}, outputs = 1, domain }: Wish): NodeProto {
  const given: AttributeProto[] = Object.entries(attributes).flatMap(([name, value]) =>
    attributeToProto(name, value, op) ?? []
  );
  for (const [name, g] of Object.entries(bodies)) given.push({ name, type: attributeTypes.GRAPH, g });
  return {
    opType: op,
    ...(domain !== undefined && { domain }),
    input: inputs.map((name) => name ?? ""),
    output: Array.from({ length: outputs }, () => fresh("v")),
    ...(given.length > 0 && { attribute: given }),
  };
}
/** A drafted value as a tensor, where it is one for every binding. */
export function asTensor(value: Drafted): DraftedTensor | undefined {
  const samples = value.samples.filter(isTensor), first = samples[0];
  if (!first || samples.length !== value.samples.length) return undefined;
  return { ...value, samples, dtype: first.dtype, rank: first.shape.length };
}
function isTame(value: RuntimeValue, corner: boolean): boolean {
  if (!isTensor(value)) return true;
  if (value.data.length > most) return false;
  if (corner || value.dtype !== "float32") return true;
  return (value.data as Float32Array).every((x) => Math.abs(x) < 1e5);
}
/** A type for inputs of nested graphs. */
export type { Type };
