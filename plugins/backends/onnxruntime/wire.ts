/** Messages between a program and its onnxruntime process: a head in JSON, then bytes as they lie. @module */

/** A tensor on its way: its bytes are a part of the message; texts lie in the head. */
export interface WiredTensor {
  readonly type: string;
  readonly dims: readonly number[];
  /** Number of the part that holds its bytes. */
  readonly part?: number;
  readonly texts?: readonly string[];
}
/** What the engine is asked for. */
export type Request =
  | {
    readonly id: number;
    readonly ask: "create";
    /** A file's path; without it the model is the first part. */
    readonly path?: string;
    readonly options: Readonly<Record<string, unknown>>;
  }
  | {
    readonly id: number;
    readonly ask: "run";
    readonly session: number;
    readonly feeds: Readonly<Record<string, WiredTensor>>;
  }
  | { readonly id: number; readonly ask: "release"; readonly session: number };
/** What the engine answers. */
export interface Answer {
  readonly id: number;
  /** Why it failed. */
  readonly error?: string;
  readonly session?: number;
  readonly inputNames?: readonly string[];
  readonly outputNames?: readonly string[];
  readonly results?: Readonly<Record<string, WiredTensor>>;
}
/** A head with its parts. */
export interface Message<Head> {
  readonly head: Head;
  readonly parts: readonly Uint8Array[];
}

/** Lengths of the head and of the rest stand first; parts begin at multiples of this, so that they are read in place. */
const lead = 16, alignment = 8;
const aligned = (n: number) => Math.ceil(n / alignment) * alignment;

/** The pieces of a message in order, its parts as they are. */
export function pack<Head extends object>({ head, parts }: Message<Head>): readonly Uint8Array[] {
  const text = new TextEncoder().encode(JSON.stringify({ head, sizes: parts.map((p) => p.byteLength) }));
  const front = new Uint8Array(lead + aligned(text.length)), view = new DataView(front.buffer);
  view.setFloat64(0, text.length, true);
  view.setFloat64(8, parts.reduce((n, p) => n + aligned(p.byteLength), 0), true);
  front.set(text, lead);
  const gap = (p: Uint8Array) => new Uint8Array(aligned(p.byteLength) - p.byteLength);
  return [front, ...parts.flatMap((p) => (p.byteLength % alignment === 0 ? [p] : [p, gap(p)]))];
}

/** How long a message is whose first bytes are these. */
function lengthOf(front: Uint8Array): number {
  const view = new DataView(front.buffer, front.byteOffset);
  return lead + aligned(view.getFloat64(0, true)) + view.getFloat64(8, true);
}
/** A whole message; its parts are views. */
function unpack<Head>(bytes: Uint8Array): Message<Head> {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0, true);
  const text = new TextDecoder().decode(bytes.subarray(lead, lead + length));
  const { head, sizes } = JSON.parse(text) as { head: Head; sizes: readonly number[] };
  let at = lead + aligned(length);
  const parts = sizes.map((size) => {
    const part = bytes.subarray(at, at + size);
    at += aligned(size);
    return part;
  });
  return { head, parts };
}
/** Fills a buffer from a place on; says how many bytes came, 0 at the end. */
export type Reader = (into: Uint8Array, at: number) => number;
/** The next message, waited for; undefined at the end. */
export function readMessage<Head>(read: Reader): Message<Head> | undefined {
  const fill = (into: Uint8Array, from: number): boolean => {
    for (let at = from; at < into.length;) {
      const came = read(into, at);
      if (came === 0) return false;
      at += came;
    }
    return true;
  };
  const front = new Uint8Array(lead);
  if (!fill(front, 0)) return undefined;
  const whole = new Uint8Array(lengthOf(front));
  whole.set(front);
  return fill(whole, lead) ? unpack<Head>(whole) : undefined;
}

/** Puts messages together out of whatever pieces arrive. */
export class Unpacker<Head> {
  readonly #found: (message: Message<Head>) => void;
  /** The message that is being filled, or the lengths of the next. */
  #buffer: Uint8Array<ArrayBuffer> = new Uint8Array(lead);
  #filled = 0;
  #begun = false;

  constructor(found: (message: Message<Head>) => void) {
    this.#found = found;
  }
  /** Takes the next piece. */
  push(piece: Uint8Array): void {
    for (let at = 0; at < piece.length;) {
      const taken = piece.subarray(at, at + this.#buffer.length - this.#filled);
      this.#buffer.set(taken, this.#filled);
      this.#filled += taken.length;
      at += taken.length;
      if (this.#filled === this.#buffer.length) this.#next();
    }
  }
  /** What follows the lengths, or a whole message. */
  #next(): void {
    const bytes = this.#buffer;
    if (this.#begun) {
      [this.#buffer, this.#filled] = [new Uint8Array(lead), 0];
    } else {
      this.#buffer = new Uint8Array(lengthOf(bytes));
      this.#buffer.set(bytes);
    }
    this.#begun = !this.#begun;
    if (!this.#begun) this.#found(unpack<Head>(bytes));
  }
}

/** A tensor's shape and bytes; `parts` takes the bytes. */
export function wired(
  t: { readonly type: string; readonly dims: readonly number[]; readonly data: unknown },
  parts: Uint8Array[],
): WiredTensor {
  const { type, data } = t, dims = [...t.dims];
  if (!ArrayBuffer.isView(data)) return { type, dims, texts: data as readonly string[] };
  parts.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return { type, dims, part: parts.length - 1 };
}
