/** KerasHub's classes: every one is read, or refused by name with a reason; files are written as the classes they came from. @module */
import { deepEqual, ok } from "node:assert/strict";
import { registry } from "../../mod.ts";
import { leftOut } from "../../plugins/architectures/leftout.ts";
import { root } from "../support/sources.ts";

const classes: readonly string[] = JSON.parse(
  Deno.readTextFileSync(new URL("tests/fixtures/keras-hub/classes.json", root)),
);

Deno.test("every class of a whole model in KerasHub 0.32 is read, or left out with a reason", () => {
  const known = new Set(registry.all("architecture").map((def) => def.name));
  deepEqual(classes.filter((name) => !known.has(name)), []);
  for (const [name, reason] of Object.entries(leftOut)) {
    ok(classes.includes(name), `${name} is no class of KerasHub's`);
    ok(reason.length > 20, `${name}: ${reason}`);
  }
});
