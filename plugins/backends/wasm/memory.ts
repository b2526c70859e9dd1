/** Tensors in and out of wasm memory. @module */
import { type ArrayMaker, dtypes, type NumericArray } from "../../../core/dtype.ts";
import { BackendError } from "../../../core/errors.ts";
import { type Dim, type DimEnv, evalDim, shapeText } from "../../../core/shape.ts";
import { sizeOf, type Tensor } from "../../../core/tensor.ts";
import { elementBytes, type View } from "./views.ts";

/** A shape in numbers. @throws {BackendError} while a symbol is not bound. */
export function evalShape(shape: readonly Dim[], env: DimEnv): number[] {
  return shape.map((d) => {
    const n = evalDim(d, env);
    if (n === undefined) throw new BackendError(`shape ${shapeText(shape)} is not known yet`);
    return n;
  });
}

/** Writes a tensor's elements at an address. */
export function writeView(buffer: ArrayBufferLike, address: number, value: Tensor): void {
  const { data } = value;
  if (!ArrayBuffer.isView(data)) throw new BackendError("strings have no place in wasm memory");
  const bytes = data as NumericArray;
  new Uint8Array(buffer, address, bytes.byteLength).set(
    new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  );
}

/** Reads a view as a dense tensor of its own. */
export function readView(buffer: ArrayBufferLike, address: number, view: View, env: DimEnv): Tensor {
  const shape = evalShape(view.shape, env), n = sizeOf(shape), size = elementBytes(view.dtype);
  const start = address + (evalDim(view.offset, env) ?? 0);
  const strides = view.strides.map((s) => (evalDim(s, env) ?? 0) / size);
  const maker: ArrayMaker = dtypes[view.dtype].array;
  const out = new maker(n);
  if (n === 0) return { dtype: view.dtype, shape, data: out };
  let step = 1, dense = true;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && strides[i] !== step) dense = false;
    step *= shape[i] ?? 1;
  }
  if (dense) {
    new Uint8Array(out.buffer).set(new Uint8Array(buffer, start, n * size));
    return { dtype: view.dtype, shape, data: out };
  }
  const last = shape.reduce((m, d, i) => m + (d - 1) * (strides[i] ?? 0), 0);
  const source = new maker(buffer, start, last + 1);
  const index = new Array<number>(shape.length).fill(0);
  let offset = 0;
  for (let i = 0; i < n; i++) {
    out[i] = source[offset] ?? 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      offset += strides[axis] ?? 0;
      index[axis] = (index[axis] ?? 0) + 1;
      if ((index[axis] ?? 0) < (shape[axis] ?? 0)) break;
      offset -= (shape[axis] ?? 0) * (strides[axis] ?? 0);
      index[axis] = 0;
    }
  }
  return { dtype: view.dtype, shape, data: out };
}
