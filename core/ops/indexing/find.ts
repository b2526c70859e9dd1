/** Operators whose result's size or place depends on the data: what isn't zero, what is unique. @module */
import { item } from "../../values/item.ts";
import { isBig } from "../../values/dtype.ts";
import { InputError } from "../../values/errors.ts";
import type { OpDef } from "../../graph/op.ts";
import { bool, int, nullable } from "../../values/schema.ts";
import { asTensor, dimsOf, freshDim, normalAxis, tensorType } from "../../values/shape.ts";
import { sizeOf, type Tensor, toNumbers } from "../../values/tensor.ts";
import { dtypes } from "../../values/dtype.ts";
import { anyType, defineOp, inputOf, tensorAt } from "../define.ts";
import { copyRun, emptyLike } from "../kernels.ts";
import { byPositions } from "./positions.ts";

/** True for an element that counts as set. */
function isSet(v: number | bigint | string | undefined): boolean {
  return typeof v === "string" ? v !== "" : Boolean(v) || v !== v;
}
const nonZero = defineOp({
  name: "NonZero",
  since: 13,
  summary: "The indices of all elements that aren't zero: [rank, count]",
  attributes: {},
  arity: [1, 1],
  accuracy: "exact",
  infer: (c) => [tensorType("int64", [dimsOf(c.inputs[0]).length, freshDim()])],
  dtypes: () => [tensorType("int64", [freshDim(), freshDim()])],
  gradient: "none",
  plain(inputs) {
    const x = tensorAt(inputs, 0), rank = x.shape.length, per = dtypes[x.dtype].per;
    const values = x.dtype === "string" || isBig(x.dtype) ? x.data : toNumbers(x), found: number[] = [];
    for (let i = 0; i < sizeOf(x.shape); i++) {
      if (isSet(values[i * per]) || (per === 2 && isSet(values[i * per + 1]))) found.push(i);
    }
    const out = new BigInt64Array(rank * found.length);
    found.forEach((at, k) => {
      let rest = at;
      for (let axis = rank - 1; axis >= 0; axis--) {
        const d = x.shape[axis] as number;
        out[axis * found.length + k] = BigInt(rest % d);
        rest = Math.floor(rest / d);
      }
    });
    return [{ dtype: "int64", shape: [rank, found.length], data: out }];
  },
});

const compress = defineOp<{ readonly axis: number | null }>({
  name: "Compress",
  since: 28,
  summary:
    "The slices along an axis where a condition holds; elements of the flattened input without an axis",
  attributes: { axis: nullable(int({ doc: "axis to pick along" })) },
  arity: [2, 2],
  accuracy: "exact",
  infer(c) {
    const x = inputOf(c, 0), { axis } = c.attributes, test = c.known(1);
    inputOf(c, 1, ["bool"]);
    const count = test ? Array.from(test.data as Uint8Array).filter((v) => v).length : freshDim();
    if (axis === null) return [tensorType(x.dtype, [count])];
    const dims = dimsOf(x);
    return [tensorType(x.dtype, dims.toSpliced(normalAxis(axis, dims.length), 1, count))];
  },
  vjp(b, { inputs: [x, condition], attributes }, [dy]) {
    if (!x || !condition || !dy) return [];
    return [byPositions(b, x, dy, (p) => b.compress(p, condition, attributes))];
  },
  plain(inputs, { attributes }) {
    const x = tensorAt(inputs, 0), test = tensorAt(inputs, 1).data as Uint8Array, per = dtypes[x.dtype].per;
    const flat = attributes.axis === null, source = flat ? [sizeOf(x.shape)] : x.shape;
    const axis = flat ? 0 : normalAxis(attributes.axis, x.shape.length), d = item(source, axis);
    const kept = Array.from({ length: Math.min(d, test.length) }, (_, i) => i).filter((i) => test[i]);
    if (test.length > d && test.slice(d).some((v) => v)) {
      throw new InputError(`the condition has ${test.length} elements, axis ${axis} has ${d}`);
    }
    const shape = source.map((n, i) => (i === axis ? kept.length : n)),
      out = emptyLike(x.dtype, sizeOf(shape));
    const run = sizeOf(source.slice(axis + 1)) * per, outer = sizeOf(source.slice(0, axis));
    for (let o = 0; o < outer; o++) {
      kept.forEach((from, k) => copyRun(x.data, (o * d + from) * run, out, (o * kept.length + k) * run, run));
    }
    return [{ dtype: x.dtype, shape, data: out }];
  },
});

/** Slices of a tensor along an axis as comparable lists of elements. */
function slicesOf(x: Tensor, axis: number): ArrayLike<unknown>[] {
  const d = item(x.shape, axis),
    run = sizeOf(x.shape.slice(axis + 1)),
    outer = sizeOf(x.shape.slice(0, axis));
  const direct = x.dtype === "string" || isBig(x.dtype), values = direct ? x.data : toNumbers(x);
  return Array.from({ length: d }, (_, i) => {
    const out: unknown[] = [];
    for (let o = 0; o < outer; o++) for (let k = 0; k < run; k++) out.push(values[(o * d + i) * run + k]);
    return out;
  });
}
function compareLists(a: ArrayLike<unknown>, b: ArrayLike<unknown>): number {
  for (let i = 0; i < a.length; i++) {
    const p = a[i] as number, q = b[i] as number;
    if (p === q || (p !== p && q !== q)) continue;
    return p < q || q !== q ? -1 : 1;
  }
  return 0;
}
const unique = defineOp<{ readonly axis: number | null; readonly sorted: boolean }>({
  name: "Unique",
  since: 28,
  summary: "Distinct elements or slices; where each first stood, which one each input is, and how often",
  attributes: {
    axis: nullable(int({ doc: "axis whose slices are compared; elements unless given" })),
    sorted: bool({ doc: "in ascending order, not that of appearance", default: true }),
  },
  arity: [1, 1],
  maxOutputs: 4,
  accuracy: "exact",
  infer(c) {
    const x = inputOf(c, 0, anyType), { axis } = c.attributes, count = freshDim();
    const index = (d: ReturnType<typeof freshDim>) => tensorType("int64", [d]);
    const rest = [index(count), index(freshDim()), index(count)];
    if (axis === null) return [tensorType(x.dtype, [count]), ...rest];
    const dims = dimsOf(x);
    return [tensorType(x.dtype, dims.toSpliced(normalAxis(axis, dims.length), 1, count)), ...rest];
  },
  dtypes: (
    c,
  ) => [tensorType(asTensor(c.inputs[0]).dtype), ...[1, 2, 3].map(() => tensorType("int64", [freshDim()]))],
  gradient: "none",
  plain(inputs, { attributes, outputs }) {
    const whole = tensorAt(inputs, 0), flat = attributes.axis === null;
    const x: Tensor = flat ? { ...whole, shape: [sizeOf(whole.shape)] } : whole;
    const axis = normalAxis(attributes.axis ?? 0, x.shape.length),
      slices = slicesOf(x, axis),
      n = slices.length;
    const order = Array.from({ length: n }, (_, i) => i).sort((i, j) =>
      compareLists(item(slices, i), item(slices, j)) || i - j
    );
    const groups: number[][] = [];
    order.forEach((i, at) => {
      const before = order[at - 1];
      if (before !== undefined && compareLists(item(slices, before), item(slices, i)) === 0) {
        groups.at(-1)?.push(i);
      } else groups.push([i]);
    });
    if (!attributes.sorted) groups.sort((a, b) => item(a, 0) - item(b, 0));
    const first = groups.map((g) => item(g, 0)), inverse = new BigInt64Array(n);
    groups.forEach((g, k) => g.forEach((i) => inverse[i] = BigInt(k)));
    const shape = x.shape.map((d, i) => (i === axis ? first.length : d)),
      data = emptyLike(x.dtype, sizeOf(shape));
    const run = sizeOf(x.shape.slice(axis + 1)) * dtypes[x.dtype].per, outer = sizeOf(x.shape.slice(0, axis));
    for (let o = 0; o < outer; o++) {
      first.forEach((from, k) =>
        copyRun(x.data, (o * n + from) * run, data, (o * first.length + k) * run, run)
      );
    }
    const vector = (values: BigInt64Array): Tensor => ({
      dtype: "int64",
      shape: [values.length],
      data: values,
    });
    return [
      { dtype: x.dtype, shape, data },
      vector(BigInt64Array.from(first, BigInt)),
      vector(inverse),
      vector(BigInt64Array.from(groups, (g) => BigInt(g.length))),
    ].slice(0, outputs);
  },
});

/** Operators whose result's size or place depends on the data. */
export const findOps: readonly OpDef[] = [nonZero, compress, unique];
