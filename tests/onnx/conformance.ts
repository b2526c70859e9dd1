/**
 * Runs the official ONNX suite: `deno run -A tests/onnx/conformance.ts FILE.zip [--backend NAME] [--filter REGEXP] [--report FILE]`.
 * Prints passed and total by category, and failures by operator. @module
 */
import { unzipSync } from "fflate";
import type { BackendDef } from "../../core/graph/backend.ts";
import { typeOf } from "../../core/graph/graph.ts";
import type { Registry } from "../../core/registry.ts";
import type { RuntimeValue } from "../../core/values/tensor.ts";
import { decodeValue, readOnnx } from "../../io/onnx/mod.ts";
import { difference } from "../compare.ts";
import { backendOf, parsed, testRegistry } from "./setup.ts";

/** One test of the index. */
export interface Case {
  readonly category: string;
  readonly name: string;
  readonly rtol: number;
  readonly atol: number;
  readonly data_sets: number;
  readonly target: string | null;
  readonly ops: readonly string[];
}
/** A test that failed, and why. */
export interface Failure {
  readonly test: Case;
  readonly reason: string;
}
type Files = Readonly<Record<string, Uint8Array>>;

/** Runs one test. Returns why it failed, or undefined. */
async function runCase(
  test: Case,
  files: Files,
  backend: BackendDef,
  registry: Registry,
): Promise<string | undefined> {
  const folder = `${test.category}/${test.name}`, bytes = files[`${folder}/model.onnx`];
  if (!bytes) return "model.onnx is missing";
  const { graph } = readOnnx(bytes, { registry, file: test.name });
  const fed = graph.inputs.filter((i) => i.role === "data");
  using session = await backend.compile(graph, { registry });
  for (let set = 0; set < test.data_sets; set++) {
    const value = (which: string, index: number, id: number): RuntimeValue | undefined => {
      const pb = files[`${folder}/test_data_set_${set}/${which}_${index}.pb`];
      return pb && decodeValue(pb, typeOf(graph, id).kind);
    };
    const inputs: Record<string, RuntimeValue> = {};
    for (const [j, input] of fed.entries()) {
      const given = value("input", j, input.id) ?? input.value;
      if (given) inputs[input.name] = given;
    }
    const results = await session.run(inputs);
    for (const [j, output] of graph.outputs.entries()) {
      const want = value("output", j, output.id);
      if (!want) return `output_${j}.pb is missing`;
      const found = difference(results[output.name], want, test);
      if (found) return `${output.name}: ${found}`;
    }
  }
  return undefined;
}

/** Failures as text, those of an operator together. */
function byOperator(failures: readonly Failure[]): string {
  const groups = new Map<string, Failure[]>();
  for (const failure of failures) {
    const key = failure.test.target ?? failure.test.ops.join("+").slice(0, 60);
    const group = groups.get(key);
    if (group) group.push(failure);
    else groups.set(key, [failure]);
  }
  return [...groups].sort((a, b) => b[1].length - a[1].length).map(([op, list]) =>
    [`${op}: ${list.length}`, ...list.map((f) => `  ${f.test.category}/${f.test.name}: ${f.reason}`)].join(
      "\n",
    )
  ).join("\n");
}

/** A suite's results. */
export interface SuiteResult {
  readonly total: number;
  readonly failures: readonly Failure[];
  /** Passed and total by category. */
  readonly counts: ReadonlyMap<string, readonly [passed: number, total: number]>;
}
/** Runs the tests in a zip of the official layout whose `category/name` matches. @throws {TypeError} without an index. */
export async function runSuite(
  zip: Uint8Array,
  backend: BackendDef,
  registry: Registry,
  filter: RegExp = /^/,
): Promise<SuiteResult> {
  const files = unzipSync(zip), index = files["cases.json"];
  if (!index) throw new TypeError("the zip has no cases.json");
  const { cases } = JSON.parse(new TextDecoder().decode(index)) as { cases: readonly Case[] };
  const chosen = cases.filter((c) => filter.test(`${c.category}/${c.name}`));
  const failures: Failure[] = [], counts = new Map<string, [passed: number, total: number]>();
  for (const test of chosen) {
    let reason: string | undefined;
    try {
      reason = await runCase(test, files, backend, registry);
    } catch (error) {
      reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    }
    const count = counts.get(test.category) ?? [0, 0];
    counts.set(test.category, [count[0] + (reason === undefined ? 1 : 0), count[1] + 1]);
    if (reason !== undefined) failures.push({ test, reason: reason.split("\n")[0] ?? "" });
  }
  return { total: chosen.length, failures, counts };
}

async function main(): Promise<void> {
  const { file, backend: name, filter, report } = parsed(Deno.args, "conformance.ts FILE.zip");
  const registry = testRegistry(), backend = await backendOf(name, registry);
  const { total, failures, counts } = await runSuite(await Deno.readFile(file), backend, registry, filter);
  const text = byOperator(failures);
  if (report !== undefined) await Deno.writeTextFile(report, `${text}\n`);
  console.log(text);
  for (const [category, [passed, of]] of counts) console.log(`${category}: ${passed} of ${of}`);
  console.log(`${total - failures.length} passed, ${failures.length} failed`);
}

if (import.meta.main) await main();
