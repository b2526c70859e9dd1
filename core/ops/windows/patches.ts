/** Plain loops of convolution and its two gradients: patches by hoisted offsets, then matrix products. @module */
import { type Numbers, product } from "../arrays.ts";
import { addProduct, matrix, transposed } from "../products/gemm.ts";
import { type Geometry, windowOffsets } from "./window.ts";

/** A convolution's sizes beside its geometry: input and output channels of a group, and batch. */
export interface ConvSizes {
  readonly batch: number;
  readonly groups: number;
  readonly inChannels: number;
  readonly outChannels: number;
}

/** Calls back with pieces of the outputs that keep the patches of a group below some two megabytes. */
function eachPiece(
  g: Geometry,
  { inChannels }: ConvSizes,
  visit: (from: number, count: number, offsets: Int32Array, patches: Float64Array) => void,
): void {
  const outputs = product(g.output), rows = inChannels * product(g.kernel);
  if (outputs === 0 || rows === 0) return;
  const most = Math.max(32, Math.floor((1 << 18) / rows));
  const patches = new Float64Array(rows * Math.min(most, outputs));
  for (let from = 0; from < outputs; from += most) {
    const to = Math.min(outputs, from + most);
    visit(from, to - from, windowOffsets(g, from, to), patches);
  }
}
/** Patches `[channels·kernel, outputs]` of one image's group. */
function gatherPatches(
  x: Numbers,
  at: number,
  size: number,
  channels: number,
  offsets: Int32Array,
  patches: Float64Array,
): void {
  let to = 0;
  for (let c = 0; c < channels; c++) {
    const base = at + c * size;
    for (let p = 0; p < offsets.length; p++, to++) {
      const from = offsets[p] ?? -1;
      patches[to] = from < 0 ? 0 : x[base + from] as number;
    }
  }
}

/** Adds the convolution of x with w to `out`. */
export function addConv(x: Numbers, w: Numbers, g: Geometry, sizes: ConvSizes, out: Float64Array): void {
  const { batch, groups, inChannels: ic, outChannels: oc } = sizes;
  const inSize = product(g.input), outSize = product(g.output), rows = ic * product(g.kernel);
  eachPiece(g, sizes, (from, count, offsets, patches) => {
    for (let i = 0; i < batch * groups; i++) {
      gatherPatches(x, i * ic * inSize, inSize, ic, offsets, patches);
      const kernel = matrix(w, rows, (i % groups) * oc * rows);
      addProduct(kernel, matrix(patches, count), oc, count, rows, out, i * oc * outSize + from, outSize);
    }
  });
}
/** Adds what outputs `dy` give back to the inputs: the transpose of {@link addConv} in x. */
export function addConvInput(dy: Numbers, w: Numbers, g: Geometry, sizes: ConvSizes, dx: Float64Array): void {
  const { batch, groups, inChannels: ic, outChannels: oc } = sizes;
  const inSize = product(g.input), outSize = product(g.output), rows = ic * product(g.kernel);
  eachPiece(g, sizes, (from, count, offsets, patches) => {
    for (let i = 0; i < batch * groups; i++) {
      patches.fill(0, 0, rows * count);
      const kernel = transposed(matrix(w, rows, (i % groups) * oc * rows));
      addProduct(kernel, matrix(dy, outSize, i * oc * outSize + from), rows, count, oc, patches);
      let at = 0;
      for (let c = 0; c < ic; c++) {
        const base = (i * ic + c) * inSize;
        for (let p = 0; p < offsets.length; p++, at++) {
          const to = offsets[p] ?? -1;
          if (to >= 0) dx[base + to] = (dx[base + to] as number) + (patches[at] as number);
        }
      }
    }
  });
}
/** Adds what outputs `dy` give to the kernel: the transpose of {@link addConv} in w. */
export function addConvKernel(
  x: Numbers,
  dy: Numbers,
  g: Geometry,
  sizes: ConvSizes,
  dw: Float64Array,
): void {
  const { batch, groups, inChannels: ic, outChannels: oc } = sizes;
  const inSize = product(g.input), outSize = product(g.output), rows = ic * product(g.kernel);
  eachPiece(g, sizes, (from, count, offsets, patches) => {
    for (let i = 0; i < batch * groups; i++) {
      gatherPatches(x, i * ic * inSize, inSize, ic, offsets, patches);
      const right = transposed(matrix(patches, count)), left = matrix(dy, outSize, i * oc * outSize + from);
      addProduct(left, right, oc, rows, count, dw, (i % groups) * oc * rows);
    }
  });
}
