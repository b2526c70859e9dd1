/** The memory of the engine of loops: bytes seen as every element type. @module */
import type { ElementType } from "../../../plugins/backends/room/lowering/loops.ts";

/** A number of an element: int64 as a bigint, bool as 0 or 1. */
export type Element = number | bigint;

/** Growable memory. */
export class Memory {
  #buffer = new ArrayBuffer(0);
  #views = new DataView(this.#buffer);

  /** Bytes it has. */
  get size(): number {
    return this.#buffer.byteLength;
  }
  /** Makes room; what was written stays. */
  grow(bytes: number): void {
    if (bytes <= this.size) return;
    this.#buffer = this.#buffer.transfer(bytes);
    this.#views = new DataView(this.#buffer);
  }
  /** Bytes as they lie. */
  bytes(address: number, count: number): Uint8Array {
    return new Uint8Array(this.#buffer, address, count);
  }
  /** Reads an element. */
  load(type: ElementType, address: number): Element {
    switch (type) {
      case "f32":
        return this.#views.getFloat32(address, true);
      case "i32":
        return this.#views.getInt32(address, true);
      case "i64":
        return this.#views.getBigInt64(address, true);
      default:
        return this.#views.getUint8(address);
    }
  }
  /** Writes an element. */
  store(type: ElementType, address: number, value: Element): void {
    switch (type) {
      case "f32":
        return this.#views.setFloat32(address, Number(value), true);
      case "i32":
        return this.#views.setInt32(address, Number(value), true);
      case "i64":
        return this.#views.setBigInt64(address, BigInt(value), true);
      default:
        return this.#views.setUint8(address, Number(value));
    }
  }
}
