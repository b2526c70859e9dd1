/** Whether a converted file computes what its source does, and how large a difference rounding explains. @module */
import { type Graph, Model, type RuntimeValue, type Tensor } from "../../mod.ts";
import { isTensor, toNumbers } from "../../public/tensors.ts";
import { inputFacts } from "../madeup/facts.ts";
import { compare, unitOf } from "./rounding.ts";
import type { Sample } from "./samples.ts";

/** A run of both. */
export interface Run {
  readonly what: string;
  /** Largest difference of any output's element. */
  readonly difference: number;
  /** Largest that rounding explains. */
  readonly tolerance: number;
  /** Rows that are NaN in the source, and therefore left out. */
  readonly leftOut?: number;
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
type Outputs = Readonly<Record<string, RuntimeValue>>;

/** True for tensors whose next numbers mean the same: no ids, no exponents, no masks. */
function isMovable(t: Tensor): boolean {
  return unitOf[t.dtype] !== undefined && !toNumbers(t).every((v) => Number.isInteger(v));
}
/** Each number up or down by a unit in its last place. */
function moved(t: Tensor, bit: () => number): Tensor {
  const unit = unitOf[t.dtype] ?? 0, numbers = toNumbers(t);
  const data = t.data.slice() as Exclude<Tensor["data"], readonly string[]>;
  if (t.dtype === "float32" || t.dtype === "float64") {
    for (let i = 0; i < data.length; i++) data[i] = (numbers[i] ?? 0) * (bit() === 1 ? 1 + unit : 1 - unit);
  } else {
    // Halves are held as bits: the next ones are the next numbers.
    for (let i = 0; i < data.length; i++) if (Number(data[i]) & 0x7fff) data[i] = Number(data[i]) ^ bit();
  }
  return { dtype: t.dtype, shape: t.shape, data };
}
function coin(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 31;
}
/** The model with each weight moved up or down by a unit in its last place. */
function shaken(model: Model, seed: number): Model {
  const graph = model.graph(), bit = coin(seed);
  const inputs = graph.inputs.map((i) =>
    i.value && i.role !== "constant" && i.role !== "data" && isMovable(i.value)
      ? { ...i, value: moved(i.value, bit) }
      : i
  );
  return Model.fromGraph({ ...graph, inputs }, model.registry);
}
/** A unit in the last place of the coarsest type that a graph computes in. */
function coarsest(graph: Graph): number {
  let unit = unitOf.float64 ?? 0;
  for (const type of graph.types) {
    if (type.kind === "tensor") unit = Math.max(unit, unitOf[type.dtype] ?? 0);
  }
  return unit;
}

/** The source's outputs where only rounding is another: weights and inputs moved, sums in another order. */
async function variants(source: Model, samples: readonly Sample[]): Promise<readonly (readonly Outputs[])[]> {
  const graph = source.graph(), facts = inputFacts(graph), found: Outputs[][] = samples.map(() => []);
  const runs: readonly (readonly [() => Model, number])[] = [
    [() => shaken(source, 1), 1],
    [() => shaken(source, 2), 2],
    [() => Model.fromGraph(graph, source.registry, { deterministic: true }), 0],
  ];
  for (const [make, seed] of runs) {
    using model = make();
    model.resetStates();
    for (const [i, { inputs }] of samples.entries()) {
      const fed = Object.entries(inputs).map(([name, t]) =>
        [name, seed > 0 && !facts.get(name)?.discrete && isMovable(t) ? moved(t, coin(seed + i)) : t] as const
      );
      // A run that breaks off tells nothing of rounding; whether the source runs is asked of itself.
      await model.run(Object.fromEntries(fed)).then((out) => found[i]?.push(out), () => {});
    }
  }
  return found;
}

/**
 * Compares a converted model with its source on samples, each engine's states going along. Ids, and whatever else chooses or is
 * compared, are never moved to measure rounding. `reference` runs the source where the model itself isn't to.
 */
export async function prove(
  source: Model,
  converted: Converted,
  samples: readonly Sample[],
  step: (done: number) => void = () => {},
  reference: Pick<Model, "resetStates"> & {
    run(inputs: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>;
  } = source,
): Promise<Proof> {
  const unit = coarsest(source.graph()), noise = await variants(source, samples), runs: Run[] = [];
  for (const model of [reference, converted]) model.resetStates();
  let compared = false;
  for (const [i, { what, inputs }] of samples.entries()) {
    step(i);
    const want = await reference.run(inputs);
    let difference = 0, tolerance = 0, problem: string | undefined;
    const got = await converted.run(inputs).catch((error) => {
      problem = error instanceof Error ? error.message : String(error);
      return {} as Record<string, Tensor>;
    });
    // Sizes that the model doesn't take at all, as images whose edges don't divide, prove nothing.
    if (problem !== undefined && runs.length > 0 && !await takes(source, inputs)) continue;
    const leftOut = new Set<number>();
    for (const [at, { name }] of (problem === undefined ? source.outputs : []).entries()) {
      const y = want[name];
      if (!y || !isTensor(y)) {
        problem ??= `output ${name} is no tensor, so that it can't be compared`;
        continue;
      }
      const others = (noise[i] ?? []).map((out) => {
        const other = out[name];
        return other && isTensor(other) ? other : undefined;
      });
      const gap = compare(got[converted.outputs[at] ?? name], y, others, unit);
      if (gap.problem !== undefined) problem ??= `output ${name} ${gap.problem}`;
      for (const row of gap.leftOut) leftOut.add(row);
      compared ||= gap.compared;
      difference = Math.max(difference, gap.difference);
      tolerance = Math.max(tolerance, gap.tolerance);
    }
    runs.push({
      what,
      difference,
      tolerance,
      ...(leftOut.size > 0 && { leftOut: leftOut.size }),
      ...(problem !== undefined && { problem }),
    });
  }
  step(samples.length);
  for (const model of [reference, converted]) model.resetStates();
  if (!compared && runs.every((r) => r.problem === undefined)) {
    runs.push({
      what: "all runs",
      difference: Infinity,
      tolerance: 0,
      problem: "the source gives nothing but NaN, so that nothing is compared",
    });
  }
  return { equal: runs.length > 0 && runs.every((r) => r.problem === undefined), runs };
}
/** True where the model runs on plain kernels, which check every size. */
async function takes(source: Model, inputs: Sample["inputs"]): Promise<boolean> {
  using strict = Model.fromGraph(source.graph(), source.registry, { backend: "plain" });
  return await strict.run(inputs).then(() => true, () => false);
}
