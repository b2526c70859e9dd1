/** Shrunk models as files: NAME.onnx, and NAME.json with inputs, and outputs as their judge gave them. @module */
import type { DType } from "../../core/values/dtype.ts";
import { isTensor, type Tensor, tensor, type TensorMap } from "../../core/values/tensor.ts";
import type { RuntimeValue } from "../../core/values/tensor.ts";
import type { Judged } from "./judge.ts";
import type { Drawn } from "./generate.ts";
import { bytesOf } from "./models.ts";

export type { TensorMap };
/** A tensor in JSON; what JSON has no number for is text. */
export interface TensorText {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: readonly (number | string)[];
}
/** A model's runs. */
export interface Fixture {
  /** What was wrong with it. */
  readonly about: string;
  readonly judge: Judged;
  readonly runs: readonly {
    readonly inputs: Readonly<Record<string, TensorText>>;
    readonly outputs: Readonly<Record<string, TensorText>>;
  }[];
}
type Values = Readonly<Record<string, RuntimeValue>>;

function toText({ dtype, shape, data }: Tensor): TensorText {
  const one = (v: unknown) =>
    typeof v === "number" && Number.isFinite(v) && !Object.is(v, -0) ? v : Object.is(v, -0) ? "-0" : `${v}`;
  return { dtype, shape, data: Array.from(data as ArrayLike<unknown>, one) };
}
/** A tensor of JSON. */
export function fromText({ dtype, shape, data }: TensorText): Tensor {
  if (dtype === "string") return { dtype, shape, data: data.map(String) };
  const big = dtype === "int64" || dtype === "uint64";
  const empty = tensor([], [0], dtype).data;
  const values = data.map((v) => (big ? BigInt(v) : Number(v)));
  // Narrow floats are bits already.
  const array = new (empty.constructor as Float32ArrayConstructor)(data.length);
  values.forEach((v, i) => Reflect.set(array, i, v));
  return { dtype, shape: [...shape], data: array };
}
const texts = (values: Values) =>
  Object.fromEntries(Object.entries(values).flatMap(([name, v]) => (isTensor(v) ? [[name, toText(v)]] : [])));

/** Writes a model with its runs. */
export async function writeFixture(
  path: string,
  drawn: Drawn,
  about: string,
  judge: Judged,
  outputs: readonly Values[],
): Promise<void> {
  await Deno.writeFile(`${path}.onnx`, bytesOf(drawn.model));
  const runs = drawn.feeds.map((feed, i) => ({ inputs: texts(feed), outputs: texts(outputs[i] ?? {}) }));
  const fixture: Fixture = { about, judge, runs };
  await Deno.writeTextFile(`${path}.json`, `${JSON.stringify(fixture)}\n`);
}
