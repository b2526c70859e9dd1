/** Workers that train trials side by side on the cores. @module */
import type { Failed, Job, JobResult } from "./trial.ts";

/** Some workers, each with one job at a time. */
export interface Pool {
  readonly size: number;
  /** Does a job on a worker that is free; there must be one. */
  run(job: Job): Promise<JobResult>;
  /** Ends all of it at once. */
  close(): void;
}

/** Starts workers as jobs come. */
export function createPool(size: number): Pool {
  const free: Worker[] = [], all = new Set<Worker>();
  const end = (worker: Worker) => {
    all.delete(worker);
    worker.terminate();
  };
  return {
    size,
    run(job) {
      const worker = free.pop() ?? new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
      all.add(worker);
      return new Promise((resolve) => {
        worker.onmessage = ({ data }: MessageEvent<{ readonly id: number; readonly result: JobResult }>) => {
          if (data.id !== job.id) return;
          free.push(worker);
          resolve(data.result);
        };
        // A worker that fell over is replaced; its trial says why.
        worker.onerror = (event) => {
          event.preventDefault();
          end(worker);
          const failed: Failed = { status: "failed", message: `the worker ended: ${event.message}` };
          resolve(failed);
        };
        worker.postMessage(job);
      });
    },
    close() {
      for (const worker of [...all]) end(worker);
    },
  };
}
