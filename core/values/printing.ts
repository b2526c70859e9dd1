/** Tensors that tell their elements: as nested arrays, and as text. @module */
import { isFloat } from "./dtype.ts";
import { type Nested, sizeOf, type Tensor, toNumbers } from "./tensor.ts";

/** A tensor that tells its elements. */
export interface NDArray extends Tensor {
  /** The elements as nested arrays, as many deep as there are axes; a scalar's alone. int64 gives bigints, bool booleans. */
  array(): Nested;
  /** Element type, shape and elements; of more than a thousand the first and last three of every axis. */
  toString(): string;
}

/** Symbols by which Deno and Node ask how something prints. */
const inspections = ["Deno.customInspect", "nodejs.util.inspect.custom"].map((name) => Symbol.for(name));
/** Gives something a text, for `String(…)` and consoles. */
export function printedAs<T extends object>(what: T, text: (this: T) => string): T {
  for (const key of ["toString", ...inspections]) {
    Object.defineProperty(what, key, { value: text, configurable: true });
  }
  return what;
}

function arrayOf(this: Tensor): Nested {
  const { dtype, shape } = this;
  const flat: readonly Nested[] = dtype === "bool"
    ? Array.from(this.data as Uint8Array, (v) => v !== 0)
    : Array.from((isFloat(dtype) ? toNumbers(this) : this.data) as ArrayLike<number>);
  const below = (axis: number, at: number): Nested => {
    const size = shape[axis];
    if (size === undefined) return flat[at] ?? 0;
    const step = sizeOf(shape.slice(axis + 1));
    return Array.from({ length: size }, (_, i) => below(axis + 1, at + i * step));
  };
  return below(0, 0);
}

/** How tensors print, as a plugin: without it they say their type and shape. */
export interface PrinterDef {
  /** Marks the plugin. */
  readonly kind: "printer";
  /** Its name: printer. */
  readonly name: string;
  /** One line for tables. */
  readonly summary: string;
  /** Element type, shape and elements of a tensor. */
  text(t: Tensor): string;
}
const shortText = ({ dtype, shape }: Tensor) => `${dtype}[${shape.join(", ")}]`;

const methods = { array: { value: arrayOf, configurable: true } };
/** The tensor itself, able to tell its elements; as text its type and shape unless said. */
export function printed(t: Tensor, text: (t: Tensor) => string = shortText): NDArray {
  if (Object.hasOwn(t, "array")) return t as NDArray;
  const own = Object.isExtensible(t) ? t : { ...t };
  return printedAs(Object.defineProperties(own, methods), function () {
    return text(this);
  }) as NDArray;
}
