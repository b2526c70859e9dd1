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
import { type Applicable, input as inputWith, type InputOptions } from "./core/functional.ts";
import { sequential as sequentialWith, type SequentialOptions } from "./core/compose.ts";
import { type LoadOptions, loadWith } from "./core/load.ts";
import type { Model } from "./core/model.ts";
import type { SymbolicTensor } from "./core/network.ts";
import { networkOps } from "./core/ops/mod.ts";
import { trainer } from "./core/train.ts";
import type { SourceLike } from "./core/platform.ts";
import { createRegistry, type Registry } from "./core/registry.ts";
import { foreign } from "./io/foreign/mod.ts";
import { keras } from "./io/keras/mod.ts";
import { onnx } from "./io/onnx/mod.ts";
import { safetensors } from "./io/safetensors.ts";
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
import { textOps } from "./plugins/operators/text.ts";

export type { Assembled, AssembleOptions, AssemblyView } from "./core/assemble.ts";
export type { BackendDef, CompileOptions, MemoryUse, PlanStep, Session } from "./core/backend.ts";
export type {
  Builder,
  BuilderOptions,
  GraphBuilder,
  Nested as NestedGraph,
  OpOptions,
  ScanOptions,
  ScanStep,
} from "./core/builder.ts";
export * from "./core/dtype.ts";
export * from "./core/errors.ts";
export type { ModelData, Port } from "./core/feed.ts";
export type {
  Extras,
  FormatDef,
  FormatOptions,
  Source,
  WriteNames,
  WriteOptions,
  WrittenFiles,
} from "./core/format.ts";
export { writeNamesOf } from "./core/save.ts";
export {
  type Applicable,
  apply,
  applyAll,
  type FunctionalOptions,
  type InputOptions,
} from "./core/functional.ts";
export * from "./core/graph.ts";
export type { ArchitectureDef } from "./core/architecture.ts";
export type * from "./core/layer.ts";
export { normalLike } from "./core/layerkit.ts";
export type {
  RecurrentBuilder,
  RecurrentNodeOptions,
  RecurrentNodeResult,
  WholeLayers,
} from "./core/layernode.ts";
export { type LayerNode, type WeightEntry, weightsBelow } from "./core/layertree.ts";
export * from "./core/limits.ts";
export { Random } from "./core/random.ts";
export type { LoadOptions } from "./core/load.ts";
export { extractLayers, type PartOptions } from "./core/part.ts";
export { layersFromGraph } from "./io/keras/fromgraph.ts";
export { extractOnnx, type OnnxPart } from "./io/onnx/extract.ts";
export { onnxHeader, readOnnxStructure } from "./io/onnx/structure.ts";
export { readWeightsH5 } from "./io/keras/weightsfile.ts";
export * from "./core/diff.ts";
export { model, type SequentialOptions } from "./core/compose.ts";
export { Model, type ModelGraphOptions, type ModelLayer, type ModelOptions } from "./core/model.ts";
export type { PredictOptions } from "./core/sampling.ts";
export type { ApplyOptions, LayerCall, Network, SymbolicTensor } from "./core/network.ts";
export type { ForwardNode, InferContext, OldNode, OpDef, PlainContext } from "./core/op.ts";
export type { SourceLike, StreamLike } from "./core/platform.ts";
export { gradient } from "./core/differentiate.ts";
export type * from "./core/training/contract.ts";
export { part, type PartFactory, partFactory } from "./core/training/parts.ts";
export type { RunOnce, Sessions } from "./core/sessions.ts";
export type * from "./core/training/types.ts";
export { type Bundle, createRegistry, type Kinds, type Plugin, type Registry } from "./core/registry.ts";
export { createLayer, type LayerOptions } from "./core/factory.ts";
/** Fields of configurations: what plugins and programs that read settings say them with. */
export * as fields from "./core/schema.ts";
export type { AnySchema, Field, JsonSchema, OptionNames, Schema } from "./core/schema.ts";
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
} from "./core/shape.ts";
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
} from "./core/tensor.ts";
export * from "./io/cifar.ts";
export * from "./io/csv.ts";
export * from "./io/datasets.ts";
export * from "./io/idx.ts";
export * from "./io/imagefolder.ts";
export * from "./io/images.ts";
export {
  type ByteStream,
  type JsonRecord,
  linesOf,
  readJsonLines,
  readLines,
  readUtf8,
  recordsToTable,
} from "./io/lines.ts";
export * from "./io/npy.ts";
export type { ExternalFiles } from "./io/onnx/external.ts";
export { type OnnxModel, readOnnxFiles, type ReadOptions as OnnxReadOptions } from "./io/onnx/read.ts";
export { type OnnxFile, openOnnxFile } from "./plugins/backends/onnxruntime/file.ts";
export { readSafetensors, writeSafetensors } from "./io/safetensors.ts";
export type { DataFileOptions, Decoder, Decoders } from "./io/options.ts";
export * from "./plugins/backends/wasm/standalone/mod.ts";
export * from "./plugins/layers/mod.ts";
export * from "./plugins/preprocessing/forecasting.ts";
export * from "./plugins/preprocessing/scaling.ts";
export * from "./plugins/plots/mod.ts";
export * from "./plugins/preprocessing/augment.ts";
export type { FillMode } from "./plugins/preprocessing/resample.ts";
export * from "./plugins/preprocessing/sequences.ts";
export * from "./plugins/preprocessing/seriesdates.ts";
export * from "./plugins/preprocessing/seriesdifference.ts";
export * from "./plugins/preprocessing/seriesfeatures.ts";
export * from "./plugins/preprocessing/seriespreprocessor.ts";
export * from "./plugins/preprocessing/seriessplit.ts";
export * from "./plugins/preprocessing/seriestable.ts";
export type * from "./plugins/preprocessing/seriestypes.ts";
export * from "./plugins/preprocessing/serieswindows.ts";
export * from "./plugins/preprocessing/labels.ts";
export * from "./plugins/preprocessing/pairs.ts";
export * from "./plugins/preprocessing/preprocessor.ts";
export * from "./plugins/preprocessing/text.ts";
export * from "./plugins/preprocessing/tfidf.ts";
export * from "./plugins/preprocessing/tokenizer.ts";
export * from "./plugins/preprocessing/vectors.ts";
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
