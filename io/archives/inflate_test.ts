/** Bounded inflating against fflate's compressors. */
import assert from "node:assert/strict";
import { deflateSync, gzipSync, zlibSync } from "fflate";
import { defaultLimits } from "../../core/values/limits.ts";
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

Deno.test("a gzip file of several members gives them all, and each is checked", () => {
  const sizes = [0, 1, 70_000, 0, 5, 130_000, 3, 0],
    parts = sizes.map((size, i) => data.subarray(i, i + size));
  const many = Array.from({ length: 2000 }, () => gzipSync(new Uint8Array([1])));
  const concatenated = (list: readonly Uint8Array[]) => Uint8Array.from(list.flatMap((part) => [...part]));
  for (const level of [0, 6] as const) {
    const members = parts.map((part) => gzipSync(part, { level, filename: "a" }));
    assert.deepEqual(gunzipped(concatenated(members)), concatenated(parts));
    const broken = concatenated(members);
    const checksum = (members[0]?.length ?? 0) + (members[1]?.length ?? 0) - 6;
    broken[checksum] = (broken[checksum] ?? 0) ^ 1;
    assert.throws(() => gunzipped(broken), { name: "FormatError", message: /truncated or corrupt/ });
    assert.throws(
      () => gunzipped(concatenated(members), { limits: { ...defaultLimits, fileBytes: 100_000 } }),
      {
        name: "LimitError",
      },
    );
  }
  assert.deepEqual(gunzipped(concatenated(many)), new Uint8Array(2000).fill(1));
  const twice = gzipSync(new Uint8Array([7, 8]));
  assert.deepEqual(gunzipped(concatenated([twice, twice])), new Uint8Array([7, 8, 7, 8]));
  // A gzip file stored in another one isn't a member.
  const inner = concatenated([new Uint8Array(512), gzipSync(data), gzipSync(data)]);
  assert.deepEqual(gunzipped(gzipSync(inner, { level: 0 })), inner);
  assert.throws(() => gunzipped(concatenated([gzipSync(data), data.subarray(0, 40)])), {
    name: "FormatError",
  });
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
