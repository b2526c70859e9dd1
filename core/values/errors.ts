/** Typed errors: every failure that a user can cause says what was done, what was expected and what came. @module */

/** Where and why an input was refused; the parts of a message, kept apart for programs. */
export interface ErrorDetail {
  /** File or source the problem lies in. */
  readonly file?: string;
  /** Place inside it: a layer, a node, a field path, a byte offset. */
  readonly place?: string;
  /** The layer, where the message names it. */
  readonly layer?: string;
  /** The error behind it. */
  readonly cause?: unknown;
}

/** The base of all errors that Lapis throws on purpose. `code` is stable, the message is for people. */
export class LapisError extends Error {
  /** Stable, machine-readable kind, as in `"shape"` or `"format"`. */
  readonly code: string;
  /** File or source the problem lies in. */
  readonly file?: string;
  /** Place inside it. */
  readonly place?: string;
  /** The layer that the message names; whoever puts one before a message sets it. */
  layer?: string;
  /** Takes the message for people and what programs need of it. */
  constructor(code: string, message: string, detail: ErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.name = new.target.name;
    this.code = code;
    if (detail.file !== undefined) this.file = detail.file;
    if (detail.place !== undefined) this.place = detail.place;
    if (detail.layer !== undefined) this.layer = detail.layer;
  }
}

/** A shape or element type that doesn't fit the operator or layer it is given to. */
export class ShapeError extends LapisError {
  /** Takes the message for people and what programs need of it. */
  constructor(message: string, detail?: ErrorDetail) {
    super("shape", message, detail);
  }
}

/** A field of a configuration that is missing, unknown or out of range; `place` is its path. */
export class ConfigError extends LapisError {
  /** Takes the message for people and what programs need of it. */
  constructor(message: string, detail?: ErrorDetail) {
    super("config", message, detail);
  }
}

/** A file that is damaged, truncated or not what it claims to be. */
export class FormatError extends LapisError {
  /** Takes the message for people and what programs need of it. */
  constructor(message: string, detail?: ErrorDetail) {
    super("format", message, detail);
  }
}

/** Something genuine that Lapis doesn't do: an unknown layer, operator, filter or option. */
export class UnsupportedError extends LapisError {
  /** Takes the message for people and what programs need of it. */
  constructor(message: string, detail?: ErrorDetail) {
    super("unsupported", message, detail);
  }
}

/** A declared size, count or depth beyond the limits in force. */
export class LimitError extends LapisError {
  /** Takes the message for people and what programs need of it. */
  constructor(message: string, detail?: ErrorDetail) {
    super("limit", message, detail);
  }
}

/** Data that a model can't be run on: a missing or unknown input, an index out of range. */
export class InputError extends LapisError {
  /** Takes the message for people and what programs need of it. */
  constructor(message: string, detail?: ErrorDetail) {
    super("input", message, detail);
  }
}

/** A backend that is missing or failed. */
export class BackendError extends LapisError {
  /** Takes the message for people and what programs need of it. */
  constructor(message: string, detail?: ErrorDetail) {
    super("backend", message, detail);
  }
}

/** Text for an error message of what came instead: bounded, on one line, quotes around strings. */
export function shown(value: unknown, max = 80): string {
  let text: string;
  if (typeof value === "string") text = JSON.stringify(value);
  else if (typeof value === "bigint" || typeof value === "number") text = `${value}`;
  else if (value === undefined) text = "nothing";
  else if (typeof value === "function") text = "a function";
  else {
    try {
      text = JSON.stringify(value) ?? String(value);
    } catch {
      text = Object.prototype.toString.call(value);
    }
  }
  return text.length > max ? `${text.slice(0, max - 1)}…` : text;
}
