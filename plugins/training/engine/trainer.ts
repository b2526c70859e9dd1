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
  readCompiled,
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
  sliceFed,
  sourceBatches,
  type Weighing,
} from "./data.ts";
import { MutableHistory, Run } from "./fit.ts";
import { Derivatives } from "./derivatives.ts";
import { OptimizerState } from "./optimizerstate.ts";
import { partOf } from "../../../core/training/parts.ts";
import { Progress } from "./progress.ts";
import { StepRunner } from "./runner.ts";
import { hasPlainLabels } from "./forward.ts";
import { keepState, meanOverOf, optionsOf, savedState, serializeCompiled } from "./saved.ts";
import { versionOf } from "../../../core/training/saved.ts";
import { Tally, testGraph, trainedNow, trainingGraph, withKeys } from "./graphs.ts";
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
  #compiled: Compiled | undefined;
  /** What a model that isn't built yet was compiled with. */
  #waiting: CompileTraining | undefined;
  #optimizer: OptimizerState | undefined;
  /** What a file says of the optimizer that isn't made yet, and why that can't be read. */
  #restoring: SavedTraining | undefined;
  #refused: unknown;
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
    this.#runner = new StepRunner(parts);
    this.#derivatives = new Derivatives(parts);
    this.#seed = parts.seed;
    this.#loaded = savedState(parts.model);
  }

  get compiled(): boolean {
    return this.#waiting !== undefined || this.#parts.saved !== undefined;
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
    const { model, registry } = this.#parts;
    this.#alone("compile");
    const slots = this.#optimizer?.entries.map((e) => e.input) ?? [];
    this.#waiting = options;
    this.#optimizer = undefined;
    this.#restoring = undefined;
    this.#last = undefined;
    this.#runner.step = 0;
    if (!model.built) return;
    const read = readCompiled(registry, model.outputs, options);
    this.#runner.drop();
    this.#parts.sessions.forget(slots);
    this.#compiled = read;
  }
  /** @throws {LapisError} while a fit runs. */
  #alone(what: string): void {
    if (!this.#fitting) return;
    throw new LapisError(
      "model",
      `model ${this.#parts.model.name}: can't ${what} while fit runs; await it first`,
    );
  }
  /** What was compiled; a model from a file as it was saved. */
  #ready(): Compiled {
    if (this.#compiled) return this.#compiled;
    const { saved, model, registry } = this.#parts;
    if (this.#waiting) return this.#compiled = readCompiled(registry, model.outputs, this.#waiting);
    if (!saved) {
      throw new InputError(`model ${model.name}: is not compiled: call model.compile({ loss }) first`);
    }
    this.#restoring = saved;
    const options = optionsOf(saved), version = versionOf(saved), meanOver = meanOverOf(saved);
    try {
      return this.#compiled = readCompiled(registry, model.outputs, options, version, meanOver);
    } catch (error) {
      // Only training needs the optimizer.
      const made = this.#compiled = {
        ...readCompiled(registry, model.outputs, { ...options, optimizer: "sgd" }, version, meanOver),
        optimizer: undefined,
      };
      this.#refused = error;
      return made;
    }
  }
  /** Where the optimizer stands; a model from a file goes on where the file says. */
  #state(): OptimizerState {
    const { optimizer } = this.#ready(), saved = this.#restoring;
    if (this.#optimizer) return this.#optimizer;
    if (!optimizer) throw this.#refused;
    const made = new OptimizerState(this.#parts, optimizer, trainedNow(this.#parts));
    if (saved) {
      made.restore(saved);
      this.#runner.step = this.#loaded?.json.step ?? made.iteration;
    }
    return this.#optimizer = made;
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

  /** A model without an input is built from its first data, before its losses can be read. */
  #build(x: ModelData): void {
    if (!this.#parts.model.built) this.#parts.feed(x);
  }
  #feed(x: ModelData, y: TargetData, weighing: Weighing = {}): Fed {
    this.#build(x);
    return feedAll(this.#parts, needTargets(this.#ready()), x, y, weighing);
  }
  /** Batches of arrays or of a source. */
  #batches(
    x: ModelData | BatchSource,
    y: TargetData | undefined,
    weighing: Weighing,
    options: { readonly batchSize: number; readonly steps?: number | undefined; readonly shuffle?: number },
  ): Batches {
    const read = (bx: ModelData, by: TargetData, w: Weighing) => this.#feed(bx, by, w);
    if (isSource(x)) return sourceBatches(x, options.steps, read, weighing);
    if (y === undefined) throw new InputError("targets are missing: fit(x, y)");
    return arrayBatches(this.#feed(x, y, weighing), options);
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
    if (!isSource(x)) this.#build(x);
    this.#state().checkTrained();
    if (resumed) this.#resume(resumed, x, options);
    const initialEpoch = resumed?.json.epoch ?? counted(options.initialEpoch ?? 0, "initialEpoch");
    const { train: plain, validation } = this.#split(x, y, options, batchSize, seed);
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
  /** Batches to train on and to validate with. */
  #split(
    x: ModelData | BatchSource,
    y: TargetData | undefined,
    options: FitOptions,
    batchSize: number,
    seed: number,
  ): { readonly train: Batches; readonly validation: Batches | undefined } {
    const { validationData: data, validationSplit: share = 0, sampleWeight, classWeight, stepsPerEpoch } =
      options;
    const size = options.validationBatchSize ?? batchSize, weighing = { sampleWeight, classWeight };
    const cut = {
      batchSize,
      steps: stepsPerEpoch,
      ...(options.shuffle !== false && { shuffle: seed }),
    };
    if (data !== undefined && share === 0) {
      const validation = isSource(data)
        ? this.#batches(data, undefined, {}, { batchSize: size })
        : this.#batches(data[0], data[1], { sampleWeight: data[2] }, { batchSize: size });
      return { train: this.#batches(x, y, weighing, cut), validation };
    }
    if (share === 0) return { train: this.#batches(x, y, weighing, cut), validation: undefined };
    if (data !== undefined) {
      throw new InputError("validationSplit: stands beside validationData; give one of them");
    }
    if (isSource(x) || y === undefined) {
      throw new InputError("validationSplit: is for arrays, not for a source");
    }
    if (!(share > 0 && share < 1)) {
      throw new InputError(`validationSplit: expected a share between 0 and 1, got ${shown(share)}`);
    }
    // Weights of classes are for training alone.
    const all = this.#feed(x, y, { sampleWeight }), at = Math.floor(all.rows * (1 - share));
    if (at === 0) {
      throw new InputError(`validationSplit: ${share} leaves none of ${all.rows} samples to train on`);
    }
    return {
      train: arrayBatches(sliceFed(classWeight ? this.#feed(x, y, weighing) : all, 0, at), cut),
      validation: arrayBatches(sliceFed(all, at, all.rows), { batchSize: size }),
    };
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
    const batches = this.#batches(x, y, { sampleWeight }, { batchSize: positive(batchSize, "batchSize") });
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
    const batch = this.#feed(x, y, weighing), tally = new Tally(this.#ready());
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
    this.#build(x);
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
    this.#build(x);
    const { registry, model } = this.#parts, [first] = this.#ready().losses;
    needTargets(this.#ready());
    if (!first || model.outputs.length > 1) throw new InputError("score: is for models of one output");
    const name = first.loss.def.classifies ? "accuracy" : "r2";
    const metric = partOf(registry, "metric", name, "score");
    const base = this.#ready(), fed = this.#feed(x, y, { sampleWeight: options.sampleWeight });
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
  saved(): SavedTraining | undefined {
    const { saved, model } = this.#parts, asKeras3 = saved?.version.startsWith("3") ? saved : undefined;
    const variables = (major: 2 | 3) => this.#state().variables(major);
    if (!this.#optimizer && !this.#waiting) {
      // What Keras 3 wrote stays as it is until it is trained.
      if (!saved || !asKeras3?.variables) return asKeras3 ?? (saved && this.#converted(saved));
      const { variables: own } = asKeras3;
      return { ...saved, variables: (major = 3) => (major === 3 ? own() : variables(2)) };
    }
    if (!model.built) return undefined;
    const compiled = this.#ready(), rate = compiled.optimizer && this.#state().rate;
    return {
      config: serializeCompiled(compiled, model.outputs, rate),
      version: "3",
      ...(hasPlainLabels(compiled) && takesSides(compiled) && {
        differs: [
          "labels 0 and 1 of a hinge stay as they are, as in Keras up to 2.2; later ones take -1 and 1",
        ],
      }),
      variables: (major = 3) => variables(major),
    };
  }
  /** Another version's compilation by our own parts, or as it is where they can't read it. */
  #converted(saved: SavedTraining): SavedTraining | undefined {
    try {
      this.#state();
    } catch (error) {
      if (error instanceof LapisError) return saved;
      throw error;
    }
    return this.saved();
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

/** True where labels are sides of a margin. */
const takesSides = ({ losses, metrics }: Compiled): boolean =>
  [...losses.map((l) => l.loss), ...metrics.map((m) => m.metric)].some(({ def }) =>
    /^(hinge|squaredHinge)$/.test(def.name)
  );
/** Training as a plugin. */
export const trainer: TrainerDef = {
  kind: "trainer",
  name: "trainer",
  summary: "compile, fit, evaluate and gradients of models",
  create: (parts) => new ModelTrainer(parts),
};
