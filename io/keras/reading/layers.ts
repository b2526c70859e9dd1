/** Layers out of Keras' configurations, whichever version wrote them. @module */
import { isSerialized, labelOf, type LayerEntry } from "./entry.ts";
import {
  ConfigError,
  FormatError,
  LapisError,
  LimitError,
  shown,
  UnsupportedError,
} from "../../../core/values/errors.ts";
import { createLayer } from "../../../core/network/factory.ts";
import type { Layer, LayerDef } from "../../../core/network/layer.ts";
import { fieldToCamel } from "../../../core/network/names.ts";
import { type AnySchema, nearest } from "../../../core/values/schema.ts";
import { type KerasContext, majorOf } from "./context.ts";
import { isOlderHardSigmoid } from "./hardsigmoid.ts";
import { isJson, type Json } from "../json.ts";
import { keepPolicy, policyName } from "../policies.ts";

/** Keys that every layer may have and none computes with. */
const common: ReadonlySet<string> = new Set([
  "name",
  "trainable",
  "dtype",
  "dtype_policy",
  "batch_input_shape",
  "batch_shape",
  "input_shape",
  "input_dtype",
  "build_config",
  "compile_config",
  "quantization_config",
  "registered_name",
  "shared_object_id",
  "module",
  "autocast",
]);

/**
 * Reads the outer form of a layer.
 * @throws {FormatError} naming the place, when it has no class name or no configuration.
 */
export function entryOf(raw: unknown, place: string): LayerEntry {
  if (!isJson(raw) || typeof raw.class_name !== "string") {
    throw new FormatError(`${place}: expected a layer with a class_name, got ${shown(raw)}`, { place });
  }
  const { class_name: className, registered_name: registered, config } = raw;
  const fields = Array.isArray(config) ? { layers: config } : config;
  if (!isJson(fields)) {
    throw new FormatError(`${place}: class ${className} has no config, got ${shown(config)}`, { place });
  }
  const name = typeof raw.name === "string"
    ? raw.name
    : typeof fields.name === "string"
    ? fields.name
    : undefined;
  return {
    className,
    registered: typeof registered === "string" && registered.includes(">") ? registered : className,
    name,
    config: fields,
    raw,
  };
}
/** True for a class of KerasHub's. */
const isHub = ({ raw }: LayerEntry) =>
  typeof raw.module === "string" && /^keras_(hub|nlp|cv)\b/.test(raw.module);
const packages = new WeakMap<Layer, string>();
/** The package that a file had before the class of a layer of the user's own (`acme` of `acme>Swirl`). */
export const packageOf = (layer: Layer): string | undefined => packages.get(layer);
const namesOf = (def: LayerDef) => [def.name, ...def.keras?.classNames ?? []];
/** The definition of a layer's class. @throws {UnsupportedError} saying how to bring one's own. */
function definitionOf(entry: LayerEntry, ctx: KerasContext): LayerDef {
  const { className, registered } = entry, bare = registered.slice(registered.lastIndexOf(">") + 1);
  const own = ctx.custom.find((def) => namesOf(def).some((n) => n === registered || n === bare));
  if (own) return own;
  const all = ctx.registry.all("layer"), hub = isHub(entry);
  // KerasHub's own classes bear names that Keras' have too.
  const named = all.filter((def) =>
    namesOf(def).includes(registered) &&
    (registered.includes(">") || hub === (def.keras?.package === "keras_hub"))
  );
  const found = named.find((def) => def.keras?.takes?.(entry.config, ctx.version)) ??
    named.find((def) => !def.keras?.takes);
  if (found) return found;
  if (className === "Lambda") {
    throw new UnsupportedError(
      `layer "${entry.name}": a Lambda layer holds Python code${
        codeName(entry)
      }, which is never run; replace it by ` +
        `a layer of your own: loadModel(path, { layers: [myLayer] }) with one named Lambda`,
      { place: entry.name ?? className },
    );
  }
  const near = registered === className ? nearest(className, all.flatMap(namesOf)) : undefined;
  throw new UnsupportedError(
    `layer ${shown(entry.name)}: no layer for the class ${registered}${
      near ? ` (is ${near} meant?)` : ""
    }; ` +
      "bring your own: loadModel(path, { layers: [myLayer] }), or save the model as ONNX in Python: " +
      'model.export("model.onnx", format="onnx")',
    { place: entry.name ?? className },
  );
}
function codeName({ config }: LayerEntry): string {
  const { function: code } = config;
  if (typeof code === "string") return ` (${shown(code, 40)})`;
  return isJson(code) && typeof code.class_name === "string" ? ` (${shown(code.config, 40)})` : "";
}

/** The element type that a layer computes in; what isn't float32 is said. @throws {UnsupportedError} for quantized ones. */
function policyOf(entry: LayerEntry, ctx: KerasContext, def: LayerDef): string | undefined {
  const given = entry.config.dtype, name = policyName(given);
  if (isSerialized(given)) {
    // A layer that is chosen by its configuration reads the policy itself.
    if (def.keras?.takes) return undefined;
    // Policies by paths are those of the layers inside.
    const plain = given.class_name === "DTypePolicyMap" && isJson(given.config)
      ? Object.values(given.config.policy_map ?? {}).every((one) =>
        /float(16|32|64)$/.test(`${policyName(one)}`)
      )
      : /^(DTypePolicy|Policy|FloatDTypePolicy|PolicyV1)$/.test(`${given.class_name}`);
    if (!plain) {
      throw new UnsupportedError(
        `${labelOf(entry)}: dtype policy ${shown(given.class_name)} is not supported`,
        {
          place: entry.name ?? "",
        },
      );
    }
  }
  if (name !== undefined && /float(16|64)/.test(name)) {
    ctx.warn(`${labelOf(entry)}: Keras computes it in ${name}, Lapis in float32`);
  }
  return name;
}

/** hard_sigmoid was another function before Keras 3. */
function olderActivations(config: Json, older: boolean): Json {
  const swap = (value: unknown): unknown => {
    if (isOlderHardSigmoid(value)) return "hard_sigmoid_keras2";
    if (!older) return value;
    if (value === "hard_sigmoid") return "hard_sigmoid_keras2";
    return isSerialized(value) && value.class_name === "function" && value.config === "hard_sigmoid"
      ? "hard_sigmoid_keras2"
      : value;
  };
  return Object.fromEntries(
    Object.entries(config).map(([k, v]) => [k, /activation$/.test(k) ? swap(v) : v]),
  );
}

/** Keras 1's `dim_ordering` as `data_format`; padding, cropping and upsampling follow what the model's other layers say. */
function inOrder(
  config: Record<string, unknown>,
  def: LayerDef,
  { version, dimOrdering, warn }: KerasContext,
): void {
  const { dim_ordering: own } = config;
  delete config.dim_ordering;
  const open = /^(ZeroPadding|Cropping|UpSampling)[23]D$/.test(def.name) && majorOf(version) === 1;
  const given = own ?? (open ? dimOrdering : undefined);
  if (open && given === undefined) {
    warn(
      `${def.name}: the file doesn't say where channels stand, as Keras 1 didn't; taken as after the sizes`,
    );
  }
  if (given === undefined || !Object.hasOwn(def.config, "dataFormat") || "data_format" in config) return;
  config.data_format = given === "th" ? "channels_first" : "channels_last";
}

/** A function of the user's own can't be read. @throws {UnsupportedError} naming it. */
function refuseFunctions(entry: LayerEntry, key: string, value: unknown): void {
  if (!isJson(value)) return;
  const { registered_name: registered, module, class_name: className, config } = value;
  const ownName = typeof registered === "string" && registered.includes(">")
    ? registered
    : className === "function" && typeof module === "string" && !/^(keras|builtins|tensorflow)/.test(module)
    ? shown(config)
    : className === "__lambda__"
    ? "a lambda"
    : undefined;
  if (ownName !== undefined) {
    throw new UnsupportedError(`${labelOf(entry)}: ${key} is ${ownName}, a function of the user's own`, {
      place: `${entry.name}.${key}`,
    });
  }
}

/**
 * Makes a layer; models inside it are made by `inner`.
 * @throws {UnsupportedError} for an unknown class; {@link ConfigError} naming layer and key, for what it doesn't take.
 */
export function layerFrom(
  entry: LayerEntry,
  ctx: KerasContext,
  inner: (raw: unknown, place: string) => Layer,
): Layer {
  if (++ctx.count > ctx.limits.items) throw new LimitError(`more than ${ctx.limits.items} layers`);
  const label = labelOf(entry), def = definitionOf(entry, ctx);
  const schema = def.config as unknown as AnySchema, { fields = {}, ignore = [], upgrade } = def.keras ?? {};
  const policy = policyOf(entry, ctx, def);
  const older = olderActivations(entry.config, majorOf(ctx.version) < 3);
  const given = Object.fromEntries(
    Object.entries(older).filter(([k]) =>
      !common.has(k) || Object.hasOwn(schema, fieldToCamel(k)) && k !== "dtype"
    ),
  );
  inOrder(given, def, ctx);
  if (def.keras?.takes) {
    const { dtype, quantization_config: quantization } = entry.config;
    Object.assign(given, { dtype, quantization_config: quantization });
  }
  const place = entry.name ?? entry.className;
  const config = locate(label, () => upgrade ? upgrade({ ...given }, ctx.version) : given);
  const ours = new Map(Object.entries(fields).map(([field, keras]) => [keras as string, field]));
  const options: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(config)) {
    const field = ours.get(key) ?? fieldToCamel(key);
    if (!Object.hasOwn(schema, field)) {
      // A class without a get_config of its own has the arguments of Keras' base class.
      if (ignore.includes(key) || common.has(key) || (key === "activity_regularizer" && value === null)) {
        continue;
      }
      const near = nearest(key, Object.keys(schema));
      throw new ConfigError(
        `${label}: unknown option ${shown(key)} = ${shown(value, 40)}${near ? `; is ${near} meant?` : ""}`,
        { place: `${place}.${key}` },
      );
    }
    const kind = schema[field]?.kind;
    if (kind === "layer") options[field] = innerLayers(value, `${place}.${key}`, inner);
    else {
      if (kind !== undefined) refuseFunctions(entry, key, value);
      options[field] = value;
    }
  }
  const unsaid = (def.keras?.unsaid ?? []).filter((field) => !Object.hasOwn(options, field));
  if (unsaid.length > 0) {
    ctx.warn(
      `${label}: the file doesn't say ${
        unsaid.join(" and ")
      }, as Keras writes neither of this class; read without`,
    );
  }
  const trainable = entry.config.trainable;
  const layer = locate(label, () =>
    createLayer(def, {
      ...options,
      ...(entry.name !== undefined && { name: entry.name }),
      ...(typeof trainable === "boolean" && { trainable }),
      ...(Object.hasOwn(schema, "dtype") && policy !== undefined &&
        { dtype: policy as Layer["dtype"] & string }),
    }));
  keepPolicy(layer, entry.config.dtype);
  const { lora_rank: rank, lora_alpha: alpha } = entry.config;
  if (typeof rank === "number") ctx.lora.set(layer, typeof alpha === "number" ? alpha : rank);
  // A class exported under another name is stored under its own.
  const exported = def.keras?.classNames?.[0] === entry.className;
  const [owner, bare] = entry.registered.split(">");
  if (owner !== undefined && bare !== undefined && ctx.custom.includes(def)) packages.set(layer, owner);
  const stored = exported ? def.name : entry.className;
  ctx.classes.set(layer, stored);
  ctx.wholes?.keep(layer, stored, isHub(entry) ? entry : undefined);
  return layer;
}
function innerLayers(value: unknown, place: string, inner: (raw: unknown, place: string) => Layer): unknown {
  if (isSerialized(value)) return inner(value, place);
  return Array.isArray(value) && value.every(isSerialized)
    ? value.map((v, i) => inner(v, `${place}[${i}]`))
    : value;
}

/** Puts the layer before the message of an error that doesn't name it. */
export function locate<T>(label: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof LapisError && error.layer === undefined) {
      error.message = `${label}: ${error.message}`;
      error.layer = label;
    }
    throw error;
  }
}
