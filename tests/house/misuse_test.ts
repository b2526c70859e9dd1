/** Every function of the public face, given what it doesn't take, says so in an error of Lapis' own. @module */
import { ok } from "node:assert/strict";
import * as lapis from "../../mod.ts";

type Call = (given: unknown) => unknown;
const isSpace = (value: unknown) => Object.prototype.toString.call(value) === "[object Module]";
const isClass = (value: Call) => /^class\b/.test(Function.prototype.toString.call(value));

/** Things of other kinds, made anew for each call: some functions change what they are given. */
const others: Readonly<Record<string, () => unknown>> = {
  nothing: () => undefined,
  null: () => null,
  "a number": () => 1,
  "a text": () => "a",
  "an empty list": () => [],
  "an empty object": () => ({}),
};
/** Every function of the root and its namespaces by name, static methods too; a newly exported one is among them. */
function functions(): ReadonlyMap<string, Call> {
  const all = new Map<string, Call>(), seen = new Set<unknown>();
  const spaces = Object.entries(lapis).filter(([, value]) => isSpace(value));
  for (const [space, members] of [["", lapis] as const, ...spaces]) {
    for (const [name, value] of Object.entries(members as object)) {
      if (typeof value !== "function" || seen.has(value)) continue;
      seen.add(value);
      const path = space === "" ? name : `${space}.${name}`;
      if (!isClass(value)) all.set(path, value as Call);
      else {
        for (const method of Object.getOwnPropertyNames(value)) {
          const own = (value as unknown as Readonly<Record<string, unknown>>)[method];
          if (typeof own === "function") all.set(`${path}.${method}`, (given) => own.call(value, given));
        }
      }
    }
  }
  return all;
}
/** Calls, and takes the first thing where a function gives one after the other. */
async function called(call: Call, given: unknown): Promise<void> {
  const result = await call(given);
  if (
    typeof result === "object" && result !== null && "next" in result && typeof result.next === "function"
  ) {
    await result.next();
  }
}

Deno.test("a function that is given something else says so by an error of Lapis' own", async () => {
  const all = functions(), raw: string[] = [];
  for (const [name, call] of all) {
    for (const [label, make] of Object.entries(others)) {
      try {
        await called(call, make());
      } catch (error) {
        if (!(error instanceof lapis.LapisError)) raw.push(`${name} of ${label}: ${error}`);
      }
    }
  }
  ok(raw.length === 0, raw.join("\n"));
  ok(all.size > 300, `${all.size} functions`);
});
