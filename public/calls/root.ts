/** Functions of the root, held to their arguments. @module */
import * as args from "../../io/files/arguments.ts";
import * as parts from "../../core/model/part.ts";
import * as registries from "../../core/registry.ts";
import type { Model } from "../../core/model/model.ts";
import type { PartOptions } from "../../core/model/part.ts";
import type { Bundle, Plugin, Registry } from "../../core/registry.ts";

/** Builds a registry. @throws {LapisError} when two plugins of a kind share a name; it names both owners. / */
export function createRegistry(list: readonly (Plugin | Bundle)[]): Registry {
  args.check("createRegistry", "list", list, args.list);
  return registries.createRegistry(list);
}
/** A part of a model of layers as a functional model that shares their weights: from its inputs, or from what the layers in `inputs` give, to what the layers in `outputs` give. @throws {InputError} for a name that isn't there, with the nearest one; for an input that no output needs. / */
export function extractLayers(model: Model, options: PartOptions): Model {
  args.check("extractLayers", "model", model, args.modelKind);
  args.check("extractLayers", "options", options, args.object);
  return parts.extractLayers(model, options);
}
