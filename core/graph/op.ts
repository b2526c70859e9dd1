/** The operator contract: schema, type inference, gradient and plain kernel, said once. @module */
import type { Builder } from "./builder.ts";
import type { Attributes, Graph, Value } from "./graph.ts";
import type { Lookup } from "./lookup.ts";
import type { Limits } from "../values/limits.ts";
import type { Schema } from "../values/schema.ts";
import type { Dim, Type } from "../values/shape.ts";
import type { RuntimeValue, Tensor } from "../values/tensor.ts";

/** What inference is told. Absent optional inputs are undefined. */
export interface InferContext<A> {
  /** Types of the inputs. */
  readonly inputs: readonly (Type | undefined)[];
  /** The attributes. */
  readonly attributes: A;
  /** How many outputs the node names. */
  readonly outputs: number;
  /** Nested graphs by attribute name. */
  readonly graphs: Readonly<Record<string, Graph>>;
  /** An input's value where it is known while building. */
  known(index: number): Tensor | undefined;
  /** An integer vector or scalar input as dims, where its contents follow from shapes (Shape → Gather → Concat). */
  dims(index: number): readonly Dim[] | undefined;
}
/** A node as gradient rules see it. */
export interface ForwardNode<A> {
  /** What it read. */
  readonly inputs: readonly (Value | undefined)[];
  /** What it gave. */
  readonly outputs: readonly Value[];
  /** The attributes. */
  readonly attributes: A;
  /** Nested graphs by attribute name. */
  readonly graphs: Readonly<Record<string, Graph>>;
}
/** What a plain kernel is told. */
export interface PlainContext<A> {
  /** The attributes. */
  readonly attributes: A;
  /** How many outputs the node names. */
  readonly outputs: number;
  /** Bounds on what is data-dependent. */
  readonly limits: Limits;
  /** Types the graph expects of the outputs, as far as known. */
  readonly types: readonly Type[];
  /** The node's nested graphs, by name. */
  readonly graphs: Readonly<Record<string, Graph>>;
  /** Runs a nested graph on plain. */
  runGraph(name: string, inputs: readonly (RuntimeValue | undefined)[]): readonly RuntimeValue[];
}

/**
 * An operator, said once: exactly one of `body` (a composite: gradient, plain kernel and ONNX function follow), `vjp`,
 * or `gradient: "none"`. A composite may have a plain kernel of its own as well, where loops say it more exactly.
 */
export interface OpDef<A = unknown> {
  /** Tells plugins apart. */
  readonly kind: "op";
  /** ONNX' name. */
  readonly name: string;
  /** `""` (the default) is ai.onnx. */
  readonly domain?: string;
  /** The opset that brought the meaning declared here. */
  readonly since: number;
  /** What it does, in a few words. */
  readonly summary: string;
  /** The fields of its attributes. */
  readonly attributes: Schema<A>;
  /** Least and most inputs; `Infinity` for variadic ones. */
  readonly arity: readonly [number, number];
  /** How many outputs it can have; 1 unless said. */
  readonly maxOutputs?: number;
  /** How many it always has; 1 unless said. */
  readonly minOutputs?: number;
  /** Types of the outputs. Derived from the body where there is one and no `infer`. */
  infer?(context: InferContext<A>): readonly Type[];
  /** Element types of the outputs where ranks are unknown; the first input's unless said. */
  dtypes?(context: InferContext<A>): readonly Type[];
  /** The first output's contents as dims, for integer vectors computed from shapes. */
  propagate?(context: InferContext<A>): readonly Dim[] | undefined;
  /** The operator built of others. */
  body?(b: Builder, inputs: readonly (Value | undefined)[], attributes: A, outputs: number): readonly Value[];
  /** Builds the gradients of the wanted inputs from those of the outputs (undefined where none flows). */
  vjp?(
    b: Builder,
    node: ForwardNode<A>,
    dy: readonly (Value | undefined)[],
    wanted: readonly boolean[],
  ): readonly (Value | undefined)[];
  /** Said where it has none. */
  readonly gradient?: "none";
  /** Plain loops, always right, float64 too. */
  plain?(inputs: readonly (RuntimeValue | undefined)[], context: PlainContext<A>): readonly RuntimeValue[];
  /**
   * False for one that draws: it gives other results at every run, and is never folded into a constant. Unless said, operators
   * of ONNX' domains and Lapis' own are deterministic; one of another domain is not taken to be.
   */
  readonly deterministic?: boolean;
  /** Maps a node of an older opset to this one. */
  upgrade?(from: number, node: OldNode): OldNode;
  /** `exact`: every backend gives the same bits; `rounding`: within float rounding. */
  readonly accuracy: "exact" | "rounding";
}
/** A node as a file holds it, on its way to the current opset. `constants` finds initializer values by input index. */
export interface OldNode {
  /** Name of the operator. */
  readonly op: string;
  /** The attributes as the file has them. */
  readonly attributes: Attributes;
  /** The values read. */
  readonly inputs: readonly (Value | undefined)[];
  /** Adds what stands in the node's place. */
  readonly builder: Builder;
}

/** A named function of one value, added to a graph as operators. */
export interface ActivationDef {
  /** Tells plugins apart. */
  readonly kind: "activation";
  /** Our name, camelCase: `hardSigmoid`. */
  readonly name: string;
  /** What it does, in a few words, where no doc of its factory says so. */
  readonly summary?: string;
  /** Keras' names for it; snake_case of ours unless said. */
  readonly kerasNames?: readonly string[];
  /** Options with defaults, such as `alpha`. */
  readonly options?: Readonly<Record<string, number | boolean | readonly number[] | null>>;
  /** Adds its operators and returns the result. */
  build(b: Builder, x: Value, options: Readonly<Record<string, unknown>>): Value;
}

/** What graphs are built of. */
export interface OperatorKinds {
  /** An operator. */
  readonly op: OpDef;
  /** An activation. */
  readonly activation: ActivationDef;
}
/** Looks up what graphs are built of. */
export type Operators = Lookup<OperatorKinds>;
