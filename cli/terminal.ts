/** What the command line writes with: lines, tables and a progress bar that only a terminal sees. @module */

/** Where output goes; tests hand in their own. */
export interface Terminal {
  /** Writes to standard output; bytes where `-o -` asks for a file there. */
  out(text: string | Uint8Array): void;
  /** Writes to standard error. */
  err(text: string): void;
  /** Columns to wrap at. */
  readonly width: number;
  /** Standard error is looked at by a person. */
  readonly interactive: boolean;
  /** Asks the person who sits at it; absent where nobody does. */
  ask?(question: string): string | null;
}

/** Thrown where nobody reads standard output any more: the work ends, and nothing is told. */
export class OutputClosed extends Error {}

/** The process' own terminal; 80 columns where the size isn't known. */
export function processTerminal(): Terminal {
  const encoder = new TextEncoder();
  const writeAll = (stream: typeof Deno.stdout | typeof Deno.stderr, bytes: Uint8Array) => {
    try {
      for (let left = bytes; left.length > 0;) left = left.subarray(stream.writeSync(left));
    } catch (error) {
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
      // What is told on the way is no result: work goes on where nobody reads it.
      if (stream === Deno.stdout) throw new OutputClosed();
    }
  };
  // Workers, which load this file too, have no prompt.
  const ask = Reflect.get(globalThis, "prompt") as ((question: string) => string | null) | undefined;
  return {
    out: (text) => writeAll(Deno.stdout, typeof text === "string" ? encoder.encode(text) : text),
    err: (text) => writeAll(Deno.stderr, encoder.encode(text)),
    width: Deno.stdout.isTerminal() ? Deno.consoleSize().columns : 80,
    interactive: Deno.stderr.isTerminal(),
    ...(ask && Deno.stdin.isTerminal() && Deno.stdout.isTerminal() && { ask }),
  };
}

/** How a table is set. */
export interface TableOptions {
  /** Columns that are set flush right. */
  readonly right?: readonly number[];
  /** Columns whose beginning is cut off rather than their end. */
  readonly ends?: readonly number[];
  readonly width?: number;
  readonly indent?: number;
}
/** Columns of text give way no further than this before a table is broken. */
const least = 12;

/**
 * Rows under a header, in columns as wide as they must be. Where they are wider than the terminal, columns of text give
 * way, the widest first; where that isn't enough, the table goes on below under its first column.
 */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  options: TableOptions = {},
): string {
  const { right = [], width = 80, indent = 0 } = options;
  const natural = header.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const widthOf = (columns: readonly number[], widths: readonly number[]) =>
    indent + columns.reduce((sum, c) => sum + (widths[c] ?? 0), 0) + 2 * (columns.length - 1);
  const shrunk = natural.map((w, c) => right.includes(c) ? w : Math.min(w, least));
  const blocks: number[][] = [[]];
  for (const c of header.keys()) {
    const last = blocks.at(-1) ?? [];
    if (last.length < 2 || widthOf([...last, c], shrunk) <= width) last.push(c);
    else blocks.push([0, c]);
  }
  return blocks.map((columns) => {
    const widths = [...natural];
    for (let over = widthOf(columns, widths) - width; over > 0; over--) {
      const given = columns.filter((c) => !right.includes(c) && (widths[c] ?? 0) > least);
      const [widest] = given.sort((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0));
      if (widest === undefined) break;
      widths[widest] = (widths[widest] ?? 1) - 1;
    }
    return block(header, rows, columns, widths, options);
  }).join("\n\n");
}
function block(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  columns: readonly number[],
  widths: readonly number[],
  { right = [], ends = [], indent = 0 }: TableOptions,
): string {
  const line = (cells: readonly string[]) =>
    " ".repeat(indent) + columns.map((i) => {
      const cell = (ends.includes(i) ? clipStart : clip)(cells[i] ?? "", widths[i] ?? 0);
      return right.includes(i) ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0);
    }).join("  ").trimEnd();
  const rule = " ".repeat(indent) + columns.map((c) => "─".repeat(widths[c] ?? 0)).join("  ").trimEnd();
  return [line(header), rule, ...rows.map(line)].join("\n");
}

/** Text cut to a width, with an ellipsis where something is missing; line breaks become spaces. */
export function clip(text: string, width: number): string {
  const flat = text.replace(/\s+/g, (gap) => (gap.includes("\n") ? " " : gap));
  return flat.length <= width ? flat : `${flat.slice(0, Math.max(0, width - 1))}…`;
}

/** Text cut to a width at its beginning. */
function clipStart(text: string, width: number): string {
  return text.length <= width ? text : `…${text.slice(text.length - Math.max(0, width - 1))}`;
}

/** Words in lines of at most `width` columns; a longer word has a line of its own. */
export function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines;
}
/** A difference or tolerance: `0`, `3.6e-7`. */
export function small(n: number): string {
  return n === 0 ? "0" : Number.isFinite(n) ? n.toExponential(1) : `${n}`;
}

/** Bytes for people: `1.4 MiB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ["KiB", "MiB", "GiB"];
  let n = bytes / 1024, i = 0;
  while (n >= 1024 && i < units.length - 1) n /= 1024, i++;
  return `${n.toFixed(1)} ${units[i]}`;
}

/** A whole number with thousands set apart. */
export function count(n: number): string {
  return `${n}`.replace(/\B(?=(\d{3})+$)/g, ",");
}

/** A shape as `[?, 100, 64]`. */
export function shapeText(shape: readonly (number | string | null)[]): string {
  return `[${shape.map((d) => (d === null ? "?" : `${d}`)).join(", ")}]`;
}

/** Draws how far a piece of work is; silent where nobody looks. */
export function progress(
  terminal: Terminal,
  what: string,
): { step(done: number, total: number): void; end(): void } {
  let last = "";
  return {
    step(done, total) {
      if (!terminal.interactive) return;
      const cells = 24, full = total === 0 ? cells : Math.round((cells * done) / total);
      const text = `${what} ${"█".repeat(full)}${"░".repeat(cells - full)} ${done}/${total}`;
      if (text !== last) terminal.err(`\r${text}`);
      last = text;
    },
    end() {
      if (last !== "") terminal.err(`\r${" ".repeat(last.length)}\r`);
    },
  };
}
