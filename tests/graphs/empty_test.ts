/** Random graphs with an open dim bound to 0, which most operators take. @module */
import { deepStrictEqual, ok } from "node:assert/strict";
import { Oracle } from "./oracle/mod.ts";
import { described, search } from "./search.ts";

Deno.test("random graphs are right where an open dim is 0, on every engine", async () => {
  const oracle = new Oracle(), wrong: string[] = [], seeds = 150;
  let judged = 0;
  try {
    const found = search(oracle, {
      seed: 70_001,
      count: seeds,
      empty: true,
      shrink: true,
      tell: (_, { judge }) => {
        if (judge === "onnxruntime") judged++;
      },
    });
    for await (const one of found) if (one.known === undefined) wrong.push(described(one));
  } finally {
    await oracle.close();
  }
  deepStrictEqual(wrong, []);
  ok(judged > seeds / 2, `onnxruntime judged ${judged} of ${seeds}`);
});
