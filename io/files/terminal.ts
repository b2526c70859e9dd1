/** The terminal that people look at. @module */

/** A terminal that people look at. */
export interface Terminal {
  /** Characters of a line. */
  readonly columns: number;
  /** Writes text as it is. */
  write(text: string): void;
}
/** The terminal behind standard error, where it is one. */
export function terminal(): Terminal | undefined {
  const { process } = globalThis as {
    readonly process?: {
      readonly stderr?: { readonly isTTY?: boolean; readonly columns?: number; write(text: string): unknown };
    };
  };
  const stream = process?.stderr;
  if (!stream?.isTTY) return undefined;
  return { columns: stream.columns ?? 80, write: (text) => void stream.write(text) };
}
