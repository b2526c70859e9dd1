/**
 * Loads and runs Keras models, without ONNX, onnxruntime or training.
 *
 * A page that loads this pays for what running takes, so there are no namespaces here: models are made, trained and
 * written with `@lapis/lapis`, whose namespaces work beside this entry. Layers of one's own go to
 * `loadModel(path, { layers: [own] })`.
 *
 * ```ts
 * import { loadModel } from "@lapis/lapis/inference";
 * const model = await loadModel("tests/fixtures/models/cifar_cnn/model.keras");
 * console.log(model.outputs);
 * ```
 * @module
 */
import { type LoadOptions, loadWith } from "./io/files/load.ts";
import type { Model } from "./core/model/model.ts";
import { layerOps } from "./core/ops/layerops.ts";
import type { SourceLike } from "./io/files/sources.ts";
import { createRegistry, type Registry } from "./core/registry.ts";
import { kerasReader } from "./io/keras/reading/read.ts";
import { activations } from "./plugins/activations/mod.ts";
import { plain } from "./plugins/backends/plain/mod.ts";
import { wasm } from "./plugins/backends/wasm/forward.ts";
import { initializers } from "./plugins/initializers/mod.ts";
import { layers } from "./plugins/layers/list.ts";
import { textOps } from "./plugins/operators/text/text.ts";

export type { DType } from "./core/values/dtype.ts";
export { LapisError } from "./core/values/errors.ts";
export type { LoadOptions } from "./io/files/load.ts";
export { Model } from "./core/model/model.ts";
export type { SourceLike } from "./io/files/sources.ts";
export { type Tensor, tensor } from "./core/values/tensor.ts";

/** The plugins that running Keras models takes. */
export const registry: Registry = createRegistry([
  {
    owner: "lapis",
    plugins: [...layerOps, ...textOps, ...activations, ...initializers, ...layers, wasm, plain, kerasReader],
  },
]);

/**
 * Loads a Keras model from a path, a URL, a Blob or bytes.
 * @throws {InputError} when the source can't be read; {@link LapisError} naming what is wrong in it.
 */
export function loadModel(from: SourceLike, options: LoadOptions = {}): Promise<Model> {
  return loadWith(registry, from, options);
}
