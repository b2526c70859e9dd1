/**
 * How far rounding may carry a result: the graph is run in float64 with every value rounded to float32 and moved by an
 * ulp or less either way, several times; how far the results spread is what arithmetic of another order may do. @module
 */
import { isFloat, isNarrowFloat } from "../../core/values/dtype.ts";
import { runGraph } from "../../core/ops/execute.ts";
import { type Graph, opName } from "../../core/graph/graph.ts";
import { defaultLimits } from "../../core/values/limits.ts";
import { encodeNarrow } from "../../core/values/narrow.ts";
import { Random } from "../../core/values/random.ts";
import {
  castTensor,
  copyOf,
  isTensor,
  type RuntimeValue,
  type Tensor,
  toNumbers,
} from "../../core/values/tensor.ts";
import { registry } from "../../mod.ts";
import { toFloat64 } from "../../plugins/backends/plain/mod.ts";

/** Results in float64 and how far each element may be off. */
export interface Spread {
  readonly value: RuntimeValue;
  /** For each element; nothing for what is no number. */
  readonly spread?: Float64Array;
}
/** Operators that only move elements: their results are rounded no further. */
const moves = new Set(
  ("Identity Transpose Reshape Flatten Squeeze Unsqueeze Concat Split Slice Expand Tile Pad Gather GatherElements GatherND " +
    "Where ReverseSequence DepthToSpace SpaceToDepth CenterCropPad Trilu Compress Max Min Relu Abs Neg TopK ReduceMax ReduceMin MaxPool " +
    "GlobalMaxPool Round Floor Ceil Sign Shape Size Constant NonZero Unique EyeLike OneHot Range ConstantOfShape")
    .split(" "),
);

/** Sums whose terms cancel inside: their rounding is that of the largest result. */
const sums = new Map([
  ...["DFT", "STFT", "Det", "Einsum", "BlackmanWindow", "HannWindow", "HammingWindow"].map((op) =>
    [op, 2 ** -21] as const
  ),
  // What is added up inside may cancel at the end.
  ...[
    "RNN",
    "GRU",
    "LSTM",
    "DynamicQuantizeLSTM",
    "Gelu",
    "Mish",
    "Attention",
    "Scan",
    "Loop",
    "Resize",
    "GridSample",
  ].map((op) => [op, 2 ** -24] as const),
  // onnxruntime adds a fraction to a half: what is left beside 0 or 1 has an ulp of a half.
  ["Sigmoid", 2 ** -24],
  // Of onnxruntime's own the parts are rounded too.
  ...[
    "BiasGelu",
    "FastGelu",
    "QuickGelu",
    "GroupQueryAttention",
    "MultiHeadAttention",
    "SkipLayerNormalization",
  ].map((op) => [op, 2 ** -22] as const),
  ...["QuickGelu", "MatMulNBits"].map((op) => [op, 2 ** -20] as const),
  // onnxruntime has distances as a² + b² − 2ab.
  ["CDist", 2 ** -16],
  // onnxruntime folds the mean into the bias, and takes E[x²] − E[x]²: of near equal numbers little is left of either.
  ...["InstanceNormalization", "GroupNormalization"].map((op) => [op, 2 ** -14] as const),
]);

type Feed = Readonly<Record<string, RuntimeValue>>;

function widened(value: RuntimeValue): RuntimeValue {
  if (isTensor(value)) return value.dtype === "float32" ? castTensor(value, "float64") : value;
  if (value.kind === "sequence") return { kind: "sequence", items: value.items.map(widened) };
  return value;
}
/** A copy, moved: results are moved where they lie, and some operators hand their input on. */
function moved(value: RuntimeValue, random: Random, by: number): RuntimeValue {
  if (!isTensor(value) || !isFloat(value.dtype)) return value;
  const copy = copyOf(value);
  if (by > 0 && value.dtype === "float64") shake(copy.data as Float64Array, random, by);
  return copy;
}
function shake(data: Float64Array, random: Random, by: number): void {
  for (let i = 0; i < data.length; i++) {
    const x = data[i] ?? 0;
    const up = by === 3 ? 1 : by === 4 ? -1 : random.uniform() * 2 - 1;
    data[i] = Math.abs(x) < 3.4e38 ? x * (1 + up * 2 ** -23) : Math.fround(x);
  }
}

/** Half floats and narrower: by half an ulp either way, so that some go to their neighbours. */
function shakeNarrow({ dtype, data }: Tensor, random: Random): void {
  const bits = data as Uint16Array, numbers = toNumbers({ dtype, shape: [data.length], data });
  const ulp = dtype === "float16" ? 2 ** -10 : 2 ** -7;
  for (let i = 0; i < bits.length; i++) {
    const x = numbers[i] ?? 0;
    if (Number.isFinite(x)) bits[i] = encodeNarrow(dtype, x * (1 + (random.uniform() - 0.5) * 2 * ulp));
  }
}
function blur(data: Float64Array, random: Random, by: number): void {
  if (by === 0) return;
  let largest = 0;
  for (const x of data) if (Number.isFinite(x)) largest = Math.max(largest, Math.abs(x));
  for (let i = 0; i < data.length; i++) {
    data[i] = (data[i] ?? 0) + (random.uniform() - 0.5) * Math.max(largest, 1) * by;
  }
}

/** The graph with other constants, those of nested graphs too. */
function withConstants(graph: Graph, change: (value: RuntimeValue) => RuntimeValue): Graph {
  // Scales and limits decide sizes: a little less is another size.
  const sizing = new Set(
    graph.nodes.flatMap((n) => (/^(Resize|Upsample|Range)$/.test(n.op) ? n.inputs : [])),
  );
  const inputs = graph.inputs.map((i) => {
    const value = i.role === "constant" && i.value && !sizing.has(i.id) ? change(i.value) : undefined;
    return value && isTensor(value) ? { ...i, value } : i;
  });
  const nodes = graph.nodes.map((node) => {
    const graphs = Object.entries(node.graphs).map(([name, g]) => [name, withConstants(g, change)]);
    return graphs.length === 0 ? node : { ...node, graphs: Object.fromEntries(graphs) };
  });
  return { ...graph, inputs, nodes };
}

/** Results without and with moved values; `times` of the latter. @throws {LapisError} where plain can't run it. */
export function spreads(
  graph: Graph,
  feed: Feed,
  weights: ReadonlyMap<string, Tensor>,
  times: number,
  seed = 1,
): Record<string, Spread> {
  const wide = toFloat64(graph, registry);
  const run = (by: number) => {
    const random = new Random(seed + by * 7919);
    const inputs = wide.inputs.filter((i) => i.role !== "constant").map((i) => {
      const value = weights.get(i.name) ?? feed[i.name] ?? i.value;
      return value && moved(widened(value), random, by);
    });
    // Constants are moved as weights are, whatever the file calls them.
    const source = withConstants(wide, (value) => moved(value, random, by));
    return runGraph(source, inputs, {
      registry,
      limits: defaultLimits,
      observe: (node, outputs) => {
        const still = by === 0 || moves.has(opName(node));
        for (const value of outputs) {
          if (isTensor(value) && isNarrowFloat(value.dtype) && !still) shakeNarrow(value, random);
          if (!isTensor(value) || value.dtype !== "float64") continue;
          const data = value.data as Float64Array;
          if (!still) shake(data, random, by);
          if (by > 0) blur(data, random, sums.get(node.op) ?? 0);
          for (let i = 0; i < data.length; i++) {
            if (Math.abs(data[i] ?? 0) > 3.4028235e38) data[i] = Math.fround(data[i] ?? 0);
          }
        }
      },
    });
  };
  const exact = run(0), others = Array.from({ length: times }, (_, k) => run(k + 1));
  const found: Record<string, Spread> = {};
  graph.outputs.forEach(({ name }, at) => {
    const value = exact[at];
    if (value === undefined) return;
    if (!isTensor(value) || value.dtype === "string") found[name] = { value };
    else found[name] = { value, spread: spreadOf(value, others.map((list) => list[at])) };
  });
  return found;
}
function spreadOf(value: Tensor, others: readonly (RuntimeValue | undefined)[]): Float64Array {
  const base = toNumbers(value), spread = new Float64Array(base.length);
  for (const other of others) {
    if (!other || !isTensor(other) || other.data.length !== base.length) {
      spread.fill(Infinity);
      continue;
    }
    const data = toNumbers(other);
    for (let i = 0; i < base.length; i++) {
      const a = base[i] ?? 0, b = data[i] ?? 0;
      const off = Object.is(a, b) || a === b ? 0 : Math.abs(a - b);
      if (!(off <= (spread[i] ?? 0))) spread[i] = Number.isNaN(off) ? Infinity : off;
    }
  }
  if (!isFloat(value.dtype)) return spread.map((s) => (s > 0 ? Infinity : 0));
  return isNarrowFloat(value.dtype) ? spread.map((s, i) => s + 2 ** -13 * Math.abs(base[i] ?? 0)) : spread;
}

/** Why a result isn't within its spread of the wanted one, or undefined. */
export function farther(
  got: RuntimeValue | undefined,
  want: RuntimeValue,
  spread: Spread | undefined,
): string | undefined {
  if (got === undefined) return "nothing came";
  if (!isTensor(want) || !isTensor(got)) return undefined;
  if (got.dtype !== want.dtype && !(want.dtype === "float64" && got.dtype === "float32")) {
    return `${got.dtype}, expected ${want.dtype}`;
  }
  if (`${got.shape}` !== `${want.shape}`) {
    return spread?.spread?.includes(Infinity) ||
        spread && isTensor(spread.value) && `${spread.value.shape}` !== `${want.shape}` &&
          `${spread.value.shape}` !== `${got.shape}`
      ? undefined
      : `shape [${got.shape}], expected [${want.shape}]`;
  }
  const exact = !isFloat(want.dtype);
  const a = exact ? got.data : toNumbers(got), b = exact ? want.data : toNumbers(want);
  let largest = 0;
  if (!exact) { for (const x of b) if (Number.isFinite(x)) largest = Math.max(largest, Math.abs(Number(x))); }
  let wrong = 0, first = -1, worst = 0;
  for (let i = 0; i < b.length; i++) {
    const x = a[i], y = b[i], may = spread?.spread?.[i] ?? 0;
    if (Object.is(x, y) || x === y || may === Infinity) continue;
    const off = Math.abs(Number(x) - Number(y));
    if (!exact && off <= 32 * may + 2 ** -19 * Math.abs(Number(y)) + 2 ** -24 * largest + 1e-37) continue;
    // Beyond float32's largest number it is rounding that decides.
    if (
      !exact && Math.abs(Number(y)) > 3.3e38 && Math.abs(Number(x)) > 3.3e38 &&
      Math.sign(Number(x)) === Math.sign(Number(y))
    ) continue;
    if (first < 0) first = i;
    wrong++;
    worst = Math.max(worst, off);
  }
  if (wrong === 0) return undefined;
  return `${wrong} of ${b.length} differ${
    exact ? "" : `, by ${worst.toPrecision(3)} at most`
  }; element ${first} is ${a[first]}, expected ${b[first]}`;
}
