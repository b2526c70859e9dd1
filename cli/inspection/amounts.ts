/** Multiply-adds of operators: numbers, times the sizes that nobody knows yet. @module */
import type { Graph } from "../../mod.ts";
import { type Dim, type DimEnv, dimText, evalDim, type Node, type Type } from "../../public/graph.ts";

/** A sum of products: what isn't known, as `time` or `height·width`, to how many of it; numbers stand at the empty text. */
export type Amount = ReadonlyMap<string, number>;

const none: Amount = new Map();
/** The sum of amounts. */
export function sum(list: Iterable<Amount>): Amount {
  const total = new Map<string, number>();
  for (const amount of list) for (const [unit, n] of amount) total.set(unit, (total.get(unit) ?? 0) + n);
  return total;
}
/** An amount so many times. */
export function times(amount: Amount, by: Amount): Amount {
  const found = new Map<string, number>();
  for (const [a, n] of amount) {
    for (const [b, m] of by) {
      const unit = [a, b].filter((u) => u !== "").join("·");
      found.set(unit, (found.get(unit) ?? 0) + n * m);
    }
  }
  return found;
}
/** The product of sizes. */
function product(dims: readonly (Dim | undefined)[], env: DimEnv): Amount {
  let n = 1;
  const open: string[] = [];
  for (const d of dims) {
    const size = d === undefined ? undefined : evalDim(d, env), text = d === undefined ? "?" : dimText(d);
    if (size === undefined) open.push(/[ +-]/.test(text) ? `(${text})` : text);
    else n *= size;
  }
  return n === 0 ? none : new Map([[open.sort().join("·"), n]]);
}
const shapeOf = (type: Type | undefined): readonly Dim[] => (type?.kind === "tensor" ? type.shape ?? [] : []);

/** Where operators of other domains have the same inputs further on. */
const places: Readonly<Record<string, readonly [number, number]>> = {
  QLinearConv: [0, 3],
  QLinearMatMul: [0, 3],
};

/** Multiply-adds of one node; none for what only moves or maps. */
export function macsOf(graph: Graph, node: Node, env: DimEnv): Amount {
  const { op, inputs, outputs, attributes } = node, [x, w] = places[op] ?? [0, 1];
  const shape = (i: number) => shapeOf(graph.types[inputs[i] ?? -1]),
    out = shapeOf(graph.types[outputs[0] ?? -1]);
  switch (op) {
    case "Conv":
    case "FusedConv":
    case "ConvInteger":
    case "QLinearConv":
    case "DeformConv":
      return product([...out, ...shape(w).slice(1)], env);
    case "ConvTranspose":
      return product([...shape(x), ...shape(w).slice(1)], env);
    case "MatMul":
    case "FusedMatMul":
    case "MatMulInteger":
    case "QLinearMatMul":
      return product([...out, shape(x).at(-1)], env);
    case "MatMulNBits":
    case "MatMulBnb4":
      return product([...out, shape(x).at(-1)], env);
    case "Gemm":
    case "FusedGemm":
      return product([...out, shape(x)[attributes["transA"] ? 0 : 1]], env);
    case "Einsum":
      return product(labelled(`${attributes["equation"]}`, inputs.map((_, i) => shape(i))), env);
    case "LSTM":
    case "GRU":
    case "RNN": {
      const [steps, rows] = shape(0), [directions, wide, size] = shape(1);
      return sum([
        product([steps, rows, directions, wide, size], env),
        product([steps, rows, directions, wide, shape(2)[2]], env),
      ]);
    }
    case "Attention":
      return attention(shape(0), shape(1), shape(2), env);
    case "Scan":
    case "Loop":
    case "If":
      return nested(graph, node, env);
    default:
      return none;
  }
}
/** Scores and weighted sums of `[batch, heads, steps, size]`, or of heads that are joined in the last dim. */
function attention(q: readonly Dim[], k: readonly Dim[], v: readonly Dim[], env: DimEnv): Amount {
  const rows = q.slice(0, -1), keys = k.at(-2);
  return sum([product([...rows, keys, q.at(-1)], env), product([...rows, keys, v.at(-1)], env)]);
}
/** A size for each letter of an equation. */
function labelled(equation: string, shapes: readonly (readonly Dim[])[]): readonly Dim[] {
  const sizes = new Map<string, Dim>(), terms = equation.replace(/\s/g, "").split("->")[0]?.split(",") ?? [];
  terms.forEach((term, k) => {
    const letters = term.replace("...", ""), from = (shapes[k]?.length ?? 0) - letters.length;
    shapes[k]?.forEach((d, i) => sizes.set(i < from ? `.${i}` : letters[i - from] ?? "?", d));
  });
  return [...sizes.values()];
}
function nested(graph: Graph, node: Node, env: DimEnv): Amount {
  const inside = Object.values(node.graphs).map((g) => sum(g.nodes.map((n) => macsOf(g, n, env))));
  if (node.op === "If") return inside.reduce((a, b) => (size(b) > size(a) ? b : a), none);
  const all = sum(inside);
  if (all.size === 0) return all;
  if (node.op === "Loop") return times(all, new Map([["steps", 1]]));
  const scanned = Number(node.attributes["num_scan_inputs"] ?? 1),
    captures = Number(node.attributes["captures"] ?? 0);
  const first = node.inputs.length - captures - scanned;
  return times(all, product([shapeOf(graph.types[node.inputs[first] ?? -1])[0]], env));
}
/** How large an amount is, unknown sizes counted as one. */
export function size(amount: Amount): number {
  return [...amount.values()].reduce((a, b) => a + b, 0);
}

/** A number for people: `118 M`. */
export function short(n: number): string {
  const units = ["", " K", " M", " G", " T", " P"];
  let i = 0;
  for (; n >= 999.5 && i < units.length - 1; i++) n /= 1000;
  return `${i > 0 && n < 9.95 ? n.toFixed(1) : Math.round(n)}${units[i]}`;
}
/** `time·time` is `time²`. */
function unitText(unit: string): string {
  const counted = new Map<string, number>();
  for (const part of unit.split("·")) counted.set(part, (counted.get(part) ?? 0) + 1);
  const raised = (n: number) => (n === 1 ? "" : ["", "", "²", "³"][n] ?? `^${n}`);
  return [...counted].map(([part, n]) => `${part}${raised(n)}`).join("·");
}
/** The largest parts of an amount: `118 M`, `37 K·time + 2.1 K·time²`; `+` where there are more. */
export function amountText(amount: Amount, most = 1): string {
  const parts = [...amount].filter(([, n]) => n > 0).sort(([, a], [, b]) => b - a);
  const texts = parts.slice(0, most).map(([unit, n]) =>
    `${short(n)}${unit === "" ? "" : `·${unitText(unit)}`}`
  );
  return `${texts.join(" + ")}${parts.length > most ? " +" : ""}`;
}
/** An amount as a number, or as an expression of what isn't known. */
export function amountValue(amount: Amount): number | string {
  if ([...amount.keys()].every((unit) => unit === "")) return amount.get("") ?? 0;
  return [...amount].map(([unit, n]) => (unit === "" ? `${n}` : `${n}·${unitText(unit)}`)).join(" + ");
}
