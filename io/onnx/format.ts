/** ONNX files as a format plugin: read as models of bare graphs, written of any model. @module */
import type { Extras, WriteOptions, WrittenFiles } from "../../core/model/format.ts";
import type { FormatDef } from "../../core/registry.ts";
import { ConfigError, shown } from "../../core/values/errors.ts";
import { Model } from "../../core/model/model.ts";
import type { OpDef } from "../../core/graph/op.ts";
import { tensorBytes } from "../../core/values/tensor.ts";
import { exportedGraph } from "./export/graph.ts";
import { extrasFrom, metadataOf, sentenceOf } from "./export/metadata.ts";
import type { Graph } from "../../core/graph/graph.ts";
import { loosely } from "./reading/loose.ts";
import { readOnnxFiles } from "./reading/read.ts";
import { initialGraph, stepState } from "./writing/training.ts";
import { usualOpset } from "./writing/versions.ts";
import { weightsFor } from "./writing/weights.ts";
import { writeOnnx, writeOnnxExternal } from "./writing/write.ts";

/** The first field of a model is nearly always its IR version, a small number. */
const beginsAsModel = (bytes: Uint8Array) => bytes[0] === 0x08 && (bytes[1] ?? 0xff) < 0x20;
/** Weights beyond this go into a file of their own: Protocol Buffers end at 2 GiB, and the graph takes some of it. */
const mostInside = 2 ** 31 - 2 ** 24;

/** ONNX models, with external data beside them. */
export const onnx: FormatDef = {
  kind: "format",
  name: "onnx",
  summary: "ONNX: .onnx, with external data in the same folder",
  extensions: [".onnx"],
  detect: ({ name, bytes }) => /\.onnx$/i.test(name) || beginsAsModel(bytes),
  async read(source, { registry, limits, warn, weights, run = {} }) {
    const { graph, metadata } = await readOnnxFiles(source.bytes, source.beside, {
      registry,
      limits,
      file: source.name,
      warn,
    });
    const extras: Extras | undefined = extrasFrom(metadata);
    const given = weights && weightsFor(graph, weights, limits);
    return Model.fromGraph(graph, registry, {
      limits,
      ...(extras && { extras }),
      around: loosely(registry, (message) => warn(`${source.name}: ${message}`)),
      ...run,
      ...(given && { weights: given }),
    });
  },
  takes: () => ["graph", "opset", "external", "rightPadded", "extras"],
  async write(model, options, _, file) {
    await Promise.resolve();
    return written(model, options, file);
  },
};

/** The graph that is asked for, and the inputs that are written without a value. */
function graphOf(
  model: Model,
  { graph = "inference", opset = usualOpset, rightPadded = false }: WriteOptions,
): { readonly graph: Graph; readonly fed?: ReadonlySet<string> } {
  if (graph === "inference") return { graph: exportedGraph(model, { opset, rightPadded }) };
  const step = model.trainingGraph();
  if (graph === "initial") return { graph: initialGraph(step, model.registry) };
  return { graph: step, fed: new Set(stepState(step).map((i) => i.name)) };
}
function written(
  model: Model,
  options: WriteOptions,
  file: string | undefined,
): Uint8Array | WrittenFiles {
  const asked = options.graph ?? "inference";
  if (!["inference", "training", "initial"].includes(asked)) {
    throw new ConfigError(`graph: expected inference, training or initial, got ${shown(asked)}`, {
      place: "graph",
    });
  }
  const { opset, external = false } = options, { graph, fed } = graphOf(model, options);
  const how = {
    registry: model.registry,
    ...(fed && { fed }),
    ...(opset !== undefined && { opset }),
    metadata: metadataOf(model, options),
    doc: sentenceOf(model),
    // Every runtime reads ONNX's own operators.
    keeps: ({ domain }: OpDef) => domain !== "com.microsoft",
  };
  const bytes = graph.inputs.reduce((n, { value }) => n + (value ? tensorBytes(value) : 0), 0);
  if (!external && bytes < mostInside) return writeOnnx(graph, how);
  const { bytes: main, data } = writeOnnxExternal(graph, how, `${file ?? "model.onnx"}.data`);
  return { bytes: main, beside: data ? [{ name: data.location, parts: data.parts() }] : [] };
}
