/** `lapis.Philox`: random numbers as an operator, the same for a key and a counter on every backend. @module */
import type { Builder } from "../../graph/builder.ts";
import { isBig } from "../../values/dtype.ts";
import { InputError, LapisError } from "../../values/errors.ts";
import type { Value } from "../../graph/graph.ts";
import type { InferContext, OpDef } from "../../graph/op.ts";
import { philox } from "../../values/random.ts";
import { int, list, nullable } from "../../values/schema.ts";
import { asTensor, type Dim, freshDim, tensorType } from "../../values/shape.ts";
import { sizeOf, type Tensor, tensor, toIntegers } from "../../values/tensor.ts";
import { defineOp, dtypeField, dtypeOfCode, inputOf, optionalAt, tensorAt, vectorLength } from "../define.ts";
import { finished, numbersFor } from "../kernels.ts";

interface PhiloxAttributes {
  readonly shape: readonly number[] | null;
  readonly dtype: number;
}

function shapeOf(c: InferContext<PhiloxAttributes>): readonly Dim[] | undefined {
  if (c.attributes.shape) return c.attributes.shape;
  const known = c.dims(2), rank = vectorLength(c, 2);
  return known ?? (rank === undefined ? undefined : Array.from({ length: rank }, freshDim));
}

const word = 0xffffffffn;
/** The two words of a key: two elements, or the halves of one int64. */
function keyWords(t: Tensor): [number, number] {
  const parts = Array.from(t.data as ArrayLike<number | bigint>, BigInt), first = parts[0] ?? 0n;
  if (parts.length === 2) return [Number(first & word), Number((parts[1] ?? 0n) & word)];
  if (parts.length !== 1 || !isBig(t.dtype)) {
    throw new InputError(`a key is two words or one int64, got ${t.dtype}[${t.shape}]`);
  }
  return [Number(first & word), Number(first >> 32n & word)];
}
function draws(size: number, key: [number, number], counter: bigint, out: Float64Array): void {
  const c2 = Number(counter & word), c3 = Number(counter >> 32n & word);
  for (let i = 0; i < size; i += 4) {
    const block = philox([i / 4, 0, c2, c3], key);
    for (let k = 0; k < 4 && i + k < size; k++) out[i + k] = ((block[k] as number) >>> 8) / 16777216;
  }
}

/** 32-bit arithmetic in int64 values below 2³², out of ONNX operators. */
class Words {
  readonly b: Builder;
  readonly #mask: Value;
  constructor(b: Builder) {
    this.b = b;
    this.#mask = b.scalar(word, "int64");
  }
  constant(n: number): Value {
    return this.b.scalar(n, "int64");
  }
  low(x: Value): Value {
    return this.b.bitwiseAnd(x, this.#mask);
  }
  /** The upper half of 64 bits; the shift has no sign in uint64. */
  high(x: Value): Value {
    const wide = this.b.cast(x, { to: "uint64" });
    const shifted = this.b.bitShift(wide, this.b.scalar(32n, "uint64"), { direction: "RIGHT" });
    return this.b.cast(shifted, { to: "int64" });
  }
  xor(...parts: readonly [Value, Value, Value]): Value {
    const [x, y, z] = parts;
    return this.b.bitwiseXor(this.b.bitwiseXor(x, y), z);
  }
}
function rounds(
  w: Words,
  start: readonly [Value, Value, Value, Value],
  key: readonly [Value, Value],
): readonly Value[] {
  let [c0, c1, c2, c3] = start, [k0, k1] = key;
  const { b } = w, m0 = w.constant(0xd2511f53), m1 = w.constant(0xcd9e8d57);
  for (let round = 0; round < 10; round++) {
    const p0 = b.mul(c0, m0), p1 = b.mul(c2, m1);
    [c0, c1, c2, c3] = [w.xor(w.high(p1), c1, k0), w.low(p1), w.xor(w.high(p0), c3, k1), w.low(p0)];
    k0 = w.low(b.add(k0, w.constant(0x9e3779b9)));
    k1 = w.low(b.add(k1, w.constant(0xbb67ae85)));
  }
  return [c0, c1, c2, c3];
}
function keyParts(w: Words, key: Value): [Value, Value] {
  const { b } = w, type = asTensor(key.type), long = b.cast(key, { to: "int64" });
  const first = type.shape?.[0];
  if (type.shape?.length === 1 && first === 2) {
    const pick = (i: number) => w.low(b.gather(long, b.scalar(i, "int64")));
    return [pick(0), pick(1)];
  }
  const one = b.reshape(long, b.constant(tensor([], [0], "int64")));
  return [w.low(one), w.high(one)];
}

/**
 * The first two words of the block that `philox` gives for a counter `[step, 0, c2, c3]` and a key: int64 scalars in,
 * uint32 `[2]` out.
 */
export function philoxKey(b: Builder, step: Value, [c2, c3]: readonly [number, number], key: Value): Value {
  const w = new Words(b), flat = (x: Value) => b.reshape(x, b.ints([1]));
  const start = [w.low(step), w.high(step), w.constant(c2), w.constant(c3)] as const;
  const words = rounds(w, start, keyParts(w, key)).slice(0, 2);
  return b.cast(b.concat(words.map(flat), { axis: 0 }), { to: "uint32" });
}

/** Uniform numbers in [0, 1) by key and counter. Element i is the top 24 bits of word i mod 4 of block i div 4. */
export const philoxOp: OpDef = defineOp<PhiloxAttributes>({
  name: "Philox",
  domain: "lapis",
  since: 1,
  summary:
    "Uniform random numbers in [0, 1) by key (two words, or one int64) and counter, in a shape given as attribute or input (Salmon et al. 2011)",
  attributes: {
    shape: nullable(list({ doc: "shape, where it isn't an input", of: int({ doc: "dim", min: 0 }) })),
    dtype: { ...dtypeField("element type"), required: false, default: 1 },
  },
  arity: [2, 3],
  accuracy: "exact",
  infer(c) {
    inputOf(c, 0, ["uint32", "int64", "uint64"]);
    inputOf(c, 1, ["int64"]);
    return [tensorType(dtypeOfCode(c.attributes.dtype), shapeOf(c))];
  },
  body(b, [key, counter, given], { shape, dtype }) {
    if (!key || !counter) return [];
    const wanted = shape ? b.ints(shape) : given;
    if (!wanted) throw new LapisError("graph", "lapis.Philox needs a shape");
    const w = new Words(b), zero = w.constant(0), one = w.constant(1), four = w.constant(4);
    const size = b.reduceProd(wanted, { keepdims: false });
    const count = b.div(b.add(size, w.constant(3)), four);
    const blocks = b.range(zero, count, one),
      step = b.reshape(counter, b.constant(tensor([], [0], "int64")));
    const words = rounds(
      w,
      [blocks, b.mul(blocks, zero), w.low(step), w.high(step)],
      keyParts(w, key),
    );
    const columns = words.map((v) => b.unsqueeze(v, b.ints([1])));
    const flat = b.reshape(b.concat(columns, { axis: 1 }), b.ints([-1]));
    const bits = b.slice(flat, b.ints([0]), b.reshape(size, b.ints([1])));
    const top = b.cast(b.div(bits, w.constant(256)), { to: dtype });
    const unit = b.mul(top, b.scalar(1 / 16777216, dtypeOfCode(dtype)));
    return [b.reshape(unit, wanted, { allowzero: true })];
  },
  plain(inputs, { attributes }) {
    const counter = tensorAt(inputs, 1), given = optionalAt(inputs, 2), dtype = dtypeOfCode(attributes.dtype);
    const shape = attributes.shape ?? (given ? toIntegers(given) : []), size = sizeOf(shape);
    const out = numbersFor(dtype, size);
    draws(size, keyWords(tensorAt(inputs, 0)), BigInt(counter.data[0] ?? 0), out);
    return [finished(dtype, shape, out)];
  },
});
