/** Weights as constants on their way to a file: what is made of one alone keeps its name. @module */
import { runNode } from "../../../core/ops/execute.ts";
import { type Graph, type Node, opName, type Role } from "../../../core/graph/graph.ts";
import { defaultLimits } from "../../../core/values/limits.ts";
import type { Operators } from "../../../core/graph/op.ts";
import { rewrite } from "../../../core/graph/rewrite.ts";
import { tensorType } from "../../../core/values/shape.ts";
import { isTensor, type Tensor, tensorBytes } from "../../../core/values/tensor.ts";

/** The weight that a constant is made of. */
export interface Source {
  readonly path: string;
  readonly role: Role;
}
const sources = new WeakMap<Tensor, Source>();
/** The weight that a constant is made of, where it is made of one. */
export const sourceOf = (value: Tensor | undefined): Source | undefined => value && sources.get(value);
/** The same constant as made of a weight. */
export function sourced(value: Tensor, source: Source | undefined): Tensor {
  if (source && !sources.has(value)) sources.set(value, source);
  return value;
}

/** What several weights have in common: `lstm/kernel` of `lstm/forward/kernel` and `lstm/backward/kernel`. */
export function commonSource(from: readonly (Source | undefined)[]): Source | undefined {
  const list = from.filter((s) => s !== undefined), [first] = list;
  if (!first || list.every((s) => s.path === first.path)) return first;
  const parts = list.map((s) => s.path.split("/")), head = parts[0] ?? [];
  const shared = head.findIndex((word, i) => parts.some((p) => p[i] !== word));
  const last = head.at(-1) ?? "", name = parts.every((p) => p.at(-1) === last) ? [last] : [];
  const path = [...head.slice(0, shared), ...name].join("/");
  return path === "" ? undefined : { path, role: first.role };
}

/** The graph with its weights as constants. */
export function weightsAsConstants(graph: Graph, registry: Operators): Graph {
  const replaced = new Set(graph.outputs.map((o) => o.updates));
  return rewrite(graph, registry, {
    name: "weights as constants",
    input({ role, value, name }) {
      if ((role !== "parameter" && role !== "statistic") || !value || replaced.has(name)) return {};
      // A copy of the object alone: two weights may share their numbers.
      return { role: "constant", value: sourced({ ...value }, { path: name, role }) };
    },
  });
}

/** Results that are no weight's are computed ahead up to this size; larger ones are made when running. */
const smallBytes = 4096;
/** Operators whose result may follow from shapes although their inputs don't. */
const fromShapes: ReadonlySet<string> = new Set(["Shape", "Size"]);

/** Computes what follows from constants alone. */
export function foldWeights(graph: Graph, registry: Operators): Graph {
  const execution = { registry, limits: defaultLimits };
  return rewrite(graph, registry, {
    name: "fold weights",
    node({ b, node, inputs, keep }) {
      if (fromShapes.has(node.op)) {
        const [kept] = keep(), value = b.knownOf(kept);
        return value && [b.constant(value)];
      }
      if (Object.keys(node.graphs).length > 0 || /^Random|^Bernoulli|Philox/.test(node.op)) return undefined;
      const known = inputs.map((v) => b.knownOf(v));
      if (inputs.length === 0 || inputs.some((v, i) => v && !known[i])) return undefined;
      const types = node.outputs.map(() => tensorType("float32"));
      const results = runNode(node, known, types, execution);
      if (!results.every((r) => isTensor(r))) return undefined;
      const source = commonSource(known.map(sourceOf));
      const given = known.reduce((n, t) => n + (t ? tensorBytes(t) : 0), 0);
      const list = results.filter(isTensor);
      if (list.some((t) => tensorBytes(t) > Math.max(smallBytes, given))) return undefined;
      return list.map((t) => b.constant(known.includes(t) ? { ...t } : sourced(t, source)));
    },
  });
}

/** One constant computed of others, as a node would. */
export function computed(
  registry: Operators,
  op: string,
  inputs: readonly Tensor[],
  attributes: Node["attributes"] = {},
): Tensor {
  const node: Node = { op, domain: "", inputs: [], outputs: [0], attributes, graphs: {}, scope: "" };
  const parsed = { ...defaultsOf(registry, op), ...attributes };
  const [result] = runNode({ ...node, attributes: parsed }, inputs, [tensorType("float32")], {
    registry,
    limits: defaultLimits,
  });
  if (!isTensor(result)) throw new RangeError(`${op} gave no tensor`);
  return sourced(result, commonSource(inputs.map(sourceOf)));
}
function defaultsOf(registry: Operators, op: string): Record<string, unknown> & Node["attributes"] {
  const fields = registry.get("op", op).attributes as Readonly<Record<string, { readonly default?: never }>>;
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.default]));
}

/** Equal nodes become one. */
export function shareNodes(graph: Graph, registry: Operators): Graph {
  const seen = new WeakMap<object, Map<string, readonly { readonly id: number }[]>>();
  return rewrite(graph, registry, {
    name: "share equal nodes",
    node({ b, node, inputs, keep }) {
      if (Object.keys(node.graphs).length > 0 || /^Random|^Bernoulli|Philox/.test(node.op)) return undefined;
      let known = seen.get(b);
      if (!known) seen.set(b, known = new Map());
      const key = JSON.stringify(
        [
          opName(node),
          inputs.map((v) => (v ? constantKey(b.knownOf(v)) ?? v.id : -1)),
          node.outputs.length,
          node.attributes,
        ],
        (
          _,
          v,
        ) => (typeof v === "bigint"
          ? `${v}n`
          : ArrayBuffer.isView(v)
          ? Array.from(v as Float32Array, String)
          : v),
      );
      const found = known.get(key) as ReturnType<typeof keep> | undefined;
      if (found) return found;
      const made = keep();
      known.set(key, made);
      return made;
    },
  });
}
/** Small constants are equal by what they hold. */
function constantKey(value: Tensor | undefined): string | undefined {
  if (!value || value.data.length > 16 || sourceOf(value)) return undefined;
  return `${value.dtype}[${value.shape}]:${Array.from(value.data as ArrayLike<unknown>, String)}`;
}

/** Constants made of weights as weights again, each under its weight's name. */
export function constantsAsWeights(graph: Graph): Graph {
  const taken = new Set(graph.inputs.filter((i) => !sourceOf(i.value)).map((i) => i.name));
  const inputs = graph.inputs.map((i) => {
    const source = i.role === "constant" ? sourceOf(i.value) : undefined;
    if (!source) return i;
    let name = source.path;
    for (let n = 1; taken.has(name); n++) name = `${source.path}_${n}`;
    taken.add(name);
    return { ...i, name, role: source.role };
  });
  return { ...graph, inputs };
}
