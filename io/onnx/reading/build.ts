/** Builds our graph out of a GraphProto: names to values, functions inlined, nested graphs closed. @module */
import type { GraphBuilder, Nested } from "../../../core/graph/builder.ts";
import { FormatError, LimitError, shown, UnsupportedError } from "../../../core/values/errors.ts";
import {
  type Attributes,
  type AttributeValue,
  type Graph,
  typeOf,
  type Value,
} from "../../../core/graph/graph.ts";
import type { Limits } from "../../../core/values/limits.ts";
import type { Registry } from "../../../core/registry.ts";
import { type Type, typeText } from "../../../core/values/shape.ts";
import type { Tensor } from "../../../core/values/tensor.ts";
import { attributeFromProto, attributeType, attributeTypes } from "./attributes.ts";
import type { AttributeProto, FunctionProto, GraphProto, NodeProto, ValueInfoProto } from "../messages.ts";
import { bodyInputTypes, carriedPositions, unranked, widened, withDeclared } from "./nested.ts";
import { constantTensor } from "./constants.ts";
import { gradientOf, gradientOperator } from "../writing/gradient.ts";
import { checkOperands } from "./operands.ts";
import { olderForm } from "./older.ts";
import { ordered } from "./order.ts";
import { located, Names, nodeScope } from "../names.ts";
import { functionKey, type Functions, type Opsets, readOpsets } from "./survey.ts";
import { domainOf, operatorName } from "../operator.ts";
import { type TensorContext, tensorFromProto, tensorFromSparse, tensorOrHollow } from "../tensors.ts";
import { typeFromProto } from "../types.ts";
import { checkTypes } from "../typing.ts";

/** What a whole model shares while it is built. */
export interface BuildContext extends TensorContext {
  readonly registry: Registry;
  readonly limits: Limits;
  readonly file: string;
  readonly functions: Functions;
  /** Symbols of the model's inputs, which expressions may use. */
  readonly symbols: ReadonlySet<string>;
  warn(message: string): void;
  /** True where large initializers have no elements. */
  readonly bare?: boolean;
}
/** Where nodes stand: which opsets hold, which function's attributes they may refer to. */
interface Frame {
  readonly opsets: Opsets;
  readonly attributes: ReadonlyMap<string, AttributeProto>;
  readonly calls: readonly FunctionProto[];
  /** Path of the call that a function's nodes stand for. */
  readonly scope: string;
}

/** Names that builders give themselves; a file's constant with such a name gets another. */
const reserved = /^(constant_\d+|captured_\d+_\d+|unused_\d+)$/;

/** Adds the nodes of one model to builders. */
export class ModelBuilder {
  readonly #context: BuildContext;
  #left: number;
  constructor(context: BuildContext) {
    this.#context = context;
    this.#left = context.limits.items;
  }

  /** Tells of what is odd but harmless. */
  warn(message: string): void {
    this.#context.warn(message);
  }
  /** Every tensor that a graph holds, by name. */
  initializers(graph: GraphProto): ReadonlyMap<string, Tensor> {
    const found = new Map<string, Tensor>();
    const add = (name: string | undefined, value: Tensor) => {
      if (name === undefined || name === "") throw new FormatError("an initializer has no name");
      if (found.has(name)) throw new FormatError(`two initializers are named ${shown(name)}`);
      found.set(name, value);
    };
    const read = this.#context.bare ? tensorOrHollow : tensorFromProto;
    for (const t of graph.initializer ?? []) add(t.name, read(t, this.#context));
    for (const s of graph.sparseInitializer ?? []) add(s.values?.name, tensorFromSparse(s, this.#context));
    return found;
  }

  /** A constant under its own name where that is free. */
  constant(b: GraphBuilder, name: string, value: Tensor): Value {
    return b.constant(value, reserved.test(name) || name === "" ? undefined : this.#unique(b, name));
  }
  readonly #taken = new WeakMap<GraphBuilder, Map<string, number>>();
  #unique(b: GraphBuilder, name: string): string {
    let taken = this.#taken.get(b);
    if (!taken) this.#taken.set(b, taken = new Map());
    let free = name;
    for (let i = taken.get(name) ?? 0; taken.has(free); i++) {
      free = `${name}.${i}`;
      taken.set(name, i + 1);
    }
    taken.set(free, 0);
    return free;
  }
  /** Keeps an input's name from being given to a constant. */
  reserve(b: GraphBuilder, name: string): void {
    this.#unique(b, name);
  }

  /** Adds a main graph's nodes. */
  graph(b: GraphBuilder, graph: GraphProto, names: Names, opsets: Opsets): void {
    const frame: Frame = { opsets, attributes: new Map(), calls: [], scope: "" };
    this.#nodes(b, graph.node ?? [], names, frame, hints(graph));
  }
  /** The value of a name. @throws {FormatError} */
  find(name: string, names: Names, what: string): Value | undefined {
    if (names.has(name)) return names.get(name);
    throw new FormatError(`${what} ${shown(name)} has no producer`);
  }

  #nodes(
    b: GraphBuilder,
    nodes: readonly NodeProto[],
    names: Names,
    frame: Frame,
    declared: ReadonlyMap<string, ValueInfoProto>,
  ): void {
    for (const node of ordered(nodes)) {
      if (--this.#left < 0) {
        throw new LimitError(
          `more than ${this.#context.limits.items} nodes, those of functions and loops counted as often as they are built`,
        );
      }
      try {
        const inputs = (node.input ?? []).map((name) =>
          name === "" ? undefined : this.find(name, names, "its input")
        );
        const scope = [frame.scope, nodeScope(node)].filter((part) => part !== "").join("/");
        const outputs = b.scopeAs(scope, () => this.#node(b, node, inputs, names, frame));
        this.#name(node, outputs, names, declared);
      } catch (error) {
        throw located(error, node);
      }
    }
  }
  #name(
    node: NodeProto,
    outputs: readonly (Value | undefined)[],
    names: Names,
    declared: ReadonlyMap<string, ValueInfoProto>,
  ): void {
    (node.output ?? []).forEach((name, i) => {
      if (name === "") return;
      const value = outputs[i];
      if (!value) throw new FormatError(`it has ${outputs.length} outputs, ${shown(name)} would be another`);
      const hint = declared.get(name);
      if (hint) this.checkHint(value, hint);
      names.set(name, value);
    });
  }
  /** Compares what was inferred with what the file declares. */
  checkHint(value: Value, hint: ValueInfoProto): void {
    const declared = hint.type?.tensorType, { type } = value;
    if (!declared?.elemType || type.kind !== "tensor") return;
    const said = typeFromProto(hint.type, `value ${shown(hint.name ?? "")}`, this.#context.symbols);
    if (said.kind !== "tensor") return;
    if (said.dtype !== type.dtype) {
      throw new FormatError(
        `value ${shown(hint.name ?? "")} is declared as ${typeText(said)}, but is ${typeText(type)}`,
      );
    }
    const clash = said.shape && type.shape &&
      (said.shape.length !== type.shape.length ||
        said.shape.some((d, i) =>
          typeof d === "number" && typeof type.shape?.[i] === "number" && d !== type.shape[i]
        ));
    if (clash) {
      this.#context.warn(
        `value ${shown(hint.name ?? "")} is declared as ${typeText(said)}, but is ${typeText(type)}`,
      );
    }
  }

  #node(
    b: GraphBuilder,
    node: NodeProto,
    inputs: readonly (Value | undefined)[],
    names: Names,
    frame: Frame,
  ): readonly (Value | undefined)[] {
    const resolved = (node.attribute ?? []).flatMap((a) => resolve(a, frame));
    const local = this.#context.functions.get(functionKey(node.domain, node.opType, node.overload));
    if (local) return this.#call(b, local, inputs, resolved, frame);
    if (operatorName(node) === "Constant") return [this.#constantNode(b, node, resolved)];
    const attributes: Record<string, AttributeValue> = Object.create(null), graphs: AttributeProto[] = [];
    for (const a of resolved) {
      const name = a.name ?? "";
      if (Object.hasOwn(attributes, name) || graphs.some((g) => g.name === name)) {
        throw new FormatError(`two attributes are named ${shown(name)}`);
      }
      if (attributeType(a) === attributeTypes.GRAPH) graphs.push(a);
      else attributes[name] = attributeFromProto(a, "its", this.#context);
    }
    const wanted = (node.output ?? []).findLastIndex((name) => name !== "") + 1;
    if (wanted === 0) return [];
    if (operatorName(node) === gradientOperator) return gradientOf(b, inputs, attributes, names);
    return this.#operator(b, node, inputs, attributes, graphs, names, frame, wanted);
  }

  #operator(
    b: GraphBuilder,
    node: NodeProto,
    inputs: readonly (Value | undefined)[],
    attributes: Attributes,
    graphs: readonly AttributeProto[],
    names: Names,
    frame: Frame,
    wanted: number,
  ): readonly Value[] {
    const name = operatorName(node), def = this.#context.registry.get("op", name);
    const opset = frame.opsets.get(domainOf(node.domain)) ?? def.since;
    checkTypes(name, opset, inputs);
    b.agree(...checkOperands(name, opset, inputs, attributes));
    const parts = graphs.map((a) =>
      this.#nested(b, node.opType ?? "", a, inputs, attributes, names, frame, opset)
    );
    const aligned = b.alignCaptures(parts);
    const whole = olderForm(opset, { op: name, attributes, inputs, builder: b }, wanted);
    if (whole) return whole;
    const old = def.upgrade && opset < def.since
      ? def.upgrade(opset, { op: name, attributes, inputs, builder: b })
      : { op: name, attributes, inputs };
    const count = aligned.captures.length;
    return b.op(
      old.op,
      count === 0 ? old.inputs : [...old.inputs, ...aligned.captures],
      count === 0 ? old.attributes : { ...old.attributes, captures: count },
      {
        outputs: wanted,
        graphs: Object.fromEntries(graphs.map((a, i) => [a.name ?? "", aligned.graphs[i] as Graph])),
      },
    );
  }

  /** A nested graph, built again with wider types while a loop's outputs don't fit its inputs. */
  #nested(
    b: GraphBuilder,
    op: string,
    attribute: AttributeProto,
    inputs: readonly (Value | undefined)[],
    attributes: Attributes,
    names: Names,
    frame: Frame,
    opset: number,
  ): Nested {
    const graph = attribute.g ?? {}, place = `graph ${shown(attribute.name ?? "")}`;
    const tensors = this.initializers(graph);
    const given = bodyInputTypes(op, opset, inputs, attributes);
    const formal = (graph.input ?? []).filter((i, at) => at < given.length || !tensors.has(i.name ?? ""));
    if (given.length > 0 && formal.length !== given.length) {
      throw new FormatError(`${place}: expected ${given.length} inputs, got ${formal.length}`);
    }
    let types = formal.map((info, i) => {
      const declared = info.type && declaredType(info, place, this.#context);
      const type = withDeclared(given[i], declared);
      if (!type) throw new FormatError(`${place}: input ${shown(info.name ?? "")} has no type`);
      return type;
    });
    // onnxruntime hands a loop's counter and condition over as vectors of one where the body declares that.
    const upright = formal.map((info, i) => {
      const declared = op === "Loop" && i < 2 ? info.type?.tensorType?.shape?.dim : undefined;
      return declared?.length === 1;
    });
    const carried = carriedPositions(op, inputs.length, attributes);
    for (let round = 0;; round++) {
      const built = this.#body(b, place, graph, formal, types, upright, tensors, names, frame);
      const wider = types.slice();
      for (const [output, input] of carried) {
        const out = built.graph.outputs[output], type = types[input];
        if (!out || !type) continue;
        const next = widened(type, typeOf(built.graph, out.id));
        // Two rounds settle nearly everything; a rank that still changes is left open.
        wider[input] = next !== type && round >= 3 ? unranked(next) : next;
      }
      if (wider.every((t, i) => t === types[i]) || round > 4) return built;
      types = wider;
    }
  }
  #body(
    b: GraphBuilder,
    place: string,
    graph: GraphProto,
    formal: readonly ValueInfoProto[],
    types: readonly Type[],
    upright: readonly boolean[],
    tensors: ReadonlyMap<string, Tensor>,
    names: Names,
    frame: Frame,
  ): Nested {
    const labels = formal.map((_, i) => `in_${i}`);
    return b.nested(
      graph.name || "body",
      labels.map((name, i) => ({ name, type: types[i] as Type })),
      (inner, values) => {
        const inside = new Names(names);
        formal.forEach((info, i) => {
          const value = values[i];
          const stands = upright[i] && value && inner.unsqueeze(value, inner.ints([0]));
          inside.set(info.name ?? "", stands || value);
        });
        labels.forEach((label) => this.reserve(inner, label));
        for (const [name, value] of tensors) {
          if (!formal.some((f) => f.name === name)) inside.set(name, this.constant(inner, name, value));
        }
        this.#nodes(inner, graph.node ?? [], inside, frame, hints(graph));
        return (graph.output ?? []).map((o) => {
          const value = this.find(o.name ?? "", inside, `${place}: its output`);
          if (!value) throw new FormatError(`${place}: output ${shown(o.name ?? "")} is absent`);
          return value;
        });
      },
    );
  }

  #call(
    b: GraphBuilder,
    local: FunctionProto,
    inputs: readonly (Value | undefined)[],
    given: readonly AttributeProto[],
    frame: Frame,
  ): readonly (Value | undefined)[] {
    const name = local.name ?? "", { limits } = this.#context;
    if (frame.calls.includes(local)) throw new FormatError(`function ${shown(name)} calls itself`);
    if (frame.calls.length >= limits.depth) throw new LimitError(`functions nested ${limits.depth} deep`);
    const formal = local.input ?? [];
    if (inputs.length > formal.length) {
      throw new FormatError(`function ${shown(name)} takes ${formal.length} inputs, got ${inputs.length}`);
    }
    const attributes = new Map((local.attributeProto ?? []).map((a) => [a.name ?? "", a]));
    const known = new Set([...attributes.keys(), ...(local.attribute ?? [])]);
    for (const a of given) {
      if (!known.has(a.name ?? "")) {
        throw new FormatError(`function ${shown(name)} has no attribute ${shown(a.name ?? "")}`);
      }
      attributes.set(a.name ?? "", a);
    }
    const inside = new Names();
    formal.forEach((f, i) => inside.set(f, inputs[i]));
    const opsets = readOpsets(local.opsetImport, `function ${shown(name)}`);
    const called: Frame = { opsets, attributes, calls: [...frame.calls, local], scope: b.currentScope };
    this.#nodes(b, local.node ?? [], inside, called, new Map());
    return (local.output ?? []).map((o) => this.find(o, inside, `function ${shown(name)}: its output`));
  }

  #constantNode(b: GraphBuilder, node: NodeProto, attributes: readonly AttributeProto[]): Value {
    const name = node.output?.[0] ?? "", a = attributes[0];
    if (!a || attributes.length !== 1) throw new FormatError("a Constant has one attribute");
    const value = attributeFromProto(a, "its", this.#context);
    const t = constantTensor(a.name ?? "", value);
    if (!t) throw new UnsupportedError(`a Constant given by ${shown(a.name ?? "")}`);
    return this.constant(b, name, t);
  }
}

/** An attribute with what it refers to in the function around it; none where that was not given. */
function resolve(a: AttributeProto, frame: Frame): readonly AttributeProto[] {
  if (a.refAttrName === undefined || a.refAttrName === "") return [a];
  const given = frame.attributes.get(a.refAttrName);
  if (!given) return [];
  if (attributeType(given) === attributeTypes.GRAPH) {
    throw new UnsupportedError(`attribute ${shown(a.name ?? "")}: a graph handed to a function`);
  }
  return [{ ...given, name: a.name ?? "" }];
}

function declaredType(info: ValueInfoProto, place: string, context: BuildContext): Type | undefined {
  // A shape without an element type says nothing that could be used.
  if (info.type?.tensorType && !info.type.tensorType.elemType) return undefined;
  return typeFromProto(info.type, `${place}: input ${shown(info.name ?? "")}`, context.symbols);
}
function hints(graph: GraphProto): ReadonlyMap<string, ValueInfoProto> {
  return new Map([...(graph.valueInfo ?? []), ...(graph.output ?? [])].map((v) => [v.name ?? "", v]));
}
