/** Archives of fflate and of this writer, and archives made wrong byte by byte. */
import assert from "node:assert/strict";
import { unzipSync, zipSync } from "fflate";
import { LapisError } from "../../core/values/errors.ts";
import { defaultLimits } from "../../core/values/limits.ts";
import { isZip, openZip, writeZip } from "./zip.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytesOf = (s: string) => new TextEncoder().encode(s);
const shared = new URL("../../../shared/fixtures/keras/", import.meta.url);

/** The shared case's model.keras, or undefined where the folder is absent. */
function kerasCase(name: string): Uint8Array | undefined {
  try {
    return Deno.readFileSync(new URL(`${name}/model.keras`, shared));
  } catch {
    return undefined;
  }
}
const noShared = kerasCase("F_keras_deflated_ok") === undefined;

/** Byte of a little-endian 32-bit signature, the last one. */
function find(bytes: Uint8Array, signature: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = bytes.length - 4; at >= 0; at--) if (view.getUint32(at, true) === signature) return at;
  throw new Error("signature not found");
}
const central = 0x02014b50;

Deno.test("stored members are views, deflated ones copies", () => {
  const long = new Uint8Array(100_000).map((_, i) => i % 251);
  const bytes = zipSync({
    "a.txt": [bytesOf("hello"), { level: 0 }],
    "dir/b": [long, { level: 9 }],
    "empty": new Uint8Array(0),
  });
  const zip = openZip(bytes);
  assert.equal(isZip(bytes), true);
  assert.deepEqual(zip.names, ["a.txt", "dir/b", "empty"]);
  assert.equal(text(zip.read("a.txt")), "hello");
  assert.equal(zip.read("a.txt").buffer, bytes.buffer);
  assert.deepEqual(zip.read("dir/b"), long);
  assert.equal(zip.read("empty").length, 0);
  assert.deepEqual([zip.has("a.txt"), zip.has("x")], [true, false]);
  assert.throws(() => zip.read("x"), { name: "FormatError", message: /no member "x"/ });
});

Deno.test("writeZip keeps the order and gives the same bytes every time", () => {
  const members = [{ name: "z.json", bytes: bytesOf("{}") }, { name: "1", bytes: bytesOf("one") }];
  const bytes = writeZip(members), zip = openZip(bytes);
  assert.deepEqual(zip.names, ["z.json", "1"]);
  assert.deepEqual(unzipSync(bytes), { "z.json": bytesOf("{}"), "1": bytesOf("one") });
  assert.equal(text(zip.read("1")), "one");
  assert.deepEqual(writeZip(new Map(members.map((m) => [m.name, m.bytes]))), bytes);
  assert.throws(() => writeZip([...members, ...members]), { message: /duplicate/ });
  assert.throws(() => writeZip([{ name: "../x", bytes: bytesOf("") }]), { message: /unsafe path/ });
});

Deno.test("zip64 sizes and end records are read", () => {
  const plain = writeZip([{ name: "a", bytes: bytesOf("hello") }]);
  const start = find(plain, central), end = find(plain, 0x06054b50), extra = 28;
  const out = new Uint8Array(plain.length + extra + 56 + 20), view = new DataView(out.buffer);
  out.set(plain.subarray(0, end));
  // The entry's sizes and place move to its extra field.
  view.setUint16(start + 30, extra, true);
  for (const at of [20, 24, 42]) view.setUint32(start + at, 0xffffffff, true);
  view.setUint16(end, 1, true), view.setUint16(end + 2, 24, true);
  view.setBigUint64(end + 4, 5n, true),
    view.setBigUint64(end + 12, 5n, true),
    view.setBigUint64(end + 20, 0n, true);
  const wide = end + extra, locator = wide + 56;
  view.setUint32(wide, 0x06064b50, true), view.setBigUint64(wide + 4, 44n, true);
  for (const at of [24, 32]) view.setBigUint64(wide + at, 1n, true);
  view.setBigUint64(wide + 40, BigInt(end + extra - start), true),
    view.setBigUint64(wide + 48, BigInt(start), true);
  view.setUint32(locator, 0x07064b50, true), view.setBigUint64(locator + 8, BigInt(wide), true);
  out.set(plain.subarray(end), locator + 20);
  view.setUint16(locator + 20 + 10, 0xffff, true);
  view.setUint32(locator + 20 + 16, 0xffffffff, true);
  assert.equal(text(openZip(out).read("a")), "hello");
});

Deno.test("damage is named", () => {
  const good = zipSync({ a: [bytesOf("hello hello hello"), { level: 9 }], b: bytesOf("b") });
  const changed = (change: (view: DataView, entry: number) => void) => {
    const bytes = good.slice(), view = new DataView(bytes.buffer);
    let at = 0;
    while (view.getUint32(at, true) !== central) at++;
    change(view, at);
    return bytes;
  };
  const refused = (bytes: Uint8Array, message: RegExp, name = "FormatError") =>
    assert.throws(() => openZip(bytes, { file: "m.zip" }).read("a"), { name, message });
  refused(changed((v, at) => v.setUint32(at + 24, 99, true)), /m\.zip: zip member "a": size mismatch/);
  refused(changed((v, at) => v.setUint32(at + 24, 3, true)), /size mismatch: more than the declared 3 bytes/);
  refused(changed((v, at) => v.setUint32(at + 16, 1, true)), /"a": CRC-32 checksum mismatch/);
  refused(changed((v, at) => v.setUint16(at + 8, 1, true)), /"a" is encrypted/, "UnsupportedError");
  refused(
    changed((v, at) => v.setUint16(at + 10, 12, true)),
    /compression bzip2 of member "a"/,
    "UnsupportedError",
  );
  refused(changed((v, at) => v.setUint8(at + 46, 0x62)), /"b" comes twice: duplicate/);
  refused(changed((v, at) => v.setUint8(at + 46, 0x63)), /"c" is called "a" in its local header/);
  refused(changed((v, at) => v.setUint32(at + 20, 60, true)), /member "b" overlaps another/);
  refused(changed((v, at) => v.setUint32(at + 42, 1e9, true)), /beyond end of file.*truncated/);
  refused(good.subarray(0, -10), /end of central directory not found: truncated/);
  refused(new Uint8Array(0), /end of central directory not found/);
});

Deno.test("members that lead out of the archive are refused", () => {
  for (const name of ["../x", "a/../../x", "/etc/x", "C:/x", "..\\x", "a\\x"]) {
    assert.throws(() => openZip(zipSync({ [name]: bytesOf("x") })), {
      name: "FormatError",
      message: /unsafe path/,
    }, name);
  }
});

Deno.test("a bomb is refused by its declared size, ratio or the caller's bound before it is inflated", () => {
  const bytes = zipSync({ zeros: [new Uint8Array(10_000_000), { level: 9 }] });
  const limits = { ...defaultLimits, inflateRatio: 100 };
  assert.throws(() => openZip(bytes, { limits }).read("zeros"), {
    name: "LimitError",
    message: /ratio above 100/,
  });
  assert.throws(() => openZip(bytes).read("zeros", 1000), {
    name: "LimitError",
    message: /too large: 10000000 bytes/,
  });
  assert.equal(openZip(bytes).read("zeros").length, 10_000_000);
});

Deno.test("flipped bytes give errors of Lapis or the right content", () => {
  const bytes = zipSync({
    a: [new Uint8Array(3000).map((_, i) => i * i), { level: 6 }],
    b: bytesOf("stored"),
  });
  for (let at = 0; at < bytes.length; at++) {
    for (const value of [0, 1, 255]) {
      const copy = bytes.slice();
      copy[at] = value;
      try {
        const zip = openZip(copy);
        zip.names.forEach((name) => zip.read(name));
      } catch (error) {
        assert.ok(error instanceof LapisError, `byte ${at}: ${error}`);
      }
    }
  }
});

Deno.test({
  name: "Keras archives: damage is named, deflated ones are read",
  ignore: noShared,
  fn: () => {
    const read = (name: string) => {
      const zip = openZip(kerasCase(name) ?? new Uint8Array(0), { file: "model.keras" });
      return zip.names.map((member) => zip.read(member, defaultLimits.textBytes));
    };
    const expected: Record<string, RegExp> = {
      F_keras_bad_crc: /"config.json": CRC-32/,
      F_keras_lying_size: /"model.weights.h5".*(size mismatch|too large)/,
      F_keras_path_traversal: /"\.\.\/.*evil.txt" has an unsafe path/,
      F_keras_truncated_zip: /end of central directory/,
      F_keras_zip_bomb: /"config.json" is too large/,
    };
    for (const [name, message] of Object.entries(expected)) {
      assert.throws(() => read(name), (e) => e instanceof LapisError && message.test(e.message), name);
    }
    assert.equal(read("F_keras_deflated_ok").length, 3);
  },
});
