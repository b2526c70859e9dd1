/** The outer form of a layer as files hold it. @module */
import { isJson, type Json } from "../json.ts";

/** A layer as a file holds it. */
export interface LayerEntry {
  readonly className: string;
  /** Package and class of a registered class of the user's (`acme>Swirl`), or the class name. */
  readonly registered: string;
  readonly name: string | undefined;
  readonly config: Json;
  readonly raw: Json;
  /** True for a functional model under a class name of its own. */
  readonly model?: true;
  /** Its class' own entry, where that stands for a functional model. */
  readonly own?: LayerEntry;
}

/** True for `{class_name, config}`, the form of everything that Keras serialises. */
export function isSerialized(value: unknown): value is Json {
  return isJson(value) && typeof value.class_name === "string" && ("config" in value);
}

/** How messages name a layer. */
export function labelOf({ name, className }: LayerEntry): string {
  return name === undefined ? `layer of class ${className}` : `layer "${name}" (${className})`;
}
