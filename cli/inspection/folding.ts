/** What repeats is shown once, and modules are opened as far as a page goes. @module */
import { sum, times } from "./amounts.ts";
import type { Item } from "./items.ts";

/** Whether a module is the one that is asked for, or around it. */
const leadsTo = (path: string, asked: string) =>
  asked === path || (asked.startsWith(path) && /^[/_.]/.test(asked.slice(path.length)));

/** Equal for items that do the same with the same sizes, whatever they are called; what is asked for is like nothing else. */
class Signatures {
  readonly #open: readonly string[];
  readonly #numbers = new Map<string, number>();
  readonly #known = new WeakMap<Item, number>();

  constructor(open: readonly string[]) {
    this.#open = open;
  }
  of(item: Item): number {
    const known = this.#known.get(item);
    if (known !== undefined) return known;
    const { kind, details, output, parameters, leaves, children } = item;
    const own = this.#open.some((o) => leadsTo(item.path, o)) ? item.path : "";
    const text = JSON.stringify([
      own,
      kind,
      details,
      output,
      parameters,
      leaves,
      children.map((c) => this.of(c)),
    ]);
    const found = this.#numbers.get(text) ?? this.#numbers.size;
    this.#numbers.set(text, found);
    this.#known.set(item, found);
    return found;
  }
}

/** `layers.0 … 11`, `block2_conv … block3_add`. */
function span(first: string, last: string): string {
  if (first === last) return first;
  const [, stem, number] = /^(.*?)(\d+)$/.exec(first) ?? [], [, other, end] = /^(.*?)(\d+)$/.exec(last) ?? [];
  return stem !== undefined && stem === other && number !== undefined
    ? `${first} … ${end}`
    : `${first} … ${last}`;
}
/** Items of which `repeat` times as many stand in a row, as one. */
function folded(period: readonly Item[], repeat: number, last: Item): Item {
  const [first] = period, [only] = period.length === 1 ? period : [];
  const macs = times(sum(period.map((p) => p.macs)), new Map([["", repeat]]));
  const parameters = repeat * period.reduce((n, p) => n + p.parameters, 0);
  const name = span(first?.name ?? "", last.name), path = first?.path ?? "";
  const leaves = repeat * period.reduce((n, p) => n + p.leaves, 0), end = last.last;
  if (only) return { ...only, name, macs, parameters, leaves, last: end, repeat };
  const own = new Set(period.map((p) => p.path));
  return {
    name,
    path,
    kind: "",
    details: "",
    inputs: (first?.inputs ?? []).filter((i) => !own.has(i)),
    output: last.output,
    macs,
    parameters,
    leaves,
    last: end,
    children: period,
    repeat,
  };
}

/** Neighbours that repeat become one item, in modules and in the list itself; those at the paths of `open` stay apart. */
export function foldRepeats(items: readonly Item[], open: readonly string[] = []): readonly Item[] {
  return foldedList(items, new Signatures(open));
}
function foldedList(items: readonly Item[], signatures: Signatures): readonly Item[] {
  const marks = items.map((i) => signatures.of(i)), out: Item[] = [];
  for (let at = 0; at < items.length;) {
    let best = 0, period = 1, repeats = 1;
    for (let p = 1; 2 * p <= items.length - at; p++) {
      let k = 1;
      while (at + (k + 1) * p <= items.length && sameRun(marks, at, at + k * p, p)) k++;
      if (k > 1 && k * p > best && (p > 1 || k > 2 || (items[at]?.leaves ?? 0) > 1)) {
        [best, period, repeats] = [k * p, p, k];
      }
    }
    const run = items.slice(at, at + period).map((item) =>
      item.children.length === 0 ? item : { ...item, children: foldedList(item.children, signatures) }
    );
    const last = items[at + period * repeats - 1];
    const inner = period > 1 && repeats > 1 ? foldedList(run, signatures) : run;
    if (repeats === 1 || !last) out.push(...run);
    else out.push(folded(inner, repeats, period === 1 ? last : { ...last }));
    at += period * repeats;
  }
  return out;
}
function sameRun(marks: readonly number[], a: number, b: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (marks[a + i] !== marks[b + i]) return false;
  return true;
}

/** A line of the listing. */
export interface Line {
  readonly item: Item;
  readonly depth: number;
  readonly open: boolean;
}
/** What is opened. */
export interface Opening {
  /** Lines that a page has room for. */
  readonly room: number;
  /** Paths of modules to open, whole or at their beginning. */
  readonly open: readonly string[];
}
/** Levels of modules that are opened without being asked for. */
const deepest = 3;
/**
 * Items in lines: modules are opened from the top on, large ones first, while there is room; those asked for in any case, with
 * as much room below each.
 */
export function opened(items: readonly Item[], { room, open }: Opening): readonly Line[] {
  const shown = new Set<Item>();
  const openBelow = (list: readonly Item[], levels: number, taken: number) => {
    let lines = taken, level = list;
    for (let depth = 0; level.length > 0; depth++) {
      const next: Item[] = [];
      for (const item of [...level].sort((a, b) => b.leaves - a.leaves)) {
        if (item.children.length === 0 || shown.has(item)) continue;
        if (open.includes(item.path)) {
          shown.add(item);
          openBelow(item.children, 1, item.children.length);
        } else if (open.some((o) => leadsTo(item.path, o))) {
          shown.add(item);
          next.push(...item.children);
        } else if (depth < levels && lines + item.children.length <= room) {
          shown.add(item);
          lines += item.children.length;
          next.push(...item.children);
        }
      }
      level = next;
    }
  };
  openBelow(items, open.length > 0 ? 0 : deepest, items.length);
  const listed = (list: readonly Item[], depth: number): readonly Line[] =>
    list.flatMap((item) => {
      const isOpen = shown.has(item);
      return [{ item, depth, open: isOpen }, ...isOpen ? listed(item.children, depth + 1) : []];
    });
  return listed(items, 0);
}
