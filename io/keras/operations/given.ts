/** What an operation of Keras 3 is given: tensors and constants under the names of its arguments. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import { commonType, type DType, isDType, isFloat } from "../../../core/values/dtype.ts";
import { ShapeError, shown, UnsupportedError } from "../../../core/values/errors.ts";
import type { Value } from "../../../core/graph/graph.ts";
import { cast, dtypeOf, shapeOf } from "../../../core/ops/words.ts";
import { normalAxis } from "../../../core/values/shape.ts";
import { type Nested, tensor } from "../../../core/values/tensor.ts";
import { arrayOf, isConstant, isNumbers } from "../reading/constants.ts";
import { isJson } from "../json.ts";

/** An operation: the names of its positional arguments, and the operators it stands for. */
export interface Operation {
  /** A name with a star takes all that are left. */
  readonly args: readonly string[];
  build(given: Given): Value | readonly Value[];
}
/** Operations by Keras' class name. */
export type Operations = Readonly<Record<string, Operation>>;

/** True for a value among arguments. */
export function isValue(x: unknown): x is Value {
  return isJson(x) && typeof x.id === "number" && "owner" in x;
}
const isNumber = (x: unknown): x is number | boolean => typeof x === "number" || typeof x === "boolean";
const flat = (x: Nested): readonly Nested[] => Array.isArray(x) ? x.flatMap(flat) : [x];

/** Arguments that change no value. */
const idle: ReadonlySet<string> = new Set([
  "name",
  "sorted",
  "flash_attention",
  "fill_mode",
  "fill_value",
  "trainable",
]);
/** Arguments of one call. Errors name the argument. */
export class Given {
  readonly b: Builder;
  readonly #args: Readonly<Record<string, unknown>>;
  readonly #read = new Set<string>();
  constructor(b: Builder, args: Readonly<Record<string, unknown>>) {
    this.b = b;
    this.#args = args;
  }
  /** Other arguments for another operation. */
  with(args: Readonly<Record<string, unknown>>): Given {
    return new Given(this.b, args);
  }
  /** Refuses an argument. */
  refuse(name: string): UnsupportedError {
    return new UnsupportedError(`argument ${name} = ${shown(this.#args[name], 60)} is not supported`);
  }
  /** An argument as it came; null where there is none. */
  get(name: string): unknown {
    this.#read.add(name);
    return this.#args[name] ?? null;
  }
  /** Arguments that say something and were never asked for. */
  unread(): readonly string[] {
    return Object.keys(this.#args).filter((k) => {
      const x = this.#args[k] ?? null;
      return !this.#read.has(k) && !idle.has(k) && x !== null && x !== false;
    });
  }
  /** True when an argument is there and not null. */
  has(name: string): boolean {
    return this.get(name) !== null;
  }
  /** A number. */
  number(name: string, otherwise?: number): number {
    const x = this.get(name);
    if (typeof x === "number") return x;
    if (x === null && otherwise !== undefined) return otherwise;
    throw this.refuse(name);
  }
  /** True or false. */
  flag(name: string): boolean {
    const x = this.get(name);
    if (x === null || typeof x === "boolean") return x === true;
    throw this.refuse(name);
  }
  /** A list of whole numbers; one number is a list of one. */
  integers(name: string): readonly number[] {
    const x = this.get(name), list = Array.isArray(x) ? x as unknown[] : [x];
    if (list.every((n) => Number.isSafeInteger(n))) return list as number[];
    throw this.refuse(name);
  }
  /** Whole numbers as a vector of int64; some of them may be tensors. */
  sizes(name: string): Value {
    const x = this.get(name);
    if (isValue(x) || isConstant(x)) return cast(this.b, this.#value(x, name), "int64");
    const list = Array.isArray(x) ? x as unknown[] : [x];
    if (list.every((n) => Number.isSafeInteger(n))) return this.b.ints(list as number[]);
    const parts = list.map((n) => {
      const v = cast(this.b, this.#value(n, name), "int64");
      return this.b.reshape(v, this.b.ints([1]));
    });
    return this.b.concat(parts, { axis: 0 });
  }
  /** An element type, where one is named. */
  dtype(name = "dtype"): DType | undefined {
    const x = this.get(name);
    if (x === null) return undefined;
    if (isDType(x)) return x;
    throw this.refuse(name);
  }
  /** The axes of x that are named, counted from the front; undefined for all. */
  axes(x: Value, name = "axis"): readonly number[] | undefined {
    if (!this.has(name)) return undefined;
    const rank = shapeOf(x.type).length;
    return this.integers(name).map((axis) => normalAxis(axis, rank));
  }
  /** One axis of x, counted from the front. */
  axis(x: Value, otherwise?: number, name = "axis", extra = 0): number {
    return normalAxis(this.number(name, otherwise), shapeOf(x.type).length + extra);
  }

  #value(x: unknown, name: string, dtype?: DType): Value {
    if (isValue(x)) return dtype ? cast(this.b, x, dtype) : x;
    if (isConstant(x)) {
      const value = this.b.constant(arrayOf(x));
      return dtype ? cast(this.b, value, dtype) : value;
    }
    if (!isNumbers(x)) throw this.refuse(name);
    const own = dtype ?? (flat(x).every((n) => Number.isInteger(n)) ? "int32" : "float32");
    return isNumber(x) ? this.b.scalar(x, own) : this.b.constant(tensor(x, undefined, own));
  }
  /** A tensor; constants become one, of the type asked for. */
  value(name: string, dtype?: DType): Value {
    return this.#value(this.get(name), name, dtype);
  }
  /** A tensor in floats. */
  float(name: string): Value {
    const x = this.value(name);
    return isFloat(dtypeOf(x)) ? x : cast(this.b, x, "float32");
  }
  /** Several tensors under one element type, that which numpy's rules give them together. */
  together(...names: readonly string[]): readonly Value[] {
    return this.promoted(names.map((n) => this.get(n)), names.join(", "));
  }
  /** Two tensors under one element type. */
  pair(one: string, other: string): readonly [Value, Value] {
    const [x, y] = this.together(one, other);
    if (!x || !y) throw this.refuse(x ? other : one);
    return [x, y];
  }
  /** The tensors of a list under one element type. */
  list(name: string): readonly Value[] {
    const x = this.get(name);
    return this.promoted(Array.isArray(x) ? x as unknown[] : [x], name);
  }
  /** Things as tensors of one element type. */
  promoted(list: readonly unknown[], name: string): readonly Value[] {
    const values = list.filter(isValue).map(dtypeOf), rest = list.filter((x) => !isValue(x));
    const dtype = common(values, rest);
    return list.map((x) => this.#value(x, name, dtype));
  }
}

/** The element type that numpy's rules give tensors and constants together. */
function common(types: readonly DType[], constants: readonly unknown[]): DType {
  if (types.some(isFloat)) return commonType(types);
  const numbers = constants.flatMap((c) => {
    const nested = isConstant(c) ? c.config.value : c;
    return isNumbers(nested) ? flat(nested) : [];
  });
  if (numbers.some((n) => typeof n === "number" && !Number.isInteger(n))) return "float32";
  if (types.some((t) => t !== "bool")) return commonType(types);
  return numbers.some((n) => typeof n === "number") ? "int32" : types[0] ?? "float32";
}

/** The only element of a list. @throws {ShapeError} */
export function first(values: readonly Value[]): Value {
  const [v] = values;
  if (!v) throw new ShapeError("expected at least one tensor");
  return v;
}
