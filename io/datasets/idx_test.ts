import assert from "node:assert/strict";
import { gzipSync } from "fflate";
import { readIdx } from "./idx.ts";

const images = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 10, 20, 30, 40);
const expected = { dtype: "uint8", shape: [2, 1, 2], data: Uint8Array.of(10, 20, 30, 40) };

Deno.test("bytes are read plain and gzipped", () => {
  assert.deepEqual(readIdx(images), expected);
  assert.deepEqual(readIdx(gzipSync(images)), expected);
});

Deno.test("wider elements are big-endian", () => {
  const t = readIdx(Uint8Array.of(0, 0, 0x0d, 1, 0, 0, 0, 1, 0x3f, 0xc0, 0, 0));
  assert.deepEqual(t, { dtype: "float32", shape: [1], data: Float32Array.of(1.5) });
});

Deno.test("a wrong magic number or size is named", () => {
  const refused = (bytes: Uint8Array, name: string, message: RegExp) =>
    assert.throws(() => readIdx(bytes, { file: "t" }), { name, message });
  refused(new Uint8Array(0), "FormatError", /t: IDX magic number.*an empty file/);
  refused(Uint8Array.of(1, 2, 3, 4), "FormatError", /found 01 02 03 04/);
  refused(images.subarray(0, 10), "FormatError", /truncated/);
  refused(images.subarray(0, -1), "FormatError", /takes 4 bytes, found 3: truncated/);
  const huge = images.slice().fill(255, 4, 16);
  refused(huge, "LimitError", /too large/);
});
