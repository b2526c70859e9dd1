/**
 * The chapter's kinds of networks over sequences: `deno run -A examples/chapter/main.ts reviews|labelling|one-to-many|characters
 * [FILE]`, without a word all of them. @module
 */
import { characters, labelling, oneToMany, reviewsOf } from "./rows.ts";

const kinds = { reviews: reviewsOf, labelling, "one-to-many": oneToMany, characters } as const;
const [word, file] = Deno.args, all = Object.keys(kinds) as (keyof typeof kinds)[];
if (word !== undefined && !Object.hasOwn(kinds, word)) {
  console.error(`${word}: expected one of ${all.join(", ")}`);
  Deno.exit(2);
}
for (const kind of all) {
  if (word !== undefined && kind !== word) continue;
  for await (const line of kinds[kind](word === undefined ? undefined : file)) console.log(line);
}
