/** How far back a loss at the last of 50 steps reaches: RNN, LSTM and GRU, checked by hand-written cells. @module */
import { input, type Layer, type Model, sequential, type Tensor, tensor } from "../../mod.ts";
import { dense, gru, lstm, simpleRnn } from "../../public/layers.ts";
import type { InitializerSpec } from "../../public/plugins.ts";
import { gradientNorms } from "../../public/sequences.ts";
import { toNumbers } from "../../public/tensors.ts";
import {
  back,
  backThroughTime,
  type Cell,
  clipByGlobalNorm,
  gruCell,
  lstmCell,
  type Matrix,
  rnnCell,
  run,
  times,
  type Vector,
  type Weights,
} from "./cells.ts";

/** Sizes of the experiment. */
export interface GradientSizes {
  readonly steps: number;
  readonly features: number;
  readonly units: number;
  readonly batch: number;
  /** First recurrent weights to compare, by what they are called. */
  readonly recurrentInitializers: Readonly<Record<string, InitializerSpec>>;
}
/** What was found for one kind of cell. */
export interface CellNorms {
  readonly name: string;
  /** Mean norm of ∂loss/∂h by step. */
  readonly norms: readonly number[];
  /** Largest difference of the last hidden state from the cell by hand. */
  readonly forward: number;
}

/** A matrix of a tensor's rows. */
export function matrixOf(t: Tensor): Matrix {
  const [rows = 1, width = 1] = t.shape.length === 1 ? [1, t.shape[0]] : t.shape;
  const numbers = Float64Array.from(toNumbers(t) as ArrayLike<number>);
  return Array.from({ length: rows }, (_, i) => numbers.slice(i * width, (i + 1) * width));
}
/** The weights of a model's recurrent layer. */
export function weightsOf(model: Model): Weights {
  const [kernel, recurrent, bias] = [...model.weights].filter(([path]) => path.includes("_cell/")).map((
    [, t],
  ) => matrixOf(t));
  if (!kernel || !recurrent || !bias) throw new Error("the model has no recurrent layer");
  return { kernel, recurrent, bias };
}
/** Numbers that look random and are the same everywhere. */
function signal(rows: number, steps: number, features: number): Tensor {
  const data = Float32Array.from({ length: rows * steps * features }, (_, i) => Math.sin(i * 12.9898) * 1.5);
  return tensor(data, [rows, steps, features]);
}
/** The cells by hand, with the library's layer of the same kind. */
export const kinds: readonly {
  readonly name: string;
  readonly cell: Cell;
  layer(units: number, recurrentInitializer: InitializerSpec): Layer;
}[] = [
  {
    name: "RNN",
    cell: rnnCell,
    layer: (units, recurrentInitializer) => simpleRnn({ units, recurrentInitializer }),
  },
  {
    name: "LSTM",
    cell: lstmCell,
    layer: (units, recurrentInitializer) => lstm({ units, recurrentInitializer }),
  },
  {
    name: "GRU",
    cell: gruCell,
    layer: (units, recurrentInitializer) => gru({ units, recurrentInitializer }),
  },
];
const modelOf = ({ steps, features }: GradientSizes, layer: Layer, seed: number) =>
  sequential([input({ shape: [steps, features] }), layer, dense({ units: 1 })], { seed });
const mean = (lists: readonly (readonly number[])[]) =>
  (lists[0] ?? []).map((_, i) => lists.reduce((sum, l) => sum + (l[i] ?? 0), 0) / lists.length);

/** Norms by step for every kind of cell, means over the seeds. */
export async function normsOf(
  sizes: GradientSizes,
  initializer: InitializerSpec,
  seeds: readonly number[],
): Promise<CellNorms[]> {
  const { steps, features, units, batch } = sizes, x = signal(batch, steps, features);
  const y = tensor(new Float32Array(batch).fill(1), [batch, 1]);
  const found: CellNorms[] = [];
  for (const { name, cell, layer } of kinds) {
    const all: number[][] = [];
    let forward = 0;
    for (const seed of seeds) {
      using model = modelOf(sizes, layer(units, initializer), seed);
      all.push(Array.from((await gradientNorms(model, x, y, { loss: "meanSquaredError" })).norms));
      const weights = weightsOf(model), zero = new Float64Array(units);
      const hs = run(cell, weights, rowsOf(x, 0, steps, features), [zero, zero]);
      // The head's bias begins as zero.
      const kernel = matrixOf(model.weights.get("sequential/dense/kernel") ?? x);
      const got = await model.predict(x) as Tensor, want = times(hs.at(-1) ?? zero, kernel)[0] ?? NaN;
      forward = Math.max(forward, Math.abs(Number(toNumbers(got)[0]) - want));
    }
    found.push({ name, norms: mean(all), forward });
  }
  return found;
}
function rowsOf(x: Tensor, row: number, steps: number, features: number): Vector[] {
  const numbers = Float64Array.from(toNumbers(x) as ArrayLike<number>), from = row * steps * features;
  return Array.from(
    { length: steps },
    (_, t) => numbers.slice(from + t * features, from + (t + 1) * features),
  );
}

/** What backpropagation by hand and the library's gradients differ by. */
export interface ByHand {
  /** Largest difference of a weight's gradient. */
  readonly difference: number;
  /** Largest difference of a step's norm. */
  readonly norms: number;
  /** Length of all gradients before clipping, and after. */
  readonly length: number;
  readonly clipped: number;
}
/** Backpropagation through time by hand against the library, for an RNN on one row. */
export async function byHand(sizes: GradientSizes, seed: number, clip: number): Promise<ByHand> {
  const { steps, features, units } = sizes, x = signal(1, steps, features), y = tensor([[20]]);
  using model = modelOf(sizes, simpleRnn({ units }), seed);
  const loss = { loss: "meanSquaredError" }, theirs = await model.gradients(x, y, loss);
  const weights = weightsOf(model), xs = rowsOf(x, 0, steps, features), zero = new Float64Array(units);
  const hs = run(rnnCell, weights, xs, [zero]), last = hs.at(-1) ?? zero;
  const head = matrixOf(model.weights.get("sequential/dense/kernel") ?? x);
  const error = Float64Array.of(2 * ((times(last, head)[0] ?? 0) - 20)), dLast = back(head, error);
  const outputs = xs.map((_, t) => (t === steps - 1 ? dLast : zero));
  const own = backThroughTime(weights, xs, hs, zero, outputs);
  const largest = (path: string, mine: Matrix) => {
    const [, t] = [...theirs.weights].find(([p]) => p.endsWith(path)) ?? [];
    const flat = mine.flatMap((row) => Array.from(row)), got = t ? toNumbers(t) : [];
    return flat.reduce((most, v, i) => Math.max(most, Math.abs(v - Number(got[i]))), 0);
  };
  const difference = Math.max(
    largest("simple_rnn_cell/kernel", own.kernel),
    largest("recurrent_kernel", own.recurrent),
    largest("simple_rnn_cell/bias", [own.bias]),
  );
  const { norms } = await gradientNorms(model, x, y, loss);
  const norm = (v: Vector) => Math.sqrt(v.reduce((sum, n) => sum + n * n, 0));
  const worst = own.hidden.reduce((most, v, t) => Math.max(most, Math.abs(norm(v) - (norms[t] ?? 0))), 0);
  const all = [...own.kernel, ...own.recurrent, own.bias], length = clipByGlobalNorm(all, clip);
  return { difference, norms: worst, length, clipped: clipByGlobalNorm(all, clip) };
}
