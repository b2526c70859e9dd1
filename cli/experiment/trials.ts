/** The trials of an experiment, in an order that doesn't depend on how many run side by side. @module */
import { ConfigError } from "../../mod.ts";
import { Random } from "../../public/tensors.ts";
import type { Json } from "../training/config.ts";
import type { ExperimentConfig } from "./config.ts";
import type { Entry } from "./journal.ts";
import { draw, grid, type Point, settings, withValues } from "./space.ts";
import { spread } from "./spread.ts";
import { suggest, type Tried } from "./tpe.ts";
import { type Finished, isHigherBetter, type JobResult, type Numbers } from "./trial.ts";

/** A trial and what is known of it. */
export interface Trial {
  readonly number: number;
  /** The first trial of the same configuration, whose training is this one's too. */
  readonly trained: number;
  readonly name: string | null;
  readonly group: string | null;
  /** What was varied, by name. */
  readonly values: Point;
  readonly config: Json;
  /** Results by rung and seed. */
  readonly results: Map<string, JobResult>;
}
/** A job that may begin now. */
export interface NextJob {
  readonly trial: Trial;
  readonly seed: number;
  readonly rung: number;
}
/** What a trial came to at its last rung. */
export interface Score {
  readonly rung: number;
  /** Mean of the metric over the seeds; undefined where a seed failed. */
  readonly mean: number | undefined;
  /** Standard deviation over the seeds (n − 1); undefined for one seed. */
  readonly deviation: number | undefined;
  readonly message: string | undefined;
}
const key = (rung: number, seed: number) => `${rung}/${seed}`;
/** All trials of an experiment: which there are, which may run, which is best. */
export class Trials {
  readonly #plan: ExperimentConfig;
  readonly #base: Json;
  readonly #list: Trial[] = [];
  readonly #begun = new Set<string>();
  /** How many there will be. */
  readonly total: number;
  /** Points that are known from the beginning. */
  readonly #points: readonly Point[];
  /** True where more of the metric is better. */
  readonly higher: boolean;

  constructor(plan: ExperimentConfig, base: Json) {
    const { search, variants, mode, metric } = plan;
    this.#plan = plan;
    this.#base = base;
    this.higher = mode === "auto" ? isHigherBetter(metric) : mode === "max";
    this.#points = search?.method === "grid"
      ? grid(search.space)
      : search?.method === "random"
      ? Array.from({ length: search.trials ?? 0 }, (_, i) =>
        draw(search.space, new Random(search.seed, [1, i])))
      : [];
    const searched = search?.method === "tpe" ? search.trials ?? 0 : this.#points.length;
    this.total = variants.length + searched;
    this.#grow();
  }
  /** The trials that are known. */
  get list(): readonly Trial[] {
    return this.#list;
  }
  get #rungs(): number {
    return this.#plan.halving?.rungs.length ?? 1;
  }
  /** Epochs that a trial has behind it after a rung; as its configuration says where there are no rungs. */
  epochsOf(rung: number): number | undefined {
    return this.#plan.halving?.rungs[rung];
  }
  /** Trials that go on to a rung, of `n`. */
  #kept(rung: number, n: number): number {
    return rung === 0 ? n : Math.max(1, Math.ceil(n / (this.#plan.halving?.factor ?? 1) ** rung));
  }
  /** All jobs there will be, at most. */
  get jobs(): number {
    const rungs = Array.from({ length: this.#rungs }, (_, rung) => this.#kept(rung, this.total));
    const twice = this.#rungs === 1 ? this.#list.filter((t) => t.trained !== t.number).length : 0;
    return (rungs.reduce((a, b) => a + b, 0) - twice) * this.#plan.seeds.length;
  }

  /** What a trial came to at a rung; undefined while seeds are missing. */
  scoreAt(trial: Trial, rung: number): Score | undefined {
    const { seeds, metric } = this.#plan, results = seeds.map((seed) => trial.results.get(key(rung, seed)));
    if (results.some((r) => r === undefined)) return undefined;
    const failed = results.find((r) => r?.status === "failed");
    if (failed?.status === "failed") {
      return { rung, mean: undefined, deviation: undefined, message: failed.message };
    }
    const done = results as readonly Finished[],
      values = done.map(({ metrics }) => numberOf(metrics, metric));
    return { rung, ...spread(values), message: undefined };
  }
  /** What a trial came to at its last rung. */
  score(trial: Trial): Score | undefined {
    for (let rung = this.#rungs - 1; rung >= 0; rung--) {
      const score = this.scoreAt(trial, rung);
      if (score) return score;
    }
    return undefined;
  }
  /** Trials by how far they came and how good they are, the best first. */
  ranked(): readonly Trial[] {
    const rank = (t: Trial) => {
      const { rung, mean } = this.score(t) ?? { rung: -1, mean: undefined };
      return { rung, value: mean === undefined ? -Infinity : this.higher ? mean : -mean };
    };
    return [...this.#list].sort((a, b) => {
      const x = rank(a), y = rank(b);
      const failed = Number(x.value === -Infinity) - Number(y.value === -Infinity);
      return failed || y.rung - x.rung || y.value - x.value || a.number - b.number;
    });
  }
  /** The best trial, once there is one. */
  best(): Trial | undefined {
    const [first] = this.ranked();
    return first && this.score(first)?.mean !== undefined ? first : undefined;
  }

  /** Adds the trials that are settled by now. */
  #grow(): void {
    const { search, variants } = this.#plan;
    for (let i = this.#list.length; i < this.total; i++) {
      const variant = variants[i], at = i - variants.length;
      if (variant) {
        this.#add(variant.name, variant.group, variant.set, withValues(this.#base, variant.set));
      } else if (search) {
        const point = search.method === "tpe" ? this.#suggested(at) : this.#points[at];
        if (!point) return;
        this.#add(null, null, point, withValues(this.#base, settings(search.space, point)));
      }
    }
  }
  #add(name: string | null, group: string | null, values: Point, config: Json): void {
    const number = this.#list.length + 1, text = JSON.stringify(config);
    const same = this.#list.find((trial) => JSON.stringify(trial.config) === text);
    const results = same?.results ?? new Map<string, JobResult>();
    this.#list.push({ number, trained: same?.trained ?? number, name, group, values, config, results });
  }
  /** TPE's next point, from the trials that must be known by then and no others. */
  #suggested(at: number): Point | undefined {
    const { search, variants } = this.#plan;
    if (!search) return undefined;
    const own = this.#list.slice(variants.length),
      needed = own.slice(0, Math.max(0, at - search.parallel + 1));
    const scores = needed.map((trial) => this.scoreAt(trial, 0));
    if (scores.some((s) => s === undefined)) return undefined;
    const tried = needed.map((trial, i): Tried => {
      const mean = scores[i]?.mean;
      return { point: trial.values, score: mean === undefined ? undefined : this.higher ? mean : -mean };
    });
    return suggest(
      search.space,
      tried,
      { startup: search.startup, candidates: 24 },
      new Random(search.seed, [1, at]),
    );
  }
  /** The trials of a rung; undefined while those before aren't through. */
  #onRung(rung: number): readonly Trial[] | undefined {
    if (rung === 0) return this.#list;
    const before = this.#onRung(rung - 1);
    if (!before || this.#list.length < this.total) return undefined;
    const scored = before.map((trial) => ({ trial, score: this.scoreAt(trial, rung - 1) }));
    if (scored.some(({ score }) => score === undefined)) return undefined;
    const value = (mean: number) => (this.higher ? mean : -mean);
    return scored.flatMap((
      { trial, score },
    ) => (score?.mean === undefined ? [] : [{ trial, value: value(score.mean) }]))
      .sort((a, b) => b.value - a.value || a.trial.number - b.trial.number)
      .slice(0, this.#kept(rung, this.total))
      .map(({ trial }) => trial)
      .sort((a, b) => a.number - b.number);
  }
  /** A job that may begin now, and hasn't. */
  next(): NextJob | undefined {
    this.#grow();
    for (let rung = 0; rung < this.#rungs; rung++) {
      // The first seed of all trials comes before the second of any: a table is whole early.
      for (const seed of this.#plan.seeds) {
        for (const trial of this.#onRung(rung) ?? []) {
          const id = `${trial.trained}/${key(rung, seed)}`;
          if (trial.results.has(key(rung, seed)) || this.#begun.has(id)) continue;
          this.#begun.add(id);
          return { trial, seed, rung };
        }
      }
    }
    return undefined;
  }
  /** Takes a result. @throws {ConfigError} where it lacks the metric, with the nearest name. */
  take({ trial, seed, rung, result }: Entry): void {
    this.#grow();
    const found = this.#list[trial - 1];
    if (!found) return;
    if (result.status === "done") numberOf(result.metrics, this.#plan.metric);
    found.results.set(key(rung, seed), result);
  }
  /** The result of a trial's seed at a rung. */
  resultOf(trial: Trial, rung: number, seed: number): JobResult | undefined {
    return trial.results.get(key(rung, seed));
  }
}

/** A number by its name. @throws {ConfigError} naming those there are. */
function numberOf(metrics: Numbers, name: string): number {
  const value = Object.hasOwn(metrics, name) ? metrics[name] : undefined;
  if (value !== undefined) return value;
  throw new ConfigError(
    `metric: the validation gives no ${name}; it gives ${Object.keys(metrics).join(", ")}`,
    {
      place: "metric",
    },
  );
}
