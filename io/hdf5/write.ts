/**
 * Writes HDF5 files of the oldest and plainest form, which every reader knows: superblock 0, symbol-table groups,
 * contiguous datasets, string attributes. No clock and no chance: the same tree gives the same bytes.
 * @module
 */
import { type DType, dtypes } from "../../core/values/dtype.ts";
import { FormatError, LimitError, shown, UnsupportedError } from "../../core/values/errors.ts";
import { sizeOf, type Tensor } from "../../core/values/tensor.ts";
import { concatBytes, Fields, padded } from "./fields.ts";

/** An attribute: one text (of any length), or a list of texts; an empty list is written as Keras writes it, without numbers. */
export type Hdf5Text = string | readonly string[];
/** Bytes of a list of texts that one object header may hold; longer lists are split as Keras splits them. */
const listBytes = 64512;

/** A group on its way into a file; paths are made as they are named. */
export class Hdf5GroupWriter {
  /** Attributes by name. */
  readonly attributes: Map<string, Hdf5Text> = new Map();
  /** Groups and datasets by name. */
  readonly children: Map<string, Hdf5GroupWriter | Tensor> = new Map();

  /** The group at a path below this one, made where it is missing. @throws {FormatError} where a dataset stands in the way. */
  group(path: string): Hdf5GroupWriter {
    const [name, ...rest] = path.split("/").filter((part) => part !== "");
    if (name === undefined) return this;
    let next = this.children.get(name);
    if (!next) this.children.set(name, next = new Hdf5GroupWriter());
    if (!(next instanceof Hdf5GroupWriter)) {
      throw new FormatError(`HDF5 ${path}: ${shown(name)} is a dataset, expected a group`, { place: path });
    }
    return next.group(rest.join("/"));
  }
  /** Adds a dataset at a path. @throws {FormatError} where something of that name is there already. */
  dataset(path: string, value: Tensor): void {
    const parts = path.split("/").filter((part) => part !== ""), name = parts.pop() ?? "";
    const parent = this.group(parts.join("/"));
    if (name === "" || parent.children.has(name)) {
      throw new FormatError(`HDF5 ${path}: name already exists`, { place: path });
    }
    parent.children.set(name, value);
  }
}

/** Entries of a symbol-table node are twice this, children of a tree node twice that: the library's defaults. */
const leafK = 4, treeK = 16;
const undefinedAddress = 0xffff_ffff_ffff_ffffn;

/** The file so far: pieces by address. */
class Layout {
  readonly pieces: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  end = 96;
  readonly texts = new Map<string, { readonly collection: number; readonly index: number }>();

  add(bytes: Uint8Array): number {
    const at = this.end;
    this.pieces.push({ at, bytes });
    this.end = padded(at + bytes.length);
    return at;
  }
}

/**
 * Writes a file.
 * @throws {UnsupportedError} naming a dataset whose element type HDF5 files of ours don't hold (strings, complex, packed).
 * @throws {LimitError} when an attribute is too large for the form.
 */
export function writeHdf5(root: Hdf5GroupWriter): Uint8Array<ArrayBuffer> {
  const layout = new Layout();
  addTexts(root, layout);
  const { header, tree, heap } = addGroup(root, "/", layout);
  const out = new Uint8Array(layout.end);
  for (const { at, bytes } of layout.pieces) out.set(bytes, at);
  const top = new Fields().bytes([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]);
  // Versions of superblock, free space, root entry and shared headers; sizes of addresses and lengths.
  top.bytes([0, 0, 0, 0, 0, 8, 8, 0]).u16(leafK).u16(treeK).u32(0);
  top.u64(0).u64(undefinedAddress).u64(out.length).u64(undefinedAddress);
  top.u64(0).u64(header).u32(1).u32(0).u64(tree).u64(heap);
  out.set(top.done(), 0);
  return out;
}

/** Puts all single texts into global heap collections; equal texts once. */
function addTexts(root: Hdf5GroupWriter, layout: Layout): void {
  const found = new Set<string>();
  const visit = (group: Hdf5GroupWriter) => {
    for (const value of group.attributes.values()) if (typeof value === "string") found.add(value);
    for (const child of group.children.values()) if (child instanceof Hdf5GroupWriter) visit(child);
  };
  visit(root);
  const list = [...found], most = 0x8000;
  for (let from = 0; from < list.length; from += most) {
    const part = list.slice(from, from + most).map((text) => new TextEncoder().encode(text));
    const used = part.reduce((n, b) => n + 16 + padded(b.length), 16);
    const size = Math.max(4096, used + 16), heap = new Fields().text("GCOL").bytes([1, 0, 0, 0]).u64(size);
    const collection = layout.end;
    part.forEach((bytes, i) => {
      heap.u16(i + 1).u16(1).u32(0).u64(bytes.length).bytes(bytes).align();
      layout.texts.set(list[from + i] ?? "", { collection, index: i + 1 });
    });
    heap.u16(0).u16(0).u32(0).u64(size - used);
    layout.add(concatBytes([heap.done(), new Uint8Array(size - used - 16)]));
  }
}

interface Placed {
  readonly header: number;
  readonly tree: number;
  readonly heap: number;
}
function addGroup(group: Hdf5GroupWriter, path: string, layout: Layout): Placed {
  const children = [...group.children].map(([name, child]) => {
    const below = path === "/" ? `/${name}` : `${path}/${name}`;
    const header = child instanceof Hdf5GroupWriter
      ? addGroup(child, below, layout).header
      : addDataset(child, below, layout);
    return { name: new TextEncoder().encode(name), header };
  }).sort((a, b) => compareBytes(a.name, b.name));
  const names = new Fields().bytes([0]).align();
  const entries = children.map(({ name, header }) => {
    const at = names.length;
    names.bytes(name).bytes([0]).align();
    return { at, header };
  });
  const data = names.done(), segment = layout.add(data);
  // Offset 1 says that the heap has no free block.
  const heap = layout.add(
    new Fields().text("HEAP").bytes([0, 0, 0, 0]).u64(data.length).u64(1).u64(segment).done(),
  );
  const tree = addTree(entries, layout);
  const messages = [
    message(0x11, new Fields().u64(tree).u64(heap).done(), path),
    ...attributeMessages(group, path, layout),
  ];
  return { header: layout.add(objectHeader(messages, path)), tree, heap };
}
function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const d = (a[i] as number) - (b[i] as number);
    if (d !== 0) return d;
  }
  return a.length - b.length;
}

/** The B-tree of a group's names over its symbol-table nodes; the address of its root. */
function addTree(
  entries: readonly { readonly at: number; readonly header: number }[],
  layout: Layout,
): number {
  const chunks = <T>(list: readonly T[], size: number): T[][] =>
    Array.from(
      { length: Math.ceil(list.length / size) },
      (_, i) => list.slice(i * size, (i + 1) * size),
    );
  // Each child with the heap offset of its last name.
  let level = chunks(entries, 2 * leafK).map((part) => {
    const node = new Fields().text("SNOD").bytes([1, 0]).u16(part.length);
    for (const { at, header } of part) node.u64(at).u64(header).u64(0).u64(0).u64(0);
    const bytes = new Uint8Array(8 + 2 * leafK * 40);
    bytes.set(node.done());
    return { at: layout.add(bytes), last: part.at(-1)?.at ?? 0 };
  });
  const nodeBytes = 24 + (4 * treeK + 1) * 8;
  for (let depth = 0;; depth++) {
    const parts = level.length === 0 ? [[]] : chunks(level, 2 * treeK);
    const first = layout.end;
    let before = 0;
    level = parts.map((part, i) => {
      const left = i === 0 ? undefinedAddress : BigInt(first + (i - 1) * nodeBytes);
      const right = i === parts.length - 1 ? undefinedAddress : BigInt(first + (i + 1) * nodeBytes);
      const node = new Fields().text("TREE").bytes([0, depth]).u16(part.length).u64(left).u64(right).u64(
        before,
      );
      for (const { at, last } of part) node.u64(at).u64(last);
      const bytes = new Uint8Array(nodeBytes);
      bytes.set(node.done());
      before = part.at(-1)?.last ?? 0;
      return { at: layout.add(bytes), last: before };
    });
    const [root] = level;
    if (level.length === 1 && root) return root.at;
  }
}

/** A version 1 object header. */
function objectHeader(messages: readonly Uint8Array[], path: string): Uint8Array {
  const size = messages.reduce((n, m) => n + m.length, 0);
  if (messages.length > 0xffff) throw new LimitError(`HDF5 ${path}: has ${messages.length} attributes`);
  const head = new Fields().bytes([1, 0]).u16(messages.length).u32(1).u32(size).u32(0);
  return concatBytes([head.done(), ...messages]);
}
function message(type: number, data: Uint8Array, path: string): Uint8Array {
  const size = padded(data.length);
  if (size > 0xffff) {
    throw new LimitError(`HDF5 ${path}: ${size} bytes in one header message, at most 65535 fit`);
  }
  return new Fields().u16(type).u16(size).u32(0).bytes(data).align().done();
}

function attributeMessages(group: Hdf5GroupWriter, path: string, layout: Layout): readonly Uint8Array[] {
  return [...group.attributes].flatMap(([name, value]) => {
    const add = (key: string, type: Uint8Array, shape: readonly number[], data: Uint8Array) => {
      const label = new TextEncoder().encode(`${key}\0`), space = dataspace(shape);
      const body = new Fields().bytes([1, 0]).u16(label.length).u16(type.length).u16(space.length);
      body.bytes(label).align().bytes(type).align().bytes(space).align().bytes(data);
      return message(0x0c, body.done(), `${path}@${key}`);
    };
    if (typeof value === "string") {
      const { collection = 0, index = 0 } = layout.texts.get(value) ?? {};
      const text = new TextEncoder().encode(value);
      const held = new Fields().u32(text.length).u64(collection).u32(index).done();
      return [add(name, variableText(text), [], held)];
    }
    if (value.length === 0) return [add(name, numberType("float64"), [0], new Uint8Array())];
    const parts = splitTexts(value);
    return parts.map(({ width, texts }, i) => {
      const data = new Uint8Array(width * texts.length);
      texts.forEach((text, k) => data.set(text, k * width));
      return add(parts.length === 1 ? name : `${name}${i}`, fixedText(width, texts), [texts.length], data);
    });
  });
}
/** A list of texts in as many equal parts as its size asks for. */
function splitTexts(
  list: readonly string[],
): readonly { readonly width: number; readonly texts: readonly Uint8Array[] }[] {
  const all = list.map((text) => new TextEncoder().encode(text));
  const width = Math.max(1, ...all.map((t) => t.length)), each = Math.max(1, Math.floor(listBytes / width));
  const parts = Math.ceil(all.length / each), size = Math.ceil(all.length / parts);
  return Array.from(
    { length: parts },
    (_, i) => ({ width, texts: all.slice(i * size, (i + 1) * size) }),
  ).filter(({ texts }) => texts.length > 0);
}

function addDataset(value: Tensor, path: string, layout: Layout): number {
  const { data } = value;
  if (!ArrayBuffer.isView(data)) {
    throw new UnsupportedError(`HDF5 ${path}: datasets of ${value.dtype} are not written`, { place: path });
  }
  const type = numberType(value.dtype, path), bytes = sizeOf(value.shape) * (dtypes[value.dtype].bits / 8);
  const address = bytes === 0
    ? undefinedAddress
    : BigInt(layout.add(new Uint8Array(data.buffer, data.byteOffset, bytes)));
  const messages = [
    message(0x01, dataspace(value.shape), path),
    message(0x03, type, path),
    // Space is allocated late, and no fill value is defined.
    message(0x05, Uint8Array.of(2, 2, 2, 0), path),
    message(0x08, new Fields().bytes([3, 1]).u64(address).u64(bytes).done(), path),
  ];
  return layout.add(objectHeader(messages, path));
}
function dataspace(shape: readonly number[]): Uint8Array {
  const space = new Fields().bytes([1, shape.length, 0, 0, 0, 0, 0, 0]);
  for (const d of shape) space.u64(d);
  return space.done();
}

/** Exponent's place and size, mantissa's size and the bias of the IEEE formats. */
const floats: Readonly<Partial<Record<DType, readonly [number, number, number, number]>>> = {
  float16: [10, 5, 10, 15],
  float32: [23, 8, 23, 127],
  float64: [52, 11, 52, 1023],
};
/** A datatype message of little-endian numbers. */
function numberType(dtype: DType, path = ""): Uint8Array {
  const { kind, bits, per } = dtypes[dtype], float = floats[dtype];
  const out = new Fields();
  if (float) {
    const [place, size, mantissa, bias] = float;
    // The leading bit of the mantissa is implied; the sign is the highest bit.
    out.bytes([0x11, 0x20, bits - 1, 0]).u32(bits / 8).u16(0).u16(bits);
    return out.bytes([place, size, 0, mantissa]).u32(bias).done();
  }
  if ((kind !== "int" && kind !== "uint") || bits < 8 || per !== 1) {
    throw new UnsupportedError(`HDF5 ${path}: datasets of ${dtype} are not written`, { place: path });
  }
  return out.bytes([0x10, kind === "int" ? 8 : 0, 0, 0]).u32(bits / 8).u16(0).u16(bits).done();
}
/** The character set: ASCII where that is all, as Keras' files say it. h5py 2 gives bytes for it, which Keras before 2.5 decodes. */
const charset = (texts: readonly Uint8Array[]) => texts.every((t) => t.every((byte) => byte < 128)) ? 0 : 1;
/** Texts of one width, filled up with zeros. */
function fixedText(width: number, texts: readonly Uint8Array[]): Uint8Array {
  return new Fields().bytes([0x13, 0x01 | charset(texts) << 4, 0, 0]).u32(width).done();
}
/** A text of any length in the global heap. */
function variableText(text: Uint8Array): Uint8Array {
  const unit = new Fields().bytes([0x10, 0, 0, 0]).u32(1).u16(0).u16(8).done();
  return new Fields().bytes([0x19, 0x01, charset([text]), 0]).u32(16).bytes(unit).done();
}
