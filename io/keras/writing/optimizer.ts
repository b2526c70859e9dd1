/**
 * Optimizers for whole-model `.h5` of Keras 2: in the form that all of them read, where those before TensorFlow 2.11 compute
 * the same; in the form since then otherwise.
 * @module
 */
import { besideKeras } from "../../../core/training/saved.ts";
import type { SavedTraining } from "../../../core/training/types.ts";
import { scalar, type Tensor, zeros } from "../../../core/values/tensor.ts";
import { isJson, type Json } from "../json.ts";
import { isSerialized } from "../reading/entry.ts";
import type { Variables } from "../weights/slots.ts";

/** Options that those before 2.11 don't have, with the values that mean nothing. */
const idle: Readonly<Record<string, unknown>> = {
  weight_decay: null,
  use_ema: false,
};
/** Options that stand in every form since 2.11 alone. */
const newer: readonly string[] = [
  "weight_decay",
  "use_ema",
  "ema_momentum",
  "ema_overwrite_frequency",
  "jit_compile",
  "is_legacy_optimizer",
];
/** Words for slots as they were before 2.11, by class. */
const slotWords: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  SGD: { momentum: "momentum" },
  Adam: { momentum: "m", velocity: "v", velocity_hat: "vhat" },
  Adamax: { momentum: "m", norm: "v" },
  Nadam: { momentum: "m", velocity: "v" },
  RMSprop: { velocity: "rms", momentum: "momentum", average_gradient: "mg" },
  Adagrad: { accumulator: "accumulator" },
  Adadelta: { accumulated_grad: "accum_grad", accumulated_delta_var: "accum_var" },
};

/** A rate that falls with the steps, in the words of those before 2.11: `lr` and `decay`. */
function rateOf(rate: unknown, era: string): Json | undefined {
  if (typeof rate === "number") return { lr: rate, decay: 0 };
  if (!isSerialized(rate) || !isJson(rate.config) || rate.class_name !== "InverseTimeDecay") return undefined;
  const { initial_learning_rate: first, decay_steps: steps, decay_rate: share, staircase } = rate.config;
  if (typeof first !== "number" || typeof share !== "number" || steps !== 1 || staircase === true) {
    return undefined;
  }
  // Up to Keras 2.3 on TensorFlow the first step is the second: rate / (1 + decay · (step + 1)).
  const decay = era === "1" ? share / (1 - share) : share;
  return { lr: era === "1" ? first * (1 + decay) : first, decay };
}

/** Whether all Kerases before 2.11 compute what the optimizer does. */
function isSame(className: string, config: Json, era: string, tables: boolean): boolean {
  if (era === "1" || era === "1-theano") return className in slotWords;
  const limited = config.clipnorm !== null || config.global_clipnorm !== null;
  if (era === "2") return className in slotWords && className !== "Nadam";
  if (limited || typeof config.learning_rate !== "number") return false;
  // Rows of a table that a batch doesn't take stood still.
  const lazy = className === "Adamax" || className === "SGD" && config.momentum !== 0;
  return className === "Adam" || className === "SGD" || className === "Adamax" ? !(lazy && tables) : false;
}

/** The variables in the order before 2.11: all weights' first slots, then all their second ones. */
function olderVariables(className: string, config: Json, era: string, list: Variables): Variables {
  const words = slotWords[className] ?? {}, early = era.startsWith("1");
  const beside = list.filter(({ name }) => name.startsWith(besideKeras));
  const [iteration, ...slots] = list.filter((v) => !beside.includes(v));
  const groups = new Map<string, { readonly name: string; readonly value: Tensor }[]>();
  for (const { name, value } of slots) {
    const [, slot = "", ...path] = name.split("/"), word = words[slot] ?? slot;
    const group = groups.get(word) ?? [];
    groups.set(word, group);
    group.push({ name: `training/${className}/${path.join("/")}/${word}:0`, value });
  }
  // Without momentum there are moments in Keras' own optimizer alone.
  if (className === "SGD" && config.momentum === 0 && !early) groups.clear();
  const all = [...groups.values()].flat(), ofEach = groups.values().next().value ?? [];
  // Numbers in place of largest mean squares, which Keras counts and TensorFlow passes over.
  const empty = className === "Adam" && config.amsgrad !== true
    ? ofEach.map(({ name }) => ({ name: name.replace(/\/m:0$/, "/vhat:0"), value: zeros([1]) }))
    : [];
  const counted = !early || className !== "RMSprop" && className !== "Adagrad" && className !== "Adadelta";
  const first = {
    name: `training/${className}/iter:0`,
    value: iteration?.value ?? scalar(0n, "int64"),
  };
  return [...(counted ? [first] : []), ...all, ...empty, ...beside];
}

/**
 * An optimizer as every Keras 2 reads it; undefined where only those since 2.11 compute the same. `tables` tells of weights
 * that are looked up.
 */
export function olderOptimizer(
  form: unknown,
  variables: SavedTraining["variables"],
  tables: boolean,
): { readonly form: Json; readonly variables: Variables } | undefined {
  if (!isSerialized(form) || !isJson(form.config)) return undefined;
  const { class_name: name, config } = form, className = String(name);
  const beside = isJson(form.lapis) ? form.lapis : {}, era = String(beside.era ?? "3");
  if (Object.entries(idle).some(([key, value]) => (config[key] ?? value) !== value)) return undefined;
  const rate = rateOf(config.learning_rate, era);
  if (!isSame(className, config, era, tables) || !rate) return undefined;
  const { learning_rate: _, clipnorm, global_clipnorm: global, clipvalue, ...rest } = config;
  const early = era.startsWith("1"), norm = early ? global ?? clipnorm : clipnorm;
  const kept = Object.entries(rest).filter(([key]) =>
    !newer.includes(key) && !(early && key === "initial_accumulator_value") &&
    !(className === "RMSprop" && early && (key === "momentum" || key === "centered")) && key !== "name"
  );
  const decay = className === "Nadam" ? { schedule_decay: beside.schedule_decay ?? 0.004 } : {};
  const { decay: falls, ...bare } = rate;
  const older = {
    ...bare,
    ...(className !== "Nadam" && { decay: falls }),
    ...Object.fromEntries(kept),
    ...decay,
    ...(norm !== null && norm !== undefined && { clipnorm: norm }),
    ...(!early && global !== null && global !== undefined && { global_clipnorm: global }),
    ...(clipvalue !== null && clipvalue !== undefined && { clipvalue }),
  };
  return {
    form: { class_name: className, config: older, lapis: beside },
    variables: olderVariables(className, config, era, variables?.(2) ?? []),
  };
}
