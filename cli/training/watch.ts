/** Watches a fit for the command line: a live bar or plain lines, and Ctrl-C. @module */
import {
  type Callback,
  type FitRun,
  InputError,
  type Logs,
  type Tensor,
  type TrainingState,
} from "../../mod.ts";
import { clip, type Terminal } from "../terminal.ts";

/** Thrown out of a fit when the user stops it. */
export class Interrupted extends Error {}

/** Where an epoch ended, so that a resumed fit goes on from exactly there. */
export interface Snapshot {
  readonly state: TrainingState;
  readonly weights: ReadonlyMap<string, Tensor>;
}
/** The watching callback and what it knows. */
export interface Watch {
  readonly callback: Callback;
  /** Where the last epoch ended, or the fit began. */
  readonly snapshot: Snapshot | undefined;
  /** Samples that steps took, and the seconds that epochs took with validation. */
  readonly samples: number;
  readonly seconds: number;
  /** Asks the fit to end at its next step. */
  interrupt(): void;
}

/** A number in few characters. */
export function short(n: number): string {
  if (!Number.isFinite(n)) return `${n}`;
  const size = Math.abs(n);
  return size !== 0 && (size < 1e-3 || size >= 1e5) ? n.toExponential(3) : n.toFixed(4);
}
/** Names with numbers. */
export function logText(logs: Logs): string {
  return Object.entries(logs).map(([name, value]) => `${name} ${short(value)}`).join("  ");
}
/** A time in minutes and seconds. */
export function timeText(seconds: number): string {
  if (seconds < 60) return `${Math.max(0, seconds).toFixed(seconds < 10 ? 1 : 0)} s`;
  const whole = Math.round(seconds), minutes = Math.floor(whole / 60);
  return minutes < 60
    ? `${minutes} min ${whole % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
/** Watches a fit of `rows` samples an epoch. */
export function watch(terminal: Terminal, rows: number): Watch {
  let snapshot: Snapshot | undefined, stopped = false, samples = 0, seconds = 0;
  let began = 0, epochBegan = 0, drawn = 0, before: Logs = {}, first = 0;
  const draw = (line: string) => terminal.err(`\r\x1b[K${line.slice(0, terminal.width - 1)}`);
  const keep = async (run: FitRun) => {
    const { weights } = await run.model.synced();
    snapshot = { state: run.state(), weights: new Map(weights) };
  };
  const callback: Callback = {
    saves: true,
    async onTrainBegin(run) {
      await keep(run);
      [began, first] = [performance.now(), run.epoch];
    },
    onEpochBegin() {
      epochBegan = performance.now();
    },
    onBatchEnd(batch, logs, run) {
      const now = performance.now();
      if (stopped) throw new Interrupted();
      const { loss = 0 } = logs;
      if (!Number.isFinite(loss)) {
        throw new InputError(
          `the loss is ${loss} after step ${batch + 1} of epoch ${run.epoch + 1}, so nothing is written: ` +
            "try a smaller --learning-rate, clipNorm in compile.optimizer, or scaled data (normalize, --divide)",
        );
      }
      if (!terminal.interactive || (now - drawn < 100 && batch + 1 !== run.steps)) return;
      drawn = now;
      const { steps, epoch, epochs } = run, done = batch + 1, cells = 16;
      const full = steps === undefined ? 0 : Math.round((cells * done) / steps);
      const bar = steps === undefined
        ? `${done}`
        : `${"█".repeat(full)}${"░".repeat(cells - full)} ${done}/${steps}`;
      const share = steps === undefined ? 0 : (epoch - first + done / steps) / (epochs - first);
      const left = share === 0 ? "" : `  ${timeText(((now - began) / 1000) * (1 / share - 1))} left`;
      const validation = before.valLoss === undefined ? "" : `  valLoss ${short(before.valLoss)}`;
      draw(`${epoch + 1}/${epochs} ${bar}${left}  loss ${short(logs.loss ?? NaN)}${validation}`);
    },
    async onEpochEnd(epoch, logs, run) {
      const took = (performance.now() - epochBegan) / 1000;
      samples += rows;
      seconds += took;
      before = logs;
      const number = `${epoch + 1}`.padStart(`${run.epochs}`.length);
      if (terminal.interactive) terminal.err("\r\x1b[K");
      const told = Math.max(1, Math.floor(run.epochs / 20));
      // Where nobody looks, the first epochs and a twentieth of the others are enough.
      if (terminal.interactive || epoch < 10 || (epoch + 1) % told === 0) {
        const line = `epoch ${number}/${run.epochs}  ${timeText(took)}  ${logText(logs)}`;
        terminal.err(`${clip(line, terminal.width)}\n`);
      }
      await keep(run);
    },
  };
  return {
    callback,
    get snapshot() {
      return snapshot;
    },
    get samples() {
      return samples;
    },
    get seconds() {
      return seconds;
    },
    interrupt: () => void (stopped = true),
  };
}

/** Exit codes of programs that a signal ended. */
const signals = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Runs a task during which Ctrl-C and SIGTERM do what is said, given the exit code of a program that they end; a second
 * one ends the program at once.
 */
export async function withInterrupt<T>(
  onFirst: (exit: number) => void,
  task: () => Promise<T>,
): Promise<T> {
  let pressed = false;
  const listened = Object.entries(signals).filter(([name]) =>
    Deno.build.os !== "windows" || name === "SIGINT"
  ).map(([name, exit]) => {
    const listener = () => {
      if (pressed) Deno.exit(exit);
      pressed = true;
      onFirst(exit);
    };
    return [name as keyof typeof signals, listener] as const;
  });
  for (const [name, listener] of listened) Deno.addSignalListener(name, listener);
  try {
    return await task();
  } finally {
    for (const [name, listener] of listened) Deno.removeSignalListener(name, listener);
  }
}
