/** What makers of random nodes share. @module */
import type { DType } from "../../../core/values/dtype.ts";
import type { Contents } from "../dice.ts";
import type { Draft, DraftedTensor, Size, Wish } from "../draft.ts";

/** Makes a node of one operator out of what a draft holds; undefined where nothing fits. */
export type Maker = (d: Draft) => Wish | undefined;
/** Makers by operator. */
export type Makers = Readonly<Record<string, Maker>>;

/** Element types of a kind of operator, the usual ones more often. */
export const floats: readonly DType[] = ["float32", "float32", "float32", "float32", "float64", "float16"];
export const numbers: readonly DType[] = ["float32", "float32", "float32", "int64", "int32", "float64"];
export const everything: readonly DType[] = [...numbers, "bool", "uint8", "int8", "float16"];
/** Open dims of a draft. */
export const open = ["n", "m"] as const;

/** A random shape; the open dims are among its sizes at times. */
export function someSizes(d: Draft, rank: number, openToo = true): Size[] {
  return Array.from(
    { length: rank },
    () =>
      openToo && d.dice.chance(0.25)
        ? d.dice.pick(open)
        : d.dice.chance(0.03)
        ? 0
        : d.dice.chance(0.1)
        ? d.dice.between(7, 17)
        : d.dice.between(1, 5),
  );
}
/** A tensor that is there, or a new one. */
export function some(
  d: Draft,
  {
    dtypes = ["float32"],
    ranks = [0, 5],
    contents = "normal",
    reuse = 0.75,
    fits = () => true,
    openToo = true,
  }: {
    readonly dtypes?: readonly DType[];
    readonly ranks?: readonly [number, number];
    readonly contents?: Contents;
    readonly reuse?: number;
    readonly fits?: (t: DraftedTensor) => boolean;
    readonly openToo?: boolean;
  } = {},
): DraftedTensor {
  const [low, high] = ranks, dtype = d.dice.pick(dtypes);
  const of = (t: DraftedTensor) => t.dtype === dtype && t.rank >= low && t.rank <= high && fits(t);
  const found = d.dice.chance(reuse) ? d.find(of) : undefined;
  return found ??
    d.source(someSizes(d, d.dice.between(low, Math.min(high, low + 3)), openToo), dtype, contents);
}
/** A tensor that broadcasts with another: some of its axes, ones among them, or a new one of its sizes. */
export function mate(d: Draft, a: DraftedTensor, contents: Contents = "normal"): DraftedTensor {
  const same = d.dice.chance(0.4)
    ? d.find((t) => t.dtype === a.dtype && t.name !== a.name && broadcasts(t, a))
    : undefined;
  if (same) return same;
  if (d.dice.chance(0.05)) return a;
  const from = d.dice.chance(0.4) ? d.dice.between(0, a.rank) : 0;
  const sizes = d.sizes(a).slice(from).map((s) => s === undefined || d.dice.chance(0.25) ? 1 : s);
  if (d.dice.chance(0.08) && sizes.length < 5) sizes.unshift(d.dice.between(1, 3));
  return d.source(sizes, a.dtype, contents);
}
function broadcasts(a: DraftedTensor, b: DraftedTensor): boolean {
  return a.samples.every((s, i) => {
    const x = [...s.shape].reverse(), y = [...(b.samples[i]?.shape ?? [])].reverse();
    return x.every((n, at) => n === 1 || (y[at] ?? 1) === 1 || n === y[at]);
  });
}
/** An axis of a tensor, negative at times. */
export function axisOf(d: Draft, rank: number): number {
  const axis = d.dice.below(Math.max(rank, 1));
  return d.dice.chance(0.4) ? axis - rank : axis;
}
/** Some axes of a tensor, none twice. */
export function axesOf(d: Draft, rank: number, least = 1): number[] {
  const count = d.dice.between(Math.min(least, rank), rank);
  const axes = d.dice.shuffled(Array.from({ length: rank }, (_, i) => i)).slice(0, count);
  return axes.map((a) => (d.dice.chance(0.3) ? a - rank : a));
}
/** Sizes of an axis, one a binding. */
export function along(t: DraftedTensor, axis: number): readonly number[] {
  return t.samples.map((s) => s.shape.at(axis) ?? 1);
}
/** The least size of an axis. */
export function least(t: DraftedTensor, axis: number): number {
  return Math.min(...along(t, axis));
}
/** A node of one tensor. */
export function unary(
  op: string,
  dtypes: readonly DType[],
  contents: Contents = "normal",
  attributes: (d: Draft) => Wish["attributes"] = () => ({}),
): Maker {
  return (d) => ({ op, inputs: [some(d, { dtypes, contents }).name], attributes: attributes(d) ?? {} });
}
