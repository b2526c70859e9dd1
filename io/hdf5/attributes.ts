/** Attributes, versions 1 to 3: in the object header, or densely stored in a fractal heap. @module */
import type { DType, NumericArray } from "../../core/values/dtype.ts";
import { isBig, isNarrowFloat } from "../../core/values/dtype.ts";
import { decodeNarrow } from "../../core/values/narrow.ts";
import { walkTree2 } from "./storage/btree2.ts";
import type { Cursor, Source } from "./cursor.ts";
import { type Dataspace, readDataspace } from "./dataspace.ts";
import { type Datatype, readDatatype } from "./datatype.ts";
import { FractalHeap } from "./storage/fractalheap.ts";
import type { GlobalHeap } from "./storage/globalheap.ts";
import { findMessage, followShared, messageType, type ObjectHeader, openMessage } from "./objects.ts";
import { numbersOf, stringsOf } from "./values.ts";

/**
 * An attribute, decoded when its fields are asked for; asking throws an UnsupportedError for a datatype that has no
 * place in a tensor (compound, reference …).
 */
export interface Hdf5Attribute {
  /** Element type. */
  readonly dtype: "string" | DType;
  /** Null for an attribute of a null dataspace, `[]` for a scalar. */
  readonly shape: readonly number[] | null;
  /** A scalar is a plain value; booleans in arrays are 0 and 1, narrow floats in arrays are bits. */
  readonly value: string | number | bigint | boolean | readonly string[] | NumericArray | null;
}

/** Reads all attributes of an object, in the order of the file. */
export function readAttributes(
  source: Source,
  heap: GlobalHeap,
  header: ObjectHeader,
  path: string,
): ReadonlyMap<string, Hdf5Attribute> {
  const found = new Map<string, Hdf5Attribute>();
  const add = (c: Cursor) => {
    const { name, attribute } = readAttribute(source, heap, c, path);
    if (found.has(name)) throw c.corrupt(`the attribute "${name}" of ${path} comes twice: duplicate`);
    source.budget("attributes").spend(8, c.start);
    found.set(name, attribute);
  };
  for (const message of header.messages) {
    if (message.type === messageType.attribute) add(openMessage(source, message, "attribute"));
  }
  const info = findMessage(source, header, messageType.attributeInfo, "attribute info");
  if (info) readDense(source, info, add);
  return found;
}

function readDense(source: Source, info: Cursor, add: (c: Cursor) => void): void {
  info.version(0);
  const flags = info.u8();
  if (flags & 1) info.skip(2);
  const heapAddress = info.address(), tree = info.address();
  if (heapAddress === undefined || tree === undefined) return;
  const dense = new FractalHeap(source, heapAddress);
  walkTree2(source, [8], tree, (record) => {
    const object = dense.open("attribute", record, 8);
    if (record.u8() & 2) throw source.unsupported("an attribute in the shared message table", record.start);
    add(object);
  });
}

function readAttribute(
  source: Source,
  heap: GlobalHeap,
  c: Cursor,
  path: string,
): { name: string; attribute: Hdf5Attribute } {
  const version = c.version(1, 2, 3), flags = c.u8();
  const nameSize = c.u16(), typeSize = c.u16(), spaceSize = c.u16();
  if (version === 3) c.skip(1);
  const pad = (size: number) => version === 1 ? size + (-size & 7) : size;
  const name = c.text(pad(nameSize));
  const type = c.block(`datatype of attribute "${name}"`, pad(typeSize));
  const space = c.block(`dataspace of attribute "${name}"`, pad(spaceSize));
  const attribute = new LazyAttribute(source, heap, `${path}@${name}`, {
    type: () => readDatatype(flags & 1 ? followShared(rewound(type), messageType.datatype) : rewound(type)),
    space: () =>
      readDataspace(flags & 2 ? followShared(rewound(space), messageType.dataspace) : rewound(space)),
    data: c,
  });
  return { name, attribute };
}

function rewound(c: Cursor): Cursor {
  c.at = c.start;
  return c;
}

interface Parts {
  readonly type: () => Datatype;
  readonly space: () => Dataspace;
  readonly data: Cursor;
}

class LazyAttribute implements Hdf5Attribute {
  readonly #source: Source;
  readonly #heap: GlobalHeap;
  readonly #place: string;
  readonly #parts: Parts;
  #type: Datatype | undefined;
  #space: Dataspace | undefined;
  #value: Hdf5Attribute["value"] | undefined;
  constructor(source: Source, heap: GlobalHeap, place: string, parts: Parts) {
    this.#source = source;
    this.#heap = heap;
    this.#place = place;
    this.#parts = parts;
  }

  #readType(): Datatype {
    return this.#type ??= this.#parts.type();
  }
  #readSpace(): Dataspace {
    return this.#space ??= this.#parts.space();
  }
  get dtype(): DType {
    return this.#readType().dtype;
  }
  get shape(): readonly number[] | null {
    return this.#readSpace().shape;
  }
  get value(): Hdf5Attribute["value"] {
    return this.#value ??= this.#read();
  }

  #read(): Hdf5Attribute["value"] {
    const type = this.#readType(), { shape, count } = this.#readSpace(), { data } = this.#parts;
    if (shape === null) return null;
    const size = count * type.size;
    if (size > data.left) {
      throw this.#source.corrupt(
        `attribute ${this.#place}: ${size} bytes expected, ${data.left} found: truncated or corrupt`,
        this.#place,
      );
    }
    const bytes = this.#source.bytes.subarray(data.at, data.at + size);
    if (type.dtype === "string") {
      const strings = stringsOf(
        this.#source,
        this.#heap,
        bytes,
        type,
        count,
        this.#place,
        this.#source.budget("strings"),
      );
      return shape.length === 0 ? strings[0] ?? "" : strings;
    }
    const numbers = numbersOf(bytes, type, count);
    return shape.length === 0 ? scalarOf(numbers, type.dtype) : numbers;
  }
}

function scalarOf(numbers: NumericArray, dtype: DType): number | bigint | boolean {
  const value = numbers[0] ?? 0;
  if (dtype === "bool") return value !== 0;
  if (isBig(dtype)) return BigInt(value);
  return isNarrowFloat(dtype) ? decodeNarrow(dtype, Number(value)) : value;
}
