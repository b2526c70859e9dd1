import assert from "node:assert/strict";
import { gzipSync } from "fflate";
import { csvToColumns, csvToTensor, parseCsv, readCsvStream } from "./csv.ts";

Deno.test("quotes, CRLF, a byte order mark and empty lines are read as RFC 4180 says", () => {
  const text = '\ufeffname,text\r\nann,"a, ""b""\r\nc"\r\n\r\nbob,\r\n';
  const expected = { header: ["name", "text"], rows: [["ann", 'a, "b"\r\nc'], ["bob", ""]] };
  assert.deepEqual(parseCsv(text), expected);
  assert.deepEqual(parseCsv(new TextEncoder().encode(text)), expected);
  assert.deepEqual(parseCsv("1;2\n3;4", { header: false, delimiter: ";" }), {
    header: ["0", "1"],
    rows: [["1", "2"], ["3", "4"]],
  });
});

Deno.test("a ragged row is named", () => {
  assert.throws(() => parseCsv("a,b\n1,2\n3\n", { file: "t.csv" }), {
    name: "FormatError",
    message: 't.csv: CSV row 2 (line 3) has 1 cells: expected 2 (["3"])',
    place: "row 2",
  });
});

Deno.test("an open quote, other encodings and empty files are refused", () => {
  assert.throws(() => parseCsv('a\n"b'), { name: "FormatError", message: /[Qq]uote/ });
  assert.throws(() => parseCsv(Uint8Array.of(0x61, 0xff)), { name: "FormatError", message: /not UTF-8/ });
  assert.throws(() => parseCsv(""), { name: "FormatError", message: /no rows/ });
});

Deno.test("numeric columns become a tensor", () => {
  const table = parseCsv("x,name,y\n1,a,-2.5\n .5,b,1e3\n");
  assert.deepEqual(csvToTensor(table, { columns: ["y", "x"] }), {
    dtype: "float32",
    shape: [2, 2],
    data: Float32Array.of(-2.5, 1, 1000, 0.5),
  });
  assert.deepEqual(csvToTensor(table, { columns: ["x"], dtype: "float64" }).data, Float64Array.of(1, 0.5));
});

Deno.test("a cell that is no number is named by row and column", () => {
  const table = parseCsv("x,y\n1,2\n3,\n");
  assert.throws(() => csvToTensor(table, { file: "t.csv" }), {
    name: "FormatError",
    message: 't.csv: CSV row 2 (line 3), column "y": "" is not a number',
  });
  assert.throws(() => csvToTensor(table, { columns: ["z"] }), {
    name: "ConfigError",
    message: /no column "z"/,
  });
});

Deno.test("the line of a wrong cell is that of the file: quoted line breaks, empty lines and CRLF count", () => {
  const table = parseCsv('\ufeffa,b\r\n1,"x\r\ny"\r\n\r\n\r\nz,c\r\n', { file: "t.csv" });
  assert.throws(() => csvToTensor(table, { columns: ["a"] }), {
    message: /row 2 \(line 6\), column "a": "z"/,
  });
});

Deno.test("names may be given, and must be as many and different", () => {
  assert.deepStrictEqual(parseCsv("1,2\n3,4", { header: ["a", "b"] }), {
    header: ["a", "b"],
    rows: [["1", "2"], ["3", "4"]],
  });
  assert.throws(() => parseCsv("1,2", { header: ["a"] }), {
    message: "CSV has 2 columns: 1 names are given",
  });
  assert.throws(() => parseCsv("a,a\n1,2"), { message: 'CSV has two columns "a"' });
});

Deno.test("a gzipped table is read like a plain one", () => {
  assert.deepStrictEqual(parseCsv(gzipSync(new TextEncoder().encode("a\n1\n"))), {
    header: ["a"],
    rows: [["1"]],
  });
});

Deno.test("columns are numbers with gaps, or texts; a type may be said", () => {
  const table = parseCsv("n,t,zip,none\n1,a,010,\nNA,b,020,\n nan ,NA,030,\n,d,040,\n");
  assert.deepStrictEqual(csvToColumns(table, { types: { zip: "text" } }), {
    n: Float64Array.of(1, NaN, NaN, NaN),
    t: ["a", "b", "NA", "d"],
    zip: ["010", "020", "030", "040"],
    none: ["", "", "", ""],
  });
  assert.throws(() => csvToColumns(table, { types: { t: "number" } }), {
    message: /row 1 \(line 2\), column "t": "a"/,
  });
  assert.throws(() => csvToColumns(table, { types: { x: "number" } }), { message: /no column "x"/ });
  assert.deepStrictEqual(
    csvToTensor(table, { columns: ["n"], missing: 0 }).data,
    Float32Array.of(1, 0, 0, 0),
  );
});

Deno.test("a stream gives the rows of the whole, wherever it is cut, and holds no more than was asked", async () => {
  const text = '\ufeffa,b\r\n1,"x ""y""\r\nz"\r\n2,é\r\n\r\n3,w', bytes = new TextEncoder().encode(text);
  const whole = parseCsv(text);
  for (const size of [1, 2, 3, 5, 100]) {
    const pieces = Array.from(
      { length: Math.ceil(bytes.length / size) },
      (_, i) => bytes.subarray(i * size, (i + 1) * size),
    );
    const rows: (readonly string[])[] = [];
    for await (const part of readCsvStream(pieces, { rows: 2 })) {
      assert.deepStrictEqual(part.header, ["a", "b"]);
      rows.push(...part.rows);
    }
    assert.deepStrictEqual(rows, whole.rows);
  }
  let given = 0;
  const endless = (function* () {
    for (;;) given++, yield new TextEncoder().encode("1,2\n");
  })();
  for await (const part of readCsvStream(endless, { header: ["a", "b"], rows: 50 })) {
    assert.strictEqual(part.rows.length, 50);
    break;
  }
  assert.ok(given < 60);
});

Deno.test("rows of one file may end in CRLF and LF both, and in CR alone", () => {
  const rows = [["1", "x"], ["3", "y\r\nz"], ["5", "w"]];
  for (const text of ['a,b\n1,x\r\n3,"y\r\nz"\n\r\n5,w\r\n', 'a,b\r\n1,x\n3,"y\r\nz"\r\n\n5,w']) {
    assert.deepEqual(parseCsv(text), { header: ["a", "b"], rows });
  }
  assert.deepEqual(parseCsv("a\r\n1\n2\r\n").rows, [["1"], ["2"]]);
  assert.deepEqual(parseCsv("a,b\r1,x\r").rows, [["1", "x"]]);
});

Deno.test("a first row of numbers and words is data where the rows below have both in the same places", () => {
  const rowsOf = (text: string) => parseCsv(text).rows.length;
  assert.equal(rowsOf("5.1,3.5,setosa\n4.9,3.0,setosa\n"), 2);
  assert.equal(rowsOf("a,1\nb,2\nc,\n"), 3);
  assert.equal(rowsOf("inf,x\n2,y\n"), 2);
  assert.equal(rowsOf("name,1\n2,b\n"), 1);
  assert.equal(rowsOf("length,species\n4.9,setosa\n"), 1);
  assert.equal(rowsOf("a,b\nc,d\n"), 1);
  assert.equal(rowsOf("a,1\n"), 0);
  // Years, one after another, name columns.
  assert.equal(rowsOf("country,1990,1991,1992\nA,1,2,3\n"), 1);
});
Deno.test("unless said, a first row of numbers alone is data, and the separator is what the rows have", () => {
  assert.deepEqual(parseCsv("1,2,0\n3,4,1\n"), {
    header: ["0", "1", "2"],
    rows: [["1", "2", "0"], ["3", "4", "1"]],
  });
  assert.deepEqual(parseCsv("0,1,2\n3,4,1\n").header, ["0", "1", "2"]);
  assert.deepEqual(parseCsv("0,1,2\n3,4,1\n").rows.length, 1);
  assert.deepEqual(parseCsv("1,2\n3,4\n", { header: true }).header, ["1", "2"]);
  // Gaps, infinities and decimal commas are data too; an unnamed index above counted columns isn't.
  for (const text of ["nan,2\n1,3\n", ",2\n1,3\n", "-inf,2\n1,3\n", "1,5;2\n3;4,5\n"]) {
    assert.deepEqual(parseCsv(text).rows.length, 2, text);
  }
  assert.deepEqual(parseCsv("1,5;2\n3;4,5\n").rows, [["1.5", "2"], ["3", "4.5"]]);
  assert.deepEqual(parseCsv(",0,1\n0,5,6\n").rows, [["0", "5", "6"]]);
  assert.deepEqual(parseCsv("nan,none\n1,3\n").header, ["nan", "none"]);
  assert.deepEqual(parseCsv("label,1x1,1x2\n7,0,0\n").rows, [["7", "0", "0"]]);
  for (const [mark, name] of [[";", "semicolon"], ["\t", "tab"], ["|", "bar"]] as const) {
    assert.deepEqual(
      parseCsv(["a,b,label", "1.5,2,0", "3.25,4,1"].join("\n").replaceAll(",", mark)),
      { header: ["a", "b", "label"], rows: [["1.5", "2", "0"], ["3.25", "4", "1"]] },
      name,
    );
  }
  // Marks of a sentence are no separators: rows have different counts, or a comma as well.
  assert.deepEqual(parseCsv("text\ngood; cheap\nbad\n").rows, [["good; cheap"], ["bad"]]);
  assert.deepEqual(parseCsv("a; b,1\nc,2\n", { header: false }).rows, [["a; b", "1"], ["c", "2"]]);
});

Deno.test("numbers between semicolons may have a decimal comma, a whole column at a time", () => {
  const text = "a;b;c\n1,5;x 1,5;2\n-,25e1;1,5;3\n7;;NA\n";
  assert.deepEqual(parseCsv(text).rows, [["1.5", "x 1,5", "2"], ["-.25e1", "1,5", "3"], ["7", "", "NA"]]);
  assert.deepEqual(parseCsv(text, { decimal: "." }).rows[0], ["1,5", "x 1,5", "2"]);
  assert.deepEqual(parseCsv('a,b\n"1,5",2\n', { decimal: "," }).rows, [["1.5", "2"]]);
});

Deno.test("a stream of rows without a header keeps the first, and one separator", async () => {
  const rows: (readonly string[])[] = [];
  for await (const part of readCsvStream([new TextEncoder().encode("1;2\n3;4\n5;6\n")], { rows: 2 })) {
    assert.deepEqual(part.header, ["0", "1"]);
    rows.push(...part.rows);
  }
  assert.deepEqual(rows, [["1", "2"], ["3", "4"], ["5", "6"]]);
});
