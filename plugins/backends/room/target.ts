/** The device that an engine gives to the room: it holds memory and runs programs. @module */
import type { Segment } from "./lowering/program.ts";

/** Bytes that a kernel may touch beyond the end of a value. */
export const SLACK = 64;
/**
 * Bytes of what a lookup says of an index out of range: the first one's position + 1 as int32, and that index as int64 at 8,
 * unless something stands there already.
 */
export const STATUS_BYTES = 16;

/** A session's memory and the program that runs in it. Addresses are bytes from 0. */
export interface Device {
  /** Where values may lie from; what is below is the program's own. A multiple of 64. */
  readonly base: number;
  /** True for a device that only answers later: its sessions neither run nor read synchronously. */
  readonly apart?: boolean;
  /** Makes room for addresses below `bytes`; what was written stays. @throws {LimitError} */
  grow(bytes: number): void;
  /** Takes the words of the argument table over: what calls are given, until the next words come. */
  bind(words: Int32Array): void;
  /** Writes bytes, after everything that was asked for before. */
  write(address: number, bytes: Uint8Array): void;
  /** Bytes as they are after everything that was asked for before, good until the next call; a promise from a device apart. */
  read(address: number, bytes: number): Uint8Array | Promise<Uint8Array>;
  /** Runs a segment of the program. A device apart may return before it is done. */
  run(segment: Segment): void;
  /** Frees it. */
  close(): void;
}
