/** Matrix products: C = A·B with B packed in panels of eight columns. @module */

import type { FunctionBuilder, Kernel, ModuleBuilder } from "../../assembler/assembler.ts";
import { type Args, defineKernel, type Epilogue, epilogueKey } from "../common.ts";
import { Walk } from "./walk.ts";

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
const BLOCK_A_BYTES = 32 * 1024;

/** Bytes of B that a block of columns may take, to stay in the second-level cache. */
const BLOCK_B_BYTES = 256 * 1024;

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
  if (!isCut(spec)) return columnBlocks(spec, true, true);
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
    const kernel = columnBlocks(spec, first, last);
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

/** One block of K over all columns: cuts them so that B's block stays in the second-level cache while rows pass. */
function columnBlocks(spec: GemmSpec, first: boolean, last: boolean): Kernel {
  const part: GemmSpec = {
    ...spec,
    bias: first && spec.bias,
    residual: first ? spec.residual : "accumulate",
    activation: last ? spec.activation : undefined,
  };
  const width = blockColumns(spec);
  if (spec.N !== null && spec.N <= width) return rowBlocks(part);
  const key = `${gemmKey(part)}${isCut(spec) ? " part" : " wide"}`;
  return defineKernel(key, gemmArgs(part, true), (f, arg, m) => emitColumnBlocks(f, arg, m, part, width));
}

function emitColumnBlocks(
  f: FunctionBuilder,
  arg: Args<GemmArg>,
  m: ModuleBuilder,
  spec: GemmSpec,
  width: number,
): void {
  const [left = 0, N = 0] = f.locals("i32", 2);
  const call = (columns: number | null): void => {
    const kernel = rowBlocks({ ...spec, N: columns });
    const locals = { ...arg, N };
    f.get(...kernel.args.map((name) => locals[name as GemmArg])).call(m.kernel(kernel));
  };
  if (spec.N === null) f.get(arg.N).set(left);
  else f.i32(spec.N).set(left);
  f.block((done) => {
    f.loop((again) => {
      f.get(left).i32(width).op("i32.lt_u").brIf(done);
      call(width);
      f.get(arg.B);
      if (spec.K === null) f.get(arg.panelPitch);
      else f.i32(spec.K * 32);
      f.i32(width / 8).op("i32.mul", "i32.add").set(arg.B);
      f.inc(arg.C, width * 4);
      if (spec.bias) f.inc(arg.bias, width * 4);
      if (spec.residual === "pointer") f.inc(arg.R, width * 4);
      f.inc(left, -width).br(again);
    });
  });
  const rest = spec.N === null ? null : spec.N % width;
  f.get(left).set(N);
  if (rest !== 0) f.get(left).if(() => call(rest));
}

function blockColumns(spec: GemmSpec): number {
  const run = isCut(spec) ? BLOCK_RUN : spec.K ?? BLOCK_RUN;
  return Math.max(48, Math.floor(BLOCK_B_BYTES / (run * 4) / 48) * 48);
}

/** One block of K and columns over all rows: cuts the rows so that A stays in cache, then walks the panels. */
function rowBlocks(spec: GemmSpec): Kernel {
  const key = isCut(spec) ? `${gemmKey(spec)} block` : gemmKey(spec);
  return defineKernel(key, gemmArgs(spec, true), (f, arg, m) => emitRowBlocks(f, arg, m, spec));
}

function emitRowBlocks(f: FunctionBuilder, arg: Args<GemmArg>, m: ModuleBuilder, spec: GemmSpec): void {
  const { K, N, bias, activation } = spec;
  const walk = new Walk(f, m, {
    ...{ N, depth: K, run: isCut(spec) ? null : K, step: step(spec), bias, activation },
    addC: spec.residual === "accumulate",
    addR: spec.residual === "pointer",
  }, arg);
  const size = f.local("i32");
  const rows = f.local("i32");
  const limit = blockRows(spec);
  f.get(arg.M).op("i32.eqz").if(() => f.op("return"));
  f.get(arg.M).i32(limit - 1).op("i32.add").i32(limit).op("i32.div_u").set(size);
  f.get(arg.M, size).op("i32.add").i32(1).op("i32.sub").get(size).op("i32.div_u");
  f.i32(5).op("i32.add").i32(6).op("i32.div_u").i32(6).op("i32.mul").set(size);
  f.loop((again) => {
    f.get(arg.M, size, arg.M, size).op("i32.lt_u", "select").set(rows);
    walk.cover(rows);
    walk.moveDown("A", arg.A, rows);
    walk.moveDown("C", arg.C, rows);
    if (spec.residual === "pointer") walk.moveDown("R", arg.R, rows);
    f.get(arg.M, rows).op("i32.sub").tee(arg.M).brIf(again);
  });
}

function blockRows(spec: GemmSpec): number {
  const run = isCut(spec) ? BLOCK_RUN : spec.K ?? BLOCK_RUN;
  return Math.max(12, Math.min(384, Math.floor(BLOCK_A_BYTES / (run * 4) / 6) * 6));
}
