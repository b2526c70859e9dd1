/** Every layer's gradient, through its weights and its inputs, against central differences on plain in float64. @module */
import { ok } from "node:assert/strict";
import { assemble } from "../../core/network/assemble.ts";
import { gradient, gradientName } from "../../core/graph/differentiate.ts";
import { isFloat } from "../../core/values/dtype.ts";
import { runGraph } from "../../core/ops/execute.ts";
import type { Graph } from "../../core/graph/graph.ts";
import { defaultLimits } from "../../core/values/limits.ts";
import { asTensor, staticShape } from "../../core/values/shape.ts";
import { castTensor, isTensor, sizeOf, type Tensor, tensor, toNumbers } from "../../core/values/tensor.ts";
import * as lapis from "../../mod.ts";
import { toFloat64 } from "../../plugins/backends/plain/mod.ts";

const { registry } = lapis;
type Applied = lapis.SymbolicTensor;
interface Sample {
  readonly name: string;
  readonly inputs: readonly (readonly number[])[];
  readonly build: (...x: readonly Applied[]) => Applied;
  readonly training?: boolean;
  /** Number of ids, where the input holds ids. */
  readonly ids?: number;
}
const series = [4, 3], image = [5, 6, 2], volume = [3, 4, 3, 2];
const one = (
  name: string,
  shape: readonly number[],
  layer: lapis.Layer,
  more: Partial<Sample> = {},
): Sample => ({
  name,
  inputs: [shape],
  build: (x) => lapis.apply(layer, x as Applied),
  ...more,
});
const two = (name: string, layer: lapis.Layer, shapes = [series, series]): Sample => ({
  name,
  inputs: shapes,
  build: (...x) => lapis.apply(layer, x),
});
const training = { training: true } as const;
const activations = [
  "relu",
  "tanh",
  "sigmoid",
  "softmax",
  "gelu",
  "selu",
  "elu",
  "softplus",
  "softsign",
  "mish",
  "silu",
];

const samples: readonly Sample[] = [
  ...activations.map((activation) =>
    one(`dense ${activation}`, series, lapis.layers.dense({ units: 4, activation }))
  ),
  one("conv1d causal", series, lapis.layers.conv1d({ filters: 2, kernelSize: 2, padding: "causal" })),
  one(
    "conv2d same, strides",
    image,
    lapis.layers.conv2d({ filters: 3, kernelSize: 3, padding: "same", strides: 2 }),
  ),
  one(
    "conv2d dilated, groups",
    image,
    lapis.layers.conv2d({ filters: 4, kernelSize: 2, dilationRate: 2, groups: 2 }),
  ),
  one("conv3d", volume, lapis.layers.conv3d({ filters: 2, kernelSize: 2 })),
  one("conv1d transposed", series, lapis.layers.conv1dTranspose({ filters: 2, kernelSize: 2, strides: 2 })),
  one(
    "conv2d transposed",
    image,
    lapis.layers.conv2dTranspose({ filters: 2, kernelSize: 3, padding: "same", strides: 2 }),
  ),
  one("depthwise", image, lapis.layers.depthwiseConv2d({ kernelSize: 2, depthMultiplier: 2 })),
  one("separable", image, lapis.layers.separableConv2d({ filters: 3, kernelSize: 2 })),
  one("max pooling", image, lapis.layers.maxPooling2d({ poolSize: 2 })),
  one("average pooling, same", image, lapis.layers.averagePooling2d({ poolSize: 2, padding: "same" })),
  one("global max", image, lapis.layers.globalMaxPooling2d()),
  one("global average", image, lapis.layers.globalAveragePooling2d()),
  one("simple rnn", series, lapis.layers.simpleRnn({ units: 2 })),
  one(
    "lstm, whole and backwards",
    series,
    lapis.layers.lstm({ units: 2, returnSequences: true, goBackwards: true }),
  ),
  one(
    "lstm with dropout",
    series,
    lapis.layers.lstm({ units: 2, dropout: 0.3, recurrentDropout: 0.4 }),
    training,
  ),
  one("gru", series, lapis.layers.gru({ units: 2 })),
  one("gru, reset before", series, lapis.layers.gru({ units: 2, resetAfter: false, returnSequences: true })),
  one(
    "bidirectional",
    series,
    lapis.layers.bidirectional(lapis.layers.lstm({ units: 2, returnSequences: true })),
  ),
  one("time distributed", series, lapis.layers.timeDistributed(lapis.layers.dense({ units: 2 }))),
  {
    name: "masked embedding into lstm",
    inputs: [[5]],
    ids: 4,
    build: (x) =>
      lapis.apply(
        lapis.layers.lstm({ units: 2 }),
        lapis.apply(lapis.layers.embedding({ inputDim: 4, outputDim: 3, maskZero: true }), x as Applied),
      ),
  },
  one("batch normalization, training", image, lapis.layers.batchNormalization(), training),
  one("batch normalization, inference", image, lapis.layers.batchNormalization()),
  one("layer normalization", series, lapis.layers.layerNormalization()),
  one("group normalization", [4, 4], lapis.layers.groupNormalization({ groups: 2 })),
  one("rms normalization", series, lapis.layers.rmsNormalization()),
  one("unit normalization", series, lapis.layers.unitNormalization()),
  one("prelu", series, lapis.layers.prelu()),
  one("leaky relu", series, lapis.layers.leakyRelu()),
  one("elu", series, lapis.layers.elu()),
  one("softmax", series, lapis.layers.softmax()),
  one("upsampling", image, lapis.layers.upSampling2d({ size: 2, interpolation: "bilinear" })),
  one("padding", image, lapis.layers.zeroPadding2d({ padding: 1 })),
  one("cropping", image, lapis.layers.cropping2d({ cropping: 1 })),
  one("flatten", series, lapis.layers.flatten()),
  one("reshape", series, lapis.layers.reshape({ targetShape: [6, 2] })),
  one("permute", series, lapis.layers.permute({ dims: [2, 1] })),
  one("repeat", [3], lapis.layers.repeatVector({ n: 3 })),
  one("dropout", series, lapis.layers.dropout({ rate: 0.5 }), training),
  one("alpha dropout", series, lapis.layers.alphaDropout({ rate: 0.5 }), training),
  one("gaussian noise", series, lapis.layers.gaussianNoise({ stddev: 0.5 }), training),
  two("add", lapis.layers.add()),
  two("multiply", lapis.layers.multiply()),
  two("subtract", lapis.layers.subtract()),
  two("average", lapis.layers.average()),
  two("maximum", lapis.layers.maximum()),
  two("concatenate", lapis.layers.concatenate()),
  two("dot", lapis.layers.dot({ axes: [2, 2], normalize: true })),
  two("attention", lapis.layers.attention({ useScale: true })),
  two("additive attention", lapis.layers.additiveAttention()),
  two("multi-head attention", lapis.layers.multiHeadAttention({ numHeads: 2, keyDim: 2 })),
];

/** Numbers between −1 and 1 that don't repeat; far from 0, where functions have corners. */
function numbersOf(size: number, seed: number): Float64Array {
  return Float64Array.from({ length: size }, (_, i) => {
    const v = Math.sin((i + 1) * 12.9898 + seed * 4.1414);
    return v + Math.sign(v) * 0.05;
  });
}
function valueFor(graph: Graph, index: number, ids: number | undefined): Tensor {
  const input = graph.inputs[index], type = asTensor(graph.types[input?.id ?? -1]);
  const shape = staticShape(type.shape?.map((d) => (d === "batch" ? 2 : d))) ?? [];
  if (input?.role === "random") return castTensor(tensor([7, 11], [2], "int64"), type.dtype);
  if (!isFloat(type.dtype)) {
    const list = Array.from({ length: sizeOf(shape) }, (_, i) => (i * 7 + 3) % (ids ?? 2));
    return tensor(list, shape, type.dtype);
  }
  const numbers = numbersOf(sizeOf(shape), index + 1);
  // Variances are positive.
  const positive = input?.name.endsWith("moving_variance") ?? false;
  return tensor(positive ? numbers.map((v) => Math.abs(v) + 0.5) : numbers, shape, "float64");
}
const lossOf = (graph: Graph, fed: readonly Tensor[]): number => {
  const results = runGraph(graph, fed, { registry, limits: defaultLimits });
  const value = results[graph.outputs.findIndex((o) => o.name === "loss")];
  return isTensor(value) ? Number(toNumbers(value)[0]) : NaN;
};

for (const { name, inputs, build, training = false, ids } of samples) {
  Deno.test(`gradient of ${name}`, () => {
    const starts = inputs.map((shape, i) =>
      lapis.input({ shape, name: `x${i}`, ...(ids !== undefined && { dtype: "int32" as const }) })
    );
    const { network } = lapis.model({ inputs: starts, outputs: build(...starts), backend: "plain" });
    const { graph } = assemble(network, registry, {
      training,
      extend({ b, outputs: [y] }) {
        if (!y) throw new Error("no output");
        // A sum with factors that tell the elements apart: Σ sin(y + 1)·y.
        const shifted = b.sin(b.add(y, b.scalar(1)));
        b.output("loss", b.reduceSum(b.mul(shifted, y), { keepdims: 0 }));
      },
    });
    const bare: Graph = { ...graph, outputs: graph.outputs.filter((o) => o.updates === undefined) };
    const fed = bare.inputs.flatMap((
      input,
      i,
    ) => (input.role === "constant" ? [] : [valueFor(bare, i, ids)]));
    const held = bare.inputs.filter((input) => input.role !== "constant");
    const wanted = held.filter((input) =>
      input.role !== "statistic" && input.role !== "random" && isFloat(asTensor(bare.types[input.id]).dtype)
    );
    const derived = toFloat64(gradient(bare, "loss", wanted.map((w) => w.name), registry), registry);
    const results = runGraph(derived, fed, { registry, limits: defaultLimits });
    const forward = toFloat64(bare, registry), step = 1e-6;
    let flows = 0;
    for (const input of wanted) {
      const at = fed[held.indexOf(input)], data = at?.data as Float64Array;
      const got = results[derived.outputs.findIndex((o) => o.name === gradientName(input.name))];
      ok(isTensor(got) && got.shape.join() === at?.shape.join(), `${input.name}: no gradient of its shape`);
      const few = Math.ceil(data.length / 150);
      for (let i = 0; i < data.length; i += few) {
        const v = data[i] ?? 0;
        data[i] = v + step;
        const above = lossOf(forward, fed);
        data[i] = v - step;
        const below = lossOf(forward, fed);
        data[i] = v;
        const slope: number = (above - below) / (2 * step), g: number = Number(toNumbers(got)[i]);
        ok(
          Math.abs(g - slope) <= 2e-6 * Math.max(1, Math.abs(slope)),
          `${input.name}[${i}]: ${g}, differences say ${slope}`,
        );
        if (g !== 0) flows++;
      }
    }
    ok(flows > 0, "no gradient flows");
  });
}
