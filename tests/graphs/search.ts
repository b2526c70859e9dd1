/** Draws models from seeds, judges them, and shrinks those that are wrong. @module */
import type { NodeProto } from "../../io/onnx/messages.ts";
import { draw, type Drawn, type DrawOptions } from "./generate.ts";
import { type Finding, judge, type Verdict } from "./judge.ts";
import { knownReason } from "./known.ts";
import type { Oracle } from "./oracle/mod.ts";
import { shrunk } from "./shrink.ts";

/** What to draw and how to go on with what is found. */
export interface SearchOptions extends DrawOptions {
  readonly seed: number;
  readonly count: number;
  /** Make what is wrong as small as it stays wrong. */
  readonly shrink: boolean;
  /** Told of every model. */
  readonly tell?: (drawn: Drawn, verdict: Verdict) => void;
}
/** A model that is wrong. */
export interface Found {
  /** `SEED_NUMBER`. */
  readonly name: string;
  readonly drawn: Drawn;
  readonly verdict: Verdict;
  /** Why it is no fault, where that is known. */
  readonly known?: string;
}

/** What engines and kinds of fault a verdict has: a shrunk model must have the same. */
const signature = (list: readonly Finding[]) =>
  [...new Set(list.map((f) => `${f.engine} ${f.kind}`))].sort().join("+");

/** Every model of the seeds that is wrong. */
export async function* search(oracle: Oracle, options: SearchOptions): AsyncGenerator<Found> {
  for (let seed = options.seed; seed < options.seed + options.count; seed++) {
    for (const [k, drawn] of draw(seed, options).entries()) {
      const verdict = await judge(drawn, oracle, seed);
      options.tell?.(drawn, verdict);
      if (verdict.findings.length === 0) continue;
      const found: Found = { name: `${seed}_${k}`, drawn, verdict };
      yield options.shrink ? await smaller(found, oracle, seed) : found;
    }
  }
}
async function smaller({ name, drawn, verdict }: Found, oracle: Oracle, seed: number): Promise<Found> {
  const wanted = signature(verdict.findings);
  const small = await shrunk(
    drawn,
    async (d) => signature((await judge(d, oracle, seed)).findings) === wanted,
  );
  const last = await judge(small, oracle, seed), known = knownReason(small.model, last.findings);
  return { name, drawn: small, verdict: last, ...(known !== undefined && { known }) };
}

/** `Scan{Add Mul} Relu`: the operators of a graph. */
export function named(list: readonly NodeProto[]): string {
  return list.filter((n) => n.opType !== "Constant").map((n) => {
    const inner = (n.attribute ?? []).flatMap((a) => (a.g ? [named(a.g.node ?? [])] : []));
    return `${n.opType}${inner.length > 0 ? `{${inner.join(" | ")}}` : ""}`;
  }).join(" ");
}
/** What is wrong, runs and engines that are wrong alike on one line. */
export function described({ name, drawn, verdict, known }: Found): string {
  const graph = drawn.model.graph ?? {}, by = new Map<string, string[]>();
  const inputs = (graph.input ?? []).map(({ name, type }) =>
    `${name}[${(type?.tensorType?.shape?.dim ?? []).map((d) => d.dimParam ?? d.dimValue).join(",")}]`
  );
  for (const f of verdict.findings) {
    const key = `${f.kind}: ${f.reason.slice(0, 240)}`;
    by.set(key, [...by.get(key) ?? [], `${f.engine}/${f.run}`]);
  }
  const lines = [...by].map(([key, list]) => `    [${list.join(", ")}] ${key}`);
  const head = `${name} (${verdict.judge}) ${named(graph.node ?? [])} ${inputs.join(" ")}`;
  return [known === undefined ? head : `${head}: known: ${known}`, ...lines].join("\n");
}
