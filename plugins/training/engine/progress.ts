/** What fits and evaluations write while they run: a bar on a terminal, or a line an epoch. @module */
import { terminal } from "../../../io/files/terminal.ts";
import type { Logs } from "../../../core/training/types.ts";

/** A number in few characters. */
function short(n: number): string {
  if (!Number.isFinite(n)) return `${n}`;
  const size = Math.abs(n);
  return size !== 0 && (size < 1e-3 || size >= 1e5) ? n.toExponential(3) : n.toFixed(4);
}
const logText = (logs: Logs) => Object.entries(logs).map(([k, v]) => `${k} ${short(v)}`).join("  ");
/** A time in minutes and seconds. */
function timeText(seconds: number): string {
  if (seconds < 60) return `${Math.max(0, seconds).toFixed(seconds < 10 ? 1 : 0)} s`;
  const whole = Math.round(seconds), minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Writes a fit's progress. */
export class Progress {
  readonly #verbose: number;
  readonly #of: number | string;
  readonly #terminal = terminal();
  #begun = 0;
  #drawn = 0;
  /** Of so many epochs, or of a pass that has a name. */
  constructor(verbose: number, of: number | string) {
    this.#verbose = verbose;
    this.#of = of;
  }
  get #bar(): boolean {
    return this.#verbose === 1 && this.#terminal !== undefined;
  }
  begin(): void {
    this.#begun = performance.now();
    this.#drawn = 0;
  }
  /** Draws the bar, ten times a second at most. */
  step(epoch: number, done: number, steps: number | undefined, logs: () => Logs): void {
    if (!this.#bar) return;
    const now = performance.now();
    if (now - this.#drawn < 100 && done !== steps) return;
    this.#drawn = now;
    const seconds = (now - this.#begun) / 1000, width = 20;
    const part = steps === undefined ? 0 : Math.round((done / steps) * width);
    const bar = steps === undefined ? "" : `${"█".repeat(part)}${"░".repeat(width - part)} `;
    const left = steps === undefined ? "" : `  ${timeText((seconds / done) * (steps - done))} left`;
    this.#draw(
      `${this.#name(epoch)} ${bar}${done}${steps === undefined ? "" : `/${steps}`}  ${
        logText(logs())
      }${left}`,
    );
  }
  /** Says what an epoch came to. */
  end(epoch: number, logs: Logs): void {
    const line = `${this.#name(epoch)} ${timeText((performance.now() - this.#begun) / 1000)}  ${
      logText(logs)
    }`;
    if (this.#bar) {
      this.#draw(line);
      this.#terminal?.write("\n");
    } else if (this.#verbose === 2) console.error(line);
  }
  #name(epoch: number): string {
    if (typeof this.#of === "string") return this.#of;
    return `epoch ${`${epoch + 1}`.padStart(`${this.#of}`.length)}/${this.#of}`;
  }
  #draw(line: string): void {
    const columns = this.#terminal?.columns ?? 80;
    this.#terminal?.write(`\r\x1b[K${line.slice(0, columns - 1)}`);
  }
}
