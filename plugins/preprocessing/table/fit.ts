/** Learns a column from training rows: what stands for missing cells, scale, bins, categories, n-grams. @module */
import { ConfigError, InputError } from "../../../core/values/errors.ts";
import { fitTfIdf } from "../text/tfidf.ts";
import { scalerOf } from "../scaling.ts";
import type { ColumnOptions, FittedColumn, MissingRule } from "./columns.ts";
import { calendarOf, datesIn, isCycle, missingIn, numbersIn, transformed } from "./encode.ts";

const unfitted = {
  fill: null,
  center: [],
  scale: [],
  edges: [],
  categories: [],
  bucket: false,
  ngrams: null,
};

/** How many bins, above which bins around each value aren't. */
const mostBins = 256;

/** Learns a column. @throws {FormatError} naming a row that holds something else; {@link InputError} where no row has a value. */
export function fitColumn(
  name: string,
  cells: readonly string[],
  options: ColumnOptions,
  what: string,
): FittedColumn {
  const place = `${what}: column ${name}`,
    base = { name, ...options, ...unfitted, flag: options.flag ?? false };
  if (options.kind === "ignore") return base;
  const missing = missingIn(options), gaps = cells.reduce((n, cell) => n + (missing(cell) ? 1 : 0), 0);
  checkRule(options, place);
  if (gaps === cells.length) {
    throw new InputError(`${place}: no training row has a value: leave it out (kind ignore)`);
  }
  const flag = options.flag ?? gaps > 0;
  if (options.kind === "category") return { ...base, ...fitCategory(cells, options) };
  if (options.kind === "text") {
    const texts = cells.filter((cell) => !missing(cell));
    const minTexts = Math.min(3, Math.max(1, Math.floor(texts.length / 20)));
    const kind = { unit: "word", range: [1, 1], minTexts, maxFeatures: options.maxFeatures } as const;
    return { ...base, ngrams: fitTfIdf(texts, [kind]).ngrams[0] ?? null };
  }
  if (options.kind === "date") return { ...base, flag, ...fitDate(cells, options, place) };
  const all = numbersIn(cells, options, place), values = all.filter((v) => !Number.isNaN(v)).sort();
  return {
    ...base,
    flag,
    fill: fillOf(values, options.missing),
    ...scaleOf([values.map((v) => transformed(options, v))], options),
    edges: edgesOf(values, options.bins),
  };
}
/** @throws {ConfigError} for a rule that isn't for such a column. */
function checkRule({ kind, missing, transform, bins }: ColumnOptions, place: string): void {
  const words = kind === "category", numbers = kind === "number" || kind === "integer";
  const taken: readonly MissingRule[] = words
    ? ["category", "mostFrequent", "error"]
    : kind === "text"
    ? ["error"]
    : ["median", "mean", "zero", "mostFrequent", "error"];
  if (missing !== null && !taken.includes(missing)) {
    throw new ConfigError(
      `${place}: missing: expected one of ${taken.join(", ")} for a ${kind}, got ${missing}`,
    );
  }
  if (!numbers && (transform !== "none" || bins !== 0)) {
    throw new ConfigError(
      `${place}: ${bins !== 0 ? "bins" : "transform"}: is for numbers, not for a ${kind}`,
    );
  }
}

const middle = (sorted: Float64Array): number => {
  const half = sorted.length >> 1, high = sorted[half] ?? 0;
  return sorted.length % 2 === 1 ? high : ((sorted[half - 1] ?? high) + high) / 2;
};
/** The most frequent value, the smallest of several; values are sorted. */
function mode(sorted: Float64Array): number {
  let best = 0, most = 0, run = 0;
  sorted.forEach((v, i) => {
    run = i > 0 && sorted[i - 1] === v ? run + 1 : 1;
    if (run > most) [best, most] = [v, run];
  });
  return best;
}
function fillOf(sorted: Float64Array, rule: MissingRule | null): number {
  if (rule === "zero") return 0;
  if (rule === "mean") return sorted.reduce((a, b) => a + b, 0) / sorted.length;
  return rule === "mostFrequent" ? mode(sorted) : middle(sorted);
}
function scaleOf(
  columns: readonly Float64Array[],
  { scaling }: ColumnOptions,
): Pick<FittedColumn, "center" | "scale"> {
  const named = Object.fromEntries(columns.map((values, i) => [`${i}`, values]));
  const { center, scale } = scalerOf(scaling).fit(named).toJSON();
  const of = (record: Readonly<Record<string, number>>, otherwise: number) =>
    columns.map((_, i) => record[`${i}`] ?? otherwise);
  return { center: of(center, 0), scale: of(scale, 1) };
}
/** Borders of bins, each once. */
function edgesOf(sorted: Float64Array, bins: number | "values"): readonly number[] {
  if (bins === 0) return [];
  const distinct = sorted.filter((v, i) => i === 0 || v !== sorted[i - 1]);
  if (bins === "values" || distinct.length <= bins) {
    if (distinct.length > mostBins) {
      throw new ConfigError(
        `bins: ${distinct.length} values are too many for a bin each: at most ${mostBins}`,
      );
    }
    return Array.from(distinct.slice(1), (v, i) => ((distinct[i] ?? v) + v) / 2);
  }
  const cuts = Array.from(
    { length: bins - 1 },
    (_, i) => sorted[Math.floor((i + 1) * sorted.length / bins)] ?? 0,
  );
  return [...new Set(cuts)].filter((cut) => cut > (sorted[0] ?? 0));
}

function fitCategory(
  cells: readonly string[],
  options: ColumnOptions,
): Pick<FittedColumn, "fill" | "categories" | "bucket"> {
  const missing = missingIn(options), counts = new Map<string, number>();
  for (const cell of cells) {
    const name = missing(cell) ? "" : cell.trim();
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const gaps = counts.get("") ?? 0;
  counts.delete("");
  const frequent = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const own = options.missing !== "mostFrequent" && options.missing !== "error" && gaps > 0;
  const kept = frequent.slice(0, options.maxCategories).filter(([, n]) => n >= options.minRows);
  return {
    fill: options.missing === "mostFrequent" ? frequent[0]?.[0] ?? "" : "",
    categories: [...kept.map(([name]) => name).sort(), ...(own ? [""] : [])],
    bucket: kept.length < frequent.length,
  };
}
function fitDate(
  cells: readonly string[],
  options: ColumnOptions,
  place: string,
): Pick<FittedColumn, "fill" | "calendar" | "center" | "scale" | "dayFirst"> {
  const [days = new Float64Array()] = datesIn(cells, options, [], place);
  const calendar = options.calendar ?? calendarOf(days);
  const columns = datesIn(cells, options, calendar, place).map((v) => v.filter((n) => !Number.isNaN(n)));
  const scaled = scaleOf(columns, options), round = calendar.map(isCycle);
  // Later dates are read as these were, though no day above 12 tells it again.
  const first = options.dayFirst ??
    cells.some((cell) => Number(/^\s*(\d{1,2})[-/.]/.exec(cell)?.[1] ?? 0) > 12);
  return {
    fill: fillOf(columns[0]?.slice().sort() ?? new Float64Array(), options.missing),
    calendar,
    center: scaled.center.map((c, i) => (i > 0 && round[i - 1] ? 0 : c)),
    scale: scaled.scale.map((s, i) => (i > 0 && round[i - 1] ? 1 : s)),
    dayFirst: first,
  };
}
