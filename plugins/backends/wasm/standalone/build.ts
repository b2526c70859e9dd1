/** A model as one stand-alone WebAssembly module with a script beside it. @module */
import * as args from "../../../../io/files/arguments.ts";
import { ConfigError, UnsupportedError } from "../../../../core/values/errors.ts";
import { defaultLimits, type Limits } from "../../../../core/values/limits.ts";
import type { Model } from "../../../../core/model/model.ts";
import { checkOptions, type OptionNames } from "../../../../core/values/schema.ts";
import type { Stage } from "../../room/lowering/program.ts";
import { Table } from "../../room/memory/table.ts";
import { planGraph } from "../../room/plan/plan.ts";
import { gradientRules } from "../rules/gradient.ts";
import { forwardRules } from "../rules/mod.ts";
import { EngineSession } from "../../room/session.ts";
import { nodePlace } from "../../room/plan/sizes.ts";
import { WasmDevice } from "../device.ts";
import { loopKernels } from "../engine.ts";
import { writeProgram } from "../program.ts";
import { describe, type ModuleInfo, withNamedDims } from "./info.ts";
import { writeModule } from "./module.ts";
import { scriptFor, typesFor } from "./script.ts";

/** How to build a module. */
export interface BuildOptions {
  /** The module's file name, which the script loads from beside itself: `model.wasm` unless given. */
  readonly fileName?: string;
  /** Names of the classes, for the module's description. */
  readonly labels?: readonly string[];
  /** Bounds on its memory. */
  readonly limits?: Partial<Limits>;
}
const buildNames: OptionNames<BuildOptions> = { fileName: 0, labels: 0, limits: 0 };
/** What a build gives. */
export interface BuiltModule {
  /** The WebAssembly module: `model.wasm`. */
  readonly wasm: Uint8Array<ArrayBuffer>;
  /** An ES module that loads and runs it: `model.js`. */
  readonly script: string;
  /** The script's types: `model.d.ts`. */
  readonly types: string;
  /** What the module says of itself. */
  readonly info: ModuleInfo;
  /** Bytes: of the module, the weights in it, its code, and the memory that it begins with. */
  readonly sizes: {
    readonly module: number;
    readonly weights: number;
    readonly code: number;
    readonly memory: number;
  };
}

/**
 * Writes a model's inference as one WebAssembly module that holds its weights and needs no import: the bits of the `wasm`
 * backend with `deterministic: true`, on every engine. Batch and other sizes stay open; states stay inside. Equal models give
 * equal bytes. docs/build.md tells the module's functions.
 *
 * ```ts
 * import { loadModel } from "@lapis/lapis";
 * import { buildModule } from "@lapis/lapis/backends";
 * const model = await loadModel("tests/fixtures/models/cifar_cnn/model.keras");
 * const { wasm, script, types } = await buildModule(model); // for model.wasm, model.js, model.d.ts
 * console.log(wasm.length, script.length, types.length);
 * ```
 * @throws {UnsupportedError} listing the operators that only a host could run; {@link LimitError} with the figures, where
 * the module would be larger than engines take.
 */
export async function buildModule(model: Model, options: BuildOptions = {}): Promise<BuiltModule> {
  args.check("buildModule", "model", model, args.modelKind);
  checkOptions("buildModule", options, buildNames);
  checkOptions("buildModule.limits", options.limits, defaultLimits);
  const { fileName = "model.wasm", labels } = options,
    limits: Limits = { ...defaultLimits, ...options.limits };
  if (!/^[^/\\]+\.wasm$/.test(fileName)) {
    throw new ConfigError(`fileName: expected a name that ends in .wasm, got ${fileName}`);
  }
  const rules = { ...forwardRules, ...gradientRules };
  const target = { kernels: loopKernels, rules };
  const compiled = planGraph(withNamedDims(model.graph()), model.registry, target);
  refuseHostSteps(model.name, compiled.main);
  const info = describe(compiled, model.name, labels);
  // Names and types first: they refuse what no script could fill, before anything is compiled.
  const script = scriptFor(info, fileName), types = typesFor(info);
  const table = new Table(), program = writeProgram(compiled, table, false), maxBytes = limits.planBytes;
  const device = new WasmDevice(program, await WebAssembly.compile(program.bytes));
  using session = new EngineSession({
    ...{ backend: "wasm", plan: compiled, table, device, limits, maxBytes, profile: false },
  });
  const { bytes: wasm, weights, memory } = writeModule(compiled, await session.kept(), info, maxBytes);
  const sizes = { module: wasm.length, weights, code: wasm.length - weights, memory };
  return { wasm, script, types, info, sizes };
}

function refuseHostSteps(name: string, parts: readonly Stage[]): void {
  const steps = new Map<string, number>();
  for (const part of parts) {
    if (part.kind === "host") steps.set(nodePlace(part.node), (steps.get(nodePlace(part.node)) ?? 0) + 1);
  }
  if (steps.size === 0) return;
  const list = [...steps].map(([place, n]) => (n === 1 ? place : `${place} ×${n}`));
  throw new UnsupportedError(
    `model ${name}: can't be one module, since the host runs ${
      list.length === 1 ? "a step" : "steps"
    } of it: ${list.join(", ")}`,
  );
}
