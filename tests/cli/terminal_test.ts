/** Tables fit the terminal: text gives way, then the table goes on below under its first column. @module */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { table } from "../../cli/terminal.ts";

const header = ["name", "first", "second", "third"];
const rows = [["a name that is rather long", "1.25", "22.5", "333.75"], ["b", "4", "5", "6"]];

Deno.test("a table that fits is set as wide as its cells", () => {
  strictEqual(
    table(["a", "n"], [["x", "1"], ["long", "22"]], { right: [1] }),
    "a      n\n────  ──\nx      1\nlong  22",
  );
});

Deno.test("no line of a table is wider than the terminal, and no number is cut", () => {
  for (const width of [24, 30, 40, 60, 80]) {
    const lines = table(header, rows, { right: [1, 2, 3], width }).split("\n");
    deepStrictEqual(lines.filter((line) => line.length > width), []);
    for (const number of ["1.25", "22.5", "333.75"]) ok(lines.some((line) => line.includes(number)));
  }
});

Deno.test("a broken table's parts begin with the first column", () => {
  const parts = table(header, rows, { right: [1, 2, 3], width: 26 }).split("\n\n");
  ok(parts.length > 1);
  for (const part of parts) {
    deepStrictEqual(
      part.split("\n").map((line) => line.slice(0, 2)),
      ["na", "──", "a ", "b"].map((s) => s.padEnd(2)),
    );
  }
});

Deno.test("columns whose ends tell them apart lose their beginnings", () => {
  ok(
    table(["path", "n"], [["model/encoder/layer/kernel", "1"]], { ends: [0], width: 20 }).includes(
      "…layer/kernel  1".slice(-12),
    ),
  );
});
