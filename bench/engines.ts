/** The engines of the benchmarks, one thread each: ours, onnxruntime-node (the reference) and onnxruntime-web. @module */
import type { Graph, Tensor } from "../mod.ts";
import { writeOnnx } from "../io/onnx/mod.ts";
import { plain } from "../plugins/backends/plain/mod.ts";
import { wasm } from "../plugins/backends/wasm/mod.ts";
import { registry } from "./networks.ts";

/** A graph that one engine has ready. */
export interface Ready {
  run(): unknown | Promise<unknown>;
  /** The outputs of one run. */
  outputs(): Promise<Readonly<Record<string, { readonly data: ArrayLike<number> }>>>;
  close(): void | Promise<void>;
}
/** A network for one engine: `peer` says that it is written as ONNX runtimes want it, images channels first. */
export type Prepare = (
  graph: (peer: boolean) => Graph,
  inputs: (peer: boolean) => Readonly<Record<string, Tensor>>,
) => Promise<Ready>;

const own = (engine: typeof wasm): Prepare => async (graphOf, inputsOf) => {
  const graph = graphOf(false), inputs = inputsOf(false);
  const session = await engine.compile(graph, { registry }), sync = session.runSync?.bind(session);
  return {
    run: sync ? () => sync(inputs) : () => session.run(inputs),
    outputs: async () =>
      await session.run(inputs) as Readonly<Record<string, { readonly data: ArrayLike<number> }>>,
    close: () => session.close(),
  };
};
interface Peer {
  readonly env: { readonly wasm: { numThreads: number } };
  readonly Tensor: new (type: string, data: unknown, shape: readonly number[]) => unknown;
  readonly InferenceSession: {
    create(bytes: Uint8Array, options: object): Promise<{
      run(feeds: object): Promise<Readonly<Record<string, { readonly data: ArrayLike<number> }>>>;
      release(): Promise<void>;
    }>;
  };
}
const peers = {
  "onnxruntime-node": { specifier: "npm:onnxruntime-node@1.30.0", provider: "cpu" },
  "onnxruntime-web": { specifier: "npm:onnxruntime-web@1.30.0", provider: "wasm" },
} as const;
/** Engines that aren't ours. */
export type PeerName = keyof typeof peers;

/** The bytes of an ONNX file on another engine, ready with its inputs. */
export async function openPeer(
  name: PeerName,
  file: Uint8Array,
  inputs: Readonly<Record<string, Tensor>>,
): Promise<Ready> {
  const { specifier, provider } = peers[name], loaded = await import(specifier);
  const ort: Peer = loaded.default?.InferenceSession ? loaded.default : loaded;
  if (provider === "wasm") ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(file, {
    executionProviders: [provider],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });
  const feeds = Object.fromEntries(
    Object.entries(inputs).map((
      [name, { dtype, data, shape }],
    ) => [name, new ort.Tensor(dtype, data, shape)]),
  );
  const run = () => session.run(feeds);
  return { run, outputs: run, close: () => session.release() };
}
const peer = (name: PeerName): Prepare => (graph, inputs) =>
  openPeer(name, writeOnnx(graph(true), { registry }), inputs(true));

/** Names of the engines; the first is what the others are set beside. */
export type EngineName = "wasm" | "onnxruntime-node" | "onnxruntime-web" | "plain";
/** The engines by name. */
export const engines: Readonly<Record<EngineName, Prepare>> = {
  wasm: own(wasm),
  "onnxruntime-node": peer("onnxruntime-node"),
  "onnxruntime-web": peer("onnxruntime-web"),
  plain: own(plain),
};
