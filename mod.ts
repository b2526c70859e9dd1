/**
 * Lapis: neural networks in TypeScript. Loads Keras and ONNX models, builds new ones, runs them as WebAssembly.
 *
 * ```ts
 * import { input, sequential, tensor } from "@lapis/lapis";
 * import { dense } from "@lapis/lapis/layers";
 * const model = sequential([input({ shape: [4] }), dense({ units: 3, activation: "softmax" })]);
 * const y = await model.predict(tensor([[1, 2, 3, 4]]));
 * console.log(y.shape);
 * ```
 *
 * Models are made and loaded here. Everything else stands in a namespace that is a sub-path too: `lapis.layers.dense`
 * and `import { dense } from "@lapis/lapis/layers"` are one.
 * @module
 */
import * as args from "./io/files/arguments.ts";
import { type Applicable, input as inputWith, type InputOptions } from "./core/network/functional.ts";
import { sequential as sequentialWith, type SequentialOptions } from "./core/model/compose.ts";
import { type LoadOptions, loadWith } from "./io/files/load.ts";
import type { Model } from "./core/model/model.ts";
import type { SymbolicTensor } from "./core/network/network.ts";
import { networkOps } from "./core/ops/mod.ts";
import { printer } from "./io/arrays/numpytext.ts";
import { saver } from "./io/files/save.ts";
import { trainer } from "./plugins/training/engine/trainer.ts";
import type { SourceLike } from "./io/files/sources.ts";
import { createRegistry, type Registry } from "./core/registry.ts";
import { foreign } from "./io/foreign/mod.ts";
import { keras as kerasFormat } from "./io/keras/mod.ts";
import { onnx as onnxFormat } from "./io/onnx/mod.ts";
import { safetensors } from "./io/arrays/safetensors.ts";
import { activations as activationDefs } from "./plugins/activations/mod.ts";
import { geluByTanh } from "./plugins/activations/hub.ts";
import { onnxruntime } from "./plugins/backends/onnxruntime/mod.ts";
import { plain } from "./plugins/backends/plain/mod.ts";
import { wasm } from "./plugins/backends/wasm/mod.ts";
import { architectures } from "./plugins/architectures/mod.ts";
import { initializers as initializerDefs } from "./plugins/initializers/mod.ts";
import { stft } from "./plugins/initializers/stft.ts";
import { allLayers } from "./plugins/layers/mod.ts";
import { trainingParts } from "./plugins/training/mod.ts";
import { operators } from "./plugins/operators/mod.ts";
import { textOps } from "./plugins/operators/text/text.ts";

export * as activations from "./public/activations.ts";
export * as backends from "./public/backends.ts";
export * as callbacks from "./public/callbacks.ts";
export * as constraints from "./public/constraints.ts";
export * as data from "./public/data.ts";
export * as edit from "./public/edit.ts";
export * as evaluation from "./public/evaluation.ts";
export * as graph from "./public/graph.ts";
export * as initializers from "./public/initializers.ts";
export * as keras from "./io/keras/mod.ts";
export * as layers from "./public/layers.ts";
export * as losses from "./public/losses.ts";
export * as metrics from "./public/metrics.ts";
export * as onnx from "./io/onnx/mod.ts";
export * as optimizers from "./public/optimizers.ts";
export * as plots from "./plugins/plots/mod.ts";
export * as plugins from "./public/plugins.ts";
export * as regularizers from "./public/regularizers.ts";
export * as schedules from "./public/schedules.ts";
export * as sequences from "./public/sequences.ts";
export * as series from "./public/series.ts";
export * as tensors from "./public/tensors.ts";
export * as text from "./public/text.ts";

export { model, type SequentialOptions } from "./core/model/compose.ts";
export type { DType, TensorData } from "./core/values/dtype.ts";
export {
  BackendError,
  ConfigError,
  type ErrorDetail,
  FormatError,
  InputError,
  LapisError,
  LimitError,
  ShapeError,
  UnsupportedError,
} from "./core/values/errors.ts";
export type { ModelData, Port } from "./core/model/feed.ts";
export type { Extras, WriteOptions } from "./core/model/format.ts";
export {
  type Applicable,
  apply,
  applyAll,
  type FunctionalOptions,
  type InputOptions,
} from "./core/network/functional.ts";
export type { Graph } from "./core/graph/graph.ts";
export { GraphBuilder } from "./core/graph/builder.ts";
export type { Layer } from "./core/network/layer.ts";
export type { Limits } from "./core/values/limits.ts";
export type { LoadOptions } from "./io/files/load.ts";
export { Model, type ModelGraphOptions, type ModelLayer } from "./core/model/model.ts";
export type { ModelOptions } from "./core/model/options.ts";
export type { ApplyOptions, Network, SymbolicTensor } from "./core/network/network.ts";
export type { SourceLike, StreamLike } from "./io/files/sources.ts";
export type { Registry } from "./core/registry.ts";
export { createRegistry, extractLayers } from "./public/calls/root.ts";
export type { PredictOptions } from "./core/model/sampling.ts";
export type { Weights } from "./core/model/weights.ts";
export type { Session } from "./core/graph/backend.ts";
export type { NDArray } from "./core/values/printing.ts";
export type { Nested, RuntimeValue, Tensor } from "./core/values/tensor.ts";
export { castTensor, scalar, tensor } from "./public/arrays.ts";
export type {
  Augment,
  BatchItem,
  BatchOptions,
  BatchPlace,
  BatchSource,
  Callback,
  CallbackState,
  ClassWeights,
  CompileTraining,
  EvaluateOptions,
  FitOptions,
  FitRun,
  GradientOptions,
  Gradients,
  History,
  Logs,
  PerOutput,
  SampleWeights,
  SavedTraining,
  ScoreOptions,
  TargetData,
  TrainingState,
} from "./core/training/types.ts";
export { readNpy, writeNpy } from "./io/arrays/npy.ts";
// What first programs take stands here too.
export { add, dense, dropout, embedding, flatten, lstm } from "./plugins/layers/common.ts";
export { adam } from "./plugins/training/optimizers/optimizers.ts";

/** All of Lapis' plugins; `registry.with(...)` gives a registry with more. */
export const registry: Registry = createRegistry([
  {
    owner: "lapis",
    plugins: [
      ...networkOps,
      ...operators,
      ...textOps,
      ...activationDefs,
      ...initializerDefs,
      stft.def,
      ...allLayers,
      geluByTanh.def,
      ...architectures,
      ...trainingParts,
      trainer,
      saver,
      printer,
      wasm,
      plain,
      onnxruntime,
      foreign,
      kerasFormat,
      safetensors,
      onnxFormat,
    ],
  },
]);

/**
 * Loads a model from a path, a URL, a Blob or bytes: `.keras`, `.h5`, `.onnx`, or a configuration with `weights`.
 *
 * ```ts
 * import { loadModel } from "@lapis/lapis";
 * const folder = "tests/fixtures/models";
 * const model = await loadModel(`${folder}/seq2seq_ind_eng_gru/model.h5`);
 * const other = await loadModel(`${folder}/nusax_lstm_prepad/config.json`, {
 *   weights: `${folder}/nusax_lstm_prepad/model.weights.h5`,
 *   backend: "plain",
 * });
 * console.log(model.inputs, other.summary());
 * ```
 * @throws {InputError} when the source can't be read; {@link LapisError} naming what is wrong in it.
 */
export function loadModel(from: SourceLike, options: LoadOptions = {}): Promise<Model> {
  return loadWith(registry, from, options);
}
/**
 * Begins a model: a tensor `[batch, ...shape]`; null where a size is only known when running.
 * @throws {ShapeError} when a size is not a whole number.
 */
export function input(options: InputOptions): SymbolicTensor {
  args.check("input", "options", options, args.having("options", "shape"));
  args.check("input", "shape", options.shape, args.list);
  return inputWith({ ...options, registry: options.registry ?? registry });
}
/**
 * A model of layers in a row. Without an input it is built from its first data.
 * @throws {ShapeError} naming the layer that doesn't fit.
 */
export function sequential(
  list: readonly (Applicable | SymbolicTensor)[],
  options: SequentialOptions = {},
): Model {
  return sequentialWith(list, { ...options, registry: options.registry ?? registry });
}
