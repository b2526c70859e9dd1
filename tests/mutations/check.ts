/** Reads and runs a mutated file, and says what is wrong with what came of it. @module */
import { LapisError, loadModel } from "../../mod.ts";
import { fittingInputs } from "../../cli/madeup/inputs.ts";
import { fileURLToPath } from "node:url";
import { mutated } from "./mutate.ts";

const fixtures = fileURLToPath(new URL("../fixtures", import.meta.url));
/** What a file is. */
export type Kind = "onnx" | "h5" | "keras";
/** What came of one. */
export interface Outcome {
  readonly outcome: string;
  /** What shouldn't be. */
  readonly problem?: string;
}
/** Small files of a kind, in the repository. */
export async function samples(kind: Kind): Promise<string[]> {
  const found: string[] = [];
  async function walk(folder: string): Promise<void> {
    for await (const entry of Deno.readDir(folder)) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory) await walk(path);
      else if (entry.name.endsWith(`.${kind}`) && (await Deno.stat(path)).size < 60_000) found.push(path);
    }
  }
  await walk(fixtures);
  return found.sort();
}

/** Milliseconds that reading or running a small file may take, on a machine that does other things too. */
const patience = 20_000;

/** Reads the file as the seed changes it, and runs what is read. */
export async function check(path: string, kind: Kind, seed: number): Promise<Outcome> {
  const { bytes, what } = mutated(await Deno.readFile(path), seed),
    name = path.slice(`${fixtures}/`.length);
  const folder = await Deno.makeTempDir(), file = `${folder}/mutated.${kind}`, began = performance.now();
  const told = (stage: string, error: unknown): Outcome => {
    const problem = problemOf(error, stage, file);
    const where = `${name}, ${what}, ${stage}`;
    return {
      outcome: `refused as ${stage}`,
      ...(problem !== undefined && { problem: `${where}: ${problem}` }),
    };
  };
  try {
    await Deno.writeFile(file, bytes);
    let model;
    try {
      model = await loadModel(file, { backend: seed % 2 === 0 ? "wasm" : "plain", warn: () => {} });
    } catch (error) {
      return told("read", error);
    }
    try {
      const inputs = await fittingInputs(model, 2);
      await model.run(inputs);
    } catch (error) {
      return told("run", error);
    } finally {
      await model.close();
    }
    const took = performance.now() - began;
    return {
      outcome: "run",
      ...(took > patience && { problem: `${name}, ${what}: took ${Math.round(took)} ms` }),
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
/** What is wrong with an error. */
function problemOf(error: unknown, stage: string, file: string): string | undefined {
  if (!(error instanceof LapisError)) {
    const stack = error instanceof Error ? (error.stack ?? "").split("\n").slice(1, 3).join(" ") : "";
    return `raw ${
      error instanceof Error ? `${error.name}: ${error.message.slice(0, 200)} ${stack}` : String(error)
    }`;
  }
  const { message } = error;
  if (stage === "read" && !message.includes(file.split("/").at(-1) ?? file)) {
    return `names no file: ${message.slice(0, 200)}`;
  }
  if (/undefined|\[object|NaN is not|is not a function|Cannot read/.test(message)) {
    return `unclear: ${message.slice(0, 300)}`;
  }
  return undefined;
}
