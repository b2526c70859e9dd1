/** Values that may share memory: a state with its successor, an elementwise result with an operand. @module */
import { type Call, type Item, lifetimes } from "./program.ts";
import type { Storage } from "./views.ts";

/**
 * Lets a loop's new state (or a weight's successor) take the old one's memory where nothing reads the old one afterwards; the
 * copy back goes away.
 */
export function shareStates(
  items: Item[],
  merged: Map<Storage, Storage>,
  owner: (s: Storage) => Storage,
  fixed: ReadonlySet<Storage>,
): void {
  for (const item of items) if (item.kind === "loop") shareStates(item.items, merged, owner, fixed);
  for (const last of [...items]) {
    if (last.kind !== "call" || !last.back) continue;
    const [from] = last.reads, [to] = last.writes;
    // What has taken another state's memory already can't be this one as well.
    const free = from && to && from.kind === "arena" && owner(from) === from && !fixed.has(from);
    if (free && mayShare(items, last, from, to, owner)) {
      merged.set(from, owner(to));
      items.splice(items.indexOf(last), 1);
    }
  }
}
function mayShare(
  calls: readonly Item[],
  copyBack: Call,
  from: Storage,
  to: Storage,
  owner: (s: Storage) => Storage,
): boolean {
  const writers = calls.flatMap((c, i) => (touches(c, "writes", from, owner) ? [i] : []));
  const at = writers[0];
  if (at === undefined || writers.length !== 1) return false;
  const writer = calls[at];
  if (writer?.kind !== "call") return false;
  const reading = writer.reads.some((s) => owner(s) === owner(to));
  if (reading && !writer.inPlace?.some(([o, i]) => owner(o) === owner(from) && owner(i) === owner(to))) {
    return false;
  }
  // The old state must not be read after its successor is written, nor be written by anything but the copy back.
  return calls.every((c, i) =>
    c === copyBack || ((i <= at || !touches(c, "reads", to, owner)) && !touches(c, "writes", to, owner))
  );
}
function touches(
  item: Item,
  what: "reads" | "writes",
  storage: Storage,
  owner: (s: Storage) => Storage,
): boolean {
  if (item.kind === "call") return item[what].some((s) => owner(s) === owner(storage));
  if (item.kind === "loop") return item.items.some((c) => touches(c, what, storage, owner));
  const values = what === "reads" ? item.inputs : item.outputs;
  return values.some((v) => v?.view && owner(v.view.storage) === owner(storage));
}

/** Lets an elementwise result take the memory of an operand that is read for the last time there. */
export function shareInPlace(
  items: readonly Item[],
  merged: Map<Storage, Storage>,
  owner: (s: Storage) => Storage,
  begin: readonly Storage[],
  end: readonly Storage[],
): void {
  const { from, to } = lifetimes(items, begin, end, owner);
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
      if (item.kind !== "call") continue;
      const taken = new Set<Storage>();
      for (const [o, i] of item.inPlace ?? []) {
        const out = owner(o), input = owner(i);
        if (out === input || taken.has(out) || taken.has(input) || held.has(input)) continue;
        if (
          out.kind !== "arena" || input.kind !== "arena" || out.level !== input.level ||
          to.get(input) !== now || from.get(out) !== now
        ) continue;
        merged.set(out, input);
        to.set(input, Math.max(now, to.get(out) ?? now));
        taken.add(out).add(input);
      }
    }
  };
  walk(items);
}
