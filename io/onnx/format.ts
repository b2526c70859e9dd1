/** ONNX files as a format plugin: the graph becomes a model of its own, without layers. @module */
import type { FormatDef } from "../../core/format.ts";
import { Model } from "../../core/model.ts";
import { initialGraph, stepState } from "./training.ts";
import { readOnnxFiles } from "./read.ts";
import { writeOnnx } from "./write.ts";

/** The first field of a model is nearly always its IR version, a small number. */
const beginsAsModel = (bytes: Uint8Array) => bytes[0] === 0x08 && (bytes[1] ?? 0xff) < 0x20;

/** ONNX models, with external data beside them. */
export const onnx: FormatDef = {
  kind: "format",
  name: "onnx",
  summary: "ONNX: .onnx, with external data in the same folder",
  extensions: [".onnx"],
  detect: ({ name, bytes }) => /\.onnx$/i.test(name) || beginsAsModel(bytes),
  async read(source, { registry, limits, warn, run = {} }) {
    const { graph } = await readOnnxFiles(source.bytes, source.beside, {
      registry,
      limits,
      file: source.name,
      warn,
    });
    return Model.fromGraph(graph, registry, { limits, ...run });
  },
  async write(model, { graph = "inference" }) {
    await Promise.resolve();
    const { registry } = model;
    if (graph === "inference") return writeOnnx(model.graph(), { registry });
    const step = model.trainingGraph();
    return graph === "training"
      ? writeOnnx(step, { registry, fed: new Set(stepState(step).map((i) => i.name)) })
      : writeOnnx(initialGraph(step, registry), { registry });
  },
};
