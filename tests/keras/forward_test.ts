/** The example of Keras' forward passes says that all of its rows are equal. @module */
import { match, strictEqual } from "node:assert/strict";
import { root } from "../support/sources.ts";

Deno.test("every model of examples/keras-forward gives what Keras gave", async () => {
  const script = decodeURIComponent(new URL("examples/keras-forward/main.ts", root).pathname);
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--allow-read", script],
    stdout: "piped",
    stderr: "inherit",
  }).output();
  const text = new TextDecoder().decode(stdout);
  strictEqual(code, 0, text);
  match(text, /^19 of 19 models give what Keras gives: every class the same/m);
});
