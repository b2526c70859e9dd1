/** A small, typed WebAssembly assembler: modules, functions, structured control, hoisted vector constants. @module */

import {
  ByteBuffer,
  LANE,
  type LaneOp,
  MEMORY,
  MEMORY_LANE,
  type MemoryLaneOp,
  type MemoryOp,
  PLAIN,
  type PlainOp,
  SIMD,
  VALTYPE,
  type ValType,
} from "./opcodes.ts";

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

/** The target of a branch; made by `block`, `loop` and `if`. */
export interface Label {
  readonly depth: number;
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

interface FunctionEntry {
  readonly name: string;
  readonly type: number;
  exported: boolean;
  code: ByteBuffer;
  scratchUses: readonly ScratchUse[];
}

/** A constant address in the scratch area: where it is in the code, as a LEB128 of five bytes. */
interface ScratchUse {
  readonly position: number;
  readonly offset: number;
}

/** Writes the body of one function: a stack machine's instructions in order, every method returning `this`. */
export class FunctionBuilder {
  readonly #params: readonly ValType[];
  readonly #relaxed: boolean;
  readonly #locals: ValType[] = [];
  readonly #prologue: ByteBuffer = new ByteBuffer();
  readonly #code: ByteBuffer = new ByteBuffer();
  readonly #constants: Map<string, number> = new Map();
  readonly #scratchUses: ScratchUse[] = [];
  #depth = 0;

  constructor(params: readonly ValType[], relaxed: boolean) {
    this.#params = params;
    this.#relaxed = relaxed;
  }

  /** Adds a local, zero at entry, and returns its index. */
  local(type: ValType): number {
    this.#locals.push(type);
    return this.#params.length + this.#locals.length - 1;
  }

  /** Adds `count` locals of one type. */
  locals(type: ValType, count: number): number[] {
    return Array.from({ length: count }, () => this.local(type));
  }

  /** Pushes local values, in order. */
  get(...locals: number[]): this {
    for (const local of locals) this.#indexed(0x20, local);
    return this;
  }

  /** Pops into a local. */
  set(local: number): this {
    return this.#indexed(0x21, local);
  }

  /** Copies the top of the stack into a local. */
  tee(local: number): this {
    return this.#indexed(0x22, local);
  }

  /** Pushes an i32 constant. */
  i32(value: number): this {
    this.#code.u8(0x41);
    this.#code.s32(value);
    return this;
  }

  /** Pushes the address of a byte of the module's scratch area. */
  scratch(offset: number): this {
    this.#code.u8(0x41);
    this.#scratchUses.push({ position: this.#code.length, offset });
    this.#code.raw(new Uint8Array([0x80, 0x80, 0x80, 0x80, 0]));
    return this;
  }

  /** Pushes an i64 constant. */
  i64(value: bigint): this {
    this.#code.u8(0x42);
    this.#code.s64(value);
    return this;
  }

  /** Pushes an f32 constant. */
  f32(value: number): this {
    this.#code.u8(0x43);
    this.#code.raw(new Uint8Array(new Float32Array([value]).buffer));
    return this;
  }

  /** Pushes an f64 constant. */
  f64(value: number): this {
    this.#code.u8(0x44);
    this.#code.raw(new Uint8Array(new Float64Array([value]).buffer));
    return this;
  }

  /** Pushes a v128 constant of 16 bytes. */
  v128(bytes: Uint8Array): this {
    writeVector(this.#code, bytes);
    return this;
  }

  /** Pushes a vector of zeros. */
  zero(): this {
    return this.v128(new Uint8Array(16));
  }

  /** Pushes a float32 in all lanes, from a local that is set once at the function's entry. */
  splat(value: number): this {
    return this.get(this.#constant(new Uint8Array(new Float32Array(4).fill(value).buffer)));
  }

  /** Pushes an int32 in all lanes, from a local that is set once at the function's entry. */
  splatInt(value: number): this {
    return this.get(this.#constant(new Uint8Array(new Int32Array(4).fill(value).buffer)));
  }

  /** Pushes four int32 lanes, from a local that is set once at the function's entry. */
  lanesInt(values: readonly [number, number, number, number]): this {
    return this.vector(new Uint8Array(new Int32Array(values).buffer));
  }

  /** Pushes 16 bytes, from a local that is set once at the function's entry. */
  vector(bytes: Uint8Array): this {
    return this.get(this.#constant(bytes));
  }

  /** Writes instructions without immediates, in order. */
  op(...names: PlainOp[]): this {
    for (const name of names) {
      if (name in SIMD) this.#simd(SIMD[name as keyof typeof SIMD]);
      else writeOpcode(this.#code, PLAIN[name as keyof typeof PLAIN]);
    }
    return this;
  }

  /** A load (address on the stack) or store (address, value on the stack) at a constant byte offset. */
  mem(name: MemoryOp, offset = 0): this {
    const opcode = MEMORY[name];
    if (opcode > 0xff) this.#simd(opcode & 0xff);
    else this.#code.u8(opcode);
    this.#code.u8(0);
    this.#code.u32(offset);
    return this;
  }

  /** A load into or store from one lane (address, vector on the stack). */
  memLane(name: MemoryLaneOp, lane: number, offset = 0): this {
    this.#simd(MEMORY_LANE[name]);
    this.#code.u8(0);
    this.#code.u32(offset);
    this.#code.u8(lane);
    return this;
  }

  /** Reads or replaces a lane. */
  lane(name: LaneOp, lane: number): this {
    this.#simd(LANE[name]);
    this.#code.u8(lane);
    return this;
  }

  /** Shuffles two vectors by 32-bit lanes 0–7. */
  shuffle(a: number, b: number, c: number, d: number): this {
    this.#simd(13);
    for (const lane of [a, b, c, d]) for (let i = 0; i < 4; i++) this.#code.u8(lane * 4 + i);
    return this;
  }

  /** a·b + c with a, b, c on the stack; fused when the module is relaxed. With `addend` given, c is that local. */
  madd(addend: number): this {
    if (this.#relaxed) return this.get(addend).op("f32x4.relaxed_madd");
    return this.op("f32x4.mul").get(addend).op("f32x4.add");
  }

  /** Calls a function of this module. */
  call(index: number): this {
    return this.#indexed(0x10, index);
  }

  /** Copies bytes: destination, source, length on the stack. */
  memoryCopy(): this {
    this.#code.raw(new Uint8Array([0xfc, 0x0a, 0, 0]));
    return this;
  }

  /** Fills bytes: destination, value, length on the stack. */
  memoryFill(): this {
    this.#code.raw(new Uint8Array([0xfc, 0x0b, 0]));
    return this;
  }

  /** A block; branching to its label leaves it. */
  block(body: (label: Label) => void): this {
    return this.#structured(0x02, body);
  }

  /** A loop; branching to its label starts it again, falling out of the body ends it. */
  loop(body: (label: Label) => void): this {
    return this.#structured(0x03, body);
  }

  /** Runs `then` if the popped i32 is not zero, else `otherwise`. */
  if(then: (label: Label) => void, otherwise?: (label: Label) => void): this {
    this.#code.u8(0x04);
    this.#code.u8(0x40);
    const label = { depth: ++this.#depth };
    then(label);
    if (otherwise) {
      this.#code.u8(0x05);
      otherwise(label);
    }
    return this.#end();
  }

  /** Branches to a label. */
  br(label: Label): this {
    return this.#indexed(0x0c, this.#depth - label.depth);
  }

  /** Branches to a label if the popped i32 is not zero. */
  brIf(label: Label): this {
    return this.#indexed(0x0d, this.#depth - label.depth);
  }

  /** Branches to `labels[i]` for the popped i, to `fallback` beyond them. */
  brTable(labels: readonly Label[], fallback: Label): this {
    this.#code.u8(0x0e);
    this.#code.u32(labels.length);
    for (const label of [...labels, fallback]) this.#code.u32(this.#depth - label.depth);
    return this;
  }

  /** local += constant. */
  inc(local: number, amount: number): this {
    if (amount === 0) return this;
    return this.get(local).i32(amount).op("i32.add").set(local);
  }

  /** local += other local. */
  incBy(local: number, other: number): this {
    return this.get(local, other).op("i32.add").set(local);
  }

  /** Runs the body `count` (a local, destroyed) times; none when it is zero or less. */
  times(count: number, body: () => void): this {
    return this.get(count).i32(0).op("i32.gt_s").if(() => {
      this.loop((again) => {
        body();
        this.get(count).i32(1).op("i32.sub").tee(count).brIf(again);
      });
    });
  }

  /** The function as the code section wants it, and where it holds addresses in the scratch area. */
  finish(): { readonly code: ByteBuffer; readonly scratchUses: readonly ScratchUse[] } {
    if (this.#depth !== 0) throw new Error("A block of a generated function was left open.");
    const body = new ByteBuffer();
    const runs: { type: ValType; count: number }[] = [];
    for (const type of this.#locals) {
      const last = runs.at(-1);
      if (last?.type === type) last.count++;
      else runs.push({ type, count: 1 });
    }
    body.u32(runs.length);
    for (const run of runs) {
      body.u32(run.count);
      body.u8(VALTYPE[run.type]);
    }
    body.raw(this.#prologue.view());
    const start = body.length;
    body.raw(this.#code.view());
    body.u8(0x0b);
    const scratchUses = this.#scratchUses.map((use) => ({ ...use, position: use.position + start }));
    return { code: body, scratchUses };
  }

  #constant(bytes: Uint8Array): number {
    const key = bytes.join();
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const local = this.local("v128");
    this.#constants.set(key, local);
    writeVector(this.#prologue, bytes);
    this.#prologue.u8(0x21);
    this.#prologue.u32(local);
    return local;
  }

  #structured(opcode: number, body: (label: Label) => void): this {
    this.#code.u8(opcode);
    this.#code.u8(0x40);
    body({ depth: ++this.#depth });
    return this.#end();
  }

  #end(): this {
    this.#code.u8(0x0b);
    this.#depth--;
    return this;
  }

  #indexed(opcode: number, index: number): this {
    this.#code.u8(opcode);
    this.#code.u32(index);
    return this;
  }

  #simd(opcode: number): void {
    this.#code.u8(0xfd);
    this.#code.u32(opcode);
  }
}

/** Collects functions and data and writes the binary module. It imports `env.memory` and nothing else. */
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
      name,
      type: this.#type(params, results),
      exported: options.export ?? false,
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
      if (entry && options.export) entry.exported = true;
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

  /**
   * The binary module. `scratch` is where in the first 64 KiB its `SCRATCH_BYTES` lie; threads that share a memory run
   * modules that differ in this only.
   */
  finish(scratch = 0): Uint8Array<ArrayBuffer> {
    const out = new ByteBuffer();
    out.raw(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
    this.#section(out, 1, (s) => this.#writeTypes(s));
    this.#section(out, 2, (s) => this.#writeImport(s));
    this.#section(out, 3, (s) => {
      s.u32(this.#functions.length);
      for (const entry of this.#functions) s.u32(entry.type);
    });
    this.#section(out, 7, (s) => this.#writeExports(s));
    this.#section(out, 10, (s) => {
      s.u32(this.#functions.length);
      for (const entry of this.#functions) s.sized(placeScratch(entry, scratch));
    });
    this.#section(out, 11, (s) => this.#writeData(s));
    return out.view().slice();
  }

  #type(params: readonly ValType[], results: readonly ValType[]): number {
    const key = `${params.join()}:${results.join()}`;
    const index = this.#types.get(key) ?? this.#types.size;
    this.#types.set(key, index);
    return index;
  }

  #section(out: ByteBuffer, id: number, write: (section: ByteBuffer) => void): void {
    const section = new ByteBuffer();
    write(section);
    out.u8(id);
    out.sized(section);
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

  #writeExports(s: ByteBuffer): void {
    const exported = this.#functions.flatMap((entry, index) => entry.exported ? [{ entry, index }] : []);
    s.u32(exported.length);
    for (const { entry, index } of exported) {
      s.name(entry.name);
      s.u8(0);
      s.u32(index);
    }
  }

  #writeData(s: ByteBuffer): void {
    s.u32(this.#segments.length);
    for (const { address, bytes } of this.#segments) {
      s.u8(0);
      s.u8(0x41);
      s.s32(address);
      s.u8(0x0b);
      s.u32(bytes.length);
      s.raw(bytes);
    }
  }
}

function placeScratch(entry: FunctionEntry, scratch: number): ByteBuffer {
  const bytes = entry.code.view();
  for (const { position, offset } of entry.scratchUses) {
    const address = scratch + offset;
    for (let i = 0; i < 4; i++) bytes[position + i] = ((address >>> (7 * i)) & 0x7f) | 0x80;
  }
  return entry.code;
}

function writeVector(buffer: ByteBuffer, bytes: Uint8Array): void {
  buffer.u8(0xfd);
  buffer.u8(12);
  buffer.raw(bytes);
}

function writeOpcode(buffer: ByteBuffer, opcode: number): void {
  if (opcode > 0xff) buffer.u8(opcode >> 8);
  buffer.u8(opcode & 0xff);
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
