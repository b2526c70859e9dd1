/** Memory and program of a session: one WebAssembly instance and its memory. @module */
import { BackendError, LimitError } from "../../../core/values/errors.ts";
import type { Segment } from "../room/lowering/program.ts";
import type { Device } from "../room/target.ts";
import type { Program } from "./program.ts";

const PAGE = 65536;

/** A program in memory of its own. Views of its buffer are never kept. */
export class WasmDevice implements Device {
  readonly base: number;
  readonly #tableBase: number;
  readonly #memory: WebAssembly.Memory;
  readonly #functions: Readonly<Record<string, unknown>>;

  constructor(program: Program, module: WebAssembly.Module) {
    this.base = program.end;
    this.#tableBase = program.tableBase;
    this.#memory = new WebAssembly.Memory({ initial: Math.ceil(program.end / PAGE) });
    this.#functions = new WebAssembly.Instance(module, { env: { memory: this.#memory } }).exports;
  }

  grow(bytes: number): void {
    const missing = bytes - this.#memory.buffer.byteLength;
    if (missing <= 0) return;
    try {
      this.#memory.grow(Math.ceil(missing / PAGE));
    } catch {
      throw new LimitError(`no memory for a plan of ${bytes} bytes`);
    }
  }
  bind(words: Int32Array): void {
    new Int32Array(this.#memory.buffer, this.#tableBase, words.length).set(words);
  }
  write(address: number, bytes: Uint8Array): void {
    new Uint8Array(this.#memory.buffer, address, bytes.length).set(bytes);
  }
  read(address: number, bytes: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, address, bytes);
  }
  run({ name }: Segment): void {
    const run = this.#functions[name];
    if (typeof run !== "function") throw new BackendError(`the module has no segment ${name}`);
    run();
  }
  close(): void {}
}
