/** The networks of performance.md on our wasm backend beside onnxruntime-web, one thread each, in turn. @module */
import { wasm } from "../plugins/backends/wasm/mod.ts";
import { writeOnnx } from "../io/onnx/mod.ts";
import type { Tensor } from "../mod.ts";
import { type Contender, interleave, milliseconds } from "./interleave.ts";
import { type Network, networks, registry } from "./networks.ts";

const peer: string = "npm:onnxruntime-web@1.30.0";

/** One row of the comparison. */
export interface Row {
  readonly name: string;
  readonly batch: number;
  readonly ours: { readonly min: number; readonly median: number };
  readonly theirs: { readonly min: number; readonly median: number };
  /** Their median over ours: above 1 we are faster. */
  readonly ratio: number;
  readonly difference: number;
}

function largest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs((a[i] ?? NaN) - (b[i] ?? NaN)));
  return most;
}

/** The two engines on one network, ready to run, with the largest difference of their outputs. */
export async function contenders(
  network: Network,
  batch: number,
): Promise<readonly (Contender & { readonly outputs: ArrayLike<number>; close(): void | Promise<void> })[]> {
  const ort = await import(peer);
  ort.env.wasm.numThreads = 1;
  const session = await wasm.compile(network.graph(false), { registry });
  const x = network.input(batch, false);
  const theirs = await ort.InferenceSession.create(writeOnnx(network.graph(true), { registry }), {
    executionProviders: ["wasm"],
    intraOpNumThreads: 1,
  });
  const other = channelsFirst(x, network.input(batch, true).shape);
  const feed = () => ({ x: new ort.Tensor(other.dtype, other.data, other.shape) });
  const mine = session.runSync?.({ x })["y"] as Tensor;
  const reference = (await theirs.run(feed()))["y"];
  return [
    {
      name: "lapis wasm",
      run: () => session.runSync?.({ x }),
      outputs: mine.data as Float32Array,
      close: () => session.close(),
    },
    {
      name: "onnxruntime-web",
      run: () => theirs.run(feed()),
      outputs: reference.data,
      close: () => theirs.release(),
    },
  ];
}
/** The same image with its channels in front, where the other side wants them so. */
function channelsFirst(x: Tensor, shape: readonly number[]): Tensor {
  if (`${x.shape}` === `${shape}`) return x;
  const [n = 1, h = 1, w = 1, c = 1] = x.shape,
    from = x.data as Float32Array,
    data = new Float32Array(from.length);
  for (let i = 0; i < n; i++) {
    for (let p = 0; p < h * w; p++) {
      for (let k = 0; k < c; k++) data[(i * c + k) * h * w + p] = from[(i * h * w + p) * c + k] ?? 0;
    }
  }
  return { dtype: x.dtype, shape, data };
}

/** Measures one network at one batch size, the engines in turn. */
export async function measure(network: Network, batch: number): Promise<Row> {
  const both = await contenders(network, batch);
  const [ours, theirs] = await interleave(both);
  const [a, b] = both;
  if (!ours || !theirs || !a || !b) throw new Error("nothing measured");
  for (const { close } of both) await close();
  const difference = largest(a.outputs, b.outputs);
  return { name: network.name, batch, ours, theirs, ratio: theirs.median / ours.median, difference };
}

/** The table's first line. */
export const heading =
  "network        lapis wasm (min / median)   onnxruntime-web (min / median)   ratio   difference";
/** A row as text. */
export function text(row: Row): string {
  const pair = (t: { readonly min: number; readonly median: number }) =>
    `${milliseconds(t.min)} / ${milliseconds(t.median)}`;
  return `${`${row.name} b${row.batch}`.padEnd(14)} ${pair(row.ours).padEnd(27)} ${
    pair(row.theirs).padEnd(32)
  } ` +
    `${row.ratio.toFixed(2).padEnd(7)} ${row.difference.toExponential(1)}`;
}

if (import.meta.main) {
  const only = Deno.args[0];
  console.log(heading);
  for (const network of networks) {
    if (only && network.name !== only) continue;
    for (const batch of network.batches) console.log(text(await measure(network, batch)));
  }
}
