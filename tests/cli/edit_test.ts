/** extract, diff and inspect on ONNX models and models of layers, and files larger than memory. @module */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { main } from "../../cli/main.ts";
import type { Terminal } from "../../cli/terminal.ts";
import { GraphBuilder } from "../../core/graph/builder.ts";
import { uniform } from "../../core/ops/sample.ts";
import { tensorType } from "../../core/values/shape.ts";
import { decodeModel } from "../../io/onnx/reading/read.ts";
import { modelTable } from "../../io/onnx/messages.ts";
import { encode } from "../../io/onnx/proto.ts";
import {
  dense,
  extractLayers,
  flatten,
  input,
  loadModel,
  Model,
  registry,
  sequential,
  type Tensor,
} from "../../mod.ts";
import { conv2d, maxPooling2d } from "../../public/layers.ts";
import { readOnnxStructure } from "../../io/onnx/mod.ts";

/** What a command printed, and its exit code. */
async function run(...args: readonly string[]) {
  let out = "", err = "";
  const terminal: Terminal = {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    width: 80,
    interactive: false,
  };
  const exit = await main(args, terminal);
  ok(out.split("\n").every((line) => line.length <= 80 || args.includes("--json")), out);
  return { exit, out, err };
}
async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
const network = () =>
  sequential([
    input({ shape: [8, 8, 2], name: "image" }),
    conv2d({ filters: 3, kernelSize: 3, name: "conv" }),
    maxPooling2d({ poolSize: 2, name: "pool" }),
    flatten({ name: "flat" }),
    dense({ units: 4, activation: "softmax", name: "head" }),
  ], { name: "small" });
/** Two products in a row as nodes with names, of a batch that varies. */
function graphModel(): Model {
  const b = new GraphBuilder(registry, { name: "two" });
  const weight = (name: string, shape: number[]) =>
    b.input(name, tensorType("float32", shape), "parameter", uniform(shape));
  const x = b.input("x", tensorType("float32", ["batch", 4]));
  const h = b.scopeAs("first/MatMul", () => b.matMul(x, weight("w1", [4, 3])));
  const r = b.scopeAs("first/Relu", () => b.relu(h));
  b.output("y", b.scopeAs("second/MatMul", () => b.matMul(r, weight("w2", [3, 2]))));
  return Model.fromGraph(b.build(), registry, { backend: "plain" });
}

Deno.test("extract takes a part out of an ONNX file: the nodes between, their weights alone, the same numbers", () =>
  inFolder(async (folder) => {
    const whole = `${folder}/whole.onnx`, part = `${folder}/part.onnx`;
    await graphModel().save(whole);
    const { exit, out } = await run(
      "extract",
      whole,
      "--inputs",
      "first/MatMul",
      "--outputs",
      "second/MatMul",
      "-o",
      part,
    );
    strictEqual(exit, 0, out);
    match(out, /2 of 3 nodes, 1 of 2 initializers/);
    match(out, /computes what the whole computes: largest difference 0/);
    const graph = decodeModel(await Deno.readFile(part)).graph;
    deepStrictEqual(graph?.node?.map((n) => n.name), ["first/Relu", "second/MatMul"]);
    deepStrictEqual(graph?.initializer?.map((t) => t.name), ["w2"]);
    const again = await loadModel(part, { backend: "plain" });
    deepStrictEqual(again.inputs.map((p) => p.shape), [["batch", 3]]);
    const layers = `${folder}/part.keras`;
    strictEqual((await run("extract", whole, "--outputs", "first/Relu", "-o", layers)).exit, 0);
    deepStrictEqual((await loadModel(layers)).layers.map((l) => l.className), ["Dense", "ReLU"]);
  }));

Deno.test("extract takes layers out of a model, with their weights", () =>
  inFolder(async (folder) => {
    const model = network(), path = `${folder}/model.keras`, part = `${folder}/part.keras`;
    await model.save(path);
    const { exit, out } = await run(
      "extract",
      path,
      "--inputs",
      "pool",
      "--outputs",
      "flat,head",
      "-o",
      part,
      "--json",
    );
    strictEqual(exit, 0, out);
    const made = await loadModel(part, { backend: "plain" });
    deepStrictEqual(made.layers.map((l) => l.name), ["flat", "head"]);
    const x = uniform([2, 8, 8, 2]), seen = await model.activations(x);
    const got = await made.predictAll(seen.get("pool") as Tensor);
    const near = (a: Tensor | undefined, b: Tensor) =>
      ok(Array.from(b.data as Float32Array).every((v, i) => Math.abs(v - Number(a?.data[i])) < 1e-5));
    near(got[0], seen.get("flat") as Tensor);
    near(got[1], seen.get("head") as Tensor);
  }));

Deno.test("a name that isn't there is told with the nearest; a beginning that nothing needs is refused", () =>
  inFolder(async (folder) => {
    const path = `${folder}/model.keras`, graph = `${folder}/model.onnx`;
    await network().save(path);
    await graphModel().save(graph);
    const wrong = await run("extract", path, "--outputs", "heed", "-o", `${folder}/p.keras`);
    strictEqual(wrong.exit, 3);
    match(wrong.err, /outputs: there is no "heed"; is "head" meant\?/);
    match(
      (await run("extract", graph, "--outputs", "first/Rely", "-o", `${folder}/p.onnx`)).err,
      /is "first\/Relu" meant/,
    );
    match(
      (await run(
        "extract",
        graph,
        "--inputs",
        "second/MatMul",
        "--outputs",
        "first/Relu",
        "-o",
        `${folder}/p.onnx`,
      )).err,
      /no output needs/,
    );
    strictEqual((await run("extract", path, "--outputs", "head", "-o", `${folder}/p.txt`)).exit, 2);
  }));

Deno.test("a part keeps operations of Keras, which have no weights and no class of their own", async () => {
  const model = graphModel(), bytes = await model.toBytes("keras");
  const layers = await loadModel(bytes, { backend: "plain" });
  const part = extractLayers(layers, { outputs: ["first_Relu"] });
  deepStrictEqual(part.layers.map((l) => l.name), ["first_MatMul", "first_Relu"]);
  ok((await part.toBytes("keras")).length > 0);
});

Deno.test("diff tells by how much weights differ, and ends with 1", () =>
  inFolder(async (folder) => {
    const model = network(), a = `${folder}/a.keras`, b = `${folder}/b.keras`;
    await model.save(a);
    strictEqual((await run("diff", a, a)).exit, 0);
    const old = model.weights.get("small/head/bias") as Tensor, next = (old.data as Float32Array).slice();
    next[1] = (next[1] ?? 0) + 0.5;
    model.setWeight("small/head/bias", { ...old, data: next });
    await model.save(b);
    const { exit, out } = await run("diff", a, b, "--json");
    strictEqual(exit, 1);
    const { weights, parts } = JSON.parse(out);
    deepStrictEqual(weights.changed.map((w: { name: string }) => w.name), ["small/head/bias"]);
    const [{ max, mean, changed, count }] = weights.changed;
    deepStrictEqual({ max, mean, changed, count }, { max: 0.5, mean: 0.125, changed: 1, count: 4 });
    strictEqual(parts.same, 4);
    strictEqual((await run("diff", a, b, "--tolerance", "0.5")).exit, 0);
    match((await run("diff", a, b)).out, /small\/head\/bias +\[4\] +5\.0e-1 +1\.3e-1/);
  }));

Deno.test("diff works across formats: the same weights under other names and in other layouts", () =>
  inFolder(async (folder) => {
    const model = network(),
      files = ["keras", "h5", "onnx", "weights.h5", "safetensors"].map((e) => `${folder}/m.${e}`);
    for (const file of files) await model.save(file);
    for (const file of files.slice(1)) {
      const { exit, out, err } = await run("diff", files[0] ?? "", file);
      strictEqual(exit, 0, `${file}: ${out}${err}`);
    }
    strictEqual((await run("diff", files[3] ?? "", files[4] ?? "")).exit, 0);
  }));

Deno.test("diff tells layers that are there no longer, options, shapes, opsets and metadata", () =>
  inFolder(async (folder) => {
    const a = `${folder}/a.onnx`, b = `${folder}/b.onnx`;
    await graphModel().save(a);
    const file = decodeModel(await Deno.readFile(a));
    const { graph } = file, [first, relu, last] = graph?.node ?? [];
    ok(graph && first && relu && last);
    graph.node = [first, { ...relu, opType: "LeakyRelu" }, last];
    file.metadataProps = [{ key: "author", value: "me" }];
    await Deno.writeFile(b, encode(modelTable, file));
    const { exit, out } = await run("diff", a, b);
    strictEqual(exit, 1);
    match(out, /~ first\/Relu\n\s+type: Relu → LeakyRelu/);
    match(out, /~ metadata author: — → me/);
  }));

Deno.test("inspect shows a graph's nodes with shapes as expressions, or with the sizes given", () =>
  inFolder(async (folder) => {
    const path = `${folder}/model.onnx`;
    await graphModel().save(path);
    const { out } = await run("inspect", path);
    match(out, /first\/Relu +Relu +float32\[batch, 3\]/);
    match(out, /opset ai\.onnx: \d+/);
    match((await run("inspect", path, "--dim", "batch=7")).out, /float32\[7, 3\]/);
    const wrong = await run("inspect", path, "--dim", "bach=7");
    strictEqual(wrong.exit, 3);
    match(wrong.err, /no input has a size bach; it has batch/);
    deepStrictEqual(JSON.parse((await run("inspect", path, "--json")).out).parameters, 18);
  }));

/** A model whose only weight takes `bytes`, which are a hole in the file: in it, or in a file beside. */
async function writeHuge(folder: string, beside: boolean): Promise<string> {
  const rows = 1024, columns = 700_000, length = rows * columns * 4, path = `${folder}/huge${beside}.onnx`;
  const varint = (n: number): number[] => (n > 127 ? [n % 128 + 128, ...varint(Math.floor(n / 128))] : [n]);
  const value = (name: string, dims: readonly (number | string)[]) => ({
    name,
    type: {
      tensorType: {
        elemType: 1,
        shape: { dim: dims.map((d) => (typeof d === "number" ? { dimValue: BigInt(d) } : { dimParam: d })) },
      },
    },
  });
  const weight = { name: "w", dataType: 1, dims: BigInt64Array.of(BigInt(rows), BigInt(columns)) };
  const model = {
    irVersion: 8n,
    opsetImport: [{ domain: "", version: 17n }],
    graph: {
      name: "huge",
      node: [{ opType: "MatMul", input: ["x", "w"], output: ["y"], name: "product" }],
      input: [value("x", ["n", rows])],
      output: [value("y", ["n", columns])],
      initializer: [{
        ...weight,
        ...(beside && {
          dataLocation: 1,
          externalData: [{ key: "location", value: "huge.bin" }, { key: "length", value: `${length}` }],
        }),
      }],
    },
  };
  const bytes = encode(modelTable, model);
  if (beside) {
    await Deno.writeFile(path, bytes);
    await Deno.writeFile(`${folder}/huge.bin`, new Uint8Array(0));
    await Deno.truncate(`${folder}/huge.bin`, length);
    return path;
  }
  // The same message with a raw_data of two gigabytes and more: tags and lengths anew, then the hole.
  const head = encode(modelTable, { irVersion: 8n, opsetImport: [{ domain: "", version: 17n }] });
  const { initializer: _, ...rest } = model.graph;
  const graph = encode(modelTable, { graph: rest }),
    inner = graph.subarray(graph.length - graphLength(graph));
  const tensor = encode(modelTable, { graph: { initializer: [weight] } });
  const own = tensor.subarray(tensor.length - graphLength(tensor)).subarray(2);
  const raw = [9 * 8 + 2, ...varint(length)], all = own.length + raw.length + length;
  const field = [5 * 8 + 2, ...varint(all), ...own, ...raw];
  const out = [...head, 7 * 8 + 2, ...varint(inner.length + field.length + length), ...inner, ...field];
  await Deno.writeFile(path, Uint8Array.from(out));
  await Deno.truncate(path, out.length + length);
  return path;
}
/** Length of a graph that is a model's only field. */
const graphLength = (bytes: Uint8Array): number => {
  let n = 0, scale = 1, at = 1;
  for (; (bytes[at] ?? 0) > 127; at++, scale *= 128) n += ((bytes[at] ?? 0) & 127) * scale;
  return n + (bytes[at] ?? 0) * scale;
};

for (const beside of [false, true]) {
  Deno.test(`a model of 2.8 GB is inspected in little memory, its weight ${beside ? "beside it" : "in the file"}`, () =>
    inFolder(async (folder) => {
      const path = await writeHuge(folder, beside), before = Deno.memoryUsage().rss;
      const { graph } = await readOnnxStructure(path, { registry });
      strictEqual(graph.inputs.find((i) => i.name === "w")?.value, undefined);
      const { exit, out } = await run("inspect", path);
      strictEqual(exit, 0);
      match(out, /716,800,000 parameters/);
      match(out, /product +MatMul +float32\[n, 700000\]/);
      ok(Deno.memoryUsage().rss - before < 256 * 2 ** 20, "less than 256 MiB");
    }));
}

Deno.test("a link out of the model's folder is refused, naming the tensor; one inside is followed", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/model`);
    const path = `${folder}/model/model.onnx`,
      bytes = new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer);
    for (const place of ["outside.bin", "model/weights.bin"]) {
      await Deno.writeFile(`${folder}/${place}`, bytes);
    }
    const vector = (name: string, dims: bigint[]) => ({
      name,
      type: { tensorType: { elemType: 1, shape: { dim: dims.map((dimValue) => ({ dimValue })) } } },
    });
    await Deno.writeFile(
      path,
      encode(modelTable, {
        irVersion: 8n,
        opsetImport: [{ domain: "", version: 17n }],
        graph: {
          name: "linked",
          node: [{ opType: "MatMul", input: ["x", "w"], output: ["y"] }],
          input: [vector("x", [1n, 2n])],
          output: [vector("y", [1n, 3n])],
          initializer: [{
            name: "w",
            dataType: 1,
            dims: BigInt64Array.of(2n, 3n),
            dataLocation: 1,
            externalData: [{ key: "location", value: "link.bin" }],
          }],
        },
      }),
    );
    await Deno.symlink("../outside.bin", `${folder}/model/link.bin`);
    const refused = await run("predict", path, "-o", folder, "-i", "x.npy");
    strictEqual(refused.exit, 3);
    match(refused.err, /tensor "w": its external file link\.bin: leads out of the model's folder/);
    await Deno.remove(`${folder}/model/link.bin`);
    await Deno.symlink("weights.bin", `${folder}/model/link.bin`);
    strictEqual((await loadModel(path, { backend: "plain" })).countParams(), 6);
  }));
