/**
 * Runs a folder of ONNX cases: `deno run -A tests/onnx/visible.ts FOLDER [--backend NAME] [--filter REGEXP] [--report FILE]`.
 * Each case has a `case.json`, `model.onnx` and `.npy` files; broken ones must fail with an error of ours. @module
 */
import type { DType } from "../../core/values/dtype.ts";
import { LapisError } from "../../core/values/errors.ts";
import { type RuntimeValue, type Tensor, tensor, zeros } from "../../core/values/tensor.ts";
import type { Registry } from "../../core/registry.ts";
import { loadModel, type Model, readNpy } from "../../mod.ts";
import { difference } from "../compare.ts";
import { parsed, testRegistry } from "./setup.ts";

interface Item {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly file?: string;
  readonly values?: readonly (string | number)[];
}
interface Case {
  readonly name: string;
  readonly rtol: number;
  readonly atol: number;
  readonly data_sets: readonly { readonly inputs: readonly Item[]; readonly outputs: readonly Item[] }[];
  readonly expect_error?: string;
  readonly accept?: readonly string[];
}

async function valueOf(item: Item, folder: string): Promise<Tensor> {
  if (item.file === undefined) return tensor([...item.values ?? []], item.shape, item.dtype);
  const t = readNpy(await Deno.readFile(`${folder}/${item.file}`));
  // bfloat16 is stored as the bits it is made of.
  return { ...t, dtype: item.dtype };
}

/** Runs every data set. Returns what differs, or undefined. */
async function differs(model: Model, test: Case, folder: string): Promise<string | undefined> {
  for (const [at, set] of test.data_sets.entries()) {
    const inputs: Record<string, RuntimeValue> = {};
    for (const item of set.inputs) inputs[item.name] = await valueOf(item, folder);
    const results: Record<string, RuntimeValue> = await model.run(inputs);
    for (const item of set.outputs) {
      const found = difference(results[item.name], await valueOf(item, folder), test);
      if (found) return `set ${at}, ${item.name}: ${found}`;
    }
  }
  return undefined;
}
/** Runs a model of which no data is known on zeros. */
async function runOnZeros(model: Model): Promise<void> {
  const inputs = model.inputs.map((p) => [
    p.name,
    zeros(p.shape.map((d) => (typeof d === "number" ? d : 1)), p.dtype),
  ]);
  await model.run(Object.fromEntries(inputs));
}

/** Why a case failed, or undefined. */
async function runCase(
  folder: string,
  test: Case,
  backend: string,
  registry: Registry,
): Promise<string | undefined> {
  const mayFail = test.expect_error !== undefined || (test.accept?.includes("error") ?? false);
  const mustFail = mayFail && !(test.accept?.includes("match") ?? false);
  let model: Model | undefined;
  try {
    model = await loadModel(`${folder}/model.onnx`, { registry, backend, warn: () => {} });
    const found = await differs(model, test, folder);
    if (mustFail && test.data_sets.length === 0) await runOnZeros(model);
    return mustFail ? "no error came" : found;
  } catch (error) {
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return mayFail && error instanceof LapisError ? undefined : text;
  } finally {
    model?.close();
  }
}

async function main(): Promise<void> {
  const { file: root, backend, filter, report } = parsed(Deno.args, "onnx_visible.ts FOLDER");
  const registry = testRegistry(), failures: string[] = [];
  const names = [...Deno.readDirSync(root)].filter((e) => e.isDirectory && filter.test(e.name)).map((e) =>
    e.name
  );
  for (const name of names.sort()) {
    const folder = `${root}/${name}`, test: Case = JSON.parse(await Deno.readTextFile(`${folder}/case.json`));
    const reason = await runCase(folder, test, backend, registry);
    if (reason !== undefined) failures.push(`${name}: ${reason.split("\n")[0]}`);
  }
  const text = failures.join("\n");
  if (report !== undefined) await Deno.writeTextFile(report, `${text}\n`);
  console.log(text);
  console.log(`${names.length - failures.length} passed, ${failures.length} failed`);
}

if (import.meta.main) await main();
