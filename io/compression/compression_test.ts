/** Streams of Python's bz2 and zipfile and of hdf5plugin 7.1 give their bytes; damaged ones give a reason. */
import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { FormatError, UnsupportedError } from "../../mod.ts";
import { readWeightsH5 } from "../../io/keras/mod.ts";
import { crc32 } from "../archives/inflate.ts";
import { openZip } from "../archives/zip.ts";
import { decoders } from "./mod.ts";

interface Stream {
  readonly kind: "zip" | "hdf5";
  readonly number: number;
  readonly size: number;
  readonly period: number;
  readonly settings: readonly number[];
  readonly data: string;
}
const text = await Deno.readTextFile(new URL("../../tests/fixtures/compressions.json", import.meta.url));
const streams: readonly Stream[] = JSON.parse(text);
const bytesOf = ({ data }: Stream) => Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
const decode = (of: Stream, data: Uint8Array) =>
  decoders[of.kind].get(of.number)?.(data, of.size, of.settings) ?? "no decoder";
/** What was packed: letters of a linear congruence, again and again. */
function packed({ size, period }: Stream): Uint8Array {
  let x = 7;
  const next = () => (x = (Math.imul(x, 1664525) + 1013904223) >>> 0) >>> 28;
  const one = Array.from({ length: period }, () => "etaoin shrdlu.\n,".charCodeAt(Math.min(next(), next())));
  return Uint8Array.from({ length: size }, (_, i) => one[i % period] ?? 0);
}

Deno.test("every compression gives back what was packed", () => {
  ok(streams.length >= 28);
  for (const one of streams) deepEqual(decode(one, bytesOf(one)), packed(one), `${one.kind} ${one.number}`);
});
Deno.test("damaged, cut and overlong streams give a reason or the declared size, never more", () => {
  let refused = 0;
  for (const one of streams) {
    const data = bytesOf(one), name = `${one.kind} ${one.number}`;
    for (let n = 0; n < 40; n++) {
      const other = data.slice(), at = Math.floor(data.length * n / 40);
      other[at] = (other[at] ?? 0) ^ 1 << n % 8;
      const out = decode(one, other);
      if (typeof out === "string") refused++;
      else equal(out.length, one.size, name);
    }
    if (one.size > 8) equal(typeof decode(one, data.subarray(0, data.length >> 1)), "string", `${name} cut`);
    if (one.number === 14) continue;
    const { kind, number, settings } = one;
    equal(typeof decoders[kind].get(number)?.(data, one.size - 1, settings), "string", `${name} overlong`);
  }
  ok(refused > 400, `${refused}`);
});
Deno.test("a zip member is held to its checksum, and needs a decoder", () => {
  const one = streams.find((s) => s.kind === "zip" && s.number === 12 && s.size === 3000);
  ok(one);
  const archive = zipOf(bytesOf(one), one, crc32(packed(one)));
  deepEqual(openZip(archive, { decoders }).read("a"), packed(one));
  throws(() => openZip(archive).read("a"), UnsupportedError);
  throws(() => openZip(zipOf(bytesOf(one), one, 1), { decoders }).read("a"), FormatError);
});
Deno.test("HDF5 files of hdf5plugin give their arrays, and a filter without a decoder is named", async () => {
  const read = async (name: string) =>
    readWeightsH5(await Deno.readFile(new URL(`../../tests/fixtures/hdf5/${name}`, import.meta.url)));
  const arrays = await read("plugins.h5");
  equal(arrays.size, 6);
  for (const [name, { data }] of arrays) {
    deepEqual([...data].map(Number), Array.from({ length: 600 }, (_, i) => Math.floor(i / 7)), name);
  }
  await read("blosc2.h5").then(
    () => ok(false),
    (error) => ok(error instanceof UnsupportedError && /blosc2/.test(error.message), `${error}`),
  );
});

Deno.test("HDF5's scaleoffset filter gives what h5py reads, of every width and of floats", async () => {
  const read = async (name: string) =>
    readWeightsH5(await Deno.readFile(new URL(`../../tests/fixtures/hdf5/${name}`, import.meta.url)));
  const packed = await read("scaleoffset.h5"), plain = await read("scaleoffset-plain.h5");
  deepEqual([...packed.keys()].sort(), [...plain.keys()].sort());
  for (const [name, { data }] of packed) {
    deepEqual([...data].map(Number), [...plain.get(name)?.data ?? []].map(Number), name);
  }
});

/** An archive of one member. */
function zipOf(data: Uint8Array, { number, size }: Stream, sum: number): Uint8Array {
  const head = (mark: number, lead: number[], tail: number[]) => {
    const fixed = [number, 0, 0, sum & 65535, sum >>> 16, data.length, 0, size, 0, 1, 0];
    const words = [mark & 65535, mark >>> 16, ...lead, 20, 0, ...fixed, ...tail];
    return [...words.flatMap((w) => [w & 255, w >> 8]), 97];
  };
  const local = head(0x04034b50, [], []), central = head(0x02014b50, [20], [0, 0, 0, 0, 0, 0, 0]);
  const at = local.length + data.length;
  const end = [0x4b50, 0x0605, 0, 0, 1, 1, central.length, 0, at, 0, 0].flatMap((w) => [w & 255, w >> 8]);
  return Uint8Array.of(...local, ...data, ...central, ...end);
}
