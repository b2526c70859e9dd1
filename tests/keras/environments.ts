/**
 * Six Kerases, each in a Python of its own:
 *
 *     deno run -A tests/keras/environments.ts [FOLDER] [--only regexp] [--python 3.6=path/to/python3.6 …]
 *
 * makes virtual environments below FOLDER (`.keras` unless said, which git ignores) with packages from PyPI in pinned versions.
 * A Python is looked for where `--python` says, in LAPIS_PYTHON36 (and so on), as `python3.6` on the PATH, and among pyenv's.
 * What isn't there is skipped and said so.
 * @module
 */
import { parseArgs } from "node:util";
import { exists, root } from "../support/sources.ts";

/** A version of Keras and what it takes. */
export interface Environment {
  readonly name: string;
  /** The Python that its packages are for. */
  readonly python: string;
  readonly packages: readonly string[];
  /** Variables of its process. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Forms of files that it opens. */
  readonly reads: readonly (2 | 3)[];
}
const theano = { KERAS_BACKEND: "theano", THEANO_FLAGS: "optimizer=fast_compile,cxx=,floatX=float32" };
const quiet = { TF_CPP_MIN_LOG_LEVEL: "3", CUDA_VISIBLE_DEVICES: "-1", TF_ENABLE_ONEDNN_OPTS: "0" };

/** All of them, oldest first. */
export const environments: readonly Environment[] = [
  {
    name: "keras-1.2.2",
    python: "3.6",
    packages: [
      "keras==1.2.2",
      "theano==1.0.5",
      "numpy==1.16.6",
      "scipy==1.2.3",
      "h5py==2.10.0",
      "pyyaml==5.4.1",
      "six==1.16.0",
    ],
    variables: theano,
    reads: [],
  },
  {
    name: "keras-2.2.4",
    python: "3.7",
    // Training on TensorFlow 1 comes out otherwise at every run.
    packages: ["keras==2.2.4", "theano==1.0.5", "h5py==2.10.0", "numpy==1.18.5", "scipy==1.5.4"],
    variables: theano,
    reads: [2],
  },
  { name: "keras-2.4", python: "3.8", packages: ["tensorflow-cpu==2.4.4", "protobuf==3.20.3"], reads: [2] },
  { name: "keras-2.15", python: "3.11", packages: ["tensorflow-cpu==2.15.1"], reads: [2] },
  { name: "keras-3.4", python: "3.11", packages: ["keras==3.4.1", "tensorflow-cpu==2.16.2"], reads: [3] },
  {
    name: "keras-3.15",
    python: "3.11",
    packages: ["keras==3.15.1", "tensorflow-cpu==2.21.0", "tf-keras==2.21.0"],
    reads: [3, 2],
  },
];
/** Where environments lie unless said. */
export const place: string = new URL(".keras/", root).pathname;

/** An environment that is there, with its Python. */
export interface Found extends Environment {
  readonly path: string;
}
/** The environments below a folder that have been made. */
export async function madeBelow(folder: string): Promise<Found[]> {
  const found: Found[] = [];
  for (const one of environments) {
    const path = `${folder.replace(/\/$/, "")}/${one.name}/bin/python`;
    if (await exists(new URL(`file://${path}`))) found.push({ ...one, path });
  }
  return found;
}
/** What its process is told. */
export function variablesOf(one: Environment): Record<string, string> {
  return { ...quiet, ...one.variables };
}

async function versionOf(python: string): Promise<string | undefined> {
  const print = "import sys; print('%d.%d' % sys.version_info[:2])";
  try {
    const { success, stdout } = await new Deno.Command(python, { args: ["-c", print], stderr: "null" })
      .output();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch {
    return undefined;
  }
}
/** A Python of that version. */
async function pythonOf(version: string, given: ReadonlyMap<string, string>): Promise<string | undefined> {
  const pyenv = `${Deno.env.get("PYENV_ROOT") ?? `${Deno.env.get("HOME")}/.pyenv`}/versions`,
    own: string[] = [];
  try {
    for (const { name } of Deno.readDirSync(pyenv)) {
      if (name.startsWith(`${version}.`)) own.push(`${pyenv}/${name}/bin/python`);
    }
  } catch {
    // No pyenv here.
  }
  const places = [
    given.get(version),
    Deno.env.get(`LAPIS_PYTHON${version.replace(".", "")}`),
    `python${version}`,
  ];
  for (const path of [...places, ...own]) {
    if (path !== undefined && await versionOf(path) === version) return path;
  }
  return undefined;
}
/** Makes one; says why not where that can't be. */
async function make(one: Environment, folder: string, given: ReadonlyMap<string, string>): Promise<string> {
  const path = `${folder.replace(/\/$/, "")}/${one.name}`, done = `${path}/made`;
  const list = one.packages.join(" ");
  if (await exists(new URL(`file://${done}`)) && await Deno.readTextFile(done) === list) return "is there";
  const python = await pythonOf(one.python, given);
  if (python === undefined) return `skipped: Python ${one.python} isn't here (--python ${one.python}=path)`;
  const run = async (command: string, ...args: string[]) => {
    const { success, stderr } = await new Deno.Command(command, { args, stdout: "null" }).output();
    return success ? undefined : new TextDecoder().decode(stderr).trim().split("\n").slice(-3).join(" ");
  };
  const failed = await run(python, "-m", "venv", path) ??
    await run(
      `${path}/bin/python`,
      "-m",
      "pip",
      "install",
      "-q",
      "--disable-pip-version-check",
      ...one.packages,
    );
  if (failed !== undefined) return `failed: ${failed.slice(0, 300)}`;
  await Deno.writeTextFile(done, list);
  return `made with ${python}`;
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    args: [...Deno.args],
    options: {
      only: { type: "string", default: "" },
      python: { type: "string", multiple: true, default: [] },
    },
    allowPositionals: true,
  });
  const given = new Map(values.python.map((text) => text.split("=", 2) as [string, string]));
  const folder = positionals[0] ?? place;
  for (const one of environments.filter(({ name }) => new RegExp(values.only).test(name))) {
    console.log(`${one.name}: ${await make(one, folder, given)}`);
  }
}
