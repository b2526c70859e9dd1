/** A small, typed WebAssembly assembler: modules of kernels over one imported memory. @module */

import { LimitError } from "../../../../core/values/errors.ts";
import { ByteBuffer } from "./bytes.ts";
import { FunctionBuilder, type ScratchUse } from "./function.ts";
import { VALTYPE, type ValType } from "./opcodes.ts";

export { FunctionBuilder, type Label } from "./function.ts";
export type { LaneOp, MemoryLaneOp, MemoryOp, PlainOp, ValType } from "./opcodes.ts";

/** A generated function of a module. Equal keys mean equal code, so a module holds each kernel once. */
export interface Kernel {
  readonly key: string;
  readonly params: readonly ValType[];
  /** Names of the parameters, in order. */
  readonly args: readonly string[];
  readonly results?: readonly ValType[];
  /** Writes the body. The parameters are locals 0, 1, … of `f`; helpers come from `m.kernel(other)`. */
  emit(f: FunctionBuilder, m: ModuleBuilder): void;
}

/** How a module is generated. */
export interface ModuleOptions {
  /** Fused multiply-add (`relaxed_madd`) instead of multiply and add. Defaults to false: the same bits everywhere. */
  readonly relaxed?: boolean;
  /** Pages of the imported memory, 64 KiB each. */
  readonly memory?: { readonly min: number; readonly max?: number; readonly shared?: boolean };
  /** Address where `data` places its first segment. Defaults to `SCRATCH_BYTES`. */
  readonly dataBase?: number;
}

/**
 * Bytes of memory that kernels use for themselves, at the address given to `finish`. It is a constant of the code: an engine
 * that checks bounds in software drops the check for a constant address, and loads are half of a product's inner loop.
 */
export const SCRATCH_BYTES = 256;

/** A memory of the module's own, which it exports as `memory`. */
export interface OwnMemory {
  /** Pages that it begins with, 64 KiB each. */
  readonly pages: number;
}
/** How a module is finished. */
export interface FinishOptions {
  /**
   * Where in the first 64 KiB its `SCRATCH_BYTES` lie, 0 unless given; threads that share a memory run modules that differ
   * in this only.
   */
  readonly scratch?: number;
  /** A memory of its own instead of the imported one. */
  readonly own?: OwnMemory;
  /** A section that engines pass over, for programs that know its name. */
  readonly custom?: { readonly name: string; readonly bytes: Uint8Array };
}

/** What V8 takes: bytes of a function's code, data segments of a module. */
const FUNCTION_BYTES = 7_654_321, DATA_SEGMENTS = 100_000;

interface FunctionEntry {
  readonly type: number;
  /** What others call it. */
  name?: string;
  code: ByteBuffer;
  scratchUses: readonly ScratchUse[];
}

/** Collects functions and data and writes the binary module. It imports `env.memory`, or nothing where it has its own. */
export class ModuleBuilder {
  /** Whether `madd` is one fused instruction. */
  readonly relaxed: boolean;
  readonly #memory: { readonly min: number; readonly max?: number; readonly shared?: boolean };
  readonly #types: Map<string, number> = new Map();
  readonly #functions: FunctionEntry[] = [];
  readonly #kernels: Map<string, number> = new Map();
  readonly #segments: { address: number; bytes: Uint8Array }[] = [];
  #dataEnd: number;

  constructor(options: ModuleOptions = {}) {
    this.relaxed = options.relaxed ?? false;
    this.#memory = options.memory ?? { min: 1 };
    this.#dataEnd = options.dataBase ?? SCRATCH_BYTES;
  }

  /** Address after the last data segment. */
  get dataEnd(): number {
    return this.#dataEnd;
  }

  /** Adds a function and returns its index, for `f.call`. */
  addFunction(
    name: string,
    params: readonly ValType[],
    results: readonly ValType[],
    body: (f: FunctionBuilder) => void,
    options: { readonly export?: boolean } = {},
  ): number {
    const index = this.#functions.length;
    const entry: FunctionEntry = {
      type: this.#type(params, results),
      ...(options.export && { name }),
      code: new ByteBuffer(),
      scratchUses: [],
    };
    this.#functions.push(entry);
    const f = new FunctionBuilder(params, this.relaxed);
    body(f);
    Object.assign(entry, f.finish());
    return index;
  }

  /** The function of a kernel, generated at the first call. */
  kernel(kernel: Kernel, options: { readonly export?: boolean } = {}): number {
    const known = this.#kernels.get(kernel.key);
    if (known !== undefined) {
      const entry = this.#functions[known];
      if (entry && options.export) entry.name = kernel.key;
      return known;
    }
    const body = (f: FunctionBuilder): void => {
      this.#kernels.set(kernel.key, this.#functions.length - 1);
      kernel.emit(f, this);
    };
    return this.addFunction(kernel.key, kernel.params, kernel.results ?? [], body, options);
  }

  /** Places a constant table in memory, 16-byte aligned, and returns its address. */
  data(bytes: Uint8Array): number {
    const address = (this.#dataEnd + 15) & ~15;
    this.#segments.push({ address, bytes });
    this.#dataEnd = address + bytes.length;
    return address;
  }

  /** Places bytes at an address of the caller's choice, beyond `dataEnd`. */
  place(address: number, bytes: Uint8Array): void {
    this.#segments.push({ address, bytes });
  }

  /** The binary module. @throws {LimitError} with the figures, for one that V8 would refuse. */
  finish(options: FinishOptions = {}): Uint8Array<ArrayBuffer> {
    const { own, custom, scratch = 0 } = options;
    const longest = this.#functions.reduce((n, { code }) => Math.max(n, code.length), 0);
    for (
      const [what, count, limit] of [
        ["bytes in one function", longest, FUNCTION_BYTES],
        ["values with data", this.#segments.length, DATA_SEGMENTS],
      ] as const
    ) {
      if (count > limit) {
        throw new LimitError(`the generated module has ${count} ${what}; engines take ${limit}`);
      }
    }
    const parts: Uint8Array[] = [new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0])];
    const section = (id: number, content: readonly Uint8Array[]): void => {
      const head = new ByteBuffer();
      head.u8(id);
      head.u32(content.reduce((n, part) => n + part.length, 0));
      parts.push(head.view(), ...content);
    };
    section(1, [written((s) => this.#writeTypes(s))]);
    if (!own) section(2, [written((s) => this.#writeImport(s))]);
    section(3, [written((s) => {
      s.u32(this.#functions.length);
      for (const entry of this.#functions) s.u32(entry.type);
    })]);
    if (own) section(5, [new Uint8Array([1, 0]), written((s) => s.u32(own.pages))]);
    section(7, [written((s) => this.#writeExports(s, own !== undefined))]);
    section(10, [written((s) => {
      s.u32(this.#functions.length);
      for (const entry of this.#functions) s.sized(placeScratch(entry, scratch));
    })]);
    section(11, this.#dataParts());
    if (custom) section(0, [written((s) => s.name(custom.name)), custom.bytes]);
    return joined(parts);
  }

  #type(params: readonly ValType[], results: readonly ValType[]): number {
    const key = `${params.join()}:${results.join()}`;
    const index = this.#types.get(key) ?? this.#types.size;
    this.#types.set(key, index);
    return index;
  }

  #writeTypes(s: ByteBuffer): void {
    s.u32(this.#types.size);
    for (const key of this.#types.keys()) {
      s.u8(0x60);
      for (const side of key.split(":")) {
        const types = side === "" ? [] : side.split(",");
        s.u32(types.length);
        for (const type of types) s.u8(VALTYPE[type as ValType]);
      }
    }
  }

  #writeImport(s: ByteBuffer): void {
    const { min, max, shared } = this.#memory;
    s.u32(1);
    s.name("env");
    s.name("memory");
    s.u8(2);
    s.u8(shared ? 3 : max === undefined ? 0 : 1);
    s.u32(min);
    if (max !== undefined || shared) s.u32(max ?? 65536);
  }

  #writeExports(s: ByteBuffer, memory: boolean): void {
    const exported = this.#functions.flatMap(({ name }, index) =>
      name === undefined ? [] : [{ name, index }]
    );
    s.u32(exported.length + (memory ? 1 : 0));
    if (memory) {
      s.name("memory");
      s.u8(2);
      s.u32(0);
    }
    for (const { name, index } of exported) {
      s.name(name);
      s.u8(0);
      s.u32(index);
    }
  }

  /** The data section in parts: weights are too large to be copied more than once. */
  #dataParts(): Uint8Array[] {
    const segments = this.#segments.flatMap(({ address, bytes }) => [
      written((s) => {
        s.u8(0);
        s.u8(0x41);
        s.s32(address);
        s.u8(0x0b);
        s.u32(bytes.length);
      }),
      bytes,
    ]);
    return [written((s) => s.u32(this.#segments.length)), ...segments];
  }
}

/** What a writer writes. */
function written(write: (s: ByteBuffer) => void): Uint8Array {
  const s = new ByteBuffer();
  write(s);
  return s.view();
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function placeScratch(entry: FunctionEntry, scratch: number): ByteBuffer {
  const bytes = entry.code.view();
  for (const { position, offset } of entry.scratchUses) {
    const address = scratch + offset;
    for (let i = 0; i < 4; i++) bytes[position + i] = ((address >>> (7 * i)) & 0x7f) | 0x80;
  }
  return entry.code;
}

function validates(emit: (f: FunctionBuilder) => void, relaxed: boolean): boolean {
  const m = new ModuleBuilder({ relaxed });
  m.addFunction("probe", [], [], emit);
  return WebAssembly.validate(m.finish());
}

/** Whether this engine runs 128-bit SIMD, which every kernel needs. */
export function hasSimd(): boolean {
  return validates((f) => f.zero().op("drop"), false);
}

/** Whether this engine has relaxed SIMD's fused multiply-add. */
export function hasRelaxedSimd(): boolean {
  return validates((f) => f.zero().zero().madd(f.local("v128")).op("drop"), true);
}
