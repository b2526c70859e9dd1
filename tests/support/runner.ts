/** Runs reference cases on a backend and says of each whether it passed, failed or was left out. @module */
import { LapisError, loadModel, type Model, UnsupportedError } from "../../mod.ts";
import { type Case, checkCalls, type ExpectedError, loadCase, modelFiles } from "./cases.ts";
import { checkModelFolder } from "./models.ts";
import { exists } from "./sources.ts";
import { checkTextCase } from "./text.ts";
import { checkGradientCase, checkStepsCase } from "./training.ts";

/** How a case went. `left out` is something genuine that Lapis doesn't do. */
export type Status = "passed" | "failed" | "left out";

/** What came of a case on a backend. */
export interface Result {
  readonly name: string;
  readonly kind: string;
  readonly backend: string;
  readonly status: Status;
  /** What was wrong, missing or unsupported. */
  readonly detail: string;
  /** Largest difference from Keras. */
  readonly max: number;
  readonly milliseconds: number;
}

/** The kind of a case: the letter it says, or `model` for a trained model's folder. */
export function kindOf(one: Case): string {
  return one.kind ?? (one.predictions === undefined ? "?" : "model");
}

/** What a run may use beside its case. */
export interface RunOptions {
  /** The folder of data sets, for whole test splits. */
  readonly data?: URL;
  /** A sound file, loaded after every broken one to show that nothing was left behind. */
  readonly sound?: URL;
}

/** Runs one case on one backend. */
export async function runCase(one: Case, backend: string, options: RunOptions = {}): Promise<Result> {
  const kind = kindOf(one), started = performance.now();
  const result = (status: Status, detail = "", max = 0): Result => ({
    name: one.name,
    kind,
    backend,
    status,
    detail,
    max,
    milliseconds: performance.now() - started,
  });
  try {
    const problem = one.expect_error
      ? { problem: await hostile(one, one.expect_error, backend, options.sound), max: 0 }
      : kind === "model"
      ? await checkModelFolder(one, backend, options.data)
      : kind === "C"
      ? await checkGradientCase(one, backend)
      : kind === "E"
      ? await checkTextCase(one, backend)
      : kind === "D"
      ? await checkStepsCase(one, backend)
      : await everyFile(one, backend);
    return problem.problem === undefined
      ? result("passed", "", problem.max)
      : result("failed", problem.problem, problem.max);
  } catch (error) {
    if (error instanceof UnsupportedError) return result("left out", error.message);
    return result("failed", error instanceof Error ? `${error.name}: ${error.message}` : String(error));
  }
}

/** Every model file of a case must give its outputs. An unsupported file is told only where the others passed. */
async function everyFile(one: Case, backend: string): Promise<{ problem?: string; max: number }> {
  let max = 0;
  const files = modelFiles(one);
  if (files.length === 0) return { problem: "no model file", max };
  for (const file of files) {
    const name = file.weights === undefined ? file.file : `${file.file} + ${file.weights}`;
    let model: Model;
    try {
      model = await loadCase(one, file, { backend, warn: () => {} });
    } catch (error) {
      if (error instanceof UnsupportedError) throw error;
      return { problem: `${name}: ${error instanceof Error ? error.message : error}`, max };
    }
    try {
      const found = await checkCalls(one, model);
      max = Math.max(max, found.max);
      if (!found.within) return { problem: `${name}: ${found.problem ?? "differs"}`, max };
    } finally {
      model.close();
    }
  }
  return { max };
}

/** Seconds a broken file may take until its error, and bytes that the process may grow by. */
const hostileBounds = { milliseconds: 1000, bytes: 256 * 2 ** 20 };

/** A broken file must give its one clear error, quickly and in bounded memory, and touch nothing. */
async function hostile(
  one: Case,
  expected: ExpectedError,
  backend: string,
  sound: URL | undefined,
): Promise<string | undefined> {
  for (const file of Object.keys(one.files)) {
    const problem = await hostileFile(one, file, expected, backend);
    if (problem !== undefined) return `${file}: ${problem}`;
    if (sound !== undefined) (await loadModel(sound, { backend, warn: () => {} })).close();
  }
  return undefined;
}

/** A sound file among cases: the first whole model whose case expects outputs or no error. */
export function soundFile(cases: readonly Case[]): URL | undefined {
  for (const one of cases) {
    const [file] = modelFiles(one);
    const sound = one.expect_error === undefined
      ? one.outputs.length > 0
      : one.expect_error.outcome === "loads";
    if (sound && file !== undefined && file.weights === undefined) return new URL(file.file, one.folder);
  }
  return undefined;
}

async function hostileFile(
  one: Case,
  file: string,
  { outcome, must_name_any_of: any, must_name_all_of: all = [] }: ExpectedError,
  backend: string,
): Promise<string | undefined> {
  const warnings: string[] = [], prototype = Object.getOwnPropertyNames(Object.prototype).length;
  const before = Deno.memoryUsage().rss, started = performance.now();
  let error: unknown;
  try {
    const model = await loadModel(new URL(file, one.folder), { backend, warn: (m) => warnings.push(m) });
    model.close();
  } catch (thrown) {
    error = thrown;
  }
  const took = performance.now() - started, grown = Deno.memoryUsage().rss - before;
  if (took > hostileBounds.milliseconds) return `took ${took.toFixed(0)} ms`;
  if (grown > hostileBounds.bytes) return `grew the process by ${(grown / 2 ** 20).toFixed(0)} MiB`;
  if (Object.getOwnPropertyNames(Object.prototype).length !== prototype) return "changed Object.prototype";
  if (await exists(new URL("../evil.txt", one.folder))) return "wrote outside its folder";
  const names = (text: string) => any.some((w) => text.includes(w)) && all.every((w) => text.includes(w));
  const wanted = `one of ${any.join(", ")}${all.length > 0 ? `, all of ${all.join(", ")}` : ""}`;
  if (error !== undefined) {
    if (outcome === "loads") return `must load: ${error}`;
    if (!(error instanceof LapisError)) return `not an error of ours: ${error}`;
    if (error.message.includes("\n")) return `more than one line: ${error.message}`;
    return names(error.message) ? undefined : `must name ${wanted}: ${error.message}`;
  }
  if (outcome === "error") return "loaded, must be refused";
  if (outcome === "error_or_warning" && !warnings.some(names)) {
    return `loaded without a warning that names ${wanted}`;
  }
  return undefined;
}
