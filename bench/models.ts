/** The networks of performance.md on our wasm backend beside onnxruntime-web, one thread each, in turn. @module */
import { wasm } from "../plugins/backends/wasm/mod.ts";
import { writeOnnx } from "../io/onnx/mod.ts";
import type { Tensor } from "../core/mod.ts";
import { interleave, milliseconds } from "./interleave.ts";
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

/** Measures one network at one batch size. */
export async function measure(network: Network, batch: number): Promise<Row> {
  const ort = await import(peer);
  ort.env.wasm.numThreads = 1;
  const session = await wasm.compile(network.graph(false), { registry });
  const x = network.input(batch, false);
  const theirs = await ort.InferenceSession.create(writeOnnx(network.graph(true), { registry }), {
    executionProviders: ["wasm"],
    intraOpNumThreads: 1,
  });
  const theirX = swap(x, network.input(batch, true));
  const feed = () => ({ x: new ort.Tensor(theirX.dtype, theirX.data, theirX.shape) });
  const mine = session.runSync?.({ x })["y"] as Tensor;
  const other = (await theirs.run(feed()))["y"];
  const [a, b] = await interleave([
    { name: "lapis wasm", run: () => session.runSync?.({ x }) },
    { name: "onnxruntime-web", run: () => theirs.run(feed()) },
  ]);
  session.close();
  await theirs.release();
  if (!a || !b) throw new Error("nothing measured");
  return {
    name: network.name,
    batch,
    ours: a,
    theirs: b,
    ratio: b.median / a.median,
    difference: network.name === "CNN" ? NaN : largest(mine.data as Float32Array, other.data),
  };
}
/** The peer's input: the same numbers, channels first where it wants them so. */
function swap(x: Tensor, wanted: Tensor): Tensor {
  return `${x.shape}` === `${wanted.shape}` ? x : wanted;
}

if (import.meta.main) {
  const only = Deno.args[0];
  console.log("network        lapis wasm (min / median)   onnxruntime-web (min / median)   ratio   difference");
  for (const network of networks) {
    if (only && network.name !== only) continue;
    for (const batch of network.batches) {
      const row = await measure(network, batch);
      const pair = (t: { min: number; median: number }) => `${milliseconds(t.min)} / ${milliseconds(t.median)}`;
      console.log(
        `${`${row.name} b${batch}`.padEnd(14)} ${pair(row.ours).padEnd(27)} ${pair(row.theirs).padEnd(32)} ` +
          `${row.ratio.toFixed(2).padEnd(7)} ${row.difference.toExponential(1)}`,
      );
    }
  }
}
