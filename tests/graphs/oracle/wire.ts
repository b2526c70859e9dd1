/** What goes between the run and the process that holds onnxruntime. @module */

/** A model and what it is run on; all of it base64. */
export interface Question {
  readonly model: string;
  readonly feeds: readonly Readonly<Record<string, string>>[];
}
/** What came: of each run its outputs, or why it failed. */
export interface Answer {
  readonly error?: string;
  readonly runs?: readonly { readonly error?: string; readonly outputs?: Readonly<Record<string, string>> }[];
}

/** Bytes as text. */
export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
}
/** Text as bytes. */
export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}
/** The lines of a stream. */
export async function* linesFrom(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const part of stream) {
    const lines = (rest + decoder.decode(part, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}
