/** Configurations of every version become the same models; what isn't understood is refused by name. @module */
import { deepEqual, equal, ok, rejects, throws } from "node:assert/strict";
import { dense, input, loadModel, Model, registry, sequential, tensor } from "../../mod.ts";
import { networkFromConfig } from "./mod.ts";
import type { LayerDef } from "../../public/plugins.ts";
import { toNumbers } from "../../public/tensors.ts";

const bytes = (config: unknown) => new TextEncoder().encode(JSON.stringify(config));
const load = (config: unknown, layers: readonly LayerDef[] = []): Promise<Model> =>
  loadModel(bytes(config), { backend: "plain", warn: () => {}, layers });
const fails = (config: unknown, message: RegExp) => rejects(load(config), message);

const start = {
  module: "keras.layers",
  class_name: "InputLayer",
  config: { batch_shape: [null, 4], name: "in" },
};
const dense3 = (name: string, more: Record<string, unknown> = {}) => ({
  module: "keras.layers",
  class_name: "Dense",
  registered_name: null,
  config: { name, trainable: true, units: 3, activation: "relu", ...more },
});
const sequential3 = (...layers: unknown[]) => ({
  module: "keras",
  class_name: "Sequential",
  config: { name: "seq", layers: [start, ...layers] },
});

Deno.test("Sequential of Keras 1, 2 and 3", async () => {
  const three = await load(sequential3(dense3("d")));
  const two = await load({
    class_name: "Sequential",
    keras_version: "2.2.4",
    config: {
      name: "seq",
      layers: [{
        class_name: "Dense",
        config: { name: "d", batch_input_shape: [null, 4], units: 3, dtype: "float32" },
      }],
    },
  });
  const one = await load({
    class_name: "Sequential",
    keras_version: "1.2.2",
    config: [{
      class_name: "Dense",
      config: { name: "d", batch_input_shape: [null, 4], output_dim: 3, init: "zero" },
    }],
  });
  deepEqual([...three.weights.keys()], ["seq/d/kernel", "seq/d/bias"]);
  deepEqual([...two.weights.keys()], ["seq/d/kernel", "seq/d/bias"]);
  deepEqual([...one.weights.keys()], ["sequential/d/kernel", "sequential/d/bias"]);
  equal(two.inputs[0]?.name, "d_input");
  deepEqual([...(one.weights.get("sequential/d/kernel")?.data ?? [])], new Array(12).fill(0));
});

Deno.test("hard_sigmoid is another function before Keras 3", async () => {
  const at = async (version: string) => {
    const m = await load({
      ...sequential3(dense3("d", { activation: "hard_sigmoid" })),
      keras_version: version,
    });
    for (const [path, t] of m.weights) {
      m.setWeight(path, tensor(new Float32Array(t.data.length).fill(0.25), t.shape));
    }
    const y = await m.predict([1, 1, 1, 1]);
    return toNumbers(y)[0] ?? NaN;
  };
  ok(Math.abs(await at("2.4.0") - (0.2 * 1.25 + 0.5)) < 1e-6);
  ok(Math.abs(await at("3.0.5") - (1.25 + 3) / 6) < 1e-6);
});

const tensor3 = (layer: string, node = 0, index = 0) => ({
  class_name: "__keras_tensor__",
  config: { shape: [null, 4], dtype: "float32", keras_history: [layer, node, index] },
});
const called = (layer: Record<string, unknown>, name: string, ...inbound: unknown[]) => ({
  ...layer,
  name,
  inbound_nodes: inbound,
});
const functional3 = (layers: readonly unknown[], outputs: unknown) => ({
  module: "keras.src.models.functional",
  class_name: "Functional",
  config: { name: "f", layers, input_layers: ["in", 0, 0], output_layers: outputs },
});
const inLayer = called(start, "in");

Deno.test("functional: a shared layer, an operation with a constant, outputs by name", async () => {
  const m = await load(functional3([
    inLayer,
    // Out of order: what it reads comes later in the file.
    called({ module: "keras.src.ops.numpy", class_name: "Multiply", config: { name: "twice" } }, "twice", {
      args: [tensor3("d", 1), 2],
      kwargs: {},
    }),
    called(dense3("d", { units: 4, use_bias: false }), "d", { args: [tensor3("in")], kwargs: {} }, {
      args: [tensor3("d")],
      kwargs: {},
    }),
  ], { small: ["d", 0, 0], large: ["twice", 0, 0] }));
  m.setWeight("d/kernel", tensor([3, 0, 0, 0, 0, 3, 0, 0, 0, 0, 3, 0, 0, 0, 0, 3], [4, 4]));
  const out = await m.run({ in: tensor([[1, 2, 3, 4]]) });
  deepEqual([...(out.small?.data ?? [])], [3, 6, 9, 12]);
  deepEqual([...(out.large?.data ?? [])], [18, 36, 54, 72]);
});

Deno.test("nested models: a functional one counts its calls from 1, in Keras 2 a Sequential one too", async () => {
  const inner = {
    module: "keras",
    class_name: "Sequential",
    config: { name: "inner", layers: [start, dense3("d", { units: 4 })] },
  };
  for (const node of [0, 1]) {
    const m = await load(functional3([
      inLayer,
      called(inner, "inner", { args: [tensor3("in")], kwargs: {} }, {
        args: [tensor3("inner", node)],
        kwargs: {},
      }),
    ], ["inner", node + 1, 0]));
    deepEqual([...m.weights.keys()], ["inner/d/kernel", "inner/d/bias"]);
    deepEqual(m.outputs.map((o) => o.shape), [["batch", 4]]);
  }
});

Deno.test("a batch size in the file holds only where a layer is stateful, as in Keras", async () => {
  const begin = (shape: unknown) => ({ ...start, config: { batch_shape: shape, name: "in" } });
  const free = await load({
    module: "keras",
    class_name: "Sequential",
    config: { name: "seq", layers: [begin([1, 4]), dense3("d")] },
  });
  deepEqual(free.inputs[0]?.shape, ["batch", 4]);
  const gru = {
    module: "keras.layers",
    class_name: "GRU",
    config: { name: "gru", units: 2, stateful: true },
  };
  const stateful = await load({
    module: "keras",
    class_name: "Sequential",
    config: { name: "seq", layers: [begin([1, null, 4]), gru] },
  });
  equal(stateful.inputs[0]?.shape[0], 1);
});

Deno.test("what isn't understood is refused by name", async () => {
  await fails(sequential3(dense3("d", { sparkle: 1 })), /layer "d" \(Dense\): unknown option "sparkle" = 1/);
  await fails(
    sequential3(dense3("d", { units: 2.5 })),
    /layer "d" \(Dense\): d.units: expected integer >= 1, got 2.5/,
  );
  await fails(
    sequential3(
      dense3("d", { activation: { class_name: "function", config: "mine", registered_name: "pkg>mine" } }),
    ),
    /layer "d" \(Dense\): activation is pkg>mine, a function of the user's own/,
  );
  await fails(
    sequential3({ class_name: "Glow", registered_name: "acme>Glow", config: { name: "g" } }),
    /layer "g": no layer for the class acme>Glow; bring your own: loadModel\(path, \{ layers: \[myLayer\] \}\)/,
  );
  await fails(
    sequential3({ class_name: "Denes", config: { name: "g" } }),
    /no layer for the class Denes \(is Dense meant\?\)/,
  );
  await fails(
    sequential3({ ...dense3("d"), registered_name: "acme>Dense" }),
    /no layer for the class acme>Dense/,
  );
  await fails(functional3([inLayer], ["gone", 0, 0]), /tensor gone\[0\]\[0\] is never computed/);
  await fails(
    functional3([inLayer, called(dense3("d"), "d", { args: [tensor3("d")], kwargs: {} })], ["d", 0, 0]),
    /layer "d": is part of a cycle/,
  );
  await fails(
    functional3([
      inLayer,
      called({ module: "keras.src.ops.numpy", class_name: "VectorizedMap", config: { name: "s" } }, "s", {
        args: [tensor3("in")],
        kwargs: {},
      }),
    ], ["s", 0, 0]),
    /layer "s": operation VectorizedMap is not supported/,
  );
  await fails({ class_name: "MyModel", config: {} }, /model class MyModel is not known/);
  await fails({ hello: 1 }, /has no class_name, so it is no Keras model/);
});

const swirl: LayerDef<{ readonly factor: number }, never> = {
  kind: "layer",
  name: "Swirl",
  summary: "multiplies by a factor",
  config: {
    factor: {
      doc: "the factor",
      expects: "a number",
      required: true,
      parse: (raw) => Number(raw),
    },
  },
  mask: "pass",
  params: () => ({}),
  build: ({ b, config, inputs }) => inputs.map((x) => b.mul(x, b.scalar(config.factor))),
};

Deno.test("a class of the user's own is read with the user's layer", async () => {
  const config = sequential3({
    class_name: "Swirl",
    registered_name: "acme>Swirl",
    config: { name: "s", factor: 3 },
  });
  const m = await load(config, [swirl as unknown as LayerDef]);
  deepEqual(await m.predict([1, 2, 3, 4]), tensor([[3, 6, 9, 12]]));
});

Deno.test("a configuration alone becomes a network, of one's own layers too", async () => {
  const made = sequential([input({ shape: [4], name: "x" }), dense({ units: 3, activation: "relu" })]);
  const config = JSON.parse(new TextDecoder().decode(await made.toBytes("json")));
  const network = networkFromConfig(config, { registry });
  deepEqual(network.layers.map(({ def }) => def.name), made.network.layers.map(({ def }) => def.name));
  deepEqual(Model.fromNetwork(network, registry).outputs, made.outputs);
  throws(() => networkFromConfig({ class_name: "Nothing", config: {} }, { registry }), /Nothing/);
  throws(() => networkFromConfig("{}", { registry }), /expected an object/);
});
