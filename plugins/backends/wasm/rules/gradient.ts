/** Gradients of convolution, pooling and embedding. @module */
import { item } from "../../../../core/values/item.ts";
import type { Node } from "../../../../core/graph/graph.ts";
import { addDims, type Dim, mulDims, productDims } from "../../../../core/values/shape.ts";
import { depthwiseGradient, gemm, pack, poolGradient, scatterAdd } from "../kernels/mod.ts";
import type { Lowering } from "../../room/lowering/lowering.ts";
import type { Scope } from "../../room/lowering/scope.ts";
import { STATUS_BYTES } from "../../room/target.ts";
import { type Arg, at, extent, type Loop } from "../../room/lowering/program.ts";
import { elementBytes, reviewed, rowMajor, sliceView, type View } from "../../room/memory/views.ts";
import { channelsInside, channelsLast, paddedImage, three, type Window, windowOf } from "./conv.ts";
import { denseLast, fixedChannels, floatInputs } from "./spread.ts";
import { intOf, intsOf, type Rule } from "../../room/rules/rule.ts";

/** dw: for each image the product of its patches, transposed, with dy; summed over the batch in place. */
const convKernel: Rule = {
  supports(c) {
    const fixed = c.outputs[0]?.shape?.every((d) => typeof d === "number") ?? false;
    const deep = c.outputs[0]?.shape?.[1] === 1 && intOf(c.node, "group", 1) === c.inputs[0]?.shape?.[1];
    const flat = (c.inputs[0]?.shape?.length ?? 0) <= 4;
    return floatInputs(c) && fixed && fixedChannels(c) && (intOf(c.node, "group", 1) === 1 || (deep && flat));
  },
  lower(l, s, node) {
    if (intOf(node, "group", 1) > 1) return deepKernel(l, s, node);
    const x = l.input(s, node, 0), { shape } = l.type(s, item(node.outputs, 0));
    const kernel = shape.slice(2).map(Number), outs = Number(shape[0]), ins = Number(shape[1]);
    const dy = denseLast(l, l.input(s, node, 1), node), space = dy.shape.slice(2);
    const window = windowOf(node, kernel, x.shape.slice(2), space);
    const padded = denseLast(l, paddedImage(l, x, window, 0, node), node);
    const M = kernel.reduce((a, b) => a * b, ins), K = productDims(space);
    const sums = l.fresh([...kernel, ins, outs], "float32");
    l.fill(sums, 0, node);
    const loop: Loop = {
      kind: "loop",
      id: l.nextLoop(),
      trips: item(x.shape, 0),
      items: [],
      scope: node.scope,
    };
    l.lists.push(loop.items);
    const patches = l.fresh([K, M], "float32", undefined, "workspace");
    gatherPatches(l, padded, patches, window, space, ins, loop.id, node);
    const panels = l.workspace({ op: "mul", a: K, b: Math.ceil(outs / 8) * 32 });
    const image: View = { ...dy, steps: [...dy.steps, { loop: loop.id, stride: item(dy.strides, 0) }] };
    l.call(pack(), [at(image), outs * 4, 4, extent(K), outs, at(panels)], [dy], [panels], node);
    const product = gemm({
      K: typeof K === "number" ? K : null,
      N: outs,
      transA: true,
      residual: "accumulate",
    });
    const given: Readonly<Record<string, Arg>> = {
      M,
      A: at(patches),
      lda: M * 4,
      B: at(panels),
      C: at(sums),
      ldc: outs * 4,
      K: extent(K),
    };
    l.call(product, given, [patches, panels, sums], [sums], node);
    l.lists.pop();
    l.lists.at(-1)?.push(loop);
    const [o, i, ...rest] = [kernel.length + 1, kernel.length, ...kernel.keys()];
    const order = [o ?? 0, i ?? 0, ...rest];
    l.define(s, node, reviewed(sums, shape, order.map((axis) => item(sums.strides, axis))));
  },
};
/** The same for a depthwise convolution: one sum over the batch and the image for each kernel position. */
function deepKernel(l: Lowering, s: Scope, node: Node): void {
  const x = l.input(s, node, 0), { shape } = l.type(s, item(node.outputs, 0));
  const kernel = shape.slice(2).map(Number), outs = Number(shape[0]), channels = Number(x.shape[1]);
  const all = l.input(s, node, 1), space = all.shape.slice(2);
  const window = windowOf(node, kernel, x.shape.slice(2), space), multiplier = outs / channels;
  const image = denseLast(l, paddedImage(l, x, window, 0, node), node);
  const positions = kernel.reduce((n, k) => n * k, 1);
  const sums = l.fresh([multiplier, positions, channels], "float32");
  for (let m = 0; m < multiplier; m++) {
    const dy = denseLast(l, sliceView(all, 1, m, multiplier, channels), node);
    for (let p = 0; p < positions; p++) {
      let rest = p, offset: Dim = 0;
      for (let axis = kernel.length - 1; axis >= 0; axis--) {
        const k = rest % (kernel[axis] ?? 1);
        rest = Math.floor(rest / (kernel[axis] ?? 1));
        offset = addDims(offset, mulDims(k * (window.dilations[axis] ?? 1), item(image.strides, axis + 2)));
      }
      const pair = <T>(list: readonly T[], absent: T) => (list.length === 1 ? [absent, ...list] : list);
      const [H = 1, W = 1] = pair<Dim>(space, 1);
      const moved = window.strides.map((step, i) => mulDims(step, item(image.strides, i + 2)));
      const [xH = 0, xW = 0] = pair<Dim>(moved, 0), [yH = 0, yW = 0] = pair<Dim>(dy.strides.slice(2), 0);
      l.call(
        depthwiseGradient(),
        [
          ...[item(x.shape, 0), H, W].map(extent),
          channels,
          at(image, offset),
          ...[item(image.strides, 0), xH, xW].map(extent),
          at(dy),
          ...[item(dy.strides, 0), yH, yW].map(extent),
          at(sums, (m * positions + p) * channels * 4),
        ],
        [image, dy, sums],
        [sums],
        node,
      );
    }
  }
  // Output channel c·multiplier + m lies at [m, position, c]; its axes are put together by one copy.
  const parts = [channels, multiplier, ...kernel];
  const places = rowMajor(kernel, "float32").map((step) => mulDims(step, channels));
  const moved = reviewed(sums, parts, [4, positions * channels * 4, ...places]);
  const dense = l.contiguous(moved, node);
  l.define(s, node, reviewed(dense, shape, rowMajor(shape, "float32")));
}

/** Rows `[pixel][kernel position][channel]` of one image; neighbours in the last kernel axis are copied as one run. */
function gatherPatches(
  l: Lowering,
  image: View,
  patches: View,
  window: Window,
  space: readonly Dim[],
  ins: number,
  loop: number,
  node: Node,
): void {
  const { kernel, strides, dilations } = window, last = kernel.length - 1;
  const whole = dilations[last] === 1, width = whole ? (kernel[last] ?? 1) * ins : ins;
  const outer = whole ? kernel.slice(0, -1) : kernel;
  const positions = outer.reduce((n, k) => n * k, 1);
  const steps = [...image.steps, { loop, stride: item(image.strides, 0) }];
  const rows = rowMajor([...space, item(patches.shape, 1)], "float32");
  for (let p = 0; p < positions; p++) {
    let rest = p, offset: Dim = 0;
    for (let axis = outer.length - 1; axis >= 0; axis--) {
      const k = rest % (item(outer, axis));
      rest = Math.floor(rest / (item(outer, axis)));
      offset = addDims(offset, mulDims(k * (dilations[axis] ?? 1), item(image.strides, axis + 2)));
    }
    const shape = [...space, width];
    const from: View = {
      ...reviewed(image, shape, [
        ...space.map((_, i) => mulDims(item(strides, i), item(image.strides, i + 2))),
        4,
      ]),
      offset: addDims(image.offset, offset),
      steps,
    };
    l.copy(from, reviewed(patches, shape, rows, p * width * 4), node);
  }
}

function poolGrad(mode: "max" | "average"): Rule {
  return {
    supports(c) {
      const rank = c.outputs[0]?.shape?.length ?? 0;
      return c.inputs[0]?.dtype === "float32" && rank >= 3 && rank <= 5;
    },
    lower(l, s, node) {
      const { shape } = l.type(s, item(node.outputs, 0)), rank = shape.length;
      const x = mode === "max" ? channelsInside(l, l.input(s, node, 0), node) : undefined;
      const dy = denseLast(l, l.input(s, node, mode === "max" ? 1 : 0), node);
      const window = windowOf(node, intsOf(node, "kernel_shape") ?? [], shape.slice(2), dy.shape.slice(2));
      const dx = l.fresh(shape, "float32", channelsLast(rank));
      l.fill(dx, 0, node);
      const image = x ?? dx;
      const kernel = poolGradient({
        mode,
        kernel: window.kernel,
        strides: window.strides,
        dilations: window.dilations,
        ...(mode === "average" && { countIncludePad: intOf(node, "count_include_pad", 0) !== 0 }),
      });
      const sizes = three<Dim>(shape.slice(2), 1), out = three<Dim>(dy.shape.slice(2), 1);
      const before = three<Dim>(window.before, 0), after = three<Dim>(window.after, 0);
      const stridesOf = (v: View) => [item(v.strides, 0), ...three<Dim>(v.strides.slice(2), 0)].map(extent);
      l.call(
        kernel,
        [
          extent(item(shape, 0)),
          ...sizes.map(extent),
          extent(item(shape, 1)),
          ...[0, 1, 2].flatMap((i) => [extent(before[i] ?? 0), extent(after[i] ?? 0)]),
          at(image),
          ...stridesOf(image),
          at(dx),
          ...stridesOf(dx),
          at(dy),
          ...out.map(extent),
          extent(mulDims(item(shape, 1), 4)),
        ],
        x ? [x, dx, dy] : [dx, dy],
        [dx],
        node,
      );
      l.define(s, node, dx);
    },
  };
}

const embedding: Rule = {
  supports: (c) =>
    c.inputs[0]?.dtype === "float32" && ["int32", "int64"].includes(c.inputs[1]?.dtype ?? "") &&
    c.outputs[0]?.shape !== undefined,
  lower(l, s, node) {
    const dy = l.contiguous(l.input(s, node, 0), node), indices = l.contiguous(l.input(s, node, 1), node);
    const { shape, dtype } = l.type(s, item(node.outputs, 0));
    const table = l.fresh(shape, dtype), status = l.storage(STATUS_BYTES, "status", 0);
    l.fill(table, 0, node);
    l.statuses.push({ storage: status, node, axis: 0, limit: item(shape, 0) });
    const row = mulDims(elementBytes(dtype), productDims(shape.slice(1)));
    const kernel = scatterAdd({ index: indices.dtype === "int64" ? "i64" : "i32" });
    const given: Readonly<Record<string, Arg>> = {
      outer: 1,
      count: extent(productDims(indices.shape)),
      T: at(table),
      tOuter: 0,
      rows: extent(item(shape, 0)),
      rowBytes: extent(row),
      I: at(indices),
      Y: at(dy),
      yOuter: 0,
      status: { storage: status, offset: 0 },
    };
    l.call(kernel, given, [dy, indices, table], [table], node);
    l.define(s, node, table);
  },
};

/** Rules of this file. */
export const gradientRules: Readonly<Record<string, Rule>> = {
  "lapis.ConvGradKernel": convKernel,
  "lapis.MaxPoolGrad": poolGrad("max"),
  "lapis.AveragePoolGrad": poolGrad("average"),
  "lapis.EmbeddingGradient": embedding,
};
