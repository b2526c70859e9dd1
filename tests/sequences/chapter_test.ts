/** The chapter's networks learn what they are for, on a share of their data. @module */
import { equal, ok } from "node:assert/strict";
import { stacked } from "../../examples/chapter/characters.ts";
import { wordEnds } from "../../examples/chapter/labelling.ts";
import { waves } from "../../examples/chapter/onetomany.ts";
import { reviews, reviewsIn } from "../../examples/chapter/reviews.ts";

const read = (path: string) => Deno.readTextFile(new URL(`../../examples/data/${path}`, import.meta.url));

Deno.test("one to many: waves come out of three numbers, far better than zeros", async () => {
  const { rmse, zero } = await waves({ steps: 20, waves: 500, units: 24, epochs: 15 }, 1);
  ok(rmse < 0.5 * zero, `${rmse} of ${zero}`);
});

Deno.test("many to many: word ends are found beyond their share", async () => {
  const text = (await read("shakespeare.txt")).slice(0, 12_000);
  const { f1 } = await wordEnds(text, { length: 40, units: 24, epochs: 10 }, 1);
  // Ends are a quarter of the letters: saying so everywhere has an F1 of 0.4.
  ok(f1 > 0.5, `${f1}`);
});

Deno.test("reviews: both readers are better than the larger class", async () => {
  const rows = reviewsIn(await read("reviews/yelp_labelled.txt"));
  equal(rows.length, 1000);
  const sizes = { maxWords: 2000, maxLength: 24, embedding: 16, units: 12, epochs: 8 };
  const { lstm, bilstm } = await reviews(rows, sizes, 1);
  // Half are good; of 100 test rows the deviation of guessing is 5.
  ok(lstm > 0.6 && bilstm > 0.6, `${lstm}, ${bilstm}`);
});

Deno.test("two LSTM layers come below the letters' frequencies, and write at each temperature", async () => {
  const text = (await read("shakespeare.txt")).slice(0, 10_000);
  const { loss, samples } = await stacked(text, {
    ...{ units: 32, length: 25, lanes: 8, epochs: 12 },
    ...{ prompt: "First", sample: 30, temperatures: [0.5, 1.5] },
  }, 1);
  // Frequencies alone cost 3.2 nats a character.
  ok(loss < 2.9, `${loss}`);
  ok(samples.every((s) => s.text.startsWith("First") && s.text.length === 35));
});
