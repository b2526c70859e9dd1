/** Writes zip archives of stored members: one copy, the order given, no clock. @module */
import { item } from "../../core/values/item.ts";
import { FormatError, LimitError, shown } from "../../core/values/errors.ts";
import { crc32 } from "./inflate.ts";

/** A member to be written. */
export interface ZipMember {
  /** Path in the archive, with slashes. */
  readonly name: string;
  /** Its content. */
  readonly bytes: Uint8Array;
}

/** True for a member name that is absolute, has a drive, a backslash or a zero, or leads out of its folder. */
export function isUnsafePath(name: string): boolean {
  return name === "" || /^[/\\]|^[A-Za-z]:|[\\\0]/.test(name) || name.split("/").includes("..");
}

const localSize = 30, centralSize = 46, endSize = 22;
/** 1 January 1980, where the calendar of zip archives begins. */
const firstDay = 0x21;

/**
 * Writes an archive of stored members in the order given, always with the same bytes for the same members.
 * @throws {FormatError} for a duplicate name or an unsafe path.
 * @throws {LimitError} for 4 GiB or more in all, or more than 65534 members.
 */
export function writeZip(
  members: readonly ZipMember[] | ReadonlyMap<string, Uint8Array>,
): Uint8Array<ArrayBuffer> {
  const pairs = "length" in members
    ? members.map(({ name, bytes }) => [name, bytes] as const)
    : Array.from(members);
  const list = pairs.map(([name, bytes]) => ({
    name,
    bytes,
    path: new TextEncoder().encode(name),
    crc: crc32(bytes),
  }));
  const seen = new Set<string>();
  let total = endSize;
  for (const { name, bytes, path } of list) {
    if (isUnsafePath(name)) throw new FormatError(`zip: member ${shown(name)} has an unsafe path`);
    if (path.length > 0xffff) throw new LimitError(`zip: the member name ${shown(name)} is too large`);
    if (seen.has(name)) throw new FormatError(`zip: member ${shown(name)} comes twice: duplicate name`);
    seen.add(name);
    total += localSize + centralSize + 2 * path.length + bytes.length;
  }
  if (total >= 2 ** 32 - 1 || list.length >= 0xffff) {
    throw new LimitError(
      `zip: ${list.length} members, ${total} bytes in all: too large for an archive without zip64`,
    );
  }
  const out = new Uint8Array(total), view = new DataView(out.buffer);
  let at = 0;
  const starts: number[] = [];
  for (const { bytes, path, crc } of list) {
    starts.push(at);
    view.setUint32(at, 0x04034b50, true);
    describe(view, at + 4, path.length, bytes.length, crc);
    out.set(path, at + localSize);
    out.set(bytes, at + localSize + path.length);
    at += localSize + path.length + bytes.length;
  }
  const directory = at;
  list.forEach(({ bytes, path, crc }, i) => {
    view.setUint32(at, 0x02014b50, true);
    view.setUint16(at + 4, 20, true);
    describe(view, at + 6, path.length, bytes.length, crc);
    view.setUint32(at + 42, item(starts, i), true);
    out.set(path, at + centralSize);
    at += centralSize + path.length;
  });
  view.setUint32(at, 0x06054b50, true);
  view.setUint16(at + 8, list.length, true);
  view.setUint16(at + 10, list.length, true);
  view.setUint32(at + 12, at - directory, true);
  view.setUint32(at + 16, directory, true);
  return out;
}

/** The fields that the local header and the directory share: version 2.0, names in UTF-8, stored, date, sizes. */
function describe(view: DataView, at: number, nameSize: number, size: number, crc: number): void {
  view.setUint16(at, 20, true);
  view.setUint16(at + 2, 0x800, true);
  view.setUint16(at + 8, firstDay, true);
  view.setUint32(at + 10, crc, true);
  view.setUint32(at + 14, size, true);
  view.setUint32(at + 18, size, true);
  view.setUint16(at + 22, nameSize, true);
}
