/** Graphs as messages: names, initializers, value types, nested graphs. @module */
import { InputError, shown } from "../../../core/values/errors.ts";
import {
  type Graph,
  type GraphInput,
  type Node,
  opName,
  type Role,
  typeOf,
} from "../../../core/graph/graph.ts";
import type { Operators } from "../../../core/graph/op.ts";
import type { Tensor } from "../../../core/values/tensor.ts";
import { attributeToProto, attributeTypes } from "../reading/attributes.ts";
import { lowered } from "./lower.ts";
import type { AttributeProto, GraphProto, NodeProto, TensorProto, ValueInfoProto } from "../messages.ts";
import { looksTrained, type Roles } from "../reading/roles.ts";
import { tensorToProto } from "../tensors.ts";
import { typeToProto } from "../types.ts";
import { isDefault } from "./versions.ts";

/** Roles that become initializers alone. */
const isWeight = (role: Role) => role === "parameter" || role === "statistic" || role === "constant";

/** Operators whose first output may be left out too. */
const loops: ReadonlySet<string> = new Set(["GRU", "LSTM", "RNN"]);
/** Operators whose later outputs may be left out when nobody reads them. */
const optionalOutputs = new Set([
  "BatchNormalization",
  "Dropout",
  "GRU",
  "LSTM",
  "LayerNormalization",
  "MaxPool",
  "RNN",
]);
/** What the inputs of operators are called that are mostly constants, from the second on. */
const inputNames: ReadonlyMap<string, readonly string[]> = new Map(Object.entries({
  BatchNormalization: ["scale", "bias", "mean", "variance"],
  Clip: ["min", "max"],
  CumSum: ["axis"],
  Expand: ["shape"],
  Gather: ["indices"],
  LayerNormalization: ["scale", "bias"],
  OneHot: ["depth", "values"],
  Pad: ["pads", "value", "axes"],
  PRelu: ["slope"],
  Range: ["limit", "step"],
  Reshape: ["shape"],
  Resize: ["roi", "scales", "sizes"],
  Slice: ["starts", "ends", "axes", "steps"],
  Split: ["split"],
  Squeeze: ["axes"],
  Tile: ["repeats"],
  TopK: ["k"],
  Unsqueeze: ["axes"],
}));
/** Names that builders give themselves. */
const nameless = /^(constant|captured|joined)_[\d_]+$/;

/** What a writer is told. */
export interface WriterOptions {
  /** The plugins whose operators the graph holds. */
  readonly registry: Operators;
  /** The opset of ai.onnx. */
  readonly opset: number;
  /** Values of inputs by name, in place of those in the graph. */
  readonly weights?: ReadonlyMap<string, Tensor>;
  /** Names of inputs that are written without a value. */
  readonly fed?: ReadonlySet<string>;
  /** Makes a weight's message. */
  tensor?(value: Tensor, name: string): TensorProto;
}

/** Names that are given once in the whole model, as nested graphs see those around them. */
class Namer {
  readonly #taken = new Set<string>();
  readonly #next = new Map<string, number>();
  unique(wanted: string): string {
    let name = wanted;
    if (this.#taken.has(name)) {
      let i = this.#next.get(wanted) ?? 1;
      while (this.#taken.has(name = `${wanted}_${i}`)) i++;
      this.#next.set(wanted, i + 1);
    }
    this.#taken.add(name);
    return name;
  }
}

/** The name that a node is written under; the second of one name gets `_1`. */
export function writtenName({ op, scope }: Node): string {
  const path = scope.split("/").at(-1) ?? "";
  return scope === "" ? op : path.startsWith(op) ? scope : `${scope}/${op}`;
}

/** Writes one model's graph, with the graphs nested in it. */
export class Writer {
  readonly #options: WriterOptions;
  readonly #registry: Operators;
  readonly #values = new Namer();
  readonly #nodes = new Namer();
  readonly #fed: ReadonlySet<string>;
  /** Constants of nodes in an older form; all stand in the outermost graph. */
  readonly #further: TensorProto[] = [];
  constructor(options: WriterOptions) {
    this.#options = options;
    this.#registry = options.registry;
    this.#fed = options.fed ?? new Set();
  }

  /** The graph, and what ONNX has no word for. @throws {InputError} naming a weight without a value. */
  main(graph: Graph): { readonly proto: GraphProto; readonly roles: Roles } {
    const { weights, tensor = tensorToProto } = this.#options, called = constantNames(graph);
    const names = new Map<number, string>(), roles: Record<string, Role> = {};
    const initializer: TensorProto[] = [], input: ValueInfoProto[] = [], constants: NodeProto[] = [];
    // What a step replaces has to be fed to the next one: its value here is a default.
    const replaced = new Set(graph.outputs.map((o) => o.updates));
    // Names that people see go first, so that they stay as they are.
    for (
      const i of graph.inputs.toSorted((a, b) =>
        Number(a.role === "constant") - Number(b.role === "constant")
      )
    ) {
      const name = this.#values.unique(called.get(i.id) ?? i.name), fed = this.#fed.has(i.name);
      const value = fed ? undefined : weights?.get(i.name) ?? i.value;
      names.set(i.id, name);
      // A constant that looks like a weight is a node, so that it is read back as a constant.
      if (value && i.role === "constant" && looksTrained(value)) constants.push(constantNode(name, value));
      else if (value) initializer.push(tensor(value, name));
      else if (isWeight(i.role) && !fed) {
        throw new InputError(`${i.role} ${shown(i.name)} has no value to write`);
      }
      const isInput = !isWeight(i.role) || fed || replaced.has(i.name);
      if (isInput) input.push({ name, type: typeToProto(typeOf(graph, i.id)) });
      if (i.role !== (isInput ? "data" : usualRole(i, value))) roles[name] = i.role;
    }
    const body = this.#body(graph, names, graph.outputs.map((o) => o.name));
    const updates: Record<string, string> = {};
    graph.outputs.forEach((o, at) => {
      const name = body.output?.[at]?.name;
      const replaced = graph.inputs.find((i) => i.name === o.updates);
      if (name !== undefined && replaced) updates[name] = names.get(replaced.id) ?? replaced.name;
    });
    const node = [...constants, ...(body.node ?? [])];
    const valueInfo = [...constants.flatMap((c) => infoOf(c)), ...(body.valueInfo ?? [])];
    const proto = {
      ...body,
      node,
      valueInfo,
      name: graph.name,
      initializer: [...initializer, ...this.#further],
      input,
    };
    return { proto, roles: { inputs: roles, updates } };
  }

  /** A nested graph: its own inputs stay, what it captures is named as outside. */
  #nested(graph: Graph, outer: readonly string[]): GraphProto {
    const names = new Map<number, string>(), called = constantNames(graph);
    const initializer: TensorProto[] = [], input: ValueInfoProto[] = [];
    const data = graph.inputs.filter((i) => i.role !== "constant"), own = data.length - outer.length;
    data.forEach((i, at) => {
      const captured = outer[at - own];
      const name = at >= own && captured !== undefined ? captured : this.#values.unique(i.name);
      names.set(i.id, name);
      if (at < own) input.push({ name, type: typeToProto(typeOf(graph, i.id)) });
    });
    for (const i of graph.inputs) {
      if (i.role !== "constant" || !i.value) continue;
      const name = this.#values.unique(called.get(i.id) ?? i.name);
      names.set(i.id, name);
      initializer.push(tensorToProto(i.value, name));
    }
    const wanted = graph.outputs.map((o) => `${graph.name}_${o.name}`);
    return {
      ...this.#body(graph, names, wanted),
      name: this.#nodes.unique(graph.name),
      initializer,
      input,
    };
  }

  /** Nodes and outputs. A value that is an output twice, or no node's, goes through Identity. */
  #body(graph: Graph, names: Map<number, string>, wanted: readonly string[]): GraphProto {
    const outputs = wanted.map((name) => this.#values.unique(name)), aliases: NodeProto[] = [];
    const produced = new Set(graph.nodes.flatMap((n) => n.outputs));
    const later: [id: number, name: string][] = [];
    graph.outputs.forEach((o, i) => {
      const name = outputs[i] ?? o.name;
      if (produced.has(o.id) && !names.has(o.id)) names.set(o.id, name);
      else later.push([o.id, name]);
    });
    const used = new Set([...graph.nodes.flatMap((n) => n.inputs), ...graph.outputs.map((o) => o.id)]);
    const constants = new Map(graph.inputs.filter((i) => i.role === "constant").map((i) => [i.id, i.value]));
    const further: ValueInfoProto[] = [];
    const node = graph.nodes.flatMap((n) => this.#node(n, names, used, graph, constants, further));
    for (const [id, name] of later) {
      const input = [names.get(id) ?? ""];
      aliases.push({
        input,
        output: [name],
        name: this.#nodes.unique(`${name}/Identity`),
        opType: "Identity",
      });
    }
    return {
      node: [...node, ...aliases],
      valueInfo: further.concat(
        graph.nodes.flatMap((n) => n.outputs).flatMap((id) => {
          const name = names.get(id);
          if (id < 0 || name === undefined || outputs.includes(name)) return [];
          return [{ name, type: typeToProto(typeOf(graph, id)) }];
        }),
      ),
      output: graph.outputs.map((o, i) => ({
        name: outputs[i] ?? o.name,
        type: typeToProto(typeOf(graph, o.id)),
      })),
    };
  }

  #node(
    node: Node,
    names: Map<number, string>,
    used: ReadonlySet<number>,
    graph: Graph,
    constants: ReadonlyMap<number, Tensor | undefined>,
    further: ValueInfoProto[],
  ): readonly NodeProto[] {
    const { op } = node, base = writtenName(node);
    const captures = Number(node.attributes["captures"] ?? 0);
    const inputs = node.inputs.map((id) => (id < 0 ? "" : names.get(id) ?? ""));
    const outer = captures === 0 ? [] : inputs.splice(-captures);
    const output = node.outputs.map((id, i) => {
      const unread = id < 0 || (!used.has(id) && optionalOutputs.has(op));
      if (unread && (i > 0 || loops.has(op))) return "";
      if (id < 0) return this.#values.unique(`${base}:${i}`);
      let name = names.get(id);
      if (name === undefined) {
        names.set(id, name = this.#values.unique(node.outputs.length === 1 ? base : `${base}:${i}`));
      }
      return name;
    });
    while (output.at(-1) === "") output.pop();
    const attribute = this.#attributes(node);
    for (const [name, graph] of Object.entries(node.graphs)) {
      attribute.push({ name, type: attributeTypes.GRAPH, g: this.#nested(graph, outer) });
    }
    const proto: NodeProto = {
      input: inputs,
      output,
      name: this.#nodes.unique(base),
      opType: op,
      ...(node.domain !== "" && { domain: node.domain }),
      attribute,
    };
    return lowered(proto, {
      opset: this.#options.opset,
      node,
      known: (i) => constants.get(node.inputs[i] ?? -1),
      type: (i) => graph.types[node.inputs[i] ?? -1],
      constant: (name, value) => {
        const free = this.#values.unique(name);
        this.#further.push(tensorToProto(value, free));
        return free;
      },
      value: (name, type) => {
        const free = this.#values.unique(name);
        further.push({ name: free, type: typeToProto(type) });
        return free;
      },
    });
  }
  #attributes(node: Node): AttributeProto[] {
    const def = this.#registry.get("op", opName(node));
    return Object.entries(node.attributes).flatMap(([name, value]) => {
      if ((name === "captures" || name === "saved") && Object.keys(node.graphs).length > 0) return [];
      if (isDefault(def, name, value)) return [];
      return attributeToProto(name, value, node.op) ?? [];
    }).concat(implied(node));
  }
}

/** Attributes that ONNX wants said although the node tells them. */
function implied(node: Node): readonly AttributeProto[] {
  const equal = node.op === "Split" && node.domain === "" && (node.inputs[1] ?? -1) < 0 &&
    (node.attributes["num_outputs"] ?? null) === null;
  return equal ? [{ name: "num_outputs", type: attributeTypes.INT, i: BigInt(node.outputs.length) }] : [];
}
/** The type of a constant node's value. */
function infoOf({ output, attribute }: NodeProto): readonly ValueInfoProto[] {
  const t = attribute?.[0]?.t, name = output?.[0];
  if (!t || name === undefined) return [];
  const dim = Array.from(t.dims ?? [], (d) => ({ dimValue: d }));
  return [{ name, type: { tensorType: { elemType: t.dataType ?? 0, shape: { dim } } } }];
}
function constantNode(name: string, value: Tensor): NodeProto {
  const attribute = [{ name: "value", type: attributeTypes.TENSOR, t: tensorToProto(value) }];
  return { output: [name], opType: "Constant", attribute };
}

/** The role that reading would give a value that is no input. */
function usualRole(input: GraphInput, value: Tensor | undefined): Role {
  return value && input.role !== "constant" && looksTrained(value) ? "parameter" : "constant";
}

/** Names of constants that have none, after what they are to those who read them. */
function constantNames(graph: Graph): ReadonlyMap<number, string> {
  const called = new Map<number, string>();
  const isNameless = ({ role, name }: GraphInput) => role === "constant" && nameless.test(name);
  const constants = new Set(graph.inputs.filter(isNameless).map((i) => i.id));
  for (const { op, inputs } of graph.nodes) {
    inputs.forEach((id, at) => {
      if (!constants.has(id) || called.has(id)) return;
      const formal = op.startsWith("Reduce") ? ["axes"] : inputNames.get(op) ?? [];
      called.set(id, formal[at - 1] ?? "constant");
    });
  }
  return called;
}
