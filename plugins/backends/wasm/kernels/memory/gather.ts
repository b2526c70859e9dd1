/** Rows of a table by index. @module */

import type { FunctionBuilder, Kernel } from "../../assembler/assembler.ts";
import { type Args, defineKernel } from "../common.ts";

const NAMES = ["outer", "count", "T", "tOuter", "rows", "rowBytes", "I", "Y", "yOuter", "status"] as const;
type Names = Args<(typeof NAMES)[number]>;

interface IndexSpec {
  readonly index: "i32" | "i64";
}

/**
 * out[o, i, :] = table[o, index[i], :]. Arguments: `outer count T tOuter rows rowBytes I Y yOuter status`. A row is rowBytes
 * contiguous bytes at T + o·tOuter + index·rowBytes, and rows of the output lie rowBytes apart. Negative indices count from
 * the end. An index out of range leaves its row alone; the first one's position + 1 is stored as i32
 * at `status` and itself as i64 at `status` + 8, unless something stands there already.
 */
export function gather(spec: IndexSpec): Kernel {
  return overRows("gather", spec, (f, arg, table, row) => copyRow(f, arg.rowBytes, table, row));
}

/** table[o, index[i], :] += rows[o, i, :] in order, float32 (the gradient of `gather`): the same arguments, Y is read. */
export function scatterAdd(spec: IndexSpec): Kernel {
  return overRows("scatter-add", spec, (f, arg, table, row) => addRow(f, arg.rowBytes, table, row));
}

function overRows(
  name: string,
  { index }: IndexSpec,
  move: (f: FunctionBuilder, arg: Names, table: number, row: number) => void,
): Kernel {
  return defineKernel(`${name} ${index}`, NAMES, (f, arg) => {
    const [left, row, position, at] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")];
    f.times(arg.outer, () => {
      f.get(arg.count).set(left).get(arg.Y).set(row).i32(0).set(position);
      f.times(left, () => {
        loadIndex(f, arg.I, position, index, arg.rows, at);
        f.get(at, arg.rows).op("i32.lt_u").if(() => {
          f.get(arg.T, at, arg.rowBytes).op("i32.mul", "i32.add").set(at);
          move(f, arg, at, row);
        }, () => {
          f.get(arg.status).mem("i32.load").op("i32.eqz").if(() => {
            f.get(arg.status, position).i32(1).op("i32.add").mem("i32.store").get(arg.status);
            f.get(arg.I, position).i32(index === "i64" ? 8 : 4).op("i32.mul", "i32.add");
            if (index === "i64") f.mem("i64.load");
            else f.mem("i32.load").op("i64.extend_i32_s");
            f.mem("i64.store", 8);
          });
        });
        f.inc(position, 1).incBy(row, arg.rowBytes);
      });
      f.incBy(arg.T, arg.tOuter).incBy(arg.Y, arg.yOuter);
    });
  });
}

/** Leaves index[position], counted from the front, or a number that is no row, in `at`. */
function loadIndex(
  f: FunctionBuilder,
  I: number,
  position: number,
  index: "i32" | "i64",
  rows: number,
  at: number,
): void {
  const size = index === "i64" ? 8 : 4;
  f.get(I, position).i32(size).op("i32.mul", "i32.add").set(at);
  if (index === "i64") {
    const high = f.local("i32");
    f.get(at).mem("i32.load", 4).set(high).get(at).mem("i32.load").set(at);
    // A 64-bit index is in range only if its high word repeats the sign of the low one.
    f.get(at).i32(31).op("i32.shr_s").get(high).op("i32.ne").if(() => f.i32(-0x80000000).set(at));
  } else f.get(at).mem("i32.load").set(at);
  f.get(at).i32(0).op("i32.lt_s").if(() => f.get(at, rows).op("i32.add").set(at));
}

function copyRow(f: FunctionBuilder, rowBytes: number, from: number, to: number): void {
  f.get(rowBytes).i32(1024).op("i32.gt_u").if(() => {
    f.get(to, from, rowBytes).memoryCopy();
  }, () => {
    const [left, source, target] = [f.local("i32"), f.local("i32"), f.local("i32")];
    f.get(from).set(source).get(to).set(target).get(rowBytes).i32(4).op("i32.shr_u").set(left);
    f.times(left, () => {
      f.get(target, source).mem("v128.load").mem("v128.store").inc(source, 16).inc(target, 16);
    });
    f.get(rowBytes).i32(15).op("i32.and").set(left);
    f.times(left, () => {
      f.get(target, source).mem("i32.load8_u").mem("i32.store8").inc(source, 1).inc(target, 1);
    });
  });
}

function addRow(f: FunctionBuilder, rowBytes: number, table: number, row: number): void {
  const [left, source, target] = [f.local("i32"), f.local("i32"), f.local("i32")];
  f.get(row).set(source).get(table).set(target).get(rowBytes).i32(4).op("i32.shr_u").set(left);
  f.times(left, () => {
    f.get(target, target).mem("v128.load").get(source).mem("v128.load").op("f32x4.add").mem("v128.store");
    f.inc(source, 16).inc(target, 16);
  });
  f.get(rowBytes).i32(15).op("i32.and").i32(2).op("i32.shr_u").set(left);
  f.times(left, () => {
    f.get(target, target).mem("f32.load").get(source).mem("f32.load").op("f32.add").mem("f32.store");
    f.inc(source, 4).inc(target, 4);
  });
}
