/** The loop over epochs and batches, with validation and callbacks. @module */
import type { Model } from "../../../core/model/model.ts";
import type { LayerNode } from "../../../core/network/tree.ts";
import { copyOf, type Tensor } from "../../../core/values/tensor.ts";
import type { Batches, Fed } from "./data.ts";
import { Progress } from "./progress.ts";
import type { Callback, FitRun, History, Logs, TrainingState } from "../../../core/training/types.ts";

/** Epochs and their numbers, growing. */
export class MutableHistory implements History {
  readonly epoch: number[] = [];
  readonly history: Record<string, number[]> = {};
  #last: readonly string[] = [];
  /** Adds an epoch. */
  add(epoch: number, logs: Logs): void {
    this.epoch.push(epoch);
    this.#last = Object.keys(logs);
    for (const [name, value] of Object.entries(logs)) (this.history[name] ??= []).push(value);
  }
  /** Takes the last epoch's numbers as callbacks have changed them. */
  amend(logs: Logs): void {
    for (const name of this.#last) this.history[name]?.pop();
    this.add(this.epoch.pop() ?? 0, logs);
  }
  /** A copy that another fit goes on from. */
  static from({ epoch, history }: History): MutableHistory {
    const made = new MutableHistory();
    made.epoch.push(...epoch);
    for (const [name, values] of Object.entries(history)) made.history[name] = [...values];
    return made;
  }
}

/** What the loop does with the model. */
export interface FitTasks {
  readonly model: Model;
  /** One step; tells the numbers of the epoch so far. */
  step(batch: Fed): Promise<void>;
  /** Begins to count an epoch's numbers anew. */
  begin(): void;
  logs(): Record<string, number>;
  validate(): Promise<Record<string, number>>;
  /** Names of the numbers that are better the larger they are, and of all. */
  readonly monitors: ReadonlyMap<string, "max" | "min">;
  /** Slots and states as they are, and steps done. */
  tensors(): Record<string, Tensor>;
  readonly steps: number;
  rate: number;
  /** Weights and their moving averages change places. */
  swapAverages(): Promise<void>;
}
/** How the loop runs. */
export interface FitPlan {
  readonly batches: Batches;
  readonly batchSize: number;
  readonly epochs: number;
  readonly initialEpoch: number;
  /** Epochs between validations; 0 for none. */
  readonly validationFreq: number;
  readonly verbose: number;
  readonly callbacks: readonly Callback[];
  readonly seed: number;
  readonly history: MutableHistory;
}

/** `val` before a name: `loss` becomes `valLoss`. */
export function validationName(name: string): string {
  return `val${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}
/** A callback's tensors in a saved state. */
const callbackTensor = (index: number, name: string) => `callback/${index}/${name}`;

/** What Keras would add to the loss of a fit and this one doesn't, a sentence for each class of layers. */
function unaddedIn(model: Model): ReadonlySet<string> {
  const said = new Set<string>();
  const walk = ({ layer: { def }, children }: LayerNode) => {
    const { unadded } = def.keras ?? {};
    if (unadded !== undefined) {
      said.add(`model ${model.name}: ${def.name}: Keras adds ${unadded} to the loss, this fit doesn't`);
    }
    children.forEach(walk);
  };
  model.tree.forEach(walk);
  return said;
}

/** A fit in progress. */
export class Run implements FitRun {
  readonly #tasks: FitTasks;
  readonly #plan: FitPlan;
  #stopped = false;
  /** It was said that the loss is no number. */
  #warned = false;
  epoch: number;
  /** Epochs done. */
  done: number;

  constructor(tasks: FitTasks, plan: FitPlan) {
    this.#tasks = tasks;
    this.#plan = plan;
    this.epoch = this.done = plan.initialEpoch;
  }
  get model(): Model {
    return this.#tasks.model;
  }
  get epochs(): number {
    return this.#plan.epochs;
  }
  get steps(): number | undefined {
    return this.#plan.batches.steps;
  }
  get batchSize(): number {
    return this.#plan.batchSize;
  }
  get history(): History {
    return this.#plan.history;
  }
  get monitors(): readonly string[] {
    const names = [...this.#tasks.monitors.keys()];
    return this.#plan.validationFreq > 0 ? [...names, ...names.map(validationName)] : names;
  }
  better(monitor: string): "max" | "min" {
    for (const [name, better] of this.#tasks.monitors) {
      if (monitor === name || monitor === validationName(name)) return better;
    }
    return "min";
  }
  get learningRate(): number {
    return this.#tasks.rate;
  }
  set learningRate(value: number) {
    this.#tasks.rate = value;
  }
  async swapAverages(): Promise<void> {
    await this.#tasks.swapAverages();
  }
  get stopped(): boolean {
    return this.#stopped;
  }
  stop(): void {
    this.#stopped = true;
  }
  state(): TrainingState {
    const { callbacks, history, seed } = this.#plan;
    const states = callbacks.map((c) => c.state?.());
    const tensors: Record<string, Tensor> = this.#tasks.tensors();
    states.forEach((s, i) => {
      for (const [name, t] of Object.entries(s?.tensors ?? {})) {
        tensors[callbackTensor(i, name)] = copyOf(t);
      }
    });
    return {
      json: {
        version: 2,
        epoch: this.done,
        step: this.#tasks.steps,
        seed,
        history: MutableHistory.from(history),
        callbacks: states.map((s) => s?.json ?? {}),
      },
      tensors,
    };
  }
  /** Gives callbacks back what they knew. */
  restore({ json, tensors }: TrainingState): void {
    this.#plan.callbacks.forEach((callback, i) => {
      const own = json.callbacks[i], prefix = callbackTensor(i, "");
      if (!own) return;
      const held = Object.entries(tensors).filter(([name]) => name.startsWith(prefix));
      callback.restore?.({
        json: own,
        tensors: Object.fromEntries(held.map(([name, t]) => [name.slice(prefix.length), t])),
      });
    });
  }

  /** Runs all epochs. */
  async run(): Promise<void> {
    for (const line of unaddedIn(this.model)) console.warn(line);
    const { callbacks, epochs, initialEpoch, verbose } = this.#plan;
    const progress = new Progress(verbose, epochs);
    let logs: Logs = {};
    for (const c of callbacks) await c.onTrainBegin?.(this);
    for (let epoch = initialEpoch; epoch < epochs && !this.#stopped; epoch++) {
      this.epoch = epoch;
      logs = await this.#epoch(epoch, progress);
    }
    for (const c of callbacks) await c.onTrainEnd?.(logs, this);
  }
  async #epoch(epoch: number, progress: Progress): Promise<Logs> {
    const { batches, callbacks, validationFreq, history } = this.#plan, tasks = this.#tasks;
    for (const c of callbacks) await c.onEpochBegin?.(epoch, this);
    tasks.begin();
    progress.begin();
    let done = 0;
    for await (const batch of batches.epoch(epoch)) {
      for (const c of callbacks) await c.onBatchBegin?.(done, this);
      await tasks.step(batch);
      if (callbacks.some((c) => c.onBatchEnd)) {
        const now = tasks.logs();
        for (const c of callbacks) await c.onBatchEnd?.(done, now, this);
      }
      done++;
      progress.step(epoch, done, batches.steps, () => tasks.logs());
      if (this.#stopped) break;
    }
    const logs = tasks.logs();
    this.#check(logs.loss ?? 0);
    if (validationFreq > 0 && (epoch + 1) % validationFreq === 0) {
      for (const c of callbacks) await c.onTestBegin?.(this);
      for (const [name, value] of Object.entries(await tasks.validate())) logs[validationName(name)] = value;
      for (const c of callbacks) await c.onTestEnd?.(this);
    }
    history.add(epoch, logs);
    this.done = epoch + 1;
    for (const saves of [false, true]) {
      for (const c of callbacks) if ((c.saves ?? false) === saves) await c.onEpochEnd?.(epoch, logs, this);
      if (!saves) history.amend(logs);
    }
    progress.end(epoch, logs);
    return logs;
  }
  /** Says once that the loss is no number any more; goes on, as Keras does. */
  #check(loss: number): void {
    if (Number.isFinite(loss) || this.#warned || this.#stopped) return;
    this.#warned = true;
    console.warn(
      `model ${this.model.name}: the loss of epoch ${
        this.epoch + 1
      } is ${loss}, and the weights are of no use; ` +
        "a smaller learning rate, clipNorm or scaled data keep it finite, terminateOnNaN() ends such a fit",
    );
  }
}
