/** Training: what a model's compile, fit, evaluate and gradients come to. A plugin, so that inference loads none of it. @module */
import { InputError, LapisError, shown } from "../../../core/values/errors.ts";
import type { ModelData } from "../../../core/model/feed.ts";
import type { Graph } from "../../../core/graph/graph.ts";
import type { Model } from "../../../core/model/model.ts";
import { checkOptions } from "../../../core/values/schema.ts";
import { checkSeed } from "../../../core/values/random.ts";
import { copyOf, type RuntimeValue, type Tensor } from "../../../core/values/tensor.ts";
import {
  type Compiled,
  monitorsOf,
  needTargets,
  readLosses,
  reweighted,
  targetsOf,
  withMetrics,
} from "./compiled.ts";
import {
  arrayBatches,
  augmentedBatches,
  type Batches,
  counted,
  type Fed,
  feedAll,
  isSource,
  positive,
} from "./data.ts";
import { Feeder } from "./feeder.ts";
import { MutableHistory, Run } from "./fit.ts";
import { Compilation } from "./compilation.ts";
import { Derivatives } from "./derivatives.ts";
import type { OptimizerState } from "./optimizerstate.ts";
import { partOf } from "../../../core/training/parts.ts";
import { Progress } from "./progress.ts";
import { StepRunner } from "./runner.ts";

import { keepState, savedState } from "./saved.ts";

import { Tally, testGraph, trainingGraph, withKeys } from "./graphs.ts";
import {
  batchNames,
  type BatchOptions,
  type BatchSource,
  type Callback,
  compileNames,
  type CompileTraining,
  evaluateNames,
  type EvaluateOptions,
  fitNames,
  type FitOptions,
  gradientNames,
  type GradientOptions,
  type Gradients,
  type History,
  type ModelParts,
  type SavedTraining,
  scoreNames,
  type ScoreOptions,
  type TargetData,
  type Trainer,
  type TrainerDef,
  type TrainingState,
} from "../../../core/training/types.ts";

class ModelTrainer implements Trainer {
  readonly #parts: ModelParts;
  readonly #compilation: Compilation;
  readonly #feeder: Feeder;
  readonly #runner: StepRunner;
  readonly #derivatives: Derivatives;
  #seed: number;
  #last: Run | undefined;
  #history = new MutableHistory();
  /** What a file held, until a fit begins. */
  #loaded: TrainingState | undefined;
  #scores = 0;
  #fitting = false;

  constructor(parts: ModelParts) {
    this.#parts = parts;
    this.#compilation = new Compilation(parts, (state, restored) => {
      if (restored) this.#runner.step = this.#loaded?.json.step ?? state.iteration;
    });
    this.#feeder = new Feeder(parts, () => this.#ready());
    this.#runner = new StepRunner(parts);
    this.#derivatives = new Derivatives(parts);
    this.#seed = parts.seed;
    this.#loaded = savedState(parts.model);
  }

  get compiled(): boolean {
    return this.#compilation.given;
  }
  get history(): History {
    return this.#history;
  }
  get learningRate(): number {
    return this.#state().rate;
  }
  set learningRate(value: number) {
    this.#state().rate = value;
  }

  compile(options: CompileTraining): void {
    checkOptions("compile", options, compileNames);
    this.#alone("compile");
    this.#last = undefined;
    this.#runner.step = 0;
    const slots = this.#compilation.compile(options);
    if (!slots) return;
    this.#runner.drop();
    this.#parts.sessions.forget(slots);
  }
  #ready(): Compiled {
    return this.#compilation.ready();
  }
  #state(): OptimizerState {
    return this.#compilation.state();
  }
  /** @throws {LapisError} while a fit runs. */
  #alone(what: string): void {
    if (!this.#fitting) return;
    throw new LapisError(
      "model",
      `model ${this.#parts.model.name}: can't ${what} while fit runs; await it first`,
    );
  }
  /** Runs a step or a test on a batch. */
  #run(
    kind: "train" | "test",
    batch: Fed,
    seed: number,
    backend: string | undefined,
  ): Promise<Readonly<Record<string, RuntimeValue>>> {
    return this.#runner.run(kind, this.#ready(), () => this.#state(), batch, { seed, backend });
  }

  async fit(x: ModelData | BatchSource, y: TargetData | undefined, options: FitOptions): Promise<History> {
    checkOptions("fit", options, fitNames);
    this.#alone("fit");
    this.#fitting = true;
    try {
      return await this.#fit(x, y, options);
    } finally {
      this.#fitting = false;
    }
  }
  async #fit(x: ModelData | BatchSource, y: TargetData | undefined, options: FitOptions): Promise<History> {
    const { callbacks = [], backend, verbose = 1 } = options;
    const resumed = options.resumeFrom ?? await resumeBy(callbacks, this.#parts.model);
    const seed = checkSeed(resumed?.json.seed ?? options.seed ?? this.#parts.seed);
    const batchSize = positive(options.batchSize ?? 32, "batchSize"),
      epochs = counted(options.epochs ?? 1, "epochs");
    if (!isSource(x)) this.#feeder.build(x);
    this.#state().checkTrained();
    if (resumed) this.#resume(resumed, x, options);
    const initialEpoch = resumed?.json.epoch ?? counted(options.initialEpoch ?? 0, "initialEpoch");
    const { train: plain, validation } = this.#feeder.split(x, y, options, batchSize, seed);
    const train = options.augment
      ? augmentedBatches(plain, options.augment, this.#parts.model.inputs, seed)
      : plain;
    const history = resumed ? MutableHistory.from(resumed.json.history) : new MutableHistory();
    this.#seed = seed;
    this.#history = history;
    this.#loaded = undefined;
    keepState(this.#parts.model, undefined);
    let tally = new Tally(this.#ready());
    // deno-lint-ignore no-this-alias -- the tasks below have a `this` of their own
    const trainer = this;
    const run = new Run({
      model: this.#parts.model,
      begin: () => void (tally = new Tally(trainer.#ready())),
      step: async (batch) => tally.add(await trainer.#run("train", batch, seed, backend), batch.rows),
      logs: () => tally.logs(),
      validate: () => validation ? trainer.#test(validation, undefined, backend) : Promise.resolve({}),
      tensors: () => trainer.#tensors(),
      monitors: monitorsOf(this.#ready()),
      swapAverages: () => trainer.#state().swapAverages(),
      get steps() {
        return trainer.#runner.step;
      },
      get rate() {
        return trainer.#state().rate;
      },
      set rate(value: number) {
        trainer.#state().rate = value;
      },
    }, {
      batches: train,
      batchSize,
      epochs,
      initialEpoch,
      validationFreq: validation ? options.validationFreq ?? 1 : 0,
      verbose,
      callbacks,
      seed,
      history,
    });
    this.#last = run;
    if (resumed) run.restore(resumed);
    await run.run();
    await this.#parts.sessions.synced();
    this.#state().takeAverages();
    keepState(this.#parts.model, run.state());
    return history;
  }
  /** Takes slots, states and counters over. @throws {InputError} for a source that can't be begun anew. */
  #resume({ json, tensors }: TrainingState, x: ModelData | BatchSource, options: FitOptions): void {
    if (json.version !== 2) {
      throw new InputError(
        `resumeFrom: the state is of version ${
          shown(json.version)
        }, which shuffled by another rule, so that it can't go on ` +
          "as it began: fit the model anew with initialEpoch",
        { place: "resumeFrom" },
      );
    }
    if (isSource(x) && (typeof x !== "function" || options.stepsPerEpoch !== undefined)) {
      throw new InputError(
        "resumeFrom: the source of batches can't be sought: give arrays, or a function whose every call gives an epoch",
      );
    }
    this.#state().resume(tensors);
    this.#runner.resume(json.step, tensors);
  }
  #tensors(): Record<string, Tensor> {
    const out: Record<string, Tensor> = {};
    for (const [name, value] of this.#state().all()) out[name] = copyOf(value);
    return { ...out, ...this.#runner.states() };
  }
  state(): TrainingState {
    if (this.#last) return this.#last.state();
    if (this.#loaded) return this.#loaded;
    this.#state();
    return {
      json: {
        version: 2,
        epoch: 0,
        step: this.#runner.step,
        seed: this.#seed,
        history: MutableHistory.from(this.#history),
        callbacks: [],
      },
      tensors: this.#tensors(),
    };
  }

  async #test(
    batches: Batches,
    steps: number | undefined,
    backend?: string,
    verbose = 0,
    compiled = this.#ready(),
    run = (batch: Fed) => this.#run("test", batch, this.#seed, backend),
  ): Promise<Record<string, number>> {
    const tally = new Tally(compiled), progress = new Progress(verbose, "evaluate");
    const most = Math.min(batches.steps ?? Infinity, steps ?? Infinity);
    let done = 0;
    progress.begin();
    for await (const batch of batches.epoch(0)) {
      tally.add(await run(batch), batch.rows);
      progress.step(0, ++done, Number.isFinite(most) ? most : undefined, () => tally.logs());
      if (done === steps) break;
    }
    const logs = tally.logs();
    progress.end(0, logs);
    return logs;
  }
  async evaluate(
    x: ModelData | BatchSource,
    y: TargetData | undefined,
    options: EvaluateOptions,
  ): Promise<Record<string, number>> {
    checkOptions("evaluate", options, evaluateNames);
    const { batchSize = 32, sampleWeight, steps, verbose = 0, metrics } = options;
    const batches = this.#feeder.batches(x, y, { sampleWeight }, {
      batchSize: positive(batchSize, "batchSize"),
    });
    if (metrics === undefined) return await this.#test(batches, steps, undefined, verbose);
    return await this.#judge(withMetrics(this.#parts, this.#ready(), metrics), batches, steps, verbose);
  }
  async #oneBatch(
    kind: "train" | "test",
    x: ModelData,
    y: TargetData,
    weighing: BatchOptions,
  ): Promise<Record<string, number>> {
    checkOptions(`${kind}OnBatch`, weighing, batchNames);
    const batch = this.#feeder.feed(x, y, weighing), tally = new Tally(this.#ready());
    if (kind === "train" && this.#parts.model.extras?.json.training) keepState(this.#parts.model, undefined);
    tally.add(await this.#run(kind, batch, this.#seed, undefined), batch.rows);
    return tally.logs();
  }
  trainOnBatch(x: ModelData, y: TargetData, options: BatchOptions): Promise<Record<string, number>> {
    return this.#oneBatch("train", x, y, options);
  }
  testOnBatch(x: ModelData, y: TargetData, options: BatchOptions): Promise<Record<string, number>> {
    return this.#oneBatch("test", x, y, options);
  }

  async gradients(x: ModelData, y: TargetData, options: GradientOptions): Promise<Gradients> {
    checkOptions("gradients", options, gradientNames);
    this.#feeder.build(x);
    const { registry, model } = this.#parts, { loss, lossWeights } = options;
    if (loss === undefined) needTargets(this.#ready());
    const losses = loss === undefined
      ? reweighted(this.#ready().losses, model.outputs, lossWeights)
      : readLosses(registry, model.outputs, loss, lossWeights);
    const targets = targetsOf(losses, [], model.outputs);
    const fed = feedAll(this.#parts, targets, x, y, { sampleWeight: options.sampleWeight });
    return await this.#derivatives.run(losses, fed, options.training ?? false, this.#seed, this.#runner.step);
  }
  async score(x: ModelData, y: TargetData, options: ScoreOptions): Promise<number> {
    checkOptions("score", options, scoreNames);
    this.#feeder.build(x);
    const { registry, model } = this.#parts, [first] = this.#ready().losses;
    needTargets(this.#ready());
    if (!first || model.outputs.length > 1) throw new InputError("score: is for models of one output");
    const name = first.loss.def.classifies ? "accuracy" : "r2";
    const metric = partOf(registry, "metric", name, "score");
    const base = this.#ready(), fed = this.#feeder.feed(x, y, { sampleWeight: options.sampleWeight });
    const compiled: Compiled = {
      ...base,
      metrics: [{ output: first.output, metric, name, own: name, weighted: true }],
    };
    const batches = arrayBatches(fed, { batchSize: options.batchSize ?? 32 });
    return (await this.#judge(compiled, batches, undefined))[name] ?? NaN;
  }
  /** A test by other metrics than those that were compiled. */
  async #judge(
    compiled: Compiled,
    batches: Batches,
    steps: number | undefined,
    verbose = 0,
  ): Promise<Record<string, number>> {
    const key = `score:${this.#scores++}`, { sessions } = this.#parts;
    let graph: Graph | undefined;
    await sessions.synced();
    try {
      return await this.#test(batches, steps, undefined, verbose, compiled, async (batch) => {
        const own = graph ??= testGraph(this.#parts, compiled, batch);
        const keys = this.#runner.testKeys(own, this.#seed);
        const found = await sessions.run(key, () => own, { ...batch.tensors, ...keys });
        await sessions.pause();
        return found;
      });
    } finally {
      sessions.drop(key);
    }
  }

  saved(): SavedTraining | undefined {
    return this.#compilation.saved();
  }
  resetStates(): void {
    this.#runner.resetStates();
  }
  graph(): Graph {
    const state = this.#state(), { registry } = this.#parts;
    const graph = trainingGraph(
      this.#parts,
      this.#ready(),
      { weighted: new Map(), free: new Map() },
      state.all(),
      state.trained,
    );
    return withKeys(graph, this.#seed, registry);
  }
}

/** The first state that a callback has kept of an interrupted fit. */
async function resumeBy(callbacks: readonly Callback[], model: Model): Promise<TrainingState | undefined> {
  for (const callback of callbacks) {
    const kept = await callback.resume?.(model);
    if (kept) return kept;
  }
  return undefined;
}

/** Training as a plugin. */
export const trainer: TrainerDef = {
  kind: "trainer",
  name: "trainer",
  summary: "compile, fit, evaluate and gradients of models",
  create: (parts) => new ModelTrainer(parts),
};
