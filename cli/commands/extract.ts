/** `lapis extract`: a part of a model as a model of its own, proved to compute what the whole computes there. @module */
import {
  InputError,
  loadModel,
  type LoadOptions,
  Model,
  registry,
  type RuntimeValue,
  type Tensor,
} from "../../mod.ts";
import { extractLayers, extractOnnx } from "../../public/edit.ts";
import { isTensor } from "../../public/tensors.ts";
import { type CommandDef, type Context, textOption, UsageError } from "../command.ts";
import { type Proof, prove } from "../conversion/proof.ts";
import { madeUpSamples, type Sample, storedSample } from "../conversion/samples.ts";
import { readFeed } from "../feed.ts";
import { hasInput, inputOptions, inputsFrom, loadNamed, modelOptions } from "../loading.ts";
import { checkFile, writeWhole } from "../output.ts";
import { bytesText, count, shapeText, small, table } from "../terminal.ts";

/** A part, and how to run the whole to what the part is given and gives. */
export interface Taken {
  readonly part: Model;
  readonly bytes: Uint8Array;
  /** The whole with the outputs that the part begins at, then those that the part gives. */
  readonly probe: Model;
  readonly kept: string;
}

/** Takes a part out of a model. */
export const extract: CommandDef = {
  name: "extract",
  summary: "write a part of a model as a model of its own",
  example: `lapis extract model.onnx --outputs /layer4/Relu -o features.onnx
lapis extract model.keras --inputs dense_1 --outputs softmax -o head.onnx`,
  declare: (command) =>
    inputOptions(modelOptions(command))
      .requiredOption("--outputs <names>", "what the part gives: layers, nodes or values, by commas")
      .option("--inputs <names>", "where the part begins, likewise (default: the model's inputs)")
      .requiredOption("-o, --output <file>", "the part: .onnx, .keras, .h5"),
  async run([path = ""], options, context) {
    const output = textOption(options, "output") ?? "",
      ending = /\.[^./\\]+$/.exec(output)?.[0]?.toLowerCase() ?? "";
    await checkFile(output, {
      flag: "--output",
      endings: [".onnx", ".keras", ".h5"],
      inputs: [path, textOption(options, "weights") ?? path],
    });
    const outputs = listOf(options, "outputs"), inputs = listOf(options, "inputs");
    if (outputs.length === 0) throw new UsageError("--outputs: expected at least one name");
    const names = { outputs, ...(inputs.length > 0 && { inputs }) };
    const asked = inputsFrom(options);
    const { model, assets } = await loadNamed(path, options, context);
    const taken = model.isGraph
      ? await ofGraph(path, names, options, context, ending)
      : await ofLayers(model, names, options, ending);
    const { part, probe } = taken, fed = hasInput(asked) ? await readFeed(model, assets, asked) : undefined;
    const samples = fed
      ? [storedSample(probe, fed.tensors, `stored input, ${fed.rows} rows`)]
      : await madeUpSamples(probe, { seed: 0 });
    const { equal, runs } = await proofOf(taken, samples);
    const largest = Math.max(...runs.map((r) => r.difference));
    const problem = runs.find((r) => r.problem !== undefined)?.problem;
    if (equal) await writeWhole(output, taken.bytes);
    const ports = [
      ...part.inputs.map(({ name, dtype, shape }) => ["input", name, dtype, shapeText(shape)]),
      ...part.outputs.map(({ name, dtype, shape }) => ["output", name, dtype, shapeText(shape)]),
    ];
    return {
      answer: equal,
      text: [
        `${taken.kept}, ${count(part.countParams())} parameters`,
        table(["", "name", "type", "shape"], ports, { width: context.terminal.width }),
        equal
          ? `computes what the whole computes: largest difference ${small(largest)}`
          : `computes something else than the whole: ${problem}; nothing is written`,
        ...(equal ? [`written: ${output} (${bytesText(taken.bytes.length)})`] : []),
      ].join("\n"),
      data: {
        inputs: part.inputs,
        outputs: part.outputs,
        parameters: part.countParams(),
        largestDifference: largest,
        equal,
        ...(equal && { file: output, bytes: taken.bytes.length }),
      },
    };
  },
};
function listOf(options: Readonly<Record<string, unknown>>, name: string): readonly string[] {
  return (textOption(options, name) ?? "").split(",").map((part) => part.trim()).filter((part) =>
    part !== ""
  );
}

/** The engine that was named. */
function engineOf(options: Readonly<Record<string, unknown>>): Pick<LoadOptions, "backend"> {
  const backend = textOption(options, "backend");
  return backend === undefined ? {} : { backend };
}
interface Names {
  readonly outputs: readonly string[];
  readonly inputs?: readonly string[];
}
async function ofLayers(
  model: Model,
  names: Names,
  options: Readonly<Record<string, unknown>>,
  ending: string,
): Promise<Taken> {
  const made = extractLayers(model, names), bytes = await made.toBytes(ending), engine = engineOf(options);
  return {
    part: await loadModel(bytes, { ...engine, warn: () => {} }),
    bytes,
    kept: `${made.layers.length} of ${model.layers.length} layers`,
    probe: extractLayers(model, { outputs: [...names.inputs ?? [], ...names.outputs] }),
  };
}
async function ofGraph(
  path: string,
  names: Names,
  options: Readonly<Record<string, unknown>>,
  context: Context,
  ending: string,
): Promise<Taken> {
  if (textOption(options, "weights") !== undefined) {
    throw new UsageError("--weights: an ONNX file holds its own");
  }
  const take = (asked: Names) => extractOnnx(path, { ...asked, registry });
  const engine = engineOf(options);
  const found = await take(names), warn = (message: string) => context.log(`warning: ${message}`);
  const graph = await loadModel(found.bytes, { ...engine, warn });
  const written = ending === ".onnx" ? found.bytes : await graph.toBytes(ending);
  const part = ending === ".onnx" ? graph : await loadModel(written, { ...engine, warn });
  const [nodes, all] = found.nodes, [weights, held] = found.initializers;
  return {
    part,
    bytes: written,
    kept: `${nodes} of ${all} nodes, ${weights} of ${held} initializers`,
    probe: await loadModel((await take({ outputs: [...found.inputs, ...found.outputs] })).bytes, {
      ...engine,
      warn: () => {},
    }),
  };
}

/** Runs the part on what the whole gives where it begins, beside the whole. */
export async function proofOf(
  { part, probe }: Pick<Taken, "part" | "probe">,
  samples: readonly Sample[],
): Promise<Proof> {
  const graph = probe.graph(), keeps = graph.inputs.some((i) => i.role === "state");
  const twin = keeps ? Model.fromGraph(graph, probe.registry) : probe;
  const starts = probe.outputs.length - part.outputs.length;
  return await prove(probe, {
    outputs: probe.outputs.map((o) => o.name),
    async run(inputs) {
      const whole = await twin.run(inputs), list = probe.outputs.map(({ name }) => tensorOf(whole, name));
      const fed = part.inputs.flatMap(({ name }, i) => {
        const t = i < starts ? list[i] : inputs[name];
        return t ? [[name, t] as const] : [];
      });
      const got: Record<string, RuntimeValue> = await part.run(Object.fromEntries(fed));
      return Object.fromEntries(probe.outputs.map(({ name }, i) => {
        const own = part.outputs[i - starts];
        return [name, own ? tensorOf(got, own.name) : tensorOf(whole, name)];
      }));
    },
    resetStates() {
      for (const model of [twin, part]) model.resetStates();
    },
  }, samples);
}
function tensorOf(results: Readonly<Record<string, RuntimeValue>>, name: string): Tensor {
  const value = results[name];
  if (value && isTensor(value)) return value;
  throw new InputError(`${name} is no tensor, so that it can't be compared`);
}
