/** Random graphs with each of onnxruntime's own operators that it has for CPUs. @module */
import { deepStrictEqual, ok } from "node:assert/strict";
import { contribs } from "./ops/contrib.ts";
import { Oracle } from "./oracle/mod.ts";
import { described, search } from "./search.ts";

/** Graphs of an operator. */
const count = 6;

Deno.test("random graphs with onnxruntime's own operators are right on every engine", async () => {
  const oracle = new Oracle(), wrong: string[] = [];
  let judged = 0, all = 0;
  try {
    for (const op of Object.keys(contribs)) {
      const options = { seed: 60_001, count, op, nodes: 2, shrink: true };
      const found = search(oracle, {
        ...options,
        tell: (_, { judge }) => {
          all++;
          if (judge === "onnxruntime") judged++;
        },
      });
      for await (const one of found) if (one.known === undefined) wrong.push(described(one));
    }
  } finally {
    await oracle.close();
  }
  deepStrictEqual(wrong, []);
  ok(judged > all / 2, `onnxruntime judged ${judged} of ${all}`);
});
