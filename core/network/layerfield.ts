/** The field of configurations that holds a layer. @module */
import type { Layer } from "./layer.ts";
import { type Field, field, isRecord } from "../values/schema.ts";

/** A layer inside a layer's configuration. */
export function layerField(o: { readonly doc?: string } = {}): Field<Layer> {
  return field<Layer>({
    ...o,
    expects: "a layer",
    kind: "layer",
    read: (raw) => (isRecord(raw) && raw.kind === "built-layer" ? raw as unknown as Layer : undefined),
  });
}
