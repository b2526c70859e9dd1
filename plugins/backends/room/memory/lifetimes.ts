/** When memory is in use: first and last position of every storage in a flattened program. @module */
import type { Item } from "../lowering/program.ts";
import type { Storage } from "./views.ts";

/** First and last position of every storage. */
export interface Lives {
  readonly from: Map<Storage, number>;
  readonly to: Map<Storage, number>;
}
/** Whose memory a storage has: its own unless it was merged with another. */
export type Owner = (storage: Storage) => Storage;

interface Span {
  readonly start: number;
  end: number;
  readonly used: Set<Storage>;
}
/** Lifetimes: what is written before a loop and read in it lives to the loop's end; what a loop leaves behind, from its start. */
export function lifetimes(
  items: readonly Item[],
  begin: readonly Storage[],
  end: readonly Storage[],
  owner: Owner,
): Lives {
  // First and last uses by the storage's number.
  const storages: Storage[] = [], first: number[] = [], last: number[] = [];
  const loops: Span[] = [], around: Span[] = [];
  let clock = 0;
  const touch = (storage: Storage | undefined, now: number) => {
    if (!storage) return;
    const own = owner(storage), { id } = own;
    if (first[id] === undefined) {
      storages.push(own);
      first[id] = now;
    }
    last[id] = now;
    for (const loop of around) loop.used.add(own);
  };
  const walk = (list: readonly Item[]): void => {
    for (const item of list) {
      if (item.kind === "loop") {
        const span: Span = { start: clock++, end: 0, used: new Set() };
        loops.push(span);
        around.push(span);
        walk(item.items);
        around.pop();
        span.end = clock++;
        continue;
      }
      const now = clock++;
      if (item.kind === "call") {
        for (const s of item.reads) touch(s, now);
        for (const s of item.writes) touch(s, now);
      } else {
        for (const v of item.inputs) touch(v?.view?.storage, now);
        for (const v of item.outputs) touch(v?.view?.storage, now);
      }
    }
  };
  walk(items);
  for (const s of begin) {
    const { id } = owner(s), until = last[id] ?? -1;
    touch(s, -1);
    first[id] = -1;
    last[id] = until;
  }
  for (const s of end) touch(s, clock);
  for (const { start, end, used } of loops) {
    for (const { id } of used) {
      const a = first[id] as number, b = last[id] as number;
      if (a > start && b < end) continue;
      first[id] = Math.min(a, start);
      last[id] = Math.max(b, end);
    }
  }
  return {
    from: new Map(storages.map((s) => [s, first[s.id] as number])),
    to: new Map(storages.map((s) => [s, last[s.id] as number])),
  };
}
