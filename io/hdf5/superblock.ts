/** The superblock, versions 0 to 3: sizes of addresses, the end of the file, and the root group. @module */
import { checkSum } from "./checksum.ts";
import type { Source } from "./cursor.ts";

const signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/** Byte of the HDF5 signature: 0, or 512, 1024, 2048 … behind a user block; -1 when there is none. */
export function findSignature(bytes: Uint8Array): number {
  for (let at = 0; at + 8 <= bytes.length; at = at === 0 ? 512 : at * 2) {
    if (signature.every((byte, i) => bytes[at + i] === byte)) return at;
  }
  return -1;
}

/** Reads the superblock into the source and returns the address of the root group's object header. */
export function readSuperblock(source: Source): number {
  if (source.size === 0) throw source.corrupt("file is empty: expected the HDF5 signature, found 0 bytes");
  const at = findSignature(source.bytes);
  if (at < 0) throw source.corrupt("signature not found: this is not an HDF5 file", 0);
  const c = source.cursor("superblock", at);
  c.skip(8);
  const version = c.u8();
  if (version > 3) throw c.corrupt(`superblock version ${version} is unknown: expected 0 to 3`);
  if (version < 2) c.skip(4);
  source.offsetSize = c.u8();
  source.lengthSize = c.u8();
  for (const [name, size] of [["offsets", source.offsetSize], ["lengths", source.lengthSize]] as const) {
    if (size !== 2 && size !== 4 && size !== 8) {
      throw c.corrupt(`size of ${name} is ${size} bytes: expected 2, 4 or 8`);
    }
  }
  c.skip(version === 0 ? 9 : version === 1 ? 13 : 1);
  source.base = 0;
  source.base = c.address() ?? 0;
  if (source.base > source.size) {
    throw c.corrupt(`base address ${source.base} lies beyond end of file (${source.size} bytes): truncated`);
  }
  c.skip(source.offsetSize);
  const end = c.address();
  const stored = end === undefined ? 0 : end - source.base;
  if (stored > source.size) {
    throw c.corrupt(
      `end of file is at byte ${stored}, but the file has ${source.size} bytes: truncated file`,
    );
  }
  if (version < 2) {
    if (c.address() !== undefined) {
      throw source.unsupported("driver information (a multi-file or family file)", at);
    }
    c.skip(source.offsetSize);
  }
  const root = c.address();
  if (version >= 2) checkSum(c);
  if (root === undefined) throw c.corrupt("the root group's address is undefined");
  return root;
}
