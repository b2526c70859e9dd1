/** Where an optimizer stands: its slots by graph input, as sessions, files and saved states hold them. @module */
import { GraphBuilder } from "../../../core/graph/builder.ts";
import { ConfigError, InputError, LapisError, shown } from "../../../core/values/errors.ts";
import { runGraph } from "../../../core/ops/execute.ts";
import { defaultLimits } from "../../../core/values/limits.ts";
import { castTensor, copyOf, isTensor, scalar, type Tensor, toNumbers } from "../../../core/values/tensor.ts";
import type { OptimizerConfig, OptimizerDef, Part, Trainable } from "../../../core/training/contract.ts";
import { trainables, type Trained } from "./graphs.ts";
import { renamed } from "./saved.ts";
import { besideKeras, isEarlyKeras } from "../../../core/training/saved.ts";
import {
  averageName,
  iterationName,
  optimizerSlots,
  optimizerSlotsOfKeras2,
  rateName,
  scheduleOf,
  type SlotEntry,
} from "./step.ts";
import type { ModelParts, SavedTraining } from "../../../core/training/types.ts";

type Variables = readonly { readonly name: string; readonly value: Tensor }[];
/** Names of slots as they stood behind their weight's before TensorFlow 2.11. */
const olderSlot = /\/(m|v|vhat|momentum|rms|mg|accumulator|accum_grad|accum_var|linear)(:0)?$/;

/** Slots of a compiled model. Those that a session changed are read from it. */
export class OptimizerState {
  readonly optimizer: Part<OptimizerDef>;
  readonly entries: readonly SlotEntry[];
  readonly #byInput: ReadonlyMap<string, SlotEntry>;
  readonly #parts: ModelParts;
  /** What it trains. */
  readonly trained: Trained;
  readonly #weights: readonly Trainable[];
  readonly #values = new Map<string, Tensor>();

  constructor(parts: ModelParts, optimizer: Part<OptimizerDef>, trained: Trained) {
    const { weights } = trained;
    this.#parts = parts;
    this.trained = trained;
    this.optimizer = optimizer;
    this.#weights = weights;
    this.entries = optimizerSlots(optimizer, weights);
    this.#byInput = new Map(this.entries.map((e) => [e.input, e]));
  }
  /** @throws {LapisError} where layers were frozen or freed since the first step of this compilation. */
  checkTrained(): void {
    const now = trainables(this.#parts).map((w) => w.path),
      before = new Set(this.#weights.map((w) => w.path));
    const changed = now.find((path) => !before.delete(path)) ?? [...before][0];
    if (changed === undefined) return;
    throw new LapisError(
      "model",
      `fit: ${shown(changed)} was ${
        now.includes(changed) ? "freed" : "frozen"
      } after the first step, and what ` +
        "a model trains is settled there: call compile again",
      { place: changed },
    );
  }
  /** A slot as it is now. */
  get(input: string): Tensor {
    const entry = this.#byInput.get(input);
    const value = this.#parts.sessions.value(input) ?? this.#values.get(input) ?? entry?.initial();
    if (!value) throw new InputError(`the optimizer holds nothing named ${shown(input)}`);
    return value;
  }
  /** Puts a slot, also into sessions that run. */
  set(input: string, value: Tensor): void {
    this.#values.set(input, value);
    this.#parts.sessions.write(input, value);
  }
  /**
   * Goes on with the slots of a saved state; where it holds none, they stay.
   * @throws {InputError} naming a slot that this optimizer doesn't have.
   */
  resume(tensors: Readonly<Record<string, Tensor>>): void {
    const held = new Map(Object.entries(tensors).filter(([name]) => name.startsWith("optimizer/")));
    const wanted = new Map(this.entries.map(({ input, initial }) => [input, initial().shape]));
    for (const [input, value] of renamed(held, wanted, "resumeFrom: a variable of the optimizer")) {
      this.set(input, value);
    }
  }
  /** All slots by graph input. */
  all(): Map<string, Tensor> {
    return new Map(this.entries.map(({ input }) => [input, this.get(input)]));
  }
  /** Steps done. */
  get iteration(): number {
    return Number(this.get(iterationName).data[0]);
  }

  /** The rate of the next step. */
  get rate(): number {
    const schedule = scheduleOf(this.optimizer);
    if (!schedule) return Number(toNumbers(this.get(rateName))[0]);
    const { registry } = this.#parts, b = new GraphBuilder(registry, { name: "rate" });
    const step = b.constant(scalar(this.iteration));
    b.output("rate", schedule.def.build(b, step, schedule.config));
    const [value] = runGraph(b.build(), [], { registry, limits: defaultLimits });
    return isTensor(value) ? Number(toNumbers(value)[0]) : NaN;
  }
  /** @throws {ConfigError} where a schedule says the rate. */
  set rate(value: number) {
    if (scheduleOf(this.optimizer)) {
      throw new ConfigError("learningRate: can't be set, the optimizer has a schedule that says it");
    }
    if (!(value >= 0)) throw new ConfigError(`learningRate: expected a number >= 0, got ${shown(value)}`);
    this.set(rateName, scalar(value, "float32"));
  }
  get #config(): OptimizerConfig {
    return this.optimizer.config as unknown as OptimizerConfig;
  }

  /** Weights and their moving averages change places. @throws {ConfigError} where it keeps none. */
  async swapAverages(): Promise<void> {
    if (!this.#config.useEma) {
      throw new ConfigError("swapEmaWeights: the optimizer keeps no averages: make it with useEma: true", {
        place: "optimizer.useEma",
      });
    }
    const model = await this.#parts.model.synced();
    for (const { path } of this.#weights) {
      const average = this.get(averageName(path)), weight = model.weight(path);
      if (!weight) continue;
      this.set(averageName(path), copyOf(weight));
      model.setWeight(path, average);
    }
  }
  /** With a moving average of the weights: puts it in their place, as Keras does at the end of a fit. */
  takeAverages(): void {
    if (!this.#config.useEma || this.iteration === 0) return;
    for (const { path } of this.#weights) this.#parts.model.setWeight(path, this.get(averageName(path)));
  }

  /**
   * Takes over what a file holds.
   * @throws {InputError} naming the variable that doesn't fit.
   */
  restore(saved: SavedTraining): void {
    const whole = saved.variables?.() ?? [],
      isBeside = ({ name }: { readonly name: string }) => name.startsWith(besideKeras);
    const variables = whole.filter((v) => !isBeside(v));
    // A file that names no optimizer holds the variables of one that nobody knows.
    if (variables.length === 0 || saved.config.optimizer === undefined) return;
    const older = isEarlyKeras(saved) || variables.some((v) => olderSlot.test(v.name));
    const ordered = older ? this.#older(variables) : sharedLast(variables, this.optimizer.def);
    const rate = this.entries.filter((e) => e.input === rateName);
    const [first, ...slots] = optimizerSlotsOfKeras2(this.optimizer, this.#weights)
      .filter((e) => !isBeside(e));
    const layouts = [
      this.entries,
      // TensorFlow's Keras 2 leaves the rate to the configuration.
      this.entries.filter((e) => !rate.includes(e)),
      [first, ...slots],
      [first, ...rate, ...slots],
      // Compiled, and not trained yet.
      [first, ...rate],
      [first],
    ].map((list) => list.filter((e) => e !== undefined));
    const layout = layouts.find((list) => list.length === ordered.length);
    if (!layout) {
      throw new InputError(
        `the file holds ${ordered.length} variables of the optimizer ${this.optimizer.def.name}, which has ` +
          `${this.entries.length}; compile the model anew to begin without them`,
      );
    }
    layout.forEach(({ input, initial }, i) => {
      const found = ordered[i], wanted = initial();
      if (!found) return;
      if (found.value.shape.join() !== wanted.shape.join()) {
        throw new InputError(
          `optimizer variable ${shown(found.name)}: expected shape [${
            wanted.shape.join(", ")
          }] for ${input}, ` +
            `got [${found.value.shape.join(", ")}]`,
        );
      }
      if (this.entries.some((e) => e.input === input)) this.set(input, castTensor(found.value, wanted.dtype));
    });
    for (const { name, value } of whole.filter(isBeside)) {
      const entry = this.entries.find((e) => `${besideKeras}${e.name}` === name);
      if (entry && value.shape.length === 0) this.set(entry.input, castTensor(value, "float32"));
    }
  }
  /** The variables in the order of files of Keras 2 or 3. */
  variables(major: 2 | 3): Variables {
    const list = major === 3 ? this.entries : optimizerSlotsOfKeras2(this.optimizer, this.#weights);
    const own = new Set(this.entries.map((e) => e.input));
    return list.map(({ input, name, initial }) => ({
      name,
      value: own.has(input) ? this.get(input) : initial(),
    }));
  }
  /** Before TensorFlow 2.11 Keras keeps all weights' first slots, then all their second ones; its rate stands in the configuration. */
  #older(variables: Variables): Variables {
    const scalars = variables.filter((v) => v.value.shape.length === 0);
    const hats = this.optimizer.def.slots(this.optimizer.config).flat().some((s) =>
      s.name === "velocity_hat"
    );
    // Without largest mean squares Keras keeps numbers in their place.
    const slots = variables.filter((v) => v.value.shape.length > 0 && (hats || !/\/vhat(:0)?$/.test(v.name)));
    const rate = scalars.find((v) => /learning_rate$/.test(v.name));
    const shared = scalars.filter((v) => /(momentum_cache|m_schedule)(_\d+)?(:0)?$/.test(v.name));
    const iteration = scalars.find((v) => v !== rate && !shared.includes(v));
    const n = this.#weights.length, { def, config } = this.optimizer;
    let groups = def.slots(config);
    // Some wrote each weight's slots together.
    const weightOf = (i: number) => slots[i]?.name.replace(/\/[^/]*$/, "");
    if (this.#config.era === "2" && weightOf(0) === weightOf(1)) groups = [];
    const reordered: (typeof slots[number])[] = groups.length > 0 || def.slots(config).length === 0
      ? []
      : [...slots];
    let at = 0;
    for (const group of groups) {
      for (let w = 0; w < n; w++) {
        group.forEach((_, k) => {
          const found = slots[at + k * n + w];
          if (found) reordered.push(found);
        });
      }
      at += group.length * n;
    }
    const own = scheduleOf(this.optimizer)
      ? []
      : [rate ?? { name: "learning_rate", value: this.get(rateName) }];
    // What a version's files don't hold begins anew, as in the Keras that reads them.
    const anew = (def.shared ?? []).map(({ name, initial }) => ({
      name,
      value: scalar(typeof initial === "number" ? initial : 0, "float32"),
    }));
    const beside = shared.length > 0 ? shared : anew;
    return [iteration ?? { name: "iteration", value: scalar(0n, "int64") }, ...own, ...reordered, ...beside];
  }
}
/** Scalars beside all weights behind the slots, which some versions of Keras 3 put before those. */
function sharedLast(variables: Variables, { shared = [] }: OptimizerDef): Variables {
  const slot = variables.findIndex((v) => v.value.shape.length > 0);
  const first = slot - shared.length;
  const early = slot > 0 && shared.length > 0 && variables.at(-1)?.value.shape.length !== 0;
  return early && first > 0
    ? [...variables.slice(0, first), ...variables.slice(slot), ...variables.slice(first, slot)]
    : variables;
}
