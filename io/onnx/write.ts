/** Writes our graphs as ONNX models. @module */
import { InputError, shown, UnsupportedError } from "../../core/errors.ts";
import {
  type Attributes,
  type Graph,
  type GraphInput,
  type Node,
  opName,
  type Role,
  typeOf,
} from "../../core/graph.ts";
import type { OpDef } from "../../core/op.ts";
import type { Registry } from "../../core/registry.ts";
import { rewrite } from "../../core/rewrite.ts";
import type { Tensor } from "../../core/tensor.ts";
import { attributeToProto, attributeTypes } from "./attributes.ts";
import {
  type AttributeProto,
  type GraphProto,
  type ModelProto,
  modelTable,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from "./messages.ts";
import { encode } from "./proto.ts";
import { looksTrained, rolesTo } from "./roles.ts";
import { tensorToProto } from "./tensors.ts";
import { typeToProto } from "./types.ts";
import { newestOpset } from "./survey.ts";
import { irFor, isDefault, neededOpsets, opsetFor, usualOpset } from "./versions.ts";

/** How to write. */
export interface WriteOptions {
  /** The plugins whose operators the graph holds. */
  readonly registry: Registry;
  /** The opset of ai.onnx to write; 21, or what the graph needs, unless said. */
  readonly opset?: number;
  /** Values of parameters, statistics, slots and states by input name, in place of those in the graph. */
  readonly weights?: ReadonlyMap<string, Tensor>;
  /** Entries of `metadata_props`. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Names of inputs that are written without a value, whatever their role, for whoever feeds them at every step. */
  readonly fed?: ReadonlySet<string>;
  /** The newest opset that whoever reads the file knows. */
  readonly newest?: number;
  /** Composites to write whole where the target opset has them; all of them unless said. */
  readonly keeps?: (def: OpDef, attributes: Attributes) => boolean;
}

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

/**
 * The bytes of an ONNX model. Our own operators, and composites that the opset lacks, are written as their bodies; what a
 * nested graph captures becomes a reference to the value outside. States, slots and whatever else an output replaces are
 * inputs with defaults.
 * @throws {UnsupportedError} when an operator needs a newer opset than the one asked for.
 */
export function writeOnnx(graph: Graph, options: WriteOptions): Uint8Array {
  return encode(modelTable, toModel(graph, options));
}

function toModel(graph: Graph, options: WriteOptions): ModelProto {
  const { registry, keeps = () => true, newest = options.opset ?? newestOpset } = options;
  const target = options.opset ?? usualOpset;
  const expanded = rewrite(graph, registry, {
    name: "write ONNX",
    expand: (def, types, given) => {
      const attributes = given as Attributes;
      if (!def.body || def.domain === "lapis") return def.body !== undefined;
      if (!keeps(def, attributes)) return true;
      return (def.domain ?? "") === "" && opsetFor(def, types, attributes) > target;
    },
  });
  const needed = neededOpsets(expanded, registry), own = needed.get("lapis"), least = needed.get("");
  if (own) throw new UnsupportedError(`${own.op} has no form in ONNX`);
  if (least && least.version > newest) {
    throw new UnsupportedError(
      `${least.op} as it is used here needs opset ${least.version}; ${newest} is written`,
    );
  }
  const opset = Math.max(target, least?.version ?? 0);
  const { proto, roles } = new Writer(options).main(expanded);
  const metadata = { ...options.metadata, ...rolesTo(roles) };
  return {
    irVersion: BigInt(irFor(opset)),
    opsetImport: [...needed].map(([domain, { version }]) => ({
      domain,
      version: BigInt(domain === "" ? opset : version),
    })),
    producerName: "lapis",
    graph: proto,
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
  };
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

class Writer {
  readonly #registry: Registry;
  readonly #weights: ReadonlyMap<string, Tensor>;
  readonly #values = new Namer();
  readonly #nodes = new Namer();
  readonly #fed: ReadonlySet<string>;
  constructor({ registry, weights, fed }: WriteOptions) {
    this.#registry = registry;
    this.#weights = weights ?? new Map();
    this.#fed = fed ?? new Set();
  }

  main(graph: Graph): { proto: GraphProto; roles: Parameters<typeof rolesTo>[0] } {
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
      const name = this.#values.unique(i.name), fed = this.#fed.has(i.name);
      const value = fed ? undefined : this.#weights.get(i.name) ?? i.value;
      names.set(i.id, name);
      // A constant that looks like a weight is a node, so that it is read back as a constant.
      if (value && i.role === "constant" && looksTrained(value)) constants.push(constantNode(name, value));
      else if (value) initializer.push(tensorToProto(value, name));
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
    const proto = { ...body, node, name: graph.name, initializer, input };
    return { proto, roles: { inputs: roles, updates } };
  }

  /** A nested graph: its own inputs stay, what it captures is named as outside. */
  #nested(graph: Graph, outer: readonly string[]): GraphProto {
    const names = new Map<number, string>();
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
      const name = this.#values.unique(i.name);
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
    const node = graph.nodes.map((n) => this.#node(n, names, used));
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
      output: graph.outputs.map((o, i) => ({
        name: outputs[i] ?? o.name,
        type: typeToProto(typeOf(graph, o.id)),
      })),
    };
  }

  #node(node: Node, names: Map<number, string>, used: ReadonlySet<number>): NodeProto {
    const { op, scope } = node, path = scope.split("/").at(-1) ?? "";
    const base = scope === "" ? op : path.startsWith(op) ? scope : `${scope}/${op}`;
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
    return {
      input: inputs,
      output,
      name: this.#nodes.unique(base),
      opType: op,
      ...(node.domain !== "" && { domain: node.domain }),
      attribute,
    };
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
function constantNode(name: string, value: Tensor): NodeProto {
  const attribute = [{ name: "value", type: attributeTypes.TENSOR, t: tensorToProto(value) }];
  return { output: [name], opType: "Constant", attribute };
}

/** The role that reading would give a value that is no input. */
function usualRole(input: GraphInput, value: Tensor | undefined): Role {
  return value && input.role !== "constant" && looksTrained(value) ? "parameter" : "constant";
}
