/** Stored elements as typed arrays and strings: a view where alignment and byte order allow it, else one copy. @module */
import { dtypes, type NumericArray } from "../../core/values/dtype.ts";
import { reversedUnits } from "../archives/bytes.ts";
import type { Datatype } from "./datatype.ts";
import { type Budget, Cursor, type Source, textOf } from "./cursor.ts";
import type { GlobalHeap } from "./storage/globalheap.ts";

/** The numbers of `count` elements that `bytes` hold; booleans become 0 and 1. */
export function numbersOf(bytes: Uint8Array, type: Datatype, count: number): NumericArray {
  const { array } = dtypes[type.dtype];
  const used = bytes.subarray(0, count * type.size);
  if (type.bigEndian && type.size > 1) return new array(reversedUnits(used, type.size).buffer);
  const whole = used.byteOffset % type.size === 0 ? used : used.slice();
  const numbers = new array(whole.buffer, whole.byteOffset, count);
  if (type.dtype === "bool" && whole.some((v) => v > 1)) return Uint8Array.from(whole, (v) => v ? 1 : 0);
  return numbers;
}

/**
 * The `count` strings that `bytes` hold, in UTF-8. Fixed ones and what the global heap holds are bounded together
 * by limits.textBytes; `shared` counts what lies in the heap.
 */
export function stringsOf(
  source: Source,
  heap: GlobalHeap,
  bytes: Uint8Array,
  type: Datatype,
  count: number,
  place: string,
  shared: Budget,
): string[] {
  const limit = source.limits.textBytes;
  let total = count * Math.max(type.size, 16);
  const grow = (by: number) => {
    total += by;
    if (total > limit) {
      throw source.tooLarge(`strings of more than ${limit} bytes at ${place}: too large`, place);
    }
  };
  grow(0);
  const elements = new Cursor(source.over(bytes), "variable-length string", 0, bytes.length);
  const out: string[] = [];
  for (let i = 0; i < count; i++) {
    if (type.text === "variable") {
      const found = heap.read(elements);
      shared.spend(found.length, elements.at);
      grow(found.length);
      out.push(textUntilZero(found));
    } else out.push(fixedText(bytes.subarray(i * type.size, (i + 1) * type.size), type));
  }
  return out;
}

function textUntilZero(bytes: Uint8Array): string {
  const zero = bytes.indexOf(0);
  return textOf(zero < 0 ? bytes : bytes.subarray(0, zero));
}

function fixedText(bytes: Uint8Array, type: Datatype): string {
  if (type.text === "zeroEnded") return textUntilZero(bytes);
  // Some writers (h5wasm) declare spaces and pad with zeros.
  const spaces = type.text === "spacePadded";
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === 0 || spaces && bytes[end - 1] === 32)) end--;
  return textOf(bytes.subarray(0, end));
}
