/** Keras 1's Sequential models that begin with Merge: branches side by side, then a row of layers. @module */
import { ConfigError } from "../../../core/values/errors.ts";
import { applyAll, functional } from "../../../core/network/functional.ts";
import type { Layer } from "../../../core/network/layer.ts";
import { networkConfigOf, type SymbolicTensor } from "../../../core/network/network.ts";
import type { KerasContext } from "./context.ts";
import { entryOf } from "./layers.ts";
import { labelOf, type LayerEntry } from "./entry.ts";
import { inputOf, type Structure } from "../parts.ts";

/**
 * Reads the model; each branch begins with inputs of its own, those of one name are one.
 * @throws {ConfigError} for a branch without the shape of its input.
 */
export function mergedOf(
  first: LayerEntry,
  rest: readonly unknown[],
  name: string,
  ctx: KerasContext,
  inner: (raw: unknown, where: string) => Layer,
): Structure {
  const { layers: branches, ...config } = first.config, inputs = new Map<string, SymbolicTensor>();
  const once = (input: SymbolicTensor, as: string) => {
    const known = inputs.get(as) ?? { ...input, index: 0, name: as };
    inputs.set(as, known);
    return known;
  };
  const list = Array.isArray(branches) ? branches as readonly unknown[] : [];
  const made = list.map((raw, i) => {
    const place = `${name}.layers[0].layers[${i}]`, e = entryOf(raw, place);
    const layer = inner(e.name === undefined ? { ...e.raw, name: `${name}_${i + 1}` } : raw, place);
    const network = networkConfigOf(layer)?.network,
      { batch_input_shape: shape, input_dtype: type } = e.config;
    if (!network && shape === undefined) {
      throw new ConfigError(`${labelOf(e)}: the shape of its input is not in the file`, { place });
    }
    const starts = network
      ? network.inputs.map((t, k) => once(t, network.inputNames[k] ?? `input_${inputs.size}`))
      : [inputOf(shape, `${e.name}_input`, type, ctx, `${e.name}`)].map((t) => once(t, t.name ?? "input"));
    return { layer, outputs: applyAll(layer, starts) };
  });
  const row = [{ ...first.raw, config }, ...rest].map((raw, i) => inner(raw, `${name}.layers[${i}]`));
  let x: readonly SymbolicTensor[] = made.flatMap(({ outputs }) => outputs);
  for (const layer of row) x = applyAll(layer, x);
  const layers = [...new Set([...made.map((m) => m.layer), ...row])];
  return { network: functional({ inputs: [...inputs.values()], outputs: x, name, layers }), name };
}
