/** Weights of whole-model `.h5` files of Keras 3 by name, where order doesn't tell: low-rank fine-tuning, quantized layers. @module */
import { UnsupportedError } from "../../../core/values/errors.ts";
import type { LayerNode, WeightEntry } from "../../../core/network/tree.ts";
import { fieldToSnake } from "../../../core/network/names.ts";
import { sizeOf, type Tensor, tensor, toNumbers } from "../../../core/values/tensor.ts";

import type { KerasContext } from "./context.ts";
import { nodeLabel, type StoredArray } from "./values.ts";

/** True where a layer, or one inside it, has its weights by name. */
export function isNamed(
  owners: ReadonlyMap<WeightEntry, LayerNode>,
  datasets: readonly StoredArray[],
): boolean {
  return datasets.some((d) => /\/lora_\w+_a$/.test(d.path)) ||
    [...owners.values()].some((node) => node.layer.def.keras?.since === 3 && node.layer.def.keras.takes);
}
/** The arrays of weights by name, low-rank products added; undefined where a name isn't there once. */
export function namedArrays(
  entries: readonly WeightEntry[],
  owners: ReadonlyMap<WeightEntry, LayerNode>,
  datasets: readonly StoredArray[],
  ctx: KerasContext,
): readonly Tensor[] | undefined {
  const taken = new Set<StoredArray>();
  const find = (owner: LayerNode, name: string) => {
    const [one, other] = datasets.filter((d) => d.path.endsWith(`/${owner.name}/${name}`));
    if (!one || other) return undefined;
    taken.add(one);
    return one.read();
  };
  const arrays = entries.map((entry) => {
    const owner = owners.get(entry), name = fieldToSnake(entry.param), own = owner && find(owner, name);
    if (!owner || !own) return undefined;
    const a = find(owner, `lora_${name}_a`), b = find(owner, `lora_${name}_b`);
    if (!a || !b) return own;
    if (own.dtype === "int8") {
      throw new UnsupportedError(
        `${nodeLabel(owner)}: low-rank weights of a quantized layer are read from .keras only`,
      );
    }
    return plusProduct(own, a, b, (ctx.lora.get(owner.layer) ?? NaN) / (a.shape.at(-1) ?? 1));
  });
  const all = arrays.filter((t) => t !== undefined);
  return all.length === entries.length && taken.size === datasets.length ? all : undefined;
}
/** x + factor · a · b, the last axis of `a` against the first of `b`. */
function plusProduct(x: Tensor, a: Tensor, b: Tensor, factor: number): Tensor {
  const [p, q, out] = [toNumbers(a), toNumbers(b), Float32Array.from(toNumbers(x))];
  const inner = a.shape.at(-1) ?? 1, columns = b.shape.at(-1) ?? 1, rows = sizeOf(x.shape) / columns;
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += (p[r * inner + k] ?? 0) * (q[k * columns + c] ?? 0);
      out[r * columns + c] = (out[r * columns + c] ?? 0) + factor * sum;
    }
  }
  return tensor(out, x.shape);
}
