/** Depthwise convolutions over channels-last images. @module */

import type { FunctionBuilder, Kernel } from "../../assembler/assembler.ts";
import { activate, type Args, defineKernel, type Epilogue, epilogueKey } from "../common.ts";
import { storeWidth } from "../reduce/reduce.ts";

/** Specialisation of a depthwise convolution: groups = channels, outChannels = channels · multiplier. */
export interface DepthwiseSpec extends Epilogue {
  readonly channels: number;
  readonly multiplier: number;
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
}

const lead = (
  list: readonly number[],
): readonly number[] => [...new Array<number>(3 - list.length).fill(1), ...list];

/** Arguments as `conv`'s: `batch X D H W P Y OD OH OW yPixel [bias]`; X is padded, P is what `packDepthwise` made. */
export function depthwise(spec: DepthwiseSpec): Kernel {
  const names = [..."batch X D H W P Y OD OH OW yPixel".split(" "), ...(spec.bias ? ["bias"] : [])];
  const key = `depthwise ${spec.channels}x${spec.multiplier} ${lead(spec.kernel)} ${lead(spec.strides)} ${
    lead(spec.dilations)
  }`;
  return defineKernel<string>(`${key}${epilogueKey(spec)}`, names, (f, arg, m) => {
    const at = (name: string) => arg[name] ?? 0;
    const row = m.kernel(rowKernel(spec, key)), [sd = 1, sh = 1] = lead(spec.strides);
    const [line, plane, image] = [f.local("i32"), f.local("i32"), f.local("i32")];
    const [depth, height, x, y] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")];
    f.get(at("W")).i32(spec.channels * 4).op("i32.mul").set(line);
    f.get(line, at("H")).op("i32.mul").set(plane).get(plane, at("D")).op("i32.mul").set(image);
    f.times(at("batch"), () => {
      f.get(at("X")).set(x).get(at("OD")).set(depth);
      f.times(depth, () => {
        f.get(x).set(y).get(at("OH")).set(height);
        f.times(height, () => {
          f.get(y, line, plane, at("P"), at("Y"), at("OW"), at("yPixel"));
          if (spec.bias) f.get(at("bias"));
          f.call(row);
          f.get(at("Y"), at("OW"), at("yPixel")).op("i32.mul", "i32.add").set(at("Y"));
          f.get(y, line).i32(sh).op("i32.mul", "i32.add").set(y);
        });
        f.get(x, plane).i32(sd).op("i32.mul", "i32.add").set(x);
      });
      f.incBy(at("X"), image);
    });
  });
}

/** One row of output pixels. */
function rowKernel(spec: DepthwiseSpec, key: string): Kernel {
  const names = ["X", "line", "plane", "P", "Y", "OW", "yPixel", ...(spec.bias ? ["bias"] : [])];
  const sw = lead(spec.strides)[2] ?? 1;
  return defineKernel<string>(`${key}${epilogueKey(spec)} row`, names, (f, arg) => {
    const at = (name: string) => arg[name] ?? 0;
    f.times(at("OW"), () => {
      pixel(f, arg, spec);
      f.inc(at("X"), sw * spec.channels * 4).incBy(at("Y"), at("yPixel"));
    });
  });
}

/** One output pixel, four channels at a time. */
function pixel(f: FunctionBuilder, arg: Args<string>, spec: DepthwiseSpec): void {
  const at = (name: string) => arg[name] ?? 0, { channels, multiplier } = spec;
  const out = channels * multiplier;
  const [offset, left, sum, x] = [f.local("i32"), f.local("i32"), f.local("v128"), f.local("v128")];
  const [p, y, pd, ph, nd, nh] = f.locals("i32", 6);
  const [weights = 0, store = 0, planeAt = 0, lineAt = 0, deep = 0, high = 0] = [p, y, pd, ph, nd, nh];
  const [kd = 1, kh = 1, kw = 1] = lead(spec.kernel), [dd = 1, dh = 1, dw = 1] = lead(spec.dilations);
  f.i32(0).set(offset).i32(out).set(left);
  f.loop((again) => {
    f.get(at("P"), offset).op("i32.add").set(weights);
    if (spec.bias) f.get(at("bias"), offset).op("i32.add").mem("v128.load").set(sum);
    else f.zero().set(sum);
    f.get(at("X")).set(planeAt).i32(kd).set(deep);
    f.times(deep, () => {
      f.get(planeAt).set(lineAt).i32(kh).set(high);
      f.times(high, () => {
        for (let k = 0; k < kw; k++) {
          loadInputs(f, lineAt, offset, x, multiplier, k * dw * channels * 4);
          f.get(x).get(weights).mem("v128.load", k * out * 4).madd(sum).set(sum);
        }
        f.inc(weights, kw * out * 4).get(lineAt, at("line")).i32(dh).op("i32.mul", "i32.add").set(lineAt);
      });
      f.get(planeAt, at("plane")).i32(dd).op("i32.mul", "i32.add").set(planeAt);
    });
    activate(f, spec.activation, sum);
    f.get(at("Y"), offset).op("i32.add").set(store);
    storeWidth(f, store, sum, left);
    f.inc(offset, 16).inc(left, -4).get(left).i32(0).op("i32.gt_s").brIf(again);
  });
}

/** The inputs of four output channels from byte `offset` on: channel o reads input o / multiplier. */
function loadInputs(
  f: FunctionBuilder,
  base: number,
  offset: number,
  x: number,
  multiplier: number,
  plus: number,
): void {
  if (multiplier === 1) {
    f.get(base, offset).op("i32.add").mem("v128.load", plus).set(x);
    return;
  }
  if (multiplier % 4 === 0) {
    f.get(base, offset).i32(multiplier * 4).op("i32.div_u").i32(4).op("i32.mul", "i32.add");
    f.mem("v128.load32_splat", plus).set(x);
    return;
  }
  for (let lane = 0; lane < 4; lane++) {
    f.get(base, offset).i32(lane * 4).op("i32.add").i32(multiplier * 4).op("i32.div_u").i32(4).op(
      "i32.mul",
      "i32.add",
    );
    f.get(x).memLane("v128.load32_lane", lane, plus).set(x);
  }
}

/** Bytes of the packed weights. */
export function packedDepthwiseBytes(spec: DepthwiseSpec): number {
  return spec.kernel.reduce((a, b) => a * b, 1) * spec.channels * spec.multiplier * 4 + 16;
}

/** Packs W[channels·multiplier, 1, …kernel] of any strides: `W sO sD sH sW P`. The result lies [kernel…][channels·multiplier]. */
export function packDepthwise(spec: DepthwiseSpec): Kernel {
  const sizes = lead(spec.kernel), out = spec.channels * spec.multiplier;
  return defineKernel<string>(
    `pack-depthwise ${out} ${sizes}`,
    ["W", "sO", "sD", "sH", "sW", "P"],
    (f, arg) => {
      const at = (name: string) => arg[name] ?? 0;
      const loop = (axis: number, from: number): void => {
        const stride = ["sD", "sH", "sW", "sO"][axis];
        if (stride === undefined) {
          f.get(at("P"), from).mem("i32.load").mem("i32.store").inc(at("P"), 4);
          return;
        }
        const [pointer, left] = [f.local("i32"), f.local("i32")];
        f.get(from).set(pointer).i32([...sizes, out][axis] ?? 1).set(left);
        f.times(left, () => {
          loop(axis + 1, pointer);
          f.incBy(pointer, at(stride));
        });
      };
      loop(0, at("W"));
    },
  );
}
