/** Philox against core's own, which the published vectors hold. @module */
import { deepStrictEqual } from "node:assert/strict";
import { philox as words } from "../../../../../core/values/random.ts";
import { Harness } from "../harness_test.ts";
import { philox } from "./philox.ts";

Deno.test("philox draws the bits of core's for any key, counter and length", () => {
  for (const n of [1, 3, 4, 10, 101]) {
    const h = new Harness(), key: [number, number] = [0xdeadbeef, 7], counter = 2n ** 40n + 5n;
    const [K, C, Y] = [
      h.put(Int32Array.from(key.map((w) => w | 0))),
      h.put(BigInt64Array.of(counter)),
      h.put(new Float32Array(n)),
    ];
    h.run(philox(), { Y, n, K, C });
    const want = Float32Array.from({ length: n }, (_, i) => {
      const block = words([i >> 2, 0, Number(counter & 0xffffffffn), Number(counter >> 32n)], key);
      return ((block[i & 3] ?? 0) >>> 8) / 16777216;
    });
    deepStrictEqual(h.f32(Y, n), want);
  }
});
