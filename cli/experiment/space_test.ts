import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { Random } from "../../public/tensors.ts";
import { draw, grid, type Point, settings, type Space, spaceField, withValues } from "./space.ts";
import { suggest, type Tried } from "./tpe.ts";

const space = (raw: unknown): Space => spaceField.parse(raw, "search.space");

Deno.test("a grid has every point, the last dimension changing fastest", () => {
  const points = grid(space({ a: [1, 2], b: { kind: "logUniform", min: 0.01, max: 1, steps: 3 }, c: ["x"] }));
  deepStrictEqual(points.map(({ a }) => a), [1, 1, 1, 2, 2, 2]);
  points.forEach(({ b }, i) => ok(Math.abs(Number(b) - ([0.01, 0.1, 1][i % 3] ?? NaN)) < 1e-15));
  deepStrictEqual(grid(space({ n: { kind: "int", min: 2, max: 5 } })).map(({ n }) => n), [2, 3, 4, 5]);
  throws(
    () => grid(space({ r: { kind: "uniform", min: 0, max: 1 } })),
    /search\.space\.r: a grid over uniform needs steps/,
  );
});

Deno.test("draws stay within bounds, are whole where they must be, and reach every value", () => {
  const of = space({
    n: { kind: "int", min: 1, max: 3 },
    l: { kind: "logInt", min: 1, max: 1000 },
    u: { kind: "uniform", min: -1, max: 1 },
    e: { kind: "logUniform", min: 1e-4, max: 1 },
    c: ["a", ["b"], { d: 1 }],
  });
  const points = Array.from({ length: 600 }, (_, i) => draw(of, new Random(3, [1, i])));
  const numbers = (name: string) => points.map((p) => Number(p[name]));
  deepStrictEqual([...new Set(numbers("n"))].sort(), [1, 2, 3]);
  // Each of three equal parts of 600: 200 ± 5 standard deviations of 11.5.
  for (const n of [1, 2, 3]) ok(Math.abs(numbers("n").filter((v) => v === n).length - 200) < 58);
  ok(numbers("l").every((v) => Number.isInteger(v) && v >= 1 && v <= 1000));
  ok(numbers("u").every((v) => v >= -1 && v <= 1));
  // Half of a logarithmic range lies below its geometric middle: 300 ± 5 · 12.2.
  ok(Math.abs(numbers("e").filter((v) => v < 0.01).length - 300) < 61);
  strictEqual(new Set(points.map(({ c }) => JSON.stringify(c))).size, 3);
});

Deno.test("values go to their paths: keys, places of lists, parts named alone, several paths at once", () => {
  const base = {
    model: { layers: [{ type: "dense", units: 1 }, { type: "dense" }] },
    compile: { optimizer: "adam" },
  };
  const of = space({
    units: { kind: "choice", of: [7], paths: ["model.layers.0.units", "data.text.maxWords"] },
    "compile.optimizer.learningRate": [0.5],
  });
  deepStrictEqual(withValues(base, settings(of, { units: 7, "compile.optimizer.learningRate": 0.5 })), {
    model: { layers: [{ type: "dense", units: 7 }, { type: "dense" }] },
    compile: { optimizer: { name: "adam", learningRate: 0.5 } },
    data: { text: { maxWords: 7 } },
  });
  strictEqual(base.model.layers[0]?.units, 1);
  throws(
    () => withValues(base, { "model.layers.2.units": 1 }),
    /model\.layers\.2\.units: expected a place from 0 to 1/,
  );
  throws(() => withValues(base, { "modle.layers.0.units": 1 }), /no "modle"; did you mean model\?/);
  throws(
    () => withValues(base, { "model.layers.0.type.of.it": 1 }),
    /"of" stands in "dense", which holds no keys/,
  );
});

Deno.test("wrong dimensions are refused with their place", () => {
  throws(
    () => space({ a: { kind: "uniform", min: 2, max: 1 } }),
    /search\.space\.a: expected min ≤ max, got 2 and 1/,
  );
  throws(() => space({ a: { kind: "logUniform", min: 0, max: 1 } }), /expected min > 0/);
  throws(() => space({ a: { kind: "int", min: 0.5, max: 1 } }), /expected whole bounds/);
  throws(
    () => space({ a: { kind: "unifrom", min: 0, max: 1 } }),
    /search\.space\.a\.kind: expected one of choice/,
  );
  throws(
    () => space({ a: { kind: "uniform", min: 0, max: 1, step: 3 } }),
    /unknown option "step"; did you mean steps\?/,
  );
  throws(() => space({ a: [] }), /expected a list of values/);
});

/** A valley in a learning rate and a share, with a choice that matters and one that doesn't; best 0. */
function objective({ rate, share, kind }: Point): number {
  return -((Math.log10(Number(rate)) + 2.5) ** 2) - 4 * (Number(share) - 0.3) ** 2 - (kind === "b" ? 0 : 1);
}
const searched = space({
  rate: { kind: "logUniform", min: 1e-5, max: 1 },
  share: { kind: "uniform", min: 0, max: 1 },
  kind: ["a", "b", "c"],
  noise: { kind: "int", min: 1, max: 100 },
});
/** The best of 60 points. */
function search(seed: number, next: (tried: readonly Tried[], random: Random) => Point): number {
  const tried: Tried[] = [];
  for (let i = 0; i < 60; i++) {
    const point = next(tried, new Random(seed, [1, i]));
    tried.push({ point, score: objective(point) });
  }
  return Math.max(...tried.map(({ score }) => score ?? -Infinity));
}

Deno.test("TPE comes nearer than random points on 20 seeds", () => {
  const options = { startup: 10, candidates: 24 };
  let won = 0, ours = 0, random = 0;
  for (let seed = 0; seed < 20; seed++) {
    const found = search(seed, (tried, r) => suggest(searched, tried, options, r));
    const drawn = search(seed, (_, r) => draw(searched, r));
    if (found > drawn) won++;
    ours -= found / 20;
    random -= drawn / 20;
  }
  // If neither were better, 16 of 20 or more would come with a probability of 0.006 (sign test).
  ok(won >= 16, `won ${won} of 20`);
  ok(ours < random, `${ours} against ${random}`);
});

Deno.test("TPE is the same for the same trials, learns from failures, and draws evenly before it begins", () => {
  const options = { startup: 3, candidates: 24 };
  const tried = Array.from({ length: 12 }, (_, i): Tried => {
    const point = draw(searched, new Random(1, [1, i]));
    // Whatever isn't "c" fails.
    return { point, score: point.kind === "c" ? objective(point) : undefined };
  });
  deepStrictEqual(
    suggest(searched, tried, options, new Random(5)),
    suggest(searched, tried, options, new Random(5)),
  );
  const next = Array.from(
    { length: 50 },
    (_, i) => suggest(searched, tried, options, new Random(2, [1, i])).kind,
  );
  ok(next.filter((kind) => kind === "c").length > 40, `${next}`);
  deepStrictEqual(
    suggest(searched, tried.slice(0, 1), options, new Random(4)),
    draw(searched, new Random(4)),
  );
});
