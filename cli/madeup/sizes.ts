/** Sizes for dims that a model leaves open: windows fit, tables that are added fit, batches stay apart. @module */
import type { Graph } from "../../mod.ts";
import { type Dim, evalDim, type Type } from "../../public/graph.ts";

/** What is asked for. */
export interface WantedSizes {
  /** Of batches. */
  readonly batch: number;
  /** Of everything else that has no fixed size, where the graph takes it. */
  readonly length: number;
  /** Which of several samples: where `length` doesn't fit they are given sizes of their own. */
  readonly turn?: number;
}

/** What has to hold of a graph's open dims. */
interface Constraints {
  /** At least one. */
  readonly positive: readonly Dim[];
  readonly equal: readonly (readonly [Dim, number])[];
  /** Equal, or one of them 1. */
  readonly agree: readonly (readonly [Dim, Dim])[];
}
/** Operators whose operands broadcast. */
const broadcasting = /^(Add|And|Div|Equal|Greater|Less|Max|Min|Mul|Or|Pow|PRelu|Sub|Sum|Where)/;
/** Lengths that are tried, shortest first: windows of speech take hundreds, tables of positions a power of two, crops 224. */
const tried: readonly number[] = [
  ...Array.from({ length: 64 }, (_, i) => i + 1),
  ...[77, 197, 257],
  ...Array.from({ length: 120 }, (_, i) => 72 + 8 * i),
  ...[1280, 1500, 1600, 2048, 3000, 3200, 4096, 6400, 8192, 16_000, 16_384, 32_000, 48_000, 160_000, 480_000],
].sort((a, b) => a - b);

const shapeOf = (type: Type | undefined): readonly Dim[] => (type?.kind === "tensor" ? type.shape ?? [] : []);
/** A symbol or an unknown by the name that it is bound under. */
const symbolOf = (d: Dim | undefined): string | undefined =>
  typeof d === "string" ? d : typeof d === "object" && "unknown" in d ? `?${d.unknown}` : undefined;

function constraintsOf(graph: Graph): Constraints {
  const positive = new Set<Dim>(),
    equal: (readonly [Dim, number])[] = [],
    agree: (readonly [Dim, Dim])[] = [];
  const same = (a: Dim | undefined, b: Dim | undefined, broadcasts: boolean) => {
    if (broadcasts && a !== undefined && b !== undefined && typeof a !== "number" && typeof b !== "number") {
      if (a !== b) agree.push([a, b]);
      return;
    }
    const [open, size] = typeof a === "number" ? [b, a] : [a, b];
    if (open === undefined || typeof open === "number" || typeof size !== "number") return;
    if (!broadcasts || size > 1) equal.push([open, size]);
  };
  const walk = (graph: Graph) => graph.nodes.forEach((node) => constrain(graph, node));
  const constrain = (
    graph: Graph,
    { op, domain, inputs, outputs, attributes, graphs }: Graph["nodes"][number],
  ) => {
    // Dims of a graph inside are those outside of the same name.
    Object.values(graphs).forEach(walk);
    const shape = (i: number) => shapeOf(graph.types[inputs[i] ?? -1]);
    for (const id of outputs) {
      shapeOf(graph.types[id]).forEach((d) => typeof d === "object" && positive.add(d));
    }
    if (domain !== "") return;
    if (broadcasting.test(op)) {
      inputs.forEach((_, k) => {
        const a = shape(0), b = shape(k);
        for (let i = 1; i <= Math.min(a.length, b.length); i++) same(a.at(-i), b.at(-i), true);
      });
    }
    if (op === "MatMul") same(shape(0).at(-1), shape(1).at(shape(1).length === 1 ? 0 : -2), false);
    if (op === "Gemm") {
      same(shape(0)[attributes["transA"] === 1 ? 0 : 1], shape(1)[attributes["transB"] === 1 ? 1 : 0], false);
    }
    if (op === "Conv") {
      const channels = shape(1)[1];
      if (typeof channels === "number") same(shape(0)[1], channels * Number(attributes["group"] ?? 1), false);
    }
    if (/^(LSTM|GRU|RNN)$/.test(op)) {
      const rows = attributes["layout"] === 1 ? 0 : 1;
      same(shape(0)[rows], shape(4)[0], false);
      for (const state of [5, 6]) same(shape(0)[rows], shape(state)[rows], false);
    }
    if (op === "Concat") {
      const first = shape(0),
        axis = Number(attributes["axis"] ?? 0),
        along = axis < 0 ? axis + first.length : axis;
      inputs.forEach((_, k) => first.forEach((d, i) => i !== along && same(d, shape(k)[i], false)));
    }
  };
  walk(graph);
  return { positive: [...positive], equal, agree };
}

/** Sizes whose name is a sum, as exporters of decoders write them: `past + sequence`, `total_sequence_length`. */
function sums(names: readonly string[], env: Map<string, number>): void {
  for (const name of names) {
    const parts = name.split("+").map((part) => part.trim());
    const numbers = parts.map((part) => (/^\d+$/.test(part) ? Number(part) : env.get(part)));
    if (parts.length > 1 && numbers.every((n) => n !== undefined)) {
      env.set(name, numbers.reduce<number>((a, b) => a + (b ?? 0), 0));
    }
    if (!/total/i.test(name)) continue;
    const past = names.find((n) => /past/i.test(n) && !/total|\+/i.test(n));
    const now = names.find((n) => /^(seq|sequence)/i.test(n) && !/\+/.test(n));
    if (past !== undefined && now !== undefined) env.set(name, (env.get(past) ?? 0) + (env.get(now) ?? 0));
  }
}

/** A size for each symbol and unknown of a graph's data inputs, by the name that it is bound under. */
export function openSizes(
  graph: Graph,
  { batch, length, turn = 0 }: WantedSizes,
): ReadonlyMap<string, number> {
  const shapes = graph.inputs.filter((i) => i.role === "data").map((i) => shapeOf(graph.types[i.id]));
  const first = symbolOf(shapes[0]?.[0]), rows = new Set<string>(), rest = new Set<string>();
  for (const shape of shapes) {
    shape.forEach((d, at) => {
      const name = symbolOf(d);
      if (name !== undefined) (at === 0 || name === first ? rows : rest).add(name);
    });
  }
  for (const name of rows) rest.delete(name);
  const fixed = new Map([...rows].map((name) => [name, batch]));
  const { positive, equal, agree } = constraintsOf(graph);
  for (const [d, size] of equal) {
    const name = symbolOf(d);
    if (name !== undefined && (rows.has(name) || rest.has(name))) fixed.set(name, size);
  }
  const open = [...rest].filter((name) => !fixed.has(name));
  const sized = (n: number) => {
    const env = new Map([...fixed, ...open.map((name) => [name, n] as const)]);
    sums([...fixed.keys(), ...open], env);
    return env;
  };
  const broken = (env: ReadonlyMap<string, number>) =>
    positive.reduce<number>((n, d) => n + ((evalDim(d, env) ?? 1) < 1 ? 1 : 0), 0) +
    equal.reduce<number>((n, [d, size]) => n + ((evalDim(d, env) ?? size) === size ? 0 : 1), 0) +
    agree.reduce<number>((n, [a, b]) => {
      const [x, y] = [evalDim(a, env), evalDim(b, env)];
      return n + (x === undefined || y === undefined || x === y || x === 1 || y === 1 ? 0 : 1);
    }, 0);
  const wanted = sized(length);
  if (open.length === 0 || broken(wanted) === 0) return wanted;
  const longer = [...tried.filter((n) => n > length), ...tried.filter((n) => n < length).reverse()];
  let best = length, least = broken(wanted);
  for (const n of longer) {
    const off = broken(sized(n));
    if (off < least) [best, least] = [n, off];
    if (off === 0) break;
  }
  const own = sized(best * (turn + 1));
  return broken(own) === least ? own : sized(best);
}
