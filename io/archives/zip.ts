/** Zip archives, read member by member with every declared size checked. Not an extractor: it opens no file. @module */
import { FormatError, LimitError, shown, UnsupportedError } from "../../core/values/errors.ts";
import { defaultLimits, type Limits } from "../../core/values/limits.ts";
import { crc32, inflateExactly } from "./inflate.ts";
import type { DataFileOptions, Decoder, Decoders } from "../datasets/options.ts";
import { isUnsafePath } from "./zipwriter.ts";

export { writeZip, type ZipMember } from "./zipwriter.ts";

/** An archive in memory. */
export interface ZipArchive {
  /** Names of the members, in the archive's order, without folders. */
  readonly names: readonly string[];
  /** True for the name of a member. */
  has(name: string): boolean;
  /**
   * The bytes of a member: a view for a stored one, a copy for a deflated one. `atMost` bounds its size further than the
   * limits do (bytes). Throws a FormatError for a missing or damaged member, a LimitError for one that is too large.
   */
  read(name: string, atMost?: number): Uint8Array;
}

interface Entry {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly header: number;
}

const methodNames: Record<number, string> = {
  1: "shrink",
  6: "implode",
  9: "deflate64",
  12: "bzip2",
  14: "lzma",
  93: "zstd",
  95: "xz",
  99: "AES encryption",
};

/** True for bytes that begin as a zip archive does, an empty one included. */
export function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b &&
    (bytes[2] === 3 && bytes[3] === 4 || bytes[2] === 5 && bytes[3] === 6);
}

/**
 * Opens a zip archive (zip64 too) in memory.
 * @throws {FormatError} for a truncated or damaged archive, an unsafe path, a duplicate name, overlapping members.
 * @throws {LimitError} for more members than limits.items.
 */
export function openZip(bytes: Uint8Array, options: DataFileOptions = {}): ZipArchive {
  return new Archive(bytes, options);
}

class Archive implements ZipArchive {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #limits: Limits;
  readonly #file: string | undefined;
  readonly #decoders: Decoders["zip"] | undefined;
  readonly #entries = new Map<string, Entry>();
  readonly names: readonly string[];

  constructor(bytes: Uint8Array, { limits = defaultLimits, file, decoders }: DataFileOptions) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#limits = limits;
    this.#file = file;
    this.#decoders = decoders?.zip;
    this.#readDirectory();
    this.names = [...this.#entries.keys()].filter((name) => !name.endsWith("/"));
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  read(name: string, atMost = this.#limits.fileBytes): Uint8Array {
    const entry = this.#entries.get(name);
    if (!entry) throw this.#damaged(`no member ${shown(name)}`, name);
    const { size, packed, method } = entry, most = Math.min(atMost, this.#limits.fileBytes);
    if (size > most) {
      throw new LimitError(this.#text(`member ${shown(name)} is too large: ${size} bytes, at most ${most}`), {
        place: name,
      });
    }
    if (entry.flags & 1) throw this.#unsupported(`member ${shown(name)} is encrypted, which`, name);
    const decode = method === 8 ? inflateExactly : this.#decoders?.get(method);
    if (method !== 0 && !decode) {
      const label = methodNames[method] ?? `number ${method}`;
      throw this.#unsupported(`compression ${label} of member ${shown(name)}`, name);
    }
    const data = this.#bytes.subarray(this.#dataStart(entry), this.#dataStart(entry) + packed);
    const out = decode ? this.#inflated(entry, data, decode) : data;
    if (out.length !== size) {
      throw this.#damaged(
        `member ${shown(name)}: size mismatch, ${size} bytes declared, ${out.length} stored`,
        name,
      );
    }
    if (crc32(out) !== entry.crc) {
      throw this.#damaged(`member ${shown(name)}: CRC-32 checksum mismatch`, name);
    }
    return out;
  }

  #inflated({ name, size, packed }: Entry, data: Uint8Array, decode: Decoder): Uint8Array {
    const ratio = this.#limits.inflateRatio;
    if (size > 1024 && size > packed * ratio) {
      throw new LimitError(
        this.#text(`member ${shown(name)} is too large: ${packed} bytes to ${size}, a ratio above ${ratio}`),
        { place: name },
      );
    }
    const out = decode(data, size, []);
    if (typeof out === "string") throw this.#damaged(`member ${shown(name)}: ${out}`, name);
    return out;
  }

  #text(message: string): string {
    return `${this.#file === undefined ? "" : `${this.#file}: `}zip ${message}`;
  }
  #detail(place: string | undefined) {
    return {
      ...(this.#file === undefined ? {} : { file: this.#file }),
      ...(place === undefined ? {} : { place }),
    };
  }
  #damaged(message: string, place?: string): FormatError {
    return new FormatError(this.#text(message), this.#detail(place));
  }
  #unsupported(message: string, place: string): UnsupportedError {
    return new UnsupportedError(this.#text(`${message} is not supported`), this.#detail(place));
  }

  #need(at: number, count: number, what: string): void {
    if (at + count > this.#bytes.length) {
      throw this.#damaged(
        `${what} at byte ${at} reaches beyond end of file (${this.#bytes.length} bytes): truncated`,
      );
    }
  }
  #u16(at: number): number {
    return this.#view.getUint16(at, true);
  }
  #u32(at: number): number {
    return this.#view.getUint32(at, true);
  }
  #u64(at: number): number {
    return this.#u32(at) + this.#u32(at + 4) * 2 ** 32;
  }

  /** Finds the end record by its signature and the length of the comment behind it. */
  #findEnd(): number {
    const last = this.#bytes.length - 22;
    for (let at = last; at >= Math.max(0, last - 0xffff); at--) {
      if (this.#u32(at) === 0x06054b50 && at + 22 + this.#u16(at + 20) <= this.#bytes.length) return at;
    }
    throw this.#damaged("end of central directory not found: truncated, or not a zip archive");
  }

  #readDirectory(): void {
    const end = this.#findEnd();
    let count = this.#u16(end + 10), size = this.#u32(end + 12), at = this.#u32(end + 16);
    if (this.#u16(end + 4) !== 0 && this.#u16(end + 4) !== 0xffff) {
      throw this.#unsupported("archive in several parts", "end of central directory");
    }
    if (count === 0xffff || size === 0xffffffff || at === 0xffffffff) {
      const locator = end - 20;
      if (locator >= 0 && this.#u32(locator) === 0x07064b50) {
        const wide = this.#u64(locator + 8);
        this.#need(wide, 56, "zip64 end of central directory");
        if (this.#u32(wide) !== 0x06064b50) {
          throw this.#damaged("zip64 end of central directory has no signature");
        }
        count = this.#u64(wide + 32), size = this.#u64(wide + 40), at = this.#u64(wide + 48);
      }
    }
    this.#need(at, size, "central directory");
    if (count > this.#limits.items) {
      throw new LimitError(
        this.#text(`archive has too many members: ${count}, at most ${this.#limits.items}`),
      );
    }
    const stop = at + size;
    for (let i = 0; i < count; i++) at = this.#readEntry(at, stop);
    this.#refuseOverlap();
  }

  #readEntry(at: number, stop: number): number {
    const short = () =>
      this.#damaged(`central directory ends before its entry at byte ${at}: truncated or corrupt`);
    if (at + 46 > stop) throw short();
    if (this.#u32(at) !== 0x02014b50) {
      throw this.#damaged(`central directory has no entry at byte ${at}: corrupt`);
    }
    const nameSize = this.#u16(at + 28), extraSize = this.#u16(at + 30);
    const next = at + 46 + nameSize + extraSize + this.#u16(at + 32);
    if (next > stop) throw short();
    const name = new TextDecoder().decode(this.#bytes.subarray(at + 46, at + 46 + nameSize));
    if (isUnsafePath(name)) throw this.#damaged(`member ${shown(name)} has an unsafe path`, name);
    if (this.#entries.has(name)) {
      throw this.#damaged(`member ${shown(name)} comes twice: duplicate name`, name);
    }
    const sizes = [this.#u32(at + 24), this.#u32(at + 20), this.#u32(at + 42)];
    this.#widen(sizes, at + 46 + nameSize, extraSize);
    const [size = 0, packed = 0, header = 0] = sizes;
    this.#entries.set(name, {
      name,
      flags: this.#u16(at + 8),
      method: this.#u16(at + 10),
      crc: this.#u32(at + 16),
      packed,
      size,
      header,
    });
    return next;
  }

  /** Replaces the sizes that are all ones by those of the zip64 extra field, which holds only these, in order. */
  #widen(sizes: number[], at: number, length: number): void {
    for (const end = at + length; at + 4 <= end;) {
      const id = this.#u16(at), stop = Math.min(at + 4 + this.#u16(at + 2), end);
      let from = at + 4;
      if (id === 1) {
        sizes.forEach((value, i) => {
          if (value !== 0xffffffff || from + 8 > stop) return;
          sizes[i] = this.#u64(from);
          from += 8;
        });
      }
      at = stop;
    }
  }

  /** First byte of a member's data, behind its local header, which has to carry the same name. */
  #dataStart({ name, header }: Entry): number {
    this.#need(header, 30, `member ${shown(name)}`);
    if (this.#u32(header) !== 0x04034b50) {
      throw this.#damaged(`member ${shown(name)} has no local header: corrupt`, name);
    }
    const nameSize = this.#u16(header + 26), start = header + 30 + nameSize + this.#u16(header + 28);
    this.#need(header, start - header, `member ${shown(name)}`);
    const local = new TextDecoder().decode(this.#bytes.subarray(header + 30, header + 30 + nameSize));
    if (local !== name) {
      throw this.#damaged(`member ${shown(name)} is called ${shown(local)} in its local header`, name);
    }
    return start;
  }

  #refuseOverlap(): void {
    const sorted = [...this.#entries.values()].sort((a, b) => a.header - b.header);
    let end = 0;
    for (const entry of sorted) {
      if (entry.header < end) throw this.#damaged(`member ${shown(entry.name)} overlaps another`, entry.name);
      const start = this.#dataStart(entry);
      this.#need(start, entry.packed, `member ${shown(entry.name)}`);
      end = start + entry.packed;
    }
  }
}
