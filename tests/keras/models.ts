/** Models built with Lapis for Keras to open: what no reference case has. @module */
import {
  type Applicable,
  apply,
  applyAll,
  type Layer,
  type Model,
  type SymbolicTensor,
  type Tensor,
  tensor,
} from "../../mod.ts";
import * as lapis from "../../mod.ts";

/** A model and the inputs to try it on. */
export interface OwnModel {
  readonly name: string;
  build(): Model | Promise<Model>;
  readonly inputs: readonly Tensor[];
}

/** Numbers without a pattern that a layer could undo. */
function numbers(...shape: readonly number[]): Tensor {
  const count = shape.reduce((n, d) => n * d, 1);
  return tensor(
    Float32Array.from({ length: count }, (_, i) => Math.sin(1 + i * 1.7) + 0.3 * Math.cos(i)),
    shape,
  );
}
function ids(classes: number, ...shape: readonly number[]): Tensor {
  const count = shape.reduce((n, d) => n * d, 1), steps = shape.at(-1) ?? 1;
  // Rows end in padding of different lengths.
  const at = (
    i: number,
  ) => (i % steps >= 2 + Math.floor(i / steps) % steps ? 0 : 1 + (i * 7) % (classes - 1));
  return tensor(Int32Array.from({ length: count }, (_, i) => at(i)), shape, "int32");
}
const { input, sequential, model } = lapis;
const {
  dense,
  lstm,
  gru,
  simpleRnn,
  embedding,
  bidirectional,
  concatenate,
  add,
  timeDistributed,
} = lapis.layers;

/** Layers in a row on numbers of a shape. */
function row(name: string, shape: readonly number[], ...layers: readonly Applicable[]): OwnModel {
  return {
    name,
    build: () => sequential([input({ shape: [...shape] }), ...layers], { name: name.replace(/\W/g, "_") }),
    inputs: [numbers(3, ...shape)],
  };
}
const shared = (): Model => {
  const x = input({ shape: [4], name: "left" }), y = input({ shape: [4], name: "right" });
  const tower = model(
    ((a: SymbolicTensor) => ({
      inputs: a,
      outputs: apply(dense({ units: 5 }), apply(dense({ units: 6 }), a)),
    }))(
      input({ shape: [4] }),
    ),
  );
  const head: Layer = dense({ units: 2, name: "head" });
  const a = apply(tower, x), b = apply(tower, y);
  return model({ inputs: [x, y], outputs: [apply(head, a), apply(head, b), apply(concatenate(), [a, b])] });
};
const named = (): Model => {
  const x = input({ shape: [4] }), h = apply(dense({ units: 3, activation: "relu" }), x);
  return model({
    inputs: x,
    outputs: [apply(dense({ units: 1 }), h), h],
    outputNames: ["score", "features"],
  });
};
const nested = (): Model => {
  const x = input({ shape: [5, 3] });
  const inner = sequential([
    input({ shape: [5, 3] }),
    bidirectional(lstm({ units: 2, returnSequences: true })),
    lapis.layers.layerNormalization(),
  ]);
  const deeper = sequential([
    inner,
    lapis.layers.globalAveragePooling1d(),
    lapis.layers.batchNormalization(),
  ]);
  const y = apply(deeper, x);
  return model({ inputs: x, outputs: [apply(dense({ units: 2 }), y), y] });
};
const translator = (): Model => {
  const source = input({ shape: [6], dtype: "int32", name: "source" });
  const target = input({ shape: [5], dtype: "int32", name: "target" });
  const encoder = lstm({ units: 4, returnState: true, name: "encoder" });
  const [, h, c] = applyAll(encoder, apply(embedding({ inputDim: 9, outputDim: 3, maskZero: true }), source));
  if (!h || !c) throw new Error("no states");
  const words = apply(embedding({ inputDim: 8, outputDim: 3, maskZero: true }), target);
  const steps = apply(lstm({ units: 4, returnSequences: true, name: "decoder" }), words, {
    initialState: [h, c],
  });
  return model({
    inputs: [source, target],
    outputs: apply(dense({ units: 8, activation: "softmax" }), steps),
  });
};
const masked = (): Model => {
  const x = input({ shape: [6], dtype: "int32" });
  const words = apply(embedding({ inputDim: 9, outputDim: 4, maskZero: true }), x);
  const a = apply(bidirectional(gru({ units: 3, returnSequences: true }), { mergeMode: "sum" }), words);
  const b = apply(simpleRnn({ units: 3, returnSequences: true, goBackwards: true }), words);
  return model({ inputs: x, outputs: apply(gru({ units: 2, resetAfter: false }), apply(add(), [a, b])) });
};
const trained = async (): Promise<Model> => {
  const m = sequential([
    input({ shape: [6] }),
    dense({ units: 5, activation: "tanh", kernelRegularizer: "l2", biasConstraint: "nonNeg" }),
    lapis.layers.dropout({ rate: 0.3 }),
    dense({ units: 3, activation: "softmax" }),
  ]);
  m.compile({
    optimizer: lapis.optimizers.adam({ learningRate: 0.01, clipNorm: 1 }),
    loss: "sparseCategoricalCrossentropy",
    metrics: ["accuracy", "macroF1"],
  });
  const labels = tensor([0, 1, 2, 1, 0, 2, 1, 0], [8], "int32");
  await m.fit(numbers(8, 6), labels, { epochs: 2, batchSize: 4, verbose: 0 });
  return m;
};
const attention = (): Model => {
  const q = input({ shape: [4, 6], name: "q" }), v = input({ shape: [5, 6], name: "v" });
  const a = apply(lapis.layers.multiHeadAttention({ numHeads: 2, keyDim: 3, valueDim: 2 }), [q, v]);
  const b = apply(lapis.layers.attention({ useScale: true }), [q, v]);
  const c = apply(lapis.layers.additiveAttention(), [q, v, v]);
  const d = apply(lapis.layers.groupedQueryAttention({ headDim: 3, numQueryHeads: 4, numKeyValueHeads: 2 }), [
    q,
    v,
  ]);
  return model({ inputs: [q, v], outputs: apply(add(), [a, b, c, d]) });
};

/** All of them. */
export const ownModels: readonly OwnModel[] = [
  { name: "own shared towers", build: shared, inputs: [numbers(3, 4), numbers(3, 4)] },
  { name: "own named outputs", build: named, inputs: [numbers(3, 4)] },
  { name: "own nested", build: nested, inputs: [numbers(2, 5, 3)] },
  { name: "own translator", build: translator, inputs: [ids(9, 3, 6), ids(8, 3, 5)] },
  { name: "own masked", build: masked, inputs: [ids(9, 4, 6)] },
  { name: "own attention", build: attention, inputs: [numbers(2, 4, 6), numbers(2, 5, 6)] },
  { name: "own trained", build: trained, inputs: [numbers(3, 6)] },
  row(
    "own options",
    [4],
    dense({
      units: 3,
      activation: { name: "relu", maxValue: 0.8 },
      kernelInitializer: { name: "heNormal", seed: 3 },
    }),
    dense({ units: 3, activation: { name: "leakyRelu", negativeSlope: 0.1 }, kernelConstraint: "maxNorm" }),
    dense({ units: 3, activation: { name: "elu", alpha: 0.5 }, useBias: false }),
    lapis.layers.prelu(),
    lapis.layers.leakyRelu({ negativeSlope: 0.2 }),
    lapis.layers.thresholdedRelu({ theta: 0.1 }),
    dense({ units: 2, activation: "silu", trainable: false }),
  ),
  row("own older gates", [5, 2], lstm({ units: 3, recurrentActivation: "hardSigmoidKeras2" })),
  row(
    "own turned around",
    [5, 2],
    bidirectional(gru({ units: 3, goBackwards: true, returnSequences: true })),
    timeDistributed(dense({ units: 2 })),
  ),
  row(
    "own images",
    [8, 8, 3],
    lapis.layers.zeroPadding2d({ padding: [[1, 0], [2, 1]] }),
    lapis.layers.conv2d({ filters: 4, kernelSize: 3, padding: "same", activation: "relu" }),
    lapis.layers.depthwiseConv2d({ kernelSize: 2, depthMultiplier: 2 }),
    lapis.layers.separableConv2d({ filters: 3, kernelSize: 3 }),
    lapis.layers.conv2dTranspose({ filters: 2, kernelSize: 3, strides: 2 }),
    lapis.layers.groupNormalization({ groups: 2 }),
    lapis.layers.upSampling2d({ size: 2, interpolation: "bilinear" }),
    lapis.layers.cropping2d({ cropping: [[1, 2], [0, 3]] }),
    lapis.layers.maxPooling2d({ poolSize: 2 }),
    lapis.layers.spatialDropout2d({ rate: 0.2 }),
    lapis.layers.globalMaxPooling2d(),
  ),
  row(
    "own series",
    [9, 2],
    lapis.layers.zeroPadding1d({ padding: [2, 1] }),
    lapis.layers.conv1d({ filters: 3, kernelSize: 3, padding: "causal", dilationRate: 2 }),
    lapis.layers.upSampling1d({ size: 2 }),
    lapis.layers.cropping1d({ cropping: [1, 2] }),
    lapis.layers.spatialDropout1d({ rate: 0.2 }),
    lapis.layers.averagePooling1d({ poolSize: 2 }),
    lapis.layers.activityRegularization({ l1: 0.1 }),
    lapis.layers.rescaling({ scale: 2, offset: -1 }),
    lapis.layers.permute({ dims: [2, 1] }),
    lapis.layers.flatten(),
    lapis.layers.repeatVector({ n: 2 }),
  ),
  row(
    "own cells",
    [5, 2],
    lapis.layers.rnn({ cell: lapis.layers.lstmCell({ units: 3 }), returnSequences: true }),
    lapis.layers.rnn({
      cell: lapis.layers.stackedRnnCells({
        cells: [lapis.layers.gruCell({ units: 2 }), lapis.layers.simpleRnnCell({ units: 3 })],
      }),
    }),
  ),
  row("own convolutional memory", [4, 6, 6, 2], lapis.layers.convLstm2d({ filters: 2, kernelSize: 3 })),
  row(
    "own einsum",
    [4, 3],
    lapis.layers.einsumDense({
      equation: "abc,cd->abd",
      outputShape: [null, 5],
      biasAxes: "d",
      activation: "tanh",
    }),
    lapis.layers.rmsNormalization(),
    lapis.layers.unitNormalization(),
    lapis.layers.spectralNormalization({ layer: dense({ units: 2 }) }),
  ),
  row(
    "own adaptive",
    [7, 5, 2],
    lapis.layers.adaptiveAveragePooling2d({ outputSize: [3, 2] }),
    lapis.layers.resizing({ height: 5, width: 4 }),
  ),
];
