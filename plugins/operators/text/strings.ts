/** Strings: joined, split, normalized, matched. @module */
import { InputError, ShapeError, shown } from "../../../core/values/errors.ts";
import type { OpDef } from "../../../core/graph/op.ts";
import { broadcastPlan, forRows } from "../../../core/ops/broadcast.ts";
import { defineOp, inputOf, type NoAttributes, sharedType, tensorAt } from "../../../core/ops/define.ts";
import { bool, choice, int, nullable, text } from "../../../core/values/schema.ts";
import { broadcastShapes, dimsOf, freshDim, tensorType } from "../../../core/values/shape.ts";
import { sizeOf, type Tensor } from "../../../core/values/tensor.ts";
import { boundedSize } from "../bounds.ts";
import { texts } from "../fields.ts";
import { fullMatcher } from "./regex.ts";

const words = (t: Tensor) => t.data as readonly string[];
const exact = { accuracy: "exact", gradient: "none" } as const;

const stringConcat: OpDef = defineOp<NoAttributes>({
  ...exact,
  name: "StringConcat",
  since: 20,
  summary: "The strings of X, each with its string of Y behind it; broadcast",
  attributes: {},
  arity: [2, 2],
  infer(c) {
    sharedType(c, ["string"]);
    return [tensorType("string", broadcastShapes(dimsOf(c.inputs[0]), dimsOf(c.inputs[1])))];
  },
  plain(inputs) {
    const x = tensorAt(inputs, 0), y = tensorAt(inputs, 1), plan = broadcastPlan(x.shape, y.shape);
    const a = words(x), b = words(y), data = new Array<string>(plan.size), [sa = 1, sb = 1] = plan.steps;
    forRows(plan, (at, [pa = 0, pb = 0]) => {
      for (let i = 0; i < plan.inner; i++) data[at + i] = `${a[pa + i * sa]}${b[pb + i * sb]}`;
    });
    return [{ dtype: "string", shape: plan.shape, data }];
  },
});

/** The parts of a text, at most `limit` cuts from the left; without a delimiter between runs of white space. */
function parts(whole: string, delimiter: string, limit: number): string[] {
  const found: string[] = [];
  let rest = delimiter === "" ? whole.trimStart() : whole;
  while (found.length < limit) {
    const at = delimiter === "" ? rest.search(/\s/) : rest.indexOf(delimiter);
    if (at < 0) break;
    found.push(rest.slice(0, at));
    rest = delimiter === "" ? rest.slice(at).trimStart() : rest.slice(at + delimiter.length);
  }
  if (delimiter !== "" || rest !== "") found.push(rest);
  return found;
}
const stringSplit: OpDef = defineOp<{ readonly delimiter: string | null; readonly maxsplit: number | null }>({
  ...exact,
  name: "StringSplit",
  since: 20,
  summary: "The parts of each string, filled up with empty ones, and how many there are",
  attributes: {
    delimiter: nullable(text({ doc: "what stands between parts; white space unless given" })),
    maxsplit: nullable(int({ doc: "most cuts, from the left; all unless given" })),
  },
  arity: [1, 1],
  maxOutputs: 2,
  minOutputs: 2,
  infer(c) {
    const x = dimsOf(inputOf(c, 0, ["string"]));
    return [tensorType("string", [...x, freshDim()]), tensorType("int64", x)];
  },
  dtypes: () => [tensorType("string"), tensorType("int64")],
  plain(inputs, { attributes: { delimiter, maxsplit }, limits }) {
    const x = tensorAt(inputs, 0), limit = maxsplit === null || maxsplit < 0 ? Infinity : maxsplit;
    const rows = words(x).map((w) => parts(w, delimiter ?? "", limit));
    const width = rows.reduce((n, row) => Math.max(n, row.length), 0);
    boundedSize([rows.length, width], "float64", limits);
    const data = rows.flatMap((row) => [...row, ...new Array<string>(width - row.length).fill("")]);
    return [
      { dtype: "string", shape: [...x.shape, width], data },
      { dtype: "int64", shape: x.shape, data: BigInt64Array.from(rows, (row) => BigInt(row.length)) },
    ];
  },
});

interface Normalizer {
  readonly case_change_action: "NONE" | "LOWER" | "UPPER";
  readonly is_case_sensitive: boolean;
  readonly locale: string | null;
  readonly stopwords: readonly string[] | null;
}
/** How a locale writes a word in another case. `en_US.UTF-8` is `en-US`; `C` and `POSIX` are English. */
function caseRules(locale: string | null): { lower(w: string): string; upper(w: string): string } {
  const name = (locale ?? "en_US").replace(/[.@].*$/, "").replace("_", "-");
  const tag = /^(C|POSIX|)$/.test(name) ? "en-US" : name;
  try {
    "".toLocaleLowerCase(tag);
  } catch {
    throw new InputError(`${shown(locale)} is no locale`);
  }
  return { lower: (w) => w.toLocaleLowerCase(tag), upper: (w) => w.toLocaleUpperCase(tag) };
}
const normalizer: OpDef = defineOp<Normalizer>({
  ...exact,
  name: "StringNormalizer",
  since: 10,
  summary: "The words of `[words]` or `[1, words]` without stop words, in one case",
  attributes: {
    case_change_action: choice({
      doc: "case of the result",
      of: ["NONE", "LOWER", "UPPER"],
      default: "NONE",
    }),
    is_case_sensitive: bool({ doc: "stop words are compared as they are written", default: false }),
    locale: nullable(text({ doc: "whose case rules; en_US unless given" })),
    stopwords: texts("words left out"),
  },
  arity: [1, 1],
  infer(c) {
    const x = dimsOf(inputOf(c, 0, ["string"])), rows = x.length === 2 ? [1] : [];
    if (x.length < 1 || x.length > 2) {
      throw new ShapeError(`expected [words] or [1, words], got rank ${x.length}`);
    }
    return [tensorType("string", [...rows, freshDim()])];
  },
  plain(inputs, { attributes: a }) {
    const x = tensorAt(inputs, 0), { lower, upper } = caseRules(a.locale);
    if (x.shape.length > 2 || (x.shape.length === 2 && x.shape[0] !== 1)) {
      throw new InputError(`expected [words] or [1, words], got [${x.shape}]`);
    }
    const key = (w: string) => (a.is_case_sensitive ? w : lower(w));
    const stops = new Set((a.stopwords ?? []).map(key));
    const change = a.case_change_action === "LOWER"
      ? lower
      : a.case_change_action === "UPPER"
      ? upper
      : String;
    const kept = words(x).filter((w) => !stops.has(key(w))).map((w) => change(w));
    const data = kept.length === 0 ? [""] : kept;
    return [{ dtype: "string", shape: x.shape.length === 2 ? [1, data.length] : [data.length], data }];
  },
});

const regexFullMatch: OpDef = defineOp<{ readonly pattern: string | null }>({
  ...exact,
  name: "RegexFullMatch",
  since: 20,
  summary: "Whether the whole of each string matches a regular expression of RE2",
  attributes: { pattern: nullable(text({ doc: "regular expression; the empty one unless given" })) },
  arity: [1, 1],
  infer: (c) => [tensorType("bool", inputOf(c, 0, ["string"]).shape)],
  plain(inputs, { attributes }) {
    const x = tensorAt(inputs, 0), matches = fullMatcher(attributes.pattern ?? "");
    const data = Uint8Array.from({ length: sizeOf(x.shape) }, (_, i) => (matches(words(x)[i] ?? "") ? 1 : 0));
    return [{ dtype: "bool", shape: x.shape, data }];
  },
});

/** Operators on strings. */
export const stringOps: readonly OpDef[] = [stringConcat, stringSplit, normalizer, regexFullMatch];
