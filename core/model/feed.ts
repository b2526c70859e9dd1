/** What a model is fed: arrays made tensors of the expected type, batches cut and put together again. @module */
import { type DType, dtypes, isBig, isFloat, isInteger } from "../values/dtype.ts";
import { InputError, shown } from "../values/errors.ts";
import { asTensor, dimText, type Type, typeText } from "../values/shape.ts";
import {
  castTensor,
  isList,
  isTensor,
  type Nested,
  type RuntimeValue,
  sizeOf,
  type Tensor,
  tensor,
  toNumbers,
} from "../values/tensor.ts";

/** An input or output of a model. A size that varies is a symbol's name; `["..."]` where even the rank is unknown. */
export interface Port {
  /** The name that data is given by. */
  readonly name: string;
  /** Element type. */
  readonly dtype: DType;
  /** Sizes, the batch first. */
  readonly shape: readonly (number | string)[];
  /** The whole type, for what is no tensor. */
  readonly type: Type;
  /** True for an input that has a value of its own where none is given. */
  readonly optional?: true;
}
/** What `predict` takes: one input's data, a list of every input's, or data by name; nested arrays count as data. */
export type ModelData =
  | Tensor
  | Nested
  | readonly (Tensor | Nested)[]
  | Readonly<Record<string, Tensor | Nested>>;

/** A port for a graph's input or output. */
export function portOf(name: string, type: Type, optional = false): Port {
  let inner = type;
  while (inner.kind !== "tensor") inner = inner.of;
  const shape = inner.shape?.map((d) => (typeof d === "number" ? d : dimText(d))) ?? ["..."];
  return { name, dtype: inner.dtype, shape, type, ...(optional && { optional: true }) };
}

const isTensorLike = (x: unknown): x is Tensor =>
  typeof x === "object" && x !== null && "data" in x && "shape" in x && "dtype" in x;

/**
 * Data by input name; an input with a value of its own may be left out.
 * @throws {InputError} that names the missing or unknown input.
 */
export function byName(
  x: ModelData,
  ports: readonly Port[],
  what = "input",
): Readonly<Record<string, Tensor | Nested>> {
  const names = ports.map((p) => p.name).join(", ");
  if (typeof x === "object" && !isList(x) && !isTensorLike(x)) {
    const given = (x ?? {}) as Readonly<Record<string, Tensor | Nested>>;
    const unknown = Object.keys(given).find((k) => !ports.some((p) => p.name === k));
    if (unknown !== undefined) {
      throw new InputError(`unknown ${what} ${shown(unknown)}: expected ${names}`, { place: unknown });
    }
    const missing = ports.find((p) => !p.optional && !Object.hasOwn(given, p.name));
    if (missing) {
      throw new InputError(`${what} ${shown(missing.name)} is missing: expected ${typeText(missing.type)}`, {
        place: missing.name,
      });
    }
    return given;
  }
  const wanted = ports.filter((p) => !p.optional), [only] = wanted;
  if (wanted.length === 1 && only && !(Array.isArray(x) && x.length === ports.length && ports.length > 1)) {
    const list = Array.isArray(x) && x.length === 1 && isTensorLike(x[0]) ? x[0] : x;
    return { [only.name]: list as Tensor | Nested };
  }
  if (!Array.isArray(x) || x.length !== ports.length) {
    const came = Array.isArray(x) ? `a list of ${x.length}` : "one";
    throw new InputError(`expected data for ${ports.length} ${what}s (${names}), got ${came}`);
  }
  return Object.fromEntries(ports.map((p, i) => [p.name, x[i] as Tensor | Nested]));
}

/** The ranks of a port and of data differ by one where data is a single sample. */
function asBatch(t: Tensor, port: Port): Tensor {
  const { shape } = asTensor(port.type);
  if (!shape || shape.length !== t.shape.length + 1 || (typeof shape[0] === "number" && shape[0] !== 1)) {
    return t;
  }
  const same = shape.slice(1).every((d, i) => typeof d !== "number" || d === t.shape[i]);
  return same ? { ...t, shape: [1, ...t.shape] } : t;
}

/**
 * A tensor for one input: nested arrays read, numbers cast to the input's type where no value is lost but precision,
 * a single sample given its batch axis when `batch` says that the first axis is one. With `exact` a tensor has to be of
 * the input's type.
 * @throws {InputError} that names the input.
 */
export function feed(
  port: Port,
  given: Tensor | Nested | RuntimeValue,
  batch: boolean,
  exact = false,
): RuntimeValue {
  if (port.type.kind !== "tensor") return given as RuntimeValue;
  if (typeof given === "object" && given !== null && "kind" in given) return given as RuntimeValue;
  let t: Tensor;
  if (isTensorLike(given)) {
    if (exact) return given;
    t = given;
  } else {
    const found = tensor(
      given as Nested,
      undefined,
      typeof first(given as Nested) === "string" ? "string" : "float64",
    );
    t = isList(given) && given.length === 0 ? { ...found, shape: [0] } : found;
  }
  const cast = castInput(port, t);
  return batch ? asBatch(cast, port) : cast;
}
function first(x: Nested): unknown {
  return isList(x) ? first(x[0] as Nested) : x;
}

/** What is given for inputs, by name; those left out have a value of their own. */
export function fedBy(
  ports: readonly Port[],
  named: Readonly<Record<string, Tensor | Nested>>,
  read: (port: Port, given: Tensor | Nested) => RuntimeValue,
): Record<string, RuntimeValue> {
  return Object.fromEntries(ports.flatMap((p) => {
    const given = Object.hasOwn(named, p.name) ? named[p.name] : undefined;
    return given === undefined ? [] : [[p.name, read(p, given)]];
  }));
}

const numeric = (dtype: DType) => isInteger(dtype) || dtype === "bool" || isFloat(dtype);
/** Casts between number types; fractions and numbers out of range are not made integers. */
function castInput(port: Port, t: Tensor): Tensor {
  const { dtype } = port;
  if (t.dtype === dtype) return t;
  if (!numeric(t.dtype) || !numeric(dtype)) {
    throw new InputError(`input ${shown(port.name)}: expected ${typeText(port.type)}, got ${t.dtype}`, {
      place: port.name,
    });
  }
  if (isInteger(dtype) && dtype !== t.dtype) {
    const { bits, kind } = dtypes[dtype];
    const low = kind === "uint" ? 0 : -(2 ** (bits - 1)),
      high = kind === "uint" ? 2 ** bits - 1 : 2 ** (bits - 1) - 1;
    const numbers = toNumbers(t), whole = isInteger(t.dtype) || t.dtype === "bool";
    for (let i = 0; i < numbers.length; i++) {
      const v = numbers[i] ?? 0;
      if (!(v >= low && v <= high) || (!whole && v !== Math.trunc(v))) {
        throw new InputError(`input ${shown(port.name)}: expected ${dtype}, got ${v} (element ${i})`, {
          place: port.name,
        });
      }
    }
  }
  return castTensor(t, dtype);
}

/** Rows `[from, to)` of a tensor's first axis, without a copy. */
export function rowsOf(t: Tensor, from: number, to: number): Tensor {
  const row = sizeOf(t.shape.slice(1)) * dtypes[t.dtype].per;
  const { data } = t;
  const part = ArrayBuffer.isView(data)
    ? data.subarray(from * row, to * row) as Tensor["data"]
    : (data as readonly string[]).slice(from * row, to * row);
  return { dtype: t.dtype, shape: [to - from, ...t.shape.slice(1)], data: part };
}
/**
 * Tensors one after another on their first axis.
 * @throws {InputError} when their other axes differ.
 */
export function concatRows(parts: readonly Tensor[], name: string): Tensor {
  const [head] = parts;
  if (!head) throw new InputError(`output ${name}: no batches`);
  if (parts.length === 1) return head;
  const rest = head.shape.slice(1);
  for (const p of parts) {
    if (p.shape.slice(1).join() !== rest.join()) {
      throw new InputError(
        `output ${name}: batches have shapes [${head.shape.join(", ")}] and [${
          p.shape.join(", ")
        }], which don't join`,
      );
    }
  }
  const shape = [parts.reduce((n, p) => n + (p.shape[0] ?? 0), 0), ...rest];
  if (head.dtype === "string") {
    return { dtype: "string", shape, data: parts.flatMap((p) => p.data as readonly string[]) };
  }
  const data = new dtypes[head.dtype].array(sizeOf(shape) * dtypes[head.dtype].per);
  let at = 0;
  for (const p of parts) {
    if (isBig(head.dtype)) (data as BigInt64Array).set(p.data as BigInt64Array, at);
    else (data as Float64Array).set(p.data as Float64Array, at);
    at += p.data.length;
  }
  return { dtype: head.dtype, shape, data };
}
/** The tensor in a run-time value. @throws {InputError} naming the output, for a sequence or optional. */
export function tensorIn(value: RuntimeValue | undefined, name: string): Tensor {
  if (isTensor(value)) return value;
  throw new InputError(
    `output ${name}: is ${value ? `a ${value.kind}` : "missing"}, not a tensor; use run()`,
  );
}
/** Rows in a given order. */
export function takeRows(t: Tensor, rows: Int32Array): Tensor {
  const width = sizeOf(t.shape.slice(1)) * dtypes[t.dtype].per, shape = [rows.length, ...t.shape.slice(1)];
  const { data } = t;
  if (!ArrayBuffer.isView(data)) {
    const list = data as readonly string[];
    return {
      dtype: t.dtype,
      shape,
      data: Array.from(rows).flatMap((r) => list.slice(r * width, (r + 1) * width)),
    };
  }
  const out = new dtypes[t.dtype].array(rows.length * width) as Float32Array, from = data as Float32Array;
  rows.forEach((r, i) => out.set(from.subarray(r * width, (r + 1) * width), i * width));
  return { dtype: t.dtype, shape, data: out };
}
