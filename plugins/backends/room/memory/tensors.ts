/** Tensors in and out of an engine's memory. @module */
import { item } from "../../../../core/values/item.ts";
import { type ArrayMaker, dtypes } from "../../../../core/values/dtype.ts";
import { BackendError } from "../../../../core/values/errors.ts";
import { type Dim, type DimEnv, dimText, evalDim, shapeText } from "../../../../core/values/shape.ts";
import { sizeOf, type Tensor } from "../../../../core/values/tensor.ts";
import { elementBytes, type View } from "./views.ts";

/** A dim in numbers. @throws {BackendError} while a symbol is not bound. */
export function bound(dim: Dim, env: DimEnv): number {
  const n = evalDim(dim, env);
  if (n === undefined) throw new BackendError(`size ${dimText(dim)} is not known yet`);
  return n;
}
/** A shape in numbers. @throws {BackendError} while a symbol is not bound. */
export function evalShape(shape: readonly Dim[], env: DimEnv): number[] {
  return shape.map((d) => {
    const n = evalDim(d, env);
    if (n === undefined) throw new BackendError(`shape ${shapeText(shape)} is not known yet`);
    return n;
  });
}

/** A tensor's elements as they lie in memory. @throws {BackendError} for strings. */
export function bytesOf({ data }: Tensor): Uint8Array {
  if (!ArrayBuffer.isView(data)) throw new BackendError("strings have no place in an engine's memory");
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** A view with its sizes bound, in elements. */
export interface BoundView {
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  /** Bytes from the storage's start to the first element, and from there to the last one's end. */
  readonly start: number;
  readonly bytes: number;
}
/** Binds a view. @throws {BackendError} while a symbol is not bound. */
export function bindView(view: View, env: DimEnv): BoundView {
  const shape = evalShape(view.shape, env), size = elementBytes(view.dtype);
  const strides = view.strides.map((s) => bound(s, env) / size);
  const last = shape.reduce((m, d, i) => m + (d - 1) * item(strides, i), 0);
  const empty = shape.includes(0);
  return { shape, strides, start: bound(view.offset, env), bytes: empty ? 0 : (last + 1) * size };
}
/** A dense tensor of its own from the bytes of a bound view. */
export function tensorFrom(bytes: Uint8Array, { shape, strides }: BoundView, dtype: View["dtype"]): Tensor {
  const { array, per } = dtypes[dtype], maker: ArrayMaker = array;
  const n = sizeOf(shape), out = new maker(n * per);
  if (n === 0) return { dtype, shape, data: out };
  let step = 1, dense = true;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && strides[i] !== step) dense = false;
    step *= item(shape, i);
  }
  if (dense) {
    new Uint8Array(out.buffer).set(bytes);
    return { dtype, shape, data: out };
  }
  const own = bytes.byteOffset % maker.BYTES_PER_ELEMENT === 0 ? bytes : bytes.slice();
  const source = new maker(
    own.buffer as ArrayBuffer,
    own.byteOffset,
    own.byteLength / maker.BYTES_PER_ELEMENT,
  );
  const index = new Int32Array(shape.length),
    sizes = Int32Array.from(shape),
    steps = Int32Array.from(strides);
  let offset = 0;
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < per; k++) out[i * per + k] = source[offset * per + k] as number;
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      const size = sizes[axis] as number, stride = steps[axis] as number, next = (index[axis] as number) + 1;
      offset += stride;
      index[axis] = next;
      if (next < size) break;
      offset -= size * stride;
      index[axis] = 0;
    }
  }
  return { dtype, shape, data: out };
}
