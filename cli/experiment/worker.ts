/** A worker that trains trials, one after another. @module */
import { type Job, runJob } from "./trial.ts";

/** What a worker's global scope has of messages. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<Job>) => void) | null;
  postMessage(message: unknown): void;
}
const scope = globalThis as unknown as WorkerScope;

scope.onmessage = async ({ data }) => scope.postMessage({ id: data.id, result: await runJob(data) });
