/** What the test files of random graphs share: a stretch of seeds in which nothing may be wrong. @module */
import { equal } from "node:assert/strict";
import { Oracle } from "./oracle/mod.ts";
import { described, search } from "./search.ts";

/** Seeds of a test. */
const stretch = 250;

/** Tests of the graphs that `count` seeds give, all of one opset where that is said; what is wrong is shrunk and shown. */
export function checkSeeds(from: number, count: number, opset?: number): void {
  for (let seed = from; seed < from + count; seed += stretch) {
    const length = Math.min(stretch, count), of = opset === undefined ? "" : ` in opset ${opset}`;
    Deno.test(`random graphs of the seeds ${seed} to ${seed + length - 1}${of} are right on every engine`, async () => {
      const oracle = new Oracle(), wrong: string[] = [];
      let judged = 0;
      try {
        const found = search(oracle, {
          seed,
          count: length,
          shrink: true,
          ...(opset !== undefined && { opset }),
          tell: (_, { judge }) => {
            if (judge === "onnxruntime") judged++;
          },
        });
        for await (const one of found) if (one.known === undefined) wrong.push(described(one));
      } finally {
        await oracle.close();
      }
      equal(wrong.join("\n"), "");
      // Where onnxruntime doesn't start, nothing was judged by it.
      // Of the oldest forms it has some for few element types.
      equal(
        judged > length / (opset === undefined ? 2 : 4),
        true,
        `onnxruntime judged ${judged} of ${length}`,
      );
    });
  }
}
