/** Gradients of maximum and average pooling over channels-last images. @module */

import type { FunctionBuilder, Kernel } from "../../assembler/assembler.ts";
import { type Args, defineKernel } from "../common.ts";
import { AXES, count, fill3, type PoolSpec, window } from "./pool.ts";
import { storeWidth } from "../reduce/reduce.ts";

const NAMES = [
  ..."batch D H W C d0 d1 h0 h1 w0 w1 X sN sD sH sW".split(" "),
  ..."DX gN gD gH gW DY OD OH OW yPixel".split(" "),
];

/**
 * Adds the gradient of a pooling to DX, which starts as zeros: a maximum's goes to the first of equals, an average's to all.
 * Arguments: `batch D H W C d0 d1 h0 h1 w0 w1 X sN sD sH sW DX gN gD gH gW DY OD OH OW yPixel`: extents, padding, the image
 * and its byte strides (not read for averages), its gradient likewise, and the gradient of the result.
 */
export function poolGradient(spec: PoolSpec): Kernel {
  const full = fill3(spec);
  const key = `pool-gradient ${spec.mode} ${full.kernel} ${full.strides} ${full.dilations}${
    spec.countIncludePad ? " all" : ""
  }`;
  return defineKernel<string>(key, NAMES, (f, arg, m) => {
    const at = (name: string) => arg[name] ?? 0;
    const one = m.kernel(pixelKernel(full, key)), divisor = f.local("i32");
    const [position, left, from, to] = [0, 0, 0, 0].map(() => AXES.map(() => f.local("i32")));
    if (!position || !left || !from || !to) return;
    const loop = (axis: number): void => {
      const name = AXES[axis];
      if (name === undefined) {
        count(f, arg, full, from, to, position, divisor);
        f.get(at("C"), at("X"), at("DX"), at("DY"), divisor);
        AXES.forEach((a, i) => f.get(position[i] ?? 0, from[i] ?? 0, to[i] ?? 0, at(`s${a}`), at(`g${a}`)));
        f.call(one).incBy(at("DY"), at("yPixel"));
        return;
      }
      const [p = 0, n = 0, a = 0, b = 0] = [position[axis], left[axis], from[axis], to[axis]];
      f.i32(0).get(at(`${name.toLowerCase()}0`)).op("i32.sub").set(p).get(at(`O${name}`)).set(n);
      f.times(n, () => {
        window(f, p, full.kernel[axis] ?? 1, full.dilations[axis] ?? 1, at(name), a, b);
        loop(axis + 1);
        f.inc(p, full.strides[axis] ?? 1);
      });
    };
    f.times(at("batch"), () => {
      loop(0);
      f.incBy(at("X"), at("sN")).incBy(at("DX"), at("gN"));
    });
  });
}

/** One window: every channel, four at a time. */
function pixelKernel(spec: PoolSpec, key: string): Kernel {
  const names = [
    "C",
    "X",
    "DX",
    "DY",
    "divisor",
    ...AXES.flatMap((a) => [`p${a}`, `f${a}`, `t${a}`, `s${a}`, `g${a}`]),
  ];
  return defineKernel<string>(`${key} pixel`, names, (f, arg) => {
    const at = (name: string) => arg[name] ?? 0;
    const [most, dy, free, hit, sum] = [
      f.local("v128"),
      f.local("v128"),
      f.local("v128"),
      f.local("v128"),
      f.local("v128"),
    ];
    f.loop((again) => {
      f.get(at("DY")).mem("v128.load").set(dy);
      if (spec.mode === "max") {
        f.splat(-Infinity).set(most);
        visit(
          f,
          spec,
          arg,
          0,
          at("X"),
          at("DX"),
          (x) => f.get(x).mem("v128.load").get(most).op("f32x4.max").set(most),
        );
        f.splatInt(-1).set(free);
        visit(f, spec, arg, 0, at("X"), at("DX"), (x, dx) => {
          f.get(x).mem("v128.load").get(most).op("f32x4.eq").get(free).op("v128.and").set(hit);
          f.get(dx).mem("v128.load").get(dy, hit).op("v128.and", "f32x4.add").set(sum);
          storeWidth(f, dx, sum, at("C"));
          f.get(free, hit).op("v128.andnot").set(free);
        });
      } else {
        f.get(dy, at("divisor")).op("f32.convert_i32_s", "f32x4.splat", "f32x4.div").set(dy);
        visit(f, spec, arg, 0, at("X"), at("DX"), (_, dx) => {
          f.get(dx).mem("v128.load").get(dy).op("f32x4.add").set(sum);
          storeWidth(f, dx, sum, at("C"));
        });
      }
      f.inc(at("X"), 16).inc(at("DX"), 16).inc(at("DY"), 16);
      f.inc(at("C"), -4).get(at("C")).i32(0).op("i32.gt_s").brIf(again);
    });
  });
}

/** Calls back for every position of the window inside the image, with pointers into the image and its gradient. */
function visit(
  f: FunctionBuilder,
  spec: PoolSpec,
  arg: Args<string>,
  axis: number,
  x: number,
  dx: number,
  body: (x: number, dx: number) => void,
): void {
  const name = AXES[axis], at = (n: string) => arg[n] ?? 0;
  if (name === undefined) return body(x, dx);
  const [px, pg, left] = [f.local("i32"), f.local("i32"), f.local("i32")],
    dilation = spec.dilations[axis] ?? 1;
  const first = () => f.get(at(`p${name}`), at(`f${name}`)).i32(dilation).op("i32.mul", "i32.add");
  f.get(x);
  first().get(at(`s${name}`)).op("i32.mul", "i32.add").set(px).get(dx);
  first().get(at(`g${name}`)).op("i32.mul", "i32.add").set(pg);
  f.get(at(`t${name}`), at(`f${name}`)).op("i32.sub").set(left);
  f.times(left, () => {
    visit(f, spec, arg, axis + 1, px, pg, body);
    f.get(px, at(`s${name}`)).i32(dilation).op("i32.mul", "i32.add").set(px);
    f.get(pg, at(`g${name}`)).i32(dilation).op("i32.mul", "i32.add").set(pg);
  });
}
