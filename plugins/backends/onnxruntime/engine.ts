/** Finds and loads onnxruntime-node, which is no dependency: it takes 288 MB and a native library. @module */
import { BackendError } from "../../../core/values/errors.ts";
import type { Engine, EngineSession } from "./native.ts";
import { engineIn, type Program, type Spawn } from "./process.ts";

/** The version that Lapis is tested with. */
export const version = "1.30.0";
const packageName = "onnxruntime-node";

/** The part of Deno's permissions that is used. */
interface Host {
  readonly permissions: {
    query(what: { readonly name: string; readonly command?: string }): Promise<{ readonly state: string }>;
  };
  readonly build?: { readonly standalone?: boolean };
}
interface Files {
  existsSync(path: string): boolean;
}
interface NodeModules {
  createRequire(from: string): { resolve(name: string): string };
}
const host = (): Host | undefined => Reflect.get(globalThis, "Deno") as Host | undefined;

/** A module of Node's own; Deno and Bun have them too, pages don't. */
function builtin<T>(name: string): T | undefined {
  const machine = Reflect.get(globalThis, "process") as
    | { getBuiltinModule?(name: string): T | undefined }
    | undefined;
  return machine?.getBuiltinModule?.(["node", name].join(":"));
}
const nodeModules = () => builtin<NodeModules>("module");
const attempt = <T>(what: () => T): T | undefined => {
  try {
    return what();
  } catch {
    return undefined;
  }
};

/** The specifier to import, where the package is on this machine already. Looks, but neither loads nor downloads. */
function installed(): string | undefined {
  const modules = nodeModules();
  if (!modules) return undefined;
  const found = (from: string, name: string) => attempt(() => modules.createRequire(from).resolve(name));
  // Deno keeps packages side by side, NAME/VERSION/…; one that is loaded tells where.
  for (const name of host() ? ["protobufjs/minimal.js", "npm:protobufjs@8.8.1/minimal.js"] : []) {
    const base = attempt(() => import.meta.resolve(name));
    const folder = /^file:.*\/(?=protobufjs\/[^/]+\/minimal\.js$)/.exec(base ?? "")?.[0];
    if (base === undefined || folder === undefined) continue;
    const wanted = pathOf(new URL(`${folder}${packageName}/${version}/package.json`));
    if (found(base, wanted) !== undefined) return ["npm", `${packageName}@${version}`].join(":");
  }
  const own = found(import.meta.url, packageName);
  return own === undefined ? undefined : new URL(own.replace(/^(?=[A-Za-z]:)/, "/"), "file:///").href;
}
function pathOf(url: URL): string {
  return decodeURIComponent(url.pathname).replace(/^\/(?=[A-Za-z]:)/, "");
}

/** True when the engine can be loaded, or why not in one line. Never asks for a permission and never downloads. */
export async function available(): Promise<true | string> {
  const machine = host();
  if (!nodeModules()) return "onnxruntime-node needs Deno, Node or Bun";
  if (machine && (await machine.permissions.query({ name: "ffi" })).state !== "granted") {
    return `onnxruntime-node is a native library: run with --allow-ffi`;
  }
  if (installed() !== undefined) return true;
  return machine
    ? `onnxruntime-node (288 MB) is not there: deno cache npm:${packageName}@${version}`
    : `onnxruntime-node (288 MB) is not there: npm install ${packageName}@${version}`;
}

/** Where onnxruntime runs: in a process of its own, so that its crash is an error, or in this one. */
export type EnginePlace = "own" | "this";

const loaded = new Map<EnginePlace, Promise<Engine>>();
/**
 * The engine, loaded once. A process of its own takes the permission to start this program again (`--allow-run`,
 * `--allow-env`); without it the engine runs in this one.
 * @throws {BackendError} that says how to get it.
 */
export function loadEngine(place: EnginePlace = "own"): Promise<Engine> {
  const found = loaded.get(place) ?? load(place).catch((error) => {
    loaded.delete(place);
    throw error;
  });
  loaded.set(place, found);
  return found;
}
async function load(place: EnginePlace): Promise<Engine> {
  const why = await available();
  if (why !== true) throw new BackendError(`backend onnxruntime is not available: ${why}`);
  const specifier = installed() ?? packageName,
    program = place === "own" ? await programFor(specifier) : undefined;
  return program
    ? withFallback(engineIn(program), () => importEngine(specifier))
    : await importEngine(specifier);
}
/** An engine that is another one where its own process can't load onnxruntime, as without a lock and a network. */
function withFallback(engine: Engine, other: () => Promise<Engine>): Engine {
  const here = async (...given: Parameters<Engine["InferenceSession"]["create"]>): Promise<EngineSession> => {
    const { InferenceSession, Tensor } = await other(), session = await InferenceSession.create(...given);
    return {
      inputNames: session.inputNames,
      outputNames: session.outputNames,
      run: (feeds) => {
        const list = Object.entries(feeds).map(([name, t]) =>
          [name, new Tensor(t.type, t.data, t.dims)] as const
        );
        return session.run(Object.fromEntries(list));
      },
      release: () => session.release(),
    };
  };
  let loads = true;
  return {
    ...engine,
    InferenceSession: {
      async create(...given) {
        if (!loads) return await here(...given);
        try {
          return await engine.InferenceSession.create(...given);
        } catch (error) {
          if (!(error instanceof Error && error.message.startsWith(notLoaded))) throw error;
          loads = false;
          return await here(...given);
        }
      },
    },
  };
}
const notLoaded = "onnxruntime-node did not load";
/** The engine of a module, in this process. @throws {BackendError} */
export async function importEngine(specifier: string): Promise<Engine> {
  try {
    const module = await import(specifier) as Engine & { readonly default?: Engine };
    const engine = module.default ?? module;
    settleTensors(engine);
    return engine;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new BackendError(`${notLoaded}: ${reason}`, { cause: error });
  }
}
/** How this program is started again for the engine, where it may be. */
async function programFor(specifier: string): Promise<Program | undefined> {
  const machine = host(), spawn = builtin<{ readonly spawn: Spawn }>("child_process")?.spawn;
  const worker = new URL("./worker.ts", import.meta.url);
  const command = attempt(() => (Reflect.get(globalThis, "process") as { execPath?: string }).execPath);
  if (!spawn || !command || worker.protocol !== "file:" || machine?.build?.standalone) return undefined;
  for (const name of machine ? ["run", "env"] : []) {
    const what = name === "run" ? { name, command } : { name };
    if ((await machine?.permissions.query(what))?.state !== "granted") return undefined;
  }
  const path = pathOf(worker);
  // Our own lock, where it lies beside the sources, says what the package needs without asking a registry.
  const lock = pathOf(new URL("../../../deno.lock", import.meta.url));
  const locked = builtin<Files>("fs")?.existsSync(lock) ? [`--lock=${lock}`, "--frozen"] : ["--no-lock"];
  const flags = [
    "run",
    "-A",
    "--no-config",
    "--unstable-npm-lazy-caching",
    ...locked,
    "--cached-only",
    "--quiet",
  ];
  return { spawn, command, args: [...machine ? flags : ["--no-warnings"], path, specifier] };
}

/**
 * Makes the engine choose its array classes while Float16Array is hidden: it takes float16 for bits then, as we do.
 * The native part can't read a Float16Array.
 */
function settleTensors(engine: Engine): void {
  const hidden = Object.getOwnPropertyDescriptor(globalThis, "Float16Array");
  if (hidden?.configurable) Reflect.deleteProperty(globalThis, "Float16Array");
  try {
    new engine.Tensor("float32", new Float32Array(1), [1]);
  } finally {
    if (hidden?.configurable) Object.defineProperty(globalThis, "Float16Array", hidden);
  }
}
