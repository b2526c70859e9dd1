/** Object headers, versions 1 and 2, with their continuation blocks, as a list of messages. @module */
import { checkSum } from "./checksum.ts";
import type { Budget, Cursor, Source } from "./cursor.ts";

/** Numbers of the header messages that this reader looks at. */
export const messageType = {
  dataspace: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  oldFill: 0x04,
  fill: 0x05,
  link: 0x06,
  externalFiles: 0x07,
  layout: 0x08,
  filters: 0x0b,
  attribute: 0x0c,
  continuation: 0x10,
  symbolTable: 0x11,
  attributeInfo: 0x15,
} as const;

const wanted: ReadonlySet<number> = new Set(Object.values(messageType));

/** One message: its number, flags and where its body lies. */
export interface Message {
  readonly type: number;
  readonly flags: number;
  readonly at: number;
  readonly size: number;
}

/** The header of one object. */
export interface ObjectHeader {
  readonly address: number;
  readonly messages: readonly Message[];
}

interface Block {
  readonly at: number;
  readonly size: number;
}

/** Headers by address; shared messages and hard links lead to one again and again. */
const caches = new WeakMap<Source, Map<number, ObjectHeader>>();

/** Reads the messages of the object whose header is at `address`; a header is read once. */
export function readObjectHeader(source: Source, address: number): ObjectHeader {
  const cache = caches.get(source) ?? new Map<number, ObjectHeader>();
  caches.set(source, cache);
  const known = cache.get(address);
  if (known) return known;
  const modern = source.cursor("object header", address).u8() === 0x4f;
  const found = new Collector(source, source.budget("object headers"));
  if (modern) readVersion2(source, address, found);
  else readVersion1(source, address, found);
  const header = { address, messages: found.messages };
  cache.set(address, header);
  return header;
}

/** A cursor over a message's body; a shared message is followed to the object that holds it. */
export function openMessage(source: Source, message: Message, what: string): Cursor {
  const cursor = source.cursor(what, message.at, message.size);
  return message.flags & 2 ? followShared(cursor, message.type) : cursor;
}

/** Follows a shared-message record at the cursor to the message of the same type in the object that it names. */
export function followShared(cursor: Cursor, type: number): Cursor {
  const { source } = cursor;
  const version = cursor.version(1, 2, 3), kind = cursor.u8();
  if (version === 3 && kind !== 2) {
    throw source.unsupported("a message in the shared message table", cursor.start);
  }
  if (version === 1) cursor.skip(6);
  const address = cursor.address();
  if (address === undefined) throw cursor.corrupt("the shared message has no address");
  const found = readObjectHeader(source, address).messages.find((m) => m.type === type);
  if (!found) throw cursor.corrupt(`the object at byte ${address} has no message of type ${type}`);
  if (found.flags & 2) throw cursor.corrupt("a shared message leads to another shared message: cycle");
  return source.cursor(cursor.what, found.at, found.size);
}

/** The first message of a type, opened, or undefined. */
export function findMessage(
  source: Source,
  header: ObjectHeader,
  type: number,
  what: string,
): Cursor | undefined {
  const message = header.messages.find((m) => m.type === type);
  return message && openMessage(source, message, what);
}

/** Collects messages and queues continuation blocks, each of which may be met once. */
class Collector {
  readonly messages: Message[] = [];
  readonly #source: Source;
  readonly #queue: Block[] = [];
  readonly #seen = new Set<number>();
  readonly #budget: Budget;
  constructor(source: Source, budget: Budget) {
    this.#source = source;
    this.#budget = budget;
  }

  /** Adds a message, or queues the block that a continuation message names. */
  add(type: number, flags: number, at: number, size: number): void {
    if (type === messageType.continuation) {
      const c = this.#source.cursor("object header continuation", at, size);
      const block = c.address();
      if (block === undefined) throw c.corrupt("the continuation block has no address");
      this.queue({ at: block, size: c.length() }, c);
      return;
    }
    if (type > 0x18 && flags & 0x80) {
      throw this.#source.unsupported(`the object header message of type ${type}`, at);
    }
    if (!wanted.has(type)) return;
    if (this.messages.length >= this.#source.limits.items) {
      throw this.#source.tooLarge(`object header has more than ${this.#source.limits.items} messages`, at);
    }
    this.messages.push({ type, flags, at, size });
  }
  queue(block: Block, c: Cursor): void {
    if (this.#seen.has(block.at)) throw c.corrupt(`the block at byte ${block.at} is met again: cycle`);
    this.#budget.spend(block.size, block.at);
    this.#seen.add(block.at);
    this.#queue.push(block);
  }
  /** Counts bytes of messages that lie in the header itself. */
  spend(bytes: number, c: Cursor): void {
    this.#budget.spend(bytes, c.start);
  }
  next(): Block | undefined {
    return this.#queue.shift();
  }
}

function readVersion1(source: Source, address: number, found: Collector): void {
  const c = source.cursor("object header", address);
  const version = c.u8();
  if (version !== 1) {
    throw c.corrupt(`expected version 1 or signature "OHDR", found byte ${version}: corrupt object header`);
  }
  c.skip(1);
  let count = c.u16();
  c.skip(4);
  const size = c.u32();
  c.skip(4);
  found.queue({ at: c.at, size }, c);
  for (let block = found.next(); block && count > 0; block = found.next()) {
    const b = source.cursor("object header", block.at, block.size);
    for (; b.left >= 8 && count > 0; count--) {
      const type = b.u16(), bytes = b.u16(), flags = b.u8();
      b.skip(3);
      const at = b.at;
      b.skip(bytes);
      found.add(type, flags, at, bytes);
    }
  }
}

function readVersion2(source: Source, address: number, found: Collector): void {
  const c = source.cursor("object header", address);
  c.signature("OHDR");
  c.version(2);
  const flags = c.u8();
  if (flags & 0x20) c.skip(16);
  if (flags & 0x10) c.skip(4);
  const ordered = (flags & 4) !== 0;
  const size = c.uint(1 << (flags & 3));
  found.spend(size, c);
  readMessages(c.block("object header", size), ordered, found);
  checkSum(c);
  for (let block = found.next(); block; block = found.next()) {
    const b = source.cursor("object header continuation", block.at, block.size);
    b.signature("OCHK");
    if (b.left < 4) throw b.corrupt(`${block.size} bytes are too few for a block`);
    readMessages(b.block("object header continuation", b.left - 4), ordered, found);
    checkSum(b);
  }
}

function readMessages(b: Cursor, ordered: boolean, found: Collector): void {
  const head = ordered ? 6 : 4;
  while (b.left >= head) {
    const type = b.u8(), bytes = b.u16(), flags = b.u8();
    if (ordered) b.skip(2);
    const at = b.at;
    b.skip(bytes);
    found.add(type, flags, at, bytes);
  }
}
