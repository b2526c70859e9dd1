/** The layout that a module makes for itself is the one that a session makes. @module */
import { deepEqual, ok } from "node:assert/strict";
import { Random } from "../../../../core/values/random.ts";
import { layoutInTime } from "../../room/memory/layout.ts";
import type { Storage } from "../../room/memory/views.ts";
import { SLACK } from "../../room/target.ts";
import { ModuleBuilder } from "../assembler/assembler.ts";
import { Blocks } from "./place.ts";

/** Storages of a step: activations whose lives nest, and temporaries. */
function step(layers: number, random: Random): readonly (readonly [Storage, from: number, to: number])[] {
  return Array.from({ length: 3 * layers }, (_, id) => {
    const i = Math.floor(id / 3), bytes = 4 * (1 + random.below(200));
    const storage: Storage = { id, bytes, kind: "arena", what: "value", level: 1 };
    const back = 2 * layers - i, lives = [[i, back], [i, i + 1], [back, back + 1]][id % 3] ?? [];
    return [storage, lives[0] ?? 0, lives[1] ?? 0] as const;
  });
}
/** Where a module lays blocks, and what they take. */
function placed(blocks: Blocks): { readonly offsets: readonly number[]; readonly bytes: number } {
  const m = new ModuleBuilder(), place = blocks.emitPlace(m);
  m.addFunction("run", [], ["f64"], (f) => void f.call(place), { export: true });
  for (const storage of blocks.list) {
    m.addFunction(`${storage.id}`, [], ["f64"], (f) => blocks.pushOffset(f, storage), { export: true });
  }
  m.place(1024, blocks.data());
  const memory = new WebAssembly.Memory({ initial: 16 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(m.finish()), { env: { memory } });
  const call = (name: string) => Number((exports[name] as () => number)());
  const bytes = call("run");
  // Once more: nothing of the first time is left.
  deepEqual(call("run"), bytes);
  const offsets = new Array<number>(blocks.list.length);
  for (const { id } of blocks.list) offsets[id] = call(`${id}`);
  return { offsets, bytes };
}

Deno.test("many blocks are placed in the order of time, as a session places them", () => {
  const random = new Random(7);
  for (const layers of [1, 2, 7, 60, 250]) {
    const storages = step(layers, random);
    const lives = {
      from: new Map(storages.map(([s, from]) => [s, from])),
      to: new Map(storages.map(([s, , to]) => [s, to])),
    };
    const blocks = storages.map(([s, from, to]) => ({ bytes: Number(s.bytes) + SLACK, from, to }));
    deepEqual(placed(new Blocks(lives, 1024, 0)), layoutInTime(blocks, 64));
    const bySize = placed(new Blocks(lives, 1024));
    for (const [i, a] of blocks.entries()) {
      for (const [j, b] of blocks.entries()) {
        const [x = NaN, y = NaN] = [bySize.offsets[i], bySize.offsets[j]];
        ok(i === j || a.to < b.from || b.to < a.from || x + a.bytes <= y || y + b.bytes <= x);
      }
    }
  }
});
