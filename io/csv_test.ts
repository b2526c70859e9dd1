import assert from "node:assert/strict";
import { csvToTensor, readCsv } from "./csv.ts";

Deno.test("quotes, CRLF, a byte order mark and empty lines are read as RFC 4180 says", () => {
  const text = '\ufeffname,text\r\nann,"a, ""b""\r\nc"\r\n\r\nbob,\r\n';
  const expected = { header: ["name", "text"], rows: [["ann", 'a, "b"\r\nc'], ["bob", ""]] };
  assert.deepEqual(readCsv(text), expected);
  assert.deepEqual(readCsv(new TextEncoder().encode(text)), expected);
  assert.deepEqual(readCsv("1;2\n3;4", { header: false, delimiter: ";" }), {
    header: ["0", "1"],
    rows: [["1", "2"], ["3", "4"]],
  });
});

Deno.test("a ragged row is named", () => {
  assert.throws(() => readCsv("a,b\n1,2\n3\n", { file: "t.csv" }), {
    name: "FormatError",
    message: 't.csv: CSV row 2 has 1 cells: expected 2 (["3"])',
    place: "row 2",
  });
});

Deno.test("an open quote, other encodings and empty files are refused", () => {
  assert.throws(() => readCsv('a\n"b'), { name: "FormatError", message: /[Qq]uote/ });
  assert.throws(() => readCsv(Uint8Array.of(0x61, 0xff)), { name: "FormatError", message: /not UTF-8/ });
  assert.throws(() => readCsv(""), { name: "FormatError", message: /no rows/ });
});

Deno.test("numeric columns become a tensor", () => {
  const table = readCsv("x,name,y\n1,a,-2.5\n .5,b,1e3\n");
  assert.deepEqual(csvToTensor(table, { columns: ["y", "x"] }), {
    dtype: "float32",
    shape: [2, 2],
    data: Float32Array.of(-2.5, 1, 1000, 0.5),
  });
  assert.deepEqual(csvToTensor(table, { columns: ["x"], dtype: "float64" }).data, Float64Array.of(1, 0.5));
});

Deno.test("a cell that is no number is named by row and column", () => {
  const table = readCsv("x,y\n1,2\n3,\n");
  assert.throws(() => csvToTensor(table, { file: "t.csv" }), {
    name: "FormatError",
    message: 't.csv: CSV row 2, column "y": "" is not a number',
  });
  assert.throws(() => csvToTensor(table, { columns: ["z"] }), {
    name: "ConfigError",
    message: /no column "z"/,
  });
});
