/** Files changed at random places, from a seed: bytes turned, cut, repeated, words of their text exchanged, sizes made huge. @module */
import { Random } from "../../core/values/random.ts";
import { openZip, writeZip, type ZipArchive } from "../../io/archives/zip.ts";

/** How a file was changed. */
export interface Mutation {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly what: string;
}
const huge: readonly number[] = [0xff, 0x7f, 0x80, 0x00, 0xfe];

/** The bytes changed at a place or a few. */
function bytesChanged(bytes: Uint8Array, random: Random): Mutation {
  const at = random.below(Math.max(1, bytes.length)), count = 1 + random.below(8), kind = random.below(7);
  const copy = (list: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => {
    const out = new Uint8Array(list.reduce((n, part) => n + part.length, 0));
    let to = 0;
    for (const part of list) {
      out.set(part, to);
      to += part.length;
    }
    return out;
  };
  const before = bytes.subarray(0, at),
    behind = bytes.subarray(at),
    rest = bytes.subarray(Math.min(bytes.length, at + count));
  const out = copy([bytes]);
  switch (kind) {
    case 0:
      for (let i = 0; i < count; i++) out[random.below(out.length)] = random.below(256);
      return { bytes: out, what: `${count} bytes drawn anew` };
    case 1:
      out[at] = (out[at] ?? 0) ^ (1 << random.below(8));
      return { bytes: out, what: `a bit turned at ${at}` };
    case 2:
      return { bytes: copy([before]), what: `cut at ${at}` };
    case 3:
      return { bytes: copy([before, rest]), what: `${count} bytes left out at ${at}` };
    case 4:
      return {
        bytes: copy([before, behind.subarray(0, count), behind]),
        what: `${count} bytes twice at ${at}`,
      };
    case 5: {
      const value = huge[random.below(huge.length)] ?? 0;
      out.fill(value, at, at + [1, 2, 4, 8][random.below(4)]!);
      return { bytes: out, what: `${value} at ${at}` };
    }
    default: {
      const from = random.below(bytes.length), part = bytes.slice(from, from + 4 * count);
      out.set(part.subarray(0, out.length - at), at);
      return { bytes: out, what: `${part.length} bytes of ${from} at ${at}` };
    }
  }
}
const words = [
  "null",
  "true",
  "-1",
  "0",
  "1e400",
  "99999999999",
  "[]",
  "{}",
  '""',
  "[[1]]",
  '"relu"',
  "1.5",
  '{"class_name": "Dense"}',
];
/** JSON with one of its values exchanged, or a key's name. */
function textChanged(text: string, random: Random): string {
  const places = [
    ...text.matchAll(/(?<=[:[,]\s*)("(?:[^"\\]|\\.)*"|-?[\d.]+(?:e[+-]?\d+)?|true|false|null|\{\}|\[\])/g),
  ];
  const keys = [...text.matchAll(/"(\w+)"(?=\s*:)/g)];
  const list = random.below(4) === 0 && keys.length > 0 ? keys : places,
    found = list[random.below(Math.max(1, list.length))];
  if (!found) return text.slice(0, random.below(text.length));
  const other = list === keys
    ? `"${["x", "units", "name", "config", "__proto__"][random.below(5)]}"`
    : words[random.below(words.length)];
  return text.slice(0, found.index) + other + text.slice(found.index + found[0].length);
}
const jsonIn = (bytes: Uint8Array) => {
  const text = new TextDecoder("latin1").decode(bytes), at = text.indexOf('{"');
  return at >= 0 ? { text, at } : undefined;
};
/** An archive, where it isn't a broken one already. */
function opened(bytes: Uint8Array): ZipArchive | undefined {
  try {
    return openZip(bytes);
  } catch {
    return undefined;
  }
}
/** A file with something changed; archives inside too. */
export function mutated(bytes: Uint8Array, seed: number): Mutation {
  const random = new Random(seed, [0x6d75_7461, 0]);
  if (bytes[0] === 0x50 && bytes[1] === 0x4b && random.below(5) > 0) {
    const zip = opened(bytes);
    if (!zip) return bytesChanged(bytes, random);
    const name = zip.names[random.below(zip.names.length)] ?? "";
    const inner = zip.read(name), text = new TextDecoder().decode(inner);
    const { bytes: next, what } = name.endsWith(".json") && random.below(5) > 0
      ? { bytes: new TextEncoder().encode(textChanged(text, random)), what: "a value exchanged" }
      : bytesChanged(inner, random);
    const members = new Map(zip.names.map((n) => [n, n === name ? next : zip.read(n)]));
    if (random.below(20) === 0) members.delete(name);
    return { bytes: writeZip(members), what: `${name}: ${what}` };
  }
  // HDF5 holds the configuration as text: a change of the same length keeps the rest in place.
  const json = random.below(3) === 0 ? jsonIn(bytes) : undefined;
  if (json && bytes[0] === 0x89) {
    const end = Math.min(json.text.length, json.at + 2000), part = json.text.slice(json.at, end);
    const changed = textChanged(part, random).slice(0, part.length).padEnd(part.length, " ");
    const out = new Uint8Array(bytes);
    for (let i = 0; i < changed.length; i++) out[json.at + i] = changed.charCodeAt(i);
    return { bytes: out, what: "a value of the text exchanged" };
  }
  return bytesChanged(bytes, random);
}
