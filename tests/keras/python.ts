/** Finds Python with Keras and hands it files to judge. @module */
import { exists, root } from "../support/sources.ts";

/** One file to open. */
export interface Job {
  readonly id: string;
  readonly file: string;
  /** The configuration of a file that holds weights alone. */
  readonly config?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly atol: number;
  readonly rtol: number;
  /** A file of Keras' own whose optimizer the written one must have. */
  readonly genuine?: string;
}
/** What came of it. */
export interface Verdict {
  readonly id: string;
  readonly opened: boolean;
  readonly problem: string | null;
  readonly max?: number;
}

/** True where a Python has all of them. */
async function hasModules(python: string, modules: readonly string[]): Promise<boolean> {
  const find = "import importlib.util as u, sys; sys.exit(not all(map(u.find_spec, sys.argv[1:])))";
  try {
    const args = ["-c", find, ...modules];
    const { success } = await new Deno.Command(python, { args, stdout: "null", stderr: "null" }).output();
    return success;
  } catch {
    return false;
  }
}
/** The first of the given Python, LAPIS_PYTHON, `.venv` and `python3` that has the modules; Keras and tf-keras unless said. */
export async function findPython(
  given: string | undefined,
  modules: readonly string[] = ["keras", "tf_keras"],
): Promise<string | undefined> {
  const venv = new URL(".venv/bin/python", root);
  const places = [
    given,
    Deno.env.get("LAPIS_PYTHON"),
    await exists(venv) ? venv.pathname : undefined,
    "python3",
  ];
  for (const place of places) if (place !== undefined && await hasModules(place, modules)) return place;
  return undefined;
}

/**
 * Has Keras open every file and tells of each.
 * @throws {Error} when Python ends before it has judged all.
 */
export async function ask(
  python: string,
  jobs: readonly Job[],
  keras: 2 | 3,
  folder: string,
  tell: (verdict: Verdict) => void,
  variables: Readonly<Record<string, string>> = {},
): Promise<void> {
  if (jobs.length === 0) return;
  const list = `${folder}/jobs${keras}.json`, script = new URL("check.py", import.meta.url).pathname;
  await Deno.writeTextFile(list, JSON.stringify(jobs));
  const child = new Deno.Command(python, {
    args: [script, list, `${keras}`],
    env: variables,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const errors = new Response(child.stderr).text();
  let rest = "", told = 0;
  for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + part).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines.filter((l) => l.startsWith("{"))) {
      const said = JSON.parse(line) as Verdict & { readonly version?: string };
      if (said.version !== undefined) {
        console.error(`${keras === 3 ? "Keras" : "tf-keras"} ${said.version}: ${jobs.length} files`);
        continue;
      }
      tell(said);
      told++;
    }
  }
  const { success } = await child.status, messages = await errors;
  if (!success || told < jobs.length) {
    throw new Error(`Python ended after ${told} of ${jobs.length} files: ${messages.slice(-2000)}`);
  }
}
