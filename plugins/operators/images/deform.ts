/** Deformable convolution: each tap of the kernel reads beside its place, by an offset that the input gives. @module */
import { ShapeError } from "../../../core/values/errors.ts";
import type { OpDef } from "../../../core/graph/op.ts";
import { result } from "../../../core/ops/arrays.ts";
import { defineOp, floats, optionalAt, sharedType, tensorAt } from "../../../core/ops/define.ts";
import { addProduct, matrix } from "../../../core/ops/products/gemm.ts";
import { along, optionalInts, type Sliding, slidingOutput } from "../../../core/ops/windows/window.ts";
import { int } from "../../../core/values/schema.ts";
import { dimsOf, tensorType } from "../../../core/values/shape.ts";
import { toNumbers } from "../../../core/values/tensor.ts";
import { boundedSize } from "../bounds.ts";

interface Deform {
  readonly dilations: readonly number[] | null;
  readonly group: number;
  readonly kernel_shape: readonly number[] | null;
  readonly offset_group: number;
  readonly pads: readonly number[] | null;
  readonly strides: readonly number[] | null;
}
const sliding = (a: Deform): Sliding => ({
  auto_pad: "NOTSET",
  dilations: a.dilations,
  pads: a.pads,
  strides: a.strides,
});

/** A pixel between pixels; zero outside of the image. */
function bilinear(
  x: ArrayLike<number>,
  base: number,
  height: number,
  width: number,
  y: number,
  z: number,
): number {
  if (y <= -1 || z <= -1 || y >= height || z >= width) return 0;
  const top = Math.floor(y), left = Math.floor(z), dy = y - top, dx = z - left;
  const at = (r: number, c: number) =>
    r < 0 || c < 0 || r >= height || c >= width ? 0 : x[base + r * width + c] ?? 0;
  return (1 - dy) * ((1 - dx) * at(top, left) + dx * at(top, left + 1)) +
    dy * ((1 - dx) * at(top + 1, left) + dx * at(top + 1, left + 1));
}

const deformConv: OpDef = defineOp<Deform>({
  name: "DeformConv",
  since: 22,
  summary:
    "Convolution of which each tap is moved by an offset and weighted by a mask (Dai et al. 2017, Zhu et al. 2019)",
  attributes: {
    dilations: optionalInts("distance of the kernel's elements; 1 unless given", 1),
    group: int({ doc: "groups that channels are divided into", default: 1, min: 1 }),
    kernel_shape: optionalInts("the kernel's spatial shape; W's unless given", 1),
    offset_group: int({ doc: "groups of channels that share their offsets", default: 1, min: 1 }),
    pads: optionalInts("elements added around; 0 unless given"),
    strides: optionalInts("steps between windows; 1 unless given", 1),
  },
  arity: [3, 5],
  accuracy: "rounding",
  infer(c) {
    const dtype = sharedType(c, floats), x = dimsOf(c.inputs[0]), w = dimsOf(c.inputs[1]);
    if (x.length !== 4 || w.length !== 4) {
      throw new ShapeError("images [batch, channels, height, width] expected");
    }
    return [
      tensorType(dtype, [
        x[0] ?? 1,
        w[0] ?? 1,
        ...slidingOutput(x.slice(2), w.slice(2), sliding(c.attributes)),
      ]),
    ];
  },
  gradient: "none",
  plain(inputs, { attributes: a, limits }) {
    const x = tensorAt(inputs, 0), w = tensorAt(inputs, 1), offset = tensorAt(inputs, 2);
    const bias = optionalAt(inputs, 3), mask = optionalAt(inputs, 4), masks = mask && toNumbers(mask);
    const [batch = 1, channels = 1, height = 1, width = 1] = x.shape,
      [outs = 1, ins = 1, kh = 1, kw = 1] = w.shape;
    const [rows = 1, columns = 1] = slidingOutput([height, width], [kh, kw], sliding(a)) as readonly number[];
    const [sy = 1, sx = 1] = along(a.strides, 2, 1, "strides"),
      [dy = 1, dx = 1] = along(a.dilations, 2, 1, "dilations");
    const [top = 0, left = 0] = along(a.pads, 4, 0, "pads"), taps = kh * kw, places = rows * columns;
    const wanted = [batch, a.offset_group * taps * 2, rows, columns];
    if (
      offset.shape.join() !== wanted.join() || channels % a.offset_group !== 0 || ins * a.group !== channels
    ) {
      throw new ShapeError(`offsets of [${wanted}] expected, got [${offset.shape}]; ${channels} channels`);
    }
    const values = toNumbers(x),
      moves = toNumbers(offset),
      kernel = toNumbers(w),
      biases = bias && toNumbers(bias);
    const shape = [batch, outs, rows, columns], out = new Float64Array(boundedSize(shape, "float64", limits));
    const patches = new Float64Array(boundedSize([channels, taps, places], "float64", limits));
    const shared = channels / a.offset_group;
    for (let n = 0; n < batch; n++) {
      for (let i = 0; i < channels * taps; i++) {
        const c = Math.floor(i / taps),
          tap = i % taps,
          set = (n * a.offset_group + Math.floor(c / shared)) * taps + tap;
        for (let p = 0; p < places; p++) {
          const y = Math.floor(p / columns) * sy - top + Math.floor(tap / kw) * dy +
            (moves[2 * set * places + p] ?? 0);
          const z = (p % columns) * sx - left + (tap % kw) * dx + (moves[(2 * set + 1) * places + p] ?? 0);
          const v = bilinear(values, (n * channels + c) * height * width, height, width, y, z);
          patches[i * places + p] = masks ? v * (masks[set * places + p] ?? 0) : v;
        }
      }
      const each = outs / a.group, depth = ins * taps;
      for (let g = 0; g < a.group; g++) {
        const to = (n * outs + g * each) * places;
        for (let o = 0; o < each; o++) {
          out.fill(biases?.[g * each + o] ?? 0, to + o * places, to + (o + 1) * places);
        }
        const left = matrix(kernel, depth, g * each * depth),
          right = matrix(patches, places, g * depth * places);
        addProduct(left, right, each, places, depth, out, to);
      }
    }
    return [result(out, shape, x.dtype)];
  },
});

/** Deformable convolution. */
export const deformOps: readonly OpDef[] = [deformConv];
