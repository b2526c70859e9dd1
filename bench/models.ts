/** The networks of performance.md on our wasm engine beside onnxruntime, one thread each, in turn. @module */
import type { Tensor } from "../mod.ts";
import { type EngineName, engines, type Ready } from "./engines.ts";
import { interleave, milliseconds, type Timing } from "./interleave.ts";
import { type Network, networks } from "./networks.ts";

/** One row of the comparison: the engines' times, our wasm engine's first. */
export interface Row {
  readonly name: string;
  readonly batch: number;
  readonly times: readonly Timing[];
  /** Largest difference of each other engine's outputs from ours. */
  readonly differences: readonly number[];
}

function largest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs((a[i] ?? NaN) - (b[i] ?? NaN)));
  return most;
}
/** The same images with their channels in front, where the other side wants them so. */
function channelsFirst(x: Tensor, shape: readonly number[]): Tensor {
  if (`${x.shape}` === `${shape}`) return x;
  const [n = 1, h = 1, w = 1, c = 1] = x.shape;
  const from = x.data as Float32Array, data = new Float32Array(from.length);
  for (let i = 0; i < n; i++) {
    for (let p = 0; p < h * w; p++) {
      for (let k = 0; k < c; k++) data[(i * c + k) * h * w + p] = from[(i * h * w + p) * c + k] ?? 0;
    }
  }
  return { dtype: x.dtype, shape, data };
}

/** A network on an engine, ready to run. */
export function ready(network: Network, batch: number, engine: EngineName): Promise<Ready> {
  return engines[engine]((peer) => network.graph(peer), (peer) => ({
    x: peer
      ? channelsFirst(network.input(batch, false), network.input(batch, true).shape)
      : network.input(batch, false),
  }));
}

/** Measures one network at one batch size, the engines in turn. */
export async function measure(
  network: Network,
  batch: number,
  names: readonly EngineName[] = ["wasm", "onnxruntime-node", "onnxruntime-web"],
): Promise<Row> {
  const all: { readonly name: string; readonly ready: Ready }[] = [];
  for (const name of names) all.push({ name, ready: await ready(network, batch, name) });
  const outputs: ArrayLike<number>[] = [];
  for (const one of all) outputs.push((await one.ready.outputs())["y"]?.data ?? []);
  const times = await interleave(all.map(({ name, ready }) => ({ name, run: () => ready.run() })));
  for (const one of all) await one.ready.close();
  const [ours = [], ...others] = outputs;
  return { name: network.name, batch, times, differences: others.map((other) => largest(ours, other)) };
}

/** A row as lines of text: minimum, median, how many times ours the median is, and the outputs' difference. */
export function text({ name, batch, times, differences }: Row): string {
  const ours = times[0]?.median ?? NaN;
  return times.map((time, i) =>
    [
      (i === 0 ? `${name} b${batch}` : "").padEnd(14),
      time.name.padEnd(17),
      milliseconds(time.min).padStart(9),
      milliseconds(time.median).padStart(9),
      (time.median / ours).toFixed(2).padStart(7),
      (i === 0 ? "" : (differences[i - 1] ?? NaN).toExponential(1)).padStart(11),
    ].join(" ").trimEnd()
  ).join("\n");
}
/** The table's first line. */
export const heading = "network        engine                  min    median  ÷ ours  difference";

if (import.meta.main) {
  const only = Deno.args[0];
  console.log(heading);
  for (const network of networks) {
    if (only && network.name !== only) continue;
    for (const batch of network.batches) console.log(text(await measure(network, batch)));
  }
}
