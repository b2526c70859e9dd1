/** Numbers as Python writes them, in logs and in names of files: `repr`, and the format of `{loss:.3f}`. @module */
import { ConfigError, shown } from "../../core/values/errors.ts";

/** An exponent of two digits at least, as C writes it. */
const exponent = (text: string) =>
  text.replace(/e([+-])(\d+)$/, (_, sign: string, digits: string) => `e${sign}${digits.padStart(2, "0")}`);
function unusual(n: number): string | undefined {
  if (Number.isNaN(n)) return "nan";
  return Number.isFinite(n) ? undefined : n > 0 ? "inf" : "-inf";
}
/** A float in the fewest digits that tell it apart: `1.0`, `0.25`, `1e-05`. */
export function floatText(n: number): string {
  const word = unusual(n);
  if (word) return word;
  if (n === 0) return Object.is(n, -0) ? "-0.0" : "0.0";
  const power = Math.floor(Number(n.toExponential().split("e")[1]));
  if (power < -4 || power >= 16) return exponent(n.toExponential());
  const text = `${n}`;
  return text.includes(".") ? text : `${text}.0`;
}
/** `g`: so many digits that count, none of them a zero at the end. */
function general(n: number, precision: number): string {
  const digits = Math.max(1, precision),
    text = n.toExponential(digits - 1),
    power = Number(text.split("e")[1]);
  const trimmed = (x: string) => x.includes(".") ? x.replace(/\.?0+($|e)/, "$1") : x;
  return power < -4 || power >= digits
    ? exponent(trimmed(text))
    : trimmed(n.toFixed(Math.max(0, digits - 1 - power)));
}
/** The digits of a number without its sign. */
function digitsOf(n: number, whole: boolean, precision: string | undefined, type: string): string {
  const places = precision === undefined ? 6 : Number(precision), lower = type.toLowerCase();
  const word = unusual(n);
  if (word) return lower === "%" ? `${word}%` : word;
  switch (lower) {
    case "f":
      return n.toFixed(places);
    case "e":
      return exponent(n.toExponential(places));
    case "g":
      return general(n, places);
    case "%":
      return `${(n * 100).toFixed(places)}%`;
    case "d":
      return `${n}`;
    case "x":
    case "o":
    case "b":
      return n.toString({ x: 16, o: 8, b: 2 }[lower]);
    default:
      return whole ? `${n}` : precision === undefined ? floatText(n) : general(n, places);
  }
}
const grammar = /^(?:(.)?([<>=^]))?([-+ ])?(0)?(\d+)?([,_])?(?:\.(\d+))?([defgxob%EFGX])?$/u;
/**
 * A number in a format of Python's: `02d`, `.3f`, `8.2e`, `.1%`, or none. `whole` tells an int from a float.
 * @throws {ConfigError} for a format that Python refuses for such a number.
 */
export function formatted(n: number, spec: string, whole: boolean): string {
  const match = grammar.exec(spec), type = match?.[8] ?? "", precision = match?.[7];
  const forInt = /[dxobX]/.test(type);
  if (!match || (forInt && !whole) || (precision !== undefined && whole && (forInt || type === ""))) {
    throw new ConfigError(`${shown(spec)}: is no format of ${whole ? "an integer" : "a float"}`);
  }
  const [, given, side, sign = "-", zero, width = "0", comma] = match;
  const fill = given ?? (zero ? "0" : " "), align = side ?? (zero ? "=" : ">");
  let text = digitsOf(Math.abs(n), whole, precision, type);
  if (comma) text = text.replace(/^\d+/, (d) => d.replace(/\B(?=(\d{3})+$)/g, comma));
  if (/[EFGX]/.test(type)) text = text.toUpperCase();
  const before = n < 0 || Object.is(n, -0) ? "-" : sign === "-" ? "" : sign;
  const room = Math.max(0, Number(width) - before.length - text.length);
  if (align === "=") return before + fill.repeat(room) + text;
  const left = align === "<" ? 0 : align === "^" ? Math.floor(room / 2) : room;
  return fill.repeat(left) + before + text + fill.repeat(room - left);
}
/**
 * A text with `{name}` and `{name:format}` filled in, as Python's `str.format` does; `{{` and `}}` are braces. Names are
 * those of logs, in camelCase or snake_case; `integers` are those that count.
 * @throws {ConfigError} at `place`, for a name that stands for nothing or a format that doesn't fit.
 */
export function filled(
  text: string,
  valueOf: (name: string) => number | undefined,
  integers: readonly string[],
  place: string,
): string {
  return text.replace(/\{\{|\}\}|\{(\w+)(?::([^{}]*))?\}/g, (all, name: string | undefined, spec = "") => {
    if (name === undefined) return all.charAt(0);
    const value = valueOf(name);
    if (value !== undefined) return formatted(value, spec, integers.includes(name));
    throw new ConfigError(`${place}: ${shown(text)} names ${shown(name)}, which the fit doesn't give`, {
      place,
    });
  });
}
