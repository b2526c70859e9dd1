/** Whether a converted file computes what its source does, and how large a difference rounding explains. @module */
import { castTensor, isTensor, LapisError, Model, type Tensor, toNumbers } from "../../mod.ts";
import { type Sample, type SampleOptions, samplesOf } from "./samples.ts";

/** A run of both. */
export interface Run {
  readonly what: string;
  /** Largest difference of any output's element. */
  readonly difference: number;
  /** Largest that rounding explains. */
  readonly tolerance: number;
  /** Why the two can't be compared, or what differs. */
  readonly problem?: string;
}
/** What a proof found. */
export interface Proof {
  readonly equal: boolean;
  readonly runs: readonly Run[];
}
/** Runs a converted model. */
export interface Converted {
  /** Names of its outputs, in the source's order. */
  readonly outputs: readonly string[];
  run(inputs: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>;
  resetStates(): void;
}

/**
 * How much more than one rounding of every weight and input a whole computation may round: engines add up in other orders, and
 * their exp and tanh differ in the last places.
 */
const roundings = 64;
/** A unit in the last place of a number around 1, in float32. */
const unit = 2 ** -23;

/** The model with each float32 weight moved up or down by a unit in its last place. */
function shaken(model: Model): Model {
  let state = 1;
  const graph = model.graph();
  const inputs = graph.inputs.map((i) => {
    if (!i.value || i.value.dtype !== "float32" || i.role === "constant" || i.role === "data") return i;
    return {
      ...i,
      value: moved(i.value, () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 31),
    };
  });
  return Model.fromGraph({ ...graph, inputs }, model.registry);
}
function moved(t: Tensor, bit: () => number): Tensor {
  const data = Float32Array.from(toNumbers(t), (v) => v * (bit() === 1 ? 1 + unit : 1 - unit));
  return { dtype: "float32", shape: t.shape, data };
}
const isFloat = (t: Tensor) => /float/.test(t.dtype);

interface Gap {
  readonly max: number;
  readonly size: number;
  readonly problem?: string;
}
/** The largest difference of one output; NaN and infinities have to be the same. */
function gap(name: string, got: Tensor | undefined, want: Tensor): Gap {
  if (!got) return { max: Infinity, size: 0, problem: `output ${name} is missing` };
  if (got.shape.join() !== want.shape.join() || got.dtype !== want.dtype) {
    const text = (t: Tensor) => `${t.dtype}[${t.shape}]`;
    return { max: Infinity, size: 0, problem: `output ${name} is ${text(got)}, expected ${text(want)}` };
  }
  if (want.dtype === "string") {
    const same = want.data.every((v, i) => v === got.data[i]);
    return same ? { max: 0, size: 0 } : { max: Infinity, size: 0, problem: `texts of output ${name} differ` };
  }
  const a = toNumbers(got), b = toNumbers(want);
  let max = 0, size = 0;
  for (let i = 0; i < b.length; i++) {
    const x = a[i] ?? NaN, y = b[i] ?? NaN;
    if (Number.isFinite(y)) size = Math.max(size, Math.abs(y));
    if (Object.is(x, y) || x === y) continue;
    max = Math.max(max, Number.isFinite(x) && Number.isFinite(y) ? Math.abs(x - y) : Infinity);
  }
  return { max, size };
}

/** Compares a converted model with its source on samples, each engine's states going along. */
export async function prove(
  source: Model,
  converted: Converted,
  samples: readonly Sample[],
  step: (done: number) => void = () => {},
): Promise<Proof> {
  using moving = shaken(source);
  const runs: Run[] = [];
  for (const model of [source, moving, converted]) model.resetStates();
  for (const [i, { what, inputs }] of samples.entries()) {
    step(i);
    const want = await source.run(inputs);
    const noisy = await moving.run(Object.fromEntries(
      Object.entries(inputs).map(([name, t]) => [name, t.dtype === "float32" ? moved(t, alternating()) : t]),
    ));
    let difference = 0, tolerance = 0, problem: string | undefined;
    const got = await converted.run(inputs).catch((error) => {
      problem = error instanceof Error ? error.message : String(error);
      return {} as Record<string, Tensor>;
    });
    // Sizes that the model doesn't take at all, as images whose edges don't divide, prove nothing.
    if (problem !== undefined && runs.length > 0 && !await takes(source, inputs)) continue;
    const outputs = problem === undefined ? source.outputs : [];
    for (const [at, { name }] of outputs.entries()) {
      const y = want[name];
      if (!y || !isTensor(y)) continue;
      const found = gap(name, got[converted.outputs[at] ?? name], y), noise = gap(name, noisy[name], y);
      const allowed = isFloat(y)
        ? roundings * Math.max(noise.max === Infinity ? 0 : noise.max, unit * found.size)
        : 0;
      problem ??= found.problem;
      if (found.max > allowed && problem === undefined) {
        problem = `output ${name} differs by ${found.max.toExponential(1)}; rounding explains ${
          allowed.toExponential(1)
        }`;
      }
      difference = Math.max(difference, found.max);
      tolerance = Math.max(tolerance, allowed);
    }
    runs.push({ what, difference, tolerance, ...(problem !== undefined && { problem }) });
  }
  step(samples.length);
  for (const model of [source, converted]) model.resetStates();
  return { equal: runs.every((r) => r.problem === undefined), runs };
}
/** True where the model runs on plain kernels, which check every size. */
async function takes(source: Model, inputs: Sample["inputs"]): Promise<boolean> {
  using strict = Model.fromGraph(source.graph(), source.registry, { backend: "plain" });
  return await strict.run(inputs).then(() => true, () => false);
}
function alternating(): () => number {
  let n = 0;
  return () => n++ & 1;
}

/** Samples that the model itself takes: sizes grow until every layer has steps enough. @throws {LapisError} */
export async function fittingSamples(
  model: Model,
  options: SampleOptions = { seed: 0 },
): Promise<readonly Sample[]> {
  for (let scale = 1;; scale *= 2) {
    const samples = samplesOf(model, { ...options, scale });
    try {
      for (const { inputs } of samples) await model.run(inputs);
      return samples;
    } catch (error) {
      if (!(error instanceof LapisError) || scale >= 16) throw error;
    } finally {
      model.resetStates();
    }
  }
}
/** Stored inputs as one sample, in the types that the model takes. */
export function storedSample(model: Model, tensors: Readonly<Record<string, Tensor>>, what: string): Sample {
  const inputs = model.inputs.flatMap(({ name, dtype }) => {
    const t = tensors[name];
    return t ? [[name, castTensor(t, dtype)] as const] : [];
  });
  return { what, inputs: Object.fromEntries(inputs) };
}
