/** What Sequential and functional configurations have in common: their lists of layers, and inputs. @module */
import { type DType, isDType, isFloat } from "../../core/values/dtype.ts";
import { ConfigError, FormatError, shown, UnsupportedError } from "../../core/values/errors.ts";
import type { Layer } from "../../core/network/layer.ts";
import type { Network, SymbolicTensor } from "../../core/network/network.ts";
import { tensorType } from "../../core/values/shape.ts";
import type { KerasContext } from "./reading/context.ts";
import { keepPolicy, policyName } from "./policies.ts";
import { labelOf, type LayerEntry } from "./reading/entry.ts";

/** A model's configuration, read: a network, or layers that wait for the shape of their input. */
export type Structure =
  | { readonly network: Network; readonly name: string }
  | { readonly network?: undefined; readonly layers: readonly Layer[]; readonly name: string };

/** True for a model that stands where a layer may. */
export const isModel = (entry: LayerEntry): boolean =>
  entry.model === true ||
  /^(Sequential|Functional|Model)$/.test(entry.className) && Array.isArray(entry.config.layers);

/** The list of layers. @throws {FormatError} when there is none; {@link ConfigError} when it is empty. */
export function listOf(entry: LayerEntry, place: string): readonly unknown[] {
  const { layers } = entry.config;
  if (!Array.isArray(layers)) throw new FormatError(`${place}: model has no list of layers`, { place });
  if (layers.length === 0) throw new ConfigError(`${place}: the list of layers is empty`, { place });
  return layers;
}

/** An input from a shape with the batch axis first. @throws {FormatError} */
export function inputOf(
  shape: unknown,
  name: string,
  dtype: unknown,
  ctx: KerasContext,
  prefix: string,
): SymbolicTensor {
  const dims: unknown[] | undefined = Array.isArray(shape) && !Array.isArray(shape[0]) ? shape : undefined;
  const wrong = () =>
    new FormatError(`layer "${name}" (InputLayer): expected a shape, got ${shown(shape)}`, { place: name });
  if (!dims) throw wrong();
  const type = policyName(dtype);
  // Lapis computes in float32, whatever a file's floats are.
  const known: DType = isDType(type) && !isFloat(type) ? type : "float32";
  const sizes = dims.map((d, axis) => {
    if (axis === 0 && (d === null || (!ctx.fixedBatch && typeof d === "number"))) return "batch";
    if (d === null) {
      const what = axis === 1 && dims.length <= 3 ? "time" : `dim${axis}`;
      return prefix === "" ? what : `${prefix}_${what}`;
    }
    if (typeof d !== "number" || !Number.isSafeInteger(d) || d < 0) throw wrong();
    return d;
  });
  const made: SymbolicTensor = {
    kind: "symbolic",
    type: tensorType(known, sizes),
    registry: ctx.registry,
    index: 0,
    name,
  };
  keepPolicy(made, dtype);
  return made;
}
/** The tensor of an InputLayer; `prefix` tells the symbols of several inputs apart. @throws {UnsupportedError} */
export function inputLayer(entry: LayerEntry, ctx: KerasContext, prefix: string): SymbolicTensor {
  const { batch_shape: shape, batch_input_shape: older, sparse, ragged, dtype, input_dtype: oldType } =
    entry.config;
  if (sparse === true || ragged === true) {
    throw new UnsupportedError(
      `${labelOf(entry)}: ${sparse === true ? "sparse" : "ragged"} inputs are not supported`,
      {
        place: entry.name ?? "",
      },
    );
  }
  return inputOf(shape ?? older, entry.name ?? "input_layer", dtype ?? oldType, ctx, prefix);
}
