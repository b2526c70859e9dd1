/** Checks cases of kinds C, gradients, and D, optimizer steps, against what Keras gave. @module */
import type { Model, Tensor } from "../../mod.ts";
import { toNumbers } from "../../public/tensors.ts";
import {
  type Case,
  type CaseTensor,
  caseTensor,
  caseTensors,
  compare,
  feed,
  loadCase,
  modelFiles,
} from "./cases.ts";

interface WeightTensor extends CaseTensor {
  readonly weight: string;
}
/** The parts of `case.json` that kinds C and D add. */
interface TrainingCase {
  readonly loss: {
    readonly config: Readonly<Record<string, unknown>>;
    readonly value_f64?: number;
  };
  readonly training?: boolean;
  readonly gradients?: readonly WeightTensor[];
  readonly input_gradients?: readonly (CaseTensor & { readonly input: string })[];
  readonly updated_non_trainable?: readonly WeightTensor[];
  readonly optimizer?: Readonly<Record<string, unknown>>;
  readonly batch_of_step?: readonly number[];
  readonly loss_trace_f32?: readonly number[];
  readonly learning_rate_before_step?: readonly number[];
  readonly final_weights?: readonly WeightTensor[];
  readonly resume?: {
    readonly from: string;
    readonly batch_of_step: readonly number[];
    readonly loss_trace_f32: readonly number[];
    readonly learning_rate_before_step?: readonly number[];
    readonly final_weights: readonly WeightTensor[];
  };
}
/** What was found: the largest difference, and the first problem. */
export interface TrainingCheck {
  problem?: string;
  max: number;
}

function weightNamed(all: ReadonlyMap<string, Tensor>, name: string): Tensor | undefined {
  const found = [...all].find(([path]) => path === name || path.endsWith(`/${name}`));
  return found?.[1];
}
const largest = (t: Tensor) => Array.from(toNumbers(t)).reduce((m, v) => Math.max(m, Math.abs(v)), 0);

/** Compares tensors one by one. */
class Comparisons {
  max = 0;
  readonly problems: string[] = [];
  check(name: string, got: Tensor | undefined, want: Tensor, atol: number, rtol: number): void {
    if (!got) {
      this.problems.push(`${name}: nothing came`);
      return;
    }
    const found = compare(got, want, atol, rtol);
    if (Number.isFinite(found.max)) this.max = Math.max(this.max, found.max);
    if (!found.within) this.problems.push(`${name}: ${found.problem}`);
  }
  number(name: string, got: number, want: number, tolerance: number): void {
    const off = Math.abs(got - want);
    if (!(off <= tolerance)) this.problems.push(`${name}: ${got}, expected ${want}`);
  }
  get result(): TrainingCheck {
    const [first] = this.problems;
    return { max: this.max, ...(first !== undefined && { problem: this.problems.slice(0, 3).join("; ") }) };
  }
}

/** Kind C: every gradient within 2e-5 · max(1, max |reference|) and rtol 1e-3, and the statistics after a step. */
export async function checkGradientCase(one: Case, backend: string): Promise<TrainingCheck> {
  const { loss, training = false, gradients = [], ...more } = one as unknown as TrainingCase;
  const comparisons = new Comparisons();
  for (const file of modelFiles(one)) {
    const model = await loadCase(one, file, { backend, warn: () => {} });
    try {
      const x = feed(model, one.inputs.map((i) => i.name), await caseTensors(one, one.inputs));
      const targets = await caseTensors(one, (one as unknown as { targets: CaseTensor[] }).targets);
      const y = targets.length === 1 && targets[0] ? targets[0] : targets;
      const found = await model.gradients(x, y, { loss: loss.config, training });
      comparisons.number("loss", found.loss, loss.value_f64 ?? NaN, 2e-5 * Math.max(1, loss.value_f64 ?? 1));
      for (const g of gradients) {
        const want = await caseTensor(one, g.file), atol = 2e-5 * Math.max(1, largest(want));
        comparisons.check(`gradient of ${g.weight}`, weightNamed(found.weights, g.weight), want, atol, 1e-3);
      }
      for (const [i, g] of (more.input_gradients ?? []).entries()) {
        const want = await caseTensor(one, g.file), atol = 2e-5 * Math.max(1, largest(want));
        const got = found.inputs.get(g.input) ?? [...found.inputs.values()][i];
        comparisons.check(`gradient of input ${g.input}`, got, want, atol, 1e-3);
      }
      await checkStatistics(one, model, x, more.updated_non_trainable ?? [], training, comparisons);
    } finally {
      model.close();
    }
  }
  return comparisons.result;
}
async function checkStatistics(
  one: Case,
  model: Model,
  x: Readonly<Record<string, Tensor>>,
  updated: readonly WeightTensor[],
  training: boolean,
  comparisons: Comparisons,
): Promise<void> {
  const before = new Map(model.weights);
  await model.call(x, { training });
  const after = new Map(model.weights);
  for (const u of updated) {
    const want = await caseTensor(one, u.file);
    comparisons.check(`${u.weight} after the step`, weightNamed(after, u.weight), want, 2e-6, 1e-5);
  }
  if (updated.length > 0) return;
  for (const [path, t] of before) {
    const now = after.get(path);
    if (now) comparisons.check(`${path} after the step`, now, t, 0, 0);
  }
}

/** Kind D: the losses, rates and weights of Keras' own steps, from the start and from where a file ends. */
export async function checkStepsCase(one: Case, backend: string): Promise<TrainingCheck> {
  const c = one as unknown as TrainingCase, comparisons = new Comparisons();
  const batches = one.inputs as unknown as readonly (readonly CaseTensor[])[];
  const targets = (one as unknown as { targets: readonly CaseTensor[] }).targets;
  const tolerance = one.tolerance ?? { atol: 2e-6, rtol: 1e-5 };
  const run = async (
    model: Model,
    label: string,
    part: Pick<
      TrainingCase,
      "batch_of_step" | "loss_trace_f32" | "learning_rate_before_step" | "final_weights"
    >,
  ) => {
    for (const [step, batch] of (part.batch_of_step ?? []).entries()) {
      const rate = part.learning_rate_before_step?.[step];
      if (rate !== undefined) {
        comparisons.number(`${label}rate of step ${step}`, model.learningRate, rate, 1e-6 * Math.abs(rate));
      }
      const inputs = [batches[batch] ?? []].flat(), target = [targets[batch] ?? []].flat();
      const x = feed(model, inputs.map((i) => i.name), await caseTensors(one, inputs));
      const [y] = await caseTensors(one, target);
      if (!y) throw new Error("no target");
      const logs = await model.trainOnBatch(x, y);
      const want = part.loss_trace_f32?.[step] ?? NaN;
      comparisons.number(`${label}loss of step ${step}`, logs.loss ?? NaN, want, 5e-6 * Math.max(1, want));
    }
    const weights = model.weights;
    for (const w of part.final_weights ?? []) {
      const want = await caseTensor(one, w.file);
      const atol = Math.max(tolerance.atol, 2e-6 * Math.max(1, largest(want)));
      comparisons.check(`${label}${w.weight}`, weightNamed(weights, w.weight), want, atol, tolerance.rtol);
    }
  };
  const start = await loadCase(one, { file: "model.keras" }, { backend, warn: () => {} });
  try {
    start.compile({ optimizer: c.optimizer ?? "sgd", loss: c.loss.config });
    await run(start, "", c);
  } finally {
    start.close();
  }
  for (const file of Object.keys(one.files).filter((f) => f.startsWith("trained."))) {
    if (!c.resume) continue;
    const trained = await loadCase(one, { file }, { backend, warn: () => {} });
    try {
      await run(trained, `${file}: `, c.resume);
    } finally {
      trained.close();
    }
  }
  return comparisons.result;
}
