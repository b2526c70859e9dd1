/** Values that may share memory: a state with its successor, an elementwise result with an operand. @module */
import type { Item } from "../lowering/program.ts";
import { lifetimes } from "./lifetimes.ts";
import type { Storage } from "./views.ts";

/** Which storages have become one. */
export class Merged {
  /** What a storage was merged into, by its number. */
  readonly #into: (Storage | undefined)[] = [];
  /** Whose memory a storage has. */
  readonly owner = (storage: Storage): Storage => {
    let found = storage, up = this.#into[storage.id];
    if (up === undefined) return storage;
    for (; up; up = this.#into[found.id]) found = up;
    // The way there is made short for the next time.
    for (let s = storage; s !== found;) {
      const next: Storage = this.#into[s.id] ?? found;
      this.#into[s.id] = found;
      s = next;
    }
    return found;
  };
  /** Gives a storage another's memory. */
  join(from: Storage, to: Storage): void {
    this.#into[from.id] = to;
  }
}

/**
 * Lets a loop's new state (or a weight's successor) take the old one's memory where nothing reads the old one afterwards; the
 * copy back goes away. Not before item `after`: what outlives a run is replaced once nothing can fail any more.
 */
export function shareStates(
  items: Item[],
  merged: Merged,
  fixed: ReadonlySet<Storage>,
  after = -1,
): void {
  const { owner } = merged;
  for (const item of items) if (item.kind === "loop") shareStates(item.items, merged, fixed);
  if (!items.some((item) => item.kind === "call" && item.back)) return;
  const uses = new Uses(items, owner), gone = new Set<Item>();
  for (const [at, last] of items.entries()) {
    if (last.kind !== "call" || !last.back) continue;
    const [from, home] = last.reads, to = last.writes[0] && owner(last.writes[0]);
    // What has taken another state's memory already can't be this one as well.
    const free = from && to && !home && from.kind === "arena" && owner(from) === from && !fixed.has(from);
    if (!free || (uses.writes(from)[0] ?? -1) <= after) continue;
    if (!mayShare(items, uses, at, from, to, owner)) continue;
    merged.join(from, to);
    uses.merge(from, to, at);
    gone.add(last);
  }
  if (gone.size > 0) items.splice(0, items.length, ...items.filter((item) => !gone.has(item)));
}

/** Position of the last item that can refuse what it is given: a host step, or a lookup; −1 where none can. */
export function lastRefusal(items: readonly Item[]): number {
  return items.findLastIndex(refuses);
}
function refuses(item: Item): boolean {
  if (item.kind === "loop") return item.items.some(refuses);
  return item.kind === "host" || item.args.some((a) => typeof a !== "number" && a.storage?.what === "status");
}

/** Positions in a list at which memory is read and written, inside of loops too. */
class Uses {
  readonly #reads: (number[] | undefined)[] = [];
  readonly #writes: (number[] | undefined)[] = [];

  constructor(items: readonly Item[], owner: (s: Storage) => Storage) {
    const add = (into: (number[] | undefined)[], storage: Storage, at: number) => {
      const { id } = owner(storage), list = into[id];
      if (list === undefined) into[id] = [at];
      else if (list.at(-1) !== at) list.push(at);
    };
    const touch = (item: Item, at: number): void => {
      if (item.kind === "loop") return item.items.forEach((inner) => touch(inner, at));
      if (item.kind === "call") {
        for (const s of item.reads) add(this.#reads, s, at);
        for (const s of item.writes) add(this.#writes, s, at);
        return;
      }
      for (const v of item.inputs) if (v?.view) add(this.#reads, v.view.storage, at);
      for (const v of item.outputs) if (v?.view) add(this.#writes, v.view.storage, at);
    };
    items.forEach(touch);
  }
  reads({ id }: Storage): readonly number[] {
    return this.#reads[id] ?? [];
  }
  writes({ id }: Storage): readonly number[] {
    return this.#writes[id] ?? [];
  }
  /** Makes two one, without the copy between them. */
  merge(from: Storage, to: Storage, copy: number): void {
    for (const uses of [this.#reads, this.#writes]) {
      uses[to.id] = [...uses[from.id] ?? [], ...uses[to.id] ?? []].filter((at) => at !== copy);
      uses[from.id] = undefined;
    }
  }
}
function mayShare(
  items: readonly Item[],
  uses: Uses,
  copyBack: number,
  from: Storage,
  to: Storage,
  owner: (s: Storage) => Storage,
): boolean {
  const [at, ...others] = uses.writes(from), writer = items[at ?? -1];
  if (at === undefined || others.length > 0 || writer?.kind !== "call") return false;
  const reading = writer.reads.some((s) => owner(s) === to);
  if (reading && !writer.inPlace?.some(([o, i]) => owner(o) === from && owner(i) === to)) return false;
  // The old state must not be read after its successor is written, nor be written by anything but the copy back.
  return uses.reads(to).every((i) => i <= at) &&
    uses.writes(to).every((i) => i === copyBack);
}

/** Lets an elementwise result take the memory of an operand that is read for the last time there. */
export function shareInPlace(
  items: readonly Item[],
  merged: Merged,
  begin: readonly Storage[],
  end: readonly Storage[],
): void {
  const { owner } = merged, { from, to } = lifetimes(items, begin, end, owner);
  const held = new Set(begin.map(owner));
  let clock = 0;
  const walk = (list: readonly Item[]): void => {
    for (const item of list) {
      if (item.kind === "loop") {
        clock++;
        walk(item.items);
        clock++;
        continue;
      }
      const now = clock++;
      if (item.kind !== "call" || !item.inPlace || item.inPlace.length === 0) continue;
      const taken = new Set<Storage>();
      for (const [o, i] of item.inPlace) {
        const out = owner(o), input = owner(i);
        if (out === input || taken.has(out) || taken.has(input) || held.has(input)) continue;
        if (
          out.kind !== "arena" || input.kind !== "arena" || out.level !== input.level ||
          to.get(input) !== now || from.get(out) !== now
        ) continue;
        merged.join(out, input);
        to.set(input, Math.max(now, to.get(out) ?? now));
        taken.add(out).add(input);
      }
    }
  };
  walk(items);
}
