/** Judges random graphs around loops: wasm beside plain in float64 and onnxruntime, over runs, sizes and writes. @module */
import type { Session } from "../../core/graph/backend.ts";
import type { Graph } from "../../core/graph/graph.ts";
import { isFloat } from "../../core/values/dtype.ts";
import { castTensor, isTensor, type RuntimeValue, type Tensor, toNumbers } from "../../core/values/tensor.ts";
import { onnxruntime } from "../../plugins/backends/onnxruntime/mod.ts";
import { plain, toFloat64 } from "../../plugins/backends/plain/mod.ts";
import { wasm } from "../../plugins/backends/wasm/mod.ts";
import type { LoopCase } from "./loops.ts";
import type { Registry } from "../../core/registry.ts";

type Values = Readonly<Record<string, Tensor>>;
/** What a session gives at each stage: results and what it keeps, or its error. */
type Stage = Values | Error;

function tensors(values: Readonly<Record<string, RuntimeValue>>): Values {
  return Object.fromEntries(Object.entries(values).filter((e): e is [string, Tensor] => isTensor(e[1])));
}
const wide = (t: Tensor): Tensor => (t.dtype === "float32" ? castTensor(t, "float64") : t);
const widened = (v: Values) => Object.fromEntries(Object.entries(v).map(([k, t]) => [k, wide(t)]));

/** Runs with the first sizes twice, the second ones, and the first again after the writes. */
async function stages(
  session: Session,
  { graph, feeds: [first = {}, second = {}], writes }: LoopCase,
  change: (v: Values) => Values,
) {
  const carried = graph.outputs.flatMap((o) => o.updates ?? []);
  const stage = async (feed: Values): Promise<Stage> => {
    try {
      const results: Record<string, Tensor> = { ...tensors(await session.run(change(feed))) };
      for (const name of carried) results[`${name} kept`] = await session.read(name);
      return results;
    } catch (error) {
      return error as Error;
    }
  };
  const found = [await stage(first), await stage(first), await stage(second)];
  for (const [name, value] of Object.entries(change(writes))) session.write(name, value);
  return [...found, await stage(first)];
}
/** Puts everything back to where it began. */
function rewind(session: Session, graph: Graph): void {
  for (const { name, role, value } of graph.inputs) {
    if (value && ["parameter", "statistic", "slot"].includes(role)) session.write(name, value);
  }
  session.resetStates();
}

/** The largest difference, beside 1 or the largest value. */
function distance(a: Tensor, b: Tensor): number {
  if (`${a.shape}` !== `${b.shape}`) return Infinity;
  const x = toNumbers(a), y = toNumbers(b);
  let most = 0, scale = 1;
  for (let i = 0; i < y.length; i++) {
    const [p = NaN, q = NaN] = [x[i], y[i]];
    if (Object.is(p, q) || p === q || (Number.isNaN(p) && Number.isNaN(q))) continue;
    const d = Math.abs(p - q);
    most = Math.max(most, Number.isNaN(d) ? Infinity : d);
    if (Number.isFinite(q)) scale = Math.max(scale, Math.abs(q));
  }
  return isFloat(b.dtype) ? most / scale : most;
}
const bits = (s: Stage) =>
  s instanceof Error ? s.message : JSON.stringify(
    Object.entries(s).map(([k, t]) => {
      const d = t.data as Float32Array;
      return [k, [...new Uint8Array(d.buffer, d.byteOffset, d.byteLength)]];
    }),
  );

/** What is wrong with wasm in a case, and whether onnxruntime was among the judges. */
export interface Judgement {
  readonly faults: readonly string[];
  readonly native: boolean;
}
const tensorIn = (stage: Stage | undefined, name: string): Tensor | undefined =>
  stage instanceof Error ? undefined : stage?.[name];

/**
 * Compares every stage. A difference counts where it is beyond float32's rounding: more than 2e-5 of the largest value, and
 * 50 times what plain in float32 and onnxruntime are off by, since some graphs magnify what is rounded.
 */
export async function judgeGraph(made: LoopCase, registry: Registry): Promise<Judgement> {
  const { graph } = made, faults: string[] = [], asGiven = (v: Values) => v;
  using exact = await plain.compile(toFloat64(graph, registry), { registry });
  using rounded = await plain.compile(graph, { registry });
  const want = await stages(exact, made, widened), near = await stages(rounded, made, asGiven);
  const native = made.empty ? [] : await nativeStages(made, registry);
  using session = await wasm.compile(graph, { registry });
  const got = await stages(session, made, asGiven);
  rewind(session, graph);
  const again = await stages(session, made, asGiven);
  got.forEach((mine, i) => {
    const truth = want[i], where = `run ${i}`;
    if (bits(mine) !== bits(again[i] ?? {})) faults.push(`${where}: other bits in a second go`);
    if (mine instanceof Error || truth instanceof Error || truth === undefined) {
      const said = (stage: Stage | undefined) => stage instanceof Error ? stage.message : "computes";
      // Sizes of a step that is never taken are checked all the same.
      const early = made.empty && /sizes don't fit/.test(said(mine));
      if (!(mine instanceof Error && truth instanceof Error) && !early) {
        faults.push(`${where}: wasm: ${said(mine)}; plain: ${said(truth)}`);
      }
      return;
    }
    for (const [name, t] of Object.entries(truth)) {
      const m = tensorIn(mine, name), off = m ? distance(m, t) : Infinity;
      const others = [near[i], native[i]].map((stage) => tensorIn(stage, name));
      const noise = Math.max(...others.map((other) => (other ? distance(other, t) : 0)));
      if (off > 2e-5 && off > 50 * noise) {
        const by = `off by ${off.toPrecision(3)}, others by ${noise.toPrecision(2)}`;
        faults.push(`${where}, ${name} ${t.dtype}[${t.shape}]: ${by}`);
      }
    }
  });
  return { faults, native: native.some((stage) => !(stage instanceof Error)) };
}
/** What onnxruntime gives; its refusals are no faults of ours. */
async function nativeStages(made: LoopCase, registry: Registry): Promise<readonly Stage[]> {
  try {
    using session = await onnxruntime.compile(made.graph, { registry });
    return await stages(session, made, (v) => v);
  } catch (error) {
    return [error as Error];
  }
}
