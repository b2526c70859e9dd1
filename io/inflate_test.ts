/** Bounded inflating against fflate's compressors. */
import assert from "node:assert/strict";
import { deflateSync, gzipSync, zlibSync } from "fflate";
import { defaultLimits } from "../core/limits.ts";
import { crc32, gunzipped, inflateExactly, inflateZlib } from "./inflate.ts";

const data = new Uint8Array(300_000).map((_, i) => i * 7 >> 5);

Deno.test("raw, zlib and gzip streams give back their data", () => {
  for (const size of [0, 1, 1000, data.length]) {
    for (const level of [0, 1, 9] as const) {
      const part = data.subarray(0, size);
      assert.deepEqual(inflateExactly(deflateSync(part, { level }), size), part);
      assert.deepEqual(inflateZlib(zlibSync(part, { level }), size), part);
      assert.deepEqual(gunzipped(gzipSync(part, { level, filename: "name" })), part);
    }
  }
  assert.equal(gunzipped(data), data);
});

Deno.test("a stream of another size, cut short or changed is refused", () => {
  const packed = zlibSync(data);
  assert.match(String(inflateZlib(packed, data.length - 1)), /size mismatch: more than/);
  assert.match(String(inflateZlib(packed, data.length + 1)), /size mismatch: 300000 bytes came out/);
  assert.match(String(inflateZlib(packed, 2 ** 40)), /size mismatch: \d+ compressed bytes can't give/);
  assert.equal(typeof inflateZlib(packed.subarray(0, -100), data.length), "string");
  const changed = packed.slice();
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
  assert.match(String(inflateZlib(changed, data.length)), /Adler-32/);
});

Deno.test("gzip damage is named", () => {
  const packed = gzipSync(data), cut = packed.subarray(0, 15), limits = { ...defaultLimits, fileBytes: 1000 };
  assert.throws(() => gunzipped(cut, { file: "f.gz" }), {
    name: "FormatError",
    message: /f\.gz: gzip header is damaged/,
  });
  assert.throws(() => gunzipped(packed.subarray(0, -20)), {
    name: "FormatError",
    message: /truncated or corrupt/,
  });
  assert.throws(() => gunzipped(packed, { limits }), {
    name: "LimitError",
    message: /too large: 300000 bytes/,
  });
});

Deno.test("crc32 gives the check value of the catalogue", () => {
  assert.equal(crc32(new TextEncoder().encode("123456789")), 0xcbf43926);
});
