/** A graph becomes layers of Keras that compute the same: every operator's samples, and models as exporters write them. @module */
import { deepStrictEqual, match, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { GraphBuilder } from "../../core/graph/builder.ts";
import type { Value } from "../../core/graph/graph.ts";
import { sampleName, uniform } from "../../core/ops/sample.ts";
import { tensorType } from "../../core/values/shape.ts";
import { type Layer, loadModel, Model, registry, type Tensor, tensor, UnsupportedError } from "../../mod.ts";
import { layersFromGraph } from "../../public/edit.ts";
import { isTensor } from "../../public/tensors.ts";
import { difference } from "../compare.ts";
import { allSamples, sampleGraph } from "../support/opsamples.ts";

const tolerance = { rtol: 1e-5, atol: 2e-6 };
const options = { backend: "plain" } as const;

/** Both models on the same inputs, in order. @throws naming the output that differs. */
async function agree(a: Model, b: Model, inputs: readonly Tensor[], what: string): Promise<void> {
  const fed = (m: Model) => Object.fromEntries(m.inputs.map((p, i) => [p.name, inputs[i] as Tensor]));
  const want = await a.run(fed(a)), got = Object.values(await b.run(fed(b)));
  for (const [i, { name }] of a.outputs.entries()) {
    const [mine, theirs] = [got[i], want[name]];
    // Keras gives places as int32.
    const same = mine && isTensor(mine) && theirs ? { ...theirs, dtype: mine.dtype } : theirs;
    strictEqual(difference(mine, same as Tensor, tolerance), undefined, `${what}: ${name}`);
  }
}

Deno.test("samples of operators as layers, through a file of Keras", async () => {
  const refused = new Set<string>(), converted = new Set<string>();
  let equal = 0;
  for (const sample of await allSamples()) {
    const made = sampleGraph(sample);
    if (!made) continue;
    const whole = Model.fromGraph(made.graph, registry, options);
    let bytes: Uint8Array;
    try {
      bytes = await whole.toBytes("keras");
    } catch (error) {
      if (!(error instanceof UnsupportedError)) throw error;
      refused.add(sample.op);
      continue;
    }
    await agree(whole, await loadModel(bytes, { ...options, warn: () => {} }), [made.x], sampleName(sample));
    converted.add(sample.op);
    equal++;
  }
  ok(equal >= 270, `${equal} samples have layers`);
  deepStrictEqual([...refused].filter((op) => !converted.has(op)).sort(), [
    "Compress",
    "ConstantOfShape",
    "EyeLike",
    "GatherND",
    "GridSample",
    "Hardmax",
    "If",
    "IsInf",
    "LayerNormalization",
    "NonZero",
    "ReverseSequence",
    "Scan",
    "ScatterElements",
    "ScatterND",
    "Shape",
    "Size",
    "Unique",
    "lapis.ConvGradInput",
    "lapis.EmbeddingGradient",
    "lapis.MaxPoolGrad",
  ]);
});

/** A model of a graph. */
function modelOf(fill: (b: GraphBuilder) => readonly Value[], name = "net"): Model {
  const b = new GraphBuilder(registry, { name });
  fill(b).forEach((v, i) => b.output(`y${i}`, v));
  return Model.fromGraph(b.build(), registry, options);
}
const classes = (model: Model) => model.layers.map((l) => l.className);
const weight = (b: GraphBuilder, name: string, shape: readonly number[], seed = 7) =>
  b.input(name, tensorType("float32", shape), "parameter", uniform(shape, -0.5, 0.5, seed));

Deno.test("a convolutional classifier has one permutation at its border and idiomatic layers", async () => {
  const model = modelOf((b) => {
    const x = b.input("pixels", tensorType("float32", ["batch", 3, 8, 8]));
    const conv = b.scopeAs(
      "/features/conv1/Conv",
      () => b.conv(x, weight(b, "w", [4, 3, 3, 3]), weight(b, "wb", [4]), { pads: [1, 1, 1, 1] }),
    );
    const relu = b.scopeAs("/features/relu", () => b.relu(conv));
    const pool = b.maxPool(relu, { kernel_shape: [2, 2], strides: [2, 2] }, { outputs: 1 })[0];
    const mean = b.globalAveragePool(pool);
    const flat = b.flatten(mean, { axis: 1 });
    return [b.gemm(flat, weight(b, "d", [5, 4]), weight(b, "db", [5]), { transB: 1 })];
  });
  const made = layersFromGraph(model.graph(), registry);
  deepStrictEqual(classes(made), [
    "Permute",
    "Conv2D",
    "ReLU",
    "MaxPooling2D",
    "GlobalAveragePooling2D",
    "Dense",
  ]);
  deepStrictEqual(made.layers.slice(1, 3).map((l) => l.name), ["features_conv1_Conv", "features_relu"]);
  await agree(model, made, [uniform([2, 3, 8, 8])], "classifier");
});

Deno.test("transpositions of exporters that undo one another leave no layers", async () => {
  const model = modelOf((b) => {
    const x = b.input("image", tensorType("float32", ["batch", 6, 6, 2]));
    const first = b.transpose(x, { perm: [0, 3, 1, 2] });
    const y = b.conv(first, weight(b, "w", [3, 2, 3, 3]), {
      auto_pad: "SAME_UPPER",
      strides: [2, 2],
    });
    const biased = b.add(y, weight(b, "b", [1, 3, 1, 1]));
    return [b.transpose(biased, { perm: [0, 2, 3, 1] })];
  });
  const made = layersFromGraph(model.graph(), registry);
  deepStrictEqual(classes(made), ["Conv2D"]);
  strictEqual((made.layers[0]?.layer.config as { useBias: boolean }).useBias, true);
  await agree(model, made, [uniform([1, 6, 6, 2])], "channels last");
});

Deno.test("images with their channels last are enlarged as they lie", async () => {
  const resized = (
    mode: "linear" | "nearest",
    shape: readonly (string | number)[],
    scales: readonly number[],
  ) =>
    modelOf((b) => {
      const x = b.input("x", tensorType("float32", shape));
      const way = mode === "linear" ? "half_pixel" : "asymmetric";
      const given = b.constant(tensor([...scales], undefined, "float32"));
      return [
        b.resize(x, undefined, given, {
          mode,
          coordinate_transformation_mode: way,
          nearest_mode: "floor",
        }),
      ];
    });
  const cases = [
    ["nearest", [2, 4, 5, 3], [1, 3, 2, 1], "UpSampling2D"],
    ["linear", [2, 4, 5, 3], [1, 3, 2, 1], "UpSampling2D"],
    ["linear", [2, 4, 6, 3], [1, 0.5, 1.5, 1], "Resize"],
    ["nearest", [2, 4, 3], [1, 2, 1], "UpSampling1D"],
    ["nearest", [2, 2, 3, 4, 2], [1, 2, 1, 3, 1], "UpSampling3D"],
  ] as const;
  for (const [mode, [, ...shape], scales, name] of cases) {
    const model = resized(mode, ["batch", ...shape], scales), made = layersFromGraph(model.graph(), registry);
    deepStrictEqual(classes(made), [name]);
    await agree(model, made, [uniform([2, ...shape])], `${mode} ${scales}`);
  }
});

Deno.test("a transposed convolution whose output goes beyond its windows has Keras' output padding", async () => {
  for (const [kernel, strides, extra, pads] of [[2, 3, 2, 0], [3, 3, 1, 0], [4, 3, 2, 1]] as const) {
    const model = modelOf((b) => [
      b.convTranspose(
        b.input("x", tensorType("float32", ["batch", 2, 5, 4])),
        weight(b, "w", [2, 3, kernel, 1]),
        weight(b, "b", [3]),
        { strides: [strides, 2], output_padding: [extra, 0], pads: [pads, 0, pads, 0] },
      ),
    ]);
    const made = layersFromGraph(model.graph(), registry);
    ok(classes(made).includes("Conv2DTranspose"));
    await agree(model, made, [uniform([2, 2, 5, 4])], `kernel ${kernel}`);
  }
});

Deno.test("the smallest elements are the largest of the negatives", async () => {
  const model = modelOf((b) => {
    const x = b.input("x", tensorType("float32", ["batch", 4, 3]));
    return b.topK(x, b.ints([2]), { axis: 1, largest: 0 });
  });
  await agree(model, layersFromGraph(model.graph(), registry), [uniform([2, 4, 3])], "smallest");
});

Deno.test("a bidirectional LSTM with states, as PyTorch exports it", async () => {
  const model = modelOf((b) => {
    const x = b.input("x", tensorType("float32", ["batch", 5, 3]));
    const steps = b.transpose(x, { perm: [1, 0, 2] });
    const [y, h] = b.lstm(
      steps,
      weight(b, "w", [2, 16, 3]),
      weight(b, "r", [2, 16, 4], 8),
      weight(b, "b", [2, 32], 9),
      {
        hidden_size: 4,
        direction: "bidirectional",
      },
      { outputs: 3 },
    );
    const turned = b.transpose(y, { perm: [2, 0, 1, 3] });
    const whole = b.reshape(turned, b.ints([0, 0, -1]));
    const last = b.gather(h as Value, b.scalar(-1, "int64"), { axis: 0 });
    return [whole, last];
  });
  const made = layersFromGraph(model.graph(), registry);
  ok(classes(made).includes("Bidirectional"));
  await agree(model, made, [uniform([2, 5, 3])], "LSTM");
});

Deno.test("everything without a layer is one error; what only that reads isn't listed", () => {
  const model = modelOf((b) => {
    const x = b.input("x", tensorType("float32", ["batch", 4]));
    const a = b.scopeAs("odd/one", () => b.dynamicQuantizeLinear(x)[0]);
    const c = b.scopeAs("odd/two", () => b.hardmax(x));
    return [b.cast(a, { to: "float32" }), b.relu(c)];
  });
  throws(() => layersFromGraph(model.graph(), registry), (error: Error) => {
    ok(error instanceof UnsupportedError);
    match(error.message, /no layers for 2 of its nodes: .*"odd\/one".*"odd\/two"/);
    return !/Relu|Cast/.test(error.message);
  });
});

Deno.test("a graph in float64 is refused: Keras' layers compute in float32", () => {
  const model = modelOf((b) => [b.relu(b.input("x", tensorType("float64", ["batch", 4])))]);
  throws(() => layersFromGraph(model.graph(), registry), /float64 \("x"\), Keras' layers in float32/);
});

Deno.test("a second addend that Keras would take for a bias of another axis comes first", async () => {
  const model = modelOf((b) => {
    const x = b.input("x", tensorType("float32", ["batch", 4, 4]));
    return [b.add(x, b.constant(tensor([[1], [2], [3], [4]], undefined, "float32")))];
  });
  const made = layersFromGraph(model.graph(), registry);
  const layer = made.layers[0]?.layer as Layer;
  const { operationOf } = await import("../../io/keras/reading/operations.ts");
  ok(!("kind" in (operationOf(layer)?.args[0] as object)));
  await agree(model, made, [uniform([2, 4, 4])], "bias");
});

Deno.test("weights of an ONNX model are written as safetensors and read in place of its own", async () => {
  const fill = (seed: number) =>
    modelOf((b) => {
      const x = b.input("x", tensorType("float32", ["batch", 3]));
      return [b.matMul(x, weight(b, "layer/kernel", [3, 2], seed))];
    });
  const one = fill(1), other = fill(2), folder = await Deno.makeTempDir();
  try {
    const [path, weights] = [`${folder}/one.onnx`, `${folder}/other.safetensors`];
    await one.save(path);
    await other.save(weights);
    await agree(other, await loadModel(path, { ...options, weights }), [uniform([2, 3])], "weights");
    const wrong = modelOf((b) => [
      b.matMul(b.input("x", tensorType("float32", ["batch", 3])), weight(b, "layer/kernels", [3, 2])),
    ]);
    await wrong.save(weights);
    await rejects(
      loadModel(path, { ...options, weights }),
      /no weight "layer\/kernels"; is "layer\/kernel" meant/,
    );
    await modelOf((b) => [
      b.matMul(b.input("x", tensorType("float32", ["batch", 4])), weight(b, "layer/kernel", [4, 2])),
    ]).save(weights);
    await rejects(
      loadModel(path, { ...options, weights }),
      /weight "layer\/kernel": expected float32\[3, 2\], got float32\[4, 2\]/,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
