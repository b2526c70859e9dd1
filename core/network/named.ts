/** Activations and initializers as values: a function stands for its name, called it gives the name with options. @module */
import type { ActivationDef, InitializerDef } from "./layer.ts";
import { checkOptions } from "../values/schema.ts";

/** A name with options, as configurations hold it: `{ name: "elu", alpha: 2 }`. */
export interface NamedSpec {
  /** The plugin's name. */
  readonly name: string;
  /** Its options. */
  readonly [option: string]: unknown;
}
/** Stands for an activation or an initializer: itself, or called with options. */
export type NamedFactory<D extends ActivationDef | InitializerDef, O extends object = Record<never, never>> =
  & ((options?: O) => NamedSpec)
  & {
    /** What it stands for. */
    readonly def: D;
  };

/**
 * The value of an activation or an initializer; the annotation says its options:
 * `const elu: NamedFactory<ActivationDef, { alpha?: number }> = namedFactory(eluDef)`.
 */
export function namedFactory<D extends ActivationDef | InitializerDef>(
  def: D,
): ((options?: object) => NamedSpec) & { readonly def: D } {
  const known = (def.kind === "activation" ? def.options : def.config) ?? {};
  const make = (options: object = {}) => {
    checkOptions(def.name, options, known as Readonly<Record<never, unknown>>);
    return { ...options, name: def.name };
  };
  return Object.assign(make, { def });
}
