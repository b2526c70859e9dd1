/** Tensors whose elements lie in files beside the model: which files, and the checked slice of each. @module */
import { FormatError, LapisError, shown } from "../../../core/values/errors.ts";
import type { AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto } from "../messages.ts";

/** Contents of external files, by the location that tensors name. */
export type ExternalFiles = ReadonlyMap<string, Uint8Array>;

function detailsOf(proto: TensorProto): ReadonlyMap<string, string> {
  return new Map((proto.externalData ?? []).map((e) => [e.key ?? "", e.value ?? ""]));
}

/** A location inside the model's folder. @throws {FormatError} for any other path, and for URLs. */
function checkLocation(location: string | undefined, where: string): string {
  if (location === undefined || location === "") {
    throw new FormatError(`${where}: external data without a location`);
  }
  const parts = location.split("/");
  const outside = /[\\:\0]/.test(location) || location.startsWith("/") || parts.includes("..") ||
    parts.includes("");
  if (outside) {
    throw new FormatError(`${where}: external data at ${shown(location)}, outside the model's folder`);
  }
  return location;
}

function wholeNumber(text: string | undefined, what: string, where: string): number | undefined {
  if (text === undefined) return undefined;
  const n = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(n)) {
    throw new FormatError(
      `${where}: external data with ${what} ${shown(text)}; expected a whole number from 0`,
    );
  }
  return n;
}

/** The bytes of an external tensor, `wanted` of them, as a view of its file. @throws {FormatError} */
export function externalBytes(
  proto: TensorProto,
  wanted: number,
  where: string,
  files: ExternalFiles | undefined,
): Uint8Array {
  const details = detailsOf(proto), location = checkLocation(details.get("location"), where);
  const offset = wholeNumber(details.get("offset"), "offset", where) ?? 0;
  const length = wholeNumber(details.get("length"), "length", where);
  if (length !== undefined && length !== wanted) {
    throw new FormatError(`${where}: external data of ${length} bytes; its shape takes ${wanted}`);
  }
  const file = files?.get(location);
  if (!file) throw new FormatError(`${where}: its external file ${shown(location)} is not there`);
  if (offset + wanted > file.length) {
    throw new FormatError(
      `${where}: external data from byte ${offset} to ${offset + wanted} of ${
        shown(location)
      }, which has ${file.length}`,
    );
  }
  return file.subarray(offset, offset + wanted);
}

/** Reads every external file that a model names, once each. */
export async function loadExternal(
  model: ModelProto,
  beside: ((name: string) => Promise<Uint8Array>) | undefined,
  file: string,
): Promise<ExternalFiles> {
  const locations = new Map<string, string>();
  for (const tensor of tensorsOf(model)) {
    if (tensor.dataLocation !== 1) continue;
    const where = `${file}: tensor ${shown(tensor.name ?? "")}`;
    const location = checkLocation(detailsOf(tensor).get("location"), where);
    if (!locations.has(location)) locations.set(location, where);
  }
  const files = new Map<string, Uint8Array>();
  for (const [location, where] of locations) {
    if (!beside) {
      throw new FormatError(
        `${file}: weights lie in ${shown(location)} beside it; load the model by its path, or give that file`,
      );
    }
    try {
      files.set(location, await beside(location));
    } catch (error) {
      if (error instanceof LapisError) error.message = `${where}: its external file ${error.message}`;
      throw error;
    }
  }
  return files;
}

/** Every tensor of a model: initializers and attributes, in nested graphs and functions too. */
function tensorsOf(model: ModelProto): readonly TensorProto[] {
  const found: TensorProto[] = [];
  const attribute = (a: AttributeProto) => {
    const sparse = [...(a.sparseTensor ? [a.sparseTensor] : []), ...(a.sparseTensors ?? [])];
    for (const t of [a.t, ...(a.tensors ?? []), ...sparse.flatMap((s) => [s.values, s.indices])]) {
      if (t) found.push(t);
    }
    for (const g of [a.g, ...(a.graphs ?? [])]) if (g) graph(g);
  };
  const nodes = (list: readonly NodeProto[] = []) => {
    for (const n of list) for (const a of n.attribute ?? []) attribute(a);
  };
  const graph = (g: GraphProto) => {
    for (const t of g.initializer ?? []) found.push(t);
    for (const s of g.sparseInitializer ?? []) {
      if (s.values) found.push(s.values);
      if (s.indices) found.push(s.indices);
    }
    nodes(g.node);
  };
  if (model.graph) graph(model.graph);
  for (const f of model.functions ?? []) {
    nodes(f.node);
    for (const a of f.attributeProto ?? []) attribute(a);
  }
  return found;
}
