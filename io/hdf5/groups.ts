/** The links of a group: symbol tables, compact links, and dense links in a fractal heap. @module */
import { walkTree } from "./storage/btree.ts";
import { walkTree2 } from "./storage/btree2.ts";
import { Cursor, type Source, textOf } from "./cursor.ts";
import { FractalHeap } from "./storage/fractalheap.ts";
import { findMessage, messageType, type ObjectHeader, openMessage } from "./objects.ts";

/** Where a name in a group leads. */
export type Link =
  | { readonly kind: "hard"; readonly address: number }
  | { readonly kind: "soft"; readonly target: string }
  | { readonly kind: "refused"; readonly what: string };

/** True for a header that holds links. */
export function isGroup(header: ObjectHeader): boolean {
  return header.messages.some(({ type }) =>
    type === messageType.symbolTable || type === messageType.linkInfo || type === messageType.link
  );
}

/** Reads all links of a group, by name in sorted order. */
export function readLinks(source: Source, header: ObjectHeader, path: string): ReadonlyMap<string, Link> {
  const found = new Map<string, Link>(), links = source.budget("links");
  const add = (name: string, link: Link, c: Cursor) => {
    if (name === "" || name.includes("/")) {
      throw c.corrupt(`the link name "${name}" in ${path} is not a name`);
    }
    if (found.has(name)) throw c.corrupt(`the link "${name}" in ${path} comes twice: duplicate`);
    if (found.size >= source.limits.items) {
      throw source.tooLarge(`group ${path} has more than ${source.limits.items} links`, path);
    }
    links.spend(8, c.start);
    found.set(name, link);
  };
  const table = findMessage(source, header, messageType.symbolTable, "symbol table");
  if (table) readSymbolTable(source, table, add);
  for (const message of header.messages) {
    if (message.type === messageType.link) readLink(openMessage(source, message, "link"), add);
  }
  const info = findMessage(source, header, messageType.linkInfo, "link info");
  if (info) readDense(source, info, add);
  return new Map([...found].sort(([a], [b]) => a < b ? -1 : 1));
}

type Add = (name: string, link: Link, c: Cursor) => void;

function readSymbolTable(source: Source, table: Cursor, add: Add): void {
  const tree = table.address(), names = readLocalHeap(source, table.address());
  if (tree === undefined) throw table.corrupt("the group's B-tree has no address");
  const seen = new Set<number>();
  walkTree(source, { what: "group B-tree node", type: 0, keySize: source.lengthSize }, tree, (_, child) => {
    if (seen.has(child)) throw source.corrupt(`symbol node at byte ${child} is met again: cycle`, child);
    seen.add(child);
    readSymbolNode(source, child, names, add);
  });
}

/** The data segment of a local heap, in which link names lie. */
function readLocalHeap(source: Source, address: number | undefined): Cursor {
  const c = source.cursor("local heap", address);
  c.signature("HEAP");
  c.version(0);
  c.skip(3);
  const size = c.length();
  c.skip(source.lengthSize);
  return source.cursor("local heap data", c.address(), size);
}

function readSymbolNode(source: Source, address: number, names: Cursor, add: Add): void {
  const c = source.cursor("symbol node", address);
  c.signature("SNOD");
  c.version(1);
  c.skip(1);
  for (let left = c.u16(); left > 0; left--) {
    const name = heapText(names, c.uint(source.offsetSize), c), target = c.address(), cache = c.u32();
    c.skip(4);
    const scratch = c.block("symbol node", 16);
    if (cache === 2) add(name, { kind: "soft", target: heapText(names, scratch.u32(), c) }, c);
    else if (target === undefined) throw c.corrupt(`the link "${name}" has no address`);
    else add(name, { kind: "hard", address: target }, c);
  }
}

function heapText(names: Cursor, offset: number, c: Cursor): string {
  if (offset >= names.end - names.start) {
    throw c.corrupt(`the name at ${offset} lies beyond the local heap of ${names.end - names.start} bytes`);
  }
  return new Cursor(names.source, names.what, names.start + offset, names.end).zeroText();
}

function readDense(source: Source, info: Cursor, add: Add): void {
  info.version(0);
  const flags = info.u8();
  if (flags & 1) info.skip(8);
  const heapAddress = info.address(), tree = info.address();
  if (heapAddress === undefined || tree === undefined) return;
  const heap = new FractalHeap(source, heapAddress);
  walkTree2(source, [5], tree, (record) => {
    record.skip(4);
    readLink(heap.open("link", record, record.left), add);
  });
}

function readLink(c: Cursor, add: Add): void {
  c.version(1);
  const flags = c.u8();
  const kind = flags & 8 ? c.u8() : 0;
  if (flags & 4) c.skip(8);
  if (flags & 16) c.skip(1);
  const name = textOf(c.take(c.uint(1 << (flags & 3))));
  if (kind === 0) {
    const address = c.address();
    if (address === undefined) throw c.corrupt(`the link "${name}" has no address`);
    add(name, { kind: "hard", address }, c);
  } else if (kind === 1) add(name, { kind: "soft", target: textOf(c.take(c.u16())) }, c);
  else {add(name, {
      kind: "refused",
      what: kind === 64 ? "external link" : `user-defined link of type ${kind}`,
    }, c);}
}
