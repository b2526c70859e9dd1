/** Which packages Python needs beside Keras to open what is written of a model. @module */
import * as args from "../files/arguments.ts";
import type { Layer } from "../../core/network/layer.ts";
import { type Network, networkConfigOf } from "../../core/network/network.ts";
import type { Model } from "../../core/model/model.ts";
import { keptClass } from "./kept.ts";

/**
 * Packages that Python has to import before Keras opens a file of the model: `keras_hub` for KerasHub's classes and
 * layers. None for a bare graph, which is written as Keras' own layers.
 */
export function packagesFor(model: Model): readonly string[] {
  args.check("packagesFor", "model", model, args.modelKind);
  const found = new Set<string>();
  const visit = (of: Network | Layer) => {
    const known = keptClass(of)?.registered.split(">");
    if (known) found.add(known.length > 1 ? known[0] ?? "" : "keras_hub");
    if ("def" in of) {
      const { package: own } = of.def.keras ?? {};
      if (own !== undefined) found.add(own);
      for (const { layer } of of.def.children?.(of.config) ?? []) visit(layer);
    }
    const layers = "layers" in of ? of.layers : networkConfigOf(of)?.layers ?? [];
    layers.forEach(visit);
  };
  if (!model.isGraph) visit(model.network);
  return [...found].sort();
}
