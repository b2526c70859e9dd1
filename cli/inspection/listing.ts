/** A model's items as text for people, and as values for `--json`. @module */
import { InputError } from "../../mod.ts";
import { clip, count, table } from "../terminal.ts";
import { amountText, amountValue, sum } from "./amounts.ts";
import { foldRepeats, type Line, opened } from "./folding.ts";
import { byPrefix } from "./prefixes.ts";
import type { Item } from "./items.ts";

/** How much is shown. */
export interface ListingOptions {
  readonly width: number;
  /** Paths of modules to open. */
  readonly open: readonly string[];
  /** Everything, nothing folded. */
  readonly all: boolean;
  /** What a leaf is called: `node` or `layer`. */
  readonly leaf: string;
}

/** Models of this many leaves are shown whole. */
const few = 40;
/** Lines that modules are opened for. */
const room = 36;
/** Terminals of this many columns have room for inputs and attributes beside the rest. */
const wide = 132;

const leavesOf = (items: readonly Item[]) => items.reduce((n, i) => n + i.leaves, 0);
/** Every layer below its model, every node under its whole name in the graph's order. */
function whole(items: readonly Item[]): readonly Line[] {
  const below = (list: readonly Item[], depth: number): readonly Line[] =>
    list.flatMap((item) => [{ item, depth, open: true }, ...below(item.children, depth + 1)]);
  const all = below(items, 0), nodes = all.filter((l) => l.item.node !== undefined);
  if (nodes.length === 0) return all;
  return nodes.sort((a, b) => (a.item.node?.place ?? 0) - (b.item.node?.place ?? 0))
    .map(({ item }) => ({ item: { ...item, name: item.node?.name ?? item.name }, depth: 0, open: true }));
}
/** What a line is: an operator, `12 × 34 nodes`. */
function kindText({ kind, repeat, leaves }: Item, leaf: string): string {
  const own = kind !== "" ? kind : `${count(leaves / (repeat ?? 1))} ${leaf}s`;
  return `${repeat === undefined ? "" : `${repeat} × `}${own}`;
}
/** Names of inputs as seen from an item: those of its own module are short. */
function inputText({ path, inputs }: Item): string {
  const module = path.slice(0, path.lastIndexOf("/") + 1);
  return inputs.map((i) => (module !== "" && i.startsWith(module) ? i.slice(module.length) : i)).join(", ");
}
/** Inputs and attributes of a line; no inputs where it goes on from the line before, or begins the module that that opens. */
function detailText({ item, depth }: Line, before: Line | undefined): string {
  const from = item.inputs.join();
  const goesOn = before !== undefined &&
    (from === before.item.last || (depth > before.depth && from === before.item.inputs.join()));
  const inputs = item.inputs.length === 0 || goesOn ? "" : `← ${inputText(item)}`;
  return [inputs, item.details].filter((part) => part !== "").join("; ");
}
/** A name below a module whose name it begins with: `…1_conv`. */
function shortName(name: string, module: Item | undefined): string {
  if (!module || !name.startsWith(module.path) || !/^[_.]/.test(name.slice(module.path.length))) return name;
  return `…${name.slice(module.path.length + 1).replaceAll(`… ${module.path}`, "… ")}`;
}
/** A type in few columns: a shape is of float32 unless it says more. */
const shortType = (text: string) => text.replaceAll("float32[", "[");

/** Modules, repeats and leaves with their outputs, multiply-adds and parameters. */
export function listing(items: readonly Item[], { width, open, all, leaf }: ListingOptions): string {
  const entire = all || (leavesOf(items) <= few && open.length === 0);
  const grouped = byPrefix(items);
  for (const name of open) checkPath(name, grouped);
  const lines = entire ? whole(items) : opened(foldRepeats(grouped, open), { room, open });
  const details = new Map(lines.map((line, i) => [line.item, detailText(line, lines[i - 1])]));
  const parents: Item[] = [];
  const names = new Map(lines.map(({ item, depth }) => {
    parents[depth] = item;
    return [item, shortName(item.name, depth === 0 ? undefined : parents[depth - 1])] as const;
  }));
  const cells = ({ item, depth }: Line) => [
    `${"  ".repeat(depth)}${names.get(item) ?? item.name}`,
    kindText(item, leaf),
    entire ? item.output : shortType(item.output),
    amountText(item.macs),
    item.parameters === 0 ? "" : count(item.parameters),
  ];
  const header = [
    leaf === "node" ? "node" : "layer",
    leaf === "node" ? "operator" : "type",
    "output",
    "MACs",
    "parameters",
  ];
  if (width >= wide) {
    const rows = lines.map((
      line,
    ) => [...cells(line).slice(0, 2), details.get(line.item) ?? "", ...cells(line).slice(2)]);
    const titles = [...header.slice(0, 2), "inputs, attributes", ...header.slice(2)];
    return [table(titles, rows, { right: [4, 5], width }), ...notes(lines, items, leaf)].join("\n");
  }
  // The end of a node's whole name tells it from others.
  const ends = entire && leaf === "node" ? [0] : [];
  const text = table(header, lines.map(cells), { right: [3, 4], ends, width }).split("\n");
  const rows = text.slice(2).flatMap((row, i) => {
    const line = lines[i], said = line && details.get(line.item);
    if (!line || !said) return [row];
    const indent = "  ".repeat(line.depth + 1);
    return [row, `${indent}${clip(said, width - indent.length)}`];
  });
  return [...text.slice(0, 2), ...rows, ...notes(lines, items, leaf)].join("\n");
}
/** @throws {InputError} for a name that no module or node has, with those that begin alike. */
function checkPath(name: string, items: readonly Item[]): void {
  const paths: string[] = [],
    collect = (list: readonly Item[]) => {
      for (const { path, children } of list) {
        paths.push(path);
        collect(children);
      }
    };
  collect(items);
  if (paths.includes(name)) return;
  const near = paths.filter((p) => p.endsWith(name) || p.startsWith(name)).slice(0, 3);
  const meant = near.length > 0 ? near : paths.slice(0, 3);
  throw new InputError(`--open: there is no ${name}; there are ${meant.join(", ")}, …`);
}
function notes(lines: readonly Line[], items: readonly Item[], leaf: string): readonly string[] {
  const hidden = lines.some((l) => l.item.repeat !== undefined || (!l.open && l.item.children.length > 0));
  const below = lines.some((l) => l.item.repeat !== undefined && l.open && l.item.children.length > 0);
  return [
    ...(below ? ["of what repeats, the lines below are the first one's"] : []),
    ...(hidden
      ? [`--open NAME shows a part of it, --all every one of ${count(leavesOf(items))} ${leaf}s`]
      : []),
  ];
}

/** An item that is only listed, by a name and a few words. */
export function plainItem(name: string, kind: string, output: string): Item {
  return {
    name,
    path: name,
    kind,
    output,
    details: "",
    inputs: [],
    last: name,
    macs: new Map(),
    parameters: 0,
    leaves: 1,
    children: [],
  };
}
/** Rows of a kind, those that repeat as one unless `entire`. */
export function foldedRows(
  items: readonly Item[],
  leaf: string,
  entire: boolean,
): readonly (Line & { readonly kind: string })[] {
  const lines = entire
    ? items.map((item) => ({ item, depth: 0, open: true }))
    : opened(foldRepeats(items), { room, open: [] });
  return lines.map((line) => ({ ...line, kind: kindText(line.item, leaf) }));
}
/** Multiply-adds of all items. */
export const totalMacs = (items: readonly Item[]): string => amountText(sum(items.map((i) => i.macs)), 3);

/** Items for `--json`, all of them. */
export function itemsJson(items: readonly Item[]): readonly Record<string, unknown>[] {
  return items.map((i) => ({
    path: i.path,
    ...(i.kind !== "" && { kind: i.kind }),
    macs: amountValue(i.macs),
    parameters: i.parameters,
    leaves: i.leaves,
    ...(i.children.length > 0 && { children: itemsJson(i.children) }),
  }));
}
