/**
 * onnxruntime in a process of its own: what kills it there (a division by zero, an abort) is an error here. One process serves
 * all sessions; it begins with the first, is gone soon after the last, and never keeps the program alive.
 * @module
 */
import { BackendError } from "../../../core/values/errors.ts";
import type { Engine, EngineSession, EngineTensor } from "./native.ts";
import { dataOf } from "./tensors.ts";
import { type Answer, type Message, pack, type Request, Unpacker, wired } from "./wire.ts";

/** A stream that can keep the program alive, or not. */
interface Stream {
  ref?(): void;
  unref?(): void;
}
/** The part of Node's child processes that is used; Deno and Bun have it too. */
interface Child extends Stream {
  readonly stdin: Stream & {
    write(piece: Uint8Array): void;
    end(): void;
    on(event: "error", then: () => void): void;
  };
  readonly stdout: Stream & { on(event: "data", then: (piece: Uint8Array) => void): void };
  readonly stderr: Stream & { on(event: "data", then: (piece: Uint8Array) => void): void };
  on(event: "error", then: (error: Error) => void): void;
  on(event: "close", then: (code: number | null, signal: string | null) => void): void;
}
/** Node's `spawn`. */
export type Spawn = (command: string, args: readonly string[], options: unknown) => Child;
/** How the process is started. */
export interface Program {
  readonly spawn: Spawn;
  readonly command: string;
  readonly args: readonly string[];
}

interface Waiting {
  resolve(answer: Message<Answer>): void;
  reject(error: unknown): void;
}
/** What signals mean that native code dies of. */
const meanings: Readonly<Record<string, string>> = {
  SIGABRT: "it aborted",
  SIGBUS: "a wrong address",
  SIGFPE: "a division by zero",
  SIGILL: "an instruction that this machine lacks",
  SIGKILL: "the system ended it, most often for want of memory",
  SIGSEGV: "a wrong address",
};
/** How long the process waits for another session after the last (ms). */
const patience = 2000;

/** One process, and what was asked of it. */
class EngineProcess {
  readonly #child: Child;
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;
  #sessions = 0;
  #said = "";
  #gone: BackendError | undefined;

  constructor({ spawn, command, args }: Program) {
    const child = this.#child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"] });
    const unpacker = new Unpacker<Answer>((message) => this.#answered(message));
    child.stdout.on("data", (piece) => unpacker.push(piece));
    child.stderr.on("data", (piece) => {
      this.#said = (this.#said + new TextDecoder().decode(piece)).slice(-2000);
    });
    child.stdin.on("error", () => {});
    child.on("error", (error) => this.#end(`did not start: ${error.message}`));
    child.on("close", (code, signal) => this.#end(this.#death(code, signal)));
    this.#hold(false);
  }
  /** True as long as it can be asked. */
  get alive(): boolean {
    return this.#gone === undefined;
  }
  #death(code: number | null, signal: string | null): string {
    const lines = this.#said.trim().split("\n"),
      last = lines.findLast((l) => /error|terminat/i.test(l)) ?? "",
      meaning = signal === null ? "" : meanings[signal];
    const how = signal === null
      ? `ended with code ${code}`
      : `died of ${signal}${meaning ? ` (${meaning})` : ""}`;
    return `its process ${how}${last === "" ? "" : `: ${last.slice(0, 200)}`}`;
  }
  #end(why: string): void {
    this.#gone ??= new BackendError(`onnxruntime: ${why}`);
    for (const { reject } of this.#waiting.values()) reject(new BackendError(why, { cause: this.#gone }));
    this.#waiting.clear();
  }
  #answered(message: Message<Answer>): void {
    const { id, error } = message.head, waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#hold(false);
    if (error === undefined) waiting?.resolve(message);
    else waiting?.reject(new Error(error));
  }
  /** Keeps the program alive while an answer is awaited. */
  #hold(on: boolean): void {
    const { stdin, stdout, stderr } = this.#child;
    for (const part of [this.#child, stdin, stdout, stderr]) on ? part.ref?.() : part.unref?.();
  }
  /** Asks, and waits for the answer. @throws {BackendError} where the process dies of it. */
  #ask(make: (id: number) => Request, parts: readonly Uint8Array[] = []): Promise<Message<Answer>> {
    if (this.#gone) return Promise.reject(this.#gone);
    const head = make(++this.#asked);
    return new Promise((resolve, reject) => {
      this.#waiting.set(head.id, { resolve, reject });
      this.#hold(true);
      for (const piece of pack({ head, parts })) this.#child.stdin.write(piece);
    });
  }

  /** Makes a session. */
  async create(
    model: Uint8Array | string,
    options: Readonly<Record<string, unknown>>,
  ): Promise<EngineSession> {
    this.#sessions++;
    try {
      const path = typeof model === "string" ? { path: model } : {};
      const parts = typeof model === "string" ? [] : [model];
      const { head } = await this.#ask((id) => ({ id, ask: "create", ...path, options }), parts);
      return this.#session(head);
    } catch (error) {
      this.#left();
      throw error;
    }
  }
  #session({ session = 0, inputNames = [], outputNames = [] }: Answer): EngineSession {
    const alive = () => this.alive;
    let held = true;
    const release = async () => {
      if (!held) return;
      held = false;
      await this.#ask((id) => ({ id, ask: "release", session })).catch(() => {});
      this.#left();
    };
    const made: EngineSession = {
      inputNames,
      outputNames,
      get lost() {
        return !alive();
      },
      run: async (feeds) => {
        const parts: Uint8Array[] = [];
        const list = Object.entries(feeds).map(([name, t]) => [name, wired(t, parts)] as const);
        const given = Object.fromEntries(list);
        const { head, parts: back } = await this.#ask(
          (id) => ({ id, ask: "run", session, feeds: given }),
          parts,
        );
        return Object.fromEntries(
          Object.entries(head.results ?? {}).map(([name, t]) =>
            [name, new WiredResult(t.type, dataOf(t, back), t.dims)] as const
          ),
        );
      },
      release,
    };
    forgotten.register(made, () => void release());
    return made;
  }
  /** A session less: the process goes soon after the last. */
  #left(): void {
    if (--this.#sessions > 0) return;
    const timer: unknown = setTimeout(() => {
      if (this.#sessions > 0) return;
      this.#gone ??= new BackendError("onnxruntime: its process is closed");
      this.#child.stdin.end();
    }, patience);
    unrefTimer(timer);
  }
}
/** Sessions that nobody closed are freed once nobody has them. */
const forgotten = new FinalizationRegistry<() => void>((release) => release());

/** A timer that doesn't keep the program alive: Node's has a method, Deno's is a number. */
function unrefTimer(timer: unknown): void {
  if (typeof timer === "object" && timer !== null) return (timer as { unref?(): void }).unref?.();
  const host = Reflect.get(globalThis, "Deno") as { unrefTimer?(id: number): void } | undefined;
  host?.unrefTimer?.(Number(timer));
}

/** A tensor here, where no engine is. */
class WiredResult implements EngineTensor {
  readonly type: string;
  readonly data: unknown;
  readonly dims: readonly number[];

  constructor(type: string, data: unknown, dims: readonly number[]) {
    this.type = type;
    this.data = data;
    this.dims = dims;
  }
}

/** An engine that lives in a process of its own, begun when a session is made and again after it died. */
export function engineIn(program: Program): Engine {
  let current: EngineProcess | undefined;
  return {
    Tensor: WiredResult,
    InferenceSession: {
      create(model, options) {
        if (!current?.alive) current = new EngineProcess(program);
        return current.create(model, options);
      },
    },
  };
}
