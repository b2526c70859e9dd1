/** Streams of random numbers: every exact whole number is a seed, and no two uses of one share numbers. @module */
import { equal, ok, rejects, throws } from "node:assert/strict";
import { dense, input, sequential, tensor } from "../../mod.ts";
import { orderOf } from "../../plugins/training/engine/data.ts";
import { checkSeed, Random, seedFor } from "./random.ts";

const seeds = [0, 1, -1, 2 ** 21, 2 ** 31, 2 ** 32 + 1, Date.UTC(2026, 10, 30), Number.MAX_SAFE_INTEGER];

Deno.test("seeds, purposes, paths and counters all begin streams of their own", () => {
  const begun = new Set<string>();
  let made = 0;
  for (const seed of seeds) {
    for (const purpose of ["weight", "order", ""]) {
      for (const path of ["", "a", "weight", "order"]) {
        for (const counter of [0, 1, 2 ** 32, 2 ** 40]) {
          const random = Random.of(seed, purpose, path, counter);
          begun.add(`${random.bits()} ${random.bits()}`);
          ok(Number.isSafeInteger(seedFor(seed, purpose, path, counter)));
          made++;
        }
      }
    }
  }
  equal(begun.size, made);
  ok(Random.of(1, "ab", "c").bits() !== Random.of(1, "a", "bc").bits());
});

Deno.test("layers begin apart and passes are shuffled apart, whatever the seed", () => {
  for (const seed of seeds) {
    const layers = Array.from({ length: 40 }, () => dense({ units: 8, useBias: false }));
    const m = sequential([input({ shape: [8] }), ...layers], { seed });
    equal(new Set([...m.weights.values()].map((t) => t.data.slice(0, 4).toString())).size, 40, `${seed}`);
    equal(new Set([0, 1, 2, 3, 4].map((pass) => orderOf(50, seed, pass).toString())).size, 5, `${seed}`);
  }
});

Deno.test("a seed that isn't exact is refused", async () => {
  const wrong = { name: "InputError", message: /^seed: expected a whole number .* got 0\.5$/ };
  throws(() => checkSeed(0.5), wrong);
  throws(() => checkSeed(2 ** 53), { name: "InputError" });
  throws(() => sequential([input({ shape: [1] }), dense({ units: 1 })], { seed: 0.5 }), wrong);
  using m = sequential([input({ shape: [1] }), dense({ units: 1 })]);
  m.compile({ loss: "mse" });
  await rejects(m.fit(tensor([[1]]), tensor([[1]]), { seed: 0.5, verbose: 0 }), wrong);
  await rejects(m.predict(tensor([[1]]), { seed: NaN }), { name: "InputError" });
  await m.fit(tensor([[1]]), tensor([[1]]), { seed: -3, verbose: 0 });
  await rejects(
    m.fit(tensor([[1]]), tensor([[1]]), {
      resumeFrom: { ...m.trainingState(), json: { ...m.trainingState().json, version: 1 } },
    }),
    { name: "InputError", message: /of version 1, which shuffled by another rule/ },
  );
});
