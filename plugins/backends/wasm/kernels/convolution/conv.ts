/** Convolutions over channels-last images as implicit matrix products. @module */

import type { FunctionBuilder, Kernel, ModuleBuilder } from "../../assembler/assembler.ts";
import { type Args, defineKernel, type Epilogue, epilogueKey } from "../common.ts";
import type { Level } from "../products/strip.ts";
import { Walk } from "../products/walk.ts";

/** Specialisation of a convolution; extents of space are run-time arguments. Lists go depth, height, width (1 to 3 of them). */
export interface ConvSpec extends Epilogue {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly groups: number;
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
}

type Triple = readonly [number, number, number];

/** A specialisation with all three dims and the sizes of a group. */
interface Shape {
  readonly kernel: Triple;
  readonly strides: Triple;
  readonly dilations: Triple;
  readonly inGroup: number;
  readonly outGroup: number;
  /** Length of the sums. */
  readonly depth: number;
  /** Packed bytes of a group's weights. */
  readonly bytes: number;
}

function triple(list: readonly number[]): Triple {
  const [w = 1, h = 1, d = 1] = list.toReversed();
  return [d, h, w];
}

function shapeOf(spec: ConvSpec): Shape {
  const kernel = triple(spec.kernel);
  const inGroup = spec.inChannels / spec.groups;
  const outGroup = spec.outChannels / spec.groups;
  const depth = kernel[0] * kernel[1] * kernel[2] * inGroup;
  return {
    ...{ kernel, strides: triple(spec.strides), dilations: triple(spec.dilations), inGroup, outGroup, depth },
    bytes: Math.ceil(outGroup / 8) * depth * 32,
  };
}

function convKey(spec: ConvSpec): string {
  const sizes = [spec.kernel, spec.strides, spec.dilations].map((list) => list.join("x")).join(" ");
  return `${spec.inChannels}-${spec.outChannels}/${spec.groups} ${sizes}`;
}

const IMAGE_ARGS = ["batch", "X", "D", "H", "W", "P", "Y", "OD", "OH", "OW", "yPixel", "bias"] as const;
const ROW_ARGS = ["X", "P", "Y", "OW", "yPixel", "pitch0", "pitch1", "bias"] as const;

/**
 * A convolution of a zero-padded, contiguous [batch, D, H, W, inChannels] (see `padImage`; the image itself where there is
 * no padding). Arguments: `batch X D H W P Y OD OH OW yPixel [bias]`: D H W are the padded extents, P the packed weights,
 * yPixel the bytes between output pixels (outChannels·4 if contiguous). 1 and 2 dimensions pass D (and H) as 1.
 */
export function conv(spec: ConvSpec): Kernel {
  const names = IMAGE_ARGS.filter((name) => spec.bias || name !== "bias");
  const key = `conv ${convKey(spec)}${epilogueKey(spec)}`;
  return defineKernel(key, names, (f, arg, m) => emitImages(f, arg, m, spec));
}

/** Loops over images and their output rows; the rows of output are contiguous. */
function emitImages(
  f: FunctionBuilder,
  arg: Args<(typeof IMAGE_ARGS)[number]>,
  m: ModuleBuilder,
  spec: ConvSpec,
): void {
  const { strides, dilations } = shapeOf(spec);
  const row = outputRow(spec);
  const [rowBytes = 0, sliceBytes = 0, yRow = 0, pitch0 = 0, pitch1 = 0] = f.locals("i32", 5);
  const [depth = 0, height = 0, slice = 0, line = 0] = f.locals("i32", 4);
  f.get(arg.W).i32(spec.inChannels * 4).op("i32.mul").set(rowBytes);
  f.get(rowBytes, arg.H).op("i32.mul").set(sliceBytes);
  f.get(arg.OW, arg.yPixel).op("i32.mul").set(yRow);
  f.get(sliceBytes).i32(dilations[0]).op("i32.mul").set(pitch0);
  f.get(rowBytes).i32(dilations[1]).op("i32.mul").set(pitch1);
  f.times(arg.batch, () => {
    f.get(arg.OD).set(depth).get(arg.X).set(slice);
    f.times(depth, () => {
      f.get(arg.OH).set(height).get(slice).set(line);
      f.times(height, () => {
        const locals = { ...arg, X: line, pitch0, pitch1 };
        f.get(...row.args.map((name) => locals[name as (typeof ROW_ARGS)[number]])).call(m.kernel(row));
        f.get(line, rowBytes).i32(strides[1]).op("i32.mul", "i32.add").set(line);
        f.incBy(arg.Y, yRow);
      });
      f.get(slice, sliceBytes).i32(strides[0]).op("i32.mul", "i32.add").set(slice);
    });
    f.get(arg.X, sliceBytes, arg.D).op("i32.mul", "i32.add").set(arg.X);
  });
}

/** One row of output pixels: the rows of A are windows of the image, `strides[2]` pixels apart. */
function outputRow(spec: ConvSpec): Kernel {
  const names = ROW_ARGS.filter((name) => spec.bias || name !== "bias");
  const key = `conv-row ${convKey(spec)}${epilogueKey(spec)}`;
  return defineKernel(key, names, (f, arg, m) => {
    const { kernel, strides, dilations, inGroup, outGroup, depth, bytes } = shapeOf(spec);
    const pixel = spec.inChannels * 4;
    const joined = spec.groups === 1 && (dilations[2] === 1 || kernel[2] === 1);
    const levels: Level[] = [{ count: kernel[0], pitch: null }, { count: kernel[1], pitch: null }];
    if (!joined) levels.push({ count: kernel[2], pitch: dilations[2] * pixel });
    const walk = new Walk(f, m, {
      ...{ N: outGroup, depth, levels, bias: spec.bias, activation: spec.activation },
      step: strides[2] * pixel,
      run: joined ? kernel[2] * inGroup : inGroup,
    }, { ...arg, A: arg.X, B: arg.P, C: arg.Y, ldc: arg.yPixel });
    if (spec.groups === 1) return walk.cover(arg.OW);
    const groups = f.local("i32");
    f.i32(spec.groups).set(groups);
    f.times(groups, () => {
      walk.cover(arg.OW);
      f.inc(arg.X, inGroup * 4).inc(arg.P, bytes).inc(arg.Y, outGroup * 4);
      if (spec.bias) f.inc(arg.bias, outGroup * 4);
    });
  });
}

/** Bytes of a convolution's packed weights. */
export function packedConvBytes(spec: ConvSpec): number {
  return spec.groups * shapeOf(spec).bytes;
}

/** Packs W[outChannels, inChannels/groups, …kernel] of any strides: `W sO sI sD sH sW P` (strides of absent dims ignored). */
export function packConv(spec: ConvSpec): Kernel {
  const names = ["W", "sO", "sI", "sD", "sH", "sW", "P"] as const;
  return defineKernel(`pack-conv ${convKey(spec)}`, names, (f, arg) => {
    const { kernel, inGroup, outGroup } = shapeOf(spec);
    const [width = 0, left = 0] = f.locals("i32", 2);
    const panels = (groupBase: number): void => {
      const base = f.local("i32");
      f.get(groupBase).set(base).i32(outGroup).set(left);
      f.loop((again) => {
        f.get(left).i32(8).get(left).i32(8).op("i32.lt_s", "select").set(width);
        const counts = [kernel[0], kernel[1], kernel[2], inGroup];
        nest(
          f,
          counts,
          [arg.sD, arg.sH, arg.sW, arg.sI],
          base,
          (pointer) => packLanes(f, arg, pointer, width),
        );
        f.get(base, arg.sO).i32(8).op("i32.mul", "i32.add").set(base);
        f.get(left).i32(8).op("i32.sub").tee(left).i32(0).op("i32.gt_s").brIf(again);
      });
    };
    const groupStride = f.local("i32");
    f.get(arg.sO).i32(outGroup).op("i32.mul").set(groupStride);
    nest(f, [spec.groups], [groupStride], arg.W, panels);
  });
}

/** Loops of constant counts over a pointer that each moves by its own stride (a local). */
function nest(
  f: FunctionBuilder,
  counts: readonly number[],
  strides: readonly number[],
  base: number,
  body: (pointer: number) => void,
): void {
  const [count, ...restCounts] = counts;
  const [stride = 0, ...restStrides] = strides;
  if (count === undefined) return body(base);
  const [counter = 0, pointer = 0] = f.locals("i32", 2);
  f.get(base).set(pointer).i32(count).set(counter);
  f.times(counter, () => {
    nest(f, restCounts, restStrides, pointer, body);
    f.incBy(pointer, stride);
  });
}

/** Eight lanes of a panel, `sO` apart in W, zero beyond `width`. */
function packLanes(
  f: FunctionBuilder,
  arg: Readonly<Record<"sO" | "P", number>>,
  from: number,
  width: number,
): void {
  const [pointer = 0, lane = 0] = f.locals("i32", 2);
  f.get(arg.P).zero().mem("v128.store").get(arg.P).zero().mem("v128.store", 16);
  f.get(from).set(pointer).i32(0).set(lane);
  f.loop((again) => {
    f.get(arg.P, lane).i32(4).op("i32.mul", "i32.add").get(pointer).mem("i32.load").mem("i32.store");
    f.incBy(pointer, arg.sO).inc(lane, 1);
    f.get(lane, width).op("i32.lt_s").brIf(again);
  });
  f.inc(arg.P, 32);
}
