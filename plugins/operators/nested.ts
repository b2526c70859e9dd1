/** Operators that call nested graphs: SequenceMap, FlexAttention. @module */
import { type DType, isNarrowFloat } from "../../core/values/dtype.ts";
import { InputError, ShapeError } from "../../core/values/errors.ts";
import type { OpDef, PlainContext } from "../../core/graph/op.ts";
import { product, result } from "../../core/ops/arrays.ts";
import { defineOp, dtypeField, dtypeOfCode, floats, sharedType, tensorAt } from "../../core/ops/define.ts";
import { addProduct, matrix, transposed } from "../../core/ops/products/gemm.ts";
import { capturesField, expectInputs, graphOf, outputTypes } from "../../core/ops/control/nested.ts";
import { float, nullable } from "../../core/values/schema.ts";
import { dimsOf, tensorType } from "../../core/values/shape.ts";
import { isTensor, type RuntimeValue, type Tensor, toNumbers } from "../../core/values/tensor.ts";

function itemsOf(value: RuntimeValue | undefined): readonly RuntimeValue[] | undefined {
  return value !== undefined && !isTensor(value) && value.kind === "sequence" ? value.items : undefined;
}
const sequenceMap: OpDef = defineOp<{ readonly captures: number }>({
  name: "SequenceMap",
  since: 17,
  summary: "A nested graph run for each item of a sequence; tensors beside it go into every run",
  attributes: { captures: capturesField },
  arity: [1, Infinity],
  maxOutputs: Infinity,
  accuracy: "exact",
  infer(c) {
    const body = graphOf(c.graphs, "body");
    if (c.inputs[0]?.kind !== "sequence") throw new ShapeError("a sequence expected");
    expectInputs(body, c.inputs.length);
    return outputTypes(body).map((of) => ({ kind: "sequence", of }));
  },
  gradient: "none",
  plain(inputs, { attributes: { captures }, outputs, runGraph }) {
    const first = itemsOf(inputs[0]), last = inputs.length - captures;
    if (!first) throw new InputError("a sequence expected");
    const found: RuntimeValue[][] = Array.from({ length: outputs }, () => []);
    for (let i = 0; i < first.length; i++) {
      const given = inputs.map((value, at) => {
        const items = at < last ? itemsOf(value) : undefined;
        if (items && items.length !== first.length) {
          throw new InputError(`sequences of ${first.length} and ${items.length} items`);
        }
        return items ? items[i] : value;
      });
      const results = runGraph("body", given);
      found.forEach((list, at) => {
        const item = results[at];
        if (item !== undefined) list.push(item);
      });
    }
    return found.map((items) => ({ kind: "sequence", items }));
  },
});

interface Flex {
  readonly captures: number;
  readonly scale: number | null;
  readonly softmax_precision: number | null;
}
/** What a nested graph makes of a tensor; the tensor itself where there is none. */
function modified(
  name: string,
  x: Tensor,
  captured: readonly (RuntimeValue | undefined)[],
  c: PlainContext<Flex>,
): Tensor {
  const value = Object.hasOwn(c.graphs, name) ? c.runGraph(name, [x, ...captured])[0] : x;
  if (!isTensor(value) || value.shape.join() !== x.shape.join()) {
    throw new InputError(`${name} changes the shape`);
  }
  return value;
}
/** e^x over its sum along rows of `width`, in place. */
function softmaxRows(x: Float64Array, width: number): void {
  for (let at = 0; at < x.length; at += width) {
    const row = x.subarray(at, at + width), most = row.reduce((m, v) => Math.max(m, v), -Infinity);
    let sum = 0;
    row.forEach((v, i) => sum += row[i] = Math.exp(v - most));
    row.forEach((v, i) => row[i] = v / sum);
  }
}
/** Products of pairs of matrices, each of `right` for as many of `left` as there are more of them. */
function products(
  left: Tensor,
  right: Tensor,
  turn: boolean,
  [m, n, k]: readonly [number, number, number],
): Float64Array {
  const [batch = 1, heads = 1] = left.shape,
    own = right.shape[1] ?? 1,
    a = toNumbers(left),
    b = toNumbers(right);
  const out = new Float64Array(batch * heads * m * n);
  for (let i = 0; i < batch * heads; i++) {
    const group = Math.floor(i / heads) * own + Math.floor((i % heads) / (heads / own)), at = group * n * k;
    const other = turn ? transposed(matrix(b, k, at)) : matrix(b, n, at);
    addProduct(matrix(a, k, i * m * k), other, m, n, k, out, i * m * n);
  }
  return out;
}
const flexAttention: OpDef = defineOp<Flex>({
  name: "FlexAttention",
  domain: "ai.onnx.preview",
  since: 1,
  summary: "Attention whose scores and probabilities nested graphs may change (Dong et al. 2024)",
  attributes: {
    captures: capturesField,
    scale: nullable(float({ doc: "factor of Q·Kᵀ; 1/√size unless given" })),
    softmax_precision: nullable(dtypeField("element type of scores and probabilities")),
  },
  arity: [3, Infinity],
  accuracy: "rounding",
  infer(c) {
    const dtype = sharedType({ ...c, inputs: c.inputs.slice(0, 3) }, floats);
    const [q, k, v] = [0, 1, 2].map((i) => dimsOf(c.inputs[i]));
    if (!q || !k || !v || [q, k, v].some((d) => d.length !== 4)) {
      throw new ShapeError("Q, K and V of rank 4 expected: [batch, heads, steps, size]");
    }
    const [heads, own] = [q[1], k[1]];
    if (typeof heads === "number" && typeof own === "number" && heads % own !== 0) {
      throw new ShapeError(`${heads} heads of queries don't divide among ${own} of keys`);
    }
    return [tensorType(dtype, [...q.slice(0, 3), v[3] ?? 1])];
  },
  gradient: "none",
  plain(inputs, context) {
    const [q, k, v] = [tensorAt(inputs, 0), tensorAt(inputs, 1), tensorAt(inputs, 2)];
    const { scale, softmax_precision } = context.attributes, captured = inputs.slice(3);
    const [batch = 1, heads = 1, m = 1, size = 1] = q.shape, n = k.shape[2] ?? 1, wide = v.shape[3] ?? 1;
    const inner: DType = softmax_precision !== null
      ? dtypeOfCode(softmax_precision)
      : isNarrowFloat(q.dtype)
      ? "float32"
      : q.dtype;
    const shape = [batch, heads, m, n], factor = scale ?? 1 / Math.sqrt(size);
    const scores = products(q, k, true, [m, n, size]).map((s) => s * factor);
    const changed = modified("score_mod", result(scores, shape, inner), captured, context);
    const odds = Float64Array.from(toNumbers(changed));
    softmaxRows(odds, n);
    const weights = modified("prob_mod", result(odds, shape, inner), captured, context);
    const y = products(weights, v, false, [m, wide, n]);
    return [result(y.subarray(0, product([batch, heads, m, wide])), [batch, heads, m, wide], q.dtype)];
  },
});

/** Operators that call nested graphs. */
export const nestedOps: readonly OpDef[] = [sequenceMap, flexAttention];
