/** What callbacks that watch a number share: which number, and when it has got better. Keras 3's meaning. @module */
import { ConfigError, shown } from "../../core/values/errors.ts";
import { nearest } from "../../core/values/schema.ts";
import type { FitRun } from "../../core/training/types.ts";

/** Which way a number is better. */
export type Mode = "auto" | "min" | "max";

/** `val_loss` and `valLoss` are one. @throws {ConfigError} for a number that the fit doesn't give. */
export function checkMonitor(monitor: string, run: FitRun, who: string): void {
  if (run.monitors.includes(monitor)) return;
  const near = nearest(monitor, run.monitors);
  throw new ConfigError(
    `${who}: the fit gives no ${shown(monitor)}; it gives ${run.monitors.join(", ")}${
      near ? ` (is ${near} meant?)` : ""
    }`,
    { place: `${who}.monitor` },
  );
}
/**
 * True where a number is better than another by more than `least`. The first number is better than none, even where it
 * is no number, which nothing betters then.
 */
export function improves(
  current: number,
  than: number | undefined,
  way: "min" | "max",
  least = 0,
): boolean {
  if (than === undefined) return true;
  const by = Math.abs(least);
  return way === "min" ? current + by < than : current - by > than;
}
/** The mode, by the number's meaning where it is `auto`. */
export function wayOf(mode: Mode, run: FitRun, monitor: string): "min" | "max" {
  return mode === "auto" ? run.better(monitor) : mode;
}
/** A number for JSON, which has no infinities. */
export function stored(n: number): number | string {
  return Number.isFinite(n) ? n : `${n}`;
}
