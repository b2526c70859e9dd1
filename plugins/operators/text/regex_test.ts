import assert from "node:assert/strict";
import { tensor } from "../../../core/values/tensor.ts";
import { judged } from "../../../tests/support/judge.ts";
import { fullMatcher } from "./regex.ts";

const texts = tensor(
  [
    "",
    "a",
    "ab",
    "abab",
    "aab",
    "A",
    "é",
    "日本",
    "a\nb",
    "foo@bar.com",
    "x-y",
    "123",
    "a1_",
    "  ",
    "]",
    "\\d",
    "zz",
  ],
  [17],
  "string",
);
/** Patterns of every construct that RE2 has. */
const patterns = [
  "",
  "a",
  "a*",
  "(ab)+",
  "a?b|aab",
  "(?:ab){2}",
  "a{1,2}b",
  "[a-c]+",
  "[^a-c]*",
  "[[:alpha:]]+",
  "[^[:alpha:]]+",
  "\\d+",
  "\\D*",
  "\\w+",
  "\\W+",
  "\\s*",
  "(?i)a",
  "(?i:A)B?",
  "a.b",
  "(?s)a.b",
  "(?m)a$\n^b",
  "^a$",
  "\\Aab\\z",
  "\\ba\\b",
  "\\p{L}+",
  "\\pN+",
  "\\p{Han}+",
  "\\P{L}*",
  "\\x61",
  "\\x{65e5}.",
  "\\Q\\d\\E",
  "[\\]]",
  "[]]",
  "[a\\-z]+-?y?",
  "(?P<name>a)b",
  "(?<name>a)b",
  "[\\w.+-]+@[\\w.]+\\.\\w{2,}",
  "a*?b",
  "(a|ab)(b|)",
  "\\141",
];
Deno.test("whole texts match as they do in onnxruntime, which asks RE2", async () => {
  for (const pattern of patterns) {
    let reason = "";
    await judged("RegexFullMatch", { pattern }, [texts]).catch((error) => reason = String(error));
    if (pattern === "\\141") assert.match(reason, /back references/);
    else assert.equal(reason, "", pattern);
  }
});
Deno.test("patterns that RE2 doesn't take are refused, saying why", () => {
  const refused = [
    "(",
    ")",
    "a**b(",
    "[z-a]",
    "\\1",
    "(?=a)",
    "(?<!a)b",
    "*a",
    "a{1001}",
    "\\y",
    "[a",
    "\\p{Nope}",
    "a\\",
  ];
  for (const pattern of refused) {
    assert.throws(() => fullMatcher(pattern), { name: "InputError" }, pattern);
  }
});
Deno.test("hostile patterns take no more time than others, or are refused as too large", () => {
  const start = performance.now();
  assert.equal(fullMatcher("(a*)*b")("a".repeat(2000)), false);
  assert.equal(fullMatcher("(a|a)*c")("a".repeat(2000)), false);
  assert.equal(fullMatcher("(.*)(.*)(.*)(.*)(.*)x")("a".repeat(2000)), false);
  assert.throws(() => fullMatcher("((a{1000}){1000}){1000}"), { name: "LimitError" });
  assert.throws(() => fullMatcher("((){1000}){1000}"), { name: "LimitError" });
  assert.throws(() => fullMatcher("(".repeat(5000)), { name: "InputError" });
  assert.ok(performance.now() - start < 5000);
});
