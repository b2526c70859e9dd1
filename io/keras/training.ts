/** How a model was compiled and where its optimizer stands, as files hold them. @module */
import type { SavedTraining } from "../../core/training/types.ts";
import { FormatError } from "../../core/errors.ts";
import type { Tensor } from "../../core/tensor.ts";
import { attributeStrings, type Hdf5Dataset, type Hdf5Group } from "../hdf5/mod.ts";
import { isJson, type Json } from "./json.ts";

/** Compilation as whole-model `.h5` files hold it, from Keras 3's. */
export function legacyTraining(config: Json): Json {
  const { optimizer, loss = null, metrics = null, ...rest } = config;
  const bare = (value: unknown): unknown =>
    isJson(value) && typeof value.class_name === "string" && "config" in value
      ? { class_name: value.class_name, config: value.config }
      : Array.isArray(value)
      ? value.map(bare)
      : value;
  return {
    loss: bare(loss),
    loss_weights: null,
    metrics: bare(metrics),
    weighted_metrics: null,
    run_eagerly: false,
    steps_per_execution: 1,
    jit_compile: false,
    ...rest,
    optimizer_config: bare(optimizer ?? null),
  };
}
/** Keras 3's compilation from that of whole-model `.h5` files. */
function fromLegacy(config: Json): Json {
  const { optimizer_config: optimizer, ...rest } = config;
  return { ...(optimizer !== undefined && { optimizer }), ...rest };
}

/** The part of a file that training goes on from. */
export interface TrainingParts {
  /** `compile_config`, or `training_config` of `.h5` files. */
  readonly config: unknown;
  readonly legacy: boolean;
  readonly version: string;
  /** The file's root group. */
  readonly root: Hdf5Group | undefined;
}
/** Compilation as the file says it, or undefined. The optimizer's variables are read when asked for. */
export function trainingOf({ config, legacy, version, root }: TrainingParts): SavedTraining | undefined {
  if (!isJson(config) || Object.keys(config).length === 0) return undefined;
  const form = legacy ? fromLegacy(config) : config;
  if (form.optimizer === undefined && form.loss === undefined) return undefined;
  const variables = root && variablesOf(root);
  return { config: form, version, ...(variables && { variables }) };
}

type Variables = readonly { readonly name: string; readonly value: Tensor }[];
/** The optimizer's variables in a file, both layouts. */
function variablesOf(root: Hdf5Group): (() => Variables) | undefined {
  if (root.has("optimizer_weights")) {
    const group = root.group("optimizer_weights");
    return () =>
      attributeStrings(group, "weight_names").map((name) => ({
        name: name.replace(/:0$/, ""),
        value: group.dataset(name).read(),
      }));
  }
  if (!root.has("optimizer/vars")) return undefined;
  const group = root.group("optimizer/vars");
  return () =>
    [...group.keys()].sort((a, b) => Number(a) - Number(b)).map((key) => {
      if (!/^\d+$/.test(key)) throw new FormatError(`${group.path}: expected numbered arrays, got ${key}`);
      const found: Hdf5Dataset = group.dataset(key);
      return { name: key, value: found.read() };
    });
}
