/** Every layer's values and gradients on the wasm engine, beside plain in float64 and onnxruntime. @module */
import { deepStrictEqual, ok } from "node:assert/strict";
import { assemble } from "../../core/network/assemble.ts";
import { gradient } from "../../core/graph/differentiate.ts";
import { isFloat } from "../../core/values/dtype.ts";
import { applyAll, functional, input } from "../../core/network/functional.ts";
import type { Graph, GraphInput } from "../../core/graph/graph.ts";
import type { Layer } from "../../core/network/layer.ts";
import { asTensor, staticShape } from "../../core/values/shape.ts";
import { castTensor, sizeOf, type Tensor, tensor } from "../../core/values/tensor.ts";
import { registry, UnsupportedError } from "../../mod.ts";
import { createLayer } from "../../public/plugins.ts";
import { type LayerSample, samples } from "./layersamples.ts";
import { judgeGraph } from "../support/loopjudge.ts";
import type { LoopCase } from "../support/loops.ts";

const layer = (name: string, options: Readonly<Record<string, unknown>>): Layer =>
  createLayer(registry.get("layer", name), options);
const on = (shape: readonly number[], options: Readonly<Record<string, unknown>>): LayerSample => ({
  options,
  inputs: [{ shape }],
});
const series = [2, 5, 4], image = [2, 6, 5, 4], frames = [2, 3, 5, 4, 2], volume = [2, 4, 5, 3, 2];
const backwards = { units: 3, goBackwards: true, returnSequences: true };
/** Options that change where values lie, and how. */
const variants: Readonly<Record<string, readonly LayerSample[]>> = {
  SimpleRNN: [
    on(series, backwards),
    on(series, { units: 3, stateful: true }),
    on(series, { units: 3, unroll: true }),
  ],
  LSTM: [
    on(series, backwards),
    on(series, { units: 3, returnState: true }),
    on(series, { units: 3, dropout: 0.3, recurrentDropout: 0.4 }),
    on(series, { units: 3, stateful: true, recurrentActivation: "hardSigmoid" }),
  ],
  GRU: [
    on(series, backwards),
    on(series, { units: 3, resetAfter: false, returnSequences: true }),
    on(series, { units: 3, stateful: true, dropout: 0.2 }),
  ],
  Bidirectional: [
    on(series, { layer: layer("GRU", { units: 3, returnSequences: true }), mergeMode: "sum" }),
    on(frames, { layer: layer("ConvLSTM2D", { filters: 3, kernelSize: 2, returnSequences: true }) }),
  ],
  RNN: [
    on(series, {
      cell: layer("StackedRNNCells", {
        cells: [layer("GRUCell", { units: 3 }), layer("LSTMCell", { units: 2 })],
      }),
    }),
    on(series, { cell: layer("SimpleRNNCell", { units: 3 }), goBackwards: true }),
  ],
  TimeDistributed: [
    on(frames, { layer: layer("Conv2D", { filters: 3, kernelSize: 3, padding: "same" }) }),
    on(frames, { layer: layer("BatchNormalization", {}) }),
  ],
  ConvLSTM1D: [
    on([2, 3, 5, 2], {
      filters: 3,
      kernelSize: 3,
      padding: "same",
      returnSequences: true,
      goBackwards: true,
    }),
    on([2, 3, 6, 2], {
      filters: 3,
      kernelSize: 2,
      strides: 2,
      stateful: true,
      dropout: 0.3,
      recurrentDropout: 0.2,
    }),
  ],
  ConvLSTM2D: [
    on(frames, { filters: 3, kernelSize: 3, padding: "same", returnSequences: true }),
    on(frames, { filters: 2, kernelSize: [2, 3], strides: [1, 2], returnState: true, stateful: true }),
    on([2, 3, 2, 5, 4], { filters: 3, kernelSize: 2, dataFormat: "channelsFirst", returnSequences: true }),
    on(frames, { filters: 3, kernelSize: 2, dilationRate: 2, goBackwards: true, activation: "relu" }),
  ],
  ConvLSTM3D: [
    on([2, 2, 3, 4, 3, 2], { filters: 2, kernelSize: 2, returnSequences: true, goBackwards: true }),
  ],
  Conv1D: [on(series, { filters: 3, kernelSize: 2, padding: "causal", dilationRate: 2 })],
  Conv2D: [
    on(image, { filters: 4, kernelSize: 3, padding: "same", strides: 2 }),
    on(image, { filters: 4, kernelSize: 2, dilationRate: 2, groups: 2 }),
    on(image, { filters: 3, kernelSize: 1, dataFormat: "channelsFirst" }),
    on([2, 4, 6, 5], { filters: 4, kernelSize: 3, dataFormat: "channelsFirst", groups: 2 }),
  ],
  Conv3D: [on(volume, { filters: 3, kernelSize: 2, padding: "same", strides: 2 })],
  Conv1DTranspose: [on(series, { filters: 3, kernelSize: 3, strides: 2, padding: "same" })],
  Conv2DTranspose: [
    on(image, { filters: 3, kernelSize: 3, strides: 2, padding: "same" }),
    on(image, { filters: 3, kernelSize: 2, dataFormat: "channelsFirst" }),
    on(image, { filters: 3, kernelSize: 2, strides: 3, dilationRate: 1 }),
  ],
  Conv3DTranspose: [on(volume, { filters: 2, kernelSize: 2, padding: "same" })],
  DepthwiseConv2D: [
    on(image, { kernelSize: 3, depthMultiplier: 2, strides: 2, padding: "same" }),
    on(image, { kernelSize: 2, dilationRate: 2, dataFormat: "channelsFirst" }),
  ],
  SeparableConv2D: [on(image, { filters: 3, kernelSize: 2, depthMultiplier: 2 })],
  MaxPooling2D: [on(image, { poolSize: [3, 2], strides: [1, 2], padding: "same" })],
  AveragePooling2D: [on(image, { poolSize: [3, 2], strides: [1, 2], padding: "same" })],
  MaxPooling1D: [on(series, { poolSize: 3, strides: 1, dataFormat: "channelsFirst" })],
  AveragePooling3D: [on(volume, { poolSize: 2, strides: 1, padding: "same" })],
  BatchNormalization: [on(series, {}), on(image, { axis: 1, center: false })],
  LayerNormalization: [on(image, { axis: 1 }), on(image, { axis: [1, 2] })],
  GroupNormalization: [on(image, { groups: 2, axis: 1 })],
  RMSNormalization: [on(image, { axis: 2 })],
  PReLU: [on(image, { sharedAxes: [1, 2] })],
  UpSampling2D: [
    on(image, { size: [2, 3], interpolation: "bilinear" }),
    on(image, { size: 2, dataFormat: "channelsFirst" }),
  ],
  EinsumDense: [on(series, { equation: "abc,cd->adb", outputShape: [3, null] })],
  MultiHeadAttention: [{
    options: { numHeads: 2, keyDim: 3, valueDim: 2, dropout: 0.2 },
    inputs: [{ shape: series }, { shape: [2, 3, 4] }],
  }],
  Softmax: [on(image, { axis: 1 })],
  Dot: [{ options: { axes: [2, 1], normalize: true }, inputs: [{ shape: series }, { shape: [2, 4, 3] }] }],
  Embedding: [{
    options: { inputDim: 4, outputDim: 3, maskZero: true },
    inputs: [{ shape: [2, 5], dtype: "int32" }],
  }],
};
/** Layers of texts and whole numbers, which compute nothing that rounds. */
const texts = new Set(["StringLookup", "IntegerLookup", "TextVectorization", "Hashing", "HashedCrossing"]);

/** Numbers between −1 and 1 that don't repeat. */
function numbersOf(shape: readonly number[], seed: number): Tensor {
  const at = (i: number) => Math.sin((i + 1) * 12.9898 + seed * 4.1414);
  return tensor(
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => at(i) + Math.sign(at(i)) * 0.05),
    shape,
  );
}
/** A value for an input of a graph; of a weight, when `weight`. */
function valueFor({ name, role }: GraphInput, graph: Graph, id: number, seed: number, batch: number): Tensor {
  const { dtype, shape } = asTensor(graph.types[id]);
  const sizes = staticShape(shape?.map((d) => (typeof d === "number" ? d : batch))) ?? [];
  if (role === "random") return castTensor(tensor([7, 11], [2], "int64"), dtype);
  if (!isFloat(dtype)) {
    return tensor(Array.from({ length: sizeOf(sizes) }, (_, i) => (i * 7 + 3 + seed) % 4), sizes, dtype);
  }
  const numbers = numbersOf(sizes, seed + 1);
  if (!name.endsWith("variance")) return numbers;
  return tensor(Float32Array.from(numbers.data as Float32Array, (v) => Math.abs(v) + 0.5), sizes);
}

/** The layer in a graph with a loss, gradients of all that has one, values for two runs and other weights. */
function caseOf(made: Layer, sample: LayerSample, training: boolean): LoopCase {
  // States are of as many rows as a network is made for.
  const stateful = sample.options?.["stateful"] === true;
  const inputs = sample.inputs.map(({ shape, dtype = "float32" }, i) =>
    input({ shape: shape.slice(1), dtype, name: `x${i}`, ...(stateful && { batchSize: 2 }), registry })
  );
  const network = functional({ inputs, outputs: applyAll(made, inputs, sample.call ?? {}) });
  const { graph } = assemble(network, registry, {
    training,
    extend({ b, outputs }) {
      const sums = outputs.flatMap((y) => {
        if (!isFloat(asTensor(y.type).dtype)) return [];
        const shifted = b.sin(b.add(y, b.scalar(1)));
        return [b.reduceSum(b.mul(shifted, y), { keepdims: 0 })];
      });
      b.output("loss", sums.length > 1 ? b.sum(sums) : sums[0] ?? b.scalar(0));
      outputs.forEach((y, i) => b.output(`layer_${i}`, y));
    },
  });
  const wanted = graph.inputs.filter(({ id, role }) =>
    role !== "constant" && role !== "statistic" && role !== "random" &&
    isFloat(asTensor(graph.types[id]).dtype)
  );
  let whole = graph;
  try {
    whole = gradient(graph, "loss", wanted.map((i) => i.name), registry);
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error;
  }
  const held = new Set(["parameter", "statistic", "slot"]);
  const valued: Graph = {
    ...whole,
    inputs: whole.inputs.map((i, seed) =>
      held.has(i.role) ? { ...i, value: valueFor(i, whole, i.id, seed, 2) } : i
    ),
  };
  const values = (roles: ReadonlySet<string>, shift: number, batch: number) =>
    Object.fromEntries(
      valued.inputs.flatMap((i, seed) =>
        roles.has(i.role) ? [[i.name, valueFor(i, valued, i.id, seed + shift, batch)] as const] : []
      ),
    );
  const data = new Set(["data", "random"]);
  return {
    graph: valued,
    feeds: [values(data, 0, 2), values(data, 3, 3)],
    writes: values(new Set(["parameter", "statistic"]), 5, 2),
    empty: false,
  };
}

/** The case, where the layer can be in that mode. */
function caseIn(made: Layer, sample: LayerSample, training: boolean): LoopCase | undefined {
  try {
    return caseOf(made, sample, training);
  } catch (error) {
    if (training && error instanceof UnsupportedError) return undefined;
    throw error;
  }
}

for (const [name, first] of Object.entries(samples)) {
  if (texts.has(name)) continue;
  Deno.test(`${name} on every engine`, async () => {
    const found: Record<string, readonly string[]> = {};
    let native = 0;
    for (const [i, sample] of [first, ...variants[name] ?? []].entries()) {
      for (const training of [false, true]) {
        const made = caseIn(createLayer(registry.get("layer", name), sample.options ?? {}), sample, training);
        if (!made) continue;
        const judgement = await judgeGraph(made, registry);
        if (judgement.faults.length > 0) found[`${i}${training ? ", training" : ""}`] = judgement.faults;
        if (judgement.native) native++;
      }
    }
    deepStrictEqual(found, {});
    ok(native > 0, "onnxruntime judged none");
  });
}
