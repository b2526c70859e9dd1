/**
 * HDF5 files, read without a copy and without trust: superblocks 0 to 3, groups, attributes, contiguous, compact and
 * chunked data with gzip, lzf, shuffle and Fletcher-32, and what decoders are given for. It doesn't write, and refuses by name what it doesn't read.
 * @module
 */
import type { DType } from "../../core/values/dtype.ts";
import { FormatError } from "../../core/values/errors.ts";
import { defaultLimits } from "../../core/values/limits.ts";
import type { Tensor } from "../../core/values/tensor.ts";
import type { DataFileOptions } from "../datasets/options.ts";
import { type Hdf5Attribute, readAttributes } from "./attributes.ts";
import { Source } from "./cursor.ts";
import { DatasetReader } from "./dataset.ts";
import { GlobalHeap } from "./storage/globalheap.ts";
import { isGroup, type Link, readLinks } from "./groups.ts";
import { messageType, type ObjectHeader, readObjectHeader } from "./objects.ts";
import { findSignature, readSuperblock } from "./superblock.ts";

export type { Hdf5Attribute };

/** How a file is opened. */
export type Hdf5Options = DataFileOptions;
/** What groups and datasets share. */
export interface Hdf5Object {
  /** Which of the two it is. */
  readonly kind: "group" | "dataset";
  /** Path from the root, `"/"` for the root itself. */
  readonly path: string;
  /** Attributes by name; names are read at the first use, values when they are asked for. */
  readonly attributes: ReadonlyMap<string, Hdf5Attribute>;
  /** The attribute of that name, or undefined. */
  attribute(name: string): Hdf5Attribute | undefined;
}
/** A group: named links to groups and datasets. Paths are relative to it, or begin with `/`. */
export interface Hdf5Group extends Hdf5Object {
  /** Tells groups from datasets. */
  readonly kind: "group";
  /** Names of the links, sorted. */
  keys(): readonly string[];
  /** True when the path leads to an object. */
  has(path: string): boolean;
  /** The object at a path, or undefined; throws an UnsupportedError for an external link or a committed datatype. */
  get(path: string): Hdf5Group | Hdf5Dataset | undefined;
  /** The group at a path; throws a FormatError that names the path when there is none. */
  group(path: string): Hdf5Group;
  /** The dataset at a path; throws a FormatError that names the path when there is none. */
  dataset(path: string): Hdf5Dataset;
}
/** A dataset. Element type and shape are read when asked for, data with every {@link Hdf5Dataset.read}. */
export interface Hdf5Dataset extends Hdf5Object {
  /** Tells datasets from groups. */
  readonly kind: "dataset";
  /** Element type; asking throws an UnsupportedError for a datatype that no tensor has. */
  readonly dtype: DType;
  /** The dimensions; `[]` for a scalar, `[0]` for a null dataspace. */
  readonly shape: readonly number[];
  /** The data, as a view of the file where it lies in one piece and aligned, else as a copy. */
  read(): Tensor;
}

/** True for bytes with the HDF5 signature at byte 0, 512, 1024 … . */
export function isHdf5(bytes: Uint8Array): boolean {
  return findSignature(bytes) >= 0;
}

/**
 * Opens an HDF5 file in memory and returns its root group. Only what is asked for is read, then or later.
 * @throws {FormatError} for a file that is damaged, truncated or not HDF5.
 * @throws {UnsupportedError} for a part of the format that isn't read.
 * @throws {LimitError} for declared sizes beyond the limits.
 */
export function openHdf5(bytes: Uint8Array, options: Hdf5Options = {}): Hdf5Group {
  const source = new Source(bytes, options.limits ?? defaultLimits, options.file, options.decoders?.hdf5);
  const file = new OpenFile(source);
  const address = readSuperblock(source);
  const root = new Group(file, file.header(address), "/", []);
  if (!isGroup(file.header(address))) {
    throw source.corrupt("the root object is not a group: corrupt", address);
  }
  file.root = root;
  root.keys();
  return root;
}

/** What the objects of one file share; each object header and link table is read once. */
class OpenFile {
  readonly source: Source;
  readonly heap: GlobalHeap;
  root: Group | undefined;
  readonly #links = new Map<number, ReadonlyMap<string, Link>>();
  readonly #attributes = new Map<number, ReadonlyMap<string, Hdf5Attribute>>();
  constructor(source: Source) {
    this.source = source;
    this.heap = new GlobalHeap(source);
  }
  header(address: number): ObjectHeader {
    return readObjectHeader(this.source, address);
  }
  links(header: ObjectHeader, path: string): ReadonlyMap<string, Link> {
    const known = this.#links.get(header.address);
    if (known) return known;
    const links = readLinks(this.source, header, path);
    this.#links.set(header.address, links);
    return links;
  }
  attributes(header: ObjectHeader, path: string): ReadonlyMap<string, Hdf5Attribute> {
    const known = this.#attributes.get(header.address);
    if (known) return known;
    const attributes = readAttributes(this.source, this.heap, header, path);
    this.#attributes.set(header.address, attributes);
    return attributes;
  }
}

abstract class Base {
  readonly path: string;
  protected readonly file: OpenFile;
  readonly header: ObjectHeader;
  constructor(file: OpenFile, header: ObjectHeader, path: string) {
    this.file = file;
    this.header = header;
    this.path = path;
  }
  get attributes(): ReadonlyMap<string, Hdf5Attribute> {
    return this.file.attributes(this.header, this.path);
  }
  attribute(name: string): Hdf5Attribute | undefined {
    return this.attributes.get(name);
  }
}

class Dataset extends Base implements Hdf5Dataset {
  readonly kind = "dataset";
  readonly #reader: DatasetReader;
  constructor(file: OpenFile, header: ObjectHeader, path: string) {
    super(file, header, path);
    this.#reader = new DatasetReader(file.source, file.heap, header, path);
  }
  get dtype(): DType {
    return this.#reader.dtype;
  }
  get shape(): readonly number[] {
    return this.#reader.shape;
  }
  read(): Tensor {
    return this.#reader.read();
  }
}

class Group extends Base implements Hdf5Group {
  readonly kind = "group";
  /** Header addresses of the groups that contain this one. */
  readonly #above: readonly number[];
  constructor(file: OpenFile, header: ObjectHeader, path: string, above: readonly number[]) {
    super(file, header, path);
    this.#above = above;
  }
  #links(): ReadonlyMap<string, Link> {
    return this.file.links(this.header, this.path);
  }
  keys(): readonly string[] {
    return [...this.#links().keys()];
  }
  has(path: string): boolean {
    return this.get(path) !== undefined;
  }
  get(path: string): Hdf5Group | Hdf5Dataset | undefined {
    return this.#follow(path, { left: this.file.source.limits.depth });
  }
  group(path: string): Hdf5Group {
    const found = this.get(path);
    if (found?.kind === "group") return found;
    throw this.#missing("group", path, found);
  }
  dataset(path: string): Hdf5Dataset {
    const found = this.get(path);
    if (found?.kind === "dataset") return found;
    throw this.#missing("dataset", path, found);
  }
  #missing(wanted: string, path: string, found: Hdf5Object | undefined): Error {
    const place = path.startsWith("/") ? path : `${this.path === "/" ? "" : this.path}/${path}`;
    return this.file.source.corrupt(
      `${wanted} ${place} is ${found ? `a ${found.kind}` : "missing"}${
        found ? `: expected a ${wanted}` : ""
      }`,
      place,
    );
  }

  /** Walks a path; `hops` counts soft links over the whole walk, so that a circle of them ends. */
  #follow(path: string, hops: { left: number }): Group | Dataset | undefined {
    let at: Group | Dataset | undefined = path.startsWith("/") ? this.file.root ?? this : this;
    for (const name of path.split("/")) {
      if (name === "" || name === ".") continue;
      if (!(at instanceof Group)) return undefined;
      at = at.#child(name, hops);
    }
    return at;
  }
  #child(name: string, hops: { left: number }): Group | Dataset | undefined {
    const link = this.#links().get(name), { source } = this.file;
    const path = this.path === "/" ? `/${name}` : `${this.path}/${name}`;
    if (!link) return undefined;
    if (link.kind === "refused") throw source.unsupported(`${link.what} ${path}`, path);
    if (link.kind === "soft") {
      if (--hops.left < 0) throw source.corrupt(`soft link ${path} leads round in a circle: cycle`, path);
      return this.#follow(link.target, hops);
    }
    return this.#open(link.address, path);
  }
  #open(address: number, path: string): Group | Dataset {
    const { source } = this.file, header = this.file.header(address);
    if (isGroup(header)) {
      const above = [...this.#above, this.header.address];
      if (above.includes(address)) throw source.corrupt(`group ${path} contains itself: cycle`, path);
      if (above.length > source.limits.depth) {
        throw source.tooLarge(`groups are nested more than ${source.limits.depth} deep at ${path}`, path);
      }
      return new Group(this.file, header, path, above);
    }
    if (header.messages.some((m) => m.type === messageType.layout)) {
      return new Dataset(this.file, header, path);
    }
    if (header.messages.some((m) => m.type === messageType.datatype)) {
      throw source.unsupported(`committed datatype ${path}`, path);
    }
    throw source.corrupt(`object ${path} is neither a group nor a dataset: corrupt`, path);
  }
}

/**
 * The text of a scalar string attribute (or of the first of several); undefined when there is none of that name, or it
 * is empty. Throws a FormatError for an attribute of numbers.
 */
export function attributeText(o: Hdf5Object, name: string): string | undefined {
  const found = o.attribute(name);
  return found && textsOf(o, name, found)[0];
}

/**
 * The texts of a string attribute. An empty list, which Keras writes as no float64 numbers, and a missing attribute give
 * `[]`; an attribute that was split for its size (`name0`, `name1` …) is joined. Throws a FormatError for numbers.
 */
export function attributeStrings(o: Hdf5Object, name: string): readonly string[] {
  const whole = o.attribute(name);
  if (whole) return textsOf(o, name, whole);
  const out: string[] = [];
  for (let i = 0;; i++) {
    const part = o.attribute(`${name}${i}`);
    if (!part) return out;
    for (const text of textsOf(o, `${name}${i}`, part)) out.push(text);
  }
}

function textsOf(o: Hdf5Object, name: string, attribute: Hdf5Attribute): readonly string[] {
  const { dtype, shape } = attribute;
  if (dtype !== "string") {
    if (shape === null || shape.includes(0)) return [];
    throw new FormatError(
      `HDF5 attribute ${o.path}@${name}: expected strings, found ${dtype} of shape [${shape}]`,
      {
        place: `${o.path}@${name}`,
      },
    );
  }
  const { value } = attribute;
  return typeof value === "string" ? [value] : Array.isArray(value) ? value : [];
}
