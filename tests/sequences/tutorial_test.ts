/** The tutorial's two small networks: the generator learns its lines, the sentences are told apart. @module */
import { deepEqual, equal, ok } from "node:assert/strict";
import { characters, hamlet } from "../../examples/sequences/characters.ts";
import { sentences, sentiment } from "../../examples/sequences/sentiment.ts";

const { characters: sizes, sentiment: small } = JSON.parse(
  await Deno.readTextFile(new URL("../../examples/sequences/config.json", import.meta.url)),
);

Deno.test("an LSTM over one-hot characters comes far below guessing, and draws text of its alphabet from a start", async () => {
  const short = { ...sizes, iterations: 300, report: 100, sample: 40 };
  const run = await characters(hamlet, short, 1);
  deepEqual(run.losses.map(([iteration]) => iteration), [100, 200, 300]);
  // Guessing costs ln 29 = 3.4 nats, the letters' frequencies alone 2.9.
  ok((run.losses.at(-1)?.[1] ?? NaN) < 1.5, `${run.losses}`);
  equal(run.sample.length, 41);
  ok(run.sample.startsWith("T"));
  ok([...run.sample].every((c) => hamlet.includes(c)), run.sample);
});

Deno.test("eight short sentences are told apart by one sigmoid", async () => {
  const run = await sentiment(small, 1);
  equal(run.right, sentences.length);
  deepEqual(run.losses.map(([epoch]) => epoch), [50, 100, 150, 200]);
  ok(run.losses.every(([, loss], i) => i === 0 || loss < (run.losses[i - 1]?.[1] ?? 0)));
});
