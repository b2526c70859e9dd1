/** Compares results with expected values, as ONNX's own suite does. @module */
import { isBig, isFloat } from "../core/values/dtype.ts";
import { isTensor, type RuntimeValue, type Tensor, toNumbers } from "../core/values/tensor.ts";

/** How far a result may be off: `|got - want| <= atol + rtol * |want|`. */
export interface Tolerance {
  readonly rtol: number;
  readonly atol: number;
}

/** Why a value isn't the expected one, or undefined. NaN equals NaN; integers, booleans and texts are compared exactly. */
export function difference(
  got: RuntimeValue | undefined,
  want: RuntimeValue,
  tolerance: Tolerance,
): string | undefined {
  if (got === undefined) return "nothing came";
  if (isTensor(want)) {
    return isTensor(got) ? tensorDifference(got, want, tolerance) : `a ${got.kind} came, not a tensor`;
  }
  if (isTensor(got) || got.kind !== want.kind) {
    return `a ${isTensor(got) ? "tensor" : got.kind} came, not a ${want.kind}`;
  }
  const gotItems = itemsOf(got), wantItems = itemsOf(want);
  if (gotItems.length !== wantItems.length) return `${gotItems.length} items, expected ${wantItems.length}`;
  for (const [i, item] of wantItems.entries()) {
    const found = difference(gotItems[i], item, tolerance);
    if (found) return `item ${i}: ${found}`;
  }
  return undefined;
}
function itemsOf(value: Exclude<RuntimeValue, Tensor>): readonly RuntimeValue[] {
  if (value.kind === "map") return [value.keys, value.values];
  return value.kind === "sequence" ? value.items : value.value === undefined ? [] : [value.value];
}

function tensorDifference(got: Tensor, want: Tensor, { rtol, atol }: Tolerance): string | undefined {
  if (got.dtype !== want.dtype) return `${got.dtype}, expected ${want.dtype}`;
  if (got.shape.join() !== want.shape.join()) return `shape [${got.shape}], expected [${want.shape}]`;
  if (got.data.length !== want.data.length) {
    return `${got.data.length} elements, expected ${want.data.length}`;
  }
  const exact = want.dtype === "string" || isBig(want.dtype) ||
    !(isFloat(want.dtype) || want.dtype.startsWith("complex"));
  const a = exact ? got.data : toNumbers(got), b = exact ? want.data : toNumbers(want);
  // bfloat16 has eight bits; a last one may differ.
  const relative = want.dtype === "bfloat16" ? Math.max(rtol, 2 ** -6) : rtol;
  let wrong = 0, first = -1, worst = 0;
  for (let i = 0; i < b.length; i++) {
    const x = a[i], y = b[i];
    if (Object.is(x, y) || x === y) continue;
    const off = exact ? Infinity : Math.abs(Number(x) - Number(y));
    if (off <= atol + relative * Math.abs(Number(y))) continue;
    if (first < 0) first = i;
    wrong++;
    worst = Math.max(worst, off);
  }
  if (wrong === 0) return undefined;
  const by = exact ? "" : `, by ${worst.toPrecision(3)} at most`;
  return `${wrong} of ${b.length} elements differ${by}; element ${first} is ${a[first]}, expected ${
    b[first]
  }`;
}
