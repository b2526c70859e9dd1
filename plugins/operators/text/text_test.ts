/** Hashes and tokens as TensorFlow and Keras make them. @module */
import { deepEqual, rejects } from "node:assert/strict";
import { GraphBuilder } from "../../../core/graph/builder.ts";
import { createRegistry } from "../../../core/registry.ts";
import { networkOps } from "../../../core/ops/mod.ts";
import { isTensor, type Tensor, tensor } from "../../../core/values/tensor.ts";
import { tensorType } from "../../../core/values/shape.ts";
import { plain } from "../../backends/plain/mod.ts";
import { fingerprint64, joinFingerprints, sipHash64 } from "./hashes.ts";
import { textOps } from "./text.ts";

const registry = createRegistry([...networkOps, ...textOps, plain]);
const bytes = (text: string) => new TextEncoder().encode(text);

/** Runs one operator. */
async function run(
  op: string,
  inputs: readonly Tensor[],
  attributes: Record<string, unknown>,
): Promise<Tensor> {
  const b = new GraphBuilder(registry);
  const values = inputs.map((t, i) => b.input(`x${i}`, tensorType(t.dtype, t.shape)));
  b.output("y", b.one(op, values, attributes as Record<string, string>));
  const session = await plain.compile(b.build(), { registry });
  const { y } = await session.run(Object.fromEntries(inputs.map((t, i) => [`x${i}`, t])));
  if (!isTensor(y)) throw new TypeError("expected a tensor");
  return y;
}
const strings = (...list: readonly string[]) => tensor([...list], [list.length], "string");

Deno.test("FarmHash's fingerprint is that of TensorFlow's to_hash_bucket_fast", () => {
  // tf.strings.to_hash_bucket_fast(x, 2 ** 62) in TensorFlow 2.21.
  const wanted: readonly (readonly [string, bigint])[] = [
    ["", 1936946117179621455n],
    ["a", 3694432073954588131n],
    ["abcd", 1897425971756105985n],
    ["abcdefgh", 4533385575889643785n],
    ["abcdefghijklmnopq", 2171023947900359592n],
    ["x".repeat(33), 3046993373088323127n],
    ["y".repeat(64), 4471793200125962424n],
    ["y".repeat(65), 4023130470993650268n],
    ["Ünïcödé 漢字 🙂", 2473692458681059255n],
    ["w".repeat(300), 2255659836544254577n],
  ];
  for (const [text, hash] of wanted) {
    deepEqual([text, fingerprint64(bytes(text)) % (1n << 62n)], [text, hash]);
  }
});
Deno.test("SipHash under a key is that of TensorFlow's to_hash_bucket_strong", () => {
  // The same with key [133, 137].
  const wanted: readonly (readonly [string, bigint])[] = [
    ["", 316627932347062996n],
    ["a", 2466253977694453450n],
    ["abcd", 3196519216900852167n],
    ["abcdefgh", 210173030064361732n],
    ["abcdefghijklmnopq", 2624051166598865710n],
    ["x".repeat(33), 3347663563349152873n],
    ["y".repeat(64), 1805651083953470005n],
    ["y".repeat(65), 4475297591810910813n],
    ["Ünïcödé 漢字 🙂", 2206859393835213190n],
    ["w".repeat(300), 3908358147897959806n],
  ];
  for (const [text, hash] of wanted) {
    deepEqual([text, sipHash64(bytes(text), [133n, 137n]) % (1n << 62n)], [text, hash]);
  }
});
Deno.test("fingerprints joined depend on their order", () => {
  deepEqual(joinFingerprints(1n, 2n) === joinFingerprints(2n, 1n), false);
});
Deno.test("Tokens changes ASCII alone, cuts at ASCII spaces, and fills rows up", async () => {
  const y = await run("lapis.Tokens", [strings("Saya  SUKA\tfilm!", "Ñandú — a-b", "")], {});
  deepEqual(y.shape, [3, 3]);
  deepEqual(y.data, ["saya", "suka", "film", "Ñandú", "—", "ab", "", "", ""]);
});
Deno.test("Tokens makes runs of tokens, single characters, and rows of a length", async () => {
  const runs = await run("lapis.Tokens", [strings("a b c")], { ngrams: [1, 2], standardize: "none" });
  deepEqual(runs.data, ["a", "b", "c", "a b", "b c"]);
  const characters = await run("lapis.Tokens", [strings("né🙂")], { split: "character", length: 2 });
  deepEqual(characters.data, ["n", "é"]);
});
Deno.test("IndexOf finds strings and whole numbers, and refuses what isn't there where asked", async () => {
  const y = await run("lapis.IndexOf", [tensor([7, -1], [2], "int64"), tensor([5, 7], [2], "int64")], {});
  deepEqual(y.data, BigInt64Array.of(1n, -1n));
  await rejects(
    () => run("lapis.IndexOf", [strings("bird"), strings("cat")], { required: 1 }),
    /"bird" is not in the vocabulary/,
  );
});
Deno.test("HashBucket hashes numbers in decimal", async () => {
  const numbers = await run("lapis.HashBucket", [tensor([-12, 345], [2], "int32")], { buckets: 1000 });
  deepEqual(numbers.data, (await run("lapis.HashBucket", [strings("-12", "345")], { buckets: 1000 })).data);
});
