/** Long lists whose names have parts, as `conv2_block1_1_bn`, as modules of those parts. @module */
import { type Item, moduleOf } from "./items.ts";

/** Lists of this many are looked through as they are. */
const short = 12;
/** Fewer neighbours make no module. */
const enough = 3;

/** `conv2_block1_1_bn` as conv2, block1, 1, bn; `block_10_expand` as block_10, expand. */
function partsOf(name: string): readonly string[] {
  const parts: string[] = [];
  for (const part of name.split(/[_.]/)) {
    const last = parts.at(-1);
    if (last !== undefined && /^\d+$/.test(part) && !/\d/.test(last)) {
      parts[parts.length - 1] = `${last}_${part}`;
    } else parts.push(part);
  }
  return parts;
}
/** Neighbours that begin alike, as modules; `depth` parts are shared by all of them already. */
export function byPrefix(items: readonly Item[], depth = 0): readonly Item[] {
  if (items.length <= short) return items;
  const names = items.map((i) => partsOf(i.name)), out: Item[] = [];
  for (let at = 0; at < items.length;) {
    const first = names[at]?.[depth];
    let end = at + 1;
    while (end < items.length && names[end]?.[depth] === first) end++;
    const run = items.slice(at, end), deeper = names.slice(at, end).every((n) => n.length > depth + 1);
    const name = names[at]?.slice(0, depth + 1).join("_") ?? "";
    if (run.length === items.length && deeper) return byPrefix(items, depth + 1);
    if (run.length < enough || first === undefined || run.length === items.length) out.push(...run);
    else {
      const inside = new Set(run.map((c) => c.last)), inputs = run.flatMap((c) => c.inputs);
      const outer = inputs.filter((i) => !inside.has(i));
      out.push(moduleOf(name, name, outer, run, byPrefix(run, depth + 1)));
    }
    at = end;
  }
  return out;
}
