/** Scaled dot product attention. @module */
import type { Builder } from "../../graph/builder.ts";
import { type DType, isNarrowFloat } from "../../values/dtype.ts";
import { ShapeError } from "../../values/errors.ts";
import type { Value } from "../../graph/graph.ts";
import type { OpDef } from "../../graph/op.ts";
import { bool, float, int, nullable } from "../../values/schema.ts";
import { asTensor, dimsOf, sameDim, shapeText } from "../../values/shape.ts";
import { defineOp, dtypeField, dtypeOfCode } from "../define.ts";

interface Attention {
  readonly is_causal: boolean;
  readonly kv_num_heads: number | null;
  readonly left_window_size: number;
  readonly q_num_heads: number | null;
  readonly qk_matmul_output_mode: number;
  readonly right_window_size: number;
  readonly scale: number | null;
  readonly softcap: number;
  readonly softmax_precision: number | null;
}
/** Values by their part, all of rank 4: `[batch, heads, steps, size]`. */
interface Parts {
  readonly q: Value;
  readonly k: Value;
  readonly v: Value;
  readonly past: Value | undefined;
  readonly lengths: Value | undefined;
}

const attention: OpDef = defineOp<Attention>({
  name: "Attention",
  since: 25,
  summary:
    "softmax(Q·Kᵀ·scale + bias)·V over heads (Vaswani et al. 2017), with masks, a cache, and grouped queries.",
  attributes: {
    is_causal: bool({ doc: "A query sees the keys up to its own place.", default: false }),
    kv_num_heads: nullable(int({ doc: "Heads of K and V, where they have rank 3.", min: 1 })),
    left_window_size: int({
      doc: "Keys before its place that a query sees; −1 for all.",
      default: -1,
      min: -1,
    }),
    q_num_heads: nullable(int({ doc: "Heads of Q, where it has rank 3.", min: 1 })),
    qk_matmul_output_mode: int({
      doc: "The fourth output: 0 Q·Kᵀ, 1 after softcap, 2 after the bias, 3 after softmax.",
      default: 0,
      min: 0,
      max: 3,
    }),
    right_window_size: int({
      doc: "Keys after its place that a query sees; −1 for all.",
      default: -1,
      min: -1,
    }),
    scale: nullable(float({ doc: "Factor of Q·Kᵀ; 1/√size unless given." })),
    softcap: float({ doc: "Bounds scores by softcap·tanh(score/softcap); 0 for no bound.", default: 0 }),
    softmax_precision: nullable(dtypeField("Element type that softmax is taken in.")),
  },
  arity: [3, 7],
  maxOutputs: 4,
  body(b, [q, k, v, mask, pastKey, pastValue, lengths], a, outputs) {
    if (!q || !k || !v) return [];
    const flat = dimsOf(q.type).length === 3, { dtype } = asTensor(q.type);
    const grown = (
      past: Value | undefined,
      now: Value,
    ) => (past ? b.concat([past, now], { axis: 2 }) : now);
    const query = byHead(b, q, a.q_num_heads);
    const presentKey = grown(pastKey, byHead(b, k, a.kv_num_heads));
    const presentValue = grown(pastValue, byHead(b, v, a.kv_num_heads));
    // Narrow floats are widened for the sums and narrowed once, at the end.
    const wide = isNarrowFloat(dtype) ? "float32" : dtype;
    const parts: Parts = {
      q: typed(b, query, wide),
      k: repeated(b, typed(b, presentKey, wide), query),
      v: repeated(b, typed(b, presentValue, wide), query),
      past: pastKey,
      lengths,
    };
    const { product, capped, biased } = scores(b, parts, mask, a);
    const probabilities = softmax(b, biased, a, mask !== undefined || lengths !== undefined || windowed(a));
    const mixed = typed(b, b.matMul(probabilities, parts.v), dtype);
    const y = flat ? b.reshape(b.transpose(mixed, { perm: [0, 2, 1, 3] }), b.ints([0, 0, -1])) : mixed;
    if (outputs < 4) return [y, presentKey, presentValue].slice(0, outputs);
    const shown = typed(
      b,
      [product, capped, biased, probabilities][a.qk_matmul_output_mode] ?? product,
      dtype,
    );
    return [y, presentKey, presentValue, shown];
  },
  accuracy: "rounding",
});

function typed(b: Builder, x: Value, dtype: DType): Value {
  return asTensor(x.type).dtype === dtype ? x : b.cast(x, { to: dtype });
}
/** `[batch, steps, heads·size]` as `[batch, heads, steps, size]`. */
function byHead(b: Builder, x: Value, heads: number | null): Value {
  const shape = dimsOf(x.type);
  if (shape.length === 4) return x;
  if (shape.length !== 3 || heads === null) {
    throw new ShapeError(`expected rank 4, or rank 3 and the number of heads, got ${shapeText(shape)}`);
  }
  const apart = b.reshape(x, b.ints([0, 0, heads, -1]));
  return b.transpose(apart, { perm: [0, 2, 1, 3] });
}
/** Heads of keys or values repeated to those of the queries: each serves its group. */
function repeated(b: Builder, x: Value, query: Value): Value {
  const heads = dimsOf(query.type)[1], own = dimsOf(x.type)[1];
  if (typeof heads !== "number" || typeof own !== "number" || heads === own) return x;
  if (heads % own !== 0) throw new ShapeError(`${heads} heads of queries don't divide among ${own} of keys`);
  const wide = b.expand(b.unsqueeze(x, b.ints([2])), b.ints([1, 1, heads / own, 1, 1]));
  const batch = b.shape(x, { start: 0, end: 1 }), rest = b.shape(x, { start: 2 });
  return b.reshape(wide, b.concat([batch, b.ints([heads]), rest], { axis: 0 }));
}

const windowed = (a: Attention) => a.left_window_size >= 0 || a.right_window_size >= 0;

/** Q·Kᵀ, bounded, and with what is masked at −∞. */
function scores(
  b: Builder,
  { q, k, past, lengths }: Parts,
  mask: Value | undefined,
  a: Attention,
): { readonly product: Value; readonly capped: Value; readonly biased: Value } {
  const { dtype } = asTensor(q.type), size = dimsOf(q.type)[3], number = (v: number) => b.scalar(v, dtype);
  // Both factors are scaled by the root, so that narrow floats don't overflow in between.
  const root = a.scale !== null || typeof size === "number"
    ? number(Math.sqrt(a.scale ?? 1 / Math.sqrt(Number(size))))
    : b.pow(b.cast(b.shape(q, { start: 3 }), { to: dtype }), number(-0.25));
  const turned = b.transpose(b.mul(k, root), { perm: [0, 1, 3, 2] });
  const product = b.matMul(b.mul(q, root), turned);
  const cap = number(a.softcap);
  const capped = a.softcap > 0 ? b.mul(b.tanh(b.div(product, cap)), cap) : product;
  let biased = capped;
  let allowed = seen(b, q, k, past, lengths, a);
  if (mask) {
    const isBool = asTensor(mask.type).dtype === "bool", whole = paddedMask(b, mask, k);
    if (!isBool) biased = b.add(biased, typed(b, whole, dtype));
    else allowed = allowed ? b.and(allowed, whole) : whole;
  }
  if (allowed) biased = b.where(allowed, biased, number(-Infinity));
  return { product, capped, biased };
}

/** A mask made as long as the keys; what it leaves out is masked. */
function paddedMask(b: Builder, mask: Value, k: Value): Value {
  const shape = dimsOf(mask.type), keys = dimsOf(k.type)[2] ?? 1, { dtype } = asTensor(mask.type);
  if (sameDim(shape.at(-1) ?? 1, keys)) return mask;
  const missing = b.sub(b.shape(k, { start: 2, end: 3 }), b.shape(mask, { start: shape.length - 1 }));
  const amounts = b.concat([b.ints([0]), missing], { axis: 0 });
  const filler = dtype === "bool" ? b.scalar(false, "bool") : b.scalar(-Infinity, dtype);
  return b.pad(mask, amounts, filler, b.ints([-1]));
}

/** Which keys a query sees by its place: up to its own, in its window, within the row's length. */
function seen(
  b: Builder,
  q: Value,
  k: Value,
  past: Value | undefined,
  lengths: Value | undefined,
  a: Attention,
): Value | undefined {
  if (!a.is_causal && !windowed(a) && !lengths) return undefined;
  const count = (v: Value) => b.shape(v, { start: 2, end: 3 });
  const line = (v: Value) =>
    b.range(b.scalar(0, "int64"), b.squeeze(count(v), b.ints([0])), b.scalar(1, "int64"));
  const rowOf = (v: Value) => b.reshape(v, b.ints([-1, 1, 1, 1]));
  const keys = line(k), found: Value[] = [];
  if (a.is_causal || windowed(a)) {
    const queries = b.unsqueeze(line(q), b.ints([1]));
    const before = past ? count(past) : lengths ? rowOf(b.sub(lengths, count(q))) : undefined;
    const places = before ? b.add(queries, before) : queries;
    const bound = (by: number) => b.add(places, b.scalar(by, "int64"));
    if (a.is_causal) found.push(b.lessOrEqual(keys, places));
    if (a.left_window_size >= 0) found.push(b.greaterOrEqual(keys, bound(-a.left_window_size)));
    if (a.right_window_size >= 0) found.push(b.lessOrEqual(keys, bound(a.right_window_size)));
  }
  if (lengths) found.push(b.less(keys, rowOf(lengths)));
  return found.reduce((all, one) => b.and(all, one));
}

/** Softmax over the keys. Where rows may be masked whole they come out as zeros. */
function softmax(
  b: Builder,
  scores: Value,
  { softmax_precision: precision }: Attention,
  guarded: boolean,
): Value {
  const { dtype } = asTensor(scores.type), inner = precision === null ? dtype : dtypeOfCode(precision);
  const x = typed(b, scores, inner);
  const zero = b.scalar(0, inner);
  let y: Value;
  if (guarded) {
    const most = b.reduceMax(x, b.ints([-1]), { keepdims: true });
    const empty = b.equal(most, b.scalar(-Infinity, inner));
    y = b.where(empty, zero, b.softmax(b.where(empty, zero, x), { axis: -1 }));
  } else y = b.softmax(x, { axis: -1 });
  return typed(b, y, dtype);
}

/** Attention. */
export const attentionOps: readonly OpDef[] = [attention];
