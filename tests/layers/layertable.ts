/** The table of layers, measured: `deno task docs:layers` writes docs/layers.md and cli/layers.json from the plugins. @module */
import { type DType, Model, registry, type Tensor, tensor, UnsupportedError } from "../../mod.ts";
import { createLayer } from "../../public/plugins.ts";
import { sizeOf } from "../../public/tensors.ts";
import { applyAll, functional, input } from "../../core/network/functional.ts";
import type { Layer } from "../../core/network/layer.ts";
import type { LayerNode } from "../../core/network/tree.ts";
import { samples } from "./layersamples.ts";
import { listCases, loadCase, modelFiles } from "../support/cases.ts";
import { kindOf } from "../support/runner.ts";
import { docOf } from "../../cli/docs.ts";
import { root } from "../support/sources.ts";

/** What is known of a layer beside its options. */
export interface LayerFacts {
  /** Where it runs on the wasm backend: `wasm`, `host`, or `wasm, host: …` naming the operators on the host. */
  readonly runs: string;
  /** `yes`, or why it has none. */
  readonly gradient: string;
  /** Versions of Keras whose files hold it among the reference files, all of which give Keras' outputs. */
  readonly keras: readonly string[];
}

/** Layers of Keras 3.15 that Lapis hasn't, and why. */
export const leftOut: Readonly<Record<string, string>> = {
  ContrastLimitedAdaptiveHistogramEqualization: "equalises by the data; do it when images are read",
  Equalization: "equalises by the data; Keras 3.15 can't put it into a functional model itself",
  FlaxLayer: "holds a Flax module, which is Python code",
  InputSpec: "no layer: describes what a layer takes",
  JaxLayer: "holds a JAX function, which is Python code",
  Lambda: "holds Python code; refused by name, with the way to bring one's own",
  Layer: "the base class, which computes nothing",
  TFSMLayer: "holds a TensorFlow SavedModel",
  TorchModuleWrapper: "holds a PyTorch module, which is Python code",
  Wrapper: "the base class of wrappers, which computes nothing",
};

/** Numbers that follow from their places; ids for whole numbers, words for strings. */
function some(shape: readonly number[], dtype: DType): Tensor {
  const n = sizeOf(shape), at = (i: number) => Math.sin(1.3 * i + 0.4);
  if (dtype === "string") {
    return tensor(Array.from({ length: n }, (_, i) => ["cat", "a dog", "bird"][i % 3] ?? ""), shape);
  }
  if (dtype === "float32") return tensor(Float32Array.from({ length: n }, (_, i) => at(i)), shape);
  return tensor(Array.from({ length: n }, (_, i) => i % 3), shape, dtype);
}
function sampleModel(name: string): { readonly model: Model; readonly data: Record<string, Tensor> } {
  const sample = samples[name];
  if (!sample) throw new Error(`layer ${name}: no sample in tests/layers/layersamples.ts`);
  const layer: Layer = createLayer(registry.get("layer", name), sample.options ?? {});
  const inputs = sample.inputs.map(({ shape, dtype = "float32" }, i) =>
    input({ shape: shape.slice(1), dtype, batchSize: shape[0] ?? 1, name: `x${i}`, registry })
  );
  const outputs = applyAll(layer, inputs, sample.call ?? {});
  const data = Object.fromEntries(
    sample.inputs.map(({ shape, dtype = "float32" }, i) => [`x${i}`, some(shape, dtype)]),
  );
  return { model: Model.fromNetwork(functional({ inputs, outputs }), registry, { backend: "wasm" }), data };
}
/** Where a layer's sample runs. */
async function runsOf(name: string): Promise<string> {
  const { model, data } = sampleModel(name);
  using _ = model;
  await model.run(data);
  const steps = (await model.session()).plan();
  const host = new Set(steps.filter((s) => !s.where.startsWith("wasm")).flatMap((s) => s.nodes));
  if (host.size === 0) return "wasm";
  return steps.some((s) => s.where.startsWith("wasm"))
    ? `wasm, host: ${[...host].sort().join(", ")}`
    : "host";
}
/** Whether a layer's sample has a gradient. */
async function gradientOf(name: string): Promise<string> {
  const { model, data } = sampleModel(name);
  using _ = model;
  const targets = await model.run(data);
  const list = model.outputs.map((o) => targets[o.name]).filter((t) => t !== undefined);
  if (list.some((t) => !t.dtype.startsWith("float"))) return "none: its outputs are no floats";
  try {
    const zeros = list.map((t) => tensor(new Float32Array(sizeOf(t.shape)), t.shape));
    const { inputs, weights } = await model.gradients(
      data,
      zeros.length === 1 ? zeros[0] ?? tensor([]) : zeros,
      {
        loss: "meanSquaredError",
        training: true,
      },
    );
    const found = inputs.size + weights.size > 0;
    return found ? "yes" : "none: its inputs are no floats";
  } catch (error) {
    if (error instanceof UnsupportedError) return "inference only";
    throw error;
  }
}

/** Class names in the reference files by the version that wrote them. */
async function versionsRead(): Promise<Map<string, Set<string>>> {
  const found = new Map<string, Set<string>>();
  const add = (nodes: readonly LayerNode[], version: string) => {
    for (const { layer, children } of nodes) {
      found.set(layer.def.name, (found.get(layer.def.name) ?? new Set()).add(version));
      add(children, version);
    }
  };
  for (const folder of ["keras", "keras-more", "keras-versions"]) {
    for (const one of await listCases(new URL(`tests/fixtures/${folder}/`, root))) {
      if (!/^[ABE]$/.test(kindOf(one))) continue;
      const version = (one as unknown as { readonly keras_version: string }).keras_version;
      for (const file of modelFiles(one)) {
        using model = await loadCase(one, file, { backend: "plain", warn: () => {} });
        add(model.tree, version.replace(/\.\d+$/, ""));
      }
    }
  }
  return found;
}
const byVersion = (a: string, b: string) => {
  const [[m = 0, n = 0], [p = 0, q = 0]] = [a, b].map((v) => v.split(".").map(Number)) as [
    number[],
    number[],
  ];
  return m - p || n - q;
};

/** Facts of all layers by name. */
export async function layerFacts(): Promise<Record<string, LayerFacts>> {
  const versions = await versionsRead(), facts: Record<string, LayerFacts> = {};
  for (const { name } of registry.all("layer").toSorted((a, b) => a.name < b.name ? -1 : 1)) {
    facts[name] = {
      runs: await runsOf(name),
      gradient: await gradientOf(name),
      keras: [...versions.get(name) ?? []].sort(byVersion),
    };
  }
  return facts;
}

const cell = (text: string) => text.replaceAll("|", "\\|");
/** docs/layers.md */
export function layersPage(facts: Readonly<Record<string, LayerFacts>>, version: string): string {
  const defs = registry.all("layer").toSorted((a, b) => a.name < b.name ? -1 : 1);
  const rows = defs.map((def) => {
    const { name, config } = def;
    const own = facts[name],
      fields = Object.entries(config as Readonly<Record<string, { readonly required: boolean }>>);
    const options = fields.map(([option, { required }]) => `\`${option}\`${required ? "*" : ""}`).join(" ");
    return `| ${name} | ${cell(docOf(def))} | ${own?.runs ?? ""} | ${own?.gradient ?? ""} | ${
      own?.keras.join(" ")
    } | ${options} |`;
  });
  return `# Layers

Made by \`deno task docs:layers\` from the plugins and from runs of each on the wasm backend; a test holds it current, and complete
against the public layers of Keras ${version}. \`lapis layers NAME\` prints every option with what it takes and its default.

* **Runs**: where a sample runs on the default backend. \`wasm\`: every operator is a WebAssembly kernel. \`host\`: TypeScript loops, as for
  strings, and for sizes that only the data tells.
* **Gradient**: of its inputs and weights, exact.
* **Keras**: versions whose files hold it among the reference files; the same rules read the versions between. Keras 3 layers without an
  entry are read by the same rules, and have no reference file.
* **Options**: those with a star must be given.

| layer | what it does | runs | gradient | Keras | options |
|---|---|---|---|---|---|
${rows.join("\n")}

## Left out

Public classes of \`keras.layers\` ${version} that Lapis hasn't; a file that holds one is refused by name, and one's own layer can stand for
it: \`loadModel(path, { layers: [myLayer] })\`, see examples/custom-layer.

| class | why |
|---|---|
${Object.entries(leftOut).map(([name, why]) => `| ${name} | ${why} |`).join("\n")}
`;
}

if (import.meta.main) {
  const facts = await layerFacts();
  const { keras } = JSON.parse(
    await Deno.readTextFile(new URL("tests/fixtures/keras-layers.json", root)),
  ) as { keras: string };
  await Deno.writeTextFile(new URL("docs/layers.md", root), layersPage(facts, keras));
  await Deno.writeTextFile(new URL("cli/layers.json", root), `${JSON.stringify(facts, null, 2)}\n`);
}
