/** Reads regular expressions in RE2's syntax; what it doesn't have (back references, looking around) is refused. @module */
import { InputError, shown } from "../../../core/values/errors.ts";

/** A test of a code point. */
export type Has = (c: number) => boolean;
/** A part of a pattern: one letter, a place, parts in a row, alternatives, or repetitions. */
export type Piece =
  | { readonly kind: "one"; readonly has: Has }
  | { readonly kind: "at"; readonly holds: (text: readonly number[], at: number) => boolean }
  | { readonly kind: "row" | "either"; readonly parts: readonly Piece[] }
  | { readonly kind: "many"; readonly part: Piece; readonly least: number; readonly most: number };

interface Flags {
  readonly fold: boolean;
  readonly dotAll: boolean;
  readonly lines: boolean;
}
/** Most repetitions that a pattern may ask for, as in RE2. */
const maxRepeat = 1000;
const maxDepth = 200;

const between = (low: string, high: string): Has => {
  const a = low.codePointAt(0) ?? 0, b = high.codePointAt(0) ?? 0;
  return (c) => c >= a && c <= b;
};
const either = (...tests: readonly Has[]): Has => (c) => tests.some((t) => t(c));
const not = (has: Has): Has => (c) => !has(c);
const among = (letters: string): Has => (c) => letters.includes(String.fromCodePoint(c));
const digit = between("0", "9"), upper = between("A", "Z"), lower = between("a", "z");
const letter = either(upper, lower), word = either(letter, digit, among("_")), space = among(" \t\n\f\r");
const named: Readonly<Record<string, Has>> = {
  alnum: either(letter, digit),
  alpha: letter,
  ascii: (c) => c < 128,
  blank: among(" \t"),
  cntrl: (c) => c < 32 || c === 127,
  digit,
  graph: (c) => c > 32 && c < 127,
  lower,
  print: (c) => c >= 32 && c < 127,
  punct: (c) => c > 32 && c < 127 && !letter(c) && !digit(c),
  space: either(space, among("\v")),
  upper,
  word,
  xdigit: either(digit, between("A", "F"), between("a", "f")),
};
const perl: Readonly<Record<string, Has>> = { d: digit, w: word, s: space };
const controls: Readonly<Record<string, string>> = { a: "\x07", f: "\f", t: "\t", n: "\n", r: "\r", v: "\v" };

function folded(has: Has): Has {
  return (c) => {
    const text = String.fromCodePoint(c);
    return has(c) || [text.toLowerCase(), text.toUpperCase()].some((t) => has(t.codePointAt(0) ?? c));
  };
}
const isWordAt = (text: readonly number[], at: number) => at >= 0 && at < text.length && word(text[at] ?? 0);
const boundary = (text: readonly number[], at: number) => isWordAt(text, at - 1) !== isWordAt(text, at);

class Reader {
  readonly #text: readonly string[];
  readonly #pattern: string;
  #at = 0;
  #depth = 0;
  constructor(pattern: string) {
    this.#pattern = pattern;
    this.#text = Array.from(pattern);
  }
  #fail(why: string): InputError {
    return new InputError(`pattern ${shown(this.#pattern)}: ${why} (at ${this.#at})`);
  }
  #peek(ahead = 0): string | undefined {
    return this.#text[this.#at + ahead];
  }
  #take(word: string): boolean {
    if (!Array.from(word).every((c, i) => this.#peek(i) === c)) return false;
    this.#at += word.length;
    return true;
  }
  #next(): string {
    const c = this.#text[this.#at++];
    if (c === undefined) throw this.#fail("it ends too soon");
    return c;
  }

  whole(): Piece {
    const piece = this.#alternatives({ fold: false, dotAll: false, lines: false });
    if (this.#at < this.#text.length) throw this.#fail("a closing parenthesis that nothing opened");
    return piece;
  }
  #alternatives(flags: Flags): Piece {
    if (++this.#depth > maxDepth) throw this.#fail(`groups nested deeper than ${maxDepth}`);
    const parts: Piece[] = [];
    let now = flags;
    do {
      const [row, after] = this.#row(now);
      parts.push(row);
      now = after;
    } while (this.#take("|"));
    this.#depth--;
    return parts.length === 1 && parts[0] ? parts[0] : { kind: "either", parts };
  }
  /** Parts up to `|`, `)` or the end; flags set inside hold to the group's end. */
  #row(flags: Flags): readonly [Piece, Flags] {
    const parts: Piece[] = [];
    let now = flags;
    for (let c = this.#peek(); c !== undefined && c !== "|" && c !== ")"; c = this.#peek()) {
      const set = this.#flagGroup(now);
      if (set) now = set;
      else if (this.#take("\\Q")) parts.push(...this.#quoted(now));
      else parts.push(this.#repeated(this.#atom(now)));
    }
    return [{ kind: "row", parts }, now];
  }
  #quoted(flags: Flags): Piece[] {
    const parts: Piece[] = [];
    while (this.#peek() !== undefined && !this.#take("\\E")) parts.push(this.#letter(this.#next(), flags));
    return parts;
  }
  /** `(?i)` and the like, which set flags for what follows. */
  #flagGroup(flags: Flags): Flags | undefined {
    const start = this.#at;
    if (!this.#take("(?")) return undefined;
    const set = this.#flags(flags);
    if (set && this.#take(")")) return set;
    this.#at = start;
    return undefined;
  }
  #flags(flags: Flags): Flags | undefined {
    let on = true, { fold, dotAll, lines } = flags, any = false;
    for (let c = this.#peek(); c !== undefined && "imsU-".includes(c); c = this.#peek()) {
      this.#at++;
      any = true;
      if (c === "-") on = false;
      else if (c === "i") fold = on;
      else if (c === "s") dotAll = on;
      else if (c === "m") lines = on;
    }
    return any ? { fold, dotAll, lines } : undefined;
  }

  #repeated(part: Piece): Piece {
    let piece = part;
    for (;;) {
      const range = this.#take("*")
        ? [0, Infinity] as const
        : this.#take("+")
        ? [1, Infinity] as const
        : this.#take("?")
        ? [0, 1] as const
        : this.#counts();
      if (!range) return piece;
      this.#take("?");
      const [least, most] = range;
      piece = { kind: "many", part: piece, least, most };
    }
  }
  #counts(): readonly [number, number] | undefined {
    const rest = this.#text.slice(this.#at, this.#at + 16).join(""), found = /^\{(\d+)(,?)(\d*)\}/.exec(rest);
    if (!found) return undefined;
    const [whole, low = "", comma, high = ""] = found;
    this.#at += whole.length;
    const least = Number(low), most = comma === "" ? least : high === "" ? Infinity : Number(high);
    if (most < least || least > maxRepeat || (most > maxRepeat && most !== Infinity)) {
      throw this.#fail(`${whole} is no count of repetitions`);
    }
    return [least, most];
  }

  #letter(c: string, flags: Flags): Piece {
    const code = c.codePointAt(0) ?? 0;
    return this.#one((x) => x === code, flags);
  }
  #one(has: Has, { fold }: Flags): Piece {
    return { kind: "one", has: fold ? folded(has) : has };
  }
  #atom(flags: Flags): Piece {
    const c = this.#next();
    switch (c) {
      case ".":
        return { kind: "one", has: flags.dotAll ? () => true : (x) => x !== 10 };
      case "^":
        return { kind: "at", holds: (text, at) => at === 0 || (flags.lines && text[at - 1] === 10) };
      case "$":
        return { kind: "at", holds: (text, at) => at === text.length || (flags.lines && text[at] === 10) };
      case "(":
        return this.#group(flags);
      case "[":
        return this.#one(this.#class(), flags);
      case "\\":
        return this.#escape(flags);
      case "*":
      case "+":
      case "?":
        throw this.#fail(`nothing before ${c} to repeat`);
      default:
        return this.#letter(c, flags);
    }
  }
  #group(flags: Flags): Piece {
    let inner = flags;
    if (this.#take("?")) {
      const name = /^P?<\w+>/.exec(this.#text.slice(this.#at, this.#at + 100).join(""));
      if (name) this.#at += name[0].length;
      else {
        inner = this.#flags(flags) ?? flags;
        if (!this.#take(":")) throw this.#fail("(? begins no group that RE2 has");
      }
    }
    const piece = this.#alternatives(inner);
    if (!this.#take(")")) throw this.#fail("a group isn't closed");
    return piece;
  }
  #escape(flags: Flags): Piece {
    const c = this.#peek() ?? "";
    if (this.#take("b")) return { kind: "at", holds: boundary };
    if (this.#take("B")) return { kind: "at", holds: (text, at) => !boundary(text, at) };
    if (this.#take("A")) return { kind: "at", holds: (_, at) => at === 0 };
    if (this.#take("z")) return { kind: "at", holds: (text, at) => at === text.length };
    if (/[1-9]/.test(c)) throw this.#fail("back references are none of RE2's");
    return this.#one(this.#escapedSet() ?? this.#equals(this.#escaped()), flags);
  }
  #equals(code: number): Has {
    return (x) => x === code;
  }
  /** `\d`, `\pL` and the like, behind the backslash. */
  #escapedSet(): Has | undefined {
    const c = this.#peek() ?? "", simple = perl[c.toLowerCase()];
    if (simple) {
      this.#at++;
      return c === c.toLowerCase() ? simple : not(simple);
    }
    if (c !== "p" && c !== "P") return undefined;
    this.#at++;
    let name = this.#next();
    if (name === "{") {
      name = "";
      for (let n = this.#next(); n !== "}"; n = this.#next()) name += n;
    }
    const inverted = name.startsWith("^"), bare = inverted ? name.slice(1) : name;
    const has = propertyTest(bare);
    if (!has) throw this.#fail(`${shown(bare)} is no class of letters`);
    return (c === "P") !== inverted ? not(has) : has;
  }
  /** The code point that an escape stands for, behind the backslash. */
  #escaped(): number {
    const c = this.#next(), control = controls[c];
    if (control !== undefined) return control.charCodeAt(0);
    if (c === "x") {
      const rest = this.#text.slice(this.#at, this.#at + 12).join("");
      const found = /^\{([0-9a-fA-F]{1,6})\}/.exec(rest) ?? /^([0-9a-fA-F]{2})/.exec(rest);
      const code = parseInt(found?.[1] ?? "", 16);
      if (!found || code > 0x10ffff) throw this.#fail("\\x without its digits");
      this.#at += found[0].length;
      return code;
    }
    if (c === "0") {
      const digits = /^[0-7]{0,2}/.exec(this.#text.slice(this.#at, this.#at + 2).join(""))?.[0] ?? "";
      this.#at += digits.length;
      return parseInt(`0${digits}`, 8);
    }
    if (/[A-Za-z0-9]/.test(c)) throw this.#fail(`\\${c} is no escape of RE2`);
    return c.codePointAt(0) ?? 0;
  }
  #class(): Has {
    const inverted = this.#take("^"), tests: Has[] = [];
    for (let first = true; first || this.#peek() !== "]"; first = false) {
      const name = /^\[:(\^?)(\w+):\]/.exec(this.#text.slice(this.#at, this.#at + 20).join(""));
      if (name) {
        const has = Object.hasOwn(named, name[2] ?? "") ? named[name[2] ?? ""] : undefined;
        if (!has) throw this.#fail(`${name[0]} is no class of letters`);
        this.#at += name[0].length;
        tests.push(name[1] === "^" ? not(has) : has);
      } else tests.push(this.#classItem());
    }
    this.#at++;
    const any = either(...tests);
    return inverted ? not(any) : any;
  }
  #classItem(): Has {
    if (this.#peek() === "\\") {
      this.#at++;
      const set = this.#escapedSet();
      if (set) return set;
      this.#at--;
    }
    const low = this.#classLetter();
    if (this.#peek() !== "-" || this.#peek(1) === "]" || this.#peek(1) === undefined) {
      return this.#equals(low);
    }
    this.#at++;
    const high = this.#classLetter();
    if (high < low) throw this.#fail("a range from a later letter to an earlier one");
    return (c) => c >= low && c <= high;
  }
  #classLetter(): number {
    const c = this.#next();
    return c === "\\" ? this.#escaped() : c.codePointAt(0) ?? 0;
  }
}
/** A test for a Unicode category or script. */
function propertyTest(name: string): Has | undefined {
  if (name === "Any") return () => true;
  if (!/^\w{1,40}$/.test(name)) return undefined;
  for (const property of [name, `Script=${name}`]) {
    try {
      const test = new RegExp(`^\\p{${property}}$`, "u");
      return (c) => test.test(String.fromCodePoint(c));
    } catch { /* no such property */ }
  }
  return undefined;
}

/** The pieces of a pattern. @throws {InputError} saying where it isn't understood. */
export function parsePattern(pattern: string): Piece {
  return new Reader(pattern).whole();
}
