/** Rows into training, validation and test parts: shuffled by seed, with every class in its share. @module */
import * as args from "../../io/files/arguments.ts";
import { ConfigError, InputError, shown } from "../../core/values/errors.ts";
import { checkSeed, Random } from "../../core/values/random.ts";
import { checkOptions, type OptionNames } from "../../core/values/schema.ts";

/** How rows are split. */
export interface SplitRowsOptions {
  /** Share of the rows for each part, above 0; together 1. */
  readonly parts: Readonly<Record<string, number>>;
  /** Fixes which rows a part gets; 0 unless given. */
  readonly seed?: number;
  /** False leaves rows in their order: the first part is the beginning, as a series needs it. */
  readonly shuffle?: boolean;
  /** The class of each row: every part gets its share of each class. Only for rows that are shuffled. */
  readonly classes?: ArrayLike<string | number>;
}
const splitNames: OptionNames<SplitRowsOptions> = { parts: 0, seed: 0, shuffle: 0, classes: 0 };

const unit = 1e-9;
function checkShares(parts: Readonly<Record<string, number>>): void {
  const shares = Object.values(parts), total = shares.reduce((a, b) => a + b, 0);
  const wrong = Object.entries(parts).find(([, share]) => !(share > 0 && share <= 1));
  if (wrong) {
    throw new ConfigError(`splitRows.parts.${wrong[0]}: expected a share above 0, got ${shown(wrong[1])}`, {
      place: `splitRows.parts.${wrong[0]}`,
    });
  }
  if (Math.abs(total - 1) > unit) {
    throw new ConfigError(`splitRows.parts: expected shares that are 1 together, got ${total}`, {
      place: "splitRows.parts",
    });
  }
}
/** Where each part ends, in `rows` rows: as many as whole rows of its share, the last part the rest. */
function bordersOf(shares: readonly number[], rows: number): readonly number[] {
  let sum = 0;
  return shares.map((share, i) => {
    sum += share;
    return i === shares.length - 1 ? rows : Math.floor(rows * sum + unit);
  });
}

/**
 * The numbers of the rows of each part, rising. Rows are drawn by seed; with classes, each class is dealt out by its shares and a
 * class of a single row stands in the first part.
 *
 * ```ts
 * import { splitRows } from "@lapis/lapis/data";
 * const classes = ["cat", "cat", "cat", "cat", "dog", "dog", "dog", "dog"];
 * const { train, test } = splitRows(8, { parts: { train: 0.75, test: 0.25 }, classes });
 * console.log(train.length, Array.from(test, (row) => classes[row])); // 6 ["cat", "dog"]
 * ```
 * @throws {ConfigError} for shares that aren't 1 together; {@link InputError} where a part gets no row.
 */
export function splitRows<const P extends string>(
  rows: number,
  options: SplitRowsOptions & { readonly parts: Readonly<Record<P, number>> },
): Record<P, Int32Array> {
  args.check("splitRows", "rows", rows, args.number);
  args.check("splitRows", "options", options, args.object);
  checkOptions("splitRows", options, splitNames);
  const { parts, seed = 0, shuffle = true, classes } = options;
  checkShares(parts);
  checkSeed(seed);
  if (classes && classes.length !== rows) {
    throw new InputError(`splitRows: ${rows} rows have ${classes.length} classes`);
  }
  const names = Object.keys(parts) as P[], shares = Object.values<number>(parts);
  const borders = bordersOf(shares, rows), order = Array.from({ length: rows }, (_, i) => i);
  const empty = names.findIndex((_, i) => (borders[i] ?? 0) <= (borders[i - 1] ?? 0));
  if (empty >= 0) {
    throw new InputError(
      `splitRows: a share of ${shares[empty]} leaves none of ${rows} rows for ${names[empty]}`,
    );
  }
  if (shuffle) {
    shuffled(order, Random.of(seed, "split"));
    const found = classes && dealt(order, classes, shares, borders);
    // Where every class is a row, there is nothing to deal.
    if (found?.every((part) => part.length > 0)) return named(names, found);
  }
  return named(names, names.map((_, i) => order.slice(borders[i - 1] ?? 0, borders[i])));
}
const named = <P extends string>(names: readonly P[], parts: readonly (readonly number[])[]) =>
  Object.fromEntries(names.map((name, i) => [name, Int32Array.from(parts[i] ?? []).sort()])) as Record<
    P,
    Int32Array
  >;
function shuffled(order: number[], random: Random): void {
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
  }
}

/**
 * Each class' rows in their shares. What is left of a class beyond whole rows goes where most is missing of the share, as long as
 * the part isn't full.
 */
function dealt(
  order: readonly number[],
  classes: ArrayLike<string | number>,
  shares: readonly number[],
  borders: readonly number[],
): readonly (readonly number[])[] {
  const room = borders.map((border, i) => border - (borders[i - 1] ?? 0));
  const taken: number[][] = shares.map(() => []), rest: { row: number; lacks: number[] }[] = [];
  for (const group of groupsOf(order, classes)) {
    const lacks = shares.map((share) => share * group.length), left = [...group];
    const put = (part: number, rows: readonly number[]) => {
      taken[part]?.push(...rows);
      room[part] = (room[part] ?? 0) - rows.length;
      lacks[part] = (lacks[part] ?? 0) - rows.length;
    };
    if (group.length === 1 || lacks.every((w) => w + unit < 1)) put(0, left.splice(0, 1));
    for (const part of shares.keys()) {
      put(part, left.splice(0, Math.max(0, Math.floor((lacks[part] ?? 0) + unit))));
    }
    rest.push(...left.map((row) => ({ row, lacks })));
  }
  for (const { row, lacks } of rest) {
    const open = [...shares.keys()].filter((i) => (room[i] ?? 0) > 0);
    const best = open.reduce((a, b) => ((lacks[b] ?? 0) > (lacks[a] ?? 0) ? b : a), open[0] ?? 0);
    taken[best]?.push(row);
    room[best] = (room[best] ?? 0) - 1;
    lacks[best] = (lacks[best] ?? 0) - 1;
  }
  return taken;
}
/** The rows of each class, the rarest class first. */
function groupsOf(
  order: readonly number[],
  classes: ArrayLike<string | number>,
): readonly (readonly number[])[] {
  const groups = new Map<string | number, number[]>();
  for (const row of order) {
    const name = classes[row] ?? "", group = groups.get(name);
    if (group) group.push(row);
    else groups.set(name, [row]);
  }
  return [...groups.values()].sort((a, b) => a.length - b.length);
}

/** Targets of a part, for {@link lackingIn}. */
export interface PartTargets {
  /** The part's name, for messages. */
  readonly name: string;
  /** Names of classes, or numbers. */
  readonly targets: ArrayLike<string | number>;
}
const most = 5;
const few = (names: readonly string[]) =>
  names.length <= most
    ? names.join(", ")
    : `${names.slice(0, most).join(", ")} and ${names.length - most} more`;
const short = (n: number) => `${Number(n.toPrecision(4))}`;

/**
 * What one part has and another lacks, a sentence each: classes (targets are names, or `kind` says so), or a tenth of all
 * targets' range of values. None where every part has all.
 *
 * ```ts
 * import { lackingIn } from "@lapis/lapis/data";
 * const parts = [{ name: "train", targets: ["cat", "dog"] }, { name: "test", targets: ["cat", "emu"] }];
 * console.log(lackingIn(parts, "class"));
 * // [`train has no row of class emu, which test has`, `test has no row of class dog, which train has`]
 * ```
 */
export function lackingIn(
  parts: readonly PartTargets[],
  kind: "class" | "number",
  labels?: readonly string[],
): string[] {
  args.check("lackingIn", "parts", parts, args.list);
  return kind === "class" ? lackingClasses(parts, labels) : lackingRanges(parts);
}
function lackingClasses(parts: readonly PartTargets[], labels: readonly string[] | undefined): string[] {
  const sets = parts.map(({ targets }) => new Set(Array.from(targets)));
  const nameOf = (c: string | number) => (typeof c === "number" ? labels?.[c] : undefined) ?? `${c}`;
  return parts.flatMap(({ name }, i) => {
    const gone = new Map<string | number, string>();
    sets.forEach((set, j) => {
      if (i !== j) {
        for (const c of set) if (!sets[i]?.has(c) && !gone.has(c)) gone.set(c, parts[j]?.name ?? "");
      }
    });
    if (gone.size === 0) return [];
    const owners = [...new Set(gone.values())].join(" and ");
    const classes = few([...gone.keys()].map(nameOf));
    return [`${name} has no row of class${gone.size > 1 ? "es" : ""} ${classes}, which ${owners} has`];
  });
}
/** Rows that a part of its size would have of a range at the least, were they shuffled, before their lack is told. */
const expectedRows = 8;
function lackingRanges(parts: readonly PartTargets[]): string[] {
  const all = parts.flatMap(({ targets }) => Array.from(targets, Number)).filter(Number.isFinite)
    .sort((a, b) => a - b);
  if (all.length === 0) return [];
  const edges = Array.from({ length: 11 }, (_, i) => all[Math.round(i * (all.length - 1) / 10)] ?? NaN);
  return parts.flatMap(({ name, targets }) => {
    const own = Array.from(targets, Number), gaps: [number, number][] = [];
    edges.slice(1).forEach((high, i) => {
      const low = edges[i] ?? NaN, inside = (v: number) => v >= low && (v < high || i === 9 && v === high);
      const expected = all.filter(inside).length * own.length / all.length;
      if (expected < expectedRows || own.some(inside)) return;
      const last = gaps.at(-1);
      if (last && last[1] === low) last[1] = high;
      else gaps.push([low, high]);
    });
    return gaps.map(([low, high]) =>
      `${name} has no target from ${short(low)} to ${short(high)}, which other parts have`
    );
  });
}
