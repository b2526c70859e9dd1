/**
 * What every backend's sessions have to do, whatever engine is behind them. A backend of one's own is held to it by a test file
 * with `backendContract(myBackend, Deno.test)`, or with `test` of `node:test`. It needs a dozen operators and nothing of the
 * engine. @module
 */
import type { BackendDef, Session } from "../../../core/graph/backend.ts";
import { keptTests } from "./kept.ts";
import { orderTests } from "./order.ts";
import { registry, type Test } from "./support.ts";
import { valueTests } from "./values.ts";
import { wordTests } from "./words.ts";

/** Registers the tests of the contract for a backend; where it isn't available they pass without a run. */
export function backendContract(
  def: BackendDef,
  register: (name: string, run: () => Promise<void>) => void,
): void {
  const test: Test = (what, run) =>
    register(`${def.name}: ${what}`, async () => {
      if ((await def.available()) !== true) return;
      const opened: Session[] = [];
      try {
        await run(async (graph, options = {}) => {
          const session = await def.compile(graph, { ...options, registry });
          opened.push(session);
          return session;
        }, def);
      } finally {
        for (const session of opened) session.close();
      }
    });
  for (const group of [valueTests, orderTests, keptTests, wordTests]) group(test);
}
