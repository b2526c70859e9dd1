/** What the kernel generators share: how a kernel is declared, partial vectors, activations at the store. @module */

import type { FunctionBuilder, Kernel, ModuleBuilder, ValType } from "../assembler/assembler.ts";

/** Local indices of a kernel's parameters by name. */
export type Args<Name extends string> = Readonly<Record<Name, number>>;

/** Declares a kernel whose parameters are all i32: addresses and strides in bytes, extents in elements. */
export function defineKernel<Name extends string>(
  key: string,
  names: readonly Name[],
  emit: (f: FunctionBuilder, args: Args<Name>, m: ModuleBuilder) => void,
  results: readonly ValType[] = [],
): Kernel {
  return {
    key,
    args: names,
    get params() {
      return names.map((): ValType => "i32");
    },
    results,
    emit: (f, m) => emit(f, Object.fromEntries(names.map((name, i) => [name, i])) as Args<Name>, m),
  };
}

/** An activation applied in registers where a product or convolution stores its result. */
export type StoreActivation =
  | { readonly kind: "relu" }
  | { readonly kind: "clip"; readonly min: number; readonly max: number }
  | { readonly kind: "leaky"; readonly alpha: number };

/** What happens to a finished sum before it is stored. */
export interface Epilogue {
  /** Adds a vector over the output columns (channels). */
  readonly bias?: boolean;
  readonly activation?: StoreActivation;
}

/** The part of a key that an epilogue gives. */
export function epilogueKey(epilogue: Epilogue): string {
  const a = epilogue.activation;
  const name = a === undefined
    ? ""
    : a.kind === "clip"
    ? `clip(${a.min},${a.max})`
    : a.kind === "leaky"
    ? `leaky(${a.alpha})`
    : a.kind;
  return `${epilogue.bias ? "+b" : ""}${name === "" ? "" : `+${name}`}`;
}

/** Applies an activation to a vector local. */
export function activate(f: FunctionBuilder, activation: StoreActivation | undefined, vector: number): void {
  if (activation === undefined) return;
  if (activation.kind === "relu") f.get(vector).splat(0).op("f32x4.max").set(vector);
  else if (activation.kind === "clip") {
    f.get(vector).splat(activation.min).op("f32x4.max").splat(activation.max).op("f32x4.min").set(vector);
  } else {
    f.get(vector).splat(activation.alpha).op("f32x4.mul").get(vector);
    f.get(vector).splat(0).op("f32x4.lt", "v128.bitselect").set(vector);
  }
}

/** Stores the first `count` (1–4) float32 lanes of a vector local at a pointer local plus a constant. */
export function storeLanes(
  f: FunctionBuilder,
  pointer: number,
  vector: number,
  count: number,
  offset = 0,
): void {
  if (count >= 4) f.get(pointer, vector).mem("v128.store", offset);
  else {
    if (count >= 2) f.get(pointer, vector).memLane("v128.store64_lane", 0, offset);
    if (count & 1) f.get(pointer, vector).memLane("v128.store32_lane", count - 1, offset + (count - 1) * 4);
  }
}

/** Transposes a 4×4 block of 32-bit lanes held in four vector locals. */
export function transpose4(f: FunctionBuilder, rows: readonly number[]): void {
  const [a = 0, b = 0, c = 0, d = 0] = rows;
  const [t0, t1, t2, t3] = [f.local("v128"), f.local("v128"), f.local("v128"), f.local("v128")];
  f.get(a, b).shuffle(0, 4, 1, 5).set(t0).get(a, b).shuffle(2, 6, 3, 7).set(t1);
  f.get(c, d).shuffle(0, 4, 1, 5).set(t2).get(c, d).shuffle(2, 6, 3, 7).set(t3);
  f.get(t0, t2).shuffle(0, 1, 4, 5).set(a).get(t0, t2).shuffle(2, 3, 6, 7).set(b);
  f.get(t1, t3).shuffle(0, 1, 4, 5).set(c).get(t1, t3).shuffle(2, 3, 6, 7).set(d);
}
