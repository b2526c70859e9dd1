/** The header of a .npy file: one Python dictionary of three keys, parsed strictly and without eval. @module */

/** What a header says. */
export interface NpyHeader {
  /** NumPy's type string, as in `<f4`; undefined for the list that describes records. */
  readonly descr: string | undefined;
  readonly fortran: boolean;
  readonly shape: readonly number[];
}

type Literal = string | number | boolean | readonly Literal[] | ReadonlyMap<Literal, Literal>;

/** Python literals out of text: strings without escapes, whole numbers, booleans, tuples, lists, dictionaries. */
class Reader {
  readonly #text: string;
  #at = 0;
  constructor(text: string) {
    this.#text = text;
  }
  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found) this.#at = pattern.lastIndex;
    return found;
  }
  get ended(): boolean {
    return this.#text.slice(this.#at).trim() === "";
  }
  /** The next literal, or undefined where there is none. */
  literal(depth = 8): Literal | undefined {
    if (depth === 0) return undefined;
    const plain = this.#match(/\s*(?:'([^'\\]*)'|"([^"\\]*)"|(True|False)\b|(\d{1,16})L?\b)/y);
    if (plain) {
      const [, single, double, truth, digits] = plain;
      return single ?? double ?? (truth === undefined ? Number(digits) : truth === "True");
    }
    const open = this.#match(/\s*([([{])/y)?.[1];
    if (open === "{") return this.#dictionary(depth);
    return open === undefined ? undefined : this.#list(open === "(" ? /\s*\)/y : /\s*\]/y, depth);
  }
  #list(close: RegExp, depth: number): Literal | undefined {
    const out: Literal[] = [];
    for (let more = true; !this.#match(close);) {
      const item = more ? this.literal(depth - 1) : undefined;
      if (item === undefined) return undefined;
      out.push(item);
      more = this.#match(/\s*,/y) !== null;
    }
    return out;
  }
  #dictionary(depth: number): Literal | undefined {
    const out = new Map<Literal, Literal>();
    for (let more = true; !this.#match(/\s*\}/y);) {
      const key = more ? this.literal(depth - 1) : undefined;
      const value = key !== undefined && this.#match(/\s*:/y) ? this.literal(depth - 1) : undefined;
      if (key === undefined || value === undefined || out.has(key)) return undefined;
      out.set(key, value);
      more = this.#match(/\s*,/y) !== null;
    }
    return out;
  }
}

/** Parses the dictionary; returns what is wrong with it in place of a header that isn't one. */
export function parseNpyHeader(text: string): NpyHeader | string {
  const reader = new Reader(text), found = reader.literal();
  if (!(found instanceof Map) || !reader.ended) return "expected one dictionary";
  for (const key of found.keys()) {
    if (key !== "descr" && key !== "fortran_order" && key !== "shape") return `unexpected key ${String(key)}`;
  }
  const descr = found.get("descr"), fortran = found.get("fortran_order"), shape = found.get("shape");
  if (typeof descr !== "string" && !Array.isArray(descr)) return "descr: expected a type string";
  if (typeof fortran !== "boolean") return "fortran_order: expected True or False";
  if (!isShape(shape)) return "shape: expected a tuple of whole numbers";
  return { descr: typeof descr === "string" ? descr : undefined, fortran, shape };
}

function isShape(shape: unknown): shape is readonly number[] {
  return Array.isArray(shape) && shape.length <= 64 && shape.every((d) => Number.isSafeInteger(d));
}
