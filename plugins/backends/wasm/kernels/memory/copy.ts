/** Strided copies, transpositions and fills. @module */

import type { FunctionBuilder, Kernel, MemoryOp, ModuleBuilder } from "../../assembler/assembler.ts";
import type { CopySpec, FillSpec } from "../../../room/lowering/loops.ts";
import { type Args, defineKernel, transpose4 } from "../common.ts";

const LOADS: Readonly<Record<number, readonly [MemoryOp, MemoryOp]>> = {
  1: ["i32.load8_u", "i32.store8"],
  2: ["i32.load16_u", "i32.store16"],
  4: ["i32.load", "i32.store"],
  8: ["i64.load", "i64.store"],
};

/** An n-d copy: `e0 … e(rank-1) X xs0 … xs(rank-1) Y ys0 … ys(rank-1)`, strides in bytes. */
export function copy(spec: CopySpec): Kernel {
  const { size, rank, kind } = spec;
  const axes = Array.from({ length: rank }, (_, i) => i);
  const names = [
    ...axes.map((i) => `e${i}`),
    "X",
    ...axes.map((i) => `xs${i}`),
    "Y",
    ...axes.map((i) => `ys${i}`),
  ];
  return defineKernel<string>(`copy ${kind} ${size} ${rank}`, names, (f, arg, m) => {
    const inner = kind === "any" ? 0 : kind === "run" ? 1 : 2;
    nest(f, arg, rank - inner, (x, y) => {
      if (kind === "any") moveOne(f, size, x, y);
      else if (kind === "run") runOf(f, m, arg, rank, size, x, y);
      else callTransposed(f, m, arg, rank, x, y);
    });
  });
}

/** Loops over the outer axes; `body` gets the pointers at the innermost of them. */
function nest(
  f: FunctionBuilder,
  arg: Args<string>,
  depth: number,
  body: (x: number, y: number) => void,
): void {
  const level = (axis: number, x: number, y: number): void => {
    if (axis === depth) return body(x, y);
    const [count, xp, yp] = [f.local("i32"), f.local("i32"), f.local("i32")];
    f.get(arg[`e${axis}`] ?? 0).set(count).get(x).set(xp).get(y).set(yp);
    f.times(count, () => {
      level(axis + 1, xp, yp);
      f.incBy(xp, arg[`xs${axis}`] ?? 0).incBy(yp, arg[`ys${axis}`] ?? 0);
    });
  };
  level(0, arg["X"] ?? 0, arg["Y"] ?? 0);
}

function moveOne(f: FunctionBuilder, size: number, x: number, y: number): void {
  const [load, store] = LOADS[size] ?? ["i32.load", "i32.store"];
  f.get(y, x).mem(load).mem(store);
}

function runOf(
  f: FunctionBuilder,
  m: ModuleBuilder,
  arg: Args<string>,
  rank: number,
  size: number,
  x: number,
  y: number,
): void {
  f.get(y, x).get(arg[`e${rank - 1}`] ?? 0).i32(size).op("i32.mul").call(m.kernel(copyBytes));
}

/** Copies `n` bytes: short runs in a loop of its own, long ones by the engine. */
const copyBytes: Kernel = defineKernel("copy-bytes", ["Y", "X", "n"], (f, { Y, X, n }) => {
  f.get(n).i32(512).op("i32.gt_u").if(() => {
    f.get(Y, X, n).memoryCopy().op("return");
  });
  const blocks = f.local("i32");
  f.get(n).i32(4).op("i32.shr_u").set(blocks);
  f.times(blocks, () => {
    f.get(Y, X).mem("v128.load").mem("v128.store").inc(X, 16).inc(Y, 16);
  });
  f.get(n).i32(15).op("i32.and").i32(2).op("i32.shr_u").set(blocks);
  f.times(blocks, () => {
    f.get(Y, X).mem("i32.load").mem("i32.store").inc(X, 4).inc(Y, 4);
  });
  f.get(n).i32(3).op("i32.and").set(blocks);
  f.times(blocks, () => {
    f.get(Y, X).mem("i32.load8_u").mem("i32.store8").inc(X, 1).inc(Y, 1);
  });
});

function callTransposed(
  f: FunctionBuilder,
  m: ModuleBuilder,
  arg: Args<string>,
  rank: number,
  x: number,
  y: number,
): void {
  const at = (name: string) => arg[name] ?? 0;
  f.get(at(`e${rank - 2}`), at(`e${rank - 1}`), x, at(`xs${rank - 1}`), y, at(`ys${rank - 2}`)).call(
    m.kernel(transposed),
  );
}

/** Y[i, j] = X[j, i] for i < m, j < n: `m n X xRow Y yRow` (bytes between rows of X and of Y). */
const transposed: Kernel = defineKernel(
  "copy-transposed",
  ["m", "n", "X", "xRow", "Y", "yRow"],
  (f, arg, module) => {
    const strip = module.kernel(transposedStrip), single = module.kernel(transposedRow);
    const blocks = f.local("i32");
    f.get(arg.m).i32(2).op("i32.shr_u").set(blocks);
    f.times(blocks, () => {
      f.get(arg.n, arg.X, arg.xRow, arg.Y, arg.yRow).call(strip);
      f.inc(arg.X, 16).get(arg.Y, arg.yRow).i32(4).op("i32.mul", "i32.add").set(arg.Y);
    });
    f.get(arg.m).i32(3).op("i32.and").set(blocks);
    f.times(blocks, () => {
      f.get(arg.n, arg.X, arg.xRow, arg.Y).call(single);
      f.inc(arg.X, 4).incBy(arg.Y, arg.yRow);
    });
  },
);

/** Four rows of the result. */
const transposedStrip: Kernel = defineKernel(
  "copy-transposed4",
  ["n", "X", "xRow", "Y", "yRow"],
  (f, arg) => {
    const rows = f.locals("v128", 4),
      blocks = f.local("i32"),
      from = f.local("i32"),
      to = f.local("i32"),
      lane = f.local("v128");
    f.get(arg.n).i32(2).op("i32.shr_u").set(blocks);
    f.times(blocks, () => {
      f.get(arg.X).set(from);
      for (const row of rows) f.get(from).mem("v128.load").set(row).incBy(from, arg.xRow);
      f.get(from).set(arg.X);
      transpose4(f, rows);
      f.get(arg.Y).set(to);
      for (const row of rows) f.get(to, row).mem("v128.store").incBy(to, arg.yRow);
      f.inc(arg.Y, 16);
    });
    f.get(arg.n).i32(3).op("i32.and").set(blocks);
    f.times(blocks, () => {
      f.get(arg.X).mem("v128.load").set(lane).get(arg.Y).set(to);
      for (let i = 0; i < 4; i++) f.get(to, lane).memLane("v128.store32_lane", i).incBy(to, arg.yRow);
      f.incBy(arg.X, arg.xRow).inc(arg.Y, 4);
    });
  },
);

const transposedRow: Kernel = defineKernel("copy-transposed1", ["n", "X", "xRow", "Y"], (f, arg) => {
  f.times(arg.n, () => {
    f.get(arg.Y, arg.X).mem("i32.load").mem("i32.store").incBy(arg.X, arg.xRow).inc(arg.Y, 4);
  });
});

/** Repeats a value: `Y count low high`: `count` elements whose bits are `low` (and `high` for 8 bytes). */
export function fill(spec: FillSpec): Kernel {
  const { size } = spec;
  return defineKernel(`fill ${size}`, ["Y", "count", "low", "high"], (f, arg) => {
    if (size === 1) {
      f.get(arg.Y, arg.low, arg.count).memoryFill();
      return;
    }
    f.get(arg.low).op("i32.eqz").get(arg.high).op("i32.eqz", "i32.and").if(() => {
      f.get(arg.Y).i32(0).get(arg.count).i32(size).op("i32.mul").memoryFill().op("return");
    });
    const store = LOADS[size === 8 ? 4 : size]?.[1] ?? "i32.store";
    f.times(arg.count, () => {
      f.get(arg.Y, arg.low).mem(store);
      if (size === 8) f.get(arg.Y, arg.high).mem("i32.store", 4);
      f.inc(arg.Y, size);
    });
  });
}
