/** ONNX's random operators, on the host: seeded where a seed is given. Training draws from `lapis.Philox` instead. @module */
import type { DType } from "../../values/dtype.ts";
import type { OpDef } from "../../graph/op.ts";
import { Random } from "../../values/random.ts";
import { type Field, float, int, list, nullable } from "../../values/schema.ts";
import { asTensor, tensorType } from "../../values/shape.ts";
import { castTensor, sizeOf, type Tensor } from "../../values/tensor.ts";
import { defineOp, dtypeField, dtypeOfCode, floats, inputOf, tensorAt } from "../define.ts";
import { numbersOf } from "../kernels.ts";

const seedField: Field<number | null> = nullable(float({ doc: "seed; another one each run unless given" }));

function generator(seed: number | null): Random {
  return new Random(
    seed === null ? Math.floor(Math.random() * 2 ** 32) : Math.abs(Math.trunc(seed * 2 ** 16)),
  );
}
function drawn(shape: readonly number[], dtype: DType, draw: () => number): Tensor {
  const data = Float64Array.from({ length: sizeOf(shape) }, draw);
  return castTensor({ dtype: "float64", shape, data }, dtype);
}

interface Kind<A> {
  readonly name: string;
  readonly summary: string;
  readonly fields: { readonly [K in keyof A]-?: Field<A[K]> };
  draw(random: Random, a: A): number;
}
type Seed = { readonly seed: number | null };
type Made = Seed & { readonly shape: readonly number[]; readonly dtype: number };
type Like = Seed & { readonly dtype: number | null };

function randomPair<A>({ name, summary, fields, draw }: Kind<A>): readonly OpDef[] {
  const made = defineOp<A & Made>({
    name,
    since: 22,
    summary: `${summary}, in a given shape`,
    attributes: {
      ...fields,
      seed: seedField,
      shape: list({ doc: "shape", of: int({ doc: "dim", min: 0 }) }),
      dtype: { ...dtypeField("element type"), required: false, default: 1 },
    } as unknown as OpDef<A & Made>["attributes"],
    arity: [0, 0],
    accuracy: "rounding",
    deterministic: false,
    infer: (c) => [tensorType(dtypeOfCode(c.attributes.dtype), c.attributes.shape)],
    gradient: "none",
    plain(_inputs, { attributes: a }) {
      const random = generator(a.seed);
      return [drawn(a.shape, dtypeOfCode(a.dtype), () => draw(random, a))];
    },
  });
  const like = defineOp<A & Like>({
    name: `${name}Like`,
    since: 22,
    summary: `${summary}, in the input's shape`,
    attributes: {
      ...fields,
      seed: seedField,
      dtype: nullable(dtypeField("element type; the input's unless given")),
    } as unknown as OpDef<A & Like>["attributes"],
    arity: [1, 1],
    accuracy: "rounding",
    deterministic: false,
    infer(c) {
      const x = asTensor(c.inputs[0]), { dtype } = c.attributes;
      return [tensorType(dtype === null ? x.dtype : dtypeOfCode(dtype), x.shape)];
    },
    vjp: () => [undefined],
    plain(inputs, { attributes: a }) {
      const x = tensorAt(inputs, 0), random = generator(a.seed);
      return [drawn(x.shape, a.dtype === null ? x.dtype : dtypeOfCode(a.dtype), () => draw(random, a))];
    },
  });
  return [made, like];
}

const normal = randomPair<{ readonly mean: number; readonly scale: number }>({
  name: "RandomNormal",
  summary: "Normally distributed numbers",
  fields: {
    mean: float({ doc: "mean", default: 0 }),
    scale: float({ doc: "standard deviation", default: 1 }),
  },
  draw: (random, { mean, scale }) => mean + scale * random.normal(),
});
const uniform = randomPair<{ readonly low: number; readonly high: number }>({
  name: "RandomUniform",
  summary: "Uniformly distributed numbers",
  fields: { low: float({ doc: "lower bound", default: 0 }), high: float({ doc: "upper bound", default: 1 }) },
  draw: (random, { low, high }) => low + (high - low) * random.uniform(),
});

const bernoulli = defineOp<Like>({
  name: "Bernoulli",
  since: 22,
  summary: "1 with the probability that each element says, else 0",
  attributes: { dtype: nullable(dtypeField("element type; the input's unless given")), seed: seedField },
  arity: [1, 1],
  accuracy: "rounding",
  deterministic: false,
  infer(c) {
    const x = inputOf(c, 0, floats), { dtype } = c.attributes;
    return [tensorType(dtype === null ? x.dtype : dtypeOfCode(dtype), x.shape)];
  },
  vjp: () => [undefined],
  plain(inputs, { attributes: { dtype, seed } }) {
    const x = tensorAt(inputs, 0), random = generator(seed), share = numbersOf(x);
    let i = 0;
    const draw = () => (random.uniform() < (share[i++] as number) ? 1 : 0);
    return [drawn(x.shape, dtype === null ? x.dtype : dtypeOfCode(dtype), draw)];
  },
});

/** ONNX's random operators. */
export const randomOps: readonly OpDef[] = [...normal, ...uniform, bernoulli];
