/** What every backend's plan is made of: binding dims, segments, liveness, and an arena laid out by both. @module */
import { BackendError, InputError, shown } from "./errors.ts";
import type { Graph, GraphInput, Node } from "./graph.ts";
import { typeOf } from "./graph.ts";
import {
  bindDim,
  type DimEnv,
  dimText,
  evalDim,
  shapeText,
  type TensorType,
  type Type,
  typeText,
} from "./shape.ts";
import { isTensor, type RuntimeValue, type Tensor, zeros } from "./tensor.ts";

/** What was given, with the values that inputs have of their own where nothing was. */
export function withDefaults(
  graph: Graph,
  inputs: Readonly<Record<string, RuntimeValue>>,
  roles: ReadonlySet<string>,
): Readonly<Record<string, RuntimeValue>> {
  const missing = graph.inputs.filter((i) => roles.has(i.role) && i.value && inputs[i.name] === undefined);
  return missing.length === 0
    ? inputs
    : { ...inputs, ...Object.fromEntries(missing.flatMap((i) => (i.value ? [[i.name, i.value]] : []))) };
}
/** Binds the dims of the data inputs to what was given. @throws {InputError} that names the input. */
export function bindInputs(
  graph: Graph,
  inputs: Readonly<Record<string, RuntimeValue>>,
  roles: ReadonlySet<string>,
): Map<string, number> {
  const env = new Map<string, number>();
  const wanted = graph.inputs.filter((i) => roles.has(i.role));
  for (const name of Object.keys(inputs)) {
    if (!wanted.some((i) => i.name === name)) {
      throw new InputError(`unknown input ${shown(name)}: expected ${wanted.map((i) => i.name).join(", ")}`, {
        place: name,
      });
    }
  }
  for (const input of wanted) {
    const value = inputs[input.name];
    if (value === undefined) {
      throw new InputError(
        `input ${shown(input.name)} is missing: expected ${typeText(typeOf(graph, input.id))}`,
        { place: input.name },
      );
    }
    bindValue(input, typeOf(graph, input.id), value, env);
  }
  // An expression may stand before the symbols in it.
  for (const input of wanted) {
    bindValue(input, typeOf(graph, input.id), inputs[input.name] as RuntimeValue, env);
  }
  for (const { a, b, said } of graph.agreements ?? []) {
    const left = evalDim(a, env), right = evalDim(b, env);
    if (left !== undefined && right !== undefined && left !== right) {
      throw new InputError(`${said}: ${dimText(a)} is ${left}, ${dimText(b)} is ${right}`);
    }
  }
  return env;
}

/** Checks one input against its type and binds its symbols. */
export function bindValue(
  input: Pick<GraphInput, "name">,
  type: Type,
  value: RuntimeValue,
  env: Map<string, number>,
): void {
  if (type.kind !== "tensor") {
    if (isTensor(value) || value.kind !== type.kind) {
      throw new InputError(`input ${shown(input.name)}: expected ${typeText(type)}`, { place: input.name });
    }
    return;
  }
  const came = isTensor(value) ? `${value.dtype}[${value.shape.join(", ")}]` : value.kind;
  const wrong = () =>
    new InputError(`input ${shown(input.name)}: expected ${typeText(type)}, got ${came}`, {
      place: input.name,
    });
  if (!isTensor(value) || value.dtype !== type.dtype) throw wrong();
  if (type.shape === undefined) return;
  if (type.shape.length !== value.shape.length) throw wrong();
  type.shape.forEach((d, i) => {
    if (!bindDim(d, value.shape[i] ?? -1, env)) {
      throw new InputError(
        `input ${shown(input.name)}: expected shape ${shapeText(type.shape)}, got [${
          value.shape.join(", ")
        }] (axis ${i})`,
        { place: input.name },
      );
    }
  });
}

/** The bound dims as one text, for caches. */
export function envKey(env: DimEnv): string {
  return [...env].map(([k, v]) => `${k}=${v}`).sort().join(",");
}

/** A run of nodes that one engine takes whole, or one host step. */
export interface Segment {
  /** Whether the engine runs it, or plain kernels do. */
  readonly where: "engine" | "host";
  /** The operators, in order. */
  readonly nodes: readonly Node[];
}
/** Cuts a node list into engine segments and host steps; a node that can go before a host step does, so that fewer cuts remain. */
export function segments(nodes: readonly Node[], onEngine: (node: Node) => boolean): readonly Segment[] {
  const out: { where: "engine" | "host"; nodes: Node[] }[] = [];
  const level = new Map<number, number>();
  for (const node of nodes) {
    const where = onEngine(node) ? "engine" : "host";
    let at = 0;
    for (const id of node.inputs) at = Math.max(at, level.get(id) ?? 0);
    // A host step stands alone, at the end, so that dims it binds are there for the next one.
    if (where === "host") at = out.length;
    else while (at < out.length && out[at]?.where !== where) at++;
    const segment = out[at];
    if (segment) segment.nodes.push(node);
    else out.push({ where, nodes: [node] });
    const ready = where === "host" ? at + 1 : at;
    for (const id of node.outputs) level.set(id, ready);
  }
  return out;
}

/** A block of an arena: `[start, start + bytes)` while steps `from` to `to` run. */
export interface Lifetime {
  /** Bytes it takes. */
  readonly bytes: number;
  /** First step at which it lives. */
  readonly from: number;
  /** Last step at which it lives. */
  readonly to: number;
}
/**
 * Places blocks so that those alive together don't overlap: largest first, each at the lowest gap that fits.
 * Returns offsets (multiples of `align`) and the arena's size.
 */
export function layoutArena(
  blocks: readonly Lifetime[],
  align = 64,
): { readonly offsets: readonly number[]; readonly bytes: number } {
  const count = blocks.length, offsets = new Array<number>(count).fill(0);
  const order = blocks.map((_, i) => i).sort((a, b) =>
    (blocks[b]?.bytes ?? 0) - (blocks[a]?.bytes ?? 0) || a - b
  );
  const from = Int32Array.from(blocks, (b) => b.from), to = Int32Array.from(blocks, (b) => b.to);
  const starts = new Float64Array(count), ends = new Float64Array(count);
  // Blocks that have a place, by where they start.
  const placed = new Int32Array(count);
  let total = 0;
  order.forEach((i, done) => {
    const bytes = blocks[i]?.bytes ?? 0, first = from[i] ?? 0, last = to[i] ?? 0;
    let start = 0;
    for (let k = 0; k < done; k++) {
      const p = placed[k] ?? 0;
      if ((to[p] ?? 0) < first || (from[p] ?? 0) > last) continue;
      if (start + bytes <= (starts[p] ?? 0)) break;
      const end = ends[p] ?? 0;
      if (end > start) start = Math.ceil(end / align) * align;
    }
    offsets[i] = starts[i] = start;
    ends[i] = start + bytes;
    let at = 0, above = done;
    while (at < above) {
      const middle = (at + above) >> 1;
      if ((starts[placed[middle] ?? 0] ?? 0) > start) above = middle;
      else at = middle + 1;
    }
    placed.copyWithin(at + 1, at, done);
    placed[at] = i;
    total = Math.max(total, start + bytes);
  });
  return { offsets, bytes: total };
}

/** Zeros for a state or slot that holds nothing yet. @throws {BackendError} for a weight: it has to be written first. */
export function firstValue(input: GraphInput, type: TensorType, env: DimEnv): Tensor {
  const what = `${input.role} ${shown(input.name)}`;
  if (input.role === "parameter" || input.role === "statistic") {
    throw new BackendError(`${what} has no value yet: write one first`, { place: input.name });
  }
  const shape = (type.shape ?? []).map((d) => {
    const n = evalDim(d, env);
    if (n === undefined) throw new BackendError(`${what}: ${dimText(d)} is not known`);
    return n;
  });
  return zeros(shape, type.dtype);
}
/** What a session says when a held value doesn't fit the dims that the inputs bound. */
export function staleState(input: GraphInput, held: readonly number[], type: TensorType): InputError {
  return new InputError(
    `${input.role} ${shown(input.name)} holds [${held}], but ${
      typeText(type)
    } is needed now: reset the states`,
    { place: input.name },
  );
}
