/** Reads and writes of four elements of a fused loop, by element type. @module */

import type { FunctionBuilder } from "../../assembler/assembler.ts";
import type { ElementType } from "../../../room/lowering/loops.ts";
import type { Value } from "./values.ts";

/** Bytes of an element in memory. */
export const ELEMENT_BYTES: Readonly<Record<ElementType, number>> = {
  f32: 4,
  i32: 4,
  i64: 8,
  bool: 1,
  u8: 1,
};

/** Writes the loads and stores. */
export class Elements {
  readonly f: FunctionBuilder;

  constructor(f: FunctionBuilder) {
    this.f = f;
  }

  /** Pops into a new vector local. */
  keep(): number {
    const local = this.f.local("v128");
    this.f.set(local);
    return local;
  }

  /** Pops four bytes in int32 lanes. */
  ofBytes(dtype: "bool" | "u8"): Value {
    if (dtype === "u8") return whole("i32", this.keep());
    this.f.splatInt(0).op("i32x4.ne");
    return whole("bool", this.keep());
  }

  /** Four elements from consecutive memory. */
  load(dtype: ElementType, pointer: number, offset: number): Value {
    const { f } = this;
    if (dtype === "bool" || dtype === "u8") {
      f.get(pointer).mem("v128.load32_zero", offset);
      f.op("i16x8.extend_low_i8x16_u", "i32x4.extend_low_i16x8_u");
      return this.ofBytes(dtype);
    }
    f.get(pointer).mem("v128.load", offset);
    const low = this.keep();
    if (dtype !== "i64") return whole(dtype, low);
    f.get(pointer).mem("v128.load", offset + 16);
    return { type: "i64", low, high: this.keep() };
  }

  /** One element in all four lanes. */
  broadcast(dtype: ElementType, pointer: number): Value {
    const { f } = this;
    if (dtype === "bool" || dtype === "u8") {
      f.get(pointer).mem("i32.load8_u").op("i32x4.splat");
      return this.ofBytes(dtype);
    }
    f.get(pointer).mem(dtype === "i64" ? "v128.load64_splat" : "v128.load32_splat");
    return whole(dtype, this.keep());
  }

  /** Four elements apart; `offsets` are the bytes to elements 1, 2 and 3. */
  gather(dtype: ElementType, pointer: number, offsets: readonly number[]): Value {
    const { f } = this;
    if (dtype === "bool" || dtype === "u8") {
      f.get(pointer).mem("i32.load8_u").op("i32x4.splat");
      offsets.forEach((offset, i) => {
        f.get(pointer, offset).op("i32.add").mem("i32.load8_u").lane("i32x4.replace_lane", i + 1);
      });
      return this.ofBytes(dtype);
    }
    if (dtype === "i64") return this.gatherLong(pointer, offsets);
    f.get(pointer).mem("v128.load32_zero");
    let vector = this.keep();
    offsets.forEach((offset, i) => {
      f.get(pointer, offset).op("i32.add").get(vector).memLane("v128.load32_lane", i + 1);
      vector = this.keep();
    });
    return whole(dtype, vector);
  }

  gatherLong(pointer: number, offsets: readonly number[]): Value {
    const { f } = this;
    const [one = 0, two = 0, three = 0] = offsets;
    f.get(pointer).mem("v128.load64_zero");
    const first = this.keep();
    f.get(pointer, one).op("i32.add").get(first).memLane("v128.load64_lane", 1);
    const low = this.keep();
    f.get(pointer, two).op("i32.add").mem("v128.load64_zero");
    const third = this.keep();
    f.get(pointer, three).op("i32.add").get(third).memLane("v128.load64_lane", 1);
    return { type: "i64", low, high: this.keep() };
  }

  /** The bytes of a bool or u8 value, in the low four bytes of a vector. */
  toBytes(dtype: "bool" | "u8", value: Value): number {
    const { f } = this;
    f.get(value.low).splatInt(dtype === "bool" ? 1 : 0xff).op("v128.and");
    const masked = this.keep();
    f.get(masked, masked).op("i16x8.narrow_i32x4_s");
    const shorts = this.keep();
    f.get(shorts, shorts).op("i8x16.narrow_i16x8_u");
    return this.keep();
  }

  /** Four elements to consecutive memory. */
  store(dtype: ElementType, pointer: number, value: Value, offset: number): void {
    const { f } = this;
    if (dtype === "bool" || dtype === "u8") {
      f.get(pointer, this.toBytes(dtype, value)).memLane("v128.store32_lane", 0, offset);
      return;
    }
    f.get(pointer, value.low).mem("v128.store", offset);
    if (dtype === "i64") f.get(pointer, value.high).mem("v128.store", offset + 16);
  }

  /** The first `count` (a local, 1–3) of four elements. */
  storeSome(dtype: ElementType, pointer: number, value: Value, count: number): void {
    const { f } = this;
    const bytes = dtype === "bool" || dtype === "u8" ? this.toBytes(dtype, value) : value.low;
    f.get(pointer);
    this.storeLane(dtype, { ...value, low: bytes }, 0);
    for (const lane of [1, 2]) {
      f.get(count).i32(lane).op("i32.gt_s").if(() => {
        f.get(pointer).i32(lane * ELEMENT_BYTES[dtype]).op("i32.add");
        this.storeLane(dtype, { ...value, low: bytes }, lane);
      });
    }
  }

  /** As many of four elements apart as `left` says. */
  scatter(dtype: ElementType, pointer: number, value: Value, offsets: readonly number[], left: number): void {
    const { f } = this;
    const low = dtype === "bool" || dtype === "u8" ? this.toBytes(dtype, value) : value.low;
    f.get(pointer);
    this.storeLane(dtype, { ...value, low }, 0);
    offsets.forEach((offset, i) => {
      f.get(left).i32(i + 1).op("i32.gt_s").if(() => {
        f.get(pointer, offset).op("i32.add");
        this.storeLane(dtype, { ...value, low }, i + 1);
      });
    });
  }

  /** Stores one element; its address is on the stack. */
  storeLane(dtype: ElementType, value: Value, lane: number): void {
    const { f } = this;
    if (dtype === "i64") f.get(lane < 2 ? value.low : value.high).memLane("v128.store64_lane", lane & 1);
    else {f.get(value.low).memLane(
        dtype === "f32" || dtype === "i32" ? "v128.store32_lane" : "v128.store8_lane",
        lane,
      );}
  }
}

function whole(type: Value["type"], local: number): Value {
  return { type, low: local, high: local };
}
