/** Regular expressions as RE2 has them, matched in time linear in the text whatever the pattern: no backtracking. @module */
import { InputError, LimitError, shown } from "../../../core/values/errors.ts";
import { parsePattern, type Piece } from "./pattern.ts";

/** One step of a program; `next` and `other` are steps that follow. */
type Step =
  | { readonly kind: "one"; readonly has: (c: number) => boolean; next: number }
  | { readonly kind: "both"; next: number; other: number }
  | { readonly kind: "at"; readonly holds: (text: readonly number[], at: number) => boolean; next: number }
  | { readonly kind: "end" };

/** Largest program that a pattern may become. */
const maxSteps = 100_000;

/** Turns a pattern's pieces into steps, from the last to the first. */
class Program {
  readonly steps: Step[] = [{ kind: "end" }];
  add(step: Step): number {
    if (this.steps.length >= maxSteps) throw new LimitError(`the pattern takes more than ${maxSteps} steps`);
    return this.steps.push(step) - 1;
  }
  #visits = 0;
  /** The first step of a piece that goes on at `next`. */
  of(piece: Piece, next: number): number {
    // Empty pieces take no steps, however often they are repeated.
    if (++this.#visits > 4 * maxSteps) throw new LimitError(`the pattern takes more than ${maxSteps} steps`);
    switch (piece.kind) {
      case "one":
        return this.add({ kind: "one", has: piece.has, next });
      case "at":
        return this.add({ kind: "at", holds: piece.holds, next });
      case "row":
        return piece.parts.reduceRight((after, part) => this.of(part, after), next);
      case "either":
        return piece.parts.map((part) => this.of(part, next)).reduceRight((other, first) =>
          this.add({ kind: "both", next: first, other })
        );
      case "many":
        return this.#many(piece.part, piece.least, piece.most, next);
    }
  }
  #many(part: Piece, least: number, most: number, next: number): number {
    let after = next;
    if (most === Infinity) {
      const loop = { kind: "both" as const, next: 0, other: next };
      after = this.add(loop);
      loop.next = this.of(part, after);
    } else {
      for (let i = least; i < most; i++) {
        after = this.add({ kind: "both", next: this.of(part, after), other: next });
      }
    }
    for (let i = 0; i < least; i++) after = this.of(part, after);
    return after;
  }
}

/** A pattern's steps and the first of them. @throws {InputError} @throws {LimitError} */
function compiled(pattern: string): { readonly steps: readonly Step[]; readonly start: number } {
  const program = new Program();
  try {
    const start = program.of(parsePattern(pattern), 0);
    return { steps: program.steps, start };
  } catch (error) {
    if (error instanceof RangeError) throw new InputError(`pattern ${shown(pattern)} is nested too deep`);
    throw error;
  }
}
/** The code points of a text. */
export const lettersOf = (text: string): readonly number[] => Array.from(text, (c) => c.codePointAt(0) ?? 0);

/**
 * A test whether a whole text matches a pattern.
 * @throws {InputError} for a pattern that RE2 doesn't take. @throws {LimitError} for one that is too large.
 */
export function fullMatcher(pattern: string): (text: string) => boolean {
  const { steps, start } = compiled(pattern);
  return (text) => {
    const letters = lettersOf(text);
    let now = reached(steps, [start], letters, 0);
    for (let at = 0; at < letters.length && now.length > 0; at++) {
      const after: number[] = [];
      for (const s of now) {
        const step = steps[s];
        if (step?.kind === "one" && step.has(letters[at] ?? 0)) after.push(step.next);
      }
      now = reached(steps, after, letters, at + 1);
    }
    return now.includes(0);
  };
}

/** A stretch of a text: from `start` up to `end`. */
export interface Match {
  readonly start: number;
  readonly end: number;
}
/**
 * The first match of a pattern from a place on, and of those that begin there the longest, in time linear in the text.
 * @throws {InputError} for a pattern that RE2 doesn't take. @throws {LimitError} for one that is too large.
 */
export function searcher(pattern: string): (letters: readonly number[], from: number) => Match | undefined {
  const { steps, start } = compiled(pattern);
  return (letters, from) => {
    let best: Match | undefined;
    // Steps with where their match began, the earliest beginning first.
    let now: (readonly [step: number, began: number])[] = [];
    for (let at = from; at <= letters.length; at++) {
      if (!best) now.push([start, at]);
      const seen = new Set<number>(), after: (readonly [number, number])[] = [];
      for (const [first, began] of now) {
        if (best && began > best.start) break;
        for (const s of reached(steps, [first], letters, at, seen)) {
          const step = steps[s];
          if (s === 0) best = { start: began, end: at };
          else if (step?.kind === "one" && at < letters.length && step.has(letters[at] ?? 0)) {
            after.push([step.next, began]);
          }
        }
      }
      now = after;
      if (best && now.length === 0) break;
    }
    return best;
  };
}
/** Steps that take a letter, or the end, reached from some without one. */
function reached(
  steps: readonly Step[],
  from: readonly number[],
  text: readonly number[],
  at: number,
  seen: Set<number> = new Set<number>(),
): number[] {
  const stack = [...from], found: number[] = [];
  for (let s = stack.pop(); s !== undefined; s = stack.pop()) {
    if (seen.has(s)) continue;
    seen.add(s);
    const step = steps[s];
    if (step?.kind === "both") stack.push(step.next, step.other);
    else if (step?.kind === "at") { if (step.holds(text, at)) stack.push(step.next); }
    else found.push(s);
  }
  return found;
}
