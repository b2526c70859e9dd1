/** What transformers and their successors are made of: rotary positions, gates, linear attention, caches. @module */
import type { Builder } from "../../core/graph/builder.ts";
import { type DType, dtypes, isNarrowFloat } from "../../core/values/dtype.ts";
import { InputError, ShapeError } from "../../core/values/errors.ts";
import type { Value } from "../../core/graph/graph.ts";
import type { OpDef } from "../../core/graph/op.ts";
import { product } from "../../core/ops/arrays.ts";
import {
  defineOp,
  floats,
  inputOf,
  keepsType,
  optionalAt,
  sharedType,
  tensorAt,
} from "../../core/ops/define.ts";
import { copyRun, emptyLike } from "../../core/ops/kernels.ts";
import { bool, choice, float, int, nullable } from "../../core/values/schema.ts";
import { asTensor, dimsOf, normalAxis, sameDim } from "../../core/values/shape.ts";
import { toIntegers, zeros } from "../../core/values/tensor.ts";
import { needed } from "./integer.ts";

const typed = (
  b: Builder,
  x: Value,
  to: DType,
) => (asTensor(x.type).dtype === to ? x : b.cast(x, { to }));
/** A part of the last axis. */
function lastAxis(b: Builder, x: Value, from: number, to: number, step = 1): Value {
  return b.slice(x, b.ints([from]), b.ints([to]), b.ints([-1]), b.ints([step]));
}
const toEnd = 2 ** 31 - 1;

interface Rotary {
  readonly interleaved: boolean;
  readonly num_heads: number | null;
  readonly rotary_embedding_dim: number;
}
const rotary: OpDef = defineOp<Rotary>({
  name: "RotaryEmbedding",
  since: 23,
  summary: "Pairs of each head's elements, turned by angles that grow with the position (Su et al. 2021)",
  attributes: {
    interleaved: bool({ doc: "pairs are neighbours, not halves", default: false }),
    num_heads: nullable(int({ doc: "heads, where X has rank 3", min: 0 })),
    rotary_embedding_dim: int({ doc: "elements of a head that are turned; 0 for all", default: 0, min: 0 }),
  },
  arity: [3, 4],
  accuracy: "rounding",
  infer: keepsType(floats),
  body(b, v, { interleaved, num_heads, rotary_embedding_dim }) {
    const x = needed(v, 0), flat = dimsOf(x.type).length === 3;
    if (flat && !num_heads) throw new ShapeError("X of rank 3 needs num_heads");
    const apart = flat
      ? b.reshape(x, b.ints([0, 0, num_heads ?? 0, -1]))
      : b.transpose(x, { perm: [0, 2, 1, 3] });
    const size = rotary_embedding_dim || dimsOf(apart.type)[3];
    if (typeof size !== "number" || size % 2 !== 0) {
      throw new ShapeError("heads of a known, even size expected");
    }
    const factor = (at: number) => {
      const cache = needed(v, at);
      const rows = v[3] ? b.gather(cache, v[3], { axis: 0 }) : cache;
      return b.unsqueeze(rows, b.ints([2]));
    };
    const cos = factor(1), sin = factor(2), half = size / 2;
    const first = interleaved ? lastAxis(b, apart, 0, size, 2) : lastAxis(b, apart, 0, half);
    const second = interleaved ? lastAxis(b, apart, 1, size, 2) : lastAxis(b, apart, half, size);
    const times = (p: Value, q: Value) => b.mul(p, q);
    const real = b.sub(times(cos, first), times(sin, second));
    const imaginary = b.add(times(sin, first), times(cos, second));
    const pair = (p: Value) => b.unsqueeze(p, b.ints([4]));
    const turned = interleaved
      ? b.reshape(b.concat([pair(real), pair(imaginary)], { axis: 4 }), b.ints([0, 0, 0, size]))
      : b.concat([real, imaginary], { axis: 3 });
    const all = rotary_embedding_dim === 0 || sameDim(dimsOf(apart.type)[3] ?? 0, size)
      ? turned
      : b.concat([turned, lastAxis(b, apart, size, toEnd)], { axis: 3 });
    return [
      flat ? b.reshape(all, b.shape(x)) : b.transpose(all, { perm: [0, 2, 1, 3] }),
    ];
  },
});

const swiGlu: OpDef = defineOp<{ readonly alpha: number }>({
  name: "SwiGLU",
  since: 28,
  summary: "swish(A)·B (Shazeer 2020)",
  attributes: { alpha: float({ doc: "slope inside the sigmoid", default: 1 }) },
  arity: [2, 2],
  accuracy: "rounding",
  infer(c) {
    sharedType(c, floats);
    return [inputOf(c, 0)];
  },
  body: (b, v, { alpha }) => [b.mul(b.swish(needed(v, 0), { alpha }), needed(v, 1))],
});

const shrink: OpDef = defineOp<{ readonly bias: number; readonly lambd: number }>({
  name: "Shrink",
  since: 9,
  summary: "x nearer to zero by bias where it is beyond ±lambd, else 0",
  attributes: {
    bias: float({ doc: "how much nearer", default: 0 }),
    lambd: float({ doc: "what is small", default: 0.5 }),
  },
  arity: [1, 1],
  accuracy: "rounding",
  infer: keepsType(),
  body(b, v, { bias, lambd }) {
    const x = needed(v, 0),
      { dtype } = asTensor(x.type),
      wide = dtypes[dtype].kind === "float" ? dtype : "float32";
    const y = typed(b, x, wide), number = (n: number) => b.scalar(n, wide);
    const low = b.where(b.less(y, number(-lambd)), b.add(y, number(bias)), number(0));
    const found = b.where(b.greater(y, number(lambd)), b.sub(y, number(bias)), low);
    return [typed(b, found, dtype)];
  },
});

interface Linear {
  readonly chunk_size: number;
  readonly kv_num_heads: number;
  readonly q_num_heads: number;
  readonly scale: number;
  readonly update_rule: "linear" | "gated" | "delta" | "gated_delta";
}
const linearAttention: OpDef = defineOp<Linear>({
  name: "LinearAttention",
  since: 27,
  summary:
    "Attention through a state that each step adds k⊗v to, decayed and corrected (Katharopoulos 2020, Yang 2024)",
  attributes: {
    chunk_size: int({ doc: "steps that a chunked engine takes at once; changes no result", default: 64 }),
    kv_num_heads: int({ doc: "heads of keys and values", min: 1 }),
    q_num_heads: int({ doc: "heads of queries", min: 1 }),
    scale: float({ doc: "factor of the output; 0 for 1/√size", default: 0 }),
    update_rule: choice({
      doc: "gated decays the state, delta replaces what it holds for a key",
      of: ["linear", "gated", "delta", "gated_delta"],
      default: "gated_delta",
    }),
  },
  arity: [3, 6],
  maxOutputs: 2,
  accuracy: "rounding",
  body(b, v, a) {
    const query = needed(v, 0),
      { dtype } = asTensor(query.type),
      wide = isNarrowFloat(dtype) ? "float32" : dtype;
    const { q_num_heads: heads, kv_num_heads: own } = a, rule = a.update_rule;
    if (heads % own !== 0) {
      throw new ShapeError(`${heads} heads of queries don't divide among ${own} of keys`);
    }
    const gated = rule.startsWith("gated"), corrected = rule.endsWith("delta");
    if (gated !== (v[4] !== undefined) || corrected !== (v[5] !== undefined)) {
      throw new ShapeError(`${rule} takes ${gated ? "a" : "no"} decay and ${corrected ? "a" : "no"} beta`);
    }
    const apart = (x: Value, shape: readonly number[]) =>
      b.reshape(typed(b, x, wide), b.ints([0, 0, ...shape]));
    const k = apart(needed(v, 1), [own, -1, 1]), value = apart(needed(v, 2), [own, 1, -1]);
    const size = dimsOf(k.type)[3], last = (x: Value) => dimsOf(x.type)[2];
    const q = apart(query, [own, heads / own, typeof size === "number" ? size : -1]);
    const decay = v[4] && apart(v[4], [own, last(v[4]) === own ? 1 : -1, 1]);
    const beta = v[5] && apart(v[5], [last(v[5]) === 1 ? 1 : own, 1, 1]);
    const past = v[3], state = past ? typed(b, past, wide) : zeroState(b, k, value, wide);
    const sequences = [q, k, value, ...decay ? [decay] : [], ...beta ? [beta] : []];
    const done = b.scan([state], sequences, { axis: 1 }, ([before], [qt, kt, vt, ...rest], s) => {
      if (!before || !qt || !kt || !vt) throw new ShapeError("a step without its inputs");
      const gate = decay && rest[0], rate = beta && rest.at(-1);
      const kept = gate ? s.mul(before, s.exp(gate)) : before;
      let added = vt;
      if (rate) {
        const held = s.matMul(s.transpose(kt, { perm: [0, 1, 3, 2] }), kept);
        added = s.mul(rate, s.sub(vt, held));
      }
      const after = s.add(kept, s.mul(kt, added));
      return { state: [after], outputs: [s.matMul(qt, after)] };
    });
    const number = a.scale !== 0 ? a.scale : typeof size === "number" ? 1 / Math.sqrt(size) : undefined;
    const factor = number !== undefined
      ? b.scalar(number, wide)
      : b.pow(b.cast(b.shape(k, { start: 3, end: 4 }), { to: wide }), b.scalar(-0.5, wide));
    const y = b.reshape(b.mul(needed(done.outputs, 0), factor), b.ints([0, 0, -1]));
    const kind = past ? asTensor(past.type).dtype : dtype;
    return [typed(b, y, dtype), typed(b, needed(done.state, 0), kind)];
  },
});
/** Zeros `[batch, heads, key size, value size]`. */
function zeroState(b: Builder, k: Value, v: Value, dtype: DType): Value {
  const part = (x: Value, start: number) => b.shape(x, { start, end: start + 1 });
  const shape = b.concat([part(k, 0), part(k, 2), part(k, 3), part(v, 4)], { axis: 0 });
  return b.constantOfShape(shape, { value: zeros([1], dtype) });
}

const causalConv: OpDef = defineOp<{ readonly activation: "none" | "silu" | "swish" }>({
  name: "CausalConvWithState",
  since: 27,
  summary: "A depthwise convolution over time that sees no later steps, and the last steps for the next call",
  attributes: {
    activation: choice({ doc: "of the result", of: ["none", "silu", "swish"], default: "none" }),
  },
  arity: [2, 4],
  maxOutputs: 2,
  accuracy: "rounding",
  body(b, v, { activation }) {
    const x = needed(v, 0),
      w = needed(v, 1),
      [channels, , size] = dimsOf(w.type),
      { dtype } = asTensor(x.type);
    if (typeof channels !== "number" || typeof size !== "number") {
      throw new ShapeError("weights [channels, 1, size] of a known shape expected");
    }
    const shape = b.concat([b.shape(x, { start: 0, end: 2 }), b.ints([size - 1])], {
      axis: 0,
    });
    const before = v[3] ?? b.constantOfShape(shape, { value: zeros([1], dtype) });
    const whole = b.concat([before, x], { axis: 2 });
    const y = b.one("Conv", v[2] ? [whole, w, v[2]] : [whole, w], { group: channels });
    const state = size > 1
      ? b.slice(whole, b.ints([1 - size]), b.ints([toEnd]), b.ints([2]))
      : b.slice(whole, b.ints([0]), b.ints([0]), b.ints([2]));
    return [activation === "none" ? y : b.swish(y), state];
  },
});

interface Scatter {
  readonly axis: number;
  readonly mode: "linear" | "circular";
}
const tensorScatter: OpDef = defineOp<Scatter>({
  name: "TensorScatter",
  since: 24,
  summary: "A cache with an update written into each row from its place on, around the end where circular",
  attributes: {
    axis: int({ doc: "axis of the steps; not the first", default: -2 }),
    mode: choice({ doc: "what happens at the end", of: ["linear", "circular"], default: "linear" }),
  },
  arity: [2, 3],
  accuracy: "exact",
  infer(c) {
    sharedType({ ...c, inputs: c.inputs.slice(0, 2) });
    return [inputOf(c, 0)];
  },
  gradient: "none",
  plain(inputs, { attributes }) {
    const past = tensorAt(inputs, 0), update = tensorAt(inputs, 1), given = optionalAt(inputs, 2);
    const axis = normalAxis(attributes.axis, past.shape.length), size = past.shape[axis] ?? 1;
    const steps = update.shape[axis] ?? 1, starts = given ? toIntegers(given) : [], [batch = 1] = past.shape;
    const fits = update.shape.length === past.shape.length && axis > 0 &&
      update.shape.every((d, i) => (i === axis ? d <= size : d === past.shape[i]));
    if (!fits || (given && starts.length !== batch)) {
      throw new InputError(`an update of [${update.shape}] doesn't fit into [${past.shape}] on axis ${axis}`);
    }
    const run = product(past.shape, axis + 1) * dtypes[past.dtype].per, rows = product(past.shape, 1, axis);
    const data = emptyLike(past.dtype, product(past.shape));
    copyRun(past.data, 0, data, 0, data.length);
    for (let r = 0; r < batch * rows; r++) {
      const start = starts[Math.floor(r / rows)] ?? 0;
      for (let s = 0; s < steps; s++) {
        const at = attributes.mode === "circular" ? (((start + s) % size) + size) % size : start + s;
        if (at < 0 || at >= size) throw new InputError(`step ${at} is outside a cache of ${size}`);
        copyRun(update.data, (r * steps + s) * run, data, (r * size + at) * run, run);
      }
    }
    return [{ dtype: past.dtype, shape: past.shape, data }];
  },
});

/** Parts of transformers. */
export const transformerOps: readonly OpDef[] = [
  rotary,
  swiGlu,
  shrink,
  linearAttention,
  causalConv,
  tensorScatter,
];
