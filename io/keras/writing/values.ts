/** Activations, initializers, regularizers and constraints in Keras' serialised forms. @module */
import { shown, UnsupportedError } from "../../../core/values/errors.ts";
import type { InitializerSpec, Layer } from "../../../core/network/layer.ts";
import type { ActivationSpec } from "../../../core/network/specs.ts";
import { fieldToSnake } from "../../../core/network/names.ts";
import { isFloat } from "../../../core/values/dtype.ts";
import type { Registry } from "../../../core/registry.ts";
import { sizeOf, type Tensor, toNumbers } from "../../../core/values/tensor.ts";
import type { Part } from "../../../core/training/contract.ts";
import { partOf, serializePart } from "../../../core/training/parts.ts";
import { olderHardSigmoid } from "../reading/hardsigmoid.ts";
import { isJson, type Json } from "../json.ts";
import { olderInitializer, olderRegularizer } from "./older.ts";

/** Writing, in progress. */
export interface WriteContext {
  readonly registry: Registry;
  /** Keras 3's words, or those of Keras 2 (tf-keras). */
  readonly major: 2 | 3;
  /** Whether layers say their module, which Keras 2's `.h5` doesn't. */
  readonly modules: boolean;
  /** Layers that stand in several models, which Keras reads as copies. */
  readonly shared?: ReadonlyMap<Layer, number>;
}

/** Keras' serialised form of an object. */
export function serialized(
  module: string | null,
  className: string,
  config: Json,
  registered?: string,
): Json {
  return { module, class_name: className, config, registered_name: registered ?? null };
}
/** Options with Keras' names. */
function snakeKeys(options: Json): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).map(([k, v]) => [fieldToSnake(k), v]));
}

/** Activations that tf-keras has under these names. */
const keras2Activations: Readonly<Record<string, string>> = {
  elu: "elu",
  exponential: "exponential",
  gelu: "gelu",
  hardSigmoidKeras2: "hard_sigmoid",
  leakyRelu: "leaky_relu",
  linear: "linear",
  logSoftmax: "log_softmax",
  mish: "mish",
  relu: "relu",
  relu6: "relu6",
  selu: "selu",
  sigmoid: "sigmoid",
  // Keras before 2.14 knows it by this name alone.
  silu: "swish",
  softmax: "softmax",
  softplus: "softplus",
  softsign: "softsign",
  swish: "swish",
  tanh: "tanh",
};
/** Layers that stand for an activation with options, with their fields in Keras 3. */
const activationLayers: Readonly<Record<string, readonly [className: string, ...fields: string[]]>> = {
  relu: ["ReLU", "max_value", "negative_slope", "threshold"],
  leakyrelu: ["LeakyReLU", "negative_slope"],
  elu: ["ELU", "alpha"],
  softmax: ["Softmax", "axis"],
};
const idle: ReadonlySet<string> = new Set(["trainable", "dtype", "name"]);

/** An activation. @throws {UnsupportedError} at `place`, where that version of Keras has no such function. */
export function activationValue(spec: ActivationSpec, ctx: WriteContext, place: string): unknown {
  const { name, ...given } = typeof spec === "string" ? { name: spec } : spec;
  const options = snakeKeys(given);
  const said = Object.keys(options).filter((k) => !idle.has(k) && options[k] !== null);
  if (said.length > 0) {
    const [className, ...fields] = activationLayers[name.toLowerCase()] ?? [];
    if ("alpha" in options && fields.includes("negative_slope")) options.negative_slope ??= options.alpha;
    const known = said.every((k) => fields.includes(k) || k === "alpha" && fields.includes("negative_slope"));
    if (className === undefined || !known) {
      throw new UnsupportedError(
        `${place}: Keras has no form for the activation ${name} with ${said.join(", ")}`,
        { place },
      );
    }
    const config: Record<string, unknown> = {};
    for (const key of fields) if (options[key] !== undefined) config[key] = options[key];
    if (ctx.major === 2 && className === "LeakyReLU") {
      config.alpha = config.negative_slope;
      delete config.negative_slope;
    }
    return serialized("keras.layers", className, config);
  }
  if (ctx.major === 3 && name === "hardSigmoidKeras2") return olderHardSigmoid();
  const found = ctx.major === 2
    ? keras2Activations[name]
    : ctx.registry.find("activation", name)?.kerasNames?.[0] ?? fieldToSnake(name);
  if (found !== undefined) return found;
  const other = name === "hardSigmoid"
    ? "Keras 2's hard_sigmoid is another function than that of Keras 3, which this layer has"
    : `Keras ${ctx.major} has no activation ${fieldToSnake(name)}`;
  throw new UnsupportedError(`${place}: ${other}`, { place });
}

const pascal = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);
/** Options of initializers that came with Keras 3. */
const newer: readonly string[] = ["input_axes", "output_axes"];

/** An initializer with all its options. @throws {UnsupportedError} for an option that Keras 2 doesn't have. */
export function initializerValue(spec: InitializerSpec, ctx: WriteContext, place: string): Json {
  const { name, ...given } = typeof spec === "string" ? { name: spec } : spec;
  const config: Record<string, unknown> = {};
  const fields = Object.entries(ctx.registry.find("initializer", name)?.config ?? {});
  for (const [key, { default: value }] of fields) config[fieldToSnake(key)] = value;
  for (const [key, value] of Object.entries(snakeKeys(given))) {
    if (ctx.major === 2 && newer.includes(key)) {
      if (value === null) continue;
      throw new UnsupportedError(`${place}: Keras 2 has no option ${key} of initializers`, { place });
    }
    config[key] = value;
  }
  const [className, form] = ctx.major === 2 ? olderInitializer(pascal(name), config) : [pascal(name), config];
  return serialized("keras.initializers", className, form);
}

/** A regularizer or constraint, however the layer holds it: our part, a name, or what a file held. */
export function partValue(value: unknown, key: string, ctx: WriteContext, place: string): unknown {
  const kind = /regularizer$/.test(key) ? "regularizer" : /constraint$/.test(key) ? "constraint" : undefined;
  if (value === null || value === undefined || kind === undefined) return value ?? null;
  const older = (form: Json) => (ctx.major === 2 && kind === "regularizer" ? olderRegularizer(form) : form);
  if (isJson(value) && value.kind === "part") return older(serializePart(value as unknown as Part));
  if (isJson(value) && typeof value.class_name === "string" && isJson(value.config)) {
    const { shared_object_id: _, ...rest } = value;
    return older({ module: `keras.${kind}s`, registered_name: null, ...rest });
  }
  if (ctx.registry.all(kind).length === 0) return value;
  return older(serializePart(partOf(ctx.registry, kind, value, place)));
}

/** Options that Python wants as floats even where they are whole: Keras refuses a momentum of 0 that isn't 0.0. */
const floatKeys: ReadonlySet<string> = new Set(
  "alpha beta_1 beta_2 clipnorm clipvalue decay_rate delta dropout ema_momentum end_learning_rate epsilon gain gamma global_clipnorm initial_accumulator_value initial_learning_rate l1 l2 label_smoothing learning_rate m_mul mask_value max_value maxval minval momentum negative_slope power rate recurrent_dropout rho stddev t_mul threshold warmup_target weight_decay"
    .split(" "),
);
/** A number that Python reads as a float where it is whole. */
class PythonFloat {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}
/** An array as nested lists, floats as Python's. */
export function pythonList(t: Tensor): unknown {
  const numbers = toNumbers(t), float = isFloat(t.dtype);
  const item = (at: number): unknown => {
    const n = numbers[at] ?? 0;
    return t.dtype === "bool" ? n !== 0 : float && Number.isSafeInteger(n) ? new PythonFloat(n) : n;
  };
  const nest = (axis: number, from: number): unknown => {
    if (axis === t.shape.length) return item(from);
    const step = sizeOf(t.shape.slice(axis + 1));
    return Array.from({ length: t.shape[axis] ?? 0 }, (_, i) => nest(axis + 1, from + i * step));
  };
  return nest(0, 0);
}
/** JSON as Python writes and reads it: numbers that aren't finite are words. @throws {UnsupportedError} naming what can't be said. */
export function pythonJson(value: unknown, what: string): string {
  const words = new Map<string, string>();
  const plain = (word: string, text: string) => {
    words.set(JSON.stringify(word), text);
    return word;
  };
  const text = JSON.stringify(value, (key, v: unknown) => {
    if (v instanceof PythonFloat) return plain(`\u0000${v.value}.0\u0000`, `${v.value}.0`);
    if (typeof v === "number" && !Number.isFinite(v)) return plain(`\u0000${v}\u0000`, `${v}`);
    if (typeof v === "number" && Number.isSafeInteger(v) && floatKeys.has(key)) {
      return plain(`\u0000${v}.0\u0000`, `${v}.0`);
    }
    if (typeof v === "bigint") return Number(v);
    if (typeof v === "function" || typeof v === "symbol") {
      throw new UnsupportedError(`${what}: ${shown(key)} is a function, which a file can't hold`, {
        place: key,
      });
    }
    return v;
  });
  let out = text;
  for (const [word, bare] of words) out = out.replaceAll(word, bare);
  return out;
}
