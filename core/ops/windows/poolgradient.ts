/** The gradients of pooling. @module */
import type { Value } from "../../graph/graph.ts";
import type { OpDef } from "../../graph/op.ts";
import { asTensor, dimsOf, freshDim, tensorType } from "../../values/shape.ts";
import { tensor, toIntegers, toNumbers } from "../../values/tensor.ts";
import { product, result } from "../arrays.ts";
import { defineOp, tensorAt } from "../define.ts";
import {
  averageFields,
  type AveragePool,
  maxima,
  type Pool,
  poolFields,
  unitKernel,
  windowAttributes,
  windowCounts,
  windowSums,
} from "./poolwindows.ts";
import { geometryOf, windowOffsets } from "./window.ts";

/** The gradient of MaxPool. */
export const maxPoolGrad: OpDef = defineOp<Pool>({
  name: "MaxPoolGrad",
  domain: "lapis",
  since: 1,
  summary: "The gradient of MaxPool: of x and dy; where a window has several maxima, the first gets all.",
  attributes: poolFields,
  arity: [2, 2],
  infer: ({ inputs }) => [asTensor(inputs[0])],
  body(b, [x, dy], attributes) {
    if (!x || !dy) return [];
    const [, indices] = b.maxPool(x, { ...attributes }, { outputs: 2 }), one = b.ints([-1]);
    if (!indices) return [];
    const zeros = b.constantOfShape(b.reshape(b.size(x), b.ints([1])), {
      value: tensor([0], [1], asTensor(x.type).dtype),
    });
    const flat = b.scatterElements(zeros, b.reshape(indices, one), b.reshape(dy, one), {
      axis: 0,
      reduction: "add",
    });
    return [b.reshape(flat, b.shape(x), { allowzero: true })];
  },
  plain(inputs, { attributes }) {
    const x = tensorAt(inputs, 0), dy = toNumbers(tensorAt(inputs, 1));
    const g = geometryOf(x.shape.slice(2), attributes.kernel_shape, attributes, attributes.ceil_mode, 0);
    const size = product(g.input), count = product(g.output), out = new Float64Array(product(x.shape));
    const { at } = maxima(toNumbers(x), g, product(x.shape, 0, 2));
    for (let i = 0; i < at.length; i++) {
      const to = Math.floor(i / count) * size + (at[i] as number);
      out[to] = (out[to] as number) + (dy[i] as number);
    }
    return [result(out, x.shape, x.dtype)];
  },
  accuracy: "rounding",
});

/** The gradient of AveragePool. */
export const averagePoolGrad: OpDef = defineOp<AveragePool>({
  name: "AveragePoolGrad",
  domain: "lapis",
  since: 1,
  summary: "The gradient of AveragePool: of dy and X's spatial shape.",
  attributes: averageFields,
  arity: [2, 2],
  infer({ inputs: [dy], dims }) {
    const outer = dimsOf(dy, "dy"), spatial = dims(1) ?? outer.slice(2).map(() => freshDim());
    return [tensorType(asTensor(dy).dtype, [...outer.slice(0, 2), ...spatial])];
  },
  body(b, [dy, shape], attributes) {
    if (!dy || !shape) return [];
    const { dtype } = asTensor(dy.type), one = tensor([1], [1], dtype);
    const join = (...parts: Value[]) => b.concat(parts, { axis: 0 });
    // A window's weight: what AveragePool makes of ones, over how many ones it saw.
    const ones = b.constantOfShape(join(b.ints([1, 1]), shape), { value: one });
    const mean = b.averagePool(ones, { ...attributes });
    const weight = b.div(mean, windowSums(b, ones, shape, attributes));
    const outer = b.shape(dy, { start: 0, end: 2 });
    const images = b.reshape(b.mul(dy, weight), join(b.ints([-1, 1]), b.shape(dy, { start: 2 })));
    const dx = b.convGradInput(
      images,
      unitKernel(b, attributes, dtype),
      shape,
      windowAttributes(b, shape, attributes),
    );
    return [b.reshape(dx, join(outer, shape))];
  },
  plain(inputs, { attributes }) {
    const dy = tensorAt(inputs, 0), spatial = toIntegers(tensorAt(inputs, 1)), from = toNumbers(dy);
    const g = geometryOf(spatial, attributes.kernel_shape, attributes, attributes.ceil_mode, 0);
    const counts = windowCounts(g, attributes.count_include_pad);
    const size = product(g.input), count = product(g.output), offsets = windowOffsets(g, 0, count);
    const images = product(dy.shape, 0, 2), out = new Float64Array(images * size);
    for (let i = 0; i < images; i++) {
      for (let e = 0; e < offsets.length; e++) {
        const to = offsets[e] ?? -1, p = e % count;
        if (to >= 0) {
          out[i * size + to] = (out[i * size + to] as number) +
            (from[i * count + p] as number) / (counts[p] as number);
        }
      }
    }
    return [result(out, [...dy.shape.slice(0, 2), ...spatial], dy.dtype)];
  },
  accuracy: "rounding",
});
