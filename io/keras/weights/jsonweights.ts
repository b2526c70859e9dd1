/** Weights in a model's JSON, beside its configuration: by path, with their shape and their numbers in row-major order. @module */
import { FormatError, LimitError, UnsupportedError } from "../../../core/values/errors.ts";
import { defaultLimits, type Limits } from "../../../core/values/limits.ts";
import { dtypes, isBig, isDType } from "../../../core/values/dtype.ts";
import { sizeOf, type Tensor } from "../../../core/values/tensor.ts";
import { isJson, type Json } from "../json.ts";

/** The key that holds them; Keras reads over it. */
export const jsonWeights = "weights";
/** What JSON has no number for. */
const words = ["NaN", "Infinity", "-Infinity"];

/**
 * Weights as JSON. Numbers of float32 are as short as they can be and still be read back equal; those that JSON can't say, and
 * whole numbers beyond 2⁵³, are text.
 * @throws {UnsupportedError} for an element type other than float32, float64, integers and bool; {@link LimitError} for weights that
 * no reader's limit lets through.
 */
export function weightsJson(weights: ReadonlyMap<string, Tensor>, model: string): Json {
  let count = 0;
  for (const { data } of weights.values()) count += data.length;
  // A number takes up to 14 characters.
  if (count > defaultLimits.textBytes / 14) {
    throw new LimitError(
      `${model}: ${count} weights are too many for JSON: save it as .keras, or with { weights: false }`,
    );
  }
  const entries = [...weights].map(([path, { dtype, shape, data }]) => {
    const { kind, bits } = dtypes[dtype];
    if (kind === "string" || kind === "complex" || (kind === "float" && bits < 32)) {
      throw new UnsupportedError(`${path}: weights of ${dtype} can't be said in JSON; save it as .keras`, {
        place: path,
      });
    }
    const say = (v: number | bigint | string): unknown => {
      if (typeof v !== "number") return Number.isSafeInteger(Number(v)) ? Number(v) : `${v}`;
      if (!Number.isFinite(v)) return `${v}`;
      return dtype === "float32" ? Number(v.toPrecision(9)) : v;
    };
    return [path, { dtype, shape, values: Array.from<number | bigint | string, unknown>(data, say) }];
  });
  return Object.fromEntries(entries);
}

/** The weights of a model's JSON; undefined where it holds none. @throws {FormatError} naming the weight. */
export function readJsonWeights(json: Json, file: string, limits: Limits): Map<string, Tensor> | undefined {
  const held = json[jsonWeights];
  if (held === undefined) return undefined;
  const wrong = (place: string, expected: string) =>
    new FormatError(`${file}: ${place}: expected ${expected}`, { file, place });
  if (!isJson(held)) throw wrong(jsonWeights, "weights by path");
  const list = Object.entries(held);
  if (list.length > limits.items) throw new LimitError(`${file}: ${list.length} weights`, { file });
  return new Map(list.map(([path, raw]) => {
    const place = `${jsonWeights}.${path}`, { dtype, shape, values } = isJson(raw) ? raw : {};
    const fits = isDType(dtype) && Array.isArray(values) && Array.isArray(shape) &&
      shape.every((n) => Number.isSafeInteger(n) && n >= 0) && sizeOf(shape) === values.length;
    if (!fits) throw wrong(place, "a dtype, a shape and as many values");
    const { array, kind } = dtypes[dtype], data = new array(values.length);
    values.forEach((v: unknown, i) => {
      const ok = typeof v === "number" || typeof v === "string" &&
          (kind === "float" ? words.includes(v) : /^-?\d{1,20}$/.test(v));
      if (!ok) throw wrong(`${place}.values[${i}]`, "a number");
      data[i] = isBig(dtype) ? BigInt(v) : Number(v);
    });
    return [path, { dtype, shape, data }];
  }));
}
