/** Layers as configurations of Keras 2 and 3 hold them. @module */
import { UnsupportedError } from "../../../core/values/errors.ts";
import type { InitializerSpec, Layer } from "../../../core/network/layer.ts";
import type { ActivationSpec } from "../../../core/network/specs.ts";
import { fieldToSnake, nameOf } from "../../../core/network/names.ts";
import type { SymbolicTensor } from "../../../core/network/network.ts";
import type { AnySchema, FieldKind } from "../../../core/values/schema.ts";
import type { TensorType } from "../../../core/values/shape.ts";
import type { Json } from "../json.ts";
import { policyIn, policyName } from "../policies.ts";
import { isSerialized } from "../reading/entry.ts";
import { moduleOf } from "../kept.ts";
import { locate, packageOf } from "../reading/layers.ts";
import { withoutLater } from "./older.ts";
import { activationValue, initializerValue, partValue, serialized, type WriteContext } from "./values.ts";

/** Sizes as Keras writes them: null where they vary. */
export function shapeList(type: TensorType): readonly (number | null)[] {
  return (type.shape ?? []).map((d) => (typeof d === "number" ? d : null));
}
/**
 * What Keras computes something in: float32, or the policy that the file had that it comes from.
 * @throws {UnsupportedError} for policies by paths, which Keras 2 doesn't have.
 */
export function policy(source: object, major: 2 | 3, place: string): unknown {
  const given = policyIn(source), name = policyName(given) ?? "float32";
  if (isSerialized(given) && given.class_name === "DTypePolicyMap") {
    if (major === 3) return given;
    throw new UnsupportedError(`${place}: Keras 2 has no dtype policies by paths (DTypePolicyMap)`, {
      place,
    });
  }
  if (major === 3) return serialized("keras", "DTypePolicy", { name });
  return name.startsWith("mixed_") ? serialized("keras.mixed_precision", "Policy", { name }) : name;
}
/** An input as a layer. */
export function inputEntry(tensor: SymbolicTensor, name: string, ctx: WriteContext): Json {
  const shape = ctx.major === 2 ? "batch_input_shape" : "batch_shape";
  const config = {
    [shape]: shapeList(tensor.type),
    dtype: policyName(policyIn(tensor)) ?? tensor.type.dtype,
    sparse: false,
    ragged: false,
    name,
    ...(ctx.major === 3 && { optional: false }),
  };
  return layerForm("keras.layers", "InputLayer", ctx.major === 2 ? withoutLater(config) : config, ctx);
}
/** `{class_name, config}`, with the module where layers say theirs. */
export function layerForm(
  module: string | null,
  className: string,
  config: Json,
  ctx: WriteContext,
  registered?: string,
): Json {
  return ctx.modules ? serialized(module, className, config, registered) : { class_name: className, config };
}

const isLayer = (value: unknown): value is Layer =>
  typeof value === "object" && value !== null && "kind" in value && value.kind === "built-layer";

/** A nameless layer inside a configuration has the name that the model gave the one made from it. */
function innerName(outer: Layer, inner: Layer): string {
  if (inner.name !== undefined) return inner.name;
  const children = outer.def.children?.(outer.config) ?? [];
  const child = children.find((c) => c.layer === inner) ??
    children.find((c) => c.namePrefix !== undefined && c.layer.def === inner.def);
  return nameOf(child?.layer ?? inner);
}

/** How a layer (or model) inside another's configuration is written. */
export type WriteInner = (layer: Layer, name: string, frozen: boolean) => Json;

/**
 * A layer with its configuration.
 * @throws {UnsupportedError} naming the layer and what that version of Keras doesn't have.
 */
export function layerEntry(
  layer: Layer,
  name: string,
  frozen: boolean,
  ctx: WriteContext,
  inner: WriteInner,
): Json {
  const { def } = layer, schema = def.config as unknown as AnySchema, keras = def.keras ?? {};
  const names = (keras.fields ?? {}) as Readonly<Record<string, string>>;
  const values = layer.config as Readonly<Record<string, unknown>>;
  const label = `layer "${name}" (${def.name})`, trainable = layer.trainable && !frozen;
  const fields: Record<string, unknown> = {}, own = (keras.own ?? []) as readonly string[];
  for (const [field, { kind }] of Object.entries(schema)) {
    if (own.includes(field)) continue;
    const key = names[field] ?? fieldToSnake(field), place = `${label}.${key}`;
    fields[key] = fieldValue(values[field], kind, key, place);
  }
  function fieldValue(value: unknown, kind: FieldKind | undefined, key: string, place: string): unknown {
    if (isLayer(value)) return inner(value, innerName(layer, value), !trainable);
    if (Array.isArray(value) && value.some(isLayer)) {
      return value.map((v: unknown) => fieldValue(v, kind, key, place));
    }
    if (value === null || value === undefined) return null;
    if (kind === "activation") return activationValue(value as ActivationSpec, ctx, place);
    if (kind === "initializer") return initializerValue(value as InitializerSpec, ctx, place);
    return partValue(value, key, ctx, place);
  }
  if (ctx.major === 2 && keras.since === 3) {
    throw new UnsupportedError(`${label}: Keras 2 has no such layer`, { place: name });
  }
  const { className = keras.classNames?.[0] ?? def.name, config = fields } = locate(
    label,
    () => keras.save?.(fields, ctx.major) ?? {},
  );
  const module = moduleOf(layer);
  if (keras.unregistered && module === undefined) {
    throw new UnsupportedError(
      `${label}: ${className} is a part of KerasHub's models that it doesn't register, so that Keras could not open the ` +
        "file; write ONNX, or the weights alone as safetensors",
      { place: name },
    );
  }
  const common = { name, trainable, dtype: fields.dtype ?? policy(layer, ctx.major, label) };
  const origin = keras.package ?? packageOf(layer);
  const form = ctx.major === 2 ? withoutLater({ ...common, ...config }) : { ...common, ...config };
  if (keras.unregistered && module !== undefined) {
    return layerForm(module[0], module[1], form, ctx, module[1]);
  }
  return origin === undefined
    ? layerForm("keras.layers", className, form, ctx)
    : layerForm(null, className, form, ctx, `${origin}>${className}`);
}
