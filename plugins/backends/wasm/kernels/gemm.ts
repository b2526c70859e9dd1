/** Matrix products: C = A·B with B packed in panels of eight columns. @module */

import type { FunctionBuilder, Kernel, ModuleBuilder } from "../assembler.ts";
import { type Args, defineKernel, type Epilogue, epilogueKey } from "./common.ts";
import { strip, type StripArg, type StripSpec } from "./strip.ts";

/** Specialisation of a matrix product. */
export interface GemmSpec extends Epilogue {
  /** Length of the sums; null for a run-time argument. */
  readonly K: number | null;
  /** Columns of B and C; null for a run-time argument. */
  readonly N: number | null;
  /** Bytes between rows of A; null for a run-time argument. Defaults to K·4 (contiguous), or null where K is null. */
  readonly lda?: number | null;
  /** A is stored as [K, M] and `lda` is the bytes between its rows of M: always a run-time argument then. */
  readonly transA?: boolean;
  /** Adds what C holds, or another matrix with its own row stride. */
  readonly residual?: "accumulate" | "pointer";
}

/** K is cut beyond the first into runs of the second, so that a panel of B stays in the first-level cache. */
const LONGEST_RUN = 512;
const BLOCK_RUN = 384;
/** Bytes of A that a block of rows may take, to stay in the first-level cache beside the panel. */
const BLOCK_BYTES = 32 * 1024;

type GemmArg = "M" | "A" | "lda" | "B" | "panelPitch" | "C" | "ldc" | "K" | "N" | "bias" | "R" | "ldr";

function step(spec: GemmSpec): number | null | "columns" {
  if (spec.transA) return "columns";
  return spec.lda !== undefined ? spec.lda : spec.K === null ? null : spec.K * 4;
}

function gemmArgs(spec: GemmSpec, block: boolean): GemmArg[] {
  const args: GemmArg[] = ["M", "A"];
  if (typeof step(spec) !== "number") args.push("lda");
  args.push("B");
  if (block && spec.K === null) args.push("panelPitch");
  args.push("C", "ldc");
  if (block ? isCut(spec) : spec.K === null) args.push("K");
  if (spec.N === null) args.push("N");
  if (spec.bias) args.push("bias");
  if (spec.residual === "pointer") args.push("R", "ldr");
  return args;
}

function isCut(spec: GemmSpec): boolean {
  return spec.K === null || spec.K > LONGEST_RUN;
}

function gemmKey(spec: GemmSpec): string {
  const a = spec.transA ? "columns" : step(spec) ?? "?";
  return `gemm k${spec.K ?? "?"} n${spec.N ?? "?"} a${a}${spec.residual ? ` ${spec.residual}` : ""}${
    epilogueKey(spec)
  }`;
}

/**
 * A matrix product. Arguments, in order, those in brackets only where the specialisation asks for them:
 * `M A [lda] B C ldc [K] [N] [bias] [R ldr]`. B is what `pack` made.
 */
export function gemm(spec: GemmSpec): Kernel {
  if (!isCut(spec)) return rowBlocks(spec, true, true);
  return defineKernel(gemmKey(spec), gemmArgs(spec, false), (f, arg, m) => emitCut(f, arg, m, spec));
}

/** Cuts K into blocks and adds them up in C. */
function emitCut(f: FunctionBuilder, arg: Args<GemmArg>, m: ModuleBuilder, spec: GemmSpec): void {
  const blocks = f.local("i32");
  const length = f.local("i32");
  const rest = f.local("i32");
  const panelPitch = f.local("i32");
  const pushK = (): FunctionBuilder => spec.K === null ? f.get(arg.K) : f.i32(spec.K);
  const call = (first: boolean, last: boolean): void => {
    const kernel = rowBlocks(spec, first, last);
    const locals = { ...arg, panelPitch, K: length };
    f.get(...kernel.args.map((name) => locals[name as GemmArg])).call(m.kernel(kernel));
  };
  const cutLength = (): FunctionBuilder => {
    pushK().get(blocks).op("i32.add").i32(1).op("i32.sub").get(blocks).op("i32.div_u");
    return f.i32(3).op("i32.add").i32(-4).op("i32.and").set(length);
  };
  pushK().i32(LONGEST_RUN).op("i32.le_u").if(() => {
    pushK().set(length).get(length).i32(32).op("i32.mul").set(panelPitch);
    call(true, true);
    f.op("return");
  });
  pushK().i32(BLOCK_RUN - 1).op("i32.add").i32(BLOCK_RUN).op("i32.div_u").set(blocks);
  pushK().i32(32).op("i32.mul").set(panelPitch);
  cutLength();
  pushK().set(rest);
  call(true, false);
  f.loop((again) => {
    f.get(arg.A, length);
    if (spec.transA) f.get(arg.lda).op("i32.mul");
    else f.i32(4).op("i32.mul");
    f.op("i32.add").set(arg.A);
    f.get(arg.B, length).i32(32).op("i32.mul", "i32.add").set(arg.B);
    f.get(rest, length).op("i32.sub").tee(rest).get(length).op("i32.le_u").if(() => {
      f.get(rest).set(length);
      call(false, true);
    }, () => {
      call(false, false);
      f.br(again);
    });
  });
}

/** One block of K over all rows: cuts the rows so that A stays in cache, then walks the panels. */
function rowBlocks(spec: GemmSpec, first: boolean, last: boolean): Kernel {
  const part: GemmSpec = {
    ...spec,
    bias: first && spec.bias,
    residual: first ? spec.residual : "accumulate",
    activation: last ? spec.activation : undefined,
  };
  const key = isCut(spec) ? `${gemmKey(part)} block` : gemmKey(part);
  return defineKernel(key, gemmArgs(part, true), (f, arg, m) => new RowBlocks(f, arg, m, part).emit());
}

/** Panels side by side for tiles of 1, 2 and 3 rows; taller ones take one panel. */
const PANELS: Readonly<Record<number, number>> = { 1: 4, 2: 3, 3: 2 };

class RowBlocks {
  readonly f: FunctionBuilder;
  readonly arg: Args<GemmArg>;
  readonly m: ModuleBuilder;
  readonly spec: GemmSpec;
  readonly step: number | null | "columns";
  /** Rows of the block at hand. */
  readonly rows: number;
  /** By rows of a tile: how many such tiles, and where they begin in A, C and R. */
  readonly tiles: readonly { rows: number; count: number; A: number; C: number; R: number }[];
  /** Moving along the columns. */
  readonly at: { readonly B: number; readonly bias: number; readonly column: number; readonly width: number };

  constructor(f: FunctionBuilder, arg: Args<GemmArg>, m: ModuleBuilder, spec: GemmSpec) {
    this.f = f;
    this.arg = arg;
    this.m = m;
    this.spec = spec;
    this.step = step(spec);
    this.rows = f.local("i32");
    const tile = (rows: number) => ({
      rows,
      count: f.local("i32"),
      A: f.local("i32"),
      C: f.local("i32"),
      R: f.local("i32"),
    });
    this.tiles = [6, 5, 4, 3, 2, 1].map(tile);
    this.at = { B: f.local("i32"), bias: f.local("i32"), column: f.local("i32"), width: f.local("i32") };
  }

  emit(): void {
    const { f, arg } = this;
    const size = f.local("i32");
    const limit = this.blockRows();
    f.get(arg.M).i32(limit - 1).op("i32.add").i32(limit).op("i32.div_u").set(size);
    f.get(arg.M).op("i32.eqz").if(() => f.op("return"));
    f.get(arg.M, size).op("i32.add").i32(1).op("i32.sub").get(size).op("i32.div_u");
    f.i32(5).op("i32.add").i32(6).op("i32.div_u").i32(6).op("i32.mul").set(size);
    f.loop((again) => {
      f.get(arg.M, size, arg.M, size).op("i32.lt_u", "select").set(this.rows);
      this.split();
      this.pass(this.tiles.filter((t) => t.rows > 3), 1);
      for (const tile of this.tiles) if (tile.rows <= 3) this.pass([tile], PANELS[tile.rows] ?? 1);
      this.moveDown(arg.A, this.pushRowStep, this.rows);
      this.moveDown(arg.C, () => f.get(arg.ldc), this.rows);
      if (this.spec.residual === "pointer") this.moveDown(arg.R, () => f.get(arg.ldr), this.rows);
      f.get(arg.M, this.rows).op("i32.sub").tee(arg.M).brIf(again);
    });
  }

  blockRows(): number {
    const run = isCut(this.spec) ? BLOCK_RUN : this.spec.K ?? BLOCK_RUN;
    return Math.max(12, Math.min(384, Math.floor(BLOCK_BYTES / (run * 4) / 6) * 6));
  }

  pushRowStep = (): FunctionBuilder => {
    if (this.step === "columns") return this.f.i32(4);
    return this.step === null ? this.f.get(this.arg.lda) : this.f.i32(this.step);
  };

  moveDown(pointer: number, pushStride: () => FunctionBuilder, rows: number): void {
    this.f.get(pointer);
    pushStride().get(rows).op("i32.mul", "i32.add").set(pointer);
  }

  /** Cuts the block's rows into tiles of almost equal height, at most six: t tiles of `base` or `base + 1` rows. */
  split(): void {
    const { f, arg, rows } = this;
    const t = f.local("i32");
    const base = f.local("i32");
    const taller = f.local("i32");
    f.get(rows).i32(5).op("i32.add").i32(6).op("i32.div_u").set(t);
    f.get(rows, t).op("i32.div_u").set(base);
    f.get(rows, base, t).op("i32.mul", "i32.sub").set(taller);
    const at = { A: f.local("i32"), C: f.local("i32"), R: f.local("i32") };
    const done = f.local("i32");
    f.get(arg.A).set(at.A).get(arg.C).set(at.C);
    if (this.spec.residual === "pointer") f.get(arg.R).set(at.R);
    for (const tile of this.tiles) {
      f.get(t, taller).op("i32.sub").i32(0).get(base).i32(tile.rows).op("i32.eq", "select");
      f.get(taller).i32(0).get(base).i32(tile.rows - 1).op("i32.eq", "select", "i32.add").set(tile.count);
      f.get(at.A).set(tile.A).get(at.C).set(tile.C).get(at.R).set(tile.R);
      f.get(tile.count).i32(tile.rows).op("i32.mul").set(done);
      this.moveDown(at.A, this.pushRowStep, done);
      this.moveDown(at.C, () => f.get(arg.ldc), done);
      if (this.spec.residual === "pointer") this.moveDown(at.R, () => f.get(arg.ldr), done);
    }
  }

  /** Walks the columns with tiles of these heights, `panels` panels at a time. */
  pass(tiles: RowBlocks["tiles"], panels: number): void {
    const { f, arg, spec, at } = this;
    f.i32(0);
    for (const tile of tiles) f.get(tile.count).op("i32.or");
    f.if(() => {
      f.get(arg.B).set(at.B).i32(0).set(at.column);
      if (spec.bias) f.get(arg.bias).set(at.bias);
      if (spec.N === null) {
        f.get(arg.N).i32(8 * panels).op("i32.div_u").set(at.width);
        f.times(at.width, () => this.group(tiles, panels, 8));
        f.get(arg.N).i32(8 * panels).op("i32.rem_u").i32(3).op("i32.shr_u").set(at.width);
        if (panels > 1) f.times(at.width, () => this.group(tiles, 1, 8));
        f.get(arg.N).i32(7).op("i32.and").tee(at.width).if(() => this.group(tiles, 1, null));
      } else {
        const full = Math.floor(spec.N / 8 / panels);
        const rest = Math.ceil(spec.N / 8) - full * panels;
        f.i32(full).set(at.width);
        f.times(at.width, () => this.group(tiles, panels, 8));
        if (rest > 0) this.group(tiles, rest, spec.N % 8 === 0 ? 8 : spec.N % 8);
      }
    });
  }

  /** One group of panels: a strip for each height, then on to the next columns. */
  group(tiles: RowBlocks["tiles"], panels: number, width: number | null): void {
    const { f, spec, at } = this;
    for (const tile of tiles) {
      f.get(tile.count).if(() => this.callStrip(tile, panels, width));
    }
    f.get(at.B);
    this.pushPanelPitch().i32(panels).op("i32.mul", "i32.add").set(at.B);
    f.inc(at.column, panels * 32);
    if (spec.bias) f.inc(at.bias, panels * 32);
  }

  pushPanelPitch(): FunctionBuilder {
    const { K } = this.spec;
    return K === null ? this.f.get(this.arg.panelPitch) : this.f.i32(K * 32);
  }

  callStrip(tile: RowBlocks["tiles"][number], panels: number, width: number | null): void {
    const { f, arg, spec, at } = this;
    const stripSpec: StripSpec = {
      rows: tile.rows,
      panels,
      width,
      step: this.step,
      run: isCut(spec) ? null : spec.K,
      panelPitch: panels === 1 || tile.rows === 1 || spec.K === null ? null : spec.K * 32,
      addC: spec.residual === "accumulate",
      addR: spec.residual === "pointer",
      bias: spec.bias,
      activation: spec.activation,
    };
    const kernel = strip(stripSpec);
    const locals: Partial<Record<StripArg, number>> = {
      tiles: tile.count,
      A: tile.A,
      lda: arg.lda,
      B: at.B,
      panelPitch: arg.panelPitch,
      ldc: arg.ldc,
      K: arg.K,
      bias: at.bias,
      ldr: arg.ldr,
      width: at.width,
    };
    for (const name of kernel.args) {
      if (name === "C") f.get(tile.C, at.column).op("i32.add");
      else if (name === "R") f.get(tile.R, at.column).op("i32.add");
      else if (name === "panelPitch") this.pushPanelPitch();
      else f.get(locals[name] ?? 0);
    }
    f.call(this.m.kernel(kernel));
  }
}
