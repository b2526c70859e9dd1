/** Finds and loads onnxruntime-node, which is no dependency: it takes 288 MB and a native library. @module */
import { BackendError } from "../../../core/errors.ts";

/** The version that Lapis is tested with. */
export const version = "1.30.0";
const packageName = "onnxruntime-node";

/** A tensor of onnxruntime. */
export interface EngineTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: unknown;
}
/** A session of onnxruntime. */
export interface EngineSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(feeds: Readonly<Record<string, EngineTensor>>): Promise<Readonly<Record<string, EngineTensor>>>;
  release(): Promise<void>;
}
/** The part of onnxruntime-node that is used. */
export interface Engine {
  readonly Tensor: new (type: string, data: unknown, dims: readonly number[]) => EngineTensor;
  readonly InferenceSession: {
    create(model: Uint8Array | string, options: Readonly<Record<string, unknown>>): Promise<EngineSession>;
  };
}

/** The part of Deno's permissions that is used. */
interface Host {
  readonly permissions: { query(what: { readonly name: string }): Promise<{ readonly state: string }> };
}
interface NodeModules {
  createRequire(from: string): { resolve(name: string): string };
}
const host = (): Host | undefined => Reflect.get(globalThis, "Deno") as Host | undefined;

/** Node's module loader; Deno and Bun have it too, pages don't. */
function nodeModules(): NodeModules | undefined {
  const machine = Reflect.get(globalThis, "process") as
    | { getBuiltinModule?(name: string): NodeModules | undefined }
    | undefined;
  return machine?.getBuiltinModule?.(["node", "module"].join(":"));
}
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

let loaded: Promise<Engine> | undefined;
/** The engine, loaded once. @throws {BackendError} that says how to get it. */
export function loadEngine(): Promise<Engine> {
  return loaded ??= load().catch((error) => {
    loaded = undefined;
    throw error;
  });
}
async function load(): Promise<Engine> {
  const why = await available();
  if (why !== true) throw new BackendError(`backend onnxruntime is not available: ${why}`);
  const specifier = installed() ?? packageName;
  try {
    const module = await import(specifier) as Engine & { readonly default?: Engine };
    const engine = module.default ?? module;
    settleTensors(engine);
    return engine;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new BackendError(`onnxruntime-node did not load: ${reason}`, { cause: error });
  }
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
