/** Decision trees as arrays, and the way of a row through them. @module */
import { InputError, ShapeError } from "../../../core/values/errors.ts";

/** Comparisons of a node, numbered as TreeEnsemble numbers them; a leaf comes last. */
export const modes = ["LEQ", "LT", "GTE", "GT", "EQ", "NEQ", "MEMBER", "LEAF"] as const;
/** The number of a leaf. */
export const leafMode = 7;

/** Trees: what each node compares, where it leads, and what each leaf votes for. */
export interface Forest {
  readonly roots: readonly number[];
  readonly feature: readonly number[];
  readonly mode: readonly number[];
  readonly split: ArrayLike<number>;
  /** Where the true and the false branch lead. */
  readonly yes: readonly number[];
  readonly no: readonly number[];
  /** Whether a missing value takes the true branch. */
  readonly missing: readonly number[];
  readonly members: ReadonlyMap<number, ReadonlySet<number>>;
  readonly votes: readonly (readonly Vote[])[];
}
/** What a leaf adds to a target. */
export interface Vote {
  readonly target: number;
  readonly weight: number;
}
/** How votes come together. */
export type Aggregate = "AVERAGE" | "SUM" | "MIN" | "MAX";

function holds(forest: Forest, node: number, x: number): boolean {
  if (Number.isNaN(x) && forest.missing[node]) return true;
  const split = forest.split[node] ?? 0;
  switch (forest.mode[node]) {
    case 0:
      return x <= split;
    case 1:
      return x < split;
    case 2:
      return x >= split;
    case 3:
      return x > split;
    case 4:
      return x === split;
    case 5:
      return x !== split;
    default:
      return forest.members.get(node)?.has(x) ?? false;
  }
}
/** The leaf that a row comes to. */
function leafOf(forest: Forest, root: number, values: ArrayLike<number>, at: number): number {
  let node = root;
  for (let step = 0; step <= forest.mode.length; step++) {
    if (forest.mode[node] === leafMode) return node;
    const x = values[at + (forest.feature[node] ?? 0)] ?? 0;
    node = (holds(forest, node, x) ? forest.yes[node] : forest.no[node]) ?? -1;
  }
  throw new InputError("a tree leads back to where it came from");
}
/** Throws unless every branch leads to a node, and every feature is one of a row's. @throws {ShapeError} */
export function checkForest(forest: Forest): void {
  const count = forest.mode.length,
    inside = (i: number | undefined) => i !== undefined && i >= 0 && i < count;
  forest.mode.forEach((mode, i) => {
    if (mode !== leafMode && !(inside(forest.yes[i]) && inside(forest.no[i]))) {
      throw new ShapeError(`node ${i} of a tree leads to none`);
    }
  });
  if (!forest.roots.every(inside)) throw new ShapeError("a tree begins nowhere");
}
/** Throws unless rows have all features. @throws {InputError} */
export function checkFeatures(forest: Forest, width: number): void {
  const most = forest.feature.reduce((m, f, i) => (forest.mode[i] === leafMode ? m : Math.max(m, f)), -1);
  const least = forest.feature.reduce((m, f) => Math.min(m, f), 0);
  if (most >= width || least < 0) throw new InputError(`trees read feature ${most}, rows have ${width}`);
}
/** Votes of all trees for each target; base values are added at the end. */
export function votesFor(
  forest: Forest,
  values: ArrayLike<number>,
  at: number,
  targets: number,
  aggregate: Aggregate,
  base: ArrayLike<number> | null,
): Float64Array {
  const out = new Float64Array(targets), seen = new Uint8Array(targets);
  for (const root of forest.roots) {
    for (const { target, weight } of forest.votes[leafOf(forest, root, values, at)] ?? []) {
      const before = out[target] ?? 0;
      out[target] = aggregate === "SUM" || aggregate === "AVERAGE"
        ? before + weight
        : !seen[target]
        ? weight
        : aggregate === "MIN"
        ? Math.min(before, weight)
        : Math.max(before, weight);
      seen[target] = 1;
    }
  }
  for (let t = 0; t < targets; t++) {
    const whole = aggregate === "AVERAGE" ? (out[t] ?? 0) / forest.roots.length : out[t] ?? 0;
    out[t] = whole + (base?.[base.length === 1 ? 0 : t] ?? 0);
  }
  return out;
}

const forests = new WeakMap<object, Forest>();
/** The forest of a node's attributes, built once. */
export function keptForest<A extends object>(a: A, build: (a: A) => Forest): Forest {
  let forest = forests.get(a);
  if (!forest) forests.set(a, forest = build(a));
  return forest;
}
