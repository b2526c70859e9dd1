/** What a command of the command line is: its options, its work, and an answer in lines and in JSON. @module */
import type { Command } from "commander";
import type { Terminal } from "./terminal.ts";

/** What a command found. */
export interface Outcome {
  /** False makes the exit code 1: the work was done and the answer is no. */
  readonly answer?: boolean;
  /** Another exit code: that of the signal that stopped the work. */
  readonly exit?: number;
  /** Nothing is printed: standard output is the result's own. */
  readonly quiet?: boolean;
  /** Lines for people. */
  readonly text: string;
  /** The same for programs, printed by `--json`. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** What a command is given beside its options. */
export interface Context {
  readonly terminal: Terminal;
  /** A line for people on standard error. */
  log(line: string): void;
}

/** A command, one file each. */
export interface CommandDef {
  readonly name: string;
  readonly summary: string;
  /** Declares arguments and options. */
  declare(command: Command): Command;
  /** An invocation with its effect, shown under `--help`. */
  readonly example: string;
  /** Does the work. `args` are the command's arguments in order. */
  run(
    args: readonly string[],
    options: Readonly<Record<string, unknown>>,
    context: Context,
  ): Promise<Outcome>;
}

/** Wrong use of the command line: exit code 2. */
export class UsageError extends Error {}

/** A text option, or undefined when it wasn't given. */
export function textOption(options: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = options[name];
  return typeof value === "string" ? value : undefined;
}

/** A repeatable text option. */
export function listOption(options: Readonly<Record<string, unknown>>, name: string): readonly string[] {
  const value = options[name];
  return Array.isArray(value) ? value.map(String) : [];
}

/** The names of a repeatable option, each by itself or by commas. */
export function namesOption(options: Readonly<Record<string, unknown>>, name: string): readonly string[] {
  return listOption(options, name).flatMap((list) => list.split(","))
    .map((part) => part.trim()).filter((part) => part !== "");
}

/** A number option within bounds. @throws {UsageError} */
export function numberOption(
  options: Readonly<Record<string, unknown>>,
  name: string,
  bounds: { readonly flag: string; readonly whole?: boolean; readonly min?: number },
): number | undefined {
  const value = textOption(options, name);
  if (value === undefined) return undefined;
  const n = Number(value), { flag, whole = false, min = -Infinity } = bounds;
  if (value.trim() === "" || !Number.isFinite(n) || n < min || (whole && !Number.isInteger(n))) {
    const kind = whole ? "a whole number" : "a number";
    throw new UsageError(`${flag}: expected ${kind}${min === -Infinity ? "" : ` from ${min}`}, got ${value}`);
  }
  return n;
}

/** Collects a repeatable option for commander. */
export function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...before ?? [], value];
}
