/** Reads ONNX models: bytes to our graph. @module */
import * as args from "../../files/arguments.ts";
import { checkBytes } from "../../datasets/options.ts";
import { GraphBuilder } from "../../../core/graph/builder.ts";
import { FormatError, LapisError, shown, UnsupportedError } from "../../../core/values/errors.ts";
import type { Graph, Role, Value } from "../../../core/graph/graph.ts";
import { defaultLimits, type Limits } from "../../../core/values/limits.ts";
import type { Registry } from "../../../core/registry.ts";
import { checkOptions, type OptionNames } from "../../../core/values/schema.ts";
import { tensorType, type Type, typeText } from "../../../core/values/shape.ts";
import type { Tensor } from "../../../core/values/tensor.ts";
import { ModelBuilder } from "./build.ts";
import { refuseForeign } from "../../foreign/mod.ts";
import { type ExternalFiles, loadExternal } from "./external.ts";
import { type GraphProto, type ModelProto, modelTable } from "../messages.ts";
import { Names } from "../names.ts";
import { decode } from "../proto.ts";
import { looksTrained, type Roles, rolesFrom } from "./roles.ts";
import { shapeSources } from "../shapes.ts";
import { newestIr, type Opsets, readFunctions, readOpsets, survey } from "./survey.ts";
import { isHollow } from "../tensors.ts";
import { symbolsOf, typeFromProto } from "../types.ts";

/** How to read. */
export interface ReadOptions {
  /** The plugins whose operators are known. */
  readonly registry: Registry;
  /** Bounds on what the file declares. */
  readonly limits?: Limits;
  /** The name errors use. */
  readonly file?: string;
  /** Contents of external files, by the location that tensors name. */
  readonly external?: ExternalFiles;
  /** Told of what is odd but harmless, one line each. */
  warn?(message: string): void;
}
/** Their names. */
export const readNames: OptionNames<ReadOptions> = { registry: 0, limits: 0, file: 0, external: 0, warn: 0 };
/** A model as its file holds it. */
export interface OnnxModel {
  /** The graph. */
  readonly graph: Graph;
  /** `metadata_props` by key. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Version of the format that the file is written in. */
  readonly irVersion: number;
  /** Versions by domain; ai.onnx is `""`. */
  readonly opsets: Readonly<Record<string, number>>;
  /** The program that wrote it. */
  readonly producer: string;
}

/** Largest tensor that is held as a constant because a shape is computed from it. */
const shapeElements = 16;

/** Decodes the outer message and checks that it is a model. @throws {FormatError} */
export function decodeModel(bytes: Uint8Array, file = "bytes"): ModelProto {
  if (bytes.length === 0) throw new FormatError(`${file}: the file is empty`, { file });
  try {
    return checkModel(decode(modelTable, bytes, { file }), file);
  } catch (error) {
    if (error instanceof FormatError) refuseForeign(bytes, file);
    throw error;
  }
}
/** @throws {FormatError} for what is no model. @throws {UnsupportedError} for a version that isn't read. */
export function checkModel(model: ModelProto, file: string): ModelProto {
  if (!model.graph) throw new FormatError(`${file}: there is no graph in it; is it an ONNX model?`, { file });
  const ir = Number(model.irVersion ?? 0n);
  if (ir < 3) {
    const said = model.irVersion === undefined ? "no IR version" : `IR version ${ir}`;
    throw new UnsupportedError(`${file}: ${said}; 3 is the oldest that is read`, { file });
  }
  if (ir > newestIr) {
    throw new UnsupportedError(`${file}: IR version ${ir}; ${newestIr} is the newest that is read`, { file });
  }
  return model;
}

/**
 * Reads a model whose weights are in the file, or in `options.external`.
 * @throws {FormatError} for a damaged file. @throws {UnsupportedError} that lists everything unknown.
 */
export function readOnnx(bytes: Uint8Array, options: ReadOptions): OnnxModel {
  args.check("readOnnx", "bytes", bytes, args.bytes);
  args.check("readOnnx", "options", options, args.object);
  checkOptions("readOnnx", options, readNames);
  return readModel(decodeModel(bytes, options.file), options);
}
/** Reads a model and the files beside it that it names. */
export async function readOnnxFiles(
  bytes: Uint8Array,
  beside: ((name: string) => Promise<Uint8Array>) | undefined,
  options: ReadOptions,
): Promise<OnnxModel> {
  checkOptions("readOnnxFiles", options, readNames);
  checkBytes("readOnnxFiles", bytes);
  const model = decodeModel(bytes, options.file);
  const external = await loadExternal(model, beside, options.file ?? "bytes");
  return readModel(model, { ...options, external });
}

/** Reads a model whose large initializers hold no elements: they are inputs without values. */
export function readStructure(model: ModelProto, options: ReadOptions): OnnxModel {
  return readModel(model, options, undefined, true);
}
/** Types of a model's values by name: inputs, initializers and what nodes give. @throws {FormatError} */
export function readValueTypes(model: ModelProto, options: ReadOptions): ReadonlyMap<string, Type> {
  const types = new Map<string, Type>();
  readModel(model, options, (name, type) => types.set(name, type));
  return types;
}

function readModel(
  model: ModelProto,
  options: ReadOptions,
  tell: (name: string, type: Type) => void = () => {},
  bare = false,
): OnnxModel {
  const { file = "bytes", limits = defaultLimits, registry, warn = () => {} } = options;
  const opsets = readOpsets(model.opsetImport, file), functions = readFunctions(model, file);
  const graph = model.graph ?? {};
  for (const domain of survey(graph, opsets, functions, registry, file)) {
    warn(`${file}: no opset is imported for ${domain}; the newest is taken`);
  }
  if (model.trainingInfo?.length) warn(`${file}: its training graphs are not used`);
  const metadata = Object.fromEntries((model.metadataProps ?? []).map((e) => [e.key ?? "", e.value ?? ""]));
  const irVersion = Number(model.irVersion);
  try {
    const builder = new ModelBuilder({
      registry,
      limits,
      file,
      functions,
      symbols: symbolsOf(graph.input ?? []),
      warn: (message) => warn(`${file}: ${message}`),
      bare,
      ...(options.external && { external: options.external }),
    });
    return {
      graph: mainGraph(builder, graph, opsets, irVersion, rolesFrom(metadata), registry, tell),
      metadata,
      irVersion,
      opsets: Object.fromEntries(opsets),
      producer: [model.producerName, model.producerVersion].filter(Boolean).join(" "),
    };
  } catch (error) {
    throw inFile(error, file);
  }
}

/** Inputs, weights, nodes and outputs of the outermost graph. */
function mainGraph(
  builder: ModelBuilder,
  graph: GraphProto,
  opsets: Opsets,
  irVersion: number,
  roles: Roles,
  registry: Registry,
  tell: (name: string, type: Type) => void,
): Graph {
  const b = new GraphBuilder(registry, { name: graph.name || "model" });
  const names = new Names(), symbols = symbolsOf(graph.input ?? []);
  const tensors = builder.initializers(graph), shaping = shapeSources(graph);
  for (const info of graph.input ?? []) {
    const name = info.name ?? "", place = `input ${shown(name)}`, value = tensors.get(name);
    const type = typeFromProto(info.type, place, symbols);
    if (value) checkDefault(place, type, value);
    // Before IR 4 every initializer had to be an input too; since then that makes it a default.
    if (value && irVersion < 4) continue;
    names.set(name, b.input(name, type, roles.inputs[name] ?? "data", value));
    builder.reserve(b, name);
  }
  for (const [name, value] of tensors) {
    if (names.has(name)) continue;
    if (isHollow(value)) {
      builder.reserve(b, name);
      names.set(name, b.input(name, tensorType(value.dtype, value.shape), roles.inputs[name] ?? "parameter"));
    } else names.set(name, weight(builder, b, name, value, roles.inputs[name], shaping.has(name)));
  }
  builder.graph(b, graph, names, opsets);
  if (!graph.output?.length) throw new FormatError("the graph has no outputs");
  const given = new Set<string>();
  for (const info of graph.output) {
    if (given.has(info.name ?? "")) {
      builder.warn(`output ${shown(info.name ?? "")} is listed twice`);
      continue;
    }
    given.add(info.name ?? "");
    const name = info.name ?? "", value = builder.find(name, names, "output");
    if (!value) throw new FormatError(`output ${shown(name)} is absent`);
    builder.checkHint(value, info);
    b.output(name, value, roles.updates[name]);
  }
  for (const [name, value] of names.entries()) tell(name, value.type);
  return b.build();
}

/** An initializer: a parameter when it looks like a weight, else a constant, whose value inference may use. */
function weight(
  builder: ModelBuilder,
  b: GraphBuilder,
  name: string,
  value: Tensor,
  said: Role | undefined,
  shaping: boolean,
): Value {
  const looks = looksTrained(value) && !(shaping && value.data.length <= shapeElements);
  const role = said ?? (looks ? "parameter" : "constant");
  if (role === "constant") return builder.constant(b, name, value);
  builder.reserve(b, name);
  return b.input(name, tensorType(value.dtype, value.shape), role, value);
}

function checkDefault(place: string, type: Type, value: Tensor): void {
  const fits = type.kind === "tensor" && type.dtype === value.dtype &&
    (type.shape === undefined ||
      (type.shape.length === value.shape.length &&
        type.shape.every((d, i) => typeof d !== "number" || d === value.shape[i])));
  if (!fits) {
    throw new FormatError(
      `${place} is declared as ${typeText(type)}, its initializer is ${value.dtype}[${value.shape}]`,
    );
  }
}

function inFile(error: unknown, file: string): unknown {
  if (!(error instanceof LapisError)) {
    const reason = error instanceof Error ? error.message : String(error);
    return new FormatError(`${file}: ${reason}`, { file, cause: error });
  }
  if (error.file === undefined) {
    Object.defineProperty(error, "file", { value: file, enumerable: true });
    if (!error.message.startsWith(`${file}: `)) error.message = `${file}: ${error.message}`;
  }
  return error;
}
