/** Draws from categories: Multinomial. @module */
import type { OpDef } from "../../core/graph/op.ts";
import { defineOp, dtypeField, dtypeOfCode, floats, inputOf, tensorAt } from "../../core/ops/define.ts";
import { Random } from "../../core/values/random.ts";
import { float, int, nullable } from "../../core/values/schema.ts";
import { dimsOf, tensorType } from "../../core/values/shape.ts";
import { castTensor, toNumbers } from "../../core/values/tensor.ts";
import { boundedSize } from "./bounds.ts";

interface Multinomial {
  readonly dtype: number;
  readonly sample_size: number;
  readonly seed: number | null;
}
const multinomial: OpDef = defineOp<Multinomial>({
  name: "Multinomial",
  since: 22,
  summary:
    "Draws `[batch, samples]` of categories with log-probabilities `[batch, categories]`, not normalized",
  attributes: {
    dtype: { ...dtypeField("element type, int32 or int64"), required: false, default: 6 },
    sample_size: int({ doc: "draws a row", default: 1, min: 0 }),
    seed: nullable(float({ doc: "seed; another one each run unless given" })),
  },
  arity: [1, 1],
  accuracy: "rounding",
  deterministic: false,
  infer(c) {
    const [batch = 1] = dimsOf(inputOf(c, 0, floats));
    return [tensorType(dtypeOfCode(c.attributes.dtype), [batch, c.attributes.sample_size])];
  },
  dtypes: (c) => [tensorType(dtypeOfCode(c.attributes.dtype))],
  gradient: "none",
  plain(inputs, { attributes: { dtype, sample_size, seed }, limits }) {
    const x = tensorAt(inputs, 0), [batch = 0, classes = 0] = x.shape, values = toNumbers(x);
    const random = new Random(
      seed === null ? Math.floor(Math.random() * 2 ** 32) : Math.abs(Math.trunc(seed * 65536)),
    );
    const shape = [batch, sample_size], out = new Float64Array(boundedSize(shape, "float64", limits));
    for (let b = 0; b < batch; b++) {
      const row = Array.from(values.subarray(b * classes, (b + 1) * classes));
      const most = row.reduce((m, v) => Math.max(m, v), -Infinity);
      let total = 0;
      const sums = row.map((v) => total += Math.exp(v - most));
      for (let s = 0; s < sample_size; s++) {
        const at = random.uniform() * total, found = sums.findIndex((sum) => at < sum);
        out[b * sample_size + s] = found < 0 ? classes - 1 : found;
      }
    }
    return [castTensor({ dtype: "float64", shape, data: out }, dtypeOfCode(dtype))];
  },
});

/** Multinomial. */
export const randomOps: readonly OpDef[] = [multinomial];
