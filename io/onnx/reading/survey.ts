/** A look over a whole model before it is built: opset versions, functions, and everything that isn't known, at once. @module */
import { FormatError, shown, UnsupportedError } from "../../../core/values/errors.ts";
import type { Registry } from "../../../core/registry.ts";
import { hasOlderForm } from "./older.ts";
import { attributeType, attributeTypes } from "./attributes.ts";
import { domainOf, operatorName } from "../operator.ts";
import { gradientOperator } from "../writing/gradient.ts";
import { refusal } from "./refusals.ts";
import type { FunctionProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto } from "../messages.ts";

/** The newest opset of ai.onnx that is read. */
export const newestOpset = 28;
/** The newest version of the file format itself that is read. */
export const newestIr = 14;

/** Version of each domain's operators; ai.onnx is `""`. */
export type Opsets = ReadonlyMap<string, number>;

/** Reads opset imports. @throws {FormatError} @throws {UnsupportedError} for a version nobody knows yet. */
export function readOpsets(imports: readonly OperatorSetIdProto[] | undefined, where: string): Opsets {
  const opsets = new Map<string, number>();
  for (const { domain, version } of imports ?? []) {
    const name = domainOf(domain), v = Number(version ?? 0n);
    if (!Number.isSafeInteger(v) || v < 1) {
      throw new FormatError(`${where}: opset ${version ?? "nothing"} of ${shown(name || "ai.onnx")}`);
    }
    const before = opsets.get(name);
    if (before !== undefined && before !== v) {
      throw new FormatError(`${where}: two opsets of ${shown(name || "ai.onnx")}, ${before} and ${v}`);
    }
    if (name === "" && v > newestOpset) {
      throw new UnsupportedError(`${where}: opset ${v}; ${newestOpset} is the newest that Lapis knows`);
    }
    opsets.set(name, v);
  }
  return opsets;
}

/** Local functions by domain, name and overload. */
export type Functions = ReadonlyMap<string, FunctionProto>;
/** The key that a node finds its function by. */
export function functionKey(
  domain: string | undefined,
  name: string | undefined,
  overload: string | undefined,
): string {
  return JSON.stringify([domainOf(domain), name ?? "", overload ?? ""]);
}
/** Local functions of a model. @throws {FormatError} where two share a name. */
export function readFunctions(model: ModelProto, file: string): Functions {
  const functions = new Map<string, FunctionProto>();
  for (const f of model.functions ?? []) {
    const key = functionKey(f.domain, f.name, f.overload);
    if (functions.has(key)) throw new FormatError(`${file}: two functions are named ${shown(f.name ?? "")}`);
    functions.set(key, f);
  }
  return functions;
}

/**
 * Checks that every operator and attribute is known. Domains that no opset is imported for are returned: theirs is the newest,
 * as onnxruntime takes it.
 * @throws {UnsupportedError} that lists all that aren't. @throws {FormatError} where ai.onnx has no opset.
 */
export function survey(
  graph: GraphProto,
  opsets: Opsets,
  functions: Functions,
  registry: Registry,
  file: string,
): ReadonlySet<string> {
  const unknown = new Map<string, { count: number; readonly first: string; readonly why: string }>();
  const noOpset = new Set<string>(), visited = new Set<FunctionProto>();
  const note = (what: string, node: NodeProto, why?: string) => {
    const entry = unknown.get(what);
    if (entry) entry.count++;
    else {
      const first = node.name || (node.output ?? []).join(", ");
      unknown.set(what, { count: 1, first, why: why === undefined ? "" : `: ${why}` });
    }
  };
  const visit = (node: NodeProto, inForce: Opsets) => {
    const local = functions.get(functionKey(node.domain, node.opType, node.overload));
    const domain = domainOf(node.domain), version = inForce.get(domain);
    for (const a of node.attribute ?? []) {
      if (attributeType(a) === attributeTypes.GRAPH && a.g) nodes(a.g.node, inForce);
    }
    if (local) {
      if (!visited.has(local)) {
        visited.add(local);
        nodes(local.node, readOpsets(local.opsetImport, `${file}: function ${local.name}`));
      }
      return;
    }
    if (version === undefined) noOpset.add(domain);
    const name = operatorName(node), def = registry.find("op", name);
    if (name === "Constant" || name === gradientOperator) return;
    if (!def) return note(`operator ${name}`, node, refusal(name));
    if (version !== undefined && (hasOlderForm(name, version) || (version < def.since && def.upgrade))) {
      return;
    }
    for (const a of node.attribute ?? []) {
      if (attributeType(a) === attributeTypes.GRAPH) continue;
      if (!Object.hasOwn(def.attributes, a.name ?? "")) note(`attribute ${a.name} of ${name}`, node);
    }
  };
  const nodes = (list: readonly NodeProto[] | undefined, inForce: Opsets) => {
    for (const node of list ?? []) visit(node, inForce);
  };
  nodes(graph.node, opsets);
  if (unknown.size > 0) {
    const all = [...unknown].map(([what, { count, first, why }]) =>
      `${what} (${count === 1 ? "at" : `${count} times, first at`} ${shown(first, 60)})${why}`
    );
    throw new UnsupportedError(`${file}: Lapis doesn't know ${all.join("; ")}`);
  }
  if (noOpset.has("")) throw new FormatError(`${file}: no opset is imported for ai.onnx`);
  return noOpset;
}
