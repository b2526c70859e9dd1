/**
 * Lapis: neural networks in TypeScript. Loads Keras and ONNX models, builds new ones, runs them as WebAssembly.
 *
 * ```ts
 * import { dense, input, sequential, tensor } from "@lapis/lapis";
 * const model = sequential([input({ shape: [4] }), dense({ units: 3, activation: "softmax" })]);
 * const y = await model.predict(tensor([[1, 2, 3, 4]]));
 * ```
 * @module
 */
import { type Applicable, input as inputWith, type InputOptions } from "./core/network/functional.ts";
import { sequential as sequentialWith, type SequentialOptions } from "./core/model/compose.ts";
import { type LoadOptions, loadWith } from "./core/model/load.ts";
import type { Model } from "./core/model/model.ts";
import type { SymbolicTensor } from "./core/network/network.ts";
import { networkOps } from "./core/ops/mod.ts";
import { saver } from "./core/model/save.ts";
import { trainer } from "./plugins/training/engine/trainer.ts";
import type { SourceLike } from "./core/files/platform.ts";
import { createRegistry, type Registry } from "./core/graph/registry.ts";
import { foreign } from "./io/foreign/mod.ts";
import { keras } from "./io/keras/mod.ts";
import { onnx } from "./io/onnx/mod.ts";
import { safetensors } from "./io/arrays/safetensors.ts";
import { activations } from "./plugins/activations/mod.ts";
import { geluByTanh } from "./plugins/activations/hub.ts";
import { onnxruntime } from "./plugins/backends/onnxruntime/mod.ts";
import { plain } from "./plugins/backends/plain/mod.ts";
import { wasm } from "./plugins/backends/wasm/mod.ts";
import { architectures } from "./plugins/architectures/mod.ts";
import { initializers } from "./plugins/initializers/mod.ts";
import { stft } from "./plugins/initializers/stft.ts";
import { hubLayers, layers, rareLayers } from "./plugins/layers/mod.ts";
import { trainingParts } from "./plugins/training/mod.ts";
import { operators } from "./plugins/operators/mod.ts";
import { textOps } from "./plugins/operators/text/text.ts";

export type { Assembled, AssembleOptions, AssemblyView } from "./core/network/assemble.ts";
export type {
  BackendDef,
  CompileOptions,
  Feeds,
  KeptValue,
  MemoryUse,
  PlanStep,
  Session,
} from "./core/graph/backend.ts";
export type {
  Builder,
  BuilderOptions,
  GraphBuilder,
  Nested as NestedGraph,
  OpOptions,
  ScanOptions,
  ScanStep,
} from "./core/graph/builder.ts";
export * from "./core/values/dtype.ts";
export * from "./core/values/errors.ts";
export type { ModelData, Port } from "./core/model/feed.ts";
export type {
  Extras,
  FormatDef,
  FormatOptions,
  Source,
  WriteNames,
  WriteOptions,
  WrittenFiles,
} from "./core/model/format.ts";
export { writeNamesOf } from "./core/model/save.ts";
export {
  type Applicable,
  apply,
  applyAll,
  type FunctionalOptions,
  type InputOptions,
} from "./core/network/functional.ts";
export * from "./core/graph/graph.ts";
export type { ArchitectureDef } from "./core/network/architecture.ts";
export type * from "./core/network/layer.ts";
export { normalLike } from "./core/graph/words.ts";
export type {
  RecurrentBuilder,
  RecurrentNodeOptions,
  RecurrentNodeResult,
  WholeLayers,
} from "./core/network/whole.ts";
export { type LayerNode, type WeightEntry, weightsBelow } from "./core/network/tree.ts";
export * from "./core/values/limits.ts";
export { Random } from "./core/values/random.ts";
export type { LoadOptions } from "./core/model/load.ts";
export { extractLayers, type PartOptions } from "./core/model/part.ts";
export { layersFromGraph } from "./io/keras/fromgraph.ts";
export { extractOnnx, type OnnxPart } from "./io/onnx/extract.ts";
export { onnxHeader, readOnnxStructure } from "./io/onnx/reading/structure.ts";
export { readWeightsH5 } from "./io/keras/weights/weightsfile.ts";
export * from "./plugins/editing/diff.ts";
export { model, type SequentialOptions } from "./core/model/compose.ts";
export { Model, type ModelGraphOptions, type ModelLayer, type ModelOptions } from "./core/model/model.ts";
export type { PredictOptions } from "./core/model/sampling.ts";
export type { ApplyOptions, LayerCall, Network, SymbolicTensor } from "./core/network/network.ts";
export type { ForwardNode, InferContext, OldNode, OpDef, PlainContext } from "./core/graph/op.ts";
export type { SourceLike, StreamLike } from "./core/files/platform.ts";
export { gradient } from "./core/graph/differentiate.ts";
export type * from "./core/training/contract.ts";
export { part, type PartFactory, partFactory } from "./core/training/parts.ts";
export type { RunOnce, Sessions } from "./core/model/sessions.ts";
export type * from "./core/training/types.ts";
export {
  type Bundle,
  createRegistry,
  type Kinds,
  type Plugin,
  type Registry,
} from "./core/graph/registry.ts";
export { createLayer, type LayerOptions } from "./core/network/factory.ts";
/** Fields of configurations: what plugins and programs that read settings say them with. */
export * as fields from "./core/values/schema.ts";
export type { AnySchema, Field, JsonSchema, OptionNames, Schema } from "./core/values/schema.ts";
export {
  bindDim,
  type ContainerType,
  type Dim,
  type DimEnv,
  type DimNode,
  dimText,
  evalDim,
  shapeText,
  type TensorType,
  type Type,
  typeText,
  type UnknownDim,
} from "./core/values/shape.ts";
export {
  castTensor,
  copyOf,
  isTensor,
  type Nested,
  reshaped,
  type RuntimeValue,
  scalar,
  sizeOf,
  type Tensor,
  tensor,
  type TensorMap,
  type TensorOptional,
  type TensorSequence,
  toNumbers,
  zeros,
} from "./core/values/tensor.ts";
export * from "./io/datasets/cifar.ts";
export * from "./io/tables/csv.ts";
export * from "./io/datasets/datasets.ts";
export * from "./io/datasets/idx.ts";
export * from "./io/datasets/imagefolder.ts";
export * from "./io/datasets/images.ts";
export {
  type ByteStream,
  type JsonRecord,
  linesOf,
  readJsonLines,
  readLines,
  readUtf8,
  recordsToTable,
} from "./io/tables/lines.ts";
export * from "./io/arrays/npy.ts";
export type { ExternalFiles } from "./io/onnx/reading/external.ts";
export {
  type OnnxModel,
  readOnnxFiles,
  type ReadOptions as OnnxReadOptions,
} from "./io/onnx/reading/read.ts";
export { type OnnxFile, openOnnxFile } from "./plugins/backends/onnxruntime/file.ts";
export { readSafetensors, writeSafetensors } from "./io/arrays/safetensors.ts";
export type { DataFileOptions, Decoder, Decoders } from "./io/datasets/options.ts";
export * from "./plugins/backends/wasm/standalone/mod.ts";
export * from "./plugins/layers/mod.ts";
export * from "./plugins/preprocessing/series/forecasting.ts";
export * from "./plugins/preprocessing/scaling.ts";
export * from "./plugins/plots/mod.ts";
export * from "./plugins/preprocessing/augment.ts";
export type { FillMode } from "./plugins/preprocessing/series/resample.ts";
export * from "./plugins/preprocessing/sequences.ts";
export * from "./plugins/preprocessing/series/dates.ts";
export * from "./plugins/preprocessing/series/difference.ts";
export * from "./plugins/preprocessing/series/features.ts";
export * from "./plugins/preprocessing/series/preprocessor.ts";
export * from "./plugins/preprocessing/series/split.ts";
export * from "./plugins/preprocessing/series/table.ts";
export type * from "./plugins/preprocessing/series/types.ts";
export * from "./plugins/preprocessing/series/windows.ts";
export * from "./plugins/preprocessing/labels.ts";
export * from "./plugins/preprocessing/pairs.ts";
export * from "./plugins/preprocessing/preprocessor.ts";
export * from "./plugins/preprocessing/text/text.ts";
export * from "./plugins/preprocessing/text/tfidf.ts";
export * from "./plugins/preprocessing/text/tokenizer.ts";
export * from "./plugins/preprocessing/text/vectors.ts";
export * from "./plugins/sequences/mod.ts";
export * from "./plugins/training/mod.ts";

/** A registry of all of Lapis' plugins. */
export function createDefaultRegistry(): Registry {
  return createRegistry([
    {
      owner: "lapis",
      plugins: [
        ...networkOps,
        ...operators,
        ...textOps,
        ...activations,
        ...initializers,
        stft,
        ...layers,
        ...rareLayers,
        ...hubLayers,
        geluByTanh,
        ...architectures,
        ...trainingParts,
        trainer,
        saver,
        wasm,
        plain,
        onnxruntime,
        foreign,
        keras,
        safetensors,
        onnx,
      ],
    },
  ]);
}
/** All of Lapis' plugins; `registry.with(...)` gives a registry with more. */
export const registry: Registry = createDefaultRegistry();

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
export function input(options: InputOptions, plugins: Registry = registry): SymbolicTensor {
  return inputWith(options, plugins);
}
/**
 * A model of layers in a row. Without an input it is built from its first data.
 * @throws {ShapeError} naming the layer that doesn't fit.
 */
export function sequential(
  list: readonly (Applicable | SymbolicTensor)[],
  options: SequentialOptions = {},
  plugins: Registry = registry,
): Model {
  return sequentialWith(list, plugins, options);
}
