/** Weights that come from another file than the model. @module */
import { FormatError, shown } from "../../../core/values/errors.ts";
import type { Source } from "../../../core/model/format.ts";
import { type Graph, typeOf } from "../../../core/graph/graph.ts";
import type { Limits } from "../../../core/values/limits.ts";
import { nearest } from "../../../core/values/schema.ts";
import { tensorType, typeText } from "../../../core/values/shape.ts";
import type { Tensor } from "../../../core/values/tensor.ts";
import { isSafetensors, readSafetensors } from "../../arrays/safetensors.ts";

/**
 * Weights of a safetensors file in place of a graph's own, by their names; those that it doesn't have stay.
 * @throws {FormatError} for another file, a name that no weight has, and another shape or type.
 */
export function weightsFor(graph: Graph, source: Source, limits: Limits): ReadonlyMap<string, Tensor> {
  const { name: file, bytes } = source;
  if (!isSafetensors(bytes)) {
    throw new FormatError(`${file}: weights for an ONNX model come from a .safetensors file`, { file });
  }
  const given = readSafetensors(bytes, { limits, file });
  const own = new Map(
    graph.inputs.flatMap((
      i,
    ) => (i.role === "parameter" || i.role === "statistic" ? [[i.name, i.id] as const] : [])),
  );
  for (const [name, t] of given) {
    const id = own.get(name);
    if (id === undefined) {
      const near = nearest(name, own.keys());
      throw new FormatError(
        `${file}: the model has no weight ${shown(name)}${
          near === undefined ? "" : `; is ${shown(near)} meant?`
        }`,
        { file, place: name },
      );
    }
    const type = typeText(typeOf(graph, id)), came = typeText(tensorType(t.dtype, t.shape));
    if (type !== came) {
      throw new FormatError(`${file}: weight ${shown(name)}: expected ${type}, got ${came}`, {
        file,
        place: name,
      });
    }
  }
  return given;
}
