/** A fit's page while it trains: curves as they grow, pause, stop and save. @module */
import { type Callback, InputError, type Model, type Tensor } from "../../mod.ts";
import { answererOf } from "./answers.ts";
import { headOf } from "./panels/numbers.ts";
import { probeRows, type Recorder, recorderFor } from "./recorder.ts";
import { serveView, type ViewServer } from "./server.ts";
import { subjectOf } from "./subject.ts";

/** What the page is about, and what its buttons do. */
export interface LiveOptions {
  readonly name: string;
  readonly model: Model;
  /** Samples of an epoch, where they can be counted. */
  readonly rows: number | undefined;
  /** Samples and targets that live values, gradients and distributions are taken at. */
  readonly x?: Tensor | undefined;
  readonly y?: Tensor | undefined;
  readonly labels?: readonly string[] | undefined;
  /** Ends the fit at its next step. */
  stop(): void;
  /** Writes the model as it is; tells where. */
  save(): Promise<string>;
}
/** The page of a fit. */
export interface Live {
  readonly server: ViewServer;
  readonly recorder: Recorder;
  readonly callbacks: readonly Callback[];
  /** Tells the page that the fit has ended, and ends the server. */
  end(text: string): Promise<void>;
}
/** Samples that the page shows at most. */
const shownRows = 1000;

/** Opens the page of a fit that is about to begin. */
export function openLive(options: LiveOptions, kept: Recorder = recorderFor(options)): Live {
  const { model, name, labels } = options;
  const [x, y] = [options.x, options.y].map((t) => t && headOf(t, shownRows));
  const subject = model.built
    ? subjectOf(name, model, { folder: name, ...(labels && { labels }) }, {
      ...(x && { feed: { tensors: { [model.inputs[0]?.name ?? ""]: x }, rows: x.shape[0] ?? 0 } }),
      ...(y && { targets: { [model.outputs[0]?.name ?? ""]: y } }),
      rows: probeRows,
      moving: true,
    })
    : undefined;
  let paused: { readonly until: Promise<void>; go(): void } | undefined, rest = 0;
  const pause = () => {
    let go = () => {};
    const until = new Promise<void>((done) => go = done);
    paused ??= { until, go };
  };
  const resume = () => {
    paused?.go();
    paused = undefined;
  };
  const actions: Readonly<Record<string, () => Promise<string> | string>> = {
    pause: () => (pause(), "paused"),
    resume: () => (resume(), "going on"),
    stop: () => (options.stop(), resume(), "stopping at the next step; the state is saved"),
    save: options.save,
  };
  const steer = async (action: unknown) => {
    const act = typeof action === "string" && Object.hasOwn(actions, action) ? actions[action] : undefined;
    if (!act) throw new InputError(`steer: expected ${Object.keys(actions).join(", ")}`);
    return { text: await act(), paused: paused !== undefined };
  };
  const answer = answererOf({
    name,
    subject,
    records: {
      runs: [],
      get moments() {
        return kept.moments;
      },
      live: {
        answer: (asked, given) => {
          if (asked === "training") return { runs: [kept.run()], live: true };
          return asked === "steer" ? steer(given.action) : undefined;
        },
      },
    },
  });
  const server = serveView(name, answer);
  let began = 0, told = 0, steps = 0, first = 0;
  const callback: Callback = {
    onTrainBegin(run) {
      [began, first] = [performance.now(), run.epoch];
    },
    async onBatchEnd(batch, logs, run) {
      steps++;
      const now = performance.now();
      if (now - told > 120 || batch + 1 === run.steps) {
        told = now;
        const seconds = (now - began) / 1000 - rest, all = run.steps;
        const share = all === undefined
          ? null
          : (run.epoch - first + (batch + 1) / all) / (run.epochs - first);
        server.send("progress", {
          epoch: run.epoch + 1,
          epochs: run.epochs,
          step: batch + 1,
          steps: all ?? null,
          loss: logs.loss ?? null,
          rate: run.learningRate,
          samplesPerSecond: (steps * run.batchSize) / Math.max(seconds, 1e-3),
          share,
          left: share ? seconds * (1 / share - 1) : null,
        });
        // The page's questions get their turn: a step never waits for the system by itself.
        await new Promise<void>((done) => setTimeout(done));
      }
      if (!paused) return;
      const from = performance.now();
      await paused.until;
      rest += (performance.now() - from) / 1000;
    },
    onEpochEnd: (epoch) => server.send("epoch", { epoch }),
  };
  return {
    server,
    recorder: kept,
    callbacks: [kept.callback, callback],
    async end(text) {
      server.send("end", { text });
      // The page reads the last numbers before its server goes.
      await new Promise((done) => setTimeout(done, 1000));
      await server.close();
    },
  };
}
