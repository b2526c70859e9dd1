/** `lapis build`: a model as one stand-alone WebAssembly module with a script beside it, proved before it is written. @module */
import { InputError, LapisError, type Model, type Tensor } from "../../mod.ts";
import { buildModule, type BuiltModule } from "../../public/backends.ts";
import { type CommandDef, textOption, UsageError } from "../command.ts";
import { type Feed, readFeed } from "../feed.ts";
import { fittingFeed } from "../madeup/inputs.ts";
import { hasInput, inputOptions, inputsFrom, loadNamed, weightsOption } from "../loading.ts";
import { checkFile, writeWhole } from "../output.ts";
import { bytesText, shapeText, table } from "../terminal.ts";

/** Builds a module, proves that it gives the bits of the deterministic backend, and writes it. */
export const build: CommandDef = {
  name: "build",
  summary: "write a model as one stand-alone WebAssembly module",
  example: `lapis build model.keras -o model.wasm   # and model.js, model.d.ts beside it
lapis build model.keras -o model.wasm --input x.npy   # proved on these data
import { load } from "./model.js";        // in Deno, Node, Bun or a page:
const { y } = (await load()).run({ x: new Float32Array(784) });`,
  declare: (command) =>
    inputOptions(weightsOption(command))
      .requiredOption("-o, --output <file.wasm>", "the module; its script and types go beside it"),
  async run([path = ""], options, context) {
    const output = textOption(options, "output") ?? "", base = output.replace(/\.wasm$/, "");
    const fileName = output.slice(Math.max(output.lastIndexOf("/"), output.lastIndexOf("\\")) + 1);
    if (!/.\.wasm$/.test(fileName)) throw new UsageError(`--output: expected a name.wasm, got ${output}`);
    for (const name of [`${base}.d.ts`, `${base}.js`, output]) {
      await checkFile(name, { flag: "--output", inputs: [path] });
    }
    const given = inputsFrom(options);
    const { model, assets } = await loadNamed(path, options, context, "wasm", { deterministic: true });
    const built = await buildModule(model, { fileName, ...(assets.labels && { labels: assets.labels }) });
    const feeds = hasInput(given)
      ? [await readFeed(model, assets, given)]
      : [await fittingFeed(model, 1), await fittingFeed(model, 5)];
    const proof = await proveModule(model, built, feeds);

    const { info, sizes, script, types } = built;
    const files = [
      { path: `${base}.d.ts`, bytes: new TextEncoder().encode(types) },
      { path: `${base}.js`, bytes: new TextEncoder().encode(script) },
      { path: output, bytes: built.wasm },
    ];
    if (proof.equal) { for (const file of files) await writeWhole(file.path, file.bytes); }
    const runs = `${proof.runs} runs of the module`;
    return {
      answer: proof.equal,
      text: [
        `${info.name}: ${bytesText(sizes.module)} (weights ${bytesText(sizes.weights)}, code ${
          bytesText(sizes.code)
        }), ${bytesText(sizes.memory)} of memory`,
        table(["", "name", "type", "shape"], [
          ...info.inputs.map(({ name, dtype, shape }) => ["input", name, dtype, shapeText(shape)]),
          ...info.outputs.map(({ name, dtype, shape }) => ["output", name, dtype, shapeText(shape)]),
          ...info.states.map((name) => ["state", name, "", ""]),
        ], { width: context.terminal.width }),
        ...(info.dims.length === 0 ? [] : [`sizes that vary: ${info.dims.join(", ")}`]),
        proof.equal
          ? `${runs} gave the bits of the deterministic backend`
          : `${runs} differ from the deterministic backend (output ${proof.differs}): nothing is written`,
        ...(proof.equal ? [`written: ${files.map((file) => file.path).reverse().join(", ")}`] : []),
      ].join("\n"),
      data: {
        ...{
          name: info.name,
          dims: info.dims,
          inputs: info.inputs,
          outputs: info.outputs,
          states: info.states,
        },
        ...{ sizes, proof },
        files: proof.equal
          ? files.map((file) => ({ path: file.path, bytes: file.bytes.length })).reverse()
          : [],
      },
    };
  },
};

/** What running a module beside its model found. */
export interface ModuleProof {
  readonly equal: boolean;
  readonly runs: number;
  /** The first output that differs. */
  readonly differs?: string;
}
/** What the script gives a program. */
interface Script {
  load(source: Uint8Array): Promise<{
    run(inputs: Readonly<Record<string, unknown>>): Readonly<Record<string, Pick<Tensor, "data" | "shape">>>;
    reset(): void;
  }>;
}

/** Runs the script and the module as they will be written, each feed twice so that states count, and compares bits. */
export async function proveModule(
  model: Model,
  { script, wasm }: Pick<BuiltModule, "script" | "wasm">,
  feeds: readonly Feed[],
): Promise<ModuleProof> {
  const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  let runs = 0;
  try {
    const { load }: Script = await import(url);
    const module = await load(wasm);
    for (const { tensors } of feeds) {
      model.resetStates();
      module.reset();
      for (let turn = 0; turn < 2; turn++) {
        const expected = await reference(model, tensors), got = module.run(tensors);
        runs++;
        const differs = Object.keys(expected).find((name) => !sameBits(expected[name], got[name]));
        if (differs !== undefined) return { equal: false, runs, differs };
      }
    }
  } finally {
    URL.revokeObjectURL(url);
  }
  return { equal: true, runs };
}
async function reference(model: Model, tensors: Feed["tensors"]): Promise<Record<string, Tensor>> {
  try {
    return await model.run(tensors);
  } catch (error) {
    if (!(error instanceof LapisError)) throw error;
    throw new InputError(`the module can't be proved: ${error.message}; give data that fits with --input`, {
      cause: error,
    });
  }
}
function sameBits(a: Tensor | undefined, b: Pick<Tensor, "data" | "shape"> | undefined): boolean {
  if (
    !a || !b || `${a.shape}` !== `${b.shape}` || !ArrayBuffer.isView(a.data) || !ArrayBuffer.isView(b.data)
  ) {
    return false;
  }
  const [x, y] = [a.data, b.data].map((d) => new Uint8Array(d.buffer, d.byteOffset, d.byteLength));
  return x !== undefined && y !== undefined && x.length === y.length && x.every((v, i) => v === y[i]);
}
