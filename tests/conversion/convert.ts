/** Converts a folder's Keras models to ONNX and proves each: `deno task test:convert FOLDER [--opset 21] [--filter re] [--keep DIR]`. @module */
import { parseArgs } from "node:util";
import { LapisError } from "../../mod.ts";
import { openOnnxFile } from "../../public/backends.ts";
import { convertInto } from "../../cli/conversion/convert.ts";
import { fittingSamples } from "../../cli/conversion/samples.ts";
import { type Case, checkCalls, listCases, loadCase, type ModelFile, modelFiles } from "../support/cases.ts";
import { kindOf } from "../support/runner.ts";

const usage = `deno task test:convert FOLDER [--opset 13…28] [--filter regexp] [--keep DIR]
FOLDER holds folders with a case.json (or is one); --keep leaves the .onnx files in DIR.`;

/** How one conversion went. */
export interface Converted {
  readonly name: string;
  /** Nothing where it computes the same, in onnxruntime and as Keras stored it. */
  readonly problem?: string;
  /** Largest difference from our own engine, and how many times smaller than its tolerance. */
  readonly difference: number;
  readonly share: number;
  /** Operators of the file. */
  readonly nodes: readonly string[];
}

/** The files of a case that are converted: whole models, the partners of trained ones too, and configurations with weights. */
function filesOf(one: Case): readonly ModelFile[] {
  const listed = modelFiles(one), known = new Set(listed.map((f) => f.file));
  const partners = Object.keys(one.files).filter((f) =>
    /\.(h5|keras)$/.test(f) && !known.has(f) && !/weights/.test(f)
  );
  return [...listed, ...partners.map((file) => ({ file }))];
}

/** Converts every model of a case. Stored outputs are compared too, where they are of that file. */
export async function convertCase(one: Case, folder: string, opset?: number): Promise<readonly Converted[]> {
  const results: Converted[] = [];
  const listed = modelFiles(one);
  for (const file of filesOf(one)) {
    const name = [one.name, file.file, ...(file.weights ? [file.weights] : [])].join("/");
    const path = `${folder}/${name.replace(/[^\w.-]/g, "_")}.onnx`;
    let difference = 0, share = 0, problem: string | undefined, nodes: readonly string[] = [];
    try {
      using model = await loadCase(one, file, { warn: () => {} });
      const samples = await fittingSamples(model);
      const made = await convertInto(model, path, {
        source: name,
        samples,
        write: { ...(opset && { opset }) },
      });
      nodes = made.layers.flatMap((l) => l.nodes);
      for (const run of made.proof?.runs ?? []) {
        difference = Math.max(difference, run.difference);
        share = Math.max(share, run.tolerance === 0 ? 0 : run.difference / run.tolerance);
        problem ??= run.problem && `${run.what}: ${run.problem}`;
      }
      if (problem === undefined && listed.includes(file) && one.inputs?.every((i) => i.file !== undefined)) {
        const opened = await openOnnxFile(path);
        const outputs = model.outputs.map((o, i) => ({ ...o, name: opened.outputs[i] ?? o.name }));
        try {
          const found = await checkCalls(one, {
            inputs: model.inputs,
            outputs,
            run: (x) => opened.run(x as never),
          });
          if (!found.within) problem = `stored outputs: ${found.problem}`;
        } finally {
          await opened.close();
        }
      }
    } catch (error) {
      problem = error instanceof LapisError
        ? error.message
        : error instanceof Error
        ? error.stack ?? error.message
        : String(error);
    }
    results.push({ name, difference, share, nodes, ...(problem !== undefined && { problem }) });
  }
  return results;
}

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals: [given] } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { opset: { type: "string" }, filter: { type: "string", default: "" }, keep: { type: "string" } },
  });
  if (given === undefined) {
    console.error(usage);
    return 2;
  }
  const cases = await listCases(new URL(`${given.replace(/\/*$/, "/")}`, `file://${Deno.cwd()}/`));
  const folder = values.keep ?? await Deno.makeTempDir(), pattern = new RegExp(values.filter);
  const all: Converted[] = [];
  for (const one of cases) {
    if (!["A", "B", "model", "?"].includes(kindOf(one)) || !pattern.test(one.name) || one.expect_error) {
      continue;
    }
    const opset = values.opset === undefined ? undefined : Number(values.opset);
    all.push(...await convertCase(one, folder, opset));
    if (Deno.stderr.isTerminal()) Deno.stderr.writeSync(new TextEncoder().encode(`\r${all.length} `));
  }
  if (values.keep === undefined) await Deno.remove(folder, { recursive: true });
  const off = all.filter((c) => c.problem !== undefined), good = all.filter((c) => c.problem === undefined);
  const largest = good.reduce((a, b) => (b.difference > a.difference ? b : a), { name: "", difference: 0 });
  const closest = good.reduce((a, b) => (b.share > a.share ? b : a), { name: "", share: 0 });
  console.log(`largest difference ${largest.difference.toExponential(1)} (${largest.name})`);
  console.log(`closest to its tolerance: ${(100 * closest.share).toFixed(0)} % (${closest.name})`);
  for (const { name, problem } of off) console.log(`  ${name}: ${problem}`);
  console.log(`\n${good.length} converted and equal, ${off.length} not`);
  return off.length > 0 ? 1 : 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
