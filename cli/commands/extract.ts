/** `lapis extract`: a part of a model as a model of its own, proved to compute what the whole computes there. @module */
import {
  extractLayers,
  extractOnnx,
  InputError,
  isTensor,
  loadModel,
  type Model,
  registry,
  type RuntimeValue,
  type Tensor,
  toNumbers,
} from "../../mod.ts";
import { type CommandDef, type Context, textOption, UsageError } from "../command.ts";
import { madeUp } from "../inputs.ts";
import { loadNamed, modelOptions } from "../loading.ts";
import { writeWhole } from "../output.ts";
import { bytesText, count, shapeText, small, table } from "../terminal.ts";

/** A part, and how to run the whole to what the part is given and gives. */
interface Taken {
  readonly part: Model;
  readonly bytes: Uint8Array;
  /** Runs the whole: the part's inputs and outputs, in order. */
  whole(): Promise<{ readonly inputs: readonly Tensor[]; readonly outputs: readonly Tensor[] }>;
  readonly kept: string;
}
/** Whole data that fits both: small, so that a model of any size answers soon. */
const rows = 2;

/** Takes a part out of a model. */
export const extract: CommandDef = {
  name: "extract",
  summary: "write a part of a model as a model of its own",
  example: `lapis extract model.onnx --outputs /layer4/Relu -o features.onnx
lapis extract model.keras --inputs dense_1 --outputs softmax -o head.onnx`,
  declare: (command) =>
    modelOptions(command)
      .requiredOption("--outputs <names>", "what the part gives: layers, nodes or values, by commas")
      .option("--inputs <names>", "where the part begins, likewise (default: the model's inputs)")
      .requiredOption("-o, --output <file>", "the part: .onnx, .keras, .h5"),
  async run([path = ""], options, context) {
    const output = textOption(options, "output") ?? "", ending = /\.[^./\\]+$/.exec(output)?.[0] ?? "";
    if (![".onnx", ".keras", ".h5"].includes(ending)) {
      throw new UsageError(`--output: expected a name ending in .onnx, .keras or .h5, got ${output}`);
    }
    const outputs = listOf(options, "outputs"), inputs = listOf(options, "inputs");
    if (outputs.length === 0) throw new UsageError("--outputs: expected at least one name");
    const names = { outputs, ...(inputs.length > 0 && { inputs }) };
    const { model } = await loadNamed(path, options, context);
    const taken = model.isGraph
      ? await ofGraph(path, names, options, context, ending)
      : await ofLayers(model, names, ending);
    const largest = await prove(taken), equal = largest <= 1e-5;
    if (equal) await writeWhole(output, taken.bytes);
    const { part } = taken;
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
          : `differs from the whole by ${small(largest)}: nothing is written`,
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

interface Names {
  readonly outputs: readonly string[];
  readonly inputs?: readonly string[];
}
async function ofLayers(model: Model, names: Names, ending: string): Promise<Taken> {
  const made = extractLayers(model, names), bytes = await made.toBytes(ending);
  return {
    part: await loadModel(bytes, { backend: "plain", warn: () => {} }),
    bytes,
    kept: `${made.layers.length} of ${model.layers.length} layers`,
    async whole() {
      // Where the part begins, the whole has to give what the part is fed.
      const probe = extractLayers(model, { outputs: [...names.inputs ?? [], ...names.outputs] });
      const fed = madeUp(model, rows).tensors, used = pick(fed, probe);
      const all = [await probe.call(used)].flat() as Tensor[], starts = all.length - made.outputs.length;
      const cut = made.inputs.map((port) => fed[port.name]);
      let next = 0;
      const inputs = cut.map((t) => t ?? all[next++] as Tensor);
      return { inputs, outputs: all.slice(starts) };
    },
  };
}
/** The inputs that a model has. */
function pick(fed: Readonly<Record<string, Tensor>>, model: Model): Record<string, Tensor> {
  return Object.fromEntries(model.inputs.flatMap(({ name }) => (fed[name] ? [[name, fed[name]]] : [])));
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
  const found = await take(names), warn = (message: string) => context.log(`warning: ${message}`);
  const graph = await loadModel(found.bytes, { backend: "plain", warn });
  const written = ending === ".onnx" ? found.bytes : await graph.toBytes(ending);
  const part = ending === ".onnx" ? graph : await loadModel(written, { backend: "plain", warn });
  const [nodes, all] = found.nodes, [weights, held] = found.initializers;
  return {
    part,
    bytes: written,
    kept: `${nodes} of ${all} nodes, ${weights} of ${held} initializers`,
    async whole() {
      const probe = await loadModel((await take({ outputs: [...found.inputs, ...found.outputs] })).bytes, {
        backend: "plain",
        warn: () => {},
      });
      const results: Record<string, RuntimeValue> = await probe.run(madeUp(probe, rows).tensors);
      const tensorOf = (name: string): Tensor => {
        const value = results[name];
        if (isTensor(value)) return value;
        throw new InputError(`${path}: ${name} is no tensor, so that it can't be compared`, { file: path });
      };
      return { inputs: found.inputs.map(tensorOf), outputs: found.outputs.map(tensorOf) };
    },
  };
}

/** The largest difference between the part on what the whole gives there, and the whole; of large numbers relative to them. */
async function prove({ part, whole }: Taken): Promise<number> {
  const { inputs, outputs } = await whole();
  const fed = Object.fromEntries(part.inputs.map(({ name }, i) => [name, inputs[i] as Tensor]));
  const got = Object.values(await part.run(fed));
  let largest = 0;
  outputs.forEach((want, i) => {
    const mine = got[i];
    if (!mine || `${mine.shape}` !== `${want.shape}`) return largest = Infinity;
    if (want.dtype === "string") {
      return want.data.forEach((v, k) => v === mine.data[k] || (largest = Infinity));
    }
    const a = toNumbers(want), b = toNumbers(mine);
    for (let k = 0; k < a.length; k++) {
      const [x = NaN, y = NaN] = [a[k], b[k]];
      if (!Object.is(x, y) && x !== y) {
        largest = Math.max(
          largest,
          Number.isNaN(x - y) ? Infinity : Math.abs(x - y) / Math.max(1, Math.abs(x)),
        );
      }
    }
  });
  return largest;
}
