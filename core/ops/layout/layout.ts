/** Operators that give elements another place or shape, and never another value. @module */
import { item } from "../../values/item.ts";
import { InputError, ShapeError } from "../../values/errors.ts";
import type { Value } from "../../graph/graph.ts";
import type { Builder } from "../../graph/builder.ts";
import { dtypes } from "../../values/dtype.ts";
import type { OpDef } from "../../graph/op.ts";
import { bool, choice, int, nullable } from "../../values/schema.ts";
import { asTensor, type Dim, dimsOf, tensorType } from "../../values/shape.ts";
import { copyOf, scalar, sizeOf, type Tensor, toIntegers, zeros } from "../../values/tensor.ts";
import {
  anyType,
  defineOp,
  dtypeField,
  dtypeOfCode,
  indexTypes,
  inputOf,
  keepsType,
  optionalAt,
  tensorAt,
} from "../define.ts";
import { copyRun, emptyLike } from "../kernels.ts";
import { moveOps } from "./move.ts";
import { reshapeOps } from "./reshape.ts";
import { sliceOps } from "./slice.ts";

type Blocks = { readonly blocksize: number; readonly mode: "DCR" | "CRD" };
const blockFields = {
  blocksize: int({ doc: "side of a block", min: 1 }),
  mode: choice({ doc: "depth first or column first", default: "DCR", of: ["DCR", "CRD"] }),
} as const;

/** A shape vector from the input's dims: an axis, an axis divided or multiplied, or a number. */
function vector(
  b: Builder,
  x: Value,
  parts: readonly (number | { axis: number; times?: number; over?: number })[],
): Value {
  const pieces = parts.map((part) => {
    if (typeof part === "number") return b.ints([part]);
    const d = b.shape(x, { start: part.axis, end: part.axis + 1 });
    if (part.times !== undefined) return b.mul(d, b.ints([part.times]));
    return part.over === undefined ? d : b.div(d, b.ints([part.over]));
  });
  return b.concat(pieces, { axis: 0 });
}
/** Checks that known dims divide by the block. */
function divides(x: Value, axes: readonly number[], by: number): void {
  const dims = dimsOf(x.type);
  if (dims.length !== 4) {
    throw new ShapeError(`expected [batch, channels, height, width], got a rank of ${dims.length}`);
  }
  for (const axis of axes) {
    const d: Dim = item(dims, axis);
    if (typeof d === "number" && d % by !== 0) {
      throw new ShapeError(`axis ${axis} of ${d} doesn't divide by ${by}`);
    }
  }
}
const depthToSpace = defineOp<Blocks>({
  name: "DepthToSpace",
  since: 28,
  summary: "Channels spread over blocks of space",
  attributes: blockFields,
  arity: [1, 1],
  accuracy: "exact",
  body(b, [x], { blocksize: s, mode }) {
    if (!x) return [];
    divides(x, [1], s * s);
    const n = { axis: 0 }, c = { axis: 1, over: s * s }, h = { axis: 2 }, w = { axis: 3 };
    const parts = vector(b, x, mode === "DCR" ? [n, s, s, c, h, w] : [n, c, s, s, h, w]);
    const perm = mode === "DCR" ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3];
    const turned = b.transpose(b.reshape(x, parts, { allowzero: true }), { perm });
    const shape = vector(b, x, [n, c, { axis: 2, times: s }, { axis: 3, times: s }]);
    return [b.reshape(turned, shape, { allowzero: true })];
  },
});
const spaceToDepth = defineOp<Blocks>({
  name: "SpaceToDepth",
  since: 28,
  summary: "Blocks of space as channels",
  attributes: blockFields,
  arity: [1, 1],
  accuracy: "exact",
  body(b, [x], { blocksize: s, mode }) {
    if (!x) return [];
    divides(x, [2, 3], s);
    const n = { axis: 0 }, c = { axis: 1 }, h = { axis: 2, over: s }, w = { axis: 3, over: s };
    const split = b.reshape(x, vector(b, x, [n, c, h, s, w, s]), { allowzero: true });
    const perm = mode === "DCR" ? [0, 3, 5, 1, 2, 4] : [0, 1, 3, 5, 2, 4];
    const shape = vector(b, x, [n, { axis: 1, times: s * s }, h, w]);
    return [b.reshape(b.transpose(split, { perm }), shape, { allowzero: true })];
  },
});

const eyeLike = defineOp<{ readonly dtype: number | null; readonly k: number }>({
  name: "EyeLike",
  since: 22,
  summary: "Ones on a diagonal, zeros elsewhere, in the input's shape",
  attributes: {
    dtype: nullable(dtypeField("element type; the input's unless given")),
    k: int({ doc: "which diagonal; above the main one where positive", default: 0 }),
  },
  arity: [1, 1],
  accuracy: "exact",
  infer(c) {
    const x = asTensor(c.inputs[0]), { dtype } = c.attributes;
    return [tensorType(dtype === null ? x.dtype : dtypeOfCode(dtype), x.shape)];
  },
  gradient: "none",
  plain(inputs, { attributes: { dtype, k } }) {
    const x = tensorAt(inputs, 0), [rows = 0, columns = 0] = x.shape;
    const to = dtype === null ? x.dtype : dtypeOfCode(dtype);
    const out = zeros([rows, columns], to),
      one = scalar(1, to).data as Float64Array,
      data = out.data as Float64Array;
    for (let r = 0; r < rows; r++) {
      if (r + k >= 0 && r + k < columns) data[r * columns + r + k] = one[0] as number;
    }
    return [out];
  },
});

function triangle(x: Tensor, k: number, upper: boolean): Tensor {
  const out = copyOf(x), columns = x.shape.at(-1) ?? 1, rows = x.shape.at(-2) ?? 1;
  const data = out.data as Float64Array,
    zero = zeros([1], x.dtype).data as Float64Array,
    per = dtypes[x.dtype].per;
  for (let at = 0; at < sizeOf(x.shape); at++) {
    const column = at % columns, row = Math.floor(at / columns) % rows;
    if (upper ? column - row >= k : column - row <= k) continue;
    for (let p = 0; p < per; p++) data[at * per + p] = zero[p] as number;
  }
  return out;
}
const trilu = defineOp<{ readonly upper: boolean }>({
  name: "Trilu",
  since: 14,
  summary: "The upper or lower triangle of the last two axes, zeros elsewhere",
  attributes: { upper: bool({ doc: "keep the upper one", default: true }) },
  arity: [1, 2],
  accuracy: "exact",
  infer: keepsType(anyType),
  vjp: (b, { inputs: [, k], attributes }, [dy]) => [dy && b.trilu(dy, k, attributes)],
  plain(inputs, { attributes: { upper } }) {
    const k = optionalAt(inputs, 1);
    return [triangle(tensorAt(inputs, 0), k ? item(toIntegers(k), 0) : 0, upper)];
  },
});

type Axes = { readonly batch_axis: number; readonly time_axis: number };
function reversed(x: Tensor, lengths: readonly number[], { batch_axis, time_axis }: Axes): Tensor {
  const first = Math.min(batch_axis, time_axis), per = dtypes[x.dtype].per;
  const [a = 1, c = 1] = x.shape, inner = sizeOf(x.shape.slice(2)) * per;
  if (first !== 0 || batch_axis + time_axis !== 1) {
    throw new InputError("batch and time must be axes 0 and 1");
  }
  const out = emptyLike(x.dtype, sizeOf(x.shape)), time = time_axis === 0 ? a : c;
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < c; j++) {
      const row = time_axis === 0 ? j : i, step = time_axis === 0 ? i : j, n = lengths[row] as number;
      if (n < 0 || n > time) throw new InputError(`sequence_lens[${row}] is ${n}: expected 0 to ${time}`);
      const back = step < n ? n - 1 - step : step;
      const from = time_axis === 0 ? back * c + j : i * c + back;
      copyRun(x.data, from * inner, out, (i * c + j) * inner, inner);
    }
  }
  return { dtype: x.dtype, shape: x.shape, data: out };
}
const reverseSequence = defineOp<Axes>({
  name: "ReverseSequence",
  since: 28,
  summary: "Each row's first `length` steps backwards, the rest as they are",
  attributes: {
    batch_axis: int({ doc: "axis of rows", default: 1, min: 0, max: 1 }),
    time_axis: int({ doc: "axis of steps", default: 0, min: 0, max: 1 }),
  },
  arity: [2, 2],
  accuracy: "exact",
  infer(c) {
    inputOf(c, 1, indexTypes);
    const x = inputOf(c, 0);
    if (x.shape && x.shape.length < 2) throw new ShapeError("expected batch and time axes");
    return [x];
  },
  vjp: (b, { inputs: [, lengths], attributes }, [dy]) => [
    dy && lengths && b.reverseSequence(dy, lengths, attributes),
    undefined,
  ],
  plain: (
    inputs,
    { attributes },
  ) => [reversed(tensorAt(inputs, 0), toIntegers(tensorAt(inputs, 1)), attributes)],
});

/** Operators that give elements another place or shape. */
export const layoutOps: readonly OpDef[] = [
  ...reshapeOps,
  ...moveOps,
  ...sliceOps,
  depthToSpace,
  spaceToDepth,
  eyeLike,
  trilu,
  reverseSequence,
];
