/** Data sets by name, downloads with their SHA-256, folders of pictures, lines. @module */
import { deepStrictEqual, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { gzipSync } from "fflate";
import { datasetFiles, downloadFile, loadDataset } from "./datasets.ts";
import { readImageFolder } from "./imagefolder.ts";
import { linesOf, parseJsonLines, parseLines, recordsToTable } from "../tables/lines.ts";

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
const idx = (type: number, shape: readonly number[], data: readonly number[]) =>
  Uint8Array.from([0, 0, type, shape.length, ...shape.flatMap((d) => [0, 0, 0, d]), ...data]);
async function mnistIn(folder: string): Promise<void> {
  const files = {
    "train-images-idx3-ubyte.gz": gzipSync(idx(8, [3, 2, 2], Array.from({ length: 12 }, (_, i) => i))),
    "train-labels-idx1-ubyte.gz": gzipSync(idx(8, [3], [7, 0, 9])),
    "t10k-images-idx3-ubyte": idx(8, [1, 2, 2], [1, 2, 3, 4]),
    "t10k-labels-idx1-ubyte": idx(8, [1], [5]),
  };
  for (const [name, bytes] of Object.entries(files)) await Deno.writeFile(`${folder}/${name}`, bytes);
}

Deno.test("mnist: IDX files by their names, gzipped or not; a missing one is named, nothing is made up", () =>
  inFolder(async (folder) => {
    await mnistIn(folder);
    const { train, test, classNames } = await loadDataset("mnist", { folder });
    deepStrictEqual([train.x, train.y.data], [
      { dtype: "uint8", shape: [3, 2, 2], data: Uint8Array.from({ length: 12 }, (_, i) => i) },
      Int32Array.of(7, 0, 9),
    ]);
    deepStrictEqual([test.y.data, classNames.length], [Int32Array.of(5), 10]);
    await Deno.remove(`${folder}/t10k-labels-idx1-ubyte`);
    await rejects(loadDataset("mnist", { folder }), /holds no mnist file that matches .*t10k-labels/);
    await rejects(loadDataset("mnist", { folder: `${folder}/none` }), /none: there is no such folder/);
    await rejects(
      loadDataset("cats" as "mnist", { folder }),
      /no data set named "cats": expected mnist, cifar10, nusax/,
    );
  }));

Deno.test("cifar10: batches in a folder below are joined in order", () =>
  inFolder(async (folder) => {
    const inner = `${folder}/cifar-10-batches-bin`;
    await Deno.mkdir(inner);
    for (let i = 1; i <= 2; i++) {
      await Deno.writeFile(`${inner}/data_batch_${i}.bin`, new Uint8Array(3073).fill(i));
    }
    await Deno.writeFile(`${inner}/test_batch.bin`, new Uint8Array(3073).fill(9));
    const { train, test, classNames } = await loadDataset("cifar10", { folder });
    deepStrictEqual(train.y.data, Int32Array.of(1, 2));
    deepStrictEqual((train.x as { shape: readonly number[] }).shape, [2, 32, 32, 3]);
    strictEqual(classNames[test.y.data[0] as number], "truck");
  }));

Deno.test("nusax: tables of a language; a label that is none is named", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/english`);
    for (const part of ["train", "valid", "test"]) {
      await Deno.writeTextFile(
        `${folder}/english/${part}.csv`,
        `id,text,label\n1,"good, ${part}",positive\n2,bad,negative\n`,
      );
    }
    const { train, validation } = await loadDataset("nusax", { folder, language: "english" });
    deepStrictEqual([train.x, train.y.data], [["good, train", "bad"], Int32Array.of(2, 0)]);
    deepStrictEqual(validation?.x, ["good, valid", "bad"]);
    await Deno.writeTextFile(`${folder}/english/test.csv`, "id,text,label\n1,x,great\n");
    await rejects(
      loadDataset("nusax", { folder, language: "english" }),
      /test\.csv: row 1: label "great" is none of negative/,
    );
  }));

const sha = async (bytes: Uint8Array) =>
  Array.from(
    new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>)),
    (b) => b.toString(16).padStart(2, "0"),
  ).join("");

Deno.test("a download is checked by its SHA-256, kept, and asked for once; a wrong one is not kept", () =>
  inFolder(async (folder) => {
    await mnistIn(folder);
    const name = "t10k-labels-idx1-ubyte",
      bytes = await Deno.readFile(`${folder}/${name}`),
      sha256 = await sha(bytes);
    await Deno.remove(`${folder}/${name}`);
    let asked = 0;
    const server = Deno.serve({ port: 0, onListen: () => {} }, ({ url }) => {
      asked++;
      return url.endsWith("labels") ? new Response(bytes) : new Response("no", { status: 404 });
    });
    try {
      const url = `http://localhost:${server.addr.port}/labels`;
      await rejects(
        downloadFile(`${folder}/${name}`, { url, sha256: "0".repeat(64) }),
        /labels: has the SHA-256 .*: expected 0000/,
      );
      await rejects(Deno.stat(`${folder}/${name}`), Deno.errors.NotFound);
      const download = { [name]: { url, sha256: sha256.toUpperCase() } };
      deepStrictEqual((await loadDataset("mnist", { folder, download })).test.y.data, Int32Array.of(5));
      await loadDataset("mnist", { folder, download });
      strictEqual(asked, 2);
      await Deno.writeTextFile(`${folder}/${name}`, "changed");
      await rejects(loadDataset("mnist", { folder, download }), /t10k-labels-idx1-ubyte: has the SHA-256/);
      await rejects(downloadFile(`${folder}/x`, { url: `${url}x`, sha256 }), /404/);
      await rejects(
        downloadFile(`${folder}/x`, { url, sha256: "abc" }),
        /sha256: expected 64 hexadecimal digits/,
      );
      await rejects(
        datasetFiles("mnist", { folder, download: { "../x": { url, sha256 } } }),
        /expected the name of a file/,
      );
    } finally {
      await server.shutdown();
    }
  }));

const pictures = decodeURIComponent(new URL("../../tests/fixtures/images/", import.meta.url).pathname);

Deno.test("a folder of pictures: a folder a class, sorted; resized; links aren't followed", () =>
  inFolder(async (folder) => {
    for (const name of ["dog", "cat", "dog/more"]) await Deno.mkdir(`${folder}/${name}`);
    await Deno.copyFile(`${pictures}rgb.png`, `${folder}/dog/b.png`);
    await Deno.copyFile(`${pictures}gray.png`, `${folder}/dog/more/a.PNG`);
    await Deno.copyFile(`${pictures}photo.jpg`, `${folder}/cat/z.jpeg`);
    await Deno.writeTextFile(`${folder}/cat/notes.txt`, "no picture");
    await Deno.symlink(`${pictures}rgba.png`, `${folder}/cat/link.png`);
    const found = await readImageFolder(folder, { imageSize: [4, 6] });
    deepStrictEqual([found.images.dtype, found.images.shape], ["float32", [3, 4, 6, 3]]);
    deepStrictEqual([found.classNames, found.files], [["cat", "dog"], [
      "cat/z.jpeg",
      "dog/b.png",
      "dog/more/a.PNG",
    ]]);
    deepStrictEqual(found.labels?.data, Int32Array.of(0, 1, 1));
    await rejects(readImageFolder(folder), /dog\/b\.png: is 5 × 7, .*cat\/z\.jpeg is 12 × 16: give a size/);
    const dogs = await readImageFolder(`${folder}/dog`, { classNames: [], colorMode: "grayscale" }).catch((
      e,
    ) => e);
    ok(!(dogs instanceof Error) && dogs.labels === undefined && dogs.images.dtype === "uint8", `${dogs}`);
    await Deno.writeTextFile(`${folder}/dog/c.png`, "no picture");
    await rejects(
      readImageFolder(folder, { imageSize: [2, 2] }),
      /dog\/c\.png: image: not a picture: expected BMP, GIF, JPEG, PNG, PNM or TIFF/,
    );
    await Deno.copyFile(`${pictures}rgb.png`, `${folder}/loose.png`);
    const kept = await readImageFolder(folder, { imageSize: [2, 2], broken: "skip" });
    deepStrictEqual(kept.files, ["cat/z.jpeg", "dog/b.png", "dog/more/a.PNG"]);
    deepStrictEqual(kept.broken.map(({ file, reason }) => [file.slice(folder.length), reason]), [
      ["/dog/c.png", "not a picture: expected BMP, GIF, JPEG, PNG, PNM or TIFF"],
    ]);
    deepStrictEqual([kept.labels?.data, kept.beside], [Int32Array.of(0, 1, 1), ["loose.png"]]);
    await rejects(readImageFolder(`${folder}/dog/more/none`), /there is no such folder/);
    await rejects(readImageFolder(folder, { classNames: ["../dog"] }), /leads out of the folder/);
  }));

Deno.test("lines: LF and CRLF, a byte order mark, a stream cut anywhere", async () => {
  const text = "\ufeffone\r\ntwo é\n\nthree",
    bytes = new TextEncoder().encode(text),
    expected = ["one", "two é", "", "three"];
  deepStrictEqual(parseLines(bytes), expected);
  deepStrictEqual(parseLines(gzipSync(bytes)), expected);
  deepStrictEqual(parseLines("a\n"), ["a"]);
  for (const size of [1, 4]) {
    const pieces = Array.from(
      { length: Math.ceil(bytes.length / size) },
      (_, i) => bytes.subarray(i * size, (i + 1) * size),
    );
    const found: string[] = [];
    for await (const line of linesOf(pieces)) found.push(line);
    deepStrictEqual(found, expected);
  }
  throws(() => parseLines(Uint8Array.of(255), { file: "x.txt" }), /x\.txt: text is not UTF-8/);
});

Deno.test("JSON lines: objects, empty lines passed over, a wrong line named; as a table", () => {
  const records = parseJsonLines('{"text":"a","label":"x"}\n\n{"text":"b","n":1.5}\n');
  deepStrictEqual(recordsToTable(records), {
    header: ["text", "label", "n"],
    rows: [["a", "x", ""], ["b", "", "1.5"]],
  });
  throws(
    () => parseJsonLines('{"a":1}\n{"a":', { file: "x.jsonl" }),
    /x\.jsonl: JSON lines line 2 is not JSON/,
  );
  throws(() => parseJsonLines("[1]"), /line 1: expected an object, got \[1\]/);
});
