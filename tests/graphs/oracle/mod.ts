/** onnxruntime as the judge, in a process of its own: where it crashes, only the one model has no judge. @module */
import { isTensor, type RuntimeValue, type TensorMap } from "../../../core/values/tensor.ts";
import type { Tensor } from "../../../core/values/tensor.ts";
import { decodeTensor, encodeTensor } from "../../../io/onnx/mod.ts";
import { type Answer, fromBase64, linesFrom, type Question, toBase64 } from "./wire.ts";

export type { TensorMap };
/** What onnxruntime says to one run. */
export type Said = { readonly outputs: Readonly<Record<string, Tensor>> } | { readonly error: string };

/** A process with onnxruntime in it, begun again when it has crashed. */
export class Oracle {
  #child: Deno.ChildProcess | undefined;
  #lines: AsyncGenerator<string> | undefined;
  #writer: WritableStreamDefaultWriter<Uint8Array> | undefined;
  /** Models on which it crashed. */
  crashes = 0;

  #start(): void {
    const worker = new URL("worker.ts", import.meta.url), root = new URL("../../../", import.meta.url);
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", `--lock=${new URL("deno.lock", root).pathname}`, worker.href],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#lines = linesFrom(this.#child.stdout);
    this.#writer = this.#child.stdin.getWriter();
  }
  /** Runs a model on each of the feeds. */
  async ask(model: Uint8Array, feeds: readonly Readonly<Record<string, RuntimeValue>>[]): Promise<Said[]> {
    const all = (error: string) => feeds.map(() => ({ error }));
    const question: Question = {
      model: toBase64(model),
      feeds: feeds.map((feed) =>
        Object.fromEntries(
          Object.entries(feed).flatMap((
            [name, v],
          ) => (isTensor(v) ? [[name, toBase64(encodeTensor(v))]] : [])),
        )
      ),
    };
    if (!this.#child) this.#start();
    let line: string | undefined;
    try {
      await this.#writer?.write(new TextEncoder().encode(`${JSON.stringify(question)}\n`));
      line = (await this.#lines?.next())?.value as string | undefined;
    } catch {
      line = undefined;
    }
    if (line === undefined) {
      this.crashes++;
      await this.close();
      return all("onnxruntime crashed");
    }
    const { error, runs = [] } = JSON.parse(line) as Answer;
    if (error !== undefined) return all(error);
    return runs.map((run) => {
      if (run.outputs === undefined) return { error: run.error ?? "nothing came" };
      const outputs = Object.entries(run.outputs).map((
        [name, text],
      ) => [name, decodeTensor(fromBase64(text))]);
      return { outputs: Object.fromEntries(outputs) };
    });
  }
  /** Ends the process. */
  async close(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child) return;
    await this.#writer?.close().catch(() => {});
    await this.#lines?.return(undefined).catch(() => {});
    await child.status;
  }
}
