/** Runs an experiment: trials on workers, the journal, the chosen trial's test. @module */
import { ConfigError, input, InputError, sequential } from "../../mod.ts";
import { dense } from "../../public/layers.ts";
import { makeFolder } from "../output.ts";
import type { Terminal } from "../terminal.ts";
import type { Json } from "../training/config.ts";
import { callbacksFrom } from "../training/callbacks.ts";
import { layersOf } from "../training/layers.ts";
import { compileOptions, planOf } from "../training/plan.ts";
import { short, timeText } from "../training/watch.ts";
import type { ExperimentConfig } from "./config.ts";
import { type Entry, type Journal, openJournal } from "./journal.ts";
import { createPool, type Pool } from "./pool.ts";
import { type Finished, type Place, refitHindrance } from "./trial.ts";
import { type NextJob, type Trial, Trials } from "./trials.ts";

/** How an experiment runs. */
export interface RunOptions {
  readonly plan: ExperimentConfig;
  readonly base: Json;
  readonly place: Place;
  readonly folder: string;
  readonly jobs: number;
  readonly resume: boolean;
  readonly terminal: Terminal;
}
/** An experiment that is through. */
export interface Done {
  readonly trials: Trials;
  readonly best: Trial | undefined;
  /** Of the chosen trial, by seed. */
  readonly tests: ReadonlyMap<number, Finished>;
  readonly seconds: number;
}

/** Where a trial's model is written. */
export const modelFile = (folder: string, trial: number, seed: number, rung: number): string =>
  `${folder}/trials/${`${trial}`.padStart(3, "0")}-seed${seed}-rung${rung}.keras`;

/** Where the chosen trial's model is written that was trained on the validation part too. */
const refitFile = (folder: string, seed: number) => `${folder}/trials/refit-seed${seed}.keras`;

/** Settings that decide the results, in one line: what the journal belongs to. */
function aboutOf({ plan, base, place }: RunOptions): string {
  const { $schema: _, base: __, test: ___, refit: ____, ...rest } = plan;
  return JSON.stringify({ version: 1, ...rest, base: { ...base, $schema: undefined }, data: place.data });
}

/** An experiment in progress. */
export class Running {
  readonly #options: RunOptions;
  readonly #trials: Trials;
  readonly #pool: Pool;
  #journal: Journal | undefined;
  #stopped = false;
  #wake: () => void = () => {};
  #done = 0;
  #drawn = false;
  readonly #began = performance.now();
  /** Seconds and number of the jobs of this run. */
  #ran = 0;
  #count = 0;
  #id = 0;

  constructor(options: RunOptions) {
    this.#options = options;
    this.#trials = new Trials(options.plan, options.base);
    this.#pool = createPool(options.jobs);
  }
  /** Every configuration that is known is read, so that a wrong key is told before anything is trained. */
  check(): void {
    const { file, folder, data } = this.#options.place;
    for (const { config, name, number } of this.#trials.list) {
      try {
        const read = planOf(config, file, folder, data), { model, compile, fit } = read;
        const hindrance = this.#options.plan.refit ? refitHindrance(read) : undefined;
        if (hindrance) throw new ConfigError(hindrance);
        if (typeof model !== "string") layersOf(model);
        callbacksFrom(fit.callbacks);
        if (compile) {
          const { optimizer } = compileOptions(compile);
          const small = sequential([input({ shape: [1] }), dense({ units: 1 })]);
          small.compile({ ...(optimizer !== undefined && { optimizer }), loss: "meanSquaredError" });
        }
      } catch (error) {
        if (error instanceof ConfigError) error.message = `trial ${name ?? number}: ${error.message}`;
        throw error;
      }
    }
  }
  /** Every file of the data is looked for, so that no trial begins in vain. @throws {InputError} */
  async checkData(): Promise<void> {
    const { file, folder, data } = this.#options.place, files = new Set<string>();
    for (const { config } of this.#trials.list) {
      const { data: read } = planOf(config, file, folder, data);
      for (const part of [read?.train, read?.validation, read?.test]) {
        for (const path of [...part?.x ?? [], ...part?.y ?? []]) files.add(path);
      }
    }
    for (const path of files) {
      if (await Deno.stat(path).then(() => true, () => false)) continue;
      throw new InputError(`${path}: no such file, and trials need it`, { file: path });
    }
  }
  /** Ends the experiment: what runs is lost, what is finished is kept. */
  stop(): void {
    this.#stopped = true;
    this.#wake();
  }
  /** Runs to the end; undefined where it was stopped. @throws {LapisError} for an output folder that isn't fit. */
  async run(): Promise<Done | undefined> {
    const { folder, resume } = this.#options;
    await makeFolder(folder);
    this.#journal = await openJournal(`${folder}/journal.jsonl`, aboutOf(this.#options), resume);
    await makeFolder(`${folder}/trials`);
    try {
      for (const entry of this.#journal.entries) {
        if (entry.chosen) continue;
        this.#trials.take(entry);
        this.#done++;
      }
      await this.#train();
      if (this.#stopped) return undefined;
      const best = this.#trials.best(), tests = best ? await this.#test(best) : new Map<number, Finished>();
      if (best) await this.#keep(best);
      return { trials: this.#trials, best, tests, seconds: (performance.now() - this.#began) / 1000 };
    } finally {
      this.#clear();
      this.#pool.close();
      this.#journal.close();
    }
  }
  /** Keeps all workers busy until nothing is left. */
  async #train(): Promise<void> {
    const running = new Set<Promise<void>>();
    const stopped = new Promise<void>((wake) => this.#wake = wake);
    while (!this.#stopped) {
      const next = running.size < this.#pool.size ? this.#trials.next() : undefined;
      if (next) {
        const task: Promise<void> = this.#one(next).finally(() => running.delete(task));
        // A failure is heard by the race below.
        task.catch(() => {});
        running.add(task);
      } else if (running.size === 0) return;
      else await Promise.race([...running, stopped]);
      this.#draw(running.size);
    }
  }
  async #one({ trial, seed, rung }: NextJob): Promise<void> {
    const { folder, plan } = this.#options, before = this.#trials.resultOf(trial, rung - 1, seed);
    const file = (of: number) => modelFile(folder, trial.trained, seed, of), began = performance.now();
    const entry = { trial: trial.trained, seed, rung };
    // What a callback has ended doesn't go on.
    if (before?.status === "done" && before.stopped) {
      await Deno.copyFile(file(rung - 1), file(rung));
      return this.#take({ ...entry, result: before });
    }
    const epochs = this.#trials.epochsOf(rung);
    const result = await this.#pool.run({
      ...this.#job(trial, seed, rung),
      ...(epochs !== undefined && { epochs }),
      ...(rung > 0 && { from: file(rung - 1) }),
      save: file(rung),
      test: plan.test === "all",
    });
    if (this.#stopped) return;
    this.#ran += (performance.now() - began) / 1000;
    this.#count++;
    this.#take({ ...entry, result });
  }
  #job(trial: Trial, seed: number, rung: number) {
    const { place } = this.#options;
    return { id: this.#id++, trial: trial.number, seed, rung, config: trial.config, place };
  }
  #take(entry: Entry): void {
    const { terminal, plan } = this.#options, { result } = entry;
    this.#trials.take(entry);
    this.#journal?.add(entry);
    this.#done++;
    if (terminal.interactive) return;
    const told = result.status === "failed"
      ? `failed: ${result.message}`
      : `${plan.metric} ${short(result.metrics[plan.metric] ?? NaN)}  ${timeText(result.seconds)}`;
    const { name, values } = this.#trials.list[entry.trial - 1] ?? { name: null, values: {} };
    terminal.err(
      `${this.#done}/${this.#trials.jobs}  trial ${entry.trial}${name ? ` ${name}` : ""} seed ${entry.seed}` +
        `${plan.halving ? ` rung ${entry.rung + 1}` : ""}  ${told}${
          name ? "" : `  ${JSON.stringify(values)}`
        }\n`,
    );
  }
  #draw(running: number): void {
    const { terminal, plan, jobs } = this.#options, total = this.#trials.jobs, cells = 16;
    if (!terminal.interactive) return;
    const full = Math.round((cells * this.#done) / total), best = this.#trials.best();
    const mean = best && this.#trials.score(best)?.mean;
    const ran = (this.#ran / Math.max(1, this.#count)) * (total - this.#done) / jobs;
    const line = `${"█".repeat(full)}${"░".repeat(cells - full)} ${this.#done}/${total}  ${running} running` +
      (ran > 0 ? `  ${timeText(ran)} left` : "") +
      (best && mean !== undefined ? `  best ${plan.metric} ${short(mean)} (trial ${best.number})` : "");
    terminal.err(`\r\x1b[K${line.slice(0, terminal.width - 1)}`);
    this.#drawn = true;
  }
  #clear(): void {
    if (this.#drawn) this.#options.terminal.err("\r\x1b[K");
  }

  /** The chosen trial's models on the test part, which nothing has seen until now. */
  async #test(best: Trial): Promise<ReadonlyMap<number, Finished>> {
    const { plan, folder } = this.#options, rung = this.#trials.score(best)?.rung ?? 0;
    const found = new Map<number, Finished>(), journal = this.#journal;
    if (plan.test === "none" && !plan.refit) return found;
    const { refit } = plan, epochs = this.#trials.epochsOf(rung), chosen = true as const;
    for (const seed of plan.seeds) {
      const told = journal?.entries.find((e) =>
        e.chosen && e.trial === best.number && e.seed === seed && (e.refit ?? false) === refit
      )?.result;
      const held = told ??
        (plan.test === "all" && !refit ? this.#trials.resultOf(best, rung, seed) : undefined);
      const from = modelFile(folder, best.trained, seed, rung),
        job = { ...this.#job(best, seed, rung), test: plan.test !== "none" };
      const result = held ?? await this.#pool.run(
        refit
          ? { ...job, save: refitFile(folder, seed), refit, ...(epochs !== undefined && { epochs }) }
          : { ...job, from, save: from, onlyTest: true },
      );
      if (result.status === "failed") throw new InputError(`test part: ${result.message}`);
      if (!held) journal?.add({ trial: best.number, seed, rung, chosen, ...(refit && { refit }), result });
      found.set(seed, result);
    }
    return found;
  }
  /** The chosen trial's best seed becomes best.keras; models that weren't chosen go. */
  async #keep(best: Trial): Promise<void> {
    const { plan, folder } = this.#options, { metric, seeds } = plan;
    const rung = this.#trials.score(best)?.rung ?? 0, sign = this.#trials.higher ? 1 : -1;
    const value = (seed: number) => {
      const result = this.#trials.resultOf(best, rung, seed);
      return result?.status === "done" ? sign * (result.metrics[metric] ?? -Infinity) : -Infinity;
    };
    const seed = [...seeds].sort((a, b) => value(b) - value(a))[0] ?? 0;
    const file = (of: number) =>
      plan.refit ? refitFile(folder, of) : modelFile(folder, best.trained, of, rung);
    await Deno.copyFile(file(seed), `${folder}/best.keras.part`);
    await Deno.rename(`${folder}/best.keras.part`, `${folder}/best.keras`);
    const kept = new Set(seeds.flatMap((s) => [modelFile(folder, best.trained, s, rung), file(s)]));
    for await (const { name } of Deno.readDir(`${folder}/trials`)) {
      const path = `${folder}/trials/${name}`;
      if (!kept.has(path)) await Deno.remove(path);
    }
  }
}
