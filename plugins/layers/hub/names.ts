/** How KerasHub's classes and functions are named in files. @module */
import type { KerasMapping } from "../../../core/network/layer.ts";

/** Packages that registered KerasHub's classes, the current one first. */
const packages = ["keras_hub", "keras_nlp", "keras_cv"] as const;

/** Functions that KerasHub registers, as activations with options. */
const functions: Readonly<Record<string, unknown>> = {
  gelu_approximate: "gelu_by_tanh",
};
function ours(value: unknown): unknown {
  const name = typeof value === "object" && value !== null && "config" in value ? value.config : value;
  const bare = typeof name === "string" ? /^keras_(?:hub|nlp)>(\w+)$/.exec(name)?.[1] : undefined;
  return bare !== undefined && Object.hasOwn(functions, bare) ? functions[bare] : value;
}
/** A configuration with KerasHub's own functions as activations. */
export function withFunctions(config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [key, ours(value)]));
}
/** A configuration with those activations as Keras serialises KerasHub's functions. */
function withObjects(config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const [[name = "", ours] = []] = Object.entries(functions);
  const object = {
    module: "builtins",
    class_name: "function",
    config: `${packages[0]}>${name}`,
    registered_name: "function",
  };
  return Object.fromEntries(Object.entries(config).map(([key, v]) => [key, v === ours ? object : v]));
}
/** Names of a class that KerasHub registers. */
export function classesOf(className: string): readonly string[] {
  return [className, ...packages.map((name) => `${name}>${className}`)];
}
/** What differs in files for a class that KerasHub registers. */
export function hub<C>(className: string, more: KerasMapping<C> = {}): KerasMapping<C> {
  return {
    since: 3,
    upgrade: (config, version) => withFunctions(more.upgrade?.(config, version) ?? config),
    ...Object.fromEntries(Object.entries(more).filter(([key]) => key !== "upgrade" && key !== "save")),
    save: (fields, major) => {
      const { className: name = className, config = fields } = more.save?.(fields, major) ?? {};
      return { className: name, config: withObjects(config) };
    },
    package: packages[0],
    classNames: classesOf(className),
  };
}
/** The same for a class that it keeps to itself: files name it by its module. */
export function hidden<C>(className: string, more: KerasMapping<C> = {}): KerasMapping<C> {
  return { ...hub(className, more), classNames: [className], unregistered: true };
}
