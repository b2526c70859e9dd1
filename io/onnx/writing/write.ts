/** Writes our graphs as ONNX models. @module */
import * as args from "../../files/arguments.ts";
import { InputError, shown, UnsupportedError } from "../../../core/values/errors.ts";
import type { Attributes, Graph } from "../../../core/graph/graph.ts";
import type { OpDef } from "../../../core/graph/op.ts";
import { checkOptions, type OptionNames } from "../../../core/values/schema.ts";
import type { Operators } from "../../../core/graph/op.ts";
import { rewrite } from "../../../core/graph/rewrite.ts";
import type { Tensor } from "../../../core/values/tensor.ts";
import { type ModelProto, modelTable } from "../messages.ts";
import { type ExternalData, ExternalWriter } from "./externalwriter.ts";
import { encode } from "../proto.ts";
import { rolesTo } from "../reading/roles.ts";
import { newestOpset } from "../reading/survey.ts";
import { irFor, neededOpsets, oldestWritten, opsetFor, usualOpset } from "./versions.ts";
import { Writer } from "./writer.ts";

/** How to write. */
export interface WriteOptions {
  /** The plugins whose operators the graph holds. */
  readonly registry: Operators;
  /** The opset of ai.onnx to write; 21, or what the graph needs, unless said. */
  readonly opset?: number;
  /** Values of parameters, statistics, slots and states by input name, in place of those in the graph. */
  readonly weights?: ReadonlyMap<string, Tensor>;
  /** What the model is, in a sentence. */
  readonly doc?: string;
  /** Entries of `metadata_props`. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Names of inputs that are written without a value, whatever their role, for whoever feeds them at every step. */
  readonly fed?: ReadonlySet<string>;
  /** The newest opset that whoever reads the file knows. */
  readonly newest?: number;
  /** Composites to write whole where the target opset has them; all of them unless said. */
  readonly keeps?: (def: OpDef, attributes: Attributes) => boolean;
}

const writeNames: OptionNames<WriteOptions> = {
  registry: 0,
  opset: 0,
  weights: 0,
  doc: 0,
  metadata: 0,
  fed: 0,
  newest: 0,
  keeps: 0,
};

/** A model's file, and the file beside it that holds its weights. */
export interface OnnxFiles {
  /** The bytes of the model. */
  readonly bytes: Uint8Array;
  /** Weights that lie outside. */
  readonly data?: ExternalData;
}

/**
 * The bytes of an ONNX model. Our own operators, and composites that the opset lacks, are written as their bodies; what a
 * nested graph captures becomes a reference to the value outside. States, slots and whatever else an output replaces are
 * inputs with defaults.
 * @throws {UnsupportedError} when operators need a newer opset than the one asked for; it lists them all.
 */
export function writeOnnx(graph: Graph, options: WriteOptions): Uint8Array {
  args.check("writeOnnx", "graph", graph, args.graphKind);
  args.check("writeOnnx", "options", options, args.object);
  checkOptions("writeOnnx", options, writeNames);
  return encode(modelTable, toModel(graph, options));
}
/**
 * The same with the weights in a file of their own, named `location`, beside the model.
 * @throws {UnsupportedError} when operators need a newer opset than the one asked for; it lists them all.
 */
export function writeOnnxExternal(graph: Graph, options: WriteOptions, location: string): OnnxFiles {
  checkOptions("writeOnnxExternal", options, writeNames);
  const outside = new ExternalWriter(location);
  const bytes = encode(modelTable, toModel(graph, options, outside));
  return { bytes, data: outside.data };
}

/** @throws {UnsupportedError} */
function checkOpset(opset: number): void {
  if (Number.isInteger(opset) && opset >= oldestWritten && opset <= newestOpset) return;
  throw new InputError(
    `opset ${shown(opset)}: expected a whole number from ${oldestWritten} to ${newestOpset}`,
  );
}

function toModel(graph: Graph, options: WriteOptions, outside?: ExternalWriter): ModelProto {
  const { registry, keeps = () => true, newest = options.opset ?? newestOpset, doc } = options;
  const target = options.opset ?? Math.min(usualOpset, newest);
  checkOpset(target);
  const expanded = rewrite(graph, registry, {
    name: "write ONNX",
    expand: (def, types, given) => {
      const attributes = given as Attributes;
      if (!def.body || def.domain === "lapis") return def.body !== undefined;
      if (!keeps(def, attributes)) return true;
      return (def.domain ?? "") === "" && opsetFor(def, types, attributes) > target;
    },
  });
  const needed = neededOpsets(expanded, registry), own = [...needed.get("lapis")?.keys() ?? []];
  if (own.length > 0) {
    throw new UnsupportedError(`${own.join(", ")} ${own.length === 1 ? "has" : "have"} no form in ONNX`);
  }
  const versions = [...needed.get("") ?? []], late = versions.filter(([, version]) => version > newest);
  if (late.length > 0) {
    const list = late.map(([op, version]) => `${op} as it is used here needs opset ${version}`);
    throw new UnsupportedError(`${list.join("; ")}; ${newest} is written`);
  }
  const opset = Math.max(target, ...versions.map(([, version]) => version));
  const { proto, roles } = new Writer({
    ...options,
    opset,
    ...(outside && { tensor: (value: Tensor, name: string) => outside.tensor(value, name) }),
  }).main(expanded);
  const metadata = { ...options.metadata, ...rolesTo(roles) };
  return {
    irVersion: BigInt(irFor(opset)),
    opsetImport: [...needed].map(([domain, ops]) => ({
      domain,
      version: BigInt(domain === "" ? opset : Math.max(...ops.values())),
    })),
    producerName: "lapis",
    ...(doc !== undefined && { docString: doc }),
    graph: proto,
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
  };
}
