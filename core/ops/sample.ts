/** Samples that the operator contract tests run: one operator on small inputs. @module */
import { dtypes } from "../values/dtype.ts";
import type { Attributes, Graph } from "../graph/graph.ts";
import { Random } from "../values/random.ts";
import { sizeOf, type Tensor, tensor } from "../values/tensor.ts";
import type { DType } from "../values/dtype.ts";

/** One operator with inputs on which every backend must agree, and whose gradient is checked. */
export interface OpSample {
  /** An ONNX operator, or `domain.Operator`. */
  readonly op: string;
  readonly attributes?: Attributes;
  /** Absent optional inputs are undefined. */
  readonly inputs: readonly (Tensor | undefined)[];
  /** Which inputs' gradients are checked; every float input unless said. All false for none. */
  readonly wanted?: readonly boolean[];
  /** How many outputs are asked for; all that inference gives unless said. */
  readonly outputs?: number;
  readonly graphs?: Readonly<Record<string, Graph>>;
  /** What is special about it. */
  readonly note?: string;
}

/** Random numbers of a shape in `[low, high)`, the same at every call. */
export function uniform(
  shape: readonly number[],
  low = -1,
  high = 1,
  seed = 1,
  dtype: DType = "float32",
): Tensor {
  const random = new Random(seed);
  const data = new dtypes[dtype].array(sizeOf(shape)) as Float64Array;
  for (let i = 0; i < data.length; i++) data[i] = low + (high - low) * random.uniform();
  return { dtype, shape, data };
}
/** The numbers 0, 1, 2, … shuffled and scaled, all apart by `step`: for maxima, sorting and pooling. */
export function distinct(shape: readonly number[], step = 0.1, seed = 2): Tensor {
  const random = new Random(seed), n = sizeOf(shape);
  const data = Float32Array.from({ length: n }, (_, i) => (i - n / 2 + 0.25) * step);
  for (let i = n - 1; i > 0; i--) {
    const j = random.below(i + 1), kept = data[i] as number;
    data[i] = data[j] as number;
    data[j] = kept;
  }
  return { dtype: "float32", shape, data };
}
/** An int64 tensor. */
export function int64(data: readonly number[], shape: readonly number[] = [data.length]): Tensor {
  return tensor([...data], shape, "int64");
}
/** The name a test of the sample goes by. */
export function sampleName(sample: OpSample): string {
  const shapes = sample.inputs.map((t) => (t ? `${t.dtype}[${t.shape}]` : "-")).join(" ");
  return `${sample.op} ${shapes}${sample.note === undefined ? "" : ` (${sample.note})`}`;
}
