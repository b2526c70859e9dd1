/** The micro-kernel of products and convolutions: tiles of rows × panels of eight columns, held in registers. @module */

import { item } from "../../../../../core/values/item.ts";
import type { FunctionBuilder, Kernel } from "../../assembler/assembler.ts";
import { activate, defineKernel, type Epilogue, epilogueKey, storeLanes } from "../common.ts";

/**
 * One level of segments in A that B runs through without a gap: `count` segments, `pitch` bytes apart, or apart by the
 * run-time argument `pitch0`, `pitch1`, … of the level.
 */
export interface Level {
  readonly count: number;
  readonly pitch: number | null;
}

/** Specialisation of a strip: a run of equal tiles down the rows, over one group of panels. */
export interface StripSpec extends Epilogue {
  /** Rows of a tile. */
  readonly rows: number;
  /** Panels side by side; rows · panels ≤ 6 keeps the sums in registers. */
  readonly panels: number;
  /** Columns of the last panel that are stored; null for the run-time argument `width`. */
  readonly width: number | null;
  /** Bytes between rows of A; null for the run-time argument `lda`; "columns" where A is stored transposed, `lda` apart. */
  readonly step: number | null | "columns";
  /** Length of the innermost run of A; null for the run-time argument `K`. */
  readonly run: number | null;
  readonly levels?: readonly Level[];
  /** The strip is run for the argument `groups` groups of panels, this many bytes apart in B; else for one. */
  readonly repeat?: number;
  /** Bytes between panels of B, where there are several; null for the run-time argument `panelPitch`. */
  readonly panelPitch?: number | null;
  /** Sums start from what C holds. */
  readonly addC?: boolean;
  /** Sums start from another matrix: arguments `R ldr`. */
  readonly addR?: boolean;
}

/** Arguments that a strip takes, in order, as names. */
export type StripArg =
  | "tiles"
  | "groups"
  | "A"
  | "lda"
  | "B"
  | "panelPitch"
  | "C"
  | "ldc"
  | "K"
  | "bias"
  | "R"
  | "ldr"
  | "width"
  | "pitch0"
  | "pitch1"
  | "pitch2";

function stripArgs(spec: StripSpec): StripArg[] {
  const args: StripArg[] = ["tiles"];
  if (spec.repeat !== undefined) args.push("groups");
  args.push("A");
  if (typeof spec.step !== "number") args.push("lda");
  args.push("B");
  if (spec.panels > 1 && spec.panelPitch === null) args.push("panelPitch");
  args.push("C", "ldc");
  if (spec.run === null) args.push("K");
  if (spec.bias) args.push("bias");
  if (spec.addR) args.push("R", "ldr");
  if (spec.width === null) args.push("width");
  spec.levels?.forEach((level, i) => level.pitch === null && args.push(`pitch${i as 0 | 1 | 2}`));
  return args;
}

function stripKey(spec: StripSpec): string {
  const levels = spec.levels?.map((l) => `${l.count}x${l.pitch ?? "?"}`).join() ?? "";
  const sums = `${spec.addC ? "+C" : ""}${spec.addR ? "+R" : ""}`;
  const size = `${spec.rows}x${spec.panels}w${spec.width ?? "?"}`;
  const a = `a${spec.step ?? "?"}k${spec.run ?? "?"}p${spec.panelPitch ?? "?"}r${spec.repeat ?? ""}`;
  return `strip ${size} ${a} [${levels}]${sums}${epilogueKey(spec)}`;
}

/** The strip as a kernel; its arguments are named by `StripArg`. */
export function strip(spec: StripSpec): Kernel & { readonly args: readonly StripArg[] } {
  const args = stripArgs(spec);
  const kernel = defineKernel(stripKey(spec), args, (f, arg) => new Strip(f, spec, arg).emit());
  return { ...kernel, args };
}

/** Writes one strip; holds the locals while it does. */
class Strip {
  readonly f: FunctionBuilder;
  readonly spec: StripSpec;
  readonly arg: Readonly<Record<StripArg, number>>;
  /** Vectors per panel: a last panel of four columns or fewer needs one. */
  readonly vectors: number;
  /** Sums, [row][panel][vector]. */
  readonly sums: readonly (readonly (readonly number[])[])[];
  readonly a: readonly number[];
  readonly b: readonly number[];
  readonly bVectors: readonly number[];
  readonly aVector: number;

  constructor(f: FunctionBuilder, spec: StripSpec, arg: Readonly<Record<StripArg, number>>) {
    this.f = f;
    this.spec = spec;
    this.arg = arg;
    this.vectors = spec.panels === 1 && spec.width !== null && spec.width <= 4 ? 1 : 2;
    this.sums = Array.from(
      { length: spec.rows },
      () => Array.from({ length: spec.panels }, () => f.locals("v128", this.vectors)),
    );
    this.a = f.locals("i32", spec.step === null ? spec.rows : 1);
    this.b = f.locals("i32", spec.panels > 1 && spec.panelPitch === null ? spec.panels : 1);
    this.bVectors = f.locals("v128", this.vectors);
    this.aVector = f.local("v128");
  }

  emit(): void {
    const { f, arg, spec } = this;
    if (spec.repeat === undefined) return this.tiles();
    const moving = [arg.tiles, arg.A, arg.C, ...(spec.addR ? [arg.R] : [])];
    const starts = moving.map((local) => {
      const start = f.local("i32");
      f.get(local).set(start);
      return { local, start };
    });
    f.times(arg.groups, () => {
      this.tiles();
      for (const { local, start } of starts) {
        if (local === arg.C || local === arg.R) f.inc(start, spec.panels * 32);
        f.get(start).set(local);
      }
      f.inc(arg.B, spec.repeat ?? 0);
      if (spec.bias) f.inc(arg.bias, spec.panels * 32);
    });
  }

  tiles(): void {
    const { f, arg } = this;
    f.times(arg.tiles, () => {
      this.start();
      this.pointers();
      this.level(0);
      this.store();
      this.advance();
    });
  }

  /** Sets the sums to zero, or to bias, C and R. */
  start(): void {
    const { f, spec, arg } = this;
    const matrices = [...(spec.addC ? [[arg.C, arg.ldc]] : []), ...(spec.addR ? [[arg.R, arg.ldr]] : [])];
    const sources = matrices.map(([base = 0, stride = 0]) => {
      const pointer = f.local("i32");
      f.get(base).set(pointer);
      return { pointer, stride };
    });
    const initial = this.sums[0]?.map((panel, p) => panel.map((_, v) => this.initialSum(p * 32 + v * 16)));
    for (const row of this.sums) {
      row.forEach((panel, p) => {
        panel.forEach((sum, v) => {
          f.get(initial?.[p]?.[v] ?? 0);
          for (const { pointer } of sources) f.get(pointer).mem("v128.load", p * 32 + v * 16).op("f32x4.add");
          f.set(sum);
        });
      });
      for (const { pointer, stride } of sources) f.incBy(pointer, stride);
    }
  }

  /** The bias of four columns, or zero, in a local. */
  initialSum(offset: number): number {
    const { f, spec, arg } = this;
    const vector = f.local("v128");
    if (spec.bias) f.get(arg.bias).mem("v128.load", offset).set(vector);
    else f.zero().set(vector);
    return vector;
  }

  pointers(): void {
    const { f, arg } = this;
    this.a.forEach((pointer, i) => {
      const previous = this.a[i - 1];
      if (previous === undefined) f.get(arg.A).set(pointer);
      else f.get(previous, arg.lda).op("i32.add").set(pointer);
    });
    this.b.forEach((pointer, i) => {
      const previous = this.b[i - 1];
      if (previous === undefined) f.get(arg.B).set(pointer);
      else f.get(previous, arg.panelPitch).op("i32.add").set(pointer);
    });
  }

  level(index: number): void {
    const { f, spec, arg } = this;
    const level = spec.levels?.[index];
    if (level === undefined) return this.run();
    if (level.count === 1) return this.level(index + 1);
    const count = f.local("i32");
    const starts = this.a.map(() => f.local("i32"));
    this.a.forEach((pointer, i) => f.get(pointer).set(item(starts, i)));
    f.i32(level.count).set(count);
    f.times(count, () => {
      this.level(index + 1);
      this.a.forEach((pointer, i) => {
        f.get(item(starts, i));
        if (level.pitch === null) f.get(arg[`pitch${index as 0 | 1 | 2}`]);
        else f.i32(level.pitch);
        f.op("i32.add").tee(item(starts, i)).set(pointer);
      });
    });
  }

  /** One run along K: unrolled by four, the rest one by one. */
  run(): void {
    const { f, spec, arg } = this;
    const { run } = spec;
    const count = f.local("i32");
    if (run === null) {
      f.get(arg.K).i32(2).op("i32.shr_u").set(count);
      f.times(count, () => this.steps(4));
      f.get(arg.K).i32(3).op("i32.and").set(count);
      f.times(count, () => this.steps(1));
    } else if (run <= 12) this.steps(run);
    else {
      f.i32(run >> 2).set(count);
      f.times(count, () => this.steps(4));
      this.steps(run & 3);
    }
  }

  /** `count` steps along K and the move of the pointers. */
  steps(count: number): void {
    const { f, spec, arg } = this;
    if (count === 0) return;
    for (let k = 0; k < count; k++) {
      if (k % 4 === 0 && spec.step !== "columns") this.copyRows(k, Math.min(4, count - k));
      if (spec.step === "columns") this.copyColumn();
      this.step(k);
      if (spec.step === "columns") this.a.forEach((pointer) => f.incBy(pointer, arg.lda));
    }
    if (spec.step !== "columns") this.a.forEach((pointer) => f.inc(pointer, count * 4));
    this.b.forEach((pointer) => f.inc(pointer, count * 32));
  }

  /** All products of one k: B's vectors stay in registers, A's elements are splat one at a time. */
  step(k: number): void {
    const { f, spec } = this;
    for (let p = 0; p < spec.panels; p++) {
      const b = this.b[p] ?? this.b[0] ?? 0;
      const offset = this.b.length > 1 ? 0 : p * (spec.panelPitch ?? 0);
      this.bVectors.forEach((vector, v) => f.get(b).mem("v128.load", offset + k * 32 + v * 16).set(vector));
      this.sums.forEach((row, i) => {
        if (spec.rows > 1 || p === 0) this.splatA(i, k);
        row[p]?.forEach((sum, v) => f.get(this.aVector, item(this.bVectors, v)).madd(sum).set(sum));
      });
    }
  }

  /** Copies up to four elements of each row to the scratch area, from where a splat costs no bounds check. */
  copyRows(k: number, count: number): void {
    const { f, spec } = this;
    this.sums.forEach((_, row) => {
      const pointer = this.a[row] ?? this.a[0] ?? 0;
      const offset = (spec.step === null ? 0 : row * Number(spec.step)) + k * 4;
      f.scratch(row * 16).get(pointer);
      if (count > 1) f.mem("v128.load", offset).mem("v128.store");
      else f.mem("i32.load", offset).mem("i32.store");
    });
  }

  /** The same for the rows of one k where A is stored transposed. */
  copyColumn(): void {
    const { f, spec } = this;
    const pointer = item(this.a, 0);
    f.scratch(0).get(pointer).mem("v128.load").mem("v128.store");
    if (spec.rows > 4) f.scratch(16).get(pointer).mem("v128.load64_zero", 16).mem("v128.store");
  }

  splatA(row: number, k: number): void {
    const offset = this.spec.step === "columns" ? row * 4 : row * 16 + (k & 3) * 4;
    this.f.scratch(offset).mem("v128.load32_splat").set(this.aVector);
  }

  /** Activates and stores the tile, moving C down past it. */
  store(): void {
    const { f, spec, arg } = this;
    for (const row of this.sums) {
      row.forEach((panel, p) => {
        const last = p === spec.panels - 1;
        panel.forEach((sum) => activate(f, spec.activation, sum));
        if (last && spec.width === null) this.storeRunTimeWidth(panel, p * 32);
        else {
          const width = last ? spec.width ?? 8 : 8;
          panel.forEach((sum, v) => {
            if (width > v * 4) storeLanes(f, arg.C, sum, Math.min(4, width - v * 4), p * 32 + v * 16);
          });
        }
      });
      f.incBy(arg.C, arg.ldc);
    }
  }

  storeRunTimeWidth(panel: readonly number[], offset: number): void {
    const { f, arg } = this;
    const [low = 0, high = 0] = panel;
    const rest = f.local("v128");
    const pointer = f.local("i32");
    f.get(arg.C).set(pointer).get(low).set(rest);
    f.get(arg.width).i32(4).op("i32.and").if(() => {
      f.get(pointer, low).mem("v128.store", offset).get(high).set(rest).inc(pointer, 16);
    });
    f.get(arg.width).i32(2).op("i32.and").if(() => {
      f.get(pointer, rest).memLane("v128.store64_lane", 0, offset).inc(pointer, 8);
      f.get(rest, rest).shuffle(2, 3, 2, 3).set(rest);
    });
    f.get(arg.width).i32(1).op("i32.and").if(() => {
      f.get(pointer, rest).memLane("v128.store32_lane", 0, offset);
    });
  }

  /** Moves A (and R) down past the tile. */
  advance(): void {
    const { f, spec, arg } = this;
    if (spec.step === "columns") f.inc(arg.A, spec.rows * 4);
    else if (spec.step === null) f.get(arg.A, arg.lda).i32(spec.rows).op("i32.mul", "i32.add").set(arg.A);
    else f.inc(arg.A, spec.rows * spec.step);
    if (spec.addR) f.get(arg.R, arg.ldr).i32(spec.rows).op("i32.mul", "i32.add").set(arg.R);
  }
}
