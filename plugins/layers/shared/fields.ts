/** Fields that layers' configurations share. @module */
import type { ActivationSpec, DataFormat, InitializerSpec } from "../../../core/network/specs.ts";
import {
  bool,
  type Field,
  field,
  int,
  isRecord,
  type JsonSchema,
  nullable,
  type Schema,
} from "../../../core/values/schema.ts";

export type { ActivationSpec, DataFormat } from "../../../core/network/specs.ts";
/** Anything JSON can say: regularizers and constraints as a file holds them. */
export type Opaque = unknown;

type Named = { readonly name: string; readonly [option: string]: unknown };

const camel = (word: string): string => word.replace(/_+([a-z0-9])/g, (_, c: string) => c.toUpperCase());

/** A name in any of the forms that files hold: text, `{name, …}`, or Keras' `{class_name, config}`. */
function readNamed(raw: unknown): string | Named | undefined {
  if (typeof raw === "string") return camelName(raw);
  if (typeof raw === "function" && "def" in raw) return readNamed(raw.def);
  if (!isRecord(raw)) return undefined;
  if ((raw.kind === "activation" || raw.kind === "initializer") && typeof raw.name === "string") {
    return raw.name;
  }
  if (typeof raw.name === "string" && !("class_name" in raw)) return { ...raw, name: camelName(raw.name) };
  const { class_name: className, config } = raw;
  if (typeof className !== "string") return undefined;
  if (className === "function" && typeof config === "string") return camelName(config);
  const options = isRecord(config)
    ? Object.fromEntries(Object.entries(config).map(([k, v]) => [camel(k), v]))
    : {};
  return Object.keys(options).length === 0
    ? camelName(className)
    : { ...options, name: camelName(className) };
}
const namedJson: JsonSchema = {
  anyOf: [{ type: "string" }, { type: "object", required: ["name"] }, { type: "null" }],
};
/** Layers that stand where an activation may. */
const activationLayers: Readonly<Record<string, string>> = {
  ReLU: "relu",
  LeakyReLU: "leakyRelu",
  ELU: "elu",
  Softmax: "softmax",
};
/** An activation that is a layer: its options are the function's. */
function fromLayer(raw: unknown): ActivationSpec | undefined {
  if (!isRecord(raw) || typeof raw.class_name !== "string" || !isRecord(raw.config)) return undefined;
  const { class_name: className, config } = raw;
  if (className === "Activation") {
    return config.activation === undefined ? undefined : readNamed(config.activation);
  }
  const name = Object.hasOwn(activationLayers, className) ? activationLayers[className] : undefined;
  if (name === undefined) return undefined;
  const own = ["name", "trainable", "dtype"];
  const options = Object.entries(config).filter(([k, v]) => !own.includes(k) && v !== null);
  return {
    ...Object.fromEntries(
      options.map(([k, v]) => [k === "alpha" && name === "leakyRelu" ? "negativeSlope" : camel(k), v]),
    ),
    name,
  };
}
function camelName(name: string): string {
  const word = camel(name);
  return word.charAt(0).toLowerCase() + word.slice(1);
}
/** Initializers' older names. */
const initializerAliases: Readonly<Record<string, string>> = {
  zero: "zeros",
  one: "ones",
  uniform: "randomUniform",
  normal: "randomNormal",
  orthogonalInitializer: "orthogonal",
  identityInitializer: "identity",
};

/** An activation: its name or `{name, …options}`; null is `linear`. */
export function activationField(
  o: { readonly doc?: string; readonly default?: ActivationSpec } = {},
): Field<ActivationSpec> {
  return field<ActivationSpec>({
    default: "linear",
    ...o,
    expects: "an activation's name, or {name, …options}",
    kind: "activation",
    json: namedJson,
    read: (raw) => (raw === null ? "linear" : fromLayer(raw) ?? readNamed(raw)),
  });
}
/** An initializer: its name or `{name, …options}`. */
export function initializerField(
  o: { readonly doc?: string; readonly default: InitializerSpec },
): Field<InitializerSpec> {
  return field<InitializerSpec>({
    ...o,
    expects: "an initializer's name, or {name, …options}",
    kind: "initializer",
    json: namedJson,
    read: (raw) => {
      if (raw === null) return o.default;
      const spec = readNamed(raw);
      if (typeof spec === "string") return initializerAliases[spec] ?? spec;
      return spec && { ...spec, name: initializerAliases[spec.name] ?? spec.name };
    },
  });
}
/** A regularizer, constraint or other part that a layer keeps as it came. */
export function opaqueField(doc?: string): Field<Opaque> {
  return {
    ...(doc !== undefined && { doc }),
    expects: "what Keras' configuration holds",
    required: false,
    default: null,
    // A part's factory stands for what it makes without options.
    parse: (raw) => (typeof raw === "function" ? (raw as () => unknown)() : raw ?? null),
  };
}
/** Where the channels stand; null and `channelsLast` are read too. */
export function dataFormatField(): Field<DataFormat> {
  return field<DataFormat>({
    default: "channels_last",
    expects: "channels_last or channels_first",
    json: { enum: ["channels_last", "channels_first", "channelsLast", "channelsFirst", null] },
    read: (raw) => {
      if (raw === null) return "channels_last";
      const word = typeof raw === "string" ? camel(raw) : "";
      return word === "channelsLast"
        ? "channels_last"
        : word === "channelsFirst"
        ? "channels_first"
        : undefined;
    },
  });
}
/** The seed of a layer's own random numbers. */
export function seedField(): Field<number | null> {
  return nullable(int());
}

/** What layers with a kernel and a bias have in common; regularizers and constraints are kept as they came. */
export interface KernelConfig {
  /** Add a learned offset. */
  readonly useBias: boolean;
  /** Fills the kernel. */
  readonly kernelInitializer: InitializerSpec;
  /** Fills the bias. */
  readonly biasInitializer: InitializerSpec;
  /** Penalty on the kernel. */
  readonly kernelRegularizer: Opaque;
  /** Penalty on the bias. */
  readonly biasRegularizer: Opaque;
  /** Penalty on the outputs. */
  readonly activityRegularizer: Opaque;
  /** Bound on the kernel. */
  readonly kernelConstraint: Opaque;
  /** Bound on the bias. */
  readonly biasConstraint: Opaque;
}
/** Fields of {@link KernelConfig}. */
export function kernelFields(): Schema<KernelConfig> {
  return {
    useBias: bool({ default: true }),
    kernelInitializer: initializerField({ default: "glorotUniform" }),
    biasInitializer: initializerField({ default: "zeros" }),
    kernelRegularizer: opaqueField(),
    biasRegularizer: opaqueField(),
    activityRegularizer: opaqueField(),
    kernelConstraint: opaqueField(),
    biasConstraint: opaqueField(),
  };
}
