/** Zero-padded channels-last copies of images. @module */

import type { FunctionBuilder, Kernel } from "../../assembler/assembler.ts";
import { type Args, defineKernel } from "../common.ts";
import { copy, fill } from "../memory/copy.ts";

const NAMES = [
  ..."batch D H W C X sN sD sH sW sC".split(" "),
  ..."d0 d1 h0 h1 w0 w1 Y fill".split(" "),
];

/**
 * Copies an image batch of any strides into a padded contiguous [batch, D+…, H+…, W+…, C]. Arguments:
 * `batch D H W C X sN sD sH sW sC d0 d1 h0 h1 w0 w1 Y fill`: extents of the source, its byte strides, the padding before
 * and after each dim, the destination, and the bits of the padding value (0 for 0.0).
 */
export function padImage(): Kernel {
  return defineKernel<string>("pad-image", NAMES, (f, arg, m) => {
    const at = (name: string) => arg[name] ?? 0;
    const [y, row, plane, slice, whole] = f.locals("i32", 5);
    const [to = 0, yW = 0, yH = 0, yD = 0, yN = 0] = [y, row, plane, slice, whole];
    const padded = (stride: number, extent: string, before: string, after: string, out: number) =>
      f.get(stride, at(extent), at(before)).op("i32.add").get(at(after)).op("i32.add", "i32.mul").set(out);
    f.get(at("C")).i32(4).op("i32.mul").set(yW);
    padded(yW, "W", "w0", "w1", yH);
    padded(yH, "H", "h0", "h1", yD);
    padded(yD, "D", "d0", "d1", yN);
    f.get(at("Y"), at("batch"), yN).op("i32.mul").i32(2).op("i32.shr_u").get(at("fill")).i32(0).call(
      m.kernel(fill({ size: 4 })),
    );
    f.get(at("Y"), at("d0"), yD).op("i32.mul", "i32.add").get(at("h0"), yH).op("i32.mul", "i32.add");
    f.get(at("w0"), yW).op("i32.mul", "i32.add").set(to);
    copyInside(f, arg, to, [yN, yD, yH, yW], m.kernel(copy({ size: 4, rank: 5, kind: "any" })), {
      run: m.kernel(copy({ size: 4, rank: 5, kind: "run" })),
      transpose: m.kernel(copy({ size: 4, rank: 5, kind: "transpose" })),
      flat: m.kernel(copy({ size: 4, rank: 4, kind: "run" })),
    });
  });
}

/** Copies the image to its place: whole rows where pixels are dense, else as its strides allow. */
function copyInside(
  f: FunctionBuilder,
  arg: Args<string>,
  to: number,
  strides: readonly number[],
  any: number,
  kinds: { readonly run: number; readonly transpose: number; readonly flat: number },
): void {
  const at = (name: string) => arg[name] ?? 0;
  const full = (kernel: number) => {
    f.get(...["batch", "D", "H", "W", "C", "X", "sN", "sD", "sH", "sW", "sC"].map(at)).get(to, ...strides)
      .i32(4).call(kernel);
  };
  f.get(at("sC")).i32(4).op("i32.eq").if(() => {
    f.get(at("sW"), strides[3] ?? 0).op("i32.eq").if(() => {
      f.get(...["batch", "D", "H"].map(at)).get(at("W"), at("C")).op("i32.mul");
      f.get(...["X", "sN", "sD", "sH"].map(at)).i32(4).get(to, ...strides.slice(0, 3)).i32(4).call(
        kinds.flat,
      );
    }, () => full(kinds.run));
  }, () => {
    f.get(at("sW")).i32(4).op("i32.eq").if(() => full(kinds.transpose), () => full(any));
  });
}
