/** The training step as one graph: gradients clipped, weights and slots updated, in Keras 3's order. @module */
import type { GraphBuilder } from "../../../core/graph/builder.ts";
import { derive } from "../../../core/graph/differentiate.ts";
import { type Gradient, mapGradient, Occurrences, scaleGradient, touchedRows } from "./occurrences.ts";
import type { Graph, Value } from "../../../core/graph/graph.ts";
import { scalarLike } from "../../../core/ops/words.ts";
import { classNameOf, isEarly } from "../../../core/training/parts.ts";
import { besideKeras } from "../../../core/training/saved.ts";
import type { TrainingPlugins } from "../../../core/training/types.ts";
import { tensorType, typeText } from "../../../core/values/shape.ts";
import { scalar, sizeOf, type Tensor, tensor } from "../../../core/values/tensor.ts";
import type {
  ConstraintDef,
  OptimizerConfig,
  OptimizerDef,
  Part,
  ScheduleDef,
  SlotSpec,
  Trainable,
} from "../../../core/training/contract.ts";

/** A slot as a file or a session holds it. */
export interface SlotEntry {
  /** The graph's input. */
  readonly input: string;
  /** As Keras names it. */
  readonly name: string;
  readonly initial: () => Tensor;
}

/** Names of the graph inputs that hold the optimizer's own numbers. */
export const iterationName = "optimizer/iteration";
/** The rate, where no schedule says it. */
export const rateName = "optimizer/learning_rate";
const slotName = (path: string, slot: string) => `optimizer/${path}/${slot}`;
const sharedName = (slot: string) => `optimizer/${slot}`;
const average = "average", accumulator = "gradient_accumulator";

const configOf = (optimizer: Part<OptimizerDef>) => optimizer.config as unknown as OptimizerConfig;
/** The schedule of an optimizer, where it has one. */
export function scheduleOf(optimizer: Part<OptimizerDef>): Part<ScheduleDef> | undefined {
  const { learningRate } = configOf(optimizer);
  return typeof learningRate === "number" ? undefined : learningRate;
}

const filled = (shape: readonly number[], value = 0) => () =>
  tensor(new Float32Array(sizeOf(shape)).fill(value), shape);
/** The loss's scale, and steps since it changed. */
const scaleName = "optimizer/dynamic_scale", growthName = "optimizer/step_counter";
function scaleSlots({ lossScaling }: OptimizerConfig): SlotEntry[] {
  if (!lossScaling) return [];
  return [
    // The outer optimizer's own, which mean nothing.
    {
      input: "optimizer/scale_iteration",
      name: "loss_scale_optimizer/iteration",
      initial: () => scalar(0n, "int64"),
    },
    {
      input: "optimizer/scale_learning_rate",
      name: "loss_scale_optimizer/learning_rate",
      initial: () => scalar(0, "float32"),
    },
    { input: growthName, name: "step_counter", initial: () => scalar(0, "int32") },
    { input: scaleName, name: "dynamic_scale", initial: () => scalar(lossScaling.initialScale, "float32") },
  ];
}
const iterationSlot: SlotEntry = {
  input: iterationName,
  name: "iteration",
  initial: () => scalar(0n, "int64"),
};
/** Slots of weights: those of a group stand together for each weight. */
function weightSlots(
  groups: readonly (readonly SlotSpec[])[],
  weights: readonly Trainable[],
  named: (path: string, slot: string) => string,
): SlotEntry[] {
  return groups.flatMap((specs) =>
    weights.flatMap((weight) =>
      specs.flatMap((spec) => {
        const { path, value } = weight, { name, initial } = spec;
        const shape = spec.shape ? spec.shape(weight) : weight.shape;
        if (!shape) return [];
        const first = initial === "weight" ? value ?? filled(shape) : filled(shape, initial);
        return [{ input: slotName(path, name), name: named(path, name), initial: first }];
      })
    )
  );
}
/** Every variable of an optimizer in the order of Keras 3's files. */
export function optimizerSlots(optimizer: Part<OptimizerDef>, weights: readonly Trainable[]): SlotEntry[] {
  const { def, config } = optimizer,
    { learningRate, useEma, gradientAccumulationSteps } = configOf(optimizer);
  const rate = typeof learningRate === "number"
    ? [{ input: rateName, name: "learning_rate", initial: () => scalar(learningRate, "float32") }]
    : [];
  const groups = [
    ...(useEma ? [[{ name: average }]] : []),
    ...(gradientAccumulationSteps ? [[{ name: accumulator }]] : []),
    ...def.slots(config),
  ];
  return [
    ...scaleSlots(configOf(optimizer)),
    iterationSlot,
    ...rate,
    ...weightSlots(groups, weights, (path, slot) => `${path.replaceAll("/", "_")}_${slot}`),
    ...sharedSlots(def),
  ];
}
/** Scalars beside all weights. */
function sharedSlots({ shared = [] }: OptimizerDef): SlotEntry[] {
  return shared.map(({ name, initial }) => ({
    input: sharedName(name),
    name,
    initial: filled([], typeof initial === "number" ? initial : 0),
  }));
}
/**
 * The variables in the order of Keras 2's files (since TensorFlow 2.11): the rate stands in the configuration. Scalars beside
 * all weights, which those files lack, follow under a name of ours.
 */
export function optimizerSlotsOfKeras2(
  optimizer: Part<OptimizerDef>,
  weights: readonly Trainable[],
): SlotEntry[] {
  const { def, config } = optimizer, { useEma } = configOf(optimizer);
  const groups = def.slotsOfKeras2?.(config) ?? def.slots(config);
  return [
    iterationSlot,
    ...weightSlots(
      [...(useEma ? [[{ name: average }]] : []), ...groups],
      weights,
      (path, slot) => `${classNameOf(def)}/${slot}/${path}`,
    ),
    ...sharedSlots(def).map((slot) => ({ ...slot, name: `${besideKeras}${slot.name}` })),
  ];
}

/** What the step's graph is made of. */
export interface StepOptions {
  readonly registry: TrainingPlugins;
  /** With the outputs `loss` and the like, and updates of layers. */
  readonly forward: Graph;
  readonly optimizer: Part<OptimizerDef>;
  readonly weights: readonly Trainable[];
  readonly constraints: ReadonlyMap<string, Part<ConstraintDef>>;
  /** Slots as they are now, by input name. */
  readonly slots: ReadonlyMap<string, Tensor>;
}

/** The step: outputs of the forward graph, which is replayed once, and an update of every weight and slot that changes. */
export function stepGraph(options: StepOptions): Graph {
  const { registry, forward, optimizer, weights } = options, paths = weights.map((w) => w.path);
  const { b, inputs, outputs, gradients } = derive(forward, "loss", paths, registry, `${forward.name}_step`);
  for (const { name, updates } of forward.outputs) {
    const value = outputs.get(name);
    if (value) b.output(name, value, updates);
  }
  const occurrences = new Occurrences(b);
  const pairs = weights.flatMap(({ path, shape }, index) => {
    const g = gradients[index], w = inputs.get(path);
    return g && w ? [{ path, shape, index, g: occurrences.of(g), w }] : [];
  });
  b.scopeAs("optimizer", () => new Step(b, options, optimizerSlots(optimizer, weights)).run(pairs));
  return b.build();
}

interface Pair {
  readonly path: string;
  readonly shape: readonly number[];
  readonly index: number;
  readonly g: Gradient;
  readonly w: Value;
}
/** Adds the optimizer's part of a step. */
class Step {
  readonly #b: GraphBuilder;
  readonly #options: StepOptions;
  readonly #config: OptimizerConfig;
  readonly #slots = new Map<string, Value>();
  readonly #made = new Map<string, Value>();
  readonly #iteration: Value;

  constructor(b: GraphBuilder, options: StepOptions, slots: readonly SlotEntry[]) {
    this.#b = b;
    this.#options = options;
    this.#config = configOf(options.optimizer);
    for (const { input, initial } of slots) {
      const value = options.slots.get(input) ?? initial();
      this.#slots.set(input, b.input(input, tensorType(value.dtype, value.shape), "slot", value));
    }
    this.#iteration = this.#slot(iterationName);
  }
  #slot(name: string): Value {
    const v = this.#slots.get(name);
    if (!v) throw new RangeError(`no slot ${name}`);
    return v;
  }
  #next(input: string, value: Value): void {
    this.#b.output(`next:${input}`, value, input);
  }
  #float(x: Value): Value {
    return this.#b.cast(x, { to: "float32" });
  }
  #add(x: Value, n: bigint): Value {
    return this.#b.add(x, this.#b.scalar(n, "int64"));
  }
  /** True in every n-th step. */
  #every(n: number, step: Value): Value {
    const b = this.#b, rest = b.mod(this.#add(step, 1n), b.scalar(BigInt(n), "int64"));
    return b.equal(rest, b.scalar(0n, "int64"));
  }

  run(pairs: readonly Pair[]): void {
    const b = this.#b, { gradientAccumulationSteps: every, useEma } = this.#config;
    const updates = every ? b.div(this.#iteration, b.scalar(BigInt(every), "int64")) : this.#iteration;
    const schedule = scheduleOf(this.#options.optimizer);
    const rate = schedule
      ? schedule.def.build(b, this.#float(this.#iteration), schedule.config)
      : this.#slot(rateName);
    const finite = this.#scaled(pairs);
    const due = every ? this.#every(every, this.#iteration) : undefined;
    const now = due && finite ? b.and(due, finite) : due ?? finite;
    const chosen = (next: Value, old: Value) => now ? b.where(now, next, old) : next;
    const shared = new Map<string, Value>();
    const clipped = this.#clip(every ? this.#accumulate(pairs, every, chosen) : pairs);
    const step = this.#float(this.#add(updates, 1n));
    for (const pair of clipped) {
      const next = this.#update(pair, rate, step, chosen, shared);
      const bound = this.#options.constraints.get(pair.path);
      let w = chosen(next, pair.w);
      if (bound) w = bound.def.build(b, w, bound.config);
      if (useEma) w = this.#moving(pair.path, w, updates);
      this.#next(pair.path, w);
    }
    for (const [name, value] of shared) this.#next(name, chosen(value, this.#slot(name)));
    const counted = this.#add(this.#iteration, 1n);
    this.#next(iterationName, finite ? b.where(finite, counted, this.#iteration) : counted);
  }
  /**
   * With a scale of the loss: true where all gradients times it are finite. The scale halves where they aren't, and
   * doubles after so many steps that were.
   */
  #scaled(pairs: readonly Pair[]): Value | undefined {
    const b = this.#b, { lossScaling } = this.#config;
    if (!lossScaling) return undefined;
    const scale = this.#slot(scaleName), count = this.#slot(growthName), zero = b.scalar(0, "int32");
    const each = pairs.map(({ g }) => {
      const largest = b.reduceMax(b.abs(b.mul(g.value, scale)), { keepdims: 0 });
      // False for infinities and for what is no number.
      return b.less(largest, b.scalar(Infinity));
    });
    const finite = each.reduce((x, y) => b.and(x, y));
    const grows = b.equal(count, b.scalar(lossScaling.dynamicGrowthSteps - 1, "int32"));
    const grown = b.where(grows, b.mul(scale, b.scalar(2)), scale);
    const next = b.where(grows, zero, b.add(count, b.scalar(1, "int32")));
    this.#next(scaleName, b.where(finite, grown, b.mul(scale, b.scalar(0.5))));
    this.#next(growthName, b.where(finite, next, zero));
    return finite;
  }
  /** Means of the gradients so far; the sums begin anew where an update is made. */
  #accumulate(pairs: readonly Pair[], every: number, chosen: (next: Value, old: Value) => Value): Pair[] {
    const b = this.#b;
    return pairs.map((pair) => {
      const name = slotName(pair.path, accumulator);
      const sum = b.add(this.#slot(name), pair.g.value);
      this.#next(name, chosen(b.mul(sum, scalarLike(b, 0, sum)), sum));
      return { ...pair, g: { value: b.div(sum, scalarLike(b, every, sum)), rows: undefined } };
    });
  }
  /** Gradients within their bounds. Before Keras 3 rows of one id are added up afterwards; long before it, first. */
  #clip(pairs: readonly Pair[]): readonly Pair[] {
    const { era } = this.#config;
    const whole = (list: readonly Pair[]) =>
      list.map((p) => ({ ...p, g: { ...p.g, rows: undefined, looked: p.g.rows } }));
    if (isEarly(era)) return this.#bounded(whole(pairs));
    return era === "3" ? this.#bounded(pairs) : whole(this.#bounded(pairs));
  }
  #bounded(pairs: readonly Pair[]): readonly Pair[] {
    const b = this.#b, { clipNorm, globalClipNorm, clipValue } = this.#config;
    const squares = (g: Gradient) => b.reduceSum(this.#squared(g).value, { keepdims: 0 });
    const bounded = (norm: Value, most: number) => {
      const limit = scalarLike(b, most, norm);
      return b.div(limit, b.max([norm, limit]));
    };
    if (clipNorm) {
      return pairs.map((pair) => {
        const norm = b.sqrt(squares(pair.g));
        return { ...pair, g: scaleGradient(b, pair.g, bounded(norm, clipNorm)) };
      });
    }
    if (globalClipNorm) {
      const sum = pairs.map((p) => squares(p.g)).reduce((x, y) => b.add(x, y));
      const scale = bounded(b.sqrt(sum), globalClipNorm);
      // Keras adds rows of one id up as it scales them.
      return pairs.map((pair) => ({ ...pair, g: { ...scaleGradient(b, pair.g, scale), rows: undefined } }));
    }
    if (!clipValue) return pairs;
    const within = (x: Value) => b.clip(x, scalarLike(b, -clipValue, x), scalarLike(b, clipValue, x));
    return pairs.map((pair) => ({ ...pair, g: mapGradient(b, pair.g, within) }));
  }
  #squared(g: Gradient): Gradient {
    return mapGradient(this.#b, g, (x) => this.#b.mul(x, x));
  }
  #update(
    { path, shape, index, g, w }: Pair,
    rate: Value,
    step: Value,
    chosen: (next: Value, old: Value) => Value,
    shared: Map<string, Value>,
  ): Value {
    const b = this.#b, { def, config } = this.#options.optimizer;
    return def.update({
      b,
      config,
      path,
      index,
      gradient: g.value,
      touched: () => touchedRows(b, g, shape),
      squared: () => this.#squared(g).value,
      magnitude: () => mapGradient(b, g, (x) => b.abs(x)).value,
      variable: this.#decayed(path, shape, w, rate),
      rate,
      step,
      slot: (name) => this.#slot(slotName(path, name)),
      setSlot: (name, next) => {
        const input = slotName(path, name), old = this.#slot(input);
        if (typeText(next.type) !== typeText(old.type)) {
          throw new RangeError(`${input}: expected ${typeText(old.type)}, got ${typeText(next.type)}`);
        }
        this.#next(input, chosen(next, old));
      },
      shared: (name) => shared.get(sharedName(name)) ?? this.#slot(sharedName(name)),
      setShared: (name, next) => void shared.set(sharedName(name), next),
      once: (key, make) => {
        const known = this.#made.get(key) ?? make();
        this.#made.set(key, known);
        return known;
      },
    });
  }
  /** Decoupled weight decay: w − w·decay·rate, before the step. */
  #decayed(path: string, shape: readonly number[], w: Value, rate: Value): Value {
    const { excludeFromWeightDecay } = this.#config, b = this.#b, { def, config } = this.#options.optimizer;
    const weightDecay = def.decayOf ? def.decayOf(path, shape, config) : this.#config.weightDecay;
    if (!weightDecay || excludeFromWeightDecay.some((word) => path.includes(word))) return w;
    const share = b.mul(b.mul(w, scalarLike(b, weightDecay, w)), rate);
    return b.sub(w, share);
  }
  /** Moves the average, and puts it in the weight's place where that is due. */
  #moving(path: string, w: Value, updates: Value): Value {
    const b = this.#b, { emaMomentum, emaOverwriteFrequency } = this.#config;
    const input = slotName(path, average), old = this.#slot(input);
    const first = b.equal(updates, b.scalar(0n, "int64"));
    const kept = b.where(first, b.scalar(0), b.scalar(emaMomentum));
    const taken = b.sub(b.scalar(1), kept);
    const moved = b.add(b.mul(old, kept), b.mul(w, taken));
    this.#next(input, moved);
    if (!emaOverwriteFrequency) return w;
    return b.where(this.#every(emaOverwriteFrequency, updates), moved, w);
  }
}
/** The name of a weight's moving average. */
export const averageName = (path: string): string => slotName(path, average);
