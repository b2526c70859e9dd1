/** Words that every Keras 2 knows: fields that later versions added are left out where they say what the earlier ones do. @module */
import { isJson, type Json } from "../json.ts";

/** Fields that came after Keras 2.2, with the value that means what layers did before. */
const later: Readonly<Record<string, unknown>> = {
  backward_layer: null,
  groups: 1,
  invert: false,
  keepdims: false,
  ragged: false,
  score_mode: "dot",
  seed: null,
  sparse: false,
  synchronized: false,
  time_major: false,
  zero_output_for_mask: false,
};
/** One of the two layers of a Bidirectional, whose sequences end in zeros where masked without being told. */
function oneWay(form: unknown, prefix: string): Json | undefined {
  if (!isJson(form) || !isJson(form.config)) return undefined;
  const { zero_output_for_mask: _, name, ...config } = form.config;
  const bare = typeof name === "string" && name.startsWith(prefix) ? name.slice(prefix.length) : name;
  return { ...form, config: { name: bare, ...config } };
}
/** Keras 2 makes the way back out of the layer, where it is that layer turned round. */
function bothWays({ layer, backward_layer: back, ...rest }: Json): Json {
  const there = oneWay(layer, "forward_"), again = oneWay(back, "backward_");
  const key = ({ class_name: name, config }: Json, turned: boolean) => {
    const { name: _, go_backwards: backwards, ...others } = config as Json;
    return JSON.stringify([name, others, (backwards === true) !== turned]);
  };
  const mirrored = there && again && key(there, true) === key(again, false);
  return { ...rest, layer: there ?? layer, ...(again && !mirrored && { backward_layer: again }) };
}
/** A layer's configuration without what says nothing. */
export function withoutLater(given: Json): Json {
  const config = "backward_layer" in given ? bothWays(given) : given;
  const kept = Object.entries(config).filter(([key, value]) =>
    !(Object.hasOwn(later, key) && later[key] === value)
  );
  return Object.fromEntries(kept);
}

/** Initializers that were functions before they were classes, as what those made. */
const scaled: Readonly<Record<string, Json>> = {
  GlorotNormal: { scale: 1, mode: "fan_avg", distribution: "normal" },
  GlorotUniform: { scale: 1, mode: "fan_avg", distribution: "uniform" },
  HeNormal: { scale: 2, mode: "fan_in", distribution: "normal" },
  HeUniform: { scale: 2, mode: "fan_in", distribution: "uniform" },
  LecunNormal: { scale: 1, mode: "fan_in", distribution: "normal" },
  LecunUniform: { scale: 1, mode: "fan_in", distribution: "uniform" },
};
/** An initializer's class and configuration for every Keras 2. */
export function olderInitializer(
  className: string,
  config: Json,
): readonly [className: string, config: Json] {
  const { seed = null } = config, found = scaled[className];
  if (found) return ["VarianceScaling", { ...found, seed }];
  return className === "VarianceScaling" && config.distribution === "truncated_normal"
    ? [className, { ...config, distribution: "normal" }]
    : [className, config];
}

/** Losses and metrics that are functions in every Keras 2, by their class. */
const functions: Readonly<Record<string, string>> = {
  BinaryAccuracy: "binary_accuracy",
  BinaryCrossentropy: "binary_crossentropy",
  CategoricalAccuracy: "categorical_accuracy",
  CategoricalCrossentropy: "categorical_crossentropy",
  CategoricalHinge: "categorical_hinge",
  Hinge: "hinge",
  KLDivergence: "kullback_leibler_divergence",
  LogCosh: "logcosh",
  MeanAbsoluteError: "mean_absolute_error",
  MeanAbsolutePercentageError: "mean_absolute_percentage_error",
  MeanSquaredError: "mean_squared_error",
  MeanSquaredLogarithmicError: "mean_squared_logarithmic_error",
  Poisson: "poisson",
  SparseCategoricalAccuracy: "sparse_categorical_accuracy",
  SparseCategoricalCrossentropy: "sparse_categorical_crossentropy",
  SparseTopKCategoricalAccuracy: "sparse_top_k_categorical_accuracy",
  SquaredHinge: "squared_hinge",
  TopKCategoricalAccuracy: "top_k_categorical_accuracy",
};
/** Their short names, under which metrics stand in logs. */
const short: readonly string[] = ["mae", "mape", "mse", "msle"];
/** Options that say nothing. */
const plain: Readonly<Record<string, unknown>> = {
  axis: -1,
  dtype: null,
  from_logits: false,
  ignore_class: null,
  k: 5,
  label_smoothing: 0,
  name: null,
  reduction: "sum_over_batch_size",
  threshold: 0.5,
};
/** A loss or metric as the name of a function where it says no more than that, or as a class without options that say nothing. */
export function olderPart({ class_name: name, config, lapis }: Json): unknown {
  const className = String(name), own = functions[className];
  const given = isJson(config) ? config : {}, { name: called } = given;
  const said = Object.entries(given).filter(([key, value]) => !(key in plain && plain[key] === value));
  const named = said.every(([key]) => key === "name") && lapis === undefined;
  if (own !== undefined && named) {
    if (called === undefined || called === null || called === own) return own;
    if (typeof called === "string" && short.includes(called)) return called;
  }
  const kept = own === undefined ? given : Object.fromEntries(said);
  return { class_name: className, config: kept, ...(lapis !== undefined && { lapis }) };
}
/** A regularizer's class and configuration as every Keras 2 has them: L1 and L2 came later than both in one. */
export function olderRegularizer(form: Json): Json {
  const { class_name: name, config } = form;
  const both = (name === "L1" || name === "L2") && isJson(config);
  return both ? { ...form, class_name: "L1L2", config: { l1: 0, l2: 0, ...config } } : form;
}
