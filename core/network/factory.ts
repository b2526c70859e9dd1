/** From a layer's definition and options to a layer ready to be applied. @module */
import { builtLayer } from "./built.ts";
import type { ActivationDef, InitializerDef, InitializerSpec, Layer, LayerDef } from "./layer.ts";
import { snakeCase } from "./names.ts";
import { optionsIn, parseConfig } from "../values/schema.ts";
import type { DType } from "../values/dtype.ts";

/** Options that every layer takes. */
export interface LayerOptions {
  /** Its name in the model; given by the model unless said. */
  readonly name?: string;
  /** False freezes its weights. */
  readonly trainable?: boolean;
  /** Element type of its input, for layers that begin a model. */
  readonly dtype?: DType;
}

/**
 * Makes a layer from a definition and options, as factories and file readers do.
 * @throws {ConfigError} with the path of the wrong option, as in `dense.units`.
 */
export function createLayer<C, P extends string>(
  def: LayerDef<C, P>,
  options: Readonly<Record<string, unknown>> & LayerOptions = {},
): Layer {
  const { name, trainable = true, dtype, ...fields } = options;
  const path = name ?? snakeCase(def.name), own = Object.hasOwn(def.config, "dtype");
  const config = parseConfig(def.config, own && dtype !== undefined ? { ...fields, dtype } : fields, path);
  def.check?.(config, path);
  return builtLayer({
    // A registry holds definitions whose configuration's type is forgotten.
    def: def as unknown as LayerDef,
    config,
    trainable,
    ...(name !== undefined && { name }),
    ...(dtype !== undefined && { dtype }),
  });
}

/** An option as people write it: a list may be one number for all; a name may be the activation or initializer itself. */
export type Given<T> = NonNullable<T> extends readonly unknown[] ? T | number | readonly number[]
  : [InitializerSpec] extends [NonNullable<T>] ? T | { readonly def: ActivationDef | InitializerDef }
  : T;
/** Options of a layer: those named must be there, the others have defaults. */
export type OptionsOf<C, Required extends keyof C = never> =
  & { readonly [K in keyof C]?: Given<C[K]> | undefined }
  & { readonly [K in Required]: Given<C[K]> }
  & LayerOptions;
/** What every factory of layers says beside making them. */
export interface LayerFactory {
  /** The definition that it makes layers of. */
  readonly def: LayerDef;
}
/** Makes layers of one definition from their options. */
export type Factory<C, Required extends keyof C = never> =
  & ([Required] extends [never] ? (options?: OptionsOf<C>) => Layer
    : (options: OptionsOf<C, Required>) => Layer)
  & LayerFactory;
/** Makes layers around another: `bidirectional(lstm({ units: 64 }))`. */
export type WrapperFactory<C extends { readonly layer: Layer }> =
  & ((layer: Layer, options?: Omit<OptionsOf<C>, "layer">) => Layer)
  & LayerFactory;

const given = (name: string, options: object) =>
  Object.fromEntries(Object.entries(optionsIn(name, options)).filter(([, v]) => v !== undefined));

/**
 * A definition's factory; the annotation says which options it takes and which it needs:
 * `const dense: Factory<DenseConfig, "units"> = factory(denseDef)`.
 */
export function factory<C, P extends string>(
  def: LayerDef<C, P>,
): ((options?: object) => Layer) & LayerFactory {
  const make = (options: object = {}) => createLayer(def, given(def.name, options));
  // A list of layers holds definitions whose configuration's type is forgotten.
  return Object.assign(make, { def: def as unknown as LayerDef });
}
/** The factory of a layer that stands around another, which comes first. */
export function wrapperFactory<C extends { readonly layer: Layer }, P extends string>(
  def: LayerDef<C, P>,
): ((layer: Layer, options?: object) => Layer) & LayerFactory {
  const make = (layer: Layer, options: object = {}) =>
    createLayer(def, { ...given(def.name, options), layer });
  return Object.assign(make, { def: def as unknown as LayerDef });
}
/** Definitions of a module's factories. */
export function defsOf(factories: Readonly<Record<string, LayerFactory>>): readonly LayerDef[] {
  return Object.values(factories).map(({ def }) => def);
}
