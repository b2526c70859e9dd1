/** Layouts of arenas: nothing alive together overlaps, and little is wasted. @module */
import { equal, ok } from "node:assert/strict";
import { Random } from "../../../../core/values/random.ts";
import { layoutArena, type Lifetime } from "./layout.ts";

/** Blocks whose lives nest, as a step's activations and temporaries do. */
function step(layers: number, random: Random): Lifetime[] {
  const end = 2 * layers;
  return Array.from({ length: layers }, (_, i) => [
    { bytes: 64 * (1 + random.below(40)), from: i, to: end - i },
    { bytes: 64 * (1 + random.below(40)), from: i, to: i + 1 },
    { bytes: 64 * (1 + random.below(40)), from: end - i, to: end - i + 1 },
  ]).flat();
}
/** Bytes alive at once, at the most. */
function most(blocks: readonly Lifetime[]): number {
  const change = new Map<number, number>();
  for (const { bytes, from, to } of blocks) {
    change.set(from, (change.get(from) ?? 0) + bytes);
    change.set(to + 1, (change.get(to + 1) ?? 0) - bytes);
  }
  let now = 0, top = 0;
  for (const at of [...change.keys()].sort((a, b) => a - b)) top = Math.max(top, now += change.get(at) ?? 0);
  return top;
}
function check(blocks: readonly Lifetime[], waste: number): void {
  const { offsets, bytes } = layoutArena(blocks);
  const placed = blocks.map((b, i) => ({ ...b, start: offsets[i] ?? NaN })).sort((a, b) => a.from - b.from);
  let alive: typeof placed = [];
  for (const block of placed) {
    equal(block.start % 64, 0);
    ok(block.start + block.bytes <= bytes);
    alive = alive.filter((other) => other.to >= block.from);
    for (const other of alive) {
      ok(other.start + other.bytes <= block.start || block.start + block.bytes <= other.start);
    }
    alive.push(block);
  }
  const least = most(blocks);
  ok(bytes >= least && bytes <= waste * least, `${bytes} for ${least}`);
}

Deno.test("blocks alive together lie apart, few or many, with little between them", () => {
  const random = new Random(1);
  for (const layers of [1, 5, 40, 200, 700, 1000]) check(step(layers, random), 1.25);
  const short = Array.from(
    { length: 3000 },
    (_, i) => ({ bytes: 1 + random.below(5000), from: i, to: i + 1 }),
  );
  check(short, 3);
  check(Array.from({ length: 2100 }, (_, i) => ({ bytes: 100, from: 0, to: i })), 1.3);
});
Deno.test("nothing takes nothing", () => {
  equal(layoutArena([]).bytes, 0);
});
