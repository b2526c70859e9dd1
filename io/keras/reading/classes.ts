/** Classes of whole models that plugins know, read as the functional models that they mean. @module */
import { keepStored } from "../kept.ts";
import type { ClassReader, KerasContext } from "./context.ts";
import { isJson } from "../json.ts";
import { labelOf, type LayerEntry } from "./entry.ts";
import { locate } from "./layers.ts";

/** The shapes of the tensors that a layer's first call is given, where the file doesn't say what it was built for. */
function calledOn(nodes: unknown): unknown {
  const [first] = Array.isArray(nodes) ? nodes as readonly unknown[] : [];
  const args: readonly unknown[] = isJson(first) && Array.isArray(first.args) ? first.args : [];
  const shapes = args.flatMap((a) => isJson(a) && isJson(a.config) ? [a.config.shape] : []);
  return shapes.length > 0 ? { shapes } : undefined;
}
/** A model of a class that the registry knows, as the functional model it means; undefined for any other entry. */
function read(entry: LayerEntry, ctx: KerasContext): LayerEntry | undefined {
  const { registered, config, raw } = entry;
  const def = ctx.registry.find("architecture", registered.slice(registered.lastIndexOf(">") + 1));
  // A whole-model .h5 names the class alone.
  const owner = registered.includes(">") ? registered : raw.module ?? def?.packages[0];
  if (!def?.packages.some((name) => `${owner}`.startsWith(name))) return undefined;
  const network = Array.isArray(config.layers)
    ? config
    : locate(labelOf(entry), () => def.network(config, raw.build_config ?? calledOn(raw.inbound_nodes)));
  return { ...entry, config: network, model: true, own: entry };
}
/** Reads such classes, and says what to do with others. */
export const classes: ClassReader = {
  read,
  keep: keepStored,
  help:
    ", since a subclass has its meaning in Python code; in Python, one that is functional inside, as KerasHub's are, " +
    "is saved as its layers by keras.Model(model.input, model.output).save(path), any other as ONNX by " +
    'model.export("model.onnx", format="onnx")',
};
