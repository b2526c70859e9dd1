/** Classes of layers that are made of layers, as files are written of them. @module */
import type { ArchitectureDef } from "../../../core/network/architecture.ts";
import type { Layer } from "../../../core/network/layer.ts";
import { keptClass } from "../kept.ts";
import type { WriteContext } from "./values.ts";

/** The class of layers that a layer was read as; undefined for one that is no network, or a whole model. */
export function partClass(layer: Layer, { registry }: WriteContext): ArchitectureDef | undefined {
  const name = keptClass(layer)?.className;
  return name === undefined
    ? undefined
    : registry.all("architecture").find((def) => def.name === name && def.part);
}
