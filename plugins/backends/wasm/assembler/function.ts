/** The body of one generated function: instructions, structured control, hoisted vector constants. @module */

import { ByteBuffer } from "./bytes.ts";
import {
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

/** The target of a branch; made by `block`, `loop` and `if`. */
export interface Label {
  readonly depth: number;
}

/** A constant address in the scratch area: where it is in the code, as a LEB128 of five bytes. */
export interface ScratchUse {
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

function writeVector(buffer: ByteBuffer, bytes: Uint8Array): void {
  buffer.u8(0xfd);
  buffer.u8(12);
  buffer.raw(bytes);
}

function writeOpcode(buffer: ByteBuffer, opcode: number): void {
  if (opcode > 0xff) buffer.u8(opcode >> 8);
  buffer.u8(opcode & 0xff);
}
