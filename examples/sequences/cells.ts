/** RNN, LSTM and GRU cells by hand, step by step, and backpropagation through time of the first; float64. @module */

/** A vector. */
export type Vector = Float64Array;
/** Rows of a matrix. */
export type Matrix = readonly Vector[];

/** `x · m`, for a row x and a matrix of x.length rows. */
export function times(x: Vector, m: Matrix): Vector {
  const out = new Float64Array(m[0]?.length ?? 0);
  x.forEach((v, i) => m[i]?.forEach((w, k) => out[k] = (out[k] ?? 0) + v * w));
  return out;
}
/** `m · x`, for a column x. */
export function back(m: Matrix, x: Vector): Vector {
  return Float64Array.from(m, (row) => row.reduce((sum, w, k) => sum + w * (x[k] ?? 0), 0));
}
/** Vectors added. */
export function plus(...list: readonly Vector[]): Vector {
  return Float64Array.from(list[0] ?? [], (_, i) => list.reduce((sum, v) => sum + (v[i] ?? 0), 0));
}
const mul = (a: Vector, b: Vector) => a.map((v, i) => v * (b[i] ?? 0));
const sigmoid = (x: Vector) => x.map((v) => 1 / (1 + Math.exp(-v)));
const tanh = (x: Vector) => x.map(Math.tanh);
const part = (x: Vector, units: number, i: number) => x.slice(i * units, (i + 1) * units);

/** Weights of a cell as Keras holds them. */
export interface Weights {
  readonly kernel: Matrix;
  readonly recurrent: Matrix;
  /** Two rows for a GRU: of the input's product and of the state's. */
  readonly bias: Matrix;
}
/** A step: from the input and the states before to the states after; the first is the output. */
export type Cell = (weights: Weights, x: Vector, states: readonly Vector[]) => readonly Vector[];

/** h' = tanh(x·W + h·U + b). */
export const rnnCell: Cell = ({ kernel, recurrent, bias: [b = new Float64Array()] }, x, [h = b]) => [
  tanh(plus(times(x, kernel), times(h, recurrent), b)),
];
/** Hochreiter and Schmidhuber 1997, gates i, f, c, o. */
export const lstmCell: Cell = ({ kernel, recurrent, bias: [b = new Float64Array()] }, x, [h = b, c = b]) => {
  const z = plus(times(x, kernel), times(h, recurrent), b), n = h.length;
  const next = plus(mul(sigmoid(part(z, n, 1)), c), mul(sigmoid(part(z, n, 0)), tanh(part(z, n, 2))));
  return [mul(sigmoid(part(z, n, 3)), tanh(next)), next];
};
/** Cho et al. 2014, gates z, r, h; the reset gate behind the product, as Keras has it. */
export const gruCell: Cell = ({ kernel, recurrent, bias: [b = new Float64Array(), rb = b] }, x, [h = b]) => {
  const own = plus(times(x, kernel), b), past = plus(times(h, recurrent), rb), n = h.length;
  const gate = (i: number) => sigmoid(plus(part(own, n, i), part(past, n, i)));
  const z = gate(0), candidate = tanh(plus(part(own, n, 2), mul(gate(1), part(past, n, 2))));
  return [plus(mul(z, h), mul(z.map((v) => 1 - v), candidate))];
};

/** Hidden states of a whole sequence; `change` is added to each as it is made. */
export function run(
  cell: Cell,
  weights: Weights,
  xs: readonly Vector[],
  states: readonly Vector[],
  change: readonly Vector[] = [],
): Vector[] {
  let now = states;
  return xs.map((x, t) => {
    const [h = x, ...rest] = cell(weights, x, now), moved = change[t], next = moved ? plus(h, moved) : h;
    now = [next, ...rest];
    return next;
  });
}

/** Gradients of an RNN's weights, and of the loss at every step's hidden state. */
export interface RnnGradients {
  readonly kernel: Matrix;
  readonly recurrent: Matrix;
  readonly bias: Vector;
  readonly hidden: readonly Vector[];
}
/** Backpropagation through time: `outputs` are the gradients that each step's hidden state gets from its own output. */
export function backThroughTime(
  { kernel, recurrent }: Weights,
  xs: readonly Vector[],
  hs: readonly Vector[],
  first: Vector,
  outputs: readonly Vector[],
): RnnGradients {
  const zero = (m: Matrix) => m.map((row) => new Float64Array(row.length));
  const dKernel = zero(kernel), dRecurrent = zero(recurrent), bias = new Float64Array(first.length);
  const hidden: Vector[] = new Array(xs.length);
  let later = new Float64Array(first.length);
  for (let t = xs.length - 1; t >= 0; t--) {
    const h = hs[t] ?? first, before = hs[t - 1] ?? first, x = xs[t] ?? first;
    const dh = hidden[t] = plus(outputs[t] ?? later, later), dz = mul(dh, h.map((v) => 1 - v * v));
    dz.forEach((v, k) => {
      bias[k] = (bias[k] ?? 0) + v;
      x.forEach((xi, i) => add(dKernel[i], k, xi * v));
      before.forEach((hi, i) => add(dRecurrent[i], k, hi * v));
    });
    later = Float64Array.from(back(recurrent, dz));
  }
  return { kernel: dKernel, recurrent: dRecurrent, bias, hidden };
}
function add(row: Vector | undefined, k: number, v: number): void {
  if (row) row[k] = (row[k] ?? 0) + v;
}
/** Gradients scaled so that all of them together are no longer than `most`; their length before. */
export function clipByGlobalNorm(gradients: readonly Vector[], most: number): number {
  const norm = Math.sqrt(gradients.flatMap((g) => Array.from(g)).reduce((sum, v) => sum + v * v, 0));
  if (norm > most) { for (const g of gradients) g.forEach((v, i) => g[i] = (v * most) / norm); }
  return norm;
}
