/** JSON out of model files: bounded in size and depth, Python's infinities and NaN read, keys that would reach a prototype refused. @module */
import { FormatError, LimitError } from "../../core/values/errors.ts";
import type { Limits } from "../../core/values/limits.ts";

/** A JSON object. */
export type Json = Readonly<Record<string, unknown>>;

/** True for a JSON object. */
export function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const quote = 0x22, backslash = 0x5c;
/** Stands for Python's NaN, which JSON can't say. */
const notANumber = "\u0000NaN";
/** Depth of nesting, and the text with `Infinity` as a number that JSON can say and `NaN` as a word. */
function survey(text: string, what: string, limits: Limits): string {
  let depth = 0, deepest = 0, from = 0, out = "";
  // A model config nests about five levels a layer.
  const most = limits.depth * 8;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === quote) {
      for (i++; i < text.length && text.charCodeAt(i) !== quote; i++) {
        if (text.charCodeAt(i) === backslash) i++;
      }
    } else if (c === 0x7b || c === 0x5b) {
      deepest = Math.max(deepest, ++depth);
      if (deepest > most) {
        throw new LimitError(`${what}: JSON is nested more than ${most} deep`, { place: what });
      }
    } else if (c === 0x7d || c === 0x5d) depth--;
    else if (c === 0x49 && text.startsWith("Infinity", i)) {
      out += `${text.slice(from, i)}1e999`;
      i += 7;
      from = i + 1;
    } else if (c === 0x4e && text.startsWith("NaN", i)) {
      out += text.slice(from, i) + JSON.stringify(notANumber);
      i += 2;
      from = i + 1;
    }
  }
  return out + text.slice(from);
}

/** Refuses keys that JavaScript gives a meaning of its own. */
function checkKeys(root: unknown, what: string): void {
  const stack: unknown[] = [root];
  for (let value = stack.pop(); value !== undefined; value = stack.pop()) {
    if (typeof value !== "object" || value === null) continue;
    for (const key of Object.keys(value)) {
      if (key === "__proto__") {
        throw new FormatError(`${what}: holds the key "__proto__", which no model has`, { place: what });
      }
      const inner = (value as Record<string, unknown>)[key];
      if (typeof inner === "object" && inner !== null) stack.push(inner);
    }
  }
}

/**
 * Parses a JSON object; `what` names the text in messages.
 * @throws {FormatError} when it isn't JSON or holds a forbidden key; {@link LimitError} when too large or too deep.
 */
export function parseJson(text: string, what: string, limits: Limits): Json {
  if (text.length > limits.textBytes) {
    throw new LimitError(`${what}: ${text.length} characters, more than the limit of ${limits.textBytes}`, {
      place: what,
    });
  }
  let value: unknown;
  const bounded = survey(text, what, limits);
  try {
    const found = bounded.length !== text.length && bounded.includes(JSON.stringify(notANumber));
    value = found ? JSON.parse(bounded, (_, v) => (v === notANumber ? NaN : v)) : JSON.parse(bounded);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : "";
    throw new FormatError(`${what}: is not JSON (${why.slice(0, 120)})`, { place: what, cause });
  }
  if (!isJson(value)) throw new FormatError(`${what}: expected a JSON object`, { place: what });
  checkKeys(value, what);
  return value;
}
/** Bytes as text. @throws {FormatError} when they aren't UTF-8. */
export function utf8(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new FormatError(`${what}: is not UTF-8 text, so not JSON`, { place: what, cause });
  }
}
