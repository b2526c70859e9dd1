/**
 * Files of Keras 2 in the words that all of its versions read. Whether those open them and predict alike,
 * `deno task test:keras --every` asks Keras itself.
 * @module
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import * as layers from "../../public/layers.ts";
import * as optimizers from "../../public/optimizers.ts";
import { apply, input, loadModel, type Model, model, sequential, tensor } from "../../mod.ts";
import { attributeStrings, attributeText, openHdf5 } from "../../io/hdf5/mod.ts";

const { dense } = layers;
type Json = Readonly<Record<string, unknown>>;
interface Said {
  readonly config: string;
  readonly training: Json;
  readonly variables: readonly string[];
}
/** What a file of Keras 2 says of a model. */
async function saidOf(made: Model): Promise<Said> {
  const root = openHdf5(await made.toBytes(".h5", { kerasVersion: 2 }));
  return {
    config: attributeText(root, "model_config") ?? "",
    training: JSON.parse(attributeText(root, "training_config") ?? "{}"),
    variables: root.has("optimizer_weights")
      ? attributeStrings(root.group("optimizer_weights"), "weight_names")
      : [],
  };
}
/** A model with what later versions of Keras 2 have more fields of. */
function grown(): Model {
  const inside = input({ shape: [4] });
  const inner = model({
    inputs: inside,
    outputs: apply(dense({ units: 3, kernelRegularizer: "l2" }), inside),
  });
  const x = input({ shape: [6, 2] });
  const sequence = apply(layers.bidirectional(layers.lstm({ units: 2, returnSequences: true })), x);
  const convolved = apply(layers.conv1d({ filters: 4, kernelSize: 2, activation: "silu" }), sequence);
  const pooled = apply(
    layers.globalAveragePooling1d(),
    apply(layers.gaussianNoise({ stddev: 0.1 }), convolved),
  );
  const made = model({
    inputs: x,
    outputs: apply(inner, apply(layers.batchNormalization(), pooled)),
    seed: 1,
  });
  made.compile({ optimizer: "adam", loss: "mse", metrics: ["mae"] });
  return made;
}

Deno.test("a file of Keras 2 has no class, field or initializer that came after 2.2, where it means nothing", async () => {
  const { config } = await saidOf(grown());
  const classes = new Set([...config.matchAll(/"class_name":\s*"(\w+)"/g)].map(([, name]) => name));
  deepEqual(
    [...classes].sort(),
    [
      "BatchNormalization",
      "Bidirectional",
      "Conv1D",
      "Dense",
      "GaussianNoise",
      "GlobalAveragePooling1D",
      "InputLayer",
      "L1L2",
      "LSTM",
      "Model",
      "Ones",
      "Orthogonal",
      "VarianceScaling",
      "Zeros",
    ],
  );
  const later =
    /"(keepdims|ragged|groups|time_major|zero_output_for_mask|backward_layer|synchronized|registered)"/;
  equal(later.exec(config)?.[0], undefined);
  ok(!/"seed":null,"name"|"silu"/.test(config) && /"activation":"swish"/.test(config));
  // A functional model in another counts its calls from its own on.
  ok(/\["batch_normalization",0,0,\{\}\]/.test(config));
});

Deno.test("an optimizer is written as those before 2.11 hold it, and as since then where they would compute otherwise", async () => {
  const { training, variables } = await saidOf(grown());
  deepEqual(training.optimizer_config, {
    class_name: "Adam",
    config: { lr: 0.001, decay: 0, beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7, amsgrad: false },
    lapis: { era: "3" },
  });
  deepEqual([training.loss, training.metrics, training.sample_weight_mode], [
    "mean_squared_error",
    ["mae"],
    null,
  ]);
  const slots = variables.map((name) => name.replace(/^.*\//, "")), n = (slots.length - 1) / 3;
  deepEqual(slots, ["iter:0", ..."m v vhat".split(" ").flatMap((s) => new Array<string>(n).fill(`${s}:0`))]);
  for (
    const [optimizer, className] of [
      [optimizers.sgd({ momentum: 0.9 }), "SGD"],
      [optimizers.adamax(), "Adamax"],
      [optimizers.rmsprop(), "Custom>RMSprop"],
      [optimizers.adam({ clipNorm: 1 }), "Custom>Adam"],
      [optimizers.adam({ weightDecay: 0.1 }), "Custom>Adam"],
      [optimizers.adamW(), "Custom>AdamW"],
      [optimizers.nadam(), "Custom>Nadam"],
    ] as const
  ) {
    const made = sequential([input({ shape: [2] }), dense({ units: 1 })]);
    made.compile({ optimizer, loss: "mse" });
    const said = await saidOf(made);
    equal((said.training.optimizer_config as Json).class_name, className);
  }
});

Deno.test("training goes on from such a file to the same bits", async () => {
  const x = tensor(Array.from({ length: 4 }, (_, i) => [i / 4, 1 - i])), y = tensor([[1], [0], [1], [0]]);
  const all = [
    optimizers.sgd(),
    optimizers.sgd({ momentum: 0.9 }),
    optimizers.adam(),
    optimizers.adam({ amsgrad: true }),
    optimizers.adamax(),
    optimizers.rmsprop({ momentum: 0.5 }),
    optimizers.adadelta(),
  ];
  for (const optimizer of all) {
    // One weight alone is the layout's edge.
    for (const useBias of [true, false]) {
      using made = sequential([input({ shape: [2] }), dense({ units: 1, useBias })], {
        seed: 3,
        backend: "plain",
      });
      made.compile({ optimizer, loss: "mse" });
      for (let i = 0; i < 3; i++) await made.trainOnBatch(x, y);
      using again = await loadModel(await made.toBytes(".h5", { kerasVersion: 2 }), { backend: "plain" });
      for (let i = 0; i < 3; i++) {
        deepEqual(await again.trainOnBatch(x, y), await made.trainOnBatch(x, y), optimizer.def.name);
      }
      deepEqual([...again.weights.values()], [...made.weights.values()]);
    }
  }
});
