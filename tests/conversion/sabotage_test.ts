/** Every pass of every exporter, made wrong one at a time: the proof of a conversion notices. @module */
import { ok, strictEqual } from "node:assert/strict";
import { proveModule } from "../../cli/commands/build.ts";
import { convertInto } from "../../cli/conversion/convert.ts";
import { fittingSamples, type Sample } from "../../cli/conversion/samples.ts";
import { fittingInputs } from "../../cli/madeup/inputs.ts";
import { GraphBuilder } from "../../core/graph/builder.ts";
import { sampleName, uniform } from "../../core/ops/sample.ts";
import { tensorType } from "../../core/values/shape.ts";
import { exportPasses, unexportedGraph } from "../../io/onnx/export/graph.ts";
import { writeOnnx } from "../../io/onnx/writing/write.ts";
import { openZip, writeZip } from "../../io/archives/zip.ts";
import {
  apply,
  dense,
  embedding,
  flatten,
  type Graph,
  input,
  LapisError,
  loadModel,
  lstm,
  Model,
  model as functionalModel,
  registry,
  sequential,
  type Tensor,
} from "../../mod.ts";
import { buildModule } from "../../public/backends.ts";
import {
  averagePooling2d,
  batchNormalization,
  bidirectional,
  concatenate,
  conv2d,
  depthwiseConv2d,
  gru,
  layerNormalization,
  maxPooling2d,
  stringLookup,
} from "../../public/layers.ts";
import { toNumbers } from "../../public/tensors.ts";
import { inFolder } from "../support/cli.ts";
import { allSamples, sampleGraph } from "../support/opsamples.ts";
import { type Mutant, mutantsOf, spoiled } from "../support/sabotage.ts";

/** Models that give every pass something to do. */
const zoo: Readonly<Record<string, () => Model>> = {
  images: () => {
    const x = input({ shape: [8, 8, 2], name: "image" });
    const first = apply(
      batchNormalization({}),
      apply(conv2d({ filters: 4, kernelSize: 3, padding: "same" }), x),
    );
    const pooled = apply(
      maxPooling2d({}),
      apply(conv2d({ filters: 4, kernelSize: 1, activation: "relu" }), first),
    );
    const other = apply(
      averagePooling2d({}),
      apply(depthwiseConv2d({ kernelSize: 3, padding: "same" }), first),
    );
    const both = apply(flatten({}), apply(concatenate({}), [pooled, other]));
    return functionalModel({
      inputs: [x],
      outputs: [apply(dense({ units: 3, activation: "softmax" }), both)],
    });
  },
  words: () =>
    sequential([
      input({ shape: [null], dtype: "int32", name: "ids" }),
      embedding({ inputDim: 20, outputDim: 4, maskZero: true }),
      bidirectional(lstm({ units: 3, returnSequences: true })),
      gru({ units: 3 }),
      layerNormalization({}),
      dense({ units: 2, activation: "sigmoid" }),
    ]),
  lookups: () =>
    sequential([
      input({ shape: [3], dtype: "string", name: "word" }),
      stringLookup({ vocabulary: ["enak", "murah", "the", "quick", "brown"] }),
      embedding({ inputDim: 6, outputDim: 3 }),
      flatten({}),
      dense({ units: 2 }),
    ]),
  memory: () =>
    sequential([
      input({ shape: [4, 2], batchSize: 2, name: "x" }),
      lstm({ units: 3, stateful: true, name: "memory" }),
      dense({ units: 3, name: "head" }),
    ]),
};
/** Operators that older opsets have in another form. */
function olderForms(): Model {
  const b = new GraphBuilder(registry, { name: "older" });
  const x = b.input("x", tensorType("float32", ["batch", 5, 4]));
  const [left, right] = b.split(x, { axis: 1, num_outputs: 2 });
  const kernel = b.input("kernel", tensorType("float32", [4, 3]), "parameter", uniform([4, 3]));
  const wide = b.pad(b.matMul(left as typeof x, kernel), b.ints([1, 2]), undefined, b.ints([1]));
  const sums = b.reduceMean(b.tanh(wide), b.ints([2]), { keepdims: 0 });
  const shape = b.shape(right as typeof x, { start: 1 });
  const flat = b.reshape(right as typeof x, b.concat([b.ints([-1]), shape], { axis: 0 }));
  b.output("y", sums);
  b.output("z", b.reduceMax(flat, b.ints([1]), { keepdims: 1 }));
  return Model.fromGraph(b.build(), registry);
}

/** The largest difference between two sets of outputs, as a part of the largest number. */
function apart(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): number {
  let most = 0;
  const theirs = Object.values(b) as Tensor[];
  for (const [k, x] of (Object.values(a) as Tensor[]).entries()) {
    const y = theirs[k];
    if (!y || `${x.shape}` !== `${y.shape}`) return Infinity;
    if (x.dtype === "string") return x.data.every((v, i) => v === y.data[i]) ? 0 : Infinity;
    const p = toNumbers(x), q = toNumbers(y);
    const size = Math.max(...p.map(Math.abs));
    for (const [i, v] of p.entries()) {
      if (!Object.is(v, q[i])) most = Math.max(most, Math.abs(v - (q[i] ?? NaN)) / size || Infinity);
    }
  }
  return most;
}
/** True where a graph computes something else than a model, by its own run; samples of another seed than the proof's. @throws {LapisError} for a graph that is none. */
async function isWrong(model: Model, graph: Graph, samples: readonly Sample[]): Promise<boolean> {
  using other = Model.fromGraph(graph, registry, { backend: "plain" });
  const names = other.inputs.map((p) => p.name);
  for (const net of [model, other]) net.resetStates();
  for (const { inputs } of samples) {
    const fed = Object.fromEntries(Object.values(inputs).map((t, i) => [names[i] ?? "", t]));
    if (apart(await model.run(inputs), await other.run(fed)) > 1e-3) return true;
  }
  return false;
}

/** True for a file that is read and computes something else. */
async function isWrongFile(model: Model, bytes: Uint8Array, samples: readonly Sample[]): Promise<boolean> {
  const back = await loadModel(bytes, { warn: () => {} }).catch(() => undefined);
  return back !== undefined && await isWrong(model, back.graph(), samples).catch(() => false);
}
/** What a conversion says of a file of these bytes, in place of the model's own. */
async function proved(
  model: Model,
  file: string,
  bytes: () => Uint8Array | Promise<Uint8Array>,
  samples: readonly Sample[],
) {
  const forged: Model = new Proxy(model, {
    get(target, key) {
      if (key === "save") return async (to: string) => await Deno.writeFile(to, await bytes());
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return await convertInto(forged, file, { source: "model", samples, write: {} }).then(
    (made) => made.proof?.equal === true,
    (error) => {
      // What an engine or a reader refuses isn't proved either.
      if (error instanceof LapisError) return false;
      throw error;
    },
  );
}
interface Counted {
  wrong: number;
  readonly missed: string[];
}

Deno.test("each pass on the way to ONNX, made wrong, is noticed", async () => {
  const found = new Map<string, Counted>();
  await inFolder(async (folder) => {
    for (const [name, make] of Object.entries(zoo)) {
      using model = make();
      const samples = await fittingSamples(model, { seed: 1 }),
        others = await fittingSamples(model, { seed: 77 });
      const passes = exportPasses(registry, 21);
      const right = passes.reduce((g, p) => p.run(g), unexportedGraph(model));
      ok(await proved(model, `${folder}/right.onnx`, () => writeOnnx(right, { registry }), samples), name);
      let before = unexportedGraph(model);
      for (const [at, pass] of passes.entries()) {
        const after = pass.run(before), counted = found.get(pass.name) ?? { wrong: 0, missed: [] };
        found.set(pass.name, counted);
        for (const { what, graph } of mutantsOf(after, before, 6)) {
          let ended: Graph;
          try {
            ended = passes.slice(at + 1).reduce((g, p) => p.run(g), graph);
            if (!await isWrong(model, ended, others)) continue;
          } catch {
            // A graph that passes or engines stumble over is no file at all.
            continue;
          }
          counted.wrong++;
          const file = `${folder}/m.onnx`;
          if (await proved(model, file, () => writeOnnx(ended, { registry }), samples)) {
            counted.missed.push(`${name}: ${what}`);
          }
        }
        before = after;
      }
    }
  });
  for (const [pass, { wrong, missed }] of found) {
    ok(wrong >= 4, `${pass}: ${wrong} sabotages`);
    strictEqual(missed.join("\n"), "", pass);
  }
});

/** Proves that none of these graphs is taken for the model. */
async function noneProved(
  model: Model,
  mutants: readonly Mutant[],
  ending: string,
  bytesOf: (graph: Graph) => Uint8Array | Promise<Uint8Array>,
  least: number,
) {
  await inFolder(async (folder) => {
    const samples = await fittingSamples(model, { seed: 1 }),
      others = await fittingSamples(model, { seed: 77 });
    let wrong = 0;
    for (const { what, graph } of mutants) {
      if (!await isWrong(model, graph, others).catch(() => false)) continue;
      wrong++;
      ok(!await proved(model, `${folder}/m${ending}`, () => bytesOf(graph), samples), what);
    }
    ok(wrong >= least, `${wrong} sabotages`);
  });
}

Deno.test("operators in the form of an older opset, made wrong, are noticed", async () => {
  using model = olderForms();
  for (const opset of [13, 18]) {
    const bytes = (graph: Graph) => writeOnnx(graph, { registry, opset });
    await inFolder(async (folder) => {
      ok(await proved(model, `${folder}/m.onnx`, () => bytes(model.graph()), await fittingSamples(model)));
    });
    await noneProved(model, mutantsOf(model.graph(), undefined, 40), ".onnx", bytes, 15);
  }
});

Deno.test("a stand-alone module, made of something else, is noticed", async () => {
  for (const make of [zoo.images, zoo.words, zoo.memory]) {
    if (!make) continue;
    const made = make();
    using model = Model.fromGraph(made.graph(), registry, { deterministic: true });
    const feeds = [{ tensors: await fittingInputs(model, 2), rows: 2 }],
      samples = await fittingSamples(model, { seed: 77 });
    ok((await proveModule(model, await buildModule(model), feeds)).equal);
    let wrong = 0;
    for (const { what, graph } of mutantsOf(model.graph(), undefined, 40)) {
      if (!await isWrong(model, graph, samples).catch(() => false)) continue;
      const module = await buildModule(Model.fromGraph(graph, registry)).catch(() => undefined);
      if (!module) continue;
      wrong++;
      const equal = await proveModule(model, module, feeds).then((p) => p.equal, () => false);
      ok(!equal, what);
    }
    ok(wrong >= 3, `${wrong} sabotages`);
  }
});

/** Layers of Keras 3, and of Keras 2 in the forms of each. */
const kerasFiles: readonly (readonly [string, 2 | 3])[] = [[".keras", 3], [".h5", 3], [".h5", 2]];
/** A model's file with one weight that is wrong. */
async function wrongWeight(
  model: Model,
  path: string,
  whole: boolean,
  write: (m: Model) => Promise<Uint8Array>,
) {
  const value = model.weights.get(path), wrong = value && spoiled(value, whole);
  if (!wrong || !value) return undefined;
  model.setWeight(path, wrong);
  try {
    return await write(model);
  } finally {
    model.setWeight(path, value);
  }
}
Deno.test("a Keras file with a wrong weight is noticed, in every form", async () => {
  for (const make of [zoo.images, zoo.words]) {
    if (!make) continue;
    using model = make();
    const samples = await fittingSamples(model, { seed: 1 });
    await inFolder(async (folder) => {
      for (const [ending, kerasVersion] of kerasFiles) {
        let wrong = 0;
        for (const path of model.weights.keys()) {
          const write = (m: Model) => m.toBytes(ending, { kerasVersion });
          const bytes = await wrongWeight(model, path, wrong % 2 === 0, write);
          if (!bytes) continue;
          wrong++;
          ok(
            !await proved(model, `${folder}/m${ending}`, () => bytes, samples),
            `${ending} ${kerasVersion}: ${path}`,
          );
        }
        ok(wrong > 4);
        ok(
          await proved(model, `${folder}/m${ending}`, () => model.toBytes(ending, { kerasVersion }), samples),
        );
      }
    });
  }
});

/** Fields of layers' configurations with another value. */
const otherFields: Readonly<Record<string, (value: unknown) => unknown>> = {
  activation: (v) => (v === "softmax" ? "linear" : "softmax"),
  recurrent_activation: () => "tanh",
  padding: (v) => (v === "same" ? "valid" : "same"),
  mask_zero: (v) => !v,
  epsilon: (v) => Number(v) * 1e3,
  reset_after: (v) => !v,
  class_name: (
    v,
  ) => (v === "MaxPooling2D" ? "AveragePooling2D" : v === "AveragePooling2D" ? "MaxPooling2D" : undefined),
  go_backwards: (v) => !v,
};
type Json = Record<string, unknown>;
/** Every place in a configuration whose value can be another, by its path. */
function places(node: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) => [
    ...(key in otherFields && otherFields[key]?.(value) !== undefined ? [[...path, key]] : []),
    ...places(value, [...path, key]),
  ]);
}
function withPlace(config: unknown, path: readonly string[]): string {
  const copy = JSON.parse(JSON.stringify(config)), last = path.at(-1) ?? "";
  const owner = path.slice(0, -1).reduce((node: Json, key) => node[key] as Json, copy);
  owner[last] = otherFields[last]?.(owner[last]);
  return JSON.stringify(copy);
}
Deno.test("a Keras file with a wrong field is noticed", async () => {
  for (const make of [zoo.images, zoo.words]) {
    if (!make) continue;
    using model = make();
    const samples = await fittingSamples(model, { seed: 1 }),
      others = await fittingSamples(model, { seed: 77 });
    const archive = openZip(await model.toBytes(".keras")),
      members = archive.names.map((name) => ({ name, bytes: archive.read(name) }));
    const config: unknown = JSON.parse(new TextDecoder().decode(archive.read("config.json")));
    let wrong = 0;
    await inFolder(async (folder) => {
      for (const path of places(config)) {
        const bytes = new TextEncoder().encode(withPlace(config, path));
        const file = writeZip(members.map((m) => (m.name === "config.json" ? { ...m, bytes } : m)));
        if (!await isWrongFile(model, file, others)) continue;
        wrong++;
        ok(!await proved(model, `${folder}/m.keras`, () => file, samples), path.join("."));
      }
    });
    ok(wrong >= 4, `${wrong} sabotages`);
  }
});

Deno.test("each operator's layers, made of a wrong node, are noticed", async () => {
  let wrong = 0;
  const operators = new Set<string>(), folder = await Deno.makeTempDir();
  try {
    for (const sample of await allSamples()) {
      const made = sampleGraph(sample);
      if (!made || operators.has(sample.op)) continue;
      const model = Model.fromGraph(made.graph, registry), own = [{ what: "sample", inputs: { x: made.x } }];
      if (!await model.toBytes(".keras").catch(() => undefined)) continue;
      for (const { what, graph } of mutantsOf(made.graph, undefined, 8)) {
        if (!await isWrong(model, graph, own).catch(() => false)) continue;
        const bytes = await Model.fromGraph(graph, registry).toBytes(".keras").catch(() => undefined);
        if (!bytes || !await isWrongFile(model, bytes, own)) continue;
        wrong++;
        operators.add(sample.op);
        ok(!await proved(model, `${folder}/m.keras`, () => bytes, own), `${sampleName(sample)}: ${what}`);
      }
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  ok(operators.size >= 40, `${operators.size} operators, ${wrong} sabotages`);
});
