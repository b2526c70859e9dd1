/** Training steps (forward, backward, Adam) on our engines: `deno bench -A --filter "step CNN" bench/`. @module */
import { input, type Layer, layers, type Model, sequential, type Tensor, tensors } from "../mod.ts";
import { card } from "./card.ts";
import { normal } from "./networks.ts";

const { dense } = layers;
interface Case {
  readonly name: string;
  readonly batch: number;
  readonly shape: readonly number[];
  readonly ids?: number;
  readonly classes: number;
  readonly layers: () => readonly Layer[];
  /** The plain engine is for checking: it is measured where a step takes well under a second. */
  readonly plain?: boolean;
}
const text = (recurrent: () => Layer): Pick<Case, "shape" | "ids" | "classes" | "layers"> => ({
  shape: [100],
  ids: 5000,
  classes: 3,
  layers: () => [layers.embedding({ inputDim: 5000, outputDim: 64 }), recurrent(), dense({ units: 3 })],
});
const conv = (filters: number) =>
  layers.conv2d({ filters, kernelSize: 3, padding: "same", activation: "relu" });
const cases: readonly Case[] = [
  {
    name: "MLP",
    batch: 32,
    shape: [784],
    classes: 10,
    layers: () => [dense({ units: 128, activation: "relu" }), dense({ units: 10 })],
    plain: true,
  },
  {
    name: "CNN",
    batch: 32,
    shape: [32, 32, 3],
    classes: 10,
    layers: () => [
      ...[conv(32), conv(32), layers.maxPooling2d({}), conv(64), conv(64), layers.maxPooling2d({})],
      ...[layers.flatten({}), dense({ units: 128, activation: "relu" }), dense({ units: 10 })],
    ],
  },
  { name: "LSTM", batch: 32, ...text(() => layers.lstm({ units: 64 })) },
  {
    name: "LSTM, recurrent dropout,",
    batch: 32,
    ...text(() => layers.lstm({ units: 64, recurrentDropout: .2 })),
  },
  { name: "GRU", batch: 32, ...text(() => layers.gru({ units: 64 })) },
  { name: "SimpleRNN", batch: 32, ...text(() => layers.simpleRnn({ units: 64 })) },
  { name: "BiLSTM", batch: 32, ...text(() => layers.bidirectional(layers.lstm({ units: 64 }))) },
];

function data({ batch, shape, ids, classes }: Case): readonly [x: Tensor, y: Tensor] {
  const random = new tensors.Random(1), whole = [batch, ...shape];
  const whole32 = (n: number, below: number) => Int32Array.from({ length: n }, () => random.below(below));
  const count = whole.reduce((n, d) => n * d, 1);
  return [
    ids === undefined ? normal(whole, 1, 1) : { dtype: "int32", shape: whole, data: whole32(count, ids) },
    { dtype: "int32", shape: [batch, 1], data: whole32(batch, classes) },
  ];
}
function compiled(one: Case, backend: string): Model {
  const model = sequential([
    input({ shape: one.shape, ...(one.ids !== undefined && { dtype: "int32" as const }) }),
    ...one.layers(),
  ], { backend });
  model.compile({
    optimizer: "adam",
    loss: { name: "sparseCategoricalCrossentropy", fromLogits: true },
  });
  return model;
}

card(cases.flatMap((one) =>
  (one.plain ? ["wasm", "plain"] : ["wasm"]).map((backend) => ({
    name: `step ${one.name} b${one.batch} ${backend}`,
    group: `step ${one.name} b${one.batch}`,
    baseline: backend === "wasm",
    prepare: async () => {
      const model = compiled(one, backend), [x, y] = data(one);
      await model.trainOnBatch(x, y);
      return () => model.trainOnBatch(x, y);
    },
  }))
));
