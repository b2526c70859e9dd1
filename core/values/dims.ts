/** Dims: integer expressions over symbols, kept in one canonical form. @module */

/** An inner node of a {@link Dim}. `floordiv` rounds down. */
export interface DimNode {
  /** What is done. */
  readonly op: "add" | "mul" | "floordiv" | "min" | "max";
  /** The left side. */
  readonly a: Dim;
  /** The right side. */
  readonly b: Dim;
}
/** A dim that only running tells; the number keeps two of them apart. */
export interface UnknownDim {
  /** Tells one from another. */
  readonly unknown: number;
}
/** A dimension: a number, a symbol, or an integer expression over them. */
export type Dim = number | string | DimNode | UnknownDim;

/** Sum of products: monomial key to coefficient; the constant's key is "". */
type Polynomial = Map<string, { readonly coefficient: number; readonly atoms: readonly Dim[] }>;

const isNode = (d: Dim): d is DimNode => typeof d === "object" && "op" in d;
const isUnknown = (d: Dim): d is UnknownDim => typeof d === "object" && "unknown" in d;

function atomKey(d: Dim): string {
  if (typeof d === "string") return d;
  if (typeof d === "number") return `${d}`;
  if (isUnknown(d)) return `?${d.unknown}`;
  return `${d.op}(${dimKey(d.a)},${dimKey(d.b)})`;
}

function accumulate(into: Polynomial, atoms: readonly Dim[], coefficient: number): void {
  const sorted = [...atoms].sort((x, y) => (atomKey(x) < atomKey(y) ? -1 : 1));
  const key = sorted.map(atomKey).join("*");
  const sum = (into.get(key)?.coefficient ?? 0) + coefficient;
  if (sum === 0) into.delete(key);
  else into.set(key, { coefficient: sum, atoms: sorted });
}

function polynomial(d: Dim): Polynomial {
  const out: Polynomial = new Map();
  if (typeof d === "number") {
    if (d !== 0) accumulate(out, [], d);
  } else if (!isNode(d) || (d.op !== "add" && d.op !== "mul")) {
    accumulate(out, [d], 1);
  } else {
    const a = polynomial(d.a), b = polynomial(d.b);
    if (d.op === "add") {
      for (const part of [a, b]) for (const t of part.values()) accumulate(out, t.atoms, t.coefficient);
    } else {
      for (const s of a.values()) {
        for (const t of b.values()) accumulate(out, [...s.atoms, ...t.atoms], s.coefficient * t.coefficient);
      }
    }
  }
  return out;
}

function rebuild(p: Polynomial): Dim {
  let sum: Dim | undefined;
  const terms = [...p.entries()].sort(([x], [y]) => (x === "" ? 1 : y === "" ? -1 : x < y ? -1 : 1));
  for (const [, { coefficient, atoms }] of terms) {
    let term: Dim | undefined;
    for (const atom of atoms) term = term === undefined ? atom : { op: "mul", a: term, b: atom };
    if (term === undefined) term = coefficient;
    else if (coefficient !== 1) term = { op: "mul", a: coefficient, b: term };
    sum = sum === undefined ? term : { op: "add", a: sum, b: term };
  }
  return sum ?? 0;
}

const keys = new WeakMap<object, string>();
/** The canonical text of a dim; equal keys mean equal for every binding. */
export function dimKey(d: Dim): string {
  if (typeof d === "number") return `${d}`;
  if (typeof d === "string") return d;
  let key = keys.get(d);
  if (key === undefined) keys.set(d, key = keyText(d));
  return key;
}
function keyText(d: Dim): string {
  const terms = [...polynomial(d).entries()].sort(([x], [y]) => (x < y ? -1 : 1));
  const text = terms.map(([k, { coefficient }]) =>
    k === "" ? `${coefficient}` : coefficient === 1 ? k : `${coefficient}*${k}`
  );
  return text.join("+") || "0";
}
/** True when two dims are equal whatever the symbols are bound to. */
export function sameDim(a: Dim, b: Dim): boolean {
  return a === b || dimKey(a) === dimKey(b);
}

/** What a number and a dim come to, by the dim and then by the number. */
type Known = Map<number, Dim>;
/** One operation with a number on one side, worked out once: equal results are mostly one object. */
class WithNumber {
  readonly #ofNames = new Map<string, Known>();
  readonly #ofNodes = new WeakMap<object, Known>();
  readonly #work: (number: number, d: Dim) => Dim;
  constructor(work: (number: number, d: Dim) => Dim) {
    this.#work = work;
  }
  of(number: number, d: Exclude<Dim, number>): Dim {
    let known = typeof d === "string" ? this.#ofNames.get(d) : this.#ofNodes.get(d);
    if (!known) {
      known = new Map();
      if (typeof d === "object") this.#ofNodes.set(d, known);
      else {
        if (this.#ofNames.size > 1000) this.#ofNames.clear();
        this.#ofNames.set(d, known);
      }
    }
    let found = known.get(number);
    if (found === undefined) known.set(number, found = this.#work(number, d));
    return found;
  }
}
const added = new WithNumber((a, b) => rebuild(polynomial({ op: "add", a, b })));
const multiplied = new WithNumber((a, b) => rebuild(polynomial({ op: "mul", a, b })));
const smaller = new WithNumber((a, b) => extreme("min", a, b));
const larger = new WithNumber((a, b) => extreme("max", a, b));

/** a + b */
export function addDims(a: Dim, b: Dim): Dim {
  if (typeof a === "number") return typeof b === "number" ? a + b : added.of(a, b);
  return typeof b === "number" ? added.of(b, a) : rebuild(polynomial({ op: "add", a, b }));
}
/** a − b */
export function subDims(a: Dim, b: Dim): Dim {
  return addDims(a, mulDims(-1, b));
}
/** a · b */
export function mulDims(a: Dim, b: Dim): Dim {
  if (typeof a === "number") return typeof b === "number" ? a * b : multiplied.of(a, b);
  return typeof b === "number" ? multiplied.of(b, a) : rebuild(polynomial({ op: "mul", a, b }));
}
/** ⌊a / b⌋; exact where every coefficient divides. */
export function divDims(a: Dim, b: Dim): Dim {
  if (b === 1) return a;
  if (typeof a === "number" && typeof b === "number" && b !== 0) return Math.floor(a / b);
  if (sameDim(a, b)) return 1;
  const whole = divideExactly(a, b);
  return whole ?? { op: "floordiv", a, b };
}
/** a / b where every term of a has all of b's (one-term) factors, else undefined. */
function divideExactly(a: Dim, b: Dim): Dim | undefined {
  const divisor = [...polynomial(b).values()];
  const d = divisor[0];
  if (divisor.length !== 1 || d === undefined) return undefined;
  const out: Polynomial = new Map();
  for (const t of polynomial(a).values()) {
    const rest = [...t.atoms];
    for (const atom of d.atoms) {
      const at = rest.findIndex((x) => atomKey(x) === atomKey(atom));
      if (at < 0) return undefined;
      rest.splice(at, 1);
    }
    if (t.coefficient % d.coefficient !== 0) return undefined;
    accumulate(out, rest, t.coefficient / d.coefficient);
  }
  return rebuild(out);
}
/** ⌈a / b⌉ */
export function ceilDivDims(a: Dim, b: Dim): Dim {
  return divDims(addDims(a, subDims(b, 1)), b);
}
/** The smaller of two. */
export function minDims(a: Dim, b: Dim): Dim {
  if (typeof a === "number") return typeof b === "number" ? Math.min(a, b) : smaller.of(a, b);
  return typeof b === "number" ? smaller.of(b, a) : extreme("min", a, b);
}
/** The larger of two. */
export function maxDims(a: Dim, b: Dim): Dim {
  if (typeof a === "number") return typeof b === "number" ? Math.max(a, b) : larger.of(a, b);
  return typeof b === "number" ? larger.of(b, a) : extreme("max", a, b);
}
/** In one form for equal values: what is added to the first side stands outside. */
function extreme(op: "min" | "max", a: Dim, b: Dim): Dim {
  const [least, most] = rangeOf(subDims(a, b));
  if (most <= 0) return op === "min" ? a : b;
  if (least >= 0) return op === "min" ? b : a;
  const constant = (d: Dim) => polynomial(d).get("")?.coefficient ?? 0;
  const sides = [a, b].map((d) => ({ d, more: constant(d), key: dimKey(subDims(d, constant(d))) }));
  const [first, second] = sides.sort((x, y) =>
    Number(typeof x.d === "number") - Number(typeof y.d === "number") || (x.key < y.key ? -1 : 1)
  );
  const more = first?.more ?? 0;
  return addDims({ op, a: subDims(first?.d ?? a, more), b: subDims(second?.d ?? b, more) }, more);
}
/** What a dim lies between, given that no size is below zero. */
export function rangeOf(d: Dim): readonly [least: number, most: number] {
  if (typeof d === "number") return [d, d];
  let least = 0, most = 0;
  for (const { coefficient, atoms } of polynomial(d).values()) {
    let part: readonly [number, number] = [coefficient, coefficient];
    for (const atom of atoms) {
      const [low, high] = atomRange(atom);
      const products = part.flatMap((x) => [low, high].map((y) => (x === 0 || y === 0 ? 0 : x * y)));
      part = [Math.min(...products), Math.max(...products)];
    }
    least += part[0];
    most += part[1];
  }
  return [least, most];
}
function atomRange(d: Dim): readonly [number, number] {
  if (!isNode(d)) return typeof d === "number" ? [d, d] : [0, Infinity];
  const [low, high] = rangeOf(d.a), [from, to] = rangeOf(d.b);
  if (d.op === "min") return [Math.min(low, from), Math.min(high, to)];
  if (d.op === "max") return [Math.max(low, from), Math.max(high, to)];
  if (d.op === "floordiv" && typeof d.b === "number" && d.b > 0) {
    return [Math.floor(low / d.b), Math.floor(high / d.b)];
  }
  return [d.op === "floordiv" && low >= 0 && from >= 0 ? 0 : -Infinity, Infinity];
}
/** The product of a shape. */
export function productDims(shape: readonly Dim[]): Dim {
  return shape.reduce<Dim>((n, d) => mulDims(n, d), 1);
}

let unknowns = 0;
/** A new unknown, different from every other. */
export function freshDim(): UnknownDim {
  return { unknown: ++unknowns };
}

/** What symbols and unknowns are bound to: a symbol by its name, an unknown as `?n`. */
export type DimEnv = ReadonlyMap<string, number>;

/** The number a dim comes to, or undefined while a symbol in it is not bound. */
export function evalDim(d: Dim, env: DimEnv): number | undefined {
  if (typeof d === "number") return d;
  if (typeof d === "string") return env.get(d);
  if (isUnknown(d)) return env.get(`?${d.unknown}`);
  const a = evalDim(d.a, env), b = evalDim(d.b, env);
  if (a === undefined || b === undefined) return undefined;
  switch (d.op) {
    case "add":
      return a + b;
    case "mul":
      return a * b;
    case "floordiv":
      return b === 0 ? undefined : Math.floor(a / b);
    case "min":
      return Math.min(a, b);
    case "max":
      return Math.max(a, b);
  }
}

/** Binds a symbol or unknown, or checks an expression, against an actual size. False when they disagree. */
export function bindDim(d: Dim, actual: number, env: Map<string, number>): boolean {
  if (typeof d === "number") return d === actual;
  if (typeof d === "string" || isUnknown(d)) {
    const key = atomKey(d), bound = env.get(key);
    if (bound === undefined) env.set(key, actual);
    return bound === undefined || bound === actual;
  }
  const value = evalDim(d, env);
  return value === undefined || value === actual;
}

/** Calls back with the binding name of every symbol and unknown in a dim. */
export function eachSymbol(d: Dim, found: (name: string) => void): void {
  if (typeof d === "string" || (typeof d === "object" && isUnknown(d))) found(atomKey(d));
  else if (typeof d === "object") {
    eachSymbol(d.a, found);
    eachSymbol(d.b, found);
  }
}

/** A dim as people write it: `batch`, `2*time - 1`, `?`. */
export function dimText(d: Dim): string {
  if (typeof d === "number" || typeof d === "string") return `${d}`;
  if (isUnknown(d)) return "?";
  const a = dimText(d.a), b = dimText(d.b);
  const inner = (text: string) => (/[ +-]/.test(text) ? `(${text})` : text);
  switch (d.op) {
    case "add":
      if (isNode(d.a) && (d.a.op === "min" || d.a.op === "max") && typeof d.b === "number") {
        return `${d.a.op}(${dimText(addDims(d.a.a, d.b))}, ${dimText(addDims(d.a.b, d.b))})`;
      }
      return b.startsWith("-") ? `${a} - ${b.slice(1)}` : `${a} + ${b}`;
    case "mul":
      return a === "-1" ? `-${inner(b)}` : `${inner(a)}*${inner(b)}`;
    case "floordiv":
      return `${inner(a)}//${inner(b)}`;
    default:
      return `${d.op}(${a}, ${b})`;
  }
}
