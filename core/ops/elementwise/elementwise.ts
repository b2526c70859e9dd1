/** Elementwise operators that are neither a function of one number nor arithmetic: selection, bounds, dropout, running sums. @module */
import { item } from "../../values/item.ts";
import { scalarLike } from "../words.ts";
import { isBig } from "../../values/dtype.ts";
import { InputError, UnsupportedError } from "../../values/errors.ts";
import type { OldNode, OpDef } from "../../graph/op.ts";
import { bool, int, nullable } from "../../values/schema.ts";
import { asTensor, broadcastShapes, normalAxis, tensorType } from "../../values/shape.ts";
import { copyOf, scalar, sizeOf, type Tensor, toIntegers } from "../../values/tensor.ts";
import { activationOps } from "./activations.ts";
import { arithmeticOps } from "./arithmetic.ts";
import { bitwiseOps } from "./bitwise.ts";
import { broadcastPlan, forRows, sumTo } from "../broadcast.ts";
import { castOps } from "./cast.ts";
import {
  defineOp,
  floats,
  indexTypes,
  inputOf,
  numeric,
  optionalAt,
  tensorAt,
  withDType,
} from "../define.ts";
import { emptyLike, finished, mapBinary, mapUnary, numbersFor, numbersOf } from "../kernels.ts";
import { mathOps } from "./math.ts";
import { Mersenne } from "../random/mersenne.ts";

const identity = defineOp({
  name: "Identity",
  since: 25,
  summary: "The input itself",
  attributes: {},
  arity: [1, 1],
  accuracy: "exact",
  infer(c) {
    const type = c.inputs[0];
    return type ? [type] : [];
  },
  propagate: (c) => c.dims(0),
  vjp: (_b, _node, [dy]) => [dy],
  plain: ([x]) => (x ? [x] : []),
});

function select(condition: Tensor, x: Tensor, y: Tensor): Tensor {
  const plan = broadcastPlan(condition.shape, x.shape, y.shape);
  const { inner, steps, shape, size } = plan;
  const out = emptyLike(x.dtype, size) as Float64Array;
  const test = condition.data as Uint8Array, a = x.data as Float64Array, b = y.data as Float64Array;
  const [sc = 0, sa = 0, sb = 0] = steps;
  forRows(plan, (at, offsets) => {
    let pc = item(offsets, 0), pa = item(offsets, 1), pb = item(offsets, 2);
    for (let i = 0; i < inner; i++) {
      out[at + i] = (test[pc] ? a[pa] : b[pb]) as number;
      pc += sc;
      pa += sa;
      pb += sb;
    }
  });
  return { dtype: x.dtype, shape, data: out };
}
const where = defineOp({
  name: "Where",
  since: 16,
  summary: "x where the condition holds, else y",
  attributes: {},
  arity: [3, 3],
  accuracy: "exact",
  infer(c) {
    const condition = inputOf(c, 0, ["bool"]), x = inputOf(c, 1), y = inputOf(c, 2, [x.dtype]);
    if (!condition.shape || !x.shape || !y.shape) return [tensorType(x.dtype)];
    return [tensorType(x.dtype, broadcastShapes(condition.shape, x.shape, y.shape))];
  },
  dtypes: (c) => [tensorType(asTensor(c.inputs[1]).dtype)],
  propagate(c) {
    const test = c.known(0), x = c.dims(1), y = c.dims(2);
    if (!test || !x || !y) return undefined;
    const n = Math.max(test.data.length, x.length, y.length);
    const at = <T>(list: ArrayLike<T>, i: number) => list[list.length === 1 ? 0 : i];
    const out = Array.from({ length: n }, (_, i) => (at(test.data as Uint8Array, i) ? at(x, i) : at(y, i)));
    return out.flatMap((d) => (d === undefined ? [] : [d]));
  },
  vjp(b, { inputs: [condition, x, y] }, [dy], wanted) {
    if (!condition || !x || !y || !dy) return [];
    const zero = scalarLike(b, 0, dy);
    return [
      undefined,
      wanted[1] ? sumTo(b, b.where(condition, dy, zero), x) : undefined,
      wanted[2] ? sumTo(b, b.where(condition, zero, dy), y) : undefined,
    ];
  },
  plain: (inputs) => [select(tensorAt(inputs, 0), tensorAt(inputs, 1), tensorAt(inputs, 2))],
});

/** Bounds that older opsets held as attributes, as inputs. */
function upgradeClip(from: number, node: OldNode): OldNode {
  if (from >= 11) return node;
  const x = node.inputs[0], { min, max, ...rest } = node.attributes;
  delete (rest as Record<string, unknown>)["consumed_inputs"];
  const dtype = x ? asTensor(x.type).dtype : "float32";
  const bound = (v: unknown) => (typeof v === "number" ? node.builder.scalar(v, dtype) : undefined);
  return { ...node, attributes: rest, inputs: [x, bound(min), bound(max)] };
}
const clip = defineOp({
  name: "Clip",
  since: 13,
  summary: "x held between min and max; max wins where they cross",
  attributes: {},
  arity: [1, 3],
  accuracy: "exact",
  infer(c) {
    const x = inputOf(c, 0, numeric);
    for (const i of [1, 2]) if (c.inputs[i]) inputOf(c, i, [x.dtype]);
    return [x];
  },
  vjp(b, { inputs: [x, min, max], outputs: [y] }, [dy], wanted) {
    if (!x || !y || !dy) return [];
    const zero = scalarLike(b, 0, x);
    const under = min && b.less(x, min), over = max && b.greater(x, max);
    const outside = under && over ? b.or(under, over) : under ?? over;
    const stopped = (test: typeof under, bound: typeof min) =>
      test && bound ? sumTo(b, b.where(test, dy, zero), bound) : undefined;
    return [
      wanted[0] ? (outside ? b.where(outside, zero, dy) : dy) : undefined,
      wanted[1] ? stopped(under, min) : undefined,
      wanted[2] ? stopped(over, max) : undefined,
    ];
  },
  plain(inputs) {
    const x = tensorAt(inputs, 0), min = optionalAt(inputs, 1), max = optionalAt(inputs, 2);
    const low = min ? numbersOf(min)[0] ?? -Infinity : -Infinity;
    const high = max ? numbersOf(max)[0] ?? Infinity : Infinity;
    if (!isBig(x.dtype)) {
      return [mapUnary(x, { number: (v) => (v < low ? (low > high ? high : low) : v > high ? high : v) })];
    }
    let out = x;
    if (min) out = mapBinary(out, min, { number: Math.max, big: (a, b) => (a > b ? a : b) });
    if (max) out = mapBinary(out, max, { number: Math.min, big: (a, b) => (a < b ? a : b) });
    return [out];
  },
  upgrade: upgradeClip,
});

const dropout = defineOp<{ readonly seed: number | null }>({
  name: "Dropout",
  since: 22,
  summary: "In training sets a share of the elements to 0 and scales the rest; else the input itself",
  attributes: { seed: nullable(int({ doc: "seed of the generator; another one each run unless given" })) },
  arity: [1, 3],
  maxOutputs: 2,
  accuracy: "rounding",
  deterministic: false,
  infer(c) {
    const x = inputOf(c, 0, floats);
    return [x, withDType(x, "bool")];
  },
  dtypes: (c) => [asTensor(c.inputs[0]), tensorType("bool")],
  vjp(b, { inputs: [x, ratio, training], outputs: [, mask] }, [dy]) {
    if (!x || !dy) return [];
    const known = training ? b.knownOf(training) : scalar(false);
    if (known && !known.data[0]) return [dy];
    if (!mask || !training) {
      throw new UnsupportedError("Dropout in training has a gradient only where its mask is an output");
    }
    const { dtype } = asTensor(x.type), one = scalarLike(b, 1, x);
    const share = ratio ? b.cast(ratio, { to: dtype }) : scalarLike(b, 0.5, x);
    const kept = b.where(mask, b.div(dy, b.sub(one, share)), scalarLike(b, 0, x));
    return [known ? kept : b.where(training, kept, dy)];
  },
  plain(inputs, { attributes: { seed }, outputs }) {
    const x = tensorAt(inputs, 0), ratio = optionalAt(inputs, 1), training = optionalAt(inputs, 2);
    const share = ratio ? item(numbersOf(ratio), 0) : 0.5, n = sizeOf(x.shape);
    const mask = new Uint8Array(n).fill(1);
    if (!training?.data[0] || share === 0) {
      return [x, { dtype: "bool" as const, shape: x.shape, data: mask }].slice(0, outputs);
    }
    const random = new Mersenne(seed ?? Math.floor(Math.random() * 2 ** 32));
    const from = numbersOf(x), out = numbersFor(x.dtype, n), scale = 1 / (1 - share);
    for (let i = 0; i < n; i++) {
      mask[i] = random.uniform() >= share ? 1 : 0;
      out[i] = mask[i] ? (from[i] as number) * scale : 0;
    }
    return [finished(x.dtype, x.shape, out), { dtype: "bool" as const, shape: x.shape, data: mask }];
  },
});

/** Folds along an axis, writing each step's running value. */
function running(x: Tensor, axis: number, exclusive: boolean, reverse: boolean, product: boolean): Tensor {
  const n = item(x.shape, axis),
    inner = sizeOf(x.shape.slice(axis + 1)),
    outer = sizeOf(x.shape.slice(0, axis));
  const big = isBig(x.dtype), start = product ? 1 : 0;
  const copied = big ? copyOf(x) : undefined;
  const from = (big ? x.data : numbersOf(x)) as Float64Array;
  const out = (copied ? copied.data : numbersFor(x.dtype, from.length)) as Float64Array;
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      let sum = (big ? BigInt(start) : start) as number;
      for (let step = 0; step < n; step++) {
        const at = (o * n + (reverse ? n - 1 - step : step)) * inner + i, v = from[at] as number;
        if (exclusive) out[at] = sum;
        sum = product ? sum * v : sum + v;
        if (!exclusive) out[at] = sum;
      }
    }
  }
  return copied ?? finished(x.dtype, x.shape, out);
}
type Running = { readonly exclusive: boolean; readonly reverse: boolean };
const runningOp = (name: "CumSum" | "CumProd", since: number, vjp?: OpDef<Running>["vjp"]) =>
  defineOp<Running>({
    name,
    since,
    summary: name === "CumSum" ? "Sums of all elements up to each along an axis" : "Products likewise",
    attributes: {
      exclusive: bool({ doc: "leave each element itself out", default: false }),
      reverse: bool({ doc: "from the last to the first", default: false }),
    },
    arity: [2, 2],
    accuracy: "rounding",
    infer(c) {
      inputOf(c, 1, indexTypes);
      return [inputOf(c, 0, numeric)];
    },
    ...(vjp ? { vjp } : { gradient: "none" }),
    plain(inputs, { attributes: { exclusive, reverse } }) {
      const x = tensorAt(inputs, 0), axis = toIntegers(tensorAt(inputs, 1))[0];
      if (axis === undefined) throw new InputError("an axis is expected");
      return [running(x, normalAxis(axis, x.shape.length), exclusive, reverse, name === "CumProd")];
    },
  });
const cumSum = runningOp("CumSum", 14, (b, { inputs: [, axis], attributes }, [dy]) => {
  if (!dy || !axis) return [];
  return [b.cumSum(dy, axis, { ...attributes, reverse: !attributes.reverse })];
});

/** Every elementwise operator but comparisons and logic. */
export const elementwiseOps: readonly OpDef[] = [
  ...arithmeticOps,
  ...mathOps,
  ...activationOps,
  ...bitwiseOps,
  ...castOps,
  identity,
  where,
  clip,
  dropout,
  cumSum,
  runningOp("CumProd", 26),
];
