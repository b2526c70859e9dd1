/** Tokenizer of onnxruntime, which exports of scikit-learn's text pipelines begin with. @module */
import { ConfigError, InputError, ShapeError } from "../../../core/values/errors.ts";
import type { OpDef } from "../../../core/graph/op.ts";
import { defineOp, inputOf, tensorAt } from "../../../core/ops/define.ts";
import { bool, int, nullable, text } from "../../../core/values/schema.ts";
import { dimsOf, freshDim, tensorType } from "../../../core/values/shape.ts";
import { boundedSize } from "../bounds.ts";
import { texts } from "../fields.ts";
import { lettersOf, type Match, searcher } from "../text/regex.ts";

interface Tokenizer {
  readonly mark: boolean;
  readonly mincharnum: number;
  readonly pad_value: string;
  readonly separators: readonly string[] | null;
  readonly tokenexp: string | null;
}
type Letters = readonly number[];
type Search = (letters: Letters, from: number) => Match | undefined;

const startMark = "\x02", endMark = "\x03";

/** Every match from the start on; what is empty takes the letter behind it along. */
function* matches(search: Search, letters: Letters): Generator<Match> {
  for (let from = 0; from < letters.length;) {
    const found = search(letters, from);
    if (!found) return;
    yield found;
    from = found.end === found.start ? found.end + 1 : found.end;
  }
}
/** What stands between separators, by the first one, then those parts by the next. */
function separated(letters: Letters, separators: readonly Search[]): readonly Letters[] {
  let parts: readonly Letters[] = [letters];
  for (const search of separators) {
    parts = parts.flatMap((part) => {
      const found: Letters[] = [];
      let from = 0;
      for (const { start, end } of matches(search, part)) {
        found.push(part.slice(from, start));
        from = start === end ? end + 1 : end;
      }
      return [...found, part.slice(from)];
    });
  }
  return parts;
}
/** The tokens of a text. @throws {ConfigError} */
function splitter(a: Tokenizer): (letters: Letters) => readonly Letters[] {
  const { separators, tokenexp, mincharnum } = a, given = separators ?? [];
  if (given.length === 0 && !tokenexp) throw new ConfigError("Tokenizer: separators or tokenexp expected");
  const byLetter = given.length > 0 ? given.length === 1 && given[0] === "" : tokenexp === ".";
  if (byLetter) {
    if (mincharnum > 1) {
      throw new ConfigError(`Tokenizer: tokens of a letter each, of which mincharnum wants ${mincharnum}`);
    }
    return (letters) => letters.map((c) => [c]);
  }
  if (given.length > 0) {
    const searches = given.map(searcher);
    return (letters) => separated(letters, searches);
  }
  const search = searcher(tokenexp ?? "");
  return (letters) => Array.from(matches(search, letters), ({ start, end }) => letters.slice(start, end));
}
const wordOf = (letters: Letters) => letters.map((c) => String.fromCodePoint(c)).join("");

const tokenizer: OpDef = defineOp<Tokenizer>({
  name: "Tokenizer",
  domain: "com.microsoft",
  since: 1,
  summary:
    "The tokens of each string, split at separators or found by an expression of RE2, and padding behind them",
  attributes: {
    mark: bool({ doc: "a start and an end mark around each string's tokens" }),
    mincharnum: int({ doc: "letters that a token has at least", min: 1 }),
    pad_value: text({ doc: "padding behind shorter rows" }),
    separators: texts(
      "expressions of what stands between tokens; one empty text for tokens of a letter each",
    ),
    tokenexp: nullable(text({ doc: "expression of a token" })),
  },
  arity: [1, 1],
  accuracy: "exact",
  gradient: "none",
  infer(c) {
    const x = dimsOf(inputOf(c, 0, ["string"]));
    if (x.length < 1 || x.length > 2) {
      throw new ShapeError(`strings of rank 1 or 2 expected, got rank ${x.length}`);
    }
    splitter(c.attributes);
    return [tensorType("string", [...x, freshDim()])];
  },
  plain(inputs, { attributes: a, limits }) {
    const x = tensorAt(inputs, 0), split = splitter(a);
    if (x.shape.length < 1 || x.shape.length > 2) {
      throw new InputError(`expected rank 1 or 2, got [${x.shape}]`);
    }
    const rows = (x.data as readonly string[]).map((s) =>
      split(lettersOf(s)).filter((part) => part.length >= a.mincharnum).map(wordOf)
    );
    if (rows.length === 0) return [{ dtype: "string", shape: x.shape, data: [] }];
    const most = rows.reduce((n, row) => Math.max(n, row.length), 0);
    const width = most === 0 ? 0 : most + (a.mark ? 2 : 0);
    boundedSize([rows.length, width], "float64", limits);
    const data = width === 0 ? [] : rows.flatMap((row) => {
      const marked = a.mark ? [startMark, ...row, endMark] : row;
      return [...marked, ...new Array<string>(width - marked.length).fill(a.pad_value)];
    });
    return [{ dtype: "string", shape: [...x.shape, width], data }];
  },
});

/** Tokens of strings. */
export const contribTokenizer: readonly OpDef[] = [tokenizer];
