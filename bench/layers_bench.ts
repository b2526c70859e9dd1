/** Single layers on our wasm engine and on onnxruntime: `deno bench -A --filter "layer conv2d" bench/`. @module */
import { input, type Layer, layers, sequential, type Tensor, tensors } from "../mod.ts";
import { card, type Figure } from "./card.ts";
import { openPeer, type PeerName } from "./engines.ts";
import { normal } from "./networks.ts";

/** A layer with the shape of one row of its input; `ids` where it looks rows up, so many there are. */
interface Case {
  readonly name: string;
  readonly shape: readonly number[];
  readonly ids?: number;
  readonly layer: () => Layer;
}
const cases: readonly Case[] = [
  { name: "dense 256→256", shape: [256], layer: () => layers.dense({ units: 256, activation: "relu" }) },
  {
    name: "conv2d 3×3 64→64, 16×16",
    shape: [16, 16, 64],
    layer: () => layers.conv2d({ filters: 64, kernelSize: 3, padding: "same", activation: "relu" }),
  },
  {
    name: "conv2d 1×1 64→64, 16×16",
    shape: [16, 16, 64],
    layer: () => layers.conv2d({ filters: 64, kernelSize: 1 }),
  },
  {
    name: "depthwiseConv2d 3×3 64, 16×16",
    shape: [16, 16, 64],
    layer: () => layers.depthwiseConv2d({ kernelSize: 3, padding: "same" }),
  },
  {
    name: "conv2dTranspose 3×3 32→16, 16×16",
    shape: [16, 16, 32],
    layer: () => layers.conv2dTranspose({ filters: 16, kernelSize: 3, strides: 2, padding: "same" }),
  },
  {
    name: "conv1d 5 64→64, 100",
    shape: [100, 64],
    layer: () => layers.conv1d({ filters: 64, kernelSize: 5 }),
  },
  { name: "maxPooling2d 2×2 64, 32×32", shape: [32, 32, 64], layer: () => layers.maxPooling2d({}) },
  { name: "averagePooling2d 2×2 64, 32×32", shape: [32, 32, 64], layer: () => layers.averagePooling2d({}) },
  {
    name: "globalAveragePooling2d 64, 32×32",
    shape: [32, 32, 64],
    layer: () => layers.globalAveragePooling2d({}),
  },
  { name: "batchNormalization 64, 16×16", shape: [16, 16, 64], layer: () => layers.batchNormalization({}) },
  { name: "layerNormalization 100×256", shape: [100, 256], layer: () => layers.layerNormalization({}) },
  {
    name: "embedding 5000→64, 100",
    shape: [100],
    ids: 5000,
    layer: () => layers.embedding({ inputDim: 5000, outputDim: 64 }),
  },
  { name: "simpleRnn 64, 100×64", shape: [100, 64], layer: () => layers.simpleRnn({ units: 64 }) },
  { name: "lstm 64, 100×64", shape: [100, 64], layer: () => layers.lstm({ units: 64 }) },
  { name: "gru 64, 100×64", shape: [100, 64], layer: () => layers.gru({ units: 64 }) },
  {
    name: "bidirectional lstm 64, 100×64",
    shape: [100, 64],
    layer: () => layers.bidirectional(layers.lstm({ units: 64 })),
  },
  { name: "softmax 1000", shape: [1000], layer: () => layers.softmax({}) },
];
const peers: readonly PeerName[] = ["onnxruntime-node", "onnxruntime-web"];

async function made({ shape, ids, layer }: Case, batch: number) {
  const model = sequential([
    input({ shape, name: "x", ...(ids !== undefined && { dtype: "int32" as const }) }),
    layer(),
  ], { backend: "wasm" });
  const whole = [batch, ...shape], random = new tensors.Random(batch);
  const x: Tensor = ids === undefined ? normal(whole, batch, 1) : {
    dtype: "int32",
    shape: whole,
    data: Int32Array.from({ length: whole.reduce((n, d) => n * d, 1) }, () => random.below(ids)),
  };
  await model.run({ x });
  return { model, x };
}

card(cases.flatMap((one) =>
  [1, 32].flatMap((batch): readonly Figure[] => {
    const group = `layer ${one.name} b${batch}`;
    return [
      {
        name: `${group} wasm`,
        group,
        baseline: true,
        prepare: async () => {
          const { model, x } = await made(one, batch);
          return () => model.run({ x });
        },
      },
      ...peers.map((peer) => ({
        name: `${group} ${peer}`,
        group,
        prepare: async () => {
          const { model, x } = await made(one, batch);
          const { run } = await openPeer(peer, await model.toBytes("onnx"), { x });
          model.close();
          return run;
        },
      })),
    ];
  })
));
