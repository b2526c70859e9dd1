/** Runs one kernel on small buffers for the tests; every buffer is watched for writes past its end. @module */

import { deepStrictEqual, ok } from "node:assert/strict";
import { hasRelaxedSimd, type Kernel, ModuleBuilder } from "../assembler/assembler.ts";

type Data =
  | Float32Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Float64Array
  | Uint16Array
  | BigUint64Array;

const SLACK = 64;
const PATTERN = 0xa5;

/** A memory with a few modules' kernels. */
export class Harness {
  readonly memory: WebAssembly.Memory = new WebAssembly.Memory({ initial: 64 });
  readonly #buffers: { start: number; end: number }[] = [];
  #end = 4096;

  /** Copies data in and returns its address. */
  put(data: Data): number {
    const address = this.#end;
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const memory = new Uint8Array(this.memory.buffer);
    memory.set(bytes, address);
    memory.fill(PATTERN, address + bytes.length, address + bytes.length + SLACK);
    this.#buffers.push({ start: address, end: address + bytes.length });
    this.#end = address + bytes.length + SLACK;
    return address;
  }

  /** Runs a kernel with arguments by name and checks that it wrote inside its buffers. */
  run(kernel: Kernel, args: Readonly<Record<string, number>>, relaxed?: boolean): void {
    this.prepare(kernel, relaxed)(args);
  }

  /** Compiles a kernel and returns what `run` does with it. */
  prepare(kernel: Kernel, relaxed = hasRelaxedSimd()): (args: Readonly<Record<string, number>>) => void {
    const m = new ModuleBuilder({ relaxed });
    m.kernel(kernel, { export: true });
    const instance = new WebAssembly.Instance(new WebAssembly.Module(m.finish()), {
      env: { memory: this.memory },
    });
    const call = instance.exports[kernel.key] as (...values: number[]) => void;
    const names = new Set(kernel.args);
    return (args) => {
      for (const name of Object.keys(args)) ok(names.has(name), `${kernel.key} has no argument ${name}`);
      const values = kernel.args.map((name) => {
        const value = args[name];
        ok(value !== undefined, `${kernel.key} needs ${name}`);
        return value;
      });
      call(...values);
      this.#watch(kernel.key);
    };
  }

  #watch(key: string): void {
    const memory = new Uint8Array(this.memory.buffer);
    for (const { end } of this.#buffers) {
      const written = memory.subarray(end, end + SLACK).some((byte) => byte !== PATTERN);
      ok(!written, `${key} wrote past an end`);
    }
  }

  /** A view of float32 results. */
  f32(address: number, length: number): Float32Array {
    return new Float32Array(this.memory.buffer.slice(address, address + length * 4));
  }

  /** A copy of bytes. */
  bytes(address: number, length: number): Uint8Array {
    return new Uint8Array(this.memory.buffer.slice(address, address + length));
  }
}

/** Repeatable float32 numbers in [-1, 1). */
export function numbers(length: number, seed = 1): Float32Array {
  let state = seed * 2654435761 >>> 0;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** Fails unless every value is within `tolerance` (absolute) of what is expected. */
export function near(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what = "",
): void {
  deepStrictEqual(actual.length, expected.length);
  for (let i = 0; i < expected.length; i++) {
    const [a = NaN, e = NaN] = [actual[i], expected[i]];
    ok(
      Math.abs(a - e) <= tolerance || Object.is(a, e) || a === e,
      `${what} [${i}]: ${a} is not ${e} ± ${tolerance}`,
    );
  }
}
