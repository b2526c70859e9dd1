/** Packing of matrices into panels of eight columns, and batched products that pack as they go. @module */

import { item } from "../../../../../core/values/item.ts";
import type { FunctionBuilder, Kernel } from "../../assembler/assembler.ts";
import { type Args, defineKernel, transpose4 } from "../common.ts";
import { gemm } from "./gemm.ts";

/** Bytes of a [K, N] matrix packed in panels. */
export function packedBytes(K: number, N: number): number {
  return Math.ceil(N / 8) * K * 32;
}

/** Packs B[K, N] of any strides into panels [ceil(N/8)][K][8], zero padded: `B rowStride colStride K N P`. */
export function pack(): Kernel {
  return defineKernel("pack", ["B", "rowStride", "colStride", "K", "N", "P"], (f, arg, m) => {
    const panel = m.kernel(packPanel);
    const width = f.local("i32");
    const locals = { ...arg, width };
    const panels = f.local("i32");
    f.get(arg.N).i32(7).op("i32.add").i32(3).op("i32.shr_u").set(panels);
    f.times(panels, () => {
      f.i32(8).get(arg.N).i32(8).get(arg.N).op("i32.lt_u", "select").set(width);
      f.get(...PANEL_ARGS.map((name) => locals[name])).call(panel);
      f.get(arg.B, arg.colStride).i32(8).op("i32.mul", "i32.add").set(arg.B);
      f.get(arg.P, arg.K).i32(32).op("i32.mul", "i32.add").set(arg.P);
      f.inc(arg.N, -8);
    });
  });
}

const PANEL_ARGS = ["B", "rowStride", "colStride", "K", "width", "P"] as const;
type PanelArgs = Args<(typeof PANEL_ARGS)[number]>;

/** One panel: whole rows where columns are neighbours, 4×4 transpositions where rows are, else element by element. */
const packPanel: Kernel = defineKernel("pack-panel", PANEL_ARGS, (f, arg) => {
  f.get(arg.colStride).i32(4).op("i32.eq").if(() => {
    packRows(f, arg);
    f.op("return");
  });
  f.get(arg.rowStride).i32(4).op("i32.eq").get(arg.width).i32(8).op("i32.eq", "i32.and").if(() => {
    packTransposed(f, arg);
  });
  packElements(f, arg);
});

function packRows(f: FunctionBuilder, arg: PanelArgs): void {
  const masks = [f.local("v128"), f.local("v128")];
  masks.forEach((mask, i) => {
    f.lanesInt([i * 4, i * 4 + 1, i * 4 + 2, i * 4 + 3]).get(arg.width).op("i32x4.splat", "i32x4.lt_s").set(
      mask,
    );
  });
  f.times(arg.K, () => {
    masks.forEach((mask, i) => {
      f.get(arg.P, arg.B).mem("v128.load", i * 16).get(mask).op("v128.and").mem("v128.store", i * 16);
    });
    f.incBy(arg.B, arg.rowStride).inc(arg.P, 32);
  });
}

/** Packs four rows at a time and leaves the last K % 4 for `packElements`. */
function packTransposed(f: FunctionBuilder, arg: PanelArgs): void {
  const pointers = f.locals("i32", 8);
  const rows = f.locals("v128", 4);
  const count = f.local("i32");
  pointers.forEach((pointer, i) =>
    f.get(arg.B).get(arg.colStride).i32(i).op("i32.mul", "i32.add").set(pointer)
  );
  f.get(arg.K).i32(2).op("i32.shr_u").set(count);
  f.times(count, () => {
    for (const half of [0, 4]) {
      rows.forEach((row, i) => f.get(item(pointers, half + i)).mem("v128.load").set(row));
      transpose4(f, rows);
      rows.forEach((row, i) => f.get(arg.P, row).mem("v128.store", i * 32 + half * 4));
    }
    for (const pointer of pointers) f.inc(pointer, 16);
    f.inc(arg.B, 16).inc(arg.P, 128);
  });
  f.get(arg.K).i32(3).op("i32.and").set(arg.K);
}

function packElements(f: FunctionBuilder, arg: PanelArgs): void {
  const from = f.local("i32");
  const column = f.local("i32");
  f.times(arg.K, () => {
    f.get(arg.P).zero().mem("v128.store").get(arg.P).zero().mem("v128.store", 16);
    f.get(arg.B).set(from).i32(0).set(column);
    f.loop((again) => {
      f.get(arg.P, column).i32(4).op("i32.mul", "i32.add").get(from).mem("i32.load").mem("i32.store");
      f.incBy(from, arg.colStride).inc(column, 1);
      f.get(column, arg.width).op("i32.lt_u").brIf(again);
    });
    f.incBy(arg.B, arg.rowStride).inc(arg.P, 32);
  });
}

/**
 * A batch of products whose B is run-time data, packed on the way into `workspace` (`packedBytes(K, N)` bytes):
 * `batch M K N A aBatch lda B bBatch bRow bCol C cBatch ldc workspace`. A B that all share (bBatch 0) is packed once.
 */
export function bgemm(spec: { readonly transA?: boolean } = {}): Kernel {
  const args = [
    ...["batch", "M", "K", "N", "A", "aBatch", "lda", "B", "bBatch", "bRow", "bCol", "C", "cBatch", "ldc"],
    "workspace",
  ] as const;
  return defineKernel<string>(`bgemm${spec.transA ? " columns" : ""}`, args, (f, arg, m) => {
    const local = (name: string): number => arg[name] ?? 0;
    const packed = f.local("i32");
    const product = gemm({ K: null, N: null, transA: spec.transA });
    f.times(local("batch"), () => {
      f.get(packed).op("i32.eqz").get(local("bBatch")).op("i32.or").if(() => {
        for (const name of ["B", "bRow", "bCol", "K", "N", "workspace"]) f.get(local(name));
        f.call(m.kernel(pack())).i32(1).set(packed);
      });
      for (const name of product.args) f.get(local(name === "B" ? "workspace" : name));
      f.call(m.kernel(product));
      f.incBy(local("A"), local("aBatch")).incBy(local("B"), local("bBatch")).incBy(
        local("C"),
        local("cBatch"),
      );
    });
  });
}
