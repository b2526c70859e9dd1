import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { lackingIn, splitRows } from "./split.ts";

const counts = (rows: Int32Array, classes: readonly string[]) => {
  const found: Record<string, number> = {};
  for (const row of rows) found[classes[row] ?? ""] = (found[classes[row] ?? ""] ?? 0) + 1;
  return found;
};

Deno.test("rows sorted by class are dealt out by the classes' shares, the same for the same seed", () => {
  const classes = Array.from({ length: 100 }, (_, i) => (i < 60 ? "a" : i < 90 ? "b" : "c"));
  const parts = { train: 0.7, validation: 0.2, test: 0.1 };
  const split = splitRows(100, { parts, classes, seed: 3 });
  deepStrictEqual(counts(split.train, classes), { a: 42, b: 21, c: 7 });
  deepStrictEqual(counts(split.validation, classes), { a: 12, b: 6, c: 2 });
  deepStrictEqual(counts(split.test, classes), { a: 6, b: 3, c: 1 });
  deepStrictEqual(
    [...split.train, ...split.validation, ...split.test].sort((a, b) => a - b),
    [...classes.keys()],
  );
  deepStrictEqual(splitRows(100, { parts, classes, seed: 3 }), split);
  ok(`${splitRows(100, { parts, classes, seed: 4 }).test}` !== `${split.test}`);
  deepStrictEqual(
    lackingIn(
      Object.entries(split).map(([name, rows]) => ({
        name,
        targets: Array.from(rows, (r) => classes[r] ?? ""),
      })),
      "class",
    ),
    [],
  );
});

Deno.test("classes that don't divide: the parts keep their sizes, and what is rare is trained on", () => {
  const classes = ["x", ...Array.from({ length: 33 }, (_, i) => "abc"[i % 3] ?? ""), "y", "y"];
  for (let seed = 0; seed < 20; seed++) {
    const { train, held } = splitRows(classes.length, { parts: { train: 0.8, held: 0.2 }, classes, seed });
    strictEqual(train.length + held.length, 36);
    ok(Math.abs(held.length - 7) <= 1, `${held.length}`);
    const { a = 0, b = 0, c = 0, x, y = 0 } = counts(train, classes);
    strictEqual(x, 1);
    ok(y >= 1);
    for (const n of [a, b, c]) ok(n === 8 || n === 9, `${[a, b, c]}`);
  }
  // Every row a class of its own: nothing to deal, and both parts have rows.
  const ids = Array.from({ length: 10 }, (_, i) => `${i}`);
  strictEqual(splitRows(10, { parts: { train: 0.8, held: 0.2 }, classes: ids }).held.length, 2);
});

Deno.test("without shuffling the last part is the end; too few rows and shares that aren't 1 are refused", () => {
  deepStrictEqual(
    splitRows(10, { parts: { train: 0.7, test: 0.3 }, shuffle: false }).test,
    Int32Array.of(7, 8, 9),
  );
  throws(() => splitRows(1, { parts: { train: 0.8, test: 0.2 } }), /leaves none of 1 rows for train/);
  throws(() => splitRows(10, { parts: { train: 0.8, test: 0.3 } }), /shares that are 1 together, got 1\.1/);
  throws(
    () => splitRows(10, { parts: { train: 1.5, test: -0.5 } }),
    /parts\.train: expected a share above 0/,
  );
  throws(() => splitRows(2, { parts: { a: 0.5, b: 0.5 }, classes: ["x"] }), /2 rows have 1 classes/);
});

Deno.test("classes and ranges that one part lacks are named", () => {
  deepStrictEqual(
    lackingIn([{ name: "train", targets: [0, 1, 1] }, { name: "validation", targets: [2, 2] }], "class", [
      "cat",
      "dog",
      "emu",
    ]),
    [
      "train has no row of class emu, which validation has",
      "validation has no row of classes cat, dog, which train has",
    ],
  );
  const rising = Array.from({ length: 200 }, (_, i) => i);
  deepStrictEqual(
    lackingIn([{ name: "train", targets: rising.slice(0, 100) }, {
      name: "validation",
      targets: rising.slice(100),
    }], "number"),
    [
      "train has no target from 100 to 199, which other parts have",
      "validation has no target from 0 to 100, which other parts have",
    ],
  );
  const { train, held } = splitRows(200, { parts: { train: 0.5, held: 0.5 } });
  const parts = [{ name: "train", targets: train }, { name: "held", targets: held }];
  deepStrictEqual(lackingIn(parts, "number"), []);
});
