import { deepStrictEqual, match, ok, strictEqual, throws } from "node:assert/strict";
import { toNumbers } from "../../../core/values/tensor.ts";
import { parseCsv } from "../../../io/tables/csv.ts";
import { formOf, numberIn } from "./cells.ts";
import { findColumn } from "./kinds.ts";
import {
  loadTablePreprocessor,
  tablePreprocessor,
  tablePreprocessorFrom,
  type TablePreprocessorOptions,
} from "./preprocessor.ts";

const rows =
  (x: { readonly shape: readonly number[] }, width = x.shape[1] ?? 1) => (numbers: ArrayLike<number>) =>
    Array.from({ length: x.shape[0] ?? 0 }, (_, r) => Array.from(numbers).slice(r * width, (r + 1) * width));
const matrix = (x: Parameters<typeof toNumbers>[0]) => rows(x)(toNumbers(x));
/** A few houses, with gaps in every kind of column. */
const houses = `id,city,area,rooms,sold,note,price
1,Bonn,100,3,2024-01-01,x,10
2,Kiel,,2,2024-03-01,x,20
3,Bonn,300,?,2024-02-01,x,30
4,NA,200,4,2024-01-31,x,60
`;
const fitted = (options: TablePreprocessorOptions = {}) =>
  tablePreprocessor({ target: "price", ...options }).fit(parseCsv(houses));

Deno.test("kinds are told by the cells; gaps, ids and constants are seen", () => {
  deepStrictEqual(
    fitted().found.map(({ name, options, missing, why }) => [name, options.kind, missing, why]),
    [
      ["id", "ignore", 0, "an id: another in every row"],
      ["city", "category", 1, ""],
      ["area", "integer", 1, ""],
      ["rooms", "integer", 1, ""],
      ["sold", "date", 0, ""],
      ["note", "ignore", 0, "one value only"],
    ],
  );
  const kinds = (cells: readonly string[]) => findColumn("c", cells).options.kind;
  const many = (of: (i: number) => string) => Array.from({ length: 40 }, (_, i) => of(i));
  strictEqual(kinds(many((i) => `${i / 3}`)), "number");
  strictEqual(kinds(many((i) => `0${i % 7}12`)), "category");
  strictEqual(kinds(many((i) => `${i % 28 + 1}/3/2024`)), "date");
  strictEqual(kinds(many((i) => `a word and number ${i}`)), "text");
  strictEqual(kinds(many((i) => `code${i}`)), "ignore");
  strictEqual(kinds(many((i) => (i % 2 ? "yes" : "no"))), "category");
  strictEqual(kinds(many(() => "")), "ignore");
  // One word among numbers is a gap, as it is said.
  const odd = findColumn("c", many((i) => (i === 7 ? "unknown" : `${i * 1.5}`)));
  deepStrictEqual(odd.options, { kind: "number", missingWords: ["unknown"] });
  strictEqual(odd.why, "unknown: taken as missing");
});

Deno.test("numbers are read with the marks that their column has", () => {
  const cases: readonly (readonly [readonly string[], readonly number[]])[] = [
    [["1,234", "12", "1,234,567.5"], [1234, 12, 1234567.5]],
    [["1.234,5", "12", "0,5"], [1234.5, 12, 0.5]],
    [["$1,200", "-$3", "€4"], [1200, -3, 4]],
    [["12 %", "3%"], [12, 3]],
    [["1 234", "5"], [1234, 5]],
    [["1'234.5", "7"], [1234.5, 7]],
    [["1e3", "-.5", "+2."], [1000, -0.5, 2]],
  ];
  for (const [cells, numbers] of cases) {
    const { form, count } = formOf(cells);
    strictEqual(count, cells.length, `${cells}`);
    deepStrictEqual(cells.map((cell) => numberIn(cell, form)), numbers);
  }
});

Deno.test("scaled numbers, medians and flags of gaps, categories: as computed by hand", () => {
  const table = fitted({
    columns: { city: { minRows: 1 }, sold: "ignore", rooms: { missing: "mean", flag: false } },
  });
  deepStrictEqual(table.featureNames, [
    "city=Bonn",
    "city=Kiel",
    "city:missing",
    "area",
    "area:missing",
    "rooms",
  ]);
  const { x, y } = table.transform(parseCsv(houses));
  // area: median 200 of 100, 200, 300, whose mean is 200 and deviation √(20000 / 3).
  const area = 100 / Math.sqrt(20000 / 3), room = 1 / Math.sqrt(2 / 3);
  deepStrictEqual(
    matrix(x).map((row) => row.map((v) => Number(v.toFixed(5)))),
    [
      [1, 0, 0, -area, 0, 0],
      [0, 1, 0, 0, 1, -room],
      [1, 0, 0, area, 0, 0],
      [0, 0, 1, 0, 0, room],
    ].map((row) => row.map((v) => Number(v.toFixed(5)) + 0)),
  );
  deepStrictEqual(y && [...toNumbers(y)], [10, 20, 30, 60]);
  strictEqual(table.target?.center, 30);
});

Deno.test("columns are found by name in any order; one that isn't there is an error with the nearest", () => {
  const table = fitted(), first = table.features(parseCsv(houses));
  const turned = parseCsv(houses.split("\n").map((line) => line.split(",").reverse().join()).join("\n"));
  deepStrictEqual(table.features(turned), first);
  deepStrictEqual(table.extra(parseCsv("id,city,area,rooms,sold,hue\n1,a,2,3,2024-01-01,5\n")), ["hue"]);
  throws(
    () => table.features(parseCsv("city,aera,rooms,sold\nBonn,1,2,2024-01-01\n")),
    /no column "area"; it has city, aera, rooms, sold \(is aera meant\?\)/,
  );
  throws(() => table.features([{ city: "Bonn" }]), /no column "area", nor "rooms", "sold"; it has city/);
  throws(
    () => table.features([{ city: "Bonn", area: "wide", rooms: 2, sold: "2024-01-01" }]),
    /column area: row 1: "wide" is not a number/,
  );
  throws(
    () => table.features([{ city: "Bonn", area: 1, rooms: 2, sold: "soon" }]),
    /column sold: row 1: "soon" is not a date/,
  );
});

Deno.test("rows as objects and columns as arrays are the table that a file would be", () => {
  const header = ["city", "area", "rooms", "sold"], { rows: cells } = parseCsv(houses);
  const objects = cells.map(([, city, area, rooms, sold]) => ({
    city: city === "NA" ? null : city,
    area: area === "" ? NaN : Number(area),
    rooms: rooms === "?" ? undefined : Number(rooms),
    sold: new Date(`${sold}T00:00:00Z`),
  }));
  const columns = Object.fromEntries(
    header.map((name) => [name, objects.map((row) => row[name as keyof typeof objects[number]])]),
  );
  const table = fitted(), want = matrix(table.features(parseCsv(houses)));
  deepStrictEqual(matrix(table.features(columns)), want);
  deepStrictEqual(matrix(table.features(objects)), want);
});

Deno.test("an unknown category is a bucket where rare ones were trained on, else nothing", () => {
  const column = (cells: readonly string[], minRows = 2) =>
    tablePreprocessor({ columns: { c: { kind: "category", minRows } } }).fit({ c: cells });
  const rare = column(["a", "a", "b", "b", "z"]);
  deepStrictEqual(rare.featureNames, ["c=a", "c=b", "c:other"]);
  deepStrictEqual(matrix(rare.features({ c: ["b", "new", "z"] })), [[0, 1, 0], [0, 0, 1], [0, 0, 1]]);
  deepStrictEqual(matrix(column(["a", "b"], 1).features({ c: ["new"] })), [[0, 0]]);
});

Deno.test("bins around values, a logarithm, dates with their calendar", () => {
  const table = tablePreprocessor({
    columns: {
      n: { kind: "integer", bins: "values", scaling: "none" },
      long: { kind: "number", transform: "log1p", scaling: "minMax" },
      day: { kind: "date", calendar: ["weekday"], scaling: "none" },
    },
  }).fit({
    n: [1, 2, 4, 4],
    long: [0, 1, 3, 7],
    day: ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-07"],
  });
  deepStrictEqual(matrix(table.features({ n: [2, 3.5], long: [7, 1], day: ["2024-01-07", ""] })), [
    [2, 0, 1, 0, 1, 19729, 6],
    [3.5, 0, 0, 1, Number(Math.fround(1 / 3)), 19724.5, 0],
  ]);
});

Deno.test("what was learnt is JSON: a file gives the same rows, a wrong one is refused with its place", async () => {
  const folder = await Deno.makeTempDir(), table = fitted();
  try {
    await table.save(`${folder}/t.json`);
    const again = await loadTablePreprocessor(`${folder}/t.json`);
    deepStrictEqual(again.transform(parseCsv(houses)), table.transform(parseCsv(houses)));
    match(await Deno.readTextFile(`${folder}/t.json`), /"name": "area",\n +"kind": "integer"/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  throws(
    () => tablePreprocessorFrom({ columns: [{ name: "a", kind: "nummer" }] }),
    /table\.columns\[0\]\.kind: expected one of/,
  );
  throws(() => tablePreprocessorFrom({ column: [] }), /unknown option "column"; did you mean columns\?/);
});

Deno.test("targets: classes or a number as the cells tell, gaps left out, what can't be learnt refused", () => {
  const target = (cells: readonly string[], kind?: "class" | "number") =>
    tablePreprocessor({ target: "y", ...(kind && { targetKind: kind }) })
      .fit({ x: cells.map((_, i) => `${i * 1.5}`), y: cells });
  const many = (of: (i: number) => string) => Array.from({ length: 60 }, (_, i) => of(i));
  deepStrictEqual(target(many((i) => (i % 2 ? "yes" : "no"))).classes, ["no", "yes"]);
  deepStrictEqual(target(many((i) => `${i % 3 * 5}`)).classes, ["0", "5", "10"]);
  deepStrictEqual(target(many((i) => `${i / 7}`)).target?.kind, "number");
  strictEqual(target(many((i) => `${i % 3}`), "number").target?.kind, "number");
  const gaps = target(many((i) => (i < 10 ? "" : i % 2 ? "a" : "b")));
  ok(gaps.notes.includes("10 of 60 rows have no y and are left out"));
  const again = tablePreprocessor({ target: "y" }).fit({
    x: many((i) => `${i * 1.5}`),
    alive: many((i) => (i % 2 ? "yes" : "no")),
    near: many((i) => (i % 2 || i === 4 ? "yes" : "no")),
    y: many((i) => `${i % 2}`),
  });
  deepStrictEqual(again.notes.filter((note) => note.includes("alone tells")), [
    "alive alone tells y in every row: where it isn't known beforehand, leave it out (kind ignore)",
  ]);
  throws(() => target(many(() => "a")), /target y: every row has the same value, "a"/);
  throws(() => target(many((i) => `word ${i}`)), /60 different values in 60 rows are no classes/);
  throws(
    () => target(many((i) => (i === 3 ? "about 5" : `${i}`))),
    /59 of 60 values are numbers, "about 5" is not/,
  );
  throws(() => target(["a"]), /one row alone/);
  throws(() => target(many((i) => (i % 2 ? "a" : "b")), "number"), /"b" is not a number/);
  throws(() => gaps.targets(["c"]), /row 1, target y: "c" is none of the classes a, b/);
  throws(() => tablePreprocessor({ target: "z" }).fit({ y: [1, 2] }), /no column "z"; it has y/);
  throws(
    () => tablePreprocessor({ columns: { yy: "number" } }).fit({ y: [1, 2] }),
    /no column "yy"; it has y \(is y meant\?\)/,
  );
  throws(
    () =>
      tablePreprocessor({ columns: { y: { kind: "number", missing: "category" } } }).fit({ y: [1, 2, 3] }),
    /missing: expected one of median, mean/,
  );
});
