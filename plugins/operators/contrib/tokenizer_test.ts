import assert from "node:assert/strict";
import { isTensor, tensor } from "../../../core/values/tensor.ts";
import { judged, results } from "../../../tests/support/judge.ts";
import { lettersOf, searcher } from "../text/regex.ts";

type Attributes = Parameters<typeof judged>[1];
const base = { mark: 0, pad_value: "#", mincharnum: 1 };
const words = (list: readonly string[], shape: readonly number[] = [list.length]) =>
  tensor([...list], shape, "string");
const same = (attributes: Attributes, list: readonly string[], shape?: readonly number[]) =>
  judged("com.microsoft.Tokenizer", { ...base, ...attributes }, [words(list, shape)]);

Deno.test("separators part strings as in onnxruntime", async () => {
  const texts = ["Hello World", "I love  computer science !", ""];
  for (const mark of [0, 1]) {
    for (const mincharnum of [1, 2]) {
      for (const shape of [[3], [1, 3], [3, 1]]) {
        await same({ mark, mincharnum, separators: [" "] }, texts, shape);
      }
    }
    await same({ mark, separators: [" "] }, ["", ""]);
    await same({ mark, separators: [""] }, ["aé日", "b"]);
  }
  const cases: [string, string[]][] = [
    ["a,b;c d", [",", ";", " "]],
    ["a--b-c", ["-", "--"]],
    ["a--b-c", ["-+"]],
    ["aXbYc", ["[XY]"]],
    ["abcabc", ["b*"]],
    ["abc", ["x*"]],
    ["xxaby", ["^x", "y$"]],
    ["a1b2c", ["\\d", " "]],
    ["ABab", ["(?i)b"]],
    ["日本 語", ["本"]],
    ["cababc", ["ab|c"]],
    ["abc abc", ["c$"]],
    ["a1bx", ["\\d", "^b"]],
  ];
  for (const [text, separators] of cases) await same({ separators }, [text]);
});
Deno.test("expressions find the first tokens, each as long as it can be, as in onnxruntime", async () => {
  const expressions =
    "[a-z]+ \\b\\w\\w+\\b [a-zA-Z0-9_]+ . a|aa|aaa foo|foobar a* a*? \\p{L}+ ([a-z])(\\d) ^a|d$|c \\Ba \\s";
  const texts = ["The cat 123 a x_y", "aaab foobar", "é日x ab12cd", "baab xaxa\ta", ""];
  for (const tokenexp of expressions.split(" ")) {
    for (const mark of [0, 1]) await same({ tokenexp, mark }, texts);
    if (tokenexp !== ".") await same({ tokenexp, mincharnum: 2 }, texts, [5, 1]);
  }
  await same({ tokenexp: "c", separators: ["b"] }, ["abc"]);
});
Deno.test("no strings have no tokens", async () => {
  for (const shape of [[0], [2, 0]]) {
    const [y] = await results("com.microsoft.Tokenizer", { ...base, separators: [" "] }, [words([], shape)]);
    assert.ok(isTensor(y));
    assert.deepEqual(y.shape, shape);
  }
});
Deno.test("what onnxruntime refuses is refused, with a reason", async () => {
  const refused = async (attributes: Attributes, message: RegExp) =>
    await assert.rejects(results("com.microsoft.Tokenizer", { ...base, ...attributes }, [words(["ab"])]), {
      message,
    });
  await refused({}, /separators or tokenexp expected/);
  await refused({ tokenexp: "(" }, /a group isn't closed/);
  await refused({ separators: ["(?=a)"] }, /no group that RE2 has/);
  await refused({ separators: [""], mincharnum: 2 }, /mincharnum wants 2/);
  await refused({ separators: [" "], mincharnum: 0 }, /mincharnum: expected integer >= 1/);
});
Deno.test("hashes are onnxruntime's", async () => {
  const inputs = [
    words(["foo", "a", "", "hello wörld 日"]),
    tensor([3, -1], [2], "int32"),
    tensor([3n, 2n ** 40n], [2], "int64"),
    tensor([1.5, -0.25]),
    tensor([1.5, 7], [2], "float64"),
    tensor([7, 2 ** 31], [2], "uint32"),
  ];
  for (const x of inputs) {
    for (const attributes of [{}, { seed: 42 }, { positive: 0 }]) {
      await judged("com.microsoft.MurmurHash3", attributes, [x]);
    }
  }
});
Deno.test("a search takes time linear in the text whatever the pattern", () => {
  const letters = lettersOf("a".repeat(20_000)), began = performance.now();
  assert.equal(searcher("(a*)*b")(letters, 0), undefined);
  assert.deepEqual(searcher("(a|aa)+$")(letters, 0), { start: 0, end: 20_000 });
  assert.ok(performance.now() - began < 5000);
});
