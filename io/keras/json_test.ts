/** JSON out of model files. @module */
import { deepEqual, equal, throws } from "node:assert/strict";
import { FormatError, LimitError } from "../../core/values/errors.ts";
import { defaultLimits } from "../../core/values/limits.ts";
import { parseJson, utf8 } from "./json.ts";

const parse = (text: string) => parseJson(text, "config.json", defaultLimits);

Deno.test("Python's infinities are read, in text they stay", () => {
  deepEqual(parse('{"a": Infinity, "b": [-Infinity], "c": "Infinity \\" Infinity"}'), {
    a: Infinity,
    b: [-Infinity],
    c: 'Infinity " Infinity',
  });
});

Deno.test("depth and size are bounded before parsing", () => {
  const deep = `{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
  throws(
    () => parse(deep),
    (e: unknown) => e instanceof LimitError && /config.json: JSON is nested/.test(e.message),
  );
  throws(() => parseJson('{"a":1}', "x", { ...defaultLimits, textBytes: 4 }), LimitError);
  deepEqual(parse('{"a":"[[[[", "b":[{}]}'), { a: "[[[[", b: [{}] });
});

Deno.test("a key that would reach a prototype is refused by name", () => {
  throws(() => parse('{"a": [{"__proto__": {"polluted": 1}}]}'), /config.json: holds the key "__proto__"/);
  equal(({} as Record<string, unknown>).polluted, undefined);
});

Deno.test("what is no JSON object says so", () => {
  throws(
    () => parse("{nope"),
    (e: unknown) => e instanceof FormatError && /config.json: is not JSON/.test(e.message),
  );
  throws(() => parse("[1]"), /expected a JSON object/);
  throws(() => utf8(Uint8Array.of(0x7b, 0xff), "config.json"), /is not UTF-8/);
});
