/** ONNX files in onnxruntime as they lie, read by nobody in between: what conversions are proved with. @module */
import { BackendError, InputError, shown } from "../../../core/values/errors.ts";
import { defaultLimits } from "../../../core/values/limits.ts";
import { readSource } from "../../../io/files/sources.ts";
import { asTensor } from "../../../core/values/shape.ts";
import { type Tensor, zeros } from "../../../core/values/tensor.ts";
import { rolesFrom } from "../../../io/onnx/reading/roles.ts";
import { decodeModel } from "../../../io/onnx/reading/read.ts";
import { typeFromProto } from "../../../io/onnx/types.ts";
import { loadEngine } from "./engine.ts";
import { fromEngine, toEngine } from "./tensors.ts";

/** An ONNX file that onnxruntime runs. */
export interface OnnxFile {
  /** Names of the outputs that aren't states, in order. */
  readonly outputs: readonly string[];
  /** Runs it once; states go from run to run, zeros at first. */
  run(inputs: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>>;
  /** Puts the states back to zero. */
  resetStates(): void;
  /** Frees it. */
  close(): Promise<void>;
}

/**
 * Opens a file in onnxruntime-node, external data beside it included.
 * @throws {BackendError} where onnxruntime isn't there (it says how to get it), or refuses the file.
 */
export async function openOnnxFile(path: string): Promise<OnnxFile> {
  const engine = await loadEngine(), { bytes } = await readSource(path, defaultLimits);
  const model = decodeModel(bytes, path);
  const metadata = Object.fromEntries((model.metadataProps ?? []).map((e) => [e.key ?? "", e.value ?? ""]));
  const { inputs: roles, updates } = rolesFrom(metadata), states = new Map<string, Tensor>();
  const failure = (what: string) => (error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new BackendError(`${path}: onnxruntime ${what}: ${reason}`, { cause: error });
  };
  const open = () =>
    engine.InferenceSession.create(path, { logSeverityLevel: 4 }).catch(failure("refuses the file"));
  let session = await open();
  const first = (name: string): Tensor => {
    const info = model.graph?.input?.find((i) => i.name === name);
    const { dtype, shape } = asTensor(typeFromProto(info?.type, `state ${shown(name)}`));
    return zeros((shape ?? []).map((d) => (typeof d === "number" ? d : 1)), dtype);
  };
  return {
    outputs: session.outputNames.filter((name) => updates[name] === undefined),
    async run(inputs) {
      if (session.lost) session = await open();
      const feeds = Object.fromEntries(session.inputNames.map((name) => {
        const given = roles[name] === "state" ? states.get(name) ?? first(name) : inputs[name];
        if (!given) throw new InputError(`${path}: input ${shown(name)} is missing`);
        return [name, toEngine(engine, given)];
      }));
      const results = await session.run(feeds).catch(failure("failed"));
      const out: Record<string, Tensor> = {};
      for (const [name, value] of Object.entries(results)) {
        const state = updates[name], t = fromEngine(value, `output ${name}`);
        if (state === undefined) out[name] = t;
        else states.set(state, t);
      }
      return out;
    },
    resetStates: () => states.clear(),
    close: () => session.release(),
  };
}
